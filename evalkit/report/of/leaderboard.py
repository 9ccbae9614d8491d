"""A leaderboard: systems by golds and tasks, then a table of each board with ranks, speed, memory and cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evalkit.analysis.leaderboard.leaderboard import Board, Leaderboard, Standing
from evalkit.harmless import one_line
from evalkit.report.document import Block, Chart, Column, Document, Line, Lines, Series, Table
from evalkit.report.of.cells import interval, interval_heading, number
from evalkit.report.of.charts import bounded, forest
from evalkit.showing import number_of

__all__ = ["document"]

RANKS = (
    "ranks: 1 + how many are surely better, to n less how many are surely worse (paired randomization over articles, "
    "Holm over the pairs of a board); systems whose ranks overlap are not told apart by this gold"
)


def document(leaderboard: Leaderboard) -> Document:
    """The overview where there are several boards, the boards, and what is not comparable or left out, with why."""
    blocks: list[Block] = []
    if len(leaderboard.boards) > 1:
        blocks.append(_overview(leaderboard))
    for place, board in enumerate(leaderboard.boards):
        table = _board_table(board, f"{_letter(place)}: " if len(leaderboard.boards) > 1 else "")
        blocks.append(_forest(table, board) if len(board.standings) > 1 else table)
        blocks += _pareto(board)
    if leaderboard.apart:
        lines = tuple(Line.of(f"{_named(own.runs)}: {one_line(own.why)}") for own in leaderboard.apart)
        blocks.append(
            Lines(title="not comparable with the first board, so on boards of their own", lines=lines, hanging=True)
        )
    if leaderboard.left_out:
        lines = tuple(Line.of(f"{one_line(name)}: {one_line(why)}") for name, why in leaderboard.left_out.items())
        blocks.append(Lines(title="on no board", lines=lines, hanging=True))
    systems, boards = number_of(len(leaderboard.systems), "system"), number_of(len(leaderboard.boards), "board")
    return Document(
        what="leaderboard",
        title=f"{systems} of {leaderboard.place} on {boards}",
        blocks=tuple(blocks),
        notes=(*([RANKS] if any(board.pairs for board in leaderboard.boards) else []), *leaderboard.notes),
        rows=tuple(leaderboard.rows()),
        data=leaderboard.to_json(),
    )


def _named(runs: Sequence[str]) -> str:
    return ", ".join(map(one_line, runs))


def _about(board: Board) -> str:
    scored = "".join(f", {name} {_told(value)}" for name, value in board.scoring.items())
    return f"{board.gold}, split {board.split}{scored}"


def _told(value: object) -> str:
    return "+".join(map(str, value)) if isinstance(value, list) else str(value)


def _overview(leaderboard: Leaderboard) -> Table:
    """F1 and ranks of each system on each board; a dash where it is not on it. Boards are told apart by letters."""
    standings = [{own.name: own for own in board.standings} for board in leaderboard.boards]
    names = [f"{_letter(at)} {named}" for at, named in enumerate(_told_apart(leaderboard.boards))]
    return Table(
        title="micro F1 (ranks), by boards",
        columns=(Column("system", left=True, folds=True), *map(Column, names)),
        rows=tuple(
            (name, *(f"{number(own[name].f1)} ({own[name].ranks})" if name in own else "–" for own in standings))
            for name in leaderboard.systems
        ),
        fixed=1,
    )


def _told_apart(boards: Sequence[Board]) -> list[str]:
    """The task of each board, with what else boards differ by: convention, gold, split, and how they were scored."""
    facts = [
        (
            board.task,
            board.convention,
            board.gold,
            board.split,
            " ".join(f"{name} {_told(value)}" for name, value in board.scoring.items()),
        )
        for board in boards
    ]
    # Conventions belong to their tasks: two tasks that each have one are told apart without.
    conventions = {own[:2] for own in facts}
    several = [len(set(values)) > 1 for values in zip(*facts, strict=True)]
    several[0], several[1] = True, len(conventions) > len({own[0] for own in facts})
    return [" ".join(word for word, told in zip(own, several, strict=True) if told and word) for own in facts]


def _letter(place: int) -> str:
    """The letter of a place from 0: A to Z, then AA, AB and so on."""
    return (_letter(place // 26 - 1) if place >= 26 else "") + chr(ord("A") + place % 26)


def _board_table(board: Board, letter: str) -> Table:
    standings = board.standings
    several = len(standings) > 1
    place = {own.name: at for at, own in enumerate(standings, 1)}
    timed = any(own.system.articles_per_second is not None for own in standings)
    weighed = any(own.system.peak_memory is not None for own in standings)
    paid = any(own.system.cost is not None for own in standings)
    failed = any(own.system.failed for own in standings)
    line = bool(board.fast or board.cheap)

    def cells(own: Standing) -> tuple[str, ...]:
        system = own.system
        return (
            str(place[own.name]),
            own.name,
            number(own.f1),
            interval(own.ci),
            *([str(own.ranks), _places([place[name] for name in own.surely_better_than])] if several else []),
            number(own.macro_f1),
            *([str(system.failed)] if failed else []),
            *([_speed(system.articles_per_second)] if timed else []),
            *([_memory(system.peak_memory)] if weighed else []),
            *(["–" if system.cost is None else f"{system.cost:.2f}"] if paid else []),
            *([_lines_of(own.name, board)] if line else []),
        )

    return Table(
        title=f"{letter}{board.task} · {board.convention} on {_about(board)}: {number_of(board.articles, 'article')}",
        columns=(
            Column("#"),
            Column("system", left=True, folds=True),
            Column("F1"),
            Column(interval_heading(board.signature)),
            *([Column("ranks"), Column("surely better than", left=True)] if several else []),
            Column("macro F1", drops=3),
            *([Column("failed", drops=5)] if failed else []),
            *([Column("articles/s", drops=4)] if timed else []),
            *([Column("peak MB", drops=1)] if weighed else []),
            *([Column("cost/1000", drops=2)] if paid else []),
            *([Column("line", left=True, drops=1)] if line else []),
        ),
        rows=tuple(map(cells, standings)),
        caption=_caption(board),
        signature=board.signature,
        fixed=2,
    )


def _forest(table: Table, board: Board) -> Chart:
    """The table with F1 and intervals of its systems drawn under each other."""
    standings = board.standings
    values, intervals = [own.f1 for own in standings], [own.ci for own in standings]
    f1 = bounded("micro F1", values, intervals, interval_heading(board.signature))
    return forest(table, [own.name for own in standings], f1)


def _speed(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def _memory(count: int | None) -> str:
    return "–" if count is None else f"{count / 1e6:.0f}"


def _lines_of(name: str, board: Board) -> str:
    on = [word for word, line in (("speed", board.fast), ("cost", board.cheap)) if name in line]
    return ", ".join(on) or "–"


def _places(numbers: Sequence[int]) -> str:
    """Places in ranges, such as `3-5, 7`."""
    runs: list[list[int]] = []
    for place in sorted(numbers):
        if runs and place == runs[-1][-1] + 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs) or "–"


def _caption(board: Board) -> str:
    beside = [
        f"{name} {number(value)}" for name, value in (("floor", board.floor), ("ceiling", board.ceiling)) if value
    ]
    told = [", ".join(beside)] if beside else []
    machines = board.machines
    if len(machines) == 1:
        told.append(f"timed on {machines[0]}")
    elif machines:
        told.append("timed on several machines, whose speeds say nothing about each other: " + "; ".join(machines))
    if board.fast or board.cheap:
        told.append("line: on the Pareto line, where no other system is as good in both and better in one")
    return "; ".join(told)


def _pareto(board: Board) -> Iterator[Chart]:
    """F1 by articles in a second: a point for each system that was timed."""
    if not board.fast:
        return
    timed = [own for own in board.standings if own.system.articles_per_second is not None]
    points = {own.name: (own.system.articles_per_second or 0.0, own.f1) for own in timed}
    rows = tuple(
        (own.name, _speed(own.system.articles_per_second), number(own.f1), "yes" if own.name in board.fast else "no")
        for own in timed
    )
    series = [Series(name, (x,), (y,)) for name, (x, y) in points.items()]
    yield Chart(
        kind="points",
        table=Table(
            title=f"{board.task}: F1 and speed",
            columns=(
                Column("system", left=True, folds=True),
                Column("articles/s"),
                Column("F1"),
                Column("on the line"),
            ),
            rows=rows,
        ),
        series=tuple(series),
        x="articles in a second",
        y="micro F1",
    )
