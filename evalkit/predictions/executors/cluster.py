"""Batches on the machines of a Ray cluster, each worker with an extractor of its own.

Ray starts the workers and carries bytes; what is done again, and when, is decided here. Each worker has two tasks, so
that none waits for the next. A task is as many batches as take a quarter of a second. When a worker is lost, others do
what it had, each batch by itself, and a batch at which one worker after the other is lost article by article: an
article at which that happens again fails alone. What is done again is all that its worker has, since the answer to
what a worker did just before it was lost may be lost with it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import socket
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import chain
from typing import Any

from evalkit.errors import ExtractorError, InputError, MissingExtraError, one_line
from evalkit.extractors.base import Extractor, spec_of
from evalkit.extractors.worker.wire import error_from_row
from evalkit.origin import install_command
from evalkit.predictions.batches import Job, failed
from evalkit.predictions.executors.base import Done
from evalkit.predictions.executors.host import Host, hello_for
from evalkit.predictions.executors.wire import answer_from_bytes, batches_to_bytes
from evalkit.records import Prediction
from evalkit.secrets import redacted, without_secrets
from evalkit.version import __version__

__all__ = ["RayExecutor"]

_TASKS = 2
"""Tasks that a worker has: one that it is at, and the next."""
_PACE = 0.25
"""Seconds that a task should take: much longer than Ray needs for one, and short enough to see progress."""
_MOST = 32
"""Batches of a task at most."""
_AHEAD = 4 * _TASKS * _MOST
"""Batches for each worker that are finished or under way while one before them is not: they have to be kept."""
_TRIES = 3
"""Workers that may be lost at a piece of work before it is taken apart, or at an article before it fails."""
_HIRES = 5
"""Workers in a row that may be lost before they are ready."""
_LISTENING = 0.1
_MOMENT = 0.5
_ANSWERS = 10.0
_PATIENCE = 30.0
"""Seconds without any worker after which that is said."""
_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DEDUP_LOGS_SKIP_REGEX": ".*", "RAY_SCHEDULER_EVENTS": "0"}
"""Variables that Ray reads: it sends nothing home, and prints nothing of what workers print or what becomes of them."""
_STORE = 128 << 20
"""Bytes of memory that workers here share; what they are sent and say is much less."""
_NO_EVALKIT = "No module named 'evalkit'"
_log = logging.getLogger("evalkit.extractors")


@dataclass(frozen=True, slots=True)
class RayExecutor:
    """Works on batches on a cluster.

    Attributes:
        workers: how many extractors there are.
        address: where the cluster is, as `ray.init` takes it; None for the one that RAY_ADDRESS names, or else one
            that is started on this machine and ended with the work. A program that is connected already stays so.
        article_timeout: seconds after which an article fails; no limit if None.
        lenient: whether an article fails, and no more, at which the process of an extractor ends by itself.
    """

    workers: int = 1
    address: str | None = None
    article_timeout: float | None = None
    lenient: bool = False

    def map(self, extractor: Extractor, batches: Iterable[Sequence[Job]]) -> Iterator[Done]:
        """The batches as they are finished, in any order.

        Raises:
            MissingExtraError: Ray is not installed.
            InputError: there is no cluster at the address, or a setting is a secret.
            ExtractorError: the extractor cannot be used at all, or workers have another one. What was finished by then
                is handed out first.
        """
        source = iter(batches)
        first = next(source, None)
        if first is None:
            return
        _refuse_secrets(extractor)
        hello = hello_for(extractor, self.article_timeout, lenient=self.lenient)
        layers = tuple(extractor.layers)
        with (
            _connected(self.address, self.workers) as ray,
            contextlib.closing(_Crew(ray, hello, layers, self.workers)) as crew,
        ):
            yield from crew.work(chain([first], source))


def _refuse_secrets(extractor: Extractor) -> None:
    """What is sent to workers stands in the logs of a cluster, so no secret is in it."""
    spec = spec_of(extractor)
    secret = [name for name, value in without_secrets(spec.settings).items() if value != spec.settings[name]]
    if secret or redacted(spec.spelling) != spec.spelling:
        what = f"setting {secret[0]}" if secret else "the address or command"
        raise InputError(
            f"extractor {extractor.name!r}: {what} is a secret, which is not sent to a cluster; put it into the "
            "environment of its workers"
        )


@contextlib.contextmanager
def _connected(address: str | None, workers: int) -> Iterator[Any]:
    """Ray, connected to a cluster."""
    with _variables(_QUIET):
        try:
            import ray
        except ImportError as error:
            raise MissingExtraError(f"--executor ray needs Ray; install it: {install_command('ray')}") from error
        if ray.is_initialized():
            yield ray
            return
        place = address or os.environ.get("RAY_ADDRESS") or "local"
        options: dict[str, Any] = {"namespace": "evalkit", "log_to_driver": False, "logging_level": logging.CRITICAL}
        if place == "local":
            options |= {"num_cpus": workers, "include_dashboard": False, "object_store_memory": _STORE}
        else:
            _refuse_unreachable(place)
        main = threading.current_thread() is threading.main_thread()
        # Ray would end this process its own way when it is asked to end.
        asked_to_end = signal.getsignal(signal.SIGTERM)
        try:
            ray.init(address=place, **options)
        except Exception as error:
            ray.shutdown()
            raise InputError(
                f"no cluster at {redacted(place)!r}: {redacted(one_line(error)):.300}; start one with `ray start "
                "--head`, or leave --address out"
            ) from error
        finally:
            if main:
                signal.signal(signal.SIGTERM, asked_to_end)
    try:
        yield ray
    finally:
        ray.shutdown()


def _refuse_unreachable(place: str) -> None:
    """Looks whether anybody listens at an address: Ray itself would try for more than a minute.

    Raises:
        InputError: nobody does, or the address is one from outside, which Ray needs a client for that is not here.
    """
    outside = place.startswith("ray://")
    if outside and find_spec("grpc") is None:
        raise InputError(
            f"--address {redacted(place)!r}: an address from outside needs the client of Ray; install it: pip install "
            "'ray[client]', or start this on a machine of the cluster with --address auto"
        )
    host, colon, port = place.removeprefix("ray://").rpartition(":")
    if not (host and colon and port.isascii() and port.isdecimal() and int(port) < 1 << 16):
        # A name, such as auto: Ray knows what it stands for.
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWERS).close()
    except OSError as error:
        raise InputError(
            f"no cluster at {redacted(place)!r}: {error.strerror or error}; start one with `ray start --head`, or "
            "leave --address out"
        ) from error


@contextlib.contextmanager
def _variables(values: Mapping[str, str]) -> Iterator[None]:
    """Variables of the environment, where they are not set, for as long as it is open."""
    new = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(new)
    try:
        yield
    finally:
        for name in new:
            os.environ.pop(name, None)


@dataclass(slots=True)
class _Piece:
    """Jobs of one batch that are asked about together.

    Attributes:
        number: which batch.
        start: the place of the first of them in it.
        jobs: the jobs.
        lost: how many workers were lost at them.
    """

    number: int
    start: int
    jobs: Sequence[Job]
    lost: int = 0


@dataclass(eq=False, slots=True)
class _Member:
    """A worker.

    Attributes:
        actor: it, as Ray knows it.
        greeting: what it says of itself, as long as that has not come.
        tasks: what it has to do, each with what will be its answer.
        alone: whether that is done again, and nothing comes after it before it is done.
    """

    actor: Any
    greeting: Any
    tasks: deque[tuple[Any, list[_Piece]]] = field(default_factory=deque)
    alone: bool = False


class _Crew:
    """The workers, and who does what."""

    def __init__(self, ray: Any, hello: bytes, layers: Sequence[str], workers: int) -> None:
        self._ray = ray
        self._hello = hello
        self._layers = layers
        self._kind = ray.remote(num_cpus=1, max_restarts=0, scheduling_strategy="SPREAD")(Host)
        self._workers = workers
        self._actors: list[Any] = []
        self._members: list[_Member] = []
        self._again: deque[_Piece] = deque()
        self._parts: dict[int, dict[int, list[Prediction]]] = {}
        self._sizes: dict[int, int] = {}
        self._done: deque[Done] = deque()
        self._batch_seconds = _PACE
        self._lost_early = 0
        self._seen = time.monotonic()
        self._all_taken = False
        self._failure: BaseException | None = None

    def close(self) -> None:
        """Ends all workers."""
        for actor in self._actors:
            with contextlib.suppress(Exception):
                self._ray.kill(actor)
        self._actors, self._members = [], []

    def work(self, batches: Iterable[Sequence[Job]]) -> Iterator[Done]:
        """The batches as they are finished.

        Raises:
            ExtractorError: the extractor cannot be used; what was finished is handed out first.
        """
        source = enumerate(batches)
        interrupted = False
        while self._goes_on():
            try:
                self._hand_out(source)
                self._look(_LISTENING)
            except KeyboardInterrupt as interrupt:
                if interrupted:
                    raise
                # Whoever interrupts waits a moment for what is under way, and does not when doing so twice.
                self._failure, interrupted = interrupt, True
                self._look(_MOMENT, every=True)
                self.close()
            while self._done:
                yield self._done.popleft()
        if self._failure is not None:
            raise self._failure

    def _goes_on(self) -> bool:
        if self._failure is not None:
            # What is under way may cost money, so it is handed out before the end.
            return any(member.tasks for member in self._members)
        return not self._all_taken or bool(self._sizes)

    def _hand_out(self, source: Iterator[tuple[int, Sequence[Job]]]) -> None:
        """Gives each worker something to do."""
        if self._failure is not None:
            return
        for member in self._ready():
            while len(member.tasks) < self._tasks_of(member):
                again = bool(self._again)
                pieces = [self._again.popleft()] if again else self._next(source)
                if not pieces:
                    break
                content = batches_to_bytes([piece.jobs for piece in pieces])
                member.tasks.append((member.actor.work.remote(content), pieces))
                member.alone = again

    def _tasks_of(self, member: _Member) -> int:
        """How many tasks a worker may have now."""
        return 1 if self._again or (member.alone and member.tasks) else _TASKS

    def _ready(self) -> list[_Member]:
        """The workers that can be asked, those with the least to do first; each that was lost has a successor."""
        while len(self._members) < self._workers:
            actor = self._kind.remote(self._hello)
            self._actors.append(actor)
            self._members.append(_Member(actor, actor.ready.remote()))
        ready = [member for member in self._members if member.greeting is None]
        if ready:
            self._seen = time.monotonic()
        elif time.monotonic() - self._seen > _PATIENCE:
            self._seen = time.monotonic()
            _log.warning("no worker has started yet: the cluster may have no free CPU")
        return sorted(ready, key=lambda member: len(member.tasks))

    def _next(self, source: Iterator[tuple[int, Sequence[Job]]]) -> list[_Piece]:
        """What nobody has begun, to be done together; nothing if there is none, or too much waits for a slow one."""
        pieces: list[_Piece] = []
        wanted = max(1, min(_MOST, int(_PACE / self._batch_seconds)))
        while len(pieces) < wanted:
            if len(self._sizes) >= _AHEAD * self._workers:
                break
            item = next(source, None)
            if item is None:
                self._all_taken = True
                break
            number, jobs = item
            self._sizes[number], self._parts[number] = len(jobs), {}
            pieces.append(_Piece(number, 0, jobs))
        return pieces

    def _look(self, seconds: float, *, every: bool = False) -> None:
        """Takes what is finished within some seconds: as soon as anything is, or all that is by then."""
        waiting = {member.greeting: member for member in self._members if member.greeting is not None}
        waiting |= {task: member for member in self._members for task, _ in member.tasks}
        if not waiting:
            return
        ready, _ = self._ray.wait(list(waiting), num_returns=len(waiting) if every else 1, timeout=seconds)
        for task in ready:
            member = waiting[task]
            if member not in self._members:
                # Lost with another of its tasks.
                continue
            try:
                content = self._ray.get(task)
            except self._ray.exceptions.RayError as error:
                self._lose(member, error)
                continue
            if task == member.greeting:
                self._greeted(member, content)
            else:
                self._answered(member, task, content)

    def _greeted(self, member: _Member, content: bytes) -> None:
        member.greeting = None
        self._lost_early = 0
        if refusal := json.loads(content):
            error = error_from_row(refusal)
            self._failure = self._failure or (
                error if isinstance(error, ExtractorError) else ExtractorError(f"on the cluster: {error}")
            )

    def _answered(self, member: _Member, task: Any, content: bytes) -> None:
        (pieces,) = (pieces for one, pieces in member.tasks if one == task)
        member.tasks = deque((one, others) for one, others in member.tasks if one != task)
        answer = answer_from_bytes(content, [piece.jobs for piece in pieces], self._layers)
        self._batch_seconds = max(answer.busy / len(pieces), 1e-6)
        for piece, predictions in zip(pieces, answer.batches, strict=False):
            self._take(piece, predictions)
        if answer.stop is not None:
            self._failure = self._failure or answer.stop

    def _take(self, piece: _Piece, predictions: list[Prediction]) -> None:
        """Puts what was made of a piece to what there is of its batch, which may be whole then."""
        parts = self._parts[piece.number]
        parts[piece.start] = predictions
        if sum(map(len, parts.values())) == self._sizes[piece.number]:
            del self._parts[piece.number], self._sizes[piece.number]
            self._done.append(Done(piece.number, [one for start in sorted(parts) for one in parts[start]]))

    def _lose(self, member: _Member, error: Exception) -> None:
        """Has others do what a worker had to do that is lost."""
        self._members.remove(member)
        self._actors.remove(member.actor)
        with contextlib.suppress(Exception):
            self._ray.kill(member.actor)
        if member.greeting is not None:
            self._lost_early += 1
            if self._lost_early >= _HIRES or _NO_EVALKIT in str(error):
                self._failure = self._failure or ExtractorError(_not_started(error))
            return
        for place, (_, pieces) in enumerate(member.tasks):
            for piece in pieces:
                # Of those that it had not begun, none is to blame.
                piece.lost += place == 0
                self._again += self._apart(piece)

    def _apart(self, piece: _Piece) -> list[_Piece]:
        """The pieces in which a piece is tried again; an article that is to blame has failed."""
        if piece.lost < _TRIES:
            return [piece]
        if len(piece.jobs) > 1:
            return [_Piece(piece.number, piece.start + place, [job]) for place, job in enumerate(piece.jobs)]
        said = f"each of {piece.lost} workers that were at it was lost (for want of memory?)"
        self._take(piece, [failed(piece.jobs[0].article.id, said)])
        return []


def _not_started(error: Exception) -> str:
    if _NO_EVALKIT in str(error):
        return f"the workers of the cluster have no evalkit; install evalkit {__version__} on each of its machines"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"no worker can be started on the cluster: {redacted(lines[-1] if lines else type(error).__name__):.300}"
