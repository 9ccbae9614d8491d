"""Files: read with a message that helps, written whole or not at all; locks.

Every change of the disk that evalkit makes to a file is made here, by a function of `os`, so that a test can let any of
them fail: a write that takes only a part, a disk that is full, a process that is killed in between (`tests/faults.py`).
"""

from __future__ import annotations

import json
import os
import platform
import re
import stat
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from reprlib import repr as shortened
from typing import Any
from weakref import WeakKeyDictionary

import orjson

from evalkit.errors import FormatError, InputError, OutputError
from evalkit.harmless import json_text

__all__ = [
    "LOCK",
    "add_to_shared",
    "append_file",
    "file_name_of",
    "growing",
    "is_leftover",
    "is_name",
    "is_standard_input",
    "json_bytes",
    "locked",
    "make_folder",
    "mark_used",
    "old_leftovers",
    "open_inside",
    "parse_json",
    "part_inside",
    "passing_file",
    "path_of",
    "read_bytes",
    "read_inside",
    "read_json",
    "read_text",
    "refuse_irregular",
    "refuse_unwritable",
    "remove_file",
    "rename_file",
    "unlike_written",
    "write_file",
    "write_staged",
    "writing",
]

STANDARD_INPUT = "-"
_LONGEST_NAME = 255
_READ: WeakKeyDictionary[Any, bytes] = WeakKeyDictionary()
"""What was read of each standard input there was: notebooks and tests replace it."""

# An id becomes a file name, so it must stay inside its folder on every system.
_FILE_NAME = re.compile(r"\w[\w.-]{0,150}")
_DESCRIPTORS = re.compile(r"/dev/(fd/\d+|stdin)|/proc/(self|\d+)/fd/\d+")
"""Where a process finds what is open."""
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)


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
    if _DEVICE.fullmatch(article_id):
        raise FormatError(
            f"article {article_id!r}: the id is the name of a device on Windows; use another, as in x-con"
        )
    return article_id + suffix


def path_of(given: object, wanted: str) -> Path:
    """The path that a caller means; `wanted` begins the message where it is none: what it must be.

    Raises:
        InputError: it is neither text nor a path.
    """
    if not isinstance(given, (str, Path)):
        raise InputError(f"{wanted}, found {type(given).__name__} {str(given)[:40]!r}")
    path = Path(given)
    if not all(map(is_name, path.parts)):
        raise InputError(f"{wanted}, found what is no name of a file, {str(given)[:40]!r}")
    return path


def is_name(part: str) -> bool:
    """Whether a file may have such a name: not too long, and without zero bytes."""
    return len(part.encode("utf-8", "surrogatepass")) <= _LONGEST_NAME and "\0" not in part


def is_standard_input(path: Path | str) -> bool:
    """Whether a path is `-`, the standard input."""
    return str(path) == STANDARD_INPUT


def refuse_irregular(path: Path, *, remedy: str = "give a file or a folder") -> None:
    """Refuses what is there, or in a folder, and neither file nor folder: to open it may wait for ever, or never end.

    A pipe that this process was given open, as by `<(command)`, is what it says.

    Raises:
        InputError: it is a named pipe, a socket or a device.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        # Whoever opens it says what is wrong.
        return
    given = stat.S_ISFIFO(mode) and _DESCRIPTORS.fullmatch(str(path)) is not None
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or given):
        raise InputError(f"{path}: is no regular file but {_kind_of(mode)}; {remedy}")
    if stat.S_ISDIR(mode):
        for one in _irregular_in(path):
            refuse_irregular(one, remedy="take it out of the folder")


def _irregular_in(folder: Path) -> Iterator[Path]:
    """What may be no regular file in a folder, but for what is hidden; links to folders are not followed."""
    folders = [str(folder)]
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.is_file(follow_symlinks=False):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif not entry.is_dir():
                    yield Path(entry.path)


def _kind_of(mode: int) -> str:
    return "a named pipe" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"


def _standard_input() -> bytes:
    """All of the standard input, which can be read once only."""
    if sys.stdin not in _READ:
        _READ[sys.stdin] = sys.stdin.buffer.read()
    return _READ[sys.stdin]


def read_bytes(path: Path, *, remedy: str = "check the path") -> bytes:
    """The content of a file, or of the standard input for `-`; `remedy` ends the message if it cannot be read.

    Raises:
        InputError: the file cannot be read, or is no regular one.
    """
    if is_standard_input(path):
        return _standard_input()
    refuse_irregular(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}; {remedy}") from error
    except ValueError as error:
        raise InputError(f"{str(path)!r:.80}: is no name of a file ({error}); {remedy}") from error


def read_text(path: Path, *, remedy: str = "check the path") -> str:
    """The text of a UTF-8 file with its line ends as they are; `remedy` ends the message if it cannot be read.

    Raises:
        InputError: the file cannot be read.
        FormatError: it is not UTF-8.
    """
    try:
        content = read_bytes(path, remedy=remedy)
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        what = "is in UTF-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else f"not UTF-8 at byte {error.start}"
        raise FormatError(f"{path}: {what}; save it as UTF-8") from error


def read_json(path: Path, *, missing: str = "check the path", damaged: str = "mend it") -> Any:
    """The one JSON value of a file; the words say what to do where there is no such file, or no JSON in it.

    Raises:
        InputError: the file cannot be read.
        FormatError: it holds no JSON, or some that `parse_json` refuses.
    """
    return parse_json(read_bytes(path, remedy=missing), path, damaged=damaged)


def parse_json(content: bytes | str, where: Path | str, *, damaged: str = "mend it") -> Any:
    """The one JSON value of some bytes or text; `where` begins a message, `damaged` ends it.

    Raises:
        FormatError: it is no JSON, has hundreds of brackets in one another, or gives a key of an object twice.
    """
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogatepass")
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

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        read = dict(pairs)
        if len(read) < len(pairs) and not twice:
            name = next(name for name, number in Counter(name for name, _ in pairs).items() if number > 1)
            twice.append(f"the key {name[:40]!r} stands twice in one object, of which {shortened(read):.80} is left")
        return read

    json.loads(content, object_pairs_hook=look)
    return "".join(twice)


def json_bytes(value: Any) -> bytes:
    """JSON for people and programs: keys in the order given, two spaces, a final line feed, nothing that steers."""
    return json_text(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()).encode() + b"\n"


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


def make_folder(path: Path) -> None:
    """Makes a folder with those that it lies in, where they are not there.

    Raises:
        OSError: it cannot be made.
    """
    if not path.is_dir():
        os.makedirs(path, exist_ok=True)


def write_file(path: Path, content: bytes | str | Iterable[bytes], *, remedy: str = "choose another place") -> None:
    """Writes a file whole or not at all, and makes its folder; text as UTF-8 with its line ends as they are.

    A link in its place is replaced, never followed. A device, such as `/dev/stdout`, is written to and stays one.

    Args:
        path: the file.
        content: all of it, or what is larger than memory in pieces; what making a piece raises leaves the file as it
            was.
        remedy: what to do where it cannot be written.

    Raises:
        OutputError: it cannot be written there.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    with writing(path, remedy=remedy):
        make_folder(path.parent)
        if _is_device(path):
            _written(os.open(path, os.O_WRONLY | os.O_APPEND | _PLAIN), data)
            return
        for leftover in old_leftovers(path):
            with suppress(OSError):
                os.unlink(leftover)
        # In the same folder, so that renaming never copies; a name that no other writer has, in whatever thread.
        beside = path.with_name(f".{path.name[:60]}.{os.getpid()}-{os.urandom(8).hex()}.tmp")
        try:
            _written(os.open(beside, _NEW_FILE, 0o666), data, synced=True)
            os.replace(beside, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(beside)
            raise


@contextmanager
def passing_file(pieces: Iterable[bytes]) -> Iterator[Path]:
    """A file with some bytes in the temporary folder, which is gone in the end; whoever opened it has it still.

    Raises:
        OutputError: it cannot be written there.
    """
    with tempfile.NamedTemporaryFile("wb", prefix="evalkit-") as file:
        with writing(Path(file.name), remedy="give TMPDIR a folder with more room"):
            file.writelines(pieces)
            file.flush()
        yield Path(file.name)


def refuse_unwritable(path: Path, *, remedy: str = "choose another place") -> None:
    """Refuses a place in which no file could be written, as far as can be told without writing one.

    Raises:
        OutputError: the file is read-only, or it or its folder cannot be made there.
    """
    if path.exists():
        if not os.access(path, os.W_OK):
            raise OutputError(f"{path}: cannot be written: it is read-only; {remedy}")
        if _is_device(path):
            return
    folder = path.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        raise OutputError(f"{path}: cannot be written: {folder} is no folder; {remedy}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{path}: cannot be written: nothing can be written into {folder}; {remedy}")


def write_staged(path: Path, content: bytes | str) -> None:
    """Writes a new file into a folder that is staged; it is neither synced nor renamed, as the folder will be.

    Raises:
        OSError: it cannot be written.
    """
    make_folder(path.parent)
    _written(os.open(path, _NEW_FILE, 0o666), content.encode("utf-8") if isinstance(content, str) else content)


def append_file(path: Path, text: str, *, remedy: str = "choose another place") -> None:
    """Adds text to the end of a file, on a line of its own and whole or not at all, and makes the file and its folder.

    Raises:
        OutputError: it cannot be written there.
    """
    with writing(path, remedy=remedy):
        make_folder(path.parent)
        before = b""
        if path.is_file() and path.stat().st_size:
            with path.open("rb") as file:
                file.seek(-1, os.SEEK_END)
                before = b"\n" if file.read() == b"\n" else b"\n\n"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | _PLAIN, 0o666)
        try:
            _append(descriptor, before + text.encode("utf-8"))
        finally:
            os.close(descriptor)


@contextmanager
def growing(path: Path, *, remedy: str = "choose another place") -> Iterator[Callable[[bytes], None]]:
    """Gives a function that adds a batch of bytes to the end of a file: whole, or the file stays as it was.

    The file is synced when all has gone well. It is made if it is not there; a link is refused, a hard one too: what is
    added would end up outside the folder.

    Raises:
        OutputError: it cannot be written, or is a link.
    """
    with writing(path, remedy=remedy):
        _refuse_link(path)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | _NOT_FOLLOWED, 0o666)
    try:
        _refuse_shared(path, descriptor)

        def append(content: bytes) -> None:
            with writing(path, remedy=remedy):
                _append(descriptor, content)

        yield append
        with writing(path, remedy=remedy):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def add_to_shared(path: Path, content: bytes) -> None:
    """Adds bytes to a file that other processes add to at the same time; a part that was written stays.

    Raises:
        OSError: it cannot be written.
    """
    make_folder(path.parent)
    _written(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | _NOT_FOLLOWED, 0o666), content)


def open_inside(path: Path) -> int:
    """A file in a folder that may come from somebody else, opened for reading: one that is no link and no device.

    Raises:
        OSError: there is no such file, or it cannot be read.
        InputError: it is a link or no file.
    """
    _refuse_link(path)
    # A pipe would wait for somebody to write.
    descriptor = os.open(path, os.O_RDONLY | _NOT_FOLLOWED | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InputError(f"{path}: is no file; delete it")
    return descriptor


def read_inside(path: Path) -> bytes:
    """The content of such a file. Raises what `open_inside` raises."""
    return part_inside(path, 0, -1)


def part_inside(path: Path, start: int, size: int) -> bytes:
    """So many bytes of such a file from there on, or all that there are. Raises what `open_inside` raises.

    Args:
        path: the file.
        start: how many bytes are left out before.
        size: how many are read; all that follow if it is negative.
    """
    descriptor = open_inside(path)
    try:
        with open(descriptor, "rb", closefd=False) as file:
            file.seek(start)
            return file.read(size)
    finally:
        os.close(descriptor)


def rename_file(old: Path, new: Path, *, remedy: str = "choose another place") -> None:
    """Gives a file another name in one step, in place of what may be there.

    Raises:
        OutputError: it cannot be renamed.
    """
    with writing(new, remedy=remedy):
        os.replace(old, new)


def mark_used(path: Path) -> None:
    """Says that a file was read from, by its time stamp, if that can be said."""
    with suppress(OSError):
        os.utime(path)


def remove_file(path: Path, *, remedy: str = "choose another place") -> None:
    """Removes a file, if it is there.

    Raises:
        OutputError: it cannot be removed.
    """
    with writing(path, remedy=remedy), suppress(FileNotFoundError):
        os.unlink(path)


LOCK = ".lock"
_LEFTOVER = re.compile(r"\..+\.\d+(-[0-9a-f]{16})?\.tmp")
_OLD = 600
"""Seconds after which a file that nobody has written to is one of a process that was killed."""

# Windows translates line ends unless it is told not to; the other flags it does not have.
_PLAIN = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_NOT_FOLLOWED = _PLAIN | getattr(os, "O_NOFOLLOW", 0)
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOT_FOLLOWED


def is_leftover(name: str) -> bool:
    """Whether a file is called like one that was being written when its process was killed, or like a lock."""
    return name == LOCK or _LEFTOVER.fullmatch(name) is not None


def _is_device(path: Path) -> bool:
    """Whether a path is no place of a file: a pipe, a terminal, or a name of one that may lead to a file."""
    # Shared memory is mounted among the devices, and holds files like any other.
    named = path.absolute().as_posix().startswith(("/dev/", "/proc/")) and path.absolute().parts[2:3] != ("shm",)
    return path.exists() and (named or not (path.is_file() or path.is_dir()))


def old_leftovers(path: Path) -> Iterator[Path]:
    """What processes left that were killed while they wrote this file or folder, beside it.

    Raises:
        OSError: the folder that it lies in cannot be listed.
    """
    before = f".{path.name[:60]}."
    for name in os.listdir(path.parent):
        if name.startswith(before) and is_leftover(name):
            # Another process may remove it at the same time.
            with suppress(OSError):
                leftover = path.with_name(name)
                if time.time() - leftover.stat().st_mtime > _OLD:
                    yield leftover


def _write_all(descriptor: int, content: bytes) -> None:
    """Writes every byte: a disk that is nearly full takes a part and says so by a number only."""
    rest = memoryview(content)
    while rest:
        written = os.write(descriptor, rest)
        if written == 0:
            raise OSError("nothing more is taken")
        rest = rest[written:]


def _written(descriptor: int, content: bytes | Iterable[bytes], *, synced: bool = False) -> None:
    """Writes all of a file that was opened, and closes it."""
    try:
        for piece in (content,) if isinstance(content, bytes) else content:
            _write_all(descriptor, piece)
        if synced:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _append(descriptor: int, content: bytes) -> None:
    """Adds bytes to the end of a file; those of a batch that cannot be added whole are taken away again."""
    info = os.fstat(descriptor)
    try:
        _write_all(descriptor, content)
    except BaseException:
        if stat.S_ISREG(info.st_mode):
            os.ftruncate(descriptor, info.st_size)
        raise


def _refuse_link(path: Path) -> None:
    if path.is_symlink():
        raise OutputError(f"{path}: is a link, and none is followed here; delete it, or put the file itself there")


def _refuse_shared(path: Path, descriptor: int) -> None:
    info = os.fstat(descriptor)
    if info.st_nlink > 1 or not stat.S_ISREG(info.st_mode):
        what = "is a hard link: the same file has another name elsewhere" if info.st_nlink > 1 else "is no file"
        raise OutputError(f"{path}: {what}; delete it, or put a copy there")


@contextmanager
def locked(
    folder: Path, holder: str = "", *, remedy: str = "choose another place", patience: float = 0
) -> Iterator[None]:
    """Keeps every other process and thread from this folder, which is there, until the end; killed, it is free at once.

    Args:
        folder: what is locked, by a file `.lock` in it.
        holder: what is being done, for whoever is refused.
        remedy: what to do where files cannot be locked.
        patience: for how many seconds another that holds it is waited for.

    Raises:
        OutputError: another holds it, who is named, or it cannot be locked.
    """
    path, process = folder / LOCK, os.getpid()
    with writing(path, remedy=remedy):
        descriptor = _lock(path, remedy, time.monotonic() + patience)
    try:
        with writing(path, remedy=remedy):
            os.ftruncate(descriptor, 0)
            said = f"process {process} on {platform.node() or 'this machine'}" + (holder and f" ({holder})")
            _write_all(descriptor, said.encode("utf-8", "backslashreplace"))
        yield
    finally:
        # A copy of the process that was forked meanwhile holds nothing.
        if os.getpid() == process:
            _LOCKS.discard(descriptor)
            try:
                # Removed while it is held: who opened it meanwhile sees that it is another file now and opens that.
                with suppress(OSError):
                    os.unlink(path)
            finally:
                os.close(descriptor)


_LOCKS: set[int] = set()
"""What is locked, by descriptor."""


def _let_go() -> None:
    """In a forked process: the lock is that of the other one, and ends with it."""
    while _LOCKS:
        os.close(_LOCKS.pop())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)


def _lock(path: Path, remedy: str, until: float) -> int:
    """The lock file, opened and locked; another that holds it is waited for until then."""
    while True:
        _refuse_link(path)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _NOT_FOLLOWED, 0o666)
        try:
            _refuse_shared(path, descriptor)
            pause = 0.0
            try:
                _lock_now(descriptor)
            except (BlockingIOError, PermissionError):
                if time.monotonic() >= until:
                    who = _holder(descriptor) or "another process"
                    raise OutputError(
                        f"{path.parent}: {who} is at work in it; wait until it ends, or {remedy}"
                    ) from None
                pause = 0.1
            except OSError as error:
                raise OutputError(
                    f"{path.parent}: its file system has no locks ({error.strerror or error}), and without one another "
                    f"process could write into it; {remedy}"
                ) from error
            with suppress(FileNotFoundError):
                if not pause and os.path.samestat(os.fstat(descriptor), os.stat(path)):
                    _LOCKS.add(descriptor)
                    return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        # Who held it has removed it in the meantime, or is waited for.
        os.close(descriptor)
        time.sleep(pause)


def _holder(descriptor: int) -> str:
    """Who holds a lock, as written in its file; it may have been taken a moment ago, and the name not be there yet."""
    for _ in range(20):
        os.lseek(descriptor, 0, os.SEEK_SET)
        if said := " ".join(os.read(descriptor, 1000).decode("utf-8", "replace").split()):
            return said
        time.sleep(0.01)
    return ""


def _lock_now(descriptor: int) -> None:
    """Locks an opened file, or raises BlockingIOError or PermissionError if another has it."""
    if sys.platform == "win32":
        import msvcrt

        # Far behind the end, as what is locked cannot be read.
        os.lseek(descriptor, 1 << 30, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
