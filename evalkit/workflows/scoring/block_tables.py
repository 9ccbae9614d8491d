"""The tables of a run, scored block by block: what is kept of a block are its counts.

A convention whose figures are no sums over articles has to have all of them: for it they are kept until the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from evalkit.layers.table import load_layer
from evalkit.scoring.columns import Columns
from evalkit.scoring.counts import merge_tables
from evalkit.scoring.misplaced import Misplaced, Misses
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.table import ScoredTable, is_additive, load_task, score_columns
from evalkit.workflows.scoring.pairing import Pairing

__all__ = ["BlockTables", "ColumnTables"]

Tables = Mapping[str, Mapping[str, ScoredTable]]


class BlockTables:
    """Task → convention → counts of the blocks that came."""

    def __init__(self, whole: Pairing, asked: Mapping[str, Sequence[str]]) -> None:
        """For some conventions by task under which all articles can be scored; of these no more need be known."""
        self._whole, self.asked = whole, asked
        self._parts: dict[tuple[str, str], list[ScoredTable]] = {}
        self._pairs: dict[str, list[Pair]] = {
            task: [] for task, names in self.asked.items() if not all(is_additive(task, name) for name in names)
        }
        self._misses = {task: Misses() for task in self.asked if stands_in_text(task)}

    @property
    def is_additive(self) -> bool:
        """Whether all that is asked for are sums over articles."""
        return not self._pairs

    def add(self, block: Pairing) -> dict[str, dict[str, ScoredTable]]:
        """Scores some articles, in order of their ids, and gives their tables under additive conventions."""
        done = {}
        for task, names in self.asked.items():
            if task in self._pairs:
                self._pairs[task] += block.of_task(task).with_layers(load_task(task).layers)
            additive = [name for name in names if is_additive(task, name)]
            if not additive or not block.of_task(task).with_layers(load_task(task).layers):
                continue
            done[task] = block.scored(task, additive)
            for name, scored in done[task].items():
                self._take(task, name, scored)
        return done

    def _take(self, task: str, name: str, scored: ScoredTable) -> None:
        if name == self.asked[task][0] and task in self._misses and scored.items is not None:
            self._misses[task].add(scored.items.columns)
        # Items hold the articles.
        self._parts.setdefault((task, name), []).append(replace(scored, items=None))

    def whole(self) -> dict[str, dict[str, ScoredTable]]:
        """The tables of all articles that came."""
        for task, names in self.asked.items():
            pairs = tuple(self._pairs.pop(task, ()))
            paired = replace(self._whole.of_task(task), pairs=pairs)
            # With them what no block had an article for: its table is empty.
            others = [name for name in names if (task, name) not in self._parts]
            for name, scored in replace(self._whole, plain=paired, mapped=paired).scored(task, others).items():
                self._take(task, name, scored)
        return {task: {name: self._joined(task, name) for name in names} for task, names in self.asked.items()}

    def _joined(self, task: str, name: str) -> ScoredTable:
        return _joined(self._parts[task, name])

    def misplaced(self) -> dict[str, Misplaced]:
        """Layer → how else offsets may be counted, where most misses tell it."""
        found: dict[str, Misplaced] = {}
        for task, misses in self._misses.items():
            layer = load_task(task).layer
            if layer not in found and (own := misses.found()) is not None:
                found[layer] = own
        return found


def stands_in_text(task: str) -> bool:
    """Whether what a task counts has to stand somewhere in a text."""
    layer = load_layer(load_task(task).layer)
    return layer.spans_field is not None and layer.needs_spans


class ColumnTables:
    """Convention → counts of one task, of columns that come block by block."""

    def __init__(self, task: str, conventions: Sequence[str]) -> None:
        """Nothing came yet."""
        self._task, self._conventions = task, conventions
        self._parts: dict[str, list[ScoredTable]] = {name: [] for name in conventions}
        self._misses = Misses()

    @property
    def is_additive(self) -> bool:
        """Whether all that is asked for are sums over articles, so that blocks do."""
        return all(is_additive(self._task, name) for name in self._conventions)

    def add(self, columns: Columns) -> None:
        """Scores some articles, in order of their ids."""
        for number, (name, scored) in enumerate(score_columns(self._task, columns, self._conventions).items()):
            if not number and scored.items is not None and stands_in_text(self._task):
                self._misses.add(scored.items.columns)
            # Items hold the articles.
            self._parts[name].append(replace(scored, items=None))

    def whole(self) -> dict[str, dict[str, ScoredTable]]:
        """The tables of all articles that came, as `BlockTables.whole`."""
        # One after the other, so that no two conventions are there in parts and as a whole.
        tables = {name: _joined(self._parts.pop(name)) for name in self._conventions}
        return {self._task: tables} if tables else {}

    def misplaced(self) -> dict[str, Misplaced]:
        """As `BlockTables.misplaced`."""
        own = self._misses.found()
        return {} if own is None else {load_task(self._task).layer: own}


def _joined(parts: Sequence[ScoredTable]) -> ScoredTable:
    return parts[0] if len(parts) == 1 else replace(parts[0], table=merge_tables([part.table for part in parts]))
