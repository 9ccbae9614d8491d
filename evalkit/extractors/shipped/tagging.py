"""Tag scores for every word of a text of any length, from a network that reads one window at a time.

Windows are scored one by one and never padded or put in a batch, so that the scores of a text depend on nothing
but the text: an int8 network takes its activation scales from everything it is given at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from evalkit.extractors.shipped.scores import log_softmax
from evalkit.text.windows import Window, Words, features, plan_windows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

__all__ = ["Cut", "Score", "first_piece_scores", "merge_rows", "split_windows", "word_scores"]

Score: TypeAlias = "Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float32]]"
"""A network: piece ids [1, length] and features [1, length, kinds] to tag scores [1, length, tags]."""

_CLS, _SEP = 101, 102
_MOST_PIECES = 64


class Cut(NamedTuple):
    """A text in pieces and windows.

    Attributes:
        owner: the word of each piece, [pieces].
        starts: the first piece of each word and the number of pieces, [words + 1].
        windows: the windows, in words.
        inputs: what the network reads of each: piece ids [1, length] and features [1, length, kinds].
    """

    owner: NDArray[np.int64]
    starts: NDArray[np.int64]
    windows: list[Window]
    inputs: list[tuple[NDArray[np.int64], NDArray[np.int64]]]


def split_windows(text: str, words: Words, tokenizer: Tokenizer, *, size: int = 254, overlap: int = 32) -> Cut:
    """The pieces of a text and the windows that a network reads one by one.

    Args:
        text: the text that `words` were found in.
        words: what `find_words` gave for it.
        tokenizer: a WordPiece tokenizer, without truncation and padding.
        size: how many pieces fit into a window, without the two special ones.
        overlap: how many pieces a window shares with the next.
    """
    import numpy as np

    encoding = tokenizer.encode(words.forms, is_pretokenized=True, add_special_tokens=False)
    owner = np.asarray(encoding.word_ids, dtype=np.int64)
    ids = np.asarray(encoding.ids, dtype=np.int64)
    rank = np.arange(len(owner)) - np.searchsorted(owner, owner)
    ids, owner = ids[rank < _MOST_PIECES], owner[rank < _MOST_PIECES]
    lengths = np.bincount(owner, minlength=len(words.forms)).astype(np.int64)
    starts = np.concatenate(([0], np.cumsum(lengths)))
    table = features(text, words)
    windows = plan_windows(lengths, size=size, overlap=overlap)
    inputs = []
    for window in windows:
        low, high = int(starts[window.first]), int(starts[window.last])
        kinds = np.zeros((1, high - low + 2, table.shape[1]), dtype=np.int64)
        kinds[0, 1:-1] = table[owner[low:high]]
        inputs.append((np.concatenate(([_CLS], ids[low:high], [_SEP]))[None], kinds))
    return Cut(owner, starts, windows, inputs)


def word_scores(
    text: str, words: Words, tokenizer: Tokenizer, score: Score, *, size: int = 254, overlap: int = 32
) -> NDArray[np.float32]:
    """Log-probabilities of the tags, [words, tags].

    A word is read at its first piece. A word in two windows is taken from the one where it is further from a cut.
    A word that the tokenizer drops (a control character) is certainly outside.

    Args:
        text: the text that `words` were found in.
        words: what `find_words` gave for it.
        tokenizer: a WordPiece tokenizer, without truncation and padding.
        score: the network.
        size: how many pieces fit into a window, without the two special ones.
        overlap: how many pieces a window shares with the next.
    """
    cut = split_windows(text, words, tokenizer, size=size, overlap=overlap)
    parts = [score(pieces, kinds)[0] for pieces, kinds in cut.inputs]
    return first_piece_scores(cut.windows, parts, cut.starts)


def first_piece_scores(
    windows: Sequence[Window], parts: Sequence[NDArray[np.float32]], starts: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Log-probabilities of the tags of each word, [words, tags], from raw scores of the pieces of each window.

    Args:
        windows: the windows, in words.
        parts: raw scores for each, [pieces of the window + 2, tags].
        starts: the first piece of each word and the number of pieces, [words + 1].
    """
    import numpy as np

    rows = []
    for window, part in zip(windows, parts, strict=True):
        first_pieces = starts[window.first : window.last] - int(starts[window.first]) + 1
        rows.append(log_softmax(part[first_pieces].astype(np.float32)))
    return _merge(windows, rows, starts, np.diff(starts))


def merge_rows(places: Sequence[slice], parts: Sequence[NDArray[np.float32]], count: int) -> NDArray[np.float32]:
    """One row for each of `count` positions, from the part where it is furthest from a cut; ties go to the earlier.

    Args:
        places: where each part lies among the positions.
        parts: a row for each position of its place.
        count: how many positions there are.
    """
    import numpy as np

    merged = np.zeros((count, parts[0].shape[1] if parts else 1), dtype=np.float32)
    best = np.full(count, -1, dtype=np.int64)
    for place, part in zip(places, parts, strict=True):
        at = np.arange(place.start, place.stop)
        left = at - place.start if place.start else np.full(len(at), count)
        right = place.stop - at if place.stop < count else np.full(len(at), count)
        context = np.minimum(left, right)
        better = np.flatnonzero(context > best[place])
        merged[place][better] = part[better]
        best[place][better] = context[better]
    return merged


def _merge(
    windows: Sequence[Window],
    parts: Sequence[NDArray[np.float32]],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
) -> NDArray[np.float32]:
    """One row for each word, from the window with most context for it; ties go to the earlier window."""
    import numpy as np

    count = len(lengths)
    tags = parts[0].shape[1] if parts else 1
    merged = np.zeros((count, tags), dtype=np.float32)
    best = np.full(count, -1, dtype=np.int64)
    for window, part in zip(windows, parts, strict=True):
        span = slice(window.first, window.last)
        left = starts[span] - starts[window.first] if window.first else np.full(len(part), starts[-1])
        right = starts[window.last] - starts[span] if window.last < count else np.full(len(part), starts[-1])
        context = np.minimum(left, right)
        better = np.flatnonzero(context > best[span])
        merged[span][better] = part[better]
        best[span][better] = context[better]
    merged[lengths == 0] = -1e4
    merged[lengths == 0, 0] = 0.0
    return merged
