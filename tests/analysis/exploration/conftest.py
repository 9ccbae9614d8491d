from __future__ import annotations

from dataclasses import replace

import pytest

from evalkit.analysis.exploration.exploration import Exploration
from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.loading.load import load_dataset
from evalkit.predictions.run import Run
from evalkit.records import Prediction
from evalkit.workflows.looking.view import view_runs
from evalkit.workflows.running.run import run_extractor

ARTICLES = 6


@pytest.fixture(scope="session")
def gold() -> GoldDataset:
    """The first articles of the bundled gold."""
    return load_dataset(None, split="test").subset(limit=ARTICLES)


@pytest.fixture(scope="session")
def rules(gold: GoldDataset) -> Run:
    """The rules, which find something of everything."""
    return run_extractor("rules", gold, cache=False)


def shuffled(gold: GoldDataset, prediction: Prediction, number: int) -> Prediction:
    """The gold itself, less some of it and with some of it changed, as an extractor would give it."""
    example = next(one for one in gold if one.article.id == prediction.article_id)
    entities = [item for at, item in enumerate(example.gold.entities) if (at + number) % 4]
    entities = [replace(item, label="ORG", score=0.25) if at % 7 == 2 else item for at, item in enumerate(entities)]
    quotes = [
        replace(item, speaker_id=None, speaker=None) if at % 3 else item
        for at, item in enumerate(prediction.annotations.quotes)
    ]
    changed = prediction.annotations.with_layers(
        entities=reversed(entities), quotes=quotes, stances=example.gold.stances[1:]
    )
    return replace(prediction, annotations=changed)


@pytest.fixture(scope="session")
def other(gold: GoldDataset, rules: Run) -> Run:
    """A run that is nearly right, and failed on the last article."""
    changed = [shuffled(gold, one, number) for number, one in enumerate(rules.predictions)]
    empty = changed[-1].annotations.with_layers(entities=None, quotes=None, stances=None)
    changed[-1] = replace(changed[-1], annotations=empty, error="it <b>burst</b>")
    return replace(rules, extractor="other", predictions=tuple(changed), admitted=(), result=None)


@pytest.fixture(scope="session")
def entities_only(gold: GoldDataset, rules: Run) -> Run:
    """A run that claims nothing but entities."""
    kept = [
        replace(one, annotations=one.annotations.with_layers(quotes=None, stances=None)) for one in rules.predictions
    ]
    return replace(rules, extractor="few", layers=("entities",), predictions=tuple(kept), admitted=(), result=None)


@pytest.fixture(scope="session")
def seen(gold: GoldDataset, rules: Run, other: Run, entities_only: Run) -> Exploration:
    """Three runs beside each other, held against the first."""
    runs = {"rules": rules, "other": other, "few": entities_only}
    return view_runs(runs, dataset=gold, baseline=rules, overview=False)
