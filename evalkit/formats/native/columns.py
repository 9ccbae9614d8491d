"""One layer in native JSON lines straight to columns, for large files in which rows are plain.

A row is plain if it holds an id, items of one span and a label each, and at most texts such as `text` or `title`
besides::

    {"id": "a1", "entities": [{"start": 0, "end": 8, "label": "PER"}, {"start": 14, "end": 18, "label": "GPE"}]}

`spans` of one span may stand for `start` and `end`, and items may have ids. Whatever is not plain, damaged or
doubtful is left to `evalkit.formats.native.rows`, which knows every form and every message: nothing is judged here.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from evalkit.files import unlike_written
from evalkit.formats.collection import without_collection
from evalkit.layers.base import Layer
from evalkit.layers.table import all_layers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["LIMIT", "NativeColumns", "read_native_columns"]

TEXTS = frozenset({"text", "title", "source", "published", "lang"})
"""Fields of a row that are texts; any other field must be null."""

_START, _END, _ID = map(itemgetter, ("start", "end", "id"))

LIMIT = 2**31 - 1
"""Offsets from here on are left to the careful path."""


@dataclass(frozen=True, eq=False)
class NativeColumns:
    """The plain rows of a file.

    Attributes:
        articles: article ids in the order of the file, each once.
        texts: the text of each article, "" where there is none.
        labels: the labels, in the order in which they were met.
        article: position of the article of each item; ascending.
        start: first code point of each item, not negative.
        end: one past its last code point; after `start`, and not after the text of the row if there is one.
        label: position of the label of each item.
    """

    articles: list[str]
    texts: list[str]
    labels: list[str]
    article: NDArray[np.int32]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    label: NDArray[np.int32]


def read_native_columns(
    path: Path, layer: Layer[Any] | None = None, *, predicted: bool = False
) -> NativeColumns | None:
    """The columns of a file, or None if it is no regular file of plain rows; what is wrong with it is not said.

    Args:
        path: a file of JSON lines.
        layer: the layer that all rows have, and no other; by default the first, of which large files have most.
        predicted: whether there is something to be said of texts that are empty or cannot be shown.
    """
    try:
        # A pipe can be read once only, and must be left to whoever reads any form.
        if not path.is_file():
            return None
        with path.open("rb") as lines, without_collection():
            return _columns(_parsed(lines, layer or all_layers()[0], predicted))
    except (OSError, KeyError, TypeError, ValueError, OverflowError):
        return None


class _Codes(dict[str, int]):
    """Numbers for labels, in the order in which they are met."""

    def __missing__(self, label: object) -> int:
        if type(label) is not str:
            raise TypeError("a label is a text")
        if not label.strip():
            raise ValueError("a label says something")
        self[label] = number = len(self)
        return number


def _numbers() -> array[int]:
    """An array of 32 bits an item; it takes whole numbers that fit, and bools."""
    return array("i")


@dataclass(slots=True)
class _Lists:
    """What is collected; whole numbers at once as such, so that no object is kept for any of them."""

    articles: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    sizes: array[int] = field(default_factory=_numbers)
    start: array[int] = field(default_factory=_numbers)
    end: array[int] = field(default_factory=_numbers)
    label: array[int] = field(default_factory=_numbers)
    codes: _Codes = field(default_factory=_Codes)


def _parsed(lines: Iterable[bytes], layer: Layer[Any], predicted: bool) -> _Lists:
    """The fields of every row; each row is let go before the next one is read, so that memory is used again."""
    lists = _Lists()
    loads, name, add = orjson.loads, layer.name, _adder(layer)
    for number, line in enumerate(lines):
        if line.isspace():
            continue
        row = loads(line if number else line.removeprefix(b"\xef\xbb\xbf"))
        if unlike_written(line, row):
            raise ValueError("something of the row would be lost")
        items = row[name]
        if len(row) > 2 and (not _is_plain(row, name) or (predicted and _is_odd(row))):
            raise ValueError("the row holds something else")
        if type(items) is not list:
            raise TypeError("items are a list")
        lists.articles.append(row["id"])
        lists.texts.append(row.get("text") or "")
        lists.sizes.append(len(items))
        if items:
            add(lists, items)
            # A bool is a number to an array. Letters are found much sooner than words, and few lines have these.
            if (b"u" in line and b"true" in line) or (b"f" in line and b"false" in line):
                _refuse_bools(items, layer)
    return lists


def _is_plain(row: dict[str, Any], layer: str) -> bool:
    return "article_id" not in row and all(
        value is None or key in ("id", layer) or (key in TEXTS and type(value) is str) for key, value in row.items()
    )


def _is_odd(row: dict[str, Any]) -> bool:
    return row.get("text") == "" or not f"{row.get('published')}{row.get('lang')}".isprintable()


def _adder(layer: Layer[Any]) -> Callable[[_Lists, list[dict[str, Any]]], None]:
    """What adds the items of a row; they must all have the same fields."""
    spans_of, label_of = itemgetter(layer.spans_field or ""), itemgetter(layer.label_field)

    def add(lists: _Lists, items: list[dict[str, Any]]) -> None:
        if type(items[0]) is not dict:
            raise TypeError("an item is an object")
        names = items[0].keys()
        if "start" in names:
            fields = 3
            lists.start.extend(map(_START, items))
            lists.end.extend(map(_END, items))
        else:
            fields = 2
            spans = [span for (span,) in map(spans_of, items)]
            lists.start.extend([start for start, _ in spans])
            lists.end.extend([end for _, end in spans])
        lists.label.extend(map(lists.codes.__getitem__, map(label_of, items)))
        if "id" in names:
            fields += 1
            ids = list(map(_ID, items))
            if set(map(type, ids)) != {str} or len(set(ids)) < len(ids):
                raise ValueError("ids are texts, and no two are equal")
        # Each has had all of these fields, so none has another one if together they have no more.
        if sum(map(len, items)) != fields * len(items):
            raise ValueError("the items hold something else")

    return add


def _refuse_bools(items: list[dict[str, Any]], layer: Layer[Any]) -> None:
    for item in items:
        offsets = (item["start"], item["end"]) if "start" in item else item[layer.spans_field or ""][0]
        if any(type(offset) is bool for offset in offsets):
            raise TypeError("offsets are whole numbers")


def _columns(lists: _Lists) -> NativeColumns:
    import numpy as np

    if set(map(type, lists.articles)) != {str} or len(set(lists.articles)) < len(lists.articles):
        raise ValueError("ids are texts, and no two are equal")
    start, end, label, sizes = (
        np.frombuffer(own, dtype=np.int32) if own else np.zeros(0, dtype=np.int32)
        for own in (lists.start, lists.end, lists.label, lists.sizes)
    )
    if not ((start >= 0) & (start < end) & (end < LIMIT)).all():
        raise ValueError("a span is impossible")
    if any(lists.texts):
        lengths = np.array([len(text) or LIMIT for text in lists.texts])
        if (end > np.repeat(lengths, sizes)).any():
            raise ValueError("a span ends after the text")
    article = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    return NativeColumns(lists.articles, lists.texts, list(lists.codes), article, start, end, label)
