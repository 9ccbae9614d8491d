"""Suspects with who says what, and what the scores could be; what people made of them; what to annotate next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from evalkit.analysis.differences.change import ItemChange
from evalkit.analysis.suspects.corrections import Corrections
from evalkit.analysis.suspects.ranking import Suspect
from evalkit.analysis.suspects.replay import Replay
from evalkit.analysis.suspects.result import Suspects
from evalkit.analysis.suspects.unlabelled import Unlabelled
from evalkit.harmless import one_line
from evalkit.layers.base import Layer, surface
from evalkit.layers.table import load_layer
from evalkit.report.document import Block, Chart, Column, Document, Lines, Series, Table, figure_columns
from evalkit.report.of.cells import number
from evalkit.report.of.charts import forest
from evalkit.showing import number_of

__all__ = ["corrections_document", "document", "replay_document", "unlabelled_document"]

LONGEST = 40
"""Characters of an item in a cell."""
AROUND = 20
"""Characters of the text that are shown on either side of an item."""


def document(result: Suspects) -> Document:
    """A table of the suspects, one of the systems, and one of what the scores could be."""
    return Document(
        what="suspects",
        title=f"{result.gold}, split {result.split}: {number_of(result.found, 'suspect')} from {result.least:g} on",
        blocks=tuple(_blocks(result)),
        notes=result.notes,
        rows=tuple(_row(result, one) for one in result.items),
        data=result.to_json(),
    )


def _blocks(result: Suspects) -> Iterator[Block]:
    looked = [
        number_of(items, f"gold {load_layer(layer).one}", f"gold {layer}") for layer, items in result.checked.items()
    ]
    lines = [f"looked at: {', '.join(looked)} in {number_of(result.articles, 'article')}"]
    if result.settled:
        lines.append(f"settled before, so not suspected: {result.settled}")
    yield Lines.of(*lines)
    if result.items:
        yield _suspect_table(result)
        if result.found > len(result.items):
            yield Lines.of(f"{len(result.items)} of {result.found} shown; --limit shows as many as you like")
    if result.weights:
        yield _weight_table(result)
    if result.scores:
        yield _score_table(result)


def _suspect_table(result: Suspects) -> Table:
    return Table(
        columns=(
            Column(""),
            Column("suspicion", drops=4),
            Column("article", left=True, folds=True),
            Column("kind", left=True, drops=2),
            Column("gold", left=True, folds=True, brief=LONGEST),
            Column("proposed", left=True, folds=True, brief=LONGEST),
            Column("votes", drops=1),
            Column("in the text", left=True, folds=True, drops=3, brief=2 * AROUND + LONGEST + 4),
        ),
        rows=tuple(
            (
                str(position),
                f"{one.suspicion:.2f}",
                one.article_id,
                one.kind,
                _item(result, one, one.gold),
                _item(result, one, one.proposed, one.gold),
                f"{len(one.agree)}:{len(one.propose)}" if one.asked else "–",
                _around(result, one),
            )
            for position, one in enumerate(result.items, 1)
        ),
        caption="votes: systems that have what gold has : systems that have what is proposed",
    )


def _item(result: Suspects, suspect: Suspect, item: Any, beside: Any = None) -> str:
    """An item with its label, and with those of its roles that are not those of the item beside it."""
    if item is None:
        return "–"
    layer, text = load_layer(suspect.layer), _text(result, suspect)
    roles = layer.roles(item, text)
    known = {} if beside is None else layer.roles(beside, text)
    told = [f"{role} {words}" for role, words in roles.items() if words and (beside is None or known[role] != words)]
    return one_line(" · ".join([f"{layer.label(item)} {layer.show(item, text)}", *told]))


def _text(result: Suspects, suspect: Suspect) -> str:
    example = result.examples.get(suspect.article_id)
    return "" if example is None else example.article.text


def _around(result: Suspects, suspect: Suspect) -> str:
    """The words of the item with a little of the text around them."""
    text = _text(result, suspect)
    if not text or not suspect.spans:
        return "–"
    start, end = suspect.spans[0][0], suspect.spans[-1][1]
    before, after = text[max(start - AROUND, 0) : start], text[end : end + AROUND]
    return one_line(f"…{before}[{text[start:end]}]{after}…")


def _weight_table(result: Suspects) -> Table:
    layers = list(result.checked)
    return Table(
        title="systems",
        columns=figure_columns("system", *layers),
        rows=tuple(
            (system, *(f"{own[layer]:+.2f}" if layer in own else "–" for layer in layers))
            for system, own in result.weights.items()
        ),
        caption="what a system's vote adds to the log odds that gold has an item, beside the votes of the others",
    )


def _score_table(result: Suspects) -> Table:
    return Table(
        title="what the score could be",
        columns=figure_columns("run", "task", "k", "F1", "at least", "at most", "all k wrong"),
        rows=tuple(
            (one.run, one.task, str(one.k), number(one.f1), number(one.low), number(one.high), number(one.corrected))
            for one in result.scores
        ),
        caption="micro F1 if the k most suspicious items of the layer are wrong as proposed, or some of them",
    )


def _row(result: Suspects, suspect: Suspect) -> dict[str, Any]:
    layer: Layer[Any] = load_layer(suspect.layer)
    text = _text(result, suspect)
    return {
        "article_id": suspect.article_id,
        "layer": suspect.layer,
        "kind": suspect.kind,
        "place": " ".join(f"{start}-{end}" for start, end in suspect.spans),
        "label": suspect.label,
        "suspicion": round(suspect.suspicion, 6),
        "text": suspect.text,
        "proposed_label": None if suspect.proposed is None else layer.label(suspect.proposed),
        "proposed_text": None if suspect.proposed is None else surface(text, layer.spans(suspect.proposed)),
        "agree": len(suspect.agree),
        "propose": len(suspect.propose),
        "asked": suspect.asked,
    }


def unlabelled_document(result: Unlabelled) -> Document:
    """A row an article, those first on which the systems disagree most."""
    layers = sorted({layer for one in result.articles for layer in one.by_layer})
    titled = any(one.title for one in result.articles)
    size = f"{number_of(len(result.articles), 'article')}, {number_of(len(result.systems), 'system')}"
    return Document(
        what="articles to annotate",
        title=f"{result.source}: {size}",
        blocks=(
            Table(
                columns=(
                    Column("article", left=True, folds=True),
                    Column("disagreement"),
                    Column("items"),
                    *(Column(layer, drops=2) for layer in layers),
                    *[Column("title", left=True, folds=True, drops=1)] * titled,
                ),
                rows=tuple(
                    (
                        one.article_id,
                        _share(one.disagreement),
                        str(one.items),
                        *(_share(one.by_layer.get(layer)) for layer in layers),
                        *[one.title or "–"] * titled,
                    )
                    for one in result.articles
                ),
                caption="disagreement: 1 - mean F1 of every two systems, weighted by their items",
            ),
        ),
        notes=result.notes,
        rows=tuple(
            {"article_id": one.article_id, "disagreement": one.disagreement, "items": one.items, "systems": one.systems}
            for one in result.articles
        ),
        data=result.to_json(),
    )


def corrections_document(result: Corrections) -> Document:
    """What was decided about the suspects, and everything that was corrected."""
    counts = result.counts
    came = f"{number_of(len(result.articles), 'article')} answered"
    decided = f"{number_of(counts['kept'], 'suspect')} kept, {counts['corrected']} corrected"
    return Document(
        what="corrections",
        title=f"{came}: {decided}; {number_of(len(result.changes), 'item')} changed",
        blocks=(
            Table(
                columns=(
                    Column("article", left=True, folds=True),
                    Column("kind", left=True, drops=1),
                    Column("gold", left=True, folds=True, brief=LONGEST),
                    Column("corrected", left=True, folds=True, brief=LONGEST),
                ),
                rows=tuple(
                    (one.article_id, one.kind, _changed_item(result, one, one.old), _changed_item(result, one, one.new))
                    for one in result.changes
                ),
            ),
        )
        if result.changes
        else (Lines.of("nothing was changed"),),
        notes=result.notes,
        rows=tuple(
            {
                "article_id": one.article_id,
                "layer": one.layer,
                "kind": one.kind,
                "old_label": None if one.old is None else load_layer(one.layer).label(one.old),
                "new_label": None if one.new is None else load_layer(one.layer).label(one.new),
                "old_text": one.old_text or None,
                "new_text": one.new_text or None,
            }
            for one in result.changes
        ),
        data=result.to_json(),
    )


def _changed_item(result: Corrections, change: ItemChange, item: Any) -> str:
    if item is None:
        return "–"
    layer, text = load_layer(change.layer), result.sources[change.article_id].text
    roles = [f"{role} {words}" for role, words in layer.roles(item, text).items() if words]
    return one_line(" · ".join([f"{layer.label(item)} {layer.show(item, text)}", *roles]))


def replay_document(result: Replay) -> Document:
    """A table for each task: what each run had and has, and its ranks."""
    tasks = dict.fromkeys(one.task for one in result.scores)
    moved = sum(one.rank_before != one.rank_after for one in result.scores)
    return Document(
        what="replay",
        title=f"{result.before} → {result.after}: {number_of(result.changes, 'changed item')}",
        blocks=(*(_replay_table(result, task) for task in tasks), Lines.of(number_of(moved, "rank") + " changed")),
        notes=result.notes,
        rows=tuple(asdict(one) for one in result.scores),
        data=result.to_json(),
    )


def _replay_table(result: Replay, task: str) -> Chart:
    scores = [one for one in result.scores if one.task == task]
    table = Table(
        title=f"{task} · {scores[0].convention} micro F1",
        columns=figure_columns("run", "before", "after", "change", "rank before", "rank after"),
        rows=tuple(
            (
                one.run,
                number(one.before),
                number(one.after),
                f"{one.after - one.before:+.3f}",
                str(one.rank_before),
                str(one.rank_after),
            )
            for one in scores
        ),
        strong=tuple(at for at, one in enumerate(scores) if one.rank_before != one.rank_after),
    )
    after = Series("after", tuple(one.after for one in scores))
    before = Series("before", tuple(one.before for one in scores), reference=True)
    return forest(table, [one.run for one in scores], after, before, strong=table.strong)


def _share(value: float | None) -> str:
    return "–" if value is None else number(value)
