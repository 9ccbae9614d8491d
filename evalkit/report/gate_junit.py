"""A gate as JUnit XML: one test case a rule. What cannot be told is an error, so that no reader takes it for a pass."""

from __future__ import annotations

from xml.etree import ElementTree

from evalkit.analysis.changes import BROKEN
from evalkit.gate.verdict import CANNOT_TELL, FAIL, GateReport, Outcome
from evalkit.report.gate_changes import figures_of, group_changes, headline
from evalkit.report.plain_text import one_line

__all__ = ["gate_junit"]

LONGEST = 120


def gate_junit(report: GateReport) -> bytes:
    """The XML, UTF-8, ending in a line feed."""
    verdicts = [outcome.verdict for outcome in report.outcomes]
    numbers = {
        "tests": str(len(verdicts)),
        "failures": str(verdicts.count(FAIL)),
        "errors": str(verdicts.count(CANNOT_TELL)),
        "skipped": "0",
    }
    root = ElementTree.Element("testsuites", {"name": "evalkit gate", **numbers})
    suite = ElementTree.SubElement(root, "testsuite", {"name": one_line(f"{report.run} on {report.gold}"), **numbers})
    for outcome in report.outcomes:
        _case(suite, outcome, report)
    ElementTree.SubElement(suite, "system-out").text = "\n".join(map(one_line, (*report.notes, report.method)))
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _case(suite: ElementTree.Element, outcome: Outcome, report: GateReport) -> None:
    name = one_line(outcome.rule.name)
    case = ElementTree.SubElement(suite, "testcase", {"classname": f"evalkit.gate.{outcome.rule.task}", "name": name})
    tag = {FAIL: "failure", CANNOT_TELL: "error"}.get(outcome.verdict)
    if tag is None:
        return
    found = ElementTree.SubElement(case, tag, {"message": one_line(outcome.reason), "type": outcome.verdict})
    names = ("baseline", "run", "difference", "95 % CI", "q")
    figures = "; ".join(f"{name} {value}" for name, value in zip(names, figures_of(outcome), strict=True))
    found.text = "\n".join([figures, *_broken(report, outcome.rule.task)])


def _broken(report: GateReport, task: str) -> list[str]:
    shown = group_changes([change for change in report.changes if change.layer == task], BROKEN)
    lines = []
    for group in shown.groups:
        for change in group.changes:
            kind, item, other = headline(change)
            meant = f" / {one_line(other.text, LONGEST)}" if other else ""
            lines.append(one_line(f"{group.article}: {kind}: {item.label} {one_line(item.text, LONGEST)}{meant}"))
    return [*lines, f"… and {shown.left_out} more"] if shown.left_out else lines
