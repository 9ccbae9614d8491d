"""Thousands of items in one article: what is counted pair by pair is found without laying each beside each."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit import score_predictions
from evalkit.dataset.checking.check_spans import MOST_CROSSED, check_overlaps
from evalkit.errors import InputError
from evalkit.records import Annotations, Article, Entity, Example, Prediction, Quote, Span
from evalkit.scoring.arrays import meetings, overlaps


def test_spans_inside_each_other_cross_nothing_and_long_ones_so_many() -> None:
    """Of spans that all cross each other each names 100 others at most, as thousands would name millions."""

    def crossings(spans: list[Span]) -> int:
        entities = tuple(Entity(id=f"e{number}", spans=(span,), label="PER") for number, span in enumerate(spans))
        return len(list(check_overlaps(Article(id="a", text="x" * 9000), Annotations(entities=entities))))

    assert crossings([Span(number, 9000 - number) for number in range(3000)]) == 0
    assert crossings([Span(number, 1000 + number) for number in range(5)]) == 4 + 3 + 2 + 1
    assert crossings([Span(number, 1000 + number) for number in range(300)]) == 4950 + 200 * MOST_CROSSED


SIDE = st.lists(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 6)), max_size=4), max_size=5)


def stretches(side: list[list[tuple[int, int]]]):
    """Owner, start and end of stretches that do not overlap in one owner, by owner."""
    rows = []
    for owner, places in enumerate(side):
        reach = 0
        for start, size in sorted(places):
            if start >= reach:
                rows.append((owner, start, start + size))
                reach = start + size
    return np.array(rows, dtype=np.int64).reshape(-1, 3).T


@given(SIDE, SIDE)
def test_meetings_are_the_sum_over_all_pairs_of_stretches(first, second) -> None:
    ours, theirs = stretches(first), stretches(second)
    shared: dict[tuple[int, int], int] = {}
    for i, start, end in ours.T.tolist():
        for j, low, high in theirs.T.tolist():
            if (common := min(end, high) - max(start, low)) > 0:
                shared[i, j] = shared.get((i, j), 0) + common
    gold, predicted, common = (array.tolist() for array in meetings(tuple(ours), tuple(theirs)))
    assert list(zip(gold, predicted, common, strict=True)) == [(*pair, shared[pair]) for pair in sorted(shared)]


def scored(gold: Annotations, predicted: Annotations, convention: str) -> float:
    """The seconds that it takes to score an article of 160,000 characters."""
    article = Article(id="long", text="harbour council " * 10000)
    begun = time.process_time()
    score_predictions(
        [Example(article=article, gold=gold)],
        [Prediction(article_id="long", annotations=predicted)],
        conventions=[convention],
        resamples=0,
    )
    return time.process_time() - begun


def test_long_quotes_that_all_overlap_are_matched_in_seconds() -> None:
    """300 × 300 quotes of 20,000 tokens: 90,000 pairs, laid side by side token by token they took minutes."""

    def side(first: int) -> Annotations:
        quotes = [
            Quote(id=f"q{number}", kind="direct", content=(Span(first, 150_000 - 7 * number),)) for number in range(300)
        ]
        return Annotations(quotes=tuple(quotes))

    assert scored(side(0), side(1), "exact") < 8


def test_one_item_of_thousands_of_pieces_is_scored_in_seconds() -> None:
    """5,000 pieces on both sides are 25,000,000 pairs of pieces, of which 5,000 meet."""

    def side(last: int) -> Annotations:
        spans = (*(Span(2 * number, 2 * number + 1) for number in range(5000)), Span(10_000, 10_000 + last))
        entity = Entity(id="e", spans=spans, label="PER")
        quote = Quote(id="q", kind="direct", content=spans, cue=spans)
        return Annotations(entities=(entity,), quotes=(quote,))

    assert scored(side(1), side(2), "all") < 4


def test_more_items_in_one_place_than_can_be_matched_are_refused_by_article_and_number() -> None:
    def side(first: int) -> Annotations:
        return Annotations(
            entities=tuple(
                Entity(id=f"e{number}", spans=(Span(number + first, 9000 - number),), label="PER")
                for number in range(2001)
            )
        )

    with pytest.raises(InputError, match="article 'long': 4,004,001 pairs of gold and predicted items overlap"):
        scored(side(0), side(1), "partial")


def test_overlaps_are_counted_without_listing_them() -> None:
    start, end, other_start, other_end = (np.array(own) for own in ([0, 2, 9], [5, 3, 12], [1, 4, 5], [3, 5, 10]))
    # [0, 5) meets [1, 3) and [4, 5), [2, 3) meets [1, 3), [9, 12) meets [5, 10).
    assert overlaps(start, end, other_start, other_end) == 4
