"""The files of a corpus on this machine: when they are fetched, from where, and that they are checked."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from evalkit.dataset.catalogue.fetch import FILES as FOLDER
from evalkit.dataset.catalogue.fetch import corpus_folder, fetch_corpus, is_here
from evalkit.dataset.catalogue.table import find_entry
from evalkit.errors import InputError, OutputError
from tests.dataset.catalogue.file_server import FileServer, Handler, cut_after, serve, status
from tests.dataset.catalogue.small_corpus import FILES, TEST, write_copy


def contents(folder: Path) -> dict[str, str]:
    root = folder / FOLDER
    return {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*") if path.is_file()}


def test_it_is_said_before_anything_is_fetched(small: FileServer, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING):
        folder = fetch_corpus(find_entry("small"), may_download=True)
    assert contents(folder) == FILES
    (said,) = caplog.messages
    assert said == (
        "fetching small (Small corpus) from 127.0.0.1/nobody/small at 0123456: 0.2 kB; "
        "licence: CC BY-NC 4.0; no commercial use"
    )


def test_nothing_is_fetched_off_a_terminal_without_being_asked(small: FileServer):
    with pytest.raises(InputError, match=r"small: is a public corpus that is not here yet .*add --download"):
        fetch_corpus(find_entry("small"))
    assert not small.asked


def test_at_a_terminal_the_name_is_asking(small: FileServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert contents(fetch_corpus(find_entry("small"))) == FILES


def test_what_is_here_is_not_fetched_again(small: FileServer):
    fetch_corpus(find_entry("small"), may_download=True)
    asked = len(small.asked)
    fetch_corpus(find_entry("small"))
    assert len(small.asked) == asked == len(FILES)


def test_what_was_changed_is_fetched_again(small: FileServer):
    folder = fetch_corpus(find_entry("small"), may_download=True)
    path = folder / FOLDER / "data/small.test.conll"
    path.write_text(TEST.replace("Ola", "Ida"))
    assert not is_here(find_entry("small"))
    fetch_corpus(find_entry("small"), may_download=True)
    assert contents(folder) == FILES
    assert len(small.asked) == len(FILES) + 1


def test_one_file_that_fails_leaves_no_corpus(small: FileServer):
    small.files.popitem()
    with pytest.raises(InputError, match="answered 404"):
        fetch_corpus(find_entry("small"), may_download=True)
    assert not is_here(find_entry("small"))


def test_what_came_before_a_failure_is_gone_on_from(small: FileServer):
    small.replies = [cut_after(20), status(404)]
    with pytest.raises(InputError, match="answered 404"):
        fetch_corpus(find_entry("small"), may_download=True)
    small.replies = [serve]
    small.asked.clear()
    assert contents(fetch_corpus(find_entry("small"), may_download=True)) == FILES
    assert "bytes=20-" in [told for _, told in small.asked]


@pytest.mark.parametrize("root", ["", "data", "somewhere/small"])
def test_a_copy_has_the_paths_of_the_repository_from_some_folder_on(root: str, small: FileServer, tmp_path: Path):
    write_copy(tmp_path / "copy" / root)
    assert contents(fetch_corpus(find_entry("small"), copy=tmp_path / "copy")) == FILES
    assert not small.asked


def test_a_copy_may_be_flat(small: FileServer, tmp_path: Path):
    for path, content in FILES.items():
        (tmp_path / Path(path).name).write_text(content)
    assert contents(fetch_corpus(find_entry("small"), copy=tmp_path)) == FILES


def test_of_two_files_of_a_name_the_right_one_is_taken(small: FileServer, tmp_path: Path):
    write_copy(tmp_path / "copy" / "z")
    (tmp_path / "copy" / "a").mkdir()
    (tmp_path / "copy" / "a" / "small.test.conll").write_text("another\n")
    assert contents(fetch_corpus(find_entry("small"), copy=tmp_path / "copy")) == FILES


def test_a_copy_that_lacks_a_file_is_named(small: FileServer, tmp_path: Path):
    write_copy(tmp_path / "copy")
    (tmp_path / "copy" / "data" / "small.test.conll").unlink()
    with pytest.raises(InputError, match=r"copy: has no data/small\.test\.conll, which belongs to small"):
        fetch_corpus(find_entry("small"), copy=tmp_path / "copy")
    assert not contents(corpus_folder(find_entry("small")))


def test_a_copy_with_another_file_is_named(small: FileServer, tmp_path: Path):
    write_copy(tmp_path / "copy")
    (tmp_path / "copy" / "data" / "small.test.conll").write_text("Ola O\n")
    with pytest.raises(InputError, match=r"is another small\.test\.conll than small has at 0123456 \(6 bytes, expect"):
        fetch_corpus(find_entry("small"), copy=tmp_path / "copy")


def test_a_copy_must_be_a_folder(small: FileServer, tmp_path: Path):
    with pytest.raises(InputError, match="is no folder"):
        fetch_corpus(find_entry("small"), copy=tmp_path / "nowhere")


def test_a_cache_that_cannot_be_written_is_told(small: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "file"))
    with pytest.raises(OutputError, match=r"cannot be written.*set EVALKIT_CACHE"):
        fetch_corpus(find_entry("small"), may_download=True)


def test_an_interrupt_is_heard_at_once(small: FileServer):
    released = threading.Event()

    def silent(handler: Handler, content: bytes, begin: int) -> None:
        released.wait(20)

    small.replies = [silent]
    threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGINT]).start()
    begin = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            fetch_corpus(find_entry("small"), may_download=True)
    finally:
        released.set()
    # Long before the silence is over.
    assert time.monotonic() - begin < 1.5


def _fetch(done: object) -> None:
    fetch_corpus(find_entry("small"), may_download=True)
    done.put(os.getpid())  # type: ignore[attr-defined]


def test_processes_do_not_harm_each_other(small: FileServer):
    context = multiprocessing.get_context("fork")
    done = context.Queue()
    processes = [context.Process(target=_fetch, args=(done,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0] * 4
    assert contents(corpus_folder(find_entry("small"))) == FILES
    # The first fetches, the others wait and find everything there.
    assert len(small.asked) == len(FILES)
