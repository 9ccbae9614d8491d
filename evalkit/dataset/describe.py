"""What is in a gold dataset, counted by split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from evalkit.dataset.gold import GoldDataset, stated_layers
from evalkit.dataset.labels import Inventory
from evalkit.dataset.loading.load import load_splits
from evalkit.dataset.loading.readings import annotations_of, counted_readings, is_undecided, settled
from evalkit.formats.collection import without_collection
from evalkit.layers.base import Layer
from evalkit.options import listed
from evalkit.showing import number_of, shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["DescribedLabel", "Description", "DescriptionRow", "describe_dataset"]


class DescriptionRow(NamedTuple):
    """One line of the description: how often `name` occurs in each split, in the order of the splits.

    A count is None where no gold of the split has the layer that it is about.
    """

    group: str
    name: str
    counts: tuple[int | None, ...]


class DescribedLabel(NamedTuple):
    """What the owner of a gold says of a label: "" for what is not said."""

    definition: str = ""
    colour: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """Counts of everything a reader of the gold asks for.

    Attributes:
        name: the dataset.
        splits: the names of its splits.
        fingerprints: their fingerprints, in the same order.
        rows: the counts, in groups: size, each layer by label and what else it counts, readings, metadata. A layer of
            which there is no gold has none, nor has a kind of metadata that no article gives.
        not_annotated: the layers that nobody annotated, as far as gold usually has them.
        labels: layer → label → what `labels.toml` says of it, where it says anything.
    """

    name: str
    splits: tuple[str, ...]
    fingerprints: tuple[str, ...]
    rows: tuple[DescriptionRow, ...]
    labels: Mapping[str, Mapping[str, DescribedLabel]] = field(default_factory=dict)
    not_annotated: tuple[str, ...] = ()

    def groups(self) -> dict[str, list[DescriptionRow]]:
        """The rows by group, in order."""
        grouped: dict[str, list[DescriptionRow]] = {}
        for row in self.rows:
            grouped.setdefault(row.group, []).append(row)
        return grouped

    def to_json(self) -> dict[str, object]:
        """The description as JSON values: `splits.SPLIT.GROUP.NAME` is a count, or null."""
        splits: dict[str, dict[str, object]] = {}
        for number, (split, fingerprint) in enumerate(zip(self.splits, self.fingerprints, strict=True)):
            groups: dict[str, object] = {"fingerprint": fingerprint}
            for group, rows in self.groups().items():
                groups[group] = {row.name: row.counts[number] for row in rows}
            splits[split] = groups
        labels = {layer: {label: said._asdict() for label, said in own.items()} for layer, own in self.labels.items()}
        not_annotated = list(self.not_annotated)
        return {"name": self.name, "splits": splits, "labels": labels, "not_annotated": not_annotated}

    def to_pandas(self) -> DataFrame:
        """One row a count, its group and name as index, one column a split."""
        import pandas as pd

        index = pd.MultiIndex.from_tuples([(row.group, row.name) for row in self.rows], names=["group", "name"])
        return pd.DataFrame([row.counts for row in self.rows], index=index, columns=list(self.splits), dtype="Int64")

    _repr_html_ = shown_html


@without_collection()
def describe_dataset(
    gold: GoldDataset | Sequence[GoldDataset] | str | Path | None = None, *, metadata: bool = True
) -> Description:
    """The counts of one split, or of several side by side (`load_splits` gives them).

    Args:
        gold: the splits, or where to load all of them from; the bundled gold by default.
        metadata: also count the values of metadata, sources, years, languages and zones.
    """
    if gold is None or isinstance(gold, (str, Path)):
        gold = load_splits(gold, decide=settled)
    splits = listed(
        gold, GoldDataset, wanted="gold must be GoldDatasets (from load_dataset) or where to load them from"
    )
    annotated = {name for split in splits for own in annotations_of(split) for name in own.layers}
    usual = stated_layers(splits)
    # What nobody has decided yet is no gold: of a layer that only readings have nothing is counted.
    decided = [{name for example in split for name in example.settled.layers} for split in splits]
    stated = [layer for layer in usual if any(layer.name in own for own in decided)]
    # The rows of layers have an order of their own, values of metadata are sorted.
    rows = _without_undecided(_rows([_layers(split, stated) for split in splits]), stated, decided)
    if metadata:
        rows += _given(_rows([_metadata(split) for split in splits], by_name=True))
    return Description(
        name=splits[0].name if splits else "",
        splits=tuple(split.split for split in splits),
        fingerprints=tuple(split.fingerprint for split in splits),
        rows=tuple(rows),
        labels=_described(splits[0].inventory, stated) if splits else {},
        not_annotated=tuple(layer.name for layer in usual if layer.name not in annotated),
    )


def _described(inventory: Inventory, layers: Sequence[Layer[Any]]) -> dict[str, dict[str, DescribedLabel]]:
    described: dict[str, dict[str, DescribedLabel]] = {}
    for layer in layers:
        definitions, colours = inventory.definitions_of(layer.name), inventory.colours_of(layer.name)
        for label in inventory.labels_of(layer.name):
            said = DescribedLabel(definitions.get(label, ""), colours.get(label, ""))
            if any(said):
                described.setdefault(layer.name, {})[label] = said
    return described


Counts = dict[str, dict[str, int]]

_NOT_GIVEN = "(not given)"


def _rows(counted: Sequence[Counts], *, by_name: bool = False) -> list[DescriptionRow]:
    rows = []
    for group in dict.fromkeys(group for counts in counted for group in counts):
        names = dict.fromkeys(name for counts in counted for name in counts.get(group, {}))
        rows += [
            DescriptionRow(group, name, tuple(counts.get(group, {}).get(name, 0) for counts in counted))
            for name in (sorted(names) if by_name else names)
        ]
    return rows


def _without_undecided(
    rows: Sequence[DescriptionRow], stated: Sequence[Layer[Any]], decided: Sequence[Collection[str]]
) -> list[DescriptionRow]:
    """The rows with None for what is about a layer that the gold of a split does not have."""
    about = {(group, name): layer.name for layer in stated for group, own in layer.counts(()).items() for name in own}
    about |= {("size", layer.name): layer.name for layer in stated}
    about |= {(row.group, row.name): row.group for row in rows if row.group in {layer.name for layer in stated}}
    done = []
    for row in rows:
        layer = about.get((row.group, row.name))
        pairs = zip(row.counts, decided, strict=True)
        done.append(row._replace(counts=tuple(n if layer is None or layer in own else None for n, own in pairs)))
    return done


def _given(rows: Sequence[DescriptionRow]) -> list[DescriptionRow]:
    """Without the groups of which no article says anything."""
    said = {row.group for row in rows if row.name != _NOT_GIVEN}
    return [row for row in rows if row.group in said]


def _layers(gold: GoldDataset, stated: Sequence[Layer[Any]]) -> Counts:
    articles = [example.article for example in gold]
    items = {layer.name: [item for example in gold for item in layer.of(example.settled) or ()] for layer in stated}
    counts: Counts = {"size": {"articles": len(gold), "words": sum(len(article.text.split()) for article in articles)}}
    counts["size"] |= {name: len(own) for name, own in items.items()}
    for layer in stated:
        labels = Counter(map(layer.label, items[layer.name]))
        known = gold.inventory.labels_of(layer.name)
        counts[layer.name] = {label: labels[label] for label in dict.fromkeys((*known, *sorted(labels)))}
        for group, rows in layer.counts(gold.examples).items():
            counts.setdefault(group, {}).update(rows)
    return counts | _readings(gold)


def _readings(gold: GoldDataset) -> Counts:
    """How many articles each annotator read, how many were read by how many, and what has no gold yet."""
    by_name = counted_readings(gold)
    if not by_name:
        return {}
    numbers = Counter(len(example.readings) for example in gold)
    counts = {f"by {name}": number for name, number in by_name.items()}
    counts |= {f"articles with {number_of(size, 'reading')}": numbers[size] for size in sorted(numbers) if size}
    counts["articles without gold"] = sum(map(is_undecided, gold))
    return {"readings": counts | ({"disputed items": sum(gold.disputed.values())} if gold.disputed else {})}


def _metadata(gold: GoldDataset) -> Counts:
    articles = [example.article for example in gold]
    groups: Mapping[str, Iterator[str]] = {
        "section": (article.metadata.get("section", "") for article in articles),
        "country": (article.metadata.get("country", "") for article in articles),
        "genre": (article.metadata.get("genre", "") for article in articles),
        "source": (article.source for article in articles),
        "year": (article.published[:4] for article in articles),
        "language": (article.lang for article in articles),
        "zones": (zone.kind for article in articles for zone in article.zones),
    }
    tallied = {group: dict(Counter(value or _NOT_GIVEN for value in values)) for group, values in groups.items()}
    return {group: counts for group, counts in tallied.items() if counts}
