"""`--fail-on`: a condition on a figure, and the exit status."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from evalkit.cli.failing import Condition, fail_on_option, status_on
from evalkit.errors import InputError, UnknownNameError

FIGURES = {
    "share": 0.7999999999999999,
    "entities.exact.New label.f1": 0.25,
    "pairs": 2.0,
    "entities.exact.f1": 0.75,
    "alpha": None,
}


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("pairs>0", 1),
        ("pairs > 2", 0),
        ("pairs>=2", 1),
        ("entities.exact.f1<0.8", 1),
        ("entities.exact.f1<=.75", 1),
        ("entities.exact.f1<.75", 0),
        ("alpha<1", 1),
        ("share<0.8", 0),
        ("share<=0.8", 1),
        ("entities.exact.New label.f1<.5", 1),
    ],
)
def test_a_condition_says_what_fails(text: str, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_on(FIGURES, [Condition.parse(text)]) == status
    said = capsys.readouterr().err
    assert ("forbids" in said) == (bool(status) and text != "alpha<1")
    assert ("not defined" in said) == (text == "alpha<1")


@pytest.mark.parametrize("text", ["", "pairs", "pairs=1", "pairs>x", ">3", "pairs>nan", "pairs>inf"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is no condition; write NAME<NUMBER"):
        Condition.parse(text)


def test_an_unknown_figure_is_named() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'pairs'"):
        status_on(FIGURES, [Condition.parse("pair>0")])


def test_several_conditions_come_to_the_command() -> None:
    @click.command()
    @fail_on_option("pairs>0")
    def command(fail_on: tuple[Condition, ...]) -> None:
        click.echo(" ".join(map(str, fail_on)))

    done = CliRunner().invoke(command, ["--fail-on", "pairs>0", "--fail-on", "alpha<.5"])
    assert done.output == "pairs>0 alpha<0.5\n"
