"""`find_leakage`: which articles of a dataset stand in another split of it, or in a training corpus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.leakage.found import Leakage
from evalkit.dataset.leakage.search import leakage_of
from evalkit.dataset.loading.load import load_splits
from evalkit.dataset.loading.readings import settled
from evalkit.dataset.loading.sources import ALL
from evalkit.dataset.publishing.measured import ARTICLES, GOLD, Figure, folder_to_record_in, record_measurement
from evalkit.errors import InputError
from evalkit.layers.table import layer_names
from evalkit.options import ReadOptions, listed
from evalkit.records import Article, Example
from evalkit.registry import check_names
from evalkit.showing import number_of
from evalkit.workflows.inputs import gold_from
from evalkit.workflows.running.articles import read_articles

__all__ = ["corpus_articles", "find_leakage", "read_corpora"]


def find_leakage(
    dataset: GoldDataset | Sequence[GoldDataset] | str | Path | None = None,
    *,
    against: str | Path | GoldDataset | Iterable[str | Path | GoldDataset] = (),
    split: str = ALL,
    sampled: int | None = None,
    record: bool = False,
    needed: Sequence[str] = (),
    read: ReadOptions | None = None,
) -> Leakage:
    """Which articles of one split stand, in whole or in part, in another split or in a training corpus.

    Args:
        dataset: what `load_dataset` takes, a loaded split, or a list of splits; None for the bundled gold.
        against: training corpora: each a dataset, or the path or name of one in any format, a file of text, or a folder
            of such files. Their texts are asked, not their annotations.
        split: only this split of the dataset, which then needs a corpus.
        sampled: look at one of so many word sequences; by default at all of them up to 100 million characters.
        record: keep the main figures in the dataset folder, for its card; they are about all of its splits.
        needed: names of figures that must be there; one that is not is refused before anything is recorded.
        read: how the files of the dataset are read; those of `against` are recognised by what is in them.

    Raises:
        InputError: something cannot be read, there is nothing to compare, or nowhere to record it.
        UnknownNameError: there is no such split.
    """
    read = read or ReadOptions()
    folder = folder_to_record_in(dataset, read=replace(read, split=split)) if record else None
    splits = _splits(dataset, split, read)
    corpora, notes = read_corpora(against, read)
    found = leakage_of(splits, corpora, sampled=sampled)
    found = replace(found, notes=(*dict.fromkeys([*notes, *found.notes]),))
    check_names("figure", needed, found.figures())
    if folder is not None:
        record_measurement(folder, "leakage", _headline(found), splits, of=(ARTICLES, GOLD))
    return found


def _headline(found: Leakage) -> dict[str, Figure]:
    """The main figures, for a card."""
    corpora = number_of(len(found.against), "training corpus", "training corpora") if found.against else ""
    elsewhere = f"another split or {corpora}" if corpora else "another split"
    known = f"train and {corpora}" if corpora else "train"
    pairs = f"pairs of articles that share text, one of them in {elsewhere}"
    figures = {"pairs": Figure(value=len(found.pairs), about=pairs)}
    for split in found.splits:
        about = f"articles of {split} that share text with {elsewhere}"
        figures[f"articles.{split}"] = Figure(value=len(found.leaked(split)), about=about)
    mentions = layer_names()[0]
    for one in found.known:
        if one.what in ("words", mentions):
            about = f"share of the {one.what} of {one.split} that are known from {known}"
            figures[f"known.{one.split}.{one.what}"] = Figure(value=one.share, about=about)
    return figures


def _splits(
    dataset: GoldDataset | Sequence[GoldDataset] | str | Path | None, split: str, read: ReadOptions
) -> Sequence[GoldDataset]:
    if dataset is None or isinstance(dataset, str | Path):
        return load_splits(dataset, split=split, check=False, read=read, decide=settled)
    splits = [gold_from(dataset, read)] if isinstance(dataset, GoldDataset) else list(dataset)
    if odd := [one for one in splits if not isinstance(one, GoldDataset)]:
        raise InputError(
            f"a list of splits must be of GoldDatasets, found {type(odd[0]).__name__} {str(odd[0])[:40]!r}"
        )
    splits = [gold for gold in splits if split in (ALL, gold.split)]
    if not splits:
        raise InputError(f"there is no split {split!r} among those that were given")
    return splits


def _names(corpora: Sequence[str | Path | GoldDataset]) -> list[str]:
    """What the corpora are called: datasets by name and split, places as they were given; alike ones get a number."""
    names = [f"{one.name} {one.split}" if isinstance(one, GoldDataset) else str(one) for one in corpora]
    seen: Counter[str] = Counter()
    numbered = []
    for name in names:
        seen[name] += 1
        numbered.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return numbered


def read_corpora(
    against: str | Path | GoldDataset | Iterable[str | Path | GoldDataset], read: ReadOptions
) -> tuple[dict[str, Sequence[Article]], list[str]]:
    """Name → articles of each training corpus, and what is to be said about how they were read.

    Raises:
        InputError: one cannot be read, or holds no article.
    """
    corpora: dict[str, Sequence[Article]] = {}
    notes: list[str] = []
    given = listed(against, GoldDataset, wanted="against must be a dataset, the path of a corpus, or several")
    for name, corpus in zip(_names(given), given, strict=True):
        corpora[name], said = corpus_articles(corpus, read)
        notes += said
    return corpora, notes


def corpus_articles(corpus: str | Path | GoldDataset, read: ReadOptions) -> tuple[Sequence[Article], Sequence[str]]:
    """The articles of a training corpus, and what is to be said about how they were read.

    Raises:
        InputError: it cannot be read, or holds no article.
    """
    if isinstance(corpus, GoldDataset):
        return [example.article for example in corpus], ()
    own = ReadOptions(download=read.download)
    if Path(corpus).exists() or str(corpus) == "-":
        return read_articles(corpus, own)
    splits = load_splits(corpus, check=False, read=own, decide=settled)
    examples: list[Example] = [example for gold in splits for example in gold]
    return [example.article for example in examples], [note for gold in splits for note in gold.notes]
