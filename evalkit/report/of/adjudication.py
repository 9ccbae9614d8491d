"""What became of the items that several people marked: counts by layer and rule, then what is disputed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from evalkit.analysis.adjudication.adjudication import STATUSES, Adjudication
from evalkit.analysis.adjudication.decisions import DISPUTED, Decision
from evalkit.harmless import one_line
from evalkit.layers.table import load_layer
from evalkit.report.document import (
    FAINT,
    QUOTED,
    STRONG,
    Block,
    Document,
    Line,
    Lines,
    Piece,
    Table,
    figure_columns,
)
from evalkit.showing import number_of

__all__ = ["document"]

SHOWN, LONGEST = 50, 120


def document(result: Adjudication, *, limit: int = SHOWN) -> Document:
    """The counts and the disputes.

    Args:
        result: what was decided.
        limit: so many disputes are shown; 0 for all.
    """
    disputes = _disputes(result)
    shown = disputes[: limit or None]
    left = len(disputes) - len(shown)
    articles, all_of_them = number_of(result.adjudicated, "article"), number_of(len(disputes), "dispute")
    more = (f"the first {len(shown)} of {all_of_them} are shown; --limit 0 shows all",) if left else ()
    told = all_of_them if disputes else "nothing is disputed"
    done = f"{articles} by {one_line(result.strategy)}, {told}"
    if not result.adjudicated:
        done = f"nothing to adjudicate, {number_of(result.kept, 'article has', 'articles have')} gold already"
    return Document(
        what="adjudication",
        title=f"{one_line(result.dataset)}: {done}",
        blocks=tuple(_blocks(result, shown)),
        notes=(*more, *result.notes),
        rows=tuple(
            {
                "article": one.article_id,
                "layer": one.layer,
                "question": one.question,
                "status": one.status,
                "rule": one.rule,
                "by": ", ".join(one.by),
                "reason": one.reason,
                "label": load_layer(one.layer).label(one.item),
                "text": one.text,
            }
            for one in result.decisions
        ),
        data=result.to_json(),
    )


def _blocks(result: Adjudication, shown: Sequence[list[Decision]]) -> Iterator[Block]:
    yield Table(
        columns=figure_columns("layer", *STATUSES),
        rows=tuple((layer, *(str(row[status]) for status in STATUSES)) for layer, row in result.counts.items()),
        caption="one thing that anybody marked counts once",
    )
    told = {"articles read": result.readers, "gold by rule": result.rules}
    yield Lines.of(
        *(
            f"{what}: " + ", ".join(f"{name} {number}" for name, number in own.items())
            for what, own in told.items()
            if own
        )
    )
    for article_id, disputes in groupby(shown, lambda dispute: dispute[0].article_id):
        yield Lines(
            title=article_id,
            lines=tuple(line for dispute in disputes for line in _dispute(dispute)),
            hanging=True,
        )
    written = [place for place in (result.out, result.disputed) if place is not None]
    if result.disputed is not None:
        written += [result.disputed.with_name(name) for name in result.beside]
    if written:
        yield Lines.of(*(f"written: {place}" for place in written), whole=True)


def _disputes(result: Adjudication) -> list[list[Decision]]:
    """The decisions of each question in which something is disputed."""
    grouped = groupby(result.decisions, lambda one: (one.article_id, one.layer, one.question))
    questions = (list(own) for _, own in grouped)
    return [own for own in questions if any(one.status == DISPUTED for one in own)]


def _dispute(dispute: Sequence[Decision]) -> Iterator[Line]:
    first = next(one for one in dispute if one.status == DISPUTED)
    yield Line((Piece(f"{load_layer(first.layer).one} {first.question}", STRONG), Piece(f" {first.reason}")))
    for one in dispute:
        layer = load_layer(one.layer)
        things = [f"{name} {value}" for name in layer.thing_fields if (value := getattr(one.item, name)) is not None]
        pieces = [Piece(f"{', '.join(one.by) or '–'}: "), Piece(layer.label(one.item), STRONG), Piece(" ")]
        pieces += [Piece(f"{', '.join(things)} ")] * bool(things)
        pieces += [Piece(one_line(one.text), QUOTED, LONGEST), Piece(" ")] * bool(one.text)
        places = " ".join(f"{start}-{end}" for start, end in layer.spans(one.item))
        pieces += [Piece(f"[{places}]", FAINT)] * bool(places)
        if one.status != DISPUTED:
            pieces.append(Piece(f" {one.status}", FAINT))
        yield Line(tuple(pieces), depth=1)
