"""The process of an extractor: it answers one request after the other, and ends when nobody asks any more.

Requests come by a pipe of their own, and so go the answers. Standard output is standard error here, so that what an
extractor prints is no part of any result; there is nothing to read on standard input.
"""

from __future__ import annotations

import _thread
import contextlib
import faulthandler
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from queue import SimpleQueue
from typing import Any

from evalkit.errors import EvalkitError
from evalkit.extractors.answers import PROBE_TEXT
from evalkit.extractors.base import Extractor, PairLabeler, PairLabels, traits_of
from evalkit.extractors.callable import UserExtractor
from evalkit.extractors.underway import articles_under_way, as_they_come, under_way
from evalkit.extractors.worker.wire import (
    answer_line,
    answer_to_row,
    enter,
    error_to_row,
    pairs_from_row,
    read_article,
)
from evalkit.records import Article

__all__ = ["Handler", "main", "serve"]

Row = dict[str, Any]

_NOT_HERE = ("spec", "limit_time", "thread_safe", "threads", "holds_gil")
"""What is known or done where it is asked from, or speaks of threads that are not here."""

_TELLING = 0.2
"""Seconds between two lines that say how many of several articles are done."""

_MOMENT = 0.5
"""Seconds in which an extractor may end what it is at when nobody wants its answer any more."""


Handler = Callable[[Extractor, Row], Mapping[str, Any]]
"""Answers a request of its own kind."""


def main(handlers: Mapping[str, Handler] | None = None) -> None:
    """Serves the extractor that the first line asks for, which also says where modules are looked for.

    Args:
        handlers: what else may be asked for, by name.
    """
    incoming, outgoing = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    if sys.stdout is not None:
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]

    def make(request: Row) -> Extractor:
        from evalkit.extractors.table import load_extractor

        sys.path[:] = request["path"]
        return load_extractor(request["spelling"], options=request["settings"])

    serve(make, incoming, outgoing, handlers)


def serve(
    make: Callable[[Row], Extractor], incoming: int, outgoing: int, handlers: Mapping[str, Handler] | None = None
) -> None:
    """Answers requests until there are no more.

    Args:
        make: gives the extractor, from the first request.
        incoming: the pipe with the requests.
        outgoing: the pipe for the answers.
        handlers: what else may be asked for, by name.
    """
    enter()
    # Where a crash of the interpreter writes what it was at: nothing else is on its way then.
    faulthandler.enable(outgoing, all_threads=False)
    server = _Server(make, handlers or {})
    requests = _Requests(incoming)
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        for request in requests:
            with _telling(outgoing, request):
                line = server.answer(request)
            _write(outgoing, line)
    if server.extractor is not None:
        with contextlib.suppress(KeyboardInterrupt, EvalkitError):
            traits_of(server.extractor).close()


@contextlib.contextmanager
def _telling(outgoing: int, request: Row) -> Iterator[None]:
    """While it is open, whoever asks is told how many of several articles are done."""
    if len(request.get("articles", ())) < 2:
        yield
        return
    ended = threading.Event()

    def tell() -> None:
        said = 0
        while not ended.wait(_TELLING):
            done = sum(place.before for place in articles_under_way())
            if done > said:
                said = done
                with contextlib.suppress(OSError):
                    _write(outgoing, answer_line({"number": request.get("number"), "finished": done}))

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        # No line of it may stand in the middle of the answer.
        thread.join()


class _Requests:
    """The requests, read in a thread, so that their end is seen in the middle of an article."""

    def __init__(self, incoming: int) -> None:
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        self._busy = False
        threading.Thread(target=self._read, args=(incoming,), daemon=True).start()

    def __iter__(self) -> Iterator[Row]:
        while (line := self._lines.get()) is not None:
            self._busy = True
            yield json.loads(line)
            self._busy = False

    def _read(self, incoming: int) -> None:
        with open(incoming, "rb") as lines:
            for line in lines:
                self._lines.put(line)
        self._lines.put(None)
        if self._busy:
            _thread.interrupt_main()
        # Whoever asked is gone, or does not wait: neither for an article nor for threads that were left behind.
        time.sleep(_MOMENT)
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def _write(outgoing: int, line: bytes) -> None:
    rest = memoryview(line)
    while rest:
        rest = rest[os.write(outgoing, rest) :]


class _Server:
    def __init__(self, make: Callable[[Row], Extractor], handlers: Mapping[str, Handler]) -> None:
        self.extractor: Extractor | None = None
        self._make = make
        self._handlers = handlers
        self._worked = False

    def answer(self, request: Row) -> bytes:
        """The line that answers a request, whatever code of others does on the way."""
        number = {"number": request.get("number")}
        try:
            line = answer_line({**self._handled(request), **number})
        except BaseException as error:
            line = answer_line({**error_to_row(error), **number})
        for stream in (sys.stdout, sys.stderr):
            # What was printed is to be seen before the answer. It may be closed, or be anything.
            with contextlib.suppress(Exception):
                stream.flush()
        return line

    def _handled(self, request: Row) -> Mapping[str, Any]:
        if self.extractor is None:
            self.extractor = self._make(request)
            return self._introduced(self.extractor)
        extractor = self.extractor
        if handler := self._handlers.get(request["do"]):
            self._worked = True
            return handler(extractor, request)
        match request["do"]:
            case "fingerprint":
                fingerprint = extractor.fingerprint()
                traits = traits_of(extractor)
                changing = {name: getattr(traits, name) for name in ("uncached", "unseen", "variables")}
                return {"fingerprint": fingerprint, "traits": changing}
            case "layers":
                if not request["probe"] and isinstance(extractor, UserExtractor):
                    extractor.probes = False
                return {"layers": list(extractor.layers)}
            case "warm":
                # What is loaded when it is first asked for is no part of the time for an article.
                with contextlib.suppress(Exception):
                    if not self._worked:
                        self._worked = True
                        extractor.extract([Article(id="evalkit-probe", text=PROBE_TEXT, lang="en")])
                return {}
            case "extract":
                self._worked = True
                articles = [read_article(row) for row in request["articles"]]
                with under_way(articles):
                    return {"answers": [answer_to_row(one) for one in as_they_come(extractor.extract(articles))]}
            case "label_pairs" if isinstance(extractor, PairLabeler):
                labels = extractor.label_pairs(read_article(request["article"]), pairs_from_row(request["pairs"]))
                return answer_to_row(labels if isinstance(labels, PairLabels) else PairLabels(labels))
            case _:
                return {"facts": dict(traits_of(extractor).facts())}

    def _introduced(self, extractor: Extractor) -> Row:
        traits = traits_of(extractor)
        said = {one.name: getattr(traits, one.name) for one in fields(traits)}
        return {
            "name": extractor.name,
            "labels_pairs": isinstance(extractor, PairLabeler),
            "traits": {name: value for name, value in said.items() if name not in _NOT_HERE and not callable(value)},
        }
