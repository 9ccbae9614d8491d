"""Diagnosing a run: its predictions and its gold are found, laid side by side, and looked at from every side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evalkit.analysis.clusters import clustered
from evalkit.analysis.diagnose import DIAGNOSED, Slicing, diagnose_entities, diagnose_scores, diagnose_task
from evalkit.analysis.diagnosis import Diagnosis
from evalkit.analysis.intervals import Bootstrap
from evalkit.analysis.properties import surfaces_of
from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.load import load_dataset
from evalkit.dataset.store import BUNDLED_NAME
from evalkit.errors import EvalkitError, InputError
from evalkit.predictions.load import load_predictions
from evalkit.records import Prediction
from evalkit.scoring.chain import chain_ladder
from evalkit.scoring.pairs import CHAIN, Paired
from evalkit.scoring.tasks.table import check_tasks, choose_conventions
from evalkit.workflows.evaluation import ScoringOptions, paired_articles
from evalkit.workflows.runs import Run
from evalkit.workflows.stored import StoredRun, gold_of, load_run, stored_run

__all__ = ["Diagnosis", "diagnose"]

TRAIN = "train"
SEEN = "seen"


def diagnose(
    predictions: Run | StoredRun | str | Path | Sequence[Prediction],
    gold: GoldDataset | str | Path | None = None,
    *,
    split: str = "test",
    tasks: Sequence[str] = (),
    conventions: Sequence[str] = (),
    slices: Sequence[str] = (),
    by: Any = None,
    train: GoldDataset | str | Path | None = None,
    label_map: str | Path | None = None,
    predicted_label_map: str | Path | None = None,
    labels: Sequence[str] = (),
    resamples: int = 1000,
    seed: int = 0,
    interval: str = "percentile",
    level: float = 0.95,
    cluster: str | None = None,
) -> Diagnosis:
    """What is wrong with some predictions, and how sure that is.

    Args:
        predictions: what `run_extractor` gave, a run folder, a file of JSON lines, or predictions.
        gold: a loaded dataset or where to load one from; by default that of the run, else the bundled one.
        split: the split to load when `gold` names a dataset and `predictions` are no run.
        tasks: `entities`, `quotes`, `stances`; all that the extractor claims by default.
        conventions: what slices are scored under; `exact` for entities, `exact` and `speaker-entity` for quotes and
            `right` for stances by default. Error kinds are always those of `exact`.
        slices: zone, length, nested, seen (entities); speaker (quotes); holder, target (stances); source, year, lang
            or a key of the metadata; `all`. By default zone, length, nested, seen, speaker, holder and section.
        by: more to slice by: a DataFrame with article ids as index (each column), a Series, or a mapping of name to
            values by article id.
        train: the gold whose names count as seen; by default the train split beside the run's.
        label_map: applied to entity labels of gold and predictions, if the run was scored without one.
        predicted_label_map: applied to predicted entity labels first.
        labels: only these entity labels.
        resamples: bootstrap resamples behind each interval; 0 for no intervals.
        seed: seed of the resampling.
        interval: `percentile` or `bca`.
        level: the share of resamples between the bounds of an interval.
        cluster: a field of the articles, such as story, whose values are drawn as one.

    Raises:
        EvalkitError: predictions, gold or an option cannot be used; the message says which and why.
    """
    wanted = _tasks(tasks, conventions)
    run, examined = _run_and_gold(predictions, gold, split)
    options = _options(run, label_map, predicted_label_map, labels)
    bootstrap = None
    if resamples:
        drawn = Bootstrap(resamples=resamples, seed=seed, method=interval, level=level)
        bootstrap = clustered(drawn, [example.article for example in examined], cluster)
    slicing = Slicing(wanted=tuple(slices), values=_columns(by, examined), seen=_seen(examined, train))
    layers = run.layers or None
    return _diagnosis(
        run.name,
        examined,
        _Laid(
            mapped=paired_articles(examined, run.predictions, layers=layers, options=options),
            plain=paired_articles(examined, run.predictions, layers=layers),
        ),
        wanted=wanted,
        conventions=conventions,
        slicing=slicing,
        bootstrap=bootstrap,
    )


@dataclass(frozen=True)
class _Laid:
    """The articles with entity labels mapped, for entities, and as they are, for the other layers."""

    mapped: Paired
    plain: Paired


def _diagnosis(
    name: str,
    gold: GoldDataset,
    laid: _Laid,
    *,
    wanted: Sequence[str],
    conventions: Sequence[str],
    slicing: Slicing,
    bootstrap: Bootstrap | None,
) -> Diagnosis:
    slicing.check(laid.plain.pairs)
    missing = laid.plain.missing(wanted)
    layers = {
        task: (laid.mapped if task == "entities" else laid.plain).with_layer(task)
        for task in wanted
        if task not in missing
    }
    done = {
        task: diagnose_task(
            task,
            pairs,
            conventions=("given",) if task == "stances" and laid.plain.given_only else conventions,
            slicing=slicing,
            bootstrap=bootstrap,
        )
        for task, pairs in layers.items()
    }
    entities, scores, reason = None, None, ""
    if "entities" in layers:
        entities = diagnose_entities(layers["entities"], bootstrap)
        chosen = choose_conventions("entities", conventions) if conventions else ()
        scores, reason = diagnose_scores(layers["entities"], (chosen or DIAGNOSED["entities"])[0])
    whole = set(DIAGNOSED) <= set(layers) and not laid.plain.missing((CHAIN,))
    own = [note for task in done.values() for note in task.notes] + ([reason] if reason else [])
    return Diagnosis(
        run=name,
        gold=gold.signature.removeprefix("gold:"),
        split=gold.split,
        articles=len(gold),
        method="none" if bootstrap is None else bootstrap.describe(),
        level=0.95 if bootstrap is None else bootstrap.level,
        entities=entities,
        chain=chain_ladder(laid.plain.with_layer(CHAIN)) if whole else None,
        hardest={task: found.hardest for task, found in done.items() if found.hardest},
        slices=tuple(row for found in done.values() for row in found.slices),
        detection=tuple(found.detection for found in done.values() if found.detection is not None),
        scores=scores,
        not_evaluated=missing,
        notes=(*_notes(laid, slicing, "entities" in layers), *own),
    )


def _notes(laid: _Laid, slicing: Slicing, entities: bool) -> list[str]:
    aside = {**laid.plain.set_aside, **laid.mapped.set_aside}
    notes = [f"{number} {what}" for what, number in aside.items()]
    if failed := laid.plain.failed:
        notes.append(f"the extractor failed on {len(failed)} articles, which count as missed: {', '.join(failed)}")
    if entities and slicing.takes(SEEN) and slicing.seen is None:
        notes.append("there is no train split beside this gold, so nothing is sliced by seen and unseen")
    return notes


def _tasks(tasks: Sequence[str], conventions: Sequence[str]) -> tuple[str, ...]:
    wanted = tuple(task for task in check_tasks(tasks) if task in DIAGNOSED)
    if not wanted:
        raise InputError(f"a diagnosis looks at {', '.join(DIAGNOSED)}, found {', '.join(tasks)}")
    for task in wanted:
        choose_conventions(task, conventions)
    return wanted


def _run_and_gold(
    predictions: Run | StoredRun | str | Path | Sequence[Prediction], gold: GoldDataset | str | Path | None, split: str
) -> tuple[StoredRun, GoldDataset]:
    if isinstance(predictions, (str, Path)) and Path(predictions).is_dir():
        predictions = load_run(Path(predictions))
    if isinstance(predictions, Run) and gold is None:
        return stored_run(predictions), predictions.gold
    if isinstance(predictions, StoredRun):
        place = None if gold is None or isinstance(gold, GoldDataset) else str(gold)
        return predictions, gold if isinstance(gold, GoldDataset) else gold_of(predictions, place)
    examined = gold if isinstance(gold, GoldDataset) else load_dataset(gold, split=split)
    if isinstance(predictions, (str, Path)):
        found = load_predictions(Path(predictions), examined.examples)
        return StoredRun(name=found.extractor, facts=found.facts, predictions=found.predictions), examined
    if isinstance(predictions, Run):
        return stored_run(predictions), examined
    return StoredRun(name="predictions", facts={}, predictions=tuple(predictions)), examined


def _options(
    run: StoredRun, label_map: str | Path | None, predicted: str | Path | None, labels: Sequence[str]
) -> ScoringOptions:
    stored = run.options()
    return replace(
        stored,
        label_map=label_map or stored.label_map,
        predicted_map=predicted or stored.predicted_map,
        labels=tuple(labels) or stored.labels,
    )


def _columns(by: Any, gold: GoldDataset) -> dict[str, Any]:
    """What to slice by, as name → values by article id."""
    if by is None:
        return {}
    if hasattr(by, "columns"):
        found = {str(name): by[name] for name in by.columns}
    elif isinstance(by, Mapping):
        found = {str(name): values for name, values in by.items()}
    elif hasattr(by, "index"):
        found = {str(by.name or "value"): by}
    else:
        raise InputError(f"cannot slice by {type(by).__name__}; give a DataFrame, a Series or a mapping by article id")
    known = {example.article.id for example in gold}
    for name, values in found.items():
        if not hasattr(values, "items"):
            raise InputError(f"{name!r} is {type(values).__name__}; give values by article id")
        if known.isdisjoint(str(key) for key, _ in values.items()):
            raise InputError(f"{name!r} has no value for any article: its keys must be ids such as {min(known)!r}")
    return found


def _seen(gold: GoldDataset, train: GoldDataset | str | Path | None) -> frozenset[str] | None:
    """The names of the training data; None if there are none beside this gold."""
    if isinstance(train, GoldDataset):
        return surfaces_of(train.examples)
    if train is not None:
        return surfaces_of(load_dataset(train, split=TRAIN).examples)
    place = gold.origin.get("dataset")
    if place is None or "format" in gold.origin or gold.split in (TRAIN, "all"):
        return None
    try:
        beside = load_dataset(None if place == BUNDLED_NAME else place, split=TRAIN)
    except EvalkitError:
        return None
    return surfaces_of(beside.examples)
