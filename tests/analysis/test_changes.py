from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.analysis.changes import ADDED, BROKEN, FIXED, GONE, Change, changes_of_pairs, item_changes
from evalkit.analysis.judged import judge_articles
from evalkit.errors import InputError
from evalkit.layers.table import load_layer
from evalkit.records import Annotations, Article, Entity, Example, Prediction, Quote, Span, Stance
from evalkit.scoring.pairs import pair_up
from evalkit.scoring.tasks.base import RIGHT, imported
from evalkit.scoring.tasks.table import load_task

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
        # Two items: the gold one is not right any more, and a wrong prediction appeared.
        pytest.param(
            [MOEN],
            [(4, 8, "PER")],
            [(BROKEN, "boundary", "Ida Moen", "Moen"), (ADDED, "boundary", None, "Moen")],
            id="boundary",
        ),
        pytest.param(
            [(14, 18, "ORG")],
            [OSLO],
            [(FIXED, "label", "Oslo", "Oslo"), (GONE, "label", None, "Oslo")],
            id="label-mended",
        ),
        # Nothing is fixed by a wrong label that is not predicted any more: Oslo is as missed as before.
        pytest.param([(14, 18, "ORG")], [], [(GONE, "label", None, "Oslo")], id="wrong-label-dropped"),
        pytest.param([], [(31, 35, "PER")], [(ADDED, "spurious", None, "said")], id="spurious"),
        pytest.param([(31, 35, "PER")], [], [(GONE, "spurious", None, "said")], id="no-longer-spurious"),
        # A second copy of a right item is spurious; the gold item stays right.
        pytest.param([MOEN], [MOEN, MOEN], [(ADDED, "duplicate", None, "Ida Moen")], id="duplicate"),
        # Missed before and found wrongly now: nothing that was right broke.
        pytest.param([], [(4, 8, "PER")], [(ADDED, "boundary", None, "Moen")], id="newly-wrong"),
        pytest.param([(4, 8, "PER")], [(4, 8, "PER")], [], id="wrong-as-before"),
        # Wrong in one way, now wrong in another.
        pytest.param(
            [(14, 18, "ORG")],
            [(14, 22, "GPE")],
            [(ADDED, "boundary", None, "Oslo for"), (GONE, "label", None, "Oslo")],
            id="otherwise-wrong",
        ),
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
        pytest.param(
            [quoted((0, 18), "jo")], [quoted((0, 29), "jo")], [(BROKEN, "boundary"), (ADDED, "boundary")], id="boundary"
        ),
        # A quote with another speaker is not right, whatever its content.
        pytest.param(
            [quoted((0, 18), "jo")], [quoted((0, 18), "ida")], [(BROKEN, "speaker"), (ADDED, "speaker")], id="speaker"
        ),
        pytest.param(
            [quoted((0, 18), "ida")], [quoted((0, 18), "jo")], [(FIXED, "speaker"), (GONE, "speaker")], id="mended"
        ),
        # From the wrong speaker to the wrong content: wrong before and now.
        pytest.param(
            [quoted((0, 18), "ida")], [quoted((0, 29), "jo")], [(ADDED, "boundary"), (GONE, "speaker")], id="both"
        ),
        pytest.param(
            [quoted((0, 18), "jo")],
            [quoted((0, 18), "jo"), quoted((30, 38), "jo")],
            [(ADDED, "spurious")],
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
        pytest.param([stance("favor")], [stance("against")], [(BROKEN, "label"), (ADDED, "label")], id="label"),
        pytest.param([stance("favor")], [], [(BROKEN, "missed")], id="missed"),
        pytest.param([stance("favor")], [stance("favor", "topic:Move!")], [], id="spelling-of-a-topic"),
        # The same words of the same holder: another name for the topic, and nothing has changed.
        pytest.param([stance("favor")], [stance("favor", "topic:ships")], [], id="name-of-a-topic"),
        # Another target: the gold stance is missed, and the prediction is about nothing in the gold.
        pytest.param(
            [stance("favor")],
            [stance("favor", "ship")],
            [(BROKEN, "missed"), (ADDED, "spurious")],
            id="target",
        ),
        pytest.param([stance("against")], [stance("favor")], [(FIXED, "label"), (GONE, "label")], id="label-mended"),
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


def listed(changes: Sequence[Change], direction: str) -> Counter[Mention]:
    """The items that stand in one list: gold ones if they broke or were fixed, else predictions."""
    own = [change for change in changes if change.direction == direction]
    items = [change.gold if direction in (BROKEN, FIXED) else change.predicted for change in own]
    return Counter((*item.spans[0], item.label) for item in items if item is not None)


@given(mentions, mentions, mentions)
def test_every_change_stands_in_the_list_that_is_true_of_it(
    right: list[Mention], before: list[Mention], after: list[Mention]
) -> None:
    """The four words, from counts of equal items alone: what is right is what both sides have, the rest is wrong."""
    changes = item_changes([gold(*right)], [predicted(*before)], [predicted(*after)])
    was, now = right_items(right, before), right_items(right, after)
    wrong_before, wrong_now = Counter(before) - was, Counter(after) - now

    assert listed(changes, BROKEN) == was - now
    assert listed(changes, FIXED) == now - was
    assert listed(changes, ADDED) == wrong_now - wrong_before
    assert listed(changes, GONE) == wrong_before - wrong_now
    assert all((change.gold is None) == (change.direction in (ADDED, GONE)) for change in changes)


@given(mentions, mentions, mentions, st.sampled_from(["partial", "overlap", "token", "type", "iou:0.5", "boundary"]))
def test_under_a_convention_what_earns_all_of_its_credit_is_right(
    right: list[Mention], before: list[Mention], after: list[Mention], convention: str
) -> None:
    sides = [[predicted(*before)], [predicted(*after)]]
    changes = item_changes([gold(*right)], *sides, conventions={"entities": convention})
    whole = []
    for side in sides:
        (judged,) = judge_articles("entities", pair_up([gold(*right)], side).pairs, [convention])
        counted: list[Counter[Mention]] = []
        for at, wanted in ((0, True), (1, False)):
            rows = zip(judged.items[at], [own[convention] for own in judged.credits[at]], strict=True)
            # None: not counted, as a second equal item is not under token.
            kept = [item for item, credit in rows if credit is not None and (credit > 1 - 1e-9) == wanted]
            counted.append(Counter((*item.spans[0], item.label) for item in kept))
        whole.append(counted)
    (right_before, wrong_before), (right_now, wrong_now) = whole

    assert listed(changes, BROKEN) - listed(changes, FIXED) == right_before - right_now
    assert listed(changes, FIXED) - listed(changes, BROKEN) == right_now - right_before
    assert listed(changes, ADDED) == wrong_now - wrong_before
    assert listed(changes, GONE) == wrong_before - wrong_now


@given(st.sampled_from(["entities", "quotes", "stances", "categories"]), st.integers(0, 10**6), st.integers(0, 10**6))
def test_of_every_task_what_is_right_and_wrong_adds_up(task: str, one: int, other: int) -> None:
    """Right items after = right items before + fixed - broken; wrong predictions likewise with added and gone."""
    layer = load_layer(load_task(task).layer)
    draw = imported(load_task(task).cases)
    right, before = draw(layer, random.Random(one))
    _, after = draw(layer, random.Random(other))
    example = Example(article=Article(id="a", text="word " * 40), gold=right)
    sides = [pair_up([example], [Prediction(article_id="a", annotations=own)]).pairs for own in (before, after)]
    changes = [change for change in changes_of_pairs(*sides) if change.layer == layer.name]
    judged = [judge_articles(task, pairs, [])[0] for pairs in sides]

    rights = [[item.kind == RIGHT for item in own.items[0]] for own in judged]
    wrongs = [sum(item.kind != RIGHT for item in own.items[1]) for own in judged]
    number = Counter(change.direction for change in changes)
    assert number[FIXED] == sum(now and not was for was, now in zip(*rights, strict=True))
    assert number[BROKEN] == sum(was and not now for was, now in zip(*rights, strict=True))
    assert wrongs[1] - wrongs[0] == number[ADDED] - number[GONE]


def test_half_a_credit_is_not_right() -> None:
    """Under partial an overlap earns .5: the item was right and is not, although its recall fell by a half only."""
    changes = item_changes(
        [gold(MOEN)], [predicted(MOEN)], [predicted((4, 8, "PER"))], conventions={"entities": "partial"}
    )

    assert told(changes) == [(BROKEN, "boundary", "Ida Moen", "Moen"), (ADDED, "boundary", None, "Moen")]


def test_a_failed_article_fixes_nothing() -> None:
    """The wrong prediction is gone, and what was right is missed: nothing is right that was not before."""
    failed = Prediction(article_id="a", annotations=Annotations(entities=()), error="out of memory")

    changes = item_changes([gold(MOEN, OSLO)], [predicted(MOEN, (14, 18, "ORG"))], [failed])

    assert told(changes) == [(BROKEN, "missed", "Ida Moen", None), (GONE, "label", None, "Oslo")]
    assert changes[1].meant is not None
    assert changes[1].meant.text == "Oslo"


@given(mentions, mentions, mentions)
def test_the_way_back_turns_every_word_around(
    right: list[Mention], before: list[Mention], after: list[Mention]
) -> None:
    there = item_changes([gold(*right)], [predicted(*before)], [predicted(*after)])
    back = item_changes([gold(*right)], [predicted(*after)], [predicted(*before)])

    def of(changes: Sequence[Change], direction: str) -> list[object]:
        return [{**c.to_json(), "direction": ""} for c in changes if c.direction == direction]

    for one, other in ((BROKEN, FIXED), (ADDED, GONE)):
        assert of(there, one) == of(back, other)
        assert of(there, other) == of(back, one)
    assert item_changes([gold(*right)], [predicted(*after)], [predicted(*after)]) == []


@given(mentions, st.permutations(range(5)), mentions)
def test_the_order_of_predictions_does_not_matter(right: list[Mention], order: list[int], after: list[Mention]) -> None:
    shuffled = [after[at] for at in order if at < len(after)]

    one = item_changes([gold(*right)], [predicted()], [predicted(*after)])
    two = item_changes([gold(*right)], [predicted()], [predicted(*shuffled)])

    assert [c.to_json() for c in one] == [c.to_json() for c in two]
