"""`review_dataset`: what a change does to gold, for whoever has to accept it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from evalkit.analysis.differences.dataset_diff import DatasetDiff
from evalkit.analysis.review import INVALID, LEAKED, DatasetReview, ReviewFinding
from evalkit.dataset.checking.problems import Problem
from evalkit.dataset.checking.validate import validate_dataset
from evalkit.dataset.leakage.found import Leak, Leakage, LeakSide
from evalkit.dataset.leakage.search import leakage_of
from evalkit.dataset.loading.load import load_splits
from evalkit.dataset.loading.readings import settled
from evalkit.dataset.loading.revisions import NotInRevisionError
from evalkit.errors import EvalkitError
from evalkit.formats.native.places import place_in_files
from evalkit.options import ReadOptions
from evalkit.records import Article
from evalkit.workflows.curating.diff import GoldVersion, diff_versions, read_version
from evalkit.workflows.curating.leakage import read_corpora

__all__ = ["review_dataset"]

NEW = ("added", "other_text", "other_split")
"""What became of an article that may leak since: what it shared before is no matter of this change."""


def review_dataset(
    dataset: str | Path,
    *,
    revision: str,
    against: Sequence[str | Path] = (),
    read: ReadOptions | None = None,
) -> DatasetReview:
    """What a change does to gold: every problem that it has now, new leaks, and what became of its items.

    Args:
        dataset: the path of the dataset in a checkout of git.
        revision: what it is compared with, as git names it, such as `origin/main`.
        against: training corpora in which no article may stand, as `find_leakage` takes them.
        read: how files are read.

    Raises:
        InputError: the dataset does not exist or holds no article; there is no such revision, or the gold cannot be
            read as it was there; a training corpus cannot be read.
    """
    read = read or ReadOptions()
    valid = validate_dataset(dataset, copies=False, read=read)
    old = _before(dataset, revision, read)
    corpora, said = read_corpora(against, read)
    notes = [*valid.notes, *said]
    diff: DatasetDiff | None = None
    leakage: Leakage | None = None
    if old is None:
        notes.append(f"{revision} has no {dataset}: all of it is new")
    try:
        if old is not None:
            diff = diff_versions(old, read_version(dataset, read=read))
        leakage = _leakage(dataset, corpora, read)
    except EvalkitError as error:
        # Gold that cannot be read is what was found; whatever else was not looked at is no pass.
        if not valid.problems:
            raise
        notes.append(f"what changed since {revision} and what leaks cannot be told: {error}")
    pairs = () if leakage is None else leakage.pairs
    new = [pair for pair in pairs if _is_new(pair, diff, str(dataset))]
    leaks = [one for pair in new for one in _leaks(pair, diff, valid.places)]
    invalid = [_invalid(problem, valid.places) for problem in valid.problems]
    return DatasetReview(
        dataset=str(dataset),
        base=revision,
        findings=(*invalid, *leaks),
        diff=diff,
        pairs=len(pairs) - len(new),
        notes=tuple(dict.fromkeys((*notes, *(() if leakage is None else leakage.notes)))),
    )


def _before(dataset: str | Path, revision: str, read: ReadOptions) -> GoldVersion | None:
    """The gold as it was; None where it was not there."""
    try:
        return read_version(dataset, read=read, revision=revision)
    except NotInRevisionError:
        return None


def _leakage(dataset: str | Path, corpora: Mapping[str, Sequence[Article]], read: ReadOptions) -> Leakage | None:
    """What stands in two places; None of one split alone, which can share nothing."""
    splits = load_splits(dataset, check=False, read=replace(read, split="all"), decide=settled)
    return leakage_of(splits, corpora) if len(splits) > 1 or corpora else None


def _invalid(problem: Problem, places: Mapping[str, str]) -> ReviewFinding:
    file, line = place_in_files(places.get(problem.article_id, problem.article_id), problem.place)
    return ReviewFinding(
        check=INVALID,
        code=problem.code,
        article_id=problem.article_id,
        place=problem.place,
        message=problem.message,
        file=file,
        line=line,
    )


def _changed(diff: DatasetDiff | None, article_id: str) -> bool:
    return diff is None or any(article_id in diff.articles.get(kind, ()) for kind in NEW)


def _own(side: LeakSide) -> bool:
    """Whether a side is an article of the dataset: those of training corpora have no split."""
    return bool(side.split)


def _is_new(pair: Leak, diff: DatasetDiff | None, dataset: str) -> bool:
    return any(_own(side) and _changed(diff, side.id) for side in (pair.left, pair.right))


def _leaks(pair: Leak, diff: DatasetDiff | None, places: Mapping[str, str]) -> Iterator[ReviewFinding]:
    """At the article that the change brought; at one of two that it brought both."""
    sides = [(pair.left, pair.right, pair.containment[0]), (pair.right, pair.left, pair.containment[1])]
    own, other, share = next(
        (side, beside, share) for side, beside, share in sides if _own(side) and _changed(diff, side.id)
    )
    file, line = place_in_files(places.get(own.id, ""), "text")
    yield ReviewFinding(
        check=LEAKED,
        code="leaked",
        article_id=own.id,
        place="text",
        message=(
            f"{100 * share:.0f} % of it stands in {other.split or other.dataset}/{other.id}; keep both in one split, "
            "or one of them"
        ),
        file=file,
        line=line,
    )
