"""Attributions on the words of a treebank, in the XML of PARC3."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.formats.attribution.parc3 import parc3_certainty, parc3_documents
from evalkit.formats.base import Source
from evalkit.formats.standoff.document import Document, Documents, Link
from evalkit.formats.table import load_format
from evalkit.options import ReadOptions

# Orla said `` it failed , '' and Finch nodded (slowly) .
WORDS = [
    ("Orla", "9,13", {"1": ["source"]}),
    ("said", "14,18", {"1": ["cue"]}),
    ("``", "19,21", {"1": ["content"]}),
    ("it", "21,23", {"1": ["content"]}),
    ("failed", "24,30", {"1": ["content"]}),
    ("''", "30,32", {"1": ["content"]}),
    ("and", "33,36", {}),
    ("Finch", "37,42", {"2": ["source"], "1": ["content"]}),
    ("nodded", "43,49", {"2": ["cue"]}),
    ("-LRB-", "50,51", {"2": ["content"]}),
    ("slowly", "51,57", {"2": ["content"]}),
    ("-RRB-", "57,58", {"2": ["content"]}),
    (".", "58,59", {}),
]


def word(text: str, place: str, roles: dict[str, list[str]], extra: str = "") -> str:
    inner = ""
    for name, own in roles.items():
        of_word = "".join(f'<attributionRole roleValue="{one}"/>' for one in own)
        inner += f'<attribution id="wsj_{name}">{of_word}</attribution>'
    offsets = f'ByteCount="{place}" ' if place else ""
    return f'<WORD {offsets}gorn="0" lemma="x" pos="NN" text="{text}"{extra}>{inner}</WORD>'


def parc3(*sentences: list[tuple[str, str, dict[str, list[str]]]]) -> str:
    inner = "".join(
        f'<SENTENCE gorn="0"><S><NP>{"".join(word(*one) for one in words)}</NP></S></SENTENCE>' for words in sentences
    )
    return f'<?xml version="1.0" ?>\n<root>{inner}</root>'


def read(path: Path, content: str) -> Documents:
    path.write_text(content, encoding="utf-8")
    return parc3_documents(Source(path=path), ReadOptions())


def the_one(found: Documents) -> Document:
    assert found.problems == ()
    return found.documents[0]


def test_a_text_is_made_of_words_and_the_room_between_them(tmp_path: Path) -> None:
    found = read(tmp_path / "wsj_1.xml", parc3(WORDS, [("Rain", "61,65", {})], [("fell", "66,70", {})]))
    document = the_one(found)
    assert document.id == "wsj_1"
    assert document.text == "Orla said ``it failed'' and Finch nodded (slowly).\nRain fell"
    assert dict(found.notes) == {"texts rebuilt from words: a blank or a line feed where their offsets leave room": 1}


def test_a_word_may_be_in_several_attributions_and_a_content_in_several_pieces(tmp_path: Path) -> None:
    document = the_one(read(tmp_path / "a.xml", parc3(WORDS)))
    marked = {
        mark.id: (mark.type, [document.text[slice(*span)] for span in mark.spans], mark.features.get("kind"))
        for mark in document.marks
    }
    assert marked == {
        "wsj_1:content": ("content", ["``it failed''", "Finch"], "mixed"),
        "wsj_1:cue": ("cue", ["said"], None),
        "wsj_1:source": ("source", ["Orla"], None),
        "wsj_2:content": ("content", ["(slowly)"], "indirect"),
        "wsj_2:cue": ("cue", ["nodded"], None),
        "wsj_2:source": ("source", ["Finch"], None),
    }
    assert Link("cue", "wsj_1:content", "wsj_1:cue") in document.links


def test_words_without_offsets_and_traces(tmp_path: Path) -> None:
    words = [("Orla", "", {}), ("left", "", {})]
    content = parc3(words, [("So", "", {})]).replace("</root>", '<WORD pos="-NONE-" text="*T*-1"/></root>')
    found = read(tmp_path / "a.xml", content)
    assert the_one(found).text == "Orla left\nSo"
    assert list(found.notes) == ["texts rebuilt from words: a space between words, a line feed between sentences"]


def test_damage(tmp_path: Path) -> None:
    found = read(tmp_path / "a.xml", parc3([("Orla", "0,4", {"1": ["source"], "2": ["maker"]})]))
    assert found.notes["words in a role that is none of content, cue and source (maker), left out"] == 1
    assert "has no WORD with a text" in str(read(tmp_path / "a.xml", "<root/>").problems[0])
    assert "not valid XML" in str(read(tmp_path / "a.xml", "<root><WORD").problems[0])
    assert "declares a document type" in str(read(tmp_path / "a.xml", "<!DOCTYPE root []><root/>").problems[0])


def test_attributions_without_a_content_are_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    found = read(tmp_path / "a.xml", parc3([*WORDS, ("No", "60,62", {"3": ["cue"], "4": ["source"]})]))
    assert {mark.id.partition(":")[0] for mark in the_one(found).marks} == {"wsj_1", "wsj_2"}
    assert found.notes["attributions without a content, left out"] == 2


def test_it_is_a_format(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(parc3(WORDS))
    assert parc3_certainty(path, path.read_bytes()) > 0.9
    assert parc3_certainty(path, b"<TEI/>") == 0
    form = load_format("parc3")
    assert form.read is not None
    (example,) = form.read(Source(path=path), ReadOptions()).examples
    kinds = {quote.id: (quote.kind, len(quote.content), len(quote.cue), quote.speaker) for quote in example.gold.quotes}
    assert kinds["wsj_1:content"] == ("mixed", 2, 1, (0, 4))


@pytest.mark.parametrize("place", ["9", "a,b", "9,", "-1,3"])
def test_odd_offsets_are_none(tmp_path: Path, place: str) -> None:
    assert the_one(read(tmp_path / "a.xml", parc3([("Orla", place, {})]))).text == "Orla"


def test_attributions_without_an_id_are_not_one(tmp_path: Path) -> None:
    role = '<attribution><attributionRole roleValue="content"/></attribution>'
    path = tmp_path / "a.xml"
    path.write_text(
        f'<root><SENTENCE>\n<WORD ByteCount="0,1" text="A">{role}</WORD>\n<WORD ByteCount="2,6" text="said"/>'
        f'<WORD ByteCount="7,8" text="B">{role}</WORD></SENTENCE></root>',
        encoding="utf-8",
    )
    found = parc3_documents(Source(path=path), ReadOptions())
    assert found.documents[0].marks == ()
    told = [str(problem) for problem in found.problems]
    assert [f"{path}:2: the word 'A'" in told[0], f"{path}:3: the word 'B'" in told[1], len(told)] == [True, True, 2]
