"""The annotation formats by name; other packages add theirs through the entry-point group `evalkit.formats`."""

from __future__ import annotations

from evalkit.registry import Registry

__all__ = ["FORMATS"]

FORMATS = Registry(
    what="format",
    table={
        "conll": "evalkit.formats.tags.articles:CONLL",
        "inline": "evalkit.formats.files:INLINE",
        "native": "evalkit.formats.files:NATIVE",
    },
    group="evalkit.formats",
)
"""Each name stands for a `evalkit.formats.base.Format`."""
