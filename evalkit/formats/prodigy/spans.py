"""The spans and relations of one task of Prodigy as marks and links."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from evalkit.errors import FormatError
from evalkit.formats.standoff.document import Link, Mark
from evalkit.formats.standoff.proof import Claim, Proof
from evalkit.formats.standoff.values import features_of, listed_objects, whole
from evalkit.records import Span

__all__ = ["RESERVED", "Marked", "marked_spans", "marks_of"]

Row = Mapping[str, Any]

_SPAN_KEYS = frozenset(
    [
        "start",
        "end",
        "token_start",
        "token_end",
        "text",
        "label",
        "id",
        "score",
        "type",
        "color",
        "input_hash",
        "answer",
        "rank",
        "style",
        "disabled",
    ]
)
"""The keys of a span that are no features: its place and label, and what the interface keeps there."""
_RELATION_KEYS = frozenset(("head", "child", "head_span", "child_span", "label", "color", "id", "disabled"))
RESERVED = _SPAN_KEYS | _RELATION_KEYS
"""The keys of a span or a relation that are no features."""


class Marked(NamedTuple):
    """A span of a task, what it says of its place, and where that is for messages."""

    span: Row
    claim: Claim
    where: str


def marked_spans(row: Row, text: str, where: str, notes: Counter[str], problems: list[FormatError]) -> list[Marked]:
    """The spans of a task that count."""
    tokens = listed_objects(row.get("tokens"))
    found: list[Marked] = []
    for number, span in enumerate(listed_objects(row.get("spans")), 1):
        label = span.get("label")
        if span.get("answer") in ("reject", "ignore"):
            notes["spans rejected or ignored, left out"] += 1
        elif not isinstance(label, str) or not label:
            notes["spans without a label, left out"] += 1
        else:
            place = f"{where}: span {number}"
            claim = _claim(span, tokens, text)
            if claim is None:
                problems.append(
                    FormatError(f"{place}: has no 'start' and 'end', and no tokens that say them; export it again")
                )
            else:
                found.append(Marked(span, claim, place))
    return found


def marks_of(
    row: Row,
    marked: Sequence[Marked],
    proofs: Sequence[Proof],
    notes: Counter[str],
    problems: list[FormatError],
    *,
    used: Collection[str],
) -> tuple[list[Mark], list[Link]]:
    """The marks and links of a task, with ids other than `used`."""
    tokens = listed_objects(row.get("tokens"))
    ending = {token.get("end"): number for number, token in enumerate(tokens) if whole(token.get("end")) is not None}
    ids = set(used)
    marks: list[Mark] = []
    sides = _Sides({}, {})
    for (span, claim, where), proof in zip(marked, proofs, strict=True):
        if not proof.spans:
            problems.append(FormatError(f"{where}: {proof.refusal}"))
            continue
        if proof.cause:
            notes[f"spans whose offsets were {proof.cause}"] += 1
        if proof.note:
            notes[f"spans {proof.note}"] += 1
        score = span.get("score")
        if score is not None and (isinstance(score, bool) or not isinstance(score, (int, float))):
            notes["scores that are no numbers, left out"] += 1
            score = None
        mark = Mark(
            id=_new_id(span.get("id"), ids),
            type=str(span["label"]),
            spans=proof.spans,
            features=features_of(span, but=_SPAN_KEYS),
            score=None if score is None else float(score),
        )
        marks.append(mark)
        last = whole(span.get("token_end"))
        sides.by_place.setdefault(claim.spans[0], []).append(mark)
        sides.by_last.setdefault(ending.get(claim.spans[0].end) if last is None else last, []).append(mark)
    links = []
    for relation in listed_objects(row.get("relations")):
        head, child = (_side(relation, side, sides, tokens) for side in ("head", "child"))
        label = relation.get("label")
        if head is None or child is None or not isinstance(label, str) or not label:
            notes["relations without a label, or of tokens that are no single span, left out"] += 1
            continue
        name = relation.get("id")
        features = features_of(relation, but=_RELATION_KEYS)
        links.append(Link(label, head, child, features, id=name if isinstance(name, str) else ""))
    return marks, links


class _Sides(NamedTuple):
    """The marks that relations may mean, by where they stand and by their last token."""

    by_place: dict[Span, list[Mark]]
    by_last: dict[int | None, list[Mark]]


def _new_id(given: object, ids: set[str]) -> str:
    """The id of a span, which is new among `ids` and joins them."""
    name = str(given) if isinstance(given, (str, int)) and given != "" else ""
    if not name or name in ids:
        number = len(ids) + 1
        while (name := f"s{number}") in ids:
            number += 1
    ids.add(name)
    return name


def _claim(span: Row, tokens: list[dict[str, Any]], annotated: str) -> Claim | None:
    """What a span says of its place; None if that is nothing.

    Characters count. Where its tokens say otherwise, or the unit makes a difference, what stands in those is its text
    unless it has one.
    """
    start, end = whole(span.get("start")), whole(span.get("end"))
    text = span["text"] if isinstance(span.get("text"), str) else None
    by_tokens = _by_tokens(span, tokens)
    if start is None or end is None:
        return None if by_tokens is None else Claim((Span(*by_tokens),), text)
    differs = by_tokens != (start, end) or (not annotated.isascii() and max(annotated) > "\uffff")
    if text is None and by_tokens is not None and differs:
        text = _text_of(tokens[span["token_start"] : span["token_end"] + 1])
    return Claim((Span(start, end),), text)


def _text_of(tokens: list[dict[str, Any]]) -> str | None:
    """What stands in some tokens, if they say it."""
    said = ""
    for token in tokens:
        if not isinstance(token.get("text"), str):
            return None
        said += token["text"] + " " * (token.get("ws") is not False and token is not tokens[-1])
    return said


def _by_tokens(span: Row, tokens: list[dict[str, Any]]) -> tuple[int, int] | None:
    """The characters of the tokens of a span, whose last one is inclusive."""
    first, last = whole(span.get("token_start")), whole(span.get("token_end"))
    if first is None or last is None or not 0 <= first <= last < len(tokens):
        return None
    start, end = whole(tokens[first].get("start")), whole(tokens[last].get("end"))
    return None if start is None or end is None else (start, end)


def _side(relation: Row, side: str, sides: _Sides, tokens: list[dict[str, Any]]) -> str | None:
    """The mark that one side of a relation names: by its span if that is there, else by its last token."""
    span = relation.get(f"{side}_span")
    if isinstance(span, Mapping):
        start, end = whole(span.get("start")), whole(span.get("end"))
        if start is None or end is None:
            start, end = _by_tokens(span, tokens) or (-1, -1)
        there = sides.by_place.get(Span(start, end), [])
        same = [mark for mark in there if mark.type == span.get("label")]
        return (same or there)[0].id if same or len(there) == 1 else None
    last = whole(relation.get(side))
    there = [] if last is None else sides.by_last.get(last, [])
    return there[0].id if len(there) == 1 else None
