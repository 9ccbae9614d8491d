"""What each kind of error costs in F1: the score if it were made right (after Bolya et al. 2020, TIDE).

An oracle gives a paired item the spans and the label of its gold item, finds what was missed, and deletes what is
spurious or a duplicate. Each rung is measured alone (what this kind costs) and on top of the rungs before it; after
the last one the score is 1. TIDE deletes missed items from the gold instead; here they are found, so that the gold
stays what it is. Under the convention `exact`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.errors import KINDS, RIGHT, EntityErrors, find_errors
from evalkit.analysis.figures import figures_of
from evalkit.analysis.intervals import Bootstrap, column_quantiles, resampled_figures
from evalkit.results import Interval
from evalkit.scoring.columns import EntityColumns
from evalkit.scoring.table import GOLD, GOLD_CREDIT, PREDICTED, PREDICTED_CREDIT, CountTable
from evalkit.scoring.tasks.table import ScoredTable

__all__ = ["Rung", "oracle_ladder", "oracle_table"]

Floats = NDArray[np.float64]
ERRORS = KINDS[1:]
MICRO_F1 = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One kind of error.

    Attributes:
        errors: how many there are; a pair counts once.
        f1: micro F1 if only this kind were made right.
        gain: what that is above the F1 as it is.
        ci: interval of the gain, paired over articles; None without a bootstrap.
        cumulative: micro F1 if this kind and all before it were made right.
    """

    kind: str
    errors: int
    f1: float
    gain: float
    ci: Interval | None
    cumulative: float

    def to_json(self) -> dict[str, Any]:
        """The rung as JSON values."""
        return asdict(self) | {"ci": None if self.ci is None else list(self.ci)}


def oracle_ladder(columns: EntityColumns, *, bootstrap: Bootstrap | None = None) -> tuple[Rung, ...]:
    """One rung for each kind of error, in the order of `KINDS`."""
    errors = find_errors(columns)
    counts = errors.counts()
    base = oracle_table(errors, ())
    start = base.counts().f1
    rungs = []
    for at, kind in enumerate(ERRORS):
        alone = oracle_table(errors, (kind,))
        f1 = alone.counts().f1
        rungs.append(
            Rung(
                kind=kind,
                errors=counts[kind],
                f1=f1,
                gain=f1 - start,
                ci=_gain_interval(base, alone, bootstrap) if bootstrap else None,
                cumulative=oracle_table(errors, ERRORS[: at + 1]).counts().f1,
            )
        )
    return tuple(rungs)


def oracle_table(errors: EntityErrors, kinds: tuple[str, ...]) -> CountTable:
    """The table under `exact` if the errors of some kinds were made right; without any, the table as it is."""
    columns = errors.columns
    fixed = np.isin(np.arange(len(KINDS)), [KINDS.index(kind) for kind in kinds])
    right = fixed.copy()
    right[RIGHT] = True
    cells = np.zeros((len(columns.articles) * len(columns.labels), 4))
    gold = columns.gold.article.astype(np.int64) * len(columns.labels) + columns.gold.label
    own = columns.predicted.article.astype(np.int64) * len(columns.labels) + columns.predicted.label
    good = right[errors.gold_kind]
    # A predicted item that was made right counts under the label of its gold item, as a found one does.
    replaced = fixed[errors.predicted_kind]
    found = fixed[errors.gold_kind]
    cells[:, GOLD] = np.bincount(gold, minlength=len(cells))
    cells[:, GOLD_CREDIT] = np.bincount(gold[good], minlength=len(cells))
    cells[:, PREDICTED_CREDIT] = cells[:, GOLD_CREDIT]
    cells[:, PREDICTED] = np.bincount(own[~replaced], minlength=len(cells)) + np.bincount(
        gold[found], minlength=len(cells)
    )
    return CountTable(columns.articles, columns.labels, cells.reshape(len(columns.articles), len(columns.labels), 4))


def _gain_interval(base: CountTable, fixed: CountTable, bootstrap: Bootstrap) -> Interval:
    sides = [figures_of(ScoredTable(table)) for table in (base, fixed)]
    if len(base.articles) < 2:
        gain = fixed.counts().f1 - base.counts().f1
        return gain, gain
    values = [resampled_figures(side, bootstrap)[:, MICRO_F1] for side in sides]
    tails = np.array(bootstrap.tails)[:, None]
    low, high = column_quantiles((values[1] - values[0])[:, None], tails)
    return float(low[0]), float(high[0])
