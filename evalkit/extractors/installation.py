"""What is installed here: versions, extras, the cache, the processor; looked up without loading anything heavy."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.folders import cache_folder
from evalkit.harmless import clean
from evalkit.origin import install_command
from evalkit.showing import number_of, shown_html
from evalkit.version import __version__

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["ActiveSetting", "Cache", "Extra", "Installation", "look_at_cache", "look_at_extras", "look_at_processor"]

_OF_DEVELOPERS = ("test", "docs")
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][\w.-]*)")
_EXTRA = re.compile(r"""extra\s*==\s*["']([\w.-]+)["']""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """Packages that something needs and the plain installation does not bring.

    Attributes:
        name: how pip is told.
        packages: name → version; empty if it is not installed.
        install: the command that installs what is missing; empty if nothing is.
    """

    name: str
    packages: Mapping[str, str]
    install: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """Where predictions and corpora are kept.

    Attributes:
        folder: the folder.
        files: how many there are in it.
        bytes: their size.
        problem: why nothing can be kept there; empty if it can.
    """

    folder: str
    files: int = 0
    bytes: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveSetting:
    """An option that has a value without being typed.

    Attributes:
        command: the command that takes it.
        option: the option, without dashes.
        value: its value, as words.
        where: the file with its table, or the variable.
    """

    command: str
    option: str
    value: str
    where: str


@dataclass(frozen=True, kw_only=True, repr=False)
class Installation:
    """What is installed here, what can be run, and what is wrong.

    Attributes:
        versions: evalkit, Python and the packages that it cannot do without, by name; empty for one that is missing.
        extras: what else can be installed.
        cache: where things are kept.
        processor: what computes here: `system`, `machine`, `cores` that may be used, `memory` in GB, `accelerator`.
        models: name of a shipped extractor, or a form such as `hf:` → what it lacks, empty if it can be run.
        settings: what is taken from the project and the environment.
        problems: what is wrong, each with what to do.
    """

    versions: Mapping[str, str]
    extras: tuple[Extra, ...]
    cache: Cache
    processor: Mapping[str, str]
    models: Mapping[str, str]
    settings: tuple[ActiveSetting, ...] = ()
    problems: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        return clean(f"<Installation evalkit {self.versions['evalkit']}, {number_of(len(self.problems), 'problem')}>")

    @property
    def shortfall(self) -> str:
        """What is wrong, in one line; empty if nothing is."""
        return "; ".join(self.problems)

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        plain = ("versions", "processor", "models")
        return {
            "format": "evalkit.installation",
            "version": 1,
            **{name: dict(getattr(self, name)) for name in plain},
            "extras": [{**asdict(one), "packages": dict(one.packages)} for one in self.extras],
            "cache": asdict(self.cache),
            "settings": [asdict(one) for one in self.settings],
            "problems": list(self.problems),
        }

    def rows(self) -> list[dict[str, str]]:
        """One row for each package, extra, model, setting and problem, and one for the cache."""
        size = f"{number_of(self.cache.files, 'file')}, {self.cache.bytes / 1e6:.1f} MB"
        told = [
            *(("package", name, number, "" if number else "not installed") for name, number in self.versions.items()),
            *(("extra", one.name, _told(one.packages), one.install) for one in self.extras),
            ("cache", self.cache.folder, size, self.cache.problem),
            *(("model", name, "", lacks) for name, lacks in self.models.items()),
            *(("setting", f"{one.command} --{one.option}", one.value, one.where) for one in self.settings),
            *(("problem", text, "", "") for text in self.problems),
        ]
        return [dict(zip(("kind", "name", "is", "lacks"), row, strict=True)) for row in told]

    def to_pandas(self) -> DataFrame:
        """These rows; of a setting `lacks` is its place."""
        import pandas as pd

        return pd.DataFrame(self.rows())

    _repr_html_ = shown_html


def _told(packages: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {number}" if number else f"{name} (missing)" for name, number in packages.items())


def look_at_versions() -> dict[str, str]:
    """The versions of evalkit, of Python, and of all packages that the plain installation brings."""
    plain = [_name(text) for text in _requirements() if not _EXTRA.search(text)]
    own = {"evalkit": __version__, "python": platform.python_version()}
    return own | {name: _version(name) for name in sorted(plain)}


def look_at_extras() -> tuple[Extra, ...]:
    """The extras that users may want, and what of them is here."""
    wanted: dict[str, list[str]] = {}
    for text in _requirements():
        if (extra := _EXTRA.search(text)) and extra[1] not in _OF_DEVELOPERS:
            wanted.setdefault(extra[1], []).append(_name(text))
    return tuple(_extra(name, sorted(names)) for name, names in sorted(wanted.items()))


def _extra(name: str, names: list[str]) -> Extra:
    packages = {package: _version(package) for package in names}
    install = "" if all(packages.values()) else install_command(name)
    return Extra(name=name, packages=packages, install=install)


def _requirements() -> list[str]:
    try:
        return requires("evalkit") or []
    except PackageNotFoundError:
        # Run from its sources, which no installer has seen.
        return []


def _name(requirement: str) -> str:
    found = _REQUIREMENT.match(requirement)
    return found[1] if found else requirement


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def look_at_cache() -> Cache:
    """The folder in which predictions and corpora are kept, and how much there is."""
    folder = cache_folder()
    sizes = list(_sizes(folder))
    nearest = next((one for one in (folder, *folder.absolute().parents) if one.exists()), folder)
    problem = ""
    if not nearest.is_dir():
        problem = f"{nearest} is no folder"
    elif not os.access(nearest, os.W_OK | os.X_OK):
        problem = f"{nearest} cannot be written to"
    return Cache(folder=str(folder), files=len(sizes), bytes=sum(sizes), problem=problem)


def _sizes(folder: Path) -> Iterator[int]:
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                yield os.lstat(os.path.join(place, name)).st_size
            except OSError:
                # Another run may put it away in this moment.
                continue


def look_at_processor() -> dict[str, str]:
    """What computes here."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    facts = {"system": f"{platform.system()} {platform.release()}".strip(), "machine": platform.machine()}
    facts["cores"] = str(cores)
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        facts["memory"] = f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.1f} GB"
    if devices := sorted(path.name for path in Path("/dev").glob("nvidia[0-9]*")):
        facts["accelerator"] = ", ".join(devices)
    return facts
