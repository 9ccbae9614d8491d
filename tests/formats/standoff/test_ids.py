"""Ids that a file gives stay, and those that are made are unlike them."""

from __future__ import annotations

from evalkit.formats.standoff.ids import own_ids, unlike


def test_a_given_id_goes_before_one_that_is_made() -> None:
    assert own_ids(["", "r1"], ["r1", "r2"]) == (["r1-2", "r1"], [])


def test_an_id_given_twice_is_told_and_made_another() -> None:
    assert own_ids(["x", "y", "x"], ["r1", "r2", "r3"]) == (["x", "y", "r3"], [2])


def test_a_name_gets_the_next_number_that_is_free() -> None:
    assert unlike("a", {"a", "a-2"}) == "a-3"
