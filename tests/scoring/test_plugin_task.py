"""A layer and a task that another package brings come out everywhere without evalkit knowing them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from evalkit.analysis.changes import item_changes
from evalkit.analysis.explain import explain_pair
from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.dataset.labels import Inventory
from evalkit.layers.base import Layer
from evalkit.predictions.run import Run
from evalkit.records import Annotations, Article, Example, Prediction, Span
from evalkit.scoring.pairs import pair_up
from evalkit.scoring.selftest import check_convention
from evalkit.scoring.tasks.base import Derived, Task
from evalkit.scoring.tasks.spans import SPAN_CONVENTIONS, SPAN_KINDS, SPAN_PROPERTIES
from evalkit.scoring.tasks.table import check_tasks, choose_conventions
from evalkit.workflows.comparing.compare import compare_runs
from evalkit.workflows.comparing.gate import check_gate, update_baseline
from evalkit.workflows.looking.diagnose import diagnose
from evalkit.workflows.running.run import run_extractor
from evalkit.workflows.scoring.score import score_predictions


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A stretch of text that can be checked, or not."""

    id: str
    spans: tuple[Span, ...]
    label: str
    score: float | None = None


CLAIMS = Layer(name="claims", one="claim", record=Claim, prefix="c", labels=("check-worthy", "other"))


def worthy_recall(totals, labels):
    """How many of the claims that are worth a check were found."""
    at = labels.index("check-worthy")
    return totals[..., at, 2] / totals[..., at, 0].clip(min=1)


TASK = Task(
    name="claims",
    about="what can be checked",
    layers=("claims",),
    conventions={"exact": SPAN_CONVENTIONS["exact"]},
    main="exact",
    derived={"worthy_recall": Derived(function=worthy_recall, about="recall of claims that are worth a check")},
    kinds=SPAN_KINDS,
    properties=SPAN_PROPERTIES,
)


@pytest.fixture(autouse=True)
def claims(installed: Callable[..., None]) -> None:
    installed("evalkit.layers", claims=CLAIMS)
    installed("evalkit.tasks", claims=TASK)


TEXT = "Prices rose by a third. It is a nice town."
ROSE, NICE = Span(0, 22), Span(24, 41)


def claim(span: Span, label: str) -> Claim:
    return Claim(id=f"c{span.start}", spans=(span,), label=label)


def gold() -> GoldDataset:
    own = Annotations(claims=(claim(ROSE, "check-worthy"), claim(NICE, "other")))
    examples = [Example(article=Article(id=name, text=TEXT), gold=own) for name in "abcd"]
    return gold_dataset(examples, name="claims", split="test", inventory=Inventory(labels={}))


def run(name: str, *found: Claim) -> Run:
    predictions = tuple(Prediction(article_id=name, annotations=Annotations(claims=found)) for name in "abcd")
    return Run(extractor=name, predictions=predictions, layers=("claims",))


GOOD = run("good", claim(ROSE, "check-worthy"), claim(NICE, "other"))
BAD = run("bad", claim(ROSE, "other"))


def test_it_is_a_task_like_any_other() -> None:
    assert "claims" in check_tasks(None)
    assert choose_conventions("claims", ["all"]) == ("exact",)
    assert check_convention("exact", task="claims", cases=30) == []


def test_it_is_scored() -> None:
    result = score_predictions(gold(), BAD, resamples=20, baseline=False)
    exact = result.tasks["claims"]["exact"]
    assert list(result.tasks) == ["claims"]
    assert (exact.micro.counts.gold, exact.micro.counts.predicted, exact.micro.f1) == (8, 4, 0)
    assert list(exact.labels) == ["check-worthy", "other"]
    assert exact.scores["worthy_recall"].value == 0
    assert score_predictions(gold(), GOOD, resamples=0, baseline=False).tasks["claims"]["exact"].micro.f1 == 1


def test_runs_are_compared() -> None:
    results = {one.extractor: score_predictions(gold(), one, resamples=20, baseline=False) for one in (GOOD, BAD)}
    rows = compare_runs(results, resamples=20).rows
    assert {row.score: row.difference for row in rows if row.scope in ("micro", "derived")} == {
        "f1": -1,
        "worthy_recall": -1,
    }


def test_errors_and_slices_are_told() -> None:
    found = diagnose(BAD, gold(), resamples=0)
    assert {rung.kind: rung.errors for rung in found.errors["claims"].ladder if rung.errors} == {
        "label": 4,
        "missed": 4,
    }
    assert {row.value: row.scores.counts.gold for row in found.slices if row.by == "length" and not row.label} == {
        "4+": 8
    }


def test_items_are_explained_and_changes_told() -> None:
    pairs = [pair_up(gold(), one.predictions).pairs for one in (GOOD, BAD)]
    (layer,) = explain_pair(pairs[1][0]).layers
    assert [(own.item.side, own.item.text, own.item.kind, own.credits) for own in layer.items] == [
        ("gold", "Prices rose by a third", "label", {"exact": 0}),
        ("predicted", "Prices rose by a third", "label", {"exact": 0}),
        ("gold", "It is a nice town", "missed", {"exact": 0}),
    ]
    changes = item_changes(gold(), GOOD.predictions, BAD.predictions)
    assert {(own.direction, own.kind, own.gold.text if own.gold else "") for own in changes} == {
        ("broken", "label", "Prices rose by a third"),
        ("broken", "missed", "It is a nice town"),
        ("added", "label", ""),
    }


def test_nothing_is_said_of_it_where_nobody_has_it() -> None:
    example = replace(gold().examples[0], gold=Annotations(entities=()))
    result = score_predictions(
        [example], [Prediction(article_id="a", annotations=Annotations(entities=()))], resamples=0
    )
    assert "claims" not in result.not_evaluated


def test_a_gate_watches_it(tmp_path: Path) -> None:
    def extractor(*claims: Claim) -> Callable[[Article], dict[str, object]]:
        rows = [{"spans": [list(own.spans[0])], "label": own.label} for own in claims]
        return lambda article: {"claims": rows}

    runs = [
        run_extractor(extractor(*claims), gold(), cache=False)
        for claims in ((claim(ROSE, "check-worthy"),), (claim(ROSE, "other"),))
    ]
    baseline = tmp_path / "baseline.json"
    update_baseline(runs[0], baseline)
    assert check_gate(runs[0], baseline).verdict == "pass"
    report = check_gate(runs[1], baseline)
    (outcome,) = report.outcomes
    assert (outcome.rule.name, outcome.baseline, outcome.value) == ("claims exact micro f1", pytest.approx(2 / 3), 0)
    assert {change.kind for change in report.changes} == {"label"}
