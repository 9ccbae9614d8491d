"""The fingerprint of gold: what its articles say, whatever the order of articles and items and whatever their ids.

Hashed are the articles as JSON, sorted by id, and then the plain mentions (one span, no entity_id, no score) as rows
of four whole numbers in ascending order: article, start, end, label, the first and last by position in sorted order.
Most items of large gold are such, and rows of numbers can be made without a record for each of them. Mentions are the
items of the first layer.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from evalkit.formats.native.rows import sha256_text
from evalkit.layers.base import Layer
from evalkit.layers.scopes import scope_to_table
from evalkit.layers.table import all_layers
from evalkit.records import Example, LayerScope

__all__ = ["Content", "fingerprint_of", "fingerprint_of_columns", "plain_content"]

Content = list[Any]
"""What one article says apart from its plain mentions, as JSON values."""


def fingerprint_of(examples: Iterable[Example]) -> str:
    """16 hexadecimal digits of a SHA-256 over what the gold says, whatever the order of articles, items and ids."""
    ordered = sorted(examples, key=lambda example: example.article.id)
    layers = all_layers()
    contents, plain = [], []
    for example in ordered:
        rows: list[Any] = []
        contents.append(_content(example, layers, rows))
        plain.append(rows)
    labels, mentions = _rows(layers[0], plain)
    return fingerprint_of_columns(contents, labels, mentions)


def _rows(layer: Layer[Any], plain: Sequence[Sequence[Any]]) -> tuple[list[str], bytes]:
    """The labels of the plain items of each article, sorted, and the items as rows of numbers."""
    label_of, spans_of = layer.label, layer.spans
    labels = sorted({label_of(item) for items in plain for item in items})
    position = {label: number for number, label in enumerate(labels)}
    numbers: list[int] = []
    for article, items in enumerate(plain):
        for start, end, label in sorted([(*spans_of(item)[0], position[label_of(item)]) for item in items]):
            numbers += (article, start, end, label)
    return labels, struct.pack(f"<{len(numbers)}i", *numbers)


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
    return [article_id, sha256_text(text) if text else ""]


def _content(example: Example, layers: Sequence[Layer[Any]], plain: list[Any]) -> Content:
    """What one example says, without ids and in one order, but for the plain items, which are added to a list."""
    article, gold = example.article, example.gold
    numbers: dict[str, Mapping[str, int]] = {}
    stated: list[Any] = []
    others: dict[str, Any] = {}
    for layer in layers:
        items, said = layer.of(gold), None
        if items is not None and layer is layers[0]:
            others_than_plain: list[Any] = []
            for item in items:
                (plain if layer.is_plain(item) else others_than_plain).append(item)
            said = sorted([layer.content(item, numbers) for item in others_than_plain], key=_by_value)
        elif items is not None:
            # By how Python writes them: the order that fingerprints were made with from the first.
            ordered = sorted([(layer.content(item, numbers), item.id) for item in items], key=repr)
            numbers[layer.name] = {name: number for number, (_, name) in enumerate(ordered)}
            said = [content for content, _ in ordered]
        if layer.always_stated:
            stated.append(said)
        elif said is not None:
            others[layer.name] = said
    scope: list[Any] = [
        None if names is None else sorted(names) for names in (gold.scope.layers, gold.scope.labels, gold.scope.zones)
    ]
    # Only where something is declared of single layers: fingerprints of other gold stay what they were.
    scope += [{own.layer: scope_to_table(own) for own in sorted(gold.scope.of, key=_by_layer)}] if gold.scope.of else []
    # Zones decide which items count when the scope names zones, so they belong to what was measured.
    zones = sorted(map(list, article.zones))
    if not zones and not others and stated == [[], *[None] * (len(stated) - 1)] and scope == [None] * len(scope):
        return plain_content(article.id, article.text)
    return [*plain_content(article.id, article.text), zones, *stated, scope, *([others] if others else [])]


def _by_layer(scope: LayerScope) -> str:
    return scope.layer


def _by_value(content: Sequence[Any]) -> list[tuple[bool, Any]]:
    """Ascending, what is not given first."""
    return [(value is not None, value) for value in content]
