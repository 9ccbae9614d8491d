"""Stance from the hidden states of `ner-base`: a few layers over a passage in which the target is marked.

The passage is read once with the whole article; a target costs only the layers that come after.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.errors import ExtractorError
from evalkit.extractors import onnx_network, stance_input
from evalkit.extractors.stance_input import LABELS, TARGET, Passage
from evalkit.extractors.threads import Once
from evalkit.records import Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from evalkit.extractors.quote_network import Run
    from evalkit.extractors.shared_encoder import Reading
    from evalkit.extractors.stance_judging import Judge

__all__ = ["StanceStates"]

FOLDER = Path(__file__).parent / "models" / "news-base"
VALENCE = Path(__file__).parent / "models" / "stance-base" / "valence.txt"
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
        self._folder = FOLDER if folder is None else Path(folder)
        missing = [file for file in FILES if not (self._folder / file).is_file()]
        if missing:
            raise ExtractorError(
                f"{self._folder}: no {', '.join(missing)} there; a model folder holds {', '.join(FILES)}, "
                "as experiments/train_news/ship_stance.py writes them"
            )
        config: dict[str, Any] = json.loads((self._folder / "stance.json").read_text(encoding="utf-8"))
        self._size: int = config["size"]
        self.threshold: float = config["threshold"]
        self._loaded = Once(self._load)

    def files(self) -> list[Path]:
        """What the answers depend on, for a fingerprint."""
        return [*(self._folder / file for file in FILES), VALENCE]

    def judge(self, reading: Reading) -> Judge:
        """A function from passages of one article to the chances of the labels.

        Args:
            reading: what the encoder read of the article.
        """
        states = reading.states()

        def judged(passage: Passage) -> NDArray[np.float64]:
            return self._chances(passage, reading, states)

        return judged

    def _load(self) -> tuple[Run, dict[str, int]]:
        return onnx_network.load_graph(self._folder / "model.onnx"), stance_input.read_valence(VALENCE)

    def _chances(self, passage: Passage, reading: Reading, states: NDArray[np.float32]) -> NDArray[np.float64]:
        import numpy as np

        run, valence = self._loaded()
        words, starts = reading.words, reading.starts
        first = int(words.ends.searchsorted(passage.start, side="right"))
        last = int(words.starts.searchsorted(passage.start + len(passage.text), side="left"))
        moved = [Span(start + passage.start, end + passage.start) for start, end in passage.mentions]
        table = stance_input.word_features(
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
        hidden = states[low : low + len(features)]
        raw = run({"hidden": hidden[None], "features": features[None]})[0][0].astype(np.float64)
        chances = np.exp(raw - raw.max())
        return np.asarray(chances / chances.sum()).reshape(len(LABELS))
