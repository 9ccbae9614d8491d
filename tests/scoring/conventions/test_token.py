from __future__ import annotations

import pytest

from evalkit.errors import InputError
from evalkit.scoring.conventions.token import tokenize


def test_tokens_are_words_and_single_marks():
    text = "Moen's “plan”—50%"
    assert [text[a:b] for a, b in tokenize(text)] == ["Moen", "'", "s", "“", "plan", "”", "—", "50", "%"]


def test_no_text_no_tokens():
    assert tokenize("").shape == (0, 2)


def test_needs_the_text(score):
    with pytest.raises(InputError, match="needs the text"):
        score("token", "X 0-3", "X 0-3")
