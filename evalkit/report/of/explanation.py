"""One article under every convention; a dash is a convention that does not count the item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evalkit.analysis.explain import ExplainedItem, Explanation, LayerExplanation
from evalkit.harmless import one_line
from evalkit.report.document import Block, Column, Document, Lines, Table
from evalkit.showing import number_of

__all__ = ["document"]

LONGEST = 60


def document(explanation: Explanation) -> Document:
    """For each layer the items and what became of them, then what each convention credits them with."""
    return Document(
        what="explanation",
        title=one_line(f"{explanation.article}, {explanation.run}"),
        blocks=tuple(_blocks(explanation)),
        rows=tuple(row for layer in explanation.layers for row in _rows(explanation, layer)),
        data=explanation.to_json(),
    )


def _blocks(explanation: Explanation) -> Iterator[Block]:
    for layer in explanation.layers:
        if layer.items:
            yield _kind_table(layer)
            yield _credit_table(layer)
    empty = [layer.layer for layer in explanation.layers if not layer.items]
    if empty:
        yield Lines.of(f"{', '.join(empty)}: no gold or predicted item is there")


def _kind_table(layer: LayerExplanation) -> Table:
    roles = list(dict.fromkeys(role for shown in layer.items for role in shown.roles))
    columns = [
        *(Column(""), Column("side", left=True), Column("place", left=True, folds=True), Column("label", left=True)),
        *(Column("kind", left=True), Column("with"), Column("text", left=True, folds=True)),
        *([Column(": ".join(roles), left=True, folds=True)] if roles else []),
    ]
    return Table(
        title=f"{layer.layer} · {number_of(len(layer.items), 'item')}",
        columns=tuple(columns),
        rows=tuple((*_kind_cells(shown), *([_roles(shown, roles)] if roles else [])) for shown in layer.items),
    )


def _kind_cells(shown: ExplainedItem) -> tuple[str, ...]:
    item = shown.item
    partner = "–" if shown.partner_number is None else str(shown.partner_number)
    text = one_line(item.text, LONGEST)
    return str(shown.number), item.side, _place(shown), item.label, item.kind, partner, text


def _roles(shown: ExplainedItem, roles: Sequence[str]) -> str:
    """Who does what in an item, such as the speaker of a quote and its cue."""
    return ": ".join(one_line(shown.roles.get(role, "")) or "–" for role in roles)


def _credit_table(layer: LayerExplanation) -> Table:
    return Table(
        title=f"{layer.layer} · credit",
        columns=(Column(""), Column("side", left=True), *map(Column, layer.conventions)),
        rows=tuple(
            (str(shown.number), shown.item.side, *(_credit(shown.credits[name]) for name in layer.conventions))
            for shown in layer.items
        ),
        fixed=2,
    )


def _place(shown: ExplainedItem) -> str:
    return " ".join(f"{start}-{end}" for start, end in shown.item.spans) or "–"


def _credit(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def _rows(explanation: Explanation, layer: LayerExplanation) -> Iterator[dict[str, object]]:
    for shown in layer.items:
        yield {
            "run": explanation.run,
            "article": explanation.article,
            "layer": layer.layer,
            "number": shown.number,
            "side": shown.item.side,
            "place": _place(shown),
            "label": shown.item.label,
            "kind": shown.item.kind,
            "partner": shown.partner_number,
            "text": shown.item.text,
            **shown.roles,
            **shown.credits,
        }
