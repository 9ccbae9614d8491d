"""The multiverse: does the order of two runs depend on the convention?"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evalkit.analysis.runs import Runs, check_same_gold, named_runs, shared_conventions
from evalkit.results import EvalResult

__all__ = ["RankingChange", "ranking_changes", "rankings"]

TIE = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingChange:
    """Two runs of which each is better somewhere.

    Attributes:
        first_better: figure ("exact micro f1") → by how much the first run is better there.
        second_better: the same for the second run.
        equal: figures where they are equal.
    """

    task: str
    first: str
    second: str
    first_better: Mapping[str, float]
    second_better: Mapping[str, float]
    equal: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The change as JSON values."""
        return asdict(self) | {"equal": list(self.equal)}


def ranking_changes(
    results: Runs | Sequence[EvalResult],
    *,
    tasks: Sequence[str] | None = None,
    conventions: Sequence[str] | None = None,
) -> tuple[RankingChange, ...]:
    """The pairs of runs whose order is not the same under every convention, by task; empty if no order changes.

    Compared are micro and macro F1 and the derived scores of every convention that all runs have. These are point
    values; whether a difference is more than noise is for `compare_results` to say.

    Raises:
        InputError: fewer than two runs, another gold or split, or nothing in common.
    """
    runs = named_runs(results)
    values = _values(runs, tasks, conventions)
    changes = []
    for task, by_figure in values.items():
        for first, second in itertools.combinations(runs, 2):
            gain = {figure: by_run[second] - by_run[first] for figure, by_run in by_figure.items()}
            ahead = {figure: -value for figure, value in gain.items() if value < -TIE}
            behind = {figure: value for figure, value in gain.items() if value > TIE}
            equal = tuple(figure for figure, value in gain.items() if abs(value) <= TIE)
            if ahead and behind:
                changes.append(
                    RankingChange(
                        task=task, first=first, second=second, first_better=ahead, second_better=behind, equal=equal
                    )
                )
    return tuple(changes)


def rankings(
    results: Runs | Sequence[EvalResult],
    *,
    tasks: Sequence[str] | None = None,
    conventions: Sequence[str] | None = None,
) -> dict[str, dict[str, tuple[str, ...]]]:
    """Task → figure → names of the runs, best first (equal runs in the order given)."""
    values = _values(named_runs(results), tasks, conventions)
    return {
        task: {
            figure: tuple(sorted(by_run, key=by_run.__getitem__, reverse=True)) for figure, by_run in by_figure.items()
        }
        for task, by_figure in values.items()
    }


def _values(
    runs: Runs, tasks: Sequence[str] | None, conventions: Sequence[str] | None
) -> dict[str, dict[str, dict[str, float]]]:
    check_same_gold(runs)
    by_task: dict[str, dict[str, dict[str, float]]] = {}
    for task, convention in shared_conventions(runs, tasks=tasks, conventions=conventions):
        by_figure = by_task.setdefault(task, {})
        for name, result in runs.items():
            part = result.tasks[task][convention]
            figures = {"micro f1": part.micro.f1, "macro f1": part.macro.f1}
            figures |= {score: value.value for score, value in part.scores.items()}
            for figure, value in figures.items():
                by_figure.setdefault(f"{convention} {figure}", {})[name] = value
    return by_task
