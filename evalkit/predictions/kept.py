"""What a run folder holds of a run: lines of predictions, by article, which stay in their file where they are many."""

from __future__ import annotations

import io
import weakref
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from evalkit.errors import FormatError
from evalkit.files import open_inside
from evalkit.formats.native.stored import LARGE_LINES
from evalkit.predictions.admission import Refused
from evalkit.predictions.lines import admitted_line, checked_line, has_check, prediction_of, refuse_changed
from evalkit.records import Prediction

__all__ = ["KeptFiles", "KeptLines", "is_many"]


def is_many(articles: int) -> bool:
    """Whether a run is over so many articles that its predictions stay in their file."""
    return articles >= LARGE_LINES


class KeptLines(Mapping[str, Prediction]):
    """Article id → prediction, of lines in a file; of many only where each line begins is in memory.

    Args:
        path: the file; it may grow.
        held: whether predictions are in memory besides.
        fits: the prediction as it is let in for the run, or why it is none of it.
    """

    def __init__(
        self,
        path: Path,
        *,
        held: bool = False,
        fits: Callable[[Prediction], Prediction | Refused | None] = lambda one: one,
    ) -> None:
        self.path = path
        self._starts: dict[str, int] = {}
        self._are_held, self._held = held, dict[str, Prediction]()
        self._fits = fits
        self._file: io.BufferedReader | None = None

    def add(self, prediction: Prediction, start: int) -> None:
        """Takes note of a line that begins at a byte; of two about one article the later one counts."""
        self._starts[prediction.article_id] = start
        if self._are_held:
            self._held[prediction.article_id] = prediction

    def take(self, article: str, start: int, source: KeptLines | None = None) -> None:
        """Takes note of a line that was written just now, of what is in memory of it where it was before."""
        self._starts[article] = start
        if source is not None and article in source._held:
            self._held[article] = source._held[article]

    def discard(self, article: str) -> None:
        """Forgets a line, if there is one about the article."""
        self._starts.pop(article, None)
        self._held.pop(article, None)

    def __getitem__(self, article: str) -> Prediction:
        held = self._held.get(article)
        return prediction_of(self.line(article), str(self.path)) if held is None else held

    def __contains__(self, article: object) -> bool:
        return article in self._starts

    def __iter__(self) -> Iterator[str]:
        return iter(self._starts)

    def __len__(self) -> int:
        return len(self._starts)

    def line(self, article: str) -> bytes:
        """The line about an article, with its check and a line feed: one of an earlier version gets its check here.

        Raises:
            FormatError: it is not what it was.
            OSError: the file cannot be read.
        """
        start = self._starts[article]
        if self._file is None:
            self._file = open(open_inside(self.path), "rb")  # noqa: SIM115  # For as long as lines are asked for.
            weakref.finalize(self, self._file.close)
        if self._file.tell() != start:
            self._file.seek(start)
        line = self._file.readline()
        admitted = admitted_line(line, str(self.path)) if not has_check(line) else None
        if admitted is None:
            refuse_changed(line, str(self.path))
            return line
        fitting = admitted if isinstance(admitted, Refused) else self._fits(admitted)
        if not isinstance(fitting, Prediction):
            raise FormatError(f"{self.path}: holds another prediction than before")
        return checked_line(fitting)

    def close(self) -> None:
        """Lets the file go, which is opened again when a line is asked for."""
        if self._file is not None:
            self._file.close()
            self._file = None


class KeptFiles(Mapping[str, Prediction]):
    """The lines of some files as if they were one: where two are about one article, that of the first file counts."""

    def __init__(self, *files: KeptLines) -> None:
        self._files = files

    @property
    def last(self) -> KeptLines:
        """The file that is added to."""
        return self._files[-1]

    def __getitem__(self, article: str) -> Prediction:
        return self._with(article)[article]

    def __contains__(self, article: object) -> bool:
        return any(article in own for own in self._files)

    def __iter__(self) -> Iterator[str]:
        for number, own in enumerate(self._files):
            yield from (name for name in own if not any(name in before for before in self._files[:number]))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return any(self._files)

    def line(self, article: str) -> bytes:
        """As `KeptLines.line`."""
        return self._with(article).line(article)

    def close(self) -> None:
        """Lets the files go."""
        for own in self._files:
            own.close()

    def _with(self, article: str) -> KeptLines:
        for own in self._files:
            if article in own:
                return own
        raise KeyError(article)
