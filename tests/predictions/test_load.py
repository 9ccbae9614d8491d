"""Predictions made elsewhere: what is read, and what a run folder says besides."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalkit.errors import FormatError, InputError, OffsetError
from evalkit.predictions.load import load_predictions
from evalkit.predictions.store import RunFolder
from evalkit.records import Annotations, Article, Entity, Example, Prediction, Span

TEXT = "🚢 Ida Moen left Oslo."
EXAMPLES = [Example(article=Article(id="a", text=TEXT), gold=Annotations(entities=()))]


def write(path: Path, **layers: object) -> Path:
    path.write_text(json.dumps({"id": "a", **layers}), encoding="utf-8")
    return path


def test_a_file_names_itself_and_claims_what_it_has(tmp_path: Path):
    found = load_predictions(
        write(tmp_path / "mine.jsonl", entities=[{"start": 2, "end": 10, "label": "PER"}]), EXAMPLES
    )
    assert (found.extractor, found.layers, found.default_label_map) == ("mine", None, None)
    assert found.predictions[0].annotations.entities[0].spans == (Span(2, 10),)


def test_a_run_brings_its_name_layers_and_label_map(tmp_path: Path):
    folder = RunFolder(tmp_path)
    folder.open("k", {}, ("entities",))
    folder.write_facts("k", {"extractor": "spacy:x", "layers": ["entities"], "predicted_map": "from-ontonotes"})
    with folder.appending() as append:
        append([Prediction(article_id="a", annotations=Annotations(entities=()))])
    found = load_predictions(folder.path, EXAMPLES)
    assert (found.extractor, found.layers, found.default_label_map) == ("spacy:x", ("entities",), "from-ontonotes")
    assert found.facts == {"extractor": "spacy:x", "layers": ["entities"], "predicted_map": "from-ontonotes"}


WRONG = [
    pytest.param({"spans": [[2, 99]]}, r"a: entities\[0\] .*outside the text of 21 code points", id="outside"),
    pytest.param({"spans": [[3, 11]], "text": "Ida Moen"}, r"UTF-16 code units.*--offsets utf-16", id="utf16"),
    pytest.param({"spans": [[5, 13]], "text": "Ida Moen"}, r"UTF-8 bytes.*--offsets utf-8", id="utf8"),
    pytest.param(
        {"spans": [[2, 9]], "text": "Ida Moen"}, r"inclusive ends: read them with --offsets inclusive", id="inclusive"
    ),
    pytest.param({"spans": [[2, 10]], "text": "Nobody"}, r"that text is nowhere in the article", id="other-text"),
]


@pytest.mark.parametrize(("entity", "message"), WRONG)
def test_offsets_that_do_not_fit_name_the_likely_cause(tmp_path: Path, entity: dict[str, object], message: str):
    path = write(tmp_path / "p.jsonl", entities=[{**entity, "label": "PER"}])
    with pytest.raises(OffsetError, match=message):
        load_predictions(path, EXAMPLES)


def test_how_many_more_there_are(tmp_path: Path):
    spans = [{"spans": [[90 + n, 99 + n]], "label": "PER"} for n in range(3)]
    with pytest.raises(OffsetError, match=r"\(and 2 more\); offsets are code points"):
        load_predictions(write(tmp_path / "p.jsonl", entities=spans), EXAMPLES)


def test_articles_that_the_gold_lacks_are_not_checked(tmp_path: Path):
    path = write(tmp_path / "p.jsonl", id="other", entities=[{"spans": [[0, 99]], "label": "PER"}])
    assert load_predictions(path, EXAMPLES).predictions[0].article_id == "other"


def test_no_prediction(tmp_path: Path):
    (tmp_path / "p.jsonl").write_text("\n")
    with pytest.raises(InputError, match="holds no prediction"):
        load_predictions(tmp_path / "p.jsonl", EXAMPLES)


def test_one_shift_of_all_offsets_is_named_and_no_unit(tmp_path: Path):
    text = "😀 Ola Brun left 😀 Ruun for Acme."
    places = [Span(2, 10), Span(18, 22), Span(27, 31)]
    gold = tuple(Entity(id=f"e{n}", spans=(own,), label="X") for n, own in enumerate(places))
    example = Example(article=Article(id="a", text=text), gold=Annotations(entities=gold))
    moved = [{"start": start + 7, "end": end + 7, "label": "X"} for start, end in places]
    with pytest.raises(OffsetError, match="3 of 3 spans would be where gold items are if all were 7 lower: are they"):
        load_predictions(write(tmp_path / "p.jsonl", entities=moved), [example])


ODD = [
    pytest.param('{"id": "a", "entities": [{"start": 0, "end": 1e400, "label": "PER"}]}', id="endless-offset"),
    pytest.param('{"id": "a", "entities": [{"start": 0, "end": 1180591620717411303424, "label": "PER"}]}', id="huge"),
    pytest.param(
        '{"id": "a", "entities": [{"start": 0, "end": 3, "label": "PER", "score": 1e999}]}', id="endless-score"
    ),
    pytest.param('{"id": "a", "entities": [{"start": 0, "end": 3, "label": "P\\ud800"}]}', id="half-a-character"),
]


@pytest.mark.parametrize("line", ODD)
def test_what_cannot_be_scored_is_refused_by_line(tmp_path: Path, line: str):
    (tmp_path / "p.jsonl").write_text('{"id": "b", "entities": []}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"p\.jsonl:2"):
        load_predictions(tmp_path / "p.jsonl", EXAMPLES)


def test_counts_of_others_that_are_no_numbers_are_no_reason_to_refuse(tmp_path: Path):
    path = write(tmp_path / "p.jsonl", entities=[], usage={"model": "large", "tokens": 3})
    assert load_predictions(path, EXAMPLES).predictions[0].usage == {"unread_usage.model": 1.0, "tokens": 3}


@pytest.mark.parametrize(
    ("odd", "message"),
    [
        pytest.param({"text": 5}, "'text' must be a string, found 5", id="text"),
        pytest.param({"text": ["x"]}, "'text' must be a string", id="text-list"),
        pytest.param({"lang": 5}, "'lang' must be a string", id="lang"),
        pytest.param({"metadata": "x"}, "'metadata' must be an object", id="metadata"),
        pytest.param({"zones": 1}, "'zones' must be a list", id="zones"),
        pytest.param({"text_sha256": 7}, "'text_sha256' must be a string", id="hash"),
    ],
)
def test_what_a_prediction_says_of_its_article_has_the_types_of_gold(
    tmp_path: Path, odd: dict[str, object], message: str
):
    path = write(tmp_path / "p.jsonl", **odd, entities=[{"start": 2, "end": 10, "label": "PER"}])
    with pytest.raises(FormatError, match=rf"p\.jsonl:1: {message}"):
        load_predictions(path, EXAMPLES)


def test_the_text_beside_an_item_is_text(tmp_path: Path):
    path = write(tmp_path / "p.jsonl", entities=[{"start": 2, "end": 10, "label": "PER", "text": 5}])
    with pytest.raises(FormatError, match=r"p\.jsonl:1: entities\[0\]: 'text' must be a string, found 5"):
        load_predictions(path, EXAMPLES)


def test_what_is_compared_with_nothing_is_counted(tmp_path: Path):
    path = write(tmp_path / "p.jsonl", text="", published="2024\x00", entities=[])
    notes = load_predictions(path, EXAMPLES).notes
    assert "1 predicted with an empty 'text', which is compared with nothing" in notes
    assert "1 predicted with control characters in 'published' or 'lang', which are not read" in notes
