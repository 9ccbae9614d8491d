"""A gate: the rules with their figures, what follows, on what the extractor failed, and every item that changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace

from evalkit.analysis.changes import ADDED, BROKEN, DIRECTIONS, FIXED, GONE, Change, ChangedItem
from evalkit.gate.outcome import BaselineUpdate, GateReport, Outcome
from evalkit.gate.rules import POOLED, Rule
from evalkit.gate.speed import SpeedOutcome
from evalkit.harmless import one_line
from evalkit.report.document import (
    BAD,
    GOOD,
    QUOTED,
    SKIPPED,
    STRONG,
    UNSURE,
    VERDICT_TONES,
    Block,
    Check,
    Document,
    Line,
    Lines,
    Piece,
    Table,
    figure_columns,
)
from evalkit.results import CANNOT_TELL, FAIL, PASS
from evalkit.scoring.tasks.base import RIGHT
from evalkit.scoring.tasks.table import load_task, task_names
from evalkit.showing import number_of

__all__ = ["document", "update_document"]

LIMIT, LIMIT_OF_CHECK = 40, 40
LONGEST = 100
FIGURES = ("baseline", "run", "difference", "95 % CI", "p", "q")

TITLES = {
    BROKEN: "newly broken: {}",
    FIXED: "newly fixed: {}",
    ADDED: "wrong predictions added: {}",
    GONE: "wrong predictions gone: {}",
}
TONES = {BROKEN: BAD, FIXED: GOOD, ADDED: BAD, GONE: GOOD}
BESIDE = {ADDED: BROKEN, GONE: FIXED}
"""Which gold items show a prediction of these beside themselves, in place of what they should be."""


def document(report: GateReport, *, limit: int = LIMIT) -> Document:
    """The report.

    Args:
        report: what the gate says.
        limit: how many items of each kind of change are listed; the rest is counted.
    """
    blocks: list[Block | None] = [_rules(report.outcomes), *map(_reason, report.outcomes)]
    blocks += [*map(_speed_reason, report.speeds), _failures(report)]
    blocks.append(Lines.of(*map(one_line, report.causes), tone=STRONG) if report.causes else None)
    blocks += [_changes(report, direction, limit) for direction in DIRECTIONS]
    articles = number_of(report.articles, "article")
    return Document(
        what="gate",
        title=f"{report.run} against {report.baseline} on {report.gold}, split {report.split}, {articles}",
        blocks=tuple(block for block in blocks if block is not None),
        notes=(*map(one_line, report.notes), *_rights(report), *filter(None, [one_line(report.advice)])),
        signature=report.method,
        verdict=report.verdict,
        checks=(
            *(_check(outcome, report) for outcome in report.outcomes),
            *map(_speed_check, report.speeds),
            _extraction(report),
        ),
        rows=tuple(map(_row, report.outcomes)),
        data=report.to_json(),
    )


def update_document(update: BaselineUpdate, *, limit: int = LIMIT) -> Document:
    """What is different from the old baseline, after what a gate says to it."""
    changed = Lines.of(*(update.changed or ("nothing has changed",)), f"written to {update.path}", whole=True)
    title = f"baseline of {update.baseline.run.extractor} in {update.path}"
    written = Check(name=title, group="update", verdict=PASS, details=update.changed)
    plain = Document(what="baseline update", title=title, blocks=(changed,), checks=(written,), data=update.to_json())
    if update.report is None:
        return plain
    gate = document(replace(update.report, advice=""), limit=limit)
    if not update.changed:
        return replace(plain, checks=gate.checks)
    blocks = (Lines.of(gate.title, tone=STRONG), *gate.blocks, changed)
    return replace(gate, what="baseline update", title=title, blocks=blocks, data=update.to_json())


def _rules(outcomes: Sequence[Outcome]) -> Table:
    rows = tuple((_name(outcome.rule), *_figures(outcome)) for outcome in outcomes)
    return Table(title="gate", columns=figure_columns("rule", *FIGURES), rows=rows)


def _name(rule: Rule) -> str:
    """What it is called, and behind a name of its own what it is about."""
    name, about = one_line(rule.name), one_line(rule.about)
    return name if name == about else f"{name} ({about})"


def _figures(outcome: Outcome) -> tuple[str, ...]:
    """The figures of a rule; a dash where there is none."""
    difference = "–"
    if outcome.value is not None and outcome.baseline is not None:
        difference = f"{outcome.value - outcome.baseline:+.4f}"
    return (
        "–" if outcome.baseline is None else f"{outcome.baseline:.4f}",
        "–" if outcome.value is None else f"{outcome.value:.4f}",
        difference,
        "–" if outcome.ci is None else f"{outcome.ci[0]:+.4f} {outcome.ci[1]:+.4f}",
        "–" if outcome.p is None else f"{outcome.p:.4f}",
        "–" if outcome.q is None else f"{outcome.q:.4f}",
    )


def _reason(outcome: Outcome) -> Lines:
    words = f"{outcome.verdict}: {_name(outcome.rule)}: {_told(outcome)}"
    return Lines(lines=(Line.of(words, tone=VERDICT_TONES[outcome.verdict]),), hanging=True)


def _speed_reason(outcome: SpeedOutcome) -> Lines:
    words = f"{outcome.verdict}: {one_line(outcome.rule.name)}: {_told(outcome)}"
    return Lines(lines=(Line.of(words, tone=VERDICT_TONES[outcome.verdict]),), hanging=True)


def _speed_check(outcome: SpeedOutcome) -> Check:
    """A rule about speed, with articles in a second of both sides."""
    ignored = outcome.verdict == CANNOT_TELL and outcome.counts_as == PASS
    both = {"run": outcome.value, "baseline": outcome.baseline}
    rates = (f"{name} {value:.3g} articles/s" for name, value in both.items() if value is not None)
    return Check(
        name=one_line(outcome.rule.name),
        group="speed",
        verdict=SKIPPED if ignored else outcome.counts_as,
        reason=_told(outcome),
        details=tuple(rates),
    )


def _told(outcome: Outcome | SpeedOutcome) -> str:
    """The reason, and what `on_unclear` makes of what cannot be told."""
    reason = one_line(outcome.reason)
    return reason if outcome.counts_as == outcome.verdict else f"{reason}; on_unclear makes this a {outcome.counts_as}"


def _failures(report: GateReport) -> Lines | None:
    """The articles on which the extractor failed, each with its error; None if there is none."""
    if not report.failed:
        return None
    lines = tuple(Line.of(line, depth=1) for line in _failure_lines(report))
    return Lines(title=_failed(report), tone=BAD if report.fails_too_often else UNSURE, lines=lines, hanging=True)


def _failed(report: GateReport) -> str:
    number = len(report.failed)
    return (
        f"{FAIL if report.fails_too_often else PASS}: the extractor failed on {number} "
        f"article{'' if number == 1 else 's'}, max_failures is {report.max_failures}"
    )


def _failure_lines(report: GateReport) -> list[str]:
    return [f"{one_line(article)}: {one_line(error, LONGEST)}" for article, error in report.failed.items()]


def _rights(report: GateReport) -> Iterator[str]:
    for task, right in report.rights.items():
        if right != RIGHT:
            yield f"of {task}, right in these lists is what earns a credit of 1 under {right}"


def _changes(report: GateReport, direction: str, limit: int) -> Lines | None:
    """The items of one kind of change by article, the hardest hit article first; None if there is none."""
    changes = [change for change in report.changes if change.direction == direction]
    alone = _not_beside(report, direction, changes)
    lines = list(_change_lines(alone, limit))
    if limit and len(alone) < len(changes):
        with_gold = len(changes) - len(alone)
        lines.append(Line.of(f"{with_gold} shown with what {'broke' if direction == ADDED else 'was fixed'}", depth=1))
    if not lines:
        return None
    return Lines(title=TITLES[direction].format(len(changes)), tone=TONES[direction], lines=tuple(lines), hanging=True)


def _not_beside(report: GateReport, direction: str, changes: Sequence[Change]) -> list[Change]:
    """The predictions that are not shown already, in place of a gold item that broke or was fixed."""
    shown = Counter(
        (change.article, change.layer, change.predicted)
        for change in report.changes
        if change.direction == BESIDE.get(direction)
    )
    alone = []
    for change in changes:
        place = change.article, change.layer, change.predicted
        shown[place] -= 1
        if shown[place] < 0:
            alone.append(change)
    return alone


def _change_lines(changes: Sequence[Change], limit: int) -> Iterator[Line]:
    by_article: dict[str, list[Change]] = {}
    for change in changes:
        by_article.setdefault(change.article, []).append(change)
    left = limit
    for article in sorted(by_article, key=lambda article: (-len(by_article[article]), article)):
        shown = by_article[article][:left]
        left -= len(shown)
        if shown:
            yield Line.of(one_line(article), depth=1)
            yield from map(_change_line, shown)
    if 0 < limit < len(changes):
        yield Line.of(f"… and {len(changes) - limit} more", depth=1)


def _change_line(change: Change) -> Line:
    """The kind in words, the item itself, and what was predicted or meant in its place."""
    item, other = (change.gold, change.predicted) if change.gold is not None else (change.predicted, change.meant)
    pieces: list[str | Piece] = [f"{change.layer} {change.kind}: ", *_item(item)]
    if other is not None:
        between = {BROKEN: "predicted", FIXED: "was predicted as"}.get(change.direction, "where gold has")
        pieces += [f", {between} ", *_item(other)]
    return Line.of(*pieces, depth=2)


def _item(item: ChangedItem | None) -> Iterator[str | Piece]:
    if item is None:
        return
    place = " ".join(f"{start}-{end}" for start, end in item.spans)
    yield f"{one_line(item.label)} "
    yield Piece(one_line(item.text), QUOTED, LONGEST)
    yield f" ({place})" if place else ""


def _check(outcome: Outcome, report: GateReport) -> Check:
    """A rule, with its figures and what broke in its task, of its label if it has one."""
    rule = outcome.rule
    layer = load_task(rule.task).layer if rule.task in task_names() else rule.task
    figures = "; ".join(f"{name} {value}" for name, value in zip(FIGURES, _figures(outcome), strict=True))
    broken = [
        change
        for change in report.changes
        if change.direction == BROKEN
        and change.layer == layer
        and (rule.label in POOLED or change.gold is None or change.gold.label == rule.label)
    ]
    lines = _change_lines(broken, LIMIT_OF_CHECK)
    ignored = outcome.verdict == CANNOT_TELL and outcome.counts_as == PASS
    return Check(
        name=_name(rule),
        group=rule.task,
        verdict=SKIPPED if ignored else outcome.counts_as,
        reason=_told(outcome),
        details=(
            figures,
            *map(one_line, report.causes),
            *(f"{'  ' * (line.depth - 1)}{line.text}" for line in lines),
        ),
    )


def _extraction(report: GateReport) -> Check:
    """Whether the extractor failed on more articles than it may; failures that it may have are not silent."""
    verdict = FAIL if report.fails_too_often else SKIPPED if report.failed else PASS
    return Check(
        name="extraction",
        group="run",
        verdict=verdict,
        reason=_failed(report) if report.failed else "",
        details=tuple(_failure_lines(report)),
    )


def _row(outcome: Outcome) -> dict[str, object]:
    row = asdict(outcome)
    rule, ci, articles = row.pop("rule"), row.pop("ci"), row.pop("articles")
    low, high = ci or (None, None)
    wins, ties, losses = articles or (None, None, None)
    about = {name: rule[name] for name in ("name", "task", "convention", "label", "score")}
    return about | row | {"ci_low": low, "ci_high": high, "wins": wins, "ties": ties, "losses": losses}
