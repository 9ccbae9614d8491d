"""What is written for Label Studio is read as it was, and its configuration knows all that is in the tasks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalkit.dataset.loading.load import load_dataset
from evalkit.dataset.making.convert import convert_dataset
from evalkit.errors import OutputError
from evalkit.formats.base import Source
from evalkit.formats.labelstudio.documents import read_documents
from evalkit.formats.labelstudio.writing import write_documents
from evalkit.formats.standoff.document import Document, Link, Mark
from evalkit.options import ReadOptions
from evalkit.records import Span

WORDS = (
    "Ola",
    "Brun",
    "Zoë",
    "Zoe\u0308",
    "🚢",
    "👩\u200d🚀",
    "דוד",
    "مريم",
    "東京",
    "a",
    "\\n",
    "“Nie”",
    "<b>&",
    "=1+1",
)
GAPS = (" ", "  ", "\n", "\r\n", "\n\n", "\t", "\u00a0")
NAMES = ("PER", "Quote", "a label", "label", "text", "<&\"'>", "zu\nsätzlich")

texts = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(GAPS)), min_size=1, max_size=12).map(
    lambda pairs: "".join(word + gap for word, gap in pairs)
)
features = st.dictionaries(
    st.sampled_from(("note", "kind", "entity_id", "stance")),
    st.sampled_from(("", "x", "two words", "Zoë 🚢")),
    max_size=2,
) | st.just({"aliases": ("one", "two"), "holder": "author"})


@st.composite
def spans(draw: st.DrawFn, text: str, most: int) -> tuple[Span, ...]:
    """Stretches of a text in their order: nested in others, crossing them, in several pieces."""
    cuts = draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=2 * most, unique=True).map(sorted))
    return tuple(Span(start, end) for start, end in zip(cuts[::2], cuts[1::2], strict=False))


@st.composite
def documents(draw: st.DrawFn, name: str) -> Document:
    text = draw(texts)
    marks = []
    for number in range(draw(st.integers(0, 6))):
        placeless = draw(st.integers(0, 7)) == 0
        score = draw(st.none() | st.just(0.25))
        marks.append(
            Mark(
                f"m{number}",
                draw(st.sampled_from(NAMES)),
                () if placeless else draw(spans(text, 3)),
                draw(features),
                None if placeless else score,
            )
        )
    links = []
    if len(marks) > 1:
        for _ in range(draw(st.integers(0, 3))):
            source, target = draw(st.permutations([mark.id for mark in marks]))[:2]
            own = draw(st.sampled_from(({}, {"note": "why"}, {"how": "so"})))
            links.append(Link(draw(st.sampled_from(("Speaker", "<a&b>", "relation"))), source, target, own))
    labels = draw(st.dictionaries(st.sampled_from(("topic", "label", "text")), st.just(("sea", "<ships>")), max_size=2))
    return Document(
        id=name,
        text=text,
        marks=tuple(marks),
        links=tuple(links),
        labels=labels,
        article=draw(
            st.sampled_from(({}, {"title": "Ship", "source": "Post"}, {"scope": {"layers": []}, "text": "x"}))
        ),
        split=draw(st.sampled_from((None, "test"))),
        declared=draw(st.sampled_from((frozenset(), frozenset({"*"}), frozenset({"PER", "NORP"})))),
    )


def there_and_back(path: Path, given_documents: list[Document], **options: Any) -> list[Document]:
    write_documents(given_documents, path, ReadOptions())
    read = read_documents(Source(path=path, **options), ReadOptions())
    assert not read.problems
    assert not read.notes or options or any(one.suggested for one in given_documents)
    # What could have been marked stands in the configuration, too.
    return [replace(one, where="", declared=frozenset()) for one in read.documents]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=documents("a"), second=documents("b/ü"))
def test_reading_what_was_written_gives_the_same(tmp_path: Path, first: Document, second: Document) -> None:
    path = tmp_path / "gold.json"
    back = there_and_back(path, [first, second])
    expected = [replace(one, declared=frozenset()) for one in (first, second)]
    # Marks without a place come after the others.
    expected = [replace(one, marks=tuple(sorted(one.marks, key=lambda mark: not mark.spans))) for one in expected]
    assert back == expected
    written = path.read_bytes()
    write_documents([first, second], path, ReadOptions())
    assert path.read_bytes() == written


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=documents("a"))
def test_the_configuration_names_all_that_the_tasks_use(tmp_path: Path, one: Document) -> None:
    path = tmp_path / "gold.json"
    write_documents([one], path, ReadOptions())
    root = ElementTree.fromstring((tmp_path / "gold.config.xml").read_text("utf-8"))
    controls = {element.get("name"): element for element in root.iter() if element.get("toName")}
    names = [element.get("name") for element in root.iter() if element.get("name")]
    assert len(set(names)) == len(names)
    texts = {element.get("name"): element.get("value") for element in root.iter("Text")}
    relations = {element.get("value") for element in root.iter("Relation")}
    for task in json.loads(path.read_text("utf-8")):
        for result in task["annotations"][0]["result"]:
            if result["type"] == "relation":
                assert set(result["labels"]) <= relations
                continue
            control = controls[result["from_name"]]
            assert control.tag.lower() == result["type"]
            assert control.get("toName") == result["to_name"]
            assert texts[result["to_name"]] == "$text"
            if result["type"] != "textarea":
                answers = {child.get("value") for child in control}
                assert set(result["value"][result["type"]]) <= answers


def test_readings_and_suggestions(tmp_path: Path) -> None:
    mark = Mark("e1", "PER", (Span(0, 3),), {}, 0.5)
    plain = {"id": "a", "text": "Ola left.", "marks": (mark,)}
    written = [
        Document(**plain, annotator="ida"),
        Document(**plain, annotator="odo", ground_truth=True),
        Document(**plain, annotator="ner-base", suggested=True),
        Document(id="b", text="Nobody.", annotated=False),
    ]
    back = there_and_back(tmp_path / "gold.json", written, predicted=True)
    assert sorted(back, key=lambda one: (one.id, one.suggested, one.annotator)) == written
    tasks = json.loads((tmp_path / "gold.json").read_text("utf-8"))
    assert [len(task["annotations"]) for task in tasks] == [2, 0]
    # Nobody of these names is a user of the project.
    assert not any("completed_by" in annotation for task in tasks for annotation in task["annotations"])
    assert tasks[0]["predictions"][0]["model_version"] == "ner-base"
    assert tasks[0]["predictions"][0]["score"] == 0.5


def test_gold_goes_to_label_studio_and_comes_back(tmp_path: Path) -> None:
    row = {
        "id": "a",
        "title": "Ferry",
        "text": "🚢 Ola Brun said “Never\nagain,” and “no”.",
        "entities": [{"id": "e1", "start": 2, "end": 10, "label": "PER", "entity_id": "ola"}],
        "quotes": [
            {
                "id": "q1",
                "kind": "direct",
                "content": [{"start": 17, "end": 30}, {"start": 35, "end": 39}],
                "cue": [{"start": 11, "end": 15}],
                "speaker": {"start": 2, "end": 10},
                "speaker_id": "ola",
            }
        ],
        "stances": [{"id": "s1", "holder": "author", "target": "topic:ferries", "label": "against", "evidence": []}],
    }
    gold = tmp_path / "gold.jsonl"
    gold.write_text(json.dumps(row) + "\n", "utf-8")
    out = tmp_path / "there.json"
    conversion = convert_dataset(gold, out, to="labelstudio")
    assert not str(conversion.losses)
    assert conversion.losses.written == {"entities": 1, "quotes": 1, "stances": 1}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gold.jsonl", "there.config.xml", "there.json"]
    assert load_dataset(out).examples == load_dataset(gold).examples


def test_a_configuration_of_something_else_is_not_overwritten(tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"id": "a", "text": "Ola left.", "entities": []}\n', "utf-8")
    (tmp_path / "there.config.xml").write_text("<View/>", "utf-8")
    with pytest.raises(OutputError, match=r"there\.config\.xml: exists already"):
        convert_dataset(gold, tmp_path / "there.json", to="labelstudio")
    assert not (tmp_path / "there.json").exists()
