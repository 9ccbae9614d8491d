"""One pass of the encoder for all: the same entities as alone, and a state for every piece."""

from __future__ import annotations

import numpy as np
import pytest

from evalkit.extractors.shipped.ner import NerExtractor
from evalkit.extractors.shipped.onnx_network import load_graph
from evalkit.extractors.shipped.shared_encoder import HIDDEN
from evalkit.extractors.shipped.tagging import merge_rows
from evalkit.records import Article

LONG = "Ida Moen of the Harbour Union said on Monday that Bergen would wait for the council to answer.\n\n" * 40


@pytest.mark.parametrize("text", ["Norway.", "Ida Moen spoke in Bergen.", LONG], ids=["a word", "short", "long"])
def test_reading_gives_the_entities_that_the_extractor_gives(text: str) -> None:
    ner, article = NerExtractor(), Article(id="a", text=text)
    found, reading = ner.read(article)
    assert found == ner.extract([article])[0]
    assert reading is not None
    assert len(reading.starts) == len(reading.words.forms) + 1
    assert reading.states.shape == (reading.starts[-1], 384)
    assert np.abs(reading.states).max(axis=1).all()


def test_a_text_without_words_has_no_reading() -> None:
    found, reading = NerExtractor().read(Article(id="a", text=" \n"))
    assert found.entities == ()
    assert reading is None


def test_a_row_comes_from_where_it_has_most_context() -> None:
    first, second = np.zeros((6, 1), np.float32), np.ones((8, 1), np.float32)
    merged = merge_rows([slice(0, 6), slice(2, 10)], [first, second], 10)
    # Position 4 is 2 before the end of the first part and 2 behind the start of the second: the earlier has it.
    assert merged[:, 0].tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]


def test_an_inner_tensor_becomes_an_output_and_changes_no_other() -> None:
    folder = NerExtractor()._model.path
    inputs = {"pieces": np.array([[101, 2000, 102]]), "features": np.ones((1, 3, 4), dtype=np.int64)}
    (alone,) = load_graph(folder / "model.onnx")(inputs)
    together, hidden = load_graph(folder / "model.onnx", also=(HIDDEN,))(inputs)
    assert np.array_equal(alone, together)
    assert hidden.shape == (1, 3, 384)
