"""A loaded gold dataset: annotated articles of one split, with a fingerprint of what they say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from evalkit.dataset.labels import Inventory, MapCounts
from evalkit.errors import EvalkitError
from evalkit.formats.native_write import sha256_text, surface
from evalkit.records import LAYERS, Entity, Example, Quote, Span, Stance
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


def fingerprint_of(examples: Iterable[Example]) -> str:
    """16 hexadecimal digits of a SHA-256 over what the gold says, whatever the order of articles, items and ids."""
    digests = sorted(hashlib.sha256(_content(example)).digest() for example in examples)
    return hashlib.sha256(b"".join(digests)).hexdigest()[:16]


def _content(example: Example) -> bytes:
    """What one example says, without ids and in one order, as JSON."""
    article, gold = example.article, example.gold
    quotes = None if gold.quotes is None else sorted(((_said(quote), quote.id) for quote in gold.quotes), key=repr)
    number = {name: index for index, (_, name) in enumerate(quotes or ())}
    content = [
        article.id,
        sha256_text(article.text),
        # Zones decide which items count when the scope names zones, so they belong to what was measured.
        sorted(map(list, article.zones)),
        None if gold.entities is None else sorted(map(_mention, gold.entities), key=repr),
        None if quotes is None else [said for said, _ in quotes],
        None if gold.stances is None else sorted((_stance(stance, number) for stance in gold.stances), key=repr),
        [
            None if names is None else sorted(names)
            for names in (gold.scope.layers, gold.scope.labels, gold.scope.zones)
        ],
    ]
    return orjson.dumps(content)


def _pairs(spans: Iterable[Span]) -> list[list[int]]:
    return sorted(map(list, spans))


def _mention(entity: Entity) -> list[object]:
    return [_pairs(entity.spans), entity.label, entity.entity_id, entity.score]


def _said(quote: Quote) -> list[object]:
    speaker = None if quote.speaker is None else list(quote.speaker)
    return [_pairs(quote.content), quote.kind, _pairs(quote.cue), speaker, quote.speaker_id, quote.score]


def _stance(stance: Stance, number: dict[str, int]) -> list[object]:
    quote = number.get(stance.quote_id or "", stance.quote_id)
    return [stance.holder, stance.target, stance.label, _pairs(stance.evidence), quote, stance.score]


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
