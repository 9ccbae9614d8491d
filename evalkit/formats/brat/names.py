"""The names under which brat keeps what marks and links say, and which names and values it can hold as they are."""

from __future__ import annotations

import re

__all__ = [
    "BYTE_ORDER_MARK",
    "CONFIG",
    "EXACTLY",
    "FEATURES",
    "LINK",
    "LINK_NAME",
    "NOTE",
    "NOTES",
    "REFERENCE",
    "is_name",
    "is_value",
    "line_name",
]

CONFIG = "annotation.conf"
BYTE_ORDER_MARK = "\ufeff"

NOTES, NOTE = "AnnotatorNotes", "note"
"""The type of the notes that people write, and the feature that they are."""

REFERENCE, LINK, LINK_NAME = "Reference", "link", "link_name"
"""The type of entries of knowledge bases, and the features that these and their names are."""

FEATURES, EXACTLY = "Features", "Exactly"
"""The types of notes in which we keep what brat cannot hold otherwise: features, and what a line cannot say exactly."""

_NAME = re.compile(r"[\w-]+")
_VALUE = re.compile(r"\S+")
_OTHERS = re.compile(r"[^\w-]+")


def is_name(name: str) -> bool:
    """Whether a type, a role or an attribute may be called so."""
    return bool(_NAME.fullmatch(name)) and not name.startswith("-----")


def line_name(name: str) -> str:
    """A name as a line can hold it."""
    return name if is_name(name) else _OTHERS.sub("_", name).strip("-") or "_"


def is_value(value: str) -> bool:
    """Whether a value may be that of an attribute."""
    return bool(_VALUE.fullmatch(value))
