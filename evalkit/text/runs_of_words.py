"""From the scores of a begin-inside-outside tagging of one kind to runs of words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["best_run", "best_runs"]


def best_runs(scores: NDArray[np.float32], *, cost: float = 0.0) -> list[tuple[int, int]]:
    """The runs of the most probable legal tagging, each as its first word and the one behind its last.

    Args:
        scores: log-probabilities of outside, begin and inside, [words, 3].
        cost: what each run costs beside its scores, so that a doubtful word does not cut a run in two.
    """
    outside, begin, inside = scores.T.astype(float).tolist() if len(scores) else ([], [], [])
    closed, opened = 0.0, float("-inf")
    came: list[tuple[bool, bool, bool]] = []
    for out, first, within in zip(outside, begin, inside, strict=True):
        fresh = max(closed, opened) + first - cost
        longer = opened + within
        came.append((opened > closed, fresh >= longer, opened > closed))
        closed, opened = max(closed, opened) + out, max(fresh, longer)
    runs: list[tuple[int, int]] = []
    open_, last = opened > closed, len(came)
    for word in range(len(came) - 1, -1, -1):
        from_open, begins, from_open_too = came[word]
        if not open_:
            open_, last = from_open, word
        elif begins:
            runs.append((word, last))
            open_, last = from_open_too, word
    return runs[::-1]


def best_run(scores: NDArray[np.float32]) -> tuple[int, int] | None:
    """The one run that gains most over all words outside; None if none gains.

    Args:
        scores: log-probabilities of outside, begin and inside, [words, 3].
    """
    best, gain, start, running = None, 0.0, 0, float("-inf")
    for word, (out, first, within) in enumerate(scores.astype(float).tolist()):
        if first - out >= running + within - out:
            start, running = word, first - out
        else:
            running += within - out
        if running > gain:
            best, gain = (start, word + 1), running
    return best
