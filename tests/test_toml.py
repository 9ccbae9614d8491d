"""The reader of TOML: what is right is read, what would take for ever is refused by line before it is parsed."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import FormatError, InputError
from evalkit.toml import parse_toml, read_toml, toml_text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param('\ufeffa = "[[[["  # {{{{\n', "[[[[", id="brackets-in-a-text-and-mark-at-the-front"),
        pytest.param('a = """x"""" # one quotation mark more\n', 'x"', id="text-that-ends-in-a-mark"),
        pytest.param(f"a = '{'x.' * 500}'", "x." * 500, id="long-text-with-dots"),
        pytest.param(f"a = [{'1.5, ' * 500}]", [1.5] * 500, id="many-numbers-on-a-line"),
        pytest.param("a = " + "[" * 30 + "]" * 30, None, id="thirty-brackets"),
    ],
)
def test_what_people_write_is_read(text: str, value: object):
    read = parse_toml(text, "labels.toml")["a"]
    assert value is None or read == value


HIDDEN = 'a = ["""x"""", ' + "[" * 100_000
"""The fourth quotation mark belongs to the text: it does not begin another one that hides the brackets."""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("\na = " + "[" * 100_000, ":2: more than 32 brackets in one another; mend", id="brackets"),
        pytest.param("a = " + "{b=" * 100_000, ":1: more than 32 brackets in one another", id="braces"),
        pytest.param(HIDDEN, ":1: more than 32 brackets", id="brackets-behind-a-mark"),
        pytest.param("\n\na = " + "9" * 5000, ":3: a number or key of 5000 characters", id="digits"),
        pytest.param("a" + ".a" * 50_000 + " = 1", ":1: a key of more than 16 parts", id="dotted-key"),
        pytest.param('"a"' + ' . "a"' * 50_000 + " = 1", ":1: a key of more than 16 parts", id="dotted-key-of-texts"),
        pytest.param("[a" + ".a" * 50_000 + "]", ":1: a key of more than 16 parts", id="dotted-table"),
        pytest.param("a = 1\n" * 200_000, ": 1200000 characters of TOML, more than 1000000", id="size"),
        pytest.param('\na = """' + '\\"""' * 200_000, ':2: a text that begins with """ and does not end', id="no-end"),
        pytest.param("a = '\\", ":1: not valid TOML", id="text-that-does-not-end"),
        pytest.param('a = "\\ud800"', ":1: not valid TOML (Escaped character", id="half-a-character"),
        pytest.param("a = 1\nb =", ":2: not valid TOML (Invalid value); mend that line", id="nothing-at-the-end"),
        pytest.param("a = 1\na = 2\n", ":2: not valid TOML", id="key-twice"),
        pytest.param("a\x00 = 1", ":1: not valid TOML", id="control-character"),
    ],
)
def test_what_is_too_much_is_refused_by_line_and_soon(text: str, message: str):
    begun = perf_counter()
    with pytest.raises(FormatError) as caught:
        parse_toml(text, "labels.toml")
    assert str(caught.value).startswith(f"labels.toml{message}")
    assert "\n" not in str(caught.value)
    assert perf_counter() - begun < 2


def test_a_file_that_cannot_be_read(tmp_path: Path):
    with pytest.raises(InputError, match=r"x\.toml: cannot be read: .*; give rules"):
        read_toml(tmp_path / "x.toml", remedy="give rules")
    (tmp_path / "x.toml").write_bytes(b"a = 1\n\xff")
    with pytest.raises(InputError, match=r"x\.toml: not UTF-8 at byte 6"):
        read_toml(tmp_path / "x.toml")


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.one_of(WORDS, st.integers(-(2**40), 2**40), st.booleans(), st.lists(WORDS, max_size=3))
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
TABLES = st.recursive(
    st.dictionaries(KEYS, VALUES, max_size=3),
    lambda inner: st.dictionaries(KEYS, st.one_of(VALUES, inner, st.lists(inner, min_size=1, max_size=2)), max_size=3),
    max_leaves=6,
)


@given(TABLES)
def test_what_is_written_is_read_again(tables: dict[str, object]):
    assert parse_toml(toml_text(tables), "made.toml") == tables
