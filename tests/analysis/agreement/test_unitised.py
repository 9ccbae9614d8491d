"""Unitised alpha against the formula written out character by character."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.analysis.agreement.coefficient import coefficient_of
from evalkit.analysis.agreement.unitised import Unit, alpha_sums, article_lengths, coding_lengths
from evalkit.analysis.intervals import Bootstrap

LENGTH = 12

place = st.integers(0, LENGTH)
unit = st.builds(
    lambda ends, kind: Unit(*sorted(ends), kind),
    st.tuples(place, place),
    st.sampled_from("ab"),
)
reading = st.lists(unit, max_size=4)
articles = st.lists(st.lists(reading, min_size=2, max_size=3), min_size=1, max_size=3)


def by_characters(articles: list[list[list[Unit]]], *, shared: bool = True) -> float | None:
    """Equations 1, 4 and 5a of Krippendorff et al. 2016, one character after the other."""
    observed: Counter[tuple[object, object]] = Counter()
    own: Counter[object] = Counter()
    for number, readings in enumerate(articles):
        columns = []
        for units in readings:
            covering = [[at for at, one in enumerate(units) if one.start <= place < one.end] for place in range(LENGTH)]
            kinds = [tuple(sorted(units[at].kind for at in over)) or None for over in covering]
            kinds = [kind if shared or kind is None else (number, kind) for kind in kinds]
            columns.append(kinds)
            for over, group in itertools.groupby(zip(covering, kinds, strict=True), key=lambda pair: pair[0]):
                group = list(group)
                own[group[0][1]] += len(group) ** 2 if over else len(group)
        for one, other in itertools.permutations(range(len(columns)), 2):
            for pair in zip(columns[one], columns[other], strict=True):
                observed[pair] += 1 / (len(columns) - 1)
    margins: Counter[object] = Counter()
    for (kind, _), length in observed.items():
        margins[kind] += length
    whole, selves = sum(margins.values()), sum(own.values())
    if set(margins) == {None}:
        return None
    expected = {kind: whole * (length**2 - own[kind]) / (whole**2 - selves) for kind, length in margins.items()}
    below = whole - sum(expected.values())
    if len(margins) == 1:
        return None
    return 1 - (whole - sum(length for (one, other), length in observed.items() if one == other)) / below


@given(articles, st.booleans())
def test_it_is_the_formula(readings: list[list[list[Unit]]], shared: bool) -> None:
    made = {f"{number}": article_lengths(own, LENGTH) for number, own in enumerate(readings)}
    value = coefficient_of(alpha_sums(made, shared=shared), None).value
    expected = by_characters(readings, shared=shared)
    assert (value is None) == (expected is None)
    if value is not None:
        assert value == pytest.approx(expected)


def coding_by_characters(articles: list[list[list[Unit]]], *, shared: bool = True) -> float | None:
    """Equations 36 and 37 of Krippendorff 2019: as above, of characters that two readers marked."""
    observed: Counter[tuple[object, object]] = Counter()
    selves: Counter[object] = Counter()
    for number, readings in enumerate(articles):
        marks: list[list[tuple[int, object] | None]] = []
        for units in readings:
            covering = [tuple(at for at, one in enumerate(units) if one.start <= p < one.end) for p in range(LENGTH)]
            row: list[tuple[int, object] | None] = []
            for stretch, (over, group) in enumerate(itertools.groupby(covering)):
                kind = tuple(sorted(units[at].kind for at in over))
                row += [(stretch, kind if shared else (number, kind)) if over else None for _ in group]
            marks.append(row)
        for one, other in itertools.permutations(range(len(marks)), 2):
            for ours, theirs in zip(marks[one], marks[other], strict=True):
                if ours and theirs:
                    observed[ours[1], theirs[1]] += 1 / (len(marks) - 1)
        for own in marks:
            met = [mark for place, mark in enumerate(own) if mark and sum(bool(row[place]) for row in marks) > 1]
            for (_, kind), length in Counter(met).items():
                selves[kind] += length**2
    margins: Counter[object] = Counter()
    for (kind, _), length in observed.items():
        margins[kind] += length
    whole, own_total = sum(margins.values()), sum(selves.values())
    if not margins or whole**2 <= own_total:
        return None
    expected = sum(whole * (length**2 - selves[kind]) / (whole**2 - own_total) for kind, length in margins.items())
    if whole - expected <= 1e-9:
        return None
    return 1 - (whole - sum(length for (one, other), length in observed.items() if one == other)) / (whole - expected)


@given(articles, st.booleans())
def test_coding_alpha_is_the_formula(readings: list[list[list[Unit]]], shared: bool) -> None:
    made = {f"{number}": coding_lengths(own) for number, own in enumerate(readings)}
    value = coefficient_of(alpha_sums(made, shared=shared), None).value
    expected = coding_by_characters(readings, shared=shared)
    assert (value is None) == (expected is None)
    if value is not None:
        assert value == pytest.approx(expected)


def test_coding_alpha_leaves_alone_what_nobody_or_one_marked() -> None:
    # Four characters of one kind, four of another: for two readers who agree, and for two who never do.
    first, alone = [Unit(0, 2, "a"), Unit(10, 12, "b")], Unit(100, 190, "a")
    agreed = {"1": coding_lengths([[*first, alone], first])}
    assert coefficient_of(alpha_sums(agreed), None).value == 1
    apart = [Unit(0, 2, "b"), Unit(10, 12, "a")]
    never = {"1": coding_lengths([first, apart]), "2": coding_lengths([first, apart])}
    # l = 16 characters, 8 a kind; k = 4 units of 2 a kind; e = 16 · (64 - 16) / (256 - 32) a kind: 1 - 16 / (16 - 2 e).
    assert coefficient_of(alpha_sums(never), None).value == pytest.approx(1 - 16 / (16 - 2 * 16 * 48 / 224))
    gaps = {"1": article_lengths([first, apart], 200), "2": article_lengths([first, apart], 200)}
    assert (coefficient_of(alpha_sums(gaps), None).value or 0) > 0.4


def test_all_alike_is_one_and_nothing_or_everything_is_undefined() -> None:
    marked = [[Unit(2, 5, "a"), Unit(7, 9, "b")]] * 3
    assert coefficient_of(alpha_sums({"a": article_lengths(marked, 20)}), None).value == 1
    assert coefficient_of(alpha_sums({"a": article_lengths([[], []], 20)}), None).value is None
    assert coefficient_of(alpha_sums({"a": article_lengths([[Unit(0, 20, "a")]] * 2, 20)}), None).value is None


def test_a_mark_within_another_counts() -> None:
    outer, inner = Unit(0, 10, "a"), Unit(4, 8, "a")
    alike = article_lengths([[outer, inner], [outer, inner]], 30)
    apart = article_lengths([[outer, inner], [outer]], 30)
    values = [coefficient_of(alpha_sums({"a": own}), None).value for own in (alike, apart)]
    assert values[0] == 1
    assert 0 < (values[1] or 0) < 1


def test_the_interval_draws_articles_and_lies_around_the_value() -> None:
    made = {
        f"{n:02}": article_lengths([[Unit(n, n + 4, "a")], [Unit(n + n % 3, n + 4, "a" if n % 5 else "b")]], 40)
        for n in range(20)
    }
    for method in ("expanded", "percentile", "bca"):
        own = coefficient_of(alpha_sums(made), Bootstrap(resamples=200, method=method))
        low, high = own.ci or (1, 0)
        assert low < (own.value or 0) < high
    one = coefficient_of(alpha_sums({"01": made["01"]}), Bootstrap(resamples=50))
    assert (one.value is None, one.ci) == (False, None)
