"""The files that the code of a user consists of, found by its imports, and the installed libraries that it uses."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

from evalkit.extractors.identity.closure import PACKAGE, code_closure, library_versions, source_in
from evalkit.extractors.identity.installed import distribution_name, installed_version

__all__ = ["Sources"]

_STDLIB = Path(hashlib.__file__).parent


class Sources:
    """The files that some code of a user consists of, and the installed libraries that it uses.

    A module of a user is one that lies outside the folders where Python and its packages are installed.
    """

    def __init__(self, place: Path | None = None) -> None:
        """Sources that begin with nothing.

        Args:
            place: the only folder where modules are looked for, such as that of a script that another Python runs; by
                default wherever this Python finds them.
        """
        self._place = place
        self._files: dict[str, Path] = {}
        self._followed: set[str] = set()
        self._installed: set[str] = set()
        self._ours: set[str] = set()

    def add(self, module: str, file: str) -> bool:
        """Notes a module; whether it is installed, so that a version or a file of evalkit stands for all of it.

        Args:
            module: its dotted name, or `__main__`.
            file: where its code is; in a notebook that is no file.
        """
        root, path = module.partition(".")[0], Path(file)
        if root == PACKAGE.name:
            self._ours.add(module)
            return True
        installed = bool(file) and _is_installed(path)
        if root in sys.stdlib_module_names and (installed or not path.is_file()):
            return True
        # A notebook is `__main__` too, and the file of that is the kernel's.
        if installed and root != "__main__":
            self._installed.add(root)
            return True
        if path.is_file() and not installed:
            self._files.setdefault(module, path)
        return False

    def add_import(self, name: str) -> None:
        """Notes a module by the name that code imports it by, and the packages around it."""
        root = name.partition(".")[0]
        if root in sys.stdlib_module_names or not root:
            return
        parts = name.split(".")
        modules = [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
        if root == PACKAGE.name:
            # `from evalkit import Span` names a class; where it is from shows when the code is read.
            self._ours.update(modules[1:])
            return
        folders = _folders_of(root) if self._place is None else [self._place]
        for module in modules:
            if (path := source_in(folders, module)) is not None:
                self.add(module, str(path))
            elif module == root and self._place is None:
                self.add(root, getattr(sys.modules.get(root), "__file__", None) or "")

    def files(self) -> dict[str, Path]:
        """The source files of the user's modules and all that these import, and those of evalkit; by module."""
        while waiting := [item for item in self._files.items() if item[0] not in self._followed]:
            for module, path in waiting:
                self._followed.add(module)
                for name in _imports_of(path, module):
                    self.add_import(name)
        files = dict(self._files)
        for module in self._ours:
            files |= code_closure(module)
        return files

    def versions(self, *, own: str = "") -> list[str]:
        """The installed libraries, each as `name==version`, sorted; Python itself is one of them.

        Args:
            own: the module that brings the extractor. If it is installed, its files count too, by the hashes that
                were written down when it was installed: whoever develops it does not always change its version.
        """
        names = set(self._installed)
        lines = {line for module in self._ours for line in library_versions(module)}
        lines |= {f"{name}=={installed_version(name)}" for name in names}
        lines.add(f"python=={sys.version_info.major}.{sys.version_info.minor}")
        root = own.partition(".")[0]
        return sorted(lines) + (_installed_hashes(root) if root in names else [])


def _is_installed(file: Path) -> bool:
    return bool({"site-packages", "dist-packages"} & set(file.parts)) or _STDLIB in file.parents


def _folders_of(root: str) -> list[Path]:
    """Where the modules of a top-level name are looked for: where it was found, or wherever Python looks."""
    loaded = sys.modules.get(root)
    places = [getattr(loaded, "__file__", None), *getattr(loaded, "__path__", ())]
    files = [Path(place) for place in places if place]
    if not files:
        return [Path(place or ".") for place in sys.path]
    return [file.parent.parent if file.name == "__init__.py" else file.parent for file in files]


def _imports_of(path: Path, module: str) -> Iterator[str]:
    """The dotted names that a file imports, those of a relative import too; none of a file that is no Python."""
    import ast

    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - (node.level - 1)] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            # Of `from a import b` both, whichever is a module.
            yield from (f"{base}.{alias.name}" for alias in node.names if base)


def _installed_hashes(root: str) -> list[str]:
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        files = distribution(distribution_name(root)).files or []
    except PackageNotFoundError:
        return []
    return [f"{file} {file.hash.value}" for file in files if file.hash is not None and file.suffix == ".py"]
