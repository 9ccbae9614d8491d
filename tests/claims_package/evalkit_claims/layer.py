"""The layer `claims`: stretches of text that state something, and whether it is worth checking."""

from __future__ import annotations

from dataclasses import dataclass

from evalkit.layers.base import Layer
from evalkit.records import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One claim; the label says whether it is worth checking."""

    id: str
    spans: tuple[Span, ...]
    label: str
    score: float | None = None


CLAIMS: Layer[Claim] = Layer(
    name="claims", one="claim", record=Claim, prefix="c", labels=("check-worthy", "not-check-worthy")
)
