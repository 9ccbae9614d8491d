"""A corpus as gold: its files read in their format, with the splits of its entry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path, PurePosixPath

from evalkit.dataset.catalogue.entry import CorpusFile, Entry
from evalkit.dataset.catalogue.fetch import FILES
from evalkit.dataset.catalogue.owned import PROFILE_FILE
from evalkit.dataset.making.store import SPLITS
from evalkit.errors import FormatError
from evalkit.files import file_name_of
from evalkit.formats.base import Batch, Format, Source, merged
from evalkit.formats.table import load_format
from evalkit.options import ReadOptions
from evalkit.records import Annotations, Example, Zone
from evalkit.showing import number_of

__all__ = ["CORPUS_FORMATS", "corpus_format", "read_corpus"]

BODY = "body"
"""The zone of an article that is no page."""

CORPUS_FORMATS = {
    "gmb": "evalkit.dataset.catalogue.gmb:GMB",
    "sentfin": "evalkit.dataset.catalogue.sentfin:SENTFIN",
}
"""Formats that one corpus alone has, beside those of `evalkit.formats.table`."""


def corpus_format(name: str) -> Format:
    """The format of that name, of all files or of a corpus alone.

    Raises:
        UnknownNameError: there is none.
    """
    if name not in CORPUS_FORMATS:
        return load_format(name)
    module, _, attribute = CORPUS_FORMATS[name].partition(":")
    form: Format = getattr(import_module(module), attribute)
    return form


def read_corpus(entry: Entry, folder: Path, split: str = "") -> Batch:
    """What is in a corpus, in the order of its files.

    Args:
        entry: the corpus.
        folder: where `fetch_corpus` put it.
        split: files that hold nothing of this split are left unread; all are read if there is no such split.

    Raises:
        FormatError: a file holds something else than its entry says; each is checked before, so it is the reader.
    """
    form = corpus_format(entry.format)
    if form.read is None:
        raise FormatError(f"{entry.name}: format {entry.format!r} is not read")
    profile = folder / PROFILE_FILE if entry.profile else None
    options = ReadOptions(format=entry.format, profile=profile, values=entry.values)
    root = folder / FILES
    batches = []
    # A folder that is read as one is like one file, which says no split.
    whole = CorpusFile(path="", size=0, sha256="", name=entry.name)
    wanted = [file for file in entry.files if split not in entry.articles or _may_hold(entry, file, split)]
    for file in [whole] if entry.together else wanted:
        name = file.name or PurePosixPath(file.path).stem
        source = Source(path=root / file.path, folder=None if entry.together else root, name=name)
        batches.append(_in_splits(entry, file, name, form.read(source, options)))
    return _left_out(entry, _spread(entry, merged(batches)), whole=entry.together or len(wanted) == len(entry.files))


def _may_hold(entry: Entry, file: CorpusFile, split: str) -> bool:
    """Whether some article of a file may be in a split."""
    return not file.split or file.split == split or file.path in entry.splits.later or bool(entry.splits.lists)


def _in_splits(entry: Entry, file: CorpusFile, name: str, batch: Batch) -> Batch:
    """The articles of one file with what the entry says of them, and their split, as far as the file decides it.

    Where one id cannot be the name of a file, all articles are numbered and keep their ids as metadata.
    """
    numbered = not all(_can_be_file(example.article.id) for example in batch.examples)
    after, later = entry.splits.later.get(file.path, (len(batch.examples), ""))
    splits = [later if number >= after else file.split or None for number in range(len(batch.examples))]
    given = batch.splits or (None,) * len(splits)
    return replace(
        batch,
        examples=tuple(
            _stated(entry, f"{name}-{at:04d}" if numbered else "", own) for at, own in enumerate(batch.examples, 1)
        ),
        splits=tuple(own or said for own, said in zip(splits, given, strict=True)),
    )


def _stated(entry: Entry, name: str, example: Example) -> Example:
    """The article with its language, its number if it gets one, and the layers that are annotated exhaustively."""
    article, gold = example.article, example.gold
    if name:
        article = replace(article, id=name, metadata={**article.metadata, "id": article.id})
    if not article.lang:
        article = replace(article, lang=entry.language)
    if not article.zones and article.text:
        # Texts of corpora are no pages: nothing in them is to be taken for what stands around an article.
        article = replace(article, zones=(Zone(BODY, 0, len(article.text)),))
    if entry.whole:
        gold = Annotations(gold.layers, replace(gold.scope, layers=tuple(entry.whole)))
    return replace(example, article=article, gold=gold)


def _can_be_file(article_id: str) -> bool:
    try:
        file_name_of(article_id, ".json")
    except FormatError:
        return False
    return True


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


def _left_out(entry: Entry, batch: Batch, *, whole: bool) -> Batch:
    """What could not be read as a note, where the entry says that this, and so much of it, is known of the corpus.

    Raises:
        FormatError: it is another number, so that something else is among it, or was read otherwise than it was.
    """
    found = len(batch.problems)
    if not entry.left_out or not (found or whole):
        return batch
    if found > entry.faults or (whole and found != entry.faults):
        first = f", such as {batch.problems[0]}" if batch.problems else ""
        raise FormatError(
            f"{entry.name}: {number_of(found, 'item')} cannot be read, not the {entry.faults} that are known of "
            f"it{first}; get the corpus again, or report it"
        )
    notes = Counter(batch.notes)
    notes[f"{entry.left_out}, left out (a known fault of this corpus)"] += found
    return replace(batch, problems=(), notes=notes)
