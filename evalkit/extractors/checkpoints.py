"""Checkpoints of transformers: a folder, or what is fetched from the hub for an id. No pickle, no code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from evalkit.errors import ExtractorError, MissingExtraError, UnknownNameError
from evalkit.extractors.folders import folder_sha256

__all__ = ["Checkpoint", "find_checkpoint", "require_torch"]

_HUB = re.compile(r"(?P<id>[\w.-]+(?:/[\w.-]+)?)(?:@(?P<revision>[\w./-]+))?")
_FILES = ["*.json", "*.txt", "*.model", "*.safetensors"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Where a checkpoint comes from and where its files lie.

    Attributes:
        source: the folder as it was given, or the id on the hub.
        folder: the folder with its files.
        revision: the commit on the hub, empty for a folder.
    """

    source: str
    folder: Path
    revision: str = ""

    def identity(self) -> str:
        """A string that changes with the files: a commit never does, a folder may."""
        return f"{self.source}@{self.revision}" if self.revision else folder_sha256(self.folder)


def require_torch(spec: str) -> None:
    """Check that what runs checkpoints is installed.

    Raises:
        MissingExtraError: it is not; the message has the command that installs it.
    """
    missing = [name for name in ("torch", "transformers", "safetensors") if find_spec(name) is None]
    if missing:
        raise MissingExtraError(f"{spec} needs {' and '.join(missing)}; install it: pip install 'evalkit[torch]'")


def find_checkpoint(spec: str) -> Checkpoint:
    """The checkpoint for `hf:ID_OR_PATH[@REVISION]`; only an id that is no folder here goes to the hub.

    Raises:
        UnknownNameError: there is none of that name.
        ExtractorError: it cannot be fetched, or has no safetensors weights.
    """
    name = spec.partition(":")[2]
    folder = Path(name).expanduser()
    if folder.is_dir():
        found = Checkpoint(source=name, folder=folder)
    else:
        hub = _HUB.fullmatch(name)
        if hub is None or name.startswith(".") or folder.is_file():
            raise UnknownNameError(
                f"{spec}: no folder {name!r} here, and not the form of an id of the hub (OWNER/NAME)"
            )
        found = _fetch(spec, hub["id"], hub["revision"])
    _check(spec, found.folder)
    return found


def _check(spec: str, folder: Path) -> None:
    if not (folder / "config.json").is_file():
        raise ExtractorError(f"{spec}: {folder} has no config.json; name the folder that save_pretrained wrote")
    if not any(folder.glob("*.safetensors")):
        raise ExtractorError(
            f"{spec}: no safetensors weights; evalkit does not read pickle (pytorch_model.bin): save it again with "
            "save_pretrained of a current transformers"
        )


def _fetch(spec: str, name: str, revision: str | None) -> Checkpoint:
    hub: Any = import_module("huggingface_hub")
    try:
        # Files in folders are the same weights for other runtimes.
        folder = Path(hub.snapshot_download(name, revision=revision, allow_patterns=_FILES, ignore_patterns=["*/*"]))
    except Exception as error:
        # The library has many errors for few causes; people need the one line.
        kind, said = type(error).__name__, " ".join(str(error).split())[:200]
        if kind in ("RepositoryNotFoundError", "RevisionNotFoundError", "HFValidationError"):
            raise UnknownNameError(
                f"{spec}: no such checkpoint, neither as a folder here nor on the hub ({kind})"
            ) from error
        raise ExtractorError(
            f"{spec}: no folder of that name here, and it cannot be fetched from the hub ({kind}: {said}); "
            "check the name and the network"
        ) from error
    return Checkpoint(source=name, folder=folder, revision=folder.name)
