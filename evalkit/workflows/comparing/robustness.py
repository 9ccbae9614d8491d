"""An extractor run over a dataset and over what perturbations make of it, and both scored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

from evalkit.analysis.robustness import Robustness, robustness_rows
from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.perturbing.perturb import KINDS, chosen_kinds, kind_notes, perturbed_before, perturbed_gold
from evalkit.errors import InputError
from evalkit.extractors.base import Extractor
from evalkit.formats.collection import without_collection
from evalkit.options import Intervals, OptionWords, ReadOptions, Running, Scoring, options_of
from evalkit.predictions.run import Run
from evalkit.records import Example
from evalkit.scoring.stories import cluster_notes
from evalkit.showing import number_of
from evalkit.workflows.inputs import gold_from
from evalkit.workflows.running.measure import narrowed
from evalkit.workflows.running.run import make_run, planned_run
from evalkit.workflows.running.systems import resolved
from evalkit.workflows.scoring.pairing import check_evaluable, check_scoring, check_words, pair_run
from evalkit.workflows.scoring.score import Tables, bootstrap_of

__all__ = ["measure_robustness"]


def measure_robustness(
    extractor: str | Extractor | Callable[..., Any],
    dataset: GoldDataset | Iterable[Example] | str | Path | None = None,
    *,
    kinds: str | Sequence[str] = KINDS,
    settings: Mapping[str, str] | None = None,
    scoring: Scoring | None = None,
    intervals: Intervals | None = None,
    running: Running | None = None,
    read: ReadOptions | None = None,
    **words: Unpack[OptionWords],
) -> Robustness:
    """Scores an extractor on the articles of a split and on the same articles perturbed; no run is written.

    Args:
        extractor: a name as on the command line, an extractor object, or a function of one article.
        dataset: gold, examples, or where to load gold from; the bundled gold by default.
        kinds: the kinds of perturbation, as for `perturb_dataset`; all by default.
        settings: settings of the extractor, such as `device`.
        scoring: tasks, conventions, label maps and labels.
        intervals: how intervals of differences are made; their seed also draws the perturbations.
        running: how the extractor is run: batches, workers, cache. A folder for runs is no use.
        read: how files are read, which split, and how many articles.
        words: fields of these records, such as `split="dev"`, `tasks=["entities"]` or `seed=1`.

    Raises:
        UnknownNameError: there is no such kind.
        EvalkitError: extractor, gold or an option cannot be used.
    """
    options = options_of(words, scoring=scoring, intervals=intervals, running=running, read=read)
    if options.running.out is not None:
        raise InputError("out is the folder of one run, and this makes several that it does not keep; leave it out")
    chosen = chosen_kinds(kinds)
    check_words(options.scoring)
    settings = narrowed(extractor, options, settings)
    with resolved(extractor, settings, options.running) as system:
        gold = gold_from(dataset, options.read, options.scoring.gold_maps)
        articles = [example.article for example in gold]
        bootstrap = bootstrap_of(options.intervals, articles)
        check_scoring(gold, options.scoring)
        planned = planned_run(system, gold)
        check_evaluable(gold, planned, options.scoring)
        original = make_run(system, planned, options.running)
        told, by_kind, notes = [], {}, [*gold.notes, *perturbed_before([gold]), *_failures(original, "as they are")]
        for kind in chosen:
            done, (perturbed,) = perturbed_gold([gold], kind, seed=options.intervals.seed)
            run = make_run(system, planned_run(system, perturbed), options.running)
            told.append(done)
            by_kind[kind] = _tables(perturbed, run, options.scoring)
            notes += _failures(run, kind)
    notes += kind_notes(told)
    if bootstrap is not None:
        notes += cluster_notes(articles, None if bootstrap.clusters is None else bootstrap.clustered_by)
    return Robustness(
        extractor=original.extractor,
        dataset=gold.signature.removeprefix("gold:"),
        split=gold.split,
        articles=len(gold),
        seed=options.intervals.seed,
        kinds=tuple(told),
        rows=robustness_rows(_tables(gold, original, options.scoring), by_kind, bootstrap),
        method="" if bootstrap is None else bootstrap.describe(),
        notes=tuple(dict.fromkeys(notes)),
    )


def _tables(gold: GoldDataset, run: Run, scoring: Scoring) -> Tables:
    """The counts of a run, its labels mapped as `score_run` maps them."""
    own = run.scoring.predicted_label_map or run.default_label_map
    asked = scoring.predicted_label_map
    wanted = replace(scoring, predicted_label_map=own if asked is None else asked)
    with without_collection():
        return pair_run(gold, run, wanted).tables(wanted)


def _failures(run: Run, what: str) -> list[str]:
    failed = sum(one.error is not None for one in run.predictions)
    return [f"{what}: the extractor failed in {number_of(failed, 'article')}, which count as missed"] if failed else []
