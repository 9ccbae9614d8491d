"""`review_dataset`: what a change does to gold, for whoever has to accept it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from evalkit.analysis.differences.dataset_diff import DatasetDiff
from evalkit.analysis.review import INVALID, LEAKED, DatasetReview, ReviewFinding
from evalkit.dataset.leakage.found import Leak, Leakage, LeakSide
from evalkit.dataset.problems import Problem
from evalkit.dataset.validate import validate_dataset
from evalkit.errors import EvalkitError
from evalkit.formats.native.places import place_in_files
from evalkit.options import ReadOptions
from evalkit.workflows.diff import diff_datasets
from evalkit.workflows.leakage import find_leakage

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
        InputError: the dataset does not exist or holds no article.
    """
    read = read or ReadOptions()
    valid = validate_dataset(dataset, copies=False, read=read)
    notes = list(valid.notes)
    diff: DatasetDiff | None = None
    leakage: Leakage | None = None
    try:
        diff = diff_datasets(dataset, revision=revision, read=read)
    except EvalkitError as error:
        notes.append(f"what changed since {revision} cannot be told: {error}")
    try:
        leakage = find_leakage(dataset, against=tuple(against), read=replace(read, split="all"))
    except EvalkitError as error:
        notes.append(f"leakage was not looked for: {error}")
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
