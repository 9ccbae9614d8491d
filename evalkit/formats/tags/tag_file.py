"""One tag-column file as it stands: tokens, tag cells, blocks, document marks, and what was odd about its lines."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from evalkit.errors import FormatError
from evalkit.formats.tags.lines import (
    MANY_LABELS,
    Columns,
    Layout,
    find_columns,
    header_names,
    numbers_words,
    sniff_layout,
    split_line,
)
from evalkit.formats.tags.repeated import Column, RepeatedTexts, count_texts, repeated
from evalkit.formats.tags.settings import TagSettings
from evalkit.formats.tags.stretches import Stretch, stretches
from evalkit.formats.tags.tag_cells import is_outside, label_in, looks_like_tag, pairs_in, tag_keys, value_of
from evalkit.formats.tags.text_lines import TextLines, read_lines

__all__ = ["DocumentMark", "TagFile", "check_tag_cells", "document_name", "read_tag_file"]

_DOCSTART = re.compile(r"-DOCSTART")
_DOCUMENT = re.compile(
    r"#+\s*(?:[\w-]+:)?(?:begin )?(?:document(?:[_ -]?id)?|newdoc(?: id)?|doc(?:[_ -]?id)?|MEDLINE)(?!\w)"
    r"\s*([:=]?)\s*(.*)",
    re.IGNORECASE,
)
_ID = re.compile(r"#+\s*id(?:\s*[=:]\s*(.+)|\s+(\S+))", re.IGNORECASE)
_KEYED = re.compile(
    r"#+\s+(?:[\w-]+:)?(?:document|segment|newdoc|newpar|sent_id|sentence_id|text|language|newspaper|date|global\.columns)"
    r"(?:\b|_)|#+\s+[\w.:-]+\s*=|#+[\w.:-]+\s+=\s",
    re.IGNORECASE,
)
_HASHTAG = re.compile(r"#+\w")
_PREFIX = re.compile(r"[A-Za-z]-[^\W_]")
"""How a tag begins that no word of a comment looks like; `L_Oeuvre` and `I:` do."""

_RANGE = re.compile(r"(\d{1,9})-(\d{1,9})")
_LONGEST_RANGE = 100
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
        ids: comments such as `# id = a1`, which begin documents if no line of `marks` does.
        glued: indices of tokens that no space follows; None if the file does not say.
        tokenless: whether the file holds tags only.
        rivals: other columns that hold tags too, if nobody said which it is; `columns` are those that were read.
        keys: for each of these columns the key of the tags, where cells are like `NER=B-PER|SpaceAfter=No`, else "".
        notes: what was met, and how often.
        hashes: the tokens on lines that begin with #, and how often they stand there.
        refused: the same for such lines with a tag that were read as comments.
    """

    path: str
    layout: Layout
    tokens: RepeatedTexts = field(default_factory=lambda: repeated(()))
    cells: tuple[RepeatedTexts, ...] = ()
    lines: Sequence[int] = ()
    blocks: list[int] = field(default_factory=list)
    marks: list[DocumentMark] = field(default_factory=list)
    ids: list[DocumentMark] = field(default_factory=list)
    glued: set[int] | None = None
    tokenless: bool = False
    columns: tuple[int, ...] = ()
    rivals: tuple[int, ...] = ()
    keys: tuple[str, ...] = ()
    notes: Counter[str] = field(default_factory=Counter)
    hashes: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def place(self, index: int) -> str:
        """The file and line of a token, as "file:line"."""
        return f"{self.path}:{self.lines[index]}" if 0 <= index < len(self.lines) else self.path


def read_tag_file(
    path: Path,
    settings: TagSettings,
    tag_columns: Sequence[int | str],
    *,
    beside: TagFile | None = None,
    hashtags: Collection[str] = (),
) -> TagFile:
    """The tokens and tags of a file; nothing in it makes reading fail but the lack of a column that was asked for.

    Args:
        path: the file.
        settings: how it is read.
        tag_columns: the columns of tags that are wanted.
        beside: the gold file, whose header serves where this one has none, and whose labels are known here too.
        hashtags: what is a token on a line that begins with #, whatever its label, since the other file says so.

    Raises:
        InputError: the file cannot be read.
        FormatError: it has no such column, it cannot be told which one it is, or no line holds a token.
    """
    notes: Counter[str] = Counter()
    lines = read_lines(path, encoding=settings.encoding, notes=notes)
    wanted = (settings.token_column, *tag_columns)
    names = [name for name in wanted if isinstance(name, str) and not name.startswith("auto:")]
    layout = sniff_layout(lines, separator=settings.separator, comment=settings.comment, names=names)
    file = TagFile(path=str(path), layout=layout, notes=notes)
    columns = _find_columns(file, wanted, beside)
    file.columns, file.rivals = columns.tags, columns.rivals
    notes.update(dict.fromkeys(columns.notes, 0))
    _LineReader(file, columns, beside, hashtags).read(lines)
    if notes["header lines repeated in the file"] <= 1:
        del notes["header lines repeated in the file"]
    if not file.tokens:
        raise FormatError(f"{path}: holds no line with a token; is it the right file, and --separator the right one?")
    return file


def check_tag_cells(file: TagFile, column: int | str) -> None:
    """Refuses a column that holds no tags at all.

    Raises:
        FormatError: with some of its values.
    """
    values = count_texts(file.cells[0])
    if file.notes["lines without a tag, read as O"] == len(file.tokens):
        where = "" if column == "auto:tag" else f" in column {column}"
        raise FormatError(f"{file.path}: no line has a tag{where}; name the tag column (--tag-column)")
    if len(values) > MANY_LABELS and not any(map(looks_like_tag, values)):
        some = ", ".join(repr(value) for value, _ in values.most_common(4))
        columns = f"; the header has {', '.join(file.layout.header)}" if file.layout.header else ""
        raise FormatError(
            f"{file.path}: column {column} holds no tags but {len(values)} values such as {some}; "
            f"name the tag column (--tag-column){columns}"
        )


def document_name(line: str) -> str | None:
    """The name of the document that a comment begins; None if it begins none."""
    found = _DOCUMENT.match(line.rstrip())
    return _name_in(found) if found else None


def _name_in(found: re.Match[str]) -> str:
    # What stands behind a sign is the name as it is; elsewhere brackets stand around it.
    return found[2].strip() if found[1] else found[2].strip().strip("()").strip()


def _find_columns(file: TagFile, wanted: Sequence[int | str], beside: TagFile | None) -> Columns:
    layout = file.layout
    tags = len(wanted) - 1
    if layout.width > 1 or layout.header:
        fallback = beside.layout if beside else None
        return find_columns(wanted[0], wanted[1:], layout, path=file.path, fallback=fallback)
    for column in wanted:
        if beside is None and not str(column).startswith("auto:"):
            # The one column is neither called so nor has it this number, or this says so.
            find_columns(column, (), layout, path=file.path)
    tagged = sum(looks_like_tag(row[0]) for row in layout.sample)
    file.tokenless = tagged * 2 > len(layout.sample)
    if file.tokenless:
        file.notes["files that hold tags only, paired by position"] += 1
        return Columns(token=-2, tags=(0,) * tags)
    return Columns(token=0, tags=(1,) * tags)


class _LineReader:
    """Fills a `TagFile` line by line."""

    def __init__(self, file: TagFile, columns: Columns, beside: TagFile | None, hashtags: Collection[str]) -> None:
        self.file = file
        self.hashtags = hashtags
        self.beside = beside
        self.token_column, self.tag_columns = columns.token, columns.tags
        self.width = file.layout.width
        self.separator = file.layout.separator
        self.header = [name.casefold() for name in file.layout.header]
        self.space_column = next((self.header.index(name) for name in ("misc", "render") if name in self.header), None)
        self.numbered = self.token_column % max(self.width, 1) != 0 and numbers_words(file.layout)
        self.covered: set[str] = set()
        self.labels: set[str] | None = None
        self.refused: list[str] = []
        file.keys = tuple(self._key(column) for column in self.tag_columns)
        self.glued: set[int] = set()
        self.lines = TextLines(b"")
        # Two cells that say the same under a key have one number.
        told = [partial(_said, key) if key else str for key in file.keys]
        self.tokens, self.tags, self.numbers = Column(), [Column(one) for one in told], array("i")
        self.careful = file.layout.comment not in ("auto", "")
        self.blanks = " \t\ufeff\r" + (self.separator if self.separator in (",", ";") else "")
        self.fresh = True

    def _key(self, column: int) -> str:
        """The key of the tags in a column whose cells are pairs of keys and values; empty for other columns.

        Raises:
            FormatError: none of the keys, or more than one, has tags.
        """
        sample = self.file.layout.sample
        cells = {row[column] for row in sample} if -self.width <= column < self.width else set()
        pairs = pairs_in(cells) if any("=" in cell for cell in cells) else {}
        if not pairs:
            return ""
        keys = tag_keys(cells) or [key for key in (self.beside.keys if self.beside else ()) if key]
        if len(keys) == 1:
            self.file.notes[f"tags read from {keys[0]}=… in column {column}"] += 0
            return keys[0]
        what = f"tags under {' and '.join(keys)}" if keys else f"no tags but {', '.join(sorted(pairs)[:4])}"
        raise FormatError(
            f"{self.file.path}: column {column} holds pairs such as {min(c for c in cells if '=' in c)[:40]!r}, with "
            f"{what}; name another column (--tag-column), or put the tags of one key into a column of their own"
        )

    def read(self, lines: TextLines) -> None:
        file = self.file
        self.lines = lines
        for stretch in stretches(lines, separator=self.separator, width=self.width, comment=file.layout.comment):
            if not self._take(stretch):
                for number, line in enumerate(lines[stretch.first : stretch.end], stretch.first + 1):
                    self._read_line(line, number)
        file.tokens, file.cells = self.tokens.texts(), tuple(column.texts() for column in self.tags)
        file.lines = self.numbers
        if self.space_column is not None and self.glued:
            file.glued = self.glued
        if self.refused:
            what = "lines that begin with # and whose label stands on no other line, read as comments"
            how = "if they are tokens, --comment none"
            file.notes[f"{what} (first: {self.refused[0]!r}; {how})"] += len(self.refused)

    def _take(self, stretch: Stretch) -> bool:
        """Reads plain lines at once; not if there is anything among them that has to be looked at line by line."""
        import numpy as np

        cells, filled, width = stretch.cells, stretch.filled, self.width
        if cells is None or filled is None or self.covered or not self._are_words(cells[::width]):
            return False
        first = len(self.tokens)
        # A block begins with a line that has an empty one before it.
        begins = np.diff(filled, prepend=not self.fresh) & filled
        self.file.blocks += (np.cumsum(filled)[begins] - 1 + first).tolist()
        self.fresh = not filled[-1]
        size = len(cells) // width
        for column, place in zip((self.tokens, *self.tags), (self.token_column, *self.tag_columns), strict=True):
            if -width <= place < width:
                column.add_cells(cells[place % width :: width])
            elif column is self.tokens:
                self._add_no_tokens(size)
            else:
                self._add_no_tags(column, size)
        if self.space_column is not None and self.space_column < width:
            marks = cells[self.space_column :: width]
            glued = {mark for mark in set(marks) if _is_glued(mark.decode("utf-8", "surrogatepass"))}
            self.glued.update(first + at for at, mark in enumerate(marks) if mark in glued)
        self.numbers.frombytes((np.flatnonzero(filled) + (stretch.first + 1)).astype(np.intc).tobytes())
        return True

    def _are_words(self, cells: list[bytes]) -> bool:
        """Whether the first cells of some lines are those of words, and of no header or part of one."""
        if not self.header and not self.numbered:
            return True
        firsts = {cell.decode("utf-8", "surrogatepass") for cell in set(cells)}
        if self.header and any(first.casefold() == self.header[0] for first in firsts):
            return False
        return not self.numbered or all(map(str.isdecimal, firsts))

    def _read_line(self, line: str, number: int) -> None:
        file = self.file
        if not line or (line[0] in self.blanks and not line.strip(self.blanks)):
            self.fresh = True
            return
        if (self.careful or line[0] in "#-") and (self._is_mark(line) or self._is_comment(line)):
            self.fresh = self.fresh or self._begins_document(len(self.tokens))
            return
        cells = split_line(line, self.separator)
        if (
            self.header
            and cells[0].casefold() == self.header[0]
            and [name.casefold() for name in header_names(line, self.separator)] == self.header
        ):
            file.notes["header lines repeated in the file"] += 1
            return
        if self.numbered and not (cells[0].isdecimal() and not self.covered) and self._is_no_word(cells, number):
            return
        if self.fresh:
            file.blocks.append(len(self.tokens))
            self.fresh = False
        self._add(cells, number)

    def _is_no_word(self, cells: list[str], number: int) -> bool:
        """Whether a line of a file with numbered words stands beside other words, so that the text would have it twice.

        Of a range such as 2-3 (`du`) and its words (`de`, `le`) the words are read, unless the range alone has a tag.
        """
        notes = self.file.notes
        if cells[0] in self.covered:
            self.covered.remove(cells[0])
            return True
        self.covered.clear()
        found = _RANGE.fullmatch(cells[0])
        if found and 0 < int(found[2]) - int(found[1]) < _LONGEST_RANGE:
            numbers = [str(word) for word in range(int(found[1]), int(found[2]) + 1)]
            words = [split_line(line, self.separator) for line in self.lines[number : number + len(numbers)]]
            if [word[0] for word in words] == numbers:
                if not self._is_tagged(cells) or any(map(self._is_tagged, words)):
                    notes["multiword ranges such as 2-3, left out beside their words"] += 1
                    return True
                notes["multiword ranges such as 2-3 that alone have a tag, read instead of their words"] += 1
                self.covered.update(numbers)
            return False
        if re.fullmatch(r"\d+\.\d+", cells[0]):
            notes["empty nodes such as 5.1, which are not in the text, left out"] += 1
            return True
        return False

    def _is_tagged(self, cells: list[str]) -> bool:
        return not all(is_outside(tag or "") for tag in self._tags(cells))

    def _begins_document(self, index: int) -> bool:
        return bool(self.file.marks) and self.file.marks[-1].start == index

    def _is_mark(self, line: str) -> bool:
        if line[0] == "-" and _DOCSTART.match(line):
            self.file.marks.append(DocumentMark(kind="docstart", start=len(self.tokens), name=""))
            return True
        return False

    def _is_comment(self, line: str) -> bool:
        mark = self.file.layout.comment
        if mark != "auto":
            if not mark or not line.startswith(mark):
                return False
            # What other comments would say after # they say after their own mark.
            line = line if line[0] == "#" else "#" + line[len(mark) :]
        elif line[0] != "#" or self._is_token_line(line):
            return False
        found = _DOCUMENT.match(line.rstrip())
        if found:
            self.file.marks.append(DocumentMark(kind="comment", start=len(self.tokens), name=_name_in(found)))
        elif found := _ID.match(line.rstrip()):
            name = (found[1] or found[2]).strip()
            self.file.ids.append(DocumentMark(kind="comment", start=len(self.tokens), name=name))
        return True

    def _is_token_line(self, line: str) -> bool:
        """Whether a line that begins with # is a token (a hashtag) and no comment.

        Where a character parts the columns, a line without it is a comment. A word that is glued to the # and has a
        tag with a prefix is a token. Elsewhere, and where something follows the # after a blank, the label must
        stand on another line too, or the other file must have the token.
        """
        notes = self.file.notes
        if not self.separator or self.separator not in line:
            alone = len(line.split()) == 1
            if alone and _HASHTAG.match(line):
                notes["lines such as '#Oslo' without a tag, read as comments"] += 1
            if alone or self.separator:
                return False
        cells = split_line(line, self.separator)
        if _KEYED.match(cells[0] if self.separator else line):
            return False
        if len(cells) < 2:
            return False
        if not self.separator and len(cells) != self.width:
            if _HASHTAG.match(line) and _PREFIX.match(cells[-1]) and looks_like_tag(cells[-1]):
                notes["lines such as '#x y B-LOC' with more or fewer cells than the others, read as comments"] += 1
            return False
        found = [tag or "" for tag in self._tags(cells)]
        if not all(found):
            return False
        token = self._cell(cells, self.token_column) or ""
        if self._is_tagged_hashtag(line, found) or token in self.hashtags:
            self.file.hashes[token] += 1
            return True
        new = sorted({label_in(cell) for cell in found} - self._known_labels())
        (self.file.refused if new else self.file.hashes)[token] += 1
        self.refused += new[:1]
        return not new

    def _is_tagged_hashtag(self, line: str, found: Sequence[str]) -> bool:
        """Whether no column has a label, or the line is a word glued to the # with a tag in every column."""
        labels = [cell for cell in found if not is_outside(cell)]
        tagged = all(looks_like_tag(cell) and (self.separator or _PREFIX.match(cell)) for cell in labels)
        return not labels or (tagged and _HASHTAG.match(line) is not None)

    def _known_labels(self) -> set[str]:
        """The labels on the lines that do not begin with #, of this file and of the gold; empty stands for O."""
        if self.labels is None:
            rows = (split_line(line, self.separator) for line in self.lines if line and line[0] != "#")
            cells = {tag or "" for row in rows for tag in self._tags(row)}
            cells.update(*(column.values for column in (self.beside.cells if self.beside else ())))
            self.labels = {"", *map(label_in, cells)}
        return self.labels

    def _tags(self, cells: list[str]) -> list[str | None]:
        """What a line says in each column of tags; None where it has no such cell."""
        tags = [self._cell(cells, column) for column in self.tag_columns]
        return [value_of(tag, key) if key and tag else tag for tag, key in zip(tags, self.file.keys, strict=True)]

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
        if len(cells) == self.width + 1 and not cells[0]:
            cells = cells[1:]
        if len(cells) != self.width:
            file.notes["lines with fewer columns" if len(cells) < self.width else "lines with more columns"] += 1
        glued = self.space_column is not None and _is_glued(self._cell(cells, self.space_column) or "")
        if glued:
            self.glued.add(len(self.tokens))
        token = "" if file.tokenless else self._cell(cells, self.token_column)
        if token:
            self.tokens.add_text(token)
        else:
            self._add_no_tokens(1)
        for tag, column in zip(self._tags(cells), self.tags, strict=True):
            if tag is None:
                self._add_no_tags(column, 1)
            else:
                column.add_text(tag)
        self.numbers.append(number)

    def _add_no_tokens(self, number: int) -> None:
        if not self.file.tokenless:
            self.file.notes["lines without a token"] += number
        self.tokens.add_text("", number)

    def _add_no_tags(self, column: Column, number: int) -> None:
        self.file.notes["lines without a tag, read as O"] += number
        column.add_text("O", number)


def _said(key: str, cell: str) -> str:
    return value_of(cell, key)


def _is_glued(cell: str) -> bool:
    return any(mark in cell for mark in _NO_SPACE)
