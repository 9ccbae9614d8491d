"""Speech and names in TEI documents, and in XML whose words stand one a line."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from evalkit.formats.attribution.tei import tei_certainty, tei_documents
from evalkit.formats.base import Source
from evalkit.formats.standoff.document import Document, Documents
from evalkit.formats.table import load_format
from evalkit.options import ReadOptions
from tests.conftest import SHARED

GUM_XML = SHARED / "data/ner/gum/xml"

HEADER = """<teiHeader><fileDesc><titleStmt><title>Ruun
 news</title></titleStmt><publicationStmt><publisher>The Post</publisher><date when="2021-02-03"/></publicationStmt>
 </fileDesc><profileDesc><particDesc><person xml:id="ida"><persName>Ida</persName></person></particDesc></profileDesc>
 </teiHeader>"""
BODY = """<div><head>Moen  leaves</head>
<p>“<said xml:id="s1" next="#s2" who="#ida">I left</said>,” said
  <persName ref="#ida">Ida Moen</persName>, “<said xml:id="s2" prev="#s1">for <placeName>Ruun 😀</placeName></said>.”
  <note>not read</note></p>
<p>He asked <said direct="false" who="#bo #ed">whether <choice><sic>shee</sic><corr>she</corr></choice>
stays</said>. <q>So what<lb/>now?</q> <rs type="org" key="post">the paper</rs></p></div>"""


def tei(body: str = BODY, prolog: str = "", header: str = HEADER) -> str:
    return (
        f'<?xml version="1.0"?>{prolog}<TEI xmlns="http://www.tei-c.org/ns/1.0" xml:id="ruun" xml:lang="en">{header}'
        f"<text><body>{body}</body></text></TEI>"
    )


def read(path: Path, content: str) -> Documents:
    path.write_text(content, encoding="utf-8")
    return tei_documents(Source(path=path), ReadOptions())


def the_one(found: Documents) -> Document:
    assert [str(one) for one in found.problems] == []
    (document,) = found.documents
    return document


def test_blanks_are_collapsed_and_blocks_stand_on_lines(tmp_path: Path) -> None:
    found = read(tmp_path / "a.xml", tei())
    document = the_one(found)
    assert document.text == (
        "Moen leaves\n“I left,” said Ida Moen, “for Ruun 😀.”\nHe asked whether shee stays. So what now? the paper\n"
    )
    assert dict(found.notes) == {"elements whose text is not read with the rest (note), left out": 1}


def test_elements_are_marks_and_parts_of_one_speech_are_one(tmp_path: Path) -> None:
    document = the_one(read(tmp_path / "a.xml", tei()))
    marked = [
        (mark.type, [document.text[slice(*span)] for span in mark.spans], mark.features) for mark in document.marks
    ]
    assert marked == [
        ("said", ["I left", "for Ruun 😀"], {"xml:id": "s1", "who": "ida"}),
        ("persName", ["Ida Moen"], {"ref": "ida"}),
        ("placeName", ["Ruun 😀"], {}),
        ("said", ["whether shee stays"], {"direct": "false", "who": ("bo", "ed")}),
        ("q", ["So what now?"], {}),
        ("rs", ["the paper"], {"type": "org", "key": "post"}),
    ]


def test_what_the_header_and_the_blocks_say(tmp_path: Path) -> None:
    document = the_one(read(tmp_path / "a.xml", tei()))
    assert document.id == "ruun"
    zones = [(zone["kind"], document.text[zone["start"] : zone["end"]]) for zone in document.article["zones"]]
    assert zones[0] == ("headline", "Moen leaves")
    assert [kind for kind, _ in zones] == ["headline", "body", "body"]
    assert {key: value for key, value in document.article.items() if key != "zones"} == {
        "title": "Ruun news",
        "source": "The Post",
        "published": "2021-02-03",
        "lang": "en",
    }


def test_layers_of_the_default_profile(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(tei(), encoding="utf-8")
    form = load_format("tei")
    assert form.read is not None
    gold = form.read(Source(path=path), ReadOptions()).examples[0].gold
    assert [(quote.kind, quote.speaker_id, len(quote.content)) for quote in gold.quotes] == [
        ("direct", "ida", 2),
        ("indirect", "bo", 1),
        ("direct", None, 1),
    ]
    assert [(entity.label, entity.entity_id) for entity in gold.entities] == [
        ("PER", "ida"),
        ("LOC", None),
        ("ORG", "post"),
    ]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param("<p>a<del>b</del> c</p>", "a c\n", id="deleted"),
        pytest.param("<p> a <hi>b</hi>c </p>", "a bc\n", id="blanks"),
        pytest.param('<p>a<lb break="no"/>b<pb/>c</p>', "abc\n", id="breaks"),
        pytest.param("<p>a<choice><abbr>Mr</abbr><expan>Mister</expan></choice></p>", "aMr\n", id="abbreviation"),
        pytest.param("<lg><l>one</l><l>two</l></lg>", "one\ntwo\n", id="lines"),
        pytest.param("<p><q>\n  a\n</q>b</p>", "a b\n", id="blanks at the end of what is marked"),
    ],
)
def test_texts(tmp_path: Path, body: str, text: str) -> None:
    document = the_one(read(tmp_path / "a.xml", tei(body)))
    assert document.text == text
    for mark in document.marks:
        held = document.text[slice(*mark.spans[0])]
        assert held == held.strip()


def test_speech_over_paragraphs(tmp_path: Path) -> None:
    document = the_one(read(tmp_path / "a.xml", tei("<said><p>one</p><p>two</p></said><p>x</p>")))
    assert [document.text[slice(*mark.spans[0])] for mark in document.marks] == ["one\ntwo"]


def test_who_speaks_is_no_part_of_what_is_said(tmp_path: Path) -> None:
    body = """<q><said><label>Ida.</label> Well <note>hm</note> then.</said> <said><label>Bo</label></said></q><said/>
    <q><speaker><label>Ed</label>:</speaker><p>One.</p><label>Flo:</label> <p>Two.</p></q><label>Gus</label>"""
    found = read(tmp_path / "a.xml", tei(body))
    document = the_one(found)
    assert document.text == "Ida. Well then. Bo\nEd:\nOne.\nFlo:\nTwo.\nGus\n"
    said = [[document.text[slice(*span)] for span in mark.spans] for mark in document.marks]
    assert said == [["Well then."], ["Well then."], ["Bo"], ["One.", "Two."]]
    assert found.notes == {
        "elements that say who speaks (label), left out of what is said": 3,
        "elements that say who speaks (speaker), left out of what is said": 1,
        "elements whose text is not read with the rest (note), left out": 1,
        "elements without a text (said), left out": 1,
    }


def test_a_circle_of_parts_ends(tmp_path: Path) -> None:
    body = '<p><said xml:id="a" next="#b">x</said><said xml:id="b" next="#a">y</said></p>'
    assert len(the_one(read(tmp_path / "a.xml", tei(body))).marks) >= 1


def test_a_corpus_holds_several(tmp_path: Path) -> None:
    one = tei("<p>x</p>", header="").partition("?>")[2]
    content = f'<teiCorpus xmlns="http://www.tei-c.org/ns/1.0">{one}{one.replace(" xml:id=", " n=")}</teiCorpus>'
    assert [document.id for document in read(tmp_path / "a.xml", content).documents] == ["ruun", "a-2"]


def test_document_types(tmp_path: Path) -> None:
    assert (
        the_one(read(tmp_path / "a.xml", tei(prolog='<!DOCTYPE TEI SYSTEM "http://127.0.0.1:9/tei.dtd">'))).id == "ruun"
    )
    found = read(tmp_path / "a.xml", tei(prolog='<!DOCTYPE TEI [<!ENTITY a SYSTEM "file:///etc/passwd">]>'))
    assert "declares a document type" in str(found.problems[0])
    assert "has no element 'text'" in str(read(tmp_path / "a.xml", "<TEI/>").problems[0])


GUM = """<text id="GUM_ruun" title="Ruun" dateCreated="2019-01-02">
<head>
<s>
All	DT	all
</s>
</head>
<p>
<s>
<w>
left	VBD	leave
-	HYPH	-
wing	NN	wing
</w>
<quote who="#ida">
"	``	"
Never	RB	never
"	''	"
</quote>
.	.	.
</s>
</p>
</text>
"""


def test_words_on_lines(tmp_path: Path) -> None:
    document = the_one(read(tmp_path / "a.xml", GUM))
    assert (document.id, document.text) == ("GUM_ruun", 'All\nleft-wing "Never".')
    (mark,) = document.marks
    assert (mark.type, document.text[slice(*mark.spans[0])], mark.features) == ("quote", '"Never"', {"who": "ida"})


def test_sniffing(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    assert tei_certainty(path, tei().encode()) > 0.9
    assert tei_certainty(path, GUM.encode()) > 0.8
    for head in (b"<root><WORD/></root>", b"{}", b"<html/>", b""):
        assert tei_certainty(path, head) == 0


@pytest.mark.skipif(not GUM_XML.is_dir(), reason="GUM is not here")
def test_the_quotes_of_gum() -> None:
    # As grep counts the elements in the 39 files: 89 <quote> and 44 <q>.
    kinds: Counter[str] = Counter()
    for path in sorted(GUM_XML.glob("*.xml")):
        found = tei_documents(Source(path=path), ReadOptions())
        kinds.update(mark.type for mark in the_one(found).marks)
    assert (kinds["quote"], kinds["q"]) == (89, 44)


def test_an_id_of_the_file_is_no_number_of_ours(tmp_path: Path) -> None:
    body = (
        '<said who="#a">I left</said>, then <said xml:id="said-1" who="#b">we stayed</said>, '
        '<said who="#c">they too</said>'
    )
    path = tmp_path / "t.xml"
    path.write_text(
        f'<TEI xmlns="http://www.tei-c.org/ns/1.0"><text><body><p>{body}</p></body></text></TEI>', encoding="utf-8"
    )
    (document,) = tei_documents(Source(path=path), ReadOptions()).documents
    assert [mark.features["who"] for mark in document.marks] == ["a", "b", "c"]
    assert [len(mark.spans) for mark in document.marks] == [1, 1, 1]
    assert len({mark.id for mark in document.marks}) == 3
