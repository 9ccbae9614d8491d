"""Annotations answer for the layers that are there, and say which those are when asked for another."""

from __future__ import annotations

import copy
import pickle

import pytest

from evalkit.records import Annotations, Entity, Scope, Span

ENTITY = Entity(id="e1", spans=(Span(0, 4),), label="PER")
HALF = Annotations(entities=(ENTITY,), quotes=(), scope=Scope(zones=("body",)))


def test_a_layer_by_name_and_as_an_attribute() -> None:
    assert HALF["entities"] == HALF.entities == (ENTITY,)
    assert HALF["quotes"] == HALF.quotes == ()


def test_a_layer_that_is_not_there() -> None:
    assert HALF["stances"] is None
    assert not hasattr(HALF, "stances")
    with pytest.raises(AttributeError, match="no layer 'stances' is annotated here; there is entities, quotes"):
        HALF.stances  # noqa: B018
    with pytest.raises(AttributeError, match="there is none"):
        Annotations().claims  # noqa: B018


def test_none_takes_a_layer_away_and_items_come_in_any_form() -> None:
    assert HALF.with_layers(quotes=None, stances=[]) == Annotations(
        {"entities": [ENTITY], "stances": ()}, Scope(zones=("body",))
    )


def test_copies_are_equal() -> None:
    assert copy.copy(HALF) == copy.deepcopy(HALF) == pickle.loads(pickle.dumps(HALF)) == HALF
    assert hash(copy.deepcopy(HALF)) == hash(HALF)


def test_layers_are_looked_for_and_gone_through_by_name() -> None:
    # A subscript alone would make Python ask for the layers 0, 1, 2 …, without end.
    assert "entities" in HALF
    assert "stances" not in HALF
    assert 0 not in HALF
    assert list(HALF) == ["entities", "quotes"]
    assert (len(HALF), len(Annotations())) == (2, 0)
    assert bool(Annotations())
