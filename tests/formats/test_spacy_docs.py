"""spaCy: DocBin and the JSON of documents; what is entity, what is span, and that nothing is unpickled."""

from __future__ import annotations

import json
import random
import re
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from evalkit.errors import EvalkitError, FormatError, MissingExtraError
from evalkit.formats.base import Source
from evalkit.formats.spacy_docs import reading
from evalkit.formats.spacy_docs.format import SPACY
from evalkit.formats.spacy_docs.reading import read_spacy
from evalkit.formats.spacy_docs.writing import write_spacy
from evalkit.formats.standoff.document import Document, Documents, Link, Mark
from evalkit.formats.table import format_of_file
from evalkit.options import ReadOptions
from evalkit.origin import install_command
from evalkit.records import Span
from tests.formats.made_documents import documents, said
from tests.mutations import mutated

spacy_tokens = pytest.importorskip("spacy.tokens")
srsly = pytest.importorskip("srsly")
Doc, DocBin = spacy_tokens.Doc, spacy_tokens.DocBin


@pytest.fixture(scope="module")
def vocab() -> Any:
    from spacy.vocab import Vocab

    return Vocab()


def doc_of(vocab: Any) -> Any:
    doc = Doc(vocab, words=["Ola", "Brun", "left", "Ruun", "."], spaces=[True, True, True, False, False])
    doc.ents = [spacy_tokens.Span(doc, 0, 2, "PER", kb_id="Q1", span_id="ola"), spacy_tokens.Span(doc, 3, 4, "GPE")]
    doc.spans["sc"] = [spacy_tokens.Span(doc, 0, 4, "EVENT"), spacy_tokens.Span(doc, 3, 4, "GPE")]
    doc.spans["claims"] = [spacy_tokens.Span(doc, 0, 5)]
    doc.cats = {"travel": 1.0, "sport": 0.2}
    return doc


def read(path: Path, *docs: Any, user_data: bool = True, **values: str) -> Documents:
    path.write_bytes(DocBin(store_user_data=user_data, docs=docs).to_bytes())
    return read_spacy(Source(path=path), ReadOptions(values=values))


def one(found: Documents) -> Document:
    assert not found.problems
    (document,) = found.documents
    return document


def marked(document: Document) -> list[tuple[str, str]]:
    return [(mark.type, document.text[slice(*mark.spans[0])]) for mark in document.marks]


def test_entities_and_the_spans_of_every_group(tmp_path: Path, vocab: Any) -> None:
    found = read(tmp_path / "a.spacy", doc_of(vocab))
    document = one(found)
    assert (document.id, document.text) == ("0001", "Ola Brun left Ruun.")
    assert marked(document) == [
        ("PER", "Ola Brun"),
        ("GPE", "Ruun"),
        ("EVENT", "Ola Brun left Ruun"),
        ("claims", "Ola Brun left Ruun."),
    ]
    assert document.marks[0].features == {"link": "Q1", "entity_id": "ola"}
    assert document.labels == {"category": ("travel",)}
    assert found.notes["spans that stand in two groups, read once"] == 1
    assert found.notes["documents without an id, numbered"] == 1


def test_a_group_can_be_chosen(tmp_path: Path, vocab: Any) -> None:
    found = read(tmp_path / "a.spacy", doc_of(vocab), spans_key="claims")
    assert [mark.type for mark in one(found).marks] == ["PER", "GPE", "claims"]
    assert found.notes["spans of the group 'sc', left out"] == 2


def test_attributes_of_spans_and_documents(tmp_path: Path, vocab: Any) -> None:
    doc = doc_of(vocab)
    for name in ("sure", "story"):
        (spacy_tokens.Span if name == "sure" else Doc).set_extension(name, default=None, force=True)
    doc[0:2]._.sure, doc._.story = 2, "s1"
    doc.user_data["doc_id"] = "d9"
    document = one(read(tmp_path / "a.spacy", doc))
    assert document.id == "d9"
    assert document.marks[0].features["sure"] == "2"
    assert document.article == {"story": "s1"}


def test_without_user_data(tmp_path: Path, vocab: Any) -> None:
    assert len(one(read(tmp_path / "a.spacy", doc_of(vocab), user_data=False)).marks) == 4


def test_blanks_that_nobody_knows_are_said(tmp_path: Path, vocab: Any) -> None:
    found = read(tmp_path / "a.spacy", Doc(vocab, words=["Ola", "left", "."]))
    assert one(found).text == "Ola left . "
    assert found.notes["documents that do not say where blanks are, read with one after each token"] == 1


def test_json_of_a_document(tmp_path: Path, vocab: Any) -> None:
    path = tmp_path / "docs.jsonl"
    path.write_text(json.dumps(doc_of(vocab).to_json()) + "\n", encoding="utf-8")
    assert format_of_file(path).name == "spacy"
    document = one(read_spacy(Source(path=path), ReadOptions()))
    assert marked(document)[:3] == [("PER", "Ola Brun"), ("GPE", "Ruun"), ("EVENT", "Ola Brun left Ruun")]
    assert document.labels == {"category": ("travel",)}


@pytest.mark.parametrize(
    "row", [{"ents": [{"start": 0, "end": 99, "label": "A"}]}, {"ents": [{"start": 1}]}, {"text": 3}]
)
def test_damaged_json_is_a_problem(tmp_path: Path, row: dict[str, Any]) -> None:
    path = tmp_path / "docs.jsonl"
    path.write_text(json.dumps({"text": "Ola", "ents": []} | row) + '\n{"text": "b", "ents": []}\n', encoding="utf-8")
    found = read_spacy(Source(path=path), ReadOptions())
    assert "docs.jsonl:1: " in str(found.problems[0])
    assert [document.text for document in found.documents] == ["b"]


def test_it_is_known_by_its_bytes(tmp_path: Path, vocab: Any) -> None:
    path = tmp_path / "docs.bin"
    path.write_bytes(DocBin(docs=[doc_of(vocab)]).to_bytes())
    assert format_of_file(path).name == "spacy"
    assert SPACY.certainty(Path("x.txt"), zlib.compress(b"Ola left.")) == 0


@pytest.mark.parametrize(
    "content", [b"", b"x\x9c", b"\x80\x04\x95K\x01.", zlib.compress(b"Ola"), zlib.compress(b"\x80")]
)
def test_what_is_no_doc_bin_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.spacy"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"a\.spacy: is no DocBin of spaCy"):
        read_spacy(Source(path=path), ReadOptions())


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalkit.formats.spacy_docs.reading._LARGEST", 1 << 16)
    path = tmp_path / "a.spacy"
    path.write_bytes(zlib.compress(b"\x00" * (1 << 20)))
    with pytest.raises(FormatError, match="unpacks to more than"):
        read_spacy(Source(path=path), ReadOptions())


def test_nothing_is_unpickled(tmp_path: Path, vocab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pickle among the user data stays bytes, and no code of it runs."""
    doc = doc_of(vocab)
    doc.user_data["payload"] = b"cos\nsystem\n(S'false'\ntR."

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("something was unpickled")

    for module in ("pickle", "_pickle"):
        monkeypatch.setattr(f"{module}.loads", refuse)
        monkeypatch.setattr(f"{module}.load", refuse)
    monkeypatch.setattr(srsly, "pickle_loads", refuse)
    assert one(read(tmp_path / "a.spacy", doc)).article.keys() == {"payload"}


def test_one_damaged_document_does_not_hide_the_others(tmp_path: Path, vocab: Any) -> None:
    made = DocBin(docs=[doc_of(vocab), doc_of(vocab)])
    made.span_groups[0] = srsly.msgpack_dumps({b"\xc1": ["sc"]})
    path = tmp_path / "a.spacy"
    path.write_bytes(made.to_bytes())
    found = read_spacy(Source(path=path), ReadOptions())
    assert "a.spacy: document 1: is damaged" in str(found.problems[0])
    assert len(found.documents) == 1


def test_attributes_that_point_outside_are_not_read(tmp_path: Path, vocab: Any) -> None:
    """The heads of tokens are offsets into the memory of a document: a damaged file could name any."""
    import numpy as np
    from spacy.attrs import HEAD

    made = DocBin(attrs=["HEAD", "DEP", "ENT_IOB", "ENT_TYPE"], docs=[doc_of(vocab)])
    made.tokens[0][:, made.attrs.index(HEAD)] = np.uint64(2**62)
    path = tmp_path / "a.spacy"
    path.write_bytes(made.to_bytes())
    assert len(one(read_spacy(Source(path=path), ReadOptions())).marks) == 4


def test_without_spacy_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.spacy"
    path.write_bytes(zlib.compress(b"\x80"))
    monkeypatch.setitem(sys.modules, "spacy", None)
    monkeypatch.setitem(sys.modules, "spacy.tokens", None)
    with pytest.raises(
        MissingExtraError, match=re.escape(f"a.spacy: needs spaCy; install it: {install_command('spacy')}")
    ):
        read_spacy(Source(path=path), ReadOptions())
    with pytest.raises(MissingExtraError, match="needs spaCy"):
        write_spacy([], tmp_path / "b.spacy", ReadOptions())


def test_entities_are_the_longest_marks_that_fit(tmp_path: Path, vocab: Any) -> None:
    marks = (
        Mark("a", "PER", (Span(0, 3),)),
        Mark("b", "PER", (Span(0, 8),), {"entity_id": "ola", "link": "Q1"}),
        Mark("c", "GPE", (Span(15, 18),)),
        Mark("d", "Quote", (Span(0, 19),), {"kind": "direct"}),
        Mark("e", "Cue", (Span(9, 13),)),
    )
    document = Document(id="x", text="Ola Brun left Ruun.", marks=marks, links=(Link("Cue", "d", "e"),))
    path = tmp_path / "a.spacy"
    write_spacy([document], path, ReadOptions())
    (doc,) = DocBin().from_disk(path).get_docs(vocab)
    assert doc.text == document.text
    assert [(own.text, own.label_, own.kb_id_, own.id_) for own in doc.ents] == [
        ("Ola Brun", "PER", "Q1", "ola"),
        ("uun", "GPE", "", ""),
    ]
    assert [(own.text, own.label_) for own in doc.spans["evalkit"]] == [
        ("Ola", "PER"),
        ("Ola Brun left Ruun.", "Quote"),
        ("left", "Cue"),
    ]


@pytest.mark.parametrize("flags", [{"suggested": True}, {"annotated": False}, {"ground_truth": True}])
def test_what_marks_are_worth_comes_back(tmp_path: Path, flags: dict[str, bool]) -> None:
    made = Document(id="a", text="Ola.", annotator="kari", **flags)
    path = tmp_path / "one.spacy"
    write_spacy([made], path, ReadOptions())
    back = one(read_spacy(Source(path=path), ReadOptions()))
    assert (back.suggested, back.annotated, back.ground_truth) == (made.suggested, made.annotated, made.ground_truth)


@settings(max_examples=25, deadline=None)
@given(document=documents())
def test_what_is_written_comes_back(tmp_path_factory: pytest.TempPathFactory, document: Document) -> None:
    path = tmp_path_factory.getbasetemp() / "made.spacy"
    path.unlink(missing_ok=True)
    write_spacy([document], path, ReadOptions())
    first = path.read_bytes()
    assert said(one(read_spacy(Source(path=path), ReadOptions()))) == said(document)
    path.unlink()
    write_spacy([document], path, ReadOptions())
    assert path.read_bytes() == first


@pytest.mark.filterwarnings("ignore")
def test_mutated_files_are_read_or_refused(tmp_path: Path, vocab: Any) -> None:
    document = Document(
        id="x",
        text="Ola Brun left Ruun.",
        marks=(Mark("a", "PER", (Span(0, 8),), {"kind": "x"}), Mark("b", "GPE", (Span(14, 18),))),
        links=(Link("l", "a", "b"),),
        labels={"category": ("t",)},
    )
    path, pick = tmp_path / "a.spacy", random.Random(7)
    write_spacy([document], path, ReadOptions())
    packed = path.read_bytes()
    unpacked = zlib.decompress(packed)
    for number in range(300):
        path.write_bytes(zlib.compress(mutated(unpacked, pick)) if number % 4 else mutated(packed, pick))
        try:
            read_spacy(Source(path=path), ReadOptions())
        except EvalkitError:
            continue


def test_triples_are_read_and_what_is_no_span_is_told(tmp_path: Path) -> None:
    path = tmp_path / "docs.jsonl"
    path.write_text('{"text": "Anna saw", "ents": [[0, 4, "PER"]]}\n{"text": "Bob", "ents": ["PER"]}\n')
    found = read_spacy(Source(path=path), ReadOptions())
    assert marked(one(Documents(documents=found.documents))) == [("PER", "Anna")]
    assert ["ents[0]: PER is no labelled span" in str(problem) for problem in found.problems] == [True]


def test_links_without_ends_are_counted_and_a_whole_score_is_one(tmp_path: Path, vocab: Any) -> None:
    doc = spacy_tokens.Doc(vocab, words=["Anna"])
    doc.spans["sc"] = [spacy_tokens.Span(doc, 0, 1, label="PER")]
    mark = {"group": "sc", "start": 0, "end": 4, "label": "PER", "id": "m", "score": 1}
    doc.user_data["evalkit"] = {"marks": [mark], "links": [{"type": "l", "source": "m", "target": "gone"}]}
    found = read(tmp_path / "docs.spacy", doc)
    assert one(found).marks[0].score == 1.0
    assert found.notes["links between spans that are not there, left out"] == 1


def test_a_file_that_unpacks_to_very_much_is_refused_before_it_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_UNSUSPICIOUS", 4 << 20)
    path = tmp_path / "a.spacy"
    path.write_bytes(zlib.compress(b"\x88" + bytes(16 << 20)))
    with pytest.raises(FormatError, match=r"a.spacy: unpacks to more than 4 MiB"):
        read_spacy(Source(path=path), ReadOptions())
