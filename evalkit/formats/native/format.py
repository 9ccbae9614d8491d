"""Native JSON as a format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from evalkit.errors import FormatError
from evalkit.formats.base import Batch, Claims, Format, Losses, Source, counted
from evalkit.options import ReadOptions

__all__ = ["NATIVE", "batch_of_rows", "read_native"]

_SUFFIXES = (".jsonl", ".json")


def _sniff(path: Path, head: bytes) -> float:
    if path.is_dir():
        return 0.0
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"["):
        return 0.9 if path.suffix in _SUFFIXES else 0.7
    return 0.3 if path.suffix in _SUFFIXES else 0.0


def read_native(path: Path, *, predicted: bool = False, split: str | None = None) -> Batch:
    """The rows of a file; the split is the given one, or what a row says.

    Raises:
        InputError: the file cannot be read.
    """
    from evalkit.formats.native.rows import read_rows

    problems: list[FormatError] = []
    rows = read_rows(path, on_error=problems.append)
    return batch_of_rows(rows, predicted=predicted, split=split, problems=problems)


def batch_of_rows(
    rows: Iterable[tuple[str, Mapping[str, Any]]],
    *,
    predicted: bool = False,
    split: str | None = None,
    problems: list[FormatError] | None = None,
) -> Batch:
    """What JSON objects say, each with its place; `problems` are those of the rows that are none."""
    from evalkit.formats.native.rows import claimed_surfaces, example_from_row, prediction_from_row, unknown_layers

    parse = prediction_from_row if predicted else example_from_row
    wrong = [] if problems is None else problems
    items: list[Any] = []
    claims: list[Claims] = []
    splits: list[str | None] = []
    unknown: Counter[str] = Counter()
    first: dict[str, str] = {}
    for where, row in rows:
        try:
            item: Any = parse(row, where)
            if other := unknown_layers(row):
                _refuse_misspelt(row, where)
            if predicted and (before := first.setdefault(item.article_id, where)) is not where:
                raise FormatError(
                    f"{where}: prediction for article {item.article_id!r} is given twice, first at {before}; keep one"
                )
        except FormatError as error:
            wrong.append(error)
            continue
        items.append(item)
        unknown.update(other)
        text, sha256, named = row.get("text"), row.get("text_sha256"), row.get("split")
        claims.append(
            Claims(
                where=where,
                surfaces=claimed_surfaces(row),
                text=text if predicted and isinstance(text, str) and text else None,
                sha256=sha256 if isinstance(sha256, str) else None,
            )
        )
        splits.append(named if split is None and isinstance(named, str) else split)
    if predicted:
        return Batch(predictions=tuple(items), claims=tuple(claims), unknown=unknown, problems=tuple(wrong))
    return Batch(
        examples=tuple(items), claims=tuple(claims), splits=tuple(splits), unknown=unknown, problems=tuple(wrong)
    )


def _refuse_misspelt(row: Mapping[str, Any], where: str) -> None:
    from evalkit.formats.native.rows import misspelt_layer

    if found := misspelt_layer(row):
        raise FormatError(
            f"{where}: {found[0]!r} is no layer, and its objects are {found[1]}; did you mean {found[1]!r}?"
        )


def _read(source: Source, options: ReadOptions) -> Batch:
    return read_native(source.path, predicted=source.predicted)


def _write(batch: Batch, target: Path) -> Losses:
    from evalkit.files import write_file
    from evalkit.formats.native.rows import dump_line, example_to_row

    lines = []
    for example, split in zip(batch.examples, batch.splits or (None,) * len(batch.examples), strict=True):
        row = example_to_row(example)
        lines.append(dump_line(row if split is None else {"id": row["id"], "split": split} | row))
    write_file(target, "".join(lines))
    return Losses(written=counted(example.gold for example in batch.examples))


NATIVE = Format(
    name="native",
    about="JSON, one object an article: in lines, or as one list",
    suffixes=_SUFFIXES,
    read=_read,
    write=_write,
    sniff=_sniff,
    keeps_ids=True,
    keeps_splits=True,
)
