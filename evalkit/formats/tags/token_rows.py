"""Rows of tokens with a tag each, `{"id": "a", "tokens": ["Oslo", …], "ner_tags": ["B-LOC", …]}`, as native rows.

This is how most datasets of names on the hub look. The tags are read as those of tag files are, the text is the tokens
with a space between them, or the text of the row where it has one and all tokens stand in it in their order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from evalkit.errors import FormatError
from evalkit.formats.tags.schemes import decode_tags
from evalkit.formats.tokens import PLACEHOLDER, LaidOut, placed, rebuilt
from evalkit.layers.entities import ENTITIES
from evalkit.layers.table import layer_names
from evalkit.showing import number_of

__all__ = ["TokenRows", "has_tokens", "native_rows"]

Row = dict[str, Any]

TOKENS = ("tokens", "words")
TAGS = ("ner_tags", "tags", "ner", "ner_labels", "labels", "bio_tags", "iob_tags", "entity_tags")


class TokenRows(NamedTuple):
    """Native rows with their places, what is to be said of them, and how the tags were read, for signatures."""

    rows: list[tuple[str, Row]]
    notes: dict[str, int]
    reading: str


def has_tokens(row: Mapping[str, Any]) -> bool:
    """Whether a row has tokens and no layer: then it is one of these."""
    return _tokens_column(row) is not None and not any(name in row for name in layer_names())


def native_rows(rows: Sequence[tuple[str, Mapping[str, Any]]], *, unnamed: str = "") -> TokenRows:
    """The same articles as native rows.

    Args:
        rows: rows that have tokens, with their places.
        unnamed: goes before the number of a row without an id.

    Raises:
        FormatError: a row has no column of tags, several that may be it, or numbers for tags that nothing names.
    """
    columns = [_columns(row, where) for where, row in rows]
    tags: list[str] = []
    breaks: list[int] = []
    for _, own in columns:
        breaks.append(len(tags))
        tags += own
    decoded = decode_tags(tags, breaks=breaks, where=lambda index: _place(rows, breaks, index))
    spans: list[list[tuple[int, int, str]]] = [[] for _ in rows]
    number = 0
    for span in decoded.spans:
        while number + 1 < len(breaks) and span.start >= breaks[number + 1]:
            number += 1
        spans[number].append((span.start - breaks[number], span.end - breaks[number], span.label))
    digits = max(4, len(str(len(rows))))
    notes: Counter[str] = Counter()
    made = []
    for at, ((where, row), (tokens, _)) in enumerate(zip(rows, columns, strict=True)):
        text, offsets = _laid_out(tokens, row.get("text"), where)
        rest = {key: value for key, value in row.items() if key not in (*TOKENS, *TAGS)}
        if rest.get("id") is None and rest.get("article_id") is None:
            notes["rows without an id, numbered"] += 1
            rest["id"] = f"{unnamed}{at + 1:0{digits}d}"
        items = [
            {"start": offsets[start].start, "end": offsets[end - 1].end, "label": label}
            for start, end, label in spans[at]
        ]
        made.append((where, {**rest, "text": text, ENTITIES.name: items}))
    policy = f"rows of tokens with tags, read as {decoded.scheme}, illegal sequences by the policy 'begin'"
    odd = sum(count for kind, count in decoded.repaired.items() if kind != "outside-variant")
    if odd:
        notes[f"tags that are odd in {decoded.scheme}, read by that policy"] += odd
    return TokenRows(made, {policy: 0, **notes}, f"tokens:{decoded.scheme}/begin")


def _tokens_column(row: Mapping[str, Any]) -> str | None:
    for name in TOKENS:
        value = row.get(name)
        if isinstance(value, (list, tuple)) and all(isinstance(token, str) for token in value):
            return name
    return None


def _columns(row: Mapping[str, Any], where: str) -> tuple[list[str], list[str]]:
    name = _tokens_column(row)
    if name is None:
        raise FormatError(f"{where}: has no list of tokens, as other rows have; mend it")
    tokens = [str(token) for token in row[name]]
    found = [key for key in TAGS if isinstance(row.get(key), (list, tuple))]
    if not found:
        there = ", ".join(map(repr, row))
        raise FormatError(f"{where}: has tokens and no tags of them (there are {there}); call the column ner_tags")
    if len(found) > 1 and found[0] != TAGS[0]:
        raise FormatError(f"{where}: {' or '.join(map(repr, found))} may be the tags; call one of them ner_tags")
    tags = row[found[0]]
    if len(tags) != len(tokens):
        raise FormatError(
            f"{where}: {number_of(len(tokens), 'token')} and {len(tags)} {found[0]}; each token needs one tag"
        )
    if odd := [tag for tag in tags if not isinstance(tag, str)]:
        raise FormatError(
            f"{where}: {found[0]} are numbers such as {odd[0]!r}, and nothing says what they stand for; write the tags "
            "themselves, or Parquet with ClassLabel features"
        )
    return tokens, list(tags)


def _laid_out(tokens: Sequence[str], text: object, where: str) -> LaidOut:
    """The text, and where each token stands in it."""
    if not isinstance(text, str) or not text:
        return rebuilt(tokens, "space")
    spans = placed(tokens, text)
    if isinstance(spans, int):
        token = tokens[spans].strip() or PLACEHOLDER
        raise FormatError(f"{where}: token {token!r} is not in the text after those before it; leave the text out")
    return LaidOut(text, spans)


def _place(rows: Sequence[tuple[str, Mapping[str, Any]]], breaks: Sequence[int], index: int) -> str:
    number = max(at for at, start in enumerate(breaks) if start <= index)
    return f"{rows[number][0]}: token {index - breaks[number]}"
