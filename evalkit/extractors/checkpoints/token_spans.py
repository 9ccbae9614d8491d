"""Tags of pieces to entities of a text: what is the same for every network and every tokenizer.

A word is a run of letters and digits, or any other single character that is not white space (`evalkit.extractors.
windows`). It has the tag of the first piece that covers its first character, so that the pieces of a tokenizer may
begin with a space, hold several words or only a part of a character. An entity is what the tags of the words stand
for under the rule of conlleval: an `I-` that continues nothing begins an entity. Its score is the lowest probability
among the tags of its words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from evalkit.formats.tags.schemes import decode_tags
from evalkit.records import Entity, Span
from evalkit.text.windows import find_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["PieceWindow", "entities_of", "join_windows", "scheme_of"]


class PieceWindow(NamedTuple):
    """Pieces of one text, `first` being the number of the first of them, with a tag and its probability for each."""

    first: int
    tags: NDArray[np.int64]
    scores: NDArray[np.float64]


def scheme_of(labels: Sequence[str]) -> str:
    """The tag scheme that a set of labels such as `O, B-PER, I-PER` is written in."""
    prefixes = {label[0] for label in labels if label[1:2] == "-"}
    if prefixes & set("LU"):
        return "BILOU"
    if prefixes & set("ES"):
        return "IOBES"
    return "IOB2" if "B" in prefixes else "IO"


def join_windows(windows: Sequence[PieceWindow]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """One tag and probability for each piece, from the window in which it has most context.

    Args:
        windows: the windows of one text in order, together without a gap.
    """
    import numpy as np

    count = max((window.first + len(window.tags) for window in windows), default=0)
    tags = np.zeros(count, dtype=np.int64)
    scores = np.zeros(count, dtype=np.float64)
    best = np.full(count, -1, dtype=np.int64)
    for window in windows:
        size = len(window.tags)
        place = np.arange(size)
        # The end of the text is no cut: nothing is missing there.
        left = place if window.first > 0 else np.full(size, count)
        right = size - 1 - place if window.first + size < count else np.full(size, count)
        context = np.minimum(left, right)
        span = slice(window.first, window.first + size)
        better = np.flatnonzero(context > best[span])
        tags[span][better] = window.tags[better]
        scores[span][better] = window.scores[better]
        best[span][better] = context[better]
    return tags, scores


def entities_of(
    text: str,
    offsets: NDArray[np.int64],
    tags: NDArray[np.int64],
    scores: NDArray[np.float64],
    *,
    labels: Sequence[str],
) -> tuple[Entity, ...]:
    """The entities that the tags of the pieces stand for, in the order of the text.

    Args:
        text: the text that was cut into pieces.
        offsets: where each piece is in it, [pieces, 2], in code points; empty for one that is nowhere.
        tags: an index into `labels` for each piece.
        scores: the probability of each tag.
        labels: the tag of each index.
    """
    import numpy as np

    words = find_words(text)
    if not words.forms or not len(offsets):
        return ()
    piece_at = np.full(len(text) + 1, -1, dtype=np.int64)
    for piece in range(len(offsets) - 1, -1, -1):
        piece_at[offsets[piece, 0] : offsets[piece, 1]] = piece
    pieces = piece_at[words.starts]
    # A word that the tokenizer drops is outside, with certainty.
    named = [labels[tags[piece]] if piece >= 0 else "O" for piece in pieces.tolist()]
    chances = np.where(pieces >= 0, scores[pieces], 1.0)
    spans = decode_tags(named, scheme=scheme_of(labels), repair="begin").spans
    return tuple(
        Entity(
            id=f"e{number}",
            spans=(Span(int(words.starts[span.start]), int(words.ends[span.end - 1])),),
            label=span.label,
            score=round(float(chances[span.start : span.end].min()), 4),
        )
        for number, span in enumerate(spans, 1)
    )
