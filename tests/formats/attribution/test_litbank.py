"""LitBank's lines beside a text of words, and the files of BookNLP."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.errors import InputError
from evalkit.formats.attribution.booknlp import booknlp_certainty, booknlp_documents
from evalkit.formats.attribution.litbank import litbank_certainty, litbank_documents
from evalkit.formats.base import Source
from evalkit.formats.standoff.document import Documents, Link
from evalkit.formats.table import load_format
from evalkit.options import ReadOptions
from tests.conftest import SHARED

LITBANK = SHARED / "data/quotes/litbank"

TEXT = "Orla Finch  came .\n“ Never ” , she said .\n"
QUOTES = "QUOTE\tQ1\t1\t0\t1\t2\t“ Never ”\nATTRIB\tQ1\tOrla_Finch-1\n"
MENTIONS = (
    "MENTION\tT0\t0\t0\t0\t1\tOrla Finch\tPER\tPROP\nMENTION\tT1\t1\t4\t1\t4\tshe\tPER\tPRON\n"
    "COREF\tT0\tOrla_Finch-1\nCOREF\tT1\tOrla_Finch-1\nAPPOS\tT1\tT0\n"
)


def write(folder: Path, quotes: str = QUOTES, mentions: str = MENTIONS, text: str = TEXT) -> Path:
    for name, content in (("quotations/tsv", quotes), ("coref/tsv", mentions)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "1_ruun_brat.ann").write_text(content, encoding="utf-8")
        (folder / name / "1_ruun_brat.txt").write_text(text, encoding="utf-8")
    return folder


def read(path: Path) -> Documents:
    return litbank_documents(Source(path=path), ReadOptions())


def test_ends_are_inclusive_and_two_folders_are_one(tmp_path: Path) -> None:
    found = read(write(tmp_path))
    assert found.problems == ()
    (document,) = found.documents
    assert document.id == "1_ruun"
    marked = {
        mark.id: (mark.type, document.text[slice(*mark.spans[0])], dict(mark.features)) for mark in document.marks
    }
    assert marked == {
        "Q1": ("QUOTE", "“ Never ”", {"speaker": "Orla_Finch-1"}),
        "T0": ("PER", "Orla Finch", {"form": "PROP", "entity_id": "Orla_Finch-1"}),
        "T1": ("PER", "she", {"form": "PRON", "entity_id": "Orla_Finch-1"}),
    }
    assert document.links == (Link("APPOS", "T1", "T0"),)


@pytest.mark.parametrize(
    ("quotes", "expected"),
    [
        pytest.param("QUOTE\tQ1\t1\t0\t1\t9\tx\n", "1_ruun_brat.ann:1: line 1 of the text has 7 words", id="word"),
        pytest.param("QUOTE\tQ1\t7\t0\t7\t0\tx\n", "line 7 of the text has 0 words", id="line"),
        pytest.param("QUOTE\tQ1\t1\t2\t1\t0\tx\n", "ends before it begins", id="turned"),
        pytest.param("QUOTE\tQ1\t1\t0\t1\t1\t“ Ever\n", "'“ Ever' is said to stand where '“ Never'", id="other words"),
        pytest.param("QUOTE\tQ1\tone\t0\t1\t1\t“ Never\n", "two numbers, found 'one' and '0'", id="no number"),
        pytest.param("QUOTE\tQ1\t1\n", "QUOTE has 3 fields, not 7", id="cut"),
        pytest.param("QUOTES\tQ1\t1\n", "'QUOTES' is none of QUOTE", id="kind"),
        pytest.param(QUOTES + QUOTES.split("\n")[0], "the id 'Q1' is given twice", id="twice"),
    ],
)
def test_a_damaged_line_is_named_and_the_rest_is_read(tmp_path: Path, quotes: str, expected: str) -> None:
    found = read(write(tmp_path, quotes))
    assert any(expected in str(problem) for problem in found.problems)
    assert {mark.id for mark in found.documents[0].marks} >= {"T0", "T1"}


def test_what_is_said_of_marks_that_are_not_there_is_counted(tmp_path: Path) -> None:
    found = read(write(tmp_path, QUOTES + "ATTRIB\tQ9\tx\nAPPOS\tT8\tT0\n"))
    assert found.problems == ()
    assert found.notes == {
        "lines about a mark that is not there, left out": 1,
        "links of a mark that is not there, left out": 1,
    }


def test_texts_that_differ_or_are_missing(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "coref/tsv/1_ruun_brat.txt").write_text("another\n")
    assert any("its text is another than that of" in str(one) for one in read(folder).problems)
    (folder / "coref/tsv/1_ruun_brat.txt").unlink()
    assert "put the text beside 1_ruun_brat.ann" in str(read(folder).problems[0])


def test_a_text_without_quotes_is_annotated_like_the_others(tmp_path: Path) -> None:
    folder = write(tmp_path) / "quotations/tsv"
    (folder / "2_empty_brat.ann").write_text("")
    (folder / "2_empty_brat.txt").write_text("Nobody speaks .\n")
    (folder / "other.ann").write_text("T1\tPER 0 1\tN\n")
    assert litbank_certainty(folder, b"") > 0.9
    assert litbank_certainty(folder, b"T1\tPER 0 1\tN\n") > 0.9
    assert litbank_certainty(folder / "x.ann", b"T1\tPER 0 1\tN\n") == 0
    form = load_format("litbank")
    assert form.read is not None
    batch = form.read(Source(path=folder), ReadOptions())
    assert {one.article.id: len(one.gold.quotes) for one in batch.examples} == {"1_ruun": 1, "2_empty": 0}
    assert batch.examples[0].gold.quotes[0].speaker_id == "Orla_Finch-1"
    assert batch.notes["files of another form that end in .ann, left out"] == 1


@pytest.mark.skipif(not LITBANK.is_dir(), reason="LitBank is not here")
def test_the_quotes_of_litbank() -> None:
    # The corpus has 1,765 quotes, each attributed, in 100 texts.
    found = read(LITBANK / "quotations/tsv")
    marks = [mark for document in found.documents for mark in document.marks]
    assert (len(found.documents), len(marks), found.problems) == (100, 1765, ())
    assert all(mark.type == "QUOTE" and mark.features["speaker"] for mark in marks)


TOKENS = """paragraph_ID\tsentence_ID\ttoken_ID_within_document\tword\tbyte_onset\tbyte_offset
0\t0\t0\t“\t0\t1
0\t0\t1\tNever\t1\t6
0\t0\t2\t,\t6\t7
0\t0\t3\t”\t7\t8
0\t0\t4\tsaid\t9\t13
0\t0\t5\tOrla\t14\t18
1\t1\t6\tRain\t20\t24
"""
HEADER = "quote_start\tquote_end\tmention_start\tmention_end\tmention_phrase\tchar_id\tquote\n"


def write_book(folder: Path, quotes: str) -> Path:
    (folder / "book.tokens").write_text(TOKENS, encoding="utf-8")
    (folder / "book.quotes").write_text(HEADER + quotes, encoding="utf-8")
    (folder / "book.entities").write_text("COREF\tstart_token\tend_token\tprop\tcat\ttext\n7\t5\t5\tPROP\tPER\tOrla\n")
    return folder / "book.quotes"


class TestBookNLP:
    def test_quotes_speakers_and_entities(self, tmp_path: Path) -> None:
        path = write_book(tmp_path, "0\t3\t5\t5\tOrla\t7\t“ Never , ”\n0\t1\tNone\tNone\tNone\tNone\t“ Never\n")
        assert booknlp_certainty(path, path.read_bytes()) > 0.9
        (document,) = booknlp_documents(Source(path=path), ReadOptions()).documents
        assert document.text == "“Never,” said Orla\nRain"
        marked = [(mark.type, document.text[slice(*mark.spans[0])]) for mark in document.marks]
        assert marked == [("PER", "Orla"), ("QUOTE", "“Never,”"), ("QUOTE", "“Never")]
        assert [link.type for link in document.links] == ["speaker"]
        form = load_format("booknlp")
        assert form.read is not None
        quote = form.read(Source(path=path), ReadOptions()).examples[0].gold.quotes[0]
        assert (quote.speaker_id, quote.speaker) == ("7", (14, 18))

    def test_the_original_text_is_taken_where_every_word_stands_in_it(self, tmp_path: Path) -> None:
        path = write_book(tmp_path, "")
        (tmp_path / "book.txt").write_text("“Never,” said Orla\n\nRain", encoding="utf-8")
        found = booknlp_documents(Source(path=path), ReadOptions())
        assert found.documents[0].text == "“Never,” said Orla\n\nRain"
        assert found.notes == {}
        (tmp_path / "book.txt").write_text("Another text that is long enough for it.", encoding="utf-8")
        assert booknlp_documents(Source(path=path), ReadOptions()).documents[0].text == "“Never,” said Orla\nRain"

    def test_damage(self, tmp_path: Path) -> None:
        path = write_book(tmp_path, "0\t99\tNone\tNone\tNone\tNone\tx\n")
        (problem,) = booknlp_documents(Source(path=path), ReadOptions()).problems
        assert "book.quotes:2: words '0' to '99' are not among the 7 of the book" in str(problem)
        (tmp_path / "book.tokens").unlink()
        with pytest.raises(InputError, match="put the files of a book beside each other"):
            booknlp_documents(Source(path=path), ReadOptions())


def test_a_second_speaker_or_thing_of_a_mark_is_counted(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("Anna said hello .\n", encoding="utf-8")
    lines = (
        "QUOTE\tQ1\t0\t2\t0\t3\thello .", "ATTRIB\tQ1\tAnna-1", "ATTRIB\tQ1\tAnna-1", "ATTRIB\tQ1\tBob-2",
        "MENTION\tT0\t0\t0\t0\t0\tAnna\tPER\tPROP", "COREF\tT0\tAnna-1", "COREF\tT0\tBob-2", "COP\tT0\tT9",
    )  # fmt: skip
    (tmp_path / "x.ann").write_text("\n".join(lines), encoding="utf-8")
    found = litbank_documents(Source(path=tmp_path / "x.ann"), ReadOptions())
    assert found.notes == {
        "lines ATTRIB that say of a mark another thing than the one before, left out": 1,
        "lines COREF that say of a mark another thing than the one before, left out": 1,
        "links of a mark that is not there, left out": 1,
    }
