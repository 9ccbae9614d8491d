"""A shipped network on ONNX Runtime, the only place that imports it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["load_network"]


def load_network(path: Path) -> Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float32]]:
    """The network in `path` as a function of word pieces and features; it runs on one thread.

    Articles are what runs side by side.
    """
    import numpy as np
    import onnxruntime  # type: ignore[import-untyped]

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def score(pieces: NDArray[np.int64], features: NDArray[np.int64]) -> NDArray[np.float32]:
        (scores,) = session.run(None, {"pieces": pieces, "features": features})
        return np.asarray(scores, dtype=np.float32)

    return score
