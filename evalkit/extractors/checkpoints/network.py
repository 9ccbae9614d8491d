"""A checkpoint that is ready to run: its tokenizer, its network on the chosen backend, and batches that fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from evalkit.errors import ExtractorError, FormatError, InputError
from evalkit.extractors.checkpoints.batch_sizes import halving
from evalkit.extractors.checkpoints.pieces import PieceCutter, Pieces, load_cutter
from evalkit.extractors.checkpoints.source import BACKENDS, Checkpoint
from evalkit.extractors.options import Options
from evalkit.extractors.shipped.scores import softmax
from evalkit.showing import number_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["CheckpointNetwork", "Network", "Settings", "read_settings"]

_DTYPES = ("float32", "bfloat16", "float16")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a checkpoint is run; 0 means that it is decided by what it runs on."""

    backend: str = "torch"
    file: str = ""
    device: str = "auto"
    dtype: str = "float32"
    batch: int = 0
    length: int = 0


class Network(Protocol):
    """What runs a network."""

    device: str
    longest: int
    vocabulary: int
    version: str

    def scores(self, inputs: Sequence[Pieces]) -> list[NDArray[np.float64]]:
        """The scores of the labels for each input: [pieces, labels] of a token classifier, [labels] of another."""
        ...


def read_settings(given: Options, spec: str) -> Settings:
    """The settings that every checkpoint has, from the options for it.

    Raises:
        InputError: one that cannot be used.
    """
    settings = Settings(
        backend=given.choice("backend", BACKENDS, "torch"),
        file=given.text("file"),
        device=given.text("device", "auto"),
        dtype=given.choice("dtype", _DTYPES, "float32"),
        batch=given.whole("batch", 0, least=0),
        length=given.whole("length", 0, least=0),
    )
    if settings.backend == "onnx" and settings.dtype != "float32":
        raise InputError(
            f"{spec}: option dtype={settings.dtype!r}: an ONNX file has its own number format; leave it out"
        )
    if settings.backend == "torch" and settings.file:
        raise InputError(f"{spec}: option file={settings.file!r} is for ONNX files; add --set backend=onnx")
    return settings


class CheckpointNetwork:
    """The network of a checkpoint with its tokenizer.

    Attributes:
        labels: the name of each output.
        cutter: its tokenizer.
        length: how many pieces it reads at once, with the special ones: what it was made for, at most 512, or less
            if the settings say so.
    """

    def __init__(self, checkpoint: Checkpoint, name: str, settings: Settings, *, head: str) -> None:
        """Load it.

        Args:
            checkpoint: where it is.
            name: names it in messages.
            settings: how to run it.
            head: `tokens` or `text`, what it is to classify.

        Raises:
            ExtractorError: it cannot be loaded, or is no such classifier.
            InputError: the settings do not fit it.
        """
        self._checkpoint = checkpoint
        self._settings = settings
        self._name = name
        self.labels = checkpoint.labels
        self.cutter: PieceCutter = load_cutter(checkpoint.folder, name)
        self._network = self._load(head)
        bounds = [settings.length or 512, self.cutter.longest, self._network.longest]
        self.length = min(bound for bound in bounds if bound > 0)
        self._batch = settings.batch or (1 if self._network.device == "cpu" else 32)

    def _load(self, head: str) -> Network:
        checkpoint, settings = self._checkpoint, self._settings
        if settings.backend == "onnx":
            from evalkit.extractors.checkpoints.onnx_file import load_onnx

            return load_onnx(checkpoint, self._name, self.cutter, head=head, device=settings.device)
        from evalkit.extractors.checkpoints.torch_network import load_torch

        return load_torch(checkpoint, self._name, self.cutter, head=head, device=settings.device, dtype=settings.dtype)

    def probabilities(
        self, inputs: Sequence[Pieces], told: Callable[[Sequence[int]], None] = lambda done: None
    ) -> list[NDArray[np.float64]]:
        """How probable each label is, for each input: [pieces, labels] of a token classifier, [labels] of another.

        Args:
            inputs: what is read.
            told: told after each step which inputs are read, by their positions.

        Raises:
            ExtractorError: the network has another number of labels than its config.json.
            FormatError: the tokenizer gives a piece that the network does not know, or its scores are not numbers.
        """
        import numpy as np

        if known := self._network.vocabulary:
            strange = max((one for pieces in inputs for one in pieces.ids), default=0)
            if strange >= known:
                raise FormatError(
                    f"its tokenizer gives the piece {strange}, and its network knows only 0 to {known - 1}; save the "
                    "tokenizer that it was trained with beside its weights"
                )
        # What is about as long goes together, so that little is padded.
        order = sorted(range(len(inputs)), key=lambda at: (len(inputs[at].ids), at))
        outputs, self._batch = halving(
            self._network.scores, [inputs[at] for at in order], batch=self._batch, told=lambda done: told(order[:done])
        )
        found: list[NDArray[np.float64]] = [np.empty(0)] * len(inputs)
        for at, scores in zip(order, outputs, strict=True):
            if scores.shape[-1] != len(self.labels):
                raise ExtractorError(
                    f"{self._name}: the network has {number_of(scores.shape[-1], 'label')} and config.json names "
                    f"{len(self.labels)}; mend id2label"
                )
            with np.errstate(invalid="ignore"):
                found[at] = softmax(scores)
            # A label that is ruled out by a score of minus infinity is just improbable.
            if not np.isfinite(found[at]).all():
                raise FormatError("its scores are not numbers (NaN or infinite)")
        return found

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that the card of the checkpoint names."""
        return self._checkpoint.languages

    def identity(self) -> list[str]:
        """The checkpoint, and how it is run."""
        settings = self._settings
        stated = [self._checkpoint.identity(), settings.backend, settings.dtype, str(self.length), str(settings.batch)]
        return [*stated, self._network.device, self._network.version]

    def facts(self) -> dict[str, str | int]:
        """What a run should keep: checkpoint and revision, backend, device, number format, batch size reached."""
        checkpoint = self._checkpoint
        return {
            "checkpoint": checkpoint.source,
            "revision": checkpoint.revision,
            "backend": self._settings.backend,
            **({"file": checkpoint.onnx} if checkpoint.onnx else {"dtype": self._settings.dtype}),
            "device": self._network.device,
            "length": self.length,
            "batch": self._batch,
            "versions": self._network.version,
        }
