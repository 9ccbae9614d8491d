"""An exploration as a page that opens from a disk: one file, or with its articles in files beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from evalkit.analysis.exploration.chunk import chunks_of
from evalkit.analysis.exploration.exploration import Exploration
from evalkit.analysis.exploration.index import ARTICLES_A_CHUNK, index_of
from evalkit.errors import InputError, OutputError
from evalkit.files import path_of, write_file
from evalkit.folders import replace_children
from evalkit.report.explorer.chunks import packed
from evalkit.report.explorer.overview import overview_of
from evalkit.report.explorer.page import chunk_file, explorer_page
from evalkit.showing import number_of

__all__ = ["LARGEST_PAGE", "view_page", "write_view"]

LARGEST_PAGE = 250_000_000
"""Bytes; a browser reads all of a page before it shows anything."""

_CHUNK_NAME = re.compile(r"chunk-\d{4,}\.js")


def write_view(exploration: Exploration, path: str | Path, *, split_files: bool = False) -> None:
    """Writes an exploration as one HTML file that needs nothing else: no server, no network, nothing installed.

    Args:
        exploration: what `view_runs` gave.
        path: the file; one that is there is replaced.
        split_files: whether the articles lie in files beside it, in the folder `NAME.files`, of which a browser reads
            those that somebody looks at; for pages that would be too large.

    Raises:
        InputError: the page would be larger than 250 MB.
        OutputError: it cannot be written, or the folder holds something else.
    """
    file = path_of(path, "path must be the path of the page")
    if not split_files:
        write_file(file, view_page(exploration))
        return
    index, overview = packed(index_of(exploration.explored)), overview_of(exploration)
    folder = f"{file.stem}.files"
    _refuse_others(file.with_name(folder))
    names = [f"{folder}/chunk-{number:04}.js" for number in range(_number_of_chunks(exploration))]
    page = explorer_page(exploration.title, overview, index, files=names)
    written = {
        name: chunk_file(packed(chunk), number).decode()
        for number, (name, chunk) in enumerate(zip(names, chunks_of(exploration.explored), strict=True))
    }
    replace_children(file.parent, {file.name: page.decode(), **written})


def view_page(exploration: Exploration) -> bytes:
    """The page with all of its articles in it.

    Raises:
        InputError: it would be larger than 250 MB.
    """
    index = packed(index_of(exploration.explored))
    chunks = list(_chunks(exploration, len(index)))
    return explorer_page(exploration.title, overview_of(exploration), index, chunks)


def _number_of_chunks(exploration: Exploration) -> int:
    return -(-len(exploration.explored.articles) // ARTICLES_A_CHUNK)


def _chunks(exploration: Exploration, size: int) -> Iterator[bytes]:
    """The articles, as long as they fit into a page."""
    articles = len(exploration.explored.articles)
    for number, chunk in enumerate(chunks_of(exploration.explored), 1):
        content = packed(chunk)
        size += len(content)
        # Three bytes are four characters in a page.
        if 4 * size > 3 * LARGEST_PAGE:
            held = min(number * ARTICLES_A_CHUNK, articles)
            raise InputError(
                f"the page would be larger than {LARGEST_PAGE // 10**6} MB: it holds {held} of "
                f"{number_of(articles, 'article')} by then; write the articles beside it with --split-files, or look "
                "at fewer runs or conventions"
            )
        yield content


def _refuse_others(folder: Path) -> None:
    """Refuses a folder with anything but chunks in it, since it is replaced whole."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise OutputError(f"{folder}: is no folder; the files of the page go there, remove it or name another page")
    others = (
        [] if not folder.exists() else [one.name for one in folder.iterdir() if not _CHUNK_NAME.fullmatch(one.name)]
    )
    if others:
        raise OutputError(
            f"{folder}: holds {sorted(others)[0]!r:.80}, which is none of a page's files; remove it, or name another"
        )
