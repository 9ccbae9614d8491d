"""Folders with models: what is in them, how large they are, and a hash of their content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

__all__ = ["folder_bytes", "folder_sha256"]


def folder_sha256(folder: Path) -> str:
    """SHA-256 over the names and contents of all files of a folder; hidden ones and byte code are left out."""
    digest = hashlib.sha256()
    for path in _files(folder):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{content}\n".encode())
    return digest.hexdigest()


def folder_bytes(folder: Path) -> int:
    """How many bytes the files of a folder have together."""
    return sum(path.stat().st_size for path in _files(folder))


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and "__pycache__" not in parts and not any(part.startswith(".") for part in parts):
            yield path
