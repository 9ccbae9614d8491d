"""Measuring: an extractor is run over gold, scored, and kept with its result in one folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalkit.dataset.gold import GoldDataset
from evalkit.extractors.base import Extractor, Traits, traits_of
from evalkit.extractors.table import settings_for
from evalkit.options import Options
from evalkit.predictions.events import followed
from evalkit.predictions.facts import stated
from evalkit.predictions.run import Run
from evalkit.predictions.shards.facts import Scored
from evalkit.predictions.store import RunFolder
from evalkit.predictions.usage import usage_notes
from evalkit.records import Example
from evalkit.scoring.tasks.table import load_task
from evalkit.secrets import redacted
from evalkit.text.markup import markup_notes
from evalkit.workflows.inputs import gold_from
from evalkit.workflows.running.run import make_run, planned_run, planned_shard
from evalkit.workflows.running.standing import FiguresSoFar
from evalkit.workflows.running.systems import resolved
from evalkit.workflows.scoring.leaked import kept_gold
from evalkit.workflows.scoring.pairing import check_evaluable, check_scoring, check_words
from evalkit.workflows.scoring.score import bootstrap_of, score_run

__all__ = ["measure_extractor", "narrowed", "scored_run"]


def measure_extractor(
    extractor: str | Extractor | Callable[..., Any],
    dataset: GoldDataset | Iterable[Example] | str | Path | None,
    options: Options,
    *,
    settings: Mapping[str, str] | None = None,
    baseline: bool = True,
) -> Run:
    """The run of an extractor, with its result, in its folder: `runs/NAME-KEY` if none is asked for.

    Options that do not fit the gold are refused before anything is extracted. A shipped extractor finds the layers of
    the tasks that are asked for, and no more. A shard is not scored, and says how the whole run is; the first one
    refuses for all of them what does not fit the gold.

    Raises:
        EvalkitError: extractor, gold or an option cannot be used, or the folder holds another run.
    """
    check_words(options.scoring)
    settings = narrowed(extractor, options, settings)
    with resolved(extractor, settings, options.running) as system:
        gold = gold_from(dataset, options.read, options.scoring.gold_maps)
        shard = options.running.part
        # Each look takes a pass over all of the gold: the first shard has it for all of them.
        looks = shard is None or shard.number == 1
        if looks:
            clustered = () if options.intervals.cluster is None else [example.article for example in gold]
            bootstrap_of(options.intervals, clustered)
            check_scoring(gold, options.scoring)
            kept_gold(gold, options.scoring.without)
        scored = Scored(scoring=options.scoring, intervals=options.intervals, baseline=baseline)
        if shard is None:
            planned = planned_run(system, gold)
        else:
            planned = planned_shard(system, gold, shard, options.read, scored)
        # Stands in the run from the start: one that is not scored in the end is scored again as it was asked for.
        planned = planned.scored_as(stated(options.scoring))
        if looks:
            check_evaluable(gold, planned, options.scoring)
        folder = RunFolder(
            Path(options.running.out or RunFolder.default(planned.extractor, planned.key_of_whole, shard).path)
        )
        with folder.held(options.running.command), followed(planned, options.running) as follow:
            tell = options.running.standing if shard is None else None
            watch = None if tell is None else FiguresSoFar(gold, planned, options.scoring, tell).add
            run = make_run(system, planned, follow.running, folder, watch)
            traits = traits_of(system)
            if shard is None:
                run = scored_run(gold, run, scored, folder, prices=traits.token_prices, uncached=traits.uncached)
            run = follow.end(run)
    # What is said of this time alone is shown, and is no part of what is the same each time.
    asides = tuple(map(redacted, [*run.asides, *_used_again(run, traits)]))
    result = run.result and replace(run.result, notes=(*asides, *run.result.notes))
    return replace(run, asides=asides, result=result)


def scored_run(
    gold: GoldDataset,
    run: Run,
    scored: Scored,
    folder: RunFolder,
    *,
    prices: tuple[float, float] | None,
    uncached: str,
) -> Run:
    """A run that was made over some gold with its result, which is written to its folder.

    Args:
        gold: the gold.
        run: the run.
        scored: how it is scored.
        folder: where it lies.
        prices: of a million prompt and completion tokens, if its extractor has some.
        uncached: why answers of its extractor are not kept for other runs; empty if they are.

    Raises:
        EvalkitError: gold or predictions cannot be scored, or the result not be written.
    """
    notes = [f"nothing is kept for other runs, nor for the same command: {uncached}"] if uncached else []
    notes += markup_notes(example.article for example in gold)
    notes += [*run.notes, *usage_notes(run.predictions, prices=prices)]
    run = replace(run, notes=tuple(map(redacted, notes)))
    options = Options(scoring=scored.scoring, intervals=scored.intervals)
    result = score_run(gold, run, options, baseline=scored.baseline)
    folder.write_result(result)
    return replace(run, result=result)


def narrowed(
    extractor: str | Extractor | Callable[..., Any], options: Options, settings: Mapping[str, str] | None
) -> Mapping[str, str] | None:
    """The settings of an extractor; a shipped one finds the layers of the tasks that are asked for, and no more."""
    if not (isinstance(extractor, str) and options.scoring.tasks):
        return settings
    layers = {layer for task in options.scoring.tasks for layer in load_task(task).layers}
    return settings_for(extractor, settings or {}, layers)


def _used_again(run: Run, traits: Traits) -> list[str]:
    if not traits.unseen or run.fresh == len(run.predictions):
        return []
    return [f"predictions of {run.extractor} were used again: {traits.unseen}"]
