"""`evalkit dataset agreement` at a terminal and in CI."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.dataset.making.build import build_dataset
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
    # One label for both: chance would agree always. What was not checked is not green.
    undefined = reading(*READ, "--fail-on", "entities.kappa<0.6")
    assert undefined.status == 1
    assert "entities.kappa is not defined here, so --fail-on entities.kappa<0.6 cannot be checked" in undefined.err


def test_a_label_of_several_words_can_be_named(evalkit: Evalkit):
    named = {"spans": [[0, 8]], "label": "New <label> A"}
    readings = {"kari": {"entities": [named]}, "ola": {"entities": []}}
    write_lines(Path("read.jsonl"), [{"id": "a", "text": "Ida Moen left Oslo.", "readings": readings}])
    done = evalkit(*READ, "--fail-on", "entities.exact.New <label> A.f1 <= 0.5")
    assert (done.status, done.err.count("\n")) == (1, 1)
    assert "entities.exact.New <label> A.f1 is 0, which" in done.err


@pytest.mark.parametrize("text", ["f1", "f1<", "<1", "f1<x", "f1<nan", "f1=1"])
def test_what_is_no_condition_is_refused(reading: Evalkit, text: str):
    done = reading(*READ, "--fail-on", text)
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert "is no condition" in done.err


def test_an_unknown_figure_is_found_before_anything_is_recorded(reading: Evalkit):
    readings = {"kari": {"entities": [MOEN, OSLO]}, "ola": {"entities": [MOEN]}}
    gold = {"id": "a", "split": "test", "text": "Ida Moen left Oslo.", "entities": [MOEN], "readings": readings}
    write_lines(Path("gold.jsonl"), [gold, gold | {"id": "b", "split": "train", "text": "Ida Moen left Rome."}])
    build_dataset(["gold.jsonl"], Path("mine"), corpus=Path("corpus"))
    before = sorted(path.name for path in Path("mine").iterdir())
    done = reading("dataset", "agreement", "mine", "--resamples", "0", "--record", "--fail-on", "entities.exact<1")
    assert (done.status, "unknown figure 'entities.exact'" in done.err) == (2, True)
    done = reading("dataset", "leakage", "mine", "--record", "--fail-on", "pair>0")
    assert (done.status, "unknown figure 'pair'" in done.err) == (2, True)
    assert sorted(path.name for path in Path("mine").iterdir()) == before


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param(("--with", "x"), "'x' is not NAME=PATH", id="no-name"),
        pytest.param(("--with", "a=read.jsonl", "--with", "a=read.jsonl"), "'a' is given twice", id="twice"),
        pytest.param(("--with", "ola=read.jsonl"), "there is a reader 'ola' in read already", id="taken"),
        pytest.param(("--gold-as", "gold"), "read has no gold beside its readings", id="no-gold"),
        pytest.param(("--annotator", "ola"), "agreement is between all readers", id="annotator"),
        pytest.param(("--record",), "figures are recorded in a dataset folder", id="no-folder"),
        pytest.param(("--fail-on", "entities.exact<1"), "unknown figure 'entities.exact'", id="no-figure"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(reading: Evalkit, more: tuple[str, ...], said: str):
    done = reading(*READ, *more)
    assert done.status == 2
    assert said in done.err
    assert done.err.count("\n") == 1
