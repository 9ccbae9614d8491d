"""CSV with a header: whatever ends its lines, what its columns are called, and what no cell can be."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.dataset.loading.load import load_dataset
from evalkit.errors import EvalkitError, FormatError, InputError
from evalkit.formats.base import Batch, Source
from evalkit.formats.delimited.format import CSV
from evalkit.formats.delimited.items import item_documents
from evalkit.formats.delimited.table import read_table
from evalkit.formats.delimited.writing import is_reserved, write_items
from evalkit.formats.standoff.document import Document, Documents, Link, Mark
from evalkit.options import ReadOptions
from evalkit.predictions.load import load_predictions
from evalkit.records import Span
from tests.formats.made_documents import documents, said
from tests.mutations import mutated


def test_lines_that_end_in_carriage_returns_alone(tmp_path: Path) -> None:
    path = tmp_path / "gold.csv"
    path.write_bytes(b"article_id,start,end,label\ra,0,3,PER\r")
    (example,) = load_dataset(path, split="all").examples
    assert [entity.label for entity in example.gold["entities"]] == ["PER"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(
            'id,text,entities\na,Ola,"[' + "[" * 100_000 + '"\n',
            "'entities': not valid JSON: nested too deeply",
            id="brackets",
        ),
        pytest.param('id,text,entities\na,Ola,"[{""a"":1,""a"":2}]"\n', "the key 'a' stands twice", id="key-twice"),
        pytest.param("id,text,entities\na,Ola,[NaN]\n", "NaN, which is no number", id="nan"),
        pytest.param("article_id,start,end,label\na," + "9" * 5000 + ",3,PER\n", "'start' is '9", id="digits"),
        pytest.param("x" * 200_000 + ",id\na,b\n", "the columns are ", id="no-header"),
    ],
)
def test_what_no_cell_can_be(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "gold.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FormatError, match=message) as caught:
        load_dataset(path, split="all")
    assert len(str(caught.value)) < 2100


def written(folder: Path, *lines: str) -> Path:
    path = folder / "items.csv"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_columns_called_as_fields_are_read_and_others_are_counted(tmp_path: Path) -> None:
    path = written(tmp_path, "id,start,end,label,score,entity_id,lable", "a,0,3,PER,.75,ola,x", "a,4,6,PER,,,")
    run = load_predictions(path)
    first, second = run.predictions[0].annotations["entities"] or ()
    assert (first.score, first.entity_id) == (0.75, "ola")
    assert (second.score, second.entity_id) == (None, None)
    assert "1 field of predicted entities not read, as no item has such a key: 'lable' 1" in run.notes


def test_a_column_with_ids_of_items_beside_those_of_articles(tmp_path: Path) -> None:
    (prediction,) = load_predictions(written(tmp_path, "id,article_id,start,end,label", "x1,a,0,3,PER")).predictions
    assert (prediction.article_id, [item.id for item in prediction.annotations["entities"] or ()]) == ("a", ["x1"])


def test_what_all_rows_say_of_an_article_is_said_of_it(tmp_path: Path) -> None:
    path = written(tmp_path, "id,start,end,label,lang,title", "a,0,3,PER,nb,One", "a,4,6,PER,nb,Two")
    gold = load_dataset(path, split="all")
    assert (gold.examples[0].article.lang, gold.examples[0].article.title) == ("nb", "")


def test_a_list_under_a_name_that_is_no_layer_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, "id,text,entities,ranks", 'a,Ola left,[],"[{""x"": 1}]"')
    assert any("1 object under 'ranks' left out" in note for note in load_predictions(path).notes)


@pytest.mark.parametrize("number", ["nan", "inf", "1e999", "1_0", "０.5", "high", "0x1"])
def test_a_score_is_a_finite_number(tmp_path: Path, number: str) -> None:
    path = written(tmp_path, "id,start,end,label,score", f"a,0,3,PER,{number}")
    with pytest.raises(FormatError, match=r"items\.csv:2: 'score' is .*, not a finite number"):
        load_predictions(path)


@pytest.mark.parametrize("number", ["+3", "0_3", "３", "3.5", "0x3", "9" * 30])
def test_an_offset_is_written_in_plain_digits(tmp_path: Path, number: str) -> None:
    path = written(tmp_path, "id,start,end,label", f"a,0,{number},PER")
    with pytest.raises(FormatError, match=r"items\.csv:2: 'end' is .*, not a whole number"):
        load_predictions(path)


def test_an_offset_may_be_written_as_pandas_does(tmp_path: Path) -> None:
    path = written(tmp_path, "id,text,start,end,label", "a,Ida Moen left,0.0,8.0,PER")
    assert marked(documents_in(path).documents[0]) == [("PER", "Ida Moen")]


@pytest.mark.parametrize(
    ("rows", "marks", "said"),
    [
        pytest.param(["1,8,PER", "15,20,GPE"], ["Ida Moen", "Bergen"], "count from 1, the last", id="one-based"),
        pytest.param(["0,7,PER", "14,19,GPE"], ["Ida Moen", "Bergen"], "include the last", id="inclusive"),
        pytest.param(["1,9,PER", "15,21,GPE"], ["Ida Moen", "Bergen"], "count from 1, as", id="one-based, exclusive"),
        pytest.param(["0,8,PER", "15,20,GPE"], ["Ida Moen", "ergen"], "", id="one inside a word is meant"),
        pytest.param(["1,3,PER", "11,13,X"], ["da", "ft"], "", id="no way fits"),
    ],
)
def test_items_inside_words_count_otherwise_if_one_way_fits_all(
    tmp_path: Path, rows: list[str], marks: list[str], said: str
) -> None:
    lines = [f"a,Ida Moen left Bergen.,{row}" for row in rows]
    found = documents_in(written(tmp_path, "id,text,start,end,label", *lines))
    assert [surface for _, surface in marked(found.documents[0])] == marks
    assert [n for what, n in found.notes.items() if said and said in what] == ([2] if said else [])
    assert said or not found.notes


def test_what_no_table_is_is_named(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text("id,start,end,label\na,0,3,PÉR\n", encoding="utf-16")
    with pytest.raises(FormatError, match="is in UTF-16; save it as UTF-8"):
        load_predictions(path)
    with pytest.raises(InputError, match="holds no prediction; expected is at least one article"):
        load_predictions(written(tmp_path, "id,start,end,label"))


def documents_in(path: Path, **values: str) -> Documents:
    table = read_table(path, values)
    return item_documents(table, Source(path=path), ReadOptions(values=values))


def read_csv(path: Path, **options: Any) -> Batch:
    assert CSV.read is not None
    return CSV.read(Source(path=path), ReadOptions(**options))


def marked(document: Document) -> list[tuple[str, str]]:
    return [(mark.type, document.text[slice(*mark.spans[0])]) for mark in document.marks]


class TestColumns:
    @pytest.mark.parametrize(
        "header",
        [
            "doc_id,begin,end,type,text",
            "Document ID,Start Offset,End Offset,Entity Type,Document Text",
            "id;start_char;end_char;label;sentence",
            "id\tchar_start\tchar_end\ttag\ttext",
        ],
    )
    def test_are_found_by_their_usual_names(self, tmp_path: Path, header: str) -> None:
        sign = next(sign for sign in ";\t," if sign in header)
        path = written(tmp_path, header, sign.join(("a", "0", "3", "PER", "Ola left.")))
        (document,) = documents_in(path).documents
        assert (document.id, document.text, marked(document)) == ("a", "Ola left.", [("PER", "Ola")])

    def test_can_be_named(self, tmp_path: Path) -> None:
        path = written(tmp_path, "nr,von,bis,art,start,words", "a,4,8,X,9,Ola left.")
        with pytest.raises(FormatError, match="expected are id and start, end, label"):
            read_table(path, {})
        values = {"id_column": "nr", "start_column": "von", "end_column": "bis", "label_column": "Art"}
        (document,) = documents_in(path, **values, text_column="words").documents
        assert marked(document) == [("X", "left")]
        assert document.marks[0].features == {"start": "9"}

    def test_that_are_named_must_be_there(self, tmp_path: Path) -> None:
        path = written(tmp_path, "nr,von,bis,art", "a,4,8,X")
        with pytest.raises(FormatError, match=r"has no column 'vom' \(--start-column\); did you mean 'von'\?"):
            read_table(path, {"start_column": "vom"})

    def test_without_an_id_each_text_is_an_article(self, tmp_path: Path) -> None:
        path = written(tmp_path, "text,start,end,label", "Ola left.,0,3,PER", "Ola left.,4,8,X", "Ruun.,0,4,GPE")
        assert [(own.id, len(own.marks)) for own in documents_in(path).documents] == [("0001", 2), ("0002", 1)]

    def test_further_ones_are_features(self, tmp_path: Path) -> None:
        path = written(
            tmp_path, "id,start,end,label,text,entity_id,aka,score", 'a,0,3,PER,Ola left.,ola,"[""O"",""L""]",.5'
        )
        (mark,) = documents_in(path).documents[0].marks
        assert (mark.features, mark.score) == ({"entity_id": "ola", "aka": ("O", "L")}, 0.5)


class TestTexts:
    def test_of_articles_may_stand_in_one_row_of_each(self, tmp_path: Path) -> None:
        path = written(tmp_path, "id,start,end,label,text", "a,,,,Ola left.", "a,0,3,PER,", "b,,,,Nobody.")
        assert [marked(own) for own in documents_in(path).documents] == [[("PER", "Ola")], []]

    @pytest.mark.parametrize("kind", ["folder", "csv", "jsonl"])
    def test_may_lie_beside(self, tmp_path: Path, kind: str) -> None:
        (tmp_path / "texts").mkdir()
        (tmp_path / "texts" / "a.txt").write_bytes(b"\xef\xbb\xbfOla\r\nleft.")
        (tmp_path / "texts" / "z.txt").write_text("Nobody asked.")
        (tmp_path / "texts.csv").write_bytes(b'ID,text\r\na,"Ola\r\nleft."\r\nz,Nobody asked.\r\n')
        (tmp_path / "texts.jsonl").write_text('{"id": "a", "text": "Ola\\r\\nleft."}\n{"id": "z", "text": "N"}\n')
        texts = tmp_path / ("texts" if kind == "folder" else f"texts.{kind}")
        path = written(tmp_path, "id,start,end,label", "a,5,9,X", "q,0,1,Y")
        found = documents_in(path, texts=str(texts))
        assert [marked(own) for own in found.documents] == [[("X", "left")]]
        assert "article 'q' has no text under --texts" in str(found.problems[0])
        assert list(found.notes.values()) == [1]

    @pytest.mark.parametrize(
        ("files", "message"),
        [
            ({}, "is no folder or file"),
            ({"texts/a.md": "x"}, r"holds no file ID\.txt"),
            ({"texts/a.txt": "x", "texts/b/a.txt": "y"}, "another text is called so too"),
            ({"texts": "id,body\na,x\n"}, "has no 'id' and 'text'"),
            ({"texts": "id,text\na,x\na,y\n"}, "has another text before"),
            ({"texts": "just a text"}, "is no header with an id and a text"),
        ],
    )
    def test_that_are_none_are_refused(self, tmp_path: Path, files: dict[str, str], message: str) -> None:
        for name, content in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(content)
        path = written(tmp_path, "id,start,end,label", "a,0,1,X")
        with pytest.raises(InputError, match=message):
            documents_in(path, texts=str(tmp_path / "texts"))

    def test_decide_with_what_stands_at_the_spans(self, tmp_path: Path) -> None:
        path = written(
            tmp_path, "id,start,end,label,mention,text", "a,3,6,PER,Ola,😀 Ola left.", "a,7,11,X,left,😀 Ola left."
        )
        found = documents_in(path)
        assert marked(found.documents[0]) == [("PER", "Ola"), ("X", "left")]
        assert any("UTF-16" in note for note in found.notes)

    def test_that_speak_against_a_span_make_a_problem(self, tmp_path: Path) -> None:
        path = written(
            tmp_path, "id,start,end,label,mention,text", "a,0,3,PER,Kari,Ola left.", "a,4,8,X,left,Ola left."
        )
        found = documents_in(path)
        assert marked(found.documents[0]) == [("X", "left")]
        assert "items.csv:2: " in str(found.problems[0])

    def test_are_wanted_by_a_profile(self, tmp_path: Path) -> None:
        path = written(tmp_path, "id,start,end,label", "a,0,3,PER")
        with pytest.raises(FormatError, match="name the texts with --texts, or leave out the profile"):
            read_csv(path, profile="default")


def test_what_an_annotator_said_is_a_reading(tmp_path: Path) -> None:
    lines = ("a,Ola left.,0,3,PER,ola", "a,Ola left.,0,3,PER,kari", "a,Ola left.,4,8,X,kari")
    found = documents_in(written(tmp_path, "id,text,start,end,label,annotator", *lines))
    assert [(own.annotator, len(own.marks), own.ground_truth) for own in found.documents] == [
        ("ola", 1, False),
        ("kari", 2, False),
    ]


@pytest.mark.parametrize("has_texts", [True, False])
def test_offsets_may_be_said(tmp_path: Path, has_texts: bool) -> None:
    text = {"text": "😀 Ola left."}
    gold = tmp_path / "gold.jsonl"
    gold.write_text(json.dumps({"id": "a", **text, "entities": [{"start": 2, "end": 5, "label": "PER"}]}))
    names, cells = (
        ("id,start,end,label,text", f"a,3,6,PER,{text['text']}") if has_texts else ("id,start,end,label", "a,3,6,PER")
    )
    examples = load_dataset(gold, split="all").examples
    run = load_predictions(written(tmp_path, names, cells), examples, ReadOptions(offsets="utf-16"))
    assert [item.spans for item in run.predictions[0].annotations["entities"] or ()] == [(Span(2, 5),)]


class TestTokens:
    HEADER = "Sentence #,Word,POS,Tag"

    def test_a_row_each_with_sentences(self, tmp_path: Path) -> None:
        path = written(
            tmp_path, self.HEADER, "Sentence: 1,Ola,NNP,B-per", ',"""",X,O', ',",",X,O', "Sentence: 2,Ruun,NNP,B-geo"
        )
        first, second = load_dataset(path, split="all").examples
        assert (first.article.id, first.article.text) == ("Sentence: 1", 'Ola " ,')
        assert [(own.label, own.spans) for own in second.gold["entities"]] == [("geo", ((0, 4),))]

    def test_a_sentence_may_be_named_in_each_row(self, tmp_path: Path) -> None:
        path = written(tmp_path, "sentence_idx,word,tag", "1.0,Ola,B-per", "1.0,left,O", "2.0,Ruun,B-geo")
        assert [example.article.text for example in load_dataset(path, split="all").examples] == ["Ola left", "Ruun"]

    def test_other_encodings(self, tmp_path: Path) -> None:
        path = tmp_path / "tokens.csv"
        path.write_bytes("Sentence #,Word,Tag\nSentence: 1,Åse,B-per\n".encode("latin-1"))
        for values in ({}, {"encoding": "latin-1"}):
            (example,) = read_csv(path, values=values).examples
            assert example.article.text == "Åse"
        with pytest.raises(InputError, match="encoding 'latin-0' is not known"):
            read_csv(path, values={"encoding": "latin-0"})

    def test_the_first_names_its_sentence(self, tmp_path: Path) -> None:
        with pytest.raises(FormatError, match=r"items\.csv:2: column 'Sentence #' is empty in the first row"):
            load_dataset(written(tmp_path, self.HEADER, ",Ola,NNP,O"), split="all")


def test_cells_are_written_as_they_are(tmp_path: Path) -> None:
    text = '=HYPERLINK("x")\r\n+1;"quoted", \ttab'
    marks = (Mark("m", "=SUM(A1)", (Span(0, 10),), {"note": "@cmd", "aka": ("-1", "b")}),)
    path = tmp_path / "out.csv"
    write_items([Document(id="a", text=text, marks=marks)], path, ReadOptions())
    with path.open(encoding="utf-8", newline="") as file:
        article, item = csv.DictReader(file)
    assert (article["text"], article["start"]) == (text, "")
    assert (item["label"], item["note"], item["surface"], item["text"]) == ("=SUM(A1)", "@cmd", "=HYPERLINK", "")
    assert path.read_bytes().count(b"\r\n") == 4


@settings(max_examples=80, deadline=None)
@given(document=documents(), suffix=st.sampled_from((".csv", ".tsv")))
def test_what_is_written_comes_back(tmp_path_factory: pytest.TempPathFactory, document: Document, suffix: str) -> None:
    path = tmp_path_factory.getbasetemp() / f"made{suffix}"
    path.unlink(missing_ok=True)
    write_items([document], path, ReadOptions())
    found = documents_in(path)
    assert not found.problems
    (back,) = found.documents
    assert said(back) == said(document)


def test_mutated_files_are_read_or_refused(tmp_path: Path) -> None:
    marks = (Mark("m", "PER", (Span(0, 3),), {"note": "n"}, 0.5), Mark("o", "X", (Span(4, 8),)))
    made = Document(id="a", text="Ola left.", marks=marks, links=(Link("l", "m", "o"),), article={"title": "t"})
    path = tmp_path / "out.csv"
    write_items([made, Document(id="b", text="", labels={"category": ("x",)})], path, ReadOptions())
    content, pick = path.read_bytes(), random.Random(9)
    for _ in range(500):
        path.write_bytes(mutated(content, pick))
        try:
            found = documents_in(path) if pick.random() < 0.8 else load_dataset(path, split="all")
        except EvalkitError:
            continue
        for document in found.documents if isinstance(found, Documents) else ():
            assert all(0 <= start < end <= len(document.text) for mark in document.marks for start, end in mark.spans)


def test_the_last_item_may_end_after_the_text_in_other_units(tmp_path: Path) -> None:
    path = written(tmp_path, "id,text,start,end,label,surface", "a,😀 Anna,3,7,PER,Anna")
    (example,) = read_csv(path).examples
    assert [entity.spans for entity in example.gold["entities"] or ()] == [(Span(2, 6),)]
    bare = written(tmp_path, "id,text,start,end,label", "a,😀 Anna,3,7,PER")
    for offsets, cells in (("utf-16", "3,7"), ("utf-8", "5,9"), ("inclusive", "2,5"), ("one-based", "3,7")):
        bare.write_text(f"id,text,start,end,label\na,😀 Anna,{cells},PER\n", encoding="utf-8")
        (example,) = load_dataset(bare, split="all", read=ReadOptions(offsets=offsets)).examples
        assert [entity.spans for entity in example.gold["entities"] or ()] == [(Span(2, 6),)]


def test_what_stands_there_is_held_against_offsets_that_were_said(tmp_path: Path) -> None:
    path = written(tmp_path, "id,text,start,end,label,surface", "a,😀 Anna,2,6,PER,Anna")
    assert [str(one) for one in read_csv(path, offsets="utf-16").problems]


def test_gold_that_is_a_reading_too_comes_back_as_both(tmp_path: Path) -> None:
    marks = (Mark("m", "PER", (Span(0, 3),)),)
    both = Document(id="a", text="Ola left.", marks=marks, annotator="mia", ground_truth=True)
    write_items([both], tmp_path / "out.csv", ReadOptions())
    (example,) = read_csv(tmp_path / "out.csv").examples
    assert example.readings["mia"] == example.gold
    assert example.gold["entities"]


def test_suggestions_are_no_gold(tmp_path: Path) -> None:
    marks = (Mark("m", "PER", (Span(0, 3),)),)
    write_items([Document(id="a", text="Ola left.", marks=marks, suggested=True)], tmp_path / "out.csv", ReadOptions())
    batch = read_csv(tmp_path / "out.csv")
    assert batch.notes == {"texts with suggestions of a system, which are no gold: left aside": 1}
    assert not batch.examples[0].gold.layers


def test_ids_of_items_that_are_given_lead_links(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "id,text,start,end,label,item_id,->Speaker",
        "a,Anna saw Bob and Cleo,0,4,PER,,",
        "a,Anna saw Bob and Cleo,9,12,PER,r1,",
        "a,Anna saw Bob and Cleo,17,21,Quote,q,r1",
    )
    (document,) = documents_in(path).documents
    assert [(mark.id, mark.spans[0].start) for mark in document.marks] == [("r1-2", 0), ("r1", 9), ("q", 17)]
    twice = documents_in(written(tmp_path, "id,text,start,end,label,item_id", "a,Ola,0,3,X,q", "a,Ola,0,3,Y,q"))
    assert [str(one).partition("csv")[2] for one in twice.problems] == [
        ":3: item_id 'q' stands twice in its article; mend it"
    ]


@pytest.mark.parametrize("name", ["text", "Text", "start", "annotated_by", "title", "->Cue", "metadata.x", " note", ""])
def test_columns_of_its_own_are_no_features(name: str) -> None:
    assert is_reserved(name)
    assert not is_reserved("entity_id")
