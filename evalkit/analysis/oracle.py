"""What each kind of error costs in F1: the score if it were made right (after Bolya et al. 2020, TIDE).

An oracle gives a paired item the spans and the label of its gold item, finds what was missed, and deletes what is
spurious or a duplicate. Each rung is measured alone (what this kind costs) and on top of the rungs before it; after
the last one the score is 1. TIDE deletes missed items from the gold instead; here they are found, so that the gold
stays what it is. An item is right if it is of kind `right`: under `exact` for entities, with its speaker for quotes.

A chain of layers is measured in the same way by its links, each made right wherever something was found; what is left
after the last one is missed or spurious altogether.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.figures import figures_of
from evalkit.analysis.intervals import Bootstrap
from evalkit.analysis.paired import difference_interval
from evalkit.results import Interval
from evalkit.scoring.columns import GOLD_SIDE, PREDICTED_SIDE, Columns
from evalkit.scoring.counts import GOLD, GOLD_CREDIT, PREDICTED, PREDICTED_CREDIT, CountTable
from evalkit.scoring.items import Items
from evalkit.scoring.kinds import Judged
from evalkit.scoring.tasks.base import Task
from evalkit.scoring.tasks.table import ScoredTable, load_convention

__all__ = ["Rung", "kind_ladder", "link_ladder", "oracle_table"]

Floats = NDArray[np.float64]
MICRO_F1 = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One kind of error, or one link of a chain.

    Attributes:
        kind: what it is called.
        errors: how many there are; a pair counts once. None for a link.
        f1: micro F1 if only this were made right.
        gain: what that is above the F1 as it is.
        ci: interval of the gain, paired over articles; None without a bootstrap, and where nothing varies.
        cumulative: micro F1 if this and all before it were made right.
    """

    kind: str
    errors: int | None
    f1: float
    gain: float
    ci: Interval | None
    cumulative: float

    def to_json(self) -> dict[str, Any]:
        """The rung as JSON values."""
        return asdict(self) | {"ci": self.ci and list(self.ci)}


def kind_ladder(judged: Judged, *, bootstrap: Bootstrap | None = None) -> tuple[Rung, ...]:
    """One rung for each kind of error, in the order of the kinds."""
    counts = judged.counts()
    return _ladder(judged.names[1:], partial(oracle_table, judged), counts, bootstrap)


def link_ladder(task: Task, columns: Columns, *, bootstrap: Bootstrap | None = None) -> tuple[Rung, ...]:
    """One rung for each link of a task, in their order."""
    convention = load_convention(task.name, task.main)

    def table(links: Collection[str]) -> CountTable:
        items: Items = convention(columns, right=frozenset(links))
        return items.table()

    return _ladder(task.links, table, {}, bootstrap)


def _ladder(names: Sequence[str], table: Any, counts: dict[str, int], bootstrap: Bootstrap | None) -> tuple[Rung, ...]:
    base = table(())
    start = base.counts().f1
    rungs = []
    for number, name in enumerate(names):
        alone = table((name,))
        f1 = alone.counts().f1
        rungs.append(
            Rung(
                kind=name,
                errors=counts.get(name),
                f1=f1,
                gain=f1 - start,
                ci=_gain_interval(base, alone, bootstrap) if bootstrap else None,
                cumulative=table(names[: number + 1]).counts().f1,
            )
        )
    return tuple(rungs)


def oracle_table(judged: Judged, kinds: Collection[str] = ()) -> CountTable:
    """The table of what is right if the errors of some kinds were made right; without any, as it is."""
    columns = judged.columns
    made_right = np.isin(np.arange(len(judged.names)), [judged.names.index(kind) for kind in kinds])
    right = made_right.copy()
    right[0] = True
    gold_kind, predicted_kind = judged.kind[GOLD_SIDE], judged.kind[PREDICTED_SIDE]
    # The cells that any item is in; what was put right stands under cells of gold items, so these are all there are.
    filled = columns.filled
    gold, predicted = filled.place
    # A predicted item that was made right is replaced by its gold item, and a missed one appears, under the gold label.
    put_right = gold[made_right[gold_kind]]
    kept = ~made_right[predicted_kind]
    counted = {
        GOLD: (gold,),
        PREDICTED: (predicted[kept], put_right),
        GOLD_CREDIT: (gold[right[gold_kind]],),
        PREDICTED_CREDIT: (predicted[kept & right[predicted_kind]], put_right),
    }
    values = np.empty((len(filled.numbers), 4))
    for number, parts in counted.items():
        values[:, number] = np.bincount(np.concatenate(parts), minlength=len(values))
    return CountTable.of_cells(columns.articles, columns.labels, *columns.filled_places, values)


def _gain_interval(base: CountTable, fixed: CountTable, bootstrap: Bootstrap) -> Interval | None:
    sides = [figures_of(ScoredTable(own.pooled("all"))) for own in (base, fixed)]
    low, high = (float(bound[MICRO_F1]) for bound in difference_interval(sides[0], sides[1], bootstrap))
    return None if low != low else (low, high)
