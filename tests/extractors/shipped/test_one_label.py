"""One label for one string in an article."""

from __future__ import annotations

import numpy as np

from evalkit.extractors.shipped import bio, one_label
from evalkit.text import windows


def test_mentions_of_one_string_get_one_label() -> None:
    words = windows.find_words("Moen met Moen")
    spans = [bio.TaggedSpan(0, 1, 0), bio.TaggedSpan(2, 3, 1)]
    # O, B-x, I-x, B-y, I-y: x has 0.6 + 0.4 over both mentions, y 0.1 + 0.5.
    scores = np.log(
        np.array([[0.2, 0.6, 0.05, 0.1, 0.05], [0.9, 0.03, 0.03, 0.02, 0.02], [0.05, 0.4, 0.03, 0.5, 0.02]])
    )
    assert [span.label for span in one_label.agree(words, scores.astype(np.float32), spans)] == [0, 0]


def test_other_strings_are_left_alone() -> None:
    words = windows.find_words("Moen met Ruiz")
    spans = [bio.TaggedSpan(0, 1, 0), bio.TaggedSpan(2, 3, 1)]
    assert one_label.agree(words, np.zeros((3, 5), dtype=np.float32), spans) == spans
