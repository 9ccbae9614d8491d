"""The two formats that people write by hand as `Format` objects: native JSON lines and folders of inline files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from evalkit.errors import FormatError, InputError, OutputError
from evalkit.files import read_text, write_file
from evalkit.formats.base import Format
from evalkit.formats.inline.markup import parse_inline, write_inline
from evalkit.formats.native.rows import dump_line, example_from_row, example_to_row, read_rows
from evalkit.records import Example

__all__ = ["INLINE", "NATIVE", "file_name_of", "paths_under"]

# An id becomes a file name, so it must stay inside its folder on every system.
_FILE_NAME = re.compile(r"\w[\w.-]{0,150}")


def file_name_of(article_id: str, suffix: str) -> str:
    """The file of an article.

    Raises:
        FormatError: the id is no safe file name (a separator, a leading dot, too long).
    """
    if not _FILE_NAME.fullmatch(article_id):
        raise FormatError(
            f"article {article_id!r}: the id cannot be a file name; use letters, digits, '-', '_' and '.', "
            "and begin with a letter or digit"
        )
    return article_id + suffix


def paths_under(source: Path, suffixes: Sequence[str]) -> list[Path]:
    """The file itself, or the files of a folder that end in one of the suffixes, sorted.

    Raises:
        InputError: there is no such file or folder, or none in it.
    """
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise InputError(f"{source}: no such file or folder; check the path")
    found = sorted(path for path in source.rglob("*") if path.suffix in suffixes and path.is_file())
    if not found:
        raise InputError(f"{source}: holds no file that ends in {' or '.join(suffixes)}; check the path")
    return found


def _read_inline(source: Path) -> Iterator[Example]:
    for path in paths_under(source, (".txt",)):
        yield parse_inline(read_text(path), where=str(path))


def _write_inline(examples: Sequence[Example], destination: Path) -> None:
    if destination.suffix == ".txt":
        if len(examples) != 1:
            raise OutputError(f"{destination}: one inline file holds one article, not {len(examples)}; name a folder")
        write_file(destination, write_inline(examples[0]))
        return
    # Everything is rendered before the first file appears, so that a refusal leaves nothing behind.
    files = {file_name_of(example.article.id, ".txt"): write_inline(example) for example in examples}
    for name, content in files.items():
        write_file(destination / name, content)


def _read_native(source: Path) -> Iterator[Example]:
    for path in paths_under(source, (".json", ".jsonl")):
        for where, row in read_rows(path):
            yield example_from_row(row, where)


def _write_native(examples: Sequence[Example], destination: Path) -> None:
    write_file(destination, "".join(dump_line(example_to_row(example)) for example in examples))


INLINE = Format(name="inline", suffixes=(".txt",), read=_read_inline, write=_write_inline)
NATIVE = Format(name="native", suffixes=(".jsonl", ".json"), read=_read_native, write=_write_native)
