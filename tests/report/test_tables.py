"""The tables of a result, from which every form is made."""

from __future__ import annotations

from evalkit.report.tables import failed_lines, notes_of, result_tables
from evalkit.results import EvalResult


def test_each_task_has_its_labels_then_the_other_conventions_then_derived_scores(result: EvalResult):
    assert [table.title for table in result_tables(result)] == [
        "entities · exact",
        "entities · other conventions, micro",
        "stances · right",
        "stances · other conventions, micro",
        "stances · derived scores",
    ]


def test_labels_micro_and_macro_with_the_floor(result: EvalResult):
    table = result_tables(result)[0]
    assert table.columns == ("label", "P", "R", "F1", "95 % CI", "gold", "pred", "floor F1")
    # The floor knows no PER: that is a dash, not a zero.
    assert table.rows == (
        ("PER", "0.600", "0.750", "0.667", "0.500–0.800", "4", "5", "–"),
        ("micro", "0.600", "0.750", "0.667", "0.500–0.800", "4", "5", "0.667"),
        ("macro", "0.600", "0.750", "0.667", "0.500–0.800", "", "", "0.667"),
    )
    assert table.rules == (1,)
    assert table.caption == "entities|exact|micro"


def test_without_a_floor_there_is_no_column_for_it(result: EvalResult):
    right = result_tables(result)[2]
    assert right.columns[-1] == "pred"
    assert right.rows[0] == ("PER", "0.600", "0.750", "0.667", "–", "4", "5")


def test_derived_scores(result: EvalResult):
    assert result_tables(result)[4].rows == (
        ("given: accuracy", "0.750", "0.500–1.000"),
        ("given: favg", "0.500", "–"),
    )


def test_every_row_fills_every_column(result: EvalResult):
    for table in result_tables(result):
        assert {len(row) for row in table.rows} == {len(table.columns)}


def test_notes_name_what_was_left_out(result: EvalResult):
    lines = notes_of(result)
    assert lines[:3] == [
        "quotes: not evaluated, the extractor does not claim it",
        "3 predicted entities mapped: A→B 3",
        "failed, counted as missed: a0: ValueError: boom",
    ]
    assert lines[-1] == "… and 2 more failed articles, all in result.json"
    assert len(failed_lines(result, most=20)) == 12
