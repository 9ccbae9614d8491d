"""Results as JSON, for programs."""

from __future__ import annotations

import json
from dataclasses import asdict

import orjson

from evalkit.harmless import json_text
from evalkit.report.document import Document

__all__ = ["render_json"]


def render_json(document: Document) -> str:
    """The result as JSON values, else the document; two spaces, ends in a line feed."""
    data = asdict(document) if document.data is None else document.data
    try:
        text = orjson.dumps(data, option=orjson.OPT_INDENT_2).decode()
    except TypeError:
        # A text that is not Unicode, such as half a character or the name of a file in another encoding.
        text = json.dumps(data, ensure_ascii=False, allow_nan=False, indent=2)
    return json_text(text) + "\n"
