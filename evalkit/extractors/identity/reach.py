"""What a user's extractor can reach, by value: the code it may run and the state that this code may read.

The walk begins at a function, a class or an object. Of a function it reads the code, the globals that the code names,
defaults and captured cells; of a class its bases and all that stands in it; of an object its attributes; of modules
what the code names of them. Whatever these hold is read in turn:

* Numbers, text, collections, dates, patterns and the like by value, arrays of numpy and torch and frames of pandas by
  content. Objects of other libraries give their state as they would for a copy; nothing is unpickled.
* Code outside the installed libraries by the content of its files, with all that they import and the compiled code of
  what is reached; libraries by their version, and the one that brings the extractor by the hashes of its files too.
* Files that a path or a text names, by content: see `evalkit.extractors.identity.named_files`.
* What goes through doors such as `open`, `import_module` or `eval` must be spelt out: see `named_doors`.
* Variables of the environment that code asks for by name, but for keys and passwords; apart from the rest.

Order counts where it may change an answer, an address in memory never does. What has no such content (an open file, a
session of a runtime) is named by its kind, and the result says that it could not be read.
"""

from __future__ import annotations

import contextlib
import enum
import functools
import re
import sys
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from evalkit.extractors.identity.contents import (
    COLLECTIONS,
    DESCRIPTORS,
    LIBRARIES,
    MUTE,
    NUMBERS,
    PLAIN,
    attributes_of,
    file_sha256,
    hides_state,
    joined,
)
from evalkit.extractors.identity.named_doors import NamedDoors
from evalkit.extractors.identity.named_files import NamedFiles
from evalkit.extractors.identity.named_globals import ABOUT_ITSELF, NamedGlobals
from evalkit.extractors.identity.named_variables import NamedVariables
from evalkit.extractors.identity.sources import Sources

__all__ = ["Reached", "reach"]

MOST_VALUES = 1_000_000
"""More than that takes seconds to read."""


@dataclass(frozen=True, slots=True)
class Reached:
    """What an extractor can reach.

    Attributes:
        sha256: hex, over all of it.
        unread: what could not be read, in words; empty if everything could.
        variables: hex, over the variables of the environment that its code names; empty if it names none. What they
            hold is no part of `sha256`: it is the same extractor that is asked under other circumstances.
    """

    sha256: str
    unread: str = ""
    variables: str = ""


def reach(target: object, name: str) -> Reached:
    """What a function, class or object can reach; `name` is what messages call it."""
    walk = _Walk(target)
    try:
        content = walk.read(target, name)
        named = walk.read_globals()
    except (RecursionError, _TooMuchError):
        content = named = b""
        walk.give_up(f"{name} (it reaches more than can be read)")
    sha256 = joined("reached", content, named, walk.read_files(), walk.libraries())
    variables = walk.read_variables()
    return Reached(sha256.hex(), walk.unread, variables)


class _TooMuchError(Exception):
    """There are more values than anybody wants to wait for."""


def _kind(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


class _Walk:
    """One walk: digests of what was read, and on the way which modules, files and folders are part of it.

    Attributes:
        unread: the first thing that could not be read, in words.
    """

    def __init__(self, target: object) -> None:
        self.unread = ""
        self._target = target
        self._sources = Sources()
        self._globals = NamedGlobals(self._sources)
        self._files = NamedFiles()
        self._variables = NamedVariables()
        self._doors = NamedDoors(self._files, self._sources)
        self._digests: dict[int, bytes] = {}
        self._open: dict[int, int] = {}
        # Whatever was read stays alive, so that no other object gets its place in memory and with it its digest.
        self._alive: list[object] = []
        self._trail: list[str] = []
        self._count = 0
        self._readers = self._kinds_of_code()

    def read(self, value: object, name: str = "") -> bytes:
        """The digest of a value; `name` is what it is called where it was found."""
        self._count += 1
        if self._count > MOST_VALUES:
            raise _TooMuchError
        if type(value) in PLAIN:
            return self._plain(value)
        if (known := self._digests.get(id(value))) is not None:
            return known
        if id(value) in self._open:
            return joined("levels above", str(len(self._open) - self._open[id(value)]))
        self._open[id(value)] = len(self._open)
        self._trail += [name] if name else []
        digest = joined(_kind(value), self._content(value))
        del self._trail[len(self._trail) - bool(name) :]
        del self._open[id(value)]
        self._digests[id(value)] = digest
        self._alive.append(value)
        return digest

    def read_globals(self) -> bytes:
        """What code names of its modules. Read when the code is read, as functions call each other in long chains."""
        values = [joined(*named[:2], digest) for named, digest in self._globals.read_all(self.read)]
        # Two modules of one name, as the cells of a notebook may be, are told apart by what they hold.
        return joined(*sorted(values))

    def read_files(self) -> bytes:
        """The source files, and the data files that are named."""
        self.give_up(self._doors.read())
        sources = self._sources.files()
        parts = [joined(name, file_sha256(path)) for name, path in sorted(sources.items())]
        named = self._files.digest({path.parent for path in sources.values()})
        self.give_up(self._files.unread)
        return joined(*parts, named)

    def read_variables(self) -> str:
        """The variables of the environment that are named."""
        self.give_up(self._variables.unread)
        return self._variables.digest()

    def libraries(self) -> str:
        """The installed libraries with their versions; asked when all files are known."""
        target = self._target
        while isinstance(target, functools.partial):
            target = target.func
        code = target if isinstance(target, type | types.FunctionType | types.MethodType) else type(target)
        return "\n".join(self._sources.versions(own=str(code.__module__)))

    def give_up(self, what: str) -> None:
        """Remember what could not be read, if it is the first."""
        self.unread = self.unread or what

    # Values.

    def _plain(self, value: object) -> bytes:
        if isinstance(value, str):
            self._files.note(value)
            return joined("str", value)
        return joined(type(value).__name__, value if isinstance(value, bytes) else repr(value))

    def _content(self, value: Any) -> bytes:
        kind = type(value)
        if kind in COLLECTIONS:
            return self._collection(kind, COLLECTIONS[kind](value))
        # By its class: an object that stands for another one may claim to be of that one's.
        for kinds, read_code in self._readers:
            if issubclass(kind, kinds):
                return read_code(value)
        parts_of = LIBRARIES.get(kind.__module__.partition(".")[0])
        try:
            parts = None if parts_of is None else parts_of(value)
        except (RuntimeError, TypeError):
            return self._unreadable(value)
        if parts is not None:
            return self._all(parts)
        if any(f"{base.__module__}.{base.__qualname__}" in MUTE for base in kind.__mro__):
            return b""
        if value is not self._target and hasattr(kind, "fingerprint") and hasattr(kind, "extract"):
            return joined(self.read(kind), value.fingerprint())
        return self._object(value)

    def _all(self, values: Iterable[object]) -> bytes:
        return joined(*map(self.read, values))

    def _pairs(self, items: Iterable[tuple[object, object]]) -> bytes:
        """Keys with their values, in their order: code may go through them and take the first."""
        parts = []
        for key, value in items:
            parts += [self.read(key), self.read(value, key if isinstance(key, str) else "")]
        return joined(*parts)

    def _collection(self, base: type, items: Any) -> bytes:
        if issubclass(base, dict):
            return self._pairs(items)
        values = list(items)
        if base in (set, frozenset):
            return joined(*sorted(map(self.read, values)))
        if values and all(type(item) in (int, float) for item in values):
            return joined("numbers", repr(values))
        return self._all(values)

    def _path(self, path: PurePath) -> bytes:
        content = self._files.read(path)
        return self.read(path.as_posix()) if content is None else content

    def _object(self, value: Any) -> bytes:
        """The class, what a collection or a number is, and the attributes; or what a copy would be made from."""
        kind = type(value)
        parts = [self.read(kind)]
        base = next((base for base in (*COLLECTIONS, *NUMBERS) if issubclass(kind, base)), None)
        if base is not None and base in COLLECTIONS:
            parts.append(self._collection(base, COLLECTIONS[base](value)))
            parts.append(self.read(getattr(value, "default_factory", None)))
        elif base is not None:
            parts.append(self._plain(NUMBERS[base](value)))
        elif hides_state(kind):
            return joined(*parts, self._state(value))
        return joined(*parts, self._pairs(attributes_of(value).items()))

    def _state(self, value: Any) -> bytes:
        """The state of an object whose content lies outside Python, as it gives it for a copy."""
        try:
            reduced = value.__reduce_ex__(4)
        except Exception:
            return self._unreadable(value)
        if isinstance(reduced, str):
            return joined("global", reduced)
        function, arguments, state, items, pairs = (*reduced, None, None, None)[:5]
        return joined(self._all((function, arguments, state)), self._all(items or ()), self._pairs(pairs or ()))

    def _unreadable(self, value: object) -> bytes:
        self.give_up(f"{'.'.join(self._trail)} ({_kind(value)})")
        return b"unread"

    # Code.

    def _kinds_of_code(self) -> tuple[tuple[Any, Callable[[Any], bytes]], ...]:
        return (
            (types.ModuleType, self._module),
            (type, self._class),
            (types.FunctionType, self._function),
            (types.CodeType, self._code),
            (types.MethodType, lambda method: self._all((method.__func__, method.__self__))),
            (types.BuiltinFunctionType, self._builtin),
            (functools.partial, lambda part: self._all((part.func, part.args, part.keywords, vars(part)))),
            (staticmethod | classmethod, lambda method: self.read(method.__func__)),
            (property, lambda one: self._all((one.fget, one.fset, one.fdel))),
            (DESCRIPTORS, lambda one: self._all((one.__objclass__, one.__name__))),
            (types.MethodWrapperType, lambda one: self._all((one.__self__, one.__name__))),
            (functools.cached_property, lambda one: self.read(one.func)),
            (functools._lru_cache_wrapper, lambda cached: self.read(cached.__wrapped__)),
            (enum.Enum, lambda member: self._all((type(member), member.name))),
            (re.Pattern, lambda pattern: self._all((pattern.pattern, pattern.flags))),
            (PurePath, self._path),
            (types.MappingProxyType, lambda view: self._pairs(view.items())),
        )

    def _function(self, function: types.FunctionType) -> bytes:
        code, module = function.__code__, str(function.__globals__.get("__name__"))
        parts = [self.read(function.__defaults__), self.read(function.__kwdefaults__)]
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            # A name that is not bound yet has no content.
            with contextlib.suppress(ValueError):
                parts.append(joined(name, self.read(cell.cell_contents, name)))
        parts.append(self._pairs(sorted(vars(function).items())))
        if self._sources.add(module, code.co_filename):
            # The version of a library, or a file of evalkit, stands for what its code reads besides.
            return joined(module, function.__qualname__, *parts)
        for part in self._globals.note_code(code, module, function.__globals__):
            self._variables.note(part, function.__globals__)
            if not self._is_done(function):
                self._doors.note(part, function.__globals__)
        return joined(self.read(code), *parts)

    def _is_done(self, function: types.FunctionType) -> bool:
        """Whether a function has made the object that is read: what came of it is in its attributes."""
        made = type(self._target).__mro__
        return any(vars(kind).get(name) is function for kind in made for name in ("__init__", "__post_init__"))

    def _module(self, module: types.ModuleType) -> bytes:
        self._globals.note_module(module)
        return joined(module.__name__)

    def _code(self, code: types.CodeType) -> bytes:
        counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
        names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
        return joined(code.co_code, code.co_exceptiontable, repr((counts, names)), *map(self.read, code.co_consts))

    def _builtin(self, function: types.BuiltinFunctionType) -> bytes:
        owner = function.__self__
        bound = b"" if owner is None or isinstance(owner, types.ModuleType) else self.read(owner)
        self._sources.add_import(str(function.__module__ or ""))
        return joined(str(function.__module__), function.__qualname__, bound)

    def _class(self, kind: type) -> bytes:
        module = str(kind.__module__)
        named = joined(module, kind.__qualname__)
        if self._sources.add(module, getattr(sys.modules.get(module), "__file__", None) or ""):
            return named
        body = sorted((name, value) for name, value in vars(kind).items() if name not in _OF_A_CLASS)
        return joined(named, self._all(kind.__bases__), self._pairs(body))


_OF_A_CLASS = ABOUT_ITSELF | {
    *("__annotations__", "__annotate__", "__annotate_func__", "__abstractmethods__", "__dict__", "__firstlineno__"),
    *("__module__", "__static_attributes__", "__weakref__", "_abc_impl"),
}
"""What Python puts into a class."""
