"""One row an item: a gold item with the prediction that it was matched with, or a prediction that has no partner.

What a table of errors needs: where it is, what stands around it, what the gold says, what was predicted, what kind of
error that is, and the credit of both under the main convention of the task, or the first that was asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalkit.analysis.exploration.judged_layer import JudgedLayer
from evalkit.frames import figure_frame
from evalkit.harmless import clean
from evalkit.records import Article
from evalkit.scoring.columns import GOLD_SIDE, PREDICTED_SIDE
from evalkit.scoring.items import NOBODY
from evalkit.scoring.properties import innermost_zone
from evalkit.scoring.tasks.base import Task
from evalkit.scoring.tasks.table import main_convention
from evalkit.showing import number_of, shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

    from evalkit.analysis.exploration.explored import Explored, ExploredRun

__all__ = ["AROUND", "ItemTable", "item_rows", "item_table"]

AROUND = 60
"""Characters of the text before and after an item."""


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class ItemTable:
    """The items of some runs, one row each.

    Attributes:
        runs: the names of the runs.
        gold: name and short fingerprint of the gold.
        split: its split.
        rows: see `item_rows`.
        notes: what was set aside or failed, each a sentence.
    """

    runs: tuple[str, ...]
    gold: str
    split: str
    rows: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What it is about, in one line."""
        return f"items of {', '.join(self.runs)} on {self.gold}, split {self.split}"

    def to_json(self) -> dict[str, Any]:
        """The rows as JSON values."""
        head = {
            "format": "evalkit.items",
            "version": 1,
            "runs": list(self.runs),
            "gold": self.gold,
            "split": self.split,
        }
        return {**head, "items": [dict(row) for row in self.rows], "notes": list(self.notes)}

    def to_pandas(self) -> DataFrame:
        """One row an item."""
        places = ("gold_start", "gold_end", "predicted_start", "predicted_end")
        frame: DataFrame = figure_frame(self.rows, figures=("score", "gold_credit", "predicted_credit"), whole=places)
        return frame

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        return clean(f"<ItemTable, {self.title}: {number_of(len(self.rows), 'item')}>")

    _repr_html_ = shown_html


def item_table(explored: Explored) -> ItemTable:
    """The items of all runs as a table."""
    several = len(explored.runs) > 1
    said = [f"{run.name}: {note}" if several else note for run in explored.runs for note in run.notes]
    return ItemTable(
        runs=tuple(run.name for run in explored.runs),
        gold=explored.gold,
        split=explored.split,
        rows=tuple(item_rows(explored)),
        notes=tuple(dict.fromkeys([*explored.notes, *said])),
    )


def item_rows(explored: Explored) -> Iterator[dict[str, Any]]:
    """The rows of all runs, by run, layer, article and place.

    Each has: run, article, title, zone, task and kind; of the gold item and of the predicted item the words, label,
    start and end in code points, and who does what in it, None where there is none of that side; the score of the
    prediction; the text around, with the item in brackets; the convention, and what both earned under it, 0 to 1, None
    where it does not count one; and where there is a baseline, what changed since.
    """
    for run in explored.runs:
        for own in run.judged.values():
            if own.task is not None:
                yield from _LayerRows(explored, run, own, own.task).rows()


class _LayerRows:
    def __init__(self, explored: Explored, run: ExploredRun, own: JudgedLayer, task: Task) -> None:
        self._explored, self._run, self._own = explored, run, own
        self._since = run.since.get(own.layer.name)
        self._task = task
        conventions = [name for task, name in own.measures if task == self._task.name]
        evaluated = [name for name in conventions if name in run.costs.get(self._task.name, {})]
        self._convention = main_convention(self._task.name, evaluated) if evaluated else None
        measure = (self._task.name, self._convention)
        self._column = own.measures.index(measure) if evaluated else None

    def rows(self) -> Iterator[dict[str, Any]]:
        own = self._own
        matched = [NOBODY] * len(own.gold.records)
        for position, partner in enumerate(own.partner.tolist()):
            if partner != NOBODY:
                matched[partner] = position
        for number, article in enumerate(self._explored.articles):
            pairs: list[tuple[int, int]] = [
                (gold, matched[gold])
                for gold in range(own.gold.first[number], own.gold.first[number + 1])
                if own.kinds[GOLD_SIDE][gold] >= 0
            ]
            pairs += [
                (NOBODY, predicted)
                for predicted in range(own.predicted.first[number], own.predicted.first[number + 1])
                if own.kinds[PREDICTED_SIDE][predicted] >= 0 and own.partner[predicted] == NOBODY
            ]
            for gold, predicted in sorted(pairs, key=self._place):
                yield self._row(article, gold, predicted)

    def _place(self, pair: tuple[int, int]) -> tuple[Any, ...]:
        side = GOLD_SIDE if pair[0] != NOBODY else PREDICTED_SIDE
        record = (self._own.gold, self._own.predicted)[side].records[pair[side]]
        return (*self._bounds(record), side, pair[side])

    def _bounds(self, record: Any) -> tuple[int, int]:
        spans = self._own.layer.spans(record)
        return min((span.start for span in spans), default=0), max((span.end for span in spans), default=0)

    def _row(self, article: Article, gold: int, predicted: int) -> dict[str, Any]:
        own = self._own
        sides = (
            own.gold.records[gold] if gold != NOBODY else None,
            (own.predicted.records[predicted] if predicted != NOBODY else None),
        )
        main, kind = (sides[0], own.kinds[0][gold]) if gold != NOBODY else (sides[1], own.kinds[1][predicted])
        start, end = self._bounds(main)
        row = {
            "run": self._run.name,
            "article": article.id,
            "title": article.title,
            "zone": innermost_zone(article.zones, start) if own.layer.spans(main) else None,
            "task": self._task.name,
            "kind": self._task.kinds[kind],
            **self._told("gold", sides[0], article),
            **self._told("predicted", sides[1], article),
            "score": getattr(sides[1], "score", None),
            "around": _around(article, start, end) if own.layer.spans(main) else None,
            "convention": self._convention,
            "gold_credit": self._credit(GOLD_SIDE, gold),
            "predicted_credit": self._credit(PREDICTED_SIDE, predicted),
        }
        if self._explored.baseline is not None:
            row["since_baseline"] = self._change(gold, predicted)
        return row

    def _told(self, name: str, record: Any, article: Article) -> dict[str, Any]:
        if record is None:
            return {name: None, **{f"{name}_{what}": None for what in ("label", "start", "end", "roles")}}
        layer = self._own.layer
        spans = layer.spans(record)
        roles = [f"{word}: {said}" for word, said in layer.roles(record, article.text).items() if said]
        return {
            name: layer.show(record, article.text),
            f"{name}_label": layer.label(record),
            f"{name}_start": min((span.start for span in spans), default=None),
            f"{name}_end": max((span.end for span in spans), default=None),
            f"{name}_roles": "; ".join(roles) or None,
        }

    def _credit(self, side: int, position: int) -> float | None:
        if position == NOBODY or self._column is None:
            return None
        credit = float(self._own.credits[side][position, self._column])
        return None if credit != credit else credit

    def _change(self, gold: int, predicted: int) -> str | None:
        since = self._since
        if since is None:
            return None
        if gold != NOBODY and since.broken[gold]:
            return "broken"
        if gold != NOBODY and since.fixed[gold]:
            return "fixed"
        return "added" if predicted != NOBODY and since.added[predicted] else None


def _around(article: Article, start: int, end: int) -> str:
    """What stands before, in and after a stretch, which is in brackets."""
    text = article.text
    return f"{text[max(start - AROUND, 0) : start]}[{text[start:end]}]{text[end : end + AROUND]}"
