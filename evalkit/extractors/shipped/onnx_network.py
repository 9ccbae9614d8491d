"""A shipped network on ONNX Runtime, the only place that imports it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.errors import ExtractorError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["load_graph", "load_network"]

_SLOW = ("SkipLayerNormFusion",)
"""What ONNX Runtime would join on loading and then compute slower: it normalises one number at a time."""

_GRAPH, _OUTPUT, _NAME = 7, 12, 1


def load_network(path: Path) -> Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float32]]:
    """The network in `path` as a function of word pieces and features; it runs on one thread.

    Articles are what runs side by side.
    """
    run = load_graph(path)

    def score(pieces: NDArray[np.int64], features: NDArray[np.int64]) -> NDArray[np.float32]:
        return run({"pieces": pieces, "features": features})[0]

    return score


def load_graph(
    path: Path, *, also: Sequence[str] = ()
) -> Callable[[Mapping[str, NDArray[Any]]], list[NDArray[np.float32]]]:
    """The network in `path` as a function of named inputs to its outputs, in their order; it runs on one thread.

    Args:
        path: an ONNX file.
        also: names of tensors inside the graph that are given as outputs too, behind its own.

    Raises:
        ExtractorError: ONNX Runtime cannot load the file, because the file is damaged or the runtime too old for it.
    """
    import numpy as np
    import onnxruntime  # type: ignore[import-untyped]

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    model = path.read_bytes() + b"".join(map(_output, also)) if also else str(path)
    try:
        session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"], disabled_optimizers=list(_SLOW)
        )
    except Exception as error:  # its errors have no base of their own
        reason = " ".join(str(error).split())[:200]
        raise ExtractorError(
            f"{path}: ONNX Runtime {onnxruntime.__version__} cannot load it: {reason}; "
            "write the model folder again, or install the version of onnxruntime that evalkit asks for"
        ) from error

    def run(inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        return [np.asarray(output, dtype=np.float32) for output in session.run(None, dict(inputs))]

    return run


def _output(name: str) -> bytes:
    """What makes a tensor an output when it is put behind a serialized model.

    Protocol buffers merge a message that comes twice: its repeated fields are joined. So a second graph that holds
    nothing but an output adds that output to the first. Source: the encoding guide of Protocol Buffers, "Last
    One Wins".
    """
    return _field(_GRAPH, _field(_OUTPUT, _field(_NAME, name.encode())))


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited field."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    head = []
    while number > 0x7F:
        head.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*head, number])
