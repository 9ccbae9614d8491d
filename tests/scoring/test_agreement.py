"""Equal to the tools of the field wherever they have no bug, to 1e-12 on random data."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.records import Annotations, Article, Stance
from evalkit.scoring.counts import macro, micro
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.table import score_task

CLOSE = {"abs": 1e-12, "rel": 0}
LABELS = ("LOC", "ORG", "PER")


@st.composite
def flat_side(draw, length=30):
    """Items of which no two overlap, in text order: (start, end, label)."""
    cuts = sorted(draw(st.sets(st.integers(0, length), max_size=12)))
    return [(a, b, draw(st.sampled_from(LABELS))) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]


DOCUMENTS = st.lists(st.tuples(flat_side(), flat_side(), st.booleans()), min_size=1, max_size=4)


def both_sides(documents):
    """Gold and predicted; where the flag is set the prediction is the gold with another label here and there."""
    gold = [first for first, _, _ in documents]
    predicted = [
        [(a, b, "PER" if a % 3 else label) for a, b, label in first] if near else second
        for first, second, near in documents
    ]
    return gold, predicted


def lines(side):
    return ["; ".join(f"{label} {a}-{b}" for a, b, label in document) for document in side]


def nervaluate(gold, predicted, labels=LABELS):
    """Scores of nervaluate 1.2.1; its ends are inclusive."""
    from nervaluate.evaluator import Evaluator

    sides = [
        [[{"label": label, "start": a, "end": b - 1} for a, b, label in document] for document in side]
        for side in (gold, predicted)
    ]
    return Evaluator(sides[0], sides[1], tags=list(labels), loader="dict").evaluate()


@pytest.mark.parametrize(
    ("convention", "scenario"), [("exact", "strict"), ("boundary", "exact"), ("partial", "partial")]
)
@given(documents=DOCUMENTS)
@settings(max_examples=40)
def test_nervaluate_on_flat_items_in_order(convention, scenario, documents, table):
    gold, predicted = both_sides(documents)
    theirs = nervaluate(gold, predicted)["overall"][scenario]
    ours = micro(table(convention, lines(gold), lines(predicted)))
    assert (ours.precision, ours.recall, ours.f1) == pytest.approx(
        (theirs.precision, theirs.recall, theirs.f1), **CLOSE
    )


@given(documents=DOCUMENTS)
@settings(max_examples=40)
def test_nervaluate_strict_by_label(documents, table):
    gold, predicted = both_sides(documents)
    theirs = nervaluate(gold, predicted)["entities"]
    found = table("exact", lines(gold), lines(predicted))
    for label in found.labels:
        counts, strict = found.counts(label), theirs[label]["strict"]
        assert (counts.precision, counts.recall, counts.f1) == pytest.approx(
            (strict.precision, strict.recall, strict.f1), **CLOSE
        )


@st.composite
def touched_at_most_once(draw):
    """Gold items far apart and a prediction near some: what nervaluate's ent_type gets right whatever the order."""
    gold, predicted = [], []
    for slot in range(draw(st.integers(1, 6))):
        start = 20 * slot + draw(st.integers(0, 4))
        end = start + draw(st.integers(1, 6))
        if draw(st.booleans()):
            gold.append((start, end, draw(st.sampled_from(LABELS))))
        if draw(st.booleans()):
            shift = draw(st.integers(-2, 6))
            predicted.append((max(0, start + shift), end + shift + 2, draw(st.sampled_from(LABELS))))
    return gold, predicted


@given(documents=st.lists(touched_at_most_once(), min_size=1, max_size=4))
@settings(max_examples=40)
def test_nervaluate_ent_type_where_nothing_competes(documents, table):
    gold, predicted = [first for first, _ in documents], [second for _, second in documents]
    results = nervaluate(gold, predicted)
    found = table("type", lines(gold), lines(predicted))
    theirs, ours = results["overall"]["ent_type"], micro(found)
    assert (ours.precision, ours.recall, ours.f1) == pytest.approx(
        (theirs.precision, theirs.recall, theirs.f1), **CLOSE
    )
    for label in found.labels:
        counts, one = found.counts(label), results["entities"][label]["ent_type"]
        assert (counts.precision, counts.recall) == pytest.approx((one.precision, one.recall), **CLOSE)


def tags(document, length=30):
    column = ["O"] * length
    for start, end, label in document:
        column[start:end] = [f"B-{label}", *[f"I-{label}"] * (end - start - 1)]
    return column


@given(documents=DOCUMENTS)
@settings(max_examples=40)
def test_seqeval_strict_iob2(documents, table):
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    gold, predicted = both_sides(documents)
    if not any(gold) and not any(predicted):
        return  # seqeval has no report for nothing
    theirs = classification_report(
        [tags(d) for d in gold],
        [tags(d) for d in predicted],
        mode="strict",
        scheme=IOB2,
        output_dict=True,
        zero_division=0,
    )
    found = table("exact", lines(gold), lines(predicted))
    assert set(found.labels) == {name for name in theirs if not name.endswith(" avg")}
    for label in found.labels:
        counts = found.counts(label)
        assert (counts.precision, counts.recall, counts.f1, counts.gold) == pytest.approx(
            tuple(theirs[label][name] for name in ("precision", "recall", "f1-score", "support")), **CLOSE
        )
    ours = micro(found)
    assert (ours.precision, ours.recall, ours.f1) == pytest.approx(
        tuple(theirs["micro avg"][name] for name in ("precision", "recall", "f1-score")), **CLOSE
    )
    if all(found.counts(label).gold for label in found.labels):
        # seqeval's macro also averages over labels that only predictions have.
        assert macro(found).f1 == pytest.approx(theirs["macro avg"]["f1-score"], **CLOSE)


STANCES = ("favor", "against", "neutral")


@given(labels=st.lists(st.tuples(st.sampled_from(STANCES), st.sampled_from(STANCES)), min_size=1, max_size=20))
@settings(max_examples=40)
def test_scikit_learn_on_stance_labels(labels):
    from sklearn.metrics import accuracy_score, f1_score

    def stances(side):
        return tuple(
            Stance(id=str(at), holder="author", target=f"topic:{at}", label=pair[side])
            for at, pair in enumerate(labels)
        )

    given = Annotations(stances=stances(1))
    pair = Pair(Article(id="a", text=""), Annotations(stances=stances(0)), Annotations(stances=()), given)
    scored = score_task("stances", [pair], ["given"])["given"]
    gold, predicted = [pair[0] for pair in labels], [pair[1] for pair in labels]
    theirs = f1_score(gold, predicted, labels=list(STANCES), average=None, zero_division=0)
    ours = [scored.table.counts(label).f1 for label in STANCES]
    assert ours == pytest.approx(theirs.tolist(), **CLOSE)
    derived = {name: scored.derived_value(name) for name in scored.derived}
    assert derived["accuracy"] == pytest.approx(accuracy_score(gold, predicted), **CLOSE)
    assert derived["macro_f1"] == pytest.approx(theirs.mean(), **CLOSE)
    assert derived["favg"] == pytest.approx((theirs[0] + theirs[1]) / 2, **CLOSE)
    assert micro(scored.table).f1 == pytest.approx(
        f1_score(gold, predicted, labels=list(STANCES), average="micro", zero_division=0), **CLOSE
    )
