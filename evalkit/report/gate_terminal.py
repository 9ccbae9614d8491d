"""A gate for people at a terminal, and as plain lines for a test's message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.analysis.changes import BROKEN, FIXED, Change, ChangedItem
from evalkit.gate.verdict import CANNOT_TELL, FAIL, PASS, GateReport
from evalkit.report.gate_changes import LIMIT, figures_of, group_changes, headline
from evalkit.report.plain_text import one_line
from evalkit.report.tables import ReportTable

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["change_lines", "gate_lines", "print_gate"]

STYLES = {PASS: "green", FAIL: "bold red", CANNOT_TELL: "bold yellow"}
LONGEST = 100


def print_gate(report: GateReport, console: Console, *, limit: int = LIMIT) -> None:
    """Prints the rules, what is broken and fixed, the notes and the verdict."""
    from rich.text import Text

    from evalkit.report.terminal import print_table

    title = f"{report.run} against {report.baseline} on {report.gold}, split {report.split}, {report.articles} articles"
    console.print(Text(one_line(title)))
    columns = ("rule", "baseline", "run", "difference", "95 % CI", "q")
    rows = tuple((one_line(outcome.rule.name), *figures_of(outcome)) for outcome in report.outcomes)
    print_table(ReportTable(title="gate", columns=columns, rows=rows), console)
    for outcome in report.outcomes:
        words = f"{outcome.verdict}: {one_line(outcome.rule.name)}: {one_line(outcome.reason)}"
        _print_indented(words, console, style=STYLES[outcome.verdict])
    for direction, style in ((BROKEN, "red"), (FIXED, "green")):
        lines = change_lines(report, direction, limit)
        for number, line in enumerate(lines):
            _print_indented(line, console, style="" if number else style)
    for note in report.notes:
        console.print(Text(f"! {one_line(note)}", style="yellow"))
    console.print(Text(report.method, style="dim"), soft_wrap=True)
    console.print(Text(f"verdict: {report.verdict}", style=STYLES[report.verdict]))


def _print_indented(line: str, console: Console, *, style: str) -> None:
    """Prints a line; what does not fit goes on further in, so that the next item can be told from it."""
    from rich.padding import Padding
    from rich.text import Text

    depth = len(line) - len(line.lstrip())
    text = Text(line.lstrip(), style=style)
    if len(text) + depth <= console.width:
        console.print(Padding(text, (0, 0, 0, depth), expand=False))
        return
    first, *rest = text.wrap(console, max(20, console.width - depth - 2))
    console.print(Padding(first, (0, 0, 0, depth), expand=False))
    for more in rest:
        console.print(Padding(more, (0, 0, 0, depth + 2), expand=False))


def change_lines(report: GateReport, direction: str, limit: int = LIMIT) -> list[str]:
    """A heading, then the items of one direction by article; empty if there is none."""
    shown = group_changes(report.changes, direction, limit)
    if not shown.groups:
        return []
    lines = [f"newly {direction}: {report.count(direction)}"]
    for group in shown.groups:
        lines.append(f"  {one_line(group.article)}")
        lines += [f"    {_line(change)}" for change in group.changes]
    return [*lines, f"  … and {shown.left_out} more"] if shown.left_out else lines


def gate_lines(report: GateReport, *, limit: int = 20) -> list[str]:
    """The verdict, the rules that do not pass, and what broke, as plain lines."""
    lines = [f"evalkit gate: {report.verdict} ({report.run} against {report.baseline} on {report.gold})"]
    for outcome in report.outcomes:
        if outcome.verdict == PASS:
            continue
        before, now, difference, interval, q = figures_of(outcome)
        lines.append(f"  {outcome.verdict}: {one_line(outcome.rule.name)}: {one_line(outcome.reason)}")
        lines.append(f"    baseline {before}, run {now}, difference {difference} [{interval}], q {q}")
    lines += [f"  {line}" for line in change_lines(report, BROKEN, limit)]
    if fixed := report.count(FIXED):
        lines.append(f"  newly fixed: {fixed}")
    return [*lines, *(f"  note: {one_line(note)}" for note in report.notes)]


def _line(change: Change) -> str:
    kind, item, other = headline(change)
    line = f"{kind}: {_item(item)}"
    if other is None:
        return line
    return f"{line}, {'predicted' if change.direction == BROKEN else 'was predicted as'} {_item(other)}"


def _item(item: ChangedItem) -> str:
    place = " ".join(f"{start}-{end}" for start, end in item.spans)
    return f"{one_line(item.label)} {one_line(item.text, LONGEST)!r}" + (f" ({place})" if place else "")
