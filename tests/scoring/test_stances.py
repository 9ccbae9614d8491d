from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.layers.stances import folded_topic, topic_names
from evalkit.records import Annotations, Article, Entity, Span, Stance
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.stance_conventions import targets
from evalkit.scoring.tasks.table import columns_of, judge_items, score_task


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


def told(target, label, evidence=None, *, holder="m", aliases=()):
    """A stance with evidence at [start, end]."""
    spans = () if evidence is None else (Span(*evidence),)
    return Stance(
        id=f"{holder}{target}{label}", holder=holder, target=target, label=label, evidence=spans, aliases=aliases
    )


def of_stances(gold, predicted):
    return Pair(Article(id="a", text=""), Annotations(stances=tuple(gold)), Annotations(stances=tuple(predicted)))


PLAN = told("topic:casino-plan", "favor", (10, 20), aliases=("casino", "gaming-halls"))


@pytest.mark.parametrize(
    ("predicted", "found"),
    [
        pytest.param(told("topic:casino", "favor"), 1, id="alias"),
        pytest.param(told("topic:Casinos", "favor"), 1, id="alias-in-the-plural"),
        pytest.param(told("topic:gaming_Hall", "favor"), 1, id="alias-in-the-singular"),
        pytest.param(told("topic:CASINO-plans", "favor"), 1, id="name-in-the-plural"),
        pytest.param(told("topic:licence", "favor", (15, 30)), 1, id="evidence-overlaps"),
        pytest.param(told("topic:licence", "favor", (20, 30)), 0, id="evidence-touches"),
        pytest.param(told("topic:licence", "favor"), 0, id="no-evidence"),
        pytest.param(told("topic:licence", "favor", (10, 20), holder="k"), 0, id="evidence-of-another-holder"),
        pytest.param(told("casino", "favor", (10, 20)), 0, id="an-entity-is-no-topic"),
        # what a prediction calls its topic besides is its own affair
        pytest.param(told("topic:licence", "favor", aliases=("casino-plan",)), 0, id="predicted-aliases"),
    ],
)
def test_a_topic_is_found_by_its_names_or_by_the_evidence(predicted, found):
    pairs = of_stances([PLAN], [predicted])
    assert counts("found", pairs) == counts("right", pairs) == (found, 1, found, 1)
    assert counts("found-named", pairs) == counts("right-named", pairs) == (0, 1, 0, 1)


def test_the_named_forms_ask_for_the_name_and_nothing_else():
    pairs = of_stances([PLAN], [told("topic:Casino Plan", "against")])
    assert [counts(name, pairs)[0] for name in ("found", "right", "found-named", "right-named")] == [1, 0, 1, 0]


def test_an_alias_holds_for_every_stance_on_the_topic():
    gold = [PLAN, told("topic:casino-plan", "against", (30, 40), holder="k")]
    assert counts("right", of_stances(gold, [told("topic:casino", "against", holder="k")])) == (1, 1, 1, 2)


def test_a_name_that_the_gold_knows_is_taken_at_its_word():
    # One quote about two plans: the prediction says which of them it means, and of that one it is wrong.
    gold = [told("topic:casino-plan", "favor", (10, 20)), told("topic:ferry-plan", "against", (10, 20))]
    predicted = of_stances(gold, [told("topic:casino-plan", "against", (10, 20))])
    assert counts("found", predicted) == (1, 1, 1, 2)
    assert counts("right", predicted) == (0, 1, 0, 2)


def test_evidence_is_shared_out_so_that_most_is_right():
    # P may be either, Q only the first: taken in the order of the text P would use up what Q needs.
    gold = [told("topic:a", "favor", (0, 10)), told("topic:b", "favor", (20, 30))]
    both = Stance(id="p", holder="m", target="topic:p", label="favor", evidence=(Span(0, 5), Span(20, 25)))
    pairs = of_stances(gold, [both, told("topic:q", "favor", (5, 10))])
    assert counts("right", pairs) == counts("found", pairs) == (2, 2, 2, 2)


def test_what_became_of_a_stance_is_told_by_the_same_rule():
    pairs = of_stances(
        [PLAN, told("topic:ferries", "against", (50, 60))],
        [
            told("topic:licence", "favor", (12, 14)),
            told("topic:boats", "favor", (55, 58)),
            told("topic:x", "favor", (80, 90)),
        ],
    )
    columns = columns_of("stances", [pairs])
    judged = judge_items("stances", columns)
    assert judged.counts() == {"right": 1, "label": 1, "missed": 0, "spurious": 1}
    assert targets(columns)[1] == ["topic:casino-plan", "topic:ferries", "topic:x"]


def test_stances_found_elsewhere_stand_for_given_pairs_by_the_same_rule():
    assert counts("given", of_stances([PLAN], [told("topic:licence", "favor", (12, 14))])) == (1, 1, 1, 1)


SPANS = st.tuples(st.integers(0, 30), st.integers(1, 10)).map(lambda pair: (pair[0], pair[0] + pair[1]))
STANCES = st.lists(
    st.builds(
        told,
        st.sampled_from(["topic:a", "topic:b", "topic:c", "e1"]),
        st.sampled_from(["favor", "against"]),
        st.none() | SPANS,
        holder=st.sampled_from(["m", "k"]),
        aliases=st.sampled_from([(), ("c",), ("d", "es")]),
    ),
    max_size=5,
)


def same_target(gold, ours, theirs):
    """The definition, for stances of one holder in an article where nothing is mentioned."""
    if ours.target == theirs.target:
        return True
    if not (ours.target.startswith("topic:") and theirs.target.startswith("topic:")):
        return False
    name = folded_topic(theirs.target)
    if name in set().union(*(topic_names(stance) for stance in gold if stance.target == ours.target)):
        return True
    known = set().union(*(topic_names(stance) for stance in gold))
    near = any(a.start < b.end and b.start < a.end for a in ours.evidence for b in theirs.evidence)
    return name not in known and near


@given(STANCES, STANCES, st.randoms(use_true_random=False))
def test_matching_is_largest_and_knows_no_order(gold, predicted, chance):
    def best(same_label):
        """The largest matching, by trying all."""
        edges = [
            (i, j)
            for i, ours in enumerate(gold)
            for j, theirs in enumerate(predicted)
            if ours.holder == theirs.holder
            and same_target(gold, ours, theirs)
            and (ours.label == theirs.label or not same_label)
        ]

        def most(i, used):
            if i == len(gold):
                return 0
            taken = [1 + most(i + 1, used | {j}) for at, j in edges if at == i and j not in used]
            return max([most(i + 1, used), *taken])

        return most(0, frozenset())

    for convention, same_label in (("found", False), ("right", True)):
        before = score_task("stances", [of_stances(gold, predicted)], [convention])[convention].table
        assert before.counts().gold_credit == before.counts().predicted_credit == best(same_label)
        shuffled = of_stances(chance.sample(gold, len(gold)), chance.sample(predicted, len(predicted)))
        after = score_task("stances", [shuffled], [convention])[convention].table
        assert before.dense().tolist() == after.dense().tolist()


@pytest.mark.parametrize(
    ("one", "other"),
    [("topic:Ferries", "ferry"), ("coal-exit_2034", "Coal Exit-2034"), ("taxes", "tax"), ("classes", "class")],
)
def test_what_is_folded(one, other):
    assert folded_topic(one) == folded_topic(other)


@pytest.mark.parametrize(("one", "other"), [("bus", "bu"), ("crisis", "crisi"), ("gas", "ga"), ("press", "pres")])
def test_what_is_no_plural_is_left_alone(one, other):
    assert folded_topic(one) != folded_topic(other)
