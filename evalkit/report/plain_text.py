"""Text of others on one line, made harmless for terminals, Markdown and XML."""

from __future__ import annotations

__all__ = ["markdown_code", "markdown_text", "one_line"]

JOINER = "\u2060"
MARKUP = "\\`*_{}[]()<>|~!"


def one_line(text: str, limit: int = 0) -> str:
    """The text without line feeds and control characters, cut in the middle if it is longer than `limit`.

    Characters that steer a terminal or turn the direction of text are shown as `�`.
    """
    words = " ".join(text.split())
    clean = "".join(character if character.isprintable() else "�" for character in words)
    if not limit or len(clean) <= limit:
        return clean
    head = (limit - 1) * 2 // 3
    return f"{clean[:head]}…{clean[len(clean) - (limit - 1 - head) :]}"


def markdown_code(text: str, limit: int = 0) -> str:
    """The text as a code span, in which nothing is markup, a mention, an issue or a link."""
    clean = one_line(text, limit)
    if not clean.strip():
        return "—"
    ticks = "`"
    while ticks in clean:
        ticks += "`"
    space = " " if "`" in (clean[0], clean[-1]) else ""
    return f"{ticks}{space}{clean}{space}{ticks}"


def markdown_text(text: str) -> str:
    """The text as plain words: no markup, no HTML, and nobody is mentioned."""
    clean = one_line(text)
    for character in MARKUP:
        clean = clean.replace(character, "\\" + character)
    # Mentions, issue numbers and bare addresses are found after the markup, so a backslash does not hide them.
    for mark in ("@", "#", "://", "www."):
        clean = clean.replace(mark, mark[0] + JOINER + mark[1:])
    return clean.replace("&", "&amp;")
