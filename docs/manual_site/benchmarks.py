"""The page of benchmarks: what was measured, and what each script measures and how, from its own words."""

from __future__ import annotations

import ast
from pathlib import Path

from manual_site.markdown import docstring
from manual_site.places import ROOT

__all__ = ["benchmarks_page"]

FOLDER = ROOT / "experiments" / "benchmarks"

_INTRO = """\
# How fast

Times of one machine say little of another, so each script measures evalkit beside something that you know, in
turns, and asserts that both give the same result. Run it on your machine to have figures of yours.
"""


def benchmarks_page() -> str:
    """The page: the figures that are told, then the scripts."""
    own = (FOLDER / "README.md").read_text(encoding="utf-8").partition("\n")[2]
    scripts = [_script(path) for path in sorted(FOLDER.glob("*.py"))]
    return "".join([_INTRO, own, "\n## The scripts\n", *filter(None, scripts)])


def _script(path: Path) -> str:
    """What a script that can be called says of itself; a part of another one says nothing here."""
    source = path.read_text(encoding="utf-8")
    text = ast.get_docstring(ast.parse(source)) or ""
    if "__main__" not in source:
        return ""
    first, _, rest = text.partition("\n\n")
    return f"\n### {path.name}\n\n{first}\n{docstring(rest)}"
