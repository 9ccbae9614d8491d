"""Native JSON as a format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.errors import FormatError
from evalkit.formats.base import Batch, Claims, Format, Losses, Source, counted
from evalkit.formats.native.read_row import EMPTY_TEXT, ReadRow
from evalkit.formats.spelling import LABEL_CASE
from evalkit.layers.keys import BOUNDS, UnreadKey
from evalkit.layers.table import load_layer
from evalkit.options import ReadOptions
from evalkit.records import Annotations, Example

if TYPE_CHECKING:
    from evalkit.formats.native.typed_rows import TypedRows
    from evalkit.formats.tags.token_settings import TokenSettings

__all__ = ["NATIVE", "batch_of_rows", "read_line", "read_native"]

_SUFFIXES = (".jsonl", ".json")


def _sniff(path: Path, head: bytes) -> float:
    if path.is_dir():
        return 0.0
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"["):
        return 0.9 if path.suffix in _SUFFIXES else 0.7
    return 0.3 if path.suffix in _SUFFIXES else 0.0


def read_native(
    path: Path, *, predicted: bool = False, split: str | None = None, unnamed: str = "", offsets: str | None = None
) -> Batch:
    """The rows of a file; the split is the given one, or what a row says.

    Where offsets are counted in another way, as `offsets` says, all surfaces are kept: nothing can be compared yet.

    Raises:
        InputError: the file cannot be read.
    """
    from evalkit.formats.native.json_rows import read_typed_rows
    from evalkit.formats.native.typed_rows import TypedRows

    problems: list[FormatError] = []
    typed = TypedRows(predicted=predicted) if offsets is None else None
    rows = read_typed_rows(path, None if typed is None else typed.read, on_error=problems.append)
    return batch_of_rows(
        rows, typed=typed, predicted=predicted, split=split, problems=problems, unnamed=unnamed, beside=path.parent
    )


def batch_of_rows(
    rows: Iterable[tuple[str, Mapping[str, Any] | ReadRow]],
    *,
    typed: TypedRows | None = None,
    predicted: bool = False,
    split: str | None = None,
    problems: list[FormatError] | None = None,
    unnamed: str = "",
    beside: Path | None = None,
    tokens: TokenSettings | None = None,
) -> Batch:
    """What JSON objects say, each with its place; rows of tokens with tags are read as such.

    Args:
        rows: the objects.
        typed: what decoded some of them by their types, and is told of the others.
        predicted: whether they are predictions.
        split: the split of all of them; else each may name its own.
        problems: those of the rows that are no objects.
        unnamed: goes before the number of a row of tokens without an id.
        beside: a folder in which a file may name the tags of tokens that are numbers.
        tokens: how rows of tokens are read, if they are to be such rows.
    """
    wrong = [] if problems is None else problems
    found = iter(rows)
    begun = [row for row in (next(found, None),) if row is not None]
    first = begun[0][1] if begun else {}
    if not begun or isinstance(first, ReadRow) or (tokens is None and not {"tokens", "words"} & first.keys()):
        return _batch(chain(begun, found), predicted, split, wrong, typed)
    from evalkit.formats.tags.token_rows import has_tokens, native_rows
    from evalkit.formats.tags.token_settings import TokenSettings

    if tokens is None and not has_tokens(first):
        return _batch(chain(begun, found), predicted, split, wrong)
    if typed is not None:
        typed.give_up()
    plain = [(where, row) for where, row in (*begun, *found) if not isinstance(row, ReadRow)]
    try:
        made = native_rows(plain, unnamed=unnamed, settings=tokens or TokenSettings(beside=beside))
    except FormatError as error:
        return Batch(problems=(*wrong, error))
    batch = _batch(made.rows, predicted, split, wrong)
    return replace(batch, notes={**made.notes, **batch.notes}, reading=made.reading)


def _batch(
    rows: Iterable[tuple[str, Mapping[str, Any] | ReadRow]],
    predicted: bool,
    split: str | None,
    wrong: list[FormatError],
    typed: TypedRows | None = None,
) -> Batch:
    items: list[Any] = []
    claims: list[Claims] = []
    splits: list[str | None] = []
    unknown: Counter[str] = Counter()
    notes: Counter[str] = Counter()
    first: dict[str, str] = {}
    for where, row in rows:
        try:
            read = row if isinstance(row, ReadRow) else _read_closely(row, where, predicted)
            if predicted and (before := first.setdefault(read.item.article_id, where)) is not where:
                raise FormatError(
                    f"{where}: prediction for article {read.item.article_id!r} is given twice, first at {before}; keep "
                    "one"
                )
        except _ForeignError as error:
            wrong.append(error)
            break
        except FormatError as error:
            wrong.append(error)
            continue
        if typed is not None and not isinstance(row, ReadRow):
            typed.learn(row)
        items.append(read.item)
        claims.append(read.claims)
        splits.append(read.split if split is None and isinstance(read.split, str) else split)
        unknown.update(read.unknown)
        notes.update(read.notes)
    if predicted:
        return Batch(
            predictions=tuple(items), claims=tuple(claims), notes=notes, unknown=unknown, problems=tuple(wrong)
        )
    return Batch(
        examples=tuple(items), claims=tuple(claims), splits=tuple(splits), unknown=unknown, problems=tuple(wrong)
    )


ODD_SOURCE = "predicted with control characters in 'published' or 'lang', which are not read"


def _read_closely(row: Mapping[str, Any], where: str, predicted: bool) -> ReadRow:
    """What a row says, in whatever form.

    Raises:
        FormatError: it says nothing, or something that is none; a form of another tool is named.
    """
    from evalkit.formats.native.rows import (
        READINGS,
        article_from_row,
        claimed_surfaces,
        reading_rows,
        unknown_layers,
        unread_fields,
    )

    item, other = _item(row, where, predicted), unknown_layers(row)
    surfaces, unread = claimed_surfaces(row, where), unread_fields(row)
    article = article_from_row(row, where) if predicted else item.article
    sha256 = row.get("text_sha256")
    if not isinstance(sha256, str | None):
        raise FormatError(f"{where}: 'text_sha256' must be a string, found {sha256!r}")
    if other:
        _refuse_misspelt(row, where)
    if unread:
        _refuse_misplaced(unread, where)
    readings = {}
    unknown = Counter(other)
    for name, own in {} if predicted else reading_rows(row, where).items():
        readings[name] = _claims_of_reading(own, f"{where}: {READINGS}.{name}")
        unknown.update(unknown_layers(own))
    text = article.text or None if predicted else None
    claims = Claims(where=where, surfaces=surfaces, text=text, sha256=sha256, unread=unread, readings=readings)
    notes = [EMPTY_TEXT] if predicted and row.get("text") == "" else []
    if predicted and not (article.published + article.lang).isprintable():
        notes.append(ODD_SOURCE)
    return ReadRow(item, claims, row.get("split"), tuple(notes), unknown)


def read_line(content: bytes, where: str, typed: TypedRows, *, predicted: bool) -> ReadRow:
    """What one JSON object says, by its types or with a closer look.

    Raises:
        FormatError: it says nothing, or something that is none; or it is a row of tokens, which says it with others.
    """
    from evalkit.formats.native.json_rows import json_row

    if (read := typed.read(content, where)) is not None:
        return read
    row = json_row(content, where)
    if {"tokens", "words"} & row.keys():
        raise FormatError(f"{where}: a row of tokens")
    read = _read_closely(row, where, predicted)
    typed.learn(row)
    return read


def _claims_of_reading(row: Mapping[str, Any], where: str) -> Claims:
    from evalkit.formats.native.rows import claimed_surfaces, unread_fields

    _refuse_misspelt(row, where)
    unread = unread_fields(row)
    _refuse_misplaced(unread, where)
    return Claims(where=where, surfaces=claimed_surfaces(row, where), unread=unread)


def _says_something(annotations: Annotations) -> bool:
    """Whether there is a layer, and the first item of each stands somewhere, as far as it has to."""
    for name, items in annotations.layers.items():
        layer = load_layer(name)
        if items and layer.needs_spans and layer.spans_field is not None and not layer.spans(items[0]):
            return False
    return bool(annotations.layers)


class _ForeignError(FormatError):
    """The file is in the form of another tool: one row says it of all."""


def _item(row: Mapping[str, Any], where: str, predicted: bool) -> Any:
    """The example or prediction of a row.

    Raises:
        FormatError: it is none; a form of another tool is named.
    """
    from evalkit.formats.native.rows import READINGS, example_from_row, prediction_from_row, reading_rows
    from evalkit.formats.native.tools import foreign_form

    try:
        item: Any = prediction_from_row(row, where) if predicted else example_from_row(row, where)
        if _says_something(item.annotations if predicted else item.gold) or (not predicted and item.readings):
            return item
        if names := reading_rows(row, where):
            raise FormatError(
                f"{where}: has {READINGS} of {', '.join(names)} and no prediction; evalkit dataset convert --annotator "
                "NAME writes those of one"
            )
    except FormatError as error:
        if (other := foreign_form(row)) is None:
            raise
        raise _ForeignError(f"{where}: this is {other}") from error
    if (other := foreign_form(row)) is not None:
        raise _ForeignError(f"{where}: this is {other}")
    _refuse_misspelt(row, where)
    return item


def _refuse_misspelt(row: Mapping[str, Any], where: str) -> None:
    from evalkit.formats.native.rows import misspelt_layer

    if found := misspelt_layer(row):
        raise FormatError(
            f"{where}: {found[0]!r} is no layer, and its objects are {found[1]}; did you mean {found[1]!r}?"
        )


def _refuse_misplaced(unread: Mapping[tuple[str, int], Sequence[UnreadKey]], where: str) -> None:
    """Refuses an item that must stand somewhere and says where under another name."""
    from evalkit.formats.native.rows import GIVEN

    for (name, index), keys in unread.items():
        layer = load_layer(name.removeprefix(GIVEN))
        for key, meant in keys:
            if layer.needs_spans and meant and meant in (layer.spans_field, *BOUNDS):
                raise FormatError(f"{where}: {name}[{index}]: {key!r} is no field; rename it to {meant!r}")


def _read(source: Source, options: ReadOptions) -> Batch:
    return read_native(source.path, predicted=source.predicted, unnamed=source.unnamed, offsets=options.offsets)


def _write(batch: Batch, target: Path, options: ReadOptions) -> Losses:
    from evalkit.files import write_file
    from evalkit.formats.native.rows import dump_line, example_to_row

    def line(example: Example, split: str | None) -> bytes:
        row = example_to_row(example)
        return dump_line(row if split is None else {"id": row["id"], "split": split} | row).encode()

    # One after the other: together they are larger than the examples.
    splits = batch.splits or (None,) * len(batch.examples)
    write_file(target, (line(example, split) for example, split in zip(batch.examples, splits, strict=True)))
    return Losses(written=counted(example.settled for example in batch.examples))


NATIVE = Format(
    name="native",
    about="JSON, one object an article: in lines, or as one list",
    suffixes=_SUFFIXES,
    read=_read,
    write=_write,
    sniff=_sniff,
    options={"label_case": LABEL_CASE},
    keeps_ids=True,
    keeps_splits=True,
    keeps_readings=True,
    of_rows=True,
)
