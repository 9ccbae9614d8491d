"""CSV with a header: whatever ends its lines, and what no cell can be."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.dataset.load import load_dataset
from evalkit.errors import FormatError, InputError
from evalkit.predictions.load import load_predictions


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


@pytest.mark.parametrize("number", ["+3", "0_3", "３", "3.0", "0x3", "9" * 30])
def test_an_offset_is_written_in_plain_digits(tmp_path: Path, number: str) -> None:
    path = written(tmp_path, "id,start,end,label", f"a,0,{number},PER")
    with pytest.raises(FormatError, match=r"items\.csv:2: 'end' is .*, not a whole number"):
        load_predictions(path)


def test_what_no_table_is_is_named(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text("id,start,end,label\na,0,3,PÉR\n", encoding="utf-16")
    with pytest.raises(FormatError, match="is in UTF-16; save it as UTF-8"):
        load_predictions(path)
    with pytest.raises(InputError, match="holds no prediction; expected is at least one article"):
        load_predictions(written(tmp_path, "id,start,end,label"))
