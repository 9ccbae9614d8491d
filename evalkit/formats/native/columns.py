"""Entities in native JSON lines straight to columns, for large files in which rows are plain.

A row is plain if it holds an id, entities of one span each, and at most texts such as `text` or `title` besides::

    {"id": "a1", "entities": [{"start": 0, "end": 8, "label": "PER"}, {"start": 14, "end": 18, "label": "GPE"}]}

`spans` of one span may stand for `start` and `end`, and entities may have ids. Whatever is not plain, damaged or
doubtful is left to `evalkit.formats.native.rows`, which knows every form and every message: nothing is judged here.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from evalkit.formats.collection import without_collection

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["LIMIT", "NativeColumns", "read_native_columns"]

TEXTS = frozenset({"text", "title", "source", "published", "lang"})
"""Fields of a row that are texts; any other field must be null."""

_START, _END, _SPANS, _LABEL, _ID = map(itemgetter, ("start", "end", "spans", "label", "id"))

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


def read_native_columns(path: Path) -> NativeColumns | None:
    """The columns of a file, or None if it is no regular file of plain rows; what is wrong with it is not said."""
    try:
        # A pipe can be read once only, and must be left to whoever reads any form.
        if not path.is_file():
            return None
        with path.open("rb") as lines, without_collection():
            return _columns(_parsed(lines))
    except (OSError, KeyError, TypeError, ValueError, OverflowError):
        return None


class _Codes(dict[str, int]):
    """Numbers for labels, in the order in which they are met."""

    def __missing__(self, label: object) -> int:
        if type(label) is not str:
            raise TypeError("a label is a text")
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


def _parsed(lines: Iterable[bytes]) -> _Lists:
    """The fields of every row; each row is let go before the next one is read, so that memory is used again."""
    lists = _Lists()
    loads = orjson.loads
    for number, line in enumerate(lines):
        if line.isspace():
            continue
        row = loads(line if number else line.removeprefix(b"\xef\xbb\xbf"))
        entities = row["entities"]
        if len(row) > 2 and not _is_plain(row):
            raise ValueError("the row holds something else")
        if type(entities) is not list:
            raise TypeError("entities are a list")
        lists.articles.append(row["id"])
        lists.texts.append(row.get("text") or "")
        lists.sizes.append(len(entities))
        if entities:
            _add(lists, entities)
            # A bool is a number to an array. Letters are found much sooner than words, and few lines have these.
            if (b"u" in line and b"true" in line) or (b"f" in line and b"false" in line):
                _refuse_bools(entities)
    return lists


def _is_plain(row: dict[str, Any]) -> bool:
    return "article_id" not in row and all(
        value is None or key in ("id", "entities") or (key in TEXTS and type(value) is str)
        for key, value in row.items()
    )


def _add(lists: _Lists, entities: list[dict[str, Any]]) -> None:
    """Adds the entities of a row; they must all have the same fields."""
    if type(entities[0]) is not dict:
        raise TypeError("an entity is an object")
    names = entities[0].keys()
    if "start" in names:
        fields = 3
        lists.start.extend(map(_START, entities))
        lists.end.extend(map(_END, entities))
    else:
        fields = 2
        spans = [span for (span,) in map(_SPANS, entities)]
        lists.start.extend([start for start, _ in spans])
        lists.end.extend([end for _, end in spans])
    lists.label.extend(map(lists.codes.__getitem__, map(_LABEL, entities)))
    if "id" in names:
        fields += 1
        ids = list(map(_ID, entities))
        if set(map(type, ids)) != {str} or len(set(ids)) < len(ids):
            raise ValueError("ids are texts, and no two are equal")
    # Each has had all of these fields, so none has another one if together they have no more.
    if sum(map(len, entities)) != fields * len(entities):
        raise ValueError("the entities hold something else")


def _refuse_bools(entities: list[dict[str, Any]]) -> None:
    for entity in entities:
        offsets = (entity["start"], entity["end"]) if "start" in entity else entity["spans"][0]
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
