"""The header of WebAnno TSV: which layers there are, and what stands in each column.

::

    #FORMAT=WebAnno TSV 3.3
    #T_SP=custom.Quote|kind|ROLE_custom.Quote:Cue_custom.QuoteCueLink|custom.Cue     spans, with features and slots
    #T_CH=de.tudarmstadt.…coref.type.CoreferenceLink|referenceType|referenceRelation  chains
    #T_RL=custom.Says|value|BT_custom.Quote                                           relations between spans
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

__all__ = [
    "ANY_LAYER",
    "BASE",
    "CHAIN",
    "FEATURE",
    "FORMAT",
    "RELATION",
    "ROLE",
    "SLOT",
    "SPAN",
    "Column",
    "Layer",
    "is_webanno",
    "layers_of",
]

FORMAT = re.compile(r"#\s*FORMAT\s*=\s*WebAnno TSV (\S*)", re.IGNORECASE)
ANY_LAYER = "uima.tcas.Annotation"
"""The type of a slot that annotations of every layer may fill."""

SPAN, CHAIN, RELATION = "#T_SP=", "#T_CH=", "#T_RL="
FEATURE, ROLE, SLOT, BASE = "feature", "role", "slot", "base"


class Column(NamedTuple):
    """One column: its place behind the token, what it holds, the feature, and the layer that it leads to."""

    number: int
    kind: str
    name: str = ""
    layer: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: what it is made of, its whole name and the short one that its marks and links have, its columns."""

    kind: str
    name: str
    short: str
    columns: tuple[Column, ...]

    def of_kind(self, kind: str) -> tuple[Column, ...]:
        """The columns of one kind."""
        return tuple(column for column in self.columns if column.kind == kind)


def is_webanno(head: bytes) -> bool:
    """Whether a file begins as one of WebAnno TSV, whatever its version."""
    text = head[:4096].decode("utf-8", "replace").removeprefix("\ufeff").lstrip()
    return FORMAT.match(text) is not None


def layers_of(lines: Sequence[str]) -> tuple[Layer, ...]:
    """The layers that the lines of a header declare, in their order."""
    declared = [(line[:6], [part.strip() for part in line[6:].split("|")]) for line in lines]
    shorts = Counter(_last(parts[0]) for _, parts in declared)
    layers, number = [], 0
    for kind, (name, *rest) in declared:
        columns = _columns(kind, [part for part in rest if part] or [""], number)
        number += len(columns)
        short = _last(name)
        layers.append(Layer(kind, name, short if shorts[short] == 1 else name, tuple(columns)))
    return tuple(layers)


def _last(name: str) -> str:
    return name.rpartition(".")[2] or name


def _columns(kind: str, names: Sequence[str], number: int) -> list[Column]:
    columns: list[Column] = []
    for place, name in enumerate(names, number):
        before = columns[-1] if columns else None
        if kind == SPAN and name.startswith("ROLE_"):
            # ROLE_LAYER:FEATURE_LINKTYPE, where any of them may hold an underscore; only the feature tells something.
            feature = name.partition(":")[2]
            columns.append(Column(place, ROLE, feature.rpartition("_")[0] or feature or name))
        elif kind == SPAN and before is not None and before.kind == ROLE:
            columns.append(Column(place, SLOT, before.name, name))
        elif kind == RELATION and name.startswith("BT_"):
            columns.append(Column(place, BASE, "", name.removeprefix("BT_")))
        else:
            columns.append(Column(place, FEATURE, name))
    return columns
