"""Tag scores for every word of a text of any length, from a network that reads one window at a time.

Windows are scored one by one and never padded or put in a batch, so that the scores of a text depend on nothing
but the text: an int8 network takes its activation scales from everything it is given at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from evalkit.extractors.windows import Window, Words, features, plan_windows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

__all__ = ["Score", "word_scores"]

Score: TypeAlias = "Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float32]]"
"""A network: piece ids [1, length] and features [1, length, kinds] to tag scores [1, length, tags]."""

_CLS, _SEP = 101, 102
_MOST_PIECES = 64


def word_scores(
    text: str, words: Words, tokenizer: Tokenizer, score: Score, *, size: int = 254, overlap: int = 64
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
    parts = [_window_scores(window, ids, owner, starts, table, score) for window in windows]
    return _merge(windows, parts, starts, lengths)


def _window_scores(
    window: Window,
    ids: NDArray[np.int64],
    owner: NDArray[np.int64],
    starts: NDArray[np.int64],
    table: NDArray[np.int64],
    score: Score,
) -> NDArray[np.float32]:
    """The tag scores at the first piece of each word of the window, as log-probabilities."""
    import numpy as np

    low, high = int(starts[window.first]), int(starts[window.last])
    pieces = np.concatenate(([_CLS], ids[low:high], [_SEP]))[None]
    kinds = np.zeros((1, high - low + 2, table.shape[1]), dtype=np.int64)
    kinds[0, 1:-1] = table[owner[low:high]]
    first = starts[window.first : window.last] - low + 1
    raw = score(pieces, kinds)[0][first].astype(np.float32)
    raw = raw - raw.max(axis=1, keepdims=True)
    return np.asarray(raw - np.log(np.exp(raw).sum(axis=1, keepdims=True)), dtype=np.float32)


def _merge(
    windows: list[Window], parts: list[NDArray[np.float32]], starts: NDArray[np.int64], lengths: NDArray[np.int64]
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
