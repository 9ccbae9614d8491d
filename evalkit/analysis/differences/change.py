"""One change of gold: an item that was added, removed, or says something else now; and changes as a file, a patch.

A patch is JSON that people can read and mend. An item stands in it as the native form writes it, with what stands at
its spans::

    {"format": "evalkit.diff", "version": 1, "changes": [
      {"article_id": "a1", "layer": "entities", "kind": "relabelled",
       "old": {"id": "e1", "spans": [[0, 4]], "text": "Oslo", "label": "ORG", "entity_id": null},
       "new": {"id": "e1", "spans": [[0, 4]], "text": "Oslo", "label": "GPE", "entity_id": null}}]}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit.errors import FormatError, InputError
from evalkit.files import path_of, read_json
from evalkit.layers.base import Layer, surface
from evalkit.layers.keys import unread_keys
from evalkit.layers.table import layer_names, load_layer
from evalkit.registry import near_match
from evalkit.shapes import checked, each, fields, list_of, ruled, text

__all__ = [
    "ADDED",
    "CHANGED",
    "KINDS",
    "MOVED",
    "REATTRIBUTED",
    "RELABELLED",
    "REMOVED",
    "ItemChange",
    "change_of",
    "changes_to_json",
    "read_annotated",
    "read_changes",
    "read_names",
]

ADDED, REMOVED, MOVED = "added", "removed", "moved"
RELABELLED, REATTRIBUTED, CHANGED = "relabelled", "re-attributed", "changed"

KINDS = (ADDED, REMOVED, RELABELLED, MOVED, REATTRIBUTED, CHANGED)
"""What can become of an item. One that differs in several ways is called by the first of them, from `relabelled` on:
another label; other spans; another person or thing that it is attributed to, such as the speaker of a quote, the holder
or target of a stance, or the thing that an entity mentions; anything else, such as a cue."""

_NEEDS = {ADDED: (False, True), REMOVED: (True, False)}
"""Which sides a change has; the others have both."""


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One item of one article before and after.

    Attributes:
        article_id: the article.
        layer: the layer of the item.
        kind: one of `KINDS`.
        old: the item as it was; None if it was added.
        new: the item as it is; None if it was removed.
        old_text: what stands at the spans of the old item, or "".
        new_text: what stands at the spans of the new item, or "".
    """

    article_id: str
    layer: str
    kind: str
    old: Any
    new: Any
    old_text: str = field(default="", compare=False)
    new_text: str = field(default="", compare=False)

    @property
    def differing(self) -> tuple[str, ...]:
        """The fields in which old and new differ; empty if one of them is not there."""
        if self.old is None or self.new is None:
            return ()
        return _differing(load_layer(self.layer), self.old, self.new)

    def to_json(self) -> dict[str, Any]:
        """The change as JSON values."""
        return {
            "article_id": self.article_id,
            "layer": self.layer,
            "kind": self.kind,
            "old": _row(load_layer(self.layer), self.old, self.old_text),
            "new": _row(load_layer(self.layer), self.new, self.new_text),
        }


def change_of(article_id: str, layer: str, old: Any, new: Any, text: str = "") -> ItemChange | None:
    """What became of an item; None if the two say the same, whatever their ids.

    Args:
        article_id: the article.
        layer: the layer of the item.
        old: the item as it was; None if it is new.
        new: the item as it is; None if it is gone.
        text: the text of the article, for those who read the change.
    """
    known = load_layer(layer)
    kind = ADDED if old is None else REMOVED if new is None else _kind(known, old, new)
    if kind is None:
        return None
    texts = ["" if item is None or not text else surface(text, known.spans(item)) for item in (old, new)]
    return ItemChange(article_id, layer, kind, old, new, *texts)


def _differing(layer: Layer[Any], old: Any, new: Any) -> tuple[str, ...]:
    old, new = layer.ordered(old), layer.ordered(new)
    return tuple(one.name for one in layer.fields if getattr(old, one.name) != getattr(new, one.name))


def _kind(layer: Layer[Any], old: Any, new: Any) -> str | None:
    differing = _differing(layer, old, new)
    if not differing:
        return None
    if layer.label_field in differing:
        return RELABELLED
    if layer.spans_field in differing:
        return MOVED
    return REATTRIBUTED if any(_attributes(layer, name) for name in differing) else CHANGED


def _attributes(layer: Layer[Any], name: str) -> bool:
    """Whether a field says whom or what an item is attributed to: a name of a thing, or the mention of one."""
    part = layer.part_fields.get(layer.part_of(name), ())
    return any(one in layer.thing_fields for one in (name, *part))


def _row(layer: Layer[Any], item: Any, text: str) -> dict[str, Any] | None:
    """The item as the native form has it."""
    if item is None:
        return None
    row: dict[str, Any] = {}
    for key, value in layer.to_json(item).items():
        row[key] = value
        if key == layer.spans_field and layer.shows_text and text:
            row["text"] = text
    return row


def changes_to_json(changes: Iterable[ItemChange]) -> dict[str, Any]:
    """A patch as JSON values."""
    return {"format": "evalkit.diff", "version": 1, "changes": [change.to_json() for change in changes]}


def read_changes(source: str | Path | Mapping[str, Any]) -> tuple[ItemChange, ...]:
    """The changes of a patch: a file, or what `changes_to_json` gave. What else a file says of them is not read.

    Raises:
        InputError: the file is not there.
        FormatError: it is no patch, or a change in it is none; says which.
    """
    value, where = _patch(source)
    if not isinstance(value, Mapping) or not isinstance(value.get("changes"), list | tuple):
        raise FormatError(f"{where}: is no patch; it must be an object with a list of 'changes'")
    if (said := value.get("format", "evalkit.diff")) != "evalkit.diff":
        raise FormatError(f"{where}: is {said!r:.60}, and a patch is 'evalkit.diff'; name what diff --json wrote")
    if (version := value.get("version", 1)) != 1:
        raise FormatError(f"{where}: is a patch of version {version!r}, and 1 is read; update evalkit")
    return tuple(_change(one, f"{where}: changes[{number}]") for number, one in enumerate(value["changes"]))


def read_names(source: str | Path | Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """What a patch calls otherwise: article id → name → new name; nothing where it does not say.

    Raises:
        FormatError: it says something else.
    """
    value, where = _patch(source)
    names: dict[str, dict[str, str]] = value.get("renamed") or {} if isinstance(value, Mapping) else {}
    return dict(checked({"renamed": names}, _NAMES, where, "mend it, or leave 'renamed' out")["renamed"])


_NAMES = fields({"renamed": each(each(text))})


def read_annotated(source: str | Path | Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """What a patch says is annotated from now on: article id → layers; nothing where it does not say.

    Raises:
        FormatError: it says something else.
    """
    value, where = _patch(source)
    said: dict[str, list[str]] = value.get("annotated") or {} if isinstance(value, Mapping) else {}
    checked({"annotated": said}, _ANNOTATED, where, "mend it, or leave 'annotated' out")
    return {article_id: tuple(layers) for article_id, layers in said.items()}


_LAYER = ruled(text, lambda name: "" if name in layer_names() else "a layer that is known here")
_ANNOTATED = fields({"annotated": each(list_of(_LAYER))})


def _patch(source: str | Path | Mapping[str, Any]) -> tuple[Any, str]:
    """A patch as JSON values, and what it is called in messages."""
    if isinstance(source, Mapping):
        return source, "the patch"
    return read_json(path_of(source, "a patch must be the path of a file")), str(source)


def _change(value: Any, where: str) -> ItemChange:
    if not isinstance(value, Mapping):
        raise FormatError(f"{where}: must be an object, found {value!r:.60}")
    said: list[str] = []
    for key in ("article_id", "layer", "kind"):
        if not isinstance(name := value.get(key), str):
            raise FormatError(f"{where}: {key!r} must be a string, found {name!r:.60}")
        said.append(name)
    article_id, layer, kind = said
    for key, name, names in (("layer", layer, layer_names()), ("kind", kind, KINDS)):
        if name not in names:
            near = near_match(name, names)
            hint = f"did you mean {near!r}?" if near else f"use one of {', '.join(names)}"
            raise FormatError(f"{where}: there is no {key} {name!r:.60}; {hint}")
    sides = [_item(load_layer(layer), value.get(key), f"{where}: {key!r}") for key in ("old", "new")]
    there, wanted = tuple(item is not None for item, _ in sides), _NEEDS.get(kind, (True, True))
    if there != wanted:
        words = " and ".join(key for key, needed in zip(("'old'", "'new'"), wanted, strict=True) if needed)
        raise FormatError(f"{where}: an item that is {kind} has {words} and nothing else; mend it")
    (old, old_text), (new, new_text) = sides
    change = change_of(article_id, layer, old, new)
    if change is None:
        raise FormatError(f"{where}: 'old' and 'new' say the same; leave it out")
    # What kind it is says the change itself: somebody may have mended the new item by hand.
    return ItemChange(article_id, layer, change.kind, old, new, old_text, new_text)


def _item(layer: Layer[Any], row: Any, where: str) -> tuple[Any, str]:
    if row is None:
        return None, ""
    if not isinstance(row, Mapping):
        raise FormatError(f"{where} must be an object or null, found {row!r:.60}")
    try:
        item = layer.from_json(row, 1)
    except FormatError as error:
        raise FormatError(f"{where}: {error}") from error
    if unread := list(unread_keys(layer, row)):
        key, meant = unread[0].key, unread[0].meant
        raise FormatError(
            f"{where}: {key!r} is no field of {layer.name}" + (f"; did you mean {meant!r}?" if meant else "")
        )
    text = row.get("text")
    if text is not None and not isinstance(text, str):
        raise InputError(f"{where}: 'text' must be a string, found {text!r:.60}")
    return item, text or ""
