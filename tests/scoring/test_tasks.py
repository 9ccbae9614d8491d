from __future__ import annotations

import pytest

from evalkit.errors import UnknownNameError
from evalkit.records import Annotations, Article, Entity, Span
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks import DEFAULT_CONVENTIONS, TASKS, check_tasks, choose_conventions, score_task


@pytest.mark.parametrize(
    ("task", "wanted", "expected"),
    [
        pytest.param("entities", None, ("exact", "boundary", "partial", "type"), id="default"),
        pytest.param("entities", ["iou:0.7", "exact", "iou:0.7"], ("iou:0.7", "exact"), id="once-each"),
        pytest.param("quotes", ["exact", "partial", "joint"], ("exact", "joint"), id="those-of-the-task"),
        pytest.param("stances", ["exact"], (), id="none-of-the-task"),
        pytest.param("chain", ["all"], ("complete",), id="all-of-the-chain"),
    ],
)
def test_choose_conventions(task, wanted, expected):
    assert choose_conventions(task, wanted) == expected


def test_all_conventions_of_entities_are_more_than_the_default():
    assert set(choose_conventions("entities", ["all"])) > set(DEFAULT_CONVENTIONS["entities"])


def test_unknown_names_say_what_is_known():
    with pytest.raises(UnknownNameError, match="did you mean 'boundary'"):
        choose_conventions("entities", ["boundry"])
    with pytest.raises(UnknownNameError, match="did you mean 'quotes'"):
        check_tasks(["quote"])
    with pytest.raises(UnknownNameError, match="unknown task"):
        score_task("relations", [], [])


def test_check_tasks_keeps_the_order_of_the_pipeline():
    assert check_tasks(None) == TASKS
    assert check_tasks(["chain", "entities"]) == ("entities", "chain")


@pytest.mark.parametrize("task", TASKS)
def test_every_default_convention_scores_an_article_without_anything(task):
    pair = Pair(Article(id="a", text="some"), *[Annotations(entities=(), quotes=(), stances=())] * 2)
    scored = score_task(task, [pair], DEFAULT_CONVENTIONS[task])
    assert list(scored) == list(DEFAULT_CONVENTIONS[task])
    assert all(found.table.counts().gold == found.table.counts().predicted == 0 for found in scored.values())


def test_texts_reach_the_token_convention():
    entities = (Entity(id="", spans=(Span(0, 8),), label="PER"),)
    pair = Pair(Article(id="a", text="Ida Moen"), Annotations(entities=entities), Annotations(entities=entities))
    assert score_task("entities", [pair], ["token"])["token"].table.counts().gold == 2
