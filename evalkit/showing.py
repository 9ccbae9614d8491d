"""How a result shows itself in a notebook: `_repr_html_ = shown_html` in its class.

Results know nothing of reports. Who draws them is a name, as in the tables of plugins, and is imported when a notebook
asks for the first time.
"""

from __future__ import annotations

from importlib import import_module

__all__ = ["shown_html"]

DRAWN_BY = "evalkit.report.render:render_piece"


def shown_html(self: object) -> str:
    """The result as HTML without scripts, to stand in a page of others."""
    module, _, attribute = DRAWN_BY.partition(":")
    html: str = getattr(import_module(module), attribute)(self)
    return html
