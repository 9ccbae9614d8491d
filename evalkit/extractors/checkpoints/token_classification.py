"""`hf:ID_OR_PATH[@REVISION]`: a token or text classification checkpoint of transformers (extra: torch).

A folder is read offline. An id is fetched from the hub once, at the revision that is asked for or the newest, and the
revision that came is kept with the run. Only configuration, tokenizer, safetensors and ONNX files are read: no pickle,
no code from the checkpoint. `backend=onnx` runs the ONNX file of a checkpoint without torch.

A token classifier finds entities: how pieces become words and words become entities is in
`evalkit.extractors.checkpoints.token_spans`. Labels are the checkpoint's own; `default_label_map` names the map that
takes them to the labels of the bundled gold. A text that is longer than the network's input is read in windows that
share `stride` pieces; nothing is cut off.

A text classifier judges the stance of holder-target pairs that are given, see
`evalkit.extractors.checkpoints.text_classification`.

Settings:
    head: `tokens` or `text`, where config.json does not say which of the two it is; `auto`.
    backend: `torch`, or `onnx` to run model.onnx (or onnx/model.onnx). file: another ONNX file of the checkpoint.
    device: `auto` (a GPU if there is one), `cpu`, `cuda`, `cuda:1`, `mps`.
    dtype: `float32`, `bfloat16`, `float16`.
    batch: windows at once, 1 on a CPU and 32 on a GPU; halved when memory runs out. More than one makes scores depend
        in their last digits on what else is in the batch.
    length: pieces in a window with the special ones; what the network was made for, at most 512.
    stride: pieces that neighbours share; a quarter of the window. Of token classifiers only.
    labels: what the labels of the checkpoint stand for, such as `LABEL_0=O,LABEL_1=B-PER`, or a TOML file of such lines
        (`evalkit.extractors.checkpoints.label_names`); of a text classifier stances.
    hypothesis: of text classifiers only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from evalkit.errors import ExtractorError, InputError
from evalkit.extractors.base import LONGEST_ARTICLE
from evalkit.extractors.checkpoints.label_names import tag_names
from evalkit.extractors.checkpoints.network import CheckpointNetwork, read_settings
from evalkit.extractors.checkpoints.pieces import TextWindow
from evalkit.extractors.checkpoints.source import find_checkpoint, require_backend
from evalkit.extractors.checkpoints.text_classification import PairClassifier, read_pair_settings
from evalkit.extractors.checkpoints.token_spans import PieceWindow, entities_of, join_windows
from evalkit.extractors.identity.closure import identity_of
from evalkit.extractors.options import Options
from evalkit.extractors.underway import finished_here
from evalkit.records import Annotations, Article

__all__ = ["TransformersExtractor", "load_transformers"]

_HEADS = ("auto", "tokens", "text")


def load_transformers(spec: str, options: Mapping[str, str] | None = None) -> TransformersExtractor | PairClassifier:
    """The extractor for `hf:ID_OR_PATH[@REVISION]`.

    Raises:
        MissingExtraError: torch or transformers is not installed.
        UnknownNameError: there is no such folder, and no such checkpoint on the hub.
        ExtractorError: it is no classifier, lacks the weights that are to be run, or cannot be loaded.
        InputError: an option that cannot be used, or labels that cannot be taken for stances.
    """
    given = Options(spec, options)
    settings, head = read_settings(given, spec), given.choice("head", _HEADS, "auto")
    require_backend(spec, settings.backend)
    checkpoint = find_checkpoint(spec, backend=settings.backend, file=settings.file)
    head = _head(spec, head, checkpoint.architecture)
    if head == "text":
        wanted = read_pair_settings(given, spec, checkpoint.labels)
        given.done()
        return PairClassifier(CheckpointNetwork(checkpoint, spec, settings, head=head), spec, settings=wanted)
    stride, labels = given.whole("stride", -1, least=-1), given.text("labels")
    given.done()
    # Before the weights are loaded, which takes longest.
    tags = tag_names(checkpoint.labels, labels, spec)
    network = CheckpointNetwork(checkpoint, spec, settings, head=head)
    return TransformersExtractor(network, spec, stride=stride, tags=tags)


def _head(spec: str, wanted: str, architecture: str) -> str:
    """What a checkpoint classifies: what it says, or what is wanted where it does not say."""
    known = {"TokenClassification": "tokens", "SequenceClassification": "text"}
    said = known.get(architecture.rpartition("For")[2])
    if said is not None and wanted not in ("auto", said):
        raise InputError(f"{spec}: option head={wanted!r}, but it is a {architecture}; leave head out")
    if said is None and wanted == "auto" and architecture:
        raise ExtractorError(
            f"{spec}: is a {architecture}, neither a token nor a text classifier; name a checkpoint that was trained "
            "as one, or say what it is with --set head=tokens or head=text"
        )
    return said or ("tokens" if wanted == "auto" else wanted)


class TransformersExtractor:
    """Entities from a token classifier.

    Attributes:
        name: what it was asked for as.
        layers: entities only.
        default_label_map: the map from the labels of models to those of the bundled gold.
        holds_gil: whether it computes in Python; its network does so outside, on all cores.
    """

    default_label_map = "news"
    longest_article = LONGEST_ARTICLE
    holds_gil = False

    def __init__(
        self, network: CheckpointNetwork, name: str, *, stride: int = -1, tags: Sequence[str] | None = None
    ) -> None:
        """An extractor with a network that is loaded.

        Args:
            network: the network.
            name: what it was asked for as.
            stride: how many pieces its windows share; a quarter if below 0.
            tags: the tag that each of its labels stands for; the labels themselves by default.

        Raises:
            InputError: the windows cannot be so.
        """
        self.name = name
        self.layers: tuple[str, ...] = ("entities",)
        self.languages = network.languages
        self._network = network
        self._tags = list(tags or network.labels)
        self._stride = network.length // 4 if stride < 0 else stride
        if network.length < 8 or self._stride > network.length // 2:
            raise InputError(
                f"{name}: windows of {network.length} pieces that share {self._stride} cannot be; use at least 8, "
                "and share at most half of them"
            )

    def fingerprint(self) -> str:
        """SHA-256 over the checkpoint (its revision, or the content of its folder), the settings and the code."""
        return identity_of(__name__, parts=[*self._network.identity(), str(self._stride), *self._tags])

    def facts(self) -> dict[str, str | int]:
        """What a run should keep: checkpoint and revision, device, number format, windows, batch size reached."""
        named = zip(self._network.labels, self._tags, strict=True)
        renamed = ", ".join(f"{label}→{tag}" for label, tag in named if label != tag)
        more = {"labels": renamed} if renamed else {}
        return {**self._network.facts(), "stride": self._stride, "aggregation": "first piece of each word", **more}

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations]:
        """The entities of each article, in the order given."""
        cut = [self._network.cutter.cut(article.text, self._network.length, self._stride) for article in articles]
        jobs = [(owner, window) for owner, parts in enumerate(cut) for window in parts]
        found: list[list[PieceWindow]] = [[] for _ in articles]
        windows = Counter(owner for owner, _ in jobs)

        def told(done: Sequence[int]) -> None:
            read = Counter(jobs[at][0] for at in done)
            finished_here(sum(read[owner] == windows[owner] for owner in range(len(articles))))

        chances = self._network.probabilities([window.pieces for _, window in jobs], told)
        for (owner, window), rows in zip(jobs, chances, strict=True):
            inner = rows[window.inner]
            found[owner].append(PieceWindow(window.first, inner.argmax(axis=-1), inner.max(axis=-1)))
        return [self._annotate(a, w, f) for a, w, f in zip(articles, cut, found, strict=True)]

    def _annotate(self, article: Article, cut: Sequence[TextWindow], found: Sequence[PieceWindow]) -> Annotations:
        import numpy as np

        tags, scores = join_windows(found)
        offsets = np.zeros((len(tags), 2), dtype=np.int64)
        for window in cut:
            offsets[window.first : window.first + len(window.offsets)] = window.offsets
        return Annotations(entities=entities_of(article.text, offsets, tags, scores, labels=self._tags))
