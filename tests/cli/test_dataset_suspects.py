"""`evalkit dataset suspects` from a terminal and in CI."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalkit.formats.native.rows import dump_line, example_to_row
from evalkit.predictions.lines import prediction_line
from tests.analysis.suspects.mistaken import examples, systems, with_change
from tests.cli.conftest import Evalkit

RUNS = ("system0.jsonl", "system1.jsonl", "system2.jsonl")


@pytest.fixture
def mistaken(evalkit: Evalkit) -> Evalkit:
    """A folder with gold in which one label is wrong, and the predictions of three systems."""
    gold = with_change(examples(), 5, "entities", label="ORG")
    Path("mistaken.jsonl").write_text("".join(dump_line(example_to_row(one)) for one in gold), encoding="utf-8")
    for name, predictions in systems(gold).items():
        Path(f"{name}.jsonl").write_bytes(b"".join(map(prediction_line, predictions)))
    return evalkit


def test_the_wrong_label_is_shown_with_what_is_proposed(mistaken: Evalkit):
    done = mistaken("dataset", "suspects", "mistaken.jsonl", *RUNS)
    assert done.status == 0, done.err
    assert "1 suspect from 0.5 on" in done.out
    row = next(line for line in done.out.splitlines() if "ORG Åse Ek" in line)
    assert "PER Åse Ek" in row
    assert "0:3" in row


def test_it_fits_the_terminal(mistaken: Evalkit, monkeypatch: pytest.MonkeyPatch):
    """Other widths are tried on results of every kind, see `tests/report/test_narrow.py`."""
    monkeypatch.setenv("COLUMNS", "60")
    done = mistaken("dataset", "suspects", "mistaken.jsonl", *RUNS, "--least", "0")
    assert max(map(len, done.out.splitlines())) <= 60


def test_ci_fails_on_too_many(mistaken: Evalkit):
    done = mistaken("dataset", "suspects", "mistaken.jsonl", *RUNS, "--fail-on", "items>0")
    assert (done.status, done.err) == (1, "error: items is 1, which --fail-on items>0 forbids\n")
    assert "ORG Åse Ek" in done.out
    for condition, status in {"entities.label>0": 1, "quotes.speaker>0": 0, "stances.lable>0": 2}.items():
        assert mistaken("dataset", "suspects", "mistaken.jsonl", *RUNS, "--fail-on", condition).status == status


def test_a_limit_leaves_the_figure_as_it_is(mistaken: Evalkit):
    shown = mistaken("dataset", "suspects", "mistaken.jsonl", *RUNS, "--least", "0", "--limit", "2", "-o", "found.json")
    found = json.loads(Path("found.json").read_text(encoding="utf-8"))
    assert len(found["items"]) == 2 < found["found"]
    assert found["items"][0]["suspicion"] >= found["items"][1]["suspicion"]
    assert f"2 of {found['found']} shown" in shown.out


def test_a_limit_is_about_what_is_shown_only(mistaken: Evalkit):
    argv = ("dataset", "suspects", "mistaken.jsonl", *RUNS, "--least", "0")
    articles = {one["article_id"] for one in json.loads(mistaken(*argv, "--json", "--limit", "0").out)["items"]}
    assert len(articles) > 1
    written = mistaken(*argv, "--limit", "1", "--tasks", "tasks.jsonl", "--tool", "native")
    assert f"in {len(articles)} articles as native" in written.err
    rows = [json.loads(line) for line in Path("tasks.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {row["id"] for row in rows} == articles


def test_nothing_is_written_over(mistaken: Evalkit):
    back = ("dataset", "suspects", "mistaken.jsonl", *RUNS, "--corrections", "mistaken.jsonl", "--unchanged")
    assert mistaken(*back, "--patch", "patch.json", "--settled", "settled.json").status == 0
    before = Path("patch.json").read_bytes()
    again = mistaken(*back, "--patch", "patch.json", "--settled", "settled.json")
    assert (again.status, again.out) == (2, "")
    assert "patch.json: exists already" in again.err
    assert Path("patch.json").read_bytes() == before


def test_a_patch_is_known_by_its_content(mistaken: Evalkit):
    mended = [json.loads(line) for line in Path("mistaken.jsonl").read_text(encoding="utf-8").splitlines()]
    for row in mended:
        row["entities"] = [dict(one, label="PER") if one["label"] == "ORG" else one for one in row["entities"]]
    Path("mended.jsonl").write_text("".join(map(dump_line, mended)), encoding="utf-8")
    argv = ("dataset", "suspects", "mistaken.jsonl", *RUNS)
    done = mistaken(*argv, "--corrections", "mended.jsonl", "--patch", "patch.json")
    assert done.status == 0, done.err
    Path("patch.json").rename("patch.of-monday")
    Path("mended.jsonl").rename("mended.json")
    shown = [mistaken(*argv, "--replay", name, "--to", "tsv") for name in ("patch.of-monday", "mended.json")]
    assert [one.status for one in shown] == [0, 0], shown
    assert shown[0].out == shown[1].out


def test_main_figures_are_kept_for_the_card(mistaken: Evalkit):
    refused = mistaken("dataset", "suspects", "mistaken.jsonl", *RUNS, "--record")
    assert (refused.status, refused.out) == (2, "")
    assert "figures are recorded in a dataset folder" in refused.err
    lacking = with_change(examples(), 5, "stances")
    Path("lacking.jsonl").write_text("".join(dump_line(example_to_row(one)) for one in lacking), encoding="utf-8")
    built = mistaken("dataset", "build", "lacking.jsonl", "--out", "kept", "--splits", "test=1")
    assert built.status == 0, built.out
    assert mistaken("dataset", "suspects", "kept", *RUNS, "--record").status == 0
    assert mistaken("dataset", "build", "kept", "--out", "kept").status == 0
    card = Path("kept/README.md").read_text(encoding="utf-8")
    assert "| suspects | items that are probably wrong or missing, of suspicion 0.5 or more | 1 |" in card


def test_without_runs_the_gold_is_asked(mistaken: Evalkit):
    found = json.loads(mistaken("dataset", "suspects", "mistaken.jsonl", "--least", "0", "--json").out)
    assert (found["items"][0]["article_id"], found["items"][0]["label"]) == ("a05", "ORG")
    assert found["scores"] == []


def test_what_to_annotate_next(mistaken: Evalkit):
    """Systems 0, 1 and 2 err in the first three articles, one each; of the others by id."""
    done = mistaken("dataset", "suspects", "mistaken.jsonl", *RUNS, "--unlabelled", "--json")
    ids = [one["article_id"] for one in json.loads(done.out)["articles"]]
    assert sorted(ids[:3]) == ["a00", "a01", "a02"]
    assert ids[3:] == [f"a{number:02}" for number in range(3, 12)]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        pytest.param(("mistaken.jsonl", "system0.jsonl", "--unlabelled"), "at least 2 runs, found 1", id="one run"),
        pytest.param(
            ("mistaken.jsonl", *RUNS, "--unlabelled", "--k", "3"),
            "--k says nothing with --unlabelled",
            id="gold option",
        ),
        pytest.param(("mistaken.jsonl", "nothing.jsonl"), "nothing.jsonl", id="no run"),
        pytest.param(("mistaken.jsonl", *RUNS, "--least", "nan"), "nan is no finite number", id="nan"),
        pytest.param(("mistaken.jsonl", "--k", "3"), "--k is about the scores of runs", id="k without runs"),
        pytest.param(
            ("mistaken.jsonl", *RUNS, "--replay", "mistaken.jsonl", "--patch", "p"),
            "--patch says nothing with --replay",
            id="patch and replay",
        ),
        pytest.param(
            ("mistaken.jsonl", *RUNS, "--replay", "mistaken.jsonl", "--write", "a=b"),
            "--write says nothing with --replay",
            id="write and replay",
        ),
        pytest.param(
            ("mistaken.jsonl", *RUNS, "--corrections", "mistaken.jsonl", "--limit", "3"),
            "--limit says nothing with --corrections",
            id="limit and corrections",
        ),
        pytest.param(
            ("mistaken.jsonl", *RUNS, "--unlabelled", "--task", "entities"),
            "--task says nothing with --unlabelled",
            id="task and unlabelled",
        ),
        pytest.param(("mistaken.jsonl", *RUNS, "--unchanged"), "add --corrections", id="unchanged"),
        pytest.param(("mistaken.jsonl", *RUNS, "--settled", "mistaken.jsonl"), "mistaken.jsonl", id="no decisions"),
    ],
)
def test_bad_input_is_one_line(mistaken: Evalkit, argv: tuple[str, ...], said: str):
    done = mistaken("dataset", "suspects", *argv)
    assert (done.status, done.out) == (2, "")
    assert said in done.err
