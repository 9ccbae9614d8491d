"""Which entities one tag a token can say, and why it cannot say the others."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from evalkit.formats.base import Losses, counted
from evalkit.formats.tags.schemes import TokenSpan, decode_tags, encode_tags
from evalkit.layers.entities import ENTITIES
from evalkit.records import Entity, Example, Scope, Span

__all__ = [
    "BAD_LABEL",
    "CONTROL",
    "CROSSING",
    "DISCONTINUOUS",
    "NESTED",
    "TWICE",
    "flat_entities",
    "holds_label",
    "tag_losses",
]

BAD_LABEL = "a label that tags cannot say"
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What no line of text can hold: some reader ends the line there, leaves it out, or obeys it."""
_ONE_LAYER = "tags hold entities only"
_SCOPE = Scope(layers=(ENTITIES.name,))
DISCONTINUOUS, TWICE, NESTED, CROSSING = "discontinuous", "given twice", "nested", "crossing"


def flat_entities(entities: Iterable[Entity], losses: Counter[str]) -> list[tuple[Span, str]]:
    """The entities that tags can hold, by their place: of overlapping ones the longest, then the first.

    Args:
        entities: those of one article.
        losses: counts the others by kind.
    """
    plain: set[tuple[Span, str]] = set()
    for entity in entities:
        if len(entity.spans) != 1:
            losses[DISCONTINUOUS] += 1
        elif (entity.spans[0], entity.label) in plain:
            losses[TWICE] += 1
        else:
            plain.add((entity.spans[0], entity.label))
    starts: list[int] = []
    kept: list[tuple[Span, str]] = []
    for span, label in sorted(plain, key=lambda item: (item[0].start - item[0].end, item[0].start, item[1])):
        at = bisect_left(starts, span.end)
        # Those that were kept part the text, so only the last that begins before its end can reach into it.
        other = kept[at - 1][0] if at and kept[at - 1][0].end > span.start else None
        if other is None:
            starts.insert(at, span.start)
            kept.insert(at, (span, label))
        else:
            losses[NESTED if other.start <= span.start and span.end <= other.end else CROSSING] += 1
    return kept


def tag_losses(examples: Sequence[Example], lost: Mapping[str, int], left_out: Mapping[str, int]) -> Losses:
    """What tags could not say of some articles.

    Args:
        examples: the articles.
        lost: entities that are not in the file, by kind.
        left_out: what else the file could not hold, in words.
    """
    numbers = counted(example.gold for example in examples)
    entities = numbers.pop(ENTITIES.name, 0)
    others = {layer: {_ONE_LAYER: number} for layer, number in numbers.items() if number}
    named = [one for example in examples for one in ENTITIES.of(example.gold) or ()]
    more = {
        "links of entities (entity_id)": sum(one.entity_id is not None for one in named),
        "knowledge-base ids of entities (link)": sum(one.link is not None for one in named),
        **left_out,
        "layers annotated in articles and empty": sum(
            not items for example in examples for name, items in example.gold.layers.items() if name != ENTITIES.name
        ),
        "scopes": sum(example.gold.scope not in (Scope(), _SCOPE) for example in examples),
    }
    return Losses(
        written={ENTITIES.name: entities - sum(lost.values()), **dict.fromkeys(others, 0)},
        lost={ENTITIES.name: dict(sorted(lost.items())), **others},
        left_out={what: number for what, number in more.items() if number},
    )


@cache
def holds_label(label: str) -> bool:
    """Whether a tag with this label is read as one with this label: `O` is not, nor is what looks like two tags."""
    if CONTROL.search(label):
        return False
    spans = decode_tags(encode_tags([(0, 2, label)], 3)).spans
    return spans == [TokenSpan(0, 2, label)] and label == label.strip()
