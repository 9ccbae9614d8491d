"""What is no JSON is called what it is; objects over several lines are read; only what is cut off is called so."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import FormatError
from evalkit.formats.native.json_faults import json_fault, objects_in
from evalkit.formats.native.json_rows import read_rows

A = '{"id": "a", "entities": [{"start": 0, "end": 8}]}'
B = '{"id": "b", "entities": []}'
PRETTY = json.dumps(json.loads(A), indent=1)


def rows_of(path: Path, content: str | bytes) -> tuple[list[tuple[str, str]], list[str]]:
    """The ids of the rows with their places, and what is said of the rest, without the folder."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    told: list[FormatError] = []
    rows = [(where.removeprefix(str(path)), row["id"]) for where, row in read_rows(path, on_error=told.append)]
    return rows, [str(error).removeprefix(str(path)) for error in told]


FAULTS = [
    pytest.param(A.replace("8", "NaN"), ":1", "holds NaN, which is no number in JSON", id="nan"),
    pytest.param(A.replace("8", "-Infinity"), ":1", "holds -Infinity", id="infinity"),
    pytest.param(f"[{A},\n{A.replace('8', 'NaN')}]", ":2", "holds NaN", id="nan in a list"),
    pytest.param(str(json.loads(A)), ":1", "a Python object as print shows it", id="python"),
    pytest.param("{'id': 'a', 'x': array([1])}", ":1", "write it with json.dumps", id="python with an array"),
    pytest.param('{"id": "a", "x": None}', ":1", "a Python object", id="None"),
    pytest.param('{"id": "a", "entities": [],}', ":1", "a comma before the closing '}'", id="comma at the end"),
    pytest.param(f"{A},", ":1", "a comma stands after the object", id="comma after the object"),
    pytest.param(f"{A} x", ":1", "after the object follows 'x'", id="something after it"),
    pytest.param('{"id": "a\tb"}', ":1", "a raw tab or line break inside a string", id="raw tab"),
    pytest.param('{"id": "a", "text": "one\ntwo"}', ":1", "a raw tab or line break inside a string", id="raw break"),
    pytest.param('{"id": "\\ud83d"}', ":1", "half a letter", id="half a letter"),
    pytest.param('{"id": "\\ud83d"}\n' + B, ":1", "half a letter", id="half a letter before another line"),
    pytest.param('{"id": "a", "entities": [}', ":1", "expecting value at character 25", id="another bracket"),
    pytest.param("// made by hand", ":1", "a comment", id="comment"),
    pytest.param("id,text", ":1", "no JSON object but 'id,text'", id="words"),
    pytest.param('{id: "a"}', ":1", "near '{id", id="no quotation marks"),
    pytest.param('{"id": "a", "te', ":1", "is the line cut off?", id="cut off"),
    pytest.param(f"[{A},\n{B[:9]}", ":2", "is the line cut off?", id="list cut off"),
    pytest.param(f"{PRETTY}\n{PRETTY[:20]}", ":10", "is the line cut off?", id="object over lines cut off"),
    pytest.param(PRETTY.replace("8", "NaN"), ":1", "holds NaN", id="nan in an object over lines"),
    pytest.param('["a", {"e": []}]\n["b", {"e": []}]', ":1", "spaCy 2 kept training data so", id="spaCy 2"),
    pytest.param('{"id": "é"}'.encode("latin-1"), ":1", "not UTF-8 at byte 8", id="latin-1"),
    pytest.param(A.encode("utf-16"), "", "is text in UTF-16", id="utf-16"),
    pytest.param(A.encode("utf-16-le"), "", "is text in UTF-16", id="utf-16 without a mark"),
    pytest.param(A.encode("utf-32-be"), "", "is text in UTF-32", id="utf-32 without a mark"),
    pytest.param(gzip.compress(A.encode()), "", "is compressed with gzip", id="gzip"),
    pytest.param(b"PK\x03\x04rest", "", "is a zip archive", id="zip"),
    pytest.param(b"\xfd7zXZ\x00rest", "", "is compressed with xz", id="xz"),
    pytest.param(b"\x80\x04\x95", "", "is a pickle, which is never loaded", id="pickle"),
    pytest.param(b"\x00" * 40, "", "is nothing but zero bytes", id="zeros"),
    pytest.param("<!DOCTYPE html><html>", "", "is a web page", id="html"),
    pytest.param("<?xml version='1.0'?><doc/>", "", "is XML", id="xml"),
    pytest.param("version https://git-lfs.github.com/spec/v1\n", "", "is a pointer of Git LFS", id="git lfs"),
]


@pytest.mark.parametrize(("content", "place", "message"), FAULTS)
def test_what_it_is_instead(tmp_path: Path, content: str | bytes, place: str, message: str) -> None:
    _, told = rows_of(tmp_path / "a.jsonl", content)
    assert told[0].startswith(f"{place}: "), told
    assert message in told[0]
    assert ("cut off" in told[0]) == ("cut off" in message)
    assert "\n" not in told[0]


@pytest.mark.parametrize(
    ("content", "places"),
    [
        pytest.param(PRETTY, [":1"], id="over lines"),
        # An object of 9 lines, so that the second begins in line 10.
        pytest.param(f"{PRETTY}\n{PRETTY}", [":1", ":10"], id="two over lines"),
        pytest.param(f"{A}{B}", [":1", ":1"], id="two in a line"),
        pytest.param(f"{A}\n\n{B}{A}\n{B}", [":1", ":3", ":3", ":4"], id="two in a later line"),
        pytest.param(f"{A}\n{PRETTY}\n{B}", [":1", ":2", ":11"], id="one of three over lines"),
        pytest.param(f"\ufeff{A}\n\ufeff{B}", [":1", ":2"], id="a mark before each"),
    ],
)
def test_objects_are_read_however_they_lie(tmp_path: Path, content: str, places: list[str]) -> None:
    rows, told = rows_of(tmp_path / "a.jsonl", content)
    assert [where for where, _ in rows] == places
    assert told == []


def test_reading_goes_on_where_lines_are_lines(tmp_path: Path) -> None:
    rows, told = rows_of(tmp_path / "a.jsonl", f"{A}\n{B[:9]}\n{B}\n{A},\n{B}")
    assert rows == [(":1", "a"), (":3", "b"), (":5", "b")]
    assert [error.partition(": ")[0] for error in told] == [":2", ":4"]


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=3), values, max_size=3)


@given(st.lists(objects, min_size=1, max_size=3), st.sampled_from([None, 1, 2]), st.sampled_from(["", "\n", " \n\n"]))
def test_any_objects_come_back(written: list[dict[str, object]], indent: int | None, between: str) -> None:
    content = between.join(json.dumps(one, indent=indent) for one in written).encode()
    found = objects_in(content)
    assert found.is_all
    assert [row for _, row in found.objects] == written


def test_a_string_that_is_cut_off_after_a_backslash_is_cut_off() -> None:
    assert "cut off" in json_fault(b"""{"id": "it's """ + b"\\")


@given(objects, st.data())
def test_whatever_is_cut_off_is_called_so(row: dict[str, object], data: st.DataObject) -> None:
    line = json.dumps({"id": "a", "row": row})
    # Between the opening bracket and the last one, whatever there is less is missing.
    cut = line[: data.draw(st.integers(2, len(line) - 1))]
    assert "cut off" in json_fault(cut.encode()), cut
