"""Rows that are decoded by their types: the same as with care, or left to be read with care."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.dataset.loading.load import load_dataset
from evalkit.errors import FormatError
from evalkit.formats.base import Batch
from evalkit.formats.native.format import read_line, read_native
from evalkit.formats.native.rows import example_to_row, prediction_line
from evalkit.formats.native.typed_records import RecordDecoder, holds_what_is_absent
from evalkit.formats.native.typed_rows import TypedRows, run_prediction
from evalkit.layers.base import Layer
from evalkit.layers.table import all_layers
from evalkit.predictions.admission import admit
from evalkit.predictions.lines import checked_line, prediction_of
from evalkit.records import Annotations, Entity, Prediction, Span

TEXT = "Ida Moen left Oslo."
ROW = {
    "id": "a1",
    "text": TEXT,
    "zones": [{"kind": "body", "start": 0, "end": 19}],
    "metadata": {"section": "news"},
    "entities": [
        {"id": "e1", "spans": [[0, 8]], "text": "Ida Moen", "label": "PER", "entity_id": "moen"},
        {"id": "e2", "spans": [[0, 3], [14, 18]], "text": "Ida … Oslo", "label": "GPE", "score": 1},
    ],
    "quotes": [{"id": "q1", "kind": "direct", "content": [[0, 8]], "cue": [[9, 13]], "speaker": [0, 3]}],
    "stances": [{"id": "s1", "holder": "moen", "target": "topic:oslo", "label": "against", "quote_id": "q1"}],
}
ENTITY = '{"id": "e1", "spans": [[0, 8]], "label": "PER"'


def _row(**changed: object) -> str:
    return json.dumps({key: value for key, value in {**ROW, **changed}.items() if value != "gone"})


def _entities(*items: object, **changed: object) -> str:
    return _row(entities=list(items), quotes="gone", stances="gone", **changed)


def _both_ways(path: Path, *, predicted: bool) -> tuple[Batch, Batch]:
    """As it is read, and with nothing decoded by types."""
    return read_native(path, predicted=predicted), read_native(path, predicted=predicted, offsets="codepoint")


def _without_claims(batch: Batch) -> tuple[object, ...]:
    bare = replace(batch, claims=(), problems=())
    return bare, [(claim.where, claim.text, claim.sha256, claim.unread) for claim in batch.claims], repr(batch.problems)


GOOD = {
    "as it is written": _row(),
    "one field more": _row(url="https://example.org", words=4, **{"not-a-name": 1.5}),
    "no ids": _entities({"spans": [[0, 8]], "label": "PER"}, {"start": 14, "end": 18, "label": "GPE"}),
    "notes of people": _entities({"start": 14, "end": 18, "label": "GPE", "comment": {"by": ["kari"]}}),
    "nothing annotated": _row(entities=[], quotes=None, stances="gone"),
    "a scope": _row(scope={"layers": None, "labels": ["PER"], "zones": ["body"], "quotes": {"parts": ["cue"]}}),
    "readings": _row(readings={"ola": {"entities": []}, "kari": {"entities": ROW["entities"], "scope": None}}),
    "no text": _row(text="gone"),
    "letters of all kinds": _row(title='„Ω" \\u0041 \\ / \u2028 \x7f 😀', published=None),
}
ODD = {
    "a key twice": _entities().replace('"entities": []', f'"entities": [{ENTITY}, "label": "GPE"}}]'),
    "a key twice, once null": _entities().replace(
        '"entities": []', f'"entities": [{ENTITY}, "entity_id": null, "entity_id": "ida"}}]'
    ),
    "an id twice": _row(entities=[{"id": "e", "start": start, "end": 8, "label": "PER"} for start in (0, 4)]),
    "an id that is a number": _entities({"id": 7, "start": 0, "end": 3, "label": "PER"}),
    "a blank label": _entities({"start": 0, "end": 3, "label": " "}),
    "a span outside": _entities({"start": 0, "end": 20, "label": "PER"}),
    "a span that is empty": _entities({"start": 3, "end": 3, "label": "PER"}),
    "a span of bools": _entities({"start": False, "end": True, "label": "PER"}),
    "a span of fractions": _entities({"start": 0.0, "end": 1.0, "label": "PER"}),
    "a span without end": _entities({"start": 0, "label": "PER"}),
    "no span": _entities({"label": "PER"}),
    "another text": _entities({"start": 0, "end": 3, "label": "PER", "text": "Ola"}),
    "an unknown key": _entities({"start": 0, "end": 3, "label": "PER", "lable": "GPE"}),
    "a key with a zero byte": _row(**{"\x00": "2031"}),
    "a key with a quotation mark": _row(**{'a"b': "2031"}),
    "a misspelt layer": _row(entites=[{"start": 0, "end": 3, "label": "PER"}], entities="gone"),
    "a wrong hash": _row(text_sha256="00"),
    "a zone outside": _row(zones=[{"kind": "body", "start": 0, "end": 30}]),
    "a number as text": _row(text=7),
    "half of a letter": _row().replace("Ida Moen left", "Ida \\ud83d Moen left"),
    "a quotation mark as a number": _row().replace("Ida Moen left", "Ida \\u0022 Moen left"),
    "a number without end": _entities({"start": 0, "end": 3, "label": "PER"}).replace("3", "3e999"),
    "a span as an object": _row(quotes=[{"content": {"start": 0, "end": 8}, "speaker": {"start": 0, "end": 3}}]),
    "no layer": _row(entities="gone", quotes="gone", stances="gone"),
    "no id": _row(id="gone"),
    "a reading without a name": _row(readings={" ": {"entities": []}}),
    "a scope of nothing known": _row(scope={"layers": "entities"}),
    "no JSON": _row()[:-1],
}  # fmt: skip


@pytest.mark.parametrize("predicted", [False, True], ids=["gold", "predicted"])
@pytest.mark.parametrize("line", [*GOOD.values(), *ODD.values()], ids=[*GOOD, *ODD])
def test_a_row_says_the_same_both_ways(tmp_path: Path, line: str, predicted: bool) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(line + "\n" + _row(id="a2") + "\n", encoding="utf-8")
    typed, closely = _both_ways(path, predicted=predicted)
    assert _without_claims(typed) == _without_claims(closely)
    _decodes_again(line.encode("utf-8", "surrogatepass"), predicted)


def _decodes_again(line: bytes, predicted: bool) -> None:
    """Sees to it that a line in which all was read decodes to what it was read as, the second time too."""
    typed = TypedRows(predicted=predicted)
    try:
        read = read_line(line, "here", typed, predicted=predicted)
    except FormatError:
        return
    if not (read.unknown or read.claims.unread or any(own.unread for own in read.claims.readings.values())):
        again = RecordDecoder(typed, lambda line: read_line(line, "here", typed, predicted=predicted).item)(line)
        assert again == read.item
        assert repr(again) == repr(read.item)


FORMS = {
    "a stance at start and end": _row(stances=[{**ROW["stances"][0], "start": 0, "end": 3}]),  # type: ignore[index]
    "a reading of spans at start and end": _row(readings={"ola": {"entities": [{"start": 0, "end": 3, "label": "X"}]}}),
    "a reading without ids": _row(readings={"ola": {"entities": [{"spans": [[0, 3]], "label": "X"}]}, "kari": None}),
    "a reading with a scope": _row(readings={"ola": {"quotes": [], "scope": {"zones": ["body"]}}}),
}


@pytest.mark.parametrize("line", FORMS.values(), ids=FORMS)
def test_a_line_decodes_again_to_what_it_was_read_as(line: str) -> None:
    for form in (line, line.replace('"start"', '"st\\u0061rt"'), line.replace('"entities"', '"entit\\u0069es"')):
        for predicted in (False, True):
            _decodes_again(form.encode(), predicted)


@pytest.mark.parametrize("line", GOOD.values(), ids=GOOD)
def test_a_good_row_is_decoded_by_its_types(line: str) -> None:
    rows = TypedRows(predicted=False)
    rows.learn(json.loads(line))
    read = rows.read(line.encode(), "here")
    assert read is not None
    assert read.claims.proved


@pytest.mark.parametrize("line", ODD.values(), ids=ODD)
def test_an_odd_row_is_left_to_others(line: str) -> None:
    assert TypedRows(predicted=False).read(line.encode("utf-8", "surrogatepass"), "here") is None


def test_the_bundled_forms_are_decoded_by_their_types() -> None:
    for example in load_dataset(split="all"):
        line = json.dumps(example_to_row(example)).encode()
        read = TypedRows(predicted=False).read(line, "here")
        assert read is not None
        assert read.item == example


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_mutated_row_says_the_same_both_ways_or_is_left(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    line = bytearray(_row().encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(line) - 1))
        line[at : at + data.draw(st.integers(0, 6))] = data.draw(
            st.sampled_from(
                [b"", b'"', b"\\", b"null", b"1", b"-", b",", b'"id": "x", ', b"{", b"]", b"\xff", b"e5", b"true"]
            )
        )
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    path.write_bytes(bytes(line))
    for predicted in (False, True):
        typed, closely = _both_ways(path, predicted=predicted)
        assert _without_claims(typed) == _without_claims(closely)
        if b"\n" not in line:
            _decodes_again(bytes(line), predicted)


def test_a_line_of_a_run_is_admitted_as_it_is() -> None:
    entity = Entity(id="e1", spans=(Span(0, 8),), label="PER", score=0.5)
    prediction = Prediction(article_id="a1", annotations=Annotations(entities=[entity], quotes=[]), usage={"calls": 2})
    for line, checked in ((checked_line(prediction)[:-1], True), (prediction_line(prediction)[:-1], False)):
        typed = run_prediction(line, checked=checked)
        assert typed == prediction_of(line, "here") == admit(prediction, None, None)
        assert run_prediction(line, checked=not checked) is None


@dataclass(frozen=True, slots=True)
class _Sure:
    id: str
    spans: tuple[Span, ...]
    label: str
    certainty: float | None = 1.0


def test_a_record_that_holds_something_else_than_its_layer_says_is_read_with_care():
    sure = Layer(name="sures", one="sure", record=_Sure, prefix="u")
    assert not holds_what_is_absent(sure)
    assert all(map(holds_what_is_absent, all_layers()))
