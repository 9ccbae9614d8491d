from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from evalkit.gate.rules import Rule
from evalkit.scoring.counts import CountTable
from evalkit.scoring.tasks.table import ScoredTable


def entity_counts(found: Sequence[int], *, of: int = 2, label: str = "PER") -> ScoredTable:
    """One label: each article has `of` gold items, of which some are found; nothing else is predicted."""
    cells = np.zeros((len(found), 1, 4))
    for at, number in enumerate(found):
        cells[at, 0] = (of, number, number, number)
    return ScoredTable(CountTable.of_dense(tuple(f"a{at:03}" for at in range(len(found))), (label,), cells))


@pytest.fixture(scope="session")
def tables() -> Callable[..., Mapping[str, Mapping[str, ScoredTable]]]:
    """Counts of entities under exact, from how many items are found in each article."""

    def make(found: Sequence[int], **options: object) -> dict[str, dict[str, ScoredTable]]:
        return {"entities": {"exact": entity_counts(found, **options)}}  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def rule() -> Callable[..., Rule]:
    """A rule about entities under exact."""

    def make(**fields: object) -> Rule:
        return Rule(**{"name": "r", "task": "entities", "convention": "exact", **fields})  # type: ignore[arg-type]

    return make
