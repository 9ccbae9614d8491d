"""How far readers agree: F1, alpha and kappa of each task, two by two, and where they disagree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from evalkit.analysis.agreement.coefficient import Coefficient
from evalkit.analysis.agreement.disagreements import Disagreement, Marked
from evalkit.analysis.agreement.measured import Agreement, Compared
from evalkit.harmless import one_line
from evalkit.layers.table import load_layer
from evalkit.report.document import Block, Chart, Column, Document, Line, Lines, Piece, Table, figure_columns
from evalkit.report.of.cells import interval, interval_heading, number
from evalkit.report.of.charts import bounded, forest
from evalkit.report.of.result import not_evaluated_lines
from evalkit.scoring.tasks.table import load_task, main_convention
from evalkit.showing import number_of

__all__ = ["document"]

_ALPHA = (
    "alpha counts every character: leaving most of them unmarked is agreement too; coding alpha and kappa are about "
    "what several readers marked, and nothing else"
)

LONGEST = 60
"""Characters of an item in a list of examples."""


def document(agreement: Agreement) -> Document:
    """For each task the agreement of all readers, then that of pairs, then disagreements with examples."""
    readers = number_of(len(agreement.readers), "reader")
    of = f" of {agreement.of_articles}" if agreement.of_articles != agreement.articles else ""
    articles = f"{agreement.articles}{of} {'article' if agreement.of_articles == 1 else 'articles'}"
    return Document(
        what="agreement",
        title=f"{agreement.gold}, {agreement.split}: {readers} of {articles}",
        blocks=tuple(_blocks(agreement)),
        notes=(*not_evaluated_lines(agreement.not_evaluated), *agreement.notes),
        signature=agreement.signature,
        rows=tuple(_rows(agreement)),
        data=agreement.to_json(),
    )


def _blocks(agreement: Agreement) -> Iterator[Block]:
    # What the readers are stands beside their names where the owner of the gold says it of any.
    told = [Column("what", left=True, folds=True)] * bool(agreement.declared)
    yield Table(
        title="readers",
        columns=(Column("reader", left=True, folds=True), Column("articles"), *told),
        rows=tuple(
            (name, str(read), *[agreement.declared.get(name, "")] * len(told))
            for name, read in agreement.readers.items()
        ),
    )
    for task, conventions in agreement.layers.items():
        yield from _task_tables(task, conventions, agreement)
    if len(agreement.pairs) > 1:
        yield from _pair_tables(agreement)
    for own in agreement.disagreements:
        if own.examples:
            yield _example_lines(own)


def _task_tables(task: str, conventions: Mapping[str, Compared], agreement: Agreement) -> Iterator[Block]:
    heading = interval_heading(agreement.signature)
    rows = [(f"F1 {name}", *_f1_cells(own), str(own.items)) for name, own in conventions.items()]
    breaks = len(rows)
    layer = load_task(task).layer
    first = next((name for name in agreement.layers if load_task(name).layers == (layer,)), "")
    alphas, codings = (own.get(layer, {}) if first == task else {} for own in (agreement.alpha, agreement.coding_alpha))
    rows += [(f"alpha {part}", *_cells(own), str(own.items)) for part, own in alphas.items()]
    rows += [(f"coding alpha {part}", *_cells(own), str(own.items)) for part, own in codings.items()]
    if task in agreement.kappa:
        rows.append(("kappa label", *_cells(agreement.kappa[task]), str(agreement.kappa[task].items)))
    yield Table(
        title=f"{task} · agreement",
        columns=figure_columns("measure", "value", heading, "items"),
        rows=tuple(rows),
        rules=(breaks,) if breaks < len(rows) else (),
        caption=_ALPHA if codings else "",
    )
    main = conventions[main_convention(task, tuple(conventions))]
    if main.scores is not None and len(main.scores.labels) > 1:
        named = [*main.scores.labels.items(), ("micro", main.scores.micro), ("macro", main.scores.macro)]
        table = Table(
            title=f"{task} · {main.scores.convention}, by {load_layer(layer).label_field}",
            columns=figure_columns("label", "F1", heading, "art."),
            rows=tuple(
                (name, number(prf.f1), interval(prf.ci.get("f1")), "" if prf.articles is None else str(prf.articles))
                for name, prf in named
            ),
            rules=(len(main.scores.labels),),
            strong=(len(main.scores.labels), len(main.scores.labels) + 1),
        )
        f1 = bounded("F1", [prf.f1 for _, prf in named], [prf.ci.get("f1") for _, prf in named], heading)
        yield forest(table, [name for name, _ in named], f1, strong=table.strong)
    kinds = [own for own in agreement.disagreements if own.task == task]
    if kinds:
        yield Table(
            title=f"{task} · disagreements",
            columns=(Column("kind", left=True), Column("items"), Column("by whom", left=True, folds=True)),
            rows=tuple(
                (own.kind, str(own.items), ", ".join(f"{name} {times}" for name, times in own.by.items()))
                for own in kinds
            ),
        )


def _pair_tables(agreement: Agreement) -> Iterator[Chart]:
    heading = interval_heading(agreement.signature)
    for task, conventions in agreement.layers.items():
        name = main_convention(task, tuple(conventions))
        rows, micro = [], []
        for pair in agreement.pairs:
            own, kappa = pair.layers.get(task, {}).get(name), pair.kappa.get(task)
            if own is not None:
                told = "–" if kappa is None or kappa.value is None else number(kappa.value)
                rows.append((" + ".join(pair.readers), *_f1_cells(own), told, str(own.items), str(pair.articles)))
                micro.append(None if own.scores is None else own.scores.micro)
        table = Table(
            title=f"{task} · {name}, two by two",
            columns=figure_columns("readers", "F1", heading, "kappa", "items", "art."),
            rows=tuple(rows),
        )
        values = [None if prf is None else prf.f1 for prf in micro]
        f1 = bounded("F1", values, [None if prf is None else prf.ci.get("f1") for prf in micro], heading)
        yield forest(table, [row[0] for row in rows], f1)


def _f1_cells(own: Compared) -> tuple[str, str]:
    if own.scores is None:
        return "–", "–"
    return number(own.scores.micro.f1), interval(own.scores.micro.ci.get("f1"))


def _cells(own: Coefficient) -> tuple[str, str]:
    return "–" if own.value is None else number(own.value), interval(own.ci)


def _example_lines(own: Disagreement) -> Lines:
    lines = []
    for item in own.examples:
        lines.append(Line.of(Piece(item.article_id, "name")))
        told = [_marked_line(reader, marked) for reader, marked in zip(item.readers, item.marked, strict=True)]
        one, other = item.marked
        if one is not None and other is not None and (own.kind in one.places or _words(one) == _words(other)):
            # The same words may stand at two places.
            told = [
                _marked_line(reader, each, places=True) for reader, each in zip(item.readers, (one, other), strict=True)
            ]
        lines += told
    # Sets the next kind apart.
    lines.append(Line(()))
    shown = "" if len(own.examples) == own.items else f", {len(own.examples)} of {own.items}"
    return Lines(title=f"{own.task} · {own.kind}{shown}", lines=tuple(lines), hanging=True)


def _words(marked: Marked) -> tuple[str, ...]:
    return one_line(marked.text, LONGEST), marked.label, *marked.roles.values()


def _at(spans: Sequence[tuple[int, int]]) -> str:
    return " ".join(f"{start}-{end}" for start, end in spans)


def _marked_line(reader: str, marked: Marked | None, *, places: bool = False) -> Line:
    if marked is None:
        return Line.of(f"{reader}: ", Piece("–", "faint"), depth=1)
    roles = "".join(f", {name} {words}" for name, words in marked.roles.items())
    if places:
        beside = "".join(f", {name} at {_at(spans)}" for name, spans in marked.places.items())
        roles += f", at {_at(marked.spans)}{beside}"
    pieces = (
        Piece(one_line(marked.text), "quoted", LONGEST),
        Piece(f" {marked.label}", "strong"),
        Piece(roles, "faint"),
    )
    return Line.of(f"{reader}: ", *pieces, depth=1)


def _rows(agreement: Agreement) -> Iterator[dict[str, object]]:
    about = {"gold": agreement.gold, "split": agreement.split}
    for row in agreement.rows():
        yield about | row
    for own in agreement.disagreements:
        yield about | {"task": own.task, "what": own.kind, "score": "disagreements", "items": own.items}
