"""Small articles in two versions, for tests of differences."""

from __future__ import annotations

from random import Random

from evalkit.records import AUTHOR, Annotations, Article, Entity, Example, Quote, Span, Stance

__all__ = ["TEXT", "drawn_annotations", "example_of", "span_of"]

TEXT = "Ida Moen left Oslo. “We knew,” said Moen. Ola Brun of Nordkraft opposed the toll. The toll stays."
_IDS = ("moen", "brun", "oslo", "nordkraft")


def span_of(words: str, text: str = TEXT, nth: int = 0) -> Span:
    """Where some words stand in a text, the first time by default."""
    start = -1
    for _ in range(nth + 1):
        start = text.index(words, start + 1)
    return Span(start, start + len(words))


def example_of(gold: Annotations | None = None, article_id: str = "a1", **readings: Annotations) -> Example:
    """An article about the toll."""
    article = Article(id=article_id, text=TEXT, lang="en")
    return Example(article=article, gold=gold or Annotations(), readings=readings)


def drawn_annotations(random: Random) -> Annotations:
    """Entities, quotes and stances over few places, so that two draws have much in common."""

    def spans(number: int) -> tuple[Span, ...]:
        starts = sorted(random.sample(range(0, 60, 5), number))
        return tuple(Span(start, start + random.choice((2, 4))) for start in starts)

    entities = [
        Entity(
            id=f"e{number}",
            spans=spans(random.choice((1, 1, 2))),
            label=random.choice(("PER", "ORG")),
            entity_id=random.choice((*_IDS, None)),
            link=random.choice((None, None, "Q1")),
        )
        for number in random.sample(range(9), random.randrange(5))
    ]
    quotes = [
        Quote(
            id=f"q{number}",
            kind=random.choice(("direct", "indirect")),
            content=spans(random.choice((1, 2))),
            cue=spans(random.randrange(2)),
            speaker=random.choice((None, Span(0, 8))),
            speaker_id=random.choice((None, *_IDS)),
        )
        for number in random.sample(range(9), random.randrange(4))
    ]
    stances = [
        Stance(
            id=f"s{number}",
            holder=random.choice((AUTHOR, *_IDS)),
            target=random.choice(("topic:toll", "topic:the-road", *_IDS)),
            label=random.choice(("favor", "against")),
            evidence=spans(random.randrange(2)),
            quote_id=random.choice((None, *(quote.id for quote in quotes))),
            aliases=(),
        )
        for number in random.sample(range(9), random.randrange(4))
    ]
    return Annotations(entities=entities, quotes=quotes, stances=stances)
