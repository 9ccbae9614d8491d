from __future__ import annotations

import json

import pytest

from evalkit.records import Article
from evalkit.scoring.stories import SharedStories, shared_stories


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
