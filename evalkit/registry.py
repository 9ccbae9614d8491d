"""Names and what they stand for: built-in tables of "module:attr" strings, plus entry points of other packages.

Nothing is imported until a name is asked for, so listing names costs nothing.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from evalkit.errors import EvalkitError, UnknownNameError, guarded

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint, EntryPoints

__all__ = ["Registry", "blamed_plugin", "check_names", "installed", "near_match", "unknown_name"]


@cache
def _scanned() -> Callable[..., EntryPoints]:
    """Each package has a file to be opened, which takes long: once, and not before plugins are looked for."""
    from importlib.metadata import EntryPoints, distributions

    points: dict[str, EntryPoints] = {}
    for package in distributions():
        # Parsing takes as long as opening, and most packages bring something to others, nothing to us.
        if "[evalkit." in (package.read_text("entry_points.txt") or ""):
            # Of a package that is there twice the first is imported.
            points.setdefault(package.name, package.entry_points)
    return EntryPoints(point for own in points.values() for point in own).select


def installed(group: str) -> EntryPoints:
    """The entry points of a group that installed packages bring."""
    return _scanned()(group=group)


def blamed_plugin(error: BaseException) -> str:
    """The plugin in whose code an error arose, in words; empty if it was that of nobody else."""
    trace, modules = error.__traceback__, []
    while trace is not None:
        modules.append(str(trace.tb_frame.f_globals.get("__name__")))
        trace = trace.tb_next
    points = [point for point in _scanned()() if point.group.startswith("evalkit.")] if modules else []
    for module in reversed(modules):
        root = module.partition(".")[0]
        # That of the very module first: a package may bring several.
        near = [point for point in points if point.module.partition(".")[0] == root]
        for point in sorted(near, key=lambda point: point.module != module):
            return f"{point.group.split('.')[1].removesuffix('s')} {point.name!r} ({point.value})"
    return ""


def near_match(name: object, known: Iterable[str], *, least: float = 0.5) -> str | None:
    """The known name that `name` was most likely meant to be, or None where none is at `least` so similar (0 to 1)."""
    by_folded: dict[str, str] = {}
    for one in known:
        by_folded.setdefault(one.lower(), one)
    found = difflib.get_close_matches(str(name).lower(), by_folded, n=1, cutoff=least)
    return by_folded[found[0]] if found else None


def unknown_name(what: str, name: object, known: Iterable[str]) -> UnknownNameError:
    """The error for a name that nobody registered: says what is known and what was probably meant."""
    names = sorted(known)
    near = near_match(name, names)
    hint = f"; did you mean {near!r}?" if near else "."
    return UnknownNameError(f"unknown {what} {name!r}{hint} Known: {', '.join(names)}")


def check_names(what: str, names: Iterable[str], known: Collection[str]) -> None:
    """Refuses a name that is not among those known.

    Raises:
        UnknownNameError: there is one.
    """
    for name in names:
        if name not in known:
            raise unknown_name(what, name, known)


@dataclass(frozen=True)
class Registry:
    """One kind of plugin.

    Attributes:
        what: the word for messages, such as "extractor".
        table: built-in names to "module:attr".
        group: the entry-point group where other packages add names.
        functions: whether each name stands for a function.
    """

    what: str
    table: Mapping[str, str]
    group: str
    functions: bool = False

    def entry_points(self) -> dict[str, EntryPoint]:
        """The plugins that installed packages bring, by name; built-in names cannot be replaced."""
        return {point.name: point for point in installed(self.group) if point.name not in self.table}

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted({*self.table, *self.entry_points()})

    def load(self, name: str) -> Any:
        """The object behind `name`.

        Raises:
            UnknownNameError: nobody registered it; the message names the near match.
            EvalkitError: a plugin is registered but cannot be imported, whatever it raises, or is no function.
        """
        if name in self.table:
            module, _, attribute = self.table[name].partition(":")
            return getattr(import_module(module), attribute)
        plugins = self.entry_points()
        if name not in plugins:
            raise unknown_name(self.what, name, [*self.table, *plugins])
        what = f"{self.what} {name!r} is installed as {plugins[name].value!r} but cannot be loaded"
        with guarded(what, remedy=_MEND):
            loaded = plugins[name].load()
        if self.functions and not callable(loaded):
            raise EvalkitError(f"{self.what} {name!r} is {_indefinite(type(loaded).__name__)}, not a function; {_MEND}")
        return loaded


_MEND = "mend or uninstall the package that brings it"


def _indefinite(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in set('aeiou') else 'a'} {noun}"
