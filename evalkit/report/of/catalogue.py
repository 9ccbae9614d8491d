"""The public corpora that can be asked for by name, and one that was."""

from __future__ import annotations

from evalkit.dataset.catalogue.get import ObtainedDataset
from evalkit.dataset.catalogue.listing import Catalogue
from evalkit.report.document import Column, Document, Line, Lines, Table
from evalkit.showing import number_of

__all__ = ["document", "obtained_document"]

WIDE = 100


def document(catalogue: Catalogue) -> Document:
    """A line each, then how each is cited."""
    rows = catalogue.to_json()
    return Document(
        what="corpora",
        title="public corpora by name",
        blocks=(
            Table(
                columns=(
                    Column("name", left=True),
                    Column("layers", left=True, folds=True),
                    Column("language", left=True, from_width=WIDE),
                    Column("articles"),
                    Column("licence", left=True, folds=True),
                    Column("what it is", left=True, folds=True),
                ),
                rows=tuple(
                    (
                        entry.name,
                        ", ".join(entry.layers),
                        entry.language,
                        str(sum(entry.articles.values())),
                        "; no ".join((entry.licence.name, *entry.licence.forbids)),
                        entry.about,
                    )
                    for entry in catalogue
                ),
                listing=True,
            ),
            Lines(
                lines=tuple(Line.of(f"{own.name}: {own.cite} From {own.address}") for own in catalogue), hanging=True
            ),
        ),
        rows=tuple({**row, **{key: ", ".join(row[key]) for key in ("layers", "forbids")}} for row in rows),
        data=rows,
    )


def obtained_document(obtained: ObtainedDataset) -> Document:
    """Where it is, what may be done with it, and how it is cited."""
    data = obtained.to_json()
    splits = ", ".join(f"{split} {number}" for split, number in obtained.articles.items())
    articles = number_of(sum(obtained.articles.values()), "article")
    there = "written to" if obtained.is_new else "there already:"
    return Document(
        what="corpus",
        title=f"{obtained.name}: {there} {obtained.path}",
        blocks=(
            Lines.of(
                f"{articles}: {splits}",
                f"licence: {obtained.licence}",
                f"to be cited: {obtained.cite}",
                *obtained.bibtex.splitlines(),
                whole=True,
            ),
        ),
        notes=obtained.notes,
        rows=tuple({"split": split, "articles": number} for split, number in obtained.articles.items()),
        data=data,
    )
