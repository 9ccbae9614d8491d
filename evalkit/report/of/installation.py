"""An installation: what is wrong first, then versions, extras with what installs them, models, settings."""

from __future__ import annotations

from evalkit.extractors.installation import Installation
from evalkit.report.document import BAD, Block, Column, Document, Line, Lines, Table
from evalkit.showing import number_of

__all__ = ["document"]


def document(installation: Installation) -> Document:
    """What is wrong, then what there is; a command that installs something has a line of its own."""
    cache = installation.cache
    facts = [*installation.processor.items(), ("cache", _cache_words(cache.folder, cache.files, cache.bytes))]
    problems = tuple(Line.of(text) for text in installation.problems)
    install = [one.install for one in installation.extras if one.install]
    blocks: list[Block] = [
        *([Lines(title="what is wrong", tone=BAD, lines=problems, hanging=True)] if problems else []),
        _pairs("", "", list(installation.versions.items()), missing="not installed"),
        _pairs("here", "what", facts),
        Table(
            columns=(Column("extra", left=True), Column("packages", left=True, folds=True), Column("here", left=True)),
            rows=tuple(
                (one.name, _packages(dict(one.packages)), "missing" if one.install else "ready")
                for one in installation.extras
            ),
            listing=True,
        ),
        _pairs("model", "lacks", [(name, lacks or "-") for name, lacks in installation.models.items()]),
    ]
    if installation.settings:
        columns = ("command", "option", "value", "from")
        blocks.append(
            Table(
                columns=tuple(Column(name, left=True, folds=True) for name in columns),
                rows=tuple((one.command, one.option, one.value, one.where) for one in installation.settings),
                listing=True,
            )
        )
    if install:
        # A line each, so that they can be copied.
        blocks.append(Lines(title="to install what is missing", lines=tuple(map(Line.of, install)), whole=True))
    return Document(
        what="installation",
        title=f"evalkit {installation.versions['evalkit']}: "
        + (number_of(len(problems), "problem") if problems else "nothing is wrong"),
        blocks=tuple(block for block in blocks if not isinstance(block, Table) or block.rows),
        rows=tuple(installation.rows()),
        data=installation.to_json(),
    )


def _pairs(first: str, second: str, rows: list[tuple[str, str]], missing: str = "") -> Table:
    return Table(
        columns=(Column(first or "package", left=True, folds=True), Column(second or "version", left=True, folds=True)),
        rows=tuple((name, value or missing) for name, value in rows),
        listing=True,
    )


def _packages(packages: dict[str, str]) -> str:
    return ", ".join(f"{name} {number}" if number else f"{name} (missing)" for name, number in packages.items())


def _cache_words(folder: str, files: int, size: int) -> str:
    return f"{folder}: {number_of(files, 'file')}, {size / 1e6:.1f} MB"
