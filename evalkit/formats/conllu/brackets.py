"""The brackets of CorefUD: `Entity=(e1-person-2(e2-place-1)` and `Entity=e1)` over the words of an article.

What stands behind the bracket is declared once, as `# global.Entity = eid-etype-head-other`, in any order and with any
names; GUM calls the first `GRP` and adds its own. A mention ends at the nearest bracket that closes its id, so mentions
may be nested, and cross others. One in several parts is `e1[1/2]`, then `e1[2/2]`. What a value may not hold, a hyphen
above all, is escaped as in addresses of the web: `%2D`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = [
    "DEFAULT_FIELDS",
    "IDS",
    "TYPES",
    "Brackets",
    "Fault",
    "Mention",
    "fields_of",
    "guessed_fields",
    "quoted",
    "unquoted",
]

DEFAULT_FIELDS = ("eid", "etype", "head", "other")
"""What the brackets of a file hold that does not say it."""

IDS = ("eid", "GRP")
TYPES = ("etype", "entity")

_CHUNK = re.compile(r"\(([^()]*)(\))?|([^()]+)\)|([^()]+|\))")
_PART = re.compile(r"(.+)\[(\d{1,4})/(\d{1,4})\]", re.DOTALL)
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_FORBIDDEN = re.compile(r"[-%()|=<>\[\],:\x00-\x20\x7f-\xa0]|(?![ -~])\s|^_$")


def quoted(value: str) -> str:
    """A value as it can stand in a bracket."""
    return _FORBIDDEN.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), value)


def unquoted(value: str) -> str:
    """What an escaped value says; what is no escape of UTF-8 stays as it is."""
    return _ESCAPES.sub(_plain, value) if "%" in value else value


def _plain(found: re.Match[str]) -> str:
    try:
        return bytes.fromhex(found[0].replace("%", "")).decode()
    except UnicodeDecodeError:
        return found[0]


def fields_of(declared: str) -> tuple[str, ...]:
    """The names of what stands in a bracket, from `# global.Entity`."""
    return tuple(name.strip() for name in declared.split("-") if name.strip())


def guessed_fields(values: Iterable[str]) -> tuple[str, ...] | None:
    """The names of what stands in brackets of a file that does not declare them; None if the values do not tell.

    Older GUM has the type before the number of the thing (`(place-104`), or the type alone, which tells of no thing.
    An id has a digit somewhere, a type has none.
    """
    found = [opened.split("-") for value in values for opened, *_ in _CHUNK.findall(value) if opened]
    first, second = (
        [any(char.isdigit() for char in parts[at]) for parts in found if len(parts) > at] for at in range(2)
    )
    if all(first):
        return DEFAULT_FIELDS
    if any(first):
        return None
    if not second:
        return (TYPES[0],)
    return (TYPES[0], IDS[0], "other") if len(second) == len(first) and all(second) else None


class Mention(NamedTuple):
    """One mention: its id (empty if it has a type alone), its type, its other fields, and the words of each part.

    A part is its first and its last word.
    """

    eid: str
    etype: str
    fields: dict[str, str]
    parts: tuple[tuple[int, int], ...]


class Fault(NamedTuple):
    """A bracket that is not right: the index of its word, and what is wrong."""

    word: int
    message: str


class _Open(NamedTuple):
    word: int
    values: dict[str, str]
    order: int


@dataclass(slots=True)
class Brackets:
    """Reads the brackets of one article, word by word.

    Attributes:
        fields: what stands in a bracket.
        faults: what was wrong.
    """

    fields: Sequence[str]
    faults: list[Fault] = field(default_factory=list)
    _open: dict[str, list[_Open]] = field(default_factory=dict)
    _open_parts: dict[str, list[str]] = field(default_factory=dict)
    _waiting: dict[tuple[str, int, int], deque[list[tuple[_Open, int]]]] = field(default_factory=dict)
    _whole: list[tuple[int, Mention]] = field(default_factory=list)
    _opened: int = 0

    def read(self, word: int, value: str) -> None:
        """Reads the brackets at a word."""
        for opened, closed, closing, other in _CHUNK.findall(value):
            if other:
                self.faults.append(Fault(word, f"{other[:40]!r} has no bracket"))
            elif closing:
                self._close(word, self._id_in(closing))
            else:
                eid, values = self._values(opened)
                if not eid:
                    self.faults.append(Fault(word, f"{'(' + opened[:40]!r} has no id"))
                    continue
                self._opened += 1
                mention = _Open(word, values, self._opened)
                if closed:
                    self._end(eid, mention, word)
                    continue
                self._open.setdefault(eid, []).append(mention)
                if part := _PART.fullmatch(eid):
                    self._open_parts.setdefault(part[1], []).append(eid)

    def mentions(self) -> list[Mention]:
        """Every mention, in the order in which they begin; called once, at the end of the article."""
        for eid, still in self._open.items():
            self.faults += (Fault(mention.word, f"'({eid[:40]}' is never closed") for mention in still)
        for (eid, total, _), groups in self._waiting.items():
            for group in groups:
                what = f"'{eid[:40]}' has {len(group)} of its {total} parts"
                self.faults.append(Fault(group[0][0].word, what))
        self.faults.sort()
        types = {one.eid: one.etype for _, one in reversed(self._whole) if one.etype and one.eid}
        ordered = sorted(self._whole, key=lambda pair: pair[0])
        return [m if m.etype else m._replace(etype=types.get(m.eid, "")) for _, m in ordered]

    def _values(self, opened: str) -> tuple[str, dict[str, str]]:
        # A hyphen that nobody escaped can only be meant in the last field.
        found = opened.split("-", max(len(self.fields) - 1, 0))
        values = dict(zip(self.fields, found, strict=False))
        names = IDS if any(name in IDS for name in self.fields) else TYPES
        return next((values[name] for name in names if values.get(name)), ""), values

    def _id_in(self, closing: str) -> str:
        """The id that a bracket closes; old files of GUM repeat the fields before it."""
        if closing in self._open or "-" not in closing:
            return closing
        at = next((self.fields.index(name) for name in IDS if name in self.fields), 0)
        found = closing.split("-")
        return found[at] if at < len(found) else closing

    def _close(self, word: int, eid: str) -> None:
        if not self._open.get(eid):
            # A part may be closed by the id of its mention alone.
            parts = self._open_parts.get(eid, [])
            while parts and not self._open.get(parts[-1]):
                parts.pop()
            if not parts:
                self.faults.append(Fault(word, f"'{eid[:40]})' closes nothing"))
                return
            eid = parts.pop()
        self._end(eid, self._open[eid].pop(), word)

    def _end(self, eid: str, mention: _Open, word: int) -> None:
        part = _PART.fullmatch(eid)
        if part is None:
            self._whole.append((mention.order, self._mention(eid, [(mention, word)])))
            return
        name, number, total = part[1], int(part[2]), int(part[3])
        group: list[tuple[_Open, int]] = []
        if number != 1:
            waiting = self._waiting.get((name, total, number))
            if not waiting or number > total:
                self.faults.append(Fault(mention.word, f"'({eid[:40]}' has no part before it"))
                return
            group = waiting.popleft()
        group.append((mention, word))
        if number >= total:
            self._whole.append((group[0][0].order, self._mention(name, group)))
        else:
            self._waiting.setdefault((name, total, number + 1), deque()).append(group)

    def _mention(self, eid: str, parts: Iterable[tuple[_Open, int]]) -> Mention:
        pairs = list(parts)
        values = {name: value for name, value in pairs[0][0].values.items() if value}
        etype = unquoted(next((values[name] for name in TYPES if name in values), ""))
        # What stands in `other` has signs of its own, which are told from escaped ones later.
        rest = {k: v if k == "other" else unquoted(v) for k, v in values.items() if k not in (*IDS, *TYPES)}
        named = any(name in values for name in IDS)
        return Mention(
            unquoted(eid) if named else "", etype, rest, tuple((opened.word, last) for opened, last in pairs)
        )
