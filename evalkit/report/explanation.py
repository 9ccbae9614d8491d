"""One article under every convention, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evalkit.analysis.explain import ExplainedItem, Explanation, LayerExplanation
from evalkit.report.plain_text import one_line
from evalkit.report.tables import ReportTable

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["explanation_tables", "print_explanation"]

LONGEST = 60
WIDTH = 64


def explanation_tables(explanation: Explanation) -> list[ReportTable]:
    """A table of each layer; with many conventions several, each with some of them."""
    tables = []
    for layer in explanation.layers:
        if not layer.items:
            continue
        tables.append(_kind_table(layer))
        tables += [_credit_table(layer, names) for names in _in_portions(layer.conventions)]
    return tables


def _in_portions(names: Sequence[str]) -> list[tuple[str, ...]]:
    """The conventions in portions whose headings fit beside each other in a narrow terminal."""
    portions: list[tuple[str, ...]] = []
    for name in names:
        if portions and sum(len(own) + 3 for own in (*portions[-1], name)) <= WIDTH:
            portions[-1] = (*portions[-1], name)
        else:
            portions.append((name,))
    return portions


def _kind_table(layer: LayerExplanation) -> ReportTable:
    quotes = layer.layer == "quotes"
    rows = []
    for shown in layer.items:
        item = shown.item
        partner = "–" if shown.partner_number is None else str(shown.partner_number)
        roles = [_roles(shown)] if quotes else []
        text = one_line(item.text, LONGEST)
        rows.append((str(shown.number), item.side, _place(shown), item.label, item.kind, partner, text, *roles))
    columns = ("", "side", "place", "label", "kind", "with", "text", *(("said by",) if quotes else ()))
    return ReportTable(title=f"{layer.layer} · {len(layer.items)} items", columns=columns, rows=tuple(rows))


def _roles(shown: ExplainedItem) -> str:
    return f"{one_line(shown.roles['speaker']) or '–'}: {one_line(shown.roles['cue']) or '–'}"


def _credit_table(layer: LayerExplanation, names: tuple[str, ...]) -> ReportTable:
    rows = tuple(
        (str(shown.number), shown.item.side, *(_credit(shown.credits[name]) for name in names)) for shown in layer.items
    )
    return ReportTable(title=f"{layer.layer} · credit", columns=("", "side", *names), rows=rows)


def _place(shown: ExplainedItem) -> str:
    return " ".join(f"{start}-{end}" for start, end in shown.item.spans) or "–"


def _credit(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def print_explanation(explanation: Explanation, console: Console) -> None:
    """Prints the tables; a dash is a convention that does not count the item."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    console.print(Text(one_line(f"{explanation.article}, {explanation.run}"), style="bold"))
    for table in explanation_tables(explanation):
        grid = Table(title=Text(table.title, style="bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
        for name in table.columns:
            folds = name in ("text", "said by", "place")
            words = folds or name in ("side", "label", "kind")
            grid.add_column(Text(name), justify="left" if words else "right", overflow="fold", no_wrap=not folds)
        for row in table.rows:
            grid.add_row(*map(Text, row))
        console.print(grid)
    empty = [layer.layer for layer in explanation.layers if not layer.items]
    if empty:
        console.print(Text(f"{', '.join(empty)}: no gold or predicted item is there"))
