"""What breaks an extractor: its scores on perturbed articles beside those on the articles as they are.

Both are scored over the same articles by id, so that the interval of a difference is that of pairs: what is hard in an
article is hard on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from evalkit.analysis.figures import Figure, figures_of
from evalkit.analysis.intervals import Bootstrap
from evalkit.analysis.paired import difference_interval
from evalkit.analysis.runs import same_labels
from evalkit.dataset.perturbing.perturb import PerturbedKind
from evalkit.results import Interval
from evalkit.scoring.tasks.table import ScoredTable, main_convention
from evalkit.showing import shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Robustness", "RobustnessRow", "robustness_rows"]

Tables = Mapping[str, Mapping[str, ScoredTable]]

_F1 = Figure("micro", "", "f1")


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustnessRow:
    """Micro F1 under one kind of perturbation.

    Attributes:
        original: on the articles as they are.
        perturbed: on the perturbed ones.
        difference: perturbed minus original.
        ci: the interval of the difference, from the paired bootstrap; None where nothing varies.
    """

    kind: str
    task: str
    convention: str
    original: float
    perturbed: float
    difference: float
    ci: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Robustness:
    """An extractor on a dataset and on what perturbations made of it.

    Attributes:
        extractor: its name.
        dataset: the name and fingerprint of the gold.
        split: its split.
        articles: how many.
        seed: what perturbations were drawn with.
        kinds: what each did.
        rows: the scores, by task, then kind as asked for.
        method: how the intervals were made; "" for none.
        notes: what is to be said besides, a sentence each.
    """

    extractor: str
    dataset: str
    split: str
    articles: int
    seed: int
    kinds: tuple[PerturbedKind, ...]
    rows: tuple[RobustnessRow, ...]
    method: str
    notes: tuple[str, ...] = ()

    def figures(self) -> dict[str, float | None]:
        """Figures for conditions: `TASK.f1`, `TASK.KIND.f1`, `TASK.KIND.difference`, of the main convention each.

        `TASK.KIND.high` is the upper bound of the difference, below which it would be a drop that is sure; None where
        there is no interval.
        """
        figures: dict[str, float | None] = {}
        for row in self.main_rows():
            name = f"{row.task}.{row.kind}"
            figures[f"{row.task}.f1"] = row.original
            figures |= {f"{name}.f1": row.perturbed, f"{name}.difference": row.difference}
            figures[f"{name}.high"] = None if row.ci is None else row.ci[1]
        return figures

    def main_rows(self) -> list[RobustnessRow]:
        """The rows of the main convention of each task, or of the first one that there is."""
        conventions: dict[str, list[str]] = {}
        for row in self.rows:
            conventions.setdefault(row.task, []).append(row.convention)
        main = {task: main_convention(task, own) for task, own in conventions.items()}
        return [row for row in self.rows if row.convention == main[row.task]]

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON values; `measured` holds the scores."""
        return {
            "format": "evalkit.perturb",
            "version": 1,
            "dataset": self.dataset,
            "seed": self.seed,
            "kinds": [kind.to_json() for kind in self.kinds],
            "folder": None,
            "splits": {self.split: self.articles},
            "measured": {
                "extractor": self.extractor,
                "method": self.method,
                "rows": [asdict(row) | {"ci": None if row.ci is None else list(row.ci)} for row in self.rows],
                "figures": self.figures(),
            },
            "notes": list(self.notes),
        }

    def to_pandas(self) -> DataFrame:
        """One row a kind, task and convention: F1 as it is, perturbed, the difference and its bounds."""
        import pandas as pd

        rows = []
        for row in self.rows:
            low, high = row.ci or (None, None)
            values = {name: value for name, value in asdict(row).items() if name != "ci"}
            rows.append(values | {"ci_low": low, "ci_high": high})
        names = ["kind", "task", "convention", "original", "perturbed", "difference", "ci_low", "ci_high"]
        return pd.DataFrame(rows, columns=names)

    _repr_html_ = shown_html


def robustness_rows(
    original: Tables, by_kind: Mapping[str, Tables], bootstrap: Bootstrap | None
) -> tuple[RobustnessRow, ...]:
    """Micro F1 of every task and convention that counts by article: by task, convention, then kind.

    Args:
        original: the counts on the articles as they are: task → convention → table.
        by_kind: those on perturbed articles of the same ids.
        bootstrap: how intervals are made; None for none.
    """
    rows = []
    for task, by_convention in original.items():
        for convention, table in by_convention.items():
            if table.additive:
                others = {kind: tables[task][convention] for kind, tables in by_kind.items()}
                rows += [_row(task, convention, kind, table, other, bootstrap) for kind, other in others.items()]
    return tuple(rows)


def _row(
    task: str, convention: str, kind: str, original: ScoredTable, other: ScoredTable, bootstrap: Bootstrap | None
) -> RobustnessRow:
    sides = same_labels({"original": original, kind: other}, f"{task} under {convention}")
    first, second = (figures_of(side) for side in sides.values())
    at = first.names.index(_F1)
    before, after = float(first.point()[at]), float(second.point()[at])
    ci = None
    if bootstrap is not None:
        low, high = difference_interval(first, second, bootstrap)
        ci = (float(low[at]), float(high[at])) if low[at] == low[at] else None
    return RobustnessRow(
        kind=kind,
        task=task,
        convention=convention,
        original=before,
        perturbed=after,
        difference=after - before,
        ci=ci,
    )
