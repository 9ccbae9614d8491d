"""Where the batches of a run are worked on: in threads of this process, or in other processes and on other machines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from evalkit.extractors.base import Extractor
from evalkit.predictions.batches import Job
from evalkit.records import Prediction

__all__ = ["Done", "Executor"]


class Done(NamedTuple):
    """A batch that is finished.

    Attributes:
        number: which one, counted from 0 in the order in which they were given.
        predictions: one for each of its jobs, in their order.
    """

    number: int
    predictions: list[Prediction]


class Executor(Protocol):
    """Works on batches."""

    def map(self, extractor: Extractor, batches: Iterable[Sequence[Job]]) -> Iterator[Done]:
        """The batches as they are finished, in any order.

        An executor that works elsewhere sends `evalkit.extractors.base.spec_of(extractor)`, has each of its workers
        make the extractor anew with `evalkit.extractors.table.load_extractor`, and calls
        `evalkit.predictions.batches.predict_batch` there. What the extractor claims is asked once, here.

        Args:
            extractor: the system under test.
            batches: taken one by one, in the thread that asks for what is finished, and no more of them than can soon
                be worked on.

        Raises:
            ExtractorError: the extractor cannot be used at all. What was finished by then is handed out first.
        """
        ...
