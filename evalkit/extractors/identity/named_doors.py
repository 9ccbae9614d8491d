"""Doors by which code reaches files and other code: what goes through them has to be spelt out to be known.

Read from the compiled code, as cells of notebooks have no other. An argument is spelt out if it consists of texts,
globals and attributes (whose values are read), joined as paths are; what is formatted, added up or called for is not.
"""

from __future__ import annotations

import builtins
import dis
import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import PurePath
from typing import Any, NamedTuple

from evalkit.extractors.identity.named_files import NamedFiles
from evalkit.extractors.identity.sources import Sources

__all__ = ["NamedDoors"]

_FILE, _FOLDER, _CODE, _COMMAND, _ANY, _ATTRIBUTE = "file", "folder", "code", "command", "any", "attribute"

_DOORS: Mapping[str, str] = {
    **dict.fromkeys(("builtins.open", "io.open", "_io.open", "io.FileIO", "_io.FileIO", "os.open"), _FILE),
    **dict.fromkeys(("gzip.open", "bz2.open", "lzma.open", "codecs.open", "tokenize.open"), _FILE),
    **dict.fromkeys(("os.listdir", "os.scandir", "glob.glob", "glob.iglob"), _FOLDER),
    **dict.fromkeys(("builtins.eval", "builtins.exec", "builtins.compile"), _CODE),
    **dict.fromkeys(("importlib.import_module", "builtins.__import__"), _CODE),
    **dict.fromkeys(("subprocess.run", "subprocess.Popen", "subprocess.call"), _COMMAND),
    **dict.fromkeys(("subprocess.check_call", "subprocess.check_output"), _COMMAND),
    **dict.fromkeys(("subprocess.getoutput", "subprocess.getstatusoutput", "os.system", "os.popen"), _ANY),
    **dict.fromkeys(("os.walk", "os.fwalk", "os.readlink", "os.expanduser", "os.expandvars"), _ANY),
    **dict.fromkeys(("runpy.run_path", "runpy.run_module", "pathlib.home"), _ANY),
    "builtins.getattr": _ATTRIBUTE,
}
"""Package and name of what Python has → what has to be spelt out of it; of `_ANY` nothing can be."""

_METHODS: Mapping[str, str] = {
    **dict.fromkeys(("open", "read_text", "read_bytes"), _FILE),
    **dict.fromkeys(("iterdir", "glob", "rglob"), _FOLDER),
    **dict.fromkeys(("expanduser", "readlink"), _ANY),
}
"""The same for methods of paths, which have to be spelt out themselves."""

_VALUES = ("sys.argv", "sys.orig_argv", "sys.stdin")

_HOMES = {"posix": "os", "nt": "os", "posixpath": "os", "ntpath": "os"}

_JOINS = frozenset(
    {
        *("Path", "PurePath", "PosixPath", "join", "joinpath", "dirname", "abspath", "realpath", "normpath", "fspath"),
        *("resolve", "absolute", "with_name", "as_posix", "str", "files", "sorted", "list", "tuple", "set", "reversed"),
        *("enumerate", "zip", "items", "keys", "values", "glob", "iglob", "rglob", "iterdir", "listdir"),
        # What is opened may be opened by way of another; each is judged by itself.
        *("scandir", "open", "read_text", "read_bytes", "compile", "import_module", "__import__"),
    }
)
"""What may be called on the way to a path."""

_CALLS = ("PRECALL",) if sys.version_info < (3, 12) else ("CALL", "CALL_KW")
_COMPUTES = ("BUILD_STRING", "FORMAT_", "CALL_FUNCTION_EX", "PUSH_NULL", "LOAD_BUILD_CLASS")
_GOES_ON = ("FOR_ITER", "UNPACK_SEQUENCE", "COPY", "SWAP")
"""These hand on what was there before them."""

_NAMES = frozenset({*(name.rpartition(".")[2] for name in _DOORS), *_METHODS})


class _Door(NamedTuple):
    """A door that code goes through; `told` is None where what it reaches is not spelt out."""

    name: str
    kind: str
    told: _Told | None


@dataclass(slots=True)
class _Told:
    """What an expression is made of: its texts in their order, and the parameters of the function that it is in."""

    texts: list[str] = field(default_factory=list)
    given: set[str] = field(default_factory=set)

    def __iadd__(self, other: _Told) -> _Told:
        self.texts += other.texts
        self.given |= other.given
        return self


class NamedDoors:
    """The doors that code goes through."""

    def __init__(self, files: NamedFiles, sources: Sources) -> None:
        """Nothing is noted yet; files and modules that are spelt out are noted in `files` and `sources`."""
        self._files, self._sources = files, sources
        self._noted: list[tuple[types.CodeType, Mapping[str, Any]]] = []

    def note(self, code: types.CodeType, values: Mapping[str, Any]) -> None:
        """Notes one piece of code; `values` are the globals among which it finds names."""
        self._noted.append((code, values))

    def read(self) -> str:
        """Where code does not spell out what it reaches, in words, the first; empty if it always does."""
        # A function that hands what it is given to a door is one itself.
        openers: dict[str, str] = {}
        unread: dict[types.CodeType, str] = {}
        known = -1
        while known < len(openers):
            known = len(openers)
            for code, values in self._noted:
                if _goes_through_one(code, values, openers):
                    self._read(_Code(code, values, openers), openers, unread)
        return next((unread[code] for code, _ in self._noted if code in unread), "")

    def _read(self, code: _Code, openers: dict[str, str], unread: dict[types.CodeType, str]) -> None:
        name = code.code.co_name
        for door in code.doors():
            told = door.told
            if told is not None and told.given and told.given == code.given:
                openers.setdefault(name, door.kind)
            elif told is None or (told.given and door.kind == _CODE):
                unread.setdefault(code.code, f"what {name} reaches by {door.name} without spelling it out")
            elif told.given:
                continue
            elif door.kind == _FOLDER:
                self._files.note_folder(told.texts)
            elif door.kind == _FILE and told.texts and not any(set(text) & set("*?[") for text in told.texts):
                # What a pattern finds is judged where it is asked for.
                self._files.note_opened(told.texts)
            elif door.kind == _CODE:
                for text in told.texts:
                    if text.replace(".", "").isidentifier():
                        self._sources.add_import(text)


def _goes_through_one(code: types.CodeType, values: Mapping[str, Any], openers: Mapping[str, str]) -> bool:
    """Whether code may go through a door; taking it apart takes long."""
    names = {*code.co_names, *code.co_freevars}
    return not (
        names.isdisjoint(_NAMES)
        and names.isdisjoint(openers)
        and not any(_name_of(values.get(name)) in _DOORS for name in code.co_names)
    )


def _name_of(value: Any) -> str:
    """Package and name of a function or class, wherever in the package it is from."""
    if not isinstance(value, types.BuiltinFunctionType | types.FunctionType | types.MethodType | type):
        return ""
    package = str(getattr(value, "__module__", None) or "").partition(".")[0]
    return f"{_HOMES.get(package, package)}.{value.__name__}"


class _Code:
    """One piece of code, taken apart."""

    def __init__(self, code: types.CodeType, values: Mapping[str, Any], openers: Mapping[str, str]) -> None:
        self.code = code
        self._values, self._openers = values, openers
        steps = [step for step in dis.get_instructions(code) if step.opname not in ("CACHE", "EXTENDED_ARG")]
        self._steps = _alike(steps)
        count = code.co_argcount + code.co_kwonlyargcount
        self.given = {name for name in code.co_varnames[:count] if name not in ("self", "cls", ".0")}
        self._stored: dict[str, list[int]] = {}
        self._imported: dict[str, Any] = {}
        module: Any = None
        for number, step in enumerate(self._steps):
            before = self._steps[number - 1] if number else step
            if step.opname == "IMPORT_NAME":
                module = sys.modules.get(str(step.argval))
            elif step.opname.startswith("STORE_") and before.opname == "IMPORT_NAME":
                # `import os.path` binds `os`.
                self._imported[str(step.argval)] = sys.modules.get(str(before.argval).partition(".")[0])
            elif step.opname.startswith("STORE_") and before.opname == "IMPORT_FROM":
                self._imported[str(step.argval)] = getattr(module, str(before.argval), None)
            elif step.opname.startswith(("STORE_FAST", "STORE_DEREF")):
                for name in step.argval if isinstance(step.argval, tuple) else [step.argval]:
                    self._stored.setdefault(str(name), []).append(number)

    def doors(self) -> Iterator[_Door]:
        """Each door that it goes through."""
        number = 0
        while number < len(self._steps):
            begun, value = number, self._value(self._steps[number])
            while number + 1 < len(self._steps) and isinstance(value, types.ModuleType | type):
                after = self._steps[number + 1]
                if after.opname not in ("LOAD_ATTR", "LOAD_METHOD"):
                    break
                number += 1
                if isinstance(value, types.ModuleType) and f"{value.__name__}.{after.argval}" in _VALUES:
                    yield _Door(f"{value.__name__}.{after.argval}", _ANY, None)
                value = getattr(value, str(after.argval), None)
            name, step = _name_of(value), self._steps[number]
            if name in _DOORS:
                yield _Door(
                    name.removeprefix("builtins.").removeprefix("_"), _DOORS[name], self._told(number, _DOORS[name])
                )
            elif str(step.argval) in self._openers and step.opname.startswith("LOAD_") and _is_called(step):
                kind = self._openers[step.argval]
                yield _Door(step.argval, kind, self._told(number, kind, every=True))
            elif number == begun and step.opname in ("LOAD_ATTR", "LOAD_METHOD") and step.argval in _METHODS:
                kind = _METHODS[step.argval]
                yield _Door(step.argval, kind, None if kind == _ANY else self._spelt(self._before(number)))
            number += 1

    def _value(self, step: dis.Instruction) -> Any:
        name = str(step.argval)
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            return self._values.get(name, self._imported.get(name, getattr(builtins, name, None)))
        return self._imported.get(name) if step.opname in ("LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_DEREF") else None

    def _told(self, number: int, kind: str, *, every: bool = False) -> _Told | None:
        """What a door is first given, or all; None if that is not spelt out, or nothing calls it."""
        above, second = 0, 0
        for end in range(number + 1, len(self._steps)) if kind != _ANY else ():
            step = self._steps[end]
            if step.opname in _CALLS and above == (step.arg or 0) + (step.opname == "CALL_KW"):
                steps = self._steps[number + 1 : end]
                if kind == _ATTRIBUTE:
                    return self._attribute(steps)
                if kind == _COMMAND and any("shell" in self._keywords(one) for one in steps):
                    return None
                first = steps if every or (step.arg or 0) < 2 else self._steps[number + 1 : second]
                told = self._spelt(first)
                return None if told is not None and kind == _COMMAND and "-c" in told.texts else told
            if step.opcode in dis.hasjrel or step.opcode in dis.hasjabs:
                return None
            before, above = above, above + dis.stack_effect(step.opcode, step.arg)
            if above < 0:
                return None
            if before == 1 < above:
                second = end
        return None

    def _keywords(self, step: dis.Instruction) -> tuple[str, ...]:
        """The names of arguments that a step has."""
        value = self.code.co_consts[step.arg or 0] if step.opname == "KW_NAMES" else step.argval
        return value if isinstance(value, tuple) else ()

    def _attribute(self, steps: Sequence[dis.Instruction]) -> _Told | None:
        """What `getattr` is asked for: of a module of Python anything may be a door."""
        module = self._value(steps[0]) if len(steps) > 1 else None
        if not isinstance(module, types.ModuleType) or module.__name__ not in sys.stdlib_module_names:
            return _Told()
        told = self._spelt(steps[1:])
        texts = [] if told is None or told.given else told.texts
        return _Told() if texts and _name_of(getattr(module, texts[0], None)) not in _DOORS else None

    def _before(self, number: int) -> list[dis.Instruction]:
        """The steps that make the value which the step of that number takes from the stack."""
        wanted, start = 1, number
        while start and wanted > 0:
            start -= 1
            step = self._steps[start]
            wanted -= dis.stack_effect(step.opcode, step.arg, jump=False)
            if wanted <= 0 and step.opname.startswith(_GOES_ON):
                wanted = 1
        return self._steps[start:number]

    def _spelt(self, steps: Sequence[dis.Instruction], seen: frozenset[str] = frozenset()) -> _Told | None:
        """What an expression is made of; None if it computes."""
        told = _Told()
        quiet = any(step.argval == "files" for step in steps)
        for number, step in enumerate(steps):
            name, after = step.argval, steps[number + 1 : number + 2]
            if step.opname.startswith(_COMPUTES) or (step.opname == "BINARY_OP" and step.argrepr not in ("/", "[]")):
                return None
            if (step.opcode in dis.hasjrel or step.opcode in dis.hasjabs) and step.opname != "FOR_ITER":
                return None
            if name == "join" and number and steps[number - 1].opname == "LOAD_CONST":
                # Of a text, which joins others to one.
                return None
            if _is_called(step):
                # Of a module that was imported here the function is loaded as any attribute is.
                path = [step, *takewhile(lambda one: one.opname == "LOAD_ATTR", steps[number + 1 :])]
                called = str(path[-1].argval)
                if called not in _JOINS and called not in self._openers and not called[:1].isupper():
                    return None
            value = name if step.opname == "LOAD_CONST" else self._value(step)
            is_key = bool(after) and (after[0].opname == "BINARY_SUBSCR" or after[0].argrepr == "[]")
            for text in value if isinstance(value, tuple) else (value,):
                if isinstance(text, str | PurePath) and name != "__file__" and not is_key and not quiet:
                    told.texts.append(str(text))
            if step.opname.startswith(("LOAD_FAST", "LOAD_DEREF")):
                for local in name if isinstance(name, tuple) else [name]:
                    if local in self.given and after and after[0].opname in ("LOAD_ATTR", "LOAD_METHOD"):
                        # What an article says is not known before it comes.
                        return None
                    if local in self.given:
                        told.given.add(local)
                    for stored in self._stored.get(local, ()) if local not in seen else ():
                        more = self._spelt(self._before(stored), seen | {local})
                        if more is None:
                            return None
                        told += more
        return told


def _alike(steps: Sequence[dis.Instruction]) -> list[dis.Instruction]:
    """The steps as if 3.11 and later versions of Python compiled alike.

    From 3.12 on the values of names in a comprehension are put away below an empty list, and put back after it. In 3.13
    what is to be called is marked by a step of its own, where it was by a bit of the step that loads it.
    """
    kept: list[dis.Instruction] = []
    put_away: set[str] = set()
    rest = iter(steps)
    for step in rest:
        if step.opname == "LOAD_FAST_AND_CLEAR":
            put_away.add(str(step.argval))
        elif put_away and step.opname == "SWAP" and kept and kept[-1].opname == "GET_ITER":
            # The empty list, and the iterator on top of it again.
            next(rest, None), next(rest, None)
        elif step.opname == "PUSH_NULL" and kept and kept[-1].opname in ("LOAD_ATTR", "LOAD_GLOBAL"):
            kept[-1] = kept[-1]._replace(arg=(kept[-1].arg or 0) | 1)
        elif not (step.opname == "STORE_FAST" and step.argval in put_away and kept and kept[-1].opname == "SWAP"):
            kept.append(step)
    return kept


def _is_called(step: dis.Instruction) -> bool:
    """Whether a step loads what is to be called."""
    if step.opname == "LOAD_METHOD":
        return True
    flagged = step.opname == "LOAD_GLOBAL" or (step.opname == "LOAD_ATTR" and sys.version_info >= (3, 12))
    return flagged and bool((step.arg or 0) & 1)
