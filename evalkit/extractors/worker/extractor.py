"""An extractor in a process of its own: what ends, hangs or breaks there is lost there.

It is asked in batches, or article by article where it works so anyway or an article has its time. A process that is
lost fails the article that it was at; of a batch nobody knows which that is, and the runner asks again for each. One
that was killed may have been killed by somebody else, so what it was asked is asked again, in a new process.
One that ends by itself, with a status, ends the run, as it would here, unless failures are allowed for.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self, TypeVar

from evalkit.errors import EvalkitError, ExtractorError
from evalkit.extractors.base import ArticleFailure, Extractor, ExtractorSpec, PairLabels, PairsError, StancePair
from evalkit.extractors.threads import Once, spread
from evalkit.extractors.underway import finished_here, under_way
from evalkit.extractors.worker.process import KilledError, LeftError, LostError, Worker, started_anew, started_by_fork
from evalkit.extractors.worker.wire import (
    Answer,
    RaisedError,
    answer_from_row,
    article_to_send,
    error_from_row,
    pairs_to_row,
)
from evalkit.records import Article
from evalkit.secrets import remember_from

__all__ = ["WorkerExtractor"]

_WARMING = 5.0
"""Seconds that it has at least to load what it loads when it is first asked."""
_TRIES = 3
"""Processes that may be killed at one thing before it is to blame."""
_MOMENT = 0.5
"""Seconds in which what somebody interrupted may end by itself."""
_log = logging.getLogger("evalkit.extractors")

Row = dict[str, Any]
Result = TypeVar("Result")


class WorkerExtractor:
    """Asks an extractor in another process; several threads have a process each.

    Attributes:
        name: as the extractor says.
        spec: how it was asked for; None for a copy of one that is here.

    The other traits are what the extractor says of itself, some of them when it was asked for its fingerprint.
    """

    thread_safe = True
    _start_anew = staticmethod(started_anew)

    def __init__(
        self, start: Callable[[], Worker], where: str, hello: Row, limit: float | None, *, lenient: bool = False
    ) -> None:
        """An extractor that is made at once.

        Args:
            start: starts a process for it.
            where: names it in messages.
            hello: the first request, from which it is made.
            limit: seconds after which an article fails.
            lenient: whether an article fails, and no more, at which the process ends by itself.

        Raises:
            OSError: no process can be started.
            EvalkitError: the extractor cannot be set up.
        """
        self.spec: ExtractorSpec | None = None
        self._start, self._where, self._hello = start, where, hello
        self._limit, self._lenient = limit, lenient
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._lock = threading.Lock()
        self._fingerprint = ""
        self._changed = False
        self._probes = True
        self._layers = Once(self._claimed)
        worker, says = self._started()
        self._idle.append(worker)
        self.name: str = says["name"]
        self.by_article = False
        self._take(says["traits"])
        self.by_article = self.by_article or limit is not None
        if says["labels_pairs"]:
            self.label_pairs = self._label_pairs

    @classmethod
    def named(cls, spelling: str, settings: Mapping[str, str], limit: float | None, *, lenient: bool = False) -> Self:
        """The extractor of a name, made in a new process.

        Raises:
            OSError: no process can be started.
            EvalkitError: as for `load_extractor`.
        """
        remember_from(spelling, settings)
        hello = {"path": list(map(str, sys.path)), "spelling": spelling, "settings": dict(settings)}
        made = cls(cls._start_anew, f"extractor {spelling!r}", hello, limit, lenient=lenient)
        made.spec = ExtractorSpec(spelling, dict(settings))
        return made

    @classmethod
    def copied(cls, extractor: Extractor, limit: float | None, *, lenient: bool = False) -> WorkerExtractor:
        """An extractor that is here, in a copy of this process.

        Raises:
            OSError: no process can be started.
        """
        from evalkit.extractors.worker.child import serve

        def start() -> Worker:
            return started_by_fork(lambda incoming, outgoing: serve(lambda _: extractor, incoming, outgoing))

        return cls(start, f"extractor {extractor.name!r}", {}, limit, lenient=lenient)

    @property
    def layers(self) -> tuple[str, ...]:
        """What it claimed when it was first asked; one that a made-up article ends is asked for what it declares."""
        return self._layers()

    def fingerprint(self) -> str:
        """What the extractor gives where it runs.

        Raises:
            ExtractorError: it gives none.
        """
        with self._named("its fingerprint failed"):
            row = self._ask({"do": "fingerprint"})
        self._take(row["traits"])
        self._fingerprint = row["fingerprint"]
        return self._fingerprint

    def extract(self, articles: Sequence[Article]) -> Sequence[Answer]:
        """The answer for each article; of those that are asked about alone, a lost process fails its own only.

        Raises:
            LostError: the process is lost that worked on all of them.
            ExtractorError: the extractor cannot be used, or no process be started again.
        """
        if self.by_article:
            return spread(self._alone, articles, 1)
        return self._answers(articles)

    def limit_time(self, seconds: float) -> None:
        """Has an article fail that takes longer, and its process ended."""
        self._limit, self.by_article = seconds, True

    def facts(self) -> dict[str, Any]:
        """What the extractor says that a run should keep.

        Raises:
            ExtractorError: it cannot say.
        """
        with self._named("its facts failed"):
            facts: dict[str, Any] = self._ask({"do": "facts"}, self._patience())["facts"]
        if self._changed:
            facts["changed"] = "it had another fingerprint in another process of this run"
        return facts

    def close(self) -> None:
        """Ends its processes; those that are at an article, at once."""
        with self._lock:
            idle, self._idle = self._idle, []
            for worker in self._busy:
                # The thread that waits for it sees that, and clears up.
                worker.kill()
        for worker in idle:
            worker.stop()

    def _label_pairs(self, article: Article, pairs: Sequence[StancePair]) -> PairLabels:
        request = {"do": "label_pairs", "article": article_to_send(article), "pairs": pairs_to_row(pairs)}
        with under_way([article]):
            try:
                row = self._ask(request, self._limit, warm=True)
            except LostError as error:
                raise PairsError(self._of_one(error, article)) from error
        if "failure" in row:
            raise PairsError(row["failure"])
        return PairLabels(row["labels"], row["usage"])

    def _alone(self, article: Article) -> Answer:
        with under_way([article]):
            try:
                (answer,) = self._answers([article])
            except ExtractorError:
                raise
            except EvalkitError as error:
                return ArticleFailure(str(error))
        return answer

    def _answers(self, articles: Sequence[Article]) -> list[Answer]:
        request = {"do": "extract", "articles": [article_to_send(article) for article in articles]}
        try:
            row = self._ask(request, self._limit, warm=True, told=finished_here, again=len(articles) == 1)
        except LostError as error:
            if len(articles) > 1:
                raise
            raise LostError(self._of_one(error, articles[0])) from error
        return [answer_from_row(answer) for answer in row["answers"]]

    def _of_one(self, error: LostError, article: Article) -> str:
        """What is said of one article at which a process was lost.

        Raises:
            ExtractorError: the process ended by itself, and nobody allows for that.
        """
        if isinstance(error, LeftError) and not self._lenient:
            raise ExtractorError(
                f"{self._where}: {error}, at article {article.id!r}; the same command continues there "
                "(--max-failures N lets such an article fail alone)"
            ) from error
        return str(error)

    def _claimed(self) -> tuple[str, ...]:
        try:
            row = self._ask({"do": "layers", "probe": True}, self._patience())
        except (LostError, RaisedError):
            # It did not survive the made-up article, interrupts itself, or thinks about it for ever.
            self._probes = False
            row = self._ask({"do": "layers", "probe": False}, self._patience())
        return tuple(row["layers"])

    def _patience(self) -> float | None:
        return None if self._limit is None else max(self._limit, _WARMING)

    def _ask(
        self,
        request: Row,
        seconds: float | None = None,
        *,
        warm: bool = False,
        told: Callable[[int], None] = lambda finished: None,
        again: bool = True,
    ) -> Row:
        """What a process answers that has nothing else to do.

        Args:
            request: what is asked for.
            seconds: how long the answer may take; None for ever.
            warm: whether it has to have loaded what it loads.
            told: called with the number of articles that are done, where the process says so before.
            again: whether another process is asked if it is killed.

        Raises:
            LostError: it is lost, and so were others.
            EvalkitError: what the extractor raised.
        """
        row = _tried(_TRIES if again else 1, lambda: self._asked(request, seconds, told, warm=warm))
        if "raised" in row:
            raise error_from_row(row)
        return row

    def _asked(self, request: Row, seconds: float | None, told: Callable[[int], None], *, warm: bool) -> Row:
        worker = self._warm() if warm else self._free()
        try:
            with self._lock:
                self._busy.add(worker)
            row = worker.ask(request, seconds, told)
        except BaseException as error:
            worker.stop(0 if isinstance(error, LostError) else _MOMENT)
            raise
        else:
            with self._lock:
                self._idle.append(worker)
        finally:
            with self._lock:
                self._busy.discard(worker)
        return row

    def _free(self) -> Worker:
        while True:
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            if worker is None:
                break
            if worker.lives:
                return worker
            # A thread that it left behind has ended it since: no article that comes now is to blame.
            worker.stop(0)
        try:
            worker, _ = self._started()
        except OSError as error:
            said = error.strerror or error
            raise ExtractorError(f"{self._where}: no process can be started again ({said}); run again") from error
        return worker

    def _warm(self) -> Worker:
        """One that has answered for a made-up article, if each article has its time: loading takes none of that."""
        worker = self._free()
        if self._limit is None or not self._probes or worker.warm:
            return worker
        try:
            worker.ask({"do": "warm"}, self._patience())
        except BaseException as error:
            worker.stop(0)
            if not isinstance(error, LostError):
                raise
            self._probes = False
            return self._free()
        worker.warm = True
        return worker

    def _started(self) -> tuple[Worker, Row]:
        """A new process in which the extractor is made, and what it says of itself.

        Raises:
            ExtractorError: it cannot be made.
            EvalkitError: what its making raised.
        """
        with self._named("it cannot be set up"):
            return _tried(_TRIES, self._set_up)

    def _set_up(self) -> tuple[Worker, Row]:
        worker = self._start()
        try:
            row = worker.ask(self._hello)
            if "raised" in row:
                raise error_from_row(row)
            if self._fingerprint and not getattr(self, "uncached", ""):
                self._compare(worker.ask({"do": "fingerprint"}))
        except BaseException:
            worker.stop(0)
            raise
        return worker, row

    def _compare(self, row: Row) -> None:
        """Notes that a later process holds something else: files have changed, or it is not the same in any two."""
        if row.get("fingerprint") != self._fingerprint and not self._changed:
            self._changed = True
            _log.warning(
                "%s: a process that was started later has another fingerprint: its code or files have changed, or it "
                "differs each time; run again to be sure",
                self._where,
            )

    def _take(self, traits: Row) -> None:
        for name, value in traits.items():
            setattr(self, name, tuple(value) if isinstance(value, list) else value)

    @contextmanager
    def _named(self, what: str) -> Iterator[None]:
        """Errors that say nothing of the extractor, with its name."""
        try:
            yield
        except (LostError, RaisedError) as error:
            raise ExtractorError(f"{self._where}: {what}: {error}") from error


def _tried(times: int, ask: Callable[[], Result]) -> Result:
    """What comes of asking, as often as that if a process is killed each time.

    Raises:
        KilledError: the last one was killed, too.
    """
    for _ in range(times - 1):
        with contextlib.suppress(KilledError):
            return ask()
    return ask()
