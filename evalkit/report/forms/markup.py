"""Elements of HTML and SVG. Whatever is no `Markup` is text, so nothing has to be remembered to be escaped."""

from __future__ import annotations

import re
from html import escape

from evalkit.harmless import clean_text

__all__ = ["LEFTWARD", "Markup", "element", "plain", "text"]

LEFTWARD = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]")
"""Letters that are written from right to left."""


class Markup(str):
    """HTML or SVG, as opposed to text."""

    __slots__ = ()


def element(name: str, *content: str, **attributes: str) -> Markup:
    """An element; content that is no markup is text, and an attribute without a value is left out.

    An underscore at the end of a name is dropped (`class_`), others become hyphens (`stroke_width`).
    """
    named = "".join(
        f' {attribute.strip("_").replace("_", "-")}="{plain(value)}"'
        for attribute, value in attributes.items()
        if value
    )
    inside = "".join(part if isinstance(part, Markup) else text(part) for part in content)
    return Markup(f"<{name}{named}>{inside}</{name}>")


def text(words: str) -> Markup:
    """Text in which nothing is markup, and which turns no direction of writing but its own."""
    return Markup(f"<bdi>{plain(words)}</bdi>") if LEFTWARD.search(words) else plain(words)


def plain(words: str) -> Markup:
    """The same where no element can stand, or where the direction is that of the whole."""
    return Markup(escape(clean_text(words)))
