"""`evalkit view`, and `evalkit report --items`."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Evalkit, Once

GOLD = ("--dataset", "gold.jsonl")


@pytest.fixture
def made(evalkit: Evalkit, once: Once) -> Evalkit:
    """Two runs, and a baseline of the first."""

    def prepare() -> None:
        for model, out in (("mine:people", "r"), ("rules", "s")):
            assert evalkit("run", "--model", model, *GOLD, "--out", out, "--resamples", "0").status == 0
        assert evalkit("gate", "r", "--baseline", "base.json", "--update").status == 0

    once(prepare)
    return evalkit


def test_a_page_of_two_runs_and_what_broke_since_a_baseline(made: Evalkit):
    done = made("view", "r", "s", "--baseline", "base.json", "--resamples", "20", "-o", "page.html")
    assert done.status == 0, done.err
    assert "written to page.html, " in done.out
    html = Path("page.html").read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>")
    assert "Baseline: mine:people" in html


def test_without_a_name_it_replaces_nothing(made: Evalkit):
    assert made("view", "r", "--resamples", "0").status == 0
    assert Path("explorer.html").is_file()
    again = made("view", "r", "--resamples", "0")
    assert (again.status, again.out) == (2, "")
    assert again.err == "error: explorer.html: exists already; name a new file\n"
    assert made("view", "r", "--resamples", "0", "-o", "explorer.html").status == 0


def test_articles_beside_the_page(made: Evalkit):
    done = made("view", "r", "--resamples", "0", "-o", "p.html", "--split-files")
    assert "its articles in p.files" in done.out
    assert Path("p.files/chunk-0000.js").read_text(encoding="utf-8").startswith("evalkitChunk(0, ")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        pytest.param((), "Missing argument 'RUN [RUN...]'", id="no run"),
        pytest.param(
            ("r", "-o", "page.csv"),
            "-o page.csv: a view is a page; name a file that ends in .html",
            id="another ending",
        ),
        pytest.param(("r",) * 6, "1 to 5 runs can be looked at side by side, found 6; leave some out", id="six runs"),
        pytest.param(("nowhere",), "nowhere", id="no such run"),
        pytest.param(("r", "--baseline", "gold.jsonl"), "gold.jsonl", id="no baseline"),
        pytest.param(
            ("r", "--convention", "exakt"), "unknown convention 'exakt'; did you mean 'exact'?", id="no convention"
        ),
    ],
)
def test_what_cannot_be_shown_is_said_in_one_line(made: Evalkit, argv: tuple[str, ...], said: str):
    done = made("view", *argv)
    assert (done.status, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1
    assert not Path("explorer.html").exists()


def test_items_as_a_table(made: Evalkit):
    done = made("report", "r", "--items", "errors.csv")
    assert (done.status, done.out) == (0, "")
    with Path("errors.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {"article", "zone", "around", "gold", "predicted", "kind", "gold_credit", "predicted_credit"} <= set(rows[0])
    assert {row["kind"] for row in rows} >= {"right"}


def test_items_and_the_result_at_once(made: Evalkit):
    done = made("report", "r", "--items", "errors.tsv", "-o", "report.md")
    assert (done.status, done.out) == (0, "")
    assert Path("report.md").is_file()
    assert Path("errors.tsv").is_file()


def test_items_and_the_form_that_was_asked_for(made: Evalkit):
    done = made("report", "r", "--items", "errors.csv", "--to", "json")
    assert (done.status, json.loads(done.out)["format"]) == (0, "evalkit.result")
    assert Path("errors.csv").is_file()


def test_without_resamples_it_says_that_runs_are_not_compared(made: Evalkit):
    done = made("view", "r", "s", "--resamples", "0", "-o", "page.html")
    told = "how the runs compare is not told: it takes resamples, and there are 0"
    assert (done.status, done.err) == (0, f"note: {told}\n")
    assert told in Path("page.html").read_text(encoding="utf-8")


def test_a_baseline_about_other_articles_is_refused(made: Evalkit):
    assert made("run", "--model", "rules", "--limit", "1", "--out", "other", "--resamples", "0").status == 0
    done = made("view", "r", "--baseline", "other", "-o", "page.html")
    assert (done.status, done.out) == (2, "")
    assert "other: has no article with the same text in common with r" in done.err
    assert not Path("page.html").exists()


def test_a_page_of_nothing_is_refused(made: Evalkit):
    done = made("view", "r", "--task", "quotes", "-o", "page.html")
    assert (done.status, done.out) == (2, "")
    assert "there is nothing to look into, for nothing can be evaluated (quotes: " in done.err
    assert not Path("page.html").exists()


def test_a_dataset_without_items_has_no_use(made: Evalkit):
    done = made("report", "r", "--dataset", "gold.jsonl")
    assert done.status == 2
    assert "--dataset goes with --items" in done.err
