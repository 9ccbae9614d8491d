"""What the machine has: how much memory is free for this process."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

__all__ = ["free_memory"]

_MEMORY = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")
"""Where Linux says how much a container may have."""


def free_memory() -> int:
    """Bytes that may be asked for before the machine, or the container this runs in, has no more.

    Where the system does not say, there is no limit.
    """
    return min(_of_machine(), _of_container())


def _of_machine() -> int:
    with suppress(OSError, ValueError, LookupError):
        for line in _MEMORY.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    with suppress(OSError, ValueError, AttributeError):
        # All there is: what of it is free, this system does not say.
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return sys.maxsize


def _of_container() -> int:
    with suppress(OSError, ValueError):
        most, used = ((_GROUP / name).read_text().strip() for name in ("memory.max", "memory.current"))
        return sys.maxsize if most == "max" else max(0, int(most) - int(used))
    return sys.maxsize
