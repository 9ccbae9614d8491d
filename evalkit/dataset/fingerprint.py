"""The fingerprint of gold: what its articles say, whatever the order of articles and items and whatever their ids.

Hashed are the articles as JSON, sorted by id, and then the plain mentions (one span, no entity_id, no score) as rows
of four whole numbers in ascending order: article, start, end, label, the first and last by position in sorted order.
Most items of large gold are such, and rows of numbers can be made without a record for each of them. Mentions are the
items of the first layer.
"""

from __future__ import annotations

import hashlib
import struct
import weakref
from collections.abc import Iterable, Mapping, Sequence
from tempfile import SpooledTemporaryFile
from typing import Any

import orjson

from evalkit.formats.native.rows import sha256_text
from evalkit.formats.native.spooled import HELD, SpooledBytes
from evalkit.formats.native.stored import StoredRecords
from evalkit.layers.base import Layer
from evalkit.layers.scopes import scope_to_table
from evalkit.layers.table import all_layers
from evalkit.records import Example, LayerScope

__all__ = [
    "Content",
    "Fingerprint",
    "UnorderedFingerprint",
    "fingerprint_of",
    "fingerprint_of_columns",
    "stated_content",
]

Content = list[Any]
"""What one article says apart from its plain mentions, as JSON values."""


def fingerprint_of(examples: Iterable[Example]) -> str:
    """16 hexadecimal digits of a SHA-256 over what the gold says, whatever the order of articles, items and ids."""
    fingerprint = Fingerprint()
    # Those in a file are in order, and too many to be held at once.
    ordered = examples if isinstance(examples, StoredRecords) else sorted(examples, key=_article_id)
    for example in ordered:
        fingerprint.add(example)
    return fingerprint.digits()


def _article_id(example: Example) -> str:
    return example.article.id


class Fingerprint:
    """The fingerprint of examples that come one by one, in the order of their ids; what they say is not kept.

    Only the plain mentions are, as rows of numbers, and those of large gold in a file: they are hashed at the end.
    """

    def __init__(self) -> None:
        self._layers = all_layers()
        self._digest = hashlib.sha256(b"[[")
        self._labels: dict[str, int] = {}
        self._articles = 0
        self._mentions = SpooledTemporaryFile[bytes](max_size=HELD)
        weakref.finalize(self, self._mentions.close)

    def add(self, example: Example) -> None:
        """Takes the next one in."""
        self.take(*self.said(example))

    def said(self, example: Example) -> tuple[bytes, bytes]:
        """What one of them says: its content, and its plain mentions as rows of three numbers."""
        plain: list[Any] = []
        content = orjson.dumps(_content(example, self._layers, plain))
        codes, layer = self._labels, self._layers[0]
        numbers = [
            number
            for item in plain
            for number in (*layer.spans(item)[0], codes.setdefault(layer.label(item), len(codes)))
        ]
        return content, struct.pack(f"<{len(numbers)}i", *numbers)

    def take(self, content: bytes, mentions: bytes) -> None:
        """Takes what the next one was found to say."""
        self._digest.update(b"," + content if self._articles else content)
        if mentions:
            article = struct.pack("<i", self._articles)
            rows = [article + mentions[at : at + _ROW] for at in range(0, len(mentions), _ROW)]
            self._mentions.write(b"".join(rows))
        self._articles += 1

    def digits(self) -> str:
        """The fingerprint of all that came; nothing can be added then."""
        labels = sorted(self._labels)
        self._digest.update(b"]," + orjson.dumps(labels) + b"]")
        if labels:
            import numpy as np

            position = np.argsort(np.argsort(np.array(list(self._labels), dtype=object))).astype("<i4")
            self._mentions.seek(0)
            rest = np.zeros((0, 4), dtype="<i4")
            while True:
                block = self._mentions.read(_BLOCK)
                rows = np.concatenate([rest, np.frombuffer(block, dtype="<i4").reshape(-1, 4)])
                # The last article of a block may go on in the next one.
                end = int(np.searchsorted(rows[:, 0], rows[-1, 0])) if block and len(rows) else len(rows)
                rows, rest = rows[:end].copy(), rows[end:]
                rows[:, 3] = position[rows[:, 3]]
                self._digest.update(rows[np.lexsort(rows.T[::-1])].tobytes())
                if not block:
                    break
        self._mentions.close()
        return self._digest.hexdigest()[:16]


_BLOCK, _ROW = 1 << 20, 12


class UnorderedFingerprint:
    """The fingerprint of examples that come in any order: what they say lies in files until all are there."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self._fingerprint = Fingerprint()
        self._contents, self._mentions = SpooledBytes(), SpooledBytes()

    def add(self, example: Example) -> None:
        """Takes one in."""
        for stored, said in zip((self._contents, self._mentions), self._fingerprint.said(example), strict=True):
            stored.append(said)

    def digits(self, order: Sequence[int]) -> str:
        """The fingerprint of all that came, given their numbers in the order of their ids."""
        for content, mentions in zip(self._contents.of(order), self._mentions.of(order), strict=True):
            self._fingerprint.take(content, mentions)
        return self._fingerprint.digits()


def fingerprint_of_columns(contents: Iterable[bytes], labels: Sequence[str], mentions: bytes) -> str:
    """The same from parts.

    Args:
        contents: one for each article, sorted by id, written as JSON.
        labels: the labels of the plain mentions, sorted.
        mentions: their rows, int32, little-endian.
    """
    digest, between = hashlib.sha256(b"[["), b""
    for content in contents:
        digest.update(between + content)
        between = b","
    digest.update(b"]," + orjson.dumps(labels) + b"]")
    digest.update(mentions)
    return digest.hexdigest()[:16]


def plain_content(article_id: str, text: str) -> Content:
    """The content of an article that has plain mentions and nothing else: no other layer, no zones, no scope."""
    return [article_id, sha256_text(text) if text else ""]


def _content(example: Example, layers: Sequence[Layer[Any]], plain: list[Any]) -> Content:
    """What one example says, without ids and in one order, but for the plain items, which are added to a list."""
    own, others = layers[0].plain_and_others(layers[0].of(example.gold) or ())
    plain += own
    return stated_content(example, others)


def stated_content(example: Example, mentions: Sequence[Any]) -> Content:
    """What one example says, without ids and in one order, with the mentions that are not plain."""
    article, gold = example.article, example.gold
    numbers: dict[str, Mapping[str, int]] = {}
    stated: list[Any] = []
    others: dict[str, Any] = {}
    layers = all_layers()
    for layer in layers:
        items, said = layer.of(gold), None
        if items is not None and layer is layers[0]:
            said = _sorted(layer.contents_as_they_are(mentions) or layer.contents(mentions, numbers))
        elif items is not None:
            # By how Python writes them: the order that fingerprints were made with from the first.
            names = [item.id for item in items]
            ordered = list(zip(layer.contents(items, numbers), names, strict=True))
            if len(ordered) > 1:
                ordered.sort(key=repr)
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


def _sorted(contents: Sequence[Any]) -> list[Any]:
    try:
        return sorted(contents)
    except TypeError:
        # Of two that are alike up to there one gives a value and the other does not.
        return sorted(contents, key=_by_value)


def _by_value(content: Sequence[Any]) -> list[tuple[bool, Any]]:
    """Ascending, what is not given first."""
    return [(value is not None, value) for value in content]
