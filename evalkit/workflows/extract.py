"""Extracting: what an extractor finds in raw articles, without gold."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from evalkit.dataset.sources import check_settings, find_place, raw_examples, read_place
from evalkit.errors import InputError
from evalkit.extractors.base import Extractor
from evalkit.files import read_bytes
from evalkit.options import ReadOptions, listed
from evalkit.predictions.extraction import Extraction
from evalkit.predictions.jobs import Job, run_jobs
from evalkit.records import Article
from evalkit.text.markup import markup_notes, page_tag
from evalkit.text.zones import zoned
from evalkit.workflows.run import resolved

__all__ = ["extract_articles", "read_article", "read_articles"]


def extract_articles(
    extractor: str | Extractor | Callable[..., Any],
    articles: Iterable[Article | str | Path] | Article | str | Path,
    *,
    settings: Mapping[str, str] | None = None,
    read: ReadOptions | None = None,
) -> Extraction:
    """What an extractor finds in articles.

    Args:
        extractor: a name as on the command line, an extractor object, or a function of one article.
        articles: articles, or text files, or one of them; `-` is standard input.
        settings: settings of the extractor.
        read: how files are read, if they are no plain text: with a format, they are files of articles in that format,
            whose annotations are left aside.

    Raises:
        EvalkitError: the extractor cannot be used, or a file not be read.
    """
    options = read or ReadOptions()
    given = tuple(
        chain.from_iterable(
            [one] if isinstance(one, Article) else read_articles(one, options) for one in listed(articles, Article)
        )
    )
    with resolved(extractor, settings) as system:
        predictions = run_jobs(system, [Job(article) for article in given])
        notes = tuple(markup_notes(given))
        return Extraction(extractor=system.name, articles=given, predictions=tuple(predictions), notes=notes)


def read_articles(source: str | Path, read: ReadOptions) -> list[Article]:
    """The articles of a file: one if it is plain text, else those of a file or folder in the format that is named.

    Raises:
        InputError: it cannot be read, or holds no article.
    """
    if read.format is None:
        if read.values or read.annotator:
            raise InputError(f"{source}: plain text is read without settings; name another format with --format")
        return [read_article(source)]
    place = find_place(source, read.format)
    check_settings(read.values, place)
    articles = [raw.example.article for raw in raw_examples(read_place(place, read))]
    if not articles:
        raise InputError(f"{source}: holds no article; check the path")
    return articles


def read_article(source: str | Path) -> Article:
    """A raw article from a file, or from standard input (`-`), with its zones; its id is the file's name.

    Raises:
        InputError: it cannot be read, is not UTF-8, is a page of HTML, or is empty.
    """
    path, piped = Path(source), str(source) == "-"
    content = sys.stdin.buffer.read() if piped else read_bytes(path, remedy="give a text file or -")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: byte {error.start} is 0x{content[error.start]:02x}, which is not UTF-8; convert the file first"
        ) from error
    if not text.strip():
        raise InputError(f"{path}: holds no text")
    if tag := page_tag(text):
        raise InputError(
            f"{path}: is a page of HTML ({tag[:40]}), and its tags would be read as words; save its text (trafilatura "
            "takes it out of a page)"
        )
    # Zones are found wherever something is extracted; here the title is taken from them.
    article = zoned(Article(id="stdin" if piped else path.stem, text=text))
    headline = next((zone for zone in article.zones if zone.kind == "headline"), None)
    title = "" if headline is None else text[headline.start : headline.end]
    return Article(id=article.id, text=text, title=title, zones=article.zones)
