"""What stands around a name speaks for its label."""

from __future__ import annotations

import pytest

from evalkit.extractors.rules.labels import _contexts_before, _contexts_behind, by_context
from evalkit.text.word_lists import entries


@pytest.mark.parametrize(
    ("before", "after", "labels"),
    [
        pytest.param("They met in ", " on Monday", ["GPE"], id="in"),
        pytest.param("shares of the ", " fell", ["ORG", "LOC", "ORG"], id="shares of the"),
        pytest.param("Minister ", ", 43, said", ["PER"], id="an age"),
        pytest.param("Photo: ", " /Wire", ["ORG"], id="a credit"),
        pytest.param("", "", [], id="nothing"),
    ],
)
def test_words_around_a_name_speak_for_labels(before: str, after: str, labels: list[str]) -> None:
    assert [guess.label for guess in by_context(before, after)] == labels


def test_patterns_are_kept_by_all_that_they_may_begin_or_end_with() -> None:
    """Each is tried wherever it could match: text made of what all of them are about finds as much without the keys."""
    roles = [f"the {word} " for word in sorted(entries("people", "role"))]
    nouns = [
        f"the {word}, " for file in ("org-noun", "place-noun", "work-noun") for word in sorted(entries("words", file))
    ]
    small = ["of ", "of the ", "in ", "In ", "at ", "the ", "told ", "told the ", "near ", "toward ", "By ", "photo: "]
    small += ["photo: Ida Moen / ", "river of ", "the lake, ", "mayor of ", "born in ", "along the ", "members in the "]
    fronts = [*roles, *nouns, *small, *(f"{noun}{word}" for noun in (roles[0], nouns[0]) for word in small)]
    rests = [
        f"{mark}{words}"
        for mark in (", ", " ", "’s ", "'s ", "-")
        for words in (
            "a club",
            "an old city",
            "the river",
            "a long bridge",
            "minister",
            "who",
            "43, said",
            "district",
            "said",
            "shares",
            "raised",
            "which",
            "photo/",
            "(WHO)",
        )
    ]
    before = {row for rows in _contexts_before().values() for row in rows}
    behind = {row for rows in _contexts_behind().values() for row in rows}
    for front in fronts:
        assert sorted(by_context(front, "")) == sorted(guess for pattern, guess in before if pattern.search(front)), (
            front
        )
    for rest in rests:
        assert sorted(by_context("", rest)) == sorted(guess for pattern, guess in behind if pattern.match(rest)), rest
