"""A corpus as gold: its files read in their format, with the splits of its entry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from evalkit.dataset.catalogue.entry import CorpusFile, Entry
from evalkit.dataset.catalogue.fetch import FILES
from evalkit.dataset.store import SPLITS
from evalkit.errors import FormatError
from evalkit.formats.base import Batch, Source, merged
from evalkit.formats.table import load_format
from evalkit.options import ReadOptions
from evalkit.records import Example

__all__ = ["read_corpus"]


def read_corpus(entry: Entry, folder: Path) -> Batch:
    """What is in a corpus, in the order of its files.

    Args:
        entry: the corpus.
        folder: where `fetch_corpus` put it.

    Raises:
        FormatError: a file holds something else than its entry says; each is checked before, so it is the reader.
    """
    form = load_format(entry.format)
    if form.read is None:
        raise FormatError(f"{entry.name}: format {entry.format!r} is not read")
    options = ReadOptions(format=entry.format, profile=entry.profile or None, values=entry.values)
    batches = []
    for file in entry.files:
        if file.beside:
            continue
        path = folder / FILES / file.path
        name = file.name or PurePosixPath(file.path).stem
        batch = form.read(Source(path=path, folder=folder / FILES, name=name), options)
        batches.append(_in_splits(entry, file, batch))
    return _left_out(entry, _spread(entry, merged(batches)))


def _in_splits(entry: Entry, file: CorpusFile, batch: Batch) -> Batch:
    """The articles of one file with their language and their split, as far as the file decides it."""
    after, later = entry.splits.later.get(file.path, (len(batch.examples), ""))
    splits = [later if number >= after else file.split or None for number in range(len(batch.examples))]
    given = batch.splits or (None,) * len(splits)
    return replace(
        batch,
        examples=tuple(_in_language(example, entry.language) for example in batch.examples),
        splits=tuple(own or said for own, said in zip(splits, given, strict=True)),
    )


def _in_language(example: Example, language: str) -> Example:
    return example if example.article.lang else replace(example, article=replace(example.article, lang=language))


def _spread(entry: Entry, batch: Batch) -> Batch:
    """The articles by split, with the one that lists and rules give to those that have none."""
    listed = {article_id: split for split, ids in entry.splits.lists.items() for article_id in ids}
    splits = list(_splits_of(entry, batch.examples, batch.splits, listed))
    # In the usual order of splits, and within each in that of the files.
    usual = {name: number for number, name in enumerate((*SPLITS, *sorted(set(splits) - set(SPLITS))))}
    order = sorted(range(len(splits)), key=lambda number: usual[splits[number]])
    return replace(
        batch,
        examples=tuple(batch.examples[number] for number in order),
        splits=tuple(splits[number] for number in order),
        claims=tuple(batch.claims[number] for number in order) if batch.claims else (),
    )


def _splits_of(
    entry: Entry, examples: Sequence[Example], given: Sequence[str | None], listed: dict[str, str]
) -> Iterator[str]:
    rule = entry.splits
    for number, (example, split) in enumerate(zip(examples, given, strict=True)):
        held = rule.held if rule.every and number % rule.every == 0 else rule.rest
        yield listed.get(example.article.id) or split or held


def _left_out(entry: Entry, batch: Batch) -> Batch:
    """What could not be read as a note, where the entry says that this is known of the corpus."""
    if not (entry.left_out and batch.problems):
        return batch
    notes = Counter(batch.notes)
    notes[f"{entry.left_out} left out, as the corpus is known to have"] += len(batch.problems)
    return replace(batch, problems=(), notes=notes)
