"""The ceiling above every figure: how far readers agree under the same convention.

It is the mean pairwise F1 of those who read the same articles (`evalkit.analysis.agreement.pairwise`), reader against
reader, also where the gold was made of their readings: to a gold that they agreed on each of them is nearer than to
each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from evalkit.analysis.agreement.pairwise import mean_result
from evalkit.dataset.gold import GoldDataset
from evalkit.options import Scoring
from evalkit.results import TaskResult, ceiling_signature
from evalkit.showing import number_of
from evalkit.workflows.readers import readers_of

__all__ = ["ceiling_notes", "ceiling_results"]

Results = Mapping[str, Mapping[str, TaskResult]]


def ceiling_results(gold: GoldDataset, results: Results, scoring: Scoring) -> dict[str, dict[str, TaskResult]]:
    """The ceiling of some results: task → convention → scores; nothing where no article has two readings.

    Args:
        gold: the gold with its readings.
        results: what was scored.
        scoring: how: label maps of the gold, labels and scope hold for readings too.
    """
    pairs = readers_of(gold, scoring).pairs
    if not pairs:
        return {}
    ceilings: dict[str, dict[str, TaskResult]] = {}
    for task, by_convention in results.items():
        wanted = replace(scoring, tasks=(task,), conventions=tuple(by_convention))
        tables = [pair.tables(wanted) for pair in pairs]
        for name, result in by_convention.items():
            ways = [(there[task][name], back[task][name]) for there, back in tables if name in there.get(task, {})]
            readers = {
                reader: None
                for pair, (there, _) in zip(pairs, tables, strict=True)
                if name in there.get(task, {})
                for reader in pair.names
            }
            signature = ceiling_signature(result.signature, readers)
            ceiling = mean_result(task, name, ways, signature=signature, bootstrap=None) if ways else None
            if ceiling is not None:
                ceilings.setdefault(task, {})[name] = ceiling
    return ceilings


def ceiling_notes(gold: GoldDataset, ceilings: Results) -> list[str]:
    """What is to be said of a ceiling: over which articles it is, and what the readers are."""
    if not ceilings:
        return []
    read = {name for example in gold if len(example.readings) > 1 for name in example.readings}
    articles = sum(len(example.readings) > 1 for example in gold)
    by_kind: dict[str, list[str]] = {}
    for name in sorted(read & gold.readers.keys()):
        by_kind.setdefault(gold.readers[name], []).append(name)
    told = "; ".join(f"{', '.join(names)}: {kind}" for kind, names in by_kind.items())
    over = "all articles" if articles == len(gold) else f"{articles} of {number_of(len(gold), 'article')}"
    who = f"{number_of(len(read), 'reader')} ({', '.join(sorted(read))})"
    note = f"ceiling: the mean F1 of {who} against each other, over {over}, which several of them read"
    if told:
        note += f"; it is the consistency of readers of this kind: {told}"
    return [note]
