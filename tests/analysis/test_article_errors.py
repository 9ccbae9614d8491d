"""Errors by article: kinds are those of an explanation of the article, the cost is that of the counts."""

from __future__ import annotations

import pytest

from evalkit.analysis.article_errors import ArticleErrors, article_errors, hardest_articles
from evalkit.analysis.explain import explain_pair
from evalkit.dataset.loading.load import load_dataset
from evalkit.records import Annotations, Article, Entity, Span
from evalkit.scoring.counts import CountTable
from evalkit.scoring.kinds import Judged
from evalkit.scoring.pairs import Pair, pair_up
from evalkit.scoring.tasks.evaluable import articles_of
from evalkit.scoring.tasks.table import columns_of, judge_items, load_task, score_columns
from evalkit.workflows.running.run import run_extractor

TEXT = "Ida Moen left Oslo for Bergen."


def entities(*spans: tuple[int, int, str]) -> Annotations:
    items = (Entity(id=f"e{n}", spans=(Span(start, end),), label=label) for n, (start, end, label) in enumerate(spans))
    return Annotations(entities=tuple(items))


GOLD = entities((0, 8, "PER"), (14, 18, "GPE"), (23, 29, "GPE"))
NOTHING = entities()


def counted(*predicted: Annotations, convention: str = "exact") -> tuple[Judged, CountTable]:
    pairs = [Pair(Article(id=f"a{n}", text=TEXT), GOLD, own) for n, own in enumerate(predicted)]
    columns = columns_of("entities", pairs)
    table = score_columns("entities", columns, [convention])[convention].table
    return judge_items("entities", columns), table


def errors_of(*predicted: Annotations, convention: str = "exact") -> tuple[ArticleErrors, ...]:
    return article_errors(*counted(*predicted, convention=convention))


def test_kinds_are_counted_once_and_cost_on_both_sides() -> None:
    # Moen is cut short, Oslo has another label, Bergen is missed, and "left" is nothing.
    (own,) = errors_of(entities((4, 8, "PER"), (14, 18, "ORG"), (9, 13, "PER")))
    assert {kind: number for kind, number in own.kinds.items() if number} == {
        "label": 1,
        "boundary": 1,
        "missed": 1,
        "spurious": 1,
    }
    # Under exact nothing is right: three gold and three predicted items.
    assert (own.gold, own.predicted, own.lost, own.f1) == (3, 3, 6, 0)
    assert own.to_json()["missed"] == 1
    # Under partial the wrong boundary earns half of the credit on either side, and the wrong label all of it.
    (own,) = errors_of(entities((4, 8, "PER"), (14, 18, "ORG"), (9, 13, "PER")), convention="partial")
    assert (own.kinds["boundary"], own.lost) == (1, 3)


def test_a_copy_is_counted_among_the_predicted() -> None:
    (own,) = errors_of(entities((0, 8, "PER"), (0, 4, "PER"), (14, 18, "GPE"), (23, 29, "GPE")))
    assert (own.kinds["right"], own.kinds["duplicate"], own.kinds["spurious"], own.lost) == (3, 1, 0, 1)


def test_the_hardest_come_first_and_those_without_a_loss_do_not() -> None:
    own = counted(GOLD, NOTHING, entities((0, 8, "PER")), NOTHING)
    rows = article_errors(*own)
    assert hardest_articles(*own) == (rows[1], rows[3], rows[2])
    assert hardest_articles(*own, limit=1) == (rows[1],)


@pytest.mark.parametrize("task", ["entities", "quotes", "stances"])
def test_an_explanation_of_the_article_counts_the_same(task: str) -> None:
    """What `explain RUN` calls missed is what `explain RUN ARTICLE` calls so."""
    gold = load_dataset(split="dev").subset(limit=5)
    run = run_extractor("rules", gold, cache=False)
    pairs = articles_of(task, pair_up(gold, run.predictions))
    columns = columns_of(task, pairs)
    main = load_task(task).main
    rows = article_errors(judge_items(task, columns), score_columns(task, columns, [main])[main].table)
    for row, pair in zip(rows, pairs, strict=True):
        (explained,) = explain_pair(pair, tasks=[task], conventions=[main]).layers
        assert row.kinds == explained.kinds
        sides = [shown.item.side for shown in explained.items]
        assert (row.gold, row.predicted) == (sides.count("gold"), sides.count("predicted"))
        assert row.lost == pytest.approx(sum(1 - (shown.credits[main] or 0) for shown in explained.items))
