"""Quotes: content, cue, speaker and joint, on one article worked out by hand."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.records import Annotations, Article, Entity, Quote, Span
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.quote_matching import quote_matches
from evalkit.scoring.tasks.table import choose_conventions, columns_of, score_task

#       0         1         2         3         4
#       01234567890123456789012345678901234567890
TEXT = "one two six ten any old cat dog said Moen"
SAID, MOEN = Span(32, 36), Span(37, 41)


def quote(*content, kind="direct", cue=(), speaker=None, speaker_id=None, name="q"):
    return Quote(
        id=name,
        kind=kind,
        content=tuple(Span(*span) for span in content),
        cue=tuple(cue),
        speaker=speaker,
        speaker_id=speaker_id,
    )


def pair(gold, predicted, *, entities=((), ()), text=TEXT):
    return Pair(
        Article(id="a", text=text),
        Annotations(entities=entities[0], quotes=tuple(gold)),
        Annotations(entities=entities[1], quotes=tuple(predicted)),
    )


def table(convention, gold, predicted, **more):
    return score_task("quotes", [pair(gold, predicted, **more)], [convention])[convention].table


def match_of(gold, predicted):
    return quote_matches(columns_of("quotes", [pair(gold, predicted)]))


def score(convention, gold, predicted, **more):
    counts = table(convention, gold, predicted, **more).counts()
    return counts.predicted_credit, counts.predicted, counts.gold_credit, counts.gold


@pytest.mark.parametrize(
    ("convention", "gold", "predicted", "expected"),
    [
        pytest.param("exact", [(0, 7)], [(0, 7)], (1, 1, 1, 1), id="exact"),
        pytest.param("exact", [(0, 7)], [(0, 6)], (0, 1, 0, 1), id="exact-short"),
        # Pareti: 7 of 11 gold characters, all 7 predicted ones
        pytest.param("overlap", [(0, 11)], [(0, 7)], (1, 1, 7 / 11, 1), id="overlap-part"),
        # one prediction over two golds earns its shares of both: 3 / 7 + 3 / 7
        pytest.param("overlap", [(0, 3), (4, 7)], [(0, 7)], (6 / 7, 1, 2, 2), id="overlap-over-two"),
        # nested gold would give 7 / 7 + 3 / 7: capped
        pytest.param("overlap", [(0, 7), (0, 3)], [(0, 7)], (1, 1, 2, 2), id="overlap-nested-gold-capped"),
        # half of the gold twice is half of it, and the copy is spurious
        pytest.param("overlap", [(0, 7)], [(0, 3), (0, 3)], (1, 2, 3 / 7, 1), id="overlap-duplicate"),
        # two of three gold tokens
        pytest.param("token", [(0, 11)], [(0, 7)], (2, 2, 2, 3), id="token"),
        pytest.param("token", [(0, 7), (0, 3)], [(0, 7)], (2, 2, 2, 2), id="token-nested-once"),
        pytest.param("token", [(0, 7)], [(0, 7), (0, 7)], (2, 2, 2, 2), id="token-duplicate-once"),
    ],
)
def test_content(convention, gold, predicted, expected):
    sides = [[quote(span) for span in side] for side in (gold, predicted)]
    assert score(convention, *sides) == pytest.approx(expected)


def test_an_empty_content_covers_no_token():
    # 5 lies inside "six": with the bounds alone it would touch that token.
    assert score("token", [quote((0, 7))], [quote((0, 7)), quote((5, 5))]) == (2, 2, 2, 2)
    assert score("token", [quote((0, 7)), quote((5, 5))], [quote((0, 7))]) == (2, 2, 2, 2)
    # It is matched with nothing, so its speaker is one too many.
    assert score("speaker-exact", [quote((4, 7), speaker=MOEN)], [quote((5, 5), speaker=MOEN)]) == (0, 1, 0, 1)


def test_content_in_two_pieces_is_one_quote():
    gold = [quote((0, 7), (12, 15))]
    assert score("exact", gold, [quote((12, 15), (0, 7))]) == (1, 1, 1, 1)
    # its half is no exact quote and covers 3 of 10 characters
    assert score("exact", gold, [quote((12, 15))]) == (0, 1, 0, 1)
    assert score("overlap", gold, [quote((12, 15))]) == pytest.approx((1, 1, 0.3, 1))


def test_each_side_counts_under_its_own_kind():
    found = table("exact", [quote((0, 7), kind="direct")], [quote((0, 7), kind="mixed")])
    assert found.labels == ("direct", "indirect", "mixed")
    assert found.totals().tolist() == [[1, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 1]]


@pytest.mark.parametrize(
    ("cues", "exact", "type_"),
    [
        pytest.param(((SAID,), (SAID,)), (1, 1, 1, 1), (1, 1, 1, 1), id="same"),
        pytest.param(((SAID,), (Span(32, 41),)), (0, 1, 0, 1), (1, 1, 1, 1), id="longer"),
        pytest.param(((SAID,), ()), (0, 0, 0, 1), (0, 0, 0, 1), id="missed"),
        pytest.param(((), (SAID,)), (0, 1, 0, 0), (0, 1, 0, 0), id="spurious"),
        pytest.param(((), ()), (0, 0, 0, 0), (0, 0, 0, 0), id="none-asked"),
    ],
)
def test_cue(cues, exact, type_):
    gold, predicted = ([quote((0, 7), cue=cue)] for cue in cues)
    assert score("cue-exact", gold, predicted) == exact
    assert score("cue-type", gold, predicted) == type_


MOEN_ENTITIES = (
    Entity(id="1", spans=(MOEN,), label="PER", entity_id="moen"),
    Entity(id="2", spans=(Span(12, 15),), label="PER", entity_id="moen"),
)


@pytest.mark.parametrize(
    ("speaker", "speaker_id", "exact", "overlap", "entity"),
    [
        pytest.param(MOEN, None, 1, 1, 1, id="mention"),
        pytest.param(Span(32, 41), None, 0, 1, 1, id="longer-mention"),
        pytest.param(Span(12, 15), None, 0, 0, 1, id="another-mention-of-the-entity"),
        pytest.param(Span(16, 19), None, 0, 0, 0, id="somebody-else"),
        pytest.param(None, "moen", 0, 0, 1, id="by-id"),
    ],
)
def test_speaker_of_a_matched_quote(speaker, speaker_id, exact, overlap, entity):
    gold = [quote((0, 7), speaker=MOEN, speaker_id="moen")]
    predicted = [quote((0, 7), speaker=speaker, speaker_id=speaker_id)]
    for convention, right in (("exact", exact), ("overlap", overlap), ("entity", entity)):
        found = score(f"speaker-{convention}", gold, predicted, entities=(MOEN_ENTITIES, ()))
        assert found[2:] == (right, 1)


def test_the_extractors_own_ids_are_read_through_their_mentions():
    own = (Entity(id="1", spans=(MOEN,), label="PER", entity_id="x7"),)
    gold = [quote((0, 7), speaker=MOEN, speaker_id="moen")]
    predicted = [quote((0, 7), speaker_id="x7")]
    assert score("speaker-entity", gold, predicted, entities=(MOEN_ENTITIES, own)) == (1, 1, 1, 1)


def test_unconditional_and_conditional_speakers_are_two_numbers():
    # Two gold quotes, one found with its speaker; a spurious one.
    gold = [quote((0, 7), speaker=MOEN), quote((12, 19), speaker=MOEN)]
    predicted = [quote((0, 7), speaker=MOEN), quote((24, 31), speaker=MOEN)]
    assert score("speaker-exact", gold, predicted) == (1, 2, 1, 2)
    assert score("speaker-exact-given", gold, predicted) == (1, 1, 1, 1)


def test_a_wrong_person_costs_more_than_a_missing_one():
    gold = [quote((0, 7), speaker=MOEN), quote((12, 19), speaker=MOEN), quote((24, 31), speaker=MOEN)]
    # one right, one wrong, one whose speaker is missing; and a spurious quote would be one item as ever
    predicted = [quote((0, 7), speaker=MOEN), quote((12, 19), speaker=SAID), quote((24, 31))]
    assert score("speaker-entity", gold, predicted) == (1, 2, 1, 3)
    assert score("attribution-harm", gold, predicted) == (1, 3, 1, 3)
    assert score("attribution-harm:4", gold, predicted) == (1, 5, 1, 3)
    # somebody where the gold has nobody is a wrong person too
    assert score("attribution-harm", [quote((0, 7))], [quote((0, 7), speaker=SAID)]) == (0, 2, 0, 0)
    assert score("attribution-harm", [], [quote((0, 7), speaker=SAID)]) == (0, 1, 0, 0)


def test_without_texts_nothing_is_trimmed():
    scored = score_task("quotes", [pair([quote((0, 7))], [quote((0, 7))], text="")], ["trimmed"])["trimmed"]
    assert (scored.table.counts().f1, scored.items.told) == (1.0, "no text, nothing cut")


def test_joint_needs_content_and_speaker():
    gold = [quote((0, 7), speaker=MOEN), quote((12, 19), speaker=MOEN), quote((24, 31))]
    predicted = [quote((0, 7), speaker=SAID), quote((12, 18), speaker=MOEN), quote((24, 31))]
    # the first has another speaker, the second another content, the third has nobody to find
    assert score("joint", gold, predicted) == (1, 3, 1, 3)


def test_a_speaker_that_the_gold_does_not_have_is_wrong_in_joint():
    assert score("joint", [quote((0, 7))], [quote((0, 7), speaker=MOEN)]) == (0, 1, 0, 1)


def test_quotes_are_matched_by_largest_sum_of_token_f1():
    # 0-15 shares 2 of its 4 tokens with 0-7 (F1 2/3) and 2 with 8-15 (F1 2/3); 0-7 has only 0-15 to match,
    # 8-15 also 8-11 (F1 2/3): both golds find one.
    gold = [quote((0, 7), name="g1"), quote((8, 15), name="g2")]
    predicted = [quote((0, 15), name="p1"), quote((8, 11), name="p2")]
    match = match_of(gold, predicted)
    ours, theirs = (
        [quotes[at].id for at in own] for quotes, own in zip(match.columns.records, match.pairs, strict=True)
    )
    assert set(zip(ours, theirs, strict=True)) == {("g1", "p1"), ("g2", "p2")}


def test_copies_are_matched_where_they_agree():
    # Two copies of one content with speakers A, B and B, C: B goes to B whatever the order.
    gold = [quote((0, 7), speaker=Span(8, 11)), quote((0, 7), speaker=Span(12, 15))]
    predicted = [quote((0, 7), speaker=Span(12, 15)), quote((0, 7), speaker=Span(16, 19))]
    assert score("speaker-exact", gold, predicted) == (1, 2, 1, 2)
    assert score("speaker-exact", gold[::-1], predicted[::-1]) == (1, 2, 1, 2)


def test_articles_without_text_are_matched_by_characters():
    gold, predicted = [quote((0, 7), speaker=MOEN)], [quote((3, 7), speaker=MOEN)]
    assert score("speaker-exact", gold, predicted, text="") == (1, 1, 1, 1)


@pytest.mark.parametrize("convention", choose_conventions("quotes", ["all"]))
@pytest.mark.parametrize("content", [pytest.param([(3, 3)], id="empty-span"), pytest.param([], id="no-span")])
def test_empty_content_has_a_result(convention, content):
    found = score(
        convention, [quote(*content, cue=(SAID,), speaker=MOEN)], [quote(*content, cue=(SAID,), speaker=MOEN)]
    )
    assert all(value in (0, 1) for value in found)


SPAN = st.tuples(st.integers(0, 20), st.integers(1, 12)).map(lambda s: (s[0], s[0] + s[1]))
SIDE = st.lists(st.lists(SPAN, min_size=1, max_size=2), max_size=4, unique_by=lambda own: frozenset(chars(own)))


def chars(content):
    return {at for start, end in content for at in range(start, end)}


@given(gold=SIDE, predicted=SIDE)
@settings(max_examples=80)
def test_overlap_is_the_formula_of_pareti(gold, predicted):
    """P = (1/|Pred|) Σp min(1, Σg |p∩g|/|p|), R likewise (Pareti et al. 2013), character by character."""

    def total(side, other):
        return sum(min(1.0, sum(len(chars(a) & chars(b)) for b in other) / len(chars(a))) for a in side)

    found = score("overlap", [quote(*c) for c in gold], [quote(*c) for c in predicted])
    expected = (total(predicted, gold), len(predicted), total(gold, predicted), len(gold))
    assert found == pytest.approx(expected, abs=1e-12)


TOKENS = [match.span() for match in re.finditer(r"\w+|[^\w\s]", TEXT)]


def tokens(content):
    """The tokens that a content touches, by definition."""
    places = chars(content)
    return {number for number, (start, end) in enumerate(TOKENS) if places & set(range(start, end))}


@given(gold=SIDE, predicted=SIDE)
@settings(max_examples=40)
def test_no_matching_has_more_token_f1(gold, predicted):
    match = match_of([quote(*c) for c in gold], [quote(*c) for c in predicted])

    def f1(ours, theirs):
        if not chars(ours) & chars(theirs):
            return 0.0
        return 2 * len(tokens(ours) & tokens(theirs)) / max(len(tokens(ours)) + len(tokens(theirs)), 1)

    matched = [
        f1(match.columns.records[0][i].content, match.columns.records[1][j].content)
        for i, j in zip(*match.pairs, strict=True)
    ]
    few, many = sorted((gold, predicted), key=len)
    ways = itertools.permutations(many, len(few))
    best = max(sum(itertools.starmap(f1, zip(few, way, strict=True))) for way in ways)
    assert sum(matched) == pytest.approx(best, abs=1e-6)
    assert all(value > 0 for value in matched)
    assert all(len(set(side.tolist())) == len(side) for side in match.pairs)
