"""The selftest passes what is right, and catches each invariant being broken."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from evalkit.cli.selftest import selftest_command
from evalkit.scoring.conventions.exact import exact
from evalkit.scoring.edges import find_edges
from evalkit.scoring.items import items_of_credits, items_of_pairs
from evalkit.scoring.selftest import INVARIANTS, check_all, check_convention
from evalkit.scoring.tasks import table
from evalkit.scoring.tasks.table import choose_conventions, load_task, task_names

FEW = 15


def test_every_built_in_convention_keeps_every_invariant():
    checks = check_all(cases=4)
    assert [check.violation for check in checks if check.violation] == []
    assert {(check.task, check.convention) for check in checks} >= {
        (task, name) for task in task_names() for name in choose_conventions(task, ["all"])
    }
    # What counts anything else than the items themselves cannot give their number.
    excepted = {(c.task, c.convention, c.invariant) for c in checks if c.excepted and c.invariant != "counts"}
    assert excepted == {
        ("entities", "fuzzy", "swap"),
        ("entities", "partial:0.5", "swap"),
        ("entities", "type:0.5", "swap"),
        ("entities", "surface", "merge"),
        ("entities", "surface:in-place", "merge"),
        ("quotes", "attribution-harm", "swap"),
        ("stances", "given", "swap"),
        ("stances", "found", "swap"),
        ("stances", "right", "swap"),
        ("chain", "complete", "swap"),
    }


EXCEPTED = [
    (task, name, convention)
    for task in task_names()
    for name, convention in load_task(task).conventions.items()
    # Random cases hardly ever show those of the chain, and what needs a file has tests of its own.
    if convention.excepted and task != "chain" and all(own.default is not None for own in convention.parameters)
]


@pytest.mark.parametrize(("task", "name", "convention"), EXCEPTED, ids=[f"{task}-{name}" for task, name, _ in EXCEPTED])
def test_the_exceptions_are_needed(task, name, convention, monkeypatch):
    """The others are tried on every convention by the test above."""
    everything = replace(convention, excepted={})
    monkeypatch.setattr("evalkit.scoring.selftest.find_convention", lambda task, name: everything)
    asked = {name: INVARIANTS[name] for name in convention.excepted}
    monkeypatch.setattr("evalkit.scoring.selftest.INVARIANTS", asked)
    found = {violation.invariant for violation in check_convention(name, task=task, cases=150)}
    assert found == set(convention.excepted)


def credits(columns):
    """What gold and predicted items earn under exact."""
    items = exact(columns)
    return items.gold.credit, items.predicted.credit


def many_to_one(columns):
    """Every overlapping prediction is right: duplicates pay."""
    edges = find_edges(columns, np.arange(len(columns.gold)), np.arange(len(columns.predicted)), by_label=True)
    gold, predicted = np.zeros(len(columns.gold)), np.zeros(len(columns.predicted))
    gold[edges.gold] = 1
    predicted[edges.predicted] = 1
    return items_of_credits(columns, gold, predicted)


def never(columns):
    return items_of_pairs(columns, *[np.zeros(0, dtype=np.int64)] * 2)


def generous(columns):
    return items_of_credits(columns, np.full(len(columns.gold), 1.5), np.ones(len(columns.predicted)))


def first_given(columns):
    """Only the item that came first in the input earns anything."""
    gold, predicted = credits(columns)
    return items_of_credits(columns, gold * (columns.gold.order == 0), predicted * (columns.predicted.order == 0))


def by_size(columns):
    """Credit by the number of articles: an empty one changes it, and so does cutting in two."""
    share = 1 / max(len(columns.articles), 1)
    return items_of_credits(columns, *(own * share for own in credits(columns)))


def lopsided(columns):
    return items_of_credits(columns, credits(columns)[0], np.ones(len(columns.predicted)))


def crashing(columns):
    share = len(columns.gold) / max(len(columns.predicted), 0)
    return items_of_credits(columns, np.ones(len(columns.gold)) / share, np.zeros(0))


def not_a_number(columns):
    gold, predicted = credits(columns)
    return items_of_credits(columns, gold * np.nan, predicted)


@pytest.mark.parametrize(
    ("convention", "broken"),
    [
        pytest.param(many_to_one, {"duplicate"}, id="duplicates-pay"),
        pytest.param(never, {"perfect"}, id="the-gold-is-not-perfect"),
        pytest.param(generous, {"bounds"}, id="more-than-one"),
        pytest.param(first_given, {"order"}, id="order-matters"),
        pytest.param(by_size, {"empty", "merge"}, id="articles-matter"),
        pytest.param(lopsided, {"swap"}, id="sides-differ"),
        pytest.param(crashing, {"defined"}, id="crash"),
        pytest.param(not_a_number, {"bounds", "defined"}, id="nan"),
    ],
)
def test_a_broken_convention_is_caught(convention, broken, monkeypatch):
    monkeypatch.setattr(table, "load_convention", lambda task, name: convention)
    found = {violation.invariant for violation in check_convention("exact", task="entities", cases=FEW)}
    assert found >= broken


def test_the_counterexample_is_as_small_as_it_gets(monkeypatch):
    monkeypatch.setattr(table, "load_convention", lambda task, name: many_to_one)
    (violation,) = [v for v in check_convention("exact", task="entities", cases=FEW) if v.invariant == "duplicate"]
    # a right and a wrong prediction: a copy of the right one raises precision from 1/2 to 2/3
    gold, predicted = violation.example.splitlines()
    assert (gold.count(";"), predicted.count(";")) == (0, 1)
    assert "P 1/2" in violation.message
    assert "P 2/3" in violation.message


def test_plugins_are_tried_by_name(installed):
    installed("evalkit.conventions", mine=never)
    assert [violation.invariant for violation in check_convention("mine", cases=FEW)] == ["perfect"]


def test_command_prints_a_table_and_exits_0():
    result = CliRunner().invoke(selftest_command, ["--convention", "boundary", "--cases", "3"])
    assert result.exit_code == 0
    assert "entities  boundary    perfect    ok" in result.output


def test_command_exits_1_and_shows_the_example(monkeypatch):
    monkeypatch.setattr(table, "load_convention", lambda task, name: never)
    result = CliRunner().invoke(selftest_command, ["--convention", "boundary", "--cases", "5"])
    assert result.exit_code == 1
    assert "entities boundary: perfect is violated" in result.output
