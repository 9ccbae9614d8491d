"""The keys of an item in JSON: which ones its layer reads, and which one a key that it does not read was meant for.

A key is taken for a misspelt field if it differs from one in case, in `_` or `-`, or in one letter, or if other tools
call that field so; and only where the item does not have that field already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from evalkit.layers.base import Layer
from evalkit.layers.fields import REQUIRED

__all__ = ["BOUNDS", "UnreadKey", "described_keys", "known_keys", "meant_field", "unread_keys"]

EXTRAS = frozenset({"text", "comment", "comments", "note", "notes", "score"})
"""Keys that any item may have besides its fields: what stands there, and what people noted."""

BOUNDS = ("start", "end")
"""Keys of an item that is one span, in place of its list of spans."""

CALLED: Mapping[str, tuple[str, ...]] = {
    "start": ("begin", "from", "startoffset", "beginoffset", "startchar", "charstart", "offsetstart", "first"),
    "end": ("to", "stop", "until", "endoffset", "endchar", "charend", "offsetend", "last"),
    "label": ("type", "tag", "class", "category", "entitytype", "entitylabel", "entitygroup", "nertag"),
    "kind": ("type", "label", "quotetype", "class"),
    "link": ("kbid", "qid", "wikidata", "wikidataid", "wikiid", "nel"),
    "score": ("confidence", "probability", "prob"),
}
"""What other tools call a field, folded."""


class UnreadKey(NamedTuple):
    """A key of an item that its layer does not read: its name, and the field that it was meant for or ""."""

    key: str
    meant: str


def known_keys(layer: Layer[Any]) -> frozenset[str]:
    """The keys of an item that need no word: its fields, its bounds, and what anybody may add."""
    return EXTRAS | {"id", *BOUNDS} | {field.name for field in layer.fields}


def unread_keys(layer: Layer[Any], item: Mapping[str, Any]) -> Iterator[UnreadKey]:
    """The keys of an item that nothing is read from, and those of the objects that stand for its spans."""
    known = known_keys(layer)
    for key, value in item.items():
        if key not in known:
            if value is not None:
                yield UnreadKey(str(key), meant_field(str(key), layer, item) or "")
        elif type(value) in (dict, list) and key in layer.span_names:
            inside = {*BOUNDS, "text"} | ({"entity_id"} if key in layer.span_ids else set())
            for part in value if type(value) is list else (value,):
                if type(part) is dict:
                    yield from (UnreadKey(f"{key}.{own}", "") for own in part if own not in inside)


def meant_field(key: str, layer: Layer[Any], item: Mapping[str, Any]) -> str | None:
    """The field that an item lacks and that a key was meant for; None if there is none."""
    folded = _folded(key)
    fields: list[str] = [field.name for field in layer.fields]
    placed = layer.spans_field is None or item.get(layer.spans_field) is not None
    wanted: list[str] = [name for name in (*fields, *(() if placed else BOUNDS)) if item.get(name) is None]
    if spelt := [name for name in wanted if folded == _folded(name)]:
        return spelt[0]
    if called := [name for name in wanted if folded in CALLED.get(name, ())]:
        return called[0]
    return next((name for name in wanted if len(name) > 2 and _one_letter_apart(folded, _folded(name))), None)


def described_keys(layer: Layer[Any], item: Mapping[str, Any]) -> str:
    """What an item has where something that it needs is missing, and which of its keys were meant for that.

    Empty if it lacks nothing.
    """
    needed = [field.name for field in layer.fields if field.absent is REQUIRED]
    if layer.spans_field is not None and item.get(layer.spans_field) is None and not {*BOUNDS}.isdisjoint(item):
        needed += BOUNDS
    if all(item.get(name) is not None for name in needed):
        return ""
    meant = [f"{key!r} to {field!r}" for key, field in unread_keys(layer, item) if field in needed]
    return f"the item has {', '.join(map(repr, item)) or 'nothing'}" + (f"; rename {', '.join(meant)}" if meant else "")


def _folded(key: str) -> str:
    return key.casefold().replace("_", "").replace("-", "")


def _one_letter_apart(one: str, other: str) -> bool:
    """Whether one letter more, less or another makes one of the other, or two neighbours have changed places."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    if len(one) == len(other):
        swapped = one[at + 1 : at + 2] + one[at : at + 1] + one[at + 2 :]
        return one[at + 1 :] == other[at + 1 :] or swapped == other[at:]
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return longer[at + 1 :] == shorter[at:]
