"""docs/faults.md names the test that holds each promise: all of them are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/faults.md").read_text(encoding="utf-8")


def names_in(path: Path) -> set[str]:
    """The tests of a file, `Class::test` for those in classes, and its classes."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{inner.name}" for inner in node.body if isinstance(inner, ast.FunctionDef)}
    return found


def test_every_promise_names_tests_that_there_are():
    promises = re.split(r"^\* ", PAGE.partition("## What is not promised")[0], flags=re.MULTILINE)[1:]
    assert len(promises) > 50
    for promise in promises:
        tests = re.findall(r"`(tests/\S+\.py)(?:::(\S+))?`", promise)
        assert tests, promise
        for file, name in tests:
            assert (ROOT / file).is_file(), file
            assert not name or name in names_in(ROOT / file), f"{file}::{name}"
