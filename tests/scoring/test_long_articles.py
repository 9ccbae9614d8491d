"""Thousands of items in one article: what is counted pair by pair is found without laying each beside each."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evalkit.dataset.check_spans import MOST_CROSSED, check_overlaps
from evalkit.records import Annotations, Article, Entity, Span
from evalkit.scoring.tasks.quote_conventions import _Cover
from evalkit.scoring.tasks.quote_matching import common_characters

PIECES = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 8)).map(lambda at: Span(at[0], at[0] + at[1])), min_size=1, max_size=4
).map(tuple)


@given(PIECES, st.lists(PIECES, max_size=6))
def test_a_cover_is_the_sum_over_all_contents(content: tuple[Span, ...], others: list[tuple[Span, ...]]) -> None:
    size = sum(end - start for start, end in content)
    summed = sum(common_characters(content, other) for other in others)
    expected = min(1.0, summed / size) if size else float(content in others)
    assert _Cover(others).share(content) == expected


def test_spans_inside_each_other_cross_nothing_and_long_ones_so_many() -> None:
    """Of spans that all cross each other each names 100 others at most, as thousands would name millions."""

    def crossings(spans: list[Span]) -> int:
        entities = tuple(Entity(id=f"e{number}", spans=(span,), label="PER") for number, span in enumerate(spans))
        return len(list(check_overlaps(Article(id="a", text="x" * 9000), Annotations(entities=entities))))

    assert crossings([Span(number, 9000 - number) for number in range(3000)]) == 0
    assert crossings([Span(number, 1000 + number) for number in range(5)]) == 4 + 3 + 2 + 1
    assert crossings([Span(number, 1000 + number) for number in range(300)]) == 4950 + 200 * MOST_CROSSED
