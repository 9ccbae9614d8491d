"""The lines of a CoNLL-U file: sentences of words, contracted words (`3-4`) and empty nodes (`8.1`), and comments.

What a line says is read by the library `conllu`. It is given one line at a time, so that a damaged one costs itself
only, and with the cells left as they stand: it would cut a value of MISC at its second `=`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from evalkit.errors import FormatError
from evalkit.formats.tags.text_lines import read_lines
from evalkit.showing import number_of

__all__ = ["COLUMNS", "ConlluFile", "Row", "Sentence", "pairs", "read_conllu"]

COLUMNS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
"""The columns of CoNLL-U; CoNLL-U Plus names its own in the first line."""

_GLOBAL = "global."
_MOST_PROBLEMS = 100
"""A file with more damaged lines is another kind of file."""

_BLANK = "\0"
"""Stands for a blank in a line that has tabs: the library takes two blanks for the end of a cell. No file holds one."""


class Row(NamedTuple):
    """A line: its number in the file, its cells by the names of the columns, and which word it is.

    `first` and `last` are the numbers of the words that a contracted word stands for; both are that of the word itself
    for any other line. `empty` is for a node that stands in no text.
    """

    line: int
    cells: Mapping[str, str]
    first: int
    last: int
    empty: bool = False

    @property
    def form(self) -> str:
        """What stands in the text."""
        return self.cells["form"]

    @property
    def misc(self) -> str:
        """The last column; `_` if there is none."""
        return self.cells.get("misc", "_")


@dataclass(slots=True, kw_only=True)
class Sentence:
    """The lines between two blank ones.

    Attributes:
        line: the first line of it in the file.
        comments: what stands behind `#`: key and value, None for a word alone, with their lines.
        rows: its words in order.
        damaged: whether a line of it could not be read.
    """

    line: int
    comments: list[tuple[int, str, str | None]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    damaged: bool = False

    def said(self, key: str) -> str | None:
        """The value of a comment; None if there is no such one."""
        return next((value or "" for _, name, value in self.comments if name == key), None)


@dataclass(slots=True, kw_only=True)
class ConlluFile:
    """What a file holds.

    Attributes:
        path: the file, for messages.
        columns: the names of its columns, in small letters.
        sentences: in order.
        global_entity: what `# global.Entity` declares; None if the file has none.
        problems: the damaged lines.
        notes: what was odd about the others, and how often.
    """

    path: str
    columns: tuple[str, ...] = COLUMNS
    sentences: list[Sentence] = field(default_factory=list)
    global_entity: str | None = None
    problems: list[FormatError] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)

    def place(self, line: int) -> str:
        """A line as `file:line`."""
        return f"{self.path}:{line}"


def pairs(cell: str) -> Iterator[tuple[str, str]]:
    """What a cell such as `Entity=(e1)|SpaceAfter=No` says: key and value."""
    if cell not in ("_", ""):
        for part in cell.split("|"):
            key, sign, value = part.partition("=")
            if sign:
                yield key, value


def read_conllu(path: Path, *, encoding: str | None = None) -> ConlluFile:
    """The sentences of a file.

    Raises:
        InputError: the file cannot be read.
        FormatError: it has no word, no column of forms, or so many damaged lines that it is no CoNLL-U.
    """
    file = ConlluFile(path=str(path))
    lines = read_lines(path, encoding=encoding, notes=file.notes)
    file.columns = _columns(file, lines)
    parse = _parser(file.columns)
    sentence: Sentence | None = None
    for number, line in enumerate(lines, 1):
        if not line or line.isspace():
            sentence = None
            continue
        begins = sentence is not None and line.startswith("#") and (sentence.rows or sentence.damaged)
        if sentence is None or begins:
            sentence = Sentence(line=number)
            file.sentences.append(sentence)
            if begins:
                file.notes["comments among the words of a sentence, read as the beginning of another"] += 1
        if line.startswith("#"):
            _comment(file, sentence, line, number)
            continue
        try:
            row = _row(parse, line, number, sentence)
        except FormatError as error:
            sentence.damaged = True
            file.problems.append(FormatError(f"{file.place(number)}: {error}"))
            continue
        if sentence.rows and row.first == row.last == 1 and sentence.rows[-1].first > 1 and not row.empty:
            # Nobody counts backwards: the blank line before it is missing.
            sentence = Sentence(line=number)
            file.sentences.append(sentence)
            file.notes["sentences without a blank line before them"] += 1
        sentence.rows.append(row)
    _check(file)
    return file


def _check(file: ConlluFile) -> None:
    read = sum(len(sentence.rows) for sentence in file.sentences)
    if not read and not any(name.startswith("newdoc") for one in file.sentences for _, name, _ in one.comments):
        first = f"; {file.problems[0]}" if file.problems else ""
        raise FormatError(f"{file.path}: has no line of CoNLL-U, one word a line with tabs between its columns{first}")
    if len(file.problems) > _MOST_PROBLEMS and len(file.problems) > read:
        raise FormatError(
            f"{file.path}: of {number_of(len(file.problems) + read, 'line')} {len(file.problems)} are none of CoNLL-U, "
            f"the first: {file.problems[0]}; is it another format (--format)?"
        )


def _columns(file: ConlluFile, lines: Sequence[str]) -> tuple[str, ...]:
    told = next((line for line in lines if line.startswith("# global.columns")), None)
    if told is None:
        return COLUMNS
    columns = tuple(name.lower() for name in told.partition("=")[2].split())
    if "form" not in columns or len(set(columns)) < len(columns):
        raise FormatError(f"{file.path}: {told[:80]!r} must name each column once, and FORM among them; mend the line")
    return columns


def _comment(file: ConlluFile, sentence: Sentence, line: str, number: int) -> None:
    key, sign, value = line.lstrip("#").partition("=")
    key = key.strip()
    # One blank belongs to the sign; a text may begin and end with others.
    sentence.comments.append((number, key, value.removeprefix(" ") if sign else None))
    if key == f"{_GLOBAL}Entity" and file.global_entity is None:
        file.global_entity = value.strip()


def _parser(columns: tuple[str, ...]) -> Callable[[str], Mapping[str, Any]]:
    from conllu.exceptions import ParseException
    from conllu.parser import parse_id_value, parse_line

    def as_it_is(cells: list[str], at: int) -> str:
        return cells[at]

    by_column: dict[str, Any] = dict.fromkeys(columns, as_it_is)
    if "id" in by_column:
        by_column["id"] = lambda cells, at: parse_id_value(cells[at])
    # The library adds the old names of these columns to the table while it reads.
    fields = tuple(columns)

    def parse(line: str) -> Mapping[str, Any]:
        spaced = "\t" in line and "  " in line
        try:
            found = parse_line(line.replace(" ", _BLANK) if spaced else line, fields, by_column)
        except (ParseException, ValueError) as error:
            # Numbers of thousands of digits are a ValueError of Python.
            raise FormatError(f"{line[:40]!r} is no line of CoNLL-U ({str(error)[:80]}); mend it") from None
        return (
            {k: v.replace(_BLANK, " ") if isinstance(v, str) else v for k, v in found.items()}
            if spaced
            else dict(found)
        )

    return parse


def _row(parse: Callable[[str], Mapping[str, Any]], line: str, number: int, sentence: Sentence) -> Row:
    cells = parse(line)
    if not cells.get("form"):
        raise FormatError(f"{line[:40]!r} has no form; give each word one, or a line of its own")
    name = cells.get("id")
    following = sentence.rows[-1].last + 1 if sentence.rows else 1
    if name is None:
        return Row(number, cells, following, following)
    if isinstance(name, int):
        return Row(number, cells, name, name)
    first, sign, last = name
    return Row(number, cells, first, first, empty=True) if sign == "." else Row(number, cells, first, last)
