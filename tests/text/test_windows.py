"""Words with their offsets, how they are written, and windows over them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.text import windows


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


WORDS = st.lists(st.integers(0, 12), max_size=120)


@st.composite
def sizes(draw: st.DrawFn) -> tuple[int, int]:
    """A size and an overlap that leave room for the longest word."""
    overlap = draw(st.integers(0, 20))
    return draw(st.integers(12 + overlap, 80)), overlap


def plan(lengths: list[int], limits: tuple[int, int]) -> list[windows.Window]:
    return windows.plan_windows(np.array(lengths, dtype=np.int64), size=limits[0], overlap=limits[1])


def pieces(lengths: list[int], planned: list[windows.Window]) -> list[int]:
    return [sum(lengths[window.first : window.last]) for window in planned]


@given(WORDS, sizes())
def test_windows_cover_every_word_in_order_and_fit(lengths: list[int], limits: tuple[int, int]) -> None:
    planned = plan(lengths, limits)
    assert {k for w in planned for k in range(w.first, w.last)} == set(range(len(lengths)))
    assert all(total <= limits[0] for total in pieces(lengths, planned))
    assert all(a.first < b.first <= a.last < b.last for a, b in itertools.pairwise(planned))


@given(WORDS, sizes())
def test_neighbours_share_all_words_that_fit_into_the_overlap(lengths: list[int], limits: tuple[int, int]) -> None:
    planned = plan(lengths, limits)
    for number, (a, b) in enumerate(itertools.pairwise(planned), 2):
        # One more shared word would be too much, and only the last two share more than the overlap.
        assert sum(lengths[b.first - 1 : a.last]) > limits[1]
        assert number == len(planned) or sum(lengths[b.first : a.last]) <= limits[1]


@given(WORDS, sizes())
def test_windows_are_equally_long_up_to_a_word(lengths: list[int], limits: tuple[int, int]) -> None:
    planned = plan(lengths, limits)
    if len(planned) > 1:
        longest = max(pieces(lengths, planned))
        assert all(sum(lengths[w.first : w.last + 1]) > longest for w in planned[:-1])
        assert sum(lengths[planned[-1].first - 1 :]) > longest


@given(WORDS, sizes())
def test_equal_windows_are_not_more_than_full_ones(lengths: list[int], limits: tuple[int, int]) -> None:
    size, overlap = limits
    first, full = 0, 1
    while sum(lengths[first:]) > size:
        last = next(k for k in range(len(lengths), first, -1) if sum(lengths[first:k]) <= size)
        first = next(k for k in range(first + 1, last + 1) if sum(lengths[k:last]) <= overlap)
        full += 1
    assert len(plan(lengths, limits)) == (full if lengths else 0)


def test_windows_of_a_text_a_little_longer_than_one() -> None:
    # Two windows that share 4 pieces have 35 to read: 18 in each will do, instead of 30.
    assert plan([1] * 30, (30, 4)) == [(0, 30)]
    assert plan([1] * 31, (30, 4)) == [(0, 18), (13, 31)]
