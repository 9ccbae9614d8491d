"""Conditions on articles: what they mean, and that nothing else is let in."""

from __future__ import annotations

from typing import Any

import pytest

from evalkit.analysis.conditions import NUMBER, PROPERTY, TEXT, TRUTH, parse_condition
from evalkit.errors import EvalkitError, InputError, UnknownNameError

KNOWN = {
    "missed": NUMBER,
    "gold": NUMBER,
    "entities.f1": NUMBER,
    "quotes.f1": NUMBER,
    "title": TEXT,
    "source": PROPERTY,
    "year": PROPERTY,
    "failed": TRUTH,
}
ARTICLE = {
    "missed": 4,
    "gold": 8,
    "entities.f1": 0.5,
    "quotes.f1": None,
    "title": "A ferry",
    "source": "post",
    "year": "2025",
    "failed": False,
}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("missed > 3", True),
        ("missed > 4", False),
        ("3 < missed <= 4", True),
        ("missed != 4", False),
        ("missed / gold >= .5", True),
        ("-missed + gold * 2 == 12", True),
        ("entities.f1 < .6 and missed > 3", True),
        ("missed > 9 or not failed", True),
        ("not (missed > 3 and gold > 3)", False),
        ("failed == False", True),
        ("source == 'post'", True),
        ('source in ("times", "post")', True),
        ('source not in ["times"]', True),
        ("missed in (3, 4)", True),
        ('"ferry" in title', True),
        ('"tram" not in title', True),
        # A property is a number where it is compared with one, and a text where with a text.
        ("year >= 2025", True),
        ("year == 2025.0", True),
        ("year == '2025'", True),
        ("year < '2026'", True),
        # What the article does not have, or what is no number, is in no relation to anything.
        ("quotes.f1 < 1", False),
        ("quotes.f1 >= 0", False),
        ("quotes.f1 != 1", False),
        ("quotes.f1 not in (1, 2)", False),
        ("source > 3", False),
        ("missed / 0 > 1", False),
        ("1e999 > missed", True),
    ],
)
def test_what_holds(condition: str, expected: bool) -> None:
    assert parse_condition(condition, KNOWN).holds(ARTICLE) is expected


def test_the_names_in_it_are_known_in_their_order() -> None:
    assert parse_condition("missed > 3 and (gold > missed or 'x' in title)", KNOWN).names == ("missed", "gold", "title")


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        pytest.param("missed", "it gives a number, not yes or no; compare it, as in missed > 3", id="no comparison"),
        pytest.param("missed and gold > 1", "missed gives a number, not yes or no", id="a number in and"),
        pytest.param("missed >", "it cannot be read; write one such as", id="unfinished"),
        pytest.param("", "it cannot be read", id="nothing"),
        pytest.param("missed = 3", "it cannot be read", id="one equals sign"),
        pytest.param("missed > 3; import os", "it cannot be read", id="statement"),
        pytest.param("missed > '3'", "missed is a number and '3' is a text; compare like with like", id="unlike"),
        pytest.param("title > 3", "title is a text and 3 is a number", id="text with number"),
        pytest.param("missed is 3", "compare with == or !=", id="is"),
        pytest.param("missed ** 9 > 1", "'missed ** 9' has no meaning here", id="power"),
        pytest.param("missed % 2 == 0", "has no meaning here", id="remainder"),
        pytest.param("~missed > 1", "has no meaning here", id="tilde"),
        pytest.param("title + 'x' == 'y'", "title gives a text, where a number is wanted", id="sum of texts"),
        pytest.param("missed in ()", "the list after in is empty", id="empty list"),
        pytest.param("missed in gold", "neither a text nor a list", id="in a number"),
        pytest.param("title == None", "None is neither a number nor a text", id="none"),
        pytest.param("len(title) > 3", "'len(title)' has no meaning here", id="call"),
        pytest.param("title[0] == 'A'", "has no meaning here", id="index"),
        pytest.param("[x for x in title] == 1", "has no meaning here", id="comprehension"),
        pytest.param("(lambda: 1)() > 0", "has no meaning here", id="lambda"),
        pytest.param("f'{title}' == 'x'", "has no meaning here", id="f-string"),
        pytest.param("(missed := 3) > 2", "has no meaning here", id="assignment"),
        pytest.param("f1 > 1", "f1 is of one task; write entities.f1 or quotes.f1", id="figure of a task"),
        pytest.param("(" * 300 + "missed", "it cannot be read", id="brackets"),
        pytest.param("not " * 60 + "failed", "too many parts stand in each other", id="deep"),
        pytest.param("missed > 1 " + "or missed > 1 " * 60, "write one of at most 500", id="long"),
        pytest.param("missed > 1\0", "it cannot be read", id="zero byte"),
    ],
)
def test_what_is_refused(condition: str, message: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_condition(condition, KNOWN)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value).replace(condition, "")


@pytest.mark.parametrize("name", ["mised", "__import__", "title.__class__", "entities.f2", "entities.f1.real"])
def test_a_name_that_there_is_not(name: str) -> None:
    with pytest.raises(UnknownNameError, match="unknown name in the condition") as refused:
        parse_condition(f"{name} > 3", KNOWN)
    if name == "mised":
        assert "did you mean 'missed'?" in str(refused.value)


def test_odd_escapes_warn_nobody() -> None:
    assert not parse_condition(r"title == '\d'", KNOWN).holds(ARTICLE)


def test_whatever_is_typed_is_a_condition_or_one_message() -> None:
    pieces = [
        "missed",
        "3",
        "'x",
        "(",
        ")",
        " in ",
        "not ",
        ".",
        ">",
        "=",
        "\\",
        "title",
        ",",
        "[",
        "*",
        "é",
        "\t",
        "and ",
    ]
    for number in range(3000):
        typed, rest = "", number
        while rest:
            rest, at = divmod(rest, len(pieces))
            typed += pieces[at]
        try:
            found: Any = parse_condition(typed, KNOWN)
            found.holds(ARTICLE)
        except EvalkitError:
            pass
