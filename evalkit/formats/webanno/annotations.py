"""The cells of one document as marks and links.

An annotation of several tokens, or one of several at a token, has a number in brackets; all others are told apart by
the row and their place in the stack. Elements of a chain have the numbers of their chain and of their place in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from evalkit.errors import FormatError
from evalkit.formats.standoff.document import Link, Mark
from evalkit.formats.webanno.cells import EMPTY, NONE, Part, parts_of, slots_of, unescaped, values_of
from evalkit.formats.webanno.header import ANY_LAYER, BASE, CHAIN, FEATURE, SLOT, SPAN, Column, Layer
from evalkit.formats.webanno.rows import Row, Table
from evalkit.formats.webanno.text import Text
from evalkit.records import Span
from evalkit.showing import number_of

__all__ = ["Annotated", "annotated"]

CHAIN_RELATION, CHAIN_TYPE = "referenceRelation", "referenceType"

Value = str | tuple[str, ...]


@dataclass(slots=True)
class Annotated:
    """What is annotated in one document."""

    marks: list[Mark] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    problems: list[FormatError] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Annotation:
    """One annotation while its rows are read: the token that it was last seen at, so that gaps are noticed."""

    id: str
    layer: Layer
    number: str
    start: int
    end: int
    token: int
    features: dict[str, Value] = field(default_factory=dict)


class _Reference(NamedTuple):
    """A link to the annotation of a layer at a row, which may stand further down."""

    type: str
    source: str | tuple[str, str, str]
    target: tuple[str, str, str]
    features: dict[str, Value]
    where: str


def annotated(table: Table, text: Text, path: Path) -> Annotated:
    """The marks and links of a document, in the order of its rows; links whose ends are not there are problems."""
    return _Reader(table, text, path).read()


class _Reader:
    """The rows of one document while they are read."""

    def __init__(self, table: Table, text: Text, path: Path) -> None:
        self.table, self.text, self.path, self.out = table, text, path, Annotated()
        self.width = sum(len(layer.columns) for layer in table.layers)
        self.lists = not table.version.startswith(("3.0", "3.1"))
        self.annotations: dict[str, _Annotation] = {}
        self.again: Counter[str] = Counter()
        self.numbered: dict[tuple[str, str], _Annotation] = {}
        # What is annotated at a row, by layer.
        self.at: dict[str, dict[str, list[_Annotation]]] = {}
        self.starts: dict[str, int] = {}
        self.chains: dict[tuple[str, int], dict[int, tuple[_Annotation, str]]] = {}
        self.references: dict[tuple[object, ...], _Reference] = {}
        self.token = 0

    def read(self) -> Annotated:
        for sentence in self.table.sentences:
            for row in sentence.rows:
                self.token += row.is_token
                self._row(row)
        self.out.marks = [self._mark(annotation) for annotation in self.annotations.values()]
        self.out.links = [link for reference in self.references.values() if (link := self._link(reference))]
        for (layer, _), elements in sorted(self.chains.items()):
            kind = layer.removesuffix("Link") or layer
            for (_, (one, said)), (_, (other, _)) in pairwise(sorted(elements.items(), key=lambda element: element[0])):
                self.out.links.append(Link(kind, one.id, other.id, {CHAIN_RELATION: said} if said else {}))
        return self.out

    def _row(self, row: Row) -> None:
        cells = row.cells[: self.width]
        if len(cells) < self.width:
            self._problem(
                row,
                f"has {number_of(len(cells), 'cell')} behind the token, not {self.width} as the header says; mend it",
            )
            cells += (NONE,) * (self.width - len(cells))
        if row.line not in self.text.units:
            if any(cell not in (NONE, "") for cell in cells):
                self.out.notes["rows of sentences that cannot be placed, left out with what is annotated there"] += 1
            return
        self.starts[row.id] = self.text.units[row.line].start
        for layer in self.table.layers:
            if all(cells[column.number] in (NONE, "") for column in layer.columns):
                continue
            if layer.kind == SPAN:
                self._spans(row, layer, cells)
            elif layer.kind == CHAIN:
                self._elements(row, layer, cells)
            else:
                self._relations(row, layer, cells)

    def _problem(self, row: Row, what: str) -> None:
        self.out.problems.append(FormatError(f"{self.path}:{row.line}: {what}"))

    def _where(self, row: Row) -> str:
        return f"{self.path}:{row.line}"

    def _annotation(self, row: Row, layer: Layer, number: str, name: str) -> _Annotation:
        """An annotation at a row: one that went on from the row before, or a new one."""
        span = self.text.units[row.line]
        known = self.numbered.get((layer.name, number)) if number else None
        if known is not None and self.token - known.token > 1:
            self.out.notes["numbers of annotations that are used again elsewhere, taken as other annotations"] += 1
            known = None
        if known is None:
            name = self._free(name)
            known = _Annotation(name, layer, number, span.start, span.end, self.token)
            self.annotations[name] = known
            if number:
                self.numbered[layer.name, number] = known
        known.start, known.end = min(known.start, span.start), max(known.end, span.end)
        known.token = self.token
        here = self.at.setdefault(row.id, {}).setdefault(layer.name, [])
        if known not in here:
            here.append(known)
        return known

    def _free(self, name: str) -> str:
        """A name that no annotation has; those of one number are told apart by how often it was used."""
        free = name
        while free in self.annotations:
            self.again[name] += 1
            free = f"{name}'{self.again[name] if self.again[name] > 1 else ''}"
        return free

    def _spans(self, row: Row, layer: Layer, cells: Sequence[str]) -> None:
        parts = {column: parts_of(cells[column.number]) for column in layer.columns}
        # The column with most of them says how they are stacked; in others some may be left out.
        stack = max((own for column, own in parts.items() if column.kind != SLOT), key=len, default=())
        stacked: dict[str, _Annotation] = {}

        def annotation(place: int, number: str) -> _Annotation:
            number = number or (stack[place].number if place < len(stack) else "")
            key = number or f"@{place}"
            if key not in stacked:
                name = f"{layer.short}[{number}]" if number else f"{layer.short}@{row.id}"
                stacked[key] = self._annotation(row, layer, number, name)
            return stacked[key]

        roles: Sequence[Part] = ()
        for column, own in parts.items():
            for place, part in enumerate(own):
                if column.kind == SLOT:
                    host = annotation(place, "")
                    written = roles[place].written if place < len(roles) else NONE
                    self._slots(row, host, column, slots_of(written), slots_of(part.whole))
                elif column.kind == FEATURE:
                    self._add(annotation(place, part.number), column.name, part.written)
                else:
                    annotation(place, part.number)
            roles = own

    def _slots(
        self, row: Row, host: _Annotation, column: Column, roles: Sequence[Part], targets: Sequence[Part]
    ) -> None:
        filled = [target for target in targets if target.written not in (NONE, EMPTY)]
        if filled and len(roles) != len(targets):
            self._problem(
                row, f"{number_of(len(roles), 'role')} of {column.name} and {number_of(len(targets), 'place')}; mend it"
            )
            return
        self.out.notes["slots that nothing fills, left out"] += len(roles) - len(filled)
        for role, target in zip(roles, targets, strict=False):
            if target not in filled:
                continue
            kind = column.name if role.written in (NONE, EMPTY, "") else unescaped(role.written)
            to = (column.layer, target.written, target.number)
            # It stands in every row of its annotation.
            self.references.setdefault((host.id, kind, to), _Reference(kind, host.id, to, {}, self._where(row)))

    def _elements(self, row: Row, layer: Layer, cells: Sequence[str]) -> None:
        by_name = {column.name: parts_of(cells[column.number]) for column in layer.columns}
        types = by_name.get(CHAIN_TYPE, ())
        for place, part in enumerate(by_name.get(CHAIN_RELATION, ())):
            said, arrow, link = part.written.rpartition("->")
            chain, _, element = link.partition("-")
            if not arrow or not chain.isdecimal() or not element.isdecimal() or len(link) > 20:
                self._problem(row, f"{part.written!r:.80} names no link of a chain; write VALUE->CHAIN-LINK")
                continue
            known = self._annotation(row, layer, link, f"{layer.short}[{link}]")
            if place < len(types):
                self._add(known, CHAIN_TYPE, types[place].written)
            value = "" if said in (EMPTY, NONE) else unescaped(said)
            self.chains.setdefault((layer.short, int(chain)), {}).setdefault(int(element), (known, value))

    def _relations(self, row: Row, layer: Layer, cells: Sequence[str]) -> None:
        base = layer.of_kind(BASE)
        ends = parts_of(cells[base[0].number]) if base else ()
        values = {column.name: parts_of(cells[column.number]) for column in layer.of_kind(FEATURE)}
        if not ends:
            self._problem(row, f"a relation of {layer.short} that comes from nowhere; mend it")
        for place, end in enumerate(ends):
            features: dict[str, Value] = {}
            for name, parts in values.items():
                if place < len(parts) and (value := self._value(parts[place].written)):
                    features[name] = value
            one, _, other = end.number.partition("_")
            source, target = (base[0].layer, end.written, one), (base[0].layer, row.id, other)
            key = (layer.short, row.line, place)
            self.references[key] = _Reference(layer.short, source, target, features, self._where(row))

    def _add(self, annotation: _Annotation, name: str, written: str) -> None:
        value = self._value(written)
        if name and value:
            annotation.features.setdefault(name, value)

    def _value(self, written: str) -> Value:
        """A value; several of a feature that may have so many. Before 3.2 a semicolon said nothing."""
        values = values_of(written) if self.lists else [unescaped(written)] if written not in (NONE, EMPTY) else []
        return values[0] if len(values) == 1 else tuple(values)

    def _mark(self, annotation: _Annotation) -> Mark:
        spans = (Span(annotation.start, annotation.end),) if annotation.start < annotation.end else ()
        self.out.notes["annotations of no width, without a place"] += not spans
        return Mark(annotation.id, annotation.layer.short, spans, annotation.features)

    def _link(self, reference: _Reference) -> Link | None:
        source = reference.source if isinstance(reference.source, str) else self._end(reference.source, reference)
        target = self._end(reference.target, reference) if source else None
        if source is None or target is None:
            return None
        return Link(reference.type, source, target, reference.features)

    def _end(self, end: tuple[str, str, str], reference: _Reference) -> str | None:
        """The annotation at one end of a link."""
        layer, row, number = end
        here = self.at.get(row, {})
        found = [one for name, own in here.items() for one in own if layer in (name, ANY_LAYER)]
        if number.strip("0"):
            found = [one for one in found if one.number == number]
        elif len(found) > 1:
            begun = [one for one in found if one.start == self.starts[row]]
            found = begun if len(begun) == 1 else found
        if len(found) == 1:
            return found[0].id
        if not found and layer != ANY_LAYER and layer not in {own.name for own in self.table.layers}:
            self.out.notes[f"links between tokens ({reference.type}), left out"] += 1
            return None
        what = "nothing" if not found else "more than one annotation"
        told = f"{row}[{number}]" if number else row
        said = f"at {told}, to which {reference.type} leads, there is {what} of {layer.rpartition('.')[2]}"
        self.out.problems.append(FormatError(f"{reference.where}: {said}; mend it"))
        return None
