"""Results as JSON, for programs."""

from __future__ import annotations

import re
from dataclasses import asdict

import orjson

from evalkit.report.document import Document

__all__ = ["render_json"]

STEERING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What JSON may hold as it is, and a terminal or an editor takes for an order."""


def render_json(document: Document) -> str:
    """The result as JSON values, else the document; two spaces, ends in a line feed."""
    data = asdict(document) if document.data is None else document.data
    text = orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
    return STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
