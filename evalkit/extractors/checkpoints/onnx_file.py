"""The ONNX file of a checkpoint of transformers, as optimum exports it, on ONNX Runtime; torch is not needed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from evalkit.errors import ExtractorError, InputError, describe_error
from evalkit.extractors.checkpoints.pieces import Padding, PieceCutter, Pieces
from evalkit.extractors.checkpoints.source import Checkpoint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["OnnxNetwork", "load_onnx"]

_INPUTS = frozenset({"input_ids", "attention_mask", "token_type_ids", "position_ids"})
_BEHIND_PADDING = frozenset(
    {"camembert", "data2vec-text", "ibert", "longformer", "luke", "mpnet", "roberta", "roberta-prelayernorm", "xmod"}
    | {"xlm-roberta", "xlm-roberta-xl"}
)
"""Kinds of networks whose positions count from behind the padding, so that they have fewer than they say."""


class OnnxNetwork:
    """A network with a score for each label.

    Attributes:
        device: where it runs, such as `cpu`.
        longest: how many positions it has, 0 if nothing says so.
        vocabulary: how many pieces it knows by config.json, 0 if that does not say so.
        version: which ONNX Runtime runs it, and which transformers cuts its pieces.
    """

    def __init__(self, session: Any, config: Mapping[str, Any], *, device: str, padding: Padding) -> None:
        """A network from a session of ONNX Runtime and what config.json says; `padding` fills up its inputs."""
        self._session = session
        self._given = {node.name for node in session.get_inputs()}
        self._output = next(node.name for node in session.get_outputs())
        self._padding = padding
        self._segments = (config.get("type_vocab_size") or 0) > 1
        self.device = device
        self.longest = _positions(config)
        self.vocabulary: int = config.get("vocab_size") or 0
        packages = ("onnxruntime", "transformers")
        self.version = ", ".join(f"{name} {import_module(name).__version__}" for name in packages)

    def scores(self, inputs: Sequence[Pieces]) -> list[NDArray[np.float64]]:
        """The scores of the labels for each input: [pieces, labels] of a token classifier, [labels] of another."""
        import numpy as np

        rows = self._padding.fill(inputs)
        if not self._segments:
            rows["token_type_ids"][:] = 0
        (scores,) = self._session.run([self._output], {name: rows[name] for name in self._given})
        logits = np.asarray(scores, dtype=np.float64)
        if logits.ndim == 2:
            return list(logits)
        return [logits[row, self._padding.place(pieces, logits.shape[1])] for row, pieces in enumerate(inputs)]


def load_onnx(checkpoint: Checkpoint, name: str, cutter: PieceCutter, *, head: str, device: str) -> OnnxNetwork:
    """The network in the ONNX file of a checkpoint, ready to run.

    Args:
        checkpoint: where the file is.
        name: names it in messages.
        cutter: its tokenizer.
        head: `tokens` or `text`, what is to be classified.
        device: `auto`, `cpu`, or `cuda` with a number or without.

    Raises:
        ExtractorError: the file cannot be loaded, wants inputs that are not known, or is another classifier.
        InputError: ONNX Runtime does not run on that device here.
    """
    runtime: Any = import_module("onnxruntime")
    place, providers = _providers(name, device, runtime.get_available_providers())
    options = runtime.SessionOptions()
    options.log_severity_level = 3
    try:
        session = runtime.InferenceSession(str(checkpoint.folder / checkpoint.onnx), options, providers=providers)
    except Exception as error:
        raise ExtractorError(
            f"{name}: ONNX Runtime cannot load {checkpoint.onnx}: {describe_error(error)}; export it again"
        ) from error
    strange = sorted({node.name for node in session.get_inputs()} - _INPUTS)
    if strange:
        raise ExtractorError(
            f"{name}: {checkpoint.onnx} wants the input {strange[0]!r}; known: {', '.join(sorted(_INPUTS))}"
        )
    size = len(session.get_outputs()[0].shape)
    if size != (3 if head == "tokens" else 2):
        raise ExtractorError(
            f"{name}: {checkpoint.onnx} gives scores of {size} dimensions, and those of a classifier of {head} have "
            f"{3 if head == 'tokens' else 2}; export it for that task, or set head"
        )
    return OnnxNetwork(session, checkpoint.config, device=place, padding=cutter.padding)


def _providers(name: str, device: str, available: Sequence[str]) -> tuple[str, list[Any]]:
    kind, _, number = device.partition(":")
    if kind not in ("auto", "cpu", "cuda") or not re.fullmatch(r"\d{0,3}", number):
        raise InputError(f"{name}: ONNX Runtime has no device {device!r}; use auto, cpu or cuda")
    cuda = "CUDAExecutionProvider" in available
    if kind == "cuda" and not cuda:
        raise InputError(
            f"{name}: the ONNX Runtime that is installed cannot run on {device!r}; install onnxruntime-gpu, or use "
            "--set device=cpu"
        )
    if kind == "cpu" or not cuda:
        return "cpu", ["CPUExecutionProvider"]
    return "cuda", [("CUDAExecutionProvider", {"device_id": int(number or 0)}), "CPUExecutionProvider"]


def _positions(config: Mapping[str, Any]) -> int:
    size: int = config.get("max_position_embeddings") or 0
    padding: int | None = config.get("pad_token_id")
    behind = size and config.get("model_type") in _BEHIND_PADDING
    return max(size - padding - 1, 0) if behind and padding is not None else size
