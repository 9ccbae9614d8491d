"""Given pairs in a run: what labelling them costs, what a failure leaves, and what is then not evaluated."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest

from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.dataset.labels import load_inventory
from evalkit.extractors.base import Extracted, PairLabels, PairsError, StancePair
from evalkit.predictions.run import Run
from evalkit.records import Annotations, Article, Example, Prediction, Stance
from evalkit.results import EvalResult
from evalkit.workflows.looking.diagnose import diagnose
from evalkit.workflows.running.run import run_extractor
from evalkit.workflows.scoring.score import score_predictions

STANCES = (
    Stance(id="s1", holder="moen", target="topic:plan", label="favor"),
    Stance(id="s2", holder="moen", target="sand", label="against"),
)


class Labeler:
    """Labels all pairs `favor` at the price of a token each."""

    name = "labeler"
    layers = ("stances",)

    def __init__(self, own: tuple[Stance, ...] | None = None, *, fails: bool = False) -> None:
        self.own = own
        self.fails = fails

    def fingerprint(self) -> str:
        return f"{self.own} {self.fails}"

    def extract(self, articles: Sequence[Article]) -> Sequence[Extracted]:
        return [Extracted(Annotations(stances=self.own), {"requests": 1, "cost": 0.1}) for _ in articles]

    def label_pairs(self, article: Article, pairs: Sequence[StancePair]) -> PairLabels:
        usage = {"requests": 1, "completion_tokens": len(pairs), "cost": 0.2}
        if self.fails:
            raise PairsError("no answer", usage)
        return PairLabels(["favor" for _ in pairs], usage)


def gold() -> GoldDataset:
    examples = [Example(article=Article(id=name, text="Moen."), gold=Annotations(stances=STANCES)) for name in "ab"]
    return gold_dataset(examples, name="mini", split="test", inventory=load_inventory())


def run(labeler: Labeler) -> Run:
    return run_extractor(labeler, gold(), cache=False)


def stances_of(*predictions: Prediction) -> Run:
    return Run(extractor="mine", predictions=predictions, layers=("stances",), dataset=gold())


def score(run: Run, **options: Any) -> EvalResult:
    return score_predictions(None, run, resamples=0, baseline=False, **options)


def test_what_labelling_costs_is_added() -> None:
    first = run(Labeler()).predictions[0]
    assert first.usage == {"requests": 2, "completion_tokens": 2, "cost": 0.3}
    assert first.given is not None
    assert [stance.label for stance in first.given["stances"]] == ["favor", "favor"]


def test_an_extractor_with_threads_is_asked_from_as_many() -> None:
    # Each of the two articles waits until the other is asked about too; one after the other would break the barrier.
    barrier = threading.Barrier(2, timeout=20)

    class Threaded(Labeler):
        thread_safe = True
        threads = 2

        def label_pairs(self, article: Article, pairs: Sequence[StancePair]) -> PairLabels:
            barrier.wait()
            return super().label_pairs(article, pairs)

    made = run(Threaded()).predictions
    assert [prediction.error for prediction in made] == [None, None]
    assert [prediction.article_id for prediction in made] == ["a", "b"]


def test_a_failure_has_its_reason_and_its_cost() -> None:
    first = run(Labeler(fails=True)).predictions[0]
    assert (first.error, first.usage["requests"]) == ("no answer", 2)


@pytest.mark.parametrize("conventions", [(), ("given", "right"), ("all",)])
def test_who_labels_given_pairs_only_is_evaluated_on_them_only(conventions: tuple[str, ...]) -> None:
    done = run(Labeler())
    result = score(done, conventions=conventions)
    assert list(result.tasks["stances"]) == ["given"]
    # One of two is right in each article.
    assert result.tasks["stances"]["given"].micro.f1 == 0.5
    assert result.not_evaluated["stances end to end"] == "the extractor labels given pairs and finds none itself"


def test_nothing_is_left_of_other_conventions_and_tasks() -> None:
    done = run(Labeler())
    for options in ({"conventions": "right"}, {"tasks": "entities"}):
        assert not score(done, **options).tasks
    entities = score(done, tasks=("entities",))
    assert list(entities.not_evaluated) == ["entities"]


def test_who_finds_nothing_is_evaluated_on_everything() -> None:
    done = run(Labeler(own=()))
    result = score(done)
    assert set(result.tasks["stances"]) == {"given", "found", "right", "found-named", "right-named"}
    assert "stances end to end" not in result.not_evaluated


def test_failed_articles_and_those_without_labels_decide_nothing() -> None:
    failed = Prediction(article_id="b", annotations=Annotations(), error="no answer")
    given = run(Labeler()).predictions[0]
    assert list(score(stances_of(given, failed)).tasks["stances"]) == ["given"]
    assert set(score(stances_of(failed)).tasks["stances"]) == {"given", "found", "right", "found-named", "right-named"}


def test_a_diagnosis_looks_at_the_given_pairs() -> None:
    done = run(Labeler())
    found = diagnose(done)
    assert {row.convention for row in found.slices} <= {"given"}
    assert "stances end to end" in found.not_evaluated
