"""Items that are less sure than asked for are set aside, counted, and still tell what their names mean."""

from __future__ import annotations

import pytest

from evalkit.analysis.thresholds import fit_task
from evalkit.errors import InputError, UnknownNameError
from evalkit.options import Scoring
from evalkit.records import Annotations, Article, Entity, Example, Prediction, Span, Stance
from evalkit.scoring.pairs import pair_up
from evalkit.scoring.tasks.table import score_task
from evalkit.scoring.thresholds import Thresholds, Unsure, sure_enough


def entity(start, label="PER", score=None):
    return Entity(id=f"e{start}", spans=(Span(start, start + 4),), label=label, entity_id=f"n{start}", score=score)


def paired(gold, predicted, stances=((), ())):
    sides = [
        Annotations(entities=tuple(own), stances=more) for own, more in zip((gold, predicted), stances, strict=True)
    ]
    example = Example(article=Article(id="a", text="x" * 99), gold=sides[0])
    return pair_up([example], [Prediction(article_id="a", annotations=sides[1])])


def notes(pair, *texts, layers=("entities",), labels=None):
    unsure = Unsure(Thresholds.parse(texts), layers)
    unsure.add(pair.pairs)
    return unsure.notes(labels or {})


@pytest.mark.parametrize(
    ("texts", "kept"),
    [
        pytest.param(["0.5"], {0, 20, 30}, id="any-label"),
        pytest.param(["0.7"], {0, 30}, id="at-the-threshold-is-kept"),
        pytest.param(["PER=0.71"], {20, 30}, id="one-label"),
        pytest.param(["0.9", "PER=0.1"], {0, 10, 30}, id="a-label-goes-before-any"),
        pytest.param(["PER=0.1", "entities/PER=0.95"], {20, 30}, id="a-layer-goes-before-a-label"),
        pytest.param([], {0, 10, 20, 30}, id="none"),
    ],
)
def test_who_is_kept(texts, kept):
    predicted = [entity(0, score=0.7), entity(10, score=0.2), entity(20, "GPE", 0.6), entity(30)]
    (pair,) = sure_enough(paired([], predicted), Thresholds.parse(texts)).pairs
    assert {item.spans[0].start for item in pair.predicted.entities} == kept


def test_what_is_set_aside_and_what_has_no_score_is_counted():
    pair = paired([], [entity(0, score=0.7), entity(10, score=0.2), entity(30)])
    assert notes(pair, "0.5") == [
        "1 predicted entity below --min-score, set aside",
        "1 predicted entity has no score and is kept, whatever --min-score says",
    ]


def test_scores_that_nothing_has_are_no_threshold():
    with pytest.raises(InputError, match="none of the 2 predicted entities has a score"):
        notes(paired([], [entity(0), entity(10)]), "0.5")
    # Nothing predicted is nothing to complain about.
    assert notes(paired([entity(0)], []), "0.5") == []


def test_a_label_that_nothing_has_is_refused_and_one_of_the_gold_is_not():
    pair = paired([entity(0, "LOC")], [entity(0, score=0.7)])
    with pytest.raises(UnknownNameError, match=r"unknown label in --min-score 'PRE'.*LOC, PER"):
        notes(pair, "PRE=0.5")
    assert notes(pair, "LOC=0.5") == notes(pair, "FAC=0.5", labels={"entities": ["FAC"]}) == []


@pytest.mark.parametrize("text", ["x", "PER=", "=0.5", "PER=high", "nan", "PER=inf", ""])
def test_what_is_no_threshold(text):
    with pytest.raises(InputError, match="must be a number, or LABEL=number"):
        Thresholds.parse([text])


def test_a_threshold_given_twice_is_refused():
    with pytest.raises(InputError, match=r"twice for PER: 0\.5 and 0\.6"):
        Thresholds.parse(["PER=0.5", "PER=0.6"])


def test_ways_to_give_thresholds_in_python():
    assert Scoring(min_score=0.5).min_score == ("0.5",)
    assert Scoring(min_score={"PER": 0.5, "GPE": 1}).min_score == ("GPE=1", "PER=0.5")
    assert Scoring(min_score=["PER=0.5", 0.2]).min_score == Scoring(min_score=[0.2, "PER=0.5"]).min_score


def test_an_entity_that_is_set_aside_still_tells_whom_a_stance_means():
    gold = Stance(id="s", holder="n0", target="topic:x", label="favor")
    unsure = Entity(id="e", spans=(Span(0, 4),), label="PER", entity_id="own", score=0.1)
    predicted = Stance(id="s", holder="own", target="topic:x", label="favor", score=0.9)
    pairs = sure_enough(paired([entity(0)], [unsure], ((gold,), (predicted,))), Thresholds.parse(["0.5"])).pairs
    assert pairs[0].predicted.entities == ()
    assert score_task("stances", pairs, ["right"])["right"].table.counts().gold_credit == 1


def test_the_best_threshold_of_each_label_and_of_all():
    # PER: .9 right, .8 wrong, .3 right; GPE: .9 wrong, .7 right. Gold: 2 PER, 1 GPE.
    gold = [entity(0), entity(20), entity(40, "GPE")]
    predicted = [entity(0, score=0.9), entity(10, score=0.8), entity(20, score=0.3)]
    predicted += [entity(30, "GPE", 0.85), entity(40, "GPE", 0.7)]
    fitted, note = fit_task("entities", "exact", paired(gold, predicted).pairs)
    assert note == ""
    # PER at .9: P 1, R 1/2, F1 2/3; at .8: 1/2, 1/2; at .3: P 2/3, R 1, F1 4/5.
    per = next(row for row in fitted.of_labels if row.label == "PER")
    assert (per.threshold, per.kept, per.items, per.option) == (0.3, 3, 3, "")
    assert per.f1 == pytest.approx(4 / 5)
    # All: at .9 1 of 1 and 1 of 3: 1/2; .85: 2/5; .8: 2/6; .7: 2 of 4 and of 3: 4/7; .3: 3 of 5 and of 3: 6/8.
    assert (fitted.of_any.threshold, fitted.of_any.f1, fitted.f1) == (0.3, pytest.approx(0.75), pytest.approx(0.75))
    assert fitted.options == ()


def test_the_option_is_the_better_of_the_two():
    # One label is best cut at .6, which would cost the other its right items.
    gold = [entity(0), entity(20, "GPE")]
    predicted = [entity(0, score=0.9), entity(10, score=0.5), entity(20, "GPE", 0.4)]
    fitted, _ = fit_task("entities", "exact", paired(gold, predicted).pairs)
    assert fitted.options == ("PER=0.9",)
    assert (fitted.f1_of_any, fitted.f1_of_labels) == (pytest.approx(0.8), 1.0)


@pytest.mark.parametrize(
    ("highest", "option"), [(0.6, "GPE=0.61"), (0.605, "GPE=0.61"), (1.0, "GPE=1.01"), (1e17, f"GPE={1e17 + 16!r}")]
)
def test_a_label_that_is_never_right_is_best_left_out(highest, option):
    # One PER of two is found, and no GPE: 1 of 3 predicted and of 2 is F1 .4; without the GPE, 1 of 1 and of 2 is 2/3.
    gold = [entity(0), entity(20)]
    predicted = [entity(0, score=0.3), entity(30, "GPE", 0.2), entity(40, "GPE", highest)]
    pairs = paired(gold, predicted).pairs
    fitted, _ = fit_task("entities", "exact", pairs)
    gpe = next(row for row in fitted.of_labels if row.label == "GPE")
    assert (gpe.never_right, gpe.kept, gpe.highest, gpe.option) == (True, 0, highest, option)
    assert fitted.options == (option,)
    assert (fitted.f1, fitted.f1_of_labels) == (pytest.approx(0.4), pytest.approx(2 / 3))
    sure = sure_enough(paired(gold, predicted), Thresholds.parse(fitted.options)).pairs
    assert score_task("entities", sure, ["exact"])["exact"].table.counts().f1 == pytest.approx(2 / 3)


def test_where_nothing_is_right_nothing_is_fitted():
    fitted, _ = fit_task("entities", "exact", paired([entity(0)], [entity(30, score=0.5), entity(40, score=0.7)]).pairs)
    assert (fitted.of_any.option, fitted.of_any.kept, fitted.options) == ("", 2, ())


def test_what_cannot_be_fitted_says_why():
    assert fit_task("entities", "exact", paired([], [entity(0)]).pairs) == (
        None,
        "entities: no predicted item has a score",
    )
    fitted, note = fit_task("entities", "token", paired([entity(0)], [entity(0, score=0.5)]).pairs)
    assert fitted is None
    assert "token counts no entities" in note
