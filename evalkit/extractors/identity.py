"""What an extractor runs, as one hash: the code that it can reach, its data files, its settings, its libraries.

The code is the closure of imports inside evalkit, those in functions included, those for type checkers left out: an
import that is added is seen without anybody keeping a list. A module that reads files beside it names them in
`DATA_FILES`. evalkit's own version is no part of it: answers that cost money outlive an upgrade that does not touch
what made them.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["code_closure", "folder_bytes", "folder_sha256", "identity_of", "installed_version", "library_versions"]

PACKAGE = Path(__file__).resolve().parent.parent

_TYPE_CHECKING = re.compile(r"^([ \t]*)if (?:typing\.)?TYPE_CHECKING:\n(?:\1[ \t]+.*\n|\s*\n)+", re.MULTILINE)
_IMPORT = re.compile(r"^[ \t]*(?:from\s+([\w.]+)\s+import\s+(\([^)]*\)|[^\n#]*)|import\s+([^\n#]*))", re.MULTILINE)


def identity_of(module: str, *, files: Iterable[Path] = (), parts: Iterable[str] = ()) -> str:
    """Hex SHA-256 over what a module of evalkit can reach.

    Args:
        module: where the extractor's class stands, its `__module__`.
        files: data files beside those that the modules name themselves, such as weights, in an order that stays.
        parts: settings and other identities, in an order that stays.
    """
    total = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass"))
    for name, source in sorted(code_closure(module).items()):
        total.update(name.encode() + b"\0" + _sha256(source))
        for path in _data_files(name, source):
            total.update(path.name.encode() + b"\0" + _sha256(path))
    for path in files:
        total.update(_sha256(path))
    total.update("\0".join(library_versions(module)).encode())
    return total.hexdigest()


def code_closure(module: str) -> dict[str, Path]:
    """The modules of evalkit that one can reach, itself included: dotted name → source file."""
    reached: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in reached and (path := _source_of(name)) is not None:
            reached[name] = path
            waiting += [imported for imported in _imports(path) if imported.partition(".")[0] == PACKAGE.name]
    return reached


def library_versions(module: str) -> list[str]:
    """The third-party libraries that the closure of a module imports, as `name==version`, sorted."""
    roots = {
        imported.partition(".")[0] for path in code_closure(module).values() for imported in _imports(path) if imported
    }
    names = sorted(roots - {PACKAGE.name} - sys.stdlib_module_names)
    return [f"{name}=={installed}" for name in names if (installed := installed_version(name))]


@cache
def _imports(path: Path) -> tuple[str, ...]:
    """The dotted names that a file imports; of `from a import b` both `a` and `a.b`, whichever is a module."""
    source = _TYPE_CHECKING.sub("", path.read_text(encoding="utf-8"))
    names: list[str] = []
    for base, imported, plain in _IMPORT.findall(source):
        if plain:
            names += [name.split(" as ")[0].strip() for name in plain.split(",")]
        elif not base.startswith("."):
            inner = [name.split(" as ")[0].strip() for name in imported.strip("()").replace("\n", " ").split(",")]
            names += [base, *(f"{base}.{name}" for name in inner if name)]
    return tuple(dict.fromkeys(names))


@cache
def _source_of(module: str) -> Path | None:
    path = PACKAGE.parent.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def _data_files(name: str, source: Path) -> list[Path]:
    if "\nDATA_FILES" not in source.read_text(encoding="utf-8"):
        return []
    return list(import_module(name).DATA_FILES)


def _sha256(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


@cache
def installed_version(name: str) -> str:
    """The version of the package that a name is imported from; empty if it is not installed."""
    try:
        return version({"sklearn": "scikit-learn", "huggingface_hub": "huggingface-hub"}.get(name, name))
    except PackageNotFoundError:
        return ""


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
