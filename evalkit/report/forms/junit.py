"""Verdicts as JUnit XML: one test case a check.

What cannot be told is an error, so that no reader takes it for a pass.
"""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree

from evalkit.errors import InputError
from evalkit.harmless import clean, clean_text
from evalkit.report.document import SKIPPED, Check, Document
from evalkit.results import CANNOT_TELL, FAIL

__all__ = ["render_junit"]

TAGS = {FAIL: "failure", CANNOT_TELL: "error", SKIPPED: "skipped"}


def render_junit(document: Document) -> str:
    """The XML; ends in a line feed.

    Raises:
        InputError: the document is about nothing that passes or fails.
    """
    if not document.checks:
        raise InputError(
            f"{document.title}: there is no verdict, which JUnit is about; a gate, a validation and a selftest have one"
        )
    tags = Counter(TAGS.get(check.verdict, "") for check in document.checks)
    numbers = {"tests": str(len(document.checks)), "failures": str(tags["failure"])}
    numbers |= {"errors": str(tags["error"]), "skipped": str(tags["skipped"])}
    root = _element(None, "testsuites", name=f"evalkit {document.what}", **numbers)
    suite = _element(root, "testsuite", name=document.title, **numbers)
    for check in document.checks:
        _case(suite, check, f"evalkit.{document.what}.{check.group}")
    _element(suite, "system-out", "\n".join(filter(None, (*document.notes, document.signature))))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(suite: ElementTree.Element, check: Check, group: str) -> None:
    case = _element(suite, "testcase", classname=group, name=check.name)
    if tag := TAGS.get(check.verdict):
        _element(case, tag, "\n".join(check.details), message=check.reason, type=check.verdict)


def _element(parent: ElementTree.Element | None, tag: str, text: str = "", **attributes: str) -> ElementTree.Element:
    """An element with what XML may hold: no control characters, and a line to each attribute."""
    named = {name: clean(value) for name, value in attributes.items()}
    element = ElementTree.Element(tag, named) if parent is None else ElementTree.SubElement(parent, tag, named)
    element.text = clean_text(text) or None
    return element
