"""Stance from the hidden states of `ner-base`: a few layers over a passage in which the target is marked.

The passage is read once with the whole article; a target costs only the layers that come after.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.extractors.shipped import onnx_network
from evalkit.extractors.shipped.model_folder import MODELS, ModelFolder
from evalkit.extractors.shipped.scores import softmax
from evalkit.extractors.shipped.stances import encoding
from evalkit.extractors.shipped.stances.encoding import LABELS, TARGET, Passage
from evalkit.extractors.threads import Once
from evalkit.records import Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from evalkit.extractors.shipped.quotes.cue_network import Run
    from evalkit.extractors.shipped.shared_encoder import Reading
    from evalkit.extractors.shipped.stances.judging import Judge

__all__ = ["StanceStates"]

FOLDER = MODELS / "news-base"
VALENCE = MODELS / "stance-base" / "valence.txt"
FILES = ("model.onnx", "stance.json")


class StanceStates:
    """The network that judges passages of an article which the encoder has read.

    Attributes:
        threshold: how sure it has to be of a pair that the rules do not propose.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Prepare; the weights are read at the first use.

        Args:
            folder: a folder with the files of a model; the shipped model by default.

        Raises:
            ExtractorError: a file of the model is missing.
        """
        self._model = ModelFolder(folder or FOLDER, FILES, ("size", "threshold"))
        self._size: int = self._model.settings["size"]
        self.threshold: float = self._model.settings["threshold"]
        self._loaded = Once(self._load)

    def files(self) -> list[Path]:
        """What the answers depend on, for a fingerprint."""
        return [*self._model.files, VALENCE]

    def judge(self, reading: Reading) -> Judge:
        """A function from passages of one article to the chances of the labels.

        Args:
            reading: what the encoder read of the article.
        """

        def judged(passage: Passage) -> NDArray[np.float64]:
            return self._chances(passage, reading)

        return judged

    def _load(self) -> tuple[Run, dict[str, int]]:
        return onnx_network.load_graph(self._model.path / "model.onnx"), encoding.read_valence(VALENCE)

    def _chances(self, passage: Passage, reading: Reading) -> NDArray[np.float64]:
        import numpy as np

        run, valence = self._loaded()
        words, starts = reading.words, reading.starts
        first = int(words.ends.searchsorted(passage.start, side="right"))
        last = int(words.starts.searchsorted(passage.start + len(passage.text), side="left"))
        moved = [Span(start + passage.start, end + passage.start) for start, end in passage.mentions]
        table = encoding.word_features(
            words._replace(forms=words.forms[first:last], starts=words.starts[first:last], ends=words.ends[first:last]),
            moved,
            valence,
        )
        low, high = int(starts[first]), int(starts[last])
        if low == high:
            return np.array([0.0, 0.0, 1.0])
        features = table[reading.owner[low:high] - first]
        if high - low > self._size:
            marked = np.flatnonzero(features[:, 0] == TARGET)
            middle = int(marked[0]) if len(marked) else 0
            cut = min(max(0, middle - self._size // 2), high - low - self._size)
            features, low = features[cut : cut + self._size], low + cut
        hidden = reading.states[low : low + len(features)]
        raw = run({"hidden": hidden[None], "features": features[None]})[0][0].astype(np.float64)
        return softmax(raw).reshape(len(LABELS))
