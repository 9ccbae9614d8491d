"""The one way to a terminal: what is printed there is laid out by rich, and no text is taken for its markup."""

from __future__ import annotations

import os
import sys
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["make_console"]

UNBOUNDED = 10_000
"""Columns of a page without edges."""


def make_console(*, file: IO[str] | None = None, width: int | None = None, stderr: bool = False) -> Console:
    """A console on standard output, on standard error, or on a file of its own.

    Args:
        file: where to write, if not to a standard stream.
        width: columns; by default those of the terminal or of the variable `COLUMNS`. What goes into a pipe or a file
            has no width: nothing in it is folded or cut, so that it can be searched.
        stderr: on standard error.
    """
    from rich.console import Console

    if width is None and file is None and "COLUMNS" not in os.environ:
        stream = sys.stderr if stderr else sys.stdout
        width = None if stream.isatty() else UNBOUNDED
    return Console(file=file, width=width, stderr=stderr, highlight=False, markup=False, emoji=False)
