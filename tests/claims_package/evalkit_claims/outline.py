"""The form `outline`: the titles of a document and of its blocks, and the rows of its tables."""

from __future__ import annotations

from evalkit.report.document import Document, Table


def render_outline(document: Document) -> str:
    """One line for each title and row."""
    lines = [f"* {document.title}"]
    for block in document.blocks:
        if isinstance(block, Table):
            lines.append(f"** {block.title}")
            lines += [" | ".join(row) for row in block.rows]
    return "\n".join(lines) + "\n"
