"""Prodigy: what its tasks say, what is left out and counted, and that what is written comes back."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from evalkit.errors import EvalkitError, FormatError
from evalkit.formats.base import Source
from evalkit.formats.prodigy.reading import read_prodigy
from evalkit.formats.prodigy.writing import write_prodigy
from evalkit.formats.standoff.document import Document, Documents, Link, Mark
from evalkit.options import ReadOptions
from evalkit.records import Span
from tests.formats.made_documents import documents, said
from tests.mutations import mutated

TEXT = "Ola Brun left Ruun."
TOKENS = [
    {"text": "Ola", "start": 0, "end": 3, "id": 0, "ws": True, "disabled": False},
    {"text": "Brun", "start": 4, "end": 8, "id": 1, "ws": True, "disabled": False},
    {"text": "left", "start": 9, "end": 13, "id": 2, "ws": True, "disabled": False},
    {"text": "Ruun", "start": 14, "end": 18, "id": 3, "ws": False, "disabled": False},
    {"text": ".", "start": 18, "end": 19, "id": 4, "ws": False, "disabled": False},
]
OLA = {"start": 0, "end": 8, "token_start": 0, "token_end": 1, "label": "PER"}
RUUN = {"start": 14, "end": 18, "token_start": 3, "token_end": 3, "label": "GPE"}


def task(**more: Any) -> dict[str, Any]:
    base = {"text": TEXT, "_input_hash": -13216227, "_task_hash": 7, "tokens": TOKENS, "spans": [OLA, RUUN]}
    return base | {"_session_id": None, "_view_id": "ner_manual", "answer": "accept"} | more


def read(folder: Path, *rows: dict[str, Any]) -> Documents:
    path = folder / "out.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return read_prodigy(Source(path=path), ReadOptions())


def one(found: Documents) -> Document:
    assert not found.problems
    (document,) = found.documents
    return document


def marked(document: Document) -> list[tuple[str, str]]:
    return [(mark.type, document.text[slice(*mark.spans[0])]) for mark in document.marks]


def test_an_annotated_task(tmp_path: Path) -> None:
    document = one(read(tmp_path, task(meta={"title": "Gone", "page": 3}, story="s1")))
    assert (document.id, document.annotator) == ("ff36561d", "")
    assert marked(document) == [("PER", "Ola Brun"), ("GPE", "Ruun")]
    assert document.article == {"title": "Gone", "page": "3", "story": "s1"}


def test_only_accepted_answers_count(tmp_path: Path) -> None:
    rows = [task(), task(answer="reject", _input_hash=2), task(answer="ignore", _input_hash=3), task(answer=None)]
    found = read(tmp_path, *rows)
    assert [(own.annotated, len(own.marks)) for own in found.documents] == [(True, 2), (False, 0)]
    assert found.notes["tasks rejected, left out"] == 1
    assert found.notes["tasks ignored, left out"] == 1
    assert found.notes["tasks that nobody answered yet"] == 1


def test_tasks_that_nobody_answered_are_read_and_said(tmp_path: Path) -> None:
    rows = [{"text": TEXT, "spans": [OLA]}, {"text": "Ola.", "spans": []}]
    found = read(tmp_path, *rows)
    assert [document.id for document in found.documents] == ["0001", "0002"]
    assert found.notes["tasks without an answer, read as accepted"] == 2
    assert found.notes["articles without an id that stands for one text, numbered"] == 2


class TestSessions:
    def test_of_one_text_are_readings(self, tmp_path: Path) -> None:
        rows = [task(_session_id="news-ola"), task(_annotator_id="news-kari", _session_id="news-kari", spans=[OLA])]
        first, second = read(tmp_path, *rows).documents
        assert (first.id, first.annotator, len(first.marks)) == ("ff36561d", "news-ola", 2)
        assert (second.id, second.annotator, len(second.marks)) == ("ff36561d", "news-kari", 1)

    def test_that_are_only_a_moment_name_nobody(self, tmp_path: Path) -> None:
        found = read(tmp_path, task(_session_id="2024-01-02_10-00-00"), task(_session_id="news-2024-01-03_10-00-00"))
        assert one(found).annotator == ""
        assert found.notes["answers that the same session gave again later, left out"] == 1

    def test_last_answer_counts(self, tmp_path: Path) -> None:
        rows = [task(_timestamp=5, spans=[OLA]), task(_timestamp=3)]
        assert marked(one(read(tmp_path, *rows))) == [("PER", "Ola Brun")]

    def test_several_questions_about_a_text_are_taken_together(self, tmp_path: Path) -> None:
        rows = [task(spans=[OLA], _task_hash=1), task(spans=[OLA, RUUN], _task_hash=2, label="travel")]
        document = one(read(tmp_path, *rows))
        assert marked(document) == [("PER", "Ola Brun"), ("GPE", "Ruun")]
        assert document.labels == {"category": ("travel",)}

    def test_a_review_is_the_gold_beside_its_versions(self, tmp_path: Path) -> None:
        version = {"text": TEXT, "spans": [RUUN], "sessions": ["ola", "kari"], "default": False}
        rejected = version | {"sessions": ["mia"], "answer": "reject"}
        gold, *rest = read(tmp_path, task(_view_id="review", versions=[version, rejected])).documents
        assert gold.ground_truth
        assert {own.id for own in rest} == {gold.id}
        assert [(own.annotator, own.ground_truth, len(own.marks)) for own in rest] == [
            ("ola", False, 1),
            ("kari", False, 1),
        ]


class TestIds:
    @pytest.mark.parametrize(
        ("row", "name"),
        [
            ({"id": "x7"}, "x7"),
            ({"id": 12}, "12"),
            ({"meta": {"id": "m1"}}, "m1"),
            ({"meta": {"doc_id": 9}}, "9"),
            ({"meta": {"source": "Genia"}}, "ff36561d"),
        ],
    )
    def test_of_an_article(self, tmp_path: Path, row: dict[str, Any], name: str) -> None:
        assert one(read(tmp_path, task(**row))).id == name

    def test_that_stands_for_several_texts_is_none(self, tmp_path: Path) -> None:
        rows = [task(meta={"id": "page"}), task(meta={"id": "page"}, text="Ola.", spans=[], _input_hash=1)]
        assert [document.id for document in read(tmp_path, *rows).documents] == ["ff36561d", "00000001"]


class TestSpans:
    def test_without_characters_stand_on_their_tokens(self, tmp_path: Path) -> None:
        span = {"token_start": 0, "token_end": 1, "label": "PER"}
        assert marked(one(read(tmp_path, task(spans=[span])))) == [("PER", "Ola Brun")]

    def test_without_a_label_are_counted(self, tmp_path: Path) -> None:
        found = read(tmp_path, task(spans=[OLA, {"start": 9, "end": 13}]))
        assert len(one(found).marks) == 1
        assert found.notes["spans without a label, left out"] == 1

    def test_keep_their_further_keys(self, tmp_path: Path) -> None:
        extra = OLA | {"id": "e1", "score": 0.5, "pattern": 4, "sure": True, "aka": ["a", "b"], "color": "red"}
        (mark,) = one(read(tmp_path, task(spans=[extra]))).marks
        assert (mark.id, mark.score) == ("e1", 0.5)
        assert mark.features == {"pattern": "4", "sure": "true", "aka": ("a", "b")}

    def test_are_proved_by_their_text(self, tmp_path: Path) -> None:
        text = "😀 Ola Brun left."
        span = {"start": 3, "end": 11, "label": "PER", "text": "Ola Brun"}
        found = read(tmp_path, task(text=text, tokens=[], spans=[span]))
        assert marked(one(found)) == [("PER", "Ola Brun")]
        assert any("UTF-16" in note for note in found.notes)

    def test_are_proved_by_their_tokens(self, tmp_path: Path) -> None:
        span = {"start": 5, "end": 9, "token_start": 3, "token_end": 3, "label": "GPE"}
        (problem,) = read(tmp_path, task(spans=[OLA, span])).problems
        assert "out.jsonl:1: span 2" in str(problem)
        assert "Ruun" in str(problem)

    def test_of_no_place_are_problems(self, tmp_path: Path) -> None:
        found = read(tmp_path, task(spans=[OLA, {"label": "PER"}]))
        assert [mark.type for mark in found.documents[0].marks] == ["PER"]
        assert "span 2: has no 'start' and 'end'" in str(found.problems[0])


BARE = [{"head": 1, "child": 3, "label": "left"}]
SPANNED = [{"head": 1, "child": 3, "head_span": OLA, "child_span": RUUN, "label": "left", "color": "#ffd882"}]


class TestRelations:
    @pytest.mark.parametrize("relations", [BARE, SPANNED], ids=["by the last token", "by their spans"])
    def test_name_spans(self, tmp_path: Path, relations: list[dict[str, Any]]) -> None:
        document = one(read(tmp_path, task(relations=relations)))
        assert document.links == (Link("left", document.marks[0].id, document.marks[1].id),)

    def test_the_last_token_decides_not_the_first(self, tmp_path: Path) -> None:
        found = read(tmp_path, task(relations=[{"head": 0, "child": 3, "label": "left"}]))
        assert one(found).links == ()
        assert found.notes["relations without a label, or of tokens that are no single span, left out"] == 1


@pytest.mark.parametrize(
    ("row", "labels"),
    [
        ({"label": "POLITICS"}, {"category": ("POLITICS",)}),
        ({"options": [{"id": "A"}, {"id": "B"}], "accept": ["A"]}, {"category": ("A",)}),
        ({"options": [{"id": "A"}], "accept": []}, {"category": ()}),
        ({}, {}),
    ],
)
def test_labels_of_the_text(tmp_path: Path, row: dict[str, Any], labels: dict[str, tuple[str, ...]]) -> None:
    assert one(read(tmp_path, task(**row))).labels == labels


def test_a_task_without_a_text_is_counted(tmp_path: Path) -> None:
    found = read(tmp_path, {"question": "Ola?", "spans": [], "answer": "accept"}, task())
    assert len(found.documents) == 1
    assert found.notes["tasks without a text, left out"] == 1


def test_a_broken_line_is_a_problem_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text(json.dumps(task()) + "\n{oops\n", encoding="utf-8")
    found = read_prodigy(Source(path=path), ReadOptions())
    assert len(found.documents) == 1
    assert "out.jsonl:2" in str(found.problems[0])


def written(folder: Path, several: list[Document]) -> list[dict[str, Any]]:
    path = folder / "written.jsonl"
    path.unlink(missing_ok=True)
    write_prodigy(several, path, ReadOptions())
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_tokens_are_written_that_make_the_text(tmp_path: Path) -> None:
    mark = Mark("m", "PER", (Span(1, 2),), {"note": "n"})
    (row,) = written(tmp_path, [Document(id="a", text="Ola  left.\n", marks=(mark,))])
    assert "".join(token["text"] + " " * token["ws"] for token in row["tokens"]) == row["text"]
    assert all(row["text"][token["start"] : token["end"]] == token["text"] for token in row["tokens"])
    assert row["spans"] == [
        {"start": 1, "end": 2, "token_start": 1, "token_end": 1, "label": "PER", "id": "m", "note": "n"}
    ]


def test_suggestions_are_written_without_an_answer(tmp_path: Path) -> None:
    rows = written(tmp_path, [Document(id="a", text="Ola.", suggested=True), Document(id="b", text="Ola.")])
    assert ["answer" in row for row in rows] == [False, True]


@pytest.mark.parametrize("flags", [{"suggested": True}, {"annotated": False}, {"ground_truth": True}])
def test_what_marks_are_worth_comes_back(tmp_path: Path, flags: dict[str, bool]) -> None:
    made = Document(id="a", text="Ola.", annotator="kari" if "annotated" not in flags else "", **flags)
    path = tmp_path / "one.jsonl"
    write_prodigy([made], path, ReadOptions())
    back = one(read_prodigy(Source(path=path), ReadOptions()))
    assert (back.suggested, back.annotated, back.ground_truth) == (made.suggested, made.annotated, made.ground_truth)
    assert back.annotator == made.annotator


def test_offsets_may_be_said(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    row = {"text": "😀 Ola", "spans": [{"start": 3, "end": 6, "label": "PER"}], "answer": "accept"}
    path.write_text(json.dumps(row), encoding="utf-8")
    assert marked(one(read_prodigy(Source(path=path), ReadOptions(offsets="utf-16")))) == [("PER", "Ola")]
    (problem,) = read_prodigy(Source(path=path), ReadOptions(offsets="codepoint")).problems
    assert "out.jsonl:1: span 1" in str(problem)


@settings(max_examples=25, deadline=None)
@given(document=documents())
def test_what_is_written_comes_back(tmp_path_factory: pytest.TempPathFactory, document: Document) -> None:
    path = tmp_path_factory.getbasetemp() / "prodigy.jsonl"
    path.unlink(missing_ok=True)
    write_prodigy([document], path, ReadOptions())
    back = one(read_prodigy(Source(path=path), ReadOptions()))
    assert said(back) == said(document)


def test_mutated_files_are_read_or_refused(tmp_path: Path) -> None:
    relations = [{"head": 1, "child": 3, "head_span": OLA, "child_span": RUUN, "label": "left"}]
    rows = [task(relations=relations), task(_session_id="b", meta={"id": "a"}, accept=["x"], options=[])]
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    pick, path = random.Random(5), tmp_path / "m.jsonl"
    for _ in range(400):
        path.write_bytes(mutated(content, pick))
        try:
            found = read_prodigy(Source(path=path), ReadOptions())
        except EvalkitError:
            continue
        for document in found.documents:
            assert all(0 <= start < end <= len(document.text) for mark in document.marks for start, end in mark.spans)


def test_a_score_that_is_text_is_counted(tmp_path: Path) -> None:
    found = read(tmp_path, task(spans=[{"start": 0, "end": 3, "label": "PER", "score": "high"}]))
    assert found.notes["scores that are no numbers, left out"] == 1
    assert one(found).marks[0].score is None


def test_tasks_about_no_text_are_named(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="holds tasks about images; annotations of texts are read"):
        read(tmp_path, {"image": "x.jpg", "spans": [{"label": "A", "points": [[1, 2]]}], "answer": "accept"})
    found = read(tmp_path, task(), {"audio": "x.mp3", "answer": "accept"})
    assert found.notes["tasks about sound, left out"] == 1


def test_offsets_may_be_whole_floats(tmp_path: Path) -> None:
    found = read(tmp_path, {"text": TEXT, "spans": [{"start": 0.0, "end": 8.0, "label": "PER"}], "answer": "accept"})
    assert marked(one(found)) == [("PER", "Ola Brun")]
