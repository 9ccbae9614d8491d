"""What the lines about a text mean together: marks with their features, and links between them.

An event is a mark at the place of its trigger, and each of its roles a link; the trigger is no mark of its own.
Attributes, entries of knowledge bases and notes are features of what they are said of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from evalkit.errors import FormatError
from evalkit.files import parse_json
from evalkit.formats.brat.lines import Bound, Equivalence, Event, Lines, Relation, Said
from evalkit.formats.brat.names import EXACTLY, FEATURES, LINK, LINK_NAME, NOTE, NOTES, REFERENCE, line_name
from evalkit.formats.brat.pieces import joined, pieces_of
from evalkit.formats.standoff.document import Link, Mark
from evalkit.records import Span

__all__ = ["Meaning", "meaning_of"]

Value = str | tuple[str, ...]


@dataclass(slots=True)
class Meaning:
    """What was made of the lines, in their order."""

    marks: tuple[Mark, ...] = ()
    links: tuple[Link, ...] = ()
    problems: list[FormatError] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)


def meaning_of(lines: Lines, text: str, pieces: Mapping[str, Sequence[Span]], roles: Collection[str] = ()) -> Meaning:
    """The marks and links of a text.

    Args:
        lines: what stands in its files.
        text: the text.
        pieces: the pieces of the lines that have a place, by id, in code points.
        roles: the roles of events that the configuration names.
    """
    return _Text(lines, text, pieces, roles).meaning()


class _Text:
    """The lines of one text while they are put together."""

    def __init__(self, lines: Lines, text: str, pieces: Mapping[str, Sequence[Span]], roles: Collection[str]) -> None:
        self.lines, self.text, self.pieces, self.out = lines, text, pieces, Meaning()
        self.broken = set(lines.broken)
        self.events_at: dict[str, list[str]] = {}
        self.features: dict[str, dict[str, list[str]]] = {}
        self.kept: dict[str, dict[str, Value]] = {}
        self.exactly: dict[str, Mapping[str, Any]] = {}
        self.named_roles = {*roles}
        self.roles = self.named_roles | {role for event in lines.of(Event) for role, _ in event.roles}

    def meaning(self) -> Meaning:
        for event in self.lines.of(Event):
            self._take_trigger(event)
        for said in self.lines.of(Said):
            if said.kind != "#":
                self._add_value(said)
        for said in self.lines.of(Said):
            if said.kind == "#":
                self._add_note(said)
        marks, links = [], list[Link]()
        for line in self.lines.lines.values():
            if isinstance(line, Bound) and line.id in self.pieces and line.id not in self.events_at:
                marks.append(self._mark(line.id, line.type, self.pieces[line.id]))
            elif isinstance(line, Event) and line.id not in self.broken:
                marks.append(self._mark(line.id, line.type, self.pieces[line.trigger] if line.trigger else ()))
                links += self._roles(line)
            elif isinstance(line, Relation):
                links += self._relation(line)
            elif isinstance(line, Equivalence):
                same = [self._found(member, line.where) for member in line.members]
                links += [Link(line.type, one, other) for one, other in pairwise(filter(None, same))]
        self.out.marks, self.out.links = tuple(marks), tuple(links)
        return self.out

    def _take_trigger(self, event: Event) -> None:
        if not event.trigger:
            return
        if event.trigger in self.pieces:
            self.events_at.setdefault(event.trigger, []).append(event.id)
            return
        self.broken.add(event.id)
        self._missing(event.trigger, event.where, "an event's trigger is a line T")

    def _missing(self, name: str, where: str, wanted: str = "") -> None:
        """Says that what a line is about is not there, unless it was said already why."""
        if name in self.broken:
            self.out.notes["lines about lines that could not be read, left out"] += 1
        else:
            hint = f"; {wanted}" if wanted else ""
            self.out.problems.append(FormatError(f"{where}: names {name!r:.80}, which is not there{hint}; mend it"))

    def _found(self, name: str, where: str) -> str | None:
        """The mark that a line names; a trigger stands for its event."""
        line = self.lines.lines.get(name)
        if name not in self.broken and (isinstance(line, Event) or (isinstance(line, Bound) and name in self.pieces)):
            events = self.events_at.get(name, [name])
            if len(events) > 1:
                self.out.notes["places of several events that a line names, taken as the first of them"] += 1
            return events[0]
        self._missing(name, where)
        return None

    def _owner(self, name: str, where: str) -> str | None:
        """The mark or relation that something is said of."""
        return name if isinstance(self.lines.lines.get(name), Relation) else self._found(name, where)

    def _add_value(self, said: Said) -> None:
        owner = self._owner(said.of, said.where)
        if owner is None:
            self.broken.add(said.id)
            return
        own = self.features.setdefault(owner, {})
        own.setdefault(_feature_of(said), []).append(said.value)
        if said.kind == "N":
            own.setdefault(LINK_NAME, []).append(said.text)

    def _add_note(self, said: Said) -> None:
        about = self.lines.lines.get(said.of)
        if isinstance(about, Said) and about.id not in self.broken and about.kind != "#":
            if owner := self._owner(about.of, said.where):
                name = f"{_feature_of(about)}.{NOTE}"
                self.features.setdefault(owner, {}).setdefault(name, []).append(said.text.strip())
            return
        owner = self._owner(said.of, said.where)
        if owner is None:
            return
        kept = _object(said) if said.name in (FEATURES, EXACTLY) else None
        if kept is None:
            name = NOTE if said.name == NOTES else said.name
            self.features.setdefault(owner, {}).setdefault(name, []).append(said.text.strip())
        elif said.name == EXACTLY:
            self.exactly[owner] = kept
        else:
            self.kept.setdefault(owner, {}).update(_values(kept))

    def _features_of(self, name: str) -> dict[str, Value]:
        features: dict[str, Value] = {}
        for key, values in self.features.get(name, {}).items():
            if any(values) or key != LINK_NAME:
                features[key] = values[0] if len(values) == 1 else tuple(values)
        return features | self.kept.get(name, {})

    def _mark(self, name: str, kind: str, pieces: Sequence[Span]) -> Mark:
        exactly = self.exactly.get(name, {})
        spans, score = joined(self.text, pieces), exactly.get("score")
        if len(spans) < len(pieces):
            said = "pieces joined to one span, as only a line end or tab stood between them"
            self.out.notes[said] += len(pieces) - len(spans)
        told = _spans(exactly.get("spans"), len(self.text))
        # Somebody may have moved it since.
        if told and pieces_of(self.text, told) == tuple(sorted(pieces)):
            spans = told
        score = float(score) if isinstance(score, (int, float)) and not isinstance(score, bool) else None
        return Mark(name, _type(kind, exactly), spans, self._features_of(name), score)

    def _roles(self, event: Event) -> Iterator[Link]:
        for role, of in event.roles:
            if target := self._found(of, event.where):
                yield Link(self._role(role), event.id, target)

    def _role(self, role: str) -> str:
        """A role without the number that brat gives to the second of a kind, and the third."""
        base = role.rstrip("0123456789")
        is_number = role not in self.named_roles and base != role and base in self.roles
        return base if is_number and not role[len(base) :].startswith(("0", "1")) else role

    def _relation(self, line: Relation) -> Iterator[Link]:
        source, target = self._found(line.source, line.where), self._found(line.target, line.where)
        if source and target:
            kind = _type(line.type, self.exactly.get(line.id, {}))
            yield Link(kind, source, target, self._features_of(line.id), line.id)


def _feature_of(said: Said) -> str:
    """The feature that a value is, as which people's notes on it are found, too."""
    return LINK if said.kind == "N" and said.name == REFERENCE else said.name


def _type(kind: str, exactly: Mapping[str, Any]) -> str:
    """The type of a line, or the one that a line of this type stands for, unless somebody changed it since."""
    told = exactly.get("type")
    return told if isinstance(told, str) and line_name(told) == kind else kind


def _object(said: Said) -> Mapping[str, Any] | None:
    """The JSON object that a note of ours holds; None if it is not ours."""
    try:
        value = parse_json(said.text, said.where)
    except FormatError:
        return None
    return value if isinstance(value, Mapping) else None


def _values(kept: Mapping[str, Any]) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for name, value in kept.items():
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            values[name] = tuple(value)
        else:
            values[name] = value if isinstance(value, str) else str(value)
    return values


def _spans(told: Any, size: int) -> tuple[Span, ...]:
    """The spans that a note tells; none if they are none."""
    if not isinstance(told, list):
        return ()
    spans = [Span(*one) for one in told if _is_span(one, size)]
    return tuple(spans) if len(spans) == len(told) else ()


def _is_span(told: Any, size: int) -> bool:
    if not isinstance(told, list) or len(told) != 2 or not all(type(offset) is int for offset in told):
        return False
    start, end = told
    return bool(0 <= start <= end <= size)
