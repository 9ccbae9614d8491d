"""What kind of file a tag-column file is: its separator, header, comments and columns.

Nothing here looks at what the tags mean; it only finds the cell of every line that holds the token or the tag.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from evalkit.errors import FormatError
from evalkit.formats.tags.tag_cells import is_outside, looks_like_tag, tag_keys
from evalkit.registry import near_match

__all__ = [
    "MANY_LABELS",
    "Columns",
    "Layout",
    "find_columns",
    "header_names",
    "looks_like_columns",
    "numbers_words",
    "sniff_layout",
    "split_line",
]

_BLANKS = re.compile(r"[ \t]+")
_HEADER_GAPS = re.compile(r"\t| {2,}")
_SEPARATORS = {"tab": "\t", "\\t": "\t", "space": " ", "comma": ",", "whitespace": "", "auto": None}
_HEADER_TOKENS = frozenset({"token", "tokens", "word", "words", "form", "token_id", "sentence #"})
_TAG_NAMES = ("ne-coarse-lit", "ner", "ner_tag", "ner_tags", "ner-tag", "ne-tag", "ne", "tag", "tags", "label", "iob")
_HEAD = 4096
"""A beginning of at least this many bytes may end inside a line."""

_SAMPLE = 5000
"""How many lines are looked at to find out how a file is made."""

MANY_LABELS = 40
"""More kinds of entity than this, and not one O or prefix, is no tag column."""

_LABEL = re.compile(r"[^\W\d_][^\s=]*|\d+")
_CONLLU = 10
"""How many columns CoNLL-U has."""

_WORD_NUMBER = re.compile(r"[0-9]{1,9}([-.][0-9]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the lines of one file are made.

    Attributes:
        separator: a character, or "" for any run of blanks and tabs.
        width: the number of columns that most token lines have.
        header: the names of the columns, if the file gives them.
        comment: "auto", "" (no line is a comment) or what comment lines begin with.
        sample: cells of the first token lines.
    """

    separator: str
    width: int
    header: tuple[str, ...]
    comment: str
    sample: tuple[tuple[str, ...], ...] = ()


def looks_like_columns(head: bytes) -> bool:
    """Whether most lines of the beginning of a file hold a token and a tag."""
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    # The last line may be cut off.
    lines = head.decode(encoding, "replace").replace("\r", "\n").split("\n")[: -1 if len(head) >= _HEAD else None]
    layout = sniff_layout(lines, separator=None, comment="auto", names=())
    rows, column = layout.sample, _tag_column(layout)
    body = sum(bool(line.strip()) and not line.startswith("#") for line in lines) - bool(layout.header)
    # Rows of what is no text may have fewer cells than others.
    tagged = 0 if column is None else sum(len(row) > column and looks_like_tag(row[column]) for row in rows)
    return layout.width > 1 and 0 < body < 2 * len(rows) and len(rows) < 2 * tagged


def split_line(line: str, separator: str) -> list[str]:
    """The cells of a line; blanks around a cell are no part of it, an empty first cell is kept."""
    if separator in (",", ";"):
        # A carriage return belongs to its cell, as with other separators; for the reader it would be no line.
        try:
            cells = next(csv.reader([line.replace("\r", "\0")], delimiter=separator), [])
        except csv.Error:
            # A cell of more than a hundred thousand characters.
            cells = line.split(separator)
        return [cell.replace("\0", "\r").strip(" \t") for cell in cells]
    if not separator:
        cells = _BLANKS.split(line)
        return cells[:-1] if len(cells) > 1 and not cells[-1] else cells
    if separator == "\t" and "\t" not in line:
        return split_line(line, "")
    cells = line.split(separator)
    return [cell.strip(" ") for cell in cells] if " " in line else cells


def sniff_layout(lines: Sequence[str], *, separator: str | None, comment: str, names: Sequence[str]) -> Layout:
    """How the file is made, from its first lines.

    Args:
        lines: the lines of the file.
        separator: a character, a word such as "tab" or "space", or None to find out.
        comment: "auto", "none" or what comment lines begin with.
        names: column names that the caller asked for; a first line that holds one is the header.
    """
    mark = "" if comment == "none" else comment
    some = [line for line in lines[:_SAMPLE] if line.strip(" \t\ufeff")]
    body = [line for line in some if not line.startswith("#" if mark == "auto" else mark or "\0")]
    # A file in which every line begins with # may still hold tokens: hashtags with their tags.
    body = body or [line for line in some if looks_like_tag(_BLANKS.split(line.rstrip())[-1])]
    sign = _SEPARATORS.get(separator, separator) if separator is not None else None
    if sign is None:
        sign = _find_separator(body)
    header = _header(some, body, sign, names)
    cells = [split_line(line, sign) for line in body[bool(header and body and header == header_names(body[0], sign)) :]]
    widths = Counter(len(row) for row in cells if any(row))
    width = max(widths, key=lambda size: (widths[size], size), default=1)
    rows = tuple(tuple(row) for row in cells if len(row) == width)
    return Layout(separator=sign, width=width, header=header, comment=mark, sample=rows[:_SAMPLE])


def _find_separator(body: Sequence[str]) -> str:
    """Tab if most lines have one, blanks if not, or a comma or semicolon that parts a tag from the rest of most lines.

    A line with a comma and blanks has its columns parted by the blanks.
    """
    half = len(body) / 2
    if sum("\t" in line for line in body) > half:
        return "\t"
    for sign in ",;":
        lines = [line for line in body if sign in line and " " not in line.strip()]
        ends = [[line.partition(sign)[0], line.rpartition(sign)[2]] for line in lines]
        tagged = [[looks_like_tag(cell.strip(' \t"')) for cell in pair] for pair in ends]
        if len(ends) > half and (sum(last for _, last in tagged) > half or sum(first for first, _ in tagged) > half):
            return sign
    return ""


def header_names(line: str, separator: str) -> tuple[str, ...]:
    """The cells of a line, if it is a header, in which any gap may part names where tabs part the cells below."""
    cells = _HEADER_GAPS.split(line) if separator == "\t" and "\t" in line else split_line(line, separator)
    return tuple(cell.strip() for cell in cells)


def _header(some: list[str], body: list[str], separator: str, names: Sequence[str]) -> tuple[str, ...]:
    for line in some[:20]:
        if line.startswith("# global.columns"):
            return tuple(line.partition("=")[2].split())
    if not body:
        return ()
    cells = header_names(body[0], separator)
    folded = [cell.casefold() for cell in cells]
    if any(name.casefold() in folded for name in names):
        return cells
    known = folded[0] in _HEADER_TOKENS or set(folded[1:]) & set(_TAG_NAMES)
    if len(cells) < 2 or not known or any(looks_like_tag(cell) or is_outside(cell) for cell in cells[1:]):
        return ()
    # "word" and "tag" may be words of the text: nobody else's tag is called like the last column.
    others = (split_line(line, separator) for line in body[1:])
    return () if any(row[-1:] == [cells[-1]] and row[0] != cells[0] for row in others) else cells


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where tokens and tags are, as numbers from 0 or negative from the end, and what is to be said about it.

    `rivals` are other columns with tags, from which the last was chosen since nobody said which it is.
    """

    token: int
    tags: tuple[int, ...]
    rivals: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


def find_columns(
    token: int | str, tags: Sequence[int | str], layout: Layout, *, path: str, fallback: Layout | None = None
) -> Columns:
    """The columns of the tokens and of the tags; those that are not told are found out together.

    Args:
        token: a number, a header name, or "auto:token".
        tags: for each wanted column of tags a number, a header name, or "auto:tag".
        layout: the file's layout.
        path: names the file in messages.
        fallback: the layout of the other file, whose header serves where this one has none. A file without a header
            may have fewer columns than that one: its tags are then found out.

    Raises:
        FormatError: no column has this name or number, or it cannot be told which one it is.
    """
    notes: list[str] = []
    found: list[int] = []
    tokens = None if token == "auto:token" else _told(token, layout, path=path, fallback=fallback)
    told = [None if name == "auto:tag" else _told(name, layout, path=path, fallback=fallback) for name in tags]
    taken = {column % layout.width for column in (tokens, *told) if column is not None}
    for wanted, column in zip(tags, told, strict=True):
        if column is None:
            column = _guessed_tags(layout, taken, path=path, fallback=fallback)
            if wanted != "auto:tag":
                notes.append(f"column {wanted} is not in the file, column {column} was read instead")
            elif layout.sample and not any(
                _is_tag(cell) or "=" in cell for row in layout.sample for cell in row[column:][:1]
            ):
                notes.append(f"every token has a label in column {column}; is it that of the tags (--tag-column)?")
        found.append(column)
    places = {column % layout.width for column in found}
    if tokens is None:
        tokens = _guessed_tokens(layout, places, path=path)
        if token != "auto:token":
            notes.append(f"column {token} is not in the file, column {tokens} was read instead")
        if tokens > max(places) and not layout.header:
            notes.append(f"the tags stand before the tokens: column {max(places)} and column {tokens}")
    elif tokens % layout.width in places and layout.width > 1:
        raise FormatError(
            f"{path}: column {tokens} cannot hold the tokens and the tags; name the other one with --token-column or "
            "--tag-column"
        )
    rivals: tuple[int, ...] = ()
    if None in told and not set(map(str.casefold, layout.header)) & set(_TAG_NAMES):
        others = set(range(layout.width)) - places - {tokens % layout.width}
        rivals = tuple(column for column in sorted(others) if _has_labelled_tags(layout, column))
    if rivals:
        columns = " and ".join(map(str, sorted({*rivals, *places})))
        notes.append(f"columns {columns} hold tags, column {max(places)}, the last, was read (--tag-column)")
    return Columns(token=tokens, tags=tuple(found), rivals=rivals, notes=tuple(notes))


def _told(wanted: int | str, layout: Layout, *, path: str, fallback: Layout | None) -> int | None:
    """The number of a column; None if a submission does not have it and may be asked for its own."""
    # A submission may carry fewer columns than its gold; what the gold lacks is the caller's mistake.
    lenient = fallback is not None and not layout.header
    try:
        column = _told_column(wanted, layout, path=path, fallback=fallback)
    except FormatError:
        if lenient:
            return None
        raise
    return None if lenient and column >= layout.width else column


def _told_column(wanted: int | str, layout: Layout, *, path: str, fallback: Layout | None) -> int:
    if isinstance(wanted, int):
        size = max(layout.width, len(layout.header))
        if not -size <= wanted < size:
            raise FormatError(f"{path}: there is no column {wanted}, lines have {size}; columns count from 0")
        return wanted
    for header in (layout.header, fallback.header if fallback else ()):
        folded = [name.casefold() for name in header]
        if wanted.strip().casefold() in folded:
            return folded.index(wanted.strip().casefold())
    known = layout.header or (fallback.header if fallback else ())
    if not known:
        raise FormatError(
            f"{path}: no column is called {wanted!r}, the file has no header line; give its number from 0"
        )
    spelled = {name.casefold(): name for name in known}
    near = spelled.get(near_match(wanted, spelled) or "")
    hint = f"; did you mean {near!r}?" if near else "."
    raise FormatError(f"{path}: no column is called {wanted!r}{hint} The header has {', '.join(known)}")


def numbers_words(layout: Layout) -> bool:
    """Whether the first column only numbers the words of each sentence, as CoNLL-U does."""
    rows = layout.sample
    if len(rows) < 2 or layout.width < 3 or not all(_WORD_NUMBER.fullmatch(row[0]) for row in rows):
        return False
    numbers = [int(re.split("[-.]", row[0])[0]) for row in rows]
    steps = sum(following - number in (0, 1) for number, following in pairwise(numbers))
    return numbers[0] in (0, 1) or 2 * steps > len(numbers)


def _guessed_tokens(layout: Layout, tags: set[int], *, path: str) -> int:
    """The column of the tokens: by its name, else the first that neither numbers words nor holds tags."""
    folded = [name.casefold() for name in layout.header]
    for name in ("token", "form", "word"):
        if name in folded:
            return folded.index(name)
    if layout.width == 1 or not layout.sample:
        return 0
    first = int(numbers_words(layout))
    if first not in tags and not _looks_like_tags(layout, first):
        return first
    others = [column for column in range(layout.width) if column not in tags and not _looks_like_tags(layout, column)]
    if len(others) == 1:
        return others[0]
    what = "holds tags and no tokens" if not others else f"does not tell whether its tokens are in column {others[0]}"
    raise FormatError(f"{path}: {what}; its lines are like {_shown(layout)}; name the column with --token-column")


def _guessed_tags(layout: Layout, taken: Collection[int], *, path: str, fallback: Layout | None) -> int:
    column = _tag_column(layout, taken)
    if column is None and fallback is not None and fallback.width == layout.width:
        column = _tag_column(fallback, taken)
    if column is None:
        remedy = ""
        if layout.width == _CONLLU and numbers_words(layout):
            remedy = "they are of CoNLL-U, so read it with --format conllu; or "
        elif _has_offsets(layout):
            remedy = (
                "they look like one item a line with its offsets: name the columns in a first line "
                "(article_id, start, end, label), and give --format csv; if they are tokens, "
            )
        raise FormatError(
            f"{path}: does not tell which column holds the tags; its lines are like {_shown(layout)}; "
            f"{remedy}name it with --tag-column, and that of the tokens with --token-column"
        )
    return column


def _has_offsets(layout: Layout) -> bool:
    """Whether two columns side by side hold whole numbers, the second of which is the greater, as offsets are."""
    pairs = pairwise(zip(*layout.sample, strict=True))
    return any(
        all(one.isdecimal() and other.isdecimal() and int(one) < int(other) for one, other in zip(*pair, strict=True))
        for pair in pairs
    )


def _shown(layout: Layout) -> str:
    return ", ".join(repr(" ".join(row)[:40]) for row in layout.sample[:2]) or "nothing"


def _tag_column(layout: Layout, taken: Collection[int] = ()) -> int | None:
    """The column of the tags: by its name, else the last that looks like tags, else one of bare labels.

    None of those that are taken, for the tokens or for other tags, is guessed.
    """
    folded = [name.casefold() for name in layout.header]
    for name in _TAG_NAMES:
        if name in folded:
            return folded.index(name)
    if layout.width == 1 or not layout.sample:
        return -1 if layout.width > 1 else 0
    columns = [column for column in reversed(range(layout.width)) if column not in taken]
    tagged = next((column for column in columns if _looks_like_tags(layout, column)), None)
    if tagged is None and layout.width == _CONLLU and numbers_words(layout):
        # Its numbers of heads and its relations look like labels and are none; tags are in its last column, MISC.
        return _CONLLU - 1 if tag_keys(row[-1] for row in layout.sample) else None
    return _label_column(layout, columns) if tagged is None else tagged


def _is_tag(cell: str) -> bool:
    return looks_like_tag(cell) or is_outside(cell)


def _has_labelled_tags(layout: Layout, column: int) -> bool:
    """Whether a column looks like tags and not all of them say that the token is outside."""
    cells = {row[column] for row in layout.sample}
    return _looks_like_tags(layout, column) and any(looks_like_tag(cell) and not is_outside(cell) for cell in cells)


def _looks_like_tags(layout: Layout, column: int) -> bool:
    return 2 * sum(looks_like_tag(row[column]) for row in layout.sample) > len(layout.sample)


def _label_column(layout: Layout, columns: Sequence[int]) -> int | None:
    """The last column that may hold labels without prefixes: few of them, and some tokens that are outside.

    The first column, which usually holds the tokens, must hold fewer kinds of value than the others; and so must one
    in which no token is outside. Nothing but numbers, or but blanks, are no labels: somebody must say that they are.
    """
    kinds = {column: Counter(row[column] for row in layout.sample) for column in columns}
    labels = {column: [value for value in values if not _is_tag(value)] for column, values in kinds.items()}
    likely = [
        column
        for column, values in labels.items()
        if len(values) <= MANY_LABELS
        and all(_LABEL.fullmatch(value) for value in values)
        and not all(value.isdecimal() or not value.strip() for value in kinds[column])
    ]
    fewest = min(len(values) for column, values in kinds.items() if column) if any(columns) else 0
    for column in likely:
        if len(labels[column]) < len(kinds[column]) and (column or len(kinds[0]) < fewest):
            return column
    last = next((column for column in likely if column), None)
    return last if last is not None and len(kinds[last]) <= len(kinds.get(0, kinds[last])) else None
