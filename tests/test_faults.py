"""The faults that tests inject do what they say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evalkit import files
from tests.faults import Killed, count_writes, failing, killed_at, moments


def written(path: Path) -> None:
    """Three changes: the file is made, written and synced."""
    files._written(files.os.open(path, files._NEW_FILE), b"twelve bytes", synced=True)


def test_changes_are_counted_and_reading_is_none(tmp_path: Path):
    with failing(0, "") as disk:
        written(tmp_path / "a")
        assert files.read_bytes(tmp_path / "a") == b"twelve bytes"
    assert disk.calls == ["open", "write", "fsync"]
    assert count_writes(lambda: written(tmp_path / "b")) == 3


@pytest.mark.parametrize(
    ("at", "how", "raised", "content"),
    [
        pytest.param(2, "short", None, b"twelve bytes", id="the-rest-is-written-by-another-call"),
        pytest.param(1, "full", OSError, None, id="full-no-file"),
        pytest.param(2, "full", OSError, b"twelve", id="full-half-a-file"),
        pytest.param(3, "full", None, b"twelve bytes", id="full-and-nothing-more-to-write"),
        pytest.param(3, "error", OSError, b"twelve bytes", id="error"),
        pytest.param(1, "kill", Killed, None, id="killed-before-it-began"),
        pytest.param(2, "kill", Killed, b"twelve", id="killed-in-the-middle"),
    ],
)
def test_the_kth_change_goes_wrong(
    tmp_path: Path, at: int, how: str, raised: type[BaseException] | None, content: bytes | None
):
    path = tmp_path / "a"
    with failing(at, how) as disk:
        if raised is None:
            written(path)
        else:
            with pytest.raises(raised):
                written(path)
    assert disk.struck
    assert (path.read_bytes() if path.exists() else None) == content


def test_a_dead_process_changes_nothing_more(tmp_path: Path):
    def stubborn() -> None:
        try:
            written(tmp_path / "a")
        finally:
            files.os.unlink(tmp_path / "a")

    assert killed_at(2, stubborn)
    assert (tmp_path / "a").read_bytes() == b"twelve"
    assert not killed_at(9, lambda: written(tmp_path / "b"))


@pytest.mark.parametrize(
    ("how", "found"),
    [
        pytest.param("short", [2, 6], id="writes"),
        pytest.param("full", [1, 2, 5, 6], id="what-needs-space-and-before-a-write-that-is-not-begun"),
        pytest.param("error", [1, 2, 3, 4, 5, 6], id="all-for-an-error"),
        pytest.param("kill", [1, 2, 3, 4, 5, 6], id="all-for-a-kill"),
    ],
)
def test_moments_are_those_at_which_a_fault_does_what_it_does_at_no_other(tmp_path: Path, how: str, found: list[int]):
    (tmp_path / "b").mkdir()
    (tmp_path / "c").touch()

    def work() -> None:
        written(tmp_path / "a")  # open, write, fsync
        files.os.unlink(tmp_path / "a")
        files.os.rmdir(tmp_path / "b")
        descriptor = files.os.open(tmp_path / "c", os.O_RDWR)  # makes nothing, and is no change
        files.os.write(descriptor, b"more")
        os.close(descriptor)

    assert moments(work, how) == found
