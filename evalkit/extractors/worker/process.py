"""A process that serves an extractor, as seen from the one that asks: started, asked within a time, and lost.

It is a group of its own, and what an extractor starts belongs to it. It ends with this object, and with this process
however that ends: its pipe then has no other end (`evalkit.extractors.worker.child`).
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import selectors
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TextIO

from evalkit.errors import EvalkitError
from evalkit.extractors.worker.wire import Row, answer_line, is_inside

__all__ = ["KilledError", "LeftError", "LostError", "Worker", "hindrance", "started_anew", "started_by_fork"]

_CHUNK = 1 << 16
_TAIL = 4000
_LONGEST_LINE = 256 << 20
_LOOK = 0.2
"""Seconds after which it is looked whether it still lives: a process that it started may hold its pipes open."""
_ENDING = 1.0
_open_ends: set[int] = set()
"""The ends of pipes to all such processes that run."""
_starting = threading.Lock()
_SAYS = logging.getLogger("evalkit.extractors.worker")

_BOOT = "import sys; sys.path.insert(0, sys.argv.pop()); from {} import main; main()"
_PACKAGE = Path(__file__).resolve().parent.parent.parent.parent
_CRASH = re.compile(rb"Fatal Python error: ([^\n]*)(?:.*?\n  File \"([^\"\n]*)\", line (\d+))?", re.DOTALL)


class LostError(EvalkitError):
    """The process gave no answer: it ended, or took too long; another one may do better with another article."""


class LeftError(LostError):
    """The process ended by itself, with a status: somebody there wanted it to end."""


class KilledError(LostError):
    """The process was ended by a signal: for what it did, or by somebody who wanted its memory or its machine."""


class _Process(Protocol):
    """What `subprocess.Popen` has of a process."""

    pid: int
    returncode: int

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...


def hindrance() -> str:
    """Why no process can be started here, in words; empty if one can."""
    if is_inside():
        return "it is started by an extractor itself"
    return "" if os.name == "posix" and sys.executable else "this system has no processes as POSIX has them"


def started_anew(module: str = "evalkit.extractors.worker.child") -> Worker:
    """A new Python with the package that runs here and nothing else; the first request says what to make.

    Args:
        module: the one whose `main` serves.

    Raises:
        OSError: no process can be started.
    """
    options = ["-B"] if sys.dont_write_bytecode else []
    process = subprocess.Popen(
        [sys.executable, *options, "-P", "-c", _BOOT.format(module), str(_PACKAGE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
    )
    pipes = [pipe for pipe in (process.stdin, process.stdout, process.stderr) if pipe is not None]
    ends = [os.dup(pipe.fileno()) for pipe in pipes]
    for pipe in pipes:
        pipe.close()
    return Worker(process, *ends)


def started_by_fork(serve: Callable[[int, int], object]) -> Worker:
    """A copy of this process that does nothing but `serve`, which is called with the two ends of its pipes.

    Raises:
        OSError: no process can be started.
    """
    import warnings

    with _starting, warnings.catch_warnings():
        (requests, asking), (listening, answers), (reading, printed) = (os.pipe() for _ in range(3))
        # Threads are not copied, and what they held may stay locked; then the time is up at some point.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
        if pid:
            worker = Worker(_Forked(pid), asking, listening, reading)
    if pid == 0:
        try:
            os.setsid()
            # Those to other processes too, which would not see their end if this one held them.
            for end in (asking, listening, reading, *_open_ends):
                with contextlib.suppress(OSError):
                    os.close(end)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(printed, 1)
            os.dup2(printed, 2)
            sys.stdout, sys.stderr = map(_as_text, (1, 2))
            serve(requests, answers)
        finally:
            # Nothing of what this process was is to be finished twice.
            os.kill(os.getpid(), signal.SIGKILL)
    for end in (requests, answers, printed):
        os.close(end)
    return worker


def _as_text(number: int) -> TextIO:
    return os.fdopen(number, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)


class _Forked:
    """A copy of this process."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode = 0
        self._ended = False

    def poll(self) -> int | None:
        if not self._ended:
            with contextlib.suppress(ChildProcessError):
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid == 0:
                    return None
                self.returncode = os.waitstatus_to_exitcode(status)
            self._ended = True
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("a copy of this process", timeout or 0)
            time.sleep(0.01)
        return self.returncode


class Worker:
    """One process, which is asked one thing at a time.

    Attributes:
        warm: whether it has loaded what it loads when it is first asked.
    """

    def __init__(self, process: _Process, asking: int, listening: int, reading: int) -> None:
        """A process, and the ends of the pipes to it, from it, and of what it prints."""
        self.warm = False
        self._asked = 0
        self._unwanted = False
        self._process = process
        self._asking, self._listening, self._reading = asking, listening, reading
        self._ends = (asking, listening, reading)
        _open_ends.update(self._ends)
        self._end = weakref.finalize(self, _end, process, self._ends)
        self._incoming = bytearray()
        self._printed = bytearray()
        self._left_out = 0
        self._last_words = ""
        self._open = True
        self._outgoing = memoryview(b"")
        self._selector = selectors.DefaultSelector()
        for end in (asking, listening, reading):
            os.set_blocking(end, False)
        self._selector.register(listening, selectors.EVENT_READ, self._listen)
        self._selector.register(reading, selectors.EVENT_READ, self._read)

    def ask(
        self, request: Row, seconds: float | None = None, told: Callable[[int], None] = lambda finished: None
    ) -> Row:
        """The answer to a request.

        Args:
            request: what is asked for.
            seconds: how long the answer may take; None for ever.
            told: called with the number of articles of the request that are done, where the process says so before.

        Raises:
            LostError: there is no answer; says why. The process is good for nothing more.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        self._asked += 1
        self._outgoing = memoryview(answer_line({"number": self._asked, **request}))
        self._selector.register(self._asking, selectors.EVENT_WRITE, self._send)
        while True:
            row = self._checked(self._line(deadline, seconds))
            if "finished" not in row:
                return row
            if type(row["finished"]) is int:
                told(row["finished"])

    def _line(self, deadline: float | None, seconds: float | None) -> bytes:
        """The next line that it writes.

        Raises:
            LostError: there is none.
        """
        searched = 0
        while (end := self._incoming.find(b"\n", searched)) < 0 or not self._incoming.startswith(b"{"):
            searched = len(self._incoming)
            if not self._open:
                raise self._ended()
            if len(self._incoming) > _LONGEST_LINE:
                raise LostError(f"its answer has more than {_LONGEST_LINE >> 20} MiB")
            left = _LOOK if deadline is None else min(_LOOK, deadline - time.monotonic())
            if left <= 0:
                raise LostError(f"took longer than {seconds:g} s")
            ready = self._selector.select(left)
            for key, _ in ready:
                key.data()
            if not ready and self._process.poll() is not None:
                self._open = False
        line = bytes(self._incoming[: end + 1])
        del self._incoming[: end + 1]
        self._drain()
        return line

    @property
    def lives(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    def kill(self) -> None:
        """Ends the process at once, for another thread to see that waits for its answer."""
        self._unwanted = True
        if self._end.alive:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def stop(self, grace: float = _ENDING) -> None:
        """Ends the process and all that it started; it has `grace` seconds to do so by itself."""
        if self._end.detach() is None:
            return
        ends = list(self._ends)
        try:
            if grace:
                _close([ends.pop(0)])
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(grace)
                self._drain()
        finally:
            self._selector.close()
            _end(self._process, ends)

    def _checked(self, line: bytes) -> Row:
        """The answer that a line holds: an extractor may find the pipe and write to it."""
        row: Row = {}
        with contextlib.suppress(ValueError):
            row = json.loads(line)
        if row.pop("number", None) != self._asked or self._outgoing:
            raise LostError("its process wrote what is no answer")
        return row

    def _send(self) -> None:
        try:
            self._outgoing = self._outgoing[os.write(self._asking, self._outgoing[:_CHUNK]) :]
        except BlockingIOError:
            return
        except OSError:
            # It does not listen any more: how it ended says more than that.
            self._outgoing = memoryview(b"")
        if not self._outgoing:
            self._selector.unregister(self._asking)

    def _listen(self) -> None:
        data = _ready(self._listening)
        if data == b"":
            self._selector.unregister(self._listening)
            self._open = False
        self._incoming += data or b""

    def _read(self) -> None:
        data = _ready(self._reading)
        if data == b"":
            self._selector.unregister(self._reading)
        self._printed += data or b""
        *lines, rest = bytes(self._printed).split(b"\n")
        for line in lines:
            self._say(line)
        self._left_out += max(0, len(rest) - _TAIL)
        self._printed[:] = rest[-_TAIL:]

    def _say(self, line: bytes) -> None:
        # What was written over, as a bar of progress is, was for somebody who looked on.
        _, over, last = line.decode("utf-8", "replace").rstrip("\r").rpartition("\r")
        text, left_out = last.rstrip(), 0 if over else self._left_out
        self._left_out = 0
        if left_out:
            text = f"[{left_out:,} bytes left out] {text}"
        if text:
            self._last_words = " ".join(text.split())[-300:]
            _SAYS.warning("%s", text)

    def _drain(self) -> None:
        """Passes on what has been printed by now."""
        while self._reading in self._selector.get_map():
            if not any(key.fd == self._reading for key, _ in self._selector.select(0)):
                return
            self._read()

    def _ended(self) -> LostError:
        """How the process ended that closed its pipe, where it was or what it said last."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_ENDING)
        self._drain()
        self._say(bytes(self._printed))
        code = self._process.poll()
        if code is None:
            how = "its process closed the connection"
        elif code < 0:
            name = signal.Signals(-code).name
            how = f"its process was killed by {name}" + (" (for want of memory?)" if name == "SIGKILL" else "")
        else:
            how = f"its process exited with status {code}"
        if crash := _CRASH.search(bytes(self._incoming)):
            what, file, line = (part.decode("utf-8", "replace") if part else "" for part in crash.groups())
            how += f" ({what}{f', {Path(file).name}:{line}' if file else ''})"
        elif self._last_words:
            how += f"; its last words: {self._last_words}"
        if code is None or self._unwanted:
            return LostError(how)
        return KilledError(how) if code < 0 else LeftError(how)


def _ready(end: int) -> bytes | None:
    """What there is to read, empty at the end, None when there is nothing yet."""
    try:
        return os.read(end, _CHUNK)
    except BlockingIOError:
        return None


def _end(process: _Process, ends: Sequence[int]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    _close(ends)


def _close(ends: Sequence[int]) -> None:
    for end in ends:
        _open_ends.discard(end)
        os.close(end)
