"""What each convention gives on small inputs, worked out by hand."""

from __future__ import annotations

import pytest

# (convention, gold, predicted, (predicted credit, predicted items, gold credit, gold items))
CASES = [
    # exact: the spans and the label, or nothing
    pytest.param("exact", "PER 0-8; ORG 9-14", "PER 0-8; PER 9-14", (1, 2, 1, 2), id="exact-wrong-label"),
    pytest.param("exact", "PER 0-8", "PER 0-7", (0, 1, 0, 1), id="exact-one-character-short"),
    pytest.param("exact", "PER 0-8; PER 0-8", "PER 0-8", (1, 1, 1, 2), id="exact-gold-twice"),
    pytest.param("exact", "PER 0-3+5-8", "PER 0-8", (0, 1, 0, 1), id="exact-pieces-are-not-their-hull"),
    pytest.param("exact", "PER 0-3+5-8", "PER 5-8+0-3", (1, 1, 1, 1), id="exact-pieces-in-any-order"),
    pytest.param("exact", "PER 0-3+3-8", "PER 0-8", (1, 1, 1, 1), id="exact-touching-pieces-are-one"),
    pytest.param("exact", "PER 4-4", "PER 4-4", (1, 1, 1, 1), id="exact-empty-span"),
    pytest.param("exact", "PER 4-4", "PER 5-5", (0, 1, 0, 1), id="exact-empty-span-elsewhere"),
    pytest.param("exact", "PER 0-9; LOC 5-9", "LOC 5-9; PER 0-9", (2, 2, 2, 2), id="exact-nested"),
    # boundary: the spans, whatever the label; equal labels are paired first
    pytest.param("boundary", "PER 0-8", "ORG 0-8", (1, 1, 1, 1), id="boundary-any-label"),
    pytest.param("boundary", "PER 0-8", "ORG 0-8; PER 0-8", (1, 2, 1, 1), id="boundary-one-gold-once"),
    # partial: 1 for equal spans, one half for a touch
    pytest.param("partial", "PER 0-8", "ORG 4-12", (0.5, 1, 0.5, 1), id="partial-half"),
    pytest.param("partial", "PER 0-8", "PER 8-12", (0, 1, 0, 1), id="partial-neighbours-do-not-touch"),
    # A blob over two golds is one prediction and finds one of them.
    pytest.param("partial", "PER 0-4; PER 5-9", "PER 0-9", (0.5, 1, 0.5, 2), id="partial-blob"),
    # 1-6 comes first and touches both, 1-3 only 0-4: who gives 0-4 to 1-6 leaves 1-3 without any (0.5 of 2).
    pytest.param("partial", "X 0-4; X 4-9", "X 1-6; X 1-3", (1.0, 2, 1.0, 2), id="partial-assignment-not-a-walk"),
    pytest.param("partial", "X 0-2+8-10", "X 3-7", (0, 1, 0, 1), id="partial-in-the-gap-of-pieces"),
    pytest.param("partial", "X 0-9", "X 4-4", (0, 1, 0, 1), id="partial-empty-span-touches-nothing"),
    # type: touch and label
    pytest.param("type", "PER 0-8", "PER 4-12", (1, 1, 1, 1), id="type-touch"),
    pytest.param("type", "PER 0-8", "ORG 0-8", (0, 1, 0, 1), id="type-label"),
    pytest.param("type", "PER 0-4; PER 5-9", "PER 0-9", (1, 1, 1, 2), id="type-blob"),
    pytest.param("type", "PER 0-9", "PER 0-4; PER 5-9", (1, 2, 1, 1), id="type-two-parts-of-one"),
    # with a least share: 4 of 8 gold characters are a half, 3 are less; the other side may be as long as it likes
    pytest.param("type:0.5", "PER 0-8", "PER 4-40", (1, 1, 1, 1), id="type-half-of-the-gold"),
    pytest.param("type:0.5", "PER 0-8", "PER 5-40", (0, 1, 0, 1), id="type-less-than-half-of-the-gold"),
    pytest.param("type:0.5", "PER 0-40", "PER 4-8", (0, 1, 0, 1), id="type-a-part-of-a-long-gold"),
    pytest.param("partial:0.5", "PER 0-8", "ORG 4-40", (0.5, 1, 0.5, 1), id="partial-half-of-the-gold"),
    pytest.param("partial:0.5", "PER 0-8", "ORG 5-40", (0, 1, 0, 1), id="partial-less-than-half"),
    pytest.param("partial:1", "PER 0-8", "PER 0-8", (1, 1, 1, 1), id="partial-equal-at-any-share"),
    pytest.param("partial:0", "PER 0-8", "PER 7-9", (0.5, 1, 0.5, 1), id="partial-0-is-partial"),
    # fuzzy: 0-8 takes 2-6 of the wrong label, which is then used up
    pytest.param("fuzzy", "PER 0-8", "PER 4-12", (1, 1, 1, 1), id="fuzzy-touch"),
    pytest.param("fuzzy", "PER 0-8", "ORG 2-6; PER 7-9", (0, 2, 0, 1), id="fuzzy-first-decides"),
    pytest.param("type", "PER 0-8", "ORG 2-6; PER 7-9", (1, 2, 1, 1), id="type-where-fuzzy-fails"),
    pytest.param("fuzzy", "PER 3-8", "ORG 0-5; PER 3-8", (1, 2, 1, 1), id="fuzzy-exact-before-first"),
    # 0-5 has no exact one and takes the first that touches, 3-8, which 3-8 would have matched exactly: the walk is
    # greedy. Exact would give 1.
    pytest.param("fuzzy", "ORG 0-5; PER 3-8", "PER 3-8", (0, 1, 0, 2), id="fuzzy-is-greedy"),
    # overlap: 4 of 8 gold characters, 4 of 16 predicted ones
    pytest.param("overlap", "PER 0-8", "PER 4-20", (0.25, 1, 0.5, 1), id="overlap-shares"),
    pytest.param("overlap", "PER 0-8", "ORG 0-8", (0, 1, 0, 1), id="overlap-label"),
    # 0-10 pays for 0-10, and has nothing left for 2-6 within it
    pytest.param("overlap", "X 0-10; X 2-6", "X 0-10", (1, 1, 1, 2), id="overlap-nested-gold-is-paid-once"),
    # 0-8 pays for 0-8, which fits best; 0-7 and 1-8 are spurious: 1 of 3, where counting all would give 3 of 3
    pytest.param("overlap", "X 0-8", "X 0-8; X 0-7; X 1-8", (1, 3, 1, 1), id="overlap-near-copies"),
    # The second copy has no second gold to be covered by: 1 of 2, where counting both would give 2 of 2.
    pytest.param("overlap", "X 0-10", "X 0-10; X 0-10", (1, 2, 1, 1), id="overlap-duplicate-is-spurious"),
    pytest.param("overlap", "X 0-10; X 0-10", "X 0-10; X 0-10", (2, 2, 2, 2), id="overlap-copies-on-both-sides"),
    # 3 + 3 characters, of which 5-8 is found: a half
    pytest.param("overlap", "X 0-3+5-8", "X 5-8", (1, 1, 0.5, 1), id="overlap-pieces"),
    pytest.param("overlap", "X 4-4", "X 4-4", (1, 1, 1, 1), id="overlap-empty-span"),
    pytest.param("overlap", "X 0-9", "X 4-4", (0, 1, 0, 1), id="overlap-empty-span-covers-nothing"),
    # iou: 4 common of 8 + 4 - 4 is exactly one half
    pytest.param("iou:0.5", "X 0-8", "X 0-4", (1, 1, 1, 1), id="iou-at-threshold"),
    pytest.param("iou:0.5", "X 0-8", "X 0-3", (0, 1, 0, 1), id="iou-below"),
    pytest.param("iou", "X 0-8", "X 0-4", (1, 1, 1, 1), id="iou-default-is-a-half"),
    pytest.param("iou:1", "X 0-8", "X 0-8", (1, 1, 1, 1), id="iou-1-is-exact"),
    # pieces 0-4 and 8-12 are 8 characters; 0-4 is half of them
    pytest.param("iou:0.5", "X 0-4+8-12", "X 0-4", (1, 1, 1, 1), id="iou-pieces"),
]


@pytest.mark.parametrize(("convention", "gold", "predicted", "expected"), CASES)
def test_credit(convention, gold, predicted, expected, score):
    assert score(convention, gold, predicted) == expected


#                  0         1
#                  0123456789012345678
TEXT = "Ida Moen of Oslo, x"

TOKEN_CASES = [
    pytest.param("PER 0-8", "PER 0-3", (1, 1, 1, 2), id="one-of-two"),
    pytest.param("PER 0-8", "ORG 0-8", (0, 2, 0, 2), id="label"),
    # a touched token counts whole
    pytest.param("PER 0-8", "PER 1-6", (2, 2, 2, 2), id="touched"),
    # two items of one label over one token are one item, of two labels two
    pytest.param("PER 0-8; PER 0-3", "PER 0-8", (2, 2, 2, 2), id="nested-of-one-label"),
    pytest.param("PER 0-8; ORG 0-3", "PER 0-8", (2, 2, 2, 3), id="nested-of-two-labels"),
    # Oslo and the comma
    pytest.param("LOC 12-17", "LOC 12-16", (1, 1, 1, 2), id="punctuation-is-a-token"),
    # of lies between the pieces
    pytest.param("X 0-8+12-16", "X 0-16", (3, 4, 3, 3), id="pieces"),
    pytest.param("X 3-4", "", (0, 0, 0, 0), id="white-space-only"),
    pytest.param("X 5-5", "X 0-8", (0, 2, 0, 0), id="empty-span"),
]


@pytest.mark.parametrize(("gold", "predicted", "expected"), TOKEN_CASES)
def test_token(gold, predicted, expected, score):
    assert score("token", gold, predicted, TEXT) == expected


def test_token_tells_tokens_of_several_articles_apart(score):
    # a0: Ida found; a1: Moen missed, Ida spurious
    assert score("token", ["X 0-3", "X 4-8"], ["X 0-3", "X 0-3"], TEXT) == (1, 2, 1, 2)


def test_labels_add_up(table):
    # boundary counts each side under its own label: gold PER found, predicted ORG right
    found = table("boundary", "PER 0-8; LOC 9-12", "ORG 0-8")
    assert found.labels == ("LOC", "ORG", "PER")
    assert found.totals().tolist() == [[1, 0, 0, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
