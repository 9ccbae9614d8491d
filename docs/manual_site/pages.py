"""The pages that nobody writes: made from code, or taken from elsewhere in the repository."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from manual_site import benchmarks, commands, exits, inventory, python, schemas, scoring
from manual_site.places import ROOT, TAKEN

__all__ = ["made_files", "made_names", "made_pages"]

MADE: Mapping[str, Callable[[], str]] = {
    "evidence/benchmarks.md": benchmarks.benchmarks_page,
    "reference/commands.md": commands.commands_page,
    "reference/conventions.md": scoring.conventions_page,
    "reference/exit.md": exits.exits_page,
    "reference/extractors.md": inventory.extractors_page,
    "reference/formats.md": inventory.formats_page,
    "reference/forms.md": inventory.forms_page,
    "reference/json.md": schemas.json_page,
    "reference/layers.md": inventory.layers_page,
    "reference/python.md": python.verbs_page,
    "reference/types.md": python.types_page,
    "reference/run_results.md": python.run_results_page,
    "reference/gold_results.md": python.gold_results_page,
    "reference/extending.md": python.extending_page,
}
"""Page → what makes its text."""


def made_names() -> list[str]:
    """The paths of all pages that are made."""
    return [*MADE, *TAKEN.values()]


def made_pages() -> dict[str, str]:
    """The texts of all pages that are made, by path."""
    taken = {name: _taken(path) for path, name in TAKEN.items()}
    return {name: make() for name, make in MADE.items()} | taken


def made_files() -> dict[str, str]:
    """What stands beside the pages, by path."""
    return {f"reference/schemas/{path.name}": path.read_text(encoding="utf-8") for path in schemas.schema_files()}


def _taken(path: str) -> str:
    """A file as a page, without the front matter that is for others."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return text.split("\n---\n", 1)[1] if text.startswith("---\n") else text
