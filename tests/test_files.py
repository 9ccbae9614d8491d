"""Files and folders: whole or not at all, with a message that names the place and what to do."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from evalkit.errors import FormatError, InputError, OutputError
from evalkit.files import append_file, json_bytes, parse_json, read_json, read_text, replace_children, write_file


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


class TestWriteFile:
    def test_whole_and_with_its_folder(self, tmp_path: Path):
        write_file(tmp_path / "a" / "b.txt", b"one")
        write_file(tmp_path / "a" / "b.txt", "två\r\n")
        assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.txt"]
        assert (tmp_path / "a" / "b.txt").read_bytes() == "två\r\n".encode()

    def test_a_place_that_cannot_be_written_leaves_nothing(self, tmp_path: Path):
        (tmp_path / "taken").mkdir()
        with pytest.raises(OutputError, match="taken: cannot be written: Is a directory; choose another place"):
            write_file(tmp_path / "taken", b"x")
        assert [path.name for path in tmp_path.iterdir()] == ["taken"]

    def test_an_interrupted_write_leaves_the_old_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        write_file(tmp_path / "a", "old")

        def interrupt(self: Path, content: bytes) -> int:
            self.touch()
            raise KeyboardInterrupt

        monkeypatch.setattr(Path, "write_bytes", interrupt)
        with pytest.raises(KeyboardInterrupt):
            write_file(tmp_path / "a", "new")
        assert contents(tmp_path) == {"a": "old"}


class TestReading:
    def test_no_such_file(self, tmp_path: Path):
        with pytest.raises(InputError, match=r"gone: cannot be read: No such file or directory; check the path$"):
            read_text(tmp_path / "gone")

    def test_not_utf8(self, tmp_path: Path):
        (tmp_path / "a").write_bytes(b"ab\xff")
        with pytest.raises(InputError, match="a: not UTF-8 at byte 2; save it as UTF-8"):
            read_text(tmp_path / "a")

    def test_json_and_back(self, tmp_path: Path):
        write_file(tmp_path / "a", json_bytes({"b": [1, "å"], "a": None}))
        assert (tmp_path / "a").read_text() == '{\n  "b": [\n    1,\n    "å"\n  ],\n  "a": null\n}\n'
        assert read_json(tmp_path / "a") == {"b": [1, "å"], "a": None}

    def test_what_to_do_is_said_by_the_caller(self, tmp_path: Path):
        (tmp_path / "a").write_text("{")
        with pytest.raises(FormatError, match=r"a: not valid JSON \(.*\); run again"):
            read_json(tmp_path / "a", missing="run it first", damaged="run again")
        with pytest.raises(InputError, match=r"gone: cannot be read: .*; run it first"):
            read_json(tmp_path / "gone", missing="run it first", damaged="run again")


class TestReplaceChildren:
    def test_named_children_are_replaced_and_others_stay(self, tmp_path: Path):
        replace_children(tmp_path / "d", {"x/1": "1", "x/2": "2", "y": "y", "z": "z"})
        replace_children(tmp_path / "d", {"x/3": "3"}, remove=["z"])
        assert contents(tmp_path) == {"d/x/3": "3", "d/y": "y"}

    def test_a_failing_rename_puts_everything_back(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        replace_children(tmp_path / "d", {"a": "old", "b/1": "old"})
        rename = os.replace

        def full(source: Path, target: Path) -> None:
            if Path(target).name == "b" and "new" in Path(source).parts:
                raise OSError(28, "No space left on device")
            rename(source, target)

        monkeypatch.setattr(os, "replace", full)
        with pytest.raises(OutputError, match="d: cannot be written: No space left on device"):
            replace_children(tmp_path / "d", {"a": "new", "b/2": "new"})
        assert contents(tmp_path) == {"d/a": "old", "d/b/1": "old"}


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        pytest.param(None, b"new\n", id="no-file"),
        pytest.param(b"", b"new\n", id="empty"),
        pytest.param(b"old\n", b"old\n\nnew\n", id="whole-line"),
        pytest.param(b"old", b"old\n\nnew\n", id="cut-line"),
    ],
)
def test_what_is_appended_stands_apart(tmp_path: Path, there: bytes | None, expected: bytes) -> None:
    path = tmp_path / "folder" / "summary.md"
    if there is not None:
        path.parent.mkdir()
        path.write_bytes(there)

    append_file(path, "new\n")

    assert path.read_bytes() == expected


def test_appending_says_where_it_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(OutputError, match="cannot be written"):
        append_file(tmp_path / "file" / "summary.md", "new\n")


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        pytest.param(b'{"a": {"b": 1, "b": 2}}', "the key 'b' stands twice in one object", id="key-twice"),
        pytest.param(b'{"a" : {"b" :1, "\\u0062": 2}}', "the key 'b' stands twice in one object", id="two-spellings"),
        pytest.param(b'{"\\u0022": 1, "\\"": 2}', "the key '\"' stands twice in one object", id="quotation-marks"),
        pytest.param(b"[" * 500 + b"]" * 500, "too many brackets in one another", id="brackets"),
        pytest.param(b"[" * 100_000, "not valid JSON", id="very-many-brackets"),
        pytest.param(b"9" * 5000, "not valid JSON", id="digits"),
        pytest.param(b'{"a": NaN}', "not valid JSON", id="nan"),
        pytest.param(b'"\\ud800"', "not valid JSON", id="half-a-character"),
    ],
)
def test_json_of_which_something_would_be_lost_is_refused(content: bytes, wrong: str):
    with pytest.raises(FormatError, match=rf"^x\.json: {wrong}.*; mend it$"):
        parse_json(content, "x.json")


@pytest.mark.parametrize(
    "content", ['{"a": "\\u0022:", "b" : "\\"\\/:", "c":[" : "]}', '{"a": {"b": 1}, "b": {"a": 2}}']
)
def test_other_spellings_of_json_are_read(content: str):
    assert parse_json(content.encode(), "x.json") == json.loads(content)
