"""Tag columns as a format."""

from __future__ import annotations

from pathlib import Path

from evalkit.formats.base import Batch, Format, Losses, Source
from evalkit.formats.tags.settings import HELP
from evalkit.options import ReadOptions

__all__ = ["CONLL"]

_SUFFIXES = (".conll", ".tsv", ".iob", ".iob2", ".bio", ".tags")


def _sniff(path: Path, head: bytes) -> float:
    from evalkit.formats.tags.lines import looks_like_columns
    from evalkit.formats.tags.text_lines import other_columns

    if path.is_dir():
        return 0.0
    # A file of another tool is claimed faintly: if nobody knows it, reading says what it is.
    faint = 0.4 if path.suffix in _SUFFIXES or other_columns(head) else 0.0
    return 0.8 if looks_like_columns(head) and not other_columns(head) else faint


def _read(source: Source, options: ReadOptions) -> Batch:
    from evalkit.formats.tags.articles import read_articles

    return read_articles(source, options.values)


def _write(batch: Batch, target: Path, options: ReadOptions) -> Losses:
    from evalkit.files import write_file
    from evalkit.formats.tags.articles import write_tag_columns

    written = write_tag_columns(batch.examples)
    write_file(target, written.text)
    return written.losses


CONLL = Format(
    name="conll",
    about="tag columns: one token a line with its tag, as CoNLL, HIPE and WNUT files have them",
    suffixes=_SUFFIXES,
    read=_read,
    write=_write,
    sniff=_sniff,
    options=HELP,
    has_offsets=False,
)
