"""The task `claims`: spans and label exact, and how many of the claims worth checking were found."""

from __future__ import annotations

from typing import Any

from evalkit.scoring.tasks.base import Derived, Task
from evalkit.scoring.tasks.spans import SPAN_CONVENTIONS, SPAN_KINDS, SPAN_PROPERTIES

WORTH = "check-worthy"


def worth_recall(totals: Any, labels: tuple[str, ...]) -> Any:
    """Recall of the claims worth checking; totals are (…, labels, 4): gold, predicted, credit of each."""
    column = labels.index(WORTH)
    gold, credit = totals[..., column, 0], totals[..., column, 2]
    return credit / (gold + (gold == 0))


TASK = Task(
    name="claims",
    about="statements that can be checked",
    layers=("claims",),
    conventions={"exact": SPAN_CONVENTIONS["exact"]},
    main="exact",
    derived={"worth_recall": Derived(function=worth_recall, about="recall of the claims worth checking")},
    kinds=SPAN_KINDS,
    properties=SPAN_PROPERTIES,
)
