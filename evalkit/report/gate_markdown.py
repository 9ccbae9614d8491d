"""A gate for a job summary or a pull request comment. Text of articles is shown as code, so nothing in it is live."""

from __future__ import annotations

from evalkit.analysis.changes import BROKEN, FIXED, Change, ChangedItem
from evalkit.gate.verdict import CANNOT_TELL, FAIL, PASS, GateReport, Outcome
from evalkit.report.gate_changes import LIMIT, figures_of, group_changes, headline
from evalkit.report.plain_text import markdown_code, markdown_text

__all__ = ["gate_markdown"]

SIGNS = {PASS: "✅ pass", FAIL: "❌ fail", CANNOT_TELL: "❔ cannot tell"}
LONGEST = 120


def gate_markdown(report: GateReport, *, limit: int = LIMIT) -> str:
    """The report; ends in a line feed.

    Args:
        report: what to show.
        limit: how many broken, and how many fixed items are listed; the rest is counted.
    """
    parts = [
        f"## evalkit gate: {SIGNS[report.verdict]}",
        f"{markdown_text(report.run)} against the baseline of {markdown_text(report.baseline)} on "
        f"{markdown_text(report.gold)}, split {markdown_text(report.split)}, {report.articles} articles.",
        _rules(report.outcomes),
    ]
    parts += [part for direction in (BROKEN, FIXED) if (part := _changes(report, direction, limit))]
    if report.notes:
        parts.append("\n".join(f"* {markdown_text(note)}" for note in report.notes))
    parts.append(markdown_code(report.method))
    return "\n\n".join(parts) + "\n"


def _rules(outcomes: tuple[Outcome, ...]) -> str:
    lines = [
        "| rule | verdict | baseline | run | difference | 95 % CI | q | why |",
        "|---|---|--:|--:|--:|--:|--:|---|",
    ]
    for outcome in outcomes:
        cells = (markdown_text(outcome.rule.name), SIGNS[outcome.verdict], *figures_of(outcome))
        lines.append("| " + " | ".join((*cells, markdown_text(outcome.reason))) + " |")
    return "\n".join(lines)


def _changes(report: GateReport, direction: str, limit: int) -> str:
    shown = group_changes(report.changes, direction, limit)
    if not shown.groups:
        return ""
    lines = [f"### Newly {direction}: {report.count(direction)}"]
    for group in shown.groups:
        lines.append(f"* {markdown_code(group.article)}")
        lines += [f"  * {_line(change)}" for change in group.changes]
    if shown.left_out:
        lines.append(f"* … and {shown.left_out} more")
    return "\n".join([lines[0], "", *lines[1:]])


def _line(change: Change) -> str:
    kind, item, other = headline(change)
    line = f"{kind}: {_item(item)}"
    if other is None:
        return line
    return f"{line}, {'predicted' if change.direction == BROKEN else 'was predicted as'} {_item(other)}"


def _item(item: ChangedItem) -> str:
    place = " ".join(f"{start}–{end}" for start, end in item.spans)
    return f"{markdown_text(item.label)} {markdown_code(item.text, LONGEST)}" + (f" ({place})" if place else "")
