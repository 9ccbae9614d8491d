"""Documents as files of brat: a text, its annotations, and the configuration with which brat shows them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from evalkit.errors import FormatError
from evalkit.files import write_staged
from evalkit.formats.brat.config import config_text
from evalkit.formats.brat.names import (
    BYTE_ORDER_MARK,
    CONFIG,
    EXACTLY,
    FEATURES,
    LINK,
    LINK_NAME,
    NOTE,
    NOTES,
    REFERENCE,
    is_name,
    is_value,
    line_name,
)
from evalkit.formats.brat.pairs import TEXT
from evalkit.formats.brat.pieces import joined, pieces_of, surface_of
from evalkit.formats.standoff.document import Document, Link, Mark
from evalkit.formats.standoff.file_stems import file_stem_of
from evalkit.harmless import json_text
from evalkit.options import ReadOptions
from evalkit.records import Span

__all__ = ["EQUIVALENT", "write_brat"]

EQUIVALENT = "Equiv"
"""The type of links that say that marks are about one thing."""

Value = str | tuple[str, ...]


def write_brat(documents: Sequence[Document], target: Path, options: ReadOptions) -> None:
    """Writes a folder with a pair of files for each document, in a folder for each split if there are several.

    Raises:
        FormatError: two documents would have the same files, or an id is too long for a name; nothing is written.
    """
    several = len({document.split for document in documents}) > 1
    config = _Config()
    files: dict[Path, str] = {}
    for document in documents:
        folder = target / document.split if several and document.split else target
        path = folder / f"{file_stem_of(document.id)}{TEXT}"
        if path in files:
            raise FormatError(f"article {document.id!r:.80}: there are two of this id; give each its own")
        files[path] = _text(document.text)
        files[path.with_name(f"{file_stem_of(document.id)}.ann")] = "".join(
            f"{line}\n" for line in _Annotations(document, config).lines()
        )
    for path, content in files.items():
        write_staged(path, content)
    write_staged(target / CONFIG, config.text())


def _text(text: str) -> str:
    # The first mark is taken for one of the file.
    return BYTE_ORDER_MARK + text if text.startswith(BYTE_ORDER_MARK) else text


class _Config:
    """The names that were used in some documents."""

    def __init__(self) -> None:
        self.places, self.relations = set[str](), set[str]()
        self.events: dict[str, set[str]] = {}
        self.attributes: dict[str, set[str]] = {}
        self.declared = set[str]()

    def text(self) -> str:
        """The configuration; what could have been used and was not is in it, too."""
        roles = {role for own in self.events.values() for role in own}
        unused = {name for name in self.declared if is_name(name)} - self.relations - {*self.events} - roles
        return config_text(
            places=self.places | unused,
            relations=self.relations,
            events=self.events,
            attributes=self.attributes,
        )


class _Ids:
    """The ids of the lines of one kind: those that are there are kept."""

    def __init__(self, kind: str, kept: Iterable[str] = ()) -> None:
        self.kind, self.kept, self.number = kind, set(kept), 0

    def of(self, given: str = "") -> str:
        """The given one if it may be kept, else the next that nobody has."""
        if given in self.kept:
            return given
        while True:
            self.number += 1
            if (name := f"{self.kind}{self.number}") not in self.kept:
                return name


def _ids_like(kind: str, names: Iterable[str]) -> list[str]:
    """The names that are ids of a kind, but for those that stand twice."""
    own = [name for name in names if name[:1] == kind and name[1:].isascii() and name[1:].isdigit() and len(name) < 16]
    return own if len(set(own)) == len(own) else []


class _Annotations:
    """The lines about one text."""

    def __init__(self, document: Document, config: _Config) -> None:
        self.text, self.marks, self.links, self.config = document.text, document.marks, document.links, config
        self.line_ends = [found.start() + 1 for found in re.finditer("\r\n", self.text)]
        config.declared |= document.declared
        ids = [mark.id for mark in self.marks]
        of_kind = {kind: _Ids(kind, _ids_like(kind, ids)) for kind in "TE"}
        self.triggers = of_kind["T"]
        self.relations = _Ids("R", _ids_like("R", [link.id for link in self.links]))
        self.counts = {kind: _Ids(kind) for kind in "AN#"}
        # A mark that is called like an event is one; so is one without a place, as nothing else has none.
        self.names = {
            mark.id: of_kind["E" if mark.id in of_kind["E"].kept or not mark.spans else "T"].of(mark.id)
            for mark in self.marks
        }
        self.roles: dict[str, list[Link]] = {}
        self.others: list[Link] = []
        self.same: list[Link] = []
        for link in self.links:
            is_plain = not link.id and not link.features
            if link.type == EQUIVALENT and is_plain:
                self.same.append(link)
            elif self.names[link.source][0] == "E" and is_plain and _is_role(link.type):
                self.roles.setdefault(link.source, []).append(link)
            else:
                self.others.append(link)

    def lines(self) -> Iterator[str]:
        said: list[str] = []
        for mark in self.marks:
            yield from self._mark(mark, said)
        for link in self.others:
            name, kind = self.relations.of(link.id), line_name(link.type)
            self.config.relations.add(kind)
            yield f"{name}\t{kind} Arg1:{self.names[link.source]} Arg2:{self.names[link.target]}"
            said += self._said(name, link.features, {} if kind == link.type else {"type": link.type})
        for members in _chains(self.same):
            yield f"*\t{EQUIVALENT} {' '.join(self.names[member] for member in members)}"
        yield from said

    def _mark(self, mark: Mark, said: list[str]) -> Iterator[str]:
        name, kind = self.names[mark.id], line_name(mark.type)
        pieces = pieces_of(self.text, mark.spans)
        exactly: dict[str, Any] = {} if kind == mark.type else {"type": mark.type}
        if joined(self.text, pieces) != mark.spans:
            exactly["spans"] = [[*span] for span in mark.spans]
        if mark.score is not None:
            exactly["score"] = mark.score
        place = self.triggers.of() if name[0] == "E" else name
        if pieces:
            surface = " ".join(surface_of(self.text[start:end]) for start, end in pieces)
            counted = ";".join(f"{start} {end}" for start, end in map(self._counted, pieces))
            yield f"{place}\t{kind} {counted}\t{surface}"
        if name[0] == "E":
            roles = self.config.events.setdefault(kind, set())
            trigger = f"{kind}:{place}" if pieces else kind
            yield " ".join([f"{name}\t{trigger}", *self._roles(mark.id, roles)])
        else:
            self.config.places.add(kind)
        said += self._said(name, mark.features, exactly)

    def _counted(self, span: Span) -> Span:
        """A span as brat counts: a mark before the text, and each line end as one character."""
        before = int(self.text.startswith(BYTE_ORDER_MARK))
        return Span(*(at + before - bisect_left(self.line_ends, at) for at in span))

    def _roles(self, mark: str, roles: set[str]) -> Iterator[str]:
        numbers: dict[str, int] = {}
        for link in self.roles.get(mark, ()):
            roles.add(link.type)
            number = numbers[link.type] = numbers.get(link.type, 0) + 1
            yield f"{link.type}{number if number > 1 else ''}:{self.names[link.target]}"

    def _said(self, of: str, features: Mapping[str, Value], exactly: Mapping[str, Any]) -> Iterator[str]:
        """The lines that say something of another line."""
        left: dict[str, Any] = {}
        linked = _entries(features)
        for to, name in linked:
            yield f"{self.counts['N'].of()}\t{REFERENCE} {of} {to}" + (f"\t{name}" if name else "")
        for name, value in features.items():
            values = (value,) if isinstance(value, str) else value
            as_it_is = isinstance(value, str) or len(values) > 1
            if linked and name in (LINK, LINK_NAME):
                continue
            if name == NOTE and as_it_is and all(map(_is_line, values)):
                for one in values:
                    yield f"{self.counts['#'].of()}\t{NOTES} {of}\t{one}"
            elif name != NOTE and is_name(name) and as_it_is and all(map(is_value, values)):
                for one in values:
                    listed = self.config.attributes.setdefault(name, set())
                    if one != "true":
                        listed |= {one} if is_name(one) else set()
                    yield f"{self.counts['A'].of()}\t{name} {of}" + (f" {one}" if one != "true" else "")
            else:
                left[name] = value
        for kind, kept in ((FEATURES, left), (EXACTLY, exactly)):
            if kept:
                yield f"{self.counts['#'].of()}\t{kind} {of}\t{json_text(orjson.dumps(kept).decode())}"


def _is_role(name: str) -> bool:
    """Whether a link may be a role of an event: a number at its end would say that it is the second of a kind."""
    return is_name(name) and not name[-1].isdigit()


def _is_line(text: str) -> bool:
    return bool(text) and text == text.strip() and not set("\r\n") & set(text)


def _entries(features: Mapping[str, Value]) -> list[tuple[str, str]]:
    """The entries of knowledge bases that a mark is linked to, with their names; none if brat cannot hold them so."""
    value = features.get(LINK, ())
    links, names = _several(value), _several(features.get(LINK_NAME, ()))
    if isinstance(value, tuple) and len(value) == 1:
        return []
    names = names or ("",) * len(links)
    fits = len(links) == len(names) and all(is_value(link) and 0 < link.find(":") < len(link) - 1 for link in links)
    return list(zip(links, names, strict=True)) if fits and all(not one or _is_line(one) for one in names) else []


def _several(value: Value) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def _chains(links: Sequence[Link]) -> Iterator[list[str]]:
    """The marks that links join, however many, in the order in which they are named."""
    group: dict[str, list[str]] = {}
    for link in links:
        one, other = (group.setdefault(end, [end]) for end in (link.source, link.target))
        if one is not other:
            # The smaller one joins the larger, so that long chains take no longer.
            larger, smaller = (one, other) if len(one) >= len(other) else (other, one)
            larger += smaller
            group.update(dict.fromkeys(smaller, larger))
    seen = set[int]()
    for members in group.values():
        if id(members) not in seen:
            seen.add(id(members))
            yield members
