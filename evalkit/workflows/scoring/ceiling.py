"""The ceiling above every figure: how far readers agree under the same convention.

It is the mean pairwise F1 of those who read the same articles (`evalkit.analysis.agreement.pairwise`), reader against
reader, also where the gold was made of their readings: to a gold that they agreed on each of them is nearer than to
each other.

How much of it a run reached is told by the run's score on the same articles alone, pair by pair as the ceiling is made:
a score over other articles, which may be harder, divided by it would be no share of anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

from evalkit.analysis.agreement.pairwise import Ways, mean_result
from evalkit.dataset.gold import GoldDataset
from evalkit.results import TaskResult, ceiling_signature
from evalkit.scoring.tasks.table import ScoredTable
from evalkit.showing import number_of

if TYPE_CHECKING:
    from evalkit.analysis.intervals import Bootstrap

__all__ = ["Ceiling", "ReaderTables", "ceiling_notes", "ceiling_of"]

Results = Mapping[str, Mapping[str, TaskResult]]
Tables = Mapping[str, Mapping[str, ScoredTable]]


class ReaderTables(Protocol):
    """Two readers of the same articles."""

    @property
    def names(self) -> tuple[str, str]:
        """Theirs, in order."""

    def tables(self, asked: Mapping[str, Sequence[str]]) -> tuple[Tables, Tables]:
        """Task → convention → counts, both ways, of what is asked for and can be scored both ways."""


class Ceiling(NamedTuple):
    """What readers reach, and what a run reaches over the articles that they read: task → convention → scores."""

    readers: Results
    reached: Results


def ceiling_of(
    results: Results,
    tables: Tables,
    bootstrap: Bootstrap | None,
    readers: Sequence[ReaderTables],
) -> Ceiling:
    """The ceiling of some results; nothing where no article has two readings.

    Args:
        results: what was scored.
        tables: the counts behind it.
        bootstrap: how its intervals are made; None for none.
        readers: those who read articles together, two by two.
    """
    ceilings: dict[str, dict[str, TaskResult]] = {}
    reached: dict[str, dict[str, TaskResult]] = {}
    asked = {task: tuple(by_convention) for task, by_convention in results.items()}
    laid = [(pair.names, *pair.tables(asked)) for pair in readers] if asked else []
    for task, by_convention in results.items() if readers else ():
        for name, result in by_convention.items():
            ways: list[Ways] = []
            same: list[Ways] = []
            named: dict[str, None] = {}
            for names, there, back in laid:
                if name not in there.get(task, {}):
                    continue
                both = [_over_same(way[task][name], tables[task][name]) for way in (there, back)]
                if all(own.table.articles for own, _ in both):
                    ways.append((both[0][0], both[1][0]))
                    named |= dict.fromkeys(names)
                if both[0][1] is not None and both[1][1] is not None:
                    same.append((both[0][1], both[1][1]))
            signature = ceiling_signature(result.signature, named)
            ceiling = mean_result(task, name, ways, signature=signature, bootstrap=bootstrap) if ways else None
            if ceiling is None:
                continue
            ceilings.setdefault(task, {})[name] = ceiling
            own = mean_result(task, name, same, signature=signature, bootstrap=None) if len(same) == len(ways) else None
            if own is not None:
                reached.setdefault(task, {})[name] = own
    return Ceiling(ceilings, reached)


def _over_same(readers: ScoredTable, scored: ScoredTable) -> tuple[ScoredTable, ScoredTable | None]:
    """The counts of two readers and of a run over the articles that both are about.

    What is counted of a split as a whole cannot be counted of a part of it: of a run over more articles it is None.
    """
    common = set(readers.table.articles) & set(scored.table.articles)
    if not (readers.additive and scored.additive):
        whole = len(common) == len(scored.table.articles) == len(readers.table.articles)
        return readers, scored if whole else None
    return _of_articles(readers, common), _of_articles(scored, common)


def _of_articles(scored: ScoredTable, articles: set[str]) -> ScoredTable:
    rows = [at for at, name in enumerate(scored.table.articles) if name in articles]
    return replace(scored, table=scored.table.select(rows), items=None)


def ceiling_notes(gold: GoldDataset, ceilings: Results, read: Sequence[str], articles: int) -> list[str]:
    """What is to be said of a ceiling: over how many articles it is, those with several readings, and by whom."""
    if not ceilings:
        return []
    by_kind: dict[str, list[str]] = {}
    for name in sorted({*read} & gold.readers.keys()):
        by_kind.setdefault(gold.readers[name], []).append(name)
    told = "; ".join(f"{' and '.join(names)} ({kind})" for kind, names in by_kind.items())
    every = number_of(len(gold), "article")
    over = f"the {every}" if articles == len(gold) else f"{articles} of {every}"
    who = f"{number_of(len(read), 'reader')} ({', '.join(sorted(read))})"
    note = f"ceiling: the mean F1 of {who} against each other, over {over}: those that several of them read"
    return [f"{note}. It is how consistent these readers are: {told}" if told else note]
