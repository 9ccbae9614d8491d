"""Edits of a text, and where spans of it are afterwards: every span stays on the words that it was on."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from evalkit.layers.fields import SPANS
from evalkit.layers.table import load_layer
from evalkit.records import Annotations, Article, Example, Span, Zone

__all__ = ["Edit", "EditedText", "Tally", "edited_example", "without_overlaps"]


class Edit(NamedTuple):
    """What stands from `start` to `end` gives way to `new`; nothing stands there where something is put in."""

    start: int
    end: int
    new: str


def without_overlaps(edits: Iterable[Edit]) -> list[Edit]:
    """The edits in order, without those that change nothing, or what an earlier one changes."""
    kept: list[Edit] = []
    for edit in sorted(edits):
        if not kept or edit.start >= kept[-1].end:
            kept.append(edit)
    return kept


class EditedText:
    """A text after some edits that do not overlap."""

    def __init__(self, text: str, edits: Sequence[Edit]) -> None:
        """Makes the edits, which are in order."""
        self._edits = edits
        self._starts = [edit.start for edit in edits]
        self._ends = [edit.end for edit in edits]
        # By how much what stands behind so many edits has moved.
        self._moved = [0]
        pieces, place = [], 0
        for edit in edits:
            pieces += [text[place : edit.start], edit.new]
            place = edit.end
            self._moved.append(self._moved[-1] + len(edit.new) - (edit.end - edit.start))
        self.text = "".join([*pieces, text[place:]])

    def move(self, span: Span) -> Span | None:
        """Where a span is afterwards: without what was put in at its edges; None if nothing of it is left.

        An edge in the middle of what gave way to something of another length cannot be told, which is None, too.
        """
        start, end = self._start(span.start), self._end(span.end)
        return None if start is None or end is None or start >= end else Span(start, end)

    def _start(self, place: int) -> int | None:
        # Behind everything that ends here, and so behind what is put in here.
        before = bisect_right(self._ends, place)
        if before < len(self._edits) and self._edits[before].start < place:
            return self._inside(before, place)
        return place + self._moved[before]

    def _end(self, place: int) -> int | None:
        # Before everything that begins here.
        before = bisect_left(self._starts, place)
        if before and self._edits[before - 1].end > place:
            return self._inside(before - 1, place)
        return place + self._moved[before]

    def _inside(self, number: int, place: int) -> int | None:
        edit = self._edits[number]
        same = len(edit.new) == edit.end - edit.start
        return place + self._moved[number] if same else None


@dataclass(frozen=True)
class Tally:
    """What became of annotations: layer → items kept and dropped, and parts of items, such as a cue, that are gone."""

    kept: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    parts: Counter[str] = field(default_factory=Counter)


def edited_example(example: Example, edits: Sequence[Edit], tally: Tally) -> tuple[Example, EditedText]:
    """The example with another text, and everything that was annotated in it where it is now.

    Title and metadata stay as they are; `tally` counts the items of the gold.
    """
    edited = EditedText(example.article.text, edits)
    zones = tuple(
        Zone(zone.kind, *moved)
        for zone in example.article.zones
        if (moved := edited.move(Span(zone.start, zone.end))) is not None
    )
    article: Article = replace(example.article, text=edited.text, zones=zones)
    readings = {name: _moved(own, edited, Tally()) for name, own in example.readings.items()}
    gold = _moved(example.gold, edited, tally)
    return replace(example, article=article, gold=gold, readings=readings), edited


def _moved(annotations: Annotations, edited: EditedText, tally: Tally) -> Annotations:
    layers: dict[str, list[Any]] = {}
    lost: dict[str, set[str]] = {}
    for name, items in annotations.layers.items():
        layers[name], lost[name] = [], set()
        for item in items:
            moved = _moved_item(name, item, edited, tally)
            if moved is None:
                lost[name].add(item.id)
                tally.dropped[name] += 1
            else:
                layers[name].append(moved)
                tally.kept[name] += 1
    for name, left in layers.items():
        layer = load_layer(name)
        for number, item in enumerate(left):
            gone = [key for key, other in layer.refers.items() if getattr(item, key) in lost.get(other, ())]
            if gone:
                tally.parts[name] += len(gone)
                left[number] = layer.without(item, gone)
    return Annotations(layers, annotations.scope)


def _moved_item(name: str, item: Any, edited: EditedText, tally: Tally) -> Any:
    """The item with its spans moved, without parts that are gone; None if its own place, or some of it, is gone."""
    layer = load_layer(name)
    changes: dict[str, Any] = {}
    for one in layer.fields:
        if one.name not in layer.span_names or not (value := getattr(item, one.name)):
            continue
        spans = [edited.move(span) for span in (value if one.type is SPANS else (value,))]
        left = tuple(span for span in spans if span is not None)
        if len(left) < len(spans) and (one.name == layer.spans_field or one.absent not in (None, ())):
            return None
        tally.parts[name] += len(spans) - len(left)
        changes[one.name] = left if one.type is SPANS else next(iter(left), None)
    return replace(item, **changes)
