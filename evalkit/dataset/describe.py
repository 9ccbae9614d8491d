"""What is in a gold dataset, counted by split."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.labels import Inventory
from evalkit.dataset.loading.load import inventory_beside, load_splits, split_in_file, splits_of
from evalkit.dataset.loading.readings import settled
from evalkit.dataset.loading.sources import ALL, check_settings, find_place
from evalkit.dataset.tally import NOT_GIVEN, Counts, Tally
from evalkit.formats.collection import without_collection
from evalkit.layers.base import Layer
from evalkit.layers.table import all_layers
from evalkit.options import ReadOptions, listed
from evalkit.showing import shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["DescribedLabel", "Description", "DescriptionRow", "describe_dataset", "describe_source"]


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
    return _description(splits, [Tally.of(split) for split in splits], metadata=metadata)


@without_collection()
def describe_source(
    source: str | Path | None = None, *, split: str = ALL, read: ReadOptions | None = None
) -> tuple[Description, tuple[str, ...]]:
    """The counts of a source, and what is to be said about how it was read; large gold stays in its file.

    Args:
        source: what `load_dataset` takes.
        split: only this one.
        read: how files are read.

    Raises:
        InputError, UnknownNameError: what `load_splits` raises.
    """
    read = read or ReadOptions()
    place = find_place(source, read.gold_format or read.format, profile=read.profile, download=read.download)
    check_settings(read, place)
    gold = split_in_file(place, read) if split == ALL else None
    tally = None if gold is None else Tally.of(gold, inventory_beside(place))
    if gold is None or tally is None or tally.is_unscorable:
        splits = splits_of(place, read, split=split, decide=settled)
        return describe_dataset(splits), splits[0].notes
    return _description([gold], [tally], metadata=True), gold.notes


def _description(splits: Sequence[GoldDataset], tallies: Sequence[Tally], *, metadata: bool) -> Description:
    annotated = {name for tally in tallies for name in tally.annotated}
    in_gold = {name for tally in tallies for name in tally.in_gold}
    usual = [layer for layer in all_layers() if layer.always_stated or layer.name in in_gold]
    # What nobody has decided yet is no gold: of a layer that only readings have nothing is counted.
    decided = [tally.decided for tally in tallies]
    stated = [layer for layer in usual if any(layer.name in own for own in decided)]
    # The rows of layers have an order of their own, values of metadata are sorted.
    counted = [tally.layers(stated, split) for tally, split in zip(tallies, splits, strict=True)]
    rows = _without_undecided(_rows(counted), stated, decided)
    if metadata:
        rows += _given(_rows([tally.metadata for tally in tallies], by_name=True))
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
    said = {row.group for row in rows if row.name != NOT_GIVEN}
    return [row for row in rows if row.group in said]
