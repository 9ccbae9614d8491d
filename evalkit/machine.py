"""What the machine has: how much memory is free for this process, and how many threads numpy takes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["free_memory", "keep_to_one_thread"]

_PROC = Path("/proc")
_GROUPS = Path("/sys/fs/cgroup")
"""Where Linux says how much a container, or a group of processes, may have."""

_FILES = ("memory.max", "memory.current", ("inactive_file", "active_file"))
_OLDER_FILES = ("memory.limit_in_bytes", "memory.usage_in_bytes", ("total_inactive_file", "total_active_file"))
"""In a folder of a group: its limit, what is in use, and what of that is files kept in memory, which the kernel gives
back (https://docs.kernel.org/admin-guide/cgroup-v2.html; version 1 of it has other names)."""


def free_memory() -> int:
    """Bytes that may be asked for before the machine, the container this runs in or its own limit has no more.

    Where the system does not say, there is no limit.
    """
    groups = (_of_group(folder, *names) for folder, names in _groups())
    return min(_of_machine(), _of_process(), *groups)


def keep_to_one_thread() -> None:
    """Keeps matrix products in this process to one thread, unless the user has said how many.

    The matrices of the bootstrap are slim: starting OpenBLAS's threads takes longer than they save. It reads the
    variable when numpy is imported; in a process that has numpy already nothing is changed.
    """
    if "numpy" not in sys.modules:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _of_machine() -> int:
    with suppress(OSError, ValueError, LookupError):
        for line in (_PROC / "meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    with suppress(OSError, ValueError, AttributeError):
        # All there is: what of it is free, this system does not say.
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return sys.maxsize


def _of_process() -> int:
    """What `ulimit -v` leaves."""
    with suppress(OSError, ValueError, LookupError, ImportError):
        import resource

        most = resource.getrlimit(resource.RLIMIT_AS)[0]
        if most != resource.RLIM_INFINITY:
            used = int((_PROC / "self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
            return max(0, most - used)
    return sys.maxsize


def _groups() -> Iterator[tuple[Path, tuple[str, str, tuple[str, ...]]]]:
    """The folders of the groups this process is in, its own and all above: the limits of each of them hold."""
    yield _GROUPS, _FILES
    yield _GROUPS / "memory", _OLDER_FILES
    with suppress(OSError, ValueError):
        for line in (_PROC / "self/cgroup").read_text().splitlines():
            _, kinds, path = line.split(":", 2)
            if kinds and "memory" not in kinds.split(","):
                continue
            top, names = (_GROUPS / "memory", _OLDER_FILES) if kinds else (_GROUPS, _FILES)
            own = top / path.lstrip("/")
            yield from ((folder, names) for folder in (own, *own.parents) if top in folder.parents)


def _of_group(folder: Path, limit: str, usage: str, kept: tuple[str, ...]) -> int:
    with suppress(OSError, ValueError):
        most = (folder / limit).read_text().strip()
        if most == "max":
            return sys.maxsize
        used = int((folder / usage).read_text())
        with suppress(OSError, ValueError):
            told = dict(line.split(None, 1) for line in (folder / "memory.stat").read_text().splitlines())
            used -= sum(int(told.get(name, 0)) for name in kept)
        return max(0, int(most) - max(0, used))
    return sys.maxsize
