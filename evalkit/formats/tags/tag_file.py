"""One tag-column file as it stands: tokens, tag cells, blocks, document marks, and what was odd about its lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.errors import FormatError
from evalkit.formats.tags.lines import Layout, find_column, read_lines, sniff_layout, split_line
from evalkit.formats.tags.settings import TagSettings
from evalkit.formats.tags.tag_cells import looks_like_tag

__all__ = ["DocumentMark", "TagFile", "check_tag_cells", "read_tag_file"]

_DOCSTART = re.compile(r"-DOCSTART")
_DOCUMENT = re.compile(
    r"#+\s*(?:[\w-]+:)?(?:begin )?(?:document(?:[_ -]?id)?|newdoc(?: id)?|doc(?:[_ -]?id)?|MEDLINE)(?!\w)"
    r"\s*[:=]?\s*(.*)",
    re.IGNORECASE,
)
_KEYED = re.compile(
    r"#\s?(?:[\w-]+:)?(?:document|segment|newdoc|newpar|sent_id|sentence_id|text|language|newspaper|date|global\.columns)"
    r"(?:\b|_)|#\s\w+\s=\s",
    re.IGNORECASE,
)
_MANY_VALUES = 40
"""More kinds of entity than this, and not one O or prefix, is no tag column."""

_NO_SPACE = ("NoSpaceAfter", "SpaceAfter=No")


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentMark:
    """A line that begins a document: `kind` is "comment" or "docstart", `start` the index of its first token."""

    kind: str
    start: int
    name: str


@dataclass(slots=True, kw_only=True)
class TagFile:
    """The content of one file.

    Attributes:
        path: the file, for messages.
        layout: how its lines are made.
        tokens: the tokens in order; all empty if `tokenless`.
        cells: for each tag column that was asked for, one tag a token ("O" where the line had none).
        lines: for each token its line, from 1.
        blocks: indices of the tokens that follow a blank line; the first token is always one.
        marks: the lines that begin documents.
        glued: indices of tokens that no space follows; None if the file does not say.
        tokenless: whether the file holds tags only.
        notes: what was met, and how often.
    """

    path: str
    layout: Layout
    tokens: list[str] = field(default_factory=list)
    cells: tuple[list[str], ...] = ()
    lines: list[int] = field(default_factory=list)
    blocks: list[int] = field(default_factory=list)
    marks: list[DocumentMark] = field(default_factory=list)
    glued: set[int] | None = None
    tokenless: bool = False
    notes: Counter[str] = field(default_factory=Counter)

    def place(self, index: int) -> str:
        """The file and line of a token, as "file:line"."""
        return f"{self.path}:{self.lines[index]}" if 0 <= index < len(self.lines) else self.path


def read_tag_file(
    path: Path, settings: TagSettings, tag_columns: Sequence[int | str], *, fallback: Layout | None = None
) -> TagFile:
    """The tokens and tags of a file; nothing in it makes reading fail but the lack of a column that was asked for.

    Args:
        path: the file.
        settings: how it is read.
        tag_columns: the columns of tags that are wanted.
        fallback: the layout of the other file, whose header serves where this one has none.

    Raises:
        InputError: the file cannot be read.
        FormatError: it has no such column, or no line with a token.
    """
    notes: Counter[str] = Counter()
    lines = read_lines(path, encoding=settings.encoding, notes=notes)
    wanted = (settings.token_column, *tag_columns)
    names = [name for name in wanted if isinstance(name, str) and not name.startswith("auto:")]
    layout = sniff_layout(lines, separator=settings.separator, comment=settings.comment, names=names)
    file = TagFile(path=str(path), layout=layout, notes=notes)
    columns = [_column(column, file, fallback) for column in wanted]
    one_column = layout.width == 1 and not layout.header
    file.tokenless = (
        one_column
        and bool(layout.sample)
        and sum(looks_like_tag(row[0]) for row in layout.sample) * 2 > len(layout.sample)
    )
    if file.tokenless:
        columns = [-2] + [0] * len(tag_columns)
        notes["files that hold tags only, paired by position"] += 1
    elif one_column:
        columns = [0] + [1] * len(tag_columns)
    _LineReader(file, columns).read(lines)
    if notes["header lines repeated in the file"] <= 1:
        del notes["header lines repeated in the file"]
    if not file.tokens:
        raise FormatError(f"{path}: holds no line with a token; is it the right file, and --separator the right one?")
    return file


def check_tag_cells(file: TagFile, column: int | str) -> None:
    """Refuses a gold column that holds no tags at all.

    Raises:
        FormatError: with some of its values.
    """
    values = Counter(file.cells[0])
    if file.notes["lines without a tag, read as O"] == len(file.tokens):
        raise FormatError(f"{file.path}: no line has a tag in column {column}; name the tag column (--tag-column)")
    if len(values) > _MANY_VALUES and not any(map(looks_like_tag, values)):
        some = ", ".join(repr(value) for value, _ in values.most_common(4))
        columns = f"; the header has {', '.join(file.layout.header)}" if file.layout.header else ""
        raise FormatError(
            f"{file.path}: column {column} holds no tags but {len(values)} values such as {some}; "
            f"name the tag column (--tag-column){columns}"
        )


def _column(wanted: int | str, file: TagFile, fallback: Layout | None) -> int:
    # A submission may carry fewer columns than its gold; what the gold lacks is the caller's mistake.
    lenient = fallback is not None and not file.layout.header
    try:
        found = find_column(wanted, file.layout, path=file.path, fallback=fallback)
        if not lenient or found < file.layout.width:
            return found
    except FormatError:
        if not lenient:
            raise
    found = find_column("auto:tag", file.layout, path=file.path)
    file.notes[f"column {wanted} is not in the file, column {found} was read instead"] += 1
    return found


class _LineReader:
    """Fills a `TagFile` line by line."""

    def __init__(self, file: TagFile, columns: list[int]) -> None:
        self.file = file
        self.token_column, *self.tag_columns = columns
        self.width = file.layout.width
        self.separator = file.layout.separator
        self.header = [name.casefold() for name in file.layout.header]
        self.space_column = next((self.header.index(name) for name in ("misc", "render") if name in self.header), None)
        self.vocabulary = {
            cell for row in file.layout.sample for column in self.tag_columns for cell in row[column:][:1] if cell
        }
        self.plain = self.space_column is None and all(-self.width <= n < self.width for n in columns)
        self.glued: set[int] = set()
        file.cells = tuple([] for _ in self.tag_columns)

    def read(self, lines: list[str]) -> None:
        file = self.file
        fresh = True
        careful = file.layout.comment not in ("auto", "")
        blanks = " \t\ufeff\r" + (self.separator if self.separator in (",", ";") else "")
        for number, line in enumerate(lines, 1):
            if not line or (line[0] in blanks and not line.strip(blanks)):
                fresh = True
                continue
            if (careful or line[0] in "#-") and (self._is_mark(line) or self._is_comment(line)):
                fresh = fresh or self._begins_document(len(file.tokens))
                continue
            cells = split_line(line, self.separator)
            if (
                self.header
                and cells[0].casefold() == self.header[0]
                and [cell.casefold() for cell in cells[:2]] == self.header[:2]
            ):
                file.notes["header lines repeated in the file"] += 1
                continue
            if fresh:
                file.blocks.append(len(file.tokens))
                fresh = False
            self._add(cells, number)
        if self.space_column is not None and self.glued:
            file.glued = self.glued

    def _begins_document(self, index: int) -> bool:
        return bool(self.file.marks) and self.file.marks[-1].start == index

    def _is_mark(self, line: str) -> bool:
        if line[0] == "-" and _DOCSTART.match(line):
            self.file.marks.append(DocumentMark(kind="docstart", start=len(self.file.tokens), name=""))
            return True
        return False

    def _is_comment(self, line: str) -> bool:
        mark = self.file.layout.comment
        if mark != "auto":
            if not mark or not line.startswith(mark):
                return False
        elif line[0] != "#" or self._is_token_line(line):
            return False
        found = _DOCUMENT.match(line.rstrip())
        if found:
            name = found[1].strip().strip("()").strip()
            self.file.marks.append(DocumentMark(kind="comment", start=len(self.file.tokens), name=name))
        return True

    def _is_token_line(self, line: str) -> bool:
        """Whether a line that begins with # is a token (a hashtag) and no comment."""
        if _KEYED.match(line):
            return False
        cells = split_line(line, self.separator)
        if len(cells) < 2 or (not self.separator and len(cells) != self.width) or cells[-1:] == cells:
            return False
        found = [self._cell(cells, column) for column in self.tag_columns]
        return all(cell and (looks_like_tag(cell) or cell in self.vocabulary) for cell in found)

    def _cell(self, cells: list[str], column: int) -> str | None:
        size = len(cells)
        if size > self.width and not self.separator and 0 < column < self.width:
            # A token with a blank in it shifts the columns: the tag then stands where it stands from the end.
            cell, shifted = cells[column], cells[column - self.width]
            return shifted if looks_like_tag(shifted) and not looks_like_tag(cell) else cell
        if size >= self.width:
            return cells[column] if -size <= column < size else None
        index = column if column >= 0 else self.width + column
        if index < size:
            return cells[index]
        # A line that lost a column in the middle still ends in its tag.
        return cells[-1] if column == -1 and size > 1 and looks_like_tag(cells[-1]) else None

    def _add(self, cells: list[str], number: int) -> None:
        file = self.file
        if len(cells) == self.width and self.plain and cells[self.token_column]:
            file.tokens.append(cells[self.token_column])
            file.lines.append(number)
            for column, tags in zip(self.tag_columns, file.cells, strict=True):
                tags.append(cells[column])
            return
        if len(cells) == self.width + 1 and not cells[0]:
            cells = cells[1:]
        if len(cells) != self.width:
            file.notes["lines with fewer columns" if len(cells) < self.width else "lines with more columns"] += 1
        token = "" if file.tokenless else self._cell(cells, self.token_column) or ""
        if not token and not file.tokenless:
            file.notes["lines without a token"] += 1
        for column, tags in zip(self.tag_columns, file.cells, strict=True):
            tag = self._cell(cells, column)
            if tag is None:
                file.notes["lines without a tag, read as O"] += 1
            tags.append("O" if tag is None else tag)
        if self.space_column is not None and any(
            mark in (self._cell(cells, self.space_column) or "") for mark in _NO_SPACE
        ):
            self.glued.add(len(file.tokens))
        file.tokens.append(token)
        file.lines.append(number)
