"""The extractor behind what a caller gives, the process in which its code runs, and its end."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from evalkit.errors import ExtractorError
from evalkit.extractors.base import Extractor, traits_of
from evalkit.extractors.table import is_elsewhere, is_foreign, load_extractor
from evalkit.options import Running

__all__ = ["limit_time", "resolved"]

_log = logging.getLogger("evalkit.extractors")


@contextlib.contextmanager
def resolved(
    extractor: str | Extractor | Callable[..., Any],
    settings: Mapping[str, str] | None = None,
    running: Running | None = None,
) -> Iterator[Extractor]:
    """The extractor behind a name, an object or a function; what was started for it is ended, whatever happens.

    An object of the caller's own class is the caller's to close. Code that can be lost runs in a process of its own:
    that of others if `running` isolates it, and any Python code that has a time for each article.

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
        system = _copied(made, running)
        ours = made is extractor or system is not made
    try:
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


def _named(spelling: str, settings: Mapping[str, str], running: Running) -> Extractor:
    timed = running.article_timeout is not None and not is_elsewhere(spelling)
    if timed or (running.isolated and is_foreign(spelling)):
        from evalkit.extractors.worker.extractor import WorkerExtractor
        from evalkit.extractors.worker.process import can_start

        if can_start():
            try:
                return WorkerExtractor.named(spelling, settings, running.article_timeout)
            except OSError as error:
                _log.warning("%s runs in this process: no other can be started (%s)", spelling, error.strerror or error)
    return load_extractor(spelling, options=settings)


def _copied(system: Extractor, running: Running) -> Extractor:
    """The extractor in a copy of this process if each article has its time, and it cannot keep that itself."""
    if running.article_timeout is None or traits_of(system).limit_time is not None:
        return system
    from evalkit.extractors.worker.extractor import WorkerExtractor
    from evalkit.extractors.worker.process import can_start

    if not can_start():
        return system
    return WorkerExtractor.copied(system, running.article_timeout)
