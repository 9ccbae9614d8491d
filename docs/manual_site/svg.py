"""Drawings as inline SVG that take the colours of the page, with words for those who cannot see them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

__all__ = ["Drawing"]


@dataclass
class Drawing:
    """A drawing that is put together from above to below.

    Attributes:
        name: what its ids begin with.
        title: what it is, in a few words.
        told: what it shows, in words.
        height: in units of which it is 720 wide.
        made_up: whether its figures are invented, which is then said below it.
    """

    name: str
    title: str
    told: str
    height: int
    made_up: bool = False
    parts: list[str] = field(default_factory=list)

    def text(self, x: float, y: float, words: str, *, anchor: str = "start", kind: str = "") -> None:
        """Words on a line; `kind` is one or more of small, strong, gold, predicted, muted, mono."""
        named = f' class="{kind}"' if kind else ""
        self.parts.append(f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{named}>{escape(words)}</text>')

    def box(self, x: float, y: float, width: float, height: float, kind: str) -> None:
        """A box, filled as its kind is: gold, predicted, right, muted, frame."""
        self.parts.append(
            f'<rect x="{x:.4g}" y="{y:.4g}" width="{max(width, 0):.4g}" height="{height:.4g}" rx="2" class="{kind}"/>'
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str = "stroke") -> None:
        """A line: stroke, dashed, thick, thin, with the colour of gold, predicted or right."""
        self.parts.append(f'<line x1="{x1:.4g}" y1="{y1:.4g}" x2="{x2:.4g}" y2="{y2:.4g}" class="{kind}"/>')

    def dot(self, x: float, y: float, kind: str) -> None:
        """A dot."""
        self.parts.append(f'<circle cx="{x:.4g}" cy="{y:.4g}" r="5" class="{kind}"/>')

    def figure(self) -> str:
        """The drawing as an element of a page, without an empty line in it."""
        inner = "\n".join(self.parts)
        below = "<figcaption>Made up.</figcaption>\n" if self.made_up else ""
        return (
            f'<figure class="drawing" tabindex="0">\n<svg viewBox="0 0 720 {self.height}" role="img" '
            f'aria-labelledby="{self.name}-title {self.name}-told">\n'
            f'<title id="{self.name}-title">{escape(self.title)}</title>\n'
            f'<desc id="{self.name}-told">{escape(self.told)}</desc>\n{inner}\n</svg>\n{below}</figure>'
        )
