"""doccano: both kinds of lines, labels of texts, files of several users, and what offsets count."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from evalkit.errors import EvalkitError
from evalkit.formats.base import Source
from evalkit.formats.doccano.format import DOCCANO
from evalkit.formats.doccano.reading import read_doccano
from evalkit.formats.doccano.writing import write_doccano
from evalkit.formats.standoff.document import Document, Documents, Link, Mark
from evalkit.formats.table import format_of_file
from evalkit.options import ReadOptions
from evalkit.records import Span
from tests.formats.made_documents import documents, said
from tests.mutations import mutated

TEXT = "Ola Brun left Ruun."
TRIPLES = {"id": 1, "text": TEXT, "label": [[0, 8, "PER"], [14, 18, "GPE"]], "Comments": []}
RELATED = {
    "id": 1,
    "text": TEXT,
    "entities": [
        {"id": 44, "label": "PER", "start_offset": 0, "end_offset": 8},
        {"id": 45, "label": "GPE", "start_offset": 14, "end_offset": 18},
    ],
    "relations": [{"id": 7, "from_id": 44, "to_id": 45, "type": "left"}],
    "Comments": ["sure?"],
}
OLD = {
    "id": 1,
    "text": TEXT,
    "annotations": [{"label": 3, "start_offset": 0, "end_offset": 8, "user": 1}],
    "meta": {"wikiPageID": 9},
}


def read(folder: Path, *rows: dict[str, Any]) -> Documents:
    path = folder / "all.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return read_doccano(Source(path=path), ReadOptions())


def one(found: Documents) -> Document:
    assert not found.problems
    (document,) = found.documents
    return document


def marked(document: Document) -> list[tuple[str, str]]:
    return [(mark.type, document.text[slice(*mark.spans[0])]) for mark in document.marks]


def test_triples(tmp_path: Path) -> None:
    document = one(read(tmp_path, TRIPLES))
    assert (document.id, document.article, document.labels) == ("1", {}, {})
    assert marked(document) == [("PER", "Ola Brun"), ("GPE", "Ruun")]


@pytest.mark.parametrize("key", ["labels", "entities"])
def test_triples_under_their_older_names(tmp_path: Path, key: str) -> None:
    row = {"doc_id": 20, "data": TEXT, key: TRIPLES["label"], "username": "admin"}
    document = one(read(tmp_path, row))
    assert (document.id, document.annotator, len(document.marks)) == ("20", "admin", 2)


def test_spans_with_relations(tmp_path: Path) -> None:
    document = one(read(tmp_path, RELATED))
    assert marked(document) == [("PER", "Ola Brun"), ("GPE", "Ruun")]
    assert document.links == (Link("left", "44", "45", id="7"),)
    assert document.article == {"Comments": '["sure?"]'}


def test_old_exports_with_a_user_at_each_span(tmp_path: Path) -> None:
    assert marked(one(read(tmp_path, OLD))) == [("3", "Ola Brun")]
    both = OLD | {"annotations": [*OLD["annotations"], {"label": 4, "start_offset": 14, "end_offset": 18, "user": 2}]}
    first, second = read(tmp_path, both).documents
    assert [(own.annotator, marked(own)) for own in (first, second)] == [
        ("user-1", [("3", "Ola Brun")]),
        ("user-2", [("4", "Ruun")]),
    ]


@pytest.mark.parametrize(
    ("row", "labels", "marks"),
    [
        ({"label": ["travel", "people"]}, {"category": ("travel", "people")}, 0),
        ({"label": "travel"}, {"category": ("travel",)}, 0),
        ({"cats": ["ask"], "label": [[0, 3, "PER"]]}, {"category": ("ask",)}, 1),
        ({"cats": [], "label": []}, {"category": ()}, 0),
        ({"label": []}, {}, 0),
    ],
)
def test_labels_of_the_text(tmp_path: Path, row: dict[str, Any], labels: dict[str, Any], marks: int) -> None:
    document = one(read(tmp_path, {"id": 1, "text": TEXT} | row))
    assert (document.labels, len(document.marks)) == (labels, marks)


def test_other_columns_are_metadata(tmp_path: Path) -> None:
    document = one(read(tmp_path, TRIPLES | {"title": "Gone", "page": 4, "meta": {"wave": "b"}}))
    assert document.article == {"title": "Gone", "page": "4", "wave": "b"}


class TestUsers:
    def test_files_with_the_same_articles_are_annotators(self, tmp_path: Path) -> None:
        (tmp_path / "ola.jsonl").write_text(json.dumps(TRIPLES) + "\n")
        (tmp_path / "kari.jsonl").write_text(json.dumps(TRIPLES | {"label": []}) + "\n")
        (tmp_path / "unknown.jsonl").write_text("")
        assert DOCCANO.certainty(tmp_path, b"") > 0
        found = read_doccano(Source(path=tmp_path), ReadOptions())
        assert [(own.id, own.annotator, len(own.marks)) for own in found.documents] == [
            ("1", "kari", 0),
            ("1", "ola", 2),
        ]

    def test_files_with_other_articles_are_not(self, tmp_path: Path) -> None:
        (tmp_path / "dev.jsonl").write_text(json.dumps(TRIPLES) + "\n")
        (tmp_path / "test.jsonl").write_text(json.dumps(TRIPLES | {"id": 2}) + "\n")
        assert DOCCANO.certainty(tmp_path, b"") == 0


class TestUnits:
    """`😀 Ola left Ruun.`: `Ola` is 3 to 6 in UTF-16 code units, 2 to 5 in code points."""

    SMILE = "😀 Ola left Ruun."

    @pytest.mark.parametrize(
        ("text", "start", "end", "unit"),
        [
            pytest.param(SMILE, 3, 6, "UTF-16 code units", id="utf-16"),
            pytest.param(SMILE, 2, 5, "code points", id="code points"),
            pytest.param("👩\u200d🌾 Ola left.", 2, 5, "graphemes", id="an emoji made of three"),
            pytest.param("🇳🇴🇸🇪 Ola left.", 3, 6, "graphemes", id="flags"),
            pytest.param("e\u0301 e\u0301 Ola left.", 4, 7, "graphemes", id="combining marks"),
            pytest.param("A\r\nB\r\nOla left.", 4, 7, "graphemes", id="line ends"),
        ],
    )
    def test_are_told_by_the_edges_of_words(self, tmp_path: Path, text: str, start: int, end: int, unit: str) -> None:
        found = read(tmp_path, {"id": 1, "text": text, "label": [[start, end, "PER"]]})
        assert marked(one(found)) == [("PER", "Ola")]
        assert found.notes == {f"texts whose offsets were taken to count {unit}": 1}

    def test_of_the_other_texts_decide(self, tmp_path: Path) -> None:
        open_row = {"id": 1, "text": "😀,.;", "label": [[2, 3, "X"]]}
        assert "nothing says what its offsets count" in str(read(tmp_path, open_row).problems[0])
        rows = [
            open_row,
            {"id": 2, "text": self.SMILE, "label": [[3, 6, "PER"]]},
        ]
        assert [marked(own) for own in read(tmp_path, *rows).documents] == [[("X", ",")], [("PER", "Ola")]]

    def test_that_nothing_tells_are_refused_with_a_way_out(self, tmp_path: Path) -> None:
        found = read(tmp_path, {"id": 1, "text": "😀 anna", "label": [[4, 5, "X"]]}, TRIPLES)
        (problem,) = found.problems
        assert str(problem).endswith(
            "all.jsonl:1: nothing says what its offsets count: a span is 'n' in UTF-16 code units, or 'n' in code "
            "points, or 'n' in graphemes; say it with --offsets utf-16 or --offsets codepoint"
        )
        assert len(found.documents) == 1

    def test_may_be_said(self, tmp_path: Path) -> None:
        path = tmp_path / "all.jsonl"
        rows = [{"id": 1, "text": "😀 anna", "label": [[4, 5, "X"]]}, {"id": 2, "text": "😀", "label": [[1, 2, "X"]]}]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        found = read_doccano(Source(path=path), ReadOptions(offsets="utf-16"))
        assert [own.marks[0].spans for own in found.documents] == [(Span(3, 4),)]
        assert "all.jsonl:2: 1 to 2 parts the character '😀'" in str(found.problems[0])

    def test_do_not_matter_in_plain_texts(self, tmp_path: Path) -> None:
        assert one(read(tmp_path, {"id": 1, "text": "Øla Ånsen", "label": [[1, 5, "X"]]})).marks[0].spans == (
            Span(1, 5),
        )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        pytest.param({"label": [[0, 80, "PER"]]}, "0 to 80 is no span of its text of 19 characters", id="beyond"),
        pytest.param({"label": [[8, 0, "PER"]]}, "8 to 0 is no span", id="backwards"),
        pytest.param({"label": [[0, "x", "PER"]]}, r"label\[0\] is \[0, 'x', 'PER'\], not start, end", id="no number"),
        pytest.param({"label": [[0, 8]]}, r"label\[0\] is \[0, 8\], not start, end and label", id="no label"),
        pytest.param({"entities": [{"start_offset": 0, "label": "A"}]}, r"entities\[0\]", id="no end"),
        pytest.param({"text": None, "filename": "a.png"}, "has no 'text'", id="an image"),
    ],
)
def test_damage_is_a_problem_and_the_rest_is_read(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    found = read(tmp_path, {"id": 9, "text": TEXT} | row, TRIPLES)
    with pytest.raises(EvalkitError, match=rf"all\.jsonl:1: .*{message}|all\.jsonl:1: {message}"):
        raise found.problems[0]
    assert found.documents[-1].id == "1"


def test_a_relation_of_a_span_that_is_not_there_is_counted(tmp_path: Path) -> None:
    row = RELATED | {"relations": [{"id": 1, "from_id": 44, "to_id": 99, "type": "x"}]}
    assert read(tmp_path, row).notes == {"relations between spans that are not there, left out": 1}


@pytest.mark.parametrize(
    ("row", "is_ours"),
    [
        (TRIPLES, True),
        (RELATED, True),
        (OLD, True),
        ({"id": 1, "text": TEXT, "label": []}, True),
        ({"id": 1, "text": TEXT, "label": ["travel"]}, True),
        ({"id": "a", "text": TEXT, "entities": []}, False),
        ({"id": "a", "text": TEXT, "entities": [], "quotes": []}, False),
        ({"id": 1, "text": TEXT, "label": [{"start": 0, "end": 3, "labels": ["PER"]}]}, False),
        ({"text": TEXT, "label": 3}, False),
        ({"tokens": ["a"], "labels": ["O"]}, False),
    ],
)
def test_it_is_known_by_its_keys(tmp_path: Path, row: dict[str, Any], is_ours: bool) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert (format_of_file(path).name == "doccano") == is_ours


@pytest.mark.parametrize("annotated", [True, False])
def test_a_text_that_nobody_annotated_comes_back(tmp_path: Path, annotated: bool) -> None:
    path = tmp_path / "out.jsonl"
    write_doccano([Document(id="a", text="Ola.", annotated=annotated)], path, ReadOptions())
    assert one(read_doccano(Source(path=path), ReadOptions())).annotated == annotated


@settings(max_examples=60, deadline=None)
@given(document=documents(features=False, scores=False))
def test_what_is_written_comes_back(tmp_path_factory: pytest.TempPathFactory, document: Document) -> None:
    path = tmp_path_factory.getbasetemp() / "doccano.jsonl"
    path.unlink(missing_ok=True)
    write_doccano([document], path, ReadOptions())
    back = one(read_doccano(Source(path=path), ReadOptions()))
    assert said(back) == said(document)


def test_offsets_are_written_as_its_pages_count_them(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    marks = (Mark("m", "PER", (Span(2, 5),)),)
    write_doccano([Document(id="a", text="😀 Ola", marks=marks)], path, ReadOptions())
    assert json.loads(path.read_text())["label"] == [[3, 6, "PER"]]


def test_mutated_files_are_read_or_refused(tmp_path: Path) -> None:
    rows = [TRIPLES, RELATED, OLD, {"id": 5, "text": "😀 Ola left", "label": [[3, 6, "A"]], "cats": ["x"]}]
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    pick, path = random.Random(6), tmp_path / "m.jsonl"
    for _ in range(500):
        path.write_bytes(mutated(content, pick))
        try:
            found = read_doccano(Source(path=path), ReadOptions())
        except EvalkitError:
            continue
        for document in found.documents:
            assert all(0 <= start < end <= len(document.text) for mark in document.marks for start, end in mark.spans)


def test_what_is_known_of_the_article_says_nothing_else(tmp_path: Path) -> None:
    known = {"username": "mia", "label": "sports", "tokens": "x", "meta": "m", "story": "s"}
    path = tmp_path / "out.jsonl"
    marks = (Mark("m", "PER", (Span(0, 4),)),)
    write_doccano([Document(id="a", text="Anna", marks=marks, article=known)], path, ReadOptions())
    back = one(read_doccano(Source(path=path), ReadOptions()))
    assert (dict(back.article), back.annotator, back.labels, len(back.marks)) == (known, "", {}, 1)


def test_suggestions_are_marked(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write_doccano([Document(id="a", text="Anna", suggested=True, article={"story": "s"})], path, ReadOptions())
    back = one(read_doccano(Source(path=path), ReadOptions()))
    assert (back.suggested, dict(back.article)) == (True, {"story": "s"})


def test_an_id_given_twice_is_a_problem(tmp_path: Path) -> None:
    spans = [{"id": own, "label": "X", "start_offset": 0, "end_offset": 4} for own in (7, "7", 8)]
    found = read(tmp_path, {"id": 1, "text": "Anna", "entities": spans, "relations": []})
    assert ["two spans have the id '7'" in str(one) for one in found.problems] == [True]
    assert [mark.id for mark in found.documents[0].marks] == ["7", "s2", "8"]
