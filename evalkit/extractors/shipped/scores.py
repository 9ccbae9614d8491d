"""Scores of a network as probabilities, over the last axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["log_softmax", "softmax"]


def softmax(scores: NDArray[Any]) -> NDArray[Any]:
    """Probabilities that sum to 1, in the number format of the scores."""
    import numpy as np

    # The largest is taken off first, as its exponential may be too large for a number.
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def log_softmax(scores: NDArray[Any]) -> NDArray[Any]:
    """The logarithms of the probabilities, also of those that are too small for a number."""
    import numpy as np

    shifted = scores - scores.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))
