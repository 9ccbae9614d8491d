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
from evalkit.formats.tags.token_settings import TokenSettings, names_beside
from evalkit.formats.tokens import PLACEHOLDER, RULES, LaidOut, placed, rebuilt
from evalkit.layers.entities import ENTITIES
from evalkit.layers.table import layer_names
from evalkit.showing import number_of

__all__ = ["TokenRows", "has_tokens", "native_rows"]

Row = dict[str, Any]

TOKENS = ("tokens", "words")
TAGS = ("ner_tags", "tags", "ner", "ner_labels", "labels", "bio_tags", "iob_tags", "entity_tags")

DEFAULTS = TokenSettings()


class TokenRows(NamedTuple):
    """Native rows with their places, what is to be said of them, and how the tags were read, for signatures."""

    rows: list[tuple[str, Row]]
    notes: dict[str, int]
    reading: str


class _Tagged(NamedTuple):
    """The tokens of a row, and the tags of each column; None if nobody has tagged it."""

    tokens: list[str]
    tags: tuple[list[str], ...] | None


def has_tokens(row: Mapping[str, Any], settings: TokenSettings = DEFAULTS) -> bool:
    """Whether a row has tokens and no layer: then it is one of these."""
    return _tokens_column(row, settings) is not None and not any(name in row for name in layer_names())


def native_rows(
    rows: Sequence[tuple[str, Mapping[str, Any]]], *, unnamed: str = "", settings: TokenSettings = DEFAULTS
) -> TokenRows:
    """The same articles as native rows.

    Args:
        rows: rows that have tokens, with their places.
        unnamed: goes before the number of a row without an id.
        settings: how they are read.

    Raises:
        FormatError: a row has no column of tags, several that may be it, or numbers for tags that nothing names.
    """
    columns = settings.tag_columns or _tag_columns(rows)
    names = {column: settings.tag_names or names_beside(settings.beside, column) for column in columns}
    tagged = [_tagged(row, where, columns, names, settings) for where, row in rows]
    notes: Counter[str] = Counter()
    spans: list[list[tuple[int, int, str]]] = [[] for _ in rows]
    schemes: list[str] = []
    for number, column in enumerate(columns):
        scheme = _decode(rows, tagged, number, spans, settings, notes)
        schemes.append(scheme if column in TAGS[:1] or len(columns) == 1 else f"{column}:{scheme}")
    digits = max(4, len(str(len(rows))))
    made = []
    rules: Counter[str] = Counter()
    for at, ((where, row), (tokens, tags)) in enumerate(zip(rows, tagged, strict=True)):
        laid = _laid_out(tokens, row.get("text"), where, settings.detokenise)
        rules["the text of the row" if row.get("text") else RULES[settings.detokenise].partition(",")[0]] += 1
        rest = {key: value for key, value in row.items() if key not in (*TOKENS, *TAGS, *columns)}
        rest.pop(settings.token_column, None)
        if rest.get("id") is None and rest.get("article_id") is None:
            notes["rows without an id, numbered"] += 1
            rest["id"] = f"{unnamed}{at + 1:0{digits}d}"
        items = [
            {"start": laid.spans[start].start, "end": laid.spans[end - 1].end, "label": label}
            for start, end, label in sorted(set(spans[at]))
        ]
        notes["rows whose tags are left open, read as not annotated"] += tags is None
        made.append((where, {**rest, "text": laid.text, ENTITIES.name: None if tags is None else items}))
    scheme = "+".join(schemes)
    policy = (
        f"rows of tokens with tags, read as {scheme}, illegal sequences by the policy {settings.repair!r}; text: "
        f"{' or '.join(sorted(rules))}"
    )
    simple = "/simple" if settings.detokenise != "space" else ""
    return TokenRows(made, {policy: 0, **+notes}, f"tokens:{scheme}/{settings.repair}{simple}")


def _decode(
    rows: Sequence[tuple[str, Mapping[str, Any]]],
    tagged: Sequence[_Tagged],
    number: int,
    spans: list[list[tuple[int, int, str]]],
    settings: TokenSettings,
    notes: Counter[str],
) -> str:
    """Adds the entities that one column tells to `spans`; gives its scheme."""
    tags: list[str] = []
    breaks: list[int] = []
    for one in tagged:
        breaks.append(len(tags))
        tags += one.tags[number] if one.tags is not None else []
    decoded = decode_tags(
        tags,
        scheme=settings.scheme,
        repair=settings.repair,
        breaks=breaks,
        where=lambda index: _place(rows, breaks, index),
    )
    at = 0
    for span in decoded.spans:
        while at + 1 < len(breaks) and span.start >= breaks[at + 1]:
            at += 1
        spans[at].append((span.start - breaks[at], span.end - breaks[at], span.label))
    odd = sum(count for kind, count in decoded.repaired.items() if kind != "outside-variant")
    if odd:
        notes[f"tags that are odd in {decoded.scheme}, read by that policy"] += odd
    return decoded.scheme


def _tokens_column(row: Mapping[str, Any], settings: TokenSettings) -> str | None:
    for name in (settings.token_column,) if settings.token_column else TOKENS:
        value = row.get(name)
        if isinstance(value, (list, tuple)) and all(isinstance(token, str) for token in value):
            return name
    return None


def _tag_columns(rows: Sequence[tuple[str, Mapping[str, Any]]]) -> tuple[str, ...]:
    """The column of the tags, by its name: the same for all rows, as one of them may have none.

    Raises:
        FormatError: there is none, or several may be it.
    """
    for where, row in rows:
        found = [key for key in TAGS if isinstance(row.get(key), (list, tuple))]
        if len(found) > 1 and found[0] != TAGS[0]:
            raise FormatError(
                f"{where}: {' or '.join(map(repr, found))} may be the tags; call one of them ner_tags, or name it: "
                f"--format hf-tokens --tag-column {found[0]}"
            )
        if found:
            return (found[0],)
    where, row = rows[0]
    if (left_open := next((key for key in TAGS if key in row), None)) is not None:
        return (left_open,)
    there = ", ".join(map(repr, row))
    raise FormatError(
        f"{where}: has tokens and no tags of them (there are {there}); call the column ner_tags, or name it: --format "
        "hf-tokens --tag-column NAME"
    )


def _tagged(
    row: Mapping[str, Any],
    where: str,
    columns: Sequence[str],
    names: Mapping[str, Sequence[str]],
    settings: TokenSettings,
) -> _Tagged:
    tokens_column = _tokens_column(row, settings)
    if tokens_column is None:
        wanted = settings.token_column or "tokens"
        raise FormatError(f"{where}: has no list of {wanted}, as other rows have; mend it")
    tokens = [str(token) for token in row[tokens_column]]
    cells = [_cells(row, where, column, names[column], len(tokens)) for column in columns]
    told = [own for own in cells if own is not None]
    if not told:
        return _Tagged(tokens, None)
    return _Tagged(tokens, tuple(["O"] * len(tokens) if own is None else own for own in cells))


def _cells(row: Mapping[str, Any], where: str, column: str, names: Sequence[str], size: int) -> list[str] | None:
    """The tags of a row; None if they are left open, as those of a hidden test set are."""
    tags = row.get(column)
    if tags is None and column in row:
        return None
    if not isinstance(tags, (list, tuple)):
        there = ", ".join(map(repr, row))
        raise FormatError(f"{where}: has tokens and no tags of them under {column!r} (there are {there}); mend it")
    if len(tags) != size:
        raise FormatError(f"{where}: {number_of(size, 'token')} and {len(tags)} {column}; each token needs one tag")
    if size and all(tag is None or tag == -1 for tag in tags):
        return None
    named = [names[tag] if type(tag) is int and 0 <= tag < len(names) else tag for tag in tags]
    if odd := [tag for tag in named if not isinstance(tag, str)]:
        if names:
            raise FormatError(f"{where}: {column} has {odd[0]!r}, and the names are {len(names)}, from 0; mend it")
        raise FormatError(
            f"{where}: {column} are numbers such as {odd[0]!r}, and nothing says what they stand for; write the tags "
            "themselves, or Parquet with ClassLabel features, or give their names: --format hf-tokens --tag-names "
            "O,B-PER,…"
        )
    return named


def _laid_out(tokens: Sequence[str], text: object, where: str, rule: str) -> LaidOut:
    """The text, and where each token stands in it."""
    if not isinstance(text, str) or not text:
        return rebuilt(tokens, rule)
    spans = placed(tokens, text)
    if isinstance(spans, int):
        token = tokens[spans].strip() or PLACEHOLDER
        raise FormatError(f"{where}: token {token!r} is not in the text after those before it; leave the text out")
    return LaidOut(text, spans)


def _place(rows: Sequence[tuple[str, Mapping[str, Any]]], breaks: Sequence[int], index: int) -> str:
    number = max(at for at, start in enumerate(breaks) if start <= index)
    return f"{rows[number][0]}: token {index - breaks[number]}"
