"""Loading gold: from the bundled dataset, a folder, a file, or anything `datasets` can read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from evalkit.dataset.checks import check_ids, check_scorable
from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.dataset.label_maps import LabelMap, MapCounts, apply_label_map
from evalkit.dataset.labels import (
    Inventory,
    load_inventory,
    load_label_map,
    mappable_inventory,
    mapped_inventory,
    with_metadata_layers,
)
from evalkit.dataset.problems import Problem
from evalkit.dataset.sources import ALL, RawExample, Source, find_source, read_source
from evalkit.dataset.store import BUNDLED_NAME, bundled_gold
from evalkit.errors import InputError, LabelError, OffsetError
from evalkit.formats.collection import without_collection
from evalkit.records import Example

__all__ = ["GoldDataset", "bundled_gold", "load_dataset", "load_splits"]


@without_collection()
def load_dataset(
    source: str | Path | None = None,
    *,
    split: str = "test",
    label_map: str | Path | LabelMap | None = None,
    check: bool = True,
) -> GoldDataset:
    """The gold of one split.

    Args:
        source: None or `news-gold` for the bundled gold; a dataset folder; a `.jsonl`/`.json` file in native form; a
            file or folder of inline markup; any other folder or hub id `org/name[@revision]` with native columns,
            which is read by `datasets`.
        split: the split, or `all`; ignored for a file whose rows name no split.
        label_map: applied to the gold: a map, its name in the inventory, or a TOML file. Counts are in `map_counts`.
        check: refuse gold that cannot be scored (offsets, labels, ids, text hashes).

    Raises:
        UnknownNameError: there is no such split or label map.
        InputError: the source does not exist, holds nothing, or fails the checks.
    """
    found = find_source(source)
    raws = read_source(found, split=split)
    if not raws:
        raise InputError(f"{found.location}: holds no article; check the path, or build it with evalkit dataset build")
    inventory = load_inventory(found.folder)
    wanted = _label_map(label_map, inventory)
    if check:
        _refuse_unscorable(raws, inventory if wanted is None else mappable_inventory(inventory, wanted), found)
    named = {raw.split for raw in raws} - {None}
    gold = _mapped(
        [raw.example for raw in raws],
        name=found.name,
        split=split if named else ALL,
        inventory=inventory,
        label_map=wanted,
    )
    return replace(gold, origin={"dataset": BUNDLED_NAME if source is None else str(source)})


def load_splits(source: str | Path | None = None, *, check: bool = True) -> tuple[GoldDataset, ...]:
    """Every split of a source as a dataset of its own, in the order train, dev, test, others.

    A source without splits is one dataset with the split `all`. Raises what `load_dataset` raises.
    """
    found = find_source(source)
    raws = read_source(found)
    if not raws:
        raise InputError(f"{found.location}: holds no article; check the path, or build it with evalkit dataset build")
    inventory = load_inventory(found.folder)
    if check:
        _refuse_unscorable(raws, inventory, found)
    by_split: dict[str, list[Example]] = {}
    for raw in raws:
        by_split.setdefault(raw.split or ALL, []).append(raw.example)
    return tuple(
        gold_dataset(examples, name=found.name, split=split, inventory=inventory)
        for split, examples in by_split.items()
    )


def _label_map(label_map: str | Path | LabelMap | None, inventory: Inventory) -> LabelMap | None:
    if label_map is None or isinstance(label_map, LabelMap):
        return label_map
    return load_label_map(label_map, inventory)


def _refuse_unscorable(raws: Sequence[RawExample], inventory: Inventory, source: Source) -> None:
    problems = check_ids(raw.example.article.id for raw in raws)
    for raw in raws:
        problems += check_scorable(raw.example, inventory, surfaces=raw.surfaces, sha256=raw.sha256)
    if not problems:
        return
    first, more = problems[0], len(problems) - 1
    others = f" (and {more} more)" if more else ""
    path = source.location
    raise _kind_of(first)(f"{path}: {first}{others}; run `evalkit dataset validate {path}` for all")


def _kind_of(problem: Problem) -> type[InputError]:
    if problem.code.startswith(("offset-", "span-", "text-mismatch")):
        return OffsetError
    return LabelError if problem.code.endswith("-unknown") else InputError


def _mapped(
    examples: Sequence[Example], *, name: str, split: str, inventory: Inventory, label_map: LabelMap | None
) -> GoldDataset:
    if label_map is None:
        return gold_dataset(examples, name=name, split=split, inventory=inventory)
    counts = MapCounts()
    mapped: list[Example] = []
    for example in examples:
        gold, done = apply_label_map(with_metadata_layers(example, inventory).gold, label_map)
        counts += done
        mapped.append(Example(article=example.article, gold=gold))
    return gold_dataset(
        mapped, name=name, split=split, inventory=mapped_inventory(inventory, label_map), map_counts=counts
    )
