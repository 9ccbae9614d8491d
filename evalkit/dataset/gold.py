"""A loaded gold dataset: annotated articles of one split, with a fingerprint of what they say."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from evalkit.dataset.fingerprint import fingerprint_of
from evalkit.dataset.label_maps import MapCounts
from evalkit.dataset.labels import Inventory, with_metadata_layers, without_metadata_layers
from evalkit.dataset.loading.readings import settled_example
from evalkit.errors import EvalkitError, InputError
from evalkit.formats.native.rows import example_to_row
from evalkit.formats.native.stored import StoredRecords
from evalkit.harmless import clean
from evalkit.layers.base import Layer, surface
from evalkit.layers.fields import NUMBER, SPAN, SPANS
from evalkit.layers.table import all_layers, layer_names, load_layer
from evalkit.records import Article, Example
from evalkit.registry import unknown_name
from evalkit.showing import number_of, shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = [
    "GoldDataset",
    "article_ids",
    "articles_of",
    "as_stored",
    "fingerprint_of",
    "gold_dataset",
    "named_articles",
    "picked",
    "settled_splits",
    "stated_layers",
]


_PLACES = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")

_ALMOST_PLACES = re.compile(r"(?=.*\d)[\d\s–—:.-]+")
"""What somebody meant for places: a list of all ids would not help."""


def named_articles(ids: Sequence[str], wanted: Sequence[str]) -> frozenset[str]:
    """The articles that are asked for by id or by place.

    Args:
        ids: all there are, in their order.
        wanted: an id, or several with commas, or a place as `7`, or some as `10-20`, counted from 1. What is an id is
            one, whatever else it looks like.

    Raises:
        InputError: there are fewer places.
        UnknownNameError: there is no article of an id.
    """
    known = frozenset(ids)
    words = [part for word in wanted for part in ([word] if word in known else map(str.strip, word.split(",")))]
    named: set[str] = set()
    for word in filter(None, words):
        if word in known:
            named.add(word)
        elif places := _PLACES.fullmatch(word):
            first, last = int(places[1]), int(places[2] or places[1])
            if not 1 <= first <= last or last > len(ids):
                raise InputError(
                    f"articles {word!r}: there are {number_of(len(ids), 'article')}; write FIRST-LAST, counted from 1"
                )
            named.update(ids[first - 1 : last])
        elif _ALMOST_PLACES.fullmatch(word):
            raise InputError(f"articles {word!r:.60}: neither an id nor places; write FIRST-LAST, such as 10-20")
        else:
            raise unknown_name("article", word, ids)
    if not named:
        raise InputError("articles: none is named; write their ids with commas, or places as 10-20")
    return frozenset(named)


@dataclass(frozen=True, kw_only=True, repr=False)
class GoldDataset:
    """Annotated articles of one split.

    Attributes:
        name: how the dataset is called in signatures.
        split: the split, or `all`.
        fingerprint: 16 hexadecimal digits that change whenever texts, annotations, zones or scope do.
        examples: the articles with their gold, sorted by article id; those of a large file stay in it.
        inventory: the labels that the gold may use.
        map_counts: what a label map did to the gold, if one was applied.
        origin: what loads it again: `dataset`, and for tag columns `format` and how they were read; may be empty.
        reading: how its files were read where that changes figures, for signatures, such as `tags:IOB2/begin`.
        notes: what is to be said about how it was read, each a sentence.
        disputed: article id → how many items there are disputed, and so not in the gold.
        readers: what the annotators are whose readings are kept, by name, where the owner declares it.
    """

    name: str
    split: str
    fingerprint: str
    examples: Sequence[Example]
    inventory: Inventory
    map_counts: MapCounts | None = None
    origin: Mapping[str, str] = dataclasses.field(default_factory=dict, compare=False)
    reading: str = ""
    notes: tuple[str, ...] = dataclasses.field(default=(), compare=False)
    disputed: Mapping[str, int] = dataclasses.field(default_factory=dict, compare=False)
    readers: Mapping[str, str] = dataclasses.field(default_factory=dict, compare=False)

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        return clean(
            f"<GoldDataset {self.name}@{self.fingerprint[:7]}, {self.split}, {number_of(len(self), 'article')}>"
        )

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

    def subset(self, *, limit: int | None = None, articles: Sequence[str] = ()) -> GoldDataset:
        """Some of the articles, with a fingerprint of their own; everything if nothing is asked for.

        Args:
            limit: the first so many by id, of those that are named if some are.
            articles: ids, several of them with commas, or places in the order of ids, as `10-20`, counted from 1.

        Raises:
            EvalkitError: the limit is below 1, or there is no article of an id or at a place.
        """
        if limit is not None and limit < 1:
            raise EvalkitError(f"limit {limit} leaves no article; use 1 or more")
        ids = article_ids(self.examples)
        named = named_articles(ids, articles) if articles else None
        places = [place for place, name in enumerate(ids) if named is None or name in named][:limit]
        if len(places) == len(ids):
            return self
        examples = picked(self.examples, places)
        return replace(self, examples=examples, fingerprint=fingerprint_of(examples))

    def to_json(self) -> dict[str, Any]:
        """The dataset as JSON values: the articles with their gold in native form."""
        return {
            "format": "evalkit.gold",
            "version": 1,
            **{name: getattr(self, name) for name in ("name", "split", "fingerprint")},
            "examples": [example_to_row(example) for example in self.examples],
        }

    def to_pandas(self, layer: str = "articles") -> DataFrame:
        """One row for each item of a layer, or for each article if the layer is `articles`.

        Offsets are code points; `start` and `end` are those of the whole item, `spans` holds its parts.

        Raises:
            UnknownNameError: there is no such layer.
        """
        import pandas as pd

        if layer == "articles":
            return pd.DataFrame([_article_row(example) for example in self.examples], columns=_ARTICLE_COLUMNS)
        if layer not in layer_names():
            raise unknown_name("layer", layer, [*layer_names(), "articles"])
        kind = load_layer(layer)
        rows = [
            {"article_id": example.article.id} | _item_row(kind, item, example.article.text)
            for example in self.examples
            for item in kind.of(example.gold) or ()
        ]
        names, offsets = _columns(kind)
        # Nullable integers: a quote without a speaker must not turn offsets into floats.
        return pd.DataFrame(rows, columns=names).astype(dict.fromkeys(offsets, "Int64"))

    _repr_html_ = shown_html


def article_ids(examples: Sequence[Example]) -> list[str]:
    """The ids of the articles, in their order."""
    return list(examples.ids) if isinstance(examples, StoredRecords) else [one.article.id for one in examples]


class _StoredArticles(Mapping[str, Article]):
    """The articles of examples in a file."""

    def __init__(self, examples: StoredRecords[Example]) -> None:
        self._examples = examples

    def __getitem__(self, article: str) -> Article:
        example: Example | None = self._examples.get(article)
        if example is None:
            raise KeyError(article)
        return example.article

    def __iter__(self) -> Iterator[str]:
        return iter(self._examples.ids)

    def __len__(self) -> int:
        return len(self._examples)


def articles_of(examples: Sequence[Example]) -> Mapping[str, Article]:
    """Article id → article; those in a file stay there."""
    if isinstance(examples, StoredRecords):
        return _StoredArticles(examples)
    return {example.article.id: example.article for example in examples}


def picked(examples: Sequence[Example], places: Sequence[int]) -> Sequence[Example]:
    """The examples at some places; those in a file stay there."""
    if isinstance(examples, StoredRecords):
        return examples.picked(places)
    return tuple([examples[place] for place in places])


def as_stored(gold: GoldDataset) -> GoldDataset:
    """The dataset as files hold it: without the layers that its metadata says already."""
    return replace(gold, examples=tuple(without_metadata_layers(example, gold.inventory) for example in gold))


def settled_splits(splits: Iterable[GoldDataset]) -> tuple[GoldDataset, ...]:
    """The splits as they are loaded from what was stored: where there is no other gold, the only reading is."""
    return tuple(_settled_split(gold) if any(example.readings for example in gold) else gold for gold in splits)


def _settled_split(gold: GoldDataset) -> GoldDataset:
    examples = tuple(map(settled_example, as_stored(gold)))
    if all(one is other for one, other in zip(examples, gold, strict=True)):
        # Each has gold: nothing is another than it was, the fingerprint neither.
        return gold
    return gold_dataset(examples, name=gold.name, split=gold.split, inventory=gold.inventory)


def stated_layers(splits: Iterable[GoldDataset]) -> list[Layer[Any]]:
    """The layers that files and counts of some splits name: those that always are, and those that anybody annotated."""
    annotated = {name for split in splits for example in split for name in example.gold.layers}
    return [layer for layer in all_layers() if layer.always_stated or layer.name in annotated]


def gold_dataset(
    examples: Iterable[Example],
    *,
    name: str,
    split: str,
    inventory: Inventory,
    map_counts: MapCounts | None = None,
    origin: Mapping[str, str] | None = None,
    hashed: bool = True,
) -> GoldDataset:
    """A dataset of these examples, sorted by article id, with their fingerprint unless it is not to be `hashed`.

    Layers that the inventory reads from metadata are added where an article has none of its own.
    """
    whole = (with_metadata_layers(example, inventory) for example in examples)
    ordered = tuple(sorted(whole, key=lambda example: example.article.id))
    return GoldDataset(
        name=name,
        split=split,
        fingerprint=fingerprint_of(ordered) if hashed else "",
        examples=ordered,
        inventory=inventory,
        map_counts=map_counts,
        origin=origin or {},
    )


_ARTICLE_COLUMNS = ("article_id", "title", "source", "published", "lang", "words", "metadata")


def _article_row(example: Example) -> dict[str, Any]:
    article = example.article
    row = {name: getattr(article, name) for name in ("title", "source", "published", "lang")}
    return {"article_id": article.id, **row, "words": len(article.text.split()), "metadata": dict(article.metadata)}


def _columns(layer: Layer[Any]) -> tuple[list[str], list[str]]:
    """The columns of a frame of items, and those of them that hold offsets: what an item says, its place, its parts."""
    names = [field.name for field in layer.fields if field.type is not NUMBER and field.name != layer.spans_field]
    # What follows a part of an item, such as the entity_id after the speaker, belongs to that part.
    first_part = next((number for number, name in enumerate(names) if name in layer.span_names), len(names))
    whole = [] if layer.spans_field is None else ["start", "end"]
    bounds = [f"{field.name}_{end}" for field in layer.fields if field.type is SPAN for end in ("start", "end")]
    place = [*whole, "text", "spans"] if whole else []
    return ["article_id", "id", *names[:first_part], *place, *names[first_part:], *bounds], whole + bounds


def _item_row(layer: Layer[Any], item: Any, text: str) -> dict[str, Any]:
    """An item with its parts as what stands there, and the bounds of the whole."""
    row: dict[str, Any] = {"id": item.id}
    for field in layer.fields:
        value = row[field.name] = getattr(item, field.name)
        if field.type is SPANS:
            row[field.name] = surface(text, value)
        elif field.type is SPAN:
            row[field.name] = None if value is None else surface(text, [value])
            row |= dict(zip((f"{field.name}_start", f"{field.name}_end"), value or (None, None), strict=True))
    if layer.spans_field is not None:
        spans = layer.spans(item)
        bounds = (min(span.start for span in spans), max(span.end for span in spans)) if spans else (None, None)
        row |= {"start": bounds[0], "end": bounds[1], "text": surface(text, spans), "spans": [list(s) for s in spans]}
    return row
