"""How a result shows itself in a notebook, `_repr_html_ = shown_html` in its class; and numbers with their words.

Results know nothing of reports. Who draws them is a name, as in the tables of plugins, and is imported when a notebook
asks for the first time.
"""

from __future__ import annotations

from importlib import import_module

__all__ = ["number_of", "shown_html"]

DRAWN_BY = "evalkit.report.render:render_piece"


def shown_html(self: object) -> str:
    """The result as HTML without scripts, to stand in a page of others."""
    module, _, attribute = DRAWN_BY.partition(":")
    html: str = getattr(import_module(module), attribute)(self)
    return html


def number_of(number: int, one: str, several: str = "") -> str:
    """A number with its word, as in `1 article` and `0 articles`; `several` is the plural if it is not one with s."""
    return f"{number} {one if number == 1 else several or one + 's'}"
