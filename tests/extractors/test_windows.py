"""Words with their offsets, how they are written, and windows over them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.extractors import windows


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        pytest.param("Ida Moen's plan", ["Ida", "Moen", "'", "s", "plan"], id="possessive is words of its own"),
        pytest.param("Oslo-based", ["Oslo", "-", "based"], id="hyphen splits"),
        pytest.param("Jose\u0301 went", ["Jose\u0301", "went"], id="combining mark stays with its letter"),
        pytest.param("a\u00a0b\tc\r\nd", ["a", "b", "c", "d"], id="every white space splits"),
        pytest.param("🙂Oslo", ["🙂", "Oslo"], id="emoji is one word"),
        pytest.param("snake_case", ["snake", "_", "case"], id="underscore is no letter"),
        pytest.param(" \n ", [], id="nothing but white space"),
    ],
)
def test_words(text: str, forms: list[str]) -> None:
    words = windows.find_words(text)
    assert words.forms == forms
    assert [text[s:e] for s, e in zip(words.starts, words.ends, strict=True)] == forms


@given(st.text(max_size=200))
def test_words_cover_all_but_white_space(text: str) -> None:
    words = windows.find_words(text)
    kept = "".join(words.forms)
    assert "".join(kept.split()) == "".join(text.split())
    assert all(e > s for s, e in zip(words.starts, words.ends, strict=True))
    assert all(s >= e for e, s in zip(words.ends[:-1], words.starts[1:], strict=True))


@given(st.text(max_size=200))
def test_features_are_in_range(text: str) -> None:
    words = windows.find_words(text)
    table = windows.features(text, words)
    assert table.shape == (len(words.forms), len(windows.FEATURE_SIZES))
    # Id 0 belongs to pieces without a word.
    assert all(((table[:, k] >= 1) & (table[:, k] < size)).all() for k, size in enumerate(windows.FEATURE_SIZES))


def test_features_tell_how_a_word_is_written() -> None:
    text = "Will EU may? may"
    shapes, positions, _, seen = windows.features(text, windows.find_words(text)).T.tolist()
    assert len(set(shapes[:4])) == 4  # Capitalised, CAPITALS, lower, stop
    assert shapes[2] == shapes[4]
    assert positions[0] != positions[1] != positions[4]  # first in line, inside, first in sentence
    assert seen == [2, 2, 1, 1, 1]  # neither "will" nor "eu" occurs in lower case


@given(
    st.lists(st.integers(0, 12), max_size=120),
    st.integers(24, 60),
    st.integers(0, 12),
)
def test_windows_cover_every_word_and_fit(lengths: list[int], size: int, overlap: int) -> None:
    planned = windows.plan_windows(np.array(lengths, dtype=np.int64), size=size, overlap=overlap)
    assert {k for w in planned for k in range(w.first, w.last)} == set(range(len(lengths)))
    assert all(sum(lengths[w.first : w.last]) <= size for w in planned)
    assert all(a.first < b.first <= a.last for a, b in itertools.pairwise(planned))
