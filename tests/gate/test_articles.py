"""Which articles a gate judges when the gold has changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.gate.articles import common_articles
from evalkit.gate.baseline import ArticleMark

SAME, RELABELLED, REWRITTEN = ArticleMark("t1", "g1"), ArticleMark("t1", "g2"), ArticleMark("t2", "g3")


def test_each_article_is_what_it_is() -> None:
    before = {"a": SAME, "b": SAME, "c": SAME, "d": SAME}
    today = {"a": SAME, "b": RELABELLED, "c": REWRITTEN, "e": SAME}

    found = common_articles(before, frozenset(before), today, same_gold=False)

    assert found.common == ("a", "b")
    assert (found.annotated, found.rewritten, found.new, found.removed) == (("b",), ("c",), ("e",), ("d",))
    assert list(found.notes()) == [
        "1 article is new (e), not in the baseline; the 2 articles that both have are judged",
        "1 article is removed (d): in the baseline and not in the run; the 2 articles that both have are judged",
        "1 article is rewritten (c): the text is not what it was, so left out; "
        "the 2 articles that both have are judged",
        "1 article is annotated anew (b); both sides are scored on the gold of today",
    ]


def test_nothing_is_said_where_nothing_is_different() -> None:
    found = common_articles({"a": SAME}, frozenset("a"), {"a": SAME}, same_gold=True)

    assert (list(found.notes()), found.too_few) == ([], "")


def test_what_a_baseline_does_not_say_is_not_guessed() -> None:
    """Of a file of the first version only the fingerprint of the whole gold is known."""
    found = common_articles({}, frozenset("ab"), {"a": SAME, "b": SAME}, same_gold=False)

    assert (found.annotated, found.rewritten) == ((), ())
    assert list(found.notes()) == [
        "the gold has changed since the baseline was made, which does not say in which articles; both sides are scored "
        "on the gold of today"
    ]
    assert list(common_articles({}, frozenset("a"), {"a": SAME}, same_gold=True).notes()) == []


def test_what_the_baseline_failed_on_is_left_out_and_said() -> None:
    """Nothing can break where nothing was answered: judged, it would pass whatever the run does there."""
    marks = dict.fromkeys("abc", SAME)

    found = common_articles(marks, frozenset("abc"), marks, same_gold=True, unanswered=frozenset("b"))

    assert (found.common, found.unanswered, found.too_few) == (("a", "c"), ("b",), "")
    assert list(found.notes()) == [
        "1 article is without an answer in the baseline (b), whose extractor failed there, so left out; "
        "the 2 others that both have are judged"
    ]
    every = common_articles(marks, frozenset("abc"), marks, same_gold=True, unanswered=frozenset("abc"))
    assert every.too_few == "the baseline has no answer for any of the 3 articles that both have"


@pytest.mark.parametrize(
    ("before", "today", "enough"),
    [
        pytest.param("abcd", "abcd", True, id="all"),
        pytest.param("abcd", "ab", True, id="half"),
        pytest.param("abcde", "ab", False, id="less-than-half"),
        pytest.param("ab", "abcdefgh", True, id="grown"),
        pytest.param("ab", "cd", False, id="none"),
    ],
)
def test_how_many_are_enough(before: str, today: str, enough: bool) -> None:
    marks = dict.fromkeys(today, SAME)

    assert (common_articles({}, frozenset(before), marks, same_gold=False).too_few == "") == enough


marks = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from([SAME, RELABELLED, REWRITTEN]))


@given(marks, marks, st.frozensets(st.sampled_from("abcdefgh")))
def test_every_article_stands_in_one_list(
    before: dict[str, ArticleMark], today: dict[str, ArticleMark], unanswered: frozenset[str]
) -> None:
    found = common_articles(
        before, frozenset(before), today, same_gold=before == today, unanswered=unanswered & before.keys()
    )

    lists = [found.common, found.new, found.removed, found.rewritten, found.unanswered]
    assert sorted(name for own in lists for name in own) == sorted({*before, *today})
    assert set(found.annotated) <= set(found.common)
