"""`hf:ID_OR_PATH[@REVISION]`: any token classification checkpoint of transformers (extra: torch).

A folder is read offline. An id is fetched from the hub once, at the revision that is asked for or the newest, and the
revision that came is kept with the run. Only configuration, tokenizer and safetensors files are read: no pickle, no
code from the checkpoint. How pieces become entities is in `evalkit.extractors.token_tagging`. Labels are the
checkpoint's own; `default_label_map` names the map that takes them to the labels of the bundled gold.

A text that is longer than the network's input is read in windows that share `stride` pieces; nothing is cut off.

Settings:
    device: `auto` (a GPU if there is one), `cpu`, `cuda`, `cuda:1`, `mps`.
    dtype: `float32`, `bfloat16`, `float16`.
    batch: windows at once, 1 on a CPU and 32 on a GPU; halved when memory runs out. More than one makes scores depend
        in their last digits on what else is in the batch.
    length: pieces in a window with the special ones; what the network was made for, at most 512.
    stride: pieces that neighbours share; a quarter of the window.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.errors import InputError
from evalkit.extractors import token_tagging, torch_tagger, windows
from evalkit.extractors.batch_sizes import halving
from evalkit.extractors.checkpoints import Checkpoint, find_checkpoint, require_torch
from evalkit.extractors.options import Options
from evalkit.extractors.token_tagging import PieceWindow, entities_of, join_windows
from evalkit.extractors.torch_tagger import TextWindow, load_tagger
from evalkit.records import Annotations, Article

__all__ = ["TransformersExtractor", "load_transformers"]

_DTYPES = ("float32", "bfloat16", "float16")
_CODE = (token_tagging, torch_tagger, windows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a checkpoint is run; 0 means that it is decided by what it runs on."""

    device: str = "auto"
    dtype: str = "float32"
    batch: int = 0
    length: int = 0
    stride: int = -1


def load_transformers(spec: str, options: Mapping[str, str] | None = None) -> TransformersExtractor:
    """The extractor for `hf:ID_OR_PATH[@REVISION]`.

    Raises:
        MissingExtraError: torch or transformers is not installed.
        UnknownNameError: there is no such folder, and no such checkpoint on the hub.
        ExtractorError: it is no token classifier, has no safetensors weights, or cannot be loaded.
        InputError: an option that cannot be used.
    """
    given = Options(spec, options)
    settings = Settings(
        device=given.text("device", "auto"),
        dtype=given.choice("dtype", _DTYPES, "float32"),
        batch=given.whole("batch", 0, least=0),
        length=given.whole("length", 0, least=0),
        stride=given.whole("stride", -1, least=-1),
    )
    given.done()
    require_torch(spec)
    return TransformersExtractor(find_checkpoint(spec), spec, settings=settings)


class TransformersExtractor:
    """Entities from a token classifier.

    Attributes:
        name: what it was asked for as.
        layers: entities only.
        default_label_map: the map from the labels of models to those of the bundled gold.
    """

    default_label_map = "news"

    def __init__(self, checkpoint: Checkpoint, name: str, *, settings: Settings | None = None) -> None:
        """An extractor with the network of `checkpoint` loaded.

        Raises:
            ExtractorError: the checkpoint cannot be loaded.
            InputError: the settings do not fit it.
        """
        self.name = name
        self.layers: tuple[str, ...] = ("entities",)
        self._checkpoint = checkpoint
        self._settings = settings or Settings()
        self._tagger = load_tagger(checkpoint, name, device=self._settings.device, dtype=self._settings.dtype)
        self._length = min(self._settings.length or 512, self._tagger.longest)
        self._stride = self._length // 4 if self._settings.stride < 0 else self._settings.stride
        self._batch = self._settings.batch or (1 if self._tagger.device == "cpu" else 32)
        if self._length < 8 or self._stride > self._length // 2:
            raise InputError(
                f"{name}: windows of {self._length} pieces that share {self._stride} cannot be; use at least 8, "
                "and share at most half of them"
            )

    def fingerprint(self) -> str:
        """SHA-256 over the checkpoint (its revision, or the content of its folder), the settings and the code."""
        code = [Path(__file__), *(Path(str(module.__file__)) for module in _CODE)]
        parts = [self._checkpoint.identity(), self._settings.dtype, str(self._length), str(self._stride)]
        parts += [self._tagger.device, str(self._settings.batch), self._tagger.version]
        parts += [hashlib.sha256(path.read_bytes()).hexdigest() for path in code]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def facts(self) -> dict[str, str | int]:
        """What a run should keep: checkpoint and revision, device, number format, windows, batch size reached."""
        return {
            "checkpoint": self._checkpoint.source,
            "revision": self._checkpoint.revision,
            "device": self._tagger.device,
            "dtype": self._settings.dtype,
            "length": self._length,
            "stride": self._stride,
            "batch": self._batch,
            "aggregation": "first piece of each word",
            "versions": self._tagger.version,
        }

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations]:
        """The entities of each article, in the order given."""
        cut = [self._tagger.cut(article.text, self._length, self._stride) for article in articles]
        jobs = [(owner, window) for owner, parts in enumerate(cut) for window in parts]
        # Windows of a length go together, so that little is padded.
        order = sorted(range(len(jobs)), key=lambda at: (len(jobs[at][1].ids), at))
        inputs = [jobs[at][1].ids for at in order]
        outputs, self._batch = halving(self._tagger.tag, inputs, batch=self._batch)
        found: list[list[PieceWindow]] = [[] for _ in articles]
        for at, (tags, scores) in sorted(zip(order, outputs, strict=True), key=lambda entry: entry[0]):
            owner, window = jobs[at]
            found[owner].append(PieceWindow(window.first, tags[window.inner], scores[window.inner]))
        return [self._annotate(a, w, f) for a, w, f in zip(articles, cut, found, strict=True)]

    def _annotate(self, article: Article, cut: Sequence[TextWindow], found: Sequence[PieceWindow]) -> Annotations:
        import numpy as np

        tags, scores = join_windows(found)
        offsets = np.zeros((len(tags), 2), dtype=np.int64)
        for window in cut:
            offsets[window.first : window.first + len(window.offsets)] = window.offsets
        return Annotations(entities=entities_of(article.text, offsets, tags, scores, labels=self._tagger.labels))
