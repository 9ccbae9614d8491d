from __future__ import annotations

import pytest

from evalkit.records import Annotations, Entity, Quote, Span
from evalkit.scoring.alignment import align, plain_name


def side(*mentions, speakers=()):
    """Mentions as (entity_id, start, end)."""
    entities = tuple(
        Entity(id=str(at), spans=(Span(a, b),), label="PER", entity_id=name) for at, (name, a, b) in enumerate(mentions)
    )
    quotes = tuple(
        Quote(id=str(at), kind="direct", content=(Span(a, b),), speaker=Span(a, b), speaker_id=name)
        for at, (name, a, b) in enumerate(speakers)
    )
    return Annotations(entities=entities, quotes=quotes)


GOLD = side(("moen", 0, 8), ("moen", 20, 24), ("oslo", 30, 34))


@pytest.mark.parametrize(
    ("mentions", "name", "expected"),
    [
        pytest.param([("e1", 20, 24)], "e1", "moen", id="equal-span"),
        pytest.param([("e1", 4, 8)], "e1", "moen", id="overlapping-span"),
        pytest.param([("e1", 4, 8), ("e1", 30, 34)], "e1", "oslo", id="equal-before-overlapping"),
        pytest.param([("oslo", 0, 8), ("oslo", 20, 24), ("oslo", 30, 34)], "oslo", "oslo", id="own-name-if-shared"),
        pytest.param([("oslo", 0, 8)], "oslo", "moen", id="a-name-that-means-another"),
        pytest.param([("moen", 90, 94)], "moen", "moen", id="mention-elsewhere-counts-by-name"),
        pytest.param([], "moen", "moen", id="no-mention-counts-by-name"),
        pytest.param([], "author", "author", id="author"),
        pytest.param([], "topic:Port Plan!", "topic:port-plan", id="topic"),
    ],
)
def test_gold_id(mentions, name, expected):
    assert align(GOLD, side(*mentions)).gold_id(name) == expected


def test_ties_do_not_depend_on_order():
    gold, mentions = side(("b", 0, 4), ("a", 10, 14)), [("e", 0, 4), ("e", 10, 14)]
    assert align(gold, side(*mentions)).gold_id("e") == align(gold, side(*mentions[::-1])).gold_id("e") == "a"


def test_speakers_of_quotes_are_mentions_too():
    alignment = align(side(speakers=[("moen", 5, 9)]), side(("e1", 5, 9)))
    assert alignment.gold_id("e1") == "moen"
    assert alignment.means(Span(8, 12), "moen")
    assert not alignment.means(Span(9, 12), "moen")


def test_a_long_mention_before_hides_none_behind_it():
    gold = side(("all", 0, 100), ("x", 2, 3), ("oslo", 50, 54))
    # "all" is overlapped, "oslo" is equal
    assert align(gold, side(("e", 50, 54))).gold_id("e") == "oslo"
    assert align(gold, side(("e", 60, 64))).gold_id("e") == "all"


def test_plain_name_leaves_entities_alone():
    assert (plain_name("Ida-Moen"), plain_name("topic:A  b")) == ("Ida-Moen", "topic:a-b")
