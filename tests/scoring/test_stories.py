from __future__ import annotations

import json

import pytest

from evalkit.records import Article
from evalkit.scoring.properties import article_properties
from evalkit.scoring.stories import SharedStories, cluster_notes, shared_stories


def articles(*metadata: dict[str, str]) -> list[Article]:
    return [Article(id=f"a{at}", text="", metadata=own) for at, own in enumerate(metadata)]


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        pytest.param([], None, id="no article"),
        pytest.param([{}, {}], None, id="no field"),
        pytest.param([{"story": "a"}, {"story": "b"}], None, id="each its own"),
        pytest.param([{"story": ""}, {"story": ""}], None, id="empty is no story"),
        pytest.param([{"section": "sport"}, {"section": "sport"}], None, id="a section is no story"),
        # Stories a and b, and those of the two articles that say nothing.
        pytest.param(
            [{"story": "a"}, {"story": "a"}, {"story": "b"}, {}, {}],
            SharedStories(field="story", sharing=2, articles=5, stories=4),
            id="two of five",
        ),
        pytest.param(
            [{"story": "a", "event_id": "x"}, {"story": "b", "event_id": "x"}],
            SharedStories(field="event_id", sharing=2, articles=2, stories=1),
            id="the first field that any share",
        ),
    ],
)
def test_shared_stories(metadata: list[dict[str, str]], expected: SharedStories | None) -> None:
    assert shared_stories(articles(*metadata)) == expected


def test_json_and_back() -> None:
    stories = SharedStories(field="story", sharing=4, articles=6, stories=4)
    assert SharedStories.from_json(json.loads(json.dumps(stories.to_json()))) == stories


@pytest.mark.parametrize(
    "data", [None, [], {"field": "story"}, {"field": 1, "sharing": 2, "articles": 3, "stories": 4}]
)
def test_anything_else_says_nothing(data: object) -> None:
    assert SharedStories.from_json(data) is None


@pytest.mark.parametrize(
    ("values", "note"),
    [
        pytest.param(["a", "b", "a"], [], id="all"),
        pytest.param(["a", None, "a"], ["1 of 3 articles has no thread; it is drawn for itself"], id="null"),
        pytest.param(["a", "", " "], ["2 of 3 articles have no thread; each of them is drawn for itself"], id="empty"),
        pytest.param([1, 1, 0], [], id="numbers"),
    ],
)
def test_articles_without_the_field_are_counted(values, note):
    assert cluster_notes(articles(*({"thread": value} for value in values)), "thread") == note


def test_articles_without_a_value_are_not_drawn_together():
    """A null is no thread called None."""
    made = articles({"thread": None}, {"thread": None}, {"thread": "a"}, {})
    assert article_properties(made)["thread"] == {"a2": "a"}


def test_without_a_field_shared_stories_are_named():
    (note,) = cluster_notes(articles({"story": "one"}, {"story": "one"}), None)
    assert note.startswith("2 of 2 articles share a story")
    assert cluster_notes([], None) == []
