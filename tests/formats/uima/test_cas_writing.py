"""What is written as a CAS is read as it was, and in the shape that INCEpTION imports."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.dataset.loading.load import load_dataset
from evalkit.dataset.making.convert import convert_dataset
from evalkit.errors import FormatError
from evalkit.formats.base import Batch, Source
from evalkit.formats.standoff.document import Document, Link, Mark
from evalkit.formats.table import load_format
from evalkit.formats.uima.files import JSON, XMI, CasFiles
from evalkit.formats.uima.writing import write_json, write_xmi
from evalkit.options import ReadOptions
from evalkit.records import Annotations, Article, Entity, Example, Span

Writer = Callable[[Sequence[Document], Path, ReadOptions], None]
WAYS: list[tuple[Writer, CasFiles, str]] = [(write_xmi, XMI, ""), (write_xmi, XMI, ".zip"), (write_json, JSON, "")]

TEXT = 'Zoë 😀 said:\r\n“שלום” e\u0301 & <b>\t"x".\nEnd'


def there_and_back(way: tuple[Writer, CasFiles, str], documents: Sequence[Document]) -> list[Document]:
    write, files, ending = way
    with TemporaryDirectory() as folder:
        target = Path(folder) / f"out{ending}"
        write(documents, target, ReadOptions())
        found = files.documents(Source(path=target), ReadOptions())
    assert [str(one) for one in found.problems] == []
    assert found.notes == {}
    return list(found.documents)


def plain(document: Document) -> tuple[object, ...]:
    """A document without the ids that a CAS gives."""
    marks = {mark.id: (mark.type, mark.spans, sorted(mark.features.items()), mark.score) for mark in document.marks}
    order = sorted(marks, key=lambda one: str(marks[one]))
    numbers = {name: number for number, name in enumerate(order)}
    links = sorted(
        (link.type, numbers[link.source], numbers[link.target], str(sorted(link.features.items())))
        for link in document.links
    )
    return (document.id, document.text, [marks[one] for one in order], links, document.labels, document.article)


letters = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), min_size=1, max_size=8)
"""Values of features; a character that XML cannot hold is another test's."""
sound = letters.filter(lambda text: all(one in "\t\n\r" or " " <= one < "\ufffe" or one > "\uffff" for one in text))
texts = st.lists(
    st.sampled_from([*"ab \n\t&<\"'", "\r\n", "\r", "é", "e\u0301", "😀", "𝔘", "שלום", "\u200d", "\u00a0"]), min_size=1
)
names = st.sampled_from(["Quote", "Cue", "NamedEntity", "Stance", "PER", "self"])


@st.composite
def documents(draw: st.DrawFn) -> Document:
    text = "".join(draw(texts))
    places = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).filter(lambda pair: pair[0] != pair[1])
    marks = []
    for number in range(draw(st.integers(0, 5))):
        spans = () if draw(st.booleans()) and number % 2 else (Span(*sorted(draw(places))),)
        features = draw(st.dictionaries(st.sampled_from(["value", "kind", "type", "self"]), sound, max_size=2))
        several = draw(st.lists(sound, min_size=1, max_size=3))
        if draw(st.booleans()):
            features |= {"aliases": tuple(several)}
        score = draw(st.none() | st.floats(0, 1))
        # Values alike would leave nothing to tell the marks apart by.
        marks.append(Mark(f"m{number}", draw(names), spans, {**features, "n": str(number)}, score))
    links = []
    if marks:
        ends = st.sampled_from([mark.id for mark in marks])
        for _ in range(draw(st.integers(0, 4))):
            features = draw(st.dictionaries(st.sampled_from(["label", "note"]), sound, max_size=1))
            links.append(
                Link(
                    draw(st.sampled_from(["Cue", "Speaker", "ARG-0", "supports", "value"])),
                    draw(ends),
                    draw(ends),
                    features,
                )
            )
    labels = draw(st.dictionaries(sound, st.lists(sound, min_size=1, max_size=2).map(tuple), max_size=2))
    article = draw(st.dictionaries(st.sampled_from(["title", "source", "desk"]), sound, max_size=2))
    return Document(id="a", text=text, marks=tuple(marks), links=tuple(links), labels=labels, article=article)


@pytest.mark.parametrize("way", WAYS, ids=["xmi", "zip", "json"])
@settings(max_examples=15, deadline=None)
@given(document=documents())
def test_what_was_written_is_read(way: tuple[Writer, CasFiles, str], document: Document) -> None:
    (back,) = there_and_back(way, [document])
    assert plain(back) == plain(document)


@pytest.mark.parametrize("way", WAYS, ids=["xmi", "zip", "json"])
def test_offsets_in_the_file_are_utf16_and_line_ends_are_kept(
    way: tuple[Writer, CasFiles, str], tmp_path: Path
) -> None:
    start = TEXT.index("שלום")
    document = Document(id="a", text=TEXT, marks=(Mark("m", "PER", (Span(start, start + 4),)),))
    write, _, ending = way
    target = tmp_path / f"out{ending}"
    write([document], target, ReadOptions())
    if ending:
        content = zipfile.ZipFile(target).read("a.xmi").decode()
    else:
        content = next(target.glob("a.*")).read_bytes().decode()
    # The emoji before it counts twice.
    begin = f'begin="{start + 1}"' if write is write_xmi else f'"begin": {start + 1}'
    assert begin in content
    assert there_and_back(way, [document])[0].text == TEXT


@pytest.mark.parametrize("way", WAYS, ids=["xmi", "zip", "json"])
def test_the_same_input_gives_the_same_bytes(way: tuple[Writer, CasFiles, str], tmp_path: Path) -> None:
    write, _, ending = way
    marks = tuple(Mark(str(number), "Quote", (Span(number, 9),), {"b": "1", "a": "2"}) for number in range(4))
    links = (Link("Cue", "0", "1"), Link("Cue", "0", "2"), Link("x", "3", "0", {"y": "z"}))
    written = [Document(id=name, text=TEXT, marks=marks, links=links) for name in "ab"]
    contents = []
    for turn in ("one", "two"):
        target = tmp_path / f"{turn}{ending}"
        write(written, target, ReadOptions())
        files = [target] if ending else sorted(target.rglob("*.*"))
        contents.append([file.read_bytes() for file in files])
    assert contents[0] == contents[1]


@pytest.mark.parametrize("way", WAYS, ids=["xmi", "zip", "json"])
def test_layers_that_could_have_been_used_travel(way: tuple[Writer, CasFiles, str]) -> None:
    used = Document(id="a", text="abc", marks=(Mark("m", "Quote", (Span(0, 1),)),), declared=frozenset({"Stance", "*"}))
    bare = Document(id="b", text="abc", declared=frozenset({"NamedEntity"}))
    none = Document(id="c", text="abc")
    declared = [set(one.declared) for one in there_and_back(way, [used, bare, none])]
    # A type of one document is no layer of another.
    assert declared == [{"Quote", "Stance"}, {"NamedEntity"}, set()]


@pytest.mark.parametrize("way", WAYS, ids=["xmi", "zip", "json"])
def test_readings_lie_as_in_a_project(way: tuple[Writer, CasFiles, str], tmp_path: Path) -> None:
    write, _, ending = way
    mark = Mark("m", "PER", (Span(0, 1),))
    read = [
        Document(id="a", text="abc", annotator="anna", split="dev"),
        Document(id="a", text="abc", marks=(mark,), annotator="bo", split="dev"),
        Document(id="a", text="abc", marks=(mark,), ground_truth=True, split="dev"),
        Document(id="b", text="abc", annotator="anna", split="test"),
    ]
    if not ending:
        write(read, tmp_path / "out", ReadOptions())
        suffix = ".xmi" if write is write_xmi else ".json"
        assert sorted(
            file.relative_to(tmp_path / "out").as_posix() for file in (tmp_path / "out").rglob(f"*{suffix}")
        ) == [
            f"dev/annotation/a/anna{suffix}",
            f"dev/annotation/a/bo{suffix}",
            f"dev/curation/a/CURATION_USER{suffix}",
            f"test/annotation/b/anna{suffix}",
        ]
        back = there_and_back(way, read)
        assert [(one.id, one.annotator, one.ground_truth, one.split) for one in back] == [
            ("a", "anna", False, "dev"),
            ("a", "bo", False, "dev"),
            ("a", "", True, "dev"),
            ("b", "anna", False, "test"),
        ]


@pytest.mark.parametrize("form", ["xmi", "casjson"])
def test_a_reading_that_is_the_gold_stays_that_of_its_annotator(form: str, tmp_path: Path) -> None:
    own = {"entities": [{"spans": [[0, 3]], "label": "PER"}]}
    for name, readings in (("one", {"anna": own}), ("two", {"anna": own, "bo": {"entities": []}})):
        row = {"id": "a", "text": "Ida left.", **own, "readings": readings}
        source = tmp_path / f"{form}-{name}.jsonl"
        source.write_text(json.dumps(row), encoding="utf-8")
        convert_dataset(source, tmp_path / f"{form}-{name}", to=form)
        (example,) = load_dataset(tmp_path / f"{form}-{name}", split="all")
        assert [entity.label for entity in example.gold.entities] == ["PER"]
        assert {who: len(said.entities) for who, said in example.readings.items()} == {
            who: len(said["entities"]) for who, said in readings.items()
        }


class TestRefused:
    def test_characters_that_xml_cannot_hold(self, tmp_path: Path) -> None:
        document = Document(id="a", text="a\x0bb")
        with pytest.raises(FormatError, match=r"article 'a': the character '\\x0b' at 1 of .* casjson"):
            write_xmi([document], tmp_path / "out", ReadOptions())
        assert not (tmp_path / "out").exists()
        assert there_and_back(WAYS[2], [document])[0].text == "a\x0bb"
        said = Document(id="a", text="ab", marks=(Mark("m", "X", (Span(0, 1),), {"v": "\x00"}),))
        with pytest.raises(FormatError, match="cannot stand in XML"):
            write_xmi([said], tmp_path / "out", ReadOptions())

    @pytest.mark.parametrize(
        ("mark", "expected"),
        [
            pytest.param(Mark("m", "no name", (Span(0, 1),)), "'no name' cannot be the name of a type", id="type"),
            pytest.param(Mark("m", "X", (Span(0, 1),), {"a b": "c"}), "'a b' cannot be the name", id="feature"),
            pytest.param(Mark("m", "X", (Span(0, 1),), {"begin": "c"}), "UIMA keeps the place", id="taken"),
            pytest.param(Mark("m", "X", (Span(0, 1), Span(2, 3))), "has several spans", id="several spans"),
        ],
    )
    def test_what_no_cas_can_hold(self, tmp_path: Path, mark: Mark, expected: str) -> None:
        for write, _, ending in WAYS:
            with pytest.raises(FormatError, match=expected):
                write([Document(id="a", text="abc", marks=(mark,))], tmp_path / f"out{ending}", ReadOptions())
            assert not (tmp_path / f"out{ending}").exists()

    def test_places(self, tmp_path: Path) -> None:
        document = Document(id="a", text="abc")
        with pytest.raises(FormatError, match=r"needs a TypeSystem.xml beside it; name a folder, or a \.zip"):
            write_xmi([document], tmp_path / "a.xmi", ReadOptions())
        write_json([document], tmp_path / "a.json", ReadOptions())
        assert "%TYPES" in json.loads((tmp_path / "a.json").read_text())
        with pytest.raises(FormatError, match="one CAS holds one reading of one article, not 2 articles"):
            write_json([document, replace(document, id="b")], tmp_path / "b.json", ReadOptions())
        write_json([replace(document, id="../a")], tmp_path / "out", ReadOptions())
        assert [file.parent for file in tmp_path.rglob("*a.json") if file.parent != tmp_path] == [tmp_path / "out"]


def test_cassis_reads_it_without_us(tmp_path: Path) -> None:
    from cassis import load_cas_from_json, load_cas_from_xmi, load_typesystem

    mark = Mark("m", "NamedEntity", (Span(6, 10),), {"value": "PER"})
    document = Document(id="a", text=TEXT, marks=(mark,), links=())
    write_xmi([document], tmp_path / "x", ReadOptions())
    write_json([document], tmp_path / "j", ReadOptions())
    types = load_typesystem(tmp_path / "x" / "TypeSystem.xml")
    for cas in (
        load_cas_from_xmi(tmp_path / "x" / "a.xmi", typesystem=types),
        load_cas_from_json((tmp_path / "j" / "a.json").read_text(encoding="utf-8")),
    ):
        (entity,) = cas.select("de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity")
        assert (entity.get_covered_text(), entity.value) == ("said", "PER")
        (meta,) = cas.select("de.tudarmstadt.ukp.dkpro.core.api.metadata.type.DocumentMetaData")
        assert (meta.documentId, meta.documentTitle) == ("a", "a")


@pytest.mark.parametrize("form", ["xmi", "casjson"])
def test_annotators_and_articles_of_any_name_come_back(tmp_path: Path, form: str) -> None:
    one = Annotations(entities=(Entity(id="e1", spans=(Span(0, 3),), label="PER"),))
    readings = {"ana@x.example": one, "ben/ola": Annotations(entities=())}
    example = Example(article=Article(id="a/1", text="Ida left."), gold=Annotations(), readings=readings)
    format_of_tool = load_format(form)
    assert format_of_tool.read is not None
    assert format_of_tool.write is not None
    format_of_tool.write(Batch(examples=(example,)), tmp_path / "out", ReadOptions())
    (read,) = format_of_tool.read(Source(path=tmp_path / "out"), ReadOptions()).examples
    assert read.article.id == "a/1"
    assert sorted(read.readings) == ["ana@x.example", "ben/ola"]
