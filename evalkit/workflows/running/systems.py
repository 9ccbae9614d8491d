"""The extractor behind what a caller gives, the process in which its code runs, and its end."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from evalkit.errors import ExtractorError, InputError
from evalkit.extractors.base import Extractor, Work, traits_of
from evalkit.extractors.table import is_elsewhere, is_foreign, load_extractor
from evalkit.options import Running
from evalkit.predictions.jobs import Job
from evalkit.predictions.plan import work_line

__all__ = ["announce_work", "limit_spending", "limit_time", "resolved", "work_of"]

_log = logging.getLogger("evalkit.extractors")


@contextlib.contextmanager
def resolved(
    extractor: str | Extractor | Callable[..., Any],
    settings: Mapping[str, str] | None = None,
    running: Running | None = None,
) -> Iterator[Extractor]:
    """The extractor behind a name, an object or a function; what was started for it is ended, whatever happens.

    An object of the caller's own class is the caller's to close. Code that can be lost runs in a process of its own:
    that of others if `running` isolates it, and any Python code that has a time for each article. So does what would
    have threads take turns, if there are several workers: each is a process then. Where a process ends by itself the
    run ends, unless `running` says how many articles may fail.

    Raises:
        EvalkitError: there is no such extractor, or it cannot be set up.
    """
    running = running or Running()
    if isinstance(extractor, str):
        system, ours = _named(extractor, settings or {}, running), True
    else:
        from evalkit.extractors.callable import as_extractor

        name = getattr(extractor, "__name__", type(extractor).__name__)
        made = as_extractor(extractor, name, settings)
        system = _here(made, running)
        ours = made is extractor or system is not made
    try:
        # Before anybody is asked what it is, which may take for ever too.
        _spending_limit(system, running)
        if running.article_timeout is not None and isinstance(extractor, str) and is_elsewhere(extractor):
            limit_time(system, running.article_timeout)
        yield system
    finally:
        if ours:
            traits_of(system).close()


def limit_time(system: Extractor, seconds: float) -> None:
    """Has each article fail that takes longer.

    Raises:
        ExtractorError: nothing can stop this extractor in the middle of an article.
    """
    limit = traits_of(system).limit_time
    if limit is None:
        raise ExtractorError(
            f"extractor {system.name!r} cannot be stopped after {seconds:g} s: it runs in this process, as the system "
            "starts no other for it; leave the time limit out"
        )
    limit(seconds)


def limit_spending(system: Extractor, jobs: Sequence[Job], running: Running) -> None:
    """Has the extractor stop before it spends more than `running` allows on some articles.

    Raises:
        InputError: it does not count what it spends, or knows no prices.
    """
    if limit := _spending_limit(system, running):
        limit(running.max_cost, running.max_tokens, any(job.pairs for job in jobs))


def _spending_limit(system: Extractor, running: Running) -> Callable[[float | None, int | None, bool], None] | None:
    """What limits the spending of an extractor; None if that is not wanted."""
    if running.max_cost is None and running.max_tokens is None:
        return None
    limit = traits_of(system).limit_spending
    if limit is None:
        name = "--max-cost" if running.max_tokens is None else "--max-tokens"
        raise InputError(
            f"{name} is for extractors that count what they spend, such as llm:MODEL; {system.name} counts nothing: "
            "leave it out"
        )
    if running.executor != "local":
        raise InputError(
            "what is spent is counted in one process: leave --max-cost and --max-tokens out, or --executor"
        )
    if running.max_cost is not None and traits_of(system).token_prices is None:
        raise InputError(
            "--max-cost needs the prices of a million tokens: --set price_in=NUMBER and --set price_out=NUMBER"
        )
    return limit


def announce_work(system: Extractor, jobs: Sequence[Job], running: Running) -> None:
    """Tells what is going to be asked of somebody who counts it."""
    if running.announce is not None and jobs and (work := work_of(system, jobs)) is not None:
        running.announce(f"{system.name}: {work_line(work, traits_of(system).token_prices)}")


def work_of(system: Extractor, jobs: Sequence[Job]) -> Work | None:
    """What extracting from some articles takes; None of an extractor that asks nobody who counts it."""
    estimate = traits_of(system).estimate
    return None if estimate is None else sum((estimate(job.article, job.pairs) for job in jobs), Work())


def _named(spelling: str, settings: Mapping[str, str], running: Running) -> Extractor:
    timed = running.article_timeout is not None and not is_elsewhere(spelling)
    if timed or (running.isolated and is_foreign(spelling)):
        from evalkit.extractors.worker.extractor import WorkerExtractor
        from evalkit.extractors.worker.process import hindrance

        if not (why := hindrance()):
            try:
                return WorkerExtractor.named(spelling, settings, running.article_timeout, lenient=_lenient(running))
            except OSError as error:
                why = f"no other can be started ({error.strerror or error})"
        _log.warning("%s runs in this process: %s", spelling, why)
    return _in_processes(load_extractor(spelling, options=settings), running)


def _in_processes(system: Extractor, running: Running) -> Extractor:
    """The extractor in processes of its own, if there are several workers and threads of this one would take turns."""
    traits = traits_of(system)
    if running.workers < 2 or running.executor != "local" or not traits.wants_processes:
        return system
    from evalkit.extractors.worker.process import hindrance
    from evalkit.predictions.executors.processes import ProcessExtractor

    spec = traits.spec
    if spec is None:
        why = "it was made from an object, which no other process can make; name its code as module:attr"
    elif not (why := hindrance()):
        try:
            there = ProcessExtractor.named(
                spec.spelling, spec.settings, running.article_timeout, lenient=_lenient(running)
            )
        except OSError as error:
            why = f"no other can be started ({error.strerror or error})"
        else:
            return there
    _log.warning("%s works on one batch after the other, in this process: %s", system.name, why)
    return system


def _lenient(running: Running) -> bool:
    return running.max_failures is not None


def _here(system: Extractor, running: Running) -> Extractor:
    """An extractor that was handed over, where it works.

    That is a copy of this process if each article has its time, and it cannot keep that itself; several processes if
    there are several workers, threads would take turns, and another process can make the same one.
    """
    if running.article_timeout is None or traits_of(system).limit_time is not None:
        there = _in_processes(system, running)
        if there is system or there.fingerprint() == system.fingerprint():
            return there
        traits_of(there).close()
        _log.warning(
            "%s works on one batch after the other, in this process: it was changed since it was made", system.name
        )
        return system
    from evalkit.extractors.worker.extractor import WorkerExtractor
    from evalkit.extractors.worker.process import hindrance

    if hindrance():
        return system
    try:
        return WorkerExtractor.copied(system, running.article_timeout, lenient=_lenient(running))
    except OSError as error:
        _log.warning("%s: no process can be started (%s)", system.name, error.strerror or error)
        return system
