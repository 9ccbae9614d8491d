from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.analysis.slices import slice_articles
from evalkit.errors import InputError
from evalkit.records import Article
from evalkit.scoring.counts import CountTable
from evalkit.scoring.properties import NONE, article_properties
from evalkit.scoring.tasks.table import ScoredTable, derived_scores

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
def test_slices_of_articles(make_table: MakeTable, by: Mapping[str, object]) -> None:
    table = make_table(
        {"a": {"X": (1, 1, 1, 1), "Y": (2, 0, 0, 0)}, "b": {"X": (1, 2, 1, 1)}, "c": {"Y": (1, 1, 0, 0)}}
    )
    parts = slice_articles(ScoredTable(table), by)
    # Totals of X and of Y in each slice.
    assert {value: part.table.totals().tolist() for value, part in parts.items()} == {
        NONE: [[0, 0, 0, 0], [1, 1, 0, 0]],
        "2023": [[1, 1, 1, 1], [2, 0, 0, 0]],
        "2024": [[1, 2, 1, 1], [0, 0, 0, 0]],
    }


@settings(max_examples=25)
@given(values=st.lists(st.sampled_from(["x", "y", "z"]), min_size=6, max_size=6), seed=st.integers(0, 99))
def test_slices_add_up_to_the_whole(draw_table: MakeTable, values: list[str], seed: int) -> None:
    table = draw_table(seed, 6, fractions=True)
    by = dict(zip(table.articles, values, strict=True))
    parts = slice_articles(ScoredTable(table), by)
    assert sum(part.table.totals() for part in parts.values()) == pytest.approx(table.totals())


def test_slice_articles_keeps_labels_and_derived_scores(make_table: MakeTable) -> None:
    table = make_table({"a": {"t": {"X": (1, 1, 1, 1)}}, "b": {"t": {"Y": (1, 1, 0, 0)}}}, ("X", "Y"))
    parts = slice_articles(ScoredTable(table, derived_scores("categories", "exact")), {"a": "north"})
    assert list(parts) == [NONE, "north"]
    assert (parts["north"].table.articles, parts["north"].table.labels) == (("a",), ("X", "Y"))
    assert list(parts["north"].derived) == ["accuracy", "macro_f1"]
    assert parts["north"].table.groups == ("t",)


def test_refuses_keys_that_are_no_article_ids(make_table: MakeTable) -> None:
    with pytest.raises(InputError, match="must be article ids such as 'a', not '0'"):
        slice_articles(ScoredTable(make_table({"a": {"X": (1, 1, 1, 1)}})), pd.Series(["x"]))


def test_a_slice_of_nothing() -> None:
    assert slice_articles(ScoredTable(CountTable.of_dense((), ("X",), np.zeros((0, 1, 4)))), {}) == {}
