"""What a file format is: a name, how its files look from outside, how to read and how to write them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.records import Example

__all__ = ["Format"]


@dataclass(frozen=True, kw_only=True)
class Format:
    """One way of keeping examples in files.

    Attributes:
        name: how it is called on the command line.
        suffixes: file name endings by which a source is recognised.
        read: the examples of a file, or of all its files if given a folder.
        write: writes the examples to a file or folder, atomically; refuses what it cannot express.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[Path], Iterable[Example]]
    write: Callable[[Sequence[Example], Path], None]
