"""Options of an extractor: text from the command line, read as what the extractor needs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.errors import InputError
from evalkit.registry import near_match

__all__ = ["Options", "keywords", "parse_layers", "wanted_layers"]


def parse_layers(value: str, where: str, known: Sequence[str]) -> tuple[str, ...]:
    """Layers from `entities,quotes`, in the order of those that are known.

    Raises:
        InputError: a layer that is not known, or none.
    """
    named = [name.strip() for name in value.split(",") if name.strip()]
    wrong = [name for name in named if name not in known]
    if wrong or not named:
        raise InputError(f"{where}: layers {value!r} must be some of {', '.join(known)}, with commas between")
    return tuple(layer for layer in known if layer in named)


def wanted_layers(value: str, where: str, known: Sequence[str]) -> tuple[str, ...]:
    """The layers that have to be found for those in `entities,quotes`, where each is found by means of those before it.

    All of them for an empty value.

    Raises:
        InputError: a layer that is not known, or none.
    """
    if not value:
        return tuple(known)
    return tuple(known[: known.index(parse_layers(value, where, known)[-1]) + 1])


class Options:
    """The options somebody gave for one extractor; each is asked for once, and `done` refuses what nobody asked for."""

    def __init__(self, where: str, given: Mapping[str, str] | None = None) -> None:
        """Options for the extractor that messages call `where`."""
        self._where = where
        self._given = {key.replace("_", "-"): value for key, value in (given or {}).items()}
        self._known: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        """The option as it was given."""
        self._known.append(name)
        return self._given.get(name, default)

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        """One of `choices`."""
        value = self.text(name, default)
        if value not in choices:
            raise InputError(f"{self._where}: option {name}={value!r} must be one of {', '.join(choices)}")
        return value

    def whole(self, name: str, default: int, *, least: int = 1) -> int:
        """A whole number that is not below `least`."""
        value = self.text(name, str(default))
        if not re.fullmatch(r"-?[0-9]{1,9}", value) or int(value) < least:
            raise InputError(f"{self._where}: option {name}={value!r} must be a whole number of at least {least}")
        return int(value)

    def seconds(self, name: str, default: float) -> float:
        """A number of seconds above zero, such as `2.5`."""
        value = self.text(name, str(default))
        if not re.fullmatch(r"[0-9]{1,6}\.?|[0-9]{0,6}\.[0-9]{1,6}", value) or float(value) <= 0:
            raise InputError(f"{self._where}: option {name}={value!r} must be a number of seconds above 0")
        return float(value)

    def layers(self, known: Sequence[str]) -> tuple[str, ...] | None:
        """The option `layers`, some of those that are known, or None if it was not given."""
        value = self.text("layers")
        return parse_layers(value, self._where, known) if value else None

    def done(self) -> None:
        """Check that every given option has been asked for.

        Raises:
            InputError: one has not; the message names those that exist.
        """
        _refuse_unknown(self._where, self._given, self._known)


def keywords(target: Callable[..., Any], where: str, given: Mapping[str, str], *, skip: int = 0) -> dict[str, Any]:
    """The options as keyword arguments of `target`, converted to what its signature says.

    Args:
        target: a class or function.
        where: names it in messages.
        given: the options.
        skip: how many of its first parameters are no options.

    Raises:
        InputError: it has no such parameter, or the value cannot be converted.
    """
    options = {key.replace("-", "_"): value for key, value in given.items()}
    parameters = dict(list(inspect.signature(target).parameters.items())[skip:])
    if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        _refuse_unknown(where, options, [name for name in parameters if not name.startswith("_")])
    return {name: _convert(where, name, value, parameters.get(name)) for name, value in options.items()}


def _refuse_unknown(where: str, given: Mapping[str, str], known: list[str]) -> None:
    for name in given:
        if name not in known:
            near = near_match(name, known)
            hint = f"; did you mean {near!r}?" if near else "."
            raise InputError(f"{where}: unknown option {name!r}{hint} Known: {', '.join(known) or 'none'}")


def _convert(where: str, name: str, value: str, parameter: inspect.Parameter | None) -> object:
    """The value as the type that the parameter is annotated with; text where that says nothing."""
    annotation = "" if parameter is None or parameter.annotation is parameter.empty else parameter.annotation
    words = re.findall(r"\w+", annotation.__name__ if isinstance(annotation, type) else str(annotation))
    try:
        if "bool" in words:
            return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[value.lower()]
        if "int" in words:
            return int(value)
        if "float" in words:
            return float(value)
    except (KeyError, ValueError) as error:
        wanted = " ".join(word for word in words if word != "None")
        raise InputError(f"{where}: option {name}={value!r} cannot be read as {wanted}") from error
    return Path(value) if "Path" in words else value
