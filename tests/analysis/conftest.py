from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from evalkit.results import EvalResult
from evalkit.scoring.counts import CountTable
from evalkit.scoring.tasks.table import ScoredTable

Row = tuple[float, float, float, float]
Cells = Mapping[str, Mapping[str, Row | Mapping[str, Row]]]


def table_of(cells: Cells, labels: Sequence[str] | None = None) -> CountTable:
    """The table of article → label → (gold, predicted, gold credit, predicted credit), or article → group → label →."""
    first = next((row for own in cells.values() for row in own.values()), ())
    if isinstance(first, Mapping):
        groups = tuple(sorted({group for own in cells.values() for group in own}))
        parts = [table_of({article: own.get(group, {}) for article, own in cells.items()}, labels) for group in groups]
        grouped = np.stack([part.dense() for part in parts], axis=1)
        return CountTable.of_dense(parts[0].articles, parts[0].labels, grouped, groups)
    names = tuple(sorted(labels or {label for own in cells.values() for label in own}))
    articles = tuple(sorted(cells))
    values = np.zeros((len(articles), len(names), 4))
    for at, article in enumerate(articles):
        for label, row in cells[article].items():
            values[at, names.index(label)] = row
    return CountTable.of_dense(articles, names, values)


def random_table(seed: int, articles: int, *, labels: int = 3, hit: float = 0.7, fractions: bool = False) -> CountTable:
    """Gold drawn once for all `hit` rates: tables with one seed differ only in what was predicted."""
    random = np.random.default_rng([seed, 0])
    gold = random.poisson(3, (articles, labels))
    own = np.random.default_rng([seed, round(hit * 1000)])
    right = own.binomial(gold, hit)
    cells = np.stack([gold, right + own.poisson(1, gold.shape), right, right], axis=-1).astype(np.float64)
    if fractions:
        cells[..., 2:] *= own.random((articles, labels, 2))
    names = tuple(f"a{at:05}" for at in range(articles))
    return CountTable.of_dense(names, tuple(f"L{at}" for at in range(labels)), cells)


@pytest.fixture(scope="session")
def make_table() -> Callable[..., CountTable]:
    return table_of


@pytest.fixture(scope="session")
def draw_table() -> Callable[..., CountTable]:
    return random_table


@pytest.fixture(scope="session")
def make_result() -> Callable[..., EvalResult]:
    """A result of one run from task → convention → table."""
    from evalkit.analysis.intervals import task_result

    def make(
        tables: Mapping[str, Mapping[str, CountTable | ScoredTable]],
        *,
        name: str = "run",
        gold: str = "news@1",
        split: str = "test",
        keep_table: bool = True,
    ) -> EvalResult:
        tasks = {
            task: {
                convention: task_result(
                    task,
                    convention,
                    table if isinstance(table, ScoredTable) else ScoredTable(table),
                    signature="s",
                    bootstrap=None,
                    keep_table=keep_table,
                )
                for convention, table in own.items()
            }
            for task, own in tables.items()
        }
        return EvalResult(extractor=name, gold=gold, split=split, articles=1, tasks=tasks)

    return make
