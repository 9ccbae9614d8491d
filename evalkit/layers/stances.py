"""Stances: what a holder thinks of a target."""

from __future__ import annotations

from evalkit.layers.base import Layer
from evalkit.records import STANCE_LABELS, Stance

__all__ = ["STANCES"]

STANCES: Layer[Stance] = Layer(
    name="stances",
    one="stance",
    record=Stance,
    label=lambda stance: stance.label,
    labels=STANCE_LABELS,
    spans=lambda stance: stance.evidence,
    parts=lambda stance: [("evidence", span) for span in stance.evidence],
)
