from __future__ import annotations

import pytest

from evalkit.records import Annotations, Article, Entity, Span, Stance
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.table import score_task


def stance(line):
    """A stance from "holder target label"."""
    holder, target, label = line.split()
    return Stance(id=line, holder=holder, target=target, label=label)


def pair(gold, predicted=(), *, given=None, entities=((), ()), name="a"):
    return Pair(
        Article(id=name, text=""),
        Annotations(entities=entities[0], stances=tuple(map(stance, gold))),
        Annotations(entities=entities[1], stances=tuple(map(stance, predicted))),
        None if given is None else Annotations(stances=tuple(map(stance, given))),
    )


def counts(convention, *pairs):
    found = score_task("stances", pairs, [convention])[convention].table.counts()
    return found.predicted_credit, found.predicted, found.gold_credit, found.gold


def derived(*pairs):
    scored = score_task("stances", pairs, ["given"])["given"]
    return {name: scored.derived_value(name) for name in scored.derived}


@pytest.mark.parametrize(
    ("gold", "predicted", "found", "right"),
    [
        pytest.param(["m topic:x favor"], ["m topic:x favor"], (1, 1, 1, 1), (1, 1, 1, 1), id="right"),
        pytest.param(["m topic:x favor"], ["m topic:x against"], (1, 1, 1, 1), (0, 1, 0, 1), id="label"),
        pytest.param(["m topic:x favor"], ["r topic:x favor"], (0, 1, 0, 1), (0, 1, 0, 1), id="holder"),
        pytest.param(["m topic:x favor"], ["m topic:y favor"], (0, 1, 0, 1), (0, 1, 0, 1), id="target"),
        pytest.param(["m topic:Port-Plan favor"], ["m topic:port_plan favor"], (1, 1, 1, 1), (1, 1, 1, 1), id="topic"),
        pytest.param(["author m favor"], ["author m favor"], (1, 1, 1, 1), (1, 1, 1, 1), id="author"),
        # the copy of a found stance is spurious
        pytest.param(["m r favor"], ["m r favor", "m r favor"], (1, 2, 1, 1), (1, 2, 1, 1), id="duplicate"),
        # two stances for one pair: labels that agree find each other first
        pytest.param(["m r favor", "m r against"], ["m r against"], (1, 1, 1, 2), (1, 1, 1, 2), id="two-for-one-pair"),
        pytest.param([], ["m r favor"], (0, 1, 0, 0), (0, 1, 0, 0), id="no-gold"),
        pytest.param(["m r favor"], [], (0, 0, 0, 1), (0, 0, 0, 1), id="no-predictions"),
    ],
)
def test_end_to_end(gold, predicted, found, right):
    assert counts("found", pair(gold, predicted)) == found
    assert counts("right", pair(gold, predicted)) == right


def mention(name, start, end):
    return Entity(id=f"{name}{start}", spans=(Span(start, end),), label="PER", entity_id=name)


def test_ids_of_the_extractor_are_read_through_their_mentions():
    entities = ((mention("moen", 0, 8), mention("ruiz", 20, 24)), (mention("e1", 4, 8), mention("e2", 20, 24)))
    found = counts("right", pair(["moen ruiz favor"], ["e1 e2 favor"], entities=entities))
    assert found == (1, 1, 1, 1)


def test_a_missed_target_is_missed_for_stance():
    entities = ((mention("moen", 0, 8), mention("ruiz", 20, 24)), (mention("e1", 0, 8), mention("e2", 40, 44)))
    assert counts("found", pair(["moen ruiz favor"], ["e1 e2 favor"], entities=entities)) == (0, 1, 0, 1)


def test_given_pairs_take_the_labels_that_the_extractor_was_asked_for():
    # its own stances are another question
    given = pair(["m r favor", "m s against"], ["m t favor"], given=["m r favor", "m s favor"])
    assert counts("given", given) == (1, 2, 1, 2)


def test_given_pairs_without_a_label_are_wrong_and_not_predicted():
    assert counts("given", pair(["m r favor", "m s against"], ["m r favor"])) == (1, 1, 1, 2)


def test_several_stances_of_one_pair_find_their_label_before_another_takes_it():
    # against comes first in order and must not use up the favor that the second one needs
    assert counts("given", pair(["m r against", "m r favor"], ["m r favor"])) == (1, 1, 1, 2)
    assert counts("given", pair(["m r against", "m r favor"], given=["m r favor", "m r neutral"])) == (1, 2, 1, 2)


def test_the_definition_is_part_of_the_number():
    """One confusion table and five scores of it.

    gold \\ predicted  favor against neutral
    favor                 3       1       0
    against               1       2       1
    neutral               1       0       3
    """
    table = [("favor", [3, 1, 0]), ("against", [1, 2, 1]), ("neutral", [1, 0, 3])]
    labels = ("favor", "against", "neutral")
    gold, given = [], []
    for own, row in table:
        for label, number in zip(labels, row, strict=True):
            for _ in range(number):
                name = f"topic:{len(gold)}"
                gold.append(f"m {name} {own}")
                given.append(f"m {name} {label}")
    scores = derived(pair(gold, given=given))
    # F1 favor 2*3/(4+5) = 2/3, against 2*2/(4+3) = 4/7, neutral 2*3/(4+4) = 3/4
    assert scores["accuracy"] == pytest.approx(8 / 12)
    assert scores["favg"] == pytest.approx((2 / 3 + 4 / 7) / 2)
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 4 / 7 + 3 / 4) / 3)
    # every item is a target of its own, and only those with gold favor or against can have an F1 above 0:
    # 3 + 2 right ones with (1 + 0) / 2 each, over 12 targets
    assert scores["favg_by_target"] == pytest.approx(5 * 0.5 / 12)


def test_favg_counts_neutral_through_the_errors_that_it_causes():
    # favor: 1 right, 1 gold, 2 predicted: F1 2/3; against: none; favg 1/3
    scores = derived(pair(["m r favor", "m s neutral"], given=["m r favor", "m s favor"]))
    assert scores["favg"] == pytest.approx(1 / 3)


def test_favg_pooled_and_by_target_differ():
    # target r: favor right, against right: favg 1; target s: favor right only: favg 1/2
    gold = ["m r favor", "k r against", "m s favor"]
    scores = derived(pair(gold, given=gold))
    assert (scores["favg"], scores["favg_by_target"]) == (1.0, 0.75)


def test_nothing_gives_zeros():
    assert derived(pair([])) == {"accuracy": 0.0, "favg": 0.0, "macro_f1": 0.0, "favg_by_target": 0.0}
