"""The manual as a site: its sections, its links, and the pages made from code (`.ci/run` builds it strictly)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import evalkit

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
        pytest.param("house.md", "[what](../README.md)", "[what](index.md)", id="the README"),
        pytest.param(
            "contributing.md", "[`docs/house.md`](docs/house.md)", "[`docs/house.md`](house.md)", id="from above"
        ),
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


def test_every_public_name_is_in_the_reference():
    from manual_site.pages import made_pages

    pages = made_pages()
    shown = (pages["reference/python.md"] + pages["reference/types.md"]).split("\n")
    for name in evalkit.__all__:
        assert name == "__version__" or shown.count(f"::: {evalkit._MODULES[name]}.{name}") == 1, name
