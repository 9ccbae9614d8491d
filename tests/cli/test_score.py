"""`evalkit score`: predictions made elsewhere, a run again, tag columns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalkit.predictions.store import read_result
from tests.cli.conftest import Evalkit, files_in, write_lines

SCORE = ("score", "--gold", "gold.jsonl", "--predicted", "predicted.jsonl")


def test_figures_and_missing_articles(evalkit: Evalkit):
    done = evalkit(*SCORE, "--json")
    assert (done.status, done.err) == (0, "")
    # One right person, for seven gold entities; two of the four articles have no prediction.
    micro = done.json["tasks"]["entities"]["exact"]["micro"]
    assert (micro["precision"], micro["recall"]) == (1.0, 1 / 7)
    assert "2 articles without a prediction, counted as missed" in done.json["notes"]
    assert done.json["extractor"] == "predicted"


def test_tables_on_standard_output(evalkit: Evalkit):
    done = evalkit(*SCORE)
    assert done.err == ""
    assert "entities · exact" in done.out
    assert "entities|exact|micro|labels:own|gold:gold@" in done.out
    assert "2 articles without a prediction" in done.out


def test_a_run_is_scored_again_to_the_same_figures(evalkit: Evalkit):
    run = evalkit("run", "--model", "mine:people", "--dataset", "gold.jsonl", "--out", "r", "--no-floor", "--json").json
    again = evalkit("score", "--gold", "gold.jsonl", "--predicted", "r", "--json").json
    assert again["tasks"] == run["tasks"]
    assert again["extractor"] == "mine:people"
    # A run says which layers it claims: that nothing of a layer was found is not that it was not looked for.
    assert again["not_evaluated"] == run["not_evaluated"]


def test_what_a_run_finds_nothing_of_is_scored_as_nothing(evalkit: Evalkit, workspace: Path):
    (workspace / "mine.py").write_text("def none(article):\n    return []\n")
    evalkit("run", "--model", "mine:none", "--dataset", "gold.jsonl", "--out", "r")
    again = evalkit("score", "--gold", "gold.jsonl", "--predicted", "r", "--json").json
    assert again["tasks"]["entities"]["exact"]["micro"]["gold"] == 7


def test_out_takes_a_result(evalkit: Evalkit, workspace: Path):
    printed = evalkit(*SCORE, "--out", "scored", "--json").json
    stored = json.loads((workspace / "scored" / "result.json").read_bytes())
    assert stored["tasks"]["entities"]["exact"]["micro"] == printed["tasks"]["entities"]["exact"]["micro"]
    assert evalkit("report", "scored", "--to", "json").json == printed


def test_gold_scored_against_itself_is_right_in_everything(evalkit: Evalkit):
    result = evalkit("score", "--gold", "gold.jsonl", "--predicted", "gold.jsonl", "--convention", "all", "--json").json
    assert set(result["tasks"]) >= {"entities", "quotes", "stances"}
    wrong = {
        (task, convention): one["micro"]["f1"]
        for task, conventions in result["tasks"].items()
        for convention, one in conventions.items()
        if one["micro"]["f1"] != 1.0
    }
    assert wrong == {}


FOREIGN = [
    pytest.param(
        {"entities": [{"spans": [[0, 8]], "label": "PERSON"}]},
        "1 predicted entity has a label that this gold does not use, so it counts as wrong (PERSON 1); "
        "map them with --predicted-label-map",
        id="entity-label",
    ),
    pytest.param(
        {"quotes": [{"kind": "spoken", "content": [[0, 8]]}]},
        "1 predicted quote has a kind that this gold does not use, which does not make it wrong, and tables and "
        "slices by kind show it apart (spoken 1); rename them",
        id="quote-kind",
    ),
    pytest.param(
        {"stances": [{"holder": "moen", "target": "oslo", "label": "pro"}]},
        "1 predicted stance has a label that this gold does not use, so it counts as wrong (pro 1); rename them",
        id="stance-label",
    ),
]


@pytest.mark.parametrize(("layers", "note"), FOREIGN)
def test_labels_that_the_gold_does_not_use_are_counted(evalkit: Evalkit, workspace: Path, layers: dict, note: str):
    write_lines(workspace / "predicted.jsonl", [{"id": "a-port", **layers}])
    done = evalkit(*SCORE, "--json")
    assert done.status == 0
    assert note in done.json["notes"]


def test_labels_are_mapped_and_counted(evalkit: Evalkit, workspace: Path):
    entities = [{"spans": [[0, 8]], "label": "PERSON"}, {"spans": [[9, 13]], "label": "VERB"}]
    write_lines(workspace / "predicted.jsonl", [{"id": "a-port", "entities": entities}])
    done = evalkit(*SCORE, "--predicted-label-map", "news", "--json")
    assert done.json["tasks"]["entities"]["exact"]["micro"]["precision"] == 1.0
    assert "1 predicted entity mapped: PERSON→PER 1" in done.json["notes"]
    assert "1 predicted entity dropped, its label is not in the map: VERB 1" in done.json["notes"]


BOTH_SIDES = [
    "score",
    "--format",
    "conll",
    "--gold",
    "tags.txt",
    "--gold-tag-column",
    "1",
    "--predicted-tag-column",
    "2",
]


def test_tag_columns(evalkit: Evalkit, workspace: Path):
    lines = ["Ida B-PER B-PER", "Moen I-PER I-PER", "left O O", "Oslo B-LOC O", ""]
    (workspace / "tags.txt").write_text("\n".join(lines))
    done = evalkit(*BOTH_SIDES, "--json")
    assert (done.status, done.err) == (0, "")
    micro = done.json["tasks"]["entities"]["exact"]["micro"]
    assert (micro["precision"], micro["recall"]) == (1.0, 0.5)
    assert "|tags:" in done.json["tasks"]["entities"]["exact"]["signature"]


def test_what_is_wrong_with_a_file_of_both_sides_is_said(evalkit: Evalkit, workspace: Path):
    (workspace / "tags.txt").write_text("Ida I-PER I-PER\nMoen I-PER I-PER\nleft O O\n")
    done = evalkit(*BOTH_SIDES, "--scheme", "IOB2", "--repair", "strict")
    assert done.status == 2
    assert done.err.startswith("error: tags.txt:1: tag 'I-PER' is illegal in IOB2")


PLAIN = ({"start": 0, "end": 8, "label": "PER"}, {"start": 14, "end": 18, "label": "GPE"})


@pytest.mark.parametrize("text", [pytest.param({}, id="absent"), pytest.param({"text": ""}, id="empty")])
@pytest.mark.parametrize("layers", [pytest.param({}, id="plain"), pytest.param({"quotes": []}, id="by-records")])
def test_gold_needs_no_text(evalkit: Evalkit, workspace: Path, text: dict, layers: dict):
    write_lines(workspace / "gold.jsonl", [{"id": name, "entities": list(PLAIN), **text, **layers} for name in "ab"])
    write_lines(workspace / "predicted.jsonl", [{"id": "a", "entities": list(PLAIN)}])
    done = evalkit(*SCORE, "--json")
    assert (done.status, done.err) == (0, "")
    micro = done.json["tasks"]["entities"]["exact"]["micro"]
    assert (micro["precision"], micro["recall"]) == (1.0, 0.5)


@pytest.mark.parametrize("layers", [pytest.param({}, id="plain"), pytest.param({"quotes": []}, id="by-records")])
def test_a_convention_that_needs_the_text_says_so(evalkit: Evalkit, workspace: Path, layers: dict):
    write_lines(workspace / "gold.jsonl", [{"id": "a", "entities": list(PLAIN), **layers}])
    done = evalkit("score", "--gold", "gold.jsonl", "--predicted", "gold.jsonl", "--convention", "token")
    assert done.status == 2
    assert "text" in done.err


IMPOSSIBLE = [
    pytest.param([9, 4], "span-reversed: span [9, 4] starts after its end", id="reversed"),
    pytest.param([4, 4], "span-empty: span [4, 4] is empty", id="empty"),
    pytest.param([-1, 4], "offset-out-of-range: span [-1, 4] begins before the text", id="negative"),
    pytest.param([0.5, 4], "is not [start, end] in whole code points", id="half"),
]


@pytest.mark.parametrize(("span", "message"), IMPOSSIBLE)
def test_impossible_spans_are_refused_without_text(evalkit: Evalkit, workspace: Path, span: list, message: str):
    write_lines(workspace / "gold.jsonl", [{"id": "a", "entities": [{"spans": [span], "label": "PER"}]}])
    done = evalkit("score", "--gold", "gold.jsonl", "--predicted", "gold.jsonl")
    assert done.status == 2
    assert message in done.err


def test_a_result_folder_has_the_counts_of_plain_files(evalkit: Evalkit, workspace: Path):
    write_lines(workspace / "gold.jsonl", [{"id": "a", "entities": list(PLAIN)}])
    printed = evalkit("score", "--gold", "gold.jsonl", "--predicted", "gold.jsonl", "--out", "scored", "--json").json
    stored = read_result(workspace / "scored").tasks["entities"]["exact"].table
    assert stored is not None
    assert stored["gold"] == [1, 1]
    assert "table" not in printed["tasks"]["entities"]["exact"]


class TestOut:
    """What `--out` writes never takes the place of something else."""

    SCORED = ("score", "--gold", "gold.jsonl", "--resamples", "0", "--predicted")

    @pytest.fixture
    def predicted(self, workspace: Path) -> str:
        (workspace / "predicted.jsonl").write_text('{"id": "a-port", "entities": []}\n', encoding="utf-8")
        return "predicted.jsonl"

    def test_a_result_of_before_is_replaced(self, evalkit: Evalkit, workspace: Path, predicted: str):
        for _ in range(2):
            assert evalkit(*self.SCORED, predicted, "--out", "scored").status == 0
            (workspace / "scored" / "figures.md").write_text("mine")
        assert {path.name for path in (workspace / "scored").iterdir()} == {"result.json", "counts.npz", "figures.md"}

    @pytest.mark.parametrize("gone", [(), ("run.json",), ("predictions.jsonl",)], ids=str)
    def test_a_run_keeps_its_result(self, evalkit: Evalkit, workspace: Path, predicted: str, gone: tuple[str, ...]):
        evalkit("run", "--model", "trivial", "--dataset", "gold.jsonl", "--out", "r")
        for name in gone:
            (workspace / "r" / name).unlink()
        before = files_in(workspace / "r")
        done = evalkit(*self.SCORED, predicted, "--out", "r")
        assert (done.status, done.err.count("\n")) == (2, 1)
        assert "r: holds a run of other predictions than those scored; choose another place with --out" in done.err
        assert files_in(workspace / "r") == before

    def test_a_run_is_scored_again_in_its_folder(self, evalkit: Evalkit, workspace: Path):
        evalkit("run", "--model", "trivial", "--dataset", "gold.jsonl", "--out", "r", "--resamples", "0")
        assert evalkit(*self.SCORED, "r", "--out", "r").status == 0
        assert evalkit("report", "r").status == 0

    @pytest.mark.parametrize("out", [".", "mine.py"])
    def test_a_place_of_something_else_is_refused(self, evalkit: Evalkit, workspace: Path, predicted: str, out: str):
        before = files_in(workspace)
        done = evalkit(*self.SCORED, predicted, "--out", out)
        assert (done.status, done.err.count("\n")) == (2, 1)
        assert "is there already and is no run; choose another --out" in done.err
        assert files_in(workspace) == before
