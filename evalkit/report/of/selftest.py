"""Which invariants of scoring hold, and the smallest example of each that does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evalkit.report.document import SKIPPED, Check, Column, Document, Line, Lines, Table
from evalkit.results import FAIL, PASS
from evalkit.scoring.selftest import Check as TriedInvariant
from evalkit.scoring.selftest import Violation

__all__ = ["document"]


def document(tried: Sequence[TriedInvariant]) -> Document:
    """One row an invariant and convention, then what breaks one."""
    rows = tuple((one.task, one.convention, one.invariant, _verdict(one)) for one in tried)
    violations = [line for one in tried if one.violation is not None for line in _violation(one.violation)]
    names = ("task", "convention", "invariant", "verdict")
    values = tuple(dict(zip(names, row, strict=True)) for row in rows)
    return Document(
        what="selftest",
        title="invariants of scoring",
        blocks=(
            Table(columns=tuple(Column(name, left=True) for name in (*names[:3], "")), rows=rows, listing=True),
            *([Lines(lines=tuple(violations), whole=True)] if violations else []),
        ),
        checks=tuple(map(_check, tried)),
        rows=values,
        data={"checks": list(values)},
    )


def _verdict(one: TriedInvariant) -> str:
    if one.violation is not None:
        return "VIOLATED"
    return f"not asked: {one.excepted}" if one.excepted else "ok"


def _violation(violation: Violation) -> Iterator[Line]:
    yield Line(())
    yield Line.of(f"{violation.task} {violation.convention}: {violation.invariant} is violated")
    yield from (Line.of(text) for text in f"{violation.message}\n{violation.example}".splitlines())


def _check(one: TriedInvariant) -> Check:
    verdict = FAIL if one.violation is not None else SKIPPED if one.excepted else PASS
    reason = one.excepted if one.violation is None else one.violation.message
    details = () if one.violation is None else tuple(one.violation.example.splitlines())
    group = f"{one.task}.{one.convention}"
    return Check(name=one.invariant, group=group, verdict=verdict, reason=reason, details=details)
