"""What is true of every layer, whatever its items are."""

from __future__ import annotations

import dataclasses
import json
import random
from typing import Any

import pandas  # noqa: F401  (before the clock of a test runs)
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.dataset.checking.checks import check_spans
from evalkit.dataset.fingerprint import fingerprint_of
from evalkit.dataset.gold import gold_dataset
from evalkit.dataset.labels import load_inventory
from evalkit.dataset.making.card import features
from evalkit.formats.native.canonical import canonical_annotations
from evalkit.formats.native.rows import (
    annotations_from_row,
    annotations_to_row,
    prediction_from_row,
    prediction_to_row,
)
from evalkit.layers.base import Layer
from evalkit.layers.fields import NAME, NAMES, NUMBER, SPAN, SPANS, TEXT, Field
from evalkit.layers.table import all_layers, layer_names
from evalkit.records import Annotations, Article, Example, Prediction, Span

TEXT_OF_ALL = "Ida Moen left Oslo. “We will not move,” she said. The council paid."
WORDS = st.sampled_from(["a", "b", "ø"])
SPANS_IN_TEXT = st.builds(lambda start, size: Span(start, start + size), st.integers(0, 40), st.integers(1, 20))
VALUES = {
    TEXT: WORDS,
    NAME: st.none() | WORDS,
    SPAN: st.none() | SPANS_IN_TEXT,
    SPANS: st.lists(SPANS_IN_TEXT, max_size=3, unique=True).map(tuple),
    NAMES: st.lists(WORDS, max_size=2, unique=True).map(tuple),
    NUMBER: st.none() | st.sampled_from([0.25, 1.0]),
}

every_layer = pytest.mark.parametrize("layer", [pytest.param(layer, id=layer.name) for layer in all_layers()])


def value_of(layer: Layer[Any], field: Field) -> st.SearchStrategy[Any]:
    # An id of another item: of the first few, or of none.
    return st.none() | st.sampled_from(["i1", "i2", "x"]) if field.name in layer.refers else VALUES[field.type]


def items_of(layer: Layer[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """A few items with ids of their own that do not say the same."""
    fields = {field.name: value_of(layer, field) for field in layer.fields}
    rows = st.lists(st.fixed_dictionaries(fields), max_size=4, unique_by=lambda row: json.dumps(row, sort_keys=True))
    return rows.map(lambda rows: tuple(layer.record(id=f"i{number}", **row) for number, row in enumerate(rows)))


ANNOTATIONS = st.fixed_dictionaries({layer.name: st.none() | items_of(layer) for layer in all_layers()}).map(
    Annotations
)


def example_of(gold: Annotations, **fields: Any) -> Example:
    return Example(article=Article(id="a", text=TEXT_OF_ALL, **fields), gold=gold)


@given(ANNOTATIONS)
def test_what_is_written_is_read(annotations: Annotations) -> None:
    row = json.loads(json.dumps(annotations_to_row(annotations, TEXT_OF_ALL)))
    assert annotations_from_row(row, "here") == annotations
    prediction = Prediction(article_id="a", annotations=annotations, given=annotations if annotations.layers else None)
    assert prediction_from_row(json.loads(json.dumps(prediction_to_row(prediction))), "here") == prediction


@given(ANNOTATIONS, st.randoms(use_true_random=False), st.booleans())
def test_the_canonical_form_is_one_whatever_the_order(
    annotations: Annotations, chance: random.Random, renumber: bool
) -> None:
    shuffled = {name: chance.sample(items, len(items)) for name, items in annotations.layers.items()}
    canonical = canonical_annotations(annotations, renumber=renumber)
    assert canonical_annotations(Annotations(shuffled), renumber=renumber) == canonical
    assert canonical_annotations(canonical, renumber=renumber) == canonical


@given(ANNOTATIONS)
def test_numbering_keeps_what_refers_to_what(annotations: Annotations) -> None:
    numbered = canonical_annotations(annotations, renumber=True)
    for layer in all_layers():
        items = numbered[layer.name] or ()
        assert [item.id for item in items] == [f"{layer.prefix}{number}" for number in range(1, len(items) + 1)]
        for field, other in layer.refers.items():
            assert sorted(map(repr, meant(annotations, layer, field, other))) == sorted(
                map(repr, meant(numbered, layer, field, other))
            )


def meant(annotations: Annotations, layer: Layer[Any], field: str, other: str) -> list[object]:
    """What the items of a layer refer to, as what those items say; an id that no item has as itself."""
    target = next(one for one in all_layers() if one.name == other)
    named = {item.id: target.contents([target.ordered(item)], {})[0] for item in annotations[other] or ()}
    return [named.get(getattr(item, field), getattr(item, field)) for item in annotations[layer.name] or ()]


@given(ANNOTATIONS, st.randoms(use_true_random=False))
def test_a_fingerprint_knows_neither_order_nor_ids(annotations: Annotations, chance: random.Random) -> None:
    shuffled = {name: chance.sample(items, len(items)) for name, items in annotations.layers.items()}
    renumbered = canonical_annotations(annotations, renumber=True)
    one = fingerprint_of([example_of(annotations)])
    assert fingerprint_of([example_of(Annotations(shuffled))]) == fingerprint_of([example_of(renumbered)]) == one


@every_layer
@given(data=st.data())
def test_a_fingerprint_knows_every_field(layer: Layer[Any], data: st.DataObject) -> None:
    items = data.draw(items_of(layer).filter(bool))
    row = layer.to_json(items[0])
    changed = data.draw(st.sampled_from(layer.fields))
    other = data.draw(
        value_of(layer, changed).map(changed.type.write).filter(lambda value: value != row.get(changed.name))
    )
    moved = layer.from_json(row | {changed.name: other}, 1)
    if layer.ordered(moved) == layer.ordered(items[0]):
        return
    before, after = (Annotations({layer.name: (item,)}) for item in (items[0], moved))
    assert fingerprint_of([example_of(before)]) != fingerprint_of([example_of(after)])
    assert fingerprint_of([example_of(Annotations())]) != fingerprint_of([example_of(Annotations({layer.name: ()}))])


@every_layer
@given(data=st.data())
def test_a_card_declares_all_that_rows_hold(layer: Layer[Any], data: st.DataObject) -> None:
    (declared,) = [one["list"] for one in features(layers=[layer]) if one["name"] == layer.name]
    names = [field["name"] for field in declared]  # type: ignore[attr-defined]
    for item in data.draw(items_of(layer)):
        row = layer.to_json(item, TEXT_OF_ALL)
        assert [name for name in row if name != "score"] == [name for name in names if name in row]
        assert {*names} - {*row} <= {*layer.left_out}


@every_layer
@given(data=st.data())
def test_what_is_left_out_changes_nothing_where_it_is_not_given(layer: Layer[Any], data: st.DataObject) -> None:
    for item in data.draw(items_of(layer)):
        bare = dataclasses.replace(
            item, **{field.name: field.absent for field in layer.fields if field.name in layer.left_out}
        )
        assert not {*layer.to_json(bare)} & {*layer.left_out}
        assert len(layer.contents([bare], {})[0]) == len(layer.hashed or layer.fields) - (
            0 if layer.hashed else len(layer.left_out)
        )


@every_layer
@given(data=st.data())
def test_every_span_is_a_part_and_is_checked(layer: Layer[Any], data: st.DataObject) -> None:
    items = data.draw(items_of(layer))
    parts = [span for item in items for _, span in layer.parts(item)]
    written = [value for item in items for value in spans_in(layer.to_json(item))]
    assert sorted(parts) == sorted(written)
    problems = check_spans(Article(id="a", text="x"), Annotations({layer.name: items}))
    assert len([one for one in problems if one.code == "offset-out-of-range"]) == sum(end > 1 for _, end in parts)


def spans_in(value: Any) -> list[tuple[int, int]]:
    if isinstance(value, dict):
        return [span for inner in value.values() for span in spans_in(inner)]
    if isinstance(value, list) and len(value) == 2 and all(isinstance(one, int) for one in value):
        return [(value[0], value[1])]
    return [span for inner in value for span in spans_in(inner)] if isinstance(value, list) else []


@every_layer
@given(data=st.data())
def test_a_frame_has_a_row_an_item(layer: Layer[Any], data: st.DataObject) -> None:
    items = data.draw(items_of(layer))
    gold = gold_dataset(
        [example_of(Annotations({layer.name: items}))], name="x", split="all", inventory=load_inventory()
    )
    frame = gold.to_pandas(layer.name)
    assert frame["id"].tolist() == [item.id for item in items]
    assert frame[layer.label_field].tolist() == [layer.label(item) for item in items]
    assert set(frame["article_id"]) <= {"a"}


@every_layer
@given(data=st.data())
def test_an_item_is_shown_in_words(layer: Layer[Any], data: st.DataObject) -> None:
    for item in data.draw(items_of(layer)):
        assert layer.show(item, TEXT_OF_ALL)


def test_layers_come_after_those_that_they_refer_to() -> None:
    for layer in all_layers():
        assert all(layer_names().index(other) < layer_names().index(layer.name) for other in layer.refers.values())
