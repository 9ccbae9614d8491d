"""Tables with one row an item: as documents where the texts are known, and as native rows where they are not.

`text` is that of the article if all rows of an article that have one say the same, and what stands at the span if it is
as long as that everywhere; nothing else is guessed. A row without start, end and label says something of its article,
which may be all that is said of it. Further columns are features of the item.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from evalkit.errors import FormatError
from evalkit.formats.base import Source
from evalkit.formats.delimited.table import OF_ARTICLE, Row, Table
from evalkit.formats.delimited.texts import named_texts
from evalkit.formats.standoff.document import Document, Documents, Link, Mark
from evalkit.formats.standoff.edges import is_at_edges
from evalkit.formats.standoff.ids import own_ids
from evalkit.formats.standoff.proof import Claim, Proof, Prover
from evalkit.layers.base import Layer
from evalkit.layers.fields import NAME, NUMBER
from evalkit.layers.table import all_layers
from evalkit.options import ReadOptions
from evalkit.records import Span
from evalkit.text.counting import parse_counting

__all__ = ["ANSWERS", "ITEM_ID", "LINK", "METADATA", "SCORE", "SUGGESTED", "item_documents", "item_rows", "knows_texts"]

LINK = "->"
"""What the name of a column begins with that holds the ids of items to which a link leads."""
METADATA = "metadata."
"""What the name of a column may begin with that holds metadata of the article."""
ITEM_ID, SCORE = "item_id", "score"
SUGGESTED = "suggested"
"""The column that says `true` where a system made a suggestion."""
ANSWERS = "category"
"""The column, and the question, of the labels of a whole text."""

_NATIVE = ("zones", "scope")
_WHOLE = re.compile(r"(-?[0-9]{1,18})(\.0+)?")
"""An offset, also as pandas writes one of a column in which a cell is empty."""
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")

Groups = Mapping[str, Sequence[Row]]


@dataclass(frozen=True)
class _Layout:
    """How the rows of a table are to be understood.

    Attributes:
        groups: the rows of each article.
        columns: role → column.
        text_of_article: the column with the texts of articles.
        surface: the column with what stands at the spans.
        of_article: further columns that say something of articles.
        of_items: further columns that say something of items.
        suggested: the column that says what a system suggested.
    """

    groups: Groups
    columns: Mapping[str, str]
    text_of_article: str | None
    surface: str | None
    of_article: tuple[str, ...]
    of_items: tuple[str, ...]
    suggested: str | None

    def maker(self, row: Row) -> tuple[str, bool]:
        """Who made what a row says, and whether that is a suggestion of a system."""
        column = self.columns.get("annotator")
        suggested = self.suggested is not None and row.cells[self.suggested].strip().casefold() == "true"
        return row.cells[column] if column else "", suggested

    def is_item(self, cells: Mapping[str, str]) -> bool:
        """Whether a row says anything of an item."""
        return any(cells[self.columns[role]].strip() for role in ("start", "end", "label"))


def knows_texts(table: Table, values: Mapping[str, str]) -> bool:
    """Whether the texts that offsets count in are there."""
    return "texts" in values or _layout(table, "").text_of_article is not None


def _layout(table: Table, unnamed: str) -> _Layout:
    columns = dict(table.header.columns)
    groups: dict[str, list[Row]] = {}
    if "id" in columns:
        for row in table.rows:
            groups.setdefault(row.cells[columns["id"]], []).append(row)
    else:
        by_text: dict[str, list[Row]] = {}
        for row in table.rows:
            by_text.setdefault(row.cells[columns["text"]], []).append(row)
        digits = max(4, len(str(len(by_text))))
        groups = {f"{unnamed}{number:0{digits}d}": own for number, own in enumerate(by_text.values(), 1)}
    text = columns.get("text")
    of_articles = text is not None and _is_of_articles(groups, columns, table)
    surface = columns.get("surface") or (None if of_articles else text)
    of_article = [name for name in OF_ARTICLE if name in table.header.names and _agree(groups, name)]
    of_article += [name for name in table.header.names if name.startswith(METADATA) or name in _NATIVE]
    cells = {row.cells[SUGGESTED].strip().casefold() for row in table.rows} if SUGGESTED in table.header.names else {""}
    suggested = SUGGESTED if "true" in cells and cells <= {"", "true", "false"} else None
    used = {columns.get(role) for role in ("id", "start", "end", "label", "text", "annotator")} | {surface, suggested}
    of_items = [name for name in table.header.names if name not in {*used, *of_article}]
    known = text if of_articles else None
    return _Layout(groups, columns, known, surface, tuple(of_article), tuple(of_items), suggested)


def _agree(groups: Groups, column: str) -> bool:
    """Whether the rows of each article that say something in a column say the same."""
    return all(len({row.cells[column] for row in own} - {""}) <= 1 for own in groups.values())


def _is_of_articles(groups: Groups, columns: Mapping[str, str], table: Table) -> bool:
    """Whether the column of texts holds those of articles, not what stands at the spans.

    Raises:
        FormatError: it is neither.
    """
    text, start, end = columns["text"], columns["start"], columns["end"]
    agree = _agree(groups, text)
    if agree and ("surface" in columns or _reach(groups, text, end, len)):
        return True
    if all(
        not row.cells[end].strip() or len(row.cells[text]) == _whole(row, end, "end") - _whole(row, start, "start")
        for own in groups.values()
        for row in own
    ):
        return False
    # Offsets in UTF-16 or UTF-8 go further than the text is long, and inclusive ones that begin at 1 as far.
    if agree and _reach(groups, text, end, lambda said: len(said.encode("utf-8", "surrogatepass")) + 1):
        return True
    where = table.rows[0].where if table.rows else str(table.path)
    raise FormatError(
        f"{where}: column {text!r} is neither the text of the article in every row nor what stands at each span; call "
        "what stands at the spans 'surface', or write one row an article"
    )


def _reach(groups: Groups, text: str, end: str, measured: Callable[[str], int]) -> bool:
    """Whether the text of each article is as long as its items say."""
    return all(
        measured(max((row.cells[text] for row in own), key=len))
        >= max((_whole(row, end, "end") for row in own if row.cells[end].strip()), default=0)
        for own in groups.values()
    )


def item_rows(table: Table) -> Iterator[tuple[str, dict[str, Any]]]:
    """One native row for each article, without its text."""
    layout = _layout(table, "")
    layer = all_layers()[0]
    for article_id, own in layout.groups.items():
        row: dict[str, Any] = {"id": article_id, layer.name: []}
        row |= {name: said for name in layout.of_article if name in OF_ARTICLE and (said := _said(own, name))}
        others = [name for name in layout.of_items if name != layer.spans_field]
        # Without texts nothing but predictions is read.
        others += [layout.suggested] if layout.suggested is not None else []
        for one in own:
            if not layout.is_item(one.cells):
                continue
            item: dict[str, Any] = {role: _whole(one, layout.columns[role], role) for role in ("start", "end")}
            item["label"] = one.cells[layout.columns["label"]]
            if layout.surface is not None:
                item["text"] = one.cells[layout.surface]
            row[layer.name].append(item | {name: _field(one, name, layer) for name in others})
        yield own[0].where, row


def _said(rows: Sequence[Row], column: str) -> str:
    return next((row.cells[column] for row in rows if row.cells[column]), "")


def _field(row: Row, column: str, layer: Layer[Any]) -> str | float | None:
    """What a cell says of an item beside its place and label: in a field of the layer, or in one that is not read."""
    cell = row.cells[column]
    if not cell.strip():
        return None
    if {field.name: field.type for field in layer.fields}.get(column, NAME) is not NUMBER:
        return cell
    return _number(row, column)


def _number(row: Row, column: str) -> float:
    cell = row.cells[column]
    if not _NUMBER.fullmatch(cell.strip()) or not math.isfinite(number := float(cell)):
        raise FormatError(f"{row.where}: {column!r} is {cell!r:.80}, not a finite number; mend it")
    return number


def _whole(row: Row, column: str, role: str) -> int:
    cell = row.cells[column]
    found = _WHOLE.fullmatch(cell.strip())
    if found is None:
        raise FormatError(f"{row.where}: {role!r} is {cell!r:.80}, not a whole number; mend it")
    return int(found[1])


def item_documents(table: Table, source: Source, options: ReadOptions) -> Documents:
    """The documents of a table whose texts are known.

    Raises:
        FormatError: the texts cannot be read.
    """
    layout = _layout(table, source.unnamed)
    notes, problems = table.notes, list[FormatError]()
    texts = named_texts(options.values["texts"]) if "texts" in options.values else None
    parts: list[tuple[str, str, list[Row], list[tuple[Row, Claim]]]] = []
    for article_id, own in layout.groups.items():
        text = _said(own, layout.text_of_article) if layout.text_of_article is not None else None
        if texts is not None:
            text = texts.pop(article_id, None)
        if text is None:
            problems.append(FormatError(f"{own[0].where}: article {article_id!r} has no text under --texts; add it"))
            continue
        claims = []
        for row in own:
            try:
                if layout.is_item(row.cells):
                    claims.append((row, _claim(row, layout)))
            except FormatError as error:
                problems.append(error)
        parts.append((article_id, text, list(own), claims))
    if texts:
        notes["texts under --texts that no row is about, left out (an article without items has a row too)"] = len(
            texts
        )
    said = [(text, [claim for _, claim in claims]) for _, text, _, claims in parts]
    if options.offsets is None:
        proofs = _by_edges(said) or Prover().prove_all(said)
    else:
        proofs = Prover(usual=parse_counting(options.offsets), stated=True).prove_all(said)
        # What fits stays as it was counted: it is converted where everything is that was read so.
        proofs = [
            [
                proof if claim.text and proof.refusal else Proof(claim.spans)
                for claim, proof in zip(own, proved, strict=True)
            ]
            for (_, own), proved in zip(said, proofs, strict=True)
        ]
    documents: list[Document] = []
    for (article_id, text, own, claims), proved in zip(parts, proofs, strict=True):
        items = [(row, proof) for (row, _), proof in zip(claims, proved, strict=True)]
        documents += _documents(article_id, text, own, items, layout, notes, problems)
    return Documents(documents=tuple(documents), problems=tuple(problems), notes=dict(notes))


_OTHERWISE = {
    (-1, 0): "taken to count from 1, the last character included",
    (0, 1): "taken to include the last character",
    (-1, -1): "taken to count from 1",
}
"""What start and end are changed by where they count otherwise, and how that is said."""


def _by_edges(texts: Sequence[tuple[str, Sequence[Claim]]]) -> list[list[Proof]] | None:
    """The places of items of which nothing says what stands there, where they must count otherwise than usual.

    That is so where most of them begin or end inside a word, and all of them stand on whole words in the one way of
    counting.
    """
    claims = [(text, claim.spans[0]) for text, own in texts for claim in own]
    is_said = any(claim.text for _, own in texts for claim in own)
    if is_said or 2 * sum(_is_whole(*one) for one in claims) >= len(claims):
        return None
    ways = [way for way in _OTHERWISE if all(_is_whole(text, Span(s + way[0], e + way[1])) for text, (s, e) in claims)]
    if len(ways) != 1:
        return None
    ((left, right),) = ways
    cause = f"{_OTHERWISE[left, right]}, as only so they stand on whole words"
    return [[Proof(tuple(Span(s + left, e + right) for s, e in one.spans), cause) for one in own] for _, own in texts]


def _is_whole(text: str, span: Span) -> bool:
    return 0 <= span.start < span.end <= len(text) and is_at_edges(text, span)


def _claim(row: Row, layout: _Layout) -> Claim:
    start, end = (_whole(row, layout.columns[role], role) for role in ("start", "end"))
    said = row.cells[layout.surface] if layout.surface is not None else ""
    return Claim((Span(start, end),), said or None)


def _documents(
    article_id: str,
    text: str,
    rows: Sequence[Row],
    items: Sequence[tuple[Row, Proof]],
    layout: _Layout,
    notes: dict[str, int],
    problems: list[FormatError],
) -> Iterator[Document]:
    """The document of each annotator of an article; one without a name is the gold beside those with."""
    makers = list(dict.fromkeys(map(layout.maker, rows)))
    is_several = sum(not suggested for _, suggested in makers) > 1
    article: dict[str, Any] = {}
    labels: dict[str, tuple[str, ...]] = {}
    split = None
    for row in rows:
        said = {name: row.cells[name] for name in layout.of_article if row.cells[name]}
        if not layout.is_item(row.cells):
            said |= {name: row.cells[name] for name in layout.of_items if row.cells[name]}
        for name, cell in said.items():
            if name == "split":
                split = cell
            elif name == ANSWERS:
                value = _value(cell)
                labels[ANSWERS] = (value,) if isinstance(value, str) else value
            elif name in _NATIVE:
                from evalkit.formats.native.json_rows import json_value

                article[name] = json_value(cell, f"{row.where}: column {name!r}")
            else:
                article[name.removeprefix(METADATA)] = cell
    for name, suggested in makers:
        own = [(row, proof) for row, proof in items if layout.maker(row) == (name, suggested)]
        marks, links = _marks(own, layout, notes, problems)
        yield Document(
            id=article_id,
            text=text,
            marks=tuple(marks),
            links=tuple(links),
            labels=labels,
            annotator=name,
            ground_truth=not name and not suggested and is_several,
            suggested=suggested,
            article=article,
            split=split,
            where=rows[0].where,
        )


def _marks(
    items: Sequence[tuple[Row, Proof]], layout: _Layout, notes: dict[str, int], problems: list[FormatError]
) -> tuple[list[Mark], list[Link]]:
    marks: list[Mark] = []
    links: list[Link] = []
    given = [row.cells.get(ITEM_ID, "").strip() for row, _ in items]
    ids, twice = own_ids(given, [f"r{number}" for number in range(1, len(items) + 1)])
    for number in twice:
        where = items[number][0].where
        problems.append(FormatError(f"{where}: {ITEM_ID} {given[number]!r:.80} stands twice in its article; mend it"))
    for name, (row, proof) in zip(ids, items, strict=True):
        if not proof.spans:
            problems.append(FormatError(f"{row.where}: {proof.refusal}"))
            continue
        if proof.note:
            notes[f"items {proof.note}"] = notes.get(f"items {proof.note}", 0) + 1
        if proof.cause:
            what = f"items whose offsets were {proof.cause}"
            notes[what] = notes.get(what, 0) + 1
        cells = {name: row.cells[name] for name in layout.of_items if row.cells[name].strip()}
        cells.pop(ITEM_ID, None)
        try:
            score = _number(row, SCORE) if SCORE in cells else None
        except FormatError as error:
            problems.append(error)
            score = None
        cells.pop(SCORE, None)
        for column in [column for column in cells if column.startswith(LINK)]:
            targets = _value(cells.pop(column))
            several = (targets,) if isinstance(targets, str) else targets
            links += [Link(column.removeprefix(LINK), name, target) for target in several]
        features = {column: _value(cell) for column, cell in cells.items()}
        marks.append(Mark(name, row.cells[layout.columns["label"]], proof.spans, features, score))
    known = {mark.id for mark in marks}
    there = [link for link in links if link.target in known]
    if len(there) < len(links):
        what = "links to items that are not there, left out"
        notes[what] = notes.get(what, 0) + len(links) - len(there)
    return marks, there


def _value(cell: str) -> str | tuple[str, ...]:
    """What a cell holds: a text, or several as a JSON list of texts."""
    if cell.startswith('["') or cell == "[]":
        try:
            value = orjson.loads(cell)
        except orjson.JSONDecodeError:
            return cell
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
    return cell
