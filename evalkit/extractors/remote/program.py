"""`cmd:PROGRAM`: any program that reads articles and writes annotations as JSON lines.

The lines are described in `evalkit.extractors.remote.wire`. The program is started once, without a shell, and gets more
articles as long as it answers; its input ends when there are no more. It should write each answer when it has it, and
write nothing else to its standard output; what it writes to standard error is shown when it fails.

Settings:
    timeout: seconds without an answer after which it hangs; lines that are none do not count, and for `input=whole`
        it is the time for all answers to a batch; 60.
    input: `stream`, or `whole` for a program that answers at the end of its input; it is started for each batch.
    inherit-key: `yes` if it may have the key in EVALKIT_LLM_API_KEY, which it does not get otherwise.
    layers: what it claims, as `entities,quotes`, if neither a header nor its answers should decide.
    fingerprint: what stands for its model and code, if no header says it; with this and `layers`, a run that is
        wholly in the cache does not start the program. Files that the program opens itself are not seen.

Its identity is the command, the files that it names, and the modules beside a Python script that this imports.
"""

from __future__ import annotations

import math
import os
import shlex
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from evalkit.errors import ExtractorError, InputError, UnknownNameError
from evalkit.extractors.identity.contents import file_sha256
from evalkit.extractors.identity.sources import Sources
from evalkit.extractors.options import Options
from evalkit.extractors.remote.child import Child, HangError, LongLineError
from evalkit.extractors.remote.extractor import RemoteExtractor, Trouble
from evalkit.extractors.remote.wire import Inbox, article_lines, header_line
from evalkit.layers.table import layer_names
from evalkit.records import Article
from evalkit.secrets import without_endpoint_key

__all__ = ["ProgramChannel", "load_program"]

_MOST_LINES = 1_000_000
_MOST_BYTES = 256 << 20
_PROTOCOL = (
    '; the first line that it reads is a header, {"evalkit": 1, "kind": "articles"}, and no article: skip lines '
    'without "id" (docs/programs.md)'
)


def load_program(spec: str, options: Mapping[str, str] | None = None) -> RemoteExtractor:
    """The extractor for `cmd:PROGRAM ARGUMENTS`; the program is not started yet.

    Raises:
        InputError: the command line cannot be split into words, an option cannot be used, or this is Windows.
        UnknownNameError: there is no such program.
    """
    try:
        command = shlex.split(spec.partition(":")[2])
    except ValueError as error:
        raise InputError(f"{spec}: the command line cannot be read: {error}; quote it as in a shell") from error
    if sys.platform == "win32":
        raise InputError(
            f"{spec}: programs cannot be run on Windows, whose pipes cannot be listened to together; have it answer at "
            "an address, and give http://HOST/PATH"
        )
    if not command:
        raise InputError(f"{spec!r}: no program; write cmd:PROGRAM ARGUMENTS")
    if shutil.which(command[0]) is None:
        raise UnknownNameError(f"{spec}: no program {command[0]!r} that can be run; check its path, and chmod +x")
    given = Options(spec, options)
    timeout, layers, fingerprint = given.seconds("timeout", 60), given.layers(layer_names()), given.text("fingerprint")
    whole = given.choice("input", ("stream", "whole"), "stream") == "whole"
    with_key = given.choice("inherit-key", ("yes", "no"), "no") == "yes"
    given.done()
    channel = ProgramChannel(command, timeout=timeout, whole=whole, with_key=with_key)
    return RemoteExtractor(spec, channel, layers=layers, fingerprint=fingerprint)


class ProgramChannel:
    """Keeps one program running and talks to it.

    Attributes:
        restarts: how often it was started again after it had died, hung or written what cannot be read.
        article_timeout: seconds that an article may take.
    """

    unseen = "files that the program opens itself are not seen"

    def __init__(self, command: Sequence[str], *, timeout: float, whole: bool = False, with_key: bool = False) -> None:
        """A channel to `command`, which is started when there is something to ask.

        Args:
            command: the program and its arguments.
            timeout: seconds without an answer after which it hangs.
            whole: whether to end its input after each batch, and to start it anew for the next.
            with_key: whether it gets the key of the endpoint of language models.
        """
        self._command = tuple(command)
        self._timeout = timeout
        self._whole = whole
        self._with_key = with_key
        self._child: Child | None = None
        self._answered = self._failed = False
        self._lines = 0
        self.restarts = 0
        self.article_timeout = math.inf

    def ask(self, articles: Sequence[Article], inbox: Inbox) -> Trouble | None:
        """Send the articles to the program and read its answers.

        Raises:
            ExtractorError: the program cannot be started, or speaks another version of the protocol.
        """
        lines = article_lines(articles)
        if self._child is None:
            self._child = self._start()
            self._lines = 0
            self.restarts += self._failed
            lines = header_line() + lines
        self._child.send(lines, last=self._whole)
        inbox.lines = self._lines
        try:
            trouble = self._listen(self._child, inbox, len(articles))
        except BaseException:
            self._stop(grace=0)
            raise
        self._lines, self._failed = inbox.lines, trouble is not None
        self._answered = self._answered or bool(inbox.answers)
        if trouble is not None or self._whole:
            self._stop(grace=0)
        return trouble

    def identity(self) -> str:
        """The command, and SHA-256 over the files that it names, with the modules beside them that they import."""
        found = Path(shutil.which(self._command[0]) or self._command[0])
        files = [path for path in (found, *map(Path, self._command[1:])) if _is_file(path)]
        contents = [file_sha256(path).hex() for path in files]
        for name, path in sorted(_modules(self._command, files).items()):
            contents.append(f"{name} {file_sha256(path).hex()}")
        return "\0".join([*self._command, str(self._whole), *contents])

    def close(self) -> None:
        """End the program, which has a moment to do so by itself."""
        self._stop(grace=2.0)

    def _stop(self, *, grace: float) -> None:
        if self._child is not None:
            self._child.stop(grace=grace)
            self._child = None

    def _start(self) -> Child:
        try:
            return Child(self._command, os.environ if self._with_key else without_endpoint_key(os.environ))
        except OSError as error:
            raise ExtractorError(
                f"cmd:{shlex.join(self._command)}: cannot be started: {error.strerror or error}"
            ) from error

    def _listen(self, child: Child, inbox: Inbox, asked: int) -> Trouble | None:
        seconds = min(self._timeout, self.article_timeout * (asked if self._whole else 1))
        until = time.monotonic() + seconds
        lines: list[bytes] = []
        size = 0
        while self._whole or not inbox.complete:
            try:
                line = child.read_line(until)
            except HangError:
                return self._silence(child, seconds)
            except LongLineError:
                return Trouble("wrote a line of more than 64 MiB; write one line an article", hopeless=True)
            if line is None:
                inbox.take_all(b"".join(lines))
                return None if inbox.complete else self._ending(child, inbox)
            if self._whole:
                # What is over may also be one JSON value on many lines.
                lines.append(line)
                size += len(line)
                if len(lines) > _MOST_LINES or size > _MOST_BYTES:
                    most = f"{_MOST_LINES:,} lines or {_MOST_BYTES >> 20} MiB"
                    return Trouble(f"wrote more than {most}; one line an article is enough", hopeless=True)
                continue
            heard = inbox.heard
            inbox.take(line)
            if inbox.broken:
                return Trouble(inbox.broken, hopeless=True)
            if inbox.flooded:
                return Trouble("writes line after line that is no answer", hopeless=True)
            if inbox.heard > heard:
                until = time.monotonic() + seconds
        return None

    def _ending(self, child: Child, inbox: Inbox) -> Trouble:
        status = child.status()
        if inbox.broken:
            return Trouble(f"{inbox.broken}; then it {status}")
        heard = self._answered or inbox.answers or inbox.header
        return Trouble(f"{status} without answering{_last_words(child)}{'' if heard else _PROTOCOL}")

    def _silence(self, child: Child, seconds: float) -> Trouble:
        if seconds < self._timeout:
            return Trouble(f"no answer for {seconds:g} s, the time-out of articles{_last_words(child)}")
        advice = "flush each answer, or use --set input=whole if it answers at the end, or --set timeout=SECONDS"
        return Trouble(f"hangs: no answer for {seconds:g} seconds ({advice}){_last_words(child)}", hopeless=True)


def _last_words(child: Child) -> str:
    said = child.last_words()
    return f"; its last words: {said}" if said else ""


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        # An argument can be anything, also something that no path can be.
        return False


def _modules(command: Sequence[str], files: Sequence[Path]) -> dict[str, Path]:
    """The modules beside Python scripts that these import, and what `python -m MODULE` runs where it is started."""
    found: dict[str, Path] = {}
    for script in filter(_is_python, files):
        # Where Python looks first. Its own libraries are those of another Python, perhaps.
        sources = Sources(script.parent)
        sources.add("__main__", str(script))
        found |= sources.files()
    for option, module in pairwise(command):
        if option == "-m":
            sources = Sources(Path.cwd())
            sources.add_import(module)
            sources.add_import(f"{module}.__main__")
            found |= sources.files()
    return found


def _is_python(path: Path) -> bool:
    if path.suffix == ".py":
        return True
    with path.open("rb") as file:
        return file.read(2) == b"#!" and b"python" in file.readline()
