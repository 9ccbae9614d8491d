"""`patch_dataset`: makes the changes of a patch in a dataset folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from evalkit.analysis.differences.apply import apply_changes
from evalkit.analysis.differences.change import ItemChange
from evalkit.analysis.differences.dataset_diff import DatasetDiff, diff_examples
from evalkit.dataset.checking.checks import check_example
from evalkit.dataset.checking.problems import Problem
from evalkit.dataset.gold import GoldDataset, as_stored, gold_dataset
from evalkit.dataset.labels import Inventory, load_inventory, unlisted_inventory
from evalkit.dataset.loading.load import load_splits
from evalkit.dataset.loading.readings import as_read
from evalkit.dataset.loading.sources import ALL
from evalkit.dataset.making.build import declaring_folder, labels_file, write_dataset
from evalkit.dataset.making.store import split_files
from evalkit.dataset.own_labels import own_inventory
from evalkit.errors import InputError
from evalkit.files import path_of
from evalkit.formats.native.canonical import canonical_example
from evalkit.records import Example

__all__ = ["patch_dataset"]


def patch_dataset(
    folder: str | Path, changes: Iterable[ItemChange] | DatasetDiff | str | Path, *, dry_run: bool = False
) -> DatasetDiff:
    """Makes changes in the gold of a dataset folder, all or none of them, and its card anew.

    Readings, texts and splits stay as they are. Of gold that an adjudication made, the next one takes the changes for
    decisions.

    Args:
        folder: a dataset folder, as `build_dataset` writes it.
        changes: a patch, the path of what `evalkit dataset diff --json` or `suspects --patch` wrote; or changes.
        dry_run: write nothing.

    Returns:
        What became of the gold.

    Raises:
        FormatError: the patch is none.
        InputError: there is no dataset folder; a change is about something that is not there (any more); or what it
            makes is not valid.
        OutputError: the folder cannot be written.
    """
    place = path_of(folder, "the dataset folder must be a path")
    if not place.is_dir() or not split_files(place):
        raise InputError(f"{place}: is no dataset folder; build one first")
    splits = load_splits(place, decide=as_read)
    changed = _changed(splits, changes)
    labels = labels_file([place])
    listed = unlisted_inventory() if labels is None else load_inventory(labels.parent)
    for gold, was in zip(changed, splits, strict=True):
        for example, old in zip(gold, was, strict=True):
            if problem := _new_problem(old, example, listed):
                raise InputError(f"{place}: the changes make gold that is not valid: {problem}; mend them")
    done = diff_examples(
        [(gold.split, example) for gold in splits for example in gold],
        [(gold.split, example) for gold in changed for example in gold],
        names=(str(place), f"{place}, patched"),
        notes=tuple(dict.fromkeys(note for gold in splits for note in gold.notes)),
    )
    if not dry_run:
        stored = [replace(gold, examples=tuple(map(canonical_example, as_stored(gold)))) for gold in changed]
        inventory = own_inventory([example for gold in stored for example in gold], listed).inventory
        written = [gold_dataset(gold, name=gold.name, split=gold.split, inventory=inventory) for gold in stored]
        write_dataset(written, place, declared_in=declaring_folder([place]), labels=labels)
    return done


def _new_problem(old: Example, new: Example, inventory: Inventory) -> Problem | None:
    """What is wrong with an article and was not before, if anything is."""
    if new.gold == old.gold:
        return None
    before = Counter((one.code, one.message) for one in check_example(canonical_example(old), inventory))
    found = check_example(canonical_example(new), inventory)
    after = Counter((one.code, one.message) for one in found)
    return next((one for one in found if (said := (one.code, one.message)) and after[said] > before[said]), None)


def _changed(
    splits: Sequence[GoldDataset], changes: Iterable[ItemChange] | DatasetDiff | str | Path
) -> list[GoldDataset]:
    """The splits with the changes made; a change names an article, whatever split that is in."""
    first = splits[0]
    together = [example for gold in splits for example in gold]
    whole = gold_dataset(together, name=first.name, split=ALL, inventory=first.inventory)
    by_id = {example.article.id: example for example in apply_changes(whole, changes)}
    return [
        gold_dataset(
            [by_id[example.article.id] for example in gold],
            name=gold.name,
            split=gold.split,
            inventory=gold.inventory,
        )
        for gold in splits
    ]
