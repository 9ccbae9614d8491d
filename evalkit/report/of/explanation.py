"""One article: its text with what the gold has and what was predicted in place, then what is wrong, pair by pair.

Marks are read as those of an extraction, with what became of the item behind the label::

    [Ida Moen]PER        right
    [Oslo]GPE→ORG        gold GPE, predicted ORG
    [Bergen]GPE:missed   in the gold alone; spurious and duplicate are predicted ones alone
    [Ida [Ek]PER:predicted]PER:gold
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise

from evalkit.analysis.explain import ExplainedItem, Explanation, LayerExplanation
from evalkit.analysis.judged import GOLD, PREDICTED
from evalkit.harmless import one_line
from evalkit.report.document import FAINT, Block, Column, Document, Lines, Mark, MarkedArticle, Table
from evalkit.scoring.tasks.base import RIGHT
from evalkit.showing import number_of

__all__ = ["document"]

LONGEST = 120
"""Characters of an item in a cell where there is little room."""
WHOLE = 1 - 1e-9
MANY = 3
"""Conventions of which those are told that an item is worth nothing under, where they are the fewer."""

SIGNS = {
    "→": "PER→ORG: gold PER, predicted ORG",
    f":{GOLD}": f"PER:{GOLD}, PER:{PREDICTED}: one item with other bounds",
}

Pair = tuple[ExplainedItem | None, ExplainedItem | None]
"""A gold item and the prediction that it was matched with, or one of them alone."""


def document(explanation: Explanation) -> Document:
    """The text with marks, and for each layer what is not right under every convention, gold beside predicted."""
    text = _text(explanation)
    shown: list[Block] = [text, *_key(text)] if explanation.text else []
    tables = [table for layer in explanation.layers for table in _tables(layer, asked=bool(explanation.places))]
    empty = [layer.layer for layer in explanation.layers if not layer.items]
    lines = [f"{', '.join(empty)}: no gold or predicted item is there"] if empty else []
    return Document(
        what="explanation",
        title=one_line(f"{explanation.article}, {explanation.run}"),
        blocks=(*shown, *tables, *([Lines.of(*lines)] if lines else [])),
        notes=(*_failed(explanation), *_unmarked(text)),
        rows=tuple(row for layer in explanation.layers for row in _rows(explanation, layer)),
        data=explanation.to_json(),
    )


def _text(explanation: Explanation) -> MarkedArticle:
    marks = tuple(mark for layer in explanation.layers for pair in _pairs(layer) for mark in _marks(layer, *pair))
    whole = MarkedArticle(text=explanation.text, zones=explanation.zones, marks=marks)
    if not explanation.places:
        return whole
    spans = [*explanation.places, *((mark.start, mark.end) for mark in marks)]
    zones = tuple(piece for zone in whole.zones for piece in _lines_at(explanation.text, zone, spans))
    return MarkedArticle(text=explanation.text, zones=zones, marks=marks)


def _lines_at(
    text: str, zone: tuple[str, int, int], spans: Sequence[tuple[int, int]]
) -> Iterator[tuple[str, int, int]]:
    """The lines of a zone in which any of the spans stands; those that follow each other as one piece."""
    kind, start, end = zone
    bounds = [start, *(at + 1 for at in range(start, end) if text[at] == "\n"), end]
    lines = [(low, high) for low, high in pairwise(bounds) if low < high]
    touched = [any(low < last and first < high for first, last in spans) for low, high in lines]
    for shown, group in groupby(zip(lines, touched, strict=True), key=lambda line: line[1]):
        if shown:
            pieces = [line for line, _ in group]
            first, last = pieces[0][0], pieces[-1][1]
            yield kind, first, first + len(text[first:last].rstrip("\n"))


def _pairs(layer: LayerExplanation) -> Iterator[Pair]:
    """Gold items with their predictions, and the other predictions, in order of their places."""
    by_number = {shown.number: shown for shown in layer.items}
    for shown in layer.items:
        partner = by_number.get(shown.partner_number or 0)
        if shown.item.side == GOLD:
            yield shown, partner
        elif partner is None:
            yield None, shown


def _marks(layer: LayerExplanation, gold: ExplainedItem | None, predicted: ExplainedItem | None) -> Iterator[Mark]:
    if gold is not None and predicted is not None:
        if gold.item.spans == predicted.item.spans:
            sides = [(gold, _label(gold, predicted))]
        else:
            sides = [(gold, f"{gold.item.label}:{GOLD}"), (predicted, f"{predicted.item.label}:{PREDICTED}")]
    else:
        sides = [(one, f"{one.item.label}:{one.item.kind}") for one in (gold, predicted) if one is not None]
    for shown, label in sides:
        yield from (Mark(*span, label, layer.layer, shown.item.kind) for span in shown.item.spans)


def _label(gold: ExplainedItem, predicted: ExplainedItem) -> str:
    if gold.item.label != predicted.item.label:
        return f"{gold.item.label}→{predicted.item.label}"
    return gold.item.label if gold.item.kind == RIGHT else f"{gold.item.label}:{gold.item.kind}"


def _key(text: MarkedArticle) -> Iterator[Lines]:
    """How the marks are read that do not say it themselves."""
    signs = [words for sign, words in SIGNS.items() if any(sign in mark.label for mark in text.marks)]
    if signs:
        yield Lines.of("; ".join(("[…]PER: right", *signs)), "", tone=FAINT)


def _failed(explanation: Explanation) -> Iterator[str]:
    if explanation.error:
        yield f"the extractor failed on this article: {one_line(explanation.error)}"


def _unmarked(text: MarkedArticle) -> Iterator[str]:
    shown = sum(step.opens for _, start, end in text.zones for step in text.steps(start, end))
    if hidden := len(text.marks) - shown:
        crossing = number_of(hidden, "mark crosses others or a zone and is", "marks cross others or a zone and are")
        yield f"{crossing} left out of the text; the tables have all"


def _tables(layer: LayerExplanation, *, asked: bool) -> Iterator[Table]:
    """What is wrong, and what is right but not under every convention; all of it where a place was asked for."""
    if not layer.items:
        return
    pairs = [pair for pair in _pairs(layer) if asked or not _plain(pair)]
    roles = list(dict.fromkeys(role for shown in layer.items for role in shown.roles))
    sizes = [sum(shown.item.side == side for shown in layer.items) for side in (GOLD, PREDICTED)]
    counted = ", ".join(f"{number} {kind}" for kind, number in layer.kinds.items() if number)
    yield Table(
        title=f"{layer.layer} · {sizes[0]} gold, {sizes[1]} predicted: {counted}",
        columns=(
            *(Column("kind", left=True), Column("gold", left=True, folds=True, brief=LONGEST)),
            *(Column("predicted", left=True, folds=True, brief=LONGEST), Column("place", left=True, folds=True)),
            Column("earns", left=True, folds=True),
        ),
        rows=tuple(tuple(_cells(pair, roles, layer.conventions)) for pair in pairs),
        caption="; ".join(_captions(layer, pairs)),
    )


def _plain(pair: Pair) -> bool:
    """Whether it is right and earns all that any convention counts: its mark in the text says enough."""
    return all(
        shown is not None
        and shown.item.kind == RIGHT
        and bool(shown.item.spans)
        and all(credit is None or credit >= WHOLE for credit in shown.credits.values())
        for shown in pair
    )


def _captions(layer: LayerExplanation, pairs: Sequence[Pair]) -> Iterator[str]:
    if pairs:
        yield "earns: credit under each convention where there is any, gold/predicted where they differ"
    if folded := sum(1 for _ in _pairs(layer)) - len(pairs):
        yield f"{number_of(folded, 'pair is', 'pairs are')} right under every convention, and only in the text"


def _cells(pair: Pair, roles: Sequence[str], conventions: Sequence[str]) -> Iterator[str]:
    gold, predicted = pair
    told = [
        role for role in roles if gold is None or predicted is None or gold.roles.get(role) != predicted.roles.get(role)
    ]
    yield next(shown.item.kind for shown in pair if shown is not None)
    yield _item(gold, told)
    yield _item(predicted, told)
    yield " ".join(dict.fromkeys(_place(shown) for shown in pair if shown is not None))
    yield _earned(pair, conventions)


def _item(shown: ExplainedItem | None, roles: Sequence[str]) -> str:
    """Label and words, and who does what in it, such as the speaker of a quote, where that tells two apart."""
    if shown is None:
        return "–"
    named = [f"{role}: {one_line(shown.roles[role])}" for role in roles if shown.roles.get(role)]
    words = one_line(shown.item.text)
    return f"{shown.item.label} {words}" + (f" ({'; '.join(named)})" if named else "")


def _earned(pair: Pair, conventions: Sequence[str]) -> str:
    """The conventions under which the pair is worth something, or those under which it is not worth all."""
    credits: dict[str, list[float]] = {}
    for name in conventions:
        counted = [shown.credits[name] for shown in pair if shown is not None]
        if own := [credit for credit in counted if credit is not None]:
            credits[name] = own
    worth = [name for name, own in credits.items() if any(own)]
    short = [name for name, own in credits.items() if min(own) < WHOLE]
    if len(credits) > MANY and len(short) < len(worth):
        return f"all but {_told(credits, short)}" if short else "all"
    return _told(credits, worth) or "–"


def _told(credits: Mapping[str, Sequence[float]], names: Sequence[str]) -> str:
    return ", ".join(f"{name} {'/'.join(dict.fromkeys(f'{credit:.3g}' for credit in credits[name]))}" for name in names)


def _place(shown: ExplainedItem) -> str:
    return " ".join(f"{start}-{end}" for start, end in shown.item.spans) or "–"


def _rows(explanation: Explanation, layer: LayerExplanation) -> Iterator[Mapping[str, object]]:
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
