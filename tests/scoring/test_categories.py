"""Labels for whole articles: one item a label, beside what scikit-learn makes of the same labels."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.records import Annotations, Article, Category, Example, Prediction
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.table import columns_of, judge_items, score_task
from evalkit.workflows.looking.diagnose import diagnose
from evalkit.workflows.scoring.score import score_predictions

SECTIONS = ("culture", "politics", "sports")


def annotations(*labels: str) -> Annotations:
    return Annotations(categories=[Category(id=f"c{at}", label=label) for at, label in enumerate(labels)])


def pair(name: str, gold: tuple[str, ...], predicted: tuple[str, ...]) -> Pair:
    return Pair(Article(id=name, text=""), annotations(*gold), annotations(*predicted))


@given(labels=st.lists(st.tuples(st.sampled_from(SECTIONS), st.sampled_from(SECTIONS)), min_size=1, max_size=20))
@settings(max_examples=60)
def test_scikit_learn(labels: list[tuple[str, str]]) -> None:
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support

    pairs = [pair(f"a{at:02}", (gold,), (predicted,)) for at, (gold, predicted) in enumerate(labels)]
    scored = score_task("categories", pairs, ["exact"])["exact"]
    gold, predicted = zip(*labels, strict=True)
    names = sorted({*gold, *predicted})
    figures = precision_recall_fscore_support(gold, predicted, labels=names, zero_division=0.0)
    assert scored.table.labels == tuple(names)
    for at, name in enumerate(names):
        counts = scored.table.counts(name)
        assert (counts.precision, counts.recall, counts.f1) == pytest.approx([own[at] for own in figures[:3]])
    assert scored.derived_value("accuracy") == pytest.approx(accuracy_score(gold, predicted))
    assert scored.derived_value("macro_f1") == pytest.approx(figures[2].mean())


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        pytest.param(("politics",), ("politics",), (1, 1, 1, 1), id="right"),
        pytest.param(("politics",), ("sports",), (0, 1, 0, 1), id="another-label-is-missed-and-spurious"),
        pytest.param(("politics",), (), (0, 0, 0, 1), id="missed"),
        # Two of three labels, and one that the article does not have.
        pytest.param(("culture", "politics", "sports"), ("politics", "sports", "weather"), (2, 3, 2, 3), id="several"),
        pytest.param(("politics",), ("politics", "politics"), (1, 2, 1, 1), id="a-copy-is-spurious"),
    ],
)
def test_an_article_may_have_several(gold: tuple[str, ...], predicted: tuple[str, ...], expected: object) -> None:
    counts = score_task("categories", [pair("a", gold, predicted)], ["exact"])["exact"].table.counts()
    assert (counts.predicted_credit, counts.predicted, counts.gold_credit, counts.gold) == expected


def test_kinds_of_errors() -> None:
    pairs = [pair("a", ("politics",), ("sports",)), pair("b", ("culture",), ("culture", "culture"))]
    judged = judge_items("categories", columns_of("categories", pairs))
    assert judged.counts() == {"right": 1, "label": 1, "duplicate": 1, "missed": 0, "spurious": 0}
    # Rows and columns culture, politics, sports, nothing: politics was taken for sports.
    assert judged.confusion.tolist() == [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0], [1, 0, 0, 0]]


def test_from_gold_to_result_and_diagnosis() -> None:
    gold = [Example(article=Article(id=name, text="x"), gold=annotations("politics")) for name in "ab"]
    predictions = [
        Prediction(article_id="a", annotations=annotations("politics")),
        Prediction(article_id="b", annotations=annotations("sports")),
    ]
    result = score_predictions(gold, predictions, resamples=0, baseline=False)
    exact = result.tasks["categories"]["exact"]
    # One of two articles is right; F1 is 2/3 for politics and 0 for sports.
    assert exact.scores["accuracy"].value == 0.5
    assert exact.scores["macro_f1"].value == pytest.approx(1 / 3)
    assert (exact.labels["politics"].precision, exact.labels["politics"].recall) == (1.0, 0.5)
    found = diagnose(predictions, gold, resamples=0)
    assert {rung.kind: rung.gain for rung in found.errors["categories"].ladder if rung.errors} == {"label": 0.5}
