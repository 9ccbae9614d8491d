"""One document as items are read from it: what its links join, what its marks name, and what an origin gives there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, NamedTuple

from evalkit.formats.standoff.document import Document, Link, Mark
from evalkit.formats.standoff.origins import Origin, Step, id_of_words
from evalkit.layers.base import surface
from evalkit.records import Span

__all__ = ["Anchor", "Page"]


class Anchor(NamedTuple):
    """What an item is made of: marks, or a link between two, or an answer about the whole text.

    Attributes:
        id: what the item is called.
        marks: its own marks; of a link none.
        link: the link.
        answer: the question and the answer.
        group: the feature and the value that its marks have in common, if several are one item.
    """

    id: str
    marks: tuple[Mark, ...] = ()
    link: Link | None = None
    answer: tuple[str, str] | None = None
    group: tuple[str, str] | None = None


class Page:
    """One document, with what is looked up in it.

    Attributes:
        things: mark → the thing that it names, for marks that are items which name things; None if it has no id yet.
        items: layer → mark → the item that it became.
        taken: the marks that are items, or parts of some.
        named: mark → the id that was made for its thing, because others refer to it.
        ids: layer → the ids of its items, where several tables make some.
    """

    def __init__(self, document: Document, thing_origins: Sequence[Origin]) -> None:
        self.document = document
        self.text = document.text
        self.things: dict[str, str | None] = {}
        self.items: dict[str, dict[str, str]] = defaultdict(dict)
        self.taken: set[str] = set()
        self.named: dict[str, str] = {}
        self.ids: defaultdict[str, set[str]] = defaultdict(set)
        self._thing_origins = thing_origins
        self._chains: dict[tuple[Any, ...], tuple[dict[str, str], dict[tuple[Span, ...], str]]] = {}
        self._groups: dict[str, dict[str, list[Mark]]] = {}

    @cached_property
    def marks(self) -> dict[str, Mark]:
        """The marks by id."""
        return {mark.id: mark for mark in self.document.marks}

    @cached_property
    def _at_place(self) -> dict[tuple[Span, ...], list[Mark]]:
        places: dict[tuple[Span, ...], list[Mark]] = {}
        for mark in self.document.marks:
            places.setdefault(mark.spans, []).append(mark)
        return places

    @cached_property
    def _out(self) -> dict[str, list[Link]]:
        return _by(self.document.links, "source")

    @cached_property
    def _into(self) -> dict[str, list[Link]]:
        return _by(self.document.links, "target")

    def group(self, feature: str) -> Mapping[str, list[Mark]]:
        """The marks that have a feature, by its value; one with several values is in several groups."""
        if feature not in self._groups:
            groups: dict[str, list[Mark]] = {}
            for mark in self.document.marks:
                value = mark.features.get(feature)
                for one in (value,) if isinstance(value, str) else value or ():
                    if one:
                        groups.setdefault(one, []).append(mark)
            self._groups[feature] = groups
        return self._groups[feature]

    def marks_at(self, steps: Sequence[Step], anchor: Anchor) -> list[Mark]:
        """The marks that some steps from an item lead to, each once, in the order of the links."""
        marks: Iterable[Mark | None] = anchor.marks
        for step in steps:
            if step.way in ("source", "target"):
                marks = () if anchor.link is None else (self.marks.get(getattr(anchor.link, step.way)),)
            elif step.way == "mark:":
                members = self.group(anchor.group[0]).get(anchor.group[1], ()) if anchor.group else ()
                marks = [mark for mark in members if mark.type == step.name]
            elif step.way == "here:":
                places = [mark.spans for mark in marks if mark is not None and mark.spans]
                marks = [one for place in places for one in self._at_place[place] if fnmatchcase(one.type, step.name)]
            else:
                marks = self._linked(step, marks)
            marks = [mark for mark in marks if mark is not None and step.type in ("", mark.type)]
        found = {mark.id: mark for mark in marks if mark is not None}
        if steps:
            self.taken.update(found)
        return list(found.values())

    def _linked(self, step: Step, marks: Iterable[Mark | None]) -> list[Mark | None]:
        links, end = (self._out, "target") if step.way == "->" else (self._into, "source")
        return [
            self.marks.get(getattr(link, end))
            for mark in marks
            if mark is not None
            for link in links.get(mark.id, ())
            if link.type == step.name
        ]

    def texts(self, origin: Origin, anchor: Anchor, before: Sequence[Origin] = ()) -> tuple[str, ...] | None:
        """What an origin gives as texts, one in most cases; None if it is not there.

        Args:
            origin: any but one that gives marks.
            anchor: the item.
            before: the origins that were tried before, which say what a chain is called.
        """
        if origin.value == "constant":
            return (origin.name,)
        if origin.value == "made":
            return self._made(origin, anchor)
        if origin.value in ("answer", "question"):
            return None if anchor.answer is None else (anchor.answer[origin.value == "answer"],)
        marks = self.marks_at(origin.steps, anchor)
        if origin.value == "joined":
            return next(((one,) for mark in marks if (one := self._in_chain(origin, mark, before))), None)
        if not origin.steps and anchor.link is not None:
            return _of_link(origin, anchor.link)
        for mark in marks:
            value = _of_mark(origin, mark, self.text)
            if value is not None:
                return (value,) if isinstance(value, str) else value
        return None

    def _made(self, origin: Origin, anchor: Anchor) -> tuple[str, ...] | None:
        pieces = []
        for part in origin.parts:
            if isinstance(part, str):
                pieces.append(part)
                continue
            value = (
                self.texts(part, anchor)
                if part.value != "mark"
                else tuple(surface(self.text, mark.spans) for mark in self.marks_at(part.steps, anchor)[:1])
            )
            if not value or not value[0]:
                return None
            pieces.append(id_of_words(value[0]))
        return ("".join(pieces),)

    def thing(self, mark: Mark, *, required: bool) -> str | None:
        """What a mark names: its own id of a thing, or that of what is marked at its place.

        Args:
            mark: the mark.
            required: whether there must be one, so that what stands there is its id if nothing else is.
        """
        if mark.id in self.things:
            return self.things[mark.id] or self._new_name(mark)
        for origin in self._thing_origins:
            if origin.value == "feature" and not origin.steps and (value := mark.features.get(origin.name)):
                return value if isinstance(value, str) else value[0]
        at_place = self._things_at.get(mark.spans) if mark.spans else None
        if at_place is not None and (required or self.things[at_place]):
            return self.things[at_place] or self._new_name(self.marks[at_place])
        return (surface(self.text, mark.spans) or mark.id) if required else None

    @cached_property
    def _things_at(self) -> dict[tuple[Span, ...], str]:
        places: dict[tuple[Span, ...], str] = {}
        for name in self.things:
            if name in self.marks:
                places.setdefault(self.marks[name].spans, name)
        return places

    def _new_name(self, mark: Mark) -> str:
        """The id of a thing that is mentioned once and has none: that of its mark."""
        if (name := self.named.get(mark.id)) is None:
            known = self._known_things
            name = mark.id if mark.id not in known else f"{mark.id}-{len(known)}"
            known.add(name)
            self.named[mark.id] = name
        return name

    @cached_property
    def _known_things(self) -> set[str | None]:
        return {*self.things.values()}

    def _in_chain(self, origin: Origin, mark: Mark, before: Sequence[Origin]) -> str | None:
        key = (origin.name, *origin.parts)
        if key not in self._chains:
            self._chains[key] = self._chained(origin, before)
        by_mark, by_place = self._chains[key]
        return by_mark.get(mark.id) or by_place.get(mark.spans)

    def _chained(self, origin: Origin, before: Sequence[Origin]) -> tuple[dict[str, str], dict[tuple[Span, ...], str]]:
        """The id of the chain that each mark is in: what one of its marks is called, else the id of its first mark."""
        parents: dict[str, str] = {}

        def root(name: str) -> str:
            while parents.setdefault(name, name) != name:
                parents[name] = name = parents[parents[name]]
            return name

        for one in self.document.links:
            if _joins(origin, one) and one.source in self.marks and one.target in self.marks:
                parents[root(one.source)] = root(one.target)
        chains: dict[str, list[Mark]] = {}
        for mark in self.document.marks:
            if mark.id in parents:
                chains.setdefault(root(mark.id), []).append(mark)
        by_mark: dict[str, str] = {}
        for members in chains.values():
            named = (self.texts(origin, Anchor(mark.id, (mark,))) for mark in members for origin in before)
            name = next((value[0] for value in named if value and value[0]), members[0].id)
            by_mark.update(dict.fromkeys([mark.id for mark in members], name))
        self.taken.update(by_mark)
        return by_mark, {self.marks[mark].spans: name for mark, name in by_mark.items() if self.marks[mark].spans}


def _joins(origin: Origin, link: Link) -> bool:
    """Whether a link is one of those that make a chain."""
    if link.type != origin.name or not origin.parts:
        return link.type == origin.name
    name, *wanted = origin.parts
    value = link.features.get(str(name), ())
    return bool({value} & {*wanted} if isinstance(value, str) else {*value} & {*wanted})


def _by(links: Iterable[Link], end: str) -> dict[str, list[Link]]:
    found: dict[str, list[Link]] = {}
    for link in links:
        found.setdefault(getattr(link, end), []).append(link)
    return found


def _of_link(origin: Origin, link: Link) -> tuple[str, ...] | None:
    if origin.value == "type":
        return (link.type,)
    if origin.value == "id":
        return (link.id,) if link.id else None
    value = link.features.get(origin.name) if origin.value == "feature" else None
    return (value,) if isinstance(value, str) else value


def _of_mark(origin: Origin, mark: Mark, text: str) -> str | tuple[str, ...] | None:
    if origin.value == "feature":
        return mark.features.get(origin.name)
    if origin.value == "type":
        return mark.type
    if origin.value == "id":
        return mark.id
    if origin.value == "score":
        return None if mark.score is None else repr(mark.score)
    return surface(text, mark.spans) or None
