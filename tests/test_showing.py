"""Numbers with their words."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest

from evalkit.showing import number_noted, number_of


@pytest.mark.parametrize(
    ("number", "words", "said"),
    [
        (0, ("article",), "0 articles"),
        (1, ("article",), "1 article"),
        (2, ("article",), "2 articles"),
        (1, ("entity", "entities"), "1 entity"),
        (3, ("entity", "entities"), "3 entities"),
        (1, ("article is", "articles are"), "1 article is"),
    ],
)
def test_a_number_has_its_word(number: int, words: tuple[str, ...], said: str) -> None:
    assert number_of(number, *words) == said


@pytest.mark.parametrize(
    ("several", "one"),
    [
        ("regions without a label, left out", "1 region without a label, left out"),
        ("NUL characters removed", "1 NUL character removed"),
        ("entries of a list", "1 entry of a list"),
        ("gold: document names given twice, numbered", "1 gold: document name given twice, numbered"),
        (
            "lines that begin with # and are no part of it, left out",
            "1 line that begins with # and is no part of it, left out",
        ),
        ("documents as they were imported, left out", "1 document as it was imported, left out"),
        ("links to regions that are not there, left out", "1 link to regions that are not there, left out"),
        ("title of articles", "1 title of articles"),
        ("tokens, sentences and other structure, not read", "1 tokens, sentences and other structure, not read"),
        ("class, mass and this", "1 class, mass and this"),
    ],
)
def test_what_was_noted_once_is_one(several: str, one: str) -> None:
    assert number_noted(1, several) == one
    assert [number_noted(number, several) for number in (0, 2)] == [f"0 {several}", f"2 {several}"]


MANY = {
    "analysis/causes.py": "two articles or more",
    "extractors/llm/schema.py": "more items than an answer may have",
    "formats/tags/tag_file.py": "more values than labels are",
    "scoring/conventions/weighted.py": "part of a signature",
    "text/difference.py": "a text that is too long to be shown",
    "toml.py": "more characters than a file may have",
    "workflows/comparing/compare.py": "two runs or more",
}
"""Files in which a length stands before a plural, as there is never one of these."""


def test_a_length_in_a_message_has_its_word() -> None:
    """`1 articles` is what people remember."""
    wrong = []
    package = Path(__file__).resolve().parent.parent / "evalkit"
    for path in sorted(package.rglob("*.py")):
        if path.relative_to(package).as_posix() in MANY:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            parts = node.values if isinstance(node, ast.JoinedStr) else []
            for value, words in pairwise(parts):
                if (
                    isinstance(value, ast.FormattedValue)
                    and isinstance(words, ast.Constant)
                    and ast.unparse(value.value).startswith(("len(", "sum(", "abs("))
                    and re.match(r" ((predicted|gold|new|more|other) )?[a-z]+s\b", str(words.value))
                ):
                    wrong.append(f"{path.relative_to(package)}:{value.lineno} {ast.unparse(node)}")
    assert not wrong, "\n".join([*wrong, "use number_of of evalkit/showing.py"])
