"""A gate: the rules with their figures, what follows, and the items that broke and those that were fixed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace

from evalkit.analysis.changes import BROKEN, FIXED, Change, ChangedItem
from evalkit.gate.outcome import BaselineUpdate, GateReport, Outcome
from evalkit.report.clean import one_line
from evalkit.report.document import (
    BAD,
    GOOD,
    QUOTED,
    STRONG,
    VERDICT_TONES,
    Check,
    Document,
    Line,
    Lines,
    Piece,
    Table,
    figure_columns,
)

__all__ = ["document", "update_document"]

LIMIT, LIMIT_OF_CHECK = 40, 40
LONGEST = 100
FIGURES = ("baseline", "run", "difference", "95 % CI", "q")


def document(report: GateReport, *, limit: int = LIMIT) -> Document:
    """The report.

    Args:
        report: what the gate says.
        limit: how many broken, and how many fixed items are listed; the rest is counted.
    """
    changes = [block for direction in (BROKEN, FIXED) if (block := _changes(report, direction, limit))]
    return Document(
        what="gate",
        title=f"{report.run} against {report.baseline} on {report.gold}, split {report.split}, "
        f"{report.articles} articles",
        blocks=(_rules(report.outcomes), *map(_reason, report.outcomes), *changes),
        notes=tuple(map(one_line, report.notes)),
        signature=report.method,
        verdict=report.verdict,
        checks=tuple(_check(outcome, report) for outcome in report.outcomes),
        rows=tuple(map(_row, report.outcomes)),
        data=report.to_json(),
    )


def update_document(update: BaselineUpdate, *, limit: int = LIMIT) -> Document:
    """What is different from the old baseline, after what a gate says to it."""
    changed = Lines.of(*(update.changed or ("nothing has changed",)), f"written to {update.path}", whole=True)
    title = f"baseline of {update.baseline.run.extractor} in {update.path}"
    if update.report is None or not update.changed:
        return Document(what="baseline update", title=title, blocks=(changed,), data=update.to_json())
    gate = document(update.report, limit=limit)
    blocks = (Lines.of(gate.title, tone=STRONG), *gate.blocks, changed)
    return replace(gate, what="baseline update", title=title, blocks=blocks, data=update.to_json())


def _rules(outcomes: Sequence[Outcome]) -> Table:
    rows = tuple((one_line(outcome.rule.name), *_figures(outcome)) for outcome in outcomes)
    return Table(title="gate", columns=figure_columns("rule", *FIGURES), rows=rows)


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
        "–" if outcome.q is None else f"{outcome.q:.4f}",
    )


def _reason(outcome: Outcome) -> Lines:
    words = f"{outcome.verdict}: {one_line(outcome.rule.name)}: {one_line(outcome.reason)}"
    return Lines(lines=(Line.of(words, tone=VERDICT_TONES[outcome.verdict]),), hanging=True)


def _changes(report: GateReport, direction: str, limit: int) -> Lines | None:
    """The items that changed in one direction by article, the hardest hit article first; None if there is none."""
    changes = [change for change in report.changes if change.direction == direction]
    lines = list(_change_lines(changes, limit))
    if not lines:
        return None
    tone = BAD if direction == BROKEN else GOOD
    return Lines(title=f"newly {direction}: {len(changes)}", tone=tone, lines=tuple(lines), hanging=True)


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
    item, other = (change.gold, change.predicted) if change.gold is not None else (change.predicted, None)
    pieces: list[str | Piece] = [f"{change.layer} {change.kind}: ", *_item(item)]
    if other is not None:
        pieces += [", predicted " if change.direction == BROKEN else ", was predicted as ", *_item(other)]
    return Line.of(*pieces, depth=2)


def _item(item: ChangedItem | None) -> Iterator[str | Piece]:
    if item is None:
        return
    place = " ".join(f"{start}-{end}" for start, end in item.spans)
    yield f"{one_line(item.label)} "
    yield Piece(one_line(item.text, LONGEST), QUOTED)
    yield f" ({place})" if place else ""


def _check(outcome: Outcome, report: GateReport) -> Check:
    """A rule, with its figures and what broke in its task."""
    figures = "; ".join(f"{name} {value}" for name, value in zip(FIGURES, _figures(outcome), strict=True))
    broken = [change for change in report.changes if change.direction == BROKEN and change.layer == outcome.rule.task]
    lines = _change_lines(broken, LIMIT_OF_CHECK)
    return Check(
        name=one_line(outcome.rule.name),
        group=outcome.rule.task,
        verdict=outcome.verdict,
        reason=one_line(outcome.reason),
        details=(figures, *(f"{'  ' * (line.depth - 1)}{line.text}" for line in lines)),
    )


def _row(outcome: Outcome) -> dict[str, object]:
    row = asdict(outcome)
    rule, ci, articles = row.pop("rule"), row.pop("ci"), row.pop("articles")
    low, high = ci or (None, None)
    wins, ties, losses = articles or (None, None, None)
    about = {name: rule[name] for name in ("name", "task", "convention", "label", "score")}
    return about | row | {"ci_low": low, "ci_high": high, "wins": wins, "ties": ties, "losses": losses}
