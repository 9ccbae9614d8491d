"""The encoder of `ner-base` as other networks read it: its hidden states after a lower layer, for every word piece.

Whatever reads them (quotes, stances) shares the work of the lower layers with the tagger of names, which gives the
very scores that it gives alone: the hidden states are one more output of the same graph.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from evalkit.extractors.shipped import onnx_network
from evalkit.extractors.shipped.tagging import merge_rows, split_windows
from evalkit.text.windows import Window, Words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

__all__ = ["HIDDEN", "Reading", "SharedEncoder"]

HIDDEN = "/blocks.2/norm/LayerNormalization_output_0"
"""The tensor that is shared: what comes out of the third of six layers."""


class Reading(NamedTuple):
    """A text as the encoder read it.

    Attributes:
        words: its words.
        owner: the word of each piece, [pieces].
        starts: the first piece of each word and the number of pieces, [words + 1].
        windows: the windows, in words.
        tags: the scores of the name tagger in each window, [pieces of the window + 2, tags].
        states: the hidden states of all pieces, [pieces, width], each from the window with most context for it.
    """

    words: Words
    owner: NDArray[np.int64]
    starts: NDArray[np.int64]
    windows: list[Window]
    tags: list[NDArray[np.float32]]
    states: NDArray[np.float32]


class SharedEncoder:
    """Runs the network of `ner-base` once over a text."""

    def __init__(self, model: Path, tokenizer: Tokenizer, *, size: int, overlap: int) -> None:
        """Load the network.

        Args:
            model: the ONNX file of `ner-base`.
            tokenizer: its tokenizer, without truncation and padding.
            size: how many pieces fit into a window, without the two special ones.
            overlap: how many pieces a window shares with the next.
        """
        self._run = onnx_network.load_graph(model, also=(HIDDEN,))
        self._tokenizer, self._size, self._overlap = tokenizer, size, overlap

    def read(self, text: str, words: Words) -> Reading:
        """One pass over the text, window by window.

        Args:
            text: the text that `words` were found in; it has one word at least.
            words: what `find_words` gave for it.
        """
        cut = split_windows(text, words, self._tokenizer, size=self._size, overlap=self._overlap)
        outputs = [self._run({"pieces": pieces, "features": kinds}) for pieces, kinds in cut.inputs]
        tags = [scores[0] for scores, _ in outputs]
        places = [slice(int(cut.starts[window.first]), int(cut.starts[window.last])) for window in cut.windows]
        # The special pieces at both ends of a window belong to no word.
        states = merge_rows(places, [hidden[0][1:-1] for _, hidden in outputs], int(cut.starts[-1]))
        return Reading(words, cut.owner, cut.starts, cut.windows, tags, states)
