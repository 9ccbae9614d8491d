"""Documents as Markdown: for a README, a pull request, a job summary. Nothing in the text of others is live."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

from evalkit.harmless import markdown_begun, markdown_code, markdown_inert, markdown_part, markdown_text, one_line
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
    brief,
)

__all__ = ["SIGNS", "markdown_block", "render_markdown"]

SIGNS = {GOOD: "✅ ", BAD: "❌ ", UNSURE: "❔ "}
EMPHASIS = {STRONG: "**", NAME: "**", CUE: "*"}


def render_markdown(document: Document) -> str:
    """The document in Markdown; ends in a line feed."""
    if document.verdict:
        sign = SIGNS.get(VERDICT_TONES.get(document.verdict, ""), "")
        parts = [
            f"## evalkit {markdown_text(document.what)}: {sign}{markdown_text(document.verdict)}",
            markdown_text(f"{document.title}."),
        ]
    else:
        parts = [f"## {markdown_text(document.title)}"]
    parts += [part for block in document.blocks for part in markdown_block(block)]
    if document.notes:
        parts.append("\n".join(f"* {markdown_text(note)}" for note in document.notes))
    if document.signature:
        parts.append(markdown_code(document.signature))
    return "\n\n".join(parts) + "\n"


def markdown_block(block: Block) -> Iterable[str]:
    """A block as paragraphs, lists and tables, each of some lines."""
    block = brief(block)
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
    words = ""
    for quoted, pieces in groupby(line.pieces, lambda piece: piece.tone == QUOTED):
        if quoted:
            # Ticks that meet would be one fence.
            words += " ".join(markdown_code(piece.text) for piece in pieces)
        else:
            runs = groupby(pieces, lambda piece: EMPHASIS.get(piece.tone, ""))
            words += markdown_inert("".join(_run(stars, run) for stars, run in runs))
    sign = SIGNS.get(line.pieces[0].tone, "") if line.pieces else ""
    return sign + markdown_begun(words.strip())


def _run(stars: str, pieces: Iterable[Piece]) -> str:
    """Words of one emphasis; stars that meet others, or stand beside a space, are stars."""
    words = markdown_part("".join(piece.text for piece in pieces))
    core = words.strip()
    return words.replace(core, f"{stars}{core}{stars}", 1) if core else words


def _article(block: MarkedArticle) -> Iterable[str]:
    for kind, start, end in block.zones:
        parts = []
        for step in block.steps(start, end):
            parts.append(markdown_part(" ".join(re.split(r"\s+", step.text))))
            if step.mark is not None:
                parts.append("\\[" if step.opens else f"\\]{markdown_part(one_line(step.mark.label))}")
        yield f"*{markdown_text(kind)}*"
        yield markdown_begun(markdown_inert("".join(parts).strip()))
