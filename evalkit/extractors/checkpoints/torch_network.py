"""A checkpoint of transformers run by torch; the only file that imports the models of the two."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from evalkit.errors import ExtractorError, InputError, describe_error
from evalkit.extractors.checkpoints.pieces import SAFE, Padding, PieceCutter, Pieces, quiet
from evalkit.extractors.checkpoints.source import Checkpoint
from evalkit.showing import number_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["TorchNetwork", "load_torch"]

_KINDS = {"tokens": ("TokenClassification", "token classifier"), "text": ("SequenceClassification", "text classifier")}


class TorchNetwork:
    """A network with a score for each label.

    Attributes:
        device: where it runs, such as `cpu`.
        longest: how many positions it has.
        vocabulary: how many pieces it knows, 0 if nothing says so.
        version: which torch and transformers run it.
    """

    def __init__(self, model: Any, *, device: str, padding: Padding) -> None:
        """A network that is on `device`, whose inputs are filled up by `padding`."""
        self._torch: Any = import_module("torch")
        self._model = model
        self._padding = padding
        self._segments = int(getattr(model.config, "type_vocab_size", 0) or 0) > 1
        self.device = device
        self.longest = _positions(model)
        self.vocabulary = _vocabulary(model)
        self.version = f"torch {self._torch.__version__}, transformers {import_module('transformers').__version__}"

    def scores(self, inputs: Sequence[Pieces]) -> list[NDArray[np.float64]]:
        """The scores of the labels for each input: [pieces, labels] of a token classifier, [labels] of another."""
        torch = self._torch
        rows = self._padding.fill(inputs)
        names = ["input_ids", "attention_mask", *(["token_type_ids"] if self._segments else [])]
        with torch.inference_mode():
            given = {name: torch.tensor(rows[name], device=self.device) for name in names}
            logits = self._model(**given).logits.float().double().cpu().numpy()
        if logits.ndim == 2:
            return list(logits)
        return [logits[row, self._padding.place(pieces, logits.shape[1])] for row, pieces in enumerate(inputs)]


def load_torch(
    checkpoint: Checkpoint, name: str, cutter: PieceCutter, *, head: str, device: str, dtype: str
) -> TorchNetwork:
    """The network of a checkpoint, ready to run.

    Args:
        checkpoint: where its weights are.
        name: names it in messages.
        cutter: its tokenizer.
        head: `tokens` or `text`, what is to be classified.
        device: a device of torch, or `auto`.
        dtype: a number format of torch.

    Raises:
        ExtractorError: it is no such classifier, or cannot be loaded.
        InputError: the device does not exist here.
    """
    place = _device(name, device)
    suffix, kind = _KINDS[head]
    with quiet() as transformers:
        try:
            model, loading = getattr(transformers, f"AutoModelFor{suffix}").from_pretrained(
                checkpoint.folder,
                use_safetensors=True,
                dtype=dtype,
                output_loading_info=True,
                # What does not fit is named below.
                ignore_mismatched_sizes=True,
                **SAFE,
            )
        except Exception as error:
            raise ExtractorError(f"{name}: transformers cannot load it as a {kind}: {describe_error(error)}") from error
    if unfit := sorted(loading.get("mismatched_keys") or ()):
        raise ExtractorError(f"{name}: {_unfit(unfit[0], len(checkpoint.labels))}")
    missing = sorted(loading.get("missing_keys") or ())
    if missing:
        # transformers fills them with random numbers and goes on.
        raise ExtractorError(
            f"{name}: {checkpoint.architecture or 'it'} is no trained {kind}: "
            f"{number_of(len(missing), 'weight is missing', 'weights are missing')}, such as {missing[0]}"
        )
    try:
        model = model.to(place).eval()
    except (RuntimeError, AssertionError) as error:
        raise InputError(
            f"{name}: cannot run on device {device!r}: {describe_error(error)}; use --set device=cpu"
        ) from error
    return TorchNetwork(model, device=place, padding=cutter.padding)


def _unfit(weight: tuple[str, Sequence[int], Sequence[int]], labels: int) -> str:
    """What is wrong with a weight that has another size in the file than config.json says."""
    key, stored, wanted = weight[0], list(weight[1]), list(weight[2])
    if wanted[0] == labels and stored[1:] == wanted[1:]:
        return f"config.json names {number_of(labels, 'label')}, its weights have {stored[0]}; mend id2label"
    return f"its weights do not fit its config.json: {key} is of size {stored}, by config.json {wanted}"


def _device(name: str, device: str) -> str:
    torch: Any = import_module("torch")
    if device == "auto":
        mps = getattr(torch.backends, "mps", None)
        return "cuda" if torch.cuda.is_available() else "mps" if mps is not None and mps.is_available() else "cpu"
    try:
        return str(torch.device(device))
    except RuntimeError as error:
        raise InputError(f"{name}: unknown device {device!r}; use auto, cpu, cuda, cuda:1 or mps") from error


def _vocabulary(model: Any) -> int:
    try:
        table: Any = model.get_input_embeddings()
    except (AttributeError, NotImplementedError):
        return 0
    return int(getattr(table, "num_embeddings", 0) or 0)


def _positions(model: Any) -> int:
    """How many positions the network has, 0 if nothing says so; those of RoBERTa count from behind the padding."""
    table: Any = getattr(getattr(model.base_model, "embeddings", None), "position_embeddings", None)
    if hasattr(table, "num_embeddings"):
        padding = getattr(table, "padding_idx", None)
        return int(table.num_embeddings) - (0 if padding is None else int(padding) + 1)
    return int(getattr(model.config, "max_position_embeddings", 0) or 0)
