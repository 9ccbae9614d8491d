"""Faults of the disk: every change that evalkit makes to it is counted, and the k-th one goes wrong.

::

    for k in moments(work, "full"):
        with failing(at=k, how="full"):
            work()

`evalkit.files` and `evalkit.folders` make all changes, by functions of their module `os`, which is another one here.
"""

from __future__ import annotations

import errno
import importlib.util
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import pairwise
from types import ModuleType
from typing import Any
from unittest.mock import patch

__all__ = ["Killed", "count_writes", "failing", "killed_at", "moments"]

CHANGES = (
    *("write", "ftruncate", "truncate", "fsync", "sync", "replace", "rename", "link", "symlink", "unlink", "remove"),
    *("mkdir", "makedirs", "rmdir", "utime", "chmod"),
)
"""The functions of `os` that change the disk; `open` does where it makes a file or empties one."""

NEEDS_SPACE = ("write", "mkdir", "makedirs", "open", "link", "symlink")


class Killed(BaseException):
    """The process is dead: no handler can do anything about it, as every change after it raises this too."""


class Disk:
    """Stands for the module `os`: passes everything on, and lets the k-th change go wrong.

    Attributes:
        calls: the names of the changes that were asked for, in their order.
    """

    def __init__(self, at: int = 0, how: str = "") -> None:
        self.at, self.how = at, how
        self.calls: list[str] = []

    @property
    def struck(self) -> bool:
        """Whether the k-th change was asked for."""
        return 0 < self.at <= len(self.calls)

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name == "open":
            return lambda path, flags, *more: self._call(
                name, real, flags & (os.O_CREAT | os.O_TRUNC) != 0, path, flags, *more
            )
        if name in CHANGES:
            return lambda *given, **words: self._call(name, real, True, *given, **words)
        return real

    def _call(self, name: str, real: Callable[..., Any], changes: bool, *given: Any, **words: Any) -> Any:
        if not changes:
            return real(*given, **words)
        self.calls.append(name)
        if self.struck and (len(self.calls) == self.at or self.how in ("kill", "full")):
            return self._fail(name, real, len(self.calls) == self.at, *given, **words)
        return real(*given, **words)

    def _fail(self, name: str, real: Callable[..., Any], first: bool, *given: Any, **words: Any) -> Any:
        """What becomes of a change: a write is always half done."""
        half = 0
        if name == "write" and first:
            descriptor, content = given
            half = real(descriptor, content[: len(content) // 2])
        if self.how == "kill":
            raise Killed(f"at change {self.at}: {name}")
        if self.how == "short" and half:
            return half
        if self.how == "error" or (self.how == "full" and name in NEEDS_SPACE):
            number = errno.ENOSPC if self.how == "full" else errno.EIO
            raise OSError(number, os.strerror(number))
        return real(*given, **words)


def _modules() -> list[ModuleType]:
    names = [name for name in ("evalkit.files", "evalkit.folders") if importlib.util.find_spec(name) is not None]
    return [importlib.import_module(name) for name in names]


@contextmanager
def failing(at: int, how: str) -> Iterator[Disk]:
    """A disk on which the k-th change from now on goes wrong; 0 for none.

    Args:
        at: which one, counted from 1.
        how: `short`, a write takes half of what it is given and says so; `full`, from there on nothing more can be
            written or made; `error`, this one change fails; `kill`, the process ends in the middle of it.
    """
    disk = Disk(at, how)
    with ExitStack() as stack:
        for module in _modules():
            stack.enter_context(patch.object(module, "os", disk))
        yield disk


def count_writes(work: Callable[[], object]) -> int:
    """How many changes of the disk some work asks for."""
    with failing(0, "") as disk:
        work()
    return len(disk.calls)


def moments(work: Callable[[], object], how: str) -> list[int]:
    """The changes of some work, counted from 1, at which a fault does what it does at no other.

    Only a write can be short; and where a disk is full before what needs no space, all goes well up to what does.
    """
    with failing(0, "") as disk:
        work()
    calls = [*disk.calls, "end"]
    able = {"short": ("write",), "full": NEEDS_SPACE}.get(how, CHANGES + NEEDS_SPACE)
    # The first write that fails is half done, those after it are not begun.
    return [k for k, (now, then) in enumerate(pairwise(calls), 1) if now in able or (how == "full" and then == "write")]


def killed_at(k: int, work: Callable[[], object]) -> bool:
    """Does some work in a process that is killed at the k-th change; whether it came so far."""
    with failing(k, "kill") as disk, suppress(Killed):
        work()
    return disk.struck
