"""Web annotations of the W3C over texts that lie beside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evalkit.formats.attribution.webannotation import webannotation_certainty, webannotation_documents
from evalkit.formats.base import Source
from evalkit.formats.standoff.document import Documents, Link
from evalkit.formats.table import load_format
from evalkit.options import ReadOptions
from evalkit.records import Span

TEXT = "😀 Ida Moen left Ruun. Ida stayed away."


def annotation(selector: Any, *bodies: dict[str, Any], source: str | None = "ruun.txt", **more: Any) -> dict[str, Any]:
    target: dict[str, Any] = {"selector": selector}
    if source is not None:
        target["source"] = source
    return {
        "@context": "http://www.w3.org/ns/anno.jsonld",
        "type": "Annotation",
        "body": list(bodies),
        "target": target,
    } | more


def position(start: int, end: int) -> dict[str, Any]:
    return {"type": "TextPositionSelector", "start": start, "end": end}


def quote(exact: str, prefix: str = "", suffix: str = "") -> dict[str, Any]:
    return {"type": "TextQuoteSelector", "exact": exact, "prefix": prefix, "suffix": suffix}


def tag(value: str, purpose: str = "tagging") -> dict[str, Any]:
    return {"type": "TextualBody", "purpose": purpose, "value": value}


def read(folder: Path, value: Any) -> Documents:
    (folder / "ruun.txt").write_text(TEXT, encoding="utf-8")
    (folder / "ruun.json").write_text(json.dumps(value), encoding="utf-8")
    return webannotation_documents(Source(path=folder / "ruun.json"), ReadOptions())


@pytest.mark.parametrize(
    ("selector", "spans"),
    [
        pytest.param(position(2, 10), (Span(2, 10),), id="a position"),
        pytest.param([quote("Ida Moen"), position(2, 10)], (Span(2, 10),), id="both"),
        pytest.param([position(3, 11), quote("Ida Moen")], (Span(2, 10),), id="counted in UTF-16, as the quote proves"),
        pytest.param(quote("Ida", suffix=" stayed"), (Span(22, 25),), id="what follows"),
        pytest.param(quote("Ida", prefix="😀 "), (Span(2, 5),), id="what stands before"),
        pytest.param(
            {"type": "XPathSelector", "value": "/p", "refinedBy": position(2, 10)}, (Span(2, 10),), id="refined"
        ),
    ],
)
def test_selectors(tmp_path: Path, selector: Any, spans: tuple[Span, ...]) -> None:
    found = read(tmp_path, [annotation(selector, tag("PER"))])
    assert found.problems == ()
    (mark,) = found.documents[0].marks
    assert (found.documents[0].id, mark.type, mark.spans) == ("ruun", "PER", spans)


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        pytest.param(quote("Ida"), "'Ida' stands at several places", id="several"),
        pytest.param(quote("Bo"), "'Bo' does not stand in the text", id="nowhere"),
        pytest.param([position(2, 10), quote("Bo Moen")], "it stands nowhere in the text", id="another text"),
        pytest.param(position(2, 99), "ends after the text", id="too far"),
    ],
)
def test_what_cannot_be_proved_is_refused(tmp_path: Path, selector: Any, expected: str) -> None:
    found = read(tmp_path, [annotation(selector, tag("PER")), annotation(position(16, 20), tag("LOC"))])
    (problem,) = found.problems
    assert expected in str(problem)
    assert "ruun.json[0]" in str(problem)
    assert [mark.type for mark in found.documents[0].marks] == ["LOC"]


def test_bodies(tmp_path: Path) -> None:
    bodies = (
        tag("person"),
        tag("politician"),
        tag("PER", "classifying"),
        tag("who is it?", "commenting"),
        {"type": "SpecificResource", "purpose": "identifying", "source": "http://kb/Q1"},
    )
    found = read(tmp_path, [annotation(position(2, 10), *bodies, id="#a", creator={"name": "Bo"})])
    (mark,) = found.documents[0].marks
    assert (mark.id, mark.type) == ("a", "PER")
    assert dict(mark.features) == {
        "tags": ("PER", "person", "politician"),
        "note": "who is it?",
        "link": "http://kb/Q1",
        "creator": "Bo",
    }
    form = load_format("webannotation")
    assert form.read is not None
    (entity,) = form.read(Source(path=tmp_path / "ruun.json"), ReadOptions()).examples[0].gold.entities
    assert (entity.label, entity.link) == ("PER", "http://kb/Q1")


@pytest.mark.parametrize("around", ["items", "first", "@graph", "lines"])
def test_collections(tmp_path: Path, around: str) -> None:
    ones = [annotation(position(2, 10), tag("PER")), annotation(position(16, 20), tag("LOC"))]
    if around == "lines":
        (tmp_path / "ruun.txt").write_text(TEXT, encoding="utf-8")
        (tmp_path / "ruun.jsonl").write_text("\n".join(map(json.dumps, ones)))
        found = webannotation_documents(Source(path=tmp_path / "ruun.jsonl"), ReadOptions())
    else:
        found = read(tmp_path, {"type": "AnnotationPage", around: {"items": ones} if around == "first" else ones})
    assert [mark.type for mark in found.documents[0].marks] == ["PER", "LOC"]


def test_relations_and_what_is_about_no_text(tmp_path: Path) -> None:
    ones = [
        annotation(position(2, 10), tag("PER"), id="#a"),
        annotation(position(16, 20), tag("LOC"), id="#b"),
        {"type": "Annotation", "motivation": "linking", "body": [tag("left")], "target": [{"id": "#a"}, {"id": "#b"}]},
        {"type": "Annotation", "body": "x", "target": "http://example.org/image.png"},
    ]
    found = read(tmp_path, ones)
    assert found.documents[0].links == (Link("left", "a", "b", {}),)
    assert found.notes["annotations of no stretch of a text, left out"] == 1
    assert read(tmp_path, [ones[0], ones[2]]).notes["links between annotations that are not there, left out"] == 1


@pytest.mark.parametrize("source", [None, "http://example.org/news/ruun.txt?x=1", "../../ruun.txt", "ruun"])
def test_the_text_lies_beside(tmp_path: Path, source: str | None) -> None:
    found = read(tmp_path, [annotation(position(2, 10), tag("PER"), source=source)])
    assert found.documents[0].text == TEXT


def test_a_text_that_is_not_there(tmp_path: Path) -> None:
    ones = [annotation(position(0, 1), source="/etc/passwd"), annotation(position(2, 10), source="ruun.txt")]
    found = read(tmp_path, ones)
    assert "no text for '/etc/passwd'; put it beside, as passwd.txt" in str(found.problems[0])
    assert [one.id for one in found.documents] == ["ruun"]


def test_sniffing(tmp_path: Path) -> None:
    head = json.dumps([annotation(position(0, 1))]).encode()
    assert webannotation_certainty(tmp_path / "a.json", head) > 0.9
    assert webannotation_certainty(tmp_path / "a.json", b'[{"id": "a", "text": "b"}]') == 0
    broken = webannotation_documents
    (tmp_path / "ruun.json").write_text("{")
    assert "not valid JSON" in str(broken(Source(path=tmp_path / "ruun.json"), ReadOptions()).problems[0])


def test_links_between_texts_and_to_nothing_are_told_apart(tmp_path: Path) -> None:
    def mark(name: str, source: str) -> dict[str, object]:
        selector = {"type": "TextPositionSelector", "start": 0, "end": 3}
        return {"id": name, "type": "Annotation", "target": {"source": source, "selector": selector}}

    def link(*ends: str) -> dict[str, object]:
        return {"id": "#l", "type": "Annotation", "motivation": "linking", "target": [*ends]}

    for name in ("x.txt", "y.txt"):
        (tmp_path / name).write_text("Ida", encoding="utf-8")
    ones = [mark("#a", "x.txt"), mark("#b", "y.txt"), link("#a", "#b"), link("#a", "#zzz")]
    (tmp_path / "w.json").write_text(json.dumps(ones), encoding="utf-8")
    found = webannotation_documents(Source(path=tmp_path / "w.json"), ReadOptions())
    assert [number for note, number in found.notes.items() if note.startswith("links between annotations of two")] == [
        1
    ]
    assert [number for note, number in found.notes.items() if note.startswith("links between annotations that")] == [1]
