"""From gold and predictions to a result: label maps, pairing, tables, intervals, signature."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.label_maps import LabelMap, MapCounts, apply_label_map
from evalkit.dataset.labels import foreign_labels, load_label_map
from evalkit.errors import InputError
from evalkit.formats.collection import without_collection
from evalkit.records import Example, Prediction
from evalkit.results import EvalResult, TaskResult
from evalkit.scoring.pairs import Paired, pair_up
from evalkit.scoring.tasks.table import ScoredTable, check_tasks, choose_conventions, score_task
from evalkit.version import __version__

if TYPE_CHECKING:
    from evalkit.analysis.intervals import Bootstrap

__all__ = ["ScoringOptions", "paired_articles", "results_of", "score", "scored_tables", "stated_options"]


@dataclass(frozen=True, kw_only=True)
class ScoringOptions:
    """What is scored and how.

    Attributes:
        tasks: the tasks; all that the extractor claims if empty.
        conventions: for each task those that it knows; its defaults if empty, every one if `all` is among them.
        label_map: applied to the entity labels of gold and predictions.
        predicted_map: applied to the predicted entity labels first: from the extractor's labels to the gold's.
        labels: only these entity labels are scored, after mapping; the others are set aside and counted.
        bootstrap: how intervals are made; none if None.
        tables: whether the result keeps the counts by article.
        reading: how the input was read where that changes figures, for the signature.
    """

    tasks: tuple[str, ...] = ()
    conventions: tuple[str, ...] = ()
    label_map: str | Path | None = None
    predicted_map: str | Path | None = None
    labels: tuple[str, ...] = ()
    bootstrap: Bootstrap | None = None
    tables: bool = True
    reading: str = ""


@without_collection()
def score(
    gold: GoldDataset,
    predictions: Iterable[Prediction],
    *,
    extractor: str = "predictions",
    layers: Sequence[str] | None = None,
    options: ScoringOptions | None = None,
    floor: Sequence[Prediction] | None = None,
    run: Mapping[str, Any] | None = None,
    notes: Sequence[str] = (),
) -> EvalResult:
    """The result of some predictions against some gold.

    Args:
        gold: the annotated articles.
        predictions: at most one an article, in any order.
        extractor: the name to show.
        layers: the layers that the extractor claims; by default those that any prediction has.
        options: what is scored and how.
        floor: the predictions of a trivial baseline for the same articles.
        run: facts to keep with the result.
        notes: what is to be said about the input, before the notes of the scoring.

    Raises:
        EvalkitError: unknown task, convention or label map; gold or predictions that cannot be scored.
    """
    options = options or ScoringOptions()
    predictions = list(predictions)
    paired, mapped, met = _pairs(gold, predictions, layers, options)
    scored = _tables(paired, mapped, options)
    results = results_of(gold, scored, options)
    floors: dict[str, dict[str, TaskResult]] = {}
    if floor is not None and scored:
        below = replace(options, tasks=tuple(scored), predicted_map=None, bootstrap=None, tables=False)
        floors = results_of(gold, _tables(*_pairs(gold, floor, None, below)[:2], below), below)
    wanted = check_tasks(options.tasks)
    return EvalResult(
        extractor=extractor,
        gold=gold.signature.removeprefix("gold:"),
        split=gold.split,
        articles=len(gold),
        tasks=results,
        floor=floors,
        not_evaluated=paired.missing(wanted),
        notes=(*notes, *met),
        failed=paired.failed,
        run={"evalkit": __version__, "scoring": stated_options(options), **(run or {})},
    )


def check_options(gold: GoldDataset, options: ScoringOptions) -> None:
    """Refuses options that do not fit this gold, before anything is extracted for it.

    Raises:
        EvalkitError: unknown task, convention or label map, or a label that no gold entity has.
    """
    for task in check_tasks(options.tasks):
        choose_conventions(task, options.conventions)
    gold_map = None if options.label_map is None else load_label_map(options.label_map, gold.inventory)
    if options.predicted_map is not None:
        load_label_map(options.predicted_map, gold.inventory)
    if options.labels:
        _check_labels(options.labels, _map_gold(gold.examples, gold_map)[0])


def scored_tables(
    gold: GoldDataset,
    predictions: Iterable[Prediction],
    *,
    layers: Sequence[str] | None = None,
    options: ScoringOptions | None = None,
) -> dict[str, dict[str, ScoredTable]]:
    """The four-number tables alone: task → convention → table. Raises what `score` raises."""
    options = options or ScoringOptions()
    paired, mapped, _ = _pairs(gold, list(predictions), layers, options)
    return _tables(paired, mapped, options)


def paired_articles(
    gold: GoldDataset,
    predictions: Iterable[Prediction],
    *,
    layers: Sequence[str] | None = None,
    options: ScoringOptions | None = None,
) -> Paired:
    """The articles as they are scored: labels mapped and restricted, what is out of scope set aside."""
    return _pairs(gold, list(predictions), layers, options or ScoringOptions())[1]


def stated_options(options: ScoringOptions) -> dict[str, Any]:
    """What another run must share to be comparable, and the map that brought these predictions to the gold's labels."""
    names = ("label_map", "predicted_map", "reading")
    stated: dict[str, Any] = {name: str(value) for name in names if (value := getattr(options, name))}
    return stated | ({"labels": list(options.labels)} if options.labels else {})


def _pairs(
    gold: GoldDataset, predictions: Sequence[Prediction], layers: Sequence[str] | None, options: ScoringOptions
) -> tuple[Paired, Paired, list[str]]:
    """The articles as they are, the articles with entity labels mapped and restricted, and the notes."""
    paired = pair_up(gold.examples, predictions, layers=layers)
    notes = [f"{number} {what}" for what, number in paired.set_aside.items()]
    notes += foreign_labels(gold.inventory, predictions, mapped=bool(options.label_map or options.predicted_map))
    gold_map = None if options.label_map is None else load_label_map(options.label_map, gold.inventory)
    first = None if options.predicted_map is None else load_label_map(options.predicted_map, gold.inventory)
    if gold_map is None and first is None and not options.labels:
        return paired, paired, notes
    examples, gold_counts = _map_gold(gold.examples, gold_map)
    changed, counts = _map_predictions(predictions, [m for m in (first, gold_map) if m is not None])
    notes += gold_counts.notes("gold") + counts.notes("predicted")
    if options.labels:
        _check_labels(options.labels, examples)
        examples = [
            replace(e, gold=replace(e.gold, scope=replace(e.gold.scope, labels=options.labels))) for e in examples
        ]
    mapped = pair_up(examples, changed, layers=layers)
    more = [f"{number} {what}" for what, number in mapped.set_aside.items()]
    notes += [note for note in more if note not in notes]
    return paired, mapped, notes


def _check_labels(wanted: Sequence[str], examples: Sequence[Example]) -> None:
    present = {entity.label for example in examples for entity in example.gold.entities or ()}
    missing = sorted(set(wanted) - present)
    if missing:
        raise InputError(
            f"no gold entity has the label {missing[0]!r} (there are {', '.join(sorted(present)) or 'none'}); "
            "mend --labels"
        )


def _map_gold(examples: Sequence[Example], label_map: LabelMap | None) -> tuple[list[Example], MapCounts]:
    if label_map is None:
        return list(examples), MapCounts()
    counts, done = MapCounts(), []
    for example in examples:
        annotations, own = apply_label_map(example.gold, label_map)
        counts += own
        done.append(replace(example, gold=annotations))
    return done, counts


def _map_predictions(predictions: Sequence[Prediction], maps: Sequence[LabelMap]) -> tuple[list[Prediction], MapCounts]:
    counts, done = MapCounts(), list(predictions)
    for label_map in maps:
        step, own = [], MapCounts()
        for prediction in done:
            annotations, one = apply_label_map(prediction.annotations, label_map)
            own += one
            step.append(replace(prediction, annotations=annotations))
        done = step
        counts = counts.then(own)
    return done, counts


def _tables(paired: Paired, mapped: Paired, options: ScoringOptions) -> dict[str, dict[str, ScoredTable]]:
    done = {}
    for task in check_tasks(options.tasks):
        conventions = choose_conventions(task, options.conventions)
        if task == "stances" and paired.given_only:
            conventions = tuple(name for name in conventions if name == "given")
        if task in paired.not_evaluated or not conventions:
            continue
        source = mapped if task == "entities" else paired
        done[task] = score_task(task, source.with_layer(task), conventions)
    return done


def results_of(
    gold: GoldDataset, scored: Mapping[str, Mapping[str, ScoredTable]], options: ScoringOptions
) -> dict[str, dict[str, TaskResult]]:
    """The scores of some tables, with their intervals and signature lines: task → convention → result."""
    from evalkit.analysis.intervals import task_result

    return {
        task: {
            name: task_result(
                task,
                name,
                table,
                signature=_signature(gold, task, name, options),
                bootstrap=options.bootstrap,
                keep_table=options.tables,
            )
            for name, table in tables.items()
        }
        for task, tables in scored.items()
    }


def _signature(gold: GoldDataset, task: str, convention: str, options: ScoringOptions) -> str:
    parts = [task, convention, "micro"]
    if task == "entities":
        name = "own" if options.label_map is None else Path(str(options.label_map)).stem
        parts.append(f"labels:{name}" + (f"[{'+'.join(options.labels)}]" if options.labels else ""))
    parts += [gold.signature, f"split:{gold.split}", *([options.reading] if options.reading else [])]
    parts.append("ci:none" if options.bootstrap is None else f"ci:{options.bootstrap.describe()}")
    return "|".join([*parts, f"evalkit:{__version__}"])
