from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.analysis.slices import NONE, article_properties, item_slices, slice_articles, slice_table, slice_tables
from evalkit.errors import InputError
from evalkit.records import Article
from evalkit.scoring.columns import columns_from_arrays
from evalkit.scoring.derived import accuracy
from evalkit.scoring.table import CountTable
from evalkit.scoring.tasks.table import ScoredTable, load_convention

MakeTable = Callable[..., CountTable]


def test_article_properties() -> None:
    articles = [
        Article(id="a", text="", source="Fjord Post", published="2024-03-01", metadata={"section": "sport"}),
        Article(id="b", text="", published="2023-12-31", lang="en"),
    ]
    assert article_properties(articles) == {
        "lang": {"b": "en"},
        "section": {"a": "sport"},
        "source": {"a": "Fjord Post"},
        "year": {"a": "2024", "b": "2023"},
    }


@pytest.mark.parametrize(
    "by",
    [
        pytest.param({"a": 2023, "b": 2024, "x": 1999}, id="mapping"),
        pytest.param(pd.Series([2023, 2024, 1999], index=["a", "b", "x"]), id="series"),
        pytest.param({"a": 2023, "b": 2024, "c": None}, id="None"),
        pytest.param(pd.Series(["2023", "2024", float("nan")], index=["a", "b", "c"]), id="NaN"),
        pytest.param(pd.Series([2023, 2024, pd.NA], index=["a", "b", "c"], dtype="Int64"), id="NA"),
        pytest.param({"a": 2023, "b": 2024, "c": ""}, id="empty"),
    ],
)
def test_slice_table(make_table: MakeTable, by: Mapping[str, object]) -> None:
    table = make_table(
        {"a": {"X": (1, 1, 1, 1), "Y": (2, 0, 0, 0)}, "b": {"X": (1, 2, 1, 1)}, "c": {"Y": (1, 1, 0, 0)}}
    )
    sliced = slice_table(table, by)
    assert sliced.labels == (NONE, "2023", "2024")
    assert sliced.totals().tolist() == [[1, 1, 0, 0], [3, 1, 1, 1], [1, 2, 1, 1]]
    assert slice_table(table, by, label="Y").totals().tolist() == [[1, 1, 0, 0], [2, 0, 0, 0], [0, 0, 0, 0]]


@settings(max_examples=25)
@given(values=st.lists(st.sampled_from(["x", "y", "z"]), min_size=6, max_size=6), seed=st.integers(0, 99))
def test_slices_add_up_to_the_whole(draw_table: MakeTable, values: list[str], seed: int) -> None:
    table = draw_table(seed, 6, fractions=True)
    by = dict(zip(table.articles, values, strict=True))
    assert slice_table(table, by).totals().sum(axis=0) == pytest.approx(table.totals().sum(axis=0))
    parts = slice_articles(ScoredTable(table), by)
    assert sum(part.table.totals() for part in parts.values()) == pytest.approx(table.totals())


def test_slice_articles_keeps_labels_and_derived_scores(make_table: MakeTable) -> None:
    table = make_table({"a": {"X": (1, 1, 1, 1)}, "b": {"Y": (1, 1, 0, 0)}})
    target = make_table({"a": {"t\tX": (1, 1, 1, 1)}, "b": {"t\tY": (1, 1, 0, 0)}})
    parts = slice_articles(ScoredTable(table, {"accuracy": accuracy}, target), {"a": "north"})
    assert list(parts) == [NONE, "north"]
    assert (parts["north"].table.articles, parts["north"].table.labels) == (("a",), ("X", "Y"))
    assert list(parts["north"].derived) == ["accuracy"]
    assert parts["north"].by_target is not None
    assert parts["north"].by_target.articles == ("a",)


@pytest.mark.parametrize("frame", [pd.DataFrame({"year": [1, 2], "desk": ["x", "x"]}, index=["a", "b"]), None])
def test_every_column_of_a_frame(make_table: MakeTable, frame: pd.DataFrame | None) -> None:
    table = make_table({"a": {"X": (1, 1, 1, 1)}, "b": {"X": (1, 0, 0, 0)}})
    by = {"year": {"a": 1, "b": 2}, "desk": {"a": "x", "b": "x"}} if frame is None else frame
    assert {name: own.labels for name, own in slice_tables(table, by).items()} == {"year": ("1", "2"), "desk": ("x",)}


def test_refuses_keys_that_are_no_article_ids(make_table: MakeTable) -> None:
    with pytest.raises(InputError, match="must be article ids such as 'a', not '0'"):
        slice_table(make_table({"a": {"X": (1, 1, 1, 1)}}), pd.Series(["x"]))


def test_refuses_an_unknown_label(make_table: MakeTable) -> None:
    with pytest.raises(InputError, match="no label 'Z'; it has X"):
        slice_table(make_table({"a": {"X": (1, 1, 1, 1)}}), {"a": 1}, label="Z")


def test_items_count_in_their_own_slice() -> None:
    # Gold [0, 2] short and [5, 9] long; predicted [0, 2] short, right, and [5, 7] short, wrong.
    columns = columns_from_arrays(["a"], ["X"], ([0, 0], [0, 5], [2, 9], [0, 0]), ([0, 0], [0, 5], [2, 7], [0, 0]))
    credits = load_convention("entities", "exact")(columns)
    table = item_slices(columns, credits, gold=["short", "long"], predicted=["short", "short"])
    assert table.labels == ("long", "short")
    assert table.totals().tolist() == [[1, 0, 0, 0], [1, 2, 1, 1]]


def test_refuses_values_of_another_number() -> None:
    columns = columns_from_arrays(["a"], ["X"], ([0], [0], [2], [0]), ([], [], [], []))
    credits = load_convention("entities", "exact")(columns)
    with pytest.raises(InputError, match="2 values for 1 gold items"):
        item_slices(columns, credits, gold=["x", "y"], predicted=[])


def test_refuses_conventions_that_count_tokens() -> None:
    columns = columns_from_arrays(["a"], ["X"], ([0], [0], [2], [0]), ([], [], [], []), texts=("Oslo",))
    with pytest.raises(InputError, match="counts no entities"):
        item_slices(columns, load_convention("entities", "token")(columns), gold=["x"], predicted=[])


def test_a_slice_of_nothing(make_table: MakeTable) -> None:
    empty = CountTable((), ("X",), np.zeros((0, 1, 4)))
    assert slice_table(empty, {}).labels == ()
    assert slice_articles(ScoredTable(empty), {}) == {}
