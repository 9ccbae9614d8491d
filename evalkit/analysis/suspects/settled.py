"""What people decided about suspects: kept or corrected, remembered so that nobody has to look twice.

A file of decisions is JSON. What was looked at stands in it as the native form writes it, without its id, and is
settled as long as gold says the same::

    {"format": "evalkit.settled", "version": 1, "items": [
      {"article_id": "a1", "layer": "entities", "decision": "kept",
       "gold": {"spans": [[0, 4]], "label": "ORG", …}, "proposed": {"spans": [[0, 4]], "label": "GPE", …}}]}

`gold` is null where gold has nothing and that was right; then what was proposed is settled, at its place under any
label.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evalkit.analysis.suspects.ranking import Suspect
from evalkit.errors import FormatError
from evalkit.files import json_bytes, read_json, write_file
from evalkit.layers.base import Layer
from evalkit.layers.fields import NUMBER
from evalkit.layers.table import layer_names, load_layer

__all__ = ["CORRECTED", "KEPT", "Decision", "open_suspects", "read_decisions", "write_decisions"]

KEPT, CORRECTED = "kept", "corrected"


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided about one suspect.

    Attributes:
        article_id: the article.
        layer: the layer.
        decision: `kept` or `corrected`.
        gold: the item that gold has now; None if it has none there.
        proposed: what was proposed, or None.
    """

    article_id: str
    layer: str
    decision: str
    gold: Any
    proposed: Any

    def to_json(self) -> dict[str, Any]:
        """The decision as JSON values."""
        rows = {name: _row(load_layer(self.layer), getattr(self, name)) for name in ("gold", "proposed")}
        return {"article_id": self.article_id, "layer": self.layer, "decision": self.decision, **rows}

    @property
    def settles(self) -> tuple[str, ...]:
        """What must not be suspected again, as keys."""
        layer = load_layer(self.layer)
        keys = [] if self.gold is None else [_said(layer, self.article_id, self.gold)]
        if self.gold is None and self.proposed is not None:
            keys.append(_place(layer, self.article_id, self.proposed))
        return tuple(keys)


def open_suspects(suspects: Iterable[Suspect], decisions: Iterable[Decision]) -> list[Suspect]:
    """The suspects that nobody has decided about."""
    settled = {key for decision in decisions for key in decision.settles}
    return [suspect for suspect in suspects if _key_of(suspect) not in settled]


def _key_of(suspect: Suspect) -> str:
    layer = load_layer(suspect.layer)
    if suspect.gold is not None:
        return _said(layer, suspect.article_id, suspect.gold)
    return _place(layer, suspect.article_id, suspect.proposed)


def _said(layer: Layer[Any], article_id: str, item: Any) -> str:
    """What an item says, without its id and its score."""
    return json.dumps([article_id, layer.name, _row(layer, layer.ordered(item))], sort_keys=True)


def _place(layer: Layer[Any], article_id: str, item: Any) -> str:
    """Where an item stands; of one without spans what it says instead, but for its label."""
    spans = sorted(layer.spans(item)) if layer.spans_field in layer.same else []
    rest = [getattr(item, name) for name in layer.same if name not in (layer.label_field, layer.spans_field)]
    return json.dumps([article_id, layer.name, "nothing", spans, rest or ([] if spans else [layer.label(item)])])


def _row(layer: Layer[Any], item: Any) -> dict[str, Any] | None:
    if item is None:
        return None
    numbers = {one.name: None for one in layer.fields if one.type is NUMBER}
    row = layer.to_json(replace(item, id="", **numbers))
    row.pop("id")
    return row


def read_decisions(path: Path) -> list[Decision]:
    """The decisions of a file.

    Raises:
        InputError: it is not there.
        FormatError: it holds no decisions, or one of them is none; says which.
    """
    value = read_json(path)
    rows = value.get("items") if isinstance(value, dict) else None
    if not isinstance(rows, list) or value.get("format") != "evalkit.settled":
        raise FormatError(f"{path}: holds no decisions about suspects; name the file that --settled wrote")
    if (version := value.get("version", 1)) != 1:
        raise FormatError(f"{path}: holds decisions of version {version!r:.60}, and 1 is read; update evalkit")
    return [_decision(row, f"{path}: items[{number}]") for number, row in enumerate(rows)]


def _decision(row: Any, where: str) -> Decision:
    if not isinstance(row, dict) or not isinstance(row.get("article_id"), str):
        raise FormatError(f"{where}: must be an object with an 'article_id'")
    if row.get("layer") not in layer_names():
        raise FormatError(f"{where}: there is no layer {row.get('layer')!r:.60}; use one of {', '.join(layer_names())}")
    if row.get("decision") not in (KEPT, CORRECTED):
        raise FormatError(f"{where}: decision must be {KEPT} or {CORRECTED}, found {row.get('decision')!r:.60}")
    layer = load_layer(row["layer"])
    items = []
    for name in ("gold", "proposed"):
        try:
            items.append(None if row.get(name) is None else replace(layer.from_json(row[name], 1), id=""))
        except (FormatError, AttributeError, TypeError) as error:
            raise FormatError(f"{where}: {name!r} is no {layer.one} ({error})") from error
    return Decision(row["article_id"], layer.name, row["decision"], *items)


def write_decisions(path: Path, decisions: Sequence[Decision]) -> None:
    """Writes decisions, each once, by article, layer and what they are about.

    Raises:
        OutputError: the file cannot be written.
    """
    rows = {json.dumps(row, sort_keys=True): row for row in (decision.to_json() for decision in decisions)}
    ordered = [row for _, row in sorted(rows.items(), key=lambda pair: (pair[1]["article_id"], pair[0]))]
    write_file(path, json_bytes({"format": "evalkit.settled", "version": 1, "items": ordered}))
