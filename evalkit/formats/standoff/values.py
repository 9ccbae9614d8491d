"""Values out of the JSON of annotation tools, as documents hold them: texts, tuples of texts, offsets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

__all__ = ["article_of", "feature_of", "features_of", "first_objects", "listed_objects", "whole"]

_NATIVE = ("zones", "scope")
"""What is known of an article as native JSON; all else is text."""

_LOOKED_INTO = 20
_PUNCTUATION = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\],]', re.DOTALL)


def whole(value: object) -> int | None:
    """A whole number that is none of true and false, also one such as 8.0, as tables write it; else None."""
    if type(value) is float and value.is_integer():
        return int(value)
    return value if type(value) is int else None


def listed_objects(value: object) -> list[dict[str, Any]]:
    """The objects of a list; nothing where it is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def feature_of(value: object) -> str | tuple[str, ...] | None:
    """A value as a feature: text as it is, other values as their JSON, a list of plain values as a tuple of texts."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)) and not any(
        isinstance(one, (list, tuple, dict)) or one is None for one in value
    ):
        return tuple(_text(one) for one in value)
    return _text(value)


def features_of(values: Mapping[str, Any], *, but: frozenset[str] = frozenset()) -> dict[str, str | tuple[str, ...]]:
    """The values under all other keys as features; what is null is not there."""
    found = {str(key): feature_of(value) for key, value in values.items() if key not in but}
    return {key: value for key, value in found.items() if value is not None}


def article_of(values: Mapping[str, Any], *, but: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The values under all other keys as what is known of an article: native JSON as it is, the rest as text."""
    known: dict[str, Any] = {}
    for key, value in values.items():
        if key in but or value is None:
            continue
        known[str(key)] = value if key in _NATIVE or isinstance(value, str) else _text(value)
    return known


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def first_objects(head: bytes) -> list[dict[str, Any]]:
    """The first JSON objects of a file, in lines or as a list; one that the beginning cuts off as far as it goes."""
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if begin[:1] not in (b"{", b"["):
        return []
    found = []
    for line in begin.split(b"\n")[:_LOOKED_INTO]:
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            break
        if isinstance(value, dict):
            found.append(value)
    return found or [one for one in (_first_object(begin),) if one is not None]


def _first_object(begin: bytes) -> dict[str, Any] | None:
    """The first object, without what stands after the last comma between its members if it is cut off."""
    start, depth, comma = begin.find(b"{"), 0, -1
    if start < 0 or begin[:start].strip() not in (b"", b"["):
        return None
    for found in _PUNCTUATION.finditer(begin, start):
        sign = found[0]
        if sign in (b"{", b"["):
            depth += 1
        elif sign in (b"}", b"]"):
            depth -= 1
            if depth == 0:
                return _object(begin[start : found.end()])
        elif sign == b"," and depth == 1:
            comma = found.start()
    return None if comma < 0 else _object(begin[start:comma] + b"}")


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None
