"""Gold as it was at a revision of git: its files out of the repository, byte for byte, in a temporary folder.

Nothing of the repository is run: no hook, no filter, no attribute of a file. What a filter would make of a file, such
as Git LFS of a pointer, is not there and said.
"""

from __future__ import annotations

import os
import posixpath
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.dataset.labels import LABELS_FILE
from evalkit.dataset.making.declaration import DATASET_FILE
from evalkit.errors import InputError, OutputError
from evalkit.files import is_name, write_staged
from evalkit.folders import TemporaryFolder
from evalkit.registry import near_match

__all__ = ["NotInRevisionError", "Revision", "checked_out", "parsed_revision"]

_LFS = b"version https://git-lfs"
_LINK, _MODULE = "120000", "160000"
_QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}


@dataclass(frozen=True, slots=True)
class Revision:
    """Files of a revision.

    Attributes:
        path: the file or folder that was asked for.
        name: what was asked for, with the commit that it is.
        folder: where its files are, in `held`.
        place: what that folder is as git writes it, such as `HEAD:annotations`.
        held: keeps the files while somebody has this.
    """

    path: Path
    name: str
    folder: Path
    place: str
    held: TemporaryFolder

    def as_asked(self, message: str) -> str:
        """A message with the places of files as git writes them: nobody knows, or finds again, where they are here."""
        inside = self.place if self.place.endswith(":") else f"{self.place}/"
        return message.replace(f"{self.folder}{os.sep}", inside).replace(str(self.folder), self.place)


class NotInRevisionError(InputError):
    """A revision has no such file or folder."""


def parsed_revision(source: str) -> tuple[str, str] | None:
    """The revision and the path of `REV:PATH`, as git writes it; None if it is something else, such as a path."""
    revision, colon, path = source.partition(":")
    # One letter is a drive; what is there is a path.
    if not colon or len(revision) < 2 or path.startswith("//") or os.path.lexists(source):
        return None
    return revision, path or "."


def checked_out(revision: str, path: str, *, at: Path | None = None) -> Revision:
    """A file or folder as it was at a revision; beside a file the labels and the declaration of its folder.

    Args:
        revision: anything that git takes for a commit.
        path: from the top of the repository; one that begins with `./` or `../`, from `at`.
        at: a folder of the repository; the current one by default.

    Raises:
        NotInRevisionError: there is no such file in that revision.
        InputError: git is not installed, there is no repository, or no such revision.
    """
    git = _Git(at or Path.cwd())
    commit = git.commit(revision)
    asked = f"{revision}:{path}"
    if path.startswith(("./", "../")) or path in (".", ".."):
        path = posixpath.normpath(posixpath.join(git.prefix(), path))
        if path.startswith(".."):
            raise InputError(f"{asked}: is outside the repository; name a path in it")
    path = posixpath.normpath(path)
    files = git.files(commit, path)
    if not files:
        raise NotInRevisionError(f"{asked}: that revision has no {path!r}{git.hint(commit, path)}")
    if path in files:
        beside = {posixpath.join(posixpath.dirname(path), name) for name in (LABELS_FILE, DATASET_FILE)}
        files |= {name: blob for one in sorted(beside) for name, blob in git.files(commit, one).items()}
        root = posixpath.dirname(path)
    else:
        root = "" if path == "." else path
    held = TemporaryFolder("evalkit-git-")
    folder = held.path / (posixpath.basename(root) or "repository")
    _write(folder, {name.removeprefix(root).lstrip("/"): blob for name, blob in files.items()}, git, asked)
    name = f"{asked} ({commit[:7]})"
    at_place = folder / posixpath.basename(path) if path in files else folder
    return Revision(path=at_place, name=name, folder=folder, place=f"{revision}:{root}", held=held)


def _write(folder: Path, files: dict[str, str], git: _Git, asked: str) -> None:
    for (name, _), content in zip(files.items(), git.contents(list(files.values())), strict=True):
        if not all(is_name(part) and part not in ("", ".", "..") and "\\" not in part for part in name.split("/")):
            raise InputError(f"{asked}: holds {name!r:.80}, which is no file name here; rename it")
        if content.startswith(_LFS):
            raise InputError(f"{asked}: {name!r:.80} is kept by Git LFS, which is not asked; check the revision out")
        try:
            write_staged(folder / name, content)
        except OSError as error:
            raise OutputError(f"{folder}: cannot be written: {error.strerror}; set TMPDIR") from error


class _Git:
    """git as a program, asked about the repository around a folder."""

    def __init__(self, folder: Path) -> None:
        found = shutil.which("git")
        if found is None:
            raise InputError("git is not installed, and a revision needs it; install it")
        self._program, self._folder = found, folder
        inside = self._run("rev-parse", "--git-dir")
        if inside.returncode:
            said = _said(inside)
            why = "" if "not a git repository" in said else f" ({said})"
            raise InputError(
                f"{folder}: is in no git repository that can be read{why}, and a revision is of one; check the path"
            )

    def _run(self, *words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = [self._program, "-c", "core.fsmonitor=false", "-c", "core.quotepath=false", *words]
        try:
            return subprocess.run(
                command, cwd=self._folder, input=given, capture_output=True, check=False, env={**os.environ, **_QUIET}
            )
        except OSError as error:
            raise InputError(f"git cannot be run: {error.strerror}; install it anew") from error

    def _out(self, *words: str, given: bytes = b"") -> bytes:
        done = self._run(*words, given=given)
        if done.returncode:
            raise InputError(f"git {words[0]} failed ({_said(done)}); git fsck says what is wrong with a repository")
        return done.stdout

    def commit(self, revision: str) -> str:
        """The commit that a revision is."""
        done = None
        if revision and not revision.startswith("-"):
            done = self._run("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        if done is not None and not done.returncode:
            return done.stdout.decode().strip()
        refs = self._out("for-each-ref", "--format=%(refname:short)").decode("utf-8", "replace").split()
        near = near_match(revision, refs)
        hint = f"did you mean {near!r}?" if near else "git log --oneline shows what there is"
        if self._out("rev-parse", "--is-shallow-repository").strip() == b"true":
            hint = "the clone is shallow: git fetch --unshallow (fetch-depth: 0 in a workflow) brings the others"
        raise InputError(f"{revision!r:.80}: is no revision of the git repository here; {hint}")

    def prefix(self) -> str:
        """Where the folder is in the repository; "" at its top."""
        return self._out("rev-parse", "--show-prefix").decode("utf-8", "surrogateescape").strip("\n")

    def files(self, commit: str, path: str) -> dict[str, str]:
        """Path → blob of the files at or below a path; links and other repositories are none."""
        words = [] if path == "." else ["--", path]
        listed = self._out("ls-tree", "-r", "-z", "--full-tree", commit, *words)
        files = {}
        for entry in filter(None, listed.split(b"\0")):
            about, _, name = entry.partition(b"\t")
            mode, _, blob = about.decode().split(" ")
            if mode not in (_LINK, _MODULE):
                files[name.decode("utf-8", "surrogateescape")] = blob
        return files

    def hint(self, commit: str, path: str) -> str:
        """What may have been meant by a path that is not there."""
        names = list(self.files(commit, "."))
        folders = {
            posixpath.join(*parts[:end]) for parts in (n.split("/") for n in names) for end in range(1, len(parts))
        }
        near = near_match(path, sorted({*names, *folders}))
        below = next((one for one in sorted({*names, *folders}) if one.endswith(f"/{path}")), None)
        near = below or near
        return f"; did you mean {near!r}?" if near else "; paths are from the top of the repository, or begin with ./"

    def contents(self, blobs: Sequence[str]) -> list[bytes]:
        """What some blobs hold."""
        out = self._out("cat-file", "--batch", given="".join(f"{blob}\n" for blob in blobs).encode())
        found, place = [], 0
        for blob in blobs:
            end = out.index(b"\n", place)
            about = out[place:end].split(b" ")
            if len(about) != 3:
                raise InputError(f"git has lost the object {blob} (or the clone is partial); fetch it")
            size = int(about[2])
            found.append(out[end + 1 : end + 1 + size])
            place = end + 1 + size + 1
        return found


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    return " ".join(done.stderr.decode("utf-8", "replace").split())[:300]
