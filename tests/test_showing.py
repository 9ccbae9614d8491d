"""Numbers with their words."""

from __future__ import annotations

import pytest

from evalkit.showing import number_of


@pytest.mark.parametrize(
    ("number", "words", "said"),
    [
        (0, ("article",), "0 articles"),
        (1, ("article",), "1 article"),
        (2, ("article",), "2 articles"),
        (1, ("entity", "entities"), "1 entity"),
        (3, ("entity", "entities"), "3 entities"),
        (1, ("article is", "articles are"), "1 article is"),
    ],
)
def test_a_number_has_its_word(number: int, words: tuple[str, ...], said: str) -> None:
    assert number_of(number, *words) == said
