"""A comment fits, whatever is in it, holds nothing live, and is known by its first line."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from evalkit.analysis.changes import ADDED, BROKEN, FIXED, Change, ChangedItem
from evalkit.errors import InputError
from evalkit.gate.outcome import GateReport, Outcome
from evalkit.gate.rules import Rule
from evalkit.report.comment import LONGEST_COMMENT, checked_links, comment_size, render_comment
from evalkit.results import FAIL
from tests.report.github import TAGS, live_in, page_of
from tests.report.results import HOSTILE

MARK = "<!-- evalkit:comment ner -->"
ADDRESS = "https://github.com/o/r/actions/runs/1/artifacts/2"


def report(
    changes: Sequence[Change] = (), *, rules: int = 1, notes: Sequence[str] = (), run: str = "mine"
) -> GateReport:
    figures = {"value": 0.5, "baseline": 0.75, "ci": (-0.5, 0.0), "p": 0.0125, "q": 0.025}
    outcome = [
        Outcome(
            rule=Rule(name=f"rule {n}", task="entities", convention="exact"), verdict=FAIL, reason="fell", **figures
        )
        for n in range(rules)
    ]
    return GateReport(
        run=run, baseline="before", gold="gold@1", split="test", articles=3, outcomes=tuple(outcome),
        changes=tuple(changes), notes=tuple(notes), method="randomization",
    )  # fmt: skip


def change(number: int, text: str, direction: str = BROKEN) -> Change:
    item = ChangedItem(label=text, text=text, spans=((number, number + 4),))
    return Change(
        article=f"{text}-{number}", layer="entities", direction=direction, kind="label", gold=item, predicted=item
    )


def test_begins_with_its_mark_the_verdict_and_what_is_linked():
    text = render_comment(report([change(1, "Oslo")]), name="ner", links={"explorer": ADDRESS}, limit=5)
    lines = text.splitlines()
    assert lines[:2] == [MARK, "## evalkit gate: ❌ fail"]
    assert lines[3] == "mine against before on gold@1, split test, 3 articles."
    assert lines[5] == f"[explorer]({ADDRESS})"
    row = "| rule 0 \\(entities exact micro f1\\) | 0.7500 | 0.5000 | -0.2500 | -0.5000 +0.0000 | 0.0125 | 0.0250 |"
    assert row in lines
    assert "    * entities label: Oslo `Oslo` \\(1-5\\), predicted Oslo `Oslo` \\(1-5\\)" in lines
    assert "<details>" not in text


def test_long_lists_are_folded():
    text = render_comment(report([change(n, "Oslo") for n in range(9)]), name="ner", limit=40)
    assert "<details><summary>newly broken: 9</summary>\n\n  * Oslo-0\n" in text
    assert text.count("<details>") == text.count("</details>") == 1


WORDS = {
    "plain": "Oslo",
    "hostile": HOSTILE,
    "astral": "🚢" * 90,
    "half characters": "\ud83d" * 90,
    "one long word": "x" * 3_000,
    "many words": "ab " * 2_000,
    "line feeds": "\n" * 500 + "a" + "\n" * 500,
    "ticks": "`" * 500,
    "ends the fold": "</summary></details><script>",
}


@pytest.mark.parametrize("word", [pytest.param(word, id=name) for name, word in WORDS.items()])
def test_fits_and_nothing_in_it_is_live(word: str):
    changes = [change(n, word, kind) for kind in (BROKEN, FIXED, ADDED) for n in range(12)]
    text = render_comment(
        report(changes, notes=[word] * 9, run=word), name="ner", links={f"to {word[:99]}": ADDRESS}, limit=40
    )
    assert comment_size(text) <= LONGEST_COMMENT
    assert text.startswith(MARK + "\n")
    # What is ours: the mark, the links and the folds.
    words = text.removeprefix(MARK).replace(f"]({ADDRESS})", "\\]")
    words = re.sub(r"</?(details|summary)>", "", words)
    assert live_in(words) == {}
    assert page_of(text).tags - TAGS <= {"!--", "details", "summary", "a"}
    assert {one for one in page_of(text).attributes if not one.startswith("style=")} == {f"href={ADDRESS}"}


@pytest.mark.parametrize("limit", [40, 3_000])
def test_thousands_of_everything_fit(limit: int):
    changes = [change(n, "🚢 Åse Ek " * 9, kind) for kind in (BROKEN, FIXED, ADDED) for n in range(400)]
    text = render_comment(report(changes, rules=9, notes=["a note, and so on"] * 9000), name="ner", limit=limit)
    assert comment_size(text) <= LONGEST_COMMENT
    # In UTF-8 no more than GitHub takes, too.
    assert len(text.encode()) <= 262_144
    assert text.count("<details>") == text.count("</details>")
    (left,) = re.findall(r"\*(\d+) lines that do not fit are left out of this comment\.\*\n\Z", text)
    assert int(left) > 4000
    assert "randomization" in text


def test_counts_what_is_counted_twice_somewhere():
    assert [comment_size(text) for text in ("a", "é", "🚢", "\n")] == [1, 1, 2, 2]


@pytest.mark.parametrize("name", ["", "a b", "-->", "a--b", "-a", "x" * 81, "<b>"])
def test_a_name_that_would_end_the_mark_is_refused(name: str):
    with pytest.raises(InputError, match="the name of a comment"):
        render_comment(report(), name=name)


LINKS = (("explorer", ""), ("", "https://a.org"), ("x", "javascript:alert(1)"), ("x", "https://a b"))
LINKS += (("x", "https://a/)[y](z"), ("x", "ftp://a"), ("x", "https://a\n# b"))


@pytest.mark.parametrize(("name", "address"), LINKS)
def test_a_link_that_is_none_is_refused(name: str, address: str):
    with pytest.raises(InputError, match="link"):
        checked_links({name: address})


def test_a_result_without_lists_is_a_comment_too():
    assert render_comment(report([], rules=0), name="ner").splitlines()[0] == MARK


def test_lists_that_follow_each_other_are_one():
    lines = render_comment(report(rules=3), name="ner").splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("* ❌ fail: rule 0"))
    assert all(lines[first + number].startswith(f"* ❌ fail: rule {number} ") for number in range(3))
