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
_ENDING = _LISTENING = 0.5
_INPUT, _OUTPUT, _ERRORS = "input", "output", "errors"


class HangError(Exception):
    """No line came in time."""


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
        self._selector = selectors.DefaultSelector()
        try:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                env=variables,
                start_new_session=True,
            )
        except BaseException:
            self._selector.close()
            raise
        self._watcher = _watcher_of(self._process)
        # Nothing of these knows this object, which so ends, and the program with it, when nobody has it any longer.
        self._end = weakref.finalize(self, _end, self._process, self._watcher, self._selector, 0.1)
        self._outgoing = memoryview(b"")
        self._ending_input = False
        self._incoming = bytearray()
        self._searched = 0
        self._output_open = True
        self._tail = bytearray()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
        for pipe, kind in ((self._process.stdout, _OUTPUT), (self._process.stderr, _ERRORS)):
            if pipe is not None:
                self._selector.register(pipe, selectors.EVENT_READ, kind)

    def send(self, data: bytes, *, last: bool = False) -> None:
        """Have `data` written while lines are read; after the `last` the program sees the end of its input."""
        self._outgoing = memoryview(bytes(self._outgoing) + data)
        self._ending_input = last
        stdin = self._process.stdin
        if stdin is not None and not stdin.closed and stdin not in self._selector.get_map():
            self._selector.register(stdin, selectors.EVENT_WRITE, _INPUT)

    def read_line(self, until: float) -> bytes | None:
        """The next line that the program writes, None when there will be none.

        Raises:
            HangError: no whole line came until that time, as `time.monotonic` has it.
            LongLineError: a line of more than 64 MiB.
        """
        while True:
            at = self._incoming.find(b"\n", self._searched)
            if at >= 0:
                return self._cut(at + 1)
            self._searched = len(self._incoming)
            if not self._output_open:
                return self._cut(len(self._incoming)) if self._incoming else None
            if len(self._incoming) > _LONGEST_LINE:
                raise LongLineError
            left = until - time.monotonic()
            if left <= 0:
                raise HangError
            if not self._exchange(min(left, _LISTENING)) and self._process.poll() is not None:
                # What it started may hold its output open for ever.
                self._output_open = False

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
        if self._end.detach() is not None:
            _end(self._process, self._watcher, self._selector, grace)

    def _exchange(self, seconds: float) -> bool:
        """Write and read what can be written and read at once; wait so long for something. Whether there was any."""
        ready = self._selector.select(seconds)
        for key, _ in ready:
            if key.data == _INPUT:
                self._write()
            elif key.data == _OUTPUT:
                self._read_output()
            else:
                self._read_errors()
        return bool(ready)

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
        stderr, until = self._process.stderr, time.monotonic() + _ENDING
        while stderr is not None and stderr in self._selector.get_map() and time.monotonic() < until:
            self._exchange(0.2)

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


def _watcher_of(process: subprocess.Popen[bytes]) -> subprocess.Popen[bytes] | None:
    """A shell that kills the group of a program once this process is gone, even if it had no chance to do so.

    It sees that its input ends. Where there is no shell, only the program sees that its own input ends.
    """
    try:
        return subprocess.Popen(
            ["/bin/sh", "-c", 'read -r line; kill -9 "-$0"', str(process.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={},
            start_new_session=True,
        )
    except OSError:
        return None


def _end(
    process: subprocess.Popen[bytes],
    watcher: subprocess.Popen[bytes] | None,
    selector: selectors.BaseSelector,
    grace: float,
) -> None:
    """Let the program see that its input has ended, then kill its group; close the pipes."""
    try:
        selector.close()
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        # A program that is full of output never sees that its input has ended.
        if process.stdout is not None:
            process.stdout.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace)
    finally:
        # Also when somebody interrupts the waiting.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stderr is not None:
            process.stderr.close()
        if watcher is not None:
            watcher.kill()
            watcher.wait()
            if watcher.stdin is not None:
                watcher.stdin.close()
