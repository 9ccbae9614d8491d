"""What commands about gold say beside their result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from evalkit.cli.show import say

if TYPE_CHECKING:
    from evalkit.dataset.checking.problems import Problem

__all__ = ["say_asides", "say_count"]


def say_asides(notes: Iterable[str]) -> None:
    """What is to be said beside the result."""
    for note in notes:
        say(note, aside=True)


def say_count(problems: Sequence[Problem]) -> None:
    """How many problems there are."""
    from evalkit.report.of.table import document_of

    say(document_of(problems).title, aside=True)
