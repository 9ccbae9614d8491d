from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import evalkit
from evalkit.analysis.oracle import oracle_table
from evalkit.errors import EvalkitError, UnknownNameError
from evalkit.layers.table import layer_names
from evalkit.options import Scoring
from evalkit.records import Annotations, Article, Entity, Span
from evalkit.scoring.items import items_of_pairs
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.base import RIGHT, Convention, Parameter, Task, imported
from evalkit.scoring.tasks.table import (
    check_tasks,
    choose_conventions,
    columns_of,
    convention_names,
    judge_items,
    load_convention,
    load_task,
    main_convention,
    score_columns,
    score_task,
    task_names,
    tasks_with,
)
from evalkit.workflows.scoring.pairing import pair_run


@pytest.mark.parametrize(
    ("task", "wanted", "expected"),
    [
        pytest.param("entities", None, ("exact", "boundary", "partial", "type"), id="default"),
        pytest.param("entities", ["iou:0.7", "exact", "iou:0.7"], ("iou:0.7", "exact"), id="once-each"),
        pytest.param("quotes", ["exact", "partial", "joint"], ("exact", "joint"), id="those-of-the-task"),
        pytest.param("stances", ["exact"], (), id="none-of-the-task"),
        pytest.param("chain", ["all"], ("complete",), id="all-of-the-chain"),
        pytest.param("chain", ["all", "exact"], ("complete",), id="all-and-one-of-another-task"),
    ],
)
def test_choose_conventions(task, wanted, expected):
    assert choose_conventions(task, wanted) == expected


def test_all_conventions_of_entities_are_more_than_the_default():
    assert set(choose_conventions("entities", ["all"])) > set(choose_conventions("entities", None))


def test_all_and_a_name_are_both():
    every = choose_conventions("entities", ["all"])
    assert choose_conventions("entities", ["iou:0.9", "all", "exact"]) == (*every, "iou:0.9")


def test_unknown_names_say_what_is_known():
    with pytest.raises(UnknownNameError, match="did you mean 'boundary'"):
        choose_conventions("entities", ["boundry"])
    with pytest.raises(UnknownNameError, match="did you mean 'quotes'"):
        check_tasks(["quote"])
    with pytest.raises(UnknownNameError, match="unknown task"):
        score_task("relations", [], [])
    with pytest.raises(UnknownNameError, match="did you mean 'joint'"):
        tasks_with("jont")


def test_check_tasks_keeps_the_order_of_the_pipeline():
    # Clusters are scored only where they are asked for.
    assert check_tasks(None) == tuple(name for name in task_names() if name != "clusters")
    assert check_tasks(["chain", "entities"]) == ("entities", "chain")


def test_a_name_may_belong_to_several_tasks():
    assert set(tasks_with("exact")) >= {"entities", "quotes"}
    assert tuple(tasks_with("given")) == ("stances",)


@pytest.mark.parametrize("name", task_names())
def test_what_a_task_declares_is_there(name):
    task = load_task(name)
    assert task.name == name
    assert task.main in task.conventions
    every = choose_conventions(name, ["all"])
    # Every one that can do without a file of one's own.
    usable = {own for own, known in task.conventions.items() if all(p.default is not None for p in known.parameters)}
    assert {own.partition(":")[0] for own in every} == usable
    assert all(callable(load_convention(name, own)) for own in every)
    assert all(convention.about for convention in task.conventions.values())
    assert all(callable(imported(derived.function)) for derived in task.derived.values())
    assert all(callable(imported(prop.function)) for prop in task.properties.values())
    assert not task.kinds or (task.kinds[0] == RIGHT and callable(imported(task.judge)))


@pytest.mark.parametrize("task", task_names())
def test_every_default_convention_scores_an_article_without_anything(task):
    pair = Pair(Article(id="a", text="some"), *[Annotations(dict.fromkeys(layer_names(), ()))] * 2)
    names = choose_conventions(task, None)
    scored = score_task(task, [pair], names)
    assert tuple(scored) == names
    assert all(found.table.counts().gold == found.table.counts().predicted == 0 for found in scored.values())


def test_texts_reach_the_token_convention():
    entities = (Entity(id="", spans=(Span(0, 8),), label="PER"),)
    pair = Pair(Article(id="a", text="Ida Moen"), Annotations(entities=entities), Annotations(entities=entities))
    assert score_task("entities", [pair], ["token"])["token"].table.counts().gold == 2


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        pytest.param("exakt", UnknownNameError, "did you mean 'exact'", id="near-match"),
        pytest.param("iou:0", UnknownNameError, "above 0 and at most 1, as in iou:0.5", id="iou-zero"),
        pytest.param("iou:1.5", UnknownNameError, "above 0 and at most 1", id="iou-above-one"),
        pytest.param("iou:nan", UnknownNameError, "above 0 and at most 1", id="iou-nan"),
        pytest.param("iou:half", UnknownNameError, "threshold must be a number", id="iou-word"),
        pytest.param("iou:0.5:2", UnknownNameError, "threshold must be a number", id="iou-two"),
        pytest.param("exact:0.5", UnknownNameError, "takes no parameter", id="parameter-where-none-is"),
    ],
)
def test_refuses(name, error, message):
    with pytest.raises(error, match=message):
        load_convention("entities", name)
    with pytest.raises(error, match=message):
        choose_conventions("entities", [name])


SPARE = Parameter(name="spare", about="characters that do not matter", kind=int, least=0)


def near(columns, spare):
    """right if start and end are not far off"""
    close = (abs(columns.gold.start - columns.predicted.start) <= spare) & (
        abs(columns.gold.end - columns.predicted.end) <= spare
    )
    at = np.flatnonzero(close)
    return items_of_pairs(columns, at, at)


def entity(start: int, end: int) -> Annotations:
    return Annotations(entities=(Entity(id="", spans=(Span(start, end),), label="PER"),))


def test_a_plugin_may_declare_a_parameter(installed):
    installed("evalkit.conventions", near=Convention(function=near, about="near enough", parameters=(SPARE,)))
    pair = Pair(Article(id="a", text="Ida Moen"), entity(0, 8), entity(1, 8))
    scored = score_task("entities", [pair], choose_conventions("entities", ["near:0", "near:1"]))
    assert {name: own.table.counts().f1 for name, own in scored.items()} == {"near:0": 0, "near:1": 1}
    with pytest.raises(UnknownNameError, match="spare must be a whole number at least 0"):
        choose_conventions("entities", ["near"])
    with pytest.raises(UnknownNameError, match="spare must be a whole number at least 0"):
        choose_conventions("entities", ["near:-1"])


def test_a_plugin_may_be_a_plain_function(installed):
    installed("evalkit.conventions", mine=lambda columns: near(columns, 9))
    pair = Pair(Article(id="a", text="Ida Moen"), entity(0, 8), entity(1, 8))
    assert score_task("entities", [pair], ["mine"])["mine"].table.counts().f1 == 1
    assert "mine" in convention_names("entities")
    assert "mine" not in convention_names("quotes")


def _too_much(columns):
    return items_of_pairs(columns, np.array([0]), np.array([0]), value=2.0)


def _fails(columns):
    raise ValueError("no idea")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        pytest.param(_fails, "convention 'mine' failed: ValueError: no idea", id="raises"),
        pytest.param(lambda columns: 3, "convention 'mine' gave int, not Items", id="no-items"),
        pytest.param(_too_much, "more credit than 1 or less than 0.*selftest", id="impossible-credit"),
    ],
)
def test_a_convention_that_cannot_be_used_is_named(installed, function, message):
    installed("evalkit.conventions", mine=function)
    name = Entity(id="e1", spans=(Span(0, 3),), label="PER")
    some = Annotations(entities=(name,))
    with pytest.raises(EvalkitError, match=message):
        score_task("entities", [Pair(Article(id="a", text="Ida"), some, some)], ["mine"])


def test_what_is_no_function_is_refused(installed):
    installed("evalkit.conventions", five=5)
    with pytest.raises(EvalkitError, match="convention 'five' is a int, not a function of columns"):
        load_convention("entities", "five")


EXACT = Convention(function="evalkit.scoring.conventions.exact:exact", about="equal")


@pytest.mark.parametrize(
    ("task", "message"),
    [
        pytest.param(7, "no Task of that name: 7", id="no-task"),
        pytest.param(
            Task(name="other", about="x", layers=("entities",), conventions={"exact": EXACT}, main="exact"),
            "no Task of that name",
            id="another-name",
        ),
        pytest.param(
            Task(name="mine", about="x", layers=("entities",), conventions={"exact": EXACT}, main="exakt"),
            "'exakt' is none of its conventions: exact",
            id="main",
        ),
        pytest.param(
            Task(name="mine", about="x", layers=("claims",), conventions={"exact": EXACT}, main="exact"),
            "no layer 'claims'; install",
            id="layer",
        ),
    ],
)
def test_a_task_that_does_not_hold_together_is_refused(installed, task, message):
    installed("evalkit.tasks", mine=task)
    with pytest.raises(EvalkitError, match=message):
        load_task("mine")


def test_the_labels_of_a_result_are_those_of_the_main_convention():
    assert main_convention("entities", ["partial", "exact"]) == "exact"
    assert main_convention("entities", ["partial", "type"]) == "partial"
    assert main_convention("a task of somebody else", ["own"]) == "own"


def test_names_cost_nothing():
    """Lists, help and rules ask for names; numpy waits until something is scored."""
    script = (
        "import sys; from evalkit.scoring.tasks.table import choose_conventions, load_task, task_names\n"
        "[(choose_conventions(n, ['all']), load_task(n).main) for n in task_names()]; sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_kinds_are_judged_by_the_convention_that_says_so():
    gold = evalkit.load_dataset(split="dev").subset(limit=12)
    pairing = pair_run(gold, evalkit.run_extractor("rules", gold, cache=False), Scoring())
    for task in ("entities", "quotes", "stances"):
        name, columns = load_task(task).judged or load_task(task).main, columns_of(task, pairing.of_task(task).pairs)
        scored = score_columns(task, columns, [name])[name].table.counts()
        assert oracle_table(judge_items(task, columns)).counts() == scored
