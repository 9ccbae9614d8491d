"""The way to a terminal: streams through which nothing passes that steers it, and consoles that lay out and colour."""

from __future__ import annotations

import codecs
import io
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, cast

from evalkit.harmless import BuildOrder, clean_output

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Output", "clean_streams", "give_order", "make_console", "result_stream", "results_apart"]

UNBOUNDED = 10_000
"""Columns of a page without edges."""


class Output:
    """A text stream that shows what steers a terminal as `�`, whoever writes: evalkit, a warning, a log, a traceback.

    Build servers read orders from what their jobs print: a line that begins with `::`, and `##[…]` anywhere. They get
    a backslash.

    Args:
        stream: where to write.
        styled: what is written has been cleaned and coloured by a console, so its styles stay.
        messages: what is written are messages, in which secrets are not shown.
    """

    _LINE_ORDER = re.compile(r"^(?=[^\S\n]*::)", re.MULTILINE)
    _ORDER = re.compile(r"##(?=\w*\[)")
    _BAR = re.compile(r"\r|(\n|\x1b\[A)*\Z")
    """What progress bars of other packages begin with, and how they move between their lines."""

    def __init__(self, stream: IO[str], *, styled: bool = False, messages: bool = False) -> None:
        self.stream, self.styled, self.messages = stream, styled, messages
        self._blank = True
        """Whether nothing stands on this line yet."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        """Writes the text and gives back its length."""
        if not isinstance(text, str):
            raise TypeError(f"expected text, found {type(text).__name__}")
        if text:
            self.stream.write(self._inert(text if self.styled else self._clean(text)))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Writes the lines one after the other."""
        for line in lines:
            self.write(line)

    @cached_property
    def buffer(self) -> io.BufferedIOBase:
        """The same for those who write bytes."""
        return _Bytes(self)

    def order(self, order: BuildOrder) -> None:
        """Gives a build server an order of our own, on a line of its own; those of others get a backslash."""
        from evalkit.secrets import redacted

        self.write("" if self._blank else "\n")
        self.stream.write(redacted(order.text) + "\n")
        self._blank = True

    def _clean(self, text: str) -> str:
        moves = self._BAR.match(text) if self.stream.isatty() else None
        begun = moves[0] if moves else ""
        rest = text[len(begun) :]
        if self.messages:
            from evalkit.secrets import redacted

            rest = redacted(rest)
        return begun + clean_output(rest)

    def _inert(self, text: str) -> str:
        shown = text
        if "##" in text:
            shown = self._ORDER.sub(r"#\\#", shown)
        if "::" in text:
            first, feed, rest = shown.partition("\n")
            first = self._LINE_ORDER.sub(r"\\", first) if self._blank else first
            shown = first + feed + self._LINE_ORDER.sub(r"\\", rest)
        last = text.rpartition("\n")[2]
        self._blank = not last.strip() and (self._blank or last != text)
        return shown


class _Bytes(io.BufferedIOBase):
    """Takes UTF-8 to a stream of text."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._output.write(self._decode(bytes(data)))
        return len(data)

    def flush(self) -> None:
        if not self._output.stream.closed:
            self._output.stream.flush()


@contextmanager
def clean_streams() -> Iterator[None]:
    """Has standard output and standard error shown clean, whoever writes to them."""
    streams = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = clean_stream(sys.stdout), clean_stream(sys.stderr, messages=True)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = streams


_results: list[Any] = []


@contextmanager
def results_apart() -> Iterator[None]:
    """While it is open, standard output is for results alone: whatever else prints, such as a plugin, does so aside."""
    printed = sys.stdout
    _results.append(result_stream())
    sys.stdout = sys.stderr
    try:
        yield
    finally:
        _results.pop()
        sys.stdout = printed


def result_stream() -> Any:
    """Where results go: standard output."""
    return _results[-1] if _results else sys.stdout


def give_order(order: BuildOrder) -> None:
    """Gives a build server an order on standard error, where none of its messages gives one."""
    clean_stream(sys.stderr, messages=True).order(order)


def clean_stream(stream: Any, *, messages: bool = False) -> Any:
    """The stream, clean; as it is if it is so already, or closed."""
    return stream if stream is None or isinstance(stream, Output) else Output(stream, messages=messages)


def make_console(*, file: IO[str] | None = None, width: int | None = None, stderr: bool = False) -> Console:
    """A console on standard output, on standard error, or on a file of its own.

    It takes no text for its markup. What is printed must be clean: a console that colours passes its styles on.

    Args:
        file: where to write, if not to a standard stream.
        width: columns; by default those of the terminal or of the variable `COLUMNS`. What goes into a pipe or a file
            has no width: nothing in it is folded or cut, so that it can be searched.
        stderr: on standard error.
    """
    from rich.console import Console

    stream = file or (sys.stderr if stderr else result_stream())
    if width is None and file is None and "COLUMNS" not in os.environ:
        width = None if stream.isatty() else UNBOUNDED
    # A file is none, even where the environment forces colours on what is printed.
    terminal = None if file is None else False
    console = Console(file=stream, width=width, force_terminal=terminal, highlight=False, markup=False, emoji=False)
    if console.is_terminal and isinstance(stream, Output):
        console.file = cast(IO[str], Output(stream.stream, styled=True))
    return console
