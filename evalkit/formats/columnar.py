"""Parquet and Arrow files whose rows are the objects of the native form, as `datasets` and pandas write them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evalkit.errors import FormatError
from evalkit.formats.base import Batch, Format, Losses, Source, counted
from evalkit.formats.native import stored
from evalkit.formats.native.format import batch_of_rows
from evalkit.formats.spelling import LABEL_CASE
from evalkit.options import ReadOptions

__all__ = ["ARROW", "PARQUET", "has_many_rows", "streamed_rows", "table_rows"]

_PARQUET_MAGIC = (b"PAR1",)
_ARROW_MAGIC = (b"ARROW1", b"\xff\xff\xff\xff")
_NAMED, _SEEN = 0.5, 0.95
"""How sure the ending makes, and how sure the first bytes."""


def _sniffer(magic: tuple[bytes, ...], suffixes: tuple[str, ...]) -> Any:
    def sniff(path: Path, head: bytes) -> float:
        if path.is_dir():
            return 0.0
        return _SEEN if head.startswith(magic) else _NAMED if path.suffix in suffixes else 0.0

    return sniff


def _parquet(source: Any) -> Any:
    from importlib import import_module

    # Untyped and heavy.
    return import_module("pyarrow.parquet").ParquetFile(source).read()


def _arrow(source: Any) -> Any:
    from importlib import import_module

    ipc: Any = import_module("pyarrow.ipc")
    try:
        return ipc.open_file(source).read_all()
    except ValueError:
        # What `datasets` saves is a stream, which has another beginning and no end.
        source.seek(0)
        return ipc.open_stream(source).read_all()


def _rows(path: Path, load: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    from importlib import import_module

    from evalkit.files import is_standard_input, read_bytes
    from evalkit.formats.native.table_rows import declared_features, plain_row

    arrow: Any = import_module("pyarrow")
    try:
        if is_standard_input(path):
            table = load(arrow.BufferReader(read_bytes(path)))
        else:
            with arrow.OSFile(str(path)) as file:
                table = load(file)
        # Offsets that lie outside of their columns would be followed into other memory.
        table.validate(full=True)
        features = declared_features(table.schema.metadata)
        rows = table.to_pylist()
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from error
    except Exception as error:  # the errors of Arrow have no base of their own
        reason = " ".join(str(error).split())[:120]
        raise FormatError(f"{path}: damaged, or no such file ({reason}); write it again") from error
    for number, row in enumerate(rows):
        yield f"{path}[{number}]", plain_row(row, features)


def has_many_rows(path: Path) -> bool:
    """Whether a Parquet file has so many rows that they are not to be held at once; false of a damaged one."""
    from importlib import import_module

    parquet: Any = import_module("pyarrow.parquet")
    try:
        size, rows = path.stat().st_size, parquet.read_metadata(str(path)).num_rows
    except Exception:  # the errors of Arrow have no base of their own
        return False
    return bool(size >= stored.LARGE_BYTES or rows >= stored.LARGE_LINES)


def streamed_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file, some of them at a time.

    Raises:
        FormatError: it is damaged.
    """
    from importlib import import_module

    from evalkit.formats.native.table_rows import declared_features, plain_row

    arrow: Any = import_module("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    try:
        with arrow.OSFile(str(path)) as source:
            file = parquet.ParquetFile(source, buffer_size=1 << 20, pre_buffer=False)
            features = declared_features(file.schema_arrow.metadata)
            for batch in file.iter_batches(stored.AT_ONCE, use_threads=False):
                batch.validate(full=True)
                yield from (plain_row(row, features) for row in batch.to_pylist())
    except FormatError:
        raise
    except Exception as error:
        raise FormatError(f"{path}: damaged ({error})") from error


def table_rows(path: Path, head: bytes) -> Iterator[tuple[str, dict[str, Any]]] | None:
    """The rows of a Parquet or Arrow file, each with its place; None if it begins like neither.

    Raises:
        FormatError: it is damaged.
    """
    if head.startswith(_PARQUET_MAGIC):
        return _rows(path, _parquet)
    return _rows(path, _arrow) if head.startswith(_ARROW_MAGIC) else None


def _reader(load: Any) -> Any:
    def read(source: Source, options: ReadOptions) -> Batch:
        rows = _rows(source.path, load)
        return batch_of_rows(rows, predicted=source.predicted, unnamed=source.unnamed, beside=source.path.parent)

    return read


def _write_parquet(batch: Batch, target: Path, options: ReadOptions) -> Losses:
    from importlib import import_module

    from evalkit.files import writing
    from evalkit.formats.native.rows import example_to_row

    arrow: Any = import_module("pyarrow")
    splits = batch.splits or (None,) * len(batch.examples)
    rows = []
    for example, split in zip(batch.examples, splits, strict=True):
        # Parquet has no object without fields.
        row = {key: None if value == {} else value for key, value in example_to_row(example).items()}
        rows.append(row if split is None else {"id": row["id"], "split": split} | row)
    # The columns of a table are those of its first row.
    columns = dict.fromkeys(key for row in rows for key in row)
    rows = [{key: row.get(key) for key in columns} for row in rows]
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        import_module("pyarrow.parquet").write_table(arrow.Table.from_pylist(rows), str(target))
    return Losses(written=counted(example.settled for example in batch.examples))


PARQUET = Format(
    name="parquet",
    about="Parquet, one row an article, as the native form or as tokens and ner_tags",
    suffixes=(".parquet",),
    read=_reader(_parquet),
    write=_write_parquet,
    sniff=_sniffer(_PARQUET_MAGIC, (".parquet",)),
    options={"label_case": LABEL_CASE},
    keeps_ids=True,
    keeps_splits=True,
    keeps_readings=True,
    of_rows=True,
)

ARROW = Format(
    name="arrow",
    about="Arrow and Feather, one row an article, as the native form or as tokens and ner_tags",
    suffixes=(".arrow", ".feather", ".ipc"),
    read=_reader(_arrow),
    sniff=_sniffer(_ARROW_MAGIC, (".arrow", ".feather", ".ipc")),
    options={"label_case": LABEL_CASE},
    keeps_ids=True,
    of_rows=True,
)
