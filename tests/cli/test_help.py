"""Help: examples that can be pasted, options in groups, what few need folded away, nothing left out."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from evalkit.cli.help import EXAMPLES
from evalkit.cli.main import cli
from tests.cli.conftest import Evalkit


def command_of(words: list[str]) -> tuple[click.Command, list[str], click.Context]:
    """The command that the words name, what is left of them, and the context of its group."""
    context = click.Context(cli, info_name="evalkit")
    command: click.Command = cli
    while isinstance(command, click.Group) and words:
        name, found, words = command.resolve_command(context, words)
        assert found is not None
        command = found
        if isinstance(command, click.Group):
            context = click.Context(command, info_name=name, parent=context)
    return command, words, context


@pytest.mark.parametrize("line", [line for lines in EXAMPLES.values() for line, _ in lines])
def test_each_example_is_a_command_line(line: str) -> None:
    command, words, parent = command_of(shlex.split(line))
    # Whoever made up an option or forgot one that is needed is told so here.
    command.make_context(command.name, words, parent=parent)
    assert len(f"  evalkit {line}") <= 78


@pytest.mark.parametrize("words", EXAMPLES)
def test_examples_stand_with_their_command_before_its_options(words: str, evalkit: Evalkit) -> None:
    shown = evalkit(*words.split(), "--help").out
    for line, what in EXAMPLES[words]:
        assert line.startswith(words)
        assert shown.index(f"\n  # {what}\n  evalkit {line}\n") < shown.index("--help ")


GROUPS = ["What", "How it is run", "How it is scored", "How sure the figures are", "How files are read", "Where to"]


def test_a_run_has_its_options_in_groups(evalkit: Evalkit) -> None:
    shown = evalkit("run", "--help").out
    titles = re.findall(r"^(\S.*):$", shown, re.MULTILINE)
    assert titles == ["Examples", *GROUPS, "The rest"]
    what = shown[shown.index("\nWhat:") : shown.index("\nHow it is run:")]
    assert re.findall(r"^  (--[\w-]+)", what, re.MULTILINE)[:4] == ["--model", "--set", "--suite", "--dataset"]


@pytest.mark.parametrize(
    "words", ["run", "score", "extract", "dataset convert", "dataset suspects", "dataset validate"]
)
def test_what_is_folded_away_is_named_and_explained_on_request(words: str, evalkit: Evalkit) -> None:
    command, _, _ = command_of(words.split())
    options = [name for one in command.params if one.param_type_name == "option" for name in one.opts]
    short, long = evalkit(*words.split(), "--help").out, evalkit(*words.split(), "--help-all").out
    for name in options:
        assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", short), name
        assert re.search(rf"^  .*{re.escape(name)}(?![\w-])", long, re.MULTILINE), name
    assert "conll: where the tags are" in " ".join(long.split())
    assert "conll: where the tags are" not in " ".join(short.split())
    assert len(short.splitlines()) < len(long.splitlines()) - 40
