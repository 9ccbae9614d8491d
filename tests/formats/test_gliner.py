"""GLiNER: tokens with inclusive ends, the text that is rebuilt from them, relations by the place of entities."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from evalkit.errors import EvalkitError, UnknownNameError
from evalkit.formats.base import Source
from evalkit.formats.gliner.reading import read_gliner
from evalkit.formats.gliner.writing import beyond_words, write_gliner
from evalkit.formats.standoff.document import Document, Documents, Link, Mark
from evalkit.formats.table import format_of_file
from evalkit.options import ReadOptions
from evalkit.records import Span
from tests.formats.made_documents import documents, said
from tests.mutations import mutated

ROW = {
    "tokenized_text": ["Ola", "Brun", "left", "Ruun", "."],
    "ner": [[0, 1, "person"], [3, 3, "place"]],
    "relations": [[0, 1, "left"]],
    "ner_labels": ["person", "place"],
    "ner_negatives": ["date"],
}


def read(folder: Path, *rows: dict[str, Any], **values: str) -> Documents:
    path = folder / "train.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    return read_gliner(Source(path=path), ReadOptions(values=values))


def one(found: Documents) -> Document:
    assert not found.problems
    (document,) = found.documents
    return document


def marked(document: Document) -> list[tuple[str, str]]:
    return [(mark.type, document.text[slice(*mark.spans[0])]) for mark in document.marks]


def test_tokens_become_a_text(tmp_path: Path) -> None:
    found = read(tmp_path, ROW)
    document = one(found)
    assert (document.id, document.text) == ("0001", "Ola Brun left Ruun .")
    assert marked(document) == [("person", "Ola Brun"), ("place", "Ruun")]
    assert document.links == (Link("left", "0", "1"),)
    assert document.declared == {"person", "place", "date"}
    assert found.notes == {
        "articles without an id, numbered": 1,
        "texts rebuilt from tokens: a space between tokens": 1,
    }


def test_the_way_is_a_setting(tmp_path: Path) -> None:
    assert one(read(tmp_path, ROW, detokenise="simple")).text == "Ola Brun left Ruun."
    with pytest.raises(UnknownNameError, match="detokenisation 'simpel'"):
        read(tmp_path, ROW, detokenise="simpel")


def test_a_text_that_is_its_tokens_is_taken(tmp_path: Path) -> None:
    assert one(read(tmp_path, ROW | {"text": "Ola Brun\nleft  Ruun.", "id": "a"})).text == "Ola Brun\nleft  Ruun."
    assert one(read(tmp_path, ROW | {"text": "Ola Brun left Ruun. And more."})).text == "Ola Brun left Ruun ."


def test_lines_are_read_as_a_list_is(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text(json.dumps(ROW) + "\n" + json.dumps(ROW | {"ner": []}) + "\n", encoding="utf-8")
    assert format_of_file(path).name == "gliner"
    assert [len(own.marks) for own in read_gliner(Source(path=path), ReadOptions()).documents] == [2, 0]


def test_what_glirel_writes(tmp_path: Path) -> None:
    side = [{"mention": "Ola Brun", "position": [0, 1], "type": "person"}, {"mention": "Ruun", "position": [3, 3]}]
    relation = {"head": side[0], "tail": side[1], "relation_text": "left"}
    row = ROW | {"ner": [[0, 1, "person", "Ola Brun"], [3, 3, "place", "Ruun"]], "relations": [relation]}
    assert one(read(tmp_path, row)).links == (Link("left", "0", "1"),)


@pytest.mark.parametrize("relations", [[[0, 2, "x"]], [[0, -1, "x"]], [["a", 1, "x"]], [[0, 1, None]], [3]])
def test_a_relation_of_nothing_is_counted(tmp_path: Path, relations: list[Any]) -> None:
    found = read(tmp_path, ROW | {"relations": relations})
    assert one(found).links == ()
    assert found.notes["relations between entities that are not there, left out"] == 1


@pytest.mark.parametrize(
    ("row", "message"),
    [
        pytest.param({"ner": [[3, 5, "x"]]}, r"ner\[0\] names tokens 3 to 5 of 5, .*exclusive ends\?", id="exclusive"),
        pytest.param({"ner": [[3, 9, "x"]]}, r"ner\[0\] names tokens 3 to 9 of 5", id="beyond"),
        pytest.param({"ner": [[2, 1, "x"]]}, r"ner\[0\] names tokens 2 to 1", id="backwards"),
        pytest.param({"ner": [["0", 1, "x"]]}, r"ner\[0\] is .* not \[first, last, label\]", id="no number"),
        pytest.param({"ner": [[0, 1]]}, r"ner\[0\] is \[0, 1\], not \[first, last, label\]", id="no label"),
        pytest.param({"ner": None}, "'ner' is 'None', not a list", id="no list"),
        pytest.param({"tokenized_text": "Ola left"}, "'tokenized_text' is 'Ola left', not a list", id="no tokens"),
    ],
)
def test_damage_is_a_problem_and_the_rest_is_read(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    found = read(tmp_path, ROW | row, ROW)
    with pytest.raises(EvalkitError, match=rf"train\.json\[0\]: {message}"):
        raise found.problems[0]
    assert marked(found.documents[-1]) == [("person", "Ola Brun"), ("place", "Ruun")]


def test_marks_inside_words_are_lost(tmp_path: Path) -> None:
    spans = {"whole": Span(0, 3), "half": Span(4, 6), "blank": Span(3, 8), "nothing": Span(3, 4)}
    marks = tuple(Mark(name, "X", (span,)) for name, span in spans.items())
    document = Document(id="a", text="Ola Brun left.", marks=marks)
    assert beyond_words(document) == {
        "half": "begins or ends inside a word",
        "blank": "begins or ends with white space",
        "nothing": "without a visible character",
    }
    path = tmp_path / "out.json"
    write_gliner([document], path, ReadOptions())
    (row,) = json.loads(path.read_text())
    assert (row["tokenized_text"], row["ner"]) == (["Ola", "Brun", "left", "."], [[0, 0, "X"]])


@pytest.mark.parametrize("annotated", [True, False])
def test_a_text_that_nobody_annotated_comes_back(tmp_path: Path, annotated: bool) -> None:
    path = tmp_path / "out.json"
    write_gliner([Document(id="a", text="Ola.", annotated=annotated)], path, ReadOptions())
    assert one(read_gliner(Source(path=path), ReadOptions())).annotated == annotated


@settings(max_examples=60, deadline=None)
@given(document=documents(features=False, scores=False, answers=False, annotator=False))
def test_what_is_written_comes_back(tmp_path_factory: pytest.TempPathFactory, document: Document) -> None:
    lost = beyond_words(document)
    marks = tuple(mark for mark in document.marks if mark.id not in lost)
    links = tuple(link for link in document.links if lost.keys().isdisjoint((link.source, link.target)))
    path = tmp_path_factory.getbasetemp() / "gliner.json"
    path.unlink(missing_ok=True)
    write_gliner([document], path, ReadOptions())
    back = one(read_gliner(Source(path=path), ReadOptions()))
    if document.text.strip():
        kept = Document(id=document.id, text=document.text, marks=marks, links=links, article=document.article)
        assert said(back) == said(kept)


def test_mutated_files_are_read_or_refused(tmp_path: Path) -> None:
    content = json.dumps([ROW, ROW | {"text": "Ola Brun left Ruun.", "id": "x"}]).encode()
    pick, path = random.Random(8), tmp_path / "m.json"
    for _ in range(400):
        path.write_bytes(mutated(content, pick))
        try:
            found = read_gliner(Source(path=path), ReadOptions())
        except EvalkitError:
            continue
        for document in found.documents:
            assert all(0 <= start < end <= len(document.text) for mark in document.marks for start, end in mark.spans)


def test_only_the_nameless_are_numbered(tmp_path: Path) -> None:
    tokens = {"tokenized_text": ["Ola"], "ner": []}
    found = read(tmp_path, {"id": "n1", **tokens}, tokens, {"id": "0002", **tokens})
    assert [document.id for document in found.documents] == ["n1", "0002-2", "0002"]
    assert found.notes["articles without an id, numbered"] == 1


def test_labels_of_a_row_are_declared_and_a_label_that_is_no_list_is_kept(tmp_path: Path) -> None:
    tokens = {"tokenized_text": ["Ola"], "ner": []}
    found = read(tmp_path, {**tokens, "label": ["PER"]}, {**tokens, "label": "news"})
    assert [(own.declared, dict(own.article)) for own in found.documents] == [
        (frozenset({"PER"}), {}),
        (frozenset(), {"label": "news"}),
    ]


def test_suggestions_are_marked(tmp_path: Path) -> None:
    write_gliner([Document(id="a", text="Ola", suggested=True)], tmp_path / "out.json", ReadOptions())
    back = one(read_gliner(Source(path=tmp_path / "out.json"), ReadOptions()))
    assert (back.suggested, dict(back.article)) == (True, {})


def test_tokens_of_nothing_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"tokenized_text": ["Ida", "", "Moen", " "], "ner": [[0, 2, "PER"]]}]', encoding="utf-8")
    found = read_gliner(Source(path=path), ReadOptions())
    assert found.notes["tokens without a visible character, in whose place U+FFFD stands"] == 2
