"""Exports of Label Studio as they come: versions, units, several annotators, relations, and what is no text."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from evalkit.dataset.loading.load import load_dataset
from evalkit.errors import FormatError
from evalkit.formats.base import Source
from evalkit.formats.labelstudio.documents import read_documents
from evalkit.formats.labelstudio.format import LABEL_STUDIO
from evalkit.formats.standoff.document import Document, Documents, Link, Mark
from evalkit.options import ReadOptions
from evalkit.records import Span
from tests.formats.labelstudio.exports import TEXT, annotation, region, relation, task

OLA, RUUN = region("Qd1j", 2, 10, "PER"), region("fG_2", 16, 20, "GPE")
OLA_MARK, RUUN_MARK = Mark("Qd1j", "PER", (Span(2, 10),)), Mark("fG_2", "GPE", (Span(16, 20),))


def read(path: Path, content: Any, *, predicted: bool = False, **options: Any) -> Documents:
    path = path / "project.json" if path.is_dir() else path
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return read_documents(Source(path=path, predicted=predicted), ReadOptions(**options))


def only(documents: Documents) -> Document:
    assert not documents.problems
    (document,) = documents.documents
    return document


def test_an_export_has_a_document_for_each_annotation(tmp_path: Path) -> None:
    documents = read(tmp_path, [task(annotation(OLA, RUUN)), task(annotation(), number=88)])
    first, second = documents.documents
    assert (first.id, first.text, first.annotator, first.annotated) == ("87", TEXT, "1", True)
    assert first.marks == (OLA_MARK, RUUN_MARK)
    # Nothing was marked, which is something else than nobody having looked.
    assert (second.marks, second.annotated) == ((), True)
    assert not documents.problems
    assert not documents.notes


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(task(annotation(OLA)), id="one task"),
        pytest.param([task(annotation(OLA))], id="a list"),
        pytest.param("\ufeff" + json.dumps([task(annotation(OLA))]), id="with a mark"),
        pytest.param(json.dumps(task(annotation(OLA))) + "\n", id="JSON lines"),
        pytest.param(json.dumps(task(annotation(OLA))) + "\n" + json.dumps(task(number=9)) + "\n", id="two lines"),
        pytest.param({"tasks": [task(annotation(OLA))], "total": 1}, id="an answer of the API"),
        pytest.param([{"id": 7, "data": {"text": TEXT}, "completions": [{"id": 1, "result": [OLA]}]}], id="version 0"),
        pytest.param([{"data": {"text": TEXT}, "annotations": [{"result": [OLA]}]}], id="as imported"),
        pytest.param([task(22), {**annotation(OLA), "task": 87}], id="annotations by id"),
        pytest.param({**annotation(OLA), "task": {"id": 87, "data": {"text": TEXT}}}, id="an annotation with its task"),
    ],
)
def test_every_shape_of_file_is_read(tmp_path: Path, content: Any) -> None:
    documents = read(tmp_path, content)
    assert not documents.problems
    assert documents.documents[0].text == TEXT
    assert documents.documents[0].marks == (OLA_MARK,)


def test_an_annotation_whose_task_is_not_there_is_a_problem(tmp_path: Path) -> None:
    documents = read(tmp_path, [task(annotation(OLA)), {**annotation(RUUN), "task": 5}])
    assert [one.marks for one in documents.documents] == [(OLA_MARK,)]
    assert "annotation of task '5', whose text is not in the file" in str(documents.problems[0])


def test_cancelled_drafts_and_tasks_without_annotations_are_not_empty(tmp_path: Path) -> None:
    cancelled = annotation(OLA) | {"was_cancelled": True}
    skipped = {"id": 1, "data": {"text": TEXT}, "completions": [{"id": 3, "skipped": True, "result": []}]}
    documents = read(tmp_path, [task(cancelled, drafts=[{"result": [OLA]}]), skipped, task(number=3), task(22)])
    assert [one.annotated for one in documents.documents] == [False, False, False, False]
    assert documents.notes == {
        "annotations that were cancelled (skipped), left out": 2,
        "drafts that were not submitted, left out": 1,
        "annotations of which the file has only the id, left out": 1,
    }


@pytest.mark.parametrize(
    ("by", "name"),
    [
        (3, "3"),
        ("ida@ruun.example", "ida@ruun.example"),
        ({"id": 3, "email": "ida@ruun.example", "first_name": "Ida"}, "ida@ruun.example"),
        ({"id": 3, "first_name": "Ida", "last_name": "Brun"}, "Ida Brun"),
        ({"id": 3}, "3"),
        (None, "ida@ruun.example, 3"),
    ],
)
def test_annotators_have_the_name_that_the_file_gives(tmp_path: Path, by: Any, name: str) -> None:
    made = annotation(OLA, by=by, created_username=" ida@ruun.example, 3")
    assert only(read(tmp_path, [task(made)])).annotator == name


def test_several_annotators_and_the_ground_truth(tmp_path: Path) -> None:
    truth = annotation(RUUN, by=2, ground_truth=True)
    first, second = read(tmp_path, [task(annotation(OLA), truth)]).documents
    assert [(one.id, one.annotator, one.ground_truth) for one in (first, second)] == [
        ("87", "1", False),
        ("87", "2", True),
    ]
    batch = LABEL_STUDIO.read(Source(path=tmp_path / "project.json"), ReadOptions()) if LABEL_STUDIO.read else None
    assert batch is not None
    (example,) = batch.examples
    assert set(example.readings) == {"1", "2"}
    assert [entity.label for entity in example.gold.layers["entities"]] == ["GPE"]


def test_annotations_that_nobody_signed_are_told_apart(tmp_path: Path) -> None:
    made = [{"id": number, "result": [own]} for number, own in ((4, OLA), (5, RUUN))]
    assert [one.annotator for one in read(tmp_path, [task(*made)]).documents] == ["annotation 4", "annotation 5"]


def test_predictions_are_no_gold(tmp_path: Path) -> None:
    predictions = [
        {"model_version": "v1", "score": 0.7, "result": [{**OLA, "score": 0.75}]},
        {"model_version": "v2", "result": [RUUN]},
    ]
    both = task(annotation(RUUN), predictions=predictions)
    documents = read(tmp_path, [both, task(predictions=predictions[:1], number=88)])
    assert [(one.marks, one.annotated) for one in documents.documents] == [((RUUN_MARK,), True), ((), False)]
    assert documents.notes == {"predictions of models, which are no gold, left out": 3}
    suggested = [one for one in read(tmp_path, [both], predicted=True).documents if one.suggested]
    assert [(one.annotator, one.marks) for one in suggested] == [
        ("v1", (OLA_MARK._replace(score=0.75),)),
        ("v2", (RUUN_MARK,)),
    ]


def test_old_and_resized_regions_count_utf_16_and_new_ones_code_points(tmp_path: Path) -> None:
    old = region("old", 3, 11, "PER", said="Ola Brun")
    broken = region("two", 16, 26, "X")
    resized = region("resized", 17, 27, "X", said="Ruun.\\nShe ")
    documents = read(tmp_path, [task(annotation(old, RUUN, broken, resized))])
    assert only(documents).marks == (
        Mark("old", "PER", (Span(2, 10),)),
        RUUN_MARK,
        Mark("two", "X", (Span(16, 26),)),
        Mark("resized", "X", (Span(16, 26),)),
    )
    assert documents.notes == {"regions counted as UTF-16 code units, repaired as their text proves": 2}


def test_a_region_that_stands_nowhere_is_a_problem_and_the_rest_is_read(tmp_path: Path) -> None:
    documents = read(tmp_path, [task(annotation(OLA, region("x", 0, 4, "PER", said="Odo "), RUUN))])
    assert documents.documents[0].marks == (OLA_MARK, RUUN_MARK)
    (problem,) = documents.problems
    assert "task 87: 'x', region [0, 4) is '🚢 Ol', not 'Odo ', as the file says" in str(problem)


def test_offsets_that_are_stated_are_taken_as_stated(tmp_path: Path) -> None:
    silent = region("r", 3, 11, "PER")
    del silent["value"]["text"]
    documents = read(tmp_path, [task(annotation(silent))])
    assert only(documents).marks[0].spans == (Span(2, 10),)
    assert "taken to count UTF-16 code units" in " ".join(documents.notes)
    assert only(read(tmp_path, [task(annotation(silent))], offsets="utf-16")).marks[0].spans == (Span(2, 10),)


def test_the_door_does_not_convert_what_is_proved(tmp_path: Path) -> None:
    silent = region("r", 3, 11, "PER")
    del silent["value"]["text"]
    path = tmp_path / "project.json"
    path.write_text(json.dumps([task(annotation(silent, by=None))]), "utf-8")
    (example,) = load_dataset(path, read=ReadOptions(offsets="utf-16"))
    assert [entity.spans for entity in example.gold.layers["entities"]] == [(Span(2, 10),)]


def test_a_region_with_text_of_the_page_is_proved(tmp_path: Path) -> None:
    text = "Ola  Brun\n left."
    shown = region("r", 0, 11, "PER", said="Ola Brun", text=text)
    documents = read(tmp_path, [task(annotation(shown), data={"text": text})])
    assert only(documents).marks[0].spans == (Span(0, 11),)
    (note,) = documents.notes
    assert "written as the page shows it" in note


def test_relations_are_links(tmp_path: Path) -> None:
    results = [
        OLA,
        RUUN,
        relation("Qd1j", "fG_2", "left"),
        relation("Qd1j", "fG_2", "of", "from", direction="left"),
        relation("Qd1j", "fG_2", direction="bi"),
        {**relation("Qd1j", "fG_2", "noted"), "notes": "sure?"},
        relation("Qd1j", "nobody", "left"),
    ]
    documents = read(tmp_path, [task(annotation(*results))])
    assert only(documents).links == (
        Link("left", "Qd1j", "fG_2"),
        Link("of", "fG_2", "Qd1j"),
        Link("from", "fG_2", "Qd1j"),
        Link("relation", "Qd1j", "fG_2", {"direction": "bi"}),
        Link("noted", "Qd1j", "fG_2", {"note": "sure?"}),
    )
    assert documents.notes == {"relations to regions that are not there, left out": 1}


def per_region(kind: str, control: str, value: Mapping[str, Any], name: str = "Qd1j", **more: Any) -> dict[str, Any]:
    place = {"start": 2, "end": 10}
    own = {"id": name, "from_name": control, "to_name": "text", "type": kind, "value": {**place, **value}}
    return {**own, "origin": "manual", **more}


def test_results_of_one_id_are_one_region(tmp_path: Path) -> None:
    results = [
        {**OLA, "meta": {"text": ["not sure", "ask Ida"]}},
        per_region("choices", "mention", {"text": "Ola Brun", "choices": ["name"]}),
        per_region("textarea", "link", {"text": ["Q1", "Q2"]}),
        per_region("rating", "sure", {"rating": 4}),
        per_region("taxonomy", "kind", {"taxonomy": [["Person", "Sailor"], ["Person"]]}),
        {
            "id": "z",
            "parentID": "Qd1j",
            "from_name": "role",
            "to_name": "text",
            "type": "choices",
            "value": {"choices": ["a"]},
        },
    ]
    (mark,) = only(read(tmp_path, [task(annotation(*results))])).marks
    assert (mark.id, mark.type, mark.spans) == ("Qd1j", "PER", (Span(2, 10),))
    assert mark.features == {
        "note": "not sure\nask Ida",
        "mention": "name",
        "link": ("Q1", "Q2"),
        "sure": "4",
        "kind": ("Person/Sailor", "Person"),
        "role": "a",
    }


def test_a_region_with_several_labels_is_several_marks(tmp_path: Path) -> None:
    both = region("r", 2, 10, "PER")
    both["value"]["labels"] = ["PER", "ORG"]
    other = per_region("labels", "sentiment", {"text": "Ola Brun", "labels": ["good"]}, name="r")
    marks = only(read(tmp_path, [task(annotation(both, other))])).marks
    assert [(mark.id, mark.type, mark.features) for mark in marks] == [
        ("r", "PER", {"sentiment": "good"}),
        ("r-2", "ORG", {"sentiment": "good"}),
        ("r-3", "good", {"label": ("PER", "ORG")}),
    ]


def test_answers_about_the_whole_text_are_labels(tmp_path: Path) -> None:
    about = {
        "from_name": "topic",
        "to_name": "text",
        "type": "choices",
        "id": "q",
        "value": {"choices": ["sea", "ships"]},
    }
    document = only(read(tmp_path, [task(annotation(OLA, about))]))
    assert document.labels == {"topic": ("sea", "ships")}
    assert document.marks == (OLA_MARK,)


def test_the_tree_of_regions_is_links(tmp_path: Path) -> None:
    document = only(read(tmp_path, [task(annotation(OLA, {**RUUN, "parentID": "Qd1j"}))]))
    assert document.links == (Link("parent", "fG_2", "Qd1j"),)


@pytest.mark.parametrize(
    ("value", "kind", "told"),
    [
        pytest.param(
            {"start": "/div[1]/p[2]/text()[1]", "end": "/div[1]/p[2]/text()[1]", "startOffset": 0, "endOffset": 4,
             "globalOffsets": {"start": 3, "end": 7}, "text": "Ruun", "hypertextlabels": ["GPE"]},
            "hypertextlabels",
            "1 region of HyperText (offsets into HTML) cannot be placed in a text",
            id="HyperText",
        ),
        pytest.param(
            {"start": "0", "end": "0", "startOffset": 0, "endOffset": 4, "text": "Ruun", "paragraphlabels": ["GPE"]},
            "paragraphlabels",
            "1 region of Paragraphs (a dialogue) cannot be placed in a text",
            id="Paragraphs",
        ),
    ],
)  # fmt: skip
def test_places_that_are_no_offsets_of_a_text_are_refused_by_name(
    tmp_path: Path, value: Mapping[str, Any], kind: str, told: str
) -> None:
    other = {"id": "h", "from_name": "l", "to_name": "text", "type": kind, "value": value}
    documents = read(tmp_path, [task(annotation(OLA, other))])
    assert documents.documents[0].marks == (OLA_MARK,)
    assert told in str(documents.problems[0])


def test_what_marks_no_text_is_counted(tmp_path: Path) -> None:
    box = {"x": 1, "y": 2, "width": 3, "height": 4, "rotation": 0, "rectanglelabels": ["Ship"]}
    other = {"id": "b", "from_name": "tag", "to_name": "img", "type": "rectanglelabels", "value": box}
    bare = region("bare", 2, 10, "PER")
    bare["value"]["labels"] = []
    documents = read(tmp_path, [task(annotation(OLA, other, bare, {"id": "n", "type": "labels"}, "no object"))])
    assert only(documents).marks == (OLA_MARK,)
    assert documents.notes == {
        "results of type 'rectanglelabels', which mark no text, left out": 1,
        "regions without a label, left out": 1,
        "results without a value, left out": 1,
        "results that are no objects, left out": 1,
    }


class TestTheText:
    """Which of the data was annotated."""

    def test_the_only_text(self, tmp_path: Path) -> None:
        document = only(read(tmp_path, [task(annotation(OLA), data={"body": TEXT, "number": 4})]))
        assert (document.text, dict(document.article)) == (TEXT, {"number": "4"})

    def test_the_one_that_regions_name(self, tmp_path: Path) -> None:
        named = {**OLA, "to_name": "story"}
        document = only(read(tmp_path, [task(annotation(named), data={"text": "other", "story": TEXT})]))
        assert (document.text, dict(document.article)) == (TEXT, {"text": "other"})

    def test_the_one_that_the_configuration_shows(self, tmp_path: Path) -> None:
        (tmp_path / "project.config.xml").write_text(
            '<View><Labels name="label" toName="text"><Label value="PER"/><Label value="NORP"/></Labels>'
            '<Text name="text" value="$story"/><Choices name="topic" toName="text"><Choice value="sea"/></Choices>'
            "</View>",
            "utf-8",
        )
        document = only(read(tmp_path, [task(annotation(OLA), data={"text": "other", "story": TEXT})]))
        assert document.text == TEXT
        assert document.declared == {"PER", "NORP", "topic"}

    def test_the_one_in_which_the_regions_stand(self, tmp_path: Path) -> None:
        named = {**OLA, "to_name": "t"}
        data = {"title": "Ola Brun left again", "story": TEXT}
        document = only(read(tmp_path, [task(annotation(named), data=data)]))
        assert (document.text, dict(document.article)) == (TEXT, {"title": "Ola Brun left again"})

    def test_the_one_that_is_named(self, tmp_path: Path) -> None:
        tasks = [task(data={"a": "one", "b": "two"})]
        with pytest.raises(FormatError, match=r"several texts in their data \('a', 'b'\); name the one .* --text-key"):
            read(tmp_path, tasks)
        assert only(read(tmp_path, tasks, values={"text_key": "b"})).text == "two"

    def test_an_address_is_no_text(self, tmp_path: Path) -> None:
        documents = read(tmp_path, [task(annotation(OLA), data={"text": "s3://bucket/one.txt"})])
        assert "holds the address 's3://bucket/one.txt' in place of a text" in str(documents.problems[0])

    def test_a_configuration_that_is_none(self, tmp_path: Path) -> None:
        beside = tmp_path / "project.config.xml"
        for content, told in (("<View", "not valid XML"), ("<a/>", "found <a>"), ("<!DOCTYPE a><a/>", "DOCTYPE")):
            beside.write_text(content, "utf-8")
            with pytest.raises(FormatError, match=told):
                read(tmp_path, [task()])
        beside.rename(tmp_path / "config.xml")
        # One that only may be the configuration is left alone.
        assert only(read(tmp_path, [task(annotation(OLA))])).text == TEXT


def minimal(**more: Any) -> dict[str, Any]:
    """A row of JSON-MIN as it is exported."""
    return {
        "text": TEXT,
        "source": "Ruun Post",
        "id": 87,
        "label": [
            {"start": 2, "end": 10, "text": "Ola Brun", "labels": ["PER"]},
            {"start": 17, "end": 21, "text": "Ruun", "labels": ["GPE"]},
        ],
        "mention": [{"start": 2, "end": 10, "text": "Ola Brun", "choices": ["name"]}],
        "topic": "sea",
        "annotator": 1,
        "annotation_id": 22,
        "created_at": "2025-01-30T02:40:43.893565Z",
        "updated_at": "2025-01-30T02:40:43.893578Z",
        "lead_time": 8.65,
        **more,
    }


def test_json_min_is_read(tmp_path: Path) -> None:
    documents = read(tmp_path, [minimal(), minimal(annotator="ida@ruun.example", annotation_id=23)])
    first, second = documents.documents
    assert (first.id, first.annotator, second.id, second.annotator) == ("87", "1", "87", "ida@ruun.example")
    assert dict(first.article) == {"source": "Ruun Post"}
    assert first.labels == {"topic": ("sea",)}
    assert first.marks == (Mark("r1", "PER", (Span(2, 10),), {"mention": "name"}), Mark("r2", "GPE", (Span(16, 20),)))
    assert "JSON-MIN, which has no relations" in "".join(documents.notes)


def test_json_min_without_annotations_of_a_layer(tmp_path: Path) -> None:
    row = minimal()
    del row["label"], row["mention"], row["topic"]
    document = only(read(tmp_path, [row]))
    assert (document.marks, document.labels, document.annotated) == ((), {}, True)


@pytest.mark.parametrize(
    ("content", "sure"),
    [
        pytest.param([task(annotation(OLA))], True, id="JSON"),
        pytest.param([minimal()], True, id="JSON-MIN"),
        pytest.param(task(annotation(OLA)), True, id="one task"),
        pytest.param([{"data": {"text": TEXT}}], True, id="to import"),
        pytest.param({**annotation(OLA), "task": 4}, True, id="an annotation"),
        pytest.param([{"id": "a", "text": TEXT, "entities": []}], False, id="native"),
        pytest.param([{"id": "a", "text": TEXT, "metadata": {"data": "x"}}], False, id="metadata"),
        pytest.param({"%TYPES": {}}, False, id="CAS"),
    ],
)
def test_it_knows_its_files(tmp_path: Path, content: Any, sure: bool) -> None:
    assert (LABEL_STUDIO.certainty(tmp_path / "a.json", json.dumps(content).encode()) > 0.9) is sure


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[",
        "[1, 2]",
        "null",
        "{}",
        "[[]]",
        '{"data": 4}',
        '{"data": {"text": "x"}, "data": {"text": "y"}}',
        '[{"data": {"text": "x"}, "annotations": {"a": 1}}]',
        '[{"data": {"text": 4}, "annotations": [{"result": 4}]}]',
        '[{"data": {"text": "x"}, "annotations": [{"result": [{"type": [], "value": {"start": [], "end": {}}}]}]}]',
        '[{"data": {"text": "x"}, "annotations": [{"result": [{"id": {}, "value": {"start": 0, "labels": [{}]}}]}]}]',
        '[{"data": {}, "meta": 3, "id": {}}]',
        '[{"annotation_id": 1, "annotator": {}, "label": [{"start": 1}]}]',
    ],
)
def test_any_damage_is_told_and_nothing_crashes(tmp_path: Path, content: str) -> None:
    told = ""
    try:
        documents = read(tmp_path, content)
    except FormatError as error:
        told = str(error)
    else:
        told = " ".join([*map(str, documents.problems), *documents.notes])
    assert told or content == "" or "annotations" in content


JUNK = (None, 1, -1, 10**30, 1.5, "", "x", "3", [], {}, [[]], [None], {"a": 1}, True, "/p[1]")


def places_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to each value that a value holds."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, own in inside for place in places_in(own, (*path, key)))]


def test_whatever_stands_anywhere_in_an_export_it_is_read_or_refused(tmp_path: Path) -> None:
    rng = random.Random(4)
    about = {"id": "q", "from_name": "topic", "type": "choices", "value": {"choices": ["sea", ["a", "b"]]}}
    noted = {**OLA, "meta": {"text": ["x"]}, "score": 0.5, "parentID": "fG_2"}
    whole = task(annotation(noted, RUUN, relation("Qd1j", "fG_2", "l"), about), predictions=[{"result": [OLA]}])
    rows = json.dumps([whole, minimal(), {**annotation(OLA), "task": 87}, task(annotation(OLA), number=9)])
    for _ in range(600):
        content = json.loads(rows)
        for _ in range(rng.choice((1, 1, 2, 3))):
            *way, last = rng.choice(places_in(content)[1:])
            inside = content
            for key in way:
                inside = inside[key]
            if isinstance(inside, dict) and rng.random() < 0.2:
                del inside[last]
            else:
                inside[last] = rng.choice(JUNK)
        for predicted in (False, True):
            with suppress(FormatError):
                read(tmp_path, content, predicted=predicted)


TITLE_AND_BODY = {"body": "Ola left Ruun.", "title": "Ola at sea"}


def in_text(name: str, key: str, start: int, end: int, **more: Any) -> dict[str, Any]:
    return region(name, start, end, "PER", text=TITLE_AND_BODY[key], to_name=key, **more)


@pytest.mark.parametrize(("asked", "read_as"), [({}, "title"), ({"text_key": "body"}, "body")])
def test_a_region_belongs_to_the_text_that_it_lies_in(tmp_path: Path, asked: dict[str, str], read_as: str) -> None:
    there = {"title": in_text("t", "title", 0, 3), "body": in_text("b", "body", 0, 3)}
    untold = in_text("t2", "title", 0, 3)
    del untold["value"]["text"]
    content = task(annotation(there["body"], there["title"], untold), data=TITLE_AND_BODY)
    document = only(documents := read(tmp_path, content, values=asked))
    assert document.text == TITLE_AND_BODY[read_as]
    assert [mark.id for mark in document.marks] == {"title": ["t", "t2"], "body": ["b"]}[read_as]
    other, number = ("body", 1) if read_as == "title" else ("title", 2)
    assert documents.notes == {
        f"regions in {other!r}, left out, as {read_as!r} is read: the other text is read with --text-key": number
    }


def test_the_configuration_says_which_text_a_name_is(tmp_path: Path) -> None:
    (tmp_path / "project.config.xml").write_text(
        '<View><Text name="a" value="$title"/><Text name="b" value="$body"/><Labels name="of_title" toName="a"/></View>'
    )
    results = [in_text("t", "title", 0, 3) | {"to_name": "a"}, *(in_text(f"b{n}", "body", 0, 3) for n in "12")]
    results = [one | {"to_name": "b"} if one["id"] != "t" else one for one in results]
    document = only(read(tmp_path, task(annotation(*results), data=TITLE_AND_BODY)))
    assert (document.text, [mark.id for mark in document.marks]) == (TITLE_AND_BODY["body"], ["b1", "b2"])
    # JSON-MIN names the control only.
    places = [{"start": 0, "end": 3, "text": "Ola", "labels": ["PER"]}]
    row = {**TITLE_AND_BODY, "id": 1, "of_title": places, "label": places, "annotator": 1, "annotation_id": 1}
    documents = read(tmp_path, [row | {"lead_time": 1.5}], values={"text_key": "body"})
    assert len(only(documents).marks) == sum(documents.notes.values()) == 1


def test_names_that_nothing_explains_are_told_by_what_stands_there(tmp_path: Path) -> None:
    results = [in_text("t", "title", 4, 10) | {"to_name": "x"}, in_text("b", "body", 9, 13) | {"to_name": "y"}]
    document = only(read(tmp_path, task(annotation(*results), data=TITLE_AND_BODY), values={"text_key": "body"}))
    assert [mark.id for mark in document.marks] == ["b"]
    # A name for itself is that of the text.
    document = only(read(tmp_path, task(annotation(results[1]), data=TITLE_AND_BODY), values={"text_key": "body"}))
    assert [mark.id for mark in document.marks] == ["b"]


def test_texts_with_as_many_regions_are_refused(tmp_path: Path) -> None:
    content = task(annotation(in_text("t", "title", 0, 3), in_text("b", "body", 9, 13)), data=TITLE_AND_BODY)
    with pytest.raises(FormatError, match=r"in several texts, in none the most: 'body' \(1\) and 'title' \(1\); name"):
        read(tmp_path, content)


def test_a_text_that_stands_right_in_two_units_is_noted(tmp_path: Path) -> None:
    text = "😀😀 ababab"
    documents = read(tmp_path, task(annotation(region("f", 5, 7, "X", text=text)), data={"text": text}))
    assert only(documents).marks[0].spans == (Span(5, 7),)
    assert ["taken to count code points" in note for note in documents.notes] == [True]


def test_a_ground_truth_without_an_id_is_the_gold_and_no_annotator(tmp_path: Path) -> None:
    made = [{"result": [OLA], "ground_truth": True}, {"result": [RUUN]}, {"result": []}]
    found = read(tmp_path, [task(*made)]).documents
    assert [(one.annotator, one.ground_truth) for one in found] == [
        ("", True),
        ("annotation 2", False),
        ("annotation 3", False),
    ]


def test_one_id_at_many_places_takes_no_longer(tmp_path: Path) -> None:
    regions = [region("same", number, number + 1, "PER", said="x") for number in range(4000)]
    started = time.monotonic()
    document = only(read(tmp_path, [task(annotation(*regions), data={"text": "x" * 4000})]))
    assert time.monotonic() - started < 5
    assert [len(document.marks), len({mark.id for mark in document.marks})] == [4000, 4000]


@pytest.mark.parametrize(
    ("text", "said", "note"),
    [
        pytest.param("in\xa0 Oslo\xa0now", "in  Oslo now", "", id="blanks"),
        pytest.param("Eins\r\nin Oslo", "Eins\\nin Oslo", "with LF for CR LF", id="line ends, escaped"),
        pytest.param("Eins\r\nin Oslo", "Eins\nin Oslo", "with LF for CR LF", id="line ends"),
    ],
)
def test_blanks_and_line_ends_are_taken_as_the_page_writes_them(
    tmp_path: Path, text: str, said: str, note: str
) -> None:
    marked = region("i", 0, len(text), "S", said=said, text=text)
    documents = read(tmp_path, task(annotation(marked), data={"text": text}))
    assert only(documents).marks[0].spans == (Span(0, len(text)),)
    assert [note in told for told in documents.notes] == [True] * bool(note)
