"""Tables with one row an article, whose layers are JSON in cells, and with one row a token, as native rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.errors import FormatError
from evalkit.formats.delimited.table import OF_ARTICLE, Table

__all__ = ["article_rows", "token_rows"]


def article_rows(table: Table) -> Iterator[tuple[str, dict[str, Any]]]:
    """One native row for each row of the table."""
    from evalkit.formats.native.json_rows import json_value

    columns = table.header.columns
    for where, cells in table.rows:
        row: dict[str, Any] = {"id": cells[columns["id"]]}
        if "text" in columns:
            row["text"] = cells[columns["text"]]
        row |= {name: cells[name] for name in OF_ARTICLE if cells.get(name)}
        for name in table.header.layers:
            row[name] = json_value(cells[name], f"{where}: column {name!r}") if cells[name].strip() else None
        # Lists of objects under other names are no layers, which is said of them.
        for name in cells.keys() - row.keys() - {columns["id"], columns.get("text")}:
            if cells[name].startswith("[{"):
                row[name] = json_value(cells[name], f"{where}: column {name!r}")
        yield where, row


def token_rows(table: Table) -> Iterator[tuple[str, dict[str, Any]]]:
    """One native row of tokens and tags for each sentence, which is what such tables tell apart.

    A sentence begins where its column says something else than before; an empty cell goes on.

    Raises:
        FormatError: the first row names no sentence although there is a column for it.
    """
    columns = table.header.columns
    token, tag, sentence = columns["token"], columns["tag"], columns.get("sentence", columns.get("id"))
    current: dict[str, Any] | None = None
    where = ""
    for place, cells in table.rows:
        name = cells[sentence].strip() if sentence is not None else ""
        if current is None and sentence is not None and not name:
            raise FormatError(f"{place}: column {sentence!r} is empty in the first row; name the sentence")
        if current is None or (name and name != current["id"]):
            if current is not None:
                yield where, current
            current, where = {"id": name or table.path.stem, "tokens": [], "ner_tags": []}, place
        current["tokens"].append(cells[token])
        current["ner_tags"].append(cells[tag])
    if current is not None:
        yield where, current
