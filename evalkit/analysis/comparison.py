"""What a comparison of runs gives back: rows for people, data frames and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from evalkit.analysis.ranking import RankingChange
from evalkit.results import Interval

__all__ = ["ComparedRow", "Comparison", "significance_mark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRow:
    """One figure of two runs.

    Attributes:
        scope: "micro", "macro", "label" or "derived".
        label: the label, or empty.
        score: precision, recall, f1 or the name of the derived score.
        difference: second minus first.
        ci: interval of the difference.
        error: standard error of the difference.
        q: p_randomization after Benjamini-Hochberg over all rows of the comparison.
        effect: difference by the standard deviation of the articles' paired contributions.
        wins: articles where the second run is better; ties and losses likewise.
        units: articles or clusters that were drawn.
    """

    task: str
    convention: str
    scope: str
    label: str
    score: str
    first: str
    second: str
    first_value: float
    second_value: float
    difference: float
    ci: Interval
    error: float
    p_bootstrap: float
    p_randomization: float
    q: float
    effect: float
    wins: int
    ties: int
    losses: int
    units: int

    @property
    def mark(self) -> str:
        """Stars for q: three below 0.001, two below 0.01, one below 0.05."""
        return significance_mark(self.q)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Comparison:
    """All rows, and what reproduces them.

    Attributes:
        runs: names of the runs; the first is the one compared with.
        method: how intervals and tests were made.
        order_changes: pairs of runs whose order depends on the convention.
        figures_compared: task → how many figures the order was looked at under.
        multiverse: whether every convention was asked for, so that an order which never changes is worth a line.
    """

    runs: tuple[str, ...]
    gold: str
    split: str
    method: str
    rows: tuple[ComparedRow, ...]
    order_changes: tuple[RankingChange, ...] = ()
    figures_compared: Mapping[str, int] = field(default_factory=dict)
    multiverse: bool = False

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        about = f"{' and '.join(self.runs)} on {self.gold}, {self.split}"
        return f"<Comparison of {about}: {len(self.rows)} rows>"

    def select(self, **wanted: str) -> tuple[ComparedRow, ...]:
        """The rows with some values, such as `select(task="entities", score="f1")`."""
        return tuple(row for row in self.rows if all(getattr(row, name) == value for name, value in wanted.items()))

    def to_json(self) -> dict[str, Any]:
        """The comparison as JSON values."""
        rows = [asdict(row) | {"ci": list(row.ci), "mark": row.mark} for row in self.rows]
        return {
            "format": "evalkit.comparison",
            "version": 1,
            "runs": list(self.runs),
            "gold": self.gold,
            "split": self.split,
            "method": self.method,
            "rows": rows,
            "order_changes": [change.to_json() for change in self.order_changes],
            "figures_compared": dict(self.figures_compared),
        }

    def to_pandas(self) -> Any:
        """A tidy DataFrame, one row a figure and pair of runs; the interval in `ci_low` and `ci_high`."""
        import pandas as pd

        rows = []
        for row in self.rows:
            values = asdict(row) | {"mark": row.mark, "ci_low": row.ci[0], "ci_high": row.ci[1]}
            del values["ci"]
            rows.append(values)
        return pd.DataFrame(rows)

    def side_by_side(self, score: str = "f1") -> list[dict[str, Any]]:
        """One row a task, convention and label: the value of every run, with marks against the first run.

        Derived scores stand under their own name, whatever `score` is.
        """
        table: dict[tuple[str, str, str], dict[str, Any]] = {}
        for row in self.rows:
            if row.first != self.runs[0] or (row.scope != "derived" and row.score != score):
                continue
            name = {"label": row.label, "derived": row.score}.get(row.scope, row.scope)
            line = table.setdefault(
                (row.task, row.convention, f"{row.scope}\t{name}"),
                {"task": row.task, "convention": row.convention, "label": name, row.first: row.first_value},
            )
            line |= {row.second: row.second_value, f"{row.second} mark": row.mark}
        return list(table.values())


def significance_mark(q: float) -> str:
    """Three stars below 0.001, two below 0.01, one below 0.05, else nothing."""
    return "*" * sum(q < limit for limit in (0.05, 0.01, 0.001))
