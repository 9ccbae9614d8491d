r"""The lines of a brat annotation file, each as what it says; nothing here looks at the text or at another line.

::

    T1	Person 0 8	Ola Brun                  a place, or several: 48 53;60 70
    E1	Attribution:T4 Source:T1 Content:T3       an event: its trigger, and who plays which role
    R1	Origin Arg1:T1 Arg2:T2                    a relation
    *	Equiv T1 T5 T9                            the same thing
    A1	Certainty E1 High                         an attribute; M1 in old files; without a value it is only true
    N1	Reference T1 Wikidata:Q585	Oslo           an entry of a knowledge base, with its name
    #1	AnnotatorNotes T1	see the guidelines     a note
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeVar

from evalkit.errors import FormatError
from evalkit.records import Span

__all__ = ["Bound", "Equivalence", "Event", "Lines", "Relation", "Said", "parse_lines"]

_FIRST_PIECE = re.compile(r"[ \t](?=[0-9]+ [0-9])")
_PIECES = re.compile(r"[0-9]{1,15} [0-9]{1,15}(?:;[0-9]{1,15} [0-9]{1,15})*")
_REFERENT = re.compile(
    r"Annotation:(?P<of>\S+) Referent:(?P<to>\S+)|Referent:(?P<to_first>\S+) Annotation:(?P<of_last>\S+)"
)
_LINE_ENDS = re.compile(r"\r\n|\r|\n")


class Bound(NamedTuple):
    """A place in the text: its pieces as the file counts them, and what stands there; None if it does not say."""

    id: str
    type: str
    pieces: tuple[Span, ...]
    surface: str | None
    where: str


class Event(NamedTuple):
    """An event: the place that it is told at (empty if none), and the roles that others play in it."""

    id: str
    type: str
    trigger: str
    roles: tuple[tuple[str, str], ...]
    where: str


class Relation(NamedTuple):
    """A relation from one line to another."""

    id: str
    type: str
    source: str
    target: str
    where: str


class Equivalence(NamedTuple):
    """Lines that are about the same thing."""

    type: str
    members: tuple[str, ...]
    where: str


class Said(NamedTuple):
    """What is said of another line: an attribute (`A`), an entry of a knowledge base (`N`) or a note (`#`).

    An attribute has a value, an entry a value and its name as text, a note only a text.
    """

    id: str
    kind: str
    name: str
    of: str
    value: str
    text: str
    where: str


Line = Bound | Event | Relation | Equivalence | Said
_Kind = TypeVar("_Kind", Bound, Event, Relation, Equivalence, Said)


@dataclass(slots=True)
class Lines:
    """The lines of the files of one text.

    Attributes:
        lines: by id, in the order of the files; those without an id have where they stand.
        broken: the ids of lines that cannot be read.
        problems: one for each of those.
        comments: how many lines begin with `#` and are no notes on a line.
    """

    lines: dict[str, Line] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    problems: list[FormatError] = field(default_factory=list)
    comments: int = 0

    def of(self, kind: type[_Kind]) -> Iterator[_Kind]:
        """The lines of one kind."""
        return (line for line in self.lines.values() if isinstance(line, kind))


def parse_lines(content: str, path: Path, lines: Lines) -> None:
    """Adds the lines of a file to those of its text.

    Args:
        content: the content of the file.
        path: the file, for messages.
        lines: what was read of the other files of the text.
    """
    for number, line in enumerate(_LINE_ENDS.split(content.removeprefix("\ufeff")), 1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        name, _, rest = line.partition("\t")
        try:
            read = _parse(name.strip(), rest, where)
            if read is not None and not isinstance(read, Equivalence) and read.id in lines.lines:
                raise FormatError(f"{where}: the id {read.id!r} stands twice in the file; give each line its own")
        except FormatError as error:
            lines.problems.append(error)
            lines.broken.add(name.strip())
            continue
        if read is None:
            lines.comments += 1
        else:
            lines.lines[where if isinstance(read, Equivalence) else read.id] = read


def _parse(name: str, rest: str, where: str) -> Line | None:
    """One line; None for a comment.

    Raises:
        FormatError: it is none that brat writes.
    """
    kind = name[:1]
    said, _, text = rest.partition("\t")
    words = said.split()
    if kind == "T" and rest:
        return _bound(name, said, text if "\t" in rest else None, where)
    if kind == "E" and words:
        event, *roles = [_role(word, where) for word in words]
        if all(role for role, _ in roles):
            # One without a trigger has no colon.
            kind_of, trigger = event if event[0] else (event[1], "")
            return Event(name, kind_of, trigger, tuple(roles), where)
    if kind == "R" and len(words) == 3:
        ends = [_role(word, where) for word in words[1:]]
        if all(role for role, _ in ends):
            if [role for role, _ in ends] == ["Arg2", "Arg1"]:
                ends.reverse()
            return Relation(name, words[0], ends[0][1], ends[1][1], where)
    if name == "*" and len(words) > 2:
        return Equivalence(words[0], tuple(words[1:]), where)
    if kind in ("A", "M") and len(words) > 1:
        attribute, of, *value = said.split(None, 2)
        return Said(name, "A", attribute, of, value[0].strip() if value else "true", "", where)
    if kind == "N" and len(words) == 3:
        other = _REFERENT.fullmatch(" ".join(words[1:]))
        of, to = (other["of"] or other["of_last"], other["to"] or other["to_first"]) if other else words[1:]
        return Said(name, "N", words[0], of, to, text.strip(), where)
    if kind == "#":
        return Said(name, "#", words[0], words[1], "", text, where) if len(words) == 2 and len(name) > 1 else None
    raise FormatError(f"{where}: {f'{name} {rest}'.strip()!r:.80} is no line of brat; mend or delete it")


def _bound(name: str, said: str, surface: str | None, where: str) -> Bound:
    begin = _FIRST_PIECE.search(said)
    kind, pieces = (said[: begin.start()].strip(), said[begin.end() :].strip()) if begin else ("", "")
    if not kind or not _PIECES.fullmatch(pieces):
        raise FormatError(
            f"{where}: {said!r:.80} is no type with a place in the text; write TYPE START END, with ';' between pieces"
        )
    spans = [Span(*map(int, piece.split())) for piece in pieces.split(";")]
    return Bound(name, kind, tuple(spans), surface, where)


def _role(word: str, where: str) -> tuple[str, str]:
    role, _, of = word.rpartition(":")
    if not of:
        raise FormatError(f"{where}: {word!r:.80} names no line after ':'; write ROLE:ID")
    return role, of
