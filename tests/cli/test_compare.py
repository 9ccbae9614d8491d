from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Evalkit, Once, write_lines

TEXT = "Ida Moen left Oslo."

SYSTEMS = '''
def right(article):
    return [(0, 8, "PER"), (14, 18, "GPE")]

def halves(article):
    """Never exact, always overlapping: .0 under exact, .5 under partial, 1.0 under type."""
    return [(4, 8, "PER"), (14, 16, "GPE")]

def one_of_two(article):
    """One exact, one missed: 2/3 under every convention."""
    return [(0, 8, "PER")]

def quotes_only(article):
    from evalkit.records import Annotations
    return Annotations(quotes=())
'''


@pytest.fixture
def runs(workspace: Path, evalkit: Evalkit, once: Once, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delitem(sys.modules, "systems", raising=False)
    (workspace / "systems.py").write_text(SYSTEMS, encoding="utf-8")
    entities = [{"spans": [[0, 8]], "label": "PER"}, {"spans": [[14, 18]], "label": "GPE"}]
    write_lines(workspace / "six.jsonl", [{"id": f"a{at}", "text": TEXT, "entities": entities} for at in range(6)])

    def prepare() -> None:
        for name in ("right", "halves", "one_of_two"):
            done = evalkit(
                *("run", "--model", f"systems:{name}", "--dataset", "six.jsonl", "--out", name, "--resamples", "0")
            )
            assert done.status == 0, done.err

    once(prepare)
    return workspace


def rows(data: dict[str, object]) -> dict[tuple[str, str], dict[str, float]]:
    return {
        (row["convention"], row["label"] or row["scope"]): row
        for row in data["rows"]  # type: ignore[attr-defined]
    }


def test_two_runs(runs: Path, evalkit: Evalkit) -> None:
    done = evalkit("compare", "right", "one_of_two", "--json")

    found = rows(done.json)
    micro = found["exact", "micro"]
    # right: 1.0. one_of_two: recall 6/12, precision 6/6, F1 2/3. All six articles are worse, and alike, so every
    # resample has the same difference, which is no interval; p is 2 / 2**6.
    assert (micro["first_value"], micro["second_value"]) == (1, pytest.approx(2 / 3))
    assert micro["difference"] == pytest.approx(-1 / 3)
    assert micro["ci"] is None
    assert micro["p_randomization"] == 2 / 2**6
    assert (micro["wins"], micro["ties"], micro["losses"]) == (0, 0, 6)
    assert (found["exact", "PER"]["difference"], found["exact", "GPE"]["difference"]) == (0, -1)


def test_rows_are_labels_of_the_main_convention_and_micro_of_the_others(runs: Path, evalkit: Evalkit) -> None:
    found = rows(evalkit("compare", "right", "halves", "--json").json)

    assert [name for convention, name in found if convention == "exact"] == ["micro", "macro", "GPE", "PER"]
    assert [name for convention, name in found if convention == "type"] == ["micro"]


def test_q_is_over_the_rows_that_are_shown(runs: Path, evalkit: Evalkit) -> None:
    data = evalkit("compare", "right", "one_of_two", "--json").json["rows"]

    # The largest of m p-values is its own q.
    assert max(row["q"] for row in data) == max(row["p_randomization"] for row in data)


def test_the_order_depends_on_the_convention(runs: Path, evalkit: Evalkit) -> None:
    """halves is behind one_of_two under exact (0 and 2/3) and ahead under type (1 and 2/3)."""
    done = evalkit("compare", "halves", "one_of_two", "--convention", "all")

    text = " ".join(done.out.split())
    assert done.status == 0
    assert "entities: the order changes. a is better under" in text
    change = evalkit("compare", "halves", "one_of_two", "--convention", "all", "--json").json["order_changes"][0]
    assert "exact micro f1" in change["second_better"]
    assert "type micro f1" in change["first_better"]


def test_the_order_is_the_same(runs: Path, evalkit: Evalkit) -> None:
    done = evalkit("compare", "right", "one_of_two", "--convention", "all")

    # Every convention with micro and macro F1.
    number = re.search(r"entities: the order is the same under all (\d+) figures", done.out)
    assert number
    assert int(number[1]) % 2 == 0


def test_several_runs_are_compared_with_the_first(runs: Path, evalkit: Evalkit) -> None:
    done = evalkit("compare", "right", "halves", "one_of_two")

    # Names that are too long to head a column are letters.
    assert done.out.splitlines()[1:4] == ["a  systems:right", "b  systems:halves", "c  systems:one_of_two"]
    assert [line for line in done.out.splitlines() if line.startswith("entities: ") and "," not in line] == [
        "entities: all runs",
        "entities: a → b",
        "entities: a → c",
    ]


def test_the_smallest_difference_is_said(runs: Path, evalkit: Evalkit) -> None:
    # Every article of the other run is half right: nothing varies.
    assert "6 articles show the same difference of exact micro F1 each" in " ".join(
        evalkit("compare", "right", "halves").out.split()
    )


def test_nothing_differs(runs: Path, evalkit: Evalkit) -> None:
    out = " ".join(evalkit("compare", "right", "right").out.split())
    assert "nothing differs, exact micro F1 is the same in every article" in out
    assert "from 0.000" not in out


def test_a_convention_that_was_not_scored_is_counted_anew(runs: Path, evalkit: Evalkit) -> None:
    found = rows(evalkit("compare", "right", "halves", "--convention", "iou:0.5", "--json").json)

    assert found["iou:0.5", "micro"]["second_value"] == 1  # 4 of 8 and 2 of 4 characters


def test_runs_of_one_extractor_are_called_by_their_folders(runs: Path, evalkit: Evalkit) -> None:
    evalkit("run", "--model", "systems:right", "--dataset", "six.jsonl", "--out", "again", "--resamples", "0")

    assert evalkit("compare", "right", "again", "--json").json["runs"] == ["right", "again"]


def test_other_gold_is_refused_with_both_fingerprints(runs: Path, evalkit: Evalkit) -> None:
    write_lines(runs / "other.jsonl", [{"id": "a0", "text": TEXT, "entities": []}])
    evalkit("run", "--model", "systems:right", "--dataset", "other.jsonl", "--out", "other", "--resamples", "0")
    prints = [json.loads((runs / name / "run.json").read_bytes())["gold_fingerprint"] for name in ("right", "other")]

    done = evalkit("compare", "right", "other")

    assert (done.status, done.out) == (2, "")
    assert all(fingerprint in done.err for fingerprint in prints)
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        pytest.param(("right",), "at least 2 runs, found 1", id="one-run"),
        pytest.param(("right", "nothing"), "nothing: is no run folder", id="no-run"),
        pytest.param(("right", "halves", "--task", "entitis"), "did you mean 'entities'", id="task"),
        pytest.param(("right", "halves", "--convention", "exat"), "did you mean 'exact'", id="convention"),
        pytest.param(("right", "halves", "--task", "quotes"), "nothing in common|in common", id="not-scored"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(runs: Path, evalkit: Evalkit, argv: tuple[str, ...], message: str) -> None:
    done = evalkit("compare", *argv)

    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert any(part in done.err for part in message.split("|"))
    assert done.err.count("\n") == 1


def test_the_same_command_gives_the_same_bytes(runs: Path, evalkit: Evalkit) -> None:
    argv = ("compare", "right", "halves", "one_of_two", "--json")

    assert evalkit(*argv).out == evalkit(*argv).out


def test_the_items_on_which_runs_differ_are_told(runs: Path, evalkit: Evalkit) -> None:
    done = evalkit("compare", "right", "one_of_two")

    text = " ".join(done.out.split())
    # Of six articles one_of_two misses Oslo.
    assert "entities: 6 items on which a and b differ, in 6 articles" in text
    assert "a0 GPE Oslo right – a1 GPE Oslo right –" in text
    assert "a alone is right in 6, b alone in 0" in text
    few = evalkit("compare", "right", "one_of_two", "--differences", "2")
    assert "4 more with --differences N or --json" in " ".join(few.out.split())
    assert len(evalkit("compare", "right", "one_of_two", "--json").json["differing"]) == 6
    assert "Oslo" not in evalkit("compare", "right", "one_of_two", "--differences", "0").out


def test_without_the_gold_the_figures_are_shown_and_a_note_says_what_is_missing(runs: Path, evalkit: Evalkit) -> None:
    (runs / "six.jsonl").rename(runs / "moved.jsonl")
    done = evalkit("compare", "right", "one_of_two")
    assert done.status == 0
    assert "the spans on which the runs differ are not told: the gold does not lie" in " ".join(done.out.split())
    assert "GPE Oslo" in evalkit("compare", "right", "one_of_two", "--dataset", "moved.jsonl").out


def test_differences_are_of_runs_that_are_no_repetitions(runs: Path, evalkit: Evalkit) -> None:
    done = evalkit("compare", "right", "halves", "--seeds", "--differences", "3")
    assert done.status == 2
    assert "--differences has no use with --seeds" in done.err
