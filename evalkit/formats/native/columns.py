"""One layer in native JSON lines straight to columns, for large files whose rows are as evalkit writes them.

::

    {"id": "a1", "text": "Ida Moen left Oslo.", "zones": [{"kind": "body", "start": 0, "end": 19}],
     "entities": [{"id": "e1", "spans": [[0, 8]], "text": "Ida Moen", "label": "PER", "entity_id": "moen"}],
     "quotes": [], "scope": {"zones": ["body"]}}

Each item of the layer is one span with a label, whatever else it has. All that a row has besides is looked at as it is
where files are loaded: what would be refused or noted there is not read here. Whatever is damaged, doubtful or of
another form is left to `evalkit.formats.native.rows`, which knows every form and every message: nothing is judged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import DecodeError

from evalkit.formats.collection import without_collection
from evalkit.formats.native.gathering import LIMIT, Gathered, Gathering
from evalkit.formats.native.seen_rows import read_seen_rows
from evalkit.formats.native.texts import Texts
from evalkit.layers.base import Layer
from evalkit.layers.table import all_layers
from evalkit.records import Example

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["LIMIT", "NativeColumns", "Places", "read_native_columns"]


@dataclass(frozen=True, eq=False)
class Places:
    """Spans of some articles; arrays have one element a span, or item.

    Attributes:
        article: position of the article of each; ascending.
        start: first code point, not negative.
        end: one past the last code point; after `start`, and not after the text of the row if there is one.
        label: position of the label, of items.
    """

    article: NDArray[np.int32]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    label: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.article)


@dataclass(frozen=True, eq=False)
class NativeColumns:
    """The rows of a file.

    Attributes:
        articles: article ids in the order of the file, each once.
        texts: the text of each article, "" where there is none.
        labels: the labels, in the order in which they were met.
        items: the items of the layer.
        surfaces: what the file says stands at the items, None where it says nothing; empty if it does so of none, and
            of gold, where it was compared with the text of the row.
        plain: for each item whether it is a span with a label and nothing else (see `Layer.is_plain`).
        reach: for each article where the last span of another layer ends.
        outside: the zones of articles that are not in their scope.
        reading_labels: the labels of the readings.
        readings: annotator → the items of the layer that they found.
        read: annotator → the positions of the articles that they and others read, ascending.
        metadata: what is known of each article besides; empty if nothing is.
        scoped: for each article whether it says what was annotated exhaustively.
    """

    articles: list[str]
    texts: Texts
    labels: list[str]
    items: Places
    surfaces: list[str | None]
    plain: NDArray[np.bool_]
    reach: NDArray[np.int32]
    outside: Places
    reading_labels: list[str]
    readings: Mapping[str, Places]
    read: Mapping[str, NDArray[np.int32]]
    metadata: list[Mapping[str, str]]
    scoped: NDArray[np.bool_]


def read_native_columns(
    path: Path,
    layer: Layer[Any] | None = None,
    *,
    predicted: bool = False,
    alone: bool = False,
    told: Callable[[Example], None] | None = None,
) -> NativeColumns | None:
    """The columns of a file, or None if it is no regular file of such rows; what is wrong with it is not said.

    Args:
        path: a file of JSON lines.
        layer: the layer that all rows have; by default the first, of which large files have most.
        predicted: whether these are predictions, of which nothing but the layers is read.
        alone: whether a row must have no other layer.
        told: is called with each example, whose items have the fields of their records. Of the layer itself there are
            those alone that are not plain.
    """
    columns = Gathering(layer or all_layers()[0], predicted=predicted, alone=alone, told=told)
    try:
        # A pipe can be read once only, and must be left to whoever reads any form.
        if not path.is_file():
            return None
        with without_collection():
            for rows in read_seen_rows(path):
                columns.add(rows)
            return _whole(columns)
    except (OSError, KeyError, TypeError, ValueError, OverflowError, AttributeError, DecodeError):
        return None


def _places(gathered: Gathered) -> Places:
    import numpy as np

    columns = (gathered.article, gathered.start, gathered.end, gathered.label)
    return Places(*(np.frombuffer(own, dtype=np.int32) if own else np.zeros(0, np.int32) for own in columns))


def _whole(rows: Gathering) -> NativeColumns:
    """All that was gathered.

    Raises:
        ValueError: there is nothing, an id is given twice, or a span is impossible.
    """
    import numpy as np

    if len(set(rows.articles)) < len(rows.articles) or not rows.articles:
        raise ValueError("no two ids are equal")
    items, reach = _places(rows.items), np.frombuffer(rows.reach, dtype=np.int32)
    readings = {name: _places(own) for name, own in sorted(rows.readings.items())}
    lengths = np.where(np.array(rows.texts.lengths, np.int64) == 0, LIMIT, rows.texts.lengths)
    for own in (items, *readings.values()):
        if not ((own.start >= 0) & (own.start < own.end) & (own.end < LIMIT)).all():
            raise ValueError("a span is impossible")
    if (items.end > lengths[items.article]).any() or (reach > lengths).any():
        raise ValueError("a span ends after the text")
    return NativeColumns(
        articles=rows.articles,
        texts=rows.texts,
        labels=list(rows.codes),
        items=items,
        surfaces=rows.surfaces,
        plain=np.frombuffer(rows.plain, dtype=bool),
        reach=reach,
        outside=_places(rows.outside),
        reading_labels=list(rows.other_codes),
        readings=readings,
        read={name: np.frombuffer(own, dtype=np.int32) for name, own in sorted(rows.read.items())},
        metadata=rows.metadata,
        scoped=np.frombuffer(rows.scoped, dtype=bool) if rows.scoped else np.zeros(len(rows.articles), dtype=bool),
    )
