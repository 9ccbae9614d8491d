"""Globals that code names: of its own module, and of the modules that it imports or holds."""

from __future__ import annotations

import dis
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from evalkit.extractors.identity.sources import Sources

__all__ = ["ABOUT_ITSELF", "Named", "NamedGlobals"]

ABOUT_ITSELF = frozenset({"__builtins__", "__cached__", "__doc__", "__file__", "__loader__", "__spec__"})
"""Globals that say where a module lies, not what it does."""


_BY_TEXT = frozenset({"getattr", "attrgetter", "globals", "vars", "__dict__"})
"""By these code reaches what it names with a text."""

_ALL = frozenset({"globals", "eval", "exec"})
"""By these code reaches anything of its module."""


class Named(NamedTuple):
    """A global that is named: its module, its name, and the number of the dictionary that holds it."""

    module: str
    name: str
    scope: int


@dataclass(slots=True)
class _Scope:
    """The globals of one module: those that its own code names, and whether code elsewhere may name any of them.

    `told` are those that have been read, or are not there.
    """

    module: str
    values: dict[str, Any]
    names: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    held: bool = False


class NamedGlobals:
    """The globals that the code names which was noted so far."""

    def __init__(self, sources: Sources) -> None:
        """Nothing is noted yet; modules that code imports are added to `sources`."""
        self._sources = sources
        self._scopes: dict[int, _Scope] = {}
        self._attributes: set[str] = set()

    def note_code(self, code: types.CodeType, module: str, values: dict[str, Any]) -> list[types.CodeType]:
        """Notes what code names of its module, and the modules that it imports when it runs; gives all its parts."""
        scope = self._scopes.setdefault(id(values), _Scope(module, values))
        parts = list(_codes(code))
        for part in parts:
            # Which of these are attributes of which module shows only when it runs.
            self._attributes.update(part.co_names)
            if not _BY_TEXT.isdisjoint(part.co_names):
                # It may name by a text: any that it holds could be one.
                texts = {text for text in part.co_consts if isinstance(text, str) and text.isidentifier()}
                self._attributes |= texts
                scope.names |= texts
            if not _ALL.isdisjoint(part.co_names):
                scope.names |= values.keys()
            for instruction in dis.get_instructions(part):
                if instruction.opname == "IMPORT_NAME":
                    self._note_import(str(instruction.argval))
                elif instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                    scope.names.add(str(instruction.argval))
        return parts

    def note_module(self, module: types.ModuleType) -> None:
        """Notes a module that code holds, and so may name any attribute of; of what is installed it names none."""
        if not self._sources.add(module.__name__, getattr(module, "__file__", None) or ""):
            scope = self._scopes.setdefault(id(vars(module)), _Scope(module.__name__, vars(module)))
            scope.held = True

    def read_all(self, read: Callable[[object, str], bytes]) -> Iterator[tuple[Named, bytes]]:
        """Each global that is named and there, with what `read` makes of it; reading may name more."""
        while fresh := sorted(self._fresh()):
            for named in fresh:
                yield named, read(self._scopes[named.scope].values[named.name], named.name)

    def _fresh(self) -> list[Named]:
        """The globals that were named since this was last asked."""
        fresh = []
        for number, scope in self._scopes.items():
            names = (scope.names | self._attributes if scope.held else scope.names) - scope.told
            scope.told |= names
            there = (name for name in names - ABOUT_ITSELF if name in scope.values)
            fresh += [Named(scope.module, name, number) for name in there]
        return fresh

    def _note_import(self, name: str) -> None:
        self._sources.add_import(name)
        if name in sys.modules:
            self.note_module(sys.modules[name])


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """The code and all that is defined in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)
