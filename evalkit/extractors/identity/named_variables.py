"""Variables of the environment that code names: `os.environ["NAME"]`, `os.getenv("NAME")` and the like."""

from __future__ import annotations

import dis
import os
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalkit.extractors.identity.contents import joined
from evalkit.secrets import is_secret

__all__ = ["NamedVariables"]

_DOORS = {"environ", "environb", "getenv", "getenvb"}
_NAMES = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_ATTR", "LOAD_METHOD"}
_ASKING = {"get", "setdefault", "pop"}
_OF_A_VALUE = {"LOAD_ATTR", "LOAD_METHOD"}
_USES = ("CALL", "PRECALL", "BINARY_SUBSCR", "STORE_SUBSCR", "DELETE_SUBSCR")


class NamedVariables:
    """The variables that were named, each with the value that it has.

    Attributes:
        unread: where code asks for others than it spells out, in words; empty if it does not.
    """

    def __init__(self) -> None:
        """Nothing is named yet."""
        self.unread = ""
        self._names: set[str] = set()

    def note(self, code: types.CodeType, values: Mapping[str, Any]) -> None:
        """Notes what one piece of code asks for; `values` are the globals among which it finds names."""
        for name in _asked(code, values):
            if name is None:
                self.unread = self.unread or f"the environment, of which {code.co_name} reads what it does not name,"
            # Who pays for an answer does not change it, and a new key is no new extractor.
            elif not is_secret(name):
                self._names.add(name)

    def digest(self) -> str:
        """One digest of all that was named, empty if nothing was; a variable that is not there has no value."""
        values = [(name, os.environ.get(name)) for name in sorted(self._names)]
        told = (joined(name, "" if value is None else joined(value)) for name, value in values)
        return joined(*told).hex() if values else ""


def _asked(code: types.CodeType, values: Mapping[str, Any]) -> Iterator[str | None]:
    """The names of the variables that code asks for; None for one that it does not spell out."""
    steps = [step for step in dis.get_instructions(code) if step.opname != "CACHE"]
    for number, step in enumerate(steps):
        if step.opname not in _NAMES or step.argval not in _DOORS:
            continue
        rest = [after for after in steps[number + 1 :] if after.opname != "PUSH_NULL"]
        if rest and rest[0].opname == "CONTAINS_OP":
            # What is looked for was loaded before: in front of `os`, if `environ` is an attribute of that.
            before = number - (1 if step.opname in ("LOAD_GLOBAL", "LOAD_NAME") else 2)
            yield _text(steps[before], values) if before >= 0 else None
            continue
        if rest and rest[0].opname in _NAMES and rest[0].argval in _ASKING:
            rest = [after for after in rest[1:] if after.opname != "PUSH_NULL"]
        yield _text(rest[0], values) if rest and _is_used_as_it_is(rest[1:]) else None


def _is_used_as_it_is(steps: Sequence[dis.Instruction]) -> bool:
    """Whether a value that was just loaded is what the next call or item is asked with, and no part of an expression.

    Found by how many values lie on top of it: what takes it off the stack uses it.
    """
    above = 0
    for step in steps:
        if step.opcode in dis.hasjrel or step.opcode in dis.hasjabs or (not above and step.opname in _OF_A_VALUE):
            return False
        effect = dis.stack_effect(step.opcode, step.arg)
        taken = 1 - effect if effect <= 0 and step.opname not in ("KW_NAMES", "NOP") else 0
        if taken > above:
            return step.opname.startswith(_USES)
        above += effect
    return False


def _text(step: dis.Instruction, values: Mapping[str, Any]) -> str | None:
    value = None
    if step.opname == "LOAD_CONST":
        value = step.argval
    elif step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
        value = values.get(str(step.argval))
    if isinstance(value, bytes):
        value = os.fsdecode(value)
    return value if isinstance(value, str) else None
