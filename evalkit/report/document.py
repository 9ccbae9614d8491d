"""A result as something to read: a title and blocks, which every form shows.

`report/of/` makes a document of each kind of result, `report/forms/` shows a document at a terminal, as Markdown, as
HTML and so on. Results hold figures; words about them stand in documents only.

Texts are as others wrote them: what is made harmless for whom, the forms know (`evalkit.harmless`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, NamedTuple, TypeVar

from evalkit.harmless import LONGEST, MESSAGE, clean, clean_text, one_line, shortened
from evalkit.results import CANNOT_TELL, FAIL, PASS

__all__ = [
    "Block",
    "Chart",
    "Check",
    "Column",
    "Document",
    "Line",
    "Lines",
    "Mark",
    "MarkedArticle",
    "Piece",
    "Series",
    "Step",
    "Table",
    "brief",
    "cleaned",
    "figure_columns",
]

GOOD, BAD, UNSURE = "good", "bad", "unsure"
STRONG, FAINT, NAME, CUE, QUOTED = "strong", "faint", "name", "cue", "quoted"
"""How words are meant; a form may show it by colour, weight or a sign. QUOTED is verbatim text of an article."""

SKIPPED = "skipped"
"""A check that was not made, beside the verdicts of `evalkit.results`."""
VERDICT_TONES = {PASS: GOOD, FAIL: BAD, CANNOT_TELL: UNSURE, SKIPPED: FAINT}


@dataclass(frozen=True, slots=True)
class Column:
    """The heading of a column and how its cells stand.

    Attributes:
        folds: whether a long cell may go on in a second line.
        left: whether cells stand at the left, as words do; figures stand at the right.
        from_width: the column is left out on pages that are narrower.
        brief: so many characters of a cell are shown by forms that have little room, cut in the middle; 0 for all.
        drops: on a page that is too narrow for all columns one with such a number is left out and named, 1 before 2;
            0 stays.
    """

    name: str
    left: bool = False
    folds: bool = False
    from_width: int = 0
    drops: int = 0
    brief: int = 0


def figure_columns(*names: str) -> tuple[Column, ...]:
    """Columns of a table of figures: the first holds names, the others numbers."""
    return tuple(Column(name, left=not at, folds=not at) for at, name in enumerate(names))


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Cells as text.

    Attributes:
        columns: the headings.
        rows: one text for each column.
        title: what it shows, or "".
        caption: a sentence under it, or "".
        signature: the line that reproduces its figures, or "".
        rules: positions of the rows before which a line is drawn.
        strong: positions of the rows that stand out: totals, and headings of groups.
        listing: a list of things, not of figures; shown with less decoration.
        fixed: a narrow page may show some of the columns at a time, each time after these first ones; 0 if not.
        colours: position of a row → the colour that goes with its name, for forms that show colours of others.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    caption: str = ""
    signature: str = ""
    rules: tuple[int, ...] = ()
    strong: tuple[int, ...] = ()
    listing: bool = False
    fixed: int = 0
    colours: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of one tone within a line.

    Attributes:
        brief: so many characters are shown by forms that have little room, cut in the middle; 0 for all.
    """

    text: str
    tone: str = ""
    brief: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A line of pieces, `depth` steps further in than the block."""

    pieces: tuple[Piece, ...]
    depth: int = 0

    @classmethod
    def of(cls, *words: str | Piece, tone: str = "", depth: int = 0) -> Line:
        """The line of some words, all in one tone where they have none of their own."""
        return cls(tuple(Piece(word, tone) if isinstance(word, str) else word for word in words), depth)

    @property
    def text(self) -> str:
        """The words without their tones."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Sentences, a list, or items in groups.

    Attributes:
        lines: an empty one sets the lines around it apart.
        title: a heading, or "".
        tone: of the heading.
        whole: lines are never broken, so that they can be copied or searched.
        hanging: what does not fit goes on further in, so that the next item can be told from it.
        key: they say what letters and signs mean, so they go wherever a chart goes.
    """

    lines: tuple[Line, ...]
    title: str = ""
    tone: str = STRONG
    whole: bool = False
    hanging: bool = False
    key: bool = False

    @classmethod
    def of(cls, *lines: str, tone: str = "", whole: bool = False, key: bool = False) -> Lines:
        """Plain lines in one tone."""
        return cls(lines=tuple(Line.of(line, tone=tone) for line in lines), whole=whole, key=key)


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of an article's text, `start` to `end` in code points.

    Attributes:
        label: the word shown at it.
        layer: the layer of the item that stands there.
        kind: what became of the item, or "".
    """

    start: int
    end: int
    label: str
    layer: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedArticle:
    """The text of an article with marks.

    Attributes:
        text: as it is in the article.
        zones: (kind, start, end) of the parts of the page, in order; all of it is body if there are none.
        marks: may nest and cross.
    """

    text: str
    zones: tuple[tuple[str, int, int], ...] = ()
    marks: tuple[Mark, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "zones", self.zones or (("body", 0, len(self.text)),))

    def steps(self, start: int, end: int) -> Iterator[Step]:
        """A stretch of the text step by step: some text, then a mark that begins or ends after it.

        A mark that crosses an earlier one, or reaches out of the stretch, is left out. Those over the same words
        nest by layer, then by label.
        """
        place = start
        around: list[Mark] = []
        for mark in sorted(self.marks, key=lambda mark: (mark.start, -mark.end, mark.layer, mark.label)):
            if mark.start < start or mark.end > end:
                continue
            while around and around[-1].end <= mark.start:
                yield Step(self.text[place : around[-1].end], around[-1], False)
                place = around.pop().end
            if around and mark.end > around[-1].end:
                continue
            yield Step(self.text[place : mark.start], mark, True)
            place = mark.start
            around.append(mark)
        while around:
            yield Step(self.text[place : around[-1].end], around[-1], False)
            place = around.pop().end
        yield Step(self.text[place:end])


class Step(NamedTuple):
    """A piece of an article's text and the mark that begins (`opens`) or ends behind it."""

    text: str
    mark: Mark | None = None
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """Points that belong together: one line of a chart, one mark in each row of it, or one row of a matrix.

    Attributes:
        name: what the legend calls it.
        x: where the points are; None for a row that has none.
        y: how high, in charts of curves and points; empty where rows have names.
        low: the lower bound of each point, None where there is none; empty if no point has bounds.
        high: the upper bounds.
        reference: whether it stands there to be compared with, such as a floor or an ideal line.
    """

    name: str
    x: tuple[float | None, ...]
    y: tuple[float, ...] = ()
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()
    reference: bool = False


LINE, POINTS, INTERVAL, BAR, MATRIX = "line", "points", "interval", "bar", "matrix"
"""Kinds of charts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What can be drawn, and the table that says the same where nothing can be.

    Attributes:
        kind: `line` (curves), `points` (one named point a series), `interval` (a row a name, with a mark and its bounds
            for each series, as in a forest plot), `bar` (the same with a bar from 0), `matrix` (a row a series, a
            column a name).
        x: what the horizontal axis shows; of a matrix, its columns.
        y: what the vertical axis shows; of a matrix, its rows.
        names: of the rows, or of the columns of a matrix.
        strong: positions of the rows that stand out, such as totals.
        bounds: the least range of the horizontal axis, as (0.0, 1.0) for shares; by default that of the points.
        square: whether both axes are shares from 0 to 1, drawn alike.
        signed: whether the figures are changes, shown with their signs around 0.
    """

    kind: str
    table: Table
    series: tuple[Series, ...]
    x: str
    y: str = ""
    names: tuple[str, ...] = ()
    strong: tuple[int, ...] = ()
    bounds: tuple[float, float] | None = None
    square: bool = False
    signed: bool = False


Block = Table | Lines | MarkedArticle | Chart


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Something that passed or did not, for forms that are about nothing else, such as JUnit.

    Attributes:
        group: what it belongs to, such as the task of a rule.
        verdict: pass, fail, cannot tell or skipped.
        reason: one sentence.
        details: lines that help to find the cause.
    """

    name: str
    group: str
    verdict: str
    reason: str = ""
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What every form shows.

    Attributes:
        what: the kind of result in a word or two, such as "comparison".
        title: what this one is about.
        blocks: what there is to read, in order.
        notes: what was left out, set aside or failed, a sentence each.
        signature: the line that reproduces the figures; "" where each table has its own.
        verdict: what it comes to, or "".
        checks: what passed and what did not; empty if the result is no verdict.
        rows: the figures in full, one row a figure, for forms that programs read.
        data: the result as JSON values.
    """

    what: str
    title: str
    blocks: tuple[Block, ...]
    notes: tuple[str, ...] = ()
    signature: str = ""
    verdict: str = ""
    checks: tuple[Check, ...] = ()
    rows: tuple[Mapping[str, Any], ...] = ()
    data: Mapping[str, Any] | list[dict[str, Any]] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "blocks", tuple(map(_with_rows, self.blocks)))

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables in order, those of charts too."""
        shown = (block.table if isinstance(block, Chart) else block for block in self.blocks)
        return tuple(block for block in shown if isinstance(block, Table))

    @property
    def charts(self) -> tuple[Chart, ...]:
        """The charts in order."""
        return tuple(block for block in self.blocks if isinstance(block, Chart))


def _with_rows(block: Block) -> Block:
    """The block; of a table without rows what it says in words, as headings over nothing say nothing."""
    table = block.table if isinstance(block, Chart) else block
    if not isinstance(table, Table) or table.rows:
        return block
    told = [*filter(None, [table.caption])]
    return Lines(title=table.title if told else "", lines=tuple(map(Line.of, told)))


def cleaned(document: Document) -> Document:
    """The document with its texts clean, on one line and no longer than people read, for forms that lay text out."""
    clean_document: Document = _cleaned(brief(document))
    return clean_document


Shown = TypeVar("Shown", Document, Table, Lines, MarkedArticle, Chart, Block)


def brief(shown: Shown) -> Shown:
    """A document or block as forms with little room show it: what people wrote is cut where it is long."""
    if isinstance(shown, Document):
        return replace(shown, blocks=tuple(map(brief, shown.blocks)))
    if isinstance(shown, Chart):
        return replace(shown, table=brief(shown.table))
    if isinstance(shown, Table):
        limits = [column.brief for column in shown.columns]
        if not any(limits):
            return shown
        rows = (tuple(map(_brief_text, row, limits)) for row in shown.rows)
        return replace(shown, rows=tuple(rows))
    if isinstance(shown, Lines):
        lines = (replace(line, pieces=tuple(map(_brief_piece, line.pieces))) for line in shown.lines)
        return replace(shown, lines=tuple(lines))
    return shown


def _brief_text(text: str, limit: int) -> str:
    return one_line(text, limit) if limit else text


def _brief_piece(piece: Piece) -> Piece:
    return replace(piece, text=one_line(piece.text, piece.brief)) if piece.brief else piece


CELL = 1000
"""Characters of a cell; of a name in the first column as many as of other names."""


def _short_cell(cell: str, column: int) -> str:
    return shortened(cell, CELL if column else LONGEST)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return shortened(clean(value))
    if type(value) is tuple:
        return tuple(map(_cleaned, value))
    if not is_dataclass(value) or isinstance(value, type):
        return value
    texts = {field.name: _cleaned(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, MarkedArticle):
        texts["text"] = clean_text(value.text)
    if isinstance(value, Piece) and len(value.text) <= CELL + len(value.text.split()) * LONGEST:
        # What an article says is told whole, in quotation marks and in writings without blanks too.
        texts["text"] = clean(value.text)
    if isinstance(value, Table):
        texts["rows"] = tuple(tuple(map(_short_cell, row, range(len(row)))) for row in texts["rows"])
    if isinstance(value, Document):
        texts["notes"] = tuple(shortened(clean(note), MESSAGE) for note in value.notes)
    if isinstance(value, Document | Table):
        # Whoever repeats a measurement needs all of it.
        texts["signature"] = clean(value.signature)
    return replace(value, **texts)
