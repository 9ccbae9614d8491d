"""The conventions for entities by name; add a line to add one (or an entry point `evalkit.conventions`)."""

from __future__ import annotations

from evalkit.errors import EvalkitError
from evalkit.registry import Registry
from evalkit.scoring.credits import Convention

__all__ = ["ALL", "CONVENTIONS", "load_convention"]

CONVENTIONS = Registry(
    "convention",
    {
        "boundary": "evalkit.scoring.conventions.boundary:boundary",
        "exact": "evalkit.scoring.conventions.exact:exact",
        "fuzzy": "evalkit.scoring.conventions.fuzzy:fuzzy",
        "iou": "evalkit.scoring.conventions.iou:iou",
        "overlap": "evalkit.scoring.conventions.overlap:overlap",
        "partial": "evalkit.scoring.conventions.partial:partial",
        "token": "evalkit.scoring.conventions.token:token",
        "type": "evalkit.scoring.conventions.type:type_",
    },
    "evalkit.conventions",
)

ALL = ("exact", "boundary", "partial", "type", "fuzzy", "overlap", "iou:0.5", "token")
"""What `--convention all` means for entities, in the order in which they are shown."""

_WITH_PARAMETER = {"iou"}


def load_convention(name: str) -> Convention:
    """The convention of that name; `iou:T` takes its threshold from the name.

    Raises:
        UnknownNameError: nobody registered it, or its parameter is out of range.
        EvalkitError: a plugin is registered as something that cannot be called.
    """
    base, _, parameter = name.partition(":")
    convention = CONVENTIONS.load(base)
    if base in _WITH_PARAMETER:
        convention = convention(parameter)
    elif parameter:
        raise EvalkitError(f"convention {base!r} takes no parameter, found {name!r}; write {base!r}")
    if not callable(convention):
        raise EvalkitError(f"convention {name!r} is a {type(convention).__name__}, not a function of columns")
    found: Convention = convention
    return found
