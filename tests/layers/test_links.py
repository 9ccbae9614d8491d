"""The knowledge-base id of an entity: kept where it is, and without a trace where it is not."""

from __future__ import annotations

from pathlib import Path

from evalkit.dataset.loading.load import load_dataset
from evalkit.dataset.making.card import features
from evalkit.layers.entities import ENTITIES
from evalkit.records import Entity, Span

PLAIN = Entity(id="e1", spans=(Span(0, 4),), label="GPE", entity_id="oslo")
LINKED = Entity(id="e1", spans=(Span(0, 4),), label="GPE", entity_id="oslo", link="Q585")


def test_json_has_it_only_where_it_is_given():
    assert "link" not in ENTITIES.to_json(PLAIN)
    assert ENTITIES.to_json(LINKED)["link"] == "Q585"
    assert ENTITIES.from_json(ENTITIES.to_json(LINKED), 1) == LINKED


def test_fingerprints_are_those_of_before_where_there_is_none():
    # Place, label, entity_id and score, as they were hashed before there were links.
    assert ENTITIES.contents([PLAIN], {})[0] == [[[0, 4]], "GPE", "oslo", None]
    assert ENTITIES.contents([LINKED], {})[0] != ENTITIES.contents([PLAIN], {})[0]
    assert not ENTITIES.is_plain(Entity(id="e1", spans=(Span(0, 4),), label="GPE", link="Q585"))


def test_a_card_declares_it_where_some_item_has_it():
    (declared,) = [one["list"] for one in features(layers=[ENTITIES]) if one["name"] == "entities"]
    assert {"name": "link", "dtype": "string"} in declared
    (without,) = [
        one["list"] for one in features(layers=[ENTITIES], without={"entities": ["link"]}) if one["name"] == "entities"
    ]
    assert [one for one in declared if one not in without] == [{"name": "link", "dtype": "string"}]


def test_it_is_read_from_files(tmp_path: Path):
    path = tmp_path / "gold.jsonl"
    row = '{"id": "a", "text": "Oslo", "entities": [{"start": 0, "end": 4, "label": "GPE", "link": "Q585"}]}'
    path.write_text(row + "\n", encoding="utf-8")
    assert [one.link for one in load_dataset(path).examples[0].gold.entities] == ["Q585"]
