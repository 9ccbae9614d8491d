"""`evalkit dataset`: the commands about gold, each imported when it is called."""

from __future__ import annotations

import click

from evalkit.cli.lazy import LazyGroup

__all__ = ["dataset_group"]

COMMANDS = {
    "init": ("evalkit.cli.dataset.init:init_command", "Lay out a dataset folder to start gold of your own."),
    "list": ("evalkit.cli.dataset.catalogue:list_command", "List the public corpora that can be asked for by name."),
    "get": ("evalkit.cli.dataset.catalogue:get_command", "Fetch a public corpus and write it as a dataset folder."),
    "profile": ("evalkit.cli.dataset.profile:profile_command", "Draft a profile for the files of an annotation tool."),
    "build": ("evalkit.cli.dataset.build:build_command", "Write the dataset folder, its card and the corpus."),
    "validate": ("evalkit.cli.dataset.validate:validate_command", "Check everything and print every problem."),
    "describe": ("evalkit.cli.dataset.describe:describe_command", "Count what is in it, by split."),
    "convert": ("evalkit.cli.dataset.convert:convert_command", "Write gold in another form."),
    "split": ("evalkit.cli.dataset.split:split_command", "Lay articles out in splits, or look at those there are."),
    "leakage": (
        "evalkit.cli.dataset.leakage:leakage_command",
        "Find text of one split in another, or in training data.",
    ),
    "agreement": ("evalkit.cli.dataset.agreement:agreement_command", "Say how far its readers agree."),
    "adjudicate": (
        "evalkit.cli.dataset.adjudicate:adjudicate_command",
        "Make gold of what several people said of the same articles.",
    ),
    "suspects": (
        "evalkit.cli.dataset.suspects:suspects_command",
        "Show items of gold that are probably wrong or missing.",
    ),
    "patch": ("evalkit.cli.dataset.patch:patch_command", "Make the changes of a patch in a dataset folder."),
    "diff": ("evalkit.cli.dataset.diff:diff_command", "Show what became of gold between two versions of it."),
    "review": ("evalkit.cli.dataset.review:review_command", "Say what a pull request does to it."),
    "perturb": (
        "evalkit.cli.dataset.perturb:perturb_command",
        "Change texts under their gold; see what breaks a model.",
    ),
    "push": ("evalkit.cli.dataset.push:push_command", "Put a dataset folder on the hub."),
}
"""Name → where the command is, and its line in the help; the order of the help."""


@click.group("dataset", cls=LazyGroup, table=COMMANDS)
def dataset_group() -> None:
    """Keep gold: lay it out, build, check, divide, compare and mend it, and get public corpora."""
