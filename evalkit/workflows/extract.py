"""Extracting: what an extractor finds in raw articles, without gold."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from evalkit.dataset.sources import check_settings, find_place, raw_examples, read_place
from evalkit.errors import InputError
from evalkit.extractors.base import Extractor, SpendingError
from evalkit.files import path_of, read_bytes
from evalkit.formats.base import Format
from evalkit.formats.table import NATIVE, article_suffixes, format_of_file
from evalkit.options import ReadOptions, Running, listed
from evalkit.predictions.executors.local import LocalExecutor
from evalkit.predictions.extraction import Extraction
from evalkit.predictions.jobs import Job, run_jobs
from evalkit.records import Annotations, Article, Prediction
from evalkit.showing import number_of
from evalkit.text.markup import markup_notes, page_tag
from evalkit.text.zones import zoned
from evalkit.workflows.run import other_languages
from evalkit.workflows.systems import announce_work, limit_spending, limit_time, resolved

__all__ = ["extract_articles", "read_article", "read_articles"]


def extract_articles(
    extractor: str | Extractor | Callable[..., Any],
    articles: Iterable[Article | str | Path] | Article | str | Path,
    *,
    settings: Mapping[str, str] | None = None,
    read: ReadOptions | None = None,
    running: Running | None = None,
) -> Extraction:
    """What an extractor finds in articles.

    Args:
        extractor: a name as on the command line, an extractor object, or a function of one article.
        articles: articles, or text files, or one of them; `-` is standard input.
        settings: settings of the extractor.
        read: how files are read, if they are neither plain text nor JSON: with a format, they are files of articles in
            that format. What is annotated in articles is left aside.
        running: how it is run: batches, workers, the time for an article. Nothing is kept or written.

    Raises:
        EvalkitError: the extractor cannot be used, or a file not be read.
    """
    options = read or ReadOptions()
    given = tuple(
        chain.from_iterable(
            [one] if isinstance(one, Article) else read_articles(one, options)
            for one in listed(articles, Article, wanted="articles must be Articles, or paths of text files")
        )
    )
    # Nothing is kept that another command could continue from, so one article that fails ends nothing.
    how = replace(running or Running(), max_failures=len(given))
    with resolved(extractor, settings, how) as system:
        if how.article_timeout is not None:
            limit_time(system, how.article_timeout)
        done = 0

        def tell(batch: Sequence[Prediction], cached: int = 0) -> None:
            nonlocal done
            done += len(batch)
            if how.progress is not None:
                how.progress(done, len(given))

        tell([])
        jobs, executor = [Job(article) for article in given], LocalExecutor(how.workers)
        limit_spending(system, jobs, how)
        announce_work(system, jobs, how)
        stopped = ""
        try:
            predictions = run_jobs(system, jobs, batch_size=how.batch_size, executor=executor, on_done=tell)
        except SpendingError as stop:
            stopped = str(stop)
            made = {one.article_id: one for one in stop.made}
            predictions = [made.get(job.article.id) or _not_asked(job.article, stopped) for job in jobs]
        return Extraction(
            extractor=system.name,
            articles=given,
            predictions=tuple(predictions),
            notes=(*markup_notes(given), *other_languages(given, system)),
            stopped=stopped,
        )


def _not_asked(article: Article, why: str) -> Prediction:
    return Prediction(article_id=article.id, annotations=Annotations(), error=f"not asked: {why}")


def read_articles(source: str | Path, read: ReadOptions) -> list[Article]:
    """The articles of a file: one if it is plain text, else those of JSON, or of what the format says that is named.

    Raises:
        InputError: it cannot be read, holds no article, or is in a format that has to be named.
    """
    form = _format_by_name(source) if read.format is None else None
    if read.format is None and (form is None or form.name != NATIVE):
        if read.values or read.annotator:
            raise InputError(f"{source}: plain text is read without settings; name another format with --format")
        if form is not None:
            raise InputError(
                f"{source}: its words would be read with what is written about them; --format {form.name} reads the "
                "articles in it (or end its name in .txt)"
            )
        return [read_article(source)]
    place = find_place(source, read.format, download=read.download)
    check_settings(read.values, place)
    articles = [raw.example.article for raw in raw_examples(read_place(place, read))]
    if not articles:
        raise InputError(f"{source}: holds no article; check the path")
    if not any(article.text for article in articles):
        raise InputError(
            f"{source}: none of its {number_of(len(articles), 'article')} has a text; give the articles themselves"
        )
    return articles


def _format_by_name(source: str | Path) -> Format | None:
    """The format of a file whose ending is that of files with articles; None for any other, which is plain text.

    Raises:
        InputError: no format knows what is in it.
    """
    path = path_of(source, "articles are read from a file or folder")
    return format_of_file(path) if path.is_file() and path.suffix in article_suffixes() else None


def read_article(source: str | Path) -> Article:
    """A raw article from a file, or from standard input (`-`), with its zones; its id is the file's name.

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
    article = zoned(Article(id="stdin" if piped else path.stem, text=text))
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
