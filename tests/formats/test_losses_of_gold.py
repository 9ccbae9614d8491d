"""What formats cannot hold of the bundled gold, counted a second time with nothing of the code that counts it."""

from __future__ import annotations

import functools
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from evalkit.dataset.fingerprint import fingerprint_of
from evalkit.dataset.loading.load import load_dataset
from evalkit.dataset.loading.sources import find_place, read_place
from evalkit.formats.base import Batch, Losses
from evalkit.formats.table import FORMATS, load_format
from evalkit.options import ReadOptions
from evalkit.records import Annotations, Example
from tests.formats.test_every_format import ONE_EACH

WRITTEN = [name for name in FORMATS.names() if load_format(name).write is not None]
TAGS = ("conll", "hf-tokens")
"""Formats with one tag a token."""


@functools.cache
def gold() -> tuple[Example, ...]:
    return tuple(load_dataset(split="dev").examples[:16])


def items(layer: str) -> list[tuple[Annotations, Any]]:
    return [(example.gold, item) for example in gold() for item in example.gold[layer] or ()]


def overlapping(entities: tuple[Any, ...]) -> set[str]:
    """The entities that share a character with another one of their article."""
    found: set[str] = set()
    for one, other in combinations(entities, 2):
        characters = [{at for span in entity.spans for at in range(span.start, span.end)} for entity in (one, other)]
        if characters[0] & characters[1]:
            found |= {one.id, other.id}
    return found


@functools.cache
def losses_of(name: str, folder: Path) -> tuple[Path, Losses]:
    form = load_format(name)
    assert form.write is not None
    target = folder / ("there" if name in ONE_EACH else f"there{form.suffixes[0]}")
    return target, form.write(Batch(examples=gold()), target, ReadOptions())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("losses")


def written(name: str, folder: Path) -> tuple[Path, Losses]:
    place = folder / name
    place.mkdir(exist_ok=True)
    return losses_of(name, place)


def test_what_is_in_the_gold() -> None:
    assert sum(len(overlapping(example.gold["entities"] or ())) for example in gold()) == 74
    assert sum(len(quote.content) > 1 for _, quote in items("quotes")) == 21
    assert sum(stance.target.startswith("topic:") for _, stance in items("stances")) == 48
    assert sum(stance.holder == "author" for _, stance in items("stances")) == 10


@pytest.mark.parametrize("name", WRITTEN)
def test_each_item_is_written_or_lost(name: str, folder: Path) -> None:
    losses = written(name, folder)[1]
    for layer in ("entities", "quotes", "stances"):
        lost = sum(losses.lost.get(layer, {}).values())
        assert losses.written.get(layer, 0) + lost == len(items(layer)), layer


@pytest.mark.parametrize("name", TAGS)
def test_tags_lose_the_entities_that_stand_in_a_longer_one(name: str, folder: Path) -> None:
    inside = 0
    for example in gold():
        spans = [entity.spans[0] for entity in example.gold["entities"] or ()]
        inside += sum(
            any(other != span and other[0] <= span[0] and span[1] <= other[1] for other in spans) for span in spans
        )
    losses = written(name, folder)[1]
    assert losses.lost["entities"] == {"nested": inside}
    assert inside == 37
    assert losses.left_out["links of entities (entity_id)"] == len(items("entities"))


@pytest.mark.parametrize("name", [name for name in WRITTEN if name not in TAGS])
def test_others_hold_every_entity(name: str, folder: Path) -> None:
    losses = written(name, folder)[1]
    assert (losses.written["entities"], losses.lost.get("entities", {})) == (len(items("entities")), {})


def test_formats_without_fragments_lose_the_quotes_in_several_parts(folder: Path) -> None:
    for name in ("xmi", "casjson", "prodigy", "spacy", "doccano", "gliner"):
        if name in WRITTEN:
            assert written(name, folder)[1].lost["quotes"]["discontinuous"] == 21, name


def test_doccano_has_no_place_for_topics_and_authors(folder: Path) -> None:
    lost = written("doccano", folder)[1].lost["stances"]
    stances = [stance for _, stance in items("stances")]
    topics = [stance for stance in stances if stance.target.startswith("topic:")]
    authors = [stance for stance in stances if stance.holder == "author" and stance not in topics]
    assert (lost["topic as target"], lost["author as holder"]) == (len(topics), len(authors)) == (48, 6)


@pytest.mark.parametrize("name", WRITTEN)
def test_where_nothing_is_lost_the_gold_comes_back_as_it_was(name: str, folder: Path) -> None:
    target, losses = written(name, folder)
    back = read_place(find_place(target, name), ReadOptions())
    assert not back.problems
    if str(losses) or any(losses.left_out.values()):
        assert len(back.examples) == len(gold())
    else:
        assert fingerprint_of(back.examples) == fingerprint_of(gold())


def test_conllu_loses_no_entity_and_no_letter(folder: Path) -> None:
    target, _ = written("conllu", folder)
    back = read_place(find_place(target, "conllu"), ReadOptions()).examples
    only = [
        Example(article=one.article, gold=Annotations({"entities": one.gold["entities"]}, one.gold.scope))
        for one in gold()
    ]
    assert fingerprint_of(back) == fingerprint_of(only)
