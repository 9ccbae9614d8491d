"""A program with pipes to it: lines in, lines out, in one thread and without a way to deadlock.

Reading and writing take turns on whatever is ready, so that neither side waits for the other with a full pipe.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
import weakref
from collections.abc import Mapping, Sequence

__all__ = ["Child", "HangError", "LongLineError"]

_CHUNK = 1 << 16
_TAIL = 4000
_LONGEST_LINE = 64 << 20
_ENDING = 0.5


class HangError(Exception):
    """The program was silent for too long."""


class LongLineError(Exception):
    """The program wrote a line without end."""


class Child:
    """A running program in a process group of its own, which ends with this object at the latest."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Start `command`, without a shell, with these variables; with those of this process if None.

        Raises:
            OSError: it cannot be started.
        """
        # A Python program that forgets to flush would keep its answers until its input ends.
        variables = {**(os.environ if environment is None else environment), "PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=variables,
            start_new_session=True,
        )
        self._end = weakref.finalize(self, _end, self._process, 0.1)
        self._selector = selectors.DefaultSelector()
        self._outgoing = memoryview(b"")
        self._ending_input = False
        self._incoming = bytearray()
        self._searched = 0
        self._output_open = True
        self._tail = bytearray()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
        for pipe, handle in ((self._process.stdout, self._read_output), (self._process.stderr, self._read_errors)):
            if pipe is not None:
                self._selector.register(pipe, selectors.EVENT_READ, handle)

    def send(self, data: bytes, *, last: bool = False) -> None:
        """Have `data` written while lines are read; after the `last` the program sees the end of its input."""
        self._outgoing = memoryview(bytes(self._outgoing) + data)
        self._ending_input = last
        stdin = self._process.stdin
        if stdin is not None and not stdin.closed and stdin not in self._selector.get_map():
            self._selector.register(stdin, selectors.EVENT_WRITE, self._write)

    def read_line(self, timeout: float) -> bytes | None:
        """The next line that the program writes, None when there will be none.

        Raises:
            HangError: nothing came on its standard output for `timeout` seconds.
            LongLineError: a line of more than 64 MiB.
        """
        deadline = time.monotonic() + timeout
        while True:
            at = self._incoming.find(b"\n", self._searched)
            if at >= 0:
                return self._cut(at + 1)
            self._searched = len(self._incoming)
            if not self._output_open:
                return self._cut(len(self._incoming)) if self._incoming else None
            if len(self._incoming) > _LONGEST_LINE:
                raise LongLineError
            left = deadline - time.monotonic()
            if left <= 0:
                raise HangError
            for key, _ in self._selector.select(left):
                key.data()
            if len(self._incoming) > self._searched:
                deadline = time.monotonic() + timeout

    def status(self) -> str:
        """How it ended, once it has closed its output."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_ENDING)
        self._drain_errors()
        code = self._process.returncode
        if code is None:
            return "closed its output"
        if code < 0:
            return f"was killed by {signal.Signals(-code).name}"
        return f"exited with status {code}"

    def last_words(self) -> str:
        """The last line that it wrote to its standard error, empty if there is none."""
        lines = bytes(self._tail).decode("utf-8", "replace").split("\n")
        said = [" ".join(line.split()) for line in lines if line.strip()]
        return said[-1][-300:] if said else ""

    def stop(self, *, grace: float = _ENDING) -> None:
        """End the program and everything that it started; it has `grace` seconds to end by itself."""
        self._selector.close()
        if self._end.detach() is not None:
            _end(self._process, grace)

    def _cut(self, end: int) -> bytes:
        line = bytes(self._incoming[:end])
        del self._incoming[:end]
        self._searched = 0
        return line

    def _write(self) -> None:
        stdin = self._process.stdin
        if stdin is None:
            return
        try:
            self._outgoing = self._outgoing[os.write(stdin.fileno(), self._outgoing[:_CHUNK]) :]
        except BlockingIOError:
            return
        except OSError:
            # It no longer listens; what it wrote, and how it ended, say more than that.
            self._outgoing = memoryview(b"")
        if not self._outgoing:
            self._selector.unregister(stdin)
            if self._ending_input:
                stdin.close()

    def _read_output(self) -> None:
        data = self._read(self._process.stdout)
        if data == b"":
            self._output_open = False
        self._incoming += data or b""

    def _read_errors(self) -> None:
        self._tail += self._read(self._process.stderr) or b""
        del self._tail[:-_TAIL]

    def _drain_errors(self) -> None:
        stderr = self._process.stderr
        while stderr is not None and stderr in self._selector.get_map():
            if not self._selector.select(0.2):
                return
            self._read_errors()

    def _read(self, pipe: object) -> bytes | None:
        """What is there to read, empty at the end, None when there is nothing yet."""
        descriptor: int = pipe.fileno()  # type: ignore[attr-defined]
        try:
            data = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return None
        if not data:
            self._selector.unregister(pipe)  # type: ignore[arg-type]
        return data


def _end(process: subprocess.Popen[bytes], grace: float) -> None:
    """Let the program see that its input has ended, then kill its group; close the pipes."""
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    # A program that is full of output never sees that its input has ended.
    if process.stdout is not None:
        process.stdout.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(grace)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stderr is not None:
        process.stderr.close()
