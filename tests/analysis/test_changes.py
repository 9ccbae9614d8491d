from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.analysis.changes import BROKEN, FIXED, Change, changes_of_pairs, item_changes
from evalkit.errors import InputError
from evalkit.records import Annotations, Article, Entity, Example, Prediction, Quote, Span, Stance
from evalkit.scoring.pairs import pair_up

TEXT = "Ida Moen left Oslo for Bergen, said Jo."
#       0        9    14   19      23-29    36

Mention = tuple[int, int, str]
MOEN, OSLO, BERGEN = (0, 8, "PER"), (14, 18, "GPE"), (23, 29, "GPE")


def entities(mentions: Sequence[Mention]) -> tuple[Entity, ...]:
    return tuple(
        Entity(id=f"e{number}", spans=(Span(start, end),), label=label)
        for number, (start, end, label) in enumerate(mentions, 1)
    )


def gold(*mentions: Mention, name: str = "a") -> Example:
    return Example(article=Article(id=name, text=TEXT), gold=Annotations(entities=entities(mentions)))


def predicted(*mentions: Mention, name: str = "a") -> Prediction:
    return Prediction(article_id=name, annotations=Annotations(entities=entities(mentions)))


def told(changes: Sequence[Change]) -> list[tuple[str, str, str | None, str | None]]:
    return [
        (c.direction, c.kind, c.gold.text if c.gold else None, c.predicted.text if c.predicted else None)
        for c in changes
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param([MOEN, OSLO], [MOEN, OSLO], [], id="nothing"),
        pytest.param([MOEN, OSLO], [MOEN], [(BROKEN, "missed", "Oslo", None)], id="missed"),
        pytest.param([MOEN], [MOEN, OSLO], [(FIXED, "missed", "Oslo", None)], id="found"),
        # "Moen" is wrong and new, but it is what became of "Ida Moen": one change, not two.
        pytest.param([MOEN], [(4, 8, "PER")], [(BROKEN, "boundary", "Ida Moen", "Moen")], id="boundary"),
        pytest.param([OSLO], [(14, 18, "ORG")], [(BROKEN, "label", "Oslo", "Oslo")], id="label"),
        pytest.param([(14, 18, "ORG")], [OSLO], [(FIXED, "label", "Oslo", "Oslo")], id="label-mended"),
        pytest.param([], [(31, 35, "PER")], [(BROKEN, "spurious", None, "said")], id="spurious"),
        pytest.param([(31, 35, "PER")], [], [(FIXED, "spurious", None, "said")], id="no-longer-spurious"),
        # A second copy of a right item is spurious; the gold item stays right.
        pytest.param([MOEN], [MOEN, MOEN], [(BROKEN, "duplicate", None, "Ida Moen")], id="duplicate"),
        # Missed before and found wrongly now: precision fell, recall did not.
        pytest.param([], [(4, 8, "PER")], [(BROKEN, "boundary", "Ida Moen", "Moen")], id="newly-wrong"),
        pytest.param([(4, 8, "PER")], [(4, 8, "PER")], [], id="wrong-as-before"),
        pytest.param(
            [MOEN],
            [OSLO],
            [(BROKEN, "missed", "Ida Moen", None), (FIXED, "missed", "Oslo", None)],
            id="broken-first",
        ),
    ],
)
def test_entities(before: list[Mention], after: list[Mention], expected: list[object]) -> None:
    changes = item_changes([gold(MOEN, OSLO)], [predicted(*before)], [predicted(*after)])

    assert told(changes) == expected


def test_a_layer_that_one_run_does_not_claim_is_left_out() -> None:
    nothing = Prediction(article_id="a", annotations=Annotations(quotes=()))

    assert item_changes([gold(MOEN)], [predicted(MOEN)], [nothing]) == []


def test_another_set_of_articles_is_refused() -> None:
    one, two = pair_up([gold()], [predicted()]).pairs, pair_up([gold(name="b")], [predicted(name="b")]).pairs

    with pytest.raises(InputError, match="same articles"):
        changes_of_pairs(one, two)


def quoted(content: tuple[int, int], speaker: str, *, kind: str = "direct") -> Quote:
    return Quote(id="q1", kind=kind, content=(Span(*content),), speaker_id=speaker)


def quotes(*items: Quote) -> Annotations:
    return Annotations(quotes=items)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param([quoted((0, 18), "jo")], [], [(BROKEN, "missed")], id="missed"),
        pytest.param([quoted((0, 18), "jo")], [quoted((0, 29), "jo")], [(BROKEN, "boundary")], id="boundary"),
        # Content stays right, the speaker does not: right under exact, and yet worse.
        pytest.param([quoted((0, 18), "jo")], [quoted((0, 18), "ida")], [(BROKEN, "speaker")], id="speaker"),
        pytest.param([quoted((0, 18), "ida")], [quoted((0, 18), "jo")], [(FIXED, "speaker")], id="speaker-mended"),
        # From the wrong speaker to the wrong content: exact lost a quote.
        pytest.param([quoted((0, 18), "ida")], [quoted((0, 29), "jo")], [(BROKEN, "boundary")], id="both"),
        pytest.param(
            [quoted((0, 18), "jo")],
            [quoted((0, 18), "jo"), quoted((30, 38), "jo")],
            [(BROKEN, "spurious")],
            id="spurious",
        ),
        # The kind of a quote does not decide whether its content is right.
        pytest.param([quoted((0, 18), "jo")], [quoted((0, 18), "jo", kind="mixed")], [], id="kind"),
    ],
)
def test_quotes(before: list[Quote], after: list[Quote], expected: list[tuple[str, str]]) -> None:
    example = Example(article=Article(id="a", text=TEXT), gold=quotes(quoted((0, 18), "jo")))
    runs = [[Prediction(article_id="a", annotations=quotes(*items))] for items in (before, after)]

    assert [(c.direction, c.kind) for c in item_changes([example], *runs)] == expected


def stance(label: str, target: str = "topic:move", holder: str = "jo") -> Stance:
    return Stance(id="s1", holder=holder, target=target, label=label, evidence=(Span(0, 18),))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param([stance("favor")], [stance("against")], [(BROKEN, "label")], id="label"),
        pytest.param([stance("favor")], [], [(BROKEN, "missed")], id="missed"),
        pytest.param([stance("favor")], [stance("favor", "topic:Move!")], [], id="spelling-of-a-topic"),
        # The same words of the same holder: another name for the topic, and nothing has changed.
        pytest.param([stance("favor")], [stance("favor", "topic:ships")], [], id="name-of-a-topic"),
        # Another target: the gold stance is missed, and the prediction is about nothing in the gold.
        pytest.param(
            [stance("favor")],
            [stance("favor", "ship")],
            [(BROKEN, "missed"), (BROKEN, "spurious")],
            id="target",
        ),
        pytest.param([stance("against")], [stance("favor")], [(FIXED, "label")], id="label-mended"),
    ],
)
def test_stances(before: list[Stance], after: list[Stance], expected: list[tuple[str, str]]) -> None:
    example = Example(article=Article(id="a", text=TEXT), gold=Annotations(stances=(stance("favor"),)))
    runs = [[Prediction(article_id="a", annotations=Annotations(stances=tuple(own)))] for own in (before, after)]

    changes = item_changes([example], *runs)

    assert sorted((c.direction, c.kind) for c in changes) == sorted(expected)
    assert all("jo → " in (c.gold or c.predicted).text for c in changes)  # type: ignore[union-attr]


mentions = st.lists(
    st.tuples(st.integers(0, 8), st.integers(1, 6), st.sampled_from(["PER", "ORG"])).map(
        lambda item: (item[0], item[0] + item[1], item[2])
    ),
    max_size=5,
)


def right_items(right: list[Mention], run: list[Mention]) -> Counter[Mention]:
    """What is right under exact, counted the plain way."""
    return Counter(right) & Counter(run)


def told_gold(changes: Sequence[Change], direction: str, *kinds: str) -> Counter[Mention]:
    return Counter(
        (*change.gold.spans[0], change.gold.label)
        for change in changes
        if change.gold and change.direction == direction and (not kinds or change.kind in kinds)
    )


@settings(max_examples=150)
@given(mentions, mentions, mentions)
def test_every_lost_and_gained_item_is_told(right: list[Mention], before: list[Mention], after: list[Mention]) -> None:
    changes = item_changes([gold(*right)], [predicted(*before)], [predicted(*after)])
    was, now = right_items(right, before), right_items(right, after)

    # Changes about a gold item also tell new wrong predictions for one that was wrong before; a missed one cannot.
    assert was - now <= told_gold(changes, BROKEN)
    assert now - was <= told_gold(changes, FIXED)
    assert told_gold(changes, BROKEN, "missed") <= was - now
    assert told_gold(changes, FIXED, "missed") <= now - was


@settings(max_examples=100)
@given(mentions, mentions, mentions)
def test_the_way_back_fixes_what_the_way_there_breaks(
    right: list[Mention], before: list[Mention], after: list[Mention]
) -> None:
    there = item_changes([gold(*right)], [predicted(*before)], [predicted(*after)])
    back = item_changes([gold(*right)], [predicted(*after)], [predicted(*before)])

    def of(changes: Sequence[Change], direction: str) -> list[object]:
        return [{**c.to_json(), "direction": ""} for c in changes if c.direction == direction]

    assert of(there, BROKEN) == of(back, FIXED)
    assert of(there, FIXED) == of(back, BROKEN)
    assert item_changes([gold(*right)], [predicted(*after)], [predicted(*after)]) == []


@settings(max_examples=100)
@given(mentions, st.permutations(range(5)), mentions)
def test_the_order_of_predictions_does_not_matter(right: list[Mention], order: list[int], after: list[Mention]) -> None:
    shuffled = [after[at] for at in order if at < len(after)]

    one = item_changes([gold(*right)], [predicted()], [predicted(*after)])
    two = item_changes([gold(*right)], [predicted()], [predicted(*shuffled)])

    assert [c.to_json() for c in one] == [c.to_json() for c in two]
