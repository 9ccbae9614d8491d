"""What a change does to gold: what is wrong, then what became of its items."""

from __future__ import annotations

from dataclasses import asdict

from evalkit.analysis.review import DatasetReview, ReviewFinding
from evalkit.harmless import one_line
from evalkit.report.document import BAD, STRONG, Check, Document, Line, Lines, Piece
from evalkit.report.of import difference
from evalkit.results import FAIL, PASS
from evalkit.showing import number_of

__all__ = ["document"]


def document(review: DatasetReview, *, limit: int = difference.SHOWN) -> Document:
    """The findings, and the differences.

    Args:
        review: what was found.
        limit: so many findings and so many changes are shown; 0 for all.
    """
    shown = review.findings[: limit or None]
    left = len(review.findings) - len(shown)
    lines = [_line(one) for one in shown]
    if left:
        lines.append(Line.of(f"… and {left} more", depth=1))
    wrong = number_of(len(review.findings), "finding")
    changes = None if review.diff is None else difference.document(review.diff, limit=limit)
    found = (Lines(title=wrong, tone=BAD, lines=tuple(lines), hanging=True),) if lines else ()
    before = number_of(review.pairs, "pair of articles shares text", "pairs of articles share text")
    known = (f"{before}, as before",) if review.pairs else ()
    return Document(
        what="review of gold",
        title=f"{one_line(review.dataset)} since {one_line(review.base)}: {wrong}",
        blocks=(
            *found,
            *(() if changes is None else (Lines.of(changes.title, tone=STRONG), *changes.blocks)),
        ),
        notes=(*known, *(() if changes is None else changes.notes), *review.notes),
        verdict=review.verdict,
        checks=tuple(map(_check, review.findings)) or (Check(name="gold", group="review", verdict=PASS),),
        rows=tuple(asdict(one) for one in review.findings),
        data=review.to_json(),
    )


def _line(finding: ReviewFinding) -> Line:
    where = f"{finding.file}{f':{finding.line}' if finding.line else ''}" or finding.article_id
    # What is wrong with a line of a file is at no other place in it.
    place = "" if finding.place == "line" else f"{finding.place}: "
    pieces = Piece(one_line(where), STRONG), Piece(f" {place}{finding.code}: {finding.message}")
    return Line(tuple(pieces), depth=1)


def _check(finding: ReviewFinding) -> Check:
    return Check(
        name=f"{finding.article_id}: {finding.place}",
        group=f"{finding.check}.{finding.code}",
        verdict=FAIL,
        reason=finding.message,
    )
