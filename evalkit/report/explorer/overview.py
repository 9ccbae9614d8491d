"""What an explorer's page shows first: the figures of each run, what is wrong with it, and how the runs compare."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from evalkit.analysis.exploration.exploration import Exploration
from evalkit.report.document import Document
from evalkit.report.forms.html import STYLE, html_piece
from evalkit.report.forms.markup import Markup, element
from evalkit.report.of.table import document_of
from evalkit.showing import number_of

__all__ = ["overview_of"]

LEVEL = 2
"""Of the headings of documents, below the one of the page."""


def overview_of(exploration: Exploration) -> str:
    """The documents as HTML: the comparison first where there are several runs, then run by run."""
    sections = (
        element("section", html_piece(replace(document, title=_title(document)), level=LEVEL, styled=False))
        for document in _documents(exploration)
    )
    return "\n".join((element("style", Markup(STYLE)), *sections))


def _title(document: Document) -> str:
    """The title with the kind of result, which the documents of a page have nothing else to be told apart by."""
    return f"{document.what.capitalize()}: {document.title}"


def _documents(exploration: Exploration) -> Iterator[Document]:
    baseline = exploration.explored.baseline
    document = document_of(exploration)
    if baseline is not None:
        yield Document(
            what="baseline",
            title=baseline.name,
            blocks=(),
            notes=(
                f"what broke since this run is told of the {number_of(len(baseline.common), 'article')} that both have",
                *baseline.notes,
            ),
        )
    if exploration.comparison is not None:
        yield document_of(exploration.comparison)
    if len(exploration.runs) > 1:
        yield document
    for run in exploration.runs:
        if run.result is not None:
            yield document_of(run.result)
        if run.diagnosis is not None:
            yield document_of(run.diagnosis)
