"""The articles of which a condition holds, with what the condition looked at and what they cost."""

from __future__ import annotations

from evalkit.analysis.found_articles import FoundArticle, FoundArticles
from evalkit.harmless import one_line
from evalkit.report.document import Column, Document, Lines, Table
from evalkit.showing import number_of

__all__ = ["document"]

LONGEST = 60


def document(result: FoundArticles) -> Document:
    """A row an article, those that cost the most first."""
    names = [name for name in (result.found[0].values if result.found else ()) if name not in ("id", "lost")]
    size = f"{len(result.found)} of {number_of(result.articles, 'article')}"
    costs = ", ".join(f"{task} {name}" for task, name in result.conventions.items())
    table = Table(
        columns=(Column("article", left=True, folds=True), *(Column(name) for name in names), Column("lost")),
        rows=tuple(
            (one_line(one.article), *(_value(one, name) for name in names), _number(one.lost)) for one in result.found
        ),
        caption=f"lost: credit that gold and predicted items did not earn ({costs}); evalkit explain RUN ARTICLE shows "
        "one in full",
    )
    return Document(
        what="articles found",
        title=one_line(f"{result.run} on {result.gold}, {result.split}: {size} where {result.where}"),
        blocks=(table if result.found else Lines.of("there is no such article"),),
        notes=result.notes,
        rows=tuple(result.rows()),
        data=result.to_json(),
    )


def _value(one: FoundArticle, name: str) -> str:
    value = one.values[name]
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return one_line(value, LONGEST) if isinstance(value, str) else _number(value)


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
