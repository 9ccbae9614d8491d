"""Keys of items: which are read, and which one a misspelt key was meant for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalkit import load_dataset
from evalkit.dataset.checking.validate import validate_dataset
from evalkit.errors import EvalkitError, FormatError
from evalkit.formats.native.columns import read_native_columns
from evalkit.formats.native.format import read_native
from evalkit.layers.entities import ENTITIES
from evalkit.layers.keys import meant_field, unread_keys
from evalkit.layers.quotes import QUOTES
from evalkit.records import Span

TEXT = "Ida Moen left Oslo."
PLACED = {"start": 0, "end": 8, "label": "PER"}


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("kb_id", "link"),
        ("linkk", "link"),
        ("entityId", "entity_id"),
        ("Entity-ID", "entity_id"),
        ("enttiy_id", "entity_id"),
        ("paragraph", None),
        # It has a label already: another one is no misspelling of it.
        ("labl", None),
        ("type", None),
    ],
)
def test_a_key_of_an_entity_is_near_a_field_that_it_lacks(key: str, meant: str | None) -> None:
    assert meant_field(key, ENTITIES, PLACED) == meant


@pytest.mark.parametrize(
    ("item", "meant"),
    [
        ({"begin": 0, "end": 8, "label": "PER"}, {"begin": "start"}),
        ({"start": 0, "end": 8, "type": "PER"}, {"type": "label"}),
        ({"spans": [[0, 8]], "labl": "PER"}, {"labl": "label"}),
        ({**PLACED, "text": "Ida Moen", "comment": "sure", "score": 0.5, "id": "e1"}, {}),
        ({**PLACED, "link": "Q1", "kb_id": "Q1"}, {"kb_id": ""}),
        # Nothing is lost with a key that has no value.
        ({**PLACED, "kb_id": None}, {}),
    ],
)
def test_unread_keys_of_an_entity(item: dict[str, object], meant: dict[str, str]) -> None:
    assert dict(unread_keys(ENTITIES, item)) == meant


def test_unread_keys_inside_the_object_of_a_span() -> None:
    quote = {"content": [[0, 4]], "speaker": {"start": 5, "end": 8, "text": "x", "entity_id": "x", "role": "y"}}
    assert list(unread_keys(QUOTES, quote)) == [("speaker.role", "")]


def test_the_entity_id_inside_the_speaker_is_its_speaker_id() -> None:
    quote = {"content": [[0, 4]], "speaker": {"start": 5, "end": 8, "entity_id": "acme"}}
    assert QUOTES.from_json(quote, 1).speaker_id == "acme"
    assert QUOTES.from_json({**quote, "speaker_id": "acme"}, 1).speaker_id == "acme"
    with pytest.raises(FormatError, match="'speaker_id' is 'ida', but the entity_id inside 'speaker' is 'acme'"):
        QUOTES.from_json({**quote, "speaker_id": "ida"}, 1)


def test_one_object_is_a_list_of_one_span() -> None:
    quote = {"content": [[0, 4]], "cue": {"start": 5, "end": 8}}
    assert QUOTES.from_json(quote, 1).cue == (Span(5, 8),)
    with pytest.raises(FormatError, match=r"'cue' must be a list of \[start, end\], found 5"):
        QUOTES.from_json({**quote, "cue": 5}, 1)


def _gold(path: Path, *items: dict[str, object]) -> Path:
    path.write_text(json.dumps({"id": "a", "text": TEXT, "entities": items}), encoding="utf-8")
    return path


def test_unread_keys_are_counted_in_one_note_and_a_near_miss_is_a_problem(tmp_path: Path) -> None:
    other = {"start": 14, "end": 18, "label": "GPE", "kb_id": "Q585", "stage": 2}
    path = _gold(tmp_path / "gold.jsonl", {**PLACED, "kb_id": "Q1"}, other)
    assert load_dataset(path).notes[0] == (
        "3 fields of gold entities not read, as no item has such a key: 'kb_id' 2 (did you mean 'link'?), 'stage' 1"
    )
    found = validate_dataset(path)
    assert [(one.place, one.code) for one in found.problems] == [
        ("entities[0] (e1)", "field-unknown"),
        ("entities[1] (e2)", "field-unknown"),
    ]
    assert found.notes == ("1 field of gold entities not read, as no item has such a key: 'stage' 1",)


def test_the_note_on_predictions_says_so(tmp_path: Path) -> None:
    path = tmp_path / "predicted.jsonl"
    path.write_text(
        json.dumps({"id": "a", "given_stances": [{"holder": "x", "target": "y", "label": "favor", "hue": 1}]})
    )
    assert read_native(path, predicted=True).sentences == (
        "1 field of predicted given_stances not read, as no item has such a key: 'hue' 1",
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            {"entities": [{"begin": 0, "end": 8, "label": "PER"}]},
            "has 'begin', 'end', 'label'; rename 'begin' to 'start'",
        ),
        ({"entities": [{"begin": 0, "stop": 8, "label": "PER"}]}, "'begin' is no field; rename it to 'start'"),
        ({"entities": [{"start": 0, "end": 8, "type": "PER"}]}, "rename 'type' to 'label'"),
        ({"entities": [{"start": 0, "end": 8}]}, "'label' must be a string, found None; the item has 'start', 'end'"),
    ],
)
def test_a_missing_field_is_told_with_what_stands_there(row: dict[str, object], said: str, tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps({"id": "a", "text": TEXT, **row}), encoding="utf-8")
    with pytest.raises(EvalkitError, match=said):
        load_dataset(path)


@pytest.mark.parametrize(
    ("whole", "said"),
    [
        ({"a1": [PLACED], "a2": []}, "one object whose keys are the ids of articles"),
        ({"a1": {"entities": [PLACED]}}, "one object whose keys are the ids of articles"),
        ({"data": [{"id": "a1", "entities": [PLACED]}]}, "one object around a list under 'data'"),
    ],
)
def test_containers_of_rows_are_named(whole: dict[str, object], said: str, tmp_path: Path) -> None:
    path = tmp_path / "predicted.json"
    path.write_text(json.dumps(whole), encoding="utf-8")
    (problem,) = read_native(path, predicted=True).problems
    assert said in str(problem)


@pytest.mark.parametrize("label", ["", "  "])
def test_an_empty_label_is_refused_with_its_place(label: str, tmp_path: Path) -> None:
    path = _gold(tmp_path / "gold.jsonl", PLACED, {**PLACED, "label": label})
    with pytest.raises(EvalkitError, match=r"gold.jsonl:1: entities\[1\]: 'label' is empty; name one"):
        load_dataset(path)
    # The short way leaves it to the one that says so.
    assert read_native_columns(path) is None
