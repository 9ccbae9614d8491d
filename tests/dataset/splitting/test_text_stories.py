"""Stories told by texts: names, rare words and days bring articles together, chains and common words do not."""

from __future__ import annotations

import random

import pytest

from evalkit.dataset.splitting.groups import groups_of
from evalkit.dataset.splitting.text_stories import story_clusters
from evalkit.records import Article

FERRY = "Transport secretary Fergus Auchterlonie resigned over a memo about ferries built by Inverlorne Marine."
YARD = "At the yard of Inverlorne Marine nobody spoke of Fergus Auchterlonie, of the memo or of the ferries."
BEARS = "The Karpaty council voted on a bill that lets hunters of Liptov shoot bears near villages this autumn."


def article(name: str, text: str, published: str = "2024-03-01", **metadata: str) -> Article:
    return Article(id=name, text=text, published=published, metadata=metadata)


def test_one_event_told_twice_is_one_story() -> None:
    articles = [article("b", YARD), article("a", FERRY), article("c", BEARS)]
    assert story_clusters(articles) == {"a": "a", "b": "a"}
    assert story_clusters(articles[::-1]) == {"a": "a", "b": "a"}


@pytest.mark.parametrize(("published", "one"), [("2024-03-30", True), ("2024-06-01", False), ("", True)])
def test_a_story_is_over_after_a_month(published: str, one: bool) -> None:
    found = story_clusters([article("a", FERRY), article("b", YARD, published), article("c", BEARS)])
    assert bool(found) is one


@pytest.mark.parametrize("articles", [[], [article("a", FERRY)], [article("a", ""), article("b", "")]])
def test_nothing_to_compare(articles: list[Article]) -> None:
    assert story_clusters(articles) == {}


def test_a_chain_of_articles_is_no_story() -> None:
    """Each article shares names with the next one only."""
    drawn = random.Random(1)
    names = [["".join(drawn.choices("bdfgklmnprst", k=6)).title() for _ in range(8)] for _ in range(9)]
    texts = [f"the {' and the '.join([*names[n], *names[n + 1]])}." for n in range(8)]
    sizes = [0] * 8
    found = story_clusters([article(f"a{n}", text) for n, text in enumerate(texts)])
    for story in found.values():
        sizes[int(story[1:])] += 1
    assert 2 <= max(sizes) <= 4


def test_stated_stories_go_before_the_text_and_lacking_ones_are_told_by_it() -> None:
    articles = [article("a", FERRY, story="ferry"), article("b", YARD), article("c", BEARS, story="bears")]
    groups = groups_of(articles, ["story"])
    assert groups.members() == {"a": ["a", "b"], "c": ["c"]}
    assert groups.notes == ("1 article has no story; it is told by the text",)
    stated = [
        article("a", FERRY, story="resignation"),
        article("b", YARD, story="yard"),
        article("c", BEARS, story="x"),
    ]
    assert len(groups_of(stated, ["story"]).members()) == 3
    assert len(groups_of(stated, ["text-story"]).members()) == 2


def test_the_foot_of_a_page_tells_no_story() -> None:
    foot = " ".join(f"Reporter Kari Nord{number} of Radio Ruun has written for us." for number in range(6))
    rng = random.Random(4)
    texts = [" ".join(f"w{rng.randrange(9000)}en" for _ in range(60)) for _ in range(8)]
    assert story_clusters([article(f"a{n}", f"{text}.\n\n{foot}") for n, text in enumerate(texts)]) == {}
