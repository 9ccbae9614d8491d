"""The identity of evalkit's own extractors, as one hash: code, data files, settings, libraries.

The code is the closure of imports inside evalkit, those in functions included, those for type checkers left out: an
import that is added is seen without anybody keeping a list. A module that reads files beside it names them in
`DATA_FILES`. evalkit's own version is no part of it: answers that cost money outlive an upgrade that does not touch
what made them.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pathlib import Path

from evalkit.extractors.identity.contents import file_sha256
from evalkit.extractors.identity.installed import installed_version

__all__ = [
    "PACKAGE",
    "code_closure",
    "identity_of",
    "library_versions",
    "source_in",
]

PACKAGE = Path(__file__).resolve().parent.parent.parent
"""Where evalkit is."""

_NO_ANSWER = (__name__.rpartition(".")[0], "evalkit.errors", "evalkit.harmless", "evalkit.secrets")
"""How an identity is found out changes no answer, and neither does what is said in an error."""

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
        total.update(name.encode() + b"\0" + file_sha256(source))
        for path in _data_files(name, source):
            total.update(path.name.encode() + b"\0" + file_sha256(path))
    for path in files:
        total.update(file_sha256(path))
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
            ours = [imported for imported in _imports(path) if imported.partition(".")[0] == PACKAGE.name]
            waiting += [imported for imported in ours if not imported.startswith(_NO_ANSWER)]
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
    return source_in([PACKAGE.parent], module)


def source_in(folders: Iterable[Path], module: str) -> Path | None:
    """The file of a module, in the first of some folders that has it."""
    for folder in folders:
        path = folder.joinpath(*module.split("."))
        for candidate in (path.with_suffix(".py"), path / "__init__.py"):
            if candidate.is_file():
                return candidate
    return None


def _data_files(name: str, source: Path) -> list[Path]:
    if "\nDATA_FILES" not in source.read_text(encoding="utf-8"):
        return []
    return list(import_module(name).DATA_FILES)
