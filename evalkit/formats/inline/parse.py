"""Reading inline markup; the markup itself is described in `evalkit.formats.inline.markup`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from evalkit.errors import FormatError
from evalkit.formats.inline.header import MARKED, parse_header, pop_layers, pop_scope
from evalkit.records import (
    QUOTE_KINDS,
    STANCE_LABELS,
    TOPIC_PREFIX,
    ZONES,
    Annotations,
    Article,
    Entity,
    Example,
    Quote,
    Span,
    Stance,
    Zone,
)
from evalkit.showing import number_of

__all__ = ["LABEL", "NO_ID", "ROLES", "parse_inline"]

NO_ID = "-"
"""Stands for "no entity_id" in a mark."""

ROLES = ("Q", "CUE", "SPK", "EV")
"""What marks of quotes and stances are called, so that no label can be."""

LABEL = re.compile(r"[^:|\[\]\s]+")
_OPEN = re.compile(rf"\[\[({LABEL.pattern}):([^|\[\]\s]+)\|")
_STANCE = re.compile(r"^(\S+)\s+(\S+)\s+->\s+(\S+)\s+(\S+)(?:\s+(\S+))?$")


@dataclass(frozen=True)
class _Mark:
    kind: str
    names: tuple[str, ...]
    span: Span


@dataclass
class _Body:
    """The marked text while it is read; `length` is what `parts` add up to."""

    where: str
    parts: list[str] = field(default_factory=list)
    length: int = 0
    stack: list[tuple[str, tuple[str, ...], int, int]] = field(default_factory=list)
    marks: list[_Mark] = field(default_factory=list)
    zones: list[Zone] = field(default_factory=list)
    zone: str = ""
    zone_start: int = 0


@dataclass
class _Roles:
    """What the marks say about each quote and stance, by id."""

    kinds: dict[str, str] = field(default_factory=dict)
    content: dict[str, list[Span]] = field(default_factory=dict)
    cues: dict[str, list[Span]] = field(default_factory=dict)
    speakers: dict[str, tuple[Span | None, str | None]] = field(default_factory=dict)
    evidence: dict[str, list[Span]] = field(default_factory=dict)


def parse_inline(content: str, *, where: str = "<text>") -> Example:
    """The article and its gold, from inline markup.

    Args:
        content: a whole inline file.
        where: a name for messages, such as the file's path.

    Raises:
        FormatError: with `where:line`, the offending text and what was expected.
    """
    lines = content.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    rules = [number for number, line in enumerate(lines) if line.strip() == "---"]
    if len(rules) != 2:
        raise FormatError(
            f"{where}: found {number_of(len(rules), 'line')} '---', expected 2 (header --- marked text --- stances); "
            "add the missing one, even if there are no stances"
        )
    header = parse_header(lines[: rules[0]], where)
    layers, scope = pop_layers(header, where), pop_scope(header, where)
    exact = header.pop("ends", "") == "exact"
    body = _parse_body(lines[rules[0] + 1 : rules[1]], rules[0] + 2, where)
    text, marks, zones = _finish(body, exact=exact)
    roles, entities = _collect(marks, where)
    quotes = _quotes(roles)
    stances = _parse_stances(lines[rules[1] + 1 :], rules[1] + 2, where, quotes, roles)
    gold = Annotations(
        {
            name: items if items or name in layers else None
            for name, items in zip(MARKED, (entities, quotes, stances), strict=True)
        },
        scope,
    )
    return Example(article=_article(header, text, zones), gold=gold)


def _article(header: dict[str, str], text: str, zones: tuple[Zone, ...]) -> Article:
    return Article(
        id=header.pop("id"),
        text=text,
        title=header.pop("title", ""),
        source=header.pop("source", ""),
        published=header.pop("published", ""),
        lang=header.pop("lang", "en"),
        zones=zones,
        metadata=header,
    )


def _parse_body(lines: list[str], first: int, where: str) -> _Body:
    body = _Body(where)
    for number, line in enumerate(lines, first):
        if line.startswith("%%"):
            _open_zone(body, line[2:].strip(), number)
        else:
            _read_line(body, line, number)
    if body.stack:
        kind, names, _, number = body.stack[-1]
        raise FormatError(f"{where}:{number}: [[{kind}:{':'.join(names)}| is never closed; add ]]")
    _close_zone(body)
    return body


def _open_zone(body: _Body, kind: str, number: int) -> None:
    if kind and kind not in ZONES:
        raise FormatError(f"{body.where}:{number}: zone {kind!r} is unknown; use one of {', '.join(ZONES)}")
    _close_zone(body)
    body.zone, body.zone_start = kind, body.length


def _close_zone(body: _Body) -> None:
    text = "".join(body.parts)[body.zone_start :]
    if body.zone and text.strip():
        start = body.zone_start + len(text) - len(text.lstrip())
        body.zones.append(Zone(body.zone, start, body.zone_start + len(text.rstrip())))


def _read_line(body: _Body, line: str, number: int) -> None:
    position = 0
    while position < len(line):
        opening = _OPEN.match(line, position)
        if opening:
            body.stack.append((opening[1], tuple(opening[2].split(":")), body.length, number))
            position = opening.end()
        elif line.startswith("]]", position) and body.stack:
            kind, names, start, _ = body.stack.pop()
            body.marks.append(_Mark(kind, names, Span(start, body.length)))
            position += 2
        elif line.startswith(("[[", "]]"), position):
            raise FormatError(
                f"{body.where}:{number}: {line[position : position + 30]!r} opens or closes nothing; "
                "a mark is [[LABEL:id|text]], and no label has white space, ':', '|' or brackets"
            )
        else:
            body.parts.append(line[position])
            body.length += 1
            position += 1
    body.parts.append("\n")
    body.length += 1


def _finish(body: _Body, *, exact: bool) -> tuple[str, list[_Mark], tuple[Zone, ...]]:
    text = "".join(body.parts)
    if exact:
        return text[:-1], body.marks, tuple(body.zones)
    lead = len(text) - len(text.lstrip("\n"))
    marks = [_Mark(m.kind, m.names, Span(m.span.start - lead, m.span.end - lead)) for m in body.marks]
    zones = tuple(Zone(zone.kind, zone.start - lead, zone.end - lead) for zone in body.zones)
    return text.strip("\n") + "\n", marks, zones


def _collect(marks: list[_Mark], where: str) -> tuple[_Roles, tuple[Entity, ...]]:
    roles = _Roles()
    mentions: dict[object, tuple[_Mark, list[Span]]] = {}
    for mark in sorted(marks, key=lambda mark: (mark.span.start, -mark.span.end)):
        if mark.kind == "Q":
            _add_content(roles, mark)
        elif mark.kind == "CUE":
            for name in mark.names[0].split(","):
                roles.cues.setdefault(name, []).append(mark.span)
        elif mark.kind == "SPK":
            _add_speaker(roles, mark, where)
        elif mark.kind == "EV":
            for name in mark.names[0].split(","):
                roles.evidence.setdefault(name, []).append(mark.span)
        else:
            part = (mark.kind, *mark.names) if len(mark.names) > 1 else len(mentions)
            mentions.setdefault(part, (mark, []))[1].append(mark.span)
    _check_roles(roles, where)
    return roles, tuple(
        Entity(
            id=f"e{number}",
            spans=tuple(spans),
            label=mark.kind,
            entity_id=None if mark.names[0] == NO_ID else mark.names[0],
        )
        for number, (mark, spans) in enumerate(mentions.values(), 1)
    )


def _add_content(roles: _Roles, mark: _Mark) -> None:
    name, *rest = mark.names
    roles.content.setdefault(name, []).append(mark.span)
    if rest:
        roles.kinds[name] = rest[0]
    if len(rest) > 1:
        # A speaker mark, which has a span, says more: it wins whichever comes first.
        roles.speakers.setdefault(name, (None, rest[1]))


def _add_speaker(roles: _Roles, mark: _Mark, where: str) -> None:
    for name in mark.names[0].split(","):
        if roles.speakers.get(name, (None, None))[0] is not None:
            raise FormatError(f"{where}: quote {name!r} has two speakers; mark the one nearest its cue")
        roles.speakers[name] = (mark.span, mark.names[1] if len(mark.names) > 1 else None)


def _check_roles(roles: _Roles, where: str) -> None:
    for name in [*roles.cues, *roles.speakers]:
        if name not in roles.content:
            raise FormatError(f"{where}: a cue or speaker names quote {name!r}, but no [[Q:{name}:KIND|…]] exists")
    for name in roles.content:
        if roles.kinds.get(name) not in QUOTE_KINDS:
            raise FormatError(
                f"{where}: quote {name!r} has kind {roles.kinds.get(name)!r}; use one of {', '.join(QUOTE_KINDS)}"
            )


def _quotes(roles: _Roles) -> tuple[Quote, ...]:
    found = []
    for name, spans in roles.content.items():
        speaker, speaker_id = roles.speakers.get(name, (None, None))
        found.append(
            Quote(
                id=name,
                kind=roles.kinds[name],
                content=tuple(spans),
                cue=tuple(roles.cues.get(name, ())),
                speaker=speaker,
                speaker_id=speaker_id,
            )
        )
    return tuple(found)


def _parse_stances(
    lines: list[str], first: int, where: str, quotes: tuple[Quote, ...], roles: _Roles
) -> tuple[Stance, ...]:
    by_id = {quote.id: quote for quote in quotes}
    stances = [
        _parse_stance(line, f"{where}:{number}", by_id, roles)
        for number, line in enumerate(lines, first)
        if line.strip()
    ]
    unused = sorted(set(roles.evidence) - {stance.id for stance in stances})
    if unused:
        raise FormatError(f"{where}: evidence for stance {unused[0]!r}, but there is no such stance line")
    return tuple(stances)


def _parse_stance(line: str, where: str, quotes: dict[str, Quote], roles: _Roles) -> Stance:
    found = _STANCE.match(line.strip())
    if not found:
        raise FormatError(f"{where}: stance line {line!r} is not 'id holder -> target label [quote]'")
    name, holder, target, label, quote_id = found.groups()
    if label not in STANCE_LABELS:
        raise FormatError(f"{where}: stance label {label!r} is unknown; use one of {', '.join(STANCE_LABELS)}")
    if quote_id is not None and quote_id not in quotes:
        raise FormatError(f"{where}: stance {name!r} names quote {quote_id!r}, which is not marked")
    spans = tuple(roles.evidence.get(name, ()))
    if not spans and quote_id is not None:
        spans = quotes[quote_id].content
    # Only a topic has other names; in the id of an entity a bar is a character as any other.
    target, *aliases = target.split("|") if target.startswith(TOPIC_PREFIX) else [target]
    return Stance(
        id=name,
        holder=holder,
        target=target,
        label=label,
        evidence=spans,
        quote_id=quote_id,
        aliases=tuple(aliases),
    )
