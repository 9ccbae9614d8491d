"""A gold dataset, counted by split, and what a build of one did."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.dataset.describe import Description, describe_dataset
from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.making.build import BuildResult
from evalkit.dataset.making.init import InitResult
from evalkit.gate.project import ProjectInit
from evalkit.report.document import Column, Document, Line, Lines, Table, figure_columns
from evalkit.showing import number_of

__all__ = ["build_document", "document", "gold_document", "init_document", "project_document"]


def document(description: Description) -> Document:
    """The counts in groups, one column a split, and the fingerprints."""
    splits, several = description.splits, len(description.splits) > 1
    columns = ("", *splits, *(["total"] if several else []))
    cells: list[tuple[str, ...]] = []
    heads = []
    colours = []
    for group, rows in description.groups().items():
        heads.append(len(cells))
        cells.append((group, *[""] * (len(columns) - 1)))
        for row in rows:
            if (said := description.labels.get(group, {}).get(row.name)) and said.colour:
                colours.append((len(cells), said.colour))
            total = [str(sum(filter(None, row.counts)))] if several else []
            cells.append((f"  {row.name}", *("–" if count is None else str(count) for count in row.counts), *total))
    fingerprints = zip(splits, description.fingerprints, strict=True)
    return Document(
        what="dataset",
        title=description.name,
        blocks=(
            Table(
                columns=figure_columns(*columns),
                rows=tuple(cells),
                strong=tuple(heads),
                listing=True,
                colours=tuple(colours),
            ),
            *_labels(description),
            *([Lines.of(f"not annotated: {', '.join(missing)}")] if (missing := description.not_annotated) else []),
            Lines.of(*(f"{split}: {fingerprint}" for split, fingerprint in fingerprints), whole=True),
        ),
        rows=tuple(
            {"group": row.group, "name": row.name} | dict(zip(splits, row.counts, strict=True))
            for row in description.rows
        ),
        data=description.to_json(),
    )


def _labels(description: Description) -> Iterator[Table]:
    """What the labels mean, as far as somebody said."""
    told = [
        (layer, label, said)
        for layer, labels in description.labels.items()
        for label, said in labels.items()
        if said.definition
    ]
    if told:
        yield Table(
            title="labels",
            columns=(Column("label", left=True), Column("layer", left=True), Column("means", left=True, folds=True)),
            rows=tuple((label, layer, said.definition) for layer, label, said in told),
            listing=True,
            colours=tuple((number, said.colour) for number, (*_, said) in enumerate(told) if said.colour),
        )


def gold_document(gold: GoldDataset) -> Document:
    """The counts of one split."""
    return document(describe_dataset(gold))


def build_document(result: BuildResult) -> Document:
    """The splits that were built, and how many texts are new."""
    data = result.to_json()
    columns = figure_columns("split", "articles", "fingerprint")
    rows = tuple(tuple(map(str, row.values())) for row in data["splits"])
    return Document(
        what="build",
        title="built",
        blocks=(
            Table(columns=columns, rows=rows, listing=True),
            Lines.of(number_of(len(result.new_texts), "new text")),
        ),
        notes=result.notes,
        rows=tuple(data["splits"]),
        data=data,
    )


def project_document(result: ProjectInit) -> Document:
    """What became of each file, and what to do from here."""
    return Document(
        what="init",
        title=str(result.folder),
        blocks=(
            Lines.of(*(f"{name}: {outcome}" for name, outcome in result.files.items()), whole=True),
            Lines(title="next", lines=tuple(Line.of(step, depth=1) for step in result.next_steps), whole=True),
        ),
        notes=result.notes,
        rows=tuple({"file": name, "outcome": outcome} for name, outcome in result.files.items()),
        data=result.to_json(),
    )


def init_document(result: InitResult) -> Document:
    """The files that were laid out, and the commands that take it from there."""
    return Document(
        what="init",
        title=str(result.folder),
        blocks=(
            Lines.of(*(f"{result.folder}/{name}" for name in result.files), whole=True),
            Lines(title="next", lines=tuple(Line.of(step, depth=1) for step in result.next_steps), whole=True),
        ),
        rows=tuple({"file": name} for name in result.files),
        data=result.to_json(),
    )
