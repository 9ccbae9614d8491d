"""Scoring from Python: anything that holds gold against anything that holds predictions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.load import load_dataset
from evalkit.predictions.load import LoadedPredictions, load_predictions
from evalkit.records import Prediction
from evalkit.workflows.runs import BASELINE, Run, baseline_predictions, lacks_text

if TYPE_CHECKING:
    from evalkit.results import EvalResult

__all__ = ["score_predictions"]


def score_predictions(
    gold: GoldDataset | str | Path | None,
    predictions: Sequence[Prediction] | Run | str | Path,
    *,
    split: str = "test",
    tasks: Sequence[str] = (),
    conventions: Sequence[str] = (),
    label_map: str | Path | None = None,
    predicted_label_map: str | Path | None = None,
    labels: Sequence[str] = (),
    resamples: int = 1000,
    seed: int = 0,
    interval: str = "percentile",
    level: float = 0.95,
    cluster: str | None = None,
    baseline: bool = True,
) -> EvalResult:
    """The result of some predictions against some gold.

    Args:
        gold: a loaded dataset, or where to load one from; None for the gold that a `Run` was made over, else for the
            bundled one.
        predictions: what `run_extractor` gave, predictions, a file of JSON lines, or a run folder.
        split: the split to load when `gold` names a dataset.
        tasks: `entities`, `quotes`, `stances`; all that the extractor claims by default.
        conventions: how gold and predicted are matched; the defaults of each task if empty, `all` for every one.
        label_map: maps gold and predicted entity labels, such as `conll4`; a name or a TOML file.
        predicted_label_map: maps predicted entity labels to the gold's first; by default what the extractor asks for.
        labels: score only these entity labels, after mapping.
        resamples: bootstrap resamples behind each interval; 0 for no intervals.
        seed: seed of the resampling.
        interval: `percentile` or `bca`.
        level: the share of resamples between the bounds of an interval.
        cluster: a field of the articles, such as story, whose values are drawn as one.
        baseline: also score the trivial baseline, as the floor beside every figure, if the texts are known.

    Raises:
        EvalkitError: gold, predictions or an option cannot be used; the message says which and why.
    """
    from evalkit.analysis.clusters import clustered
    from evalkit.analysis.intervals import Bootstrap
    from evalkit.workflows.evaluation import ScoringOptions, score

    examined = _gold(gold, predictions, split)
    bootstrap = None
    if resamples:
        drawn = Bootstrap(resamples=resamples, seed=seed, method=interval, level=level)
        bootstrap = clustered(drawn, [example.article for example in examined], cluster)
    found = _loaded(predictions, examined)
    options = ScoringOptions(
        tasks=tuple(tasks),
        conventions=tuple(conventions),
        label_map=label_map,
        predicted_map=predicted_label_map or found.predicted_map,
        labels=tuple(labels),
        bootstrap=bootstrap,
    )
    texts = not any(map(lacks_text, examined))
    return score(
        examined,
        found.predictions,
        extractor=found.extractor,
        layers=found.layers,
        options=options,
        floor=baseline_predictions(examined) if baseline and texts and found.extractor != BASELINE else None,
        run=found.facts,
    )


def _gold(gold: GoldDataset | str | Path | None, predictions: object, split: str) -> GoldDataset:
    if isinstance(gold, GoldDataset):
        return gold
    if gold is None and isinstance(predictions, Run):
        return predictions.gold
    return load_dataset(gold, split=split)


def _loaded(predictions: Sequence[Prediction] | Run | str | Path, gold: GoldDataset) -> LoadedPredictions:
    if isinstance(predictions, Run):
        return LoadedPredictions(
            predictions=predictions.predictions,
            extractor=predictions.extractor,
            layers=predictions.layers,
            predicted_map=predictions.predicted_map,
            facts=predictions.facts,
        )
    if isinstance(predictions, (str, Path)):
        return load_predictions(Path(predictions), gold.examples)
    return LoadedPredictions(predictions=tuple(predictions))
