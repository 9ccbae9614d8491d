"""Forms and kinds of results that other packages bring, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import EvalkitError, InputError, UnknownNameError
from evalkit.registry import Registry
from evalkit.report.document import Document, Lines
from evalkit.report.render import render_report, write_report
from evalkit.results import EvalResult


@dataclass(frozen=True)
class Poll:
    """A result that evalkit does not know."""

    answer: str


def poll_document(poll: Poll, *, loud: bool = False) -> Document:
    return Document(what="poll", title="a poll", blocks=(Lines.of(poll.answer.upper() if loud else poll.answer),))


class Point:
    """An entry point of an installed package."""

    def __init__(self, target: Any) -> None:
        self.value, self.target = "elsewhere:it", target

    def load(self) -> Any:
        return self.target


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, Any], None]:
    """Installs something under a name in a group."""
    groups: dict[str, dict[str, Point]] = {}

    def points(registry: Registry) -> dict[str, Point]:
        return {name: point for name, point in groups.get(registry.group, {}).items() if name not in registry.table}

    monkeypatch.setattr(Registry, "entry_points", points)
    return lambda group, name, target: groups.setdefault(group, {}).update({name: Point(target)})


def test_a_form_from_elsewhere_shows_every_result(plugin: Callable[..., None], plain: dict[str, Any]):
    plugin("evalkit.forms", "shout", lambda document: document.title.upper())
    for result in plain.values():
        assert render_report(result, "shout").isupper()


def test_a_form_may_ask_for_the_result_too(plugin: Callable[..., None], result: EvalResult):
    plugin("evalkit.forms", "count", lambda document, result: f"{document.what} {result.articles}")
    assert render_report(result, "count") == "run 7"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param(None, "form 'odd' gave NoneType, not text", id="nothing"),
        pytest.param(b"x", "form 'odd' gave bytes, not text", id="bytes"),
        pytest.param("", "form 'odd' gave nothing, not text", id="no-text"),
    ],
)
def test_a_form_that_gives_no_text_is_an_error(
    plugin: Callable[..., None], result: EvalResult, given: Any, message: str
):
    plugin("evalkit.forms", "odd", lambda document: given)
    with pytest.raises(EvalkitError, match=message):
        render_report(result, "odd")


def test_an_unknown_form_names_the_known_and_those_from_elsewhere(plugin: Callable[..., None], result: EvalResult):
    plugin("evalkit.forms", "shout", str)
    with pytest.raises(UnknownNameError, match=r"did you mean 'html'\?.*markdown, png, shout, svg, terminal"):
        render_report(result, "htm")


def test_a_result_from_elsewhere_has_every_form(plugin: Callable[..., None]):
    plugin("evalkit.documents", f"{Poll.__module__}:Poll", poll_document)
    assert render_report(Poll("yes"), "terminal") == "a poll\nyes\n"
    assert render_report(Poll("yes"), loud=True) == "## a poll\n\n* YES\n"
    assert "<li>&lt;b&gt;�</li>" in render_report(Poll("<b>\x1b"), "html")


def test_what_cannot_be_shown_is_refused_with_what_can(plugin: Callable[..., None]):
    with pytest.raises(InputError, match=r"Poll cannot be shown; there are .*Comparison, .*EvalResult"):
        render_report(Poll("yes"))
    with pytest.raises(InputError, match="list cannot be shown"):
        render_report([])


def test_a_document_is_one_already():
    assert render_report(poll_document(Poll("yes")), "terminal") == "a poll\nyes\n"


class TestWriteReport:
    def test_each_file_has_the_form_of_its_ending(self, result: EvalResult, tmp_path: Path):
        write_report(result, [tmp_path / "a.md", str(tmp_path / "new" / "b.tsv")])
        assert (tmp_path / "a.md").read_text(encoding="utf-8") == render_report(result, "markdown")
        assert (tmp_path / "new" / "b.tsv").read_text(encoding="utf-8") == render_report(result, "tsv")
        write_report(result, tmp_path / "c.txt")
        assert (tmp_path / "c.txt").read_text(encoding="utf-8") == render_report(result, "terminal")

    def test_a_form_from_elsewhere_is_an_ending(self, plugin: Callable[..., None], result: EvalResult, tmp_path: Path):
        plugin("evalkit.forms", "shout", lambda document, result: f"{document.what} {result.articles}".upper())
        write_report(result, tmp_path / "a.shout")
        assert (tmp_path / "a.shout").read_text(encoding="utf-8") == "RUN 7"

    def test_nothing_is_written_if_one_cannot_be(self, result: EvalResult, tmp_path: Path):
        with pytest.raises(InputError, match="there is no verdict"):
            write_report(result, [tmp_path / "a.md", tmp_path / "b.xml"])
        with pytest.raises(InputError, match=r"c\.docx: the ending says no form; name the file with one of \.md"):
            write_report(result, [tmp_path / "a.md", tmp_path / "c.docx"])
        with pytest.raises(InputError, match="files must be paths, found int '3'"):
            write_report(result, [3])  # type: ignore[list-item]
        assert not list(tmp_path.iterdir())
