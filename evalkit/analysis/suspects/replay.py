"""Runs scored again on corrected gold: what each figure was and is, and whether the order of the runs has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from evalkit.harmless import clean
from evalkit.results import EvalResult
from evalkit.scoring.tasks.table import load_task
from evalkit.showing import number_of, shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Replay", "ReplayedScore", "replayed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedScore:
    """Micro F1 of one run under the main convention of a task, on both versions of the gold.

    Attributes:
        run: the run.
        task: the task.
        convention: its main convention.
        before: the score on the gold as it was.
        after: the score on the corrected gold.
        rank_before: its rank among the runs before, 1 for the best; runs of equal scores share one.
        rank_after: its rank after.
    """

    run: str
    task: str
    convention: str
    before: float
    after: float
    rank_before: int
    rank_after: int


@dataclass(frozen=True, kw_only=True, repr=False)
class Replay:
    """Runs on gold as it was and as it is.

    Attributes:
        before: the gold as it was, as signatures name it.
        after: the corrected gold.
        changes: how many items of the gold were changed.
        scores: task by task, the best run on the corrected gold first.
        notes: what is to be said besides.
    """

    before: str
    after: str
    changes: int
    scores: tuple[ReplayedScore, ...]
    notes: tuple[str, ...] = ()

    def figures(self) -> dict[str, float]:
        """What a condition may be about: `changes`, and `rank_changes`, the scores whose rank is another now."""
        return {
            "changes": self.changes,
            "rank_changes": sum(one.rank_before != one.rank_after for one in self.scores),
        }

    def to_json(self) -> dict[str, Any]:
        """The scores as JSON values."""
        return {
            "format": "evalkit.replay",
            "version": 1,
            "before": self.before,
            "after": self.after,
            "changes": self.changes,
            "scores": [asdict(one) for one in self.scores],
            "notes": list(self.notes),
        }

    def to_pandas(self) -> DataFrame:
        """One row a run and task."""
        import pandas as pd

        return pd.DataFrame([asdict(one) for one in self.scores], columns=list(ReplayedScore.__dataclass_fields__))

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        return clean(f"<Replay {self.before} → {self.after}: {number_of(len(self.scores), 'score')}>")

    _repr_html_ = shown_html


def replayed(before: Mapping[str, EvalResult], after: Mapping[str, EvalResult]) -> tuple[ReplayedScore, ...]:
    """The scores of some runs, by name, on two versions of the gold; a task that only one version has is left out."""
    tasks = dict.fromkeys(task for result in after.values() for task in result.tasks)
    scores: list[ReplayedScore] = []
    for task in tasks:
        main = load_task(task).main
        there = [name for name in after if all(main in side[name].tasks.get(task, {}) for side in (before, after))]
        old, new = ([side[name].tasks[task][main].micro.f1 for name in there] for side in (before, after))
        rows = [
            ReplayedScore(
                run=name,
                task=task,
                convention=main,
                before=old[at],
                after=new[at],
                rank_before=_rank(old, at),
                rank_after=_rank(new, at),
            )
            for at, name in enumerate(there)
        ]
        scores += sorted(rows, key=lambda row: (row.rank_after, row.run))
    return tuple(scores)


def _rank(scores: Sequence[float], at: int) -> int:
    return 1 + sum(score > scores[at] for score in scores)
