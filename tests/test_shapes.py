"""Shapes of JSON values: what fits passes, what does not is named with its place, what was found and expected."""

from __future__ import annotations

import pytest

from evalkit.errors import FormatError
from evalkit.shapes import Shape, checked, each, fields, flag, interval, list_of, number, numbers, ruled, text

POINT = fields({"x": number(0, 9), "y": numbers(whole=True)}, {"on": flag, "names": list_of(text)})
PAIRS = ruled(each(interval), lambda value: "" if "f1" in value else "an interval of f1")


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        pytest.param(POINT, {"x": 9, "y": [1, -2], "on": None, "more": object()}, id="null-is-as-left-out"),
        pytest.param(POINT, {"x": 0.5, "y": [], "names": ["å", ""]}, id="all"),
        pytest.param(PAIRS, {"f1": [0, 0.5], "recall": (1, 1)}, id="rule"),
    ],
)
def test_what_fits_is_given_back(shape: Shape, value: object):
    assert checked(value, shape, "p.json", "draw again") is value


@pytest.mark.parametrize(
    ("shape", "value", "said"),
    [
        pytest.param(POINT, [], ": found [], expected an object", id="list"),
        pytest.param(POINT, {"y": []}, " at x: found nothing, expected a number from 0 to 9", id="missing"),
        pytest.param(POINT, {"x": 10, "y": []}, " at x: found 10, expected a number from 0 to 9", id="above"),
        pytest.param(POINT, {"x": 1, "y": [1, 0.5]}, " at y[1]: found 0.5, expected a whole number", id="not-whole"),
        pytest.param(POINT, {"x": 1, "y": [2**60]}, f" at y[0]: found {2**60}, expected a whole number", id="huge"),
        pytest.param(
            POINT, {"x": 1, "y": [], "on": 1}, " at on: found 1, expected true or false", id="number-for-flag"
        ),
        pytest.param(POINT, {"x": 1, "y": [], "names": "ab"}, " at names: found 'ab', expected a list", id="letters"),
        pytest.param(PAIRS, {"f1": [1, 0]}, " at f1: found [1, 0], expected a lower bound that", id="turned"),
        pytest.param(PAIRS, {"f1": [1]}, " at f1: found [1], expected a lower and an upper bound", id="one-bound"),
        pytest.param(PAIRS, {}, ": found {}, expected an interval of f1", id="rule"),
        pytest.param(PAIRS, {1: [0, 1]}, ": found 1, expected text", id="name-that-is-a-number"),
    ],
)
def test_what_does_not_fit_is_named(shape: Shape, value: object, said: str):
    with pytest.raises(FormatError) as caught:
        checked(value, shape, "p.json", "draw again")
    assert str(caught.value).startswith(f"p.json: damaged{said}")
    assert str(caught.value).endswith("; draw again")
