"""The one way to a terminal: what is printed there is laid out by rich, and no text is taken for its markup."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["make_console"]


def make_console(*, file: IO[str] | None = None, width: int | None = None, stderr: bool = False) -> Console:
    """A console on standard output, on standard error, or on a file of its own."""
    from rich.console import Console

    return Console(file=file, width=width, stderr=stderr, highlight=False, markup=False, emoji=False)
