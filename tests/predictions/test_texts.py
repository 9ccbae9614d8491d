"""Predictions that come with a text of their own, and sides in two formats."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import InputError
from evalkit.options import ReadOptions
from evalkit.predictions.load import load_predictions, load_sides
from evalkit.records import Annotations, Article, Example, Span

TEXT = "“Nei,” sa Ida  Moen.\nSo did Åse."
GOLD = [Example(article=Article(id="a", text=TEXT), gold=Annotations(entities=()))]
TAGS = (
    "# document_id = a\n“\tO\nNei\tO\n,”\tO\nsa\tO\nIda\tB-PER\nMoen\tI-PER\n.\tO\n\nSo\tO\ndid\tO\nÅse\tB-PER\n.\tO\n"
)


def row(**fields: object) -> str:
    return json.dumps({"id": "a", **fields}, ensure_ascii=False) + "\n"


def surfaces(annotations: Annotations, text: str = TEXT) -> list[str]:
    return [text[slice(*entity.spans[0])] for entity in annotations["entities"] or ()]


@pytest.fixture
def write(tmp_path: Path):
    def make(name: str, content: str) -> Path:
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return path

    return make


class TestTheirText:
    def test_white_space_may_differ(self, write):
        own = TEXT.replace("  ", " ").replace("\n", "\r\n").strip()
        content = [[own.index("“"), own.index(" sa")]]
        start = own.index("Ida Moen")
        quote = {"kind": "direct", "content": content, "speaker": [start, start + 8]}
        entities = [{"start": start, "end": start + 8, "label": "PER"}]
        found = load_predictions(write("p.jsonl", row(text=own, entities=entities, quotes=[quote])), GOLD)
        annotations = found.predictions[0].annotations
        assert surfaces(annotations) == ["Ida  Moen"]
        assert annotations["quotes"][0].speaker == annotations["entities"][0].spans[0]
        assert TEXT[slice(*annotations["quotes"][0].content[0])] == "“Nei,”"
        assert found.notes == (
            "1 predicted article whose text differs from the gold's in white space only "
            "(they differ in blanks (white space)), carried over to it",
        )

    def test_the_same_text_is_no_news(self, write):
        found = load_predictions(write("p.jsonl", row(text=TEXT, entities=[])), GOLD)
        assert found.notes == ()

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            pytest.param(
                {"text": TEXT.replace("Ida", "Ola")},
                r"p\.jsonl:1: article 'a' was predicted on another text .*'Ola .*' against 'Ida .*' at character 10",
                id="a word",
            ),
            pytest.param({"text": TEXT[:-1]}, "its end against '.' at character 31", id="cut off"),
            pytest.param({"text": f"{TEXT} More"}, "it has ' More' more at character 32", id="more"),
            pytest.param({"text_sha256": "00"}, r"p\.jsonl:1: text_sha256 is that of another text", id="hash"),
        ],
    )
    def test_another_text_is_refused(self, write, fields: dict[str, str], message: str):
        with pytest.raises(InputError, match=message):
            load_predictions(write("p.jsonl", row(entities=[], **fields)), GOLD)

    def test_a_span_of_white_space_holds_on_to_nothing(self, write):
        own = TEXT.replace("  ", " ")
        blank = own.index(" sa")
        entities = [{"start": blank, "end": blank + 1, "label": "PER"}]
        with pytest.raises(InputError, match=r"entities\[0\].* is empty"):
            load_predictions(write("p.jsonl", row(text=own, entities=entities)), GOLD)

    @given(st.text(" \nabc", min_size=1).filter(str.strip), st.data())
    def test_letters_stay_under_their_spans(self, tmp_path_factory: pytest.TempPathFactory, text: str, data):
        places = [number for number, letter in enumerate(text) if not letter.isspace()]
        first = data.draw(st.sampled_from(places))
        last = data.draw(st.sampled_from([place for place in places if place >= first]))
        own = "".join(data.draw(st.sampled_from(["", " ", "\n "])) + letter for letter in text.split())
        kept = [number for number, letter in enumerate(own) if not letter.isspace()]
        span = (kept[places.index(first)], kept[places.index(last)] + 1)
        path = tmp_path_factory.getbasetemp() / "p.jsonl"
        path.write_text(row(text=own, entities=[{"start": span[0], "end": span[1], "label": "PER"}]), encoding="utf-8")
        examples = [Example(article=Article(id="a", text=text), gold=Annotations())]
        (entity,) = load_predictions(path, examples).predictions[0].annotations["entities"]
        assert entity.spans == (Span(first, last + 1),)


class TestSides:
    def test_tags_over_a_text(self, write):
        gold, tags = write("gold.jsonl", row(text=TEXT, entities=[])), write("p.conll", TAGS)
        examined, found = load_sides(gold, tags)
        assert examined.examples[0].article.text == TEXT
        assert surfaces(found.predictions[0].annotations) == ["Ida  Moen", "Åse"]
        assert found.notes[0].partition(",")[0] == "predicted tags read as IOB2"

    def test_offsets_over_tags(self, write):
        own = TAGS.partition("\n")[2]
        text = " ".join(line.split("\t")[0] for line in own.split("\n") if line)
        start = text.index("Ida")
        entities = [{"start": start, "end": start + 8, "label": "PER"}]
        examined, found = load_sides(write("g.conll", TAGS), write("p.jsonl", row(entities=entities)))
        assert examined.reading == "tags:IOB2/begin"
        assert surfaces(found.predictions[0].annotations, examined.examples[0].article.text) == ["Ida Moen"]

    def test_tags_over_tags_are_laid_side_by_side(self, write):
        gold = write("g.conll", TAGS)
        # One token is spelled otherwise, one is missing: no text of its own would be the gold's.
        predicted = write("p.conll", TAGS.replace("Nei\t", "Nej\t").replace("did\tO\n", ""))
        examined, found = load_sides(gold, predicted)
        assert surfaces(found.predictions[0].annotations, examined.examples[0].article.text) == ["Ida Moen", "Åse"]
        assert (found.notes, found.extractor, examined.name) == ((), "p", "g")
        assert any("another spelling" in note for note in examined.notes)

    def test_both_in_one_file(self, write):
        both = write("both.conll", "Ida\tB-PER\tO\nleft\tO\tB-PER\n")
        examined, found = load_sides(
            both, None, read=ReadOptions(values={"tag_column": "1", "predicted_tag_column": "2"})
        )
        assert surfaces(examined.examples[0].gold, "Ida left") == ["Ida"]
        assert surfaces(found.predictions[0].annotations, "Ida left") == ["left"]
        with pytest.raises(InputError, match="no predictions: give --predicted"):
            load_sides(both, None)

    def test_a_column_for_each_side(self, write):
        gold = write("g.tsv", "TOKEN\tX\tY\nIda\tB-PER\tO\nleft\tO\tO\n")
        predicted = write("p.tsv", "TOKEN\tX\tY\nIda\tO\tB-PER\nleft\tO\tO\n")
        values = {"gold_tag_column": "X", "predicted_tag_column": "Y"}
        for read in (ReadOptions(values=values), ReadOptions(format="conll", values=values)):
            examined, found = load_sides(gold, predicted, read=read)
            assert surfaces(examined.examples[0].gold, "Ida left") == ["Ida"]
            assert surfaces(found.predictions[0].annotations, "Ida left") == ["Ida"]

    def test_a_format_for_each_side(self, write):
        gold, predicted = write("gold", TAGS), write("p", row(entities=[]))
        read = ReadOptions(gold_format="conll", predicted_format="native")
        assert len(load_sides(gold, predicted, read=read)[1].predictions) == 1

    @pytest.mark.parametrize("name", ["gone", "gone/"])
    def test_no_such_predictions(self, write, tmp_path: Path, name: str):
        with pytest.raises(InputError, match="gone: cannot be read"):
            load_sides(write("gold.jsonl", row(entities=[])), tmp_path / name)

    def test_a_folder_that_is_no_run(self, write, tmp_path: Path):
        (tmp_path / "empty").mkdir()
        with pytest.raises(InputError, match="is no run folder"):
            load_sides(write("gold.jsonl", row(entities=[])), tmp_path / "empty")
