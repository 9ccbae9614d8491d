"""Files: read with a message that helps, written whole or not at all; folders staged beside their place and renamed."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import orjson

from evalkit.errors import FormatError, InputError, OutputError

__all__ = [
    "append_file",
    "file_name_of",
    "is_standard_input",
    "json_bytes",
    "parse_json",
    "path_of",
    "read_bytes",
    "read_json",
    "read_text",
    "replace_children",
    "staged",
    "unlike_written",
    "write_file",
    "writing",
]

STANDARD_INPUT = "-"
_READ: WeakKeyDictionary[Any, bytes] = WeakKeyDictionary()
"""What was read of each standard input there was: notebooks and tests replace it."""

# An id becomes a file name, so it must stay inside its folder on every system.
_FILE_NAME = re.compile(r"\w[\w.-]{0,150}")


def file_name_of(article_id: str, suffix: str) -> str:
    """The file of an article.

    Raises:
        FormatError: the id is no safe file name (a separator, a leading dot, too long).
    """
    if not _FILE_NAME.fullmatch(article_id):
        raise FormatError(
            f"article {article_id!r}: the id cannot be a file name; use letters, digits, '-', '_' and '.', "
            "and begin with a letter or digit"
        )
    return article_id + suffix


def path_of(given: object, wanted: str) -> Path:
    """The path that a caller means; `wanted` begins the message where it is none: what it must be.

    Raises:
        InputError: it is neither text nor a path.
    """
    if isinstance(given, (str, Path)):
        return Path(given)
    raise InputError(f"{wanted}, found {type(given).__name__} {str(given)[:40]!r}")


def is_standard_input(path: Path | str) -> bool:
    """Whether a path is `-`, the standard input."""
    return str(path) == STANDARD_INPUT


def _standard_input() -> bytes:
    """All of the standard input, which can be read once only."""
    if sys.stdin not in _READ:
        _READ[sys.stdin] = sys.stdin.buffer.read()
    return _READ[sys.stdin]


def read_bytes(path: Path, *, remedy: str = "check the path") -> bytes:
    """The content of a file, or of the standard input for `-`; `remedy` ends the message if it cannot be read.

    Raises:
        InputError: the file cannot be read.
    """
    if is_standard_input(path):
        return _standard_input()
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}; {remedy}") from error


def read_text(path: Path, *, remedy: str = "check the path") -> str:
    """The text of a UTF-8 file with its line ends as they are; `remedy` ends the message if it cannot be read.

    Raises:
        InputError: the file cannot be read.
        FormatError: it is not UTF-8.
    """
    try:
        return read_bytes(path, remedy=remedy).decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error


def read_json(path: Path, *, missing: str = "check the path", damaged: str = "mend it") -> Any:
    """The one JSON value of a file; the words say what to do where there is no such file, or no JSON in it.

    Raises:
        InputError: the file cannot be read.
        FormatError: it holds no JSON, or some that `parse_json` refuses.
    """
    return parse_json(read_bytes(path, remedy=missing), path, damaged=damaged)


def parse_json(content: bytes, where: Path | str, *, damaged: str = "mend it") -> Any:
    """The one JSON value of some bytes; `where` begins a message, `damaged` ends it.

    Raises:
        FormatError: it is no JSON, has hundreds of brackets in one another, or gives a key of an object twice.
    """
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise FormatError(f"{where}: not valid JSON ({error}); {damaged}") from error
    if wrong := unlike_written(content, value):
        raise FormatError(f"{where}: {wrong}; {damaged}")
    return value


def unlike_written(content: bytes, value: Any) -> str:
    """What is lost or cannot be handled of some JSON that was read as a value, in words; empty if nothing.

    Of a key that an object gives twice only the last value was read, so that figures would stand on it in silence.
    """
    try:
        written = orjson.dumps(value)
    except TypeError:
        return "too many brackets in one another"
    # A key that was dropped took its quotation marks along; those of texts are the same in every spelling but one.
    if content.count(b'"') == written.count(b'"') and b"\\u0022" not in content:
        return ""
    twice: list[str] = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        if len(dict(pairs)) < len(pairs):
            twice.extend(name for name, number in Counter(name for name, _ in pairs).items() if number > 1)

    json.loads(content, object_pairs_hook=look)
    return f"the key {twice[0][:40]!r} stands twice in one object" if twice else ""


def json_bytes(value: Any) -> bytes:
    """JSON for people and programs: keys in the order given, two spaces, a final line feed."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


@contextmanager
def writing(path: Path, *, remedy: str = "choose another place") -> Iterator[None]:
    """Says of which file it is when writing fails, and what to do.

    Raises:
        OutputError: in place of an OSError.
    """
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}; {remedy}") from error


def write_file(path: Path, content: bytes | str, *, remedy: str = "choose another place") -> None:
    """Writes a file whole or not at all, and makes its folder; text as UTF-8 with its line ends as they are.

    Raises:
        OutputError: it cannot be written there.
    """
    with writing(path, remedy=remedy):
        path.parent.mkdir(parents=True, exist_ok=True)
        # In the same folder, so that renaming never copies; with the process in its name, so that two never share it.
        beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            beside.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)


def append_file(path: Path, text: str, *, remedy: str = "choose another place") -> None:
    """Adds text to the end of a file in one write, on a line of its own, and makes the file and its folder.

    Raises:
        OutputError: it cannot be written there.
    """
    with writing(path, remedy=remedy):
        path.parent.mkdir(parents=True, exist_ok=True)
        before = b""
        if path.is_file() and path.stat().st_size:
            with path.open("rb") as file:
                file.seek(-1, os.SEEK_END)
                before = b"\n" if file.read() == b"\n" else b"\n\n"
        with path.open("ab", buffering=0) as file:
            file.write(before + text.encode("utf-8"))


@contextmanager
def staged(path: Path) -> Iterator[Path]:
    """Gives a place of the same name to write a new file or folder to, which is moved to `path` at the end.

    Whatever goes wrong before leaves nothing behind.

    Raises:
        OutputError: it cannot be written there.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        made = staging / path.name
        yield made
        if made.exists():
            with writing(path):
                os.replace(made, path)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def replace_children(folder: Path, files: Mapping[str, str], *, remove: Iterable[str] = ()) -> None:
    """Writes files (paths relative to the folder) in place of the children that they and `remove` name.

    A child is a file, or a folder with all that is in it. The new ones are written beside the folder first and then
    renamed into it; if a rename fails, the old ones are put back.

    Raises:
        OutputError: the folder cannot be written; it is as it was.
    """
    parent = folder.resolve().parent
    with writing(folder):
        parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=parent))
        try:
            for name, content in files.items():
                target = staging / "new" / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.encode("utf-8"))
            folder.mkdir(parents=True, exist_ok=True)
            children = sorted({*(name.split("/")[0] for name in files), *remove})
            _swap(folder, staging, children)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def _swap(folder: Path, staging: Path, children: list[str]) -> None:
    old = staging / "old"
    old.mkdir()
    moved: list[str] = []
    try:
        for child in children:
            moved.append(child)
            if (folder / child).exists():
                os.replace(folder / child, old / child)
            if (staging / "new" / child).exists():
                os.replace(staging / "new" / child, folder / child)
    except OSError:
        for child in moved:
            if not (old / child).exists():
                continue
            if (folder / child).exists():
                os.replace(folder / child, staging / f"undone-{child}")
            os.replace(old / child, folder / child)
        raise
