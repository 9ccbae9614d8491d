"""What runs are called in tables: their names, or letters where names are long or many, which a list explains."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evalkit.report.document import STRONG, Line, Lines, Piece

__all__ = ["RunName", "legend", "run_names"]

SHORT = 12
"""Characters of a name that may head a column."""
LETTERS, RAISED = "abcdefghijklmnoprstuvwxyz", "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ"
"""Those that can be raised, which q cannot."""


@dataclass(frozen=True, slots=True)
class RunName:
    """What a run is called.

    Attributes:
        whole: its name.
        letter: the letter that stands for it, or "" where names are short and few.
        raised: the same as it stands behind a figure, as in `0.843ᵇ`.
    """

    whole: str
    letter: str = ""
    raised: str = ""

    @property
    def head(self) -> str:
        """What heads a column: the letter, and the name if it is short."""
        return self.letter if self.letter and len(self.whole) > SHORT else f"{self.letter} {self.whole}".strip()


def run_names(runs: Sequence[str]) -> dict[str, RunName]:
    """Name of a run → what it is called; letters if there are more than two, or if one is long."""
    if len(runs) < 3 and all(len(run) <= SHORT for run in runs):
        return {run: RunName(run) for run in runs}
    # a to z, then aa, ab and so on.
    places: Iterator[tuple[int, ...]] = itertools.chain.from_iterable(
        itertools.product(range(len(LETTERS)), repeat=size) for size in itertools.count(1)
    )
    return {
        run: RunName(run, "".join(LETTERS[at] for at in place), "".join(RAISED[at] for at in place))
        for run, place in zip(runs, places, strict=False)
    }


def legend(names: Mapping[str, RunName]) -> Iterator[Lines]:
    """A line a run with its letter, whole, so that it can be copied; nothing where there are no letters."""
    lines = [Line.of(Piece(name.letter, STRONG), f"  {run}") for run, name in names.items() if name.letter]
    if lines:
        yield Lines(lines=(*lines, Line(())), whole=True, key=True)
