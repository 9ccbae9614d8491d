"""Two extractors in a package of their own: a function and a class."""

from __future__ import annotations

import re


def years(article):
    """Years of the last two centuries, as events."""
    return [(*found.span(), "EVENT") for found in re.finditer(r"\b(?:19|20)\d\d\b", article.text)]


class Decades:
    """Decades, with a setting."""

    layers = ("entities",)

    def __init__(self, label: str = "EVENT") -> None:
        self.label = label

    def extract(self, articles):
        """Decades such as 1990s."""
        return [[(*m.span(), self.label) for m in re.finditer(r"\b\d{3}0s\b", a.text)] for a in articles]
