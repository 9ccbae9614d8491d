"""Extracting: what an extractor finds in raw articles, without gold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from evalkit.extractors.base import Extractor, SpendingError, traits_of
from evalkit.options import ReadOptions, Running, listed, options_of
from evalkit.predictions.executors.choice import executor_of
from evalkit.predictions.extraction import Extraction
from evalkit.predictions.jobs import Job, run_jobs
from evalkit.records import Annotations, Article, Prediction
from evalkit.text.markup import markup_notes
from evalkit.workflows.running.articles import ReadArticles, read_articles
from evalkit.workflows.running.run import other_languages
from evalkit.workflows.running.systems import announce_work, limit_spending, limit_time, resolved

__all__ = ["extract_articles"]


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
        articles: articles, files of them or folders, or one of them; `-` is standard input.
        settings: settings of the extractor.
        read: how files of articles are read, if not as what they are by their ending. What is annotated in articles is
            left aside.
        running: how it is run: batches, workers, the time for an article. Nothing is kept or written.

    Raises:
        EvalkitError: the extractor cannot be used, or a file not be read.
    """
    options = read or ReadOptions()
    sources = [
        ReadArticles((one,)) if isinstance(one, Article) else read_articles(one, options)
        for one in listed(articles, Article, wanted="articles must be Articles, or paths of files or folders")
    ]
    given = tuple(chain.from_iterable(source.articles for source in sources))
    # Nothing is kept that another command could continue from, so one article that fails ends nothing.
    how = replace(options_of({}, takes=("running",), running=running).running, max_failures=len(given))
    with resolved(extractor, settings, how) as system:
        if how.article_timeout is not None:
            limit_time(system, how.article_timeout)
        done = 0
        failed: dict[str, str] = {}

        def tell(batch: Sequence[Prediction], cached: int = 0) -> None:
            nonlocal done
            done += len(batch)
            failed.update({one.article_id: one.error for one in batch if one.error is not None})
            if how.standing is not None:
                how.standing(failed, {})
            if how.progress is not None:
                how.progress(done, len(given))

        tell([])
        jobs, executor = [Job(article) for article in given], executor_of(how)
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
            notes=(
                *dict.fromkeys(note for source in sources for note in source.notes),
                *markup_notes(given),
                *other_languages(given, system.name, traits_of(system).languages),
            ),
            stopped=stopped,
        )


def _not_asked(article: Article, why: str) -> Prediction:
    return Prediction(article_id=article.id, annotations=Annotations(), error=f"not asked: {why}")
