"""Annotations of one article as the marks, links and labels of a document, as a profile says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from evalkit.formats.standoff.document import Document, Holds, Link, Mark
from evalkit.formats.standoff.items import THING
from evalkit.formats.standoff.origins import Origin, Step
from evalkit.formats.standoff.profile import ANY, Profile, Table
from evalkit.layers.base import Layer
from evalkit.layers.fields import NAMES, NUMBER, REQUIRED, SPAN, SPANS, Field
from evalkit.records import Annotations, Span

__all__ = ["UNMAPPED", "Draft", "Key", "draft_document"]

Key = tuple[str, int]
"""The layer of an item and its place there."""

UNMAPPED, WITHOUT_FEATURES, WITHOUT_LINKS = "not in the profile", "without features", "without links"

Features = dict[str, str | tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A document and what its pieces stand for.

    Attributes:
        document: the document; it may hold more than a tool can.
        pieces: item → what it will be called when it is read again: the id of its mark or link.
        answers: items that are answers about the whole text.
        parts: mark that is part of an item and nothing else → the mark of the item.
        lost: item → why nothing stands for it.
    """

    document: Document
    pieces: Mapping[Key, str]
    answers: frozenset[Key]
    parts: Mapping[str, str]
    lost: Mapping[Key, str]


def draft_document(document: Document, annotations: Annotations, profile: Profile, holds: Holds) -> Draft:
    """The document with the items of annotations as marks, links and labels.

    Args:
        document: the article without any.
        annotations: the items.
        profile: how they are said.
        holds: what the tool can hold.
    """
    drafting = _Drafting(profile, holds)
    drafting.labels.update({name: list(answers) for name, answers in document.labels.items()})
    drafting.write(annotations)
    return Draft(
        document=replace(
            document,
            marks=tuple(drafting.marks.values()),
            links=tuple(drafting.links),
            labels={name: tuple(answers) for name, answers in drafting.labels.items()},
            declared=frozenset(drafting.declared),
        ),
        pieces=drafting.pieces,
        answers=frozenset(drafting.answers),
        parts=drafting.parts,
        lost=drafting.lost,
    )


@dataclass
class _Piece:
    """A mark as it is being made: its features, and what goes with it."""

    id: str
    features: Features
    links: list[Link] = field(default_factory=list)
    parts: list[tuple[str, tuple[Span, ...]]] = field(default_factory=list)
    """Link and place of the marks that it is linked to; the link is empty for a member of its group."""
    members: list[tuple[str, tuple[Span, ...]]] = field(default_factory=list)
    """Type and place of other marks of its group."""
    at_place: dict[tuple[Span, ...], str] = field(default_factory=dict)
    """Marks of others that are its parts, by their place."""
    score: float | None = None


class _Drafting:
    """Makes the marks, links and labels of one document."""

    def __init__(self, profile: Profile, holds: Holds) -> None:
        self.profile, self.holds = profile, holds
        self.marks: dict[str, Mark] = {}
        self.links: list[Link] = []
        self.named_links: set[str] = set()
        self.numbers: dict[tuple[str, bool], int] = {}
        self.labels: dict[str, list[str]] = {}
        self.declared: set[str] = set()
        self.pieces: dict[Key, str] = {}
        self.answers: set[Key] = set()
        self.parts: dict[str, str] = {}
        self.lost: dict[Key, str] = {}
        self._mark_of_item: dict[tuple[str, str], str] = {}
        self._marks_of_thing: dict[str, list[str]] = {}

    def write(self, annotations: Annotations) -> None:
        """Writes all items; the layers that others refer to come first."""
        tables: dict[str, list[Table]] = {}
        for table in self.profile.tables:
            tables.setdefault(table.layer.name, []).append(table)
        for name in [*tables, *[name for name in annotations.layers if name not in tables]]:
            for table in tables.get(name, ()) if name in annotations.layers else ():
                self.declared.update(table.marks + table.links + table.answers)
            for number, item in enumerate(annotations[name] or ()):
                self._write_item(item, (name, number), tables.get(name, ()))

    def _write_item(self, item: Any, key: Key, tables: Sequence[Table]) -> None:
        """Writes an item as the first table does that can say it; as one that changes its label only if none can."""
        reasons = []
        for changed in (False, True):
            for table in tables:
                label = self._label(table, item, changed=changed)
                if label is None:
                    reasons.append(UNMAPPED if self.holds.features else WITHOUT_FEATURES)
                    continue
                write = self._answer if table.answers else self._link if table.links else self._mark
                reason = write(table, item, key, *label)
                if not reason:
                    return
                reasons.append(reason)
        # What is wrong with the item itself says more than what the tool is without.
        plain = [one for one in reasons if one not in (UNMAPPED, WITHOUT_FEATURES, WITHOUT_LINKS)]
        self.lost[key] = next(iter([*plain, *[one for one in reasons if one != UNMAPPED]]), UNMAPPED)

    def _label(self, table: Table, item: Any, *, changed: bool) -> tuple[str, Features] | None:
        """The type of what an item becomes, and the features that say its label; None if the table has none for it.

        Args:
            table: the table.
            item: the item.
            changed: whether it may get the label that items have where nothing says it.
        """
        layer = table.layer
        types = table.marks or table.links or table.answers
        theirs = _theirs(table, layer.label_field, layer.label(item))
        plain = next((one for one in types if ANY not in one), layer.one.capitalize())
        origins = table.fields[layer.label_field]
        for origin in origins:
            if origin.value in ("type", "question") and not origin.steps:
                if theirs in types or (self._is_free(theirs) and any(_fits(theirs, one) for one in types)):
                    return theirs, {}
            elif origin.value == "feature" and not origin.steps and self.holds.features:
                return plain, {origin.name: theirs}
            elif origin.value == "answer" or (origin.value == "constant" and origin.name == layer.label(item)):
                return plain, {}
        absent = next(one.absent for one in layer.fields if one.name == layer.label_field)
        if not changed and absent != layer.label(item):
            return None
        # The label that items have where nothing says it, if this is a mark that has none in its type.
        by_feature = any(origin.value == "feature" for origin in origins)
        return (plain, {}) if absent is not REQUIRED and by_feature else None

    def _is_free(self, type_: str) -> bool:
        """Whether nothing else in the profile names a type, so that `*` stands for it."""
        folded = self.profile.fold(type_)
        tables = self.profile.tables
        return not (
            folded in self.profile.parts
            or folded in self.profile.drop
            or any(folded in table.marks for table in tables)
        )

    def _answer(self, table: Table, item: Any, key: Key, question: str, _: Features) -> str:
        if not self.holds.labels:
            return "without a place"
        self.labels.setdefault(question, []).append(_theirs(table, table.layer.label_field, table.layer.label(item)))
        self.pieces[key] = question
        self.answers.add(key)
        return ""

    def _link(self, table: Table, item: Any, key: Key, type_: str, features: Features) -> str:
        if not self.holds.links:
            return WITHOUT_LINKS
        ends: dict[str, str] = {}
        for one in reversed(table.layer.fields):
            value = getattr(item, one.name)
            for origin in table.fields[one.name]:
                if origin.value == "mark" and len(origin.steps) == 1 and origin.steps[0].way in ("source", "target"):
                    mark = self._mark_of(table.layer, one, value)
                    if mark is None and one.absent is REQUIRED:
                        return _unmarked(table.layer, one, value)
                    if mark is not None:
                        ends.setdefault(origin.steps[0].way, mark)
                elif origin.value == "feature" and not origin.steps and self.holds.features and value != one.absent:
                    features[origin.name] = _as_feature(table, one, value)
        if ends.keys() != {"source", "target"}:
            return UNMAPPED
        name = self._new_id(item.id, table.layer.prefix, self.named_links)
        self.named_links.add(name)
        self.links.append(Link(type_, ends["source"], ends["target"], features, name))
        self.pieces[key] = name
        return ""

    def _mark_of(self, layer: Layer[Any], one: Field, value: Any) -> str | None:
        """The mark that a field refers to: the first of a thing, or that of an item."""
        if one.name in layer.refers:
            return self._mark_of_item.get((layer.refers[one.name], value))
        if one.name in layer.names and isinstance(value, str):
            return next(iter(self._marks_of_thing.get(value, ())), None)
        return None

    def _mark(self, table: Table, item: Any, key: Key, type_: str, features: Features) -> str:
        layer = table.layer
        itself = next((one for one in layer.fields if one.name in layer.names and _is_itself(table, one)), None)
        if itself is not None:
            return self._add_to_mark(table, item, key, itself, features)
        piece = _Piece(self._new_id(item.id, layer.prefix, self.marks), dict(features))
        spans = layer.spans(item)
        own_place = any(not origin.steps for origin in table.fields.get(layer.spans_field or "", ()))
        if reason := self._say_fields(table, item, piece, own_place=own_place):
            return reason
        if table.group is not None:
            piece.features[table.group.name] = piece.id
        if not self.holds.discontinuous and not layer.needs_spans:
            # An item that need not stand anywhere is not lost for a place that cannot be held whole.
            spans = spans[:1]
        pieces: list[tuple[Span, ...]] = [spans] if own_place or layer.spans_field is None else [()]
        if table.group is not None and not self.holds.discontinuous:
            pieces = [(span,) for span in spans] or [()]
        self._place(Mark(piece.id, type_, pieces[0], piece.features, piece.score))
        shared: Features = {} if table.group is None else {table.group.name: piece.id}
        members = [(type_, place) for place in pieces[1:]]
        for member, place in [*members, *piece.members]:
            name = self._new_id(f"{piece.id}-{member}", "", self.marks)
            self._place(Mark(name, member, place, shared))
            self.parts[name] = piece.id
        self._link_parts(piece)
        self.pieces[key] = piece.id
        self._mark_of_item[layer.name, item.id] = piece.id
        if isinstance(thing := getattr(item, THING, None), str):
            self._marks_of_thing.setdefault(thing, []).append(piece.id)
        return ""

    def _add_to_mark(self, table: Table, item: Any, key: Key, itself: Field, features: Features) -> str:
        """Writes an item that is a mark of another layer with more features, such as what is thought of an entity."""
        value = getattr(item, itself.name)
        piece = _Piece("", dict(features))
        if reason := self._say_fields(table, item, piece, own_place=True):
            return reason
        for name in self._marks_of_thing.get(value, ()):
            mark = self.marks[name]
            # A mark can say it once.
            if any(_fits(mark.type, one) for one in table.marks) and not piece.features.keys() & mark.features.keys():
                self.marks[name] = mark._replace(features={**mark.features, **piece.features})
                self.pieces[key] = name
                return ""
        return _unmarked(table.layer, itself, value)

    def _say_fields(self, table: Table, item: Any, piece: _Piece, *, own_place: bool) -> str:
        """Says the fields of an item but its label and its place; why it cannot, if one that it must have is unsaid."""
        layer = table.layer
        for one in reversed(layer.fields):
            if one.name == layer.label_field or (one.name == layer.spans_field and own_place):
                continue
            value = getattr(item, one.name)
            if value == one.absent and one.absent is not REQUIRED:
                self._say_nobody(table, one, item, piece)
                continue
            said = any(self._say(table, one, origin, item, piece) for origin in table.fields[one.name])
            if not said and (one.absent is REQUIRED or one.name == layer.spans_field):
                return _unmarked(layer, one, value)
        return ""

    def _say(self, table: Table, one: Field, origin: Origin, item: Any, piece: _Piece) -> bool:
        """Says the value of a field in the way that an origin reads it; False if it cannot."""
        value = getattr(item, one.name)
        if origin.value == "mark":
            return self._say_by_mark(table, one, origin, item, piece)
        if origin.steps:
            return False
        if origin.value == "constant":
            return bool(origin.name == value)
        if origin.value == "score":
            piece.score = value
            return self.holds.scores
        if origin.value == "joined":
            before = self._marks_of_thing.get(value, ())
            if before and self.holds.links:
                kind = {str(origin.parts[0]): str(origin.parts[1])} if origin.parts else {}
                piece.links.append(Link(origin.name, piece.id, before[-1], kind))
            return self.holds.links
        if not self.holds.features:
            return False
        if origin.value == "feature":
            if one.name in table.layer.refers:
                # What is called by its mark when it is read again.
                value = self._mark_of(table.layer, one, value)
            if value is not None:
                piece.features[origin.name] = _as_feature(table, one, value)
            return value is not None
        if origin.value == "made" and (apart := _taken_apart(origin, value)) is not None:
            piece.features[apart[0]] = apart[1]
            return True
        return False

    def _say_by_mark(self, table: Table, one: Field, origin: Origin, item: Any, piece: _Piece) -> bool:
        value = getattr(item, one.name)
        if not origin.steps:
            return one.name in table.layer.names and value is not None
        step, *more = origin.steps
        if more or step.way in ("source", "target") or (step.way != "mark:" and not self.holds.links):
            return False
        if one.type in (SPAN, SPANS):
            spans = (value,) if one.type is SPAN else value
            if step.way == "mark:":
                several = [spans] if self.holds.discontinuous else [(span,) for span in spans]
                piece.members += [(step.name, place) for place in several]
            else:
                piece.parts.append((f"{step.way}{step.name}\n{step.type or step.name}", spans))
            return True
        place = next((place for place, other in table.layer.span_ids.items() if other == one.name), "")
        if origin in table.fields.get(place, ()):
            # The link goes to what stands at the place, which names this thing only if it is a mark of it.
            spans = (getattr(item, place),)
            named = (name for name in self._marks_of_thing.get(value, ()) if self.marks[name].spans == spans)
            piece.at_place.update((spans, name) for name in list(named)[:1])
            return spans in piece.at_place
        mark = self._mark_of(table.layer, one, value)
        if mark is None or step.way == "mark:":
            return False
        piece.links.append(_linked(step, piece.id, mark))
        return True

    def _say_nobody(self, table: Table, one: Field, item: Any, piece: _Piece) -> None:
        """Says that a place names nothing, where what stands at the same place does."""
        place = next((place for place, other in table.layer.span_ids.items() if other == one.name), None)
        spans = None if place is None else getattr(item, place)
        if spans is None or not self.holds.features:
            return
        first = next((origin for origin in table.fields[one.name] if origin.value == "feature"), None)
        named = (self.marks[name].spans for names in self._marks_of_thing.values() for name in names)
        if first is not None and (spans,) in named:
            piece.features[first.name] = ""

    def _link_parts(self, piece: _Piece) -> None:
        self.links += piece.links
        at_place: dict[tuple[Span, ...], str] = {}
        if not self.holds.overlap:
            # Two marks at one place cannot both be held, so that the one which is there has to do.
            at_place = {mark.spans: name for name, mark in self.marks.items()}
        at_place |= piece.at_place
        for link, place in piece.parts:
            way, type_ = link.split("\n")
            step = Step(way[:2], way[2:])
            several = [place] if self.holds.discontinuous or not self.holds.links else [(span,) for span in place]
            for spans in several:
                name = at_place.get(spans)
                if name is None:
                    name = self._new_id(f"{piece.id}-{type_}", "", self.marks)
                    self._place(Mark(name, type_, spans))
                    self.parts[name] = piece.id
                self.links.append(_linked(step, piece.id, name))

    def _place(self, mark: Mark) -> None:
        self.marks[mark.id] = mark

    def _new_id(self, wanted: str, prefix: str, taken: Mapping[str, Any] | set[str]) -> str:
        name, begins = wanted, wanted or prefix
        # Marks and links are numbered apart, each on from where the last one of the name ended.
        key = (begins, taken is self.named_links)
        while name in taken or not name:
            self.numbers[key] = self.numbers.get(key, 1) + 1
            name = f"{begins}-{self.numbers[key]}"
        return name


def _fits(type_: str, pattern: str) -> bool:
    return fnmatchcase(type_, pattern) if ANY in pattern else type_ == pattern


def _is_itself(table: Table, one: Field) -> bool:
    """Whether a field names what the mark of the item names, which so is a mark of another item, too."""
    first = next(iter(table.fields[one.name]), None)
    return first is not None and first.value == "mark" and not first.steps


def _unmarked(layer: Layer[Any], one: Field, value: Any) -> str:
    word = layer.names.get(one.name, one.name)
    if isinstance(value, str) and one.name in layer.names and layer.nobody(value):
        return f"{value.partition(':')[0]} as {word}"
    return f"{word} without a mark" if one.name in layer.names else f"without {word}"


def _linked(step: Step, mark: str, other: str) -> Link:
    return Link(step.name, mark, other) if step.way == "->" else Link(step.name, other, mark)


def _theirs(table: Table, name: str, value: str) -> str:
    """What the tool calls a value of ours."""
    values = table.values.get(name, {})
    found = [theirs for theirs, ours in values.items() if ours == value and ANY not in theirs]
    return found[0] if found else value


def _as_feature(table: Table, one: Field, value: Any) -> str | tuple[str, ...]:
    if one.type is NAMES:
        return tuple(value)
    if one.type is NUMBER:
        return repr(value)
    return _theirs(table, one.name, value)


def _taken_apart(origin: Origin, value: Any) -> tuple[str, str] | None:
    """The one feature of a text that is made of it, and what it must be for the text to be this value."""
    inside = [part for part in origin.parts if isinstance(part, Origin)]
    if len(inside) != 1 or inside[0].value != "feature" or inside[0].steps or not isinstance(value, str):
        return None
    place = origin.parts.index(inside[0])
    before = "".join(part for part in origin.parts[:place] if isinstance(part, str))
    after = "".join(part for part in origin.parts[place + 1 :] if isinstance(part, str))
    if not (value.startswith(before) and value.endswith(after) and len(value) > len(before) + len(after)):
        return None
    return inside[0].name, value[len(before) : len(value) - len(after)]
