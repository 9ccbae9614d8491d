"""GUM's news and interviews in CoNLL-U, counted a second time in their brackets, their XML and their WebAnno TSV."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from evalkit.dataset.loading.load import load_dataset
from evalkit.layers.entities import ENTITIES
from evalkit.records import Entity
from tests.conftest import SHARED

DATA = SHARED / "data" / "ner" / "gum"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="needs the files of GUM: set EVALKIT_SHARED")


@pytest.fixture(scope="module")
def by_article() -> dict[str, tuple[str, tuple[Entity, ...]]]:
    gold = load_dataset(DATA / "conllu", split="all")
    return {one.article.id: (one.article.text, ENTITIES.of(one.gold) or ()) for one in gold.examples}


def test_each_bracket_that_opens_is_a_mention(by_article: dict[str, tuple[str, tuple[Entity, ...]]]) -> None:
    opened = {path.stem: _values(path) for path in sorted((DATA / "conllu").iterdir())}
    assert {name: len(entities) for name, (_, entities) in by_article.items()} == {
        name: sum(value.count("(") for value in values) for name, values in opened.items()
    }
    # A seventh hyphen is before the name on Wikipedia.
    linked = sum(len(re.findall(r"\((?:[^-()]*-){7}", value)) for values in opened.values() for value in values)
    assert sum(entity.link is not None for _, entities in by_article.values() for entity in entities) == linked == 2437


def _values(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [part[7:] for line in lines for part in line.split("\t")[-1].split("|") if part.startswith("Entity=")]


def test_the_xml_has_the_same_letters(by_article: dict[str, tuple[str, tuple[Entity, ...]]]) -> None:
    for name, (text, _) in by_article.items():
        lines = (DATA / "xml" / f"{name}.xml").read_text(encoding="utf-8").splitlines()
        tokens = [html.unescape(line.split("\t")[0]) for line in lines if "\t" in line and not line.startswith("<")]
        assert "".join(text.split()) == "".join("".join(tokens).split()), name


def test_webanno_has_the_same_mentions(by_article: dict[str, tuple[str, tuple[Entity, ...]]]) -> None:
    for name, (text, entities) in by_article.items():
        assert sorted(_in_webanno(name)) == sorted(
            (text[entity.spans[0].start : entity.spans[0].end].replace(" ", "").replace("\n", ""), entity.label)
            for entity in entities
        ), name


def _in_webanno(name: str) -> list[tuple[str, str]]:
    """The letters and the type of each mention: those with a number by number, the others alone."""
    tokens: dict[str, list[str]] = {}
    types: dict[str, str] = {}
    for line in (DATA / "webanno" / f"{name}.tsv").read_text(encoding="utf-8").splitlines():
        cells = line.split("\t")
        if not re.match(r"\d+-\d+\t", line) or cells[3] == "_":
            continue
        for part in cells[3].split("|"):
            kind, _, number = part.partition("[")
            key = number or cells[0]
            types[key] = kind
            tokens.setdefault(key, []).append(cells[2].replace(" ", ""))
    return [("".join(tokens[key]), kind) for key, kind in types.items()]
