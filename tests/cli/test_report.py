"""`evalkit report`: a stored result in other forms."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import Evalkit, Once


@pytest.fixture
def run(evalkit: Evalkit, once: Once) -> str:
    def prepare() -> None:
        assert evalkit("run", "--model", "mine:people", "--dataset", "gold.jsonl", "--out", "r").status == 0

    once(prepare)
    return "r"


@pytest.mark.parametrize(
    ("to", "begins"),
    [
        pytest.param("markdown", "## mine:people on gold@", id="markdown"),
        pytest.param("tsv", "extractor\tgold\tsplit\ttask\tconvention\tlabel\t", id="tsv"),
        pytest.param("json", '{\n  "format": "evalkit.result"', id="json"),
    ],
)
def test_forms(evalkit: Evalkit, run: str, to: str, begins: str):
    done = evalkit("report", run, "--to", to)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(begins)
    assert done.out.endswith("\n")


def test_a_file_gets_what_would_be_printed(evalkit: Evalkit, workspace: Path, run: str):
    printed = evalkit("report", run, "--to", "tsv").out
    done = evalkit("report", run, "--to", "tsv", "-o", "reports/figures.tsv")
    assert (done.status, done.out) == (0, "")
    assert (workspace / "reports" / "figures.tsv").read_text(encoding="utf-8") == printed


def test_an_ending_that_says_another_form_is_refused(evalkit: Evalkit, run: str):
    done = evalkit("report", run, "--to", "tsv", "-o", "figures.html")
    assert done.status == 2
    assert "-o figures.html is html by its ending, and --to says tsv; leave one of them out" in done.err


@pytest.mark.parametrize("given", ["r", "r/result.json"], ids=["folder", "file"])
def test_a_result_of_other_predictions_is_refused(evalkit: Evalkit, workspace: Path, run: str, given: str):
    path = workspace / run / "predictions.jsonl"
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    done = evalkit("report", given)
    assert (done.status, done.out) == (2, "")
    assert "result.json: was not made of the predictions beside it" in done.err
    assert done.err.count("\n") == 1
    # What it advises is the whole command, and mends it.
    advised = shlex.split(done.err.strip().partition("with evalkit ")[2])
    assert evalkit(*advised).status == 0
    assert evalkit("report", given).status == 0


def test_the_advised_command_reads_and_scores_as_it_was_done(evalkit: Evalkit, workspace: Path):
    (workspace / "my tags.txt").write_text("Ida\tB-PER\nMoen\tI-PER\nleft\tO\n", encoding="utf-8")
    read = ("--dataset", "my tags.txt", "--format", "conll", "--read", "tag_column=1", "--labels", "PER")
    assert evalkit("run", "--model", "mine:people", *read, "--out", "r").status == 0
    before = evalkit("report", "r", "--to", "json").json
    path = workspace / "r" / "predictions.jsonl"
    path.write_bytes(re.sub(rb',"check":"[0-9a-f]*"', b"", path.read_bytes()))
    done = evalkit("report", "r")
    assert done.status == 2
    advised = shlex.split(done.err.strip().partition("with evalkit ")[2])
    assert evalkit(*advised).status == 0
    after = evalkit("report", "r", "--to", "json").json
    tables = [json["tasks"]["entities"]["exact"]["micro"] for json in (before, after)]
    assert tables[0] == tables[1]


def test_a_result_alone_is_shown(evalkit: Evalkit, workspace: Path, run: str):
    (workspace / "kept.json").write_bytes((workspace / run / "result.json").read_bytes())
    assert evalkit("report", "kept.json").status == 0


def test_a_result_file_does_as_well_as_its_folder(evalkit: Evalkit, run: str):
    assert evalkit("report", "r/result.json").out == evalkit("report", run).out
