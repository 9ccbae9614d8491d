"""An article that shows how annotations are written: a mention of each label, a quote, a stance."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from evalkit.formats.inline.header import MARKED
from evalkit.layers.entities import ENTITIES
from evalkit.layers.quotes import QUOTES
from evalkit.layers.stances import STANCES
from evalkit.records import AUTHOR, TOPIC_PREFIX, Annotations, Article, Entity, Example, Quote, Span, Stance, Zone

__all__ = ["SHOWN", "example_article"]

SHOWN = MARKED
"""The layers of which there is something in it."""

HEADLINE = "An example article"
SAID = "“This is what somebody says,”"
CUE = "says"


class _Text:
    """A text that grows, and where its parts came to stand."""

    def __init__(self) -> None:
        self.text = ""

    def add(self, words: str) -> Span:
        span = Span(len(self.text), len(self.text) + len(words))
        self.text += words
        return span


def example_article(
    article_id: str, layers: Collection[str], labels: Sequence[str], metadata: Mapping[str, str] | None = None
) -> Example:
    """An article with a mention of each label, a quote and a stance, as far as these layers are wanted.

    Args:
        article_id: its id.
        layers: the layers that are annotated, of `SHOWN`.
        labels: the labels of mentions.
        metadata: of the article.
    """
    text = _Text()
    headline = text.add(HEADLINE)
    text.add("\n")
    start = text.add("Write articles of your own in its place.\n").start
    entities = []
    for number, label in enumerate(labels if ENTITIES.name in layers else (), 1):
        span = text.add(f"Name {number}")
        entities.append(Entity(id=f"e{number}", spans=(span,), label=label, entity_id=f"name-{number}"))
        text.add(f" is marked as {label}.\n")
    quote = None
    if QUOTES.name in layers:
        content = text.add(SAID)
        text.add(" ")
        cue = text.add(CUE)
        text.add(" ")
        speaker = text.add("Name 1" if entities else "somebody")
        text.add(".\n")
        who = entities[0].entity_id if entities else None
        quote = Quote(id="q1", kind="direct", content=(content,), cue=(cue,), speaker=speaker, speaker_id=who)
        if entities:
            entities.append(
                Entity(id=f"e{len(entities) + 1}", spans=(speaker,), label=entities[0].label, entity_id=who)
            )
    stances: list[Stance] = []
    if STANCES.name in layers:
        evidence = text.add("Examples are a help.")
        target = f"{TOPIC_PREFIX}examples"
        stances.append(Stance(id="s1", holder=AUTHOR, target=target, label="favor", evidence=(evidence,)))
    body = Zone("body", start, len(text.text.rstrip()))
    found: dict[str, Sequence[Any]] = {
        ENTITIES.name: entities,
        QUOTES.name: [] if quote is None else [quote],
        STANCES.name: stances,
    }
    return Example(
        article=Article(
            id=article_id,
            text=text.text.rstrip() + "\n",
            title=HEADLINE,
            lang="en",
            zones=(Zone("headline", *headline), body),
            metadata=dict(metadata or {}),
        ),
        gold=Annotations({name: items for name, items in found.items() if name in layers}),
    )
