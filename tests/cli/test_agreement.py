"""`evalkit dataset agreement` at a terminal and in CI."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Evalkit, write_lines

MOEN = {"spans": [[0, 8]], "label": "PER"}
OSLO = {"spans": [[14, 18]], "label": "GPE"}
READ = ("dataset", "agreement", "read.jsonl", "--resamples", "0", "--task", "entities", "--convention", "exact")


@pytest.fixture
def reading(evalkit: Evalkit) -> Evalkit:
    """Two readers of one article, who share one of two and one items."""
    readings = {"kari": {"entities": [MOEN, OSLO]}, "ola": {"entities": [MOEN]}}
    write_lines(Path("read.jsonl"), [{"id": "a", "text": "Ida Moen left Oslo.", "readings": readings}])
    return evalkit


def test_it_shows_f1_alpha_kappa_and_where_they_disagree(reading: Evalkit):
    done = reading(*READ)
    assert (done.status, done.err) == (0, "")
    for words in (
        "2 readers of 1 article",
        "F1 exact",
        "0.667",
        "alpha boundary",
        "kappa label",
        "ola 1",
        "'Oslo' GPE",
    ):
        assert words in done.out


def test_a_condition_that_holds_exits_with_one_and_says_why(reading: Evalkit):
    done = reading(*READ, "--fail-on", "entities.exact.f1<0.8")
    assert (done.status, "0.667" in done.out) == (1, True)
    assert "entities.exact.f1 is 0.666667, which --fail-on entities.exact.f1<0.8 forbids" in done.err
    assert reading(*READ, "--fail-on", "entities.exact.f1<0.6").status == 0
    # One label for both: chance would agree always.
    undefined = reading(*READ, "--fail-on", "entities.kappa<0.6")
    assert undefined.status == 0
    assert "not defined on this gold" in undefined.err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param(("--with", "x"), "'x' is not NAME=PATH", id="no-name"),
        pytest.param(("--with", "a=read.jsonl", "--with", "a=read.jsonl"), "'a' is given twice", id="twice"),
        pytest.param(("--with", "ola=read.jsonl"), "there is a reader 'ola' in read already", id="taken"),
        pytest.param(("--gold-as", "gold"), "read has no gold beside its readings", id="no-gold"),
        pytest.param(("--record",), "figures are recorded in a dataset folder", id="no-folder"),
        pytest.param(("--fail-on", "entities.exact<1"), "unknown figure 'entities.exact'", id="no-figure"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(reading: Evalkit, more: tuple[str, ...], said: str):
    done = reading(*READ, *more)
    assert done.status == 2
    assert said in done.err
    assert done.err.count("\n") == 1
