"""Articles to annotate next: against a count by hand, in any order."""

from __future__ import annotations

import pytest

from evalkit import Annotations, Article, Entity, Example, Prediction, Span, rank_unlabelled

TEXT = "Ida Moen left Oslo."
MOEN, OSLO = (
    Entity(id=name, spans=(span,), label=label)
    for name, span, label in (("e1", Span(0, 8), "PER"), ("e2", Span(14, 18), "GPE"))
)


def articles(*names: str) -> list[Example]:
    return [Example(article=Article(id=name, text=TEXT), gold=Annotations()) for name in names]


def says(**entities: list[Entity] | None) -> list[Prediction]:
    return [Prediction(article_id=name, annotations=Annotations(entities=items)) for name, items in entities.items()]


def test_one_minus_the_mean_f1_of_every_two_weighted_by_their_items():
    """In `b` one and two have 3 items, of which 2 are credited; so do one and three; two and three have 2 and none."""
    runs = {
        "one": says(a=[MOEN], b=[MOEN, OSLO], c=[]),
        "two": says(a=[MOEN], b=[MOEN], c=[]),
        "three": says(a=[MOEN], b=[OSLO], c=[]),
    }
    done = rank_unlabelled(articles("a", "b", "c"), runs)
    assert [(one.article_id, one.items, one.systems) for one in done.articles] == [
        ("b", 4, 3),
        ("a", 3, 3),
        ("c", 0, 3),
    ]
    assert done.articles[0].disagreement == pytest.approx(1 - (2 + 2 + 0) / (3 + 3 + 2))
    assert done.articles[1].disagreement == 0
    assert done.articles[2].disagreement is None


def test_equal_ones_are_in_the_order_of_their_ids_whatever_order_they_came_in():
    runs = {"two": says(c=[MOEN], a=[MOEN], b=[OSLO]), "one": says(b=[MOEN], c=[OSLO], a=[OSLO])}
    for names in ("abc", "cab"):
        done = rank_unlabelled(articles(*names), runs)
        assert [one.article_id for one in done.articles] == ["a", "b", "c"]
        assert {one.disagreement for one in done.articles} == {1.0}


def test_what_a_system_does_not_claim_is_no_disagreement():
    runs = {"one": says(a=[MOEN]), "two": says(a=[MOEN]), "three": says(a=None)}
    assert rank_unlabelled(articles("a"), runs).articles[0].disagreement == 0
