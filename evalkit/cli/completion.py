"""`evalkit completion`: a script that has a shell complete commands, options and their values."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping

import click
from click.shell_completion import CompletionItem, ShellComplete, get_completion_class

from evalkit.cli.show import write

__all__ = ["VARIABLE", "complete", "completion_command"]

VARIABLE = "_EVALKIT_COMPLETE"
"""The variable by which the script of a shell asks."""

SHELLS = ("bash", "zsh", "fish")
_PLACES = {
    "bash": 'eval "$(evalkit completion bash)"   # in ~/.bashrc',
    "zsh": 'eval "$(evalkit completion zsh)"   # in ~/.zshrc, behind compinit',
    "fish": "evalkit completion fish > ~/.config/fish/completions/evalkit.fish",
}


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS), metavar="bash|zsh|fish")
def completion_command(shell: str) -> None:
    r"""Print a script that has a shell complete commands, options, models, corpora, conventions, formats and files.

    \b
    bash: eval "$(evalkit completion bash)"   in ~/.bashrc
    zsh:  eval "$(evalkit completion zsh)"    in ~/.zshrc, behind compinit
    fish: evalkit completion fish > ~/.config/fish/completions/evalkit.fish
    """
    made = _class_of(shell)(click.get_current_context().find_root().command, {}, "evalkit", VARIABLE)
    # What `source` adds is a look at the version of the shell, which is whose ever reads it.
    write(f"# {_PLACES[shell]}\n{made.source_template % made.source_vars()}\n")


def complete(command: click.Command, instruction: str) -> int:
    """Answers the script of a shell: what may stand where somebody is typing; the exit status."""
    shell, _, asked = instruction.partition("_")
    if shell not in SHELLS or asked != "complete":
        return 1
    words, place = os.environ.get("COMP_WORDS"), os.environ.get("COMP_CWORD")
    if words is None or place is None or not (shell == "fish" or place.isdecimal()):
        # No script of a shell asks so.
        return 1
    kind = _class_of(shell)

    class Known(kind):  # type: ignore[misc, valid-type]
        """Also knows the values of options that are registered somewhere."""

        def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
            from click.shell_completion import _resolve_context, _resolve_incomplete

            context = _resolve_context(self.cli, self.ctx_args, self.prog_name, args)
            place, begun = _resolve_incomplete(context, args, incomplete)
            names = _VALUES.get(str(place.name)) if isinstance(place, click.Option) else None
            if names is None:
                if isinstance(place, click.Argument) and isinstance(place.type, click.types.StringParamType):
                    return [CompletionItem(begun, type="file")]
                found: list[CompletionItem[str]] = super().get_completions(args, incomplete)
                return found
            return [CompletionItem(name) for name in names() if name.startswith(begun)] or [
                CompletionItem(begun, type="file")
            ]

    write(Known(command, {}, "evalkit", VARIABLE).complete() + "\n")
    return 0


def _class_of(shell: str) -> type[ShellComplete]:
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"click knows no completion for {shell}")
    return found


def _models() -> Iterable[str]:
    from evalkit.extractors.table import EXTRACTORS

    return [*EXTRACTORS.names(), *(f"{form}:" for form in ("hf", "spacy", "llm", "cmd"))]


def _datasets() -> Iterable[str]:
    from evalkit.dataset.catalogue.table import corpus_names

    return ["news-gold", *corpus_names()]


def _tasks() -> Iterable[str]:
    from evalkit.scoring.tasks.table import task_names

    return task_names()


def _conventions() -> Iterable[str]:
    from evalkit.scoring.tasks.table import convention_names, task_names

    return ["all", *dict.fromkeys(name for task in task_names() for name in convention_names(task))]


def _formats() -> Iterable[str]:
    from evalkit.formats.table import loadable_formats

    return loadable_formats()


def _profiles() -> Iterable[str]:
    from evalkit.formats.standoff.profile_files import profile_names

    return profile_names()


_VALUES: Mapping[str, Callable[[], Iterable[str]]] = {
    "model": _models,
    "dataset": _datasets,
    "gold": _datasets,
    "split": lambda: ("train", "dev", "test", "all"),
    "tasks": _tasks,
    "conventions": _conventions,
    **dict.fromkeys(("format", "gold_format", "predicted_format", "tool"), _formats),
    **dict.fromkeys(("profile", "to_profile"), _profiles),
    **dict.fromkeys(("label_map", "gold_label_map", "predicted_label_map"), lambda: ("conll4", "news", "ontonotes")),
    "cluster": lambda: ("story", "source", "wire", "text-story"),
}
"""Parameter → the values that there are; a file may be one, too."""
