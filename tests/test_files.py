"""Files: whole or not at all, with a message that names the place and what to do."""

from __future__ import annotations

import errno
import json
import os
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from evalkit.errors import FormatError, InputError, OutputError
from evalkit.files import (
    append_file,
    file_name_of,
    growing,
    is_leftover,
    json_bytes,
    locked,
    parse_json,
    read_inside,
    read_json,
    read_text,
    write_file,
)
from tests.faults import Killed, count_writes, failing, killed_at


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("name", ["con", "NUL", "aux.2025", "Com1", "lpt³"])
def test_an_id_that_names_a_device_elsewhere_is_refused(name: str):
    with pytest.raises(FormatError, match="is the name of a device on Windows; use another"):
        file_name_of(name, ".json")


@pytest.mark.parametrize("name", ["..", "a/b", "a\\b", "C:x", "C:", "a b", "a ", ".a", "", "x" * 200])
def test_an_id_that_is_no_file_name_is_refused(name: str):
    with pytest.raises(FormatError, match="the id cannot be a file name"):
        file_name_of(name, ".json")


@pytest.mark.parametrize("name", ["console", "aux-port", "a.", "com10", "x-con"])
def test_other_ids_are_file_names(name: str):
    assert file_name_of(name, ".json") == f"{name}.json"


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

        def interrupt(descriptor: int, content: bytes) -> int:
            raise KeyboardInterrupt

        monkeypatch.setattr(os, "write", interrupt)
        with pytest.raises(KeyboardInterrupt):
            write_file(tmp_path / "a", "new")
        assert contents(tmp_path) == {"a": "old"}

    @pytest.mark.parametrize("how", ["short", "full", "error", "kill"])
    def test_whatever_fails_it_is_the_old_file_or_the_new(self, tmp_path: Path, how: str):
        def work() -> None:
            write_file(tmp_path / "a", "new content")

        for k in range(1, count_writes(work) + 1):
            os.truncate(tmp_path / "a", 0)
            with failing(k, how), suppress(OutputError, Killed):
                work()
            whole = (tmp_path / "a").read_text()
            assert whole in ("", "new content")
            assert whole or how != "short"
            if how != "kill":
                assert [path.name for path in tmp_path.iterdir()] == ["a"]

    def test_what_a_killed_process_left_is_removed_later(self, tmp_path: Path):
        assert killed_at(2, lambda: write_file(tmp_path / "a", "new"))
        (left,) = tmp_path.iterdir()
        assert is_leftover(left.name)
        write_file(tmp_path / "a", "one")
        assert left.exists(), "it may be of a process that is at work"
        os.utime(left, (0, 0))
        write_file(tmp_path / "a", "two")
        assert contents(tmp_path) == {"a": "two"}

    def test_a_link_is_replaced_and_not_followed(self, tmp_path: Path):
        (tmp_path / "outside").write_text("keep me")
        (tmp_path / "soft").symlink_to(tmp_path / "outside")
        os.link(tmp_path / "outside", tmp_path / "hard")
        write_file(tmp_path / "soft", "new")
        write_file(tmp_path / "hard", "new")
        assert contents(tmp_path) == {"hard": "new", "outside": "keep me", "soft": "new"}

    @pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs shared memory among the devices")
    def test_shared_memory_holds_files(self):
        with TemporaryDirectory(dir="/dev/shm") as place:
            for content in ("a longer one", "one"):
                write_file(Path(place, "a"), content)
            assert contents(Path(place)) == {"a": "one"}

    def test_a_pipe_stays_one(self, tmp_path: Path):
        os.mkfifo(tmp_path / "pipe")
        reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
        write_file(tmp_path / "pipe", "shown\n")
        assert os.read(reader, 100) == b"shown\n"
        os.close(reader)


class TestGrowing:
    @pytest.mark.parametrize("how", ["short", "full", "error"])
    def test_a_batch_is_there_whole_or_not_at_all(self, tmp_path: Path, how: str):
        path = tmp_path / "lines"

        def work() -> None:
            with growing(path) as append:
                append(b"one\ntwo\n")
                append(b"three\nfour\n")

        for k in range(1, count_writes(work) + 1):
            path.unlink(missing_ok=True)
            with failing(k, how), suppress(OutputError):
                work()
            there = path.read_bytes() if path.exists() else b""
            # A batch that failed is taken away again; where taking it away fails too it would be half of one.
            assert there in (b"", b"one\ntwo\n", b"one\ntwo\nthree\nfour\n")
            assert how != "short" or there.endswith(b"four\n")

    def test_links_are_refused(self, tmp_path: Path):
        (tmp_path / "outside").write_text("keep me")
        (tmp_path / "soft").symlink_to(tmp_path / "outside")
        os.link(tmp_path / "outside", tmp_path / "hard")
        for name, message in (("soft", "soft: is a link"), ("hard", "hard: is a hard link")):
            with pytest.raises(OutputError, match=message), growing(tmp_path / name) as append:
                append(b"x")
        with pytest.raises(OutputError, match="is a link, and none is followed"):
            read_inside(tmp_path / "soft")
        os.mkfifo(tmp_path / "pipe")
        for name in (".", "pipe"):
            with pytest.raises(InputError, match="is no file; delete it"):
                read_inside(tmp_path / name)
        assert (tmp_path / "outside").read_text() == "keep me"


class TestLock:
    def test_the_second_is_told_who_holds_it(self, tmp_path: Path):
        with locked(tmp_path, "evalkit run"):
            message = rf"process {os.getpid()} on .* \(evalkit run\) is at work in it; wait until it ends, or go"
            with pytest.raises(OutputError, match=message), locked(tmp_path, remedy="go"):
                pass
        with locked(tmp_path):
            assert is_leftover(".lock")
        assert contents(tmp_path) == {}

    def test_threads_of_one_process_keep_each_other_out(self, tmp_path: Path):
        at_work, most, refused = [0], [0], [0]

        def work(_: int) -> None:
            try:
                with locked(tmp_path):
                    at_work[0] += 1
                    most[0] = max(most[0], at_work[0])
                    time.sleep(0.001)
                    at_work[0] -= 1
            except OutputError:
                refused[0] += 1

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(200)))
        assert most == [1]
        assert refused[0] > 0

    def test_it_is_free_when_its_process_was_killed(self, tmp_path: Path):
        def work() -> None:
            with locked(tmp_path, "evalkit run"):
                pass

        for k in range(1, count_writes(work) + 1):
            assert killed_at(k, work)
            work()
            assert contents(tmp_path) == {}

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked here")
    def test_a_forked_process_holds_nothing(self, tmp_path: Path):
        reader, writer = os.pipe()
        with locked(tmp_path):
            with warnings.catch_warnings():
                # Threads of other tests; this process does nothing but wait.
                warnings.simplefilter("ignore", DeprecationWarning)
                child = os.fork()
            if not child:
                os.read(reader, 1)
                os._exit(0)
        with locked(tmp_path):
            assert os.waitpid(child, os.WNOHANG) == (0, 0), "it lives still"
        os.write(writer, b"x")
        os.waitpid(child, 0)
        os.close(reader)
        os.close(writer)

    def test_a_link_for_a_lock_empties_nothing(self, tmp_path: Path):
        (tmp_path / "r").mkdir()
        (tmp_path / "outside").write_text("keep me")
        for link in (os.symlink, os.link):
            link(tmp_path / "outside", tmp_path / "r" / ".lock")
            with pytest.raises(OutputError, match="link"), locked(tmp_path / "r"):
                pass
            (tmp_path / "r" / ".lock").unlink()
        assert (tmp_path / "outside").read_text() == "keep me"

    def test_without_locks_it_is_refused_plainly(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        def none(*_: object) -> None:
            raise OSError(errno.ENOLCK, "No locks available")

        monkeypatch.setattr("evalkit.files._lock_now", none)
        with (
            pytest.raises(OutputError, match=r"has no locks \(No locks available\).*choose another place"),
            locked(tmp_path),
        ):
            pass


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


@pytest.mark.parametrize("how", ["short", "full", "error"])
def test_what_cannot_be_appended_whole_is_taken_away_again(tmp_path: Path, how: str) -> None:
    path = tmp_path / "summary.md"
    for k in range(1, 4):
        path.write_text("old\n")
        with failing(k, how), suppress(OutputError):
            append_file(path, "new\n")
        assert path.read_text() in ("old\n", "old\n\nnew\n")
