"""fuzzy against the walk of the HIPE scorer."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st


@st.composite
def flat_sides(draw):
    """Two sides in which no two items of one side overlap, as in tag columns."""
    sides = []
    for _ in range(2):
        cuts = sorted(draw(st.sets(st.integers(0, 14), max_size=8)))
        spans = [(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
        sides.append([((span,), draw(st.sampled_from(("X", "Y")))) for span in spans])
    return sides


def hipe_type_correct(gold, predicted):
    """Correct items under "ent_type", walked as the HIPE scorer does (prediction by prediction, gold used once)."""
    used, correct = [], 0
    for span, label in predicted:
        if (span, label) in gold:
            used.append((span, label))
            correct += 1
            continue
        for other in gold:
            (low, high), (start, end) = other[0][0], span[0]
            if (low, high) == (start, end):
                used.append(other)
                break
            if low < end and start < high and other not in used:
                used.append(other)
                correct += other[1] == label
                break
    return correct


@given(sides=flat_sides())
@settings(max_examples=100)
def test_equals_the_walk_of_the_hipe_scorer_on_flat_items(sides, score_items):
    gold, predicted = sides
    counts = score_items("fuzzy", gold, predicted)
    assert counts.gold_credit == counts.predicted_credit == hipe_type_correct(gold, predicted)


def reference(gold, predicted):
    """The definition: gold by gold in text order, its exact prediction or else the first unused that overlaps."""

    def order(item):
        return item[0][0][0], item[0][0][1], item[1]

    free, right = sorted(predicted, key=order), 0
    for item in sorted(gold, key=order):
        (low, high), label = item[0][0], item[1]
        near = [other for other in free if other[0][0][0] < high and low < other[0][0][1]]
        taken = item if item in near else near[0] if near else None
        if taken is not None:
            free.remove(taken)
            right += taken[1] == label
    return right


SPAN = st.tuples(st.integers(0, 9), st.integers(1, 6)).map(lambda s: (s[0], s[0] + s[1]))
SIDE = st.lists(st.tuples(st.tuples(SPAN), st.sampled_from(("X", "Y"))), max_size=5)


@given(gold=SIDE, predicted=SIDE)
@settings(max_examples=100)
def test_equals_the_definition_on_nested_items(gold, predicted, score_items):
    assert score_items("fuzzy", gold, predicted).gold_credit == reference(gold, predicted)
