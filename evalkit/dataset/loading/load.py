"""Loading gold: from the bundled dataset, a folder, a file, or anything `datasets` can read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from evalkit.dataset.checking.checks import check_ids, check_readings, check_scorable
from evalkit.dataset.checking.disputes import dispute_notes, open_disputes, record_of
from evalkit.dataset.checking.offsets import converted_batch
from evalkit.dataset.checking.problems import Problem
from evalkit.dataset.checking.repeated import double_items, double_note
from evalkit.dataset.gold import GoldDataset, article_ids, gold_dataset
from evalkit.dataset.label_maps import LabelMap, apply_label_map, apply_label_maps
from evalkit.dataset.labels import (
    Inventory,
    load_inventory,
    load_label_map,
    mappable_inventory,
    mapped_inventory,
    unlisted_inventory,
    with_metadata_layers,
)
from evalkit.dataset.loading.indexed_file import gold_of_file, gold_of_rows
from evalkit.dataset.loading.indexed_folder import MANY_FILES, gold_of_folder
from evalkit.dataset.loading.readings import annotations_of, decided
from evalkit.dataset.loading.sources import (
    ALL,
    FolderFiles,
    Place,
    RawExample,
    check_settings,
    find_place,
    folder_files,
    raw_examples,
    read_place,
)
from evalkit.dataset.loading.stored import StoredGold, Survey
from evalkit.dataset.making.declaration import declared_readers, declared_scoper, with_declared_scopes
from evalkit.dataset.making.store import BUNDLED_NAME, bundled_gold
from evalkit.dataset.own_labels import Labelled, own_inventory
from evalkit.errors import InputError, LabelError, OffsetError
from evalkit.files import is_standard_input
from evalkit.formats.base import Batch
from evalkit.formats.collection import without_collection
from evalkit.formats.columnar import has_many_rows, streamed_rows
from evalkit.formats.native.stored import is_large, is_worth_keeping
from evalkit.formats.table import NATIVE
from evalkit.layers.table import layer_names
from evalkit.options import ReadOptions
from evalkit.records import Annotations, Example

__all__ = [
    "GoldDataset",
    "bundled_gold",
    "double_items",
    "double_note",
    "gold_of_batch",
    "in_file",
    "inventory_beside",
    "load_dataset",
    "load_splits",
    "refuse_unknown_only",
    "split_in_file",
    "splits_of",
]


@without_collection()
def load_dataset(
    source: str | Path | None = None,
    *,
    split: str | None = None,
    label_map: str | Path | LabelMap | None = None,
    check: bool = True,
    format: str | None = None,
    read: ReadOptions | None = None,
    later_maps: Sequence[str | Path] = (),
    annotator: str | None = None,
    download: bool | None = None,
    in_place: bool = False,
) -> GoldDataset:
    """The gold of one split.

    Args:
        source: None or `news-gold` for the bundled gold; a dataset folder; a public corpus by name, such as `wnut17`; a
            file or folder in any format (native JSON, inline markup, tag columns, …); any other folder or hub id
            `org/name[@revision]` with native columns, which is read by `datasets`.
        split: the split, or `all`; `test` if neither this nor `read` says. A file whose rows name no split is read
            whole.
        label_map: applied to the gold: a map, its name in the inventory, or a TOML file. Counts are in `map_counts`.
        check: refuse gold that cannot be scored (offsets, labels, ids, text hashes).
        format: the format of the files; found by looking into them by default.
        read: how files are read: format, settings, annotator, split, how many articles.
        later_maps: label maps that scoring will apply: what they translate is no unknown label.
        annotator: whose reading is the gold, where several people read an article; articles that they did not read
            are left out.
        download: whether a public corpus that is not here yet is fetched; None does so where somebody is at a terminal.
        in_place: whether examples stay in a file that is not large, too, where that is known: for who needs few.

    Raises:
        UnknownNameError: there is no such split, label map, format or annotator.
        InputError: the source does not exist, holds nothing, or fails the checks; or several readings and no gold.
    """
    read = read or ReadOptions()
    read = replace(read, split=split or read.split, annotator=annotator or read.annotator)
    read = read if download is None else replace(read, download=download)
    place = find_place(source, format or read.gold_format or read.format, profile=read.profile, download=read.download)
    check_settings(read, place)
    gold = in_file(place, read, later_maps, known=True) if check and label_map is None else None
    if gold is None:
        batch = read_place(place, read, split=read.split)
        gold = gold_of_batch(batch, place, read, label_map=label_map, check=check, later_maps=later_maps)
    elif not in_place and not _stays(place):
        gold = replace(gold, examples=tuple(gold.examples))
    return gold.subset(limit=read.limit, articles=read.articles)


PARQUET = "parquet"
"""The kind of a place that is one table of rows."""


def _stays(place: Place) -> bool:
    """Whether the gold of a place is too large for memory."""
    return place.kind != NATIVE or is_large(place.path)


def in_file(
    place: Place, read: ReadOptions, later_maps: Sequence[str | Path] = (), *, known: bool = False
) -> GoldDataset | None:
    """The gold of a place that is a large file, or a folder of many, where its examples stay; None if it is neither.

    It is what `gold_of_batch` would give.

    Args:
        place: where it is.
        read: how it is read.
        later_maps: as for `load_dataset`.
        known: whether to give that of a smaller file, too, where it pays to keep what is found in it.

    Raises:
        InputError, UnknownNameError: what `load_dataset` raises of label maps and of the files beside.
    """
    if place.unpacked or read.offsets or read.annotator:
        return None
    files = folder_files(place.path, read.split) if place.kind == "folder" else None
    if not _is_in_file(place, known=known) and (files is None or len(files.files) < MANY_FILES):
        return None
    found = _stored(place, read, files, later_maps)
    if found is None or (files is None and found.split is not None and read.split not in (ALL, found.split)):
        return None
    return _in_store(found, place, read, ALL if found.split is None or read.split == ALL else found.split)


def split_in_file(place: Place, read: ReadOptions) -> GoldDataset | None:
    """The only split of a large file, where its examples stay; None if the place is no such file.

    It is what `splits_of` would give, but for labels of readings that nobody has listed.

    Raises:
        InputError: what is declared beside the file cannot be read.
    """
    if place.unpacked or read.offsets or read.annotator or not _is_in_file(place, known=True):
        return None
    found = _stored(place, read, None)
    return None if found is None else _in_store(found, place, read, found.split or ALL)


def _is_in_file(place: Place, *, known: bool) -> bool:
    if place.kind == PARQUET:
        return place.path.is_file() and has_many_rows(place.path)
    return place.kind == NATIVE and (is_worth_keeping if known else is_large)(place.path)


def _stored(
    place: Place, read: ReadOptions, files: FolderFiles | None, later_maps: Sequence[str | Path] = ()
) -> StoredGold | None:
    """What one pass over a large file, or over the files of a folder, finds; None where it takes all in memory."""
    inventory = inventory_beside(place)
    maps = [load_label_map(name, inventory) for name in later_maps]

    def accepted(labels: Inventory) -> Inventory:
        for one in maps:
            labels = mappable_inventory(labels, one)
        return labels

    keep_case = read.values.get("label_case") == "keep"
    survey = Survey(inventory, scoped=declared_scoper(place.folder), accepted=accepted, keep_case=keep_case)
    if files is not None:
        return gold_of_folder(place.path, files, survey, asked=f"{read.split} {keep_case}")
    if place.kind == PARQUET:
        return gold_of_rows(streamed_rows(place.path), place.folder, survey, asked=f"{keep_case}")
    return gold_of_file(place.path, place.folder, survey, asked=f"{keep_case}")


def _in_store(found: StoredGold, place: Place, read: ReadOptions, split: str) -> GoldDataset:
    open_ones = _disputed(place, article_ids(found.examples))
    return GoldDataset(
        name=place.name,
        split=split,
        fingerprint=found.fingerprint,
        examples=found.examples,
        inventory=found.inventory,
        origin=_origin(place, read),
        notes=(*found.notes, *dispute_notes(open_ones)),
        disputed=open_ones,
        readers=declared_readers(place.folder),
    )


def gold_of_batch(
    batch: Batch,
    place: Place,
    read: ReadOptions,
    *,
    label_map: str | Path | LabelMap | None = None,
    check: bool = True,
    later_maps: Sequence[str | Path] = (),
) -> GoldDataset:
    """The gold in what was read, checked, with labels mapped. Raises what `load_dataset` raises."""
    batch = decided(batch, place.location)
    batch = replace(batch, examples=with_declared_scopes(batch.examples, place.folder))
    batch, unconverted = converted_batch(batch, read, place)
    inventory = inventory_beside(place)
    wanted = _label_map(label_map, inventory)
    # Before the labels of the gold: of two mistakes the name of a map is the one that explains the other.
    maps = [load_label_map(name, inventory) for name in later_maps]
    raws, labelled = _labelled(batch, place, read, inventory)
    if check:
        accepted = labelled.inventory
        for one in maps if wanted is None else [wanted, *maps]:
            accepted = mappable_inventory(accepted, one)
        _refuse_unscorable(raws, accepted, place, unconverted)
    named = sorted({raw.split for raw in raws if raw.split is not None})
    # One that is called otherwise, such as validation for dev, is called by its own name.
    split = ALL if not named else named[0] if read.split != ALL and len(named) == 1 else read.split
    gold = _mapped(
        labelled.examples,
        name=place.name,
        split=split,
        inventory=labelled.inventory,
        label_map=wanted,
    )
    open_ones = {} if read.annotator else _disputed(place, article_ids(labelled.examples))
    notes = (*batch.sentences, *labelled.notes, *double_items(labelled.examples), *dispute_notes(open_ones))
    readers, origin = declared_readers(place.folder), _origin(place, read)
    return replace(gold, origin=origin, reading=batch.reading, notes=notes, disputed=open_ones, readers=readers)


def _labelled(batch: Batch, place: Place, read: ReadOptions, inventory: Inventory) -> tuple[list[RawExample], Labelled]:
    """What was read, in the spelling of its inventory.

    Raises:
        FormatError: something could not be read.
        InputError: there is no article.
    """
    raws = raw_examples(batch)
    if not raws:
        raise InputError(f"{place.location}: holds no article; check the path, or build it with evalkit dataset build")
    if not inventory.metadata:
        refuse_unknown_only(batch, place, annotations_of(raw.example for raw in raws))
    keep_case = read.values.get("label_case") == "keep"
    labelled = own_inventory(batch.examples, inventory, defined=batch.labels, keep_case=keep_case)
    own = zip(raws, labelled.examples, strict=True)
    return [raw if raw.example is one else replace(raw, example=one) for raw, one in own], labelled


@without_collection()
def load_splits(
    source: str | Path | None = None,
    *,
    split: str = ALL,
    check: bool = True,
    read: ReadOptions | None = None,
    decide: Callable[[Batch, str], Batch] = decided,
    hashed: bool = True,
) -> tuple[GoldDataset, ...]:
    """Every split of a source as a dataset of its own, in the order train, dev, test, others.

    A source without splits is one dataset with the split `all`. Raises what `load_dataset` raises.

    Args:
        source: what `load_dataset` takes.
        split: only this one.
        check: refuse gold that cannot be scored, and readings.
        read: how files are read.
        decide: what becomes of articles with several readings and no gold (see `evalkit.dataset.loading.readings`).
        hashed: whether fingerprints are made; they are empty for who needs none.
    """
    read = read or ReadOptions()
    place = find_place(source, read.gold_format or read.format, profile=read.profile, download=read.download)
    return splits_of(place, read, split=split, check=check, decide=decide, hashed=hashed)


def splits_of(
    place: Place,
    read: ReadOptions,
    *,
    split: str = ALL,
    check: bool = True,
    decide: Callable[[Batch, str], Batch] = decided,
    hashed: bool = True,
) -> tuple[GoldDataset, ...]:
    """Every split of a place, as `load_splits` gives them."""
    check_settings(read, place)
    batch = decide(read_place(place, read, split=split), place.location)
    batch = replace(batch, examples=with_declared_scopes(batch.examples, place.folder))
    batch, unconverted = converted_batch(batch, read, place)
    listed = inventory_beside(place)
    raws, (_, inventory, notes) = _labelled(batch, place, read, listed)
    if check:
        # Labels that only the gold says are those of no reading.
        of_readings = [
            problem for raw in raws for problem in check_readings(raw.example, listed, raw.claims.readings, fatal=True)
        ]
        _refuse_unscorable(raws, inventory, place, [*unconverted, *of_readings])
    by_split: dict[str, list[Example]] = {}
    for raw in raws:
        by_split.setdefault(raw.split or ALL, []).append(raw.example)
    origin, readers = _origin(place, read), declared_readers(place.folder)
    return tuple(
        replace(
            gold_dataset(examples, name=place.name, split=split, inventory=inventory, origin=origin, hashed=hashed),
            reading=batch.reading,
            notes=(*batch.sentences, *notes, *double_items(examples)),
            disputed={} if read.annotator else _disputed(place, article_ids(examples)),
            readers=readers,
        )
        for split, examples in by_split.items()
    )


def _disputed(place: Place, article_ids: Iterable[str]) -> dict[str, int]:
    """What is open in the gold of a dataset folder."""
    if place.kind != "folder":
        return {}
    return open_disputes(record_of(place.path), article_ids)


def _origin(place: Place, read: ReadOptions) -> dict[str, str]:
    """What loads it again; nothing for standard input, which is gone."""
    if is_standard_input(place.location):
        return {}
    return {
        "dataset": place.name if place.name == BUNDLED_NAME or place.kind == "catalogue" else place.location,
        **({} if place.format is None else {"format": place.kind}),
        **({"annotator": read.annotator} if read.annotator else {}),
        **({"offsets": read.offsets} if read.offsets else {}),
        **({"profile": str(read.profile)} if read.profile and place.format and place.format.profile else {}),
        **{name: value for name, value in read.values.items() if place.format and name in place.format.options},
    }


def inventory_beside(place: Place) -> Inventory:
    """What the `labels.toml` beside files or in a folder says; no label where there is none."""
    return unlisted_inventory() if place.folder is None else load_inventory(place.folder)


def refuse_unknown_only(batch: Batch, place: Place, annotations: Iterable[Annotations]) -> None:
    """Refuses files whose items stand under names that are no layer, and nothing else is annotated.

    Raises:
        InputError: names what the file has, and the layers.
    """
    if batch.unknown and not any(one.layers for one in annotations):
        names = ", ".join(map(repr, sorted(batch.unknown)))
        raise InputError(
            f"{place.location}: has objects under {names} only, and no layer of that name is known; there are "
            f"{', '.join(layer_names())}"
        )


def _label_map(label_map: str | Path | LabelMap | None, inventory: Inventory) -> LabelMap | None:
    if label_map is None or isinstance(label_map, LabelMap):
        return label_map
    return load_label_map(label_map, inventory)


def _refuse_unscorable(
    raws: Sequence[RawExample], inventory: Inventory, source: Place, unconverted: Sequence[Problem]
) -> None:
    problems = [*unconverted, *check_ids((raw.example.article.id, raw.claims.where) for raw in raws)]
    for raw in raws:
        claims = raw.claims
        problems += check_scorable(
            raw.example, inventory, surfaces=claims.surfaces, sha256=claims.sha256, proved=claims.proved
        )
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
    whole = (with_metadata_layers(example, inventory).gold for example in examples)
    mapped, (counts,) = apply_label_maps(whole, [label_map])
    # Readings are counted nowhere, and mapped all the same.
    others = (example.changed(lambda own: apply_label_map(own, label_map)[0]) for example in examples)
    return gold_dataset(
        [replace(example, gold=gold) for example, gold in zip(others, mapped, strict=True)],
        name=name,
        split=split,
        inventory=mapped_inventory(inventory, label_map),
        map_counts=counts,
    )
