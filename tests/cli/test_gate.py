"""Ten articles with two entities each; extractors that lose the second one in some of them.

With k of 20 items lost recall is (20 - k) / 20, precision 1 and F1 2 (20 - k) / (40 - k): 0 lost 1.0, 2 lost .9474,
10 lost .6667. Two articles that differ are noise (p about .5), ten are not (p about 2 / 2**10).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import Evalkit, Once, files_in, write_lines

TEXT = "Ida Moen left Oslo."

SYSTEMS = """

def two(article):
    return [(0, 8, "PER"), (14, 18, "GPE")]


def all_right(article):
    return two(article)


def two_lost(article):
    return two(article)[: 1 if article.id in ("a0", "a1") else 2]


def ten_lost(article):
    return two(article)[:1]


def crashes(article):
    if article.id == "a0":
        raise RuntimeError("out of memory")
    return two(article)
"""


@pytest.fixture
def gold(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delitem(sys.modules, "systems", raising=False)
    (workspace / "systems.py").write_text(SYSTEMS, encoding="utf-8")
    entities = [{"spans": [[0, 8]], "label": "PER"}, {"spans": [[14, 18]], "label": "GPE"}]
    rows = [
        {"id": f"a{at}", "text": TEXT, "source": "wire" if at < 5 else "desk", "entities": entities} for at in range(10)
    ]
    return write_lines(workspace / "ten.jsonl", rows)


@pytest.fixture
def runs(gold: Path, evalkit: Evalkit, workspace: Path, once: Once) -> Path:
    """The folder of the runs, with the first one accepted as base.json."""

    def prepare() -> None:
        for name in ("all_right", "two_lost", "ten_lost"):
            done = evalkit(
                *("run", "--model", f"systems:{name}", "--dataset", gold.name, "--out", name, "--resamples", "0"),
            )
            assert done.status == 0, done.err
        assert evalkit("gate", "all_right", "--baseline", "base.json", "--update").status == 0

    once(prepare)
    return workspace


@pytest.mark.parametrize(
    ("run", "status", "verdict"),
    [
        pytest.param("all_right", 0, "pass", id="same"),
        pytest.param("two_lost", 3, "cannot tell", id="noise"),
        pytest.param("ten_lost", 1, "fail", id="regression"),
    ],
)
def test_exit_status(runs: Path, evalkit: Evalkit, run: str, status: int, verdict: str) -> None:
    done = evalkit("gate", run, "--baseline", "base.json")

    assert (done.status, done.err) == (status, "")
    assert done.out.rstrip().endswith(f"verdict: {verdict}")


def test_what_broke_is_named_with_its_text(runs: Path, evalkit: Evalkit) -> None:
    done = evalkit("gate", "two_lost", "--baseline", "base.json")

    lines = [line.strip() for line in done.out.splitlines()]
    at = lines.index("newly broken: 2")
    assert lines[at + 1 : at + 5] == [
        "a0",
        "entities missed: GPE 'Oslo' (14-18)",
        "a1",
        "entities missed: GPE 'Oslo' (14-18)",
    ]


def test_json_and_nothing_else(runs: Path, evalkit: Evalkit) -> None:
    done = evalkit("gate", "two_lost", "--baseline", "base.json", "--json")

    assert done.status == 3
    assert done.json["verdict"] == "cannot tell"
    rule = done.json["rules"][0]
    assert (rule["baseline"], rule["value"]) == (1.0, pytest.approx(36 / 38))
    assert [change["article"] for change in done.json["broken"]] == ["a0", "a1"]


def test_rules_decide(runs: Path, evalkit: Evalkit) -> None:
    (runs / "gate.toml").write_text('[[rule]]\ntask = "entities"\nmax_drop = 0.06\n', encoding="utf-8")

    assert evalkit("gate", "two_lost", "--baseline", "base.json", "--rules", "gate.toml").status == 0


def test_rules_about_slices_and_other_conventions(runs: Path, evalkit: Evalkit) -> None:
    """The desk's articles lost nothing; iou:0.5 is in neither result and is counted anew."""
    rules = ('task="entities"\nslice={source="desk"}', 'task="entities"\nconvention="iou:0.5"\nlabel="PER"')
    (runs / "gate.toml").write_text("".join(f"[[rule]]\n{rule}\n" for rule in rules), encoding="utf-8")

    done = evalkit("gate", "two_lost", "--baseline", "base.json", "--rules", "gate.toml", "--json")

    assert done.status == 0
    assert [rule["value"] for rule in done.json["rules"]] == [1, 1]


def test_summary_and_junit_are_written(runs: Path, evalkit: Evalkit) -> None:
    done = evalkit(
        *(
            "gate",
            "ten_lost",
            "--baseline",
            "base.json",
            "--summary",
            "out/s.md",
            "--junit",
            "out/j.xml",
            "--limit",
            "3",
        )
    )

    assert done.status == 1
    summary = (runs / "out" / "s.md").read_text(encoding="utf-8")
    assert summary.startswith("## evalkit gate: ❌ fail\n")
    assert "* … and 7 more" in summary
    assert ElementTree.parse(runs / "out" / "j.xml").getroot().get("failures") == "1"


def test_update_writes_the_same_bytes_again(runs: Path, evalkit: Evalkit) -> None:
    before = (runs / "base.json").read_bytes()

    done = evalkit("gate", "all_right", "--baseline", "base.json", "--update")

    assert (runs / "base.json").read_bytes() == before
    assert done.out == "nothing has changed\nwritten to base.json\n"


def test_update_says_what_changed(runs: Path, evalkit: Evalkit) -> None:
    done = evalkit("gate", "two_lost", "--baseline", "base.json", "--update")

    assert done.status == 0
    assert "extractor: systems:all_right → systems:two_lost" in done.out
    assert "predictions: 2 of 10 articles differ" in done.out
    assert "newly broken: 2" in done.out
    assert evalkit("gate", "two_lost", "--baseline", "base.json").status == 0


def test_update_in_json(runs: Path, evalkit: Evalkit) -> None:
    done = evalkit("gate", "two_lost", "--baseline", "base.json", "--update", "--json")

    assert done.json["gate"]["verdict"] == "cannot tell"
    assert "predictions: 2 of 10 articles differ" in done.json["changed"]


def test_update_replaces_a_damaged_file_and_says_so(runs: Path, evalkit: Evalkit) -> None:
    (runs / "base.json").write_bytes((runs / "base.json").read_bytes()[:200])

    done = evalkit("gate", "all_right", "--baseline", "base.json", "--update")
    assert done.status == 0
    assert "what was there could not be read and is replaced: base.json: damaged baseline: not valid JSON" in done.out
    assert evalkit("gate", "all_right", "--baseline", "base.json").status == 0


def rows_of(gold: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gold.read_text(encoding="utf-8").splitlines()]


def test_a_correction_of_the_gold_is_judged_on_both_sides(runs: Path, evalkit: Evalkit, gold: Path) -> None:
    """Without the Oslo of a0 both runs have one prediction too many: precision 19/20 on both sides."""
    rows = rows_of(gold)
    rows[0]["entities"].pop()
    write_lines(runs / "other.jsonl", rows)
    evalkit("run", "--model", "systems:all_right", "--dataset", "other.jsonl", "--out", "other", "--resamples", "0")

    done = evalkit("gate", "other", "--baseline", "base.json", "--json")

    assert done.status == 0
    assert done.json["articles"] == 10
    assert done.json["common"]["annotated"] == ["a0"]
    assert done.json["rules"][0]["baseline"] == done.json["rules"][0]["value"] == pytest.approx(2 * 0.95 / 1.95)
    assert any("1 article is annotated anew (a0)" in note for note in done.json["notes"])
    assert evalkit("gate", "other", "--baseline", "base.json", "--update").status == 0


def test_what_breaks_is_seen_beside_a_correction(runs: Path, evalkit: Evalkit, gold: Path) -> None:
    rows = rows_of(gold)
    rows[0]["entities"].pop()
    write_lines(runs / "other.jsonl", rows)
    evalkit("run", "--model", "systems:ten_lost", "--dataset", "other.jsonl", "--out", "other", "--resamples", "0")

    done = evalkit("gate", "other", "--baseline", "base.json", "--json")

    assert done.status == 1
    # The Oslo of a0 is no gold item any more: that it is not predicted now is a wrong prediction gone.
    assert ([len(done.json[name]) for name in ("broken", "fixed", "added", "gone")]) == [9, 0, 0, 1]


def test_new_and_rewritten_articles_are_left_out_and_named(runs: Path, evalkit: Evalkit, gold: Path) -> None:
    """An article whose text changed says nothing of what was predicted for the old one."""
    rows = rows_of(gold)
    rows[3]["text"] = "Ida Moen left Oslo then."
    rows.append({**rows[0], "id": "b0"})
    write_lines(runs / "other.jsonl", rows)
    evalkit("run", "--model", "systems:two_lost", "--dataset", "other.jsonl", "--out", "other", "--resamples", "0")

    done = evalkit("gate", "other", "--baseline", "base.json", "--json")

    common = done.json["common"]
    assert (common["new"], common["removed"], common["rewritten"], common["annotated"]) == (["b0"], [], ["a3"], [])
    assert done.json["articles"] == len(common["common"]) == 9
    # It lost the place of a0 and of a1: nobody is told to accept that.
    assert (done.status, done.json["advice"]) == (3, "")
    evalkit("run", "--model", "systems:all_right", "--dataset", "other.jsonl", "--out", "same", "--resamples", "0")
    done = evalkit("gate", "same", "--baseline", "base.json", "--json")
    assert (done.status, done.json["verdict"]) == (0, "pass")
    assert "--update takes the articles of today into the baseline" in done.json["advice"]


def test_too_few_common_articles_cannot_tell(runs: Path, evalkit: Evalkit, gold: Path) -> None:
    evalkit(
        *("run", "--model", "systems:all_right", "--dataset", str(gold), "--limit", "4", "--out", "four"),
        *("--resamples", "0"),
    )

    done = evalkit("gate", "four", "--baseline", "base.json")

    assert done.status == 3
    assert "only 4 of the 10 articles of the baseline are in the run" in done.out
    assert "--update" not in done.out
    assert "lacks articles of the baseline" in done.out


def test_no_article_in_common_cannot_tell(runs: Path, evalkit: Evalkit, gold: Path) -> None:
    write_lines(runs / "other.jsonl", [{**row, "id": f"x{row['id']}"} for row in rows_of(gold)])
    evalkit("run", "--model", "systems:all_right", "--dataset", "other.jsonl", "--out", "other", "--resamples", "0")

    done = evalkit("gate", "other", "--baseline", "base.json")

    assert done.status == 3
    assert "none of the 10 articles of the baseline is in the run" in done.out
    assert "the baseline is about ten@" in " ".join(done.out.split())


def test_an_update_loses_no_article_in_silence(runs: Path, evalkit: Evalkit, gold: Path) -> None:
    before = (runs / "base.json").read_bytes()
    evalkit(
        *("run", "--model", "systems:all_right", "--dataset", str(gold), "--limit", "9", "--out", "nine"),
        *("--resamples", "0"),
    )

    done = evalkit("gate", "nine", "--baseline", "base.json", "--update")

    assert (done.status, done.out) == (2, "")
    assert "has article 'a9' that the run does not have (10 articles, the run 9)" in done.err
    assert (runs / "base.json").read_bytes() == before
    allowed = evalkit("gate", "nine", "--baseline", "base.json", "--update", "--allow-fewer")
    assert allowed.status == 0
    assert "articles: 0 new, 1 removed" in allowed.out


def test_a_crash_fails_and_is_named_everywhere(runs: Path, evalkit: Evalkit, gold: Path) -> None:
    evalkit("run", "--model", "systems:crashes", "--dataset", str(gold), "--out", "crashed", "--resamples", "0")
    (runs / "gate.toml").write_text('[[rule]]\ntask = "entities"\nmax_drop = 0.9\n', encoding="utf-8")
    gate = ("gate", "crashed", "--baseline", "base.json", "--rules", "gate.toml")

    done = evalkit(*gate, "--summary", "s.md", "--junit", "j.xml")

    assert done.status == 1
    assert "everything that broke is in a0, where the extractor failed (2 items)" in done.out
    assert "a0: RuntimeError: out of memory" in (runs / "s.md").read_text(encoding="utf-8")
    (failure,) = ElementTree.parse(runs / "j.xml").getroot().iter("failure")
    assert "a0: RuntimeError: out of memory" in (failure.text or "")

    (runs / "gate.toml").write_text("max_failures = 1\n" + (runs / "gate.toml").read_text(encoding="utf-8"))
    assert evalkit(*gate).status == 0


def test_a_run_with_failures_is_no_baseline_unless_told(runs: Path, evalkit: Evalkit, gold: Path) -> None:
    evalkit("run", "--model", "systems:crashes", "--dataset", str(gold), "--out", "crashed", "--resamples", "0")
    update = ("gate", "crashed", "--baseline", "base.json", "--update")

    done = evalkit(*update)

    assert done.status == 2
    assert "the extractor failed on article 'a0'; mend it, or take the run as it is with --allow-failures" in done.err
    assert evalkit(*update, "--allow-failures").status == 0
    assert '"error": "RuntimeError: out of memory' in (runs / "base.json").read_text(encoding="utf-8")


def test_what_the_baseline_failed_on_is_not_judged_in_silence(runs: Path, evalkit: Evalkit, gold: Path) -> None:
    """The baseline has nothing in a0: that two_lost loses an item there cannot show; of the nine others one does."""
    evalkit("run", "--model", "systems:crashes", "--dataset", str(gold), "--out", "crashed", "--resamples", "0")
    assert evalkit("gate", "crashed", "--baseline", "c.json", "--update", "--allow-failures").status == 0

    for baseline in ("c.json", "crashed"):
        done = evalkit("gate", "two_lost", "--baseline", baseline, "--json")

        assert (done.json["articles"], done.json["common"]["unanswered"]) == (9, ["a0"])
        assert [change["article"] for change in done.json["broken"]] == ["a1"]
        assert any("without an answer in the baseline (a0)" in note for note in done.json["notes"])
    assert evalkit("gate", "all_right", "--baseline", "c.json").status == 0


def test_an_update_loses_no_layer_in_silence(runs: Path, evalkit: Evalkit, gold: Path) -> None:
    rows = [{**row, "quotes": []} for row in rows_of(gold)]
    write_lines(runs / "both.jsonl", rows)
    options = ("--dataset", "both.jsonl", "--resamples", "0")
    evalkit("run", "--model", "news-base", *options, "--out", "more")
    evalkit("run", "--model", "systems:all_right", *options, "--out", "fewer")
    assert evalkit("gate", "more", "--baseline", "both.json", "--update").status == 0
    before = (runs / "both.json").read_bytes()

    done = evalkit("gate", "fewer", "--baseline", "both.json", "--update")

    assert (done.status, (runs / "both.json").read_bytes()) == (2, before)
    assert "both.json: has quotes and stances, which the run does not have" in done.err
    assert "--allow-fewer" in done.err
    allowed = evalkit("gate", "fewer", "--baseline", "both.json", "--update", "--allow-fewer")
    assert "layers: entities, quotes, stances → entities" in allowed.out


def test_a_run_folder_is_a_baseline(runs: Path, evalkit: Evalkit) -> None:
    file, folder = (
        evalkit("gate", "two_lost", "--baseline", baseline, "--json").json for baseline in ("base.json", "all_right")
    )

    assert {**folder, "notes": []} == {**file, "notes": []}
    refused = evalkit("gate", "two_lost", "--baseline", "all_right", "--update")
    assert (refused.status, "is a folder" in refused.err) == (2, True)


def test_rules_about_slices_of_items(runs: Path, evalkit: Evalkit) -> None:
    """PER has two words, GPE one; what is lost is all of one word. The names that are seen need training data."""
    rules = "".join(f'[[rule]]\ntask="entities"\nslice="length={words}"\n' for words in (1, 2))
    (runs / "gate.toml").write_text(rules, encoding="utf-8")

    done = evalkit("gate", "ten_lost", "--baseline", "base.json", "--rules", "gate.toml", "--json")

    assert [(rule["verdict"], rule["baseline"], rule["value"]) for rule in done.json["rules"]] == [
        ("fail", 1.0, 0.0),
        ("pass", 1.0, 1.0),
    ]

    (runs / "gate.toml").write_text('[[rule]]\ntask="entities"\nslice="length=9"\n', encoding="utf-8")
    done = evalkit("gate", "ten_lost", "--baseline", "base.json", "--rules", "gate.toml")
    assert (done.status, "no item has length = '9'" in done.err) == (2, True)

    (runs / "gate.toml").write_text('[[rule]]\ntask="entities"\nslice="seen=seen"\n', encoding="utf-8")
    done = evalkit("gate", "ten_lost", "--baseline", "base.json", "--rules", "gate.toml")
    assert (done.status, "no train split" in done.err) == (2, True)


@pytest.mark.parametrize(("on_unclear", "status"), [("pass", 0), ("fail", 1), ("unclear", 3)])
def test_what_exit_3_becomes(runs: Path, evalkit: Evalkit, on_unclear: str, status: int) -> None:
    (runs / "gate.toml").write_text(f'on_unclear = "{on_unclear}"\n', encoding="utf-8")

    done = evalkit("gate", "two_lost", "--baseline", "base.json", "--rules", "gate.toml")

    assert done.status == status
    assert "verdict: cannot tell" in done.out


def test_two_gates_share_a_summary(runs: Path, evalkit: Evalkit) -> None:
    (runs / "s.md").write_text("# Tests\n\nall passed", encoding="utf-8")
    for name in ("two_lost", "ten_lost"):
        evalkit("gate", name, "--baseline", "base.json", "--summary", "s.md")

    text = (runs / "s.md").read_text(encoding="utf-8")

    headings = [line for line in text.splitlines() if line.startswith(("# ", "## "))]
    assert headings == ["# Tests", "## evalkit gate: ❔ cannot tell", "## evalkit gate: ❌ fail"]
    assert "all passed\n\n## evalkit gate" in text


def test_a_new_baseline_writes_its_summary_and_junit(runs: Path, evalkit: Evalkit) -> None:
    done = evalkit(
        *("gate", "all_right", "--baseline", "new.json", "--update", "--summary", "s.md", "--junit", "j.xml"),
    )

    assert done.status == 0
    assert "new baseline: systems:all\\_right" in (runs / "s.md").read_text(encoding="utf-8")
    assert ElementTree.parse(runs / "j.xml").getroot().get("tests") == "1"


def test_nothing_has_changed_is_said_where_it_was_checked(runs: Path, evalkit: Evalkit, gold: Path) -> None:
    said = "nothing that the extractor runs has changed"
    same = evalkit("gate", "all_right", "--baseline", "base.json")
    assert said in same.out

    # The same fingerprint and other predictions: something that it runs is not seen.
    base = json.loads((runs / "base.json").read_bytes())
    base["predictions"][0]["entities"].pop()
    (runs / "moved.json").write_text(json.dumps(base), encoding="utf-8")
    moved = evalkit("gate", "all_right", "--baseline", "moved.json")
    assert said not in moved.out
    assert "have the same fingerprint and predict different things" in moved.out

    # A fingerprint that does not cover all: the file says so.
    base = json.loads((runs / "base.json").read_bytes())
    (runs / "blind.json").write_text(json.dumps({**base, "unseen": "a service"}), encoding="utf-8")
    assert said not in evalkit("gate", "all_right", "--baseline", "blind.json").out


def test_gold_in_another_form_is_read_as_what_it_is(runs: Path, evalkit: Evalkit) -> None:
    """The run remembers that its gold was in tag columns and how they were read; the same gold is native now."""
    (runs / "tags.txt").write_text("Ida B-PER\nMoen I-PER\nleft O\nOslo B-GPE\n", encoding="utf-8")
    read = ("--format", "conll", "--tag-column", "1")
    done = evalkit(
        *("run", "--model", "systems:all_right", "--dataset", "tags.txt", *read, "--out", "tagged", "--resamples", "0")
    )
    assert done.status == 0, done.err
    assert evalkit("gate", "tagged", "--baseline", "tagged.json", "--update").status == 0
    done = evalkit("dataset", "convert", "tags.txt", "native.jsonl", "--format", "conll", "--to", "native")
    assert done.status == 0, done.err
    (runs / "tags.txt").unlink()

    done = evalkit("gate", "tagged", "--baseline", "tagged.json", "--dataset", "native.jsonl")

    assert (done.status, done.err) == (0, "")


def test_gold_that_changed_since_the_run(runs: Path, evalkit: Evalkit, gold: Path) -> None:
    content = gold.read_text(encoding="utf-8")
    gold.write_text(content.replace("[14, 18]", "[9, 18]", 1), encoding="utf-8")

    done = evalkit("gate", "all_right", "--baseline", "base.json")

    assert done.status == 2
    assert "run the extractor again" in done.err

    (runs / "old.jsonl").write_text(content, encoding="utf-8")
    assert evalkit("gate", "all_right", "--baseline", "base.json", "--dataset", "old.jsonl").status == 0


def test_a_limited_run_finds_its_articles_again(runs: Path, evalkit: Evalkit, gold: Path) -> None:
    evalkit(
        *("run", "--model", "systems:all_right", "--dataset", str(gold), "--limit", "4", "--out", "four"),
        *("--resamples", "0"),
    )

    assert evalkit("gate", "four", "--baseline", "four.json", "--update").status == 0
    assert evalkit("gate", "four", "--baseline", "four.json", "--json").json["articles"] == 4


def test_runs_scored_in_another_way_are_refused(runs: Path, evalkit: Evalkit, gold: Path) -> None:
    evalkit(
        *("run", "--model", "systems:all_right", "--dataset", str(gold), "--labels", "PER", "--out", "per"),
        *("--resamples", "0"),
    )

    done = evalkit("gate", "per", "--baseline", "base.json")

    assert done.status == 2
    assert "was scored with the usual options, the run with {'labels': ['PER']}" in done.err


def test_a_baseline_of_the_first_version_still_judges(runs: Path, evalkit: Evalkit) -> None:
    data = json.loads((runs / "base.json").read_bytes())
    (runs / "old.json").write_text(json.dumps({**data, "version": 1, "tables": {}}), encoding="utf-8")

    done = evalkit("gate", "two_lost", "--baseline", "old.json")

    assert done.status == 3
    assert "newly broken: 2" in done.out
    assert "--update" not in done.out
    done = evalkit("gate", "all_right", "--baseline", "old.json")
    assert "--update writes the baseline in the form of today" in done.out
    assert evalkit("gate", "all_right", "--baseline", "old.json", "--update").status == 0
    assert (runs / "old.json").read_bytes() == (runs / "base.json").read_bytes()


@pytest.mark.parametrize("name", ["package.json", "ten.jsonl", "systems.py", "gate.toml", "empty"])
def test_update_replaces_nothing_that_is_no_baseline(runs: Path, evalkit: Evalkit, name: str) -> None:
    (runs / "package.json").write_text('{"name": "mine"}', encoding="utf-8")
    (runs / "gate.toml").write_text('[[rule]]\ntask = "entities"\n', encoding="utf-8")
    (runs / "empty").touch()
    before = (runs / name).read_bytes()

    for more in ((), ("--update",), ("--update", "--allow-fewer", "--allow-failures")):
        done = evalkit("gate", "all_right", "--baseline", name, *more)

        assert (done.status, "is no baseline" in done.err) == (2, True)
        assert f"{name} --update" not in done.err
    assert (runs / name).read_bytes() == before


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        pytest.param(("nothing", "--baseline", "base.json"), "nothing: is no run folder", id="no-run"),
        pytest.param(("all_right/result.json", "--baseline", "base.json"), "give the run folder", id="result-file"),
        pytest.param(("all_right", "--baseline", "none.json"), "none.json: cannot be read", id="no-baseline"),
        pytest.param(("all_right", "--baseline", "ten.jsonl"), "ten.jsonl: is no baseline", id="not-a-baseline"),
        pytest.param(("all_right", "--baseline", "base.json", "--rules", "no.toml"), "no.toml: cannot", id="no-rules"),
        pytest.param(("all_right",), "Missing option '--baseline'", id="no-option"),
        pytest.param(
            ("all_right", "--baseline", "base.json", "--summary", "ten.jsonl/s.md"), "cannot be written", id="summary"
        ),
        pytest.param(("all_right", "--baseline", "ten.jsonl/b.json", "--update"), "cannot be", id="update-place"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(runs: Path, evalkit: Evalkit, argv: tuple[str, ...], message: str) -> None:
    before = files_in(runs)

    done = evalkit("gate", *argv)

    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert message in done.err
    assert done.err.count("\n") == 1
    assert files_in(runs) == before


def test_a_run_that_is_not_finished_is_refused(runs: Path, evalkit: Evalkit) -> None:
    lines = (runs / "all_right" / "predictions.jsonl").read_bytes().splitlines(keepends=True)
    (runs / "all_right" / "predictions.jsonl").write_bytes(b"".join(lines[:7]))

    done = evalkit("gate", "all_right", "--baseline", "base.json")

    assert done.status == 2
    assert "not finished (7 of 10 articles)" in done.err


def test_the_gate_and_its_files_need_nothing_heavy(runs: Path) -> None:
    """A whole gate with all its outputs, in a process of its own."""
    argv = ["gate", "ten_lost", "--baseline", "base.json", "--summary", "s.md", "--junit", "j.xml"]
    code = f"import json, sys; from evalkit.cli.main import main; status = main({argv!r}); sys.stdout = sys.stderr"
    code += "; print(json.dumps([status, sorted(sys.modules)]))"
    root = Path(__file__).resolve().parents[2]

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=runs,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )

    status, modules = json.loads(done.stderr.splitlines()[-1])
    heavy = {"datasets", "transformers", "torch", "onnxruntime", "spacy", "pandas", "scipy", "sklearn", "pyarrow"}
    assert status == 1
    assert not heavy & set(modules)


def test_writes_the_comment_for_a_pull_request(runs: Path, evalkit: Evalkit) -> None:
    """What is posted is what this command wrote: its mark, the verdict, both figures, and what broke with its text."""
    link = "explorer=https://github.com/o/r/actions/runs/1/artifacts/2"
    words = ("--baseline", "base.json", "--comment-file", "c.md", "--comment-name", "people", "--link", link)
    assert evalkit("gate", "ten_lost", *words).status == 1
    lines = Path("c.md").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["<!-- evalkit:comment people -->", "## evalkit gate: ❌ fail"]
    assert "[explorer](https://github.com/o/r/actions/runs/1/artifacts/2)" in lines
    assert any(line.startswith("| entities exact micro f1 | 1.0000 | 0.6667 | -0.3333 |") for line in lines)
    assert "<details><summary>newly broken: 10</summary>" in lines
    assert "    * entities missed: GPE `Oslo` \\(14-18\\)" in lines


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(("--comment-name", "x"), "--comment-name goes with --comment-file", id="a name without a comment"),
        pytest.param(("--link", "x=https://a.org"), "--link goes with --comment-file", id="a link without a comment"),
        pytest.param(
            ("--comment-file", "c.md", "--comment-name", "a--b"),
            "the name of a comment is 'a--b'",
            id="a name that is none",
        ),
        pytest.param(
            ("--comment-file", "c.md", "--link", "x"), "the link 'x' goes to ''", id="a link without an address"
        ),
    ],
)
def test_what_belongs_to_a_comment_is_refused_before_anything_is_read(
    evalkit: Evalkit, words: tuple[str, ...], message: str
) -> None:
    done = evalkit("gate", "nowhere", "--baseline", "base.json", *words)
    assert (done.status, done.out) == (2, "")
    assert message in done.err
    assert not Path("c.md").exists()
