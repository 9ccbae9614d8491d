"""Folders are made whole, and children of one replaced all or none, wherever a process is killed or the disk fails."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from evalkit.errors import FormatError, OutputError
from evalkit.files import locked, write_staged
from evalkit.folders import JOURNAL, finish_changes, replace_children, staged
from tests.faults import Killed, count_writes, failing, killed_at

OLD = {"README.md": "old", "test/a.json": "old a", "train/b.json": "old b", "notes.txt": "mine"}
NEW = {"README.md": "new", "test/a.json": "new a", "dev/c.json": "new c"}
AFTER = {**NEW, "notes.txt": "mine"}


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    # Nobody pulls the plug here.
    monkeypatch.setattr(os, "sync", lambda: None, raising=False)


def shown(folder: Path) -> dict[str, str]:
    """The files that a reader sees, who passes over what is hidden."""
    files = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {
        name.as_posix(): path.read_text()
        for name, path in files.items()
        if not any(part.startswith(".") for part in name.parts)
    }


def an_old_folder(folder: Path) -> Path:
    for name, content in OLD.items():
        write_staged(folder / name, content)
    return folder


def renew(folder: Path) -> None:
    replace_children(folder, NEW, remove=["train"])


class TestReplaceChildren:
    def test_named_children_are_replaced_and_others_stay(self, tmp_path: Path):
        renew(an_old_folder(tmp_path / "d"))
        assert shown(tmp_path / "d") == AFTER
        assert sorted(path.name for path in (tmp_path / "d").iterdir() if path.name.startswith(".")) == []

    def test_a_folder_that_is_not_there_is_made_whole(self, tmp_path: Path):
        renew(tmp_path / "new" / "d")
        assert shown(tmp_path / "new" / "d") == NEW
        assert [path.name for path in (tmp_path / "new").iterdir()] == ["d"]

    def test_killed_anywhere_whoever_opens_it_next_has_the_old_or_the_new(self, tmp_path: Path):
        changes = count_writes(lambda: renew(an_old_folder(tmp_path / "counted")))
        changes -= count_writes(lambda: an_old_folder(tmp_path / "old"))
        assert changes > 15
        seen = []
        for k in range(1, changes + 1):
            folder = an_old_folder(tmp_path / str(k))
            assert killed_at(k, lambda folder=folder: renew(folder))
            finish_changes(folder)
            seen.append(shown(folder))
            assert seen[-1] in (OLD, AFTER)
            renew(folder)
            assert shown(folder) == AFTER
            assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []
        # What was begun is finished, not undone, from the journal on.
        assert seen == sorted(seen, key=AFTER.__eq__)
        assert seen[0] == OLD
        assert seen[-1] == AFTER

    def test_killed_anywhere_while_it_is_finished(self, tmp_path: Path):
        changes = count_writes(lambda: renew(an_old_folder(tmp_path / "counted")))
        changes -= count_writes(lambda: an_old_folder(tmp_path / "old"))
        for k in range(1, changes + 1):
            for again in range(1, 12):
                folder = an_old_folder(tmp_path / f"{k}-{again}")
                killed_at(k, lambda folder=folder: renew(folder))
                killed_at(again, lambda folder=folder: finish_changes(folder))
                finish_changes(folder)
                assert shown(folder) in (OLD, AFTER)

    @pytest.mark.parametrize("how", ["full", "error"])
    def test_a_disk_that_fails_leaves_the_old_or_the_new(self, tmp_path: Path, how: str):
        changes = count_writes(lambda: renew(an_old_folder(tmp_path / "counted")))
        changes -= count_writes(lambda: an_old_folder(tmp_path / "old"))
        for k in range(1, changes + 1):
            folder = an_old_folder(tmp_path / str(k))
            with failing(at=k, how=how), suppress(OutputError):
                renew(folder)
            assert shown(folder) in (OLD, AFTER) or (folder / JOURNAL).exists()
            finish_changes(folder)
            assert shown(folder) in (OLD, AFTER)

    def test_a_rename_that_fails_puts_everything_back(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        folder = an_old_folder(tmp_path / "d")
        rename = os.replace

        def busy(source: Path, target: Path) -> None:
            if Path(target) == folder / "test":
                raise PermissionError(13, "Permission denied")
            rename(source, target)

        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", busy)
            with pytest.raises(OutputError, match="d: cannot be written: Permission denied"):
                renew(folder)
        # What could not be put back either is done by the next one.
        finish_changes(folder)
        assert shown(folder) in (OLD, AFTER)

    def test_two_at_once_are_refused(self, tmp_path: Path):
        folder = an_old_folder(tmp_path / "d")
        with locked(folder), pytest.raises(OutputError, match=r"d: process .* is at work in it; wait"):
            renew(folder)
        assert shown(folder) == OLD


class TestFinishChanges:
    @pytest.fixture
    def begun(self, tmp_path: Path) -> Path:
        """A folder whose change was killed after the first renames."""
        for k in count(1):
            folder = an_old_folder(tmp_path / str(k))
            assert killed_at(k, lambda folder=folder: renew(folder))
            if (folder / JOURNAL).exists() and shown(folder) != OLD:
                break
        return folder

    def test_it_is_finished(self, begun: Path):
        finish_changes(begun)
        assert shown(begun) == AFTER
        assert not (begun / JOURNAL).exists()

    def test_who_cannot_write_is_told_what_to_run(self, begun: Path):
        with failing(1, "error"), pytest.raises(OutputError) as told:
            finish_changes(begun)
        assert "a build of it was interrupted: run evalkit dataset validate" in str(told.value)

    def test_while_another_process_is_at_it(self, begun: Path):
        with locked(begun, "a build"), pytest.raises(OutputError, match=r"\(a build\) is at work in it; wait"):
            finish_changes(begun)

    @pytest.mark.parametrize(
        "name",
        ["../outside", "/tmp/x", "a/b", "..", ".git", "a\\b"],
        ids=["up", "root", "deep", "up2", "hidden", "back"],
    )
    def test_a_journal_from_anybody_touches_no_other_place(self, tmp_path: Path, name: str):
        folder = an_old_folder(tmp_path / "d")
        steps = [{"name": name, "new": False}]
        (folder / JOURNAL).write_text(json.dumps({"version": 1, "steps": steps}))
        with pytest.raises(FormatError, match="is no child of the folder; delete it"):
            finish_changes(folder)
        assert shown(folder) == OLD

    def test_a_link_is_not_followed(self, tmp_path: Path):
        folder = an_old_folder(tmp_path / "d")
        other = an_old_folder(tmp_path / "other")
        (folder / ".evalkit-work").symlink_to(other)
        (folder / JOURNAL).write_text(json.dumps({"version": 1, "steps": [{"name": "test", "new": True}]}))
        with pytest.raises(OutputError, match="is a link, and none is followed"):
            finish_changes(folder)
        assert shown(other) == OLD

    def test_a_damaged_journal_is_one_line(self, tmp_path: Path):
        (tmp_path / JOURNAL).write_text('{"version": 2, "steps": []}')
        with pytest.raises(FormatError, match=r"at version: found 2.*build the dataset again"):
            finish_changes(tmp_path)


class TestStaged:
    def write(self, place: Path) -> None:
        with staged(place) as target:
            for name, content in NEW.items():
                write_staged(target / name, content)

    @pytest.mark.parametrize("how", ["kill", "full", "error"])
    def test_a_new_folder_is_there_whole_or_not_at_all(self, tmp_path: Path, how: str):
        for k in range(1, count_writes(lambda: self.write(tmp_path / "counted")) + 1):
            place = tmp_path / str(k) / "d"
            with failing(k, how), suppress(OutputError, OSError, Killed):
                self.write(place)
            if place.exists():
                assert shown(place) == NEW
            else:
                self.write(place)
                assert shown(place) == NEW

    def test_what_killed_ones_left_is_removed_by_a_later_one(self, tmp_path: Path):
        assert killed_at(4, lambda: self.write(tmp_path / "d"))
        (leftover,) = tmp_path.iterdir()
        os.utime(leftover, (0, 0))
        self.write(tmp_path / "d")
        assert [path.name for path in tmp_path.iterdir()] == ["d"]
