"""Results as Markdown: for a README, a pull request, a job summary."""

from __future__ import annotations

from evalkit.report.tables import ReportTable, notes_of, result_tables
from evalkit.results import EvalResult

__all__ = ["render_markdown"]


def render_markdown(result: EvalResult) -> str:
    """The tables in Markdown with their signature lines, then the notes; ends in a line feed."""
    parts = [f"## {_escape(result.extractor)} on {_escape(result.gold)}, {_escape(result.split)}"]
    parts.append(f"{result.articles} articles.")
    parts += [_table(table) for table in result_tables(result)]
    notes = notes_of(result)
    if notes:
        parts.append("\n".join(f"* {_escape(note)}" for note in notes))
    return "\n\n".join(parts) + "\n"


def _table(table: ReportTable) -> str:
    lines = [f"### {_escape(table.title)}", ""]
    lines.append("| " + " | ".join(map(_escape, table.columns)) + " |")
    lines.append("|" + "|".join("---" if at == 0 else "---:" for at in range(len(table.columns))) + "|")
    for row in table.rows:
        cells = [f"**{_escape(cell)}**" if row[0] in ("micro", "macro") and cell else _escape(cell) for cell in row]
        lines.append("| " + " | ".join(cells) + " |")
    if table.caption:
        lines += ["", f"`{table.caption}`"]
    return "\n".join(lines)


def _escape(text: str) -> str:
    """Text of others that must not become markup."""
    for character in "\\`*_{}[]<>|#":
        if character in text:
            text = text.replace(character, "\\" + character)
    return text.replace("\n", " ")
