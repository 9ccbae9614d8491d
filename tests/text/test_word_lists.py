"""Word lists as regular expressions."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from evalkit.text.word_lists import alternatives, any_of, entries

_WORD = st.text("ab c.-", min_size=1, max_size=4)


@given(st.sets(_WORD, min_size=1, max_size=6), st.text("ab c.-x", max_size=8))
def test_any_of_some_words_matches_the_longest_that_fits(words: set[str], text: str) -> None:
    fitting = [word for word in words if text.startswith(word)]
    found = re.match(any_of(words), text)
    assert (found[0] if found else None) == max(fitting, key=len, default=None)


def test_any_of_some_words_gives_way_to_what_follows_it() -> None:
    # "refused to" is longer, and "say" does not follow it here.
    found = re.fullmatch(any_of(["refused", "refused to"]) + " to say", "refused to say")
    assert found is not None


def test_each_entry_of_a_list_is_an_alternative() -> None:
    pattern = re.compile(alternatives("reporting", "say", "direct"))
    assert all(pattern.fullmatch(word) for word in entries("reporting", "say", "direct"))
