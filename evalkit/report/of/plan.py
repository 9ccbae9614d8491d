"""What a run would do, before anybody is asked."""

from __future__ import annotations

from evalkit.predictions.plan import Plan
from evalkit.report.document import Document, Line, Lines

__all__ = ["document"]


def document(plan: Plan) -> Document:
    """A line for who would be run over what, for what is there already, for what it takes, and for where it goes."""
    lines = tuple(map(Line.of, plan.lines))
    return Document(what="plan", title=f"plan of {plan.extractor}", blocks=(Lines(lines=lines),), data=plan.to_json())
