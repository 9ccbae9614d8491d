"""Documents as Markdown: for a README, a pull request, a job summary. Nothing in the text of others is live."""

from __future__ import annotations

import re
from collections.abc import Iterable

from evalkit.report.clean import one_line
from evalkit.report.document import (
    BAD,
    CUE,
    GOOD,
    NAME,
    QUOTED,
    STRONG,
    UNSURE,
    VERDICT_TONES,
    Block,
    Chart,
    Document,
    Line,
    Lines,
    MarkedArticle,
    Piece,
    Table,
)

__all__ = ["markdown_code", "markdown_text", "render_markdown"]

SIGNS = {GOOD: "✅ ", BAD: "❌ ", UNSURE: "❔ "}
EMPHASIS = {STRONG: "**", NAME: "**", CUE: "*"}
JOINER = "\u2060"
MARKUP = re.compile(r"[\\`*_{}\[\]()<>|~!$]")
LIVE = re.compile(r"(?<![A-Za-z0-9])@|@(?=[\w-]*\.)|#|://|www\.", re.IGNORECASE)
"""Mentions, mail and other addresses, numbers of issues; `gold@1a2b3c4` is none of them."""
LIST_OR_RULE = re.compile(r"[-+=](?=[-+=\s]|$)|\d{1,9}(?=[.)](?:\s|$))")
"""What begins a list or underlines a heading if it stands at the beginning of a line."""


def markdown_text(text: str) -> str:
    """The text as plain words: no markup, no HTML, no address that is followed, and nobody is mentioned."""
    return _no_list(_escape(one_line(text)))


def _escape(text: str) -> str:
    clean = MARKUP.sub(r"\\\g<0>", text)
    # Mentions, issue numbers and bare addresses are found after the markup, so a backslash does not hide them.
    clean = LIVE.sub(lambda found: found[0][0] + JOINER + found[0][1:], clean)
    return clean.replace("&", "&amp;")


def _no_list(line: str) -> str:
    if not (listed := LIST_OR_RULE.match(line)):
        return line
    return f"{listed[0]}\\{line[listed.end() :]}" if listed[0].isdigit() else f"\\{line}"


def markdown_code(text: str) -> str:
    """The text as a code span, in which nothing is markup, a mention, an issue or a link."""
    clean = one_line(text)
    if not clean.strip():
        return "—"
    ticks = "`"
    while ticks in clean:
        ticks += "`"
    space = " " if "`" in (clean[0], clean[-1]) else ""
    return f"{ticks}{space}{clean}{space}{ticks}"


def render_markdown(document: Document) -> str:
    """The document in Markdown; ends in a line feed."""
    if document.verdict:
        sign = SIGNS.get(VERDICT_TONES.get(document.verdict, ""), "")
        parts = [f"## evalkit {document.what}: {sign}{document.verdict}", f"{markdown_text(document.title)}."]
    else:
        parts = [f"## {markdown_text(document.title)}"]
    parts += [part for block in document.blocks for part in _block(block)]
    if document.notes:
        parts.append("\n".join(f"* {markdown_text(note)}" for note in document.notes))
    if document.signature:
        parts.append(markdown_code(document.signature))
    return "\n\n".join(parts) + "\n"


def _block(block: Block) -> Iterable[str]:
    if isinstance(block, Lines):
        return _lines(block)
    if isinstance(block, MarkedArticle):
        return _article(block)
    return _table(block.table if isinstance(block, Chart) else block)


def _table(table: Table) -> Iterable[str]:
    if table.title:
        yield f"### {markdown_text(table.title)}"
    lines = [
        _row(column.name for column in table.columns),
        "|" + "|".join("---" if column.left else "---:" for column in table.columns) + "|",
    ]
    for number, row in enumerate(table.rows):
        cells = map(markdown_text, row)
        strong = number in table.strong
        lines.append("| " + " | ".join(f"**{cell}**" if strong and cell else cell for cell in cells) + " |")
    yield "\n".join(lines)
    if table.caption:
        yield markdown_text(table.caption)
    if table.signature:
        yield markdown_code(table.signature)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(map(markdown_text, cells)) + " |"


def _lines(block: Lines) -> Iterable[str]:
    if block.title:
        yield f"### {markdown_text(block.title)}"
    lines = [f"{'  ' * line.depth}* {words}" for line in block.lines if (words := _words(line))]
    if lines:
        yield "\n".join(lines)


def _words(line: Line) -> str:
    words = "".join(map(_piece, line.pieces)).strip()
    sign = SIGNS.get(line.pieces[0].tone, "") if line.pieces else ""
    return sign + _no_list(words)


def _piece(piece: Piece) -> str:
    if piece.tone == QUOTED:
        return markdown_code(piece.text)
    words = _escape(piece.text)
    around = EMPHASIS.get(piece.tone)
    if not around or not words.strip():
        return words
    # Stars beside a space are stars.
    core = words.strip()
    return words.replace(core, f"{around}{core}{around}", 1)


def _article(block: MarkedArticle) -> Iterable[str]:
    for kind, start, end in block.zones:
        words = []
        for step in block.steps(start, end):
            words.append(_escape(" ".join(re.split(r"\s+", step.text))))
            if step.mark is not None:
                words.append("\\[" if step.opens else f"\\]{markdown_text(step.mark.label)}")
        yield f"*{markdown_text(kind)}*"
        yield _no_list("".join(words).strip())
