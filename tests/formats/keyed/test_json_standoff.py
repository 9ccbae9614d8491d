"""JSON with spans under whatever keys, as a profile says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import FormatError
from evalkit.formats.base import Batch, Source
from evalkit.formats.keyed.keys import NOTHING, keys_of, value_at
from evalkit.formats.keyed.rows import documents_of_rows
from evalkit.formats.standoff.document import Document, Documents, Link
from evalkit.formats.standoff.profile import profile_table
from evalkit.formats.table import load_format
from evalkit.options import ReadOptions
from evalkit.records import Span

TEXT = "Orla Finch praised Brenn Foods."


def read(path: Path, rows: Any, keys: dict[str, Any] | None = None) -> Documents:
    path.write_text(json.dumps(rows), encoding="utf-8")
    usual = dict(profile_table("json-standoff"))
    return documents_of_rows(Source(path=path), keys_of(usual | (keys or {}), "profile"))


def the_one(found: Documents) -> Document:
    assert [str(problem) for problem in found.problems] == []
    (document,) = found.documents
    return document


@pytest.mark.parametrize(
    ("row", "keys"),
    [
        pytest.param(
            {"content": TEXT, "annotations": [{"start": 0, "end": 10, "value": "Orla Finch", "label": "P", "n": 1}]},
            None,
            id="value and label, as FinEntity has them",
        ),
        pytest.param(
            {
                "sentence_normalized": TEXT,
                "targets": [{"from": 0, "to": 10, "mention": "Orla Finch", "what": "P", "n": 1}],
            },
            {"text": "sentence_normalized", "spans": "targets", "label": "what"},
            id="from and to, as NewsMTSC has them",
        ),
        pytest.param(
            {"doc": {"body": TEXT}, "marks": [{"span": {"begin": 0, "end": 10}, "obj": "P", "n": 1}]},
            {"text": "doc.body", "spans": "marks"},
            id="paths",
        ),
        pytest.param({"text": TEXT, "spans": [[0, 10, "P"]]}, None, id="lists"),
        pytest.param({"text": TEXT, "spans": [{"start": 0.0, "end": 10.0, "label": "P"}]}, None, id="whole floats"),
        pytest.param(
            {"text": TEXT, "spans": [{"offsets": [0, 10], "a.b": "P", "n": 1}]},
            {"label": "a.b"},
            id="pairs, a dot in a key",
        ),
    ],
)
def test_spans_under_many_keys(tmp_path: Path, row: dict[str, Any], keys: dict[str, Any] | None) -> None:
    document = the_one(read(tmp_path / "a.json", [row], keys))
    (mark,) = document.marks
    assert (document.id, document.text, mark.type, mark.spans) == ("1", TEXT, "P", (Span(0, 10),))
    # What was read as a place, a proof or a type is no feature besides.
    assert dict(mark.features) in ({"n": "1"}, {})


def test_a_type_is_the_name_of_the_list_where_there_is_no_label(tmp_path: Path) -> None:
    row = {
        "text": TEXT,
        "targets": [{"start": 0, "end": 4, "polarity": 2.0, "ok": True, "also": ["a", "b"], "no": None}],
    }
    (mark,) = the_one(read(tmp_path / "a.json", [row])).marks
    assert (mark.type, dict(mark.features)) == ("targets", {"polarity": "2.0", "ok": "true", "also": ("a", "b")})


def test_discontinuous_spans(tmp_path: Path) -> None:
    row = {"text": TEXT, "spans": [{"offsets": [[0, 4], [11, 18]], "text": "Orla praised", "type": "X"}]}
    (mark,) = the_one(read(tmp_path / "a.json", [row])).marks
    assert mark.spans == (Span(0, 4), Span(11, 18))


def test_relations_labels_and_what_is_known_of_the_article(tmp_path: Path) -> None:
    row = {
        "id": 7,
        "text": TEXT,
        "entities": [{"id": "a", "start": 0, "end": 10, "type": "P"}, {"id": "b", "start": 19, "end": 30, "type": "O"}],
        "relations": [{"head": "a", "tail": "b", "type": "praises", "sure": "yes"}],
        "topics": ["food"],
        "language": "en",
        "source": "The Ruun Post",
        "split": "dev",
        "annotator": "bo",
    }
    document = the_one(read(tmp_path / "a.json", [row], {"labels": "topics"}))
    assert document.links == (Link("praises", "a", "b", {"sure": "yes"}),)
    assert document.labels == {"topics": ("food",)}
    assert document.article == {"lang": "en", "source": "The Ruun Post"}
    assert (document.id, document.split, document.annotator) == ("7", "dev", "bo")


def test_rows_inside_one_object(tmp_path: Path) -> None:
    found = read(tmp_path / "a.json", {"version": 1, "data": [{"text": "a"}, {"text": "b"}, 3]}, {"rows": "data"})
    assert [one.text for one in found.documents] == ["a", "b"]
    assert [str(one) for one in found.problems] == [f"{tmp_path}/a.json:1 data[2]: must be an object, found 3; mend it"]


def test_tags_of_tokens(tmp_path: Path) -> None:
    row = {"text": "Orla  Finch of Ruun", "tokens": ["Orla", "Finch", "of", "Ruun"]}
    tags = ["B-PER", "I-PER", "O", "B-LOC"]
    offsets = [[0, 4], [6, 11], [12, 14], [15, 19]]
    for extra in ({}, {"annotation_offsets": offsets}):
        document = the_one(read(tmp_path / "a.json", [row | {"tags": tags} | extra]))
        assert [(mark.type, mark.spans) for mark in document.marks] == [
            ("PER", (Span(0, 11),)),
            ("LOC", (Span(15, 19),)),
        ]
    found = read(tmp_path / "a.json", [row | {"tags": tags, "tokens": ["Orla", "Fnch", "of", "Ruun"]}])
    assert "token 'Fnch' is not in the text" in str(found.problems[0])


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        pytest.param({"start": 0, "end": 99}, "[0, 99) ends after the text, which has 31 code points", id="too far"),
        pytest.param({"start": 5, "end": 5}, "[5, 5) is empty", id="empty"),
        pytest.param({"start": "0", "end": 5}, "start under 'start' or 'from'", id="text"),
        pytest.param({"end": 5}, "must be a whole number, found nothing", id="missing"),
        pytest.param({"start": 1, "end": 5, "value": "Olga"}, "it stands nowhere in the text", id="another text"),
    ],
)
def test_a_damaged_span_is_named_and_the_rest_is_read(tmp_path: Path, span: dict[str, Any], expected: str) -> None:
    found = read(tmp_path / "a.json", [{"text": TEXT, "spans": [span, {"start": 0, "end": 4}]}])
    (problem,) = found.problems
    assert expected in str(problem)
    assert "a.json[0] spans[0]" in str(problem)
    assert len(found.documents[0].marks) == 1


def test_what_is_said_to_stand_there_proves_how_offsets_count(tmp_path: Path) -> None:
    row = {"text": "😀 Orla left Ruun", "spans": [{"start": 3, "end": 7, "value": "Orla"}, {"start": 13, "end": 17}]}
    found = read(tmp_path / "a.json", [row])
    document = the_one(found)
    assert [document.text[slice(*mark.spans[0])] for mark in document.marks] == ["Orla", "Ruun"]
    assert dict(found.notes) == {"spans counted as UTF-16 code units": 2}


def test_a_profile_says_how_offsets_count_where_nothing_proves_it(tmp_path: Path) -> None:
    row = {"text": "😀 Orla left", "spans": [{"start": 3, "end": 6}]}
    document = the_one(read(tmp_path / "a.json", [row], {"counting": "utf-16,inclusive"}))
    assert document.marks[0].spans == (Span(2, 6),)


def test_a_row_without_a_text_says_what_there_is(tmp_path: Path) -> None:
    found = read(tmp_path / "a.json", [{"words": "x"}, {"text": "b"}])
    assert "no text under 'text' or 'content'" in str(found.problems[0])
    assert "there are 'words'" in str(found.problems[0])
    assert [one.id for one in found.documents] == ["2"]


def test_relations_to_nothing(tmp_path: Path) -> None:
    found = read(tmp_path / "a.json", [{"text": TEXT, "spans": [], "relations": [{"head": "a", "tail": "b"}]}])
    assert "goes from 'a' to 'b', which are not both spans here" in str(found.problems[0])


def test_misspelt_keys() -> None:
    with pytest.raises(FormatError, match=r"profile: \[keys\] has no 'span'; did you mean 'spans'\?"):
        keys_of({"span": "x"}, "profile")
    with pytest.raises(FormatError, match=r"\[keys\] text must be a name or a list of names, found 1.5"):
        keys_of({"text": 1.5}, "profile")


def test_paths() -> None:
    row = {"a": {"b": [{"c": None}]}, "a.b": 1}
    assert value_at(row, ("x", "a.b")) == 1
    assert value_at(row, ("a.b.1.c",)) is NOTHING
    assert value_at(row, ("a.b.0.c",)) is None
    assert value_at([1], ("1", "0")) == 1
    assert value_at({"a": 1}, ("a.b",)) is NOTHING


def test_a_profile_says_it_all(tmp_path: Path) -> None:
    profile = tmp_path / "mine.toml"
    profile.write_text(
        '[keys]\ntext = "said"\nspans = "who"\nlabel = "sort"\n[entities]\nmarks = "*"\nlabels = {p = "PER"}\n'
    )
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"said": TEXT, "who": [{"from": 0, "to": 10, "sort": "p"}]}))
    form = load_format("json-standoff")
    assert form.read is not None
    batch: Batch = form.read(Source(path=path), ReadOptions(profile=profile))
    (entity,) = batch.examples[0].gold.entities
    assert (entity.label, entity.spans) == ("PER", (Span(0, 10),))


def test_tags_of_every_scheme_are_read(tmp_path: Path) -> None:
    tokens = ["Anna", "Berg", "saw", "Bob", "."]
    row = {"text": "Anna Berg saw Bob .", "tokens": tokens, "ner_tags": ["B-PER", "E-PER", "O", "S-PER", "O"]}
    document = the_one(read(tmp_path / "rows.json", [row]))
    assert [(mark.type, *mark.spans[0]) for mark in document.marks] == [("PER", 0, 9), ("PER", 14, 17)]


def test_an_id_given_twice_is_a_problem(tmp_path: Path) -> None:
    spans = [{"id": name, "start": 0, "end": 4, "label": "X"} for name in ("x", "y", "x")]
    found = read(tmp_path / "rows.json", [{"text": "Anna", "spans": spans}])
    assert ["another span has the id 'x'" in str(one) for one in found.problems] == [True]
    assert [mark.id for mark in found.documents[0].marks] == ["x", "y", "spans-3"]
