"""What an extractor may say of itself, and how the same one is made again in another process."""

from __future__ import annotations

import inspect
import multiprocessing
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields
from pathlib import Path

import pytest

from evalkit.errors import ExtractorError, InputError
from evalkit.extractors.base import ExtractorSpec, Traits, spec_of, traits_of
from evalkit.extractors.callable import as_extractor
from evalkit.extractors.options import Options
from evalkit.extractors.table import NAMED, load_extractor
from evalkit.records import Annotations, Article

ARTICLE = Article(id="a", text="Ida Moen of Norway said on Monday: “We will go to Bergen.”\n")

CODE = """
def find(article, label="PER"):
    return [(0, 3, label)]
"""

PROGRAM = """
import json, sys
for line in sys.stdin:
    row = json.loads(line)
    if "text" in row:
        print(json.dumps({"id": row["id"], "entities": [{"start": 0, "end": 3, "label": "PER"}]}), flush=True)
"""


class Plain:
    name = "plain"
    layers = ("entities",)

    def fingerprint(self) -> str:
        return "v1"

    def extract(self, articles: Sequence[Article]) -> list[Annotations]:
        return [Annotations(entities=()) for _ in articles]


class Talkative(Plain):
    thread_safe = True
    threads = 3
    default_label_map = "news"
    token_prices = (1.0, 2.0)

    def facts(self) -> dict[str, str]:
        return {"revision": "abc"}

    def close(self) -> None:
        self.closed = True


def test_who_says_nothing_has_the_defaults() -> None:
    traits = traits_of(Plain())
    assert traits == Traits()
    assert (traits.facts(), traits.close()) == ({}, None)


def test_what_is_said_is_read() -> None:
    extractor = Talkative()
    traits = traits_of(extractor)
    assert (traits.thread_safe, traits.threads, traits.default_label_map) == (True, 3, "news")
    assert (traits.token_prices, traits.facts()) == ((1.0, 2.0), {"revision": "abc"})
    traits.close()
    assert extractor.closed


def test_each_optional_attribute_is_described() -> None:
    described = inspect.getdoc(Traits) or ""
    assert [one.name for one in fields(Traits) if f"\n    {one.name}: " not in described] == []


def extracted(spec: ExtractorSpec) -> tuple[str, tuple[str, ...], object]:
    """What another process gets from a spec: it imports this module anew and knows no object of this one."""
    extractor = load_extractor(spec)
    found = extractor.fingerprint(), tuple(extractor.layers), list(extractor.extract([ARTICLE]))
    traits_of(extractor).close()
    return found


@pytest.fixture(scope="module")
def other() -> object:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.mark.parametrize(
    ("spelling", "settings"),
    [
        *[pytest.param(entry.spelling, {}, id=entry.spelling) for entry in NAMED],
        pytest.param("ner-base", {"nested": "yes"}, id="shipped with a setting"),
        pytest.param("mine_spawned:find", {"label": "ORG"}, id="module:attr"),
        pytest.param(f"cmd:{sys.executable} program.py", {"timeout": "30"}, id="cmd:"),
    ],
)
def test_another_process_makes_the_same_extractor(
    spelling: str, settings: dict[str, str], other: ProcessPoolExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine_spawned.py").write_text(CODE)
    (tmp_path / "program.py").write_text(PROGRAM)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    here = load_extractor(spelling, options=settings)
    spec = spec_of(here)
    assert spec == ExtractorSpec(spelling, settings)
    other.submit(move, str(tmp_path)).result()
    assert other.submit(extracted, spec).result() == extracted(spec)
    traits_of(here).close()


def move(folder: str) -> None:
    """Has the other process work where this one works."""
    import os

    os.chdir(folder)


def test_an_object_cannot_be_made_elsewhere_and_says_so() -> None:
    with pytest.raises(ExtractorError, match=r"'find' was made from an object.*name it as module:attr"):
        spec_of(as_extractor(lambda article: [], "find"))


@pytest.mark.parametrize(("written", "seconds"), [(".1", 0.1), ("2", 2.0), ("2.", 2.0), ("0.25", 0.25)])
def test_numbers_of_seconds(written: str, seconds: float):
    assert Options("x", {"pause": written}).seconds("pause", 1) == seconds


@pytest.mark.parametrize("written", ["0", ".", "-1", "1e3", "２", "1_0", "0.0"])
def test_what_is_no_number_of_seconds(written: str):
    with pytest.raises(InputError, match="must be a number of seconds above 0"):
        Options("x", {"pause": written}).seconds("pause", 1)
