"""The document of a scored run: its tables, notes and rows."""

from __future__ import annotations

from evalkit.report.document import Table
from evalkit.report.of.result import document
from evalkit.results import EvalResult


def tables(result: EvalResult) -> list[Table]:
    return list(document(result).tables)


def names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def test_each_task_has_its_labels_then_the_other_conventions_then_derived_scores(result: EvalResult):
    assert [table.title for table in tables(result)] == [
        "entities · exact",
        "entities · other conventions, micro",
        "stances · right",
        "stances · other conventions, micro",
        "stances · derived scores",
    ]


def test_labels_micro_and_macro_with_the_floor(result: EvalResult):
    table = tables(result)[0]
    assert names(table) == ["label", "P", "R", "F1", "95 % CI", "gold", "pred", "floor F1"]
    # The floor knows no PER: that is a dash, not a zero.
    assert table.rows == (
        ("PER", "0.600", "0.750", "0.667", "0.500–0.800", "4", "5", "–"),
        ("micro", "0.600", "0.750", "0.667", "0.500–0.800", "4", "5", "0.667"),
        ("macro", "0.600", "0.750", "0.667", "0.500–0.800", "", "", "0.667"),
    )
    assert (table.rules, table.strong) == ((1,), (1, 2))
    assert table.signature == "entities|exact|micro"


def test_without_a_floor_there_is_no_column_for_it(result: EvalResult):
    right = tables(result)[2]
    assert names(right)[-1] == "pred"
    assert right.rows[0] == ("PER", "0.600", "0.750", "0.667", "–", "4", "5")


def test_derived_scores(result: EvalResult):
    assert tables(result)[4].rows == (
        ("given: accuracy", "0.750", "0.500–1.000"),
        ("given: favg", "0.500", "–"),
    )


def test_every_row_fills_every_column(result: EvalResult):
    for table in tables(result):
        assert {len(row) for row in table.rows} == {len(table.columns)}


def test_notes_name_what_was_left_out(result: EvalResult):
    lines = document(result).notes
    assert lines[:3] == (
        "quotes: not evaluated, the extractor does not claim it",
        "3 predicted entities mapped: A→B 3",
        "failed, counted as missed: a0: ValueError: boom",
    )
    # Ten of twelve are named.
    assert lines[-1] == "… and 2 more failed articles, all in result.json"
    assert sum(line.startswith("failed") for line in lines) == 10


def test_rows_hold_figures_in_full_and_derived_scores(result: EvalResult):
    rows = document(result).rows
    micro = next(row for row in rows if row["label"] == "micro")
    # P = 3/5, R = 3/4.
    assert micro["f1"] == 2 * 0.6 * 0.75 / (0.6 + 0.75)
    assert (micro["gold"], micro["gold_items"], micro["predicted_items"]) == ("news@1234567", 4, 5)
    accuracy = next(row for row in rows if row["label"] == "accuracy")
    assert (accuracy["task"], accuracy["score"], accuracy["score_low"]) == ("stances", 0.75, 0.5)
