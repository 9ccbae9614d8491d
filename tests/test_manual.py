"""The manual as a site: its sections, its links, and the pages made from code (`.ci/run` builds it strictly)."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import click
import pytest

import evalkit
from evalkit.cli.help import HELP_ALL
from evalkit.cli.main import TerminatedError, cli, main
from evalkit.cli.options import FormatSetting
from evalkit.errors import InputError
from evalkit.extractors.table import ENTRIES
from evalkit.formats.table import FORMATS
from evalkit.layers.table import LAYERS
from evalkit.scoring.tasks.table import TASKS, load_task

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def _the_code_of_the_manual(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "manual_site"]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("page", "written", "shown"),
    [
        pytest.param("gate.md", "[runs](runs.md)", "[runs](runs.md)", id="a page beside it"),
        pytest.param(
            "gate.md",
            "[it](../experiments/gate/README.md#limits)",
            "[it](evidence/gate.md#limits)",
            id="a file that has become a page",
        ),
        pytest.param("gate.md", "[runs.md](runs.md)", "[runs](runs.md)", id="a page named by its file"),
        pytest.param("house.md", "[what](../README.md)", "[what](index.md)", id="the README"),
        pytest.param("contributing.md", "[`docs/house.md`](docs/house.md)", "[house](house.md)", id="from above"),
        pytest.param("evidence/gate.md", "[rules](../../docs/gate.md)", "[rules](../gate.md)", id="from an experiment"),
        pytest.param(
            "leakage.md",
            "[schema](../evalkit/report/schemas/leakage.json)",
            "schema (`evalkit/report/schemas/leakage.json`)",
            id="a file that is no page",
        ),
        pytest.param("runs.md", "[result](reference/json.md)", "[result](reference/json.md)", id="a page that is made"),
        pytest.param("gate.md", "[site](https://example.org/a.md)", "[site](https://example.org/a.md)", id="elsewhere"),
        pytest.param("gate.md", "```\n[a](../README.md)\n```\n", "```\n[a](../README.md)\n```\n", id="in a block"),
    ],
)
def test_links_lead_within_the_site(page: str, written: str, shown: str):
    from manual_site.links import with_links

    assert with_links(written, page) == shown


def test_a_section_has_the_pages_that_are_there_and_none_is_left_out():
    from manual_site.navigation import whole_navigation, written_names

    there = sorted(written_names())
    sections = [{"Start": "index.md"}, {"Gone": [{"No page": "nowhere.md"}]}, {"In CI": [{"Gate": "gate.md"}, "no.md"]}]
    *kept, more = whole_navigation(sections)
    assert kept == [{"Start": "index.md"}, {"In CI": [{"Gate": "gate.md"}]}]
    assert more == {"More": [name for name in there if name not in ("index.md", "gate.md")]}


def test_every_public_name_has_one_place_in_the_reference():
    # A second one is a warning of mkdocs, and in a strict build the end.
    from manual_site.pages import made_pages

    written = [path.read_text("utf-8") for path in (ROOT / "docs").rglob("*.md")]
    shown = Counter(re.findall(r"^::: (\S+)$", "\n".join([*made_pages().values(), *written]), re.MULTILINE))
    assert [name for name, times in shown.items() if times > 1] == []
    public = {f"{evalkit._MODULES[name]}.{name}" for name in evalkit.__all__ if name != "__version__"}
    assert sorted(public - set(shown)) == []


def test_pages_are_made_of_what_there_is_and_twice_the_same():
    from manual_site.pages import made_files, made_pages

    pages = made_pages()
    assert pages == made_pages()
    for name, text in pages.items():
        assert text.lstrip().startswith("#"), name
    for path in (ROOT / "evalkit" / "report" / "schemas").glob("*.json"):
        assert json.loads(made_files()[f"reference/schemas/{path.name}"]) == json.loads(path.read_text("utf-8"))


def test_every_command_stands_in_the_reference_with_its_options():
    from manual_site.commands import commands_page, every_command
    from manual_site.markdown import code

    page = commands_page()
    for name, command, context in every_command():
        assert f"\n## {name}\n" in page
        for parameter in command.get_params(context):
            record = parameter.get_help_record(context) if isinstance(parameter, click.Option) else None
            folded = isinstance(parameter, FormatSetting) or {"--help", HELP_ALL} & set(parameter.opts)
            assert record is None or folded or code(record[0]) in page, record


@pytest.mark.parametrize(
    ("page", "names"),
    [
        pytest.param("conventions", [*TASKS.table], id="tasks"),
        pytest.param("layers", [*LAYERS.table], id="layers"),
        pytest.param("formats", [*FORMATS.table], id="formats"),
        pytest.param("extractors", [entry.spelling for entry in ENTRIES], id="extractors"),
    ],
)
def test_every_name_stands_in_the_reference(page: str, names: list[str]):
    from manual_site.pages import made_pages

    text = made_pages()[f"reference/{page}.md"]
    assert [name for name in names if f"`{name}`" not in text and f"## {name}\n" not in text] == []


def test_every_convention_stands_in_the_reference():
    from manual_site.scoring import conventions_page

    page = conventions_page()
    for task in TASKS.table:
        assert all(f"| `{name}" in page for name in load_task(task).conventions)


@pytest.mark.parametrize(
    ("status", "ending"),
    [
        pytest.param(0, None, id="done"),
        pytest.param(1, SystemExit("asked to exit"), id="nothing to show"),
        pytest.param(2, InputError("a.json: wrong"), id="input"),
        pytest.param(3, 3, id="a gate that cannot tell"),
        pytest.param(130, KeyboardInterrupt(), id="interrupted"),
        pytest.param(143, TerminatedError(), id="terminated"),
    ],
)
def test_a_command_ends_with_each_status(status: int, ending: object, monkeypatch: pytest.MonkeyPatch):
    from manual_site.exits import STATUSES

    @click.command("models")
    def ending_command() -> object:
        if isinstance(ending, BaseException):
            raise ending
        return ending

    monkeypatch.setattr(cli, "get_command", lambda ctx, name: ending_command)
    assert main(["models"]) == status
    assert status in STATUSES
    assert len(STATUSES) == 6


@pytest.fixture(scope="module")
def drawn() -> dict[str, str]:
    """The drawings by name; what they show is computed once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "docs"))
        from manual_site.drawings import DRAWINGS

        return {name: draw() for name, draw in DRAWINGS.items()}


def test_drawings_are_images_with_words(drawn: dict[str, str]):
    for name, drawing in drawn.items():
        assert "\n\n" not in drawing, "Markdown would end the element"
        svg = ElementTree.fromstring(drawing).find("svg")
        assert svg is not None
        title, told = svg.find("title"), svg.find("desc")
        assert svg.get("role") == "img"
        assert title is not None
        assert told is not None
        assert svg.get("aria-labelledby") == f"{title.get('id')} {told.get('id')}"
        assert title.text
        assert told.text
        assert {title.get("id"), told.get("id")} == {f"{name}-title", f"{name}-told"}


def test_what_is_drawn_within_the_picture_stays_in_it(drawn: dict[str, str]):
    for name, drawing in drawn.items():
        svg = ElementTree.fromstring(drawing)[0]
        height = float(svg.get("viewBox", "").split()[3])
        for part in svg:
            places = [
                (float(part.get(x, 0)), float(part.get(y, 0))) for x, y in (("x", "y"), ("x1", "y1"), ("x2", "y2"))
            ]
            assert all(0 <= x <= 720 and 0 <= y <= height for x, y in places), (name, part.attrib)


def test_every_page_gets_the_drawings_that_it_asks_for(drawn: dict[str, str]):
    asked = re.findall(r"^<!-- drawing: (.+) -->$", (ROOT / "docs" / "figures.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(asked) == sorted(drawn)


def test_figures_of_the_text_are_those_of_the_drawing(drawn: dict[str, str]):
    # The page says which share of credit the three predictions get at least and at most.
    assert "anything from .33 to .83" in (ROOT / "docs" / "figures.md").read_text("utf-8")
    precisions = re.findall(r"precision (\d\.\d\d)", drawn["credit"])
    assert (min(precisions), max(precisions)) == ("0.33", "0.83")
