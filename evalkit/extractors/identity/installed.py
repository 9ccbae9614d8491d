"""Which packages are installed, and in which version.

Installers write it down in a folder beside the package. Where there is one plain folder for a name it is read here;
all else is left to `importlib.metadata`, whose parser of mail takes longer to load than a network.
"""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from pathlib import Path

__all__ = ["distribution_name", "installed_version"]

_VERSION = re.compile(r"^Version:(.*)$", re.MULTILINE)


@cache
def distribution_name(name: str) -> str:
    """What the package is called that brings a top-level module."""
    known = {"sklearn": "scikit-learn", "huggingface_hub": "huggingface-hub"}.get(name, name)
    if _version_of(known):
        return known
    from importlib.metadata import packages_distributions

    return next(iter(packages_distributions().get(name, ())), known)


@cache
def installed_version(name: str) -> str:
    """The version of the package that brings a top-level module; empty if it is not installed."""
    return _version_of(distribution_name(name))


@cache
def _version_of(package: str) -> str:
    """The version of a package; empty if it is not installed."""
    if plain := _plain_version(package, tuple(sys.path)):
        return plain
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _plain_version(package: str, folders: tuple[str, ...]) -> str:
    """The version that is written down for a package; empty where that is not in one plain folder of its name."""
    for folder in folders:
        if os.path.isfile(folder):
            # An archive, which may hold packages too.
            return ""
        match [entry for entry in _notes_in(folder) if _name_of(entry) == _normal(package)]:
            case []:
                continue
            case [entry] if entry.endswith(".dist-info"):
                try:
                    head = Path(folder, entry, "METADATA").read_text(encoding="utf-8").partition("\n\n")[0]
                except (OSError, ValueError):
                    return ""
                found = _VERSION.search(head)
                return found[1].strip() if found else ""
            case _:
                return ""
    return ""


@cache
def _notes_in(folder: str) -> tuple[str, ...]:
    """What installers have written in a folder of modules; nothing in one that cannot be listed."""
    try:
        return tuple(entry for entry in os.listdir(folder or ".") if entry.endswith((".dist-info", ".egg-info")))
    except OSError:
        return ()


def _name_of(entry: str) -> str:
    return _normal(entry.rpartition(".")[0].partition("-")[0])


def _normal(name: str) -> str:
    """A name of a package in the one spelling that all its spellings share (PEP 503)."""
    return re.sub(r"[-_.]+", "_", name).lower()
