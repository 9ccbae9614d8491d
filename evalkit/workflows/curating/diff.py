"""`diff_datasets`: what became of gold between two versions of it, or what two people read otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from evalkit.analysis.differences.dataset_diff import DatasetDiff, Split, diff_examples
from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.loading.load import load_splits
from evalkit.dataset.loading.readings import as_read, undecided_notes
from evalkit.dataset.loading.revisions import Revision, checked_out, parsed_revision
from evalkit.dataset.loading.sources import ALL
from evalkit.dataset.making.store import BUNDLED_NAME
from evalkit.errors import EvalkitError, InputError
from evalkit.options import ReadOptions
from evalkit.records import Example
from evalkit.workflows.inputs import gold_from

__all__ = ["GoldVersion", "diff_datasets", "diff_versions", "read_version"]

Gold = GoldDataset | Iterable[Example] | str | Path


def diff_datasets(
    old: GoldDataset | Iterable[Example] | str | Path,
    new: GoldDataset | Iterable[Example] | str | Path | None = None,
    *,
    revision: str | None = None,
    split: str = ALL,
    annotator: str | None = None,
    new_annotator: str | None = None,
    scored: bool = False,
    read: ReadOptions | None = None,
) -> DatasetDiff:
    """What became of the items of a dataset, article by article, matched as the scorer matches.

    Things and topics that are only called otherwise are told once an article (`renamed`), and are no changes of items.
    Items of articles whose text differs are not compared; such articles are named, as are those that only one version
    has. Gold need not be valid to be compared.

    Args:
        old: the old version: a dataset, examples, a path or a name as `load_dataset` takes it, or `REV:PATH` for a path
            as it is at a revision of git, such as `HEAD~1:annotations`.
        new: the new version, as `old`; `old` itself as it is now if `revision` or `new_annotator` is given.
        revision: the old version is taken from this revision of git; `old` is a path then.
        split: only this split of both; by default all. Of datasets that are given as objects all is compared.
        annotator: the reading that counts, in both versions.
        new_annotator: the reading that counts in the new version, if it is another.
        scored: leave out what differs only in what is not scored, such as the evidence of a stance and the aliases of
            its topic; so it is where two readings are compared.
        read: how files are read.

    Raises:
        InputError: a version cannot be read, or git cannot give it.
        UnknownNameError: there is no such split or annotator.
    """
    if new is None:
        if revision is None and new_annotator is None:
            raise InputError("one version is given; name the other, a revision of git, or the annotator to compare")
        new = old
    read = read or ReadOptions()
    readers = annotator or read.annotator, new_annotator or annotator or read.annotator
    first = read_version(old, split=split, read=replace(read, annotator=readers[0]), revision=revision)
    second = read_version(new, split=split, read=replace(read, annotator=readers[1]))
    if readers[0] != readers[1]:
        first, second = (
            replace(one, name=f"{one.name} ({reader or 'gold'})")
            for one, reader in zip((first, second), readers, strict=True)
        )
    return diff_versions(first, second, scored=scored or readers[0] != readers[1])


@dataclass(frozen=True, slots=True)
class GoldVersion:
    """One version of gold.

    Attributes:
        name: what it is called.
        examples: its examples with their splits.
        notes: what is to be said about how it was read.
    """

    name: str
    examples: list[Split]
    notes: tuple[str, ...]


def diff_versions(old: GoldVersion, new: GoldVersion, *, scored: bool = False) -> DatasetDiff:
    """What two versions have not in common, as `diff_datasets` says it."""
    notes = tuple(dict.fromkeys((*old.notes, *new.notes)))
    return diff_examples(old.examples, new.examples, names=(old.name, new.name), scored=scored, notes=notes)


def read_version(source: Gold, *, read: ReadOptions, split: str = ALL, revision: str | None = None) -> GoldVersion:
    """One version, of a revision of git if one is named.

    Raises:
        NotInRevisionError: that revision has no such path.
        InputError: it cannot be read, or git cannot give it.
    """
    if not isinstance(source, str | Path):
        if revision is not None:
            raise InputError("a revision is that of a path; name the dataset by its path")
        gold = gold_from(source, read)
        return GoldVersion(gold.name, [(gold.split, example) for example in gold], gold.notes)
    checked = _checked_out(source, revision)
    try:
        splits = load_splits(
            source if checked is None else checked.path, split=split, check=False, read=read, decide=as_read
        )
    except EvalkitError as error:
        if checked is None:
            raise
        raise InputError(checked.as_asked(str(error))) from error
    notes = [note if checked is None else checked.as_asked(note) for gold in splits for note in gold.notes]
    notes += undecided_notes(example for gold in splits for example in gold)
    examples = [(gold.split, example) for gold in splits for example in gold]
    return GoldVersion(str(source) if checked is None else checked.name, examples, tuple(notes))


def _checked_out(source: str | Path, revision: str | None) -> Revision | None:
    """The files of a revision, if one is named."""
    named = parsed_revision(str(source))
    if revision is None:
        return None if named is None else checked_out(*named)
    if named is not None:
        raise InputError(f"{source}: names a revision itself; leave {revision!r} out")
    if str(source) == BUNDLED_NAME:
        raise InputError(f"{source}: is no path in a repository; name the folder")
    # It may be gone by now; then git is asked from the nearest folder that is left.
    path = Path(source).absolute()
    at = next(folder for folder in path.parents if folder.is_dir())
    below = path.relative_to(at).as_posix()
    found = checked_out(revision, f"./{below}", at=at)
    return replace(found, name=found.name.replace(f":./{below}", f":{source}"))
