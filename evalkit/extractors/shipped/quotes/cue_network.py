"""The network of `quote-base`: which words of a text are cues, and what each cue reports and who says so."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from evalkit.extractors.shipped.quotes import passages
from evalkit.extractors.shipped.quotes.passages import Hints
from evalkit.extractors.shipped.scores import log_softmax
from evalkit.extractors.shipped.shared_encoder import Reading
from evalkit.records import Span
from evalkit.text.runs_of_words import best_run, best_runs
from evalkit.text.windows import Window

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Found", "QuoteReader", "Run"]

_NEVER = -1e9

Run = Callable[[Mapping[str, "NDArray[Any]"]], "list[NDArray[np.float32]]"]
"""A network: hidden states [1, pieces, width] and features [1, pieces, kinds] to scores [1, pieces, 9]."""


class Found(NamedTuple):
    """A quote as the network sees it: its spans, and how sure the network is of its cue and content."""

    content: tuple[Span, ...]
    cue: Span | None
    speaker: Span | None
    score: float


class QuoteReader:
    """Reads one text."""

    def __init__(
        self,
        run: Run,
        text: str,
        reading: Reading,
        lines: Sequence[Span],
        known: Hints,
        *,
        size: int,
        bias: float = 0.0,
        cost: float = 0.0,
    ) -> None:
        """Prepare.

        Args:
            run: the network.
            text: the text.
            reading: what the shared encoder read of it.
            lines: its paragraphs outside boilerplate.
            known: its quotation marks, names and rule quotes.
            size: how many pieces a passage may have.
            bias: what is added to the log-probability that a word is no cue.
            cost: what each stretch of content costs, so that a doubtful word does not cut one in two.
        """
        self._run, self._text, self._reading, self._lines, self._known = run, text, reading, lines, known
        self._line_starts = [line.start for line in lines]
        self._size, self._bias, self._cost = size, bias, cost

    def quotes(self) -> list[Found]:
        """The quotes with a cue, then those without, each in the order of the text."""
        import numpy as np

        words = self._reading.words
        plain = np.full((len(words.forms), 3 * len(passages.HEADS)), _NEVER, dtype=np.float32)
        plain[:, 0::3] = 0.0
        for place in passages.passages(words, self._reading.starts, self._lines, size=self._size):
            self._merge(plain, place, self._scores(place, None))
        told = plain[:, passages.CUE].copy()
        told[:, 0] += self._bias
        found = []
        for first, last in best_runs(told):
            quote = self._reported(first, last, float(np.exp(plain[first, 1])))
            if quote is not None:
                found.append(quote)
        return found + self._uncued(plain)

    def _uncued(self, plain: NDArray[np.float32]) -> list[Found]:
        import numpy as np

        speakers = [self._span(*run) for run in best_runs(plain[:, passages.SPEAKER])]
        starts = [speaker.start for speaker in speakers]
        found = []
        for first, last in best_runs(plain[:, passages.CONTENT], cost=self._cost):
            content = self._span(first, last)
            line = self._line_of(content) or content
            first_speaker = bisect_left(starts, line.start)
            near = [item for item in speakers[first_speaker : first_speaker + 1] if item.start < line.end]
            score = float(np.exp(plain[first:last, passages.CONTENT][:, 1:]).sum(axis=1).mean())
            found.append(Found((content,), None, near[0] if near else None, round(min(1.0, score), 4)))
        return found

    def _reported(self, first: int, last: int, chance: float) -> Found | None:
        """What the cue of some words reports, None if the network finds nothing."""
        import numpy as np

        cue = self._span(first, last)
        line = self._line_of(cue)
        if line is None:
            return None
        reading = self._reading
        place = passages.around(reading.words, reading.starts, line, cue, size=self._size)
        scores = self._scores(place, cue)
        content = best_runs(scores[:, passages.CONTENT], cost=self._cost)
        if not content:
            return None
        said = np.exp(scores[:, passages.CONTENT])[:, 1:].sum(axis=1)
        sure = float(np.mean([said[begin:end].mean() for begin, end in content]))
        speaker = best_run(scores[:, passages.SPEAKER])
        return Found(
            tuple(self._span(begin + place.first, end + place.first) for begin, end in content),
            cue,
            None if speaker is None else self._span(speaker[0] + place.first, speaker[1] + place.first),
            round(min(1.0, chance) * min(1.0, sure), 4),
        )

    def _line_of(self, span: Span) -> Span | None:
        """The paragraph in which a span begins."""
        index = bisect_right(self._line_starts, span.start) - 1
        return self._lines[index] if index >= 0 and span.start < self._lines[index].end else None

    def _scores(self, place: Window, cue: Span | None) -> NDArray[np.float32]:
        """Log-probabilities of the words of a passage, [words, 9]."""
        import numpy as np

        reading = self._reading
        table = passages.features(reading.words, self._known, place, cue)
        hidden, kinds = passages.states_of(reading.states, reading.owner, reading.starts, place, table)
        if not hidden.shape[1]:
            # Nothing but characters that the tokenizer drops.
            empty = np.full((len(table), 3 * len(passages.HEADS)), _NEVER, dtype=np.float32)
            empty[:, 0::3] = 0.0
            return empty
        raw = self._run({"hidden": hidden, "features": kinds})[0][0]
        first = reading.starts[place.first : place.last] - int(reading.starts[place.first])
        rows = raw[np.minimum(first, len(raw) - 1)].astype(np.float32).reshape(len(table), -1, 3)
        return log_softmax(rows).reshape(len(table), -1)

    def _merge(self, plain: NDArray[np.float32], place: Window, scores: NDArray[np.float32]) -> None:
        """Put the scores of a passage where they belong; in an overlap the later part starts in its middle."""
        known = plain[place.first : place.last, 1] > _NEVER / 2
        skipped = int(known.sum()) // 2
        plain[place.first + skipped : place.last] = scores[skipped:]

    def _span(self, first: int, last: int) -> Span:
        words = self._reading.words
        return Span(int(words.starts[first]), int(words.ends[last - 1]))
