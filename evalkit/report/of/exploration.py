"""Runs side by side, item by item: how many of each kind there are; and the items themselves as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from evalkit.analysis.exploration.exploration import Exploration
from evalkit.analysis.exploration.explored import Explored
from evalkit.analysis.exploration.item_rows import ItemTable
from evalkit.analysis.exploration.judged_layer import kinds_task
from evalkit.harmless import one_line
from evalkit.report.document import Column, Document, Lines, Table, figure_columns
from evalkit.showing import number_of

__all__ = ["document", "items_document"]

SHOWN = 20
"""Items that people are shown; the rows have all."""
LONGEST = 60


def document(exploration: Exploration) -> Document:
    """For each layer how many items of each run are of which kind."""
    explored = exploration.explored
    kinds = list(_kinds(explored))
    failed = [f"{run.name} failed on {number_of(len(run.failed), 'article')}" for run in explored.runs if run.failed]
    said = [f"{run.name}: {note}" for run in explored.runs for note in run.notes]
    return Document(
        what="exploration",
        title=exploration.title,
        blocks=tuple(_kinds_table(explored, own) for own in kinds) or (Lines.of("no task can be evaluated"),),
        notes=(*explored.notes, *failed, *dict.fromkeys(said)),
        rows=tuple(row for own in kinds for row in _rows(explored, own)),
        data=exploration.to_json(),
    )


@dataclass(frozen=True, slots=True)
class _Kinds:
    """How many items of each run are of each kind of a task."""

    task: str
    layer: str
    numbers: dict[str, list[int]]


def _kinds(explored: Explored) -> Iterator[_Kinds]:
    for layer in explored.labels:
        task, judged = kinds_task(layer), [run.judged[layer] for run in explored.runs]
        if task is None or all(own.task is None for own in judged):
            continue
        numbers: dict[str, list[int]] = {kind: [] for kind in task.kinds}
        for own in judged:
            gold = Counter(own.kinds[0].tolist())
            # A pair counts once: of the predicted items only those that have no partner.
            alone = Counter(own.kinds[1][own.partner < 0].tolist())
            for number, kind in enumerate(task.kinds):
                numbers[kind].append(gold[number] + alone[number])
        yield _Kinds(task.name, layer, numbers)


def _kinds_table(explored: Explored, kinds: _Kinds) -> Table:
    return Table(
        title=f"{kinds.layer} · {number_of(len(explored.articles), 'article')}",
        columns=figure_columns("kind", *(run.name for run in explored.runs)),
        rows=tuple((kind, *map(str, numbers)) for kind, numbers in kinds.numbers.items()),
        rules=(1,),
    )


def _rows(explored: Explored, kinds: _Kinds) -> Iterator[dict[str, object]]:
    for number, run in enumerate(explored.runs):
        for kind, numbers in kinds.numbers.items():
            yield {"run": run.name, "task": kinds.task, "kind": kind, "items": numbers[number]}


def items_document(table: ItemTable) -> Document:
    """The first wrong items for people; every item for programs."""
    wrong = [row for row in table.rows if row["kind"] != "right"]
    columns = ("article", "task", "kind", "gold", "predicted")
    cells = tuple(tuple(one_line(str(row[name] or "–")) for name in columns) for row in wrong[:SHOWN])
    several = len(table.runs) > 1
    shown = Table(
        columns=tuple(
            Column(name, left=True, folds=True, brief=LONGEST) for name in (*(("run",) if several else ()), *columns)
        ),
        rows=tuple(
            (*((one_line(row["run"]),) if several else ()), *own) for row, own in zip(wrong, cells, strict=False)
        ),
        caption=f"{number_of(len(table.rows), 'item')}, {len(wrong)} of them not right",
    )
    return Document(
        what="items", title=table.title, blocks=(shown,), notes=table.notes, rows=table.rows, data=table.to_json()
    )
