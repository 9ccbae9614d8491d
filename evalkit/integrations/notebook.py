"""How results show themselves in a notebook: the same tables as everywhere, as escaped HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from evalkit.report.tables import ReportTable, notes_of, result_tables
from evalkit.results import EvalResult

if TYPE_CHECKING:
    from evalkit.analysis.diagnosis import Diagnosis

__all__ = ["diagnosis_html", "result_html"]


def result_html(result: EvalResult) -> str:
    """The tables of a result as HTML without scripts."""
    head = f"{result.extractor} on {result.gold}, {result.split}"
    return _page(head, result_tables(result), notes_of(result))


def diagnosis_html(diagnosis: Diagnosis) -> str:
    """The tables of a diagnosis as HTML without scripts."""
    from evalkit.report.diagnosis import diagnosis_lines, diagnosis_tables

    head = f"{diagnosis.run} on {diagnosis.gold}, {diagnosis.split}: {diagnosis.articles} articles"
    return _page(head, diagnosis_tables(diagnosis), diagnosis_lines(diagnosis))


def _page(head: str, tables: Sequence[ReportTable], notes: Sequence[str]) -> str:
    parts = [f"<h4>{escape(head)}</h4>", *map(_table, tables)]
    if notes:
        parts.append("<ul>" + "".join(f"<li>{escape(note)}</li>" for note in notes) + "</ul>")
    return "<div>" + "".join(parts) + "</div>"


def _table(table: ReportTable) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in table.columns)
    body = "".join(_row(row) for row in table.rows)
    caption = f'<div style="opacity:.6"><code>{escape(table.caption)}</code></div>' if table.caption else ""
    title = f"<strong>{escape(table.title)}</strong>"
    return f"{title}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{caption}"


def _row(row: tuple[str, ...]) -> str:
    cells = [f'<td style="text-align:left">{escape(row[0])}</td>']
    cells += [f'<td style="text-align:right">{escape(cell)}</td>' for cell in row[1:]]
    weight = ' style="font-weight:bold"' if row[0] in ("micro", "macro") else ""
    return f"<tr{weight}>{''.join(cells)}</tr>"
