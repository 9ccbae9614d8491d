"""Puts a dataset folder on the Hugging Face hub, in one commit, if somebody asks for it.

What goes up is what a dataset folder holds: the articles of its splits, and beside them the card, labels, declaration,
`croissant.json`, documents (`.md`), tables (`.tsv`, `.jsonl`), licence and citation, and what evalkit keeps there
itself. Whatever else lies there is left out, and named. The folder has to be valid and its card has to be that of the
gold. Articles that the folder has no more go away there, too; other files of the repository stay. The token comes from
the environment (`HF_TOKEN`), or from where the hub's own client keeps it.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.dataset.checking.disputes import DECISIONS_FILE
from evalkit.dataset.checking.validate import validate_dataset
from evalkit.dataset.labels import LABELS_FILE
from evalkit.dataset.loading.load import load_splits
from evalkit.dataset.loading.reader_names import addresses
from evalkit.dataset.loading.readings import as_read, counted_readings, settled
from evalkit.dataset.making.build import DatasetProblemsError
from evalkit.dataset.making.card import features_of, render_card
from evalkit.dataset.making.declaration import DATASET_FILE, read_declaration
from evalkit.dataset.making.manifest import MANIFEST_FILE
from evalkit.dataset.making.store import CARD_FILE, split_files
from evalkit.dataset.publishing.croissant import CROISSANT_FILE, croissant_json
from evalkit.dataset.publishing.measured import MEASURED_FILE, read_measured
from evalkit.errors import EvalkitError, InputError, OutputError, describe_error
from evalkit.files import is_leftover, read_text, refuse_irregular
from evalkit.folders import JOURNAL
from evalkit.formats.native.json_rows import read_rows
from evalkit.secrets import redacted
from evalkit.showing import number_of, shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["PushResult", "push_dataset"]

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_REVISION = re.compile(r"[A-Za-z0-9][\w.+-]*(/[A-Za-z0-9_][\w.+-]*)*")
"""What git takes for a branch or tag, of plain letters; a dot at the end, two in a row and `.lock` it refuses."""
_BESIDE = {CARD_FILE, CROISSANT_FILE, DATASET_FILE, LABELS_FILE, "CITATION.cff", "LICENCE", "LICENSE", "NOTICE"}
_ENDINGS = {".md", ".tsv", ".jsonl"}
"""What a dataset folder holds beside its splits: files of these names, and with these endings."""
MAIN = "main"


@dataclass(frozen=True, kw_only=True)
class PushResult:
    """What was put on the hub, or would be.

    Attributes:
        hub_id: `organisation/name` of the dataset.
        revision: the branch.
        tag: the tag on the commit; "" for none.
        files: path in the folder → bytes.
        left_out: what lies in the folder and is none of a dataset's files, by name; folders end in a slash.
        removed: files of the splits that went away there; unknown (empty) where nothing was asked of the hub.
        commit: the id of the commit; "" if nothing was sent.
        sent: whether it was sent; False if it was only tried (`dry_run`).
    """

    hub_id: str
    revision: str
    tag: str
    files: dict[str, int]
    left_out: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    commit: str = ""
    sent: bool = False

    def to_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "format": "evalkit.push",
            "version": 1,
            "hub_id": self.hub_id,
            "revision": self.revision,
            "tag": self.tag,
            "sent": self.sent,
            "commit": self.commit,
            "files": dict(self.files),
            "left_out": list(self.left_out),
            "removed": list(self.removed),
        }

    def to_pandas(self) -> DataFrame:
        """One row a file, with its bytes."""
        import pandas as pd

        return pd.DataFrame(list(self.files.items()), columns=["file", "bytes"])

    _repr_html_ = shown_html


def push_dataset(
    folder: str | Path,
    hub_id: str,
    *,
    revision: str = MAIN,
    tag: str = "",
    message: str = "",
    create: bool = False,
    private: bool = False,
    dry_run: bool = False,
) -> PushResult:
    """Puts a dataset folder on the hub in one commit.

    Args:
        folder: the dataset folder.
        hub_id: `organisation/name` of the dataset on the hub.
        revision: the branch; made from the main one if it is not there.
        tag: a tag for the commit, such as `v1.2`; one that is there is never moved.
        message: of the commit; by default what the folder holds.
        create: make the repository if there is none.
        private: a repository that is made is private.
        dry_run: look at everything here, ask nothing of the hub and send nothing.

    Raises:
        InputError: a name is none, or the folder is no dataset folder or has a card of another state.
        DatasetProblemsError: something is wrong with the gold.
        OutputError: the hub refuses it, or cannot be reached.
    """
    place = Path(folder)
    for what, name, shape in (
        ("a dataset on the hub", hub_id, _NAME),
        ("a revision", revision, _REVISION),
        ("a tag", tag or "v1", _REVISION),
    ):
        if not shape.fullmatch(name) or ".." in name or (shape is _REVISION and not _is_kept_by_git(name)):
            hint = ": organisation/name" if shape is _NAME else ""
            raise InputError(f"{name!r} is no name of {what}{hint}")
    if not place.is_dir() or not (place / CARD_FILE).is_file():
        raise InputError(f"{place}: is no dataset folder with a card; make it with evalkit dataset build --out {place}")
    names, left_out = _files_of(place)
    _check(place)
    files = {name: (place / name).stat().st_size for name in names}
    planned = PushResult(hub_id=hub_id, revision=revision, tag=tag, files=files, left_out=left_out)
    if dry_run:
        return planned
    told = message or f"{number_of(sum(name.endswith('.json') and '/' in name for name in files), 'article')}"
    try:
        return _sent(place, planned, told, create=create, private=private)
    except EvalkitError:
        raise
    except Exception as error:
        # The client raises many kinds for one cause (network, rights, names); people need the one line.
        said = redacted(" ".join(describe_error(error).split()))
        raise OutputError(f"{hub_id}: not sent: {said}") from error


def _check(folder: Path) -> None:
    """Refuses what has problems, or a card that says something of another state."""
    found = validate_dataset(folder)
    if found.problems:
        raise DatasetProblemsError(str(folder), found.problems)
    declared, measured = read_declaration(folder), read_measured(folder)
    splits = load_splits(folder, decide=settled)
    _refuse_addresses(folder, counted_readings(example for gold in splits for example in gold), declared.readers)
    stored = load_splits(folder, check=False, decide=as_read)
    made = {
        CARD_FILE: render_card(splits, declared, folder=folder.resolve().name, measured=measured),
        CROISSANT_FILE: croissant_json(stored, features_of(splits), declared, measured),
    }
    for name, content in made.items():
        if not (folder / name).is_file() or read_text(folder / name) != content:
            raise InputError(
                f"{folder / name}: says something else than the gold and {DATASET_FILE} do now; evalkit dataset build "
                f"--out {folder} makes it anew"
            )


def _refuse_addresses(folder: Path, readers: Iterable[str], declared: Iterable[str]) -> None:
    """Refuses readers, and people who decided, who are called by what looks like an e-mail address."""
    record = folder / DECISIONS_FILE
    rows = (row for _, row in read_rows(record)) if record.is_file() else ()
    decided = [name for row in rows for name in row.get("by") or () if isinstance(name, str)]
    if found := addresses((*readers, *decided)):
        own = shlex.quote(str(folder))
        verb = f"adjudicate {own}" if record.is_file() else f"build {own}"
        raise InputError(
            f"{folder}: {found[0]!r:.80} looks like an e-mail address of a reader, which would be public; give another "
            f"name with evalkit dataset {verb} --out {own} --rename-annotator {found[0]}=NAME"
        )
    if found := addresses(declared):
        raise InputError(
            f"{folder / DATASET_FILE}: [readers] has {found[0]!r:.80}, which looks like an e-mail address and would be "
            "public; write the name that the readings have"
        )


def _is_kept_by_git(name: str) -> bool:
    """Whether git takes a name of plain parts (`git help check-ref-format`), and hubs, which refuse `.git`, too."""
    return not any(part.endswith((".", ".lock", ".git")) for part in name.split("/"))


def _files_of(folder: Path) -> tuple[list[str], tuple[str, ...]]:
    """The files that go up, and what else lies in the folder and its splits.

    Raises:
        InputError: something that is not hidden is a link, or neither file nor folder.
    """
    splits = split_files(folder)
    names: list[str] = []
    left_out: list[str] = []
    for place in (folder, *(folder / split for split in splits)):
        for path in sorted(place.iterdir()):
            if is_leftover(path.name) or path.name == JOURNAL or (place == folder and path.name in splits):
                continue
            if not path.name.startswith("."):
                _refuse_link(path)
            name = path.relative_to(folder).as_posix()
            if path in splits.get(place.name, ()) if place != folder else _is_of_dataset(path):
                names.append(name)
            else:
                left_out.append(f"{name}/" if path.is_dir() else name)
    for split in splits:
        _refuse_link(folder / split)
    return names, tuple(left_out)


def _is_of_dataset(path: Path) -> bool:
    """Whether a file beside the splits is one that a dataset folder holds."""
    if not path.is_file() or path.is_symlink():
        return False
    if path.name.startswith("."):
        return path.name in (MANIFEST_FILE, MEASURED_FILE)
    return path.name in _BESIDE or path.suffix in _ENDINGS


def _refuse_link(path: Path) -> None:
    if path.is_symlink():
        what = "folder" if path.is_dir() else "file"
        raise InputError(f"{path}: is a link, which is not sent; put the {what} itself there, or take it out")
    refuse_irregular(path, remedy="take it out of the folder")


def _sent(folder: Path, planned: PushResult, message: str, *, create: bool, private: bool) -> PushResult:
    hub: Any = import_module("huggingface_hub")
    import_module("huggingface_hub.utils").disable_progress_bars()
    # Its address is read when it is imported; an environment that names another since is obeyed, too.
    api = hub.HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None, library_name="evalkit")
    own = {"repo_id": planned.hub_id, "repo_type": "dataset"}
    if not api.repo_exists(**own):
        if not create:
            raise OutputError(
                f"{planned.hub_id}: there is no such dataset on the hub, or no right to see it; --create makes it"
            )
        api.create_repo(**own, private=private, exist_ok=True)
    refs = api.list_repo_refs(**own)
    if planned.tag and planned.tag in {one.name for one in refs.tags}:
        raise OutputError(f"{planned.hub_id}: has a tag {planned.tag!r} already, which is never moved; name another")
    if planned.revision != MAIN and planned.revision not in {one.name for one in refs.branches}:
        api.create_branch(**own, branch=planned.revision)
    there = api.list_repo_files(**own, revision=planned.revision)
    removed = _no_more(there, planned.files)
    additions = [
        hub.CommitOperationAdd(path_in_repo=name, path_or_fileobj=str(folder / name)) for name in planned.files
    ]
    deletions = [hub.CommitOperationDelete(path_in_repo=name) for name in removed]
    done = api.create_commit(
        **own, operations=[*additions, *deletions], commit_message=message, revision=planned.revision
    )
    if planned.tag:
        api.create_tag(**own, tag=planned.tag, revision=done.oid)
    return PushResult(
        hub_id=planned.hub_id,
        revision=planned.revision,
        tag=planned.tag,
        files=planned.files,
        left_out=planned.left_out,
        removed=removed,
        commit=str(done.oid),
        sent=True,
    )


def _no_more(there: Iterable[str], files: Iterable[str]) -> tuple[str, ...]:
    """Articles of splits that are there and no more here."""
    here: Sequence[str] = tuple(files)
    return tuple(sorted(name for name in there if re.fullmatch(r"[^/.][^/]*/[^/]+\.json", name) and name not in here))
