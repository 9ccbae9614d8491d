"""The native form says the same after writing and reading, and says where it cannot be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import FormatError, InputError
from evalkit.formats.native.rows import (
    claimed_surfaces,
    dump_line,
    example_from_row,
    example_to_row,
    prediction_from_row,
    prediction_to_row,
    read_rows,
    sha256_text,
)
from evalkit.records import Annotations, Article, Entity, Example, Prediction, Quote, Scope, Span, Stance, Zone

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)
labels = names.filter(str.strip)
spans = st.builds(Span, st.integers(0, 30), st.integers(0, 30))
many = st.lists(spans, max_size=3).map(tuple)
scores = st.none() | st.floats(0, 1)
optional = st.none() | names
entities = st.builds(Entity, id=names, spans=many, label=labels, entity_id=optional, score=scores)
quotes = st.builds(
    Quote, id=names, kind=labels, content=many, cue=many, speaker=st.none() | spans, speaker_id=optional, score=scores
)
stances = st.builds(
    Stance, id=names, holder=names, target=names, label=labels, evidence=many, quote_id=optional, score=scores
)
scopes = st.builds(Scope, zones=st.none() | st.lists(names, max_size=2).map(tuple))
annotations = st.builds(
    Annotations,
    entities=st.none() | st.lists(entities, max_size=3).map(tuple),
    quotes=st.none() | st.lists(quotes, max_size=2).map(tuple),
    stances=st.none() | st.lists(stances, max_size=2).map(tuple),
    scope=scopes,
)
articles = st.builds(
    Article,
    id=names,
    text=texts,
    title=texts,
    source=texts,
    published=texts,
    lang=texts,
    zones=st.lists(st.builds(Zone, names, st.integers(0, 9), st.integers(0, 9)), max_size=2).map(tuple),
    metadata=st.dictionaries(names, texts, max_size=2),
)


@given(st.builds(Example, article=articles, gold=annotations))
def test_examples_are_read_back(example: Example) -> None:
    line = dump_line(example_to_row(example))
    assert line.count("\n") == 1
    assert example_from_row(json.loads(line), "here") == example


@given(annotations, st.none() | st.just("timeout"), st.dictionaries(names, st.floats(0, 9), max_size=2))
def test_predictions_are_read_back_without_time_and_scope(
    found: Annotations, error: str | None, usage: dict[str, float]
) -> None:
    prediction = Prediction(article_id="a1", annotations=found, error=error, usage=usage, seconds=1.5)
    read = prediction_from_row(json.loads(json.dumps(prediction_to_row(prediction))), "here")
    assert (read.article_id, read.error, read.usage) == ("a1", error, usage)
    assert read.annotations.layers == found.layers


def test_start_and_end_are_one_span_and_ids_may_be_left_out() -> None:
    row = {"id": "a", "entities": [{"start": 0, "end": 3, "label": "PER"}, {"spans": [4, 6], "label": "GPE"}]}
    found = example_from_row(row, "here").gold.entities
    assert found == (
        Entity(id="e1", spans=(Span(0, 3),), label="PER"),
        Entity(id="e2", spans=(Span(4, 6),), label="GPE"),
    )


def test_a_missing_layer_is_not_an_empty_one() -> None:
    gold = example_from_row({"id": "a", "entities": [], "quotes": None}, "here").gold
    assert (gold["entities"], gold["quotes"], gold["stances"]) == ((), None, None)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        pytest.param({"text": "x"}, "'id' must be a string, found None", id="no-id"),
        pytest.param({"id": 7.5}, "'id' must be a string, found 7.5", id="id-is-a-number"),
        pytest.param({"id": True}, "'id' must be a string, found True", id="id-is-a-truth"),
        pytest.param({"id": "a", "entities": {}}, "'entities' must be a list", id="layer"),
        pytest.param({"id": "a", "entities": ["Oslo"]}, "entities[0] must be an object", id="item"),
        pytest.param({"id": "a", "entities": [{"spans": [[0, 1]]}]}, "entities[0]: 'label' must be", id="no-label"),
        pytest.param(
            {"id": "a", "entities": [{"spans": [[0, 1.5]], "label": "X"}]}, "[0, 1.5] is not [start, end]", id="float"
        ),
        pytest.param({"id": "a", "quotes": [{"content": 5}]}, "'content' must be a list", id="content"),
        pytest.param({"id": "a", "zones": [5]}, "zones[0]: expected an object", id="zone"),
        pytest.param({"id": "a", "zones": 5}, "'zones' must be a list", id="zones"),
        pytest.param({"id": "a", "metadata": []}, None, id="empty-metadata-is-none"),
        pytest.param({"id": "a", "metadata": ["x"]}, "'metadata' must be an object", id="metadata"),
        pytest.param({"id": "a", "scope": ["x"]}, "'scope' must be an object", id="scope"),
        pytest.param({"id": "a", "scope": {"zones": "body"}}, "scope 'zones' must be a list", id="scope-zones"),
        pytest.param(
            {"id": "a", "entities": [{"spans": [], "label": "X", "score": "high"}]}, "'score' must be", id="score"
        ),
    ],
)
def test_wrong_fields_are_named_with_their_place(row: dict[str, object], message: str | None) -> None:
    if message is None:
        assert example_from_row(row, "gold.jsonl:3").article.metadata == {}
        return
    with pytest.raises(FormatError) as caught:
        example_from_row(row, "gold.jsonl:3")
    assert str(caught.value).startswith("gold.jsonl:3")
    assert message in str(caught.value)


def test_prediction_with_wrong_usage_is_refused() -> None:
    with pytest.raises(FormatError, match="'usage' must be an object"):
        prediction_from_row({"id": "a", "usage": 3}, "here")


def test_lines_lists_and_byte_order_marks(tmp_path: Path) -> None:
    lines, listed = tmp_path / "a.jsonl", tmp_path / "a.json"
    lines.write_bytes(b'\xef\xbb\xbf{"id": "a"}\r\n\n{"id": "b"}')
    listed.write_text('[\n{"id": "a"},\n{"id": "b"}]')
    assert list(read_rows(lines)) == [(f"{lines}:1", {"id": "a"}), (f"{lines}:3", {"id": "b"})]
    assert list(read_rows(listed)) == [(f"{listed}[0]", {"id": "a"}), (f"{listed}[1]", {"id": "b"})]


def test_truncated_line_is_named_and_reading_can_go_on(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "a"}\n{"id": "b", "te\n5\n{"id": "c"}\n')
    with pytest.raises(FormatError, match=r"a\.jsonl:2: not valid JSON: .*cut off"):
        list(read_rows(path))
    told: list[FormatError] = []
    assert [row["id"] for _, row in read_rows(path, on_error=told.append)] == ["a", "c"]
    assert [str(error).split(": ")[0] for error in told] == [f"{path}:2", f"{path}:3"]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        pytest.param('{"id": "a"}\n{"id": "b", "entities": [{"label": "A", "label": "B"}]}\n', ":2", id="lines"),
        pytest.param('[{"id": "a"}, {"id": "b", "entities": [{"label": "A", "label": "B"}]}]', "", id="list"),
    ],
)
def test_a_key_that_stands_twice_is_refused(tmp_path: Path, content: str, place: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(FormatError) as caught:
        list(read_rows(path))
    assert str(caught.value).startswith(
        f"{path}{place}: the key 'label' stands twice in one object, of which {{'label'"
    )


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        list(read_rows(tmp_path / "nowhere.jsonl"))


def test_claimed_surfaces_are_by_layer_and_index() -> None:
    row = {"entities": [{"text": "Oslo"}, {}], "quotes": [{"text": "“no”"}], "stances": None}
    assert claimed_surfaces(row, "here") == {("entities", 0): "Oslo", ("quotes", 0): "“no”"}


def test_hash_is_of_the_utf8_bytes() -> None:
    # printf 'é' | sha256sum
    assert sha256_text("é") == "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"
