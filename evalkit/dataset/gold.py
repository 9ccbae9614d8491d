"""A loaded gold dataset: annotated articles of one split, with a fingerprint of what they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evalkit.dataset.fingerprint import fingerprint_of
from evalkit.dataset.labels import Inventory, MapCounts
from evalkit.errors import EvalkitError
from evalkit.formats.native.written_rows import surface
from evalkit.records import LAYERS, Example, Span
from evalkit.registry import unknown_name

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["GoldDataset", "fingerprint_of", "gold_dataset"]


@dataclass(frozen=True, kw_only=True)
class GoldDataset:
    """Annotated articles of one split.

    Attributes:
        name: how the dataset is called in signatures.
        split: the split, or `all`.
        fingerprint: 16 hexadecimal digits that change whenever texts, annotations, zones or scope do.
        examples: the articles with their gold, sorted by article id.
        inventory: the labels that the gold may use.
        map_counts: what a label map did to the gold, if one was applied.
        origin: what loads it again: `dataset`, and for tag columns `format` and how they were read; may be empty.
    """

    name: str
    split: str
    fingerprint: str
    examples: tuple[Example, ...]
    inventory: Inventory
    map_counts: MapCounts | None = None
    origin: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __len__(self) -> int:
        """The number of articles."""
        return len(self.examples)

    def __iter__(self) -> Iterator[Example]:
        """The examples, by article id."""
        return iter(self.examples)

    @property
    def signature(self) -> str:
        """The gold's part of a signature line: `gold:NAME@FINGERPRINT`, seven digits of it."""
        return f"gold:{self.name}@{self.fingerprint[:7]}"

    def subset(self, *, limit: int | None = None) -> GoldDataset:
        """The first `limit` articles by id, with a fingerprint of their own; everything if None.

        Raises:
            EvalkitError: the limit is below 1.
        """
        if limit is None or limit >= len(self.examples):
            return self
        if limit < 1:
            raise EvalkitError(f"limit {limit} leaves no article; use 1 or more")
        return gold_dataset(
            self.examples[:limit],
            name=self.name,
            split=self.split,
            inventory=self.inventory,
            map_counts=self.map_counts,
            origin=self.origin,
        )

    def to_pandas(self, layer: str) -> DataFrame:
        """One row for each item of a layer, or for each article if the layer is `articles`.

        Offsets are code points; `start` and `end` are those of the whole item, `spans` holds its parts.

        Raises:
            UnknownNameError: there is no such layer.
        """
        import pandas as pd

        if layer == "articles":
            return pd.DataFrame([_article_row(example) for example in self.examples], columns=_ARTICLE_COLUMNS)
        if layer not in LAYERS:
            raise unknown_name("layer", layer, [*LAYERS, "articles"])
        rows = [row for example in self.examples for row in _item_rows(example, layer)]
        frame = pd.DataFrame(rows, columns=_COLUMNS[layer])
        # Nullable integers: a quote without a speaker must not turn offsets into floats.
        return frame.astype({name: "Int64" for name in frame.columns if name.endswith(("start", "end"))})


def gold_dataset(
    examples: Iterable[Example],
    *,
    name: str,
    split: str,
    inventory: Inventory,
    map_counts: MapCounts | None = None,
    origin: Mapping[str, str] | None = None,
) -> GoldDataset:
    """A dataset of these examples, sorted by article id, with their fingerprint."""
    ordered = tuple(sorted(examples, key=lambda example: example.article.id))
    return GoldDataset(
        name=name,
        split=split,
        fingerprint=fingerprint_of(ordered),
        examples=ordered,
        inventory=inventory,
        map_counts=map_counts,
        origin=origin or {},
    )


_ARTICLE_COLUMNS = ("article_id", "title", "source", "published", "lang", "words", "metadata")
_PLACE = {"entities": "spans", "quotes": "content", "stances": "evidence"}
_COLUMNS = {
    "entities": ("article_id", "id", "label", "entity_id", "start", "end", "text", "spans"),
    "quotes": (
        *("article_id", "id", "kind", "start", "end", "text", "spans"),
        *("cue", "speaker", "speaker_id", "speaker_start", "speaker_end"),
    ),
    "stances": ("article_id", "id", "holder", "target", "label", "quote_id", "start", "end", "text", "spans"),
}


def _article_row(example: Example) -> dict[str, Any]:
    article = example.article
    row = {name: getattr(article, name) for name in ("title", "source", "published", "lang")}
    return {"article_id": article.id, **row, "words": len(article.text.split()), "metadata": dict(article.metadata)}


def _item_rows(example: Example, layer: str) -> Iterator[dict[str, Any]]:
    text = example.article.text
    for item in getattr(example.gold, layer) or ():
        spans: tuple[Span, ...] = getattr(item, _PLACE[layer])
        row = {name: getattr(item, name) for name in _COLUMNS[layer] if hasattr(item, name)}
        row |= {
            "article_id": example.article.id,
            "start": min((span.start for span in spans), default=None),
            "end": max((span.end for span in spans), default=None),
            "text": surface(text, spans),
            "spans": [list(span) for span in spans],
        }
        if layer == "quotes":
            speaker = item.speaker
            row |= {
                "cue": surface(text, item.cue),
                "speaker": None if speaker is None else surface(text, [speaker]),
                "speaker_start": None if speaker is None else speaker.start,
                "speaker_end": None if speaker is None else speaker.end,
            }
        yield row
