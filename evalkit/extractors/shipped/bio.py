"""From tag scores to spans: BIO tags in which I follows only B or I of its own label.

Tag 0 is O; tag `1 + 2k` is B and `2 + 2k` is I of label k.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["TaggedSpan", "best_tags", "tagged_spans"]


class TaggedSpan(NamedTuple):
    """Words `first` (inclusive) to `last` (exclusive) with the number of their label."""

    first: int
    last: int
    label: int


def best_tags(scores: NDArray[np.float32], fresh: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
    """The most probable legal tag sequence.

    Where the best tag of every word makes a legal sequence, that is the answer. Viterbi runs only over the runs of
    words between two O where it does not.

    Args:
        scores: log-probabilities, [words, tags].
        fresh: true for words that cannot continue a name, such as the first of a paragraph.
    """
    import numpy as np

    if fresh is not None and fresh.any():
        scores = scores.copy()
        scores[:, 2::2][fresh] = -1e9
    tags: NDArray[np.int64] = scores.argmax(axis=1).astype(np.int64)
    before = np.concatenate(([0], tags[:-1]))
    inside = (tags > 0) & (tags % 2 == 0)
    broken = np.flatnonzero(inside & (before != tags) & (before != tags - 1))
    done = -1
    for index in broken.tolist():
        if index <= done:
            continue
        first, last = index, index + 1
        while first > 0 and tags[first - 1] != 0:
            first -= 1
        while last < len(tags) and tags[last] != 0:
            last += 1
        tags[first:last] = _viterbi(scores[first:last])
        done = last - 1
    return tags


def _viterbi(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """The best legal sequence for words that follow an O."""
    import numpy as np

    count, tags = scores.shape
    legal = np.zeros((tags, tags), dtype=np.float64)
    for tag in range(2, tags, 2):
        legal[:, tag] = -1e9
        legal[tag - 1, tag] = legal[tag, tag] = 0.0
    total = scores[0].astype(np.float64) + legal[0]
    back = np.zeros((count, tags), dtype=np.int64)
    for index in range(1, count):
        reached = total[:, None] + legal
        back[index] = reached.argmax(axis=0)
        total = reached.max(axis=0) + scores[index]
    path = np.zeros(count, dtype=np.int64)
    path[-1] = total.argmax()
    for index in range(count - 1, 0, -1):
        path[index - 1] = back[index, path[index]]
    return path


def tagged_spans(tags: NDArray[np.int64]) -> list[TaggedSpan]:
    """The spans of a legal tag sequence, in text order."""
    spans: list[TaggedSpan] = []
    first, label = -1, -1
    for index, tag in enumerate([*tags.tolist(), 0]):
        if tag > 0 and tag % 2 == 0 and first >= 0:
            continue
        if first >= 0:
            spans.append(TaggedSpan(first, index, label))
            first = -1
        if tag:
            first, label = index, (tag - 1) // 2
    return spans
