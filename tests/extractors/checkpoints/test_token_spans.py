"""From the tags of pieces to one tag a piece, and the scheme that tags are written in."""

from __future__ import annotations

import numpy as np
import pytest

from evalkit.extractors.checkpoints.token_spans import PieceWindow, join_windows, scheme_of


def test_a_piece_in_two_windows_comes_from_where_it_has_most_context() -> None:
    # Pieces 2 and 3 are in both. 2 is one away from the end of the first and begins the second; 3 the other way round.
    first = PieceWindow(0, np.array([1, 1, 1, 1]), np.array([0.5] * 4))
    second = PieceWindow(2, np.array([2, 2, 2]), np.array([0.9] * 3))
    tags, scores = join_windows([first, second])
    assert tags.tolist() == [1, 1, 1, 2, 2]
    assert scores.tolist() == [0.5, 0.5, 0.5, 0.9, 0.9]


@pytest.mark.parametrize(
    ("labels", "scheme"),
    [
        pytest.param(["O", "B-PER", "I-PER"], "IOB2", id="BIO"),
        pytest.param(["O", "I-PER", "I-LOC"], "IO", id="only I"),
        pytest.param(["O", "PER", "LOC"], "IO", id="plain"),
        pytest.param(["O", "B-PER", "I-PER", "E-PER", "S-PER"], "IOBES", id="BIOES"),
        pytest.param(["O", "B-PER", "I-PER", "L-PER", "U-PER"], "BILOU", id="BILOU"),
    ],
)
def test_scheme(labels: list[str], scheme: str) -> None:
    assert scheme_of(labels) == scheme
