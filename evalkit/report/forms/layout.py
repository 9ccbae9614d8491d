"""How wide the columns of a table are on a page of some width: nothing is cut, nothing leaves without being named.

A page that is too narrow is met in this order: words go on in a second line where cells are words; figures lose the
zero before the point and the space around them; columns that a table can spare are left out and named; the rest goes on
below, in parts that each have the names of the rows. What is wider than a whole page is broken within words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from evalkit.harmless import LONGEST
from evalkit.report.document import Column, Table

__all__ = ["Layout", "laid_out"]

LONG_WORD, FEW_WORDS = 20, 24
LEAST = 4
"""Columns that are left of a column when a page is too narrow for anything else."""
MARKS = re.compile(r"[*ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ]*\Z")
"""Stars and raised letters behind a figure, which its neighbours above and below may not have."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A table, or a part of one, as it is printed.

    Attributes:
        table: its cells are those to print.
        widths: one for each column; together with what stands between them they fit the page.
        padding: spaces on either side of a cell.
    """

    table: Table
    widths: tuple[int, ...]
    padding: int


def laid_out(table: Table, width: int) -> list[Layout]:
    """The table for a page, in one piece or in parts."""
    table = _aligned(_for_width(table, width))
    between = _spaced if table.listing else _loose
    if between(whole := _widths(table.columns, table.rows)) <= width:
        return [Layout(table, tuple(whole), 1)]
    least = _least_widths(table)
    words = any(column.folds for column in table.columns[1:]) or table.listing
    if words and not table.fixed and between(least) <= width:
        return [Layout(table, _grown(table, least, width - between(least)), 1)]
    if table.listing:
        return [Layout(table, _squeezed(least, width - between([0] * len(least))), 1)]
    short = _shortened(table)
    taken = _widths(short.columns, short.rows) if table.fixed else _least_widths(short)
    if _tight(taken) <= width:
        return [Layout(short, _grown(short, taken, width - _tight(taken)), 0)]
    loose, tight = _parts(table, width, _loose), _parts(short, width, _tight)
    parts, padding, between = (tight, 0, _tight) if len(tight) < len(loose) else (loose, 1, _loose)
    return [_part(part, width, padding, between) for part in parts]


def _loose(sizes: Sequence[int]) -> int:
    """How wide a ruled table is: an edge on either side, and cells with a space around them but at the edges."""
    return sum(sizes) + 3 * len(sizes) - 1


def _tight(sizes: Sequence[int]) -> int:
    """The same without the spaces."""
    return sum(sizes) + len(sizes) + 1


def _spaced(sizes: Sequence[int]) -> int:
    """How wide a listing is: two spaces from one column to the next."""
    return sum(sizes) + 2 * (len(sizes) - 1)


def _widths(columns: Sequence[Column], rows: Sequence[tuple[str, ...]]) -> list[int]:
    from rich.cells import cell_len

    return [max(cell_len(column.name), *(cell_len(row[at]) for row in rows), 0) for at, column in enumerate(columns)]


def _least_widths(table: Table, longest: int = LONG_WORD) -> list[int]:
    """Of each column how wide it is without a word being broken; a word that is longer than `longest` may be.

    One that need not be shown has room for a few words.
    """
    from rich.cells import cell_len

    sizes = _widths(table.columns, table.rows)
    for at, column in enumerate(table.columns):
        if column.folds:
            words = (min(cell_len(word), longest) for row in table.rows for word in row[at].split())
            sizes[at] = min(sizes[at], max(cell_len(column.name), FEW_WORDS if column.drops else 0, *words))
    return sizes


def _grown(table: Table, sizes: Sequence[int], room: int) -> tuple[int, ...]:
    """The columns with the room that is left: first so that no word is broken, then so that no cell is folded.

    The narrow ones get it first.
    """
    grown = list(sizes)
    for wanted in (_least_widths(table, longest=LONGEST), _widths(table.columns, table.rows)):
        while room > 0 and (narrow := [at for at, size in enumerate(grown) if size < wanted[at]]):
            grown[min(narrow, key=lambda at: grown[at])] += 1
            room -= 1
    return tuple(grown)


def _squeezed(sizes: Sequence[int], room: int) -> tuple[int, ...]:
    """The columns so that together they take no more than the room; the wide ones give it."""
    squeezed = list(sizes)
    while sum(squeezed) > room and max(squeezed) > LEAST:
        squeezed[squeezed.index(max(squeezed))] -= 1
    return tuple(squeezed)


def _for_width(table: Table, width: int) -> Table:
    """The table without the columns that so narrow a page leaves out, and a word about them."""
    shown = [at for at, column in enumerate(table.columns) if column.from_width <= width]
    left_out = _too_many(table, shown, width)
    shown = [at for at in shown if at not in left_out]
    if len(shown) == len(table.columns):
        return table
    columns = [at for at in range(len(table.columns)) if at not in shown and any(row[at] for row in table.rows)]
    told = f"left out at this width: {', '.join(table.columns[at].name for at in columns)}" if columns else ""
    return replace(_select(table, shown), caption="; ".join(filter(None, (table.caption, told))))


def _too_many(table: Table, shown: Sequence[int], width: int) -> list[int]:
    """The columns that are to be left out so that no word of the others is broken, as far as some may be."""
    order = sorted((at for at in shown if table.columns[at].drops), key=lambda at: table.columns[at].drops)
    if not order:
        return []
    least = _least_widths(table)

    def fits(left_out: Sequence[int]) -> bool:
        return _loose([least[at] for at in shown if at not in left_out]) <= width

    left_out: list[int] = []
    while order and not fits(left_out):
        left_out.append(order.pop(0))
    # A wide one that had to go may have made room for narrow ones.
    for at in reversed(left_out[:-1]):
        if fits(rest := [one for one in left_out if one != at]):
            left_out = rest
    return sorted(left_out)


def _select(table: Table, columns: Sequence[int]) -> Table:
    return replace(
        table,
        columns=tuple(table.columns[at] for at in columns),
        rows=tuple(tuple(row[at] for at in columns) for row in table.rows),
    )


def _aligned(table: Table) -> Table:
    """The table with figures under figures, whatever marks stand behind some of them."""
    cells = [list(row) for row in table.rows]
    for at, column in enumerate(table.columns):
        if not column.left and column.name:
            marks = [len(MARKS.search(row[at])[0]) for row in cells]  # type: ignore[index]
            for row, own in zip(cells, marks, strict=True):
                row[at] += " " * (max(marks, default=0) - own)
    return replace(table, rows=tuple(map(tuple, cells)))


def _shortened(table: Table) -> Table:
    """The table with figures without the zero before the point."""
    figures = [not column.left and not column.folds for column in table.columns]
    return replace(
        table,
        rows=tuple(
            tuple(re.sub(r"\b0\.", ".", cell) if figure else cell for cell, figure in zip(row, figures, strict=True))
            for row in table.rows
        ),
    )


def _parts(table: Table, width: int, between: Callable[[Sequence[int]], int]) -> list[Table]:
    """The table with some of its columns at a time, so that each part fits.

    The fixed ones stand in all of them, or the first, without which nobody knows what a row is about.
    """
    first, least = range(table.fixed or 1), _part_widths(table, width)
    parts: list[list[int]] = [[]]
    for at in range(len(first), len(least)):
        if not table.columns[at].name and not any(row[at] for row in table.rows):
            continue
        if parts[-1] and between([least[column] for column in (*first, *parts[-1], at)]) > width:
            parts.append([])
        parts[-1].append(at)
    return [
        replace(
            _select(table, (*first, *chosen)),
            title=table.title if number == 0 else f"{table.title}, continued",
            caption=table.caption if number == len(parts) - 1 else "",
            signature=table.signature if number == len(parts) - 1 else "",
        )
        for number, chosen in enumerate(parts)
    ]


def _part_widths(table: Table, width: int) -> list[int]:
    """The least widths where the names of rows, which stand in each part, are not broken unless they fill a third."""
    sizes, whole = _least_widths(table), _widths(table.columns, table.rows)
    for at in range(table.fixed or 1):
        sizes[at] = max(sizes[at], min(whole[at], width // 3))
    return sizes


def _part(table: Table, width: int, padding: int, between: Callable[[Sequence[int]], int]) -> Layout:
    least = _part_widths(table, width)
    room = width - between([0] * len(least))
    if sum(least) > room:
        return Layout(table, _squeezed(least, room), padding)
    return Layout(table, _grown(table, least, room - sum(least)), padding)
