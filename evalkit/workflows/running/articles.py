"""Raw articles: from text, from files of annotations, whose articles are taken, and from folders of either."""

from __future__ import annotations

import contextlib
import json
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from evalkit.dataset.loading.archives import is_archive
from evalkit.dataset.loading.sources import check_settings, find_place, raw_examples, read_place
from evalkit.errors import InputError
from evalkit.files import path_of, read_bytes
from evalkit.formats.table import article_suffixes, format_of_file
from evalkit.options import ReadOptions
from evalkit.records import Article
from evalkit.showing import number_of
from evalkit.text.markup import page_tag
from evalkit.text.zones import zoned

__all__ = ["ReadArticles", "read_article", "read_articles"]

TEXT = ".txt"
"""How files of plain text end in a folder."""


class ReadArticles(NamedTuple):
    """Articles, and what is to be said about how they were read."""

    articles: tuple[Article, ...]
    notes: tuple[str, ...] = ()


def read_articles(source: str | Path, read: ReadOptions) -> ReadArticles:
    """The articles of a file or folder: text as it is, or those that a file of annotations is about.

    A file in a format is known by its ending, or the format is named. A folder that is in no format is one of texts.

    Raises:
        InputError: it cannot be read, or holds no article.
    """
    path = path_of(source, "articles are read from a file or folder")
    if read.format is None and read.profile is None and not _in_a_format(path):
        if read.values or read.annotator:
            raise InputError(f"{source}: plain text is read without settings; name another format with --format")
        return _texts(path) if path.is_dir() else ReadArticles((read_article(source),))
    place = find_place(source, read.format, profile=read.profile, download=read.download)
    check_settings(read, place)
    batch = read_place(place, read)
    articles = tuple(raw.example.article for raw in raw_examples(batch))
    if not articles:
        raise InputError(f"{source}: holds no article; check the path")
    if not any(article.text for article in articles):
        raise InputError(
            f"{source}: none of its {number_of(len(articles), 'article')} has a text; give the articles themselves"
        )
    return ReadArticles(articles, batch.sentences)


def _in_a_format(path: Path) -> bool:
    """Whether a file has the ending of files with articles, or a folder files of a format; else they are text.

    Raises:
        InputError: no format knows what is in it.
    """
    if path.is_dir():
        return find_place(path).kind != "hub"
    return is_archive(path) or (
        path.is_file() and path.suffix in article_suffixes() and format_of_file(path) is not None
    )


def _texts(folder: Path) -> ReadArticles:
    """The articles in the text files of a folder, each named like its file, and after its folders if two are alike."""
    shown = [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]
    shown = [path for path in shown if not any(part.startswith(".") for part in path.parts)]
    files = [path for path in shown if path.suffix == TEXT]
    if not files:
        raise InputError(f"{folder}: holds no file of articles in any format and no text ({TEXT}); check the path")
    stems = Counter(file.stem for file in files)
    articles = []
    for file in files:
        name = file.stem if stems[file.stem] == 1 else "-".join(file.with_suffix("").parts)
        articles.append(read_article(folder / file, name=name))
    aside = len(shown) - len(files)
    notes = (f"{number_of(aside, 'file')} left aside in {folder}, read are those in {TEXT}",) if aside else ()
    return ReadArticles(tuple(articles), notes)


def read_article(source: str | Path, *, name: str = "") -> Article:
    """A raw article from a file, or from standard input (`-`), with its zones; its id is the file's name.

    Args:
        source: the file.
        name: another id.

    Raises:
        InputError: it cannot be read, is not UTF-8, is a page of HTML, or is empty.
    """
    path, piped = path_of(source, "an article is read from a file"), str(source) == "-"
    content = sys.stdin.buffer.read() if piped else read_bytes(path, remedy="give a text file or -")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: byte {error.start} is 0x{content[error.start]:02x}, which is not UTF-8; convert the file first"
        ) from error
    if not text.strip():
        raise InputError(f"{path}: holds no text")
    if _is_json(text):
        raise InputError(f"{path}: is JSON, whose names and brackets would be read as words; add --format native")
    if tag := page_tag(text):
        raise InputError(
            f"{path}: is a page of HTML ({tag[:40]}), and its tags would be read as words; save its text (trafilatura "
            "takes it out of a page)"
        )
    # Zones are found wherever something is extracted; here the title is taken from them.
    article = zoned(Article(id=name or ("stdin" if piped else path.stem), text=text))
    headline = next((zone for zone in article.zones if zone.kind == "headline"), None)
    title = "" if headline is None else text[headline.start : headline.end]
    return Article(id=article.id, text=text, title=title, zones=article.zones)


def _is_json(text: str) -> bool:
    """Whether the first line of a text, or all of it, is an object of JSON."""
    if not text.lstrip().startswith("{"):
        return False
    for part in (text.lstrip().partition("\n")[0], text):
        with contextlib.suppress(ValueError, RecursionError):
            return isinstance(json.loads(part), dict)
    return False
