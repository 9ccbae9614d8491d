"""The fingerprint of gold: what its articles say, whatever the order of articles and items and whatever their ids.

Hashed are the articles as JSON, sorted by id, and then the plain mentions (one span, no entity_id, no score) as rows
of four whole numbers in ascending order: article, start, end, label, the first and last by position in sorted order.
Most items of large gold are such, and rows of numbers can be made without a record for each of them.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from evalkit.formats.native.written_rows import sha256_text
from evalkit.records import Entity, Example, Quote, Span, Stance

__all__ = ["Content", "fingerprint_of", "fingerprint_of_columns", "plain_content"]

Content = list[Any]
"""What one article says apart from its plain mentions, as JSON values."""

LIMIT = 2**31
"""Offsets from here on do not fit a row of numbers."""


def fingerprint_of(examples: Iterable[Example]) -> str:
    """16 hexadecimal digits of a SHA-256 over what the gold says, whatever the order of articles, items and ids."""
    ordered = sorted(examples, key=lambda example: example.article.id)
    plain = [[e for e in example.gold.entities or () if _is_plain(e)] for example in ordered]
    labels = sorted({entity.label for own in plain for entity in own})
    position = {label: at for at, label in enumerate(labels)}
    numbers: list[int] = []
    for at, own in enumerate(plain):
        for start, end, label in sorted([(*entity.spans[0], position[entity.label]) for entity in own]):
            numbers += (at, start, end, label)
    mentions = struct.pack(f"<{len(numbers)}i", *numbers)
    return fingerprint_of_columns([_content(example) for example in ordered], labels, mentions)


def fingerprint_of_columns(contents: Sequence[Content], labels: Sequence[str], mentions: bytes) -> str:
    """The same from parts.

    Args:
        contents: one for each article, sorted by id.
        labels: the labels of the plain mentions, sorted.
        mentions: their rows, int32, little-endian.
    """
    digest = hashlib.sha256(orjson.dumps([contents, labels]))
    digest.update(mentions)
    return digest.hexdigest()[:16]


def plain_content(article_id: str, text: str) -> Content:
    """The content of an article that has plain mentions and nothing else: no other layer, no zones, no scope."""
    return [article_id, _hash(text)]


_NOTHING_ELSE = [[], [], None, None, [None, None, None]]


def _hash(text: str) -> str:
    return sha256_text(text) if text else ""


def _is_plain(entity: Entity) -> bool:
    if len(entity.spans) != 1 or entity.entity_id is not None or entity.score is not None:
        return False
    start, end = entity.spans[0]
    return 0 <= start < LIMIT and 0 <= end < LIMIT


def _content(example: Example) -> Content:
    """What one example says, without ids and in one order."""
    article, gold = example.article, example.gold
    quotes = None if gold.quotes is None else sorted(((_said(quote), quote.id) for quote in gold.quotes), key=repr)
    number = {name: index for index, (_, name) in enumerate(quotes or ())}
    rest = [
        # Zones decide which items count when the scope names zones, so they belong to what was measured.
        sorted(map(list, article.zones)),
        None if gold.entities is None else sorted([_mention(e) for e in gold.entities if not _is_plain(e)], key=_order),
        None if quotes is None else [said for said, _ in quotes],
        None if gold.stances is None else sorted((_stance(stance, number) for stance in gold.stances), key=repr),
        [
            None if names is None else sorted(names)
            for names in (gold.scope.layers, gold.scope.labels, gold.scope.zones)
        ],
    ]
    return [article.id, _hash(article.text), *([] if rest == _NOTHING_ELSE else rest)]


def _pairs(spans: Iterable[Span]) -> list[list[int]]:
    return sorted(map(list, spans))


def _mention(entity: Entity) -> list[Any]:
    return [_pairs(entity.spans), entity.label, entity.entity_id, entity.score]


def _order(mention: list[Any]) -> tuple[Any, ...]:
    spans, label, entity_id, score = mention
    return spans, label, entity_id is not None, entity_id or "", score is not None, score or 0.0


def _said(quote: Quote) -> list[object]:
    speaker = None if quote.speaker is None else list(quote.speaker)
    return [_pairs(quote.content), quote.kind, _pairs(quote.cue), speaker, quote.speaker_id, quote.score]


def _stance(stance: Stance, number: dict[str, int]) -> list[object]:
    quote = number.get(stance.quote_id or "", stance.quote_id)
    return [stance.holder, stance.target, stance.label, _pairs(stance.evidence), quote, stance.score]
