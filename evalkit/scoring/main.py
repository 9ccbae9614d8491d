"""The convention of each task whose labels are shown in full; the others get a row each."""

from __future__ import annotations

__all__ = ["MAIN_CONVENTION"]

MAIN_CONVENTION = {"entities": "exact", "quotes": "exact", "stances": "right", "chain": "complete"}
