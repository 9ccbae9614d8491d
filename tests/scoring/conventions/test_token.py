from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import InputError
from evalkit.scoring.tokens import tokens_of


@given(st.lists(st.text(alphabet=st.characters() | st.sampled_from("a _-“\n漢😀\u0301"), max_size=8), max_size=4))
def test_tokens_are_words_and_single_marks(texts):
    expected = [(at, *match.span()) for at, text in enumerate(texts) for match in re.finditer(r"\w+|[^\w\s]", text)]
    assert list(zip(*(column.tolist() for column in tokens_of(texts)), strict=True)) == expected


def test_texts_are_looked_at_a_few_at_a_time(monkeypatch):
    texts = ["Moen's “plan”", "", "50%", "no"]
    whole = [column.tolist() for column in tokens_of(texts)]
    monkeypatch.setattr("evalkit.scoring.tokens.CHARACTERS_AT_ONCE", 3)
    assert [column.tolist() for column in tokens_of(texts)] == whole


def test_needs_the_text(score):
    with pytest.raises(InputError, match="needs the text"):
        score("token", "X 0-3", "X 0-3")
