"""What a run would do: how many articles are kept, cached or asked about, and what that takes; nothing is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalkit.dataset.gold import GoldDataset, article_ids, articles_of
from evalkit.extractors.base import Extractor, traits_of
from evalkit.options import Options, Running
from evalkit.predictions.cache import not_cached
from evalkit.predictions.facts import GoldReference
from evalkit.predictions.jobs import Job, jobs_of
from evalkit.predictions.plan import Plan
from evalkit.predictions.run import Run
from evalkit.predictions.shards.assignment import part_of_gold
from evalkit.predictions.store import RunFolder
from evalkit.records import Example
from evalkit.workflows.inputs import gold_from
from evalkit.workflows.running.measure import narrowed
from evalkit.workflows.running.run import other_environment, planned_run, planned_shard
from evalkit.workflows.running.systems import limit_spending, resolved, work_of
from evalkit.workflows.scoring.pairing import check_evaluable, check_scoring, check_words

__all__ = ["plan_extraction"]


def plan_extraction(
    extractor: str | Extractor | Callable[..., Any],
    dataset: GoldDataset | Iterable[Example] | str | Path | None,
    options: Options,
    *,
    settings: Mapping[str, str] | None = None,
) -> Plan:
    """What `measure_extractor` would do with the same arguments.

    Raises:
        EvalkitError: extractor, gold or an option cannot be used, or the folder holds another run.
    """
    running = options.running
    check_words(options.scoring)
    # In this process: nothing is extracted here.
    with resolved(extractor, narrowed(extractor, options, settings)) as system:
        gold = gold_from(dataset, options.read, options.scoring.gold_maps)
        check_scoring(gold, options.scoring)
        shard = running.part
        part = gold if shard is None else part_of_gold(gold, {shard.number}, shard.of)
        jobs, ids = jobs_of(part.examples, system), article_ids(part.examples)
        limit_spending(system, jobs, running)
        traits = traits_of(system)
        folder, kept, cached = str(running.out or ""), None, None
        missing: Sequence[Job] = jobs
        if not traits.asks_first:
            planned = planned_run(system, gold) if shard is None else planned_shard(system, gold, shard, options.read)
            check_evaluable(gold, planned, options.scoring)
            place = RunFolder(
                Path(running.out or RunFolder.default(planned.extractor, planned.key_of_whole, shard).path)
            )
            uncached = bool(traits_of(system).uncached)
            names = _kept(place, planned, part, running, again=uncached or other_environment(place, planned, running))
            left = jobs.at([number for number, name in enumerate(ids) if name not in names])
            missing = left
            if running.cache and not running.restart and not uncached:
                missing = not_cached(planned.made_by.cached_as, left, planned.layers or ())
            folder, kept, cached = str(place.path), len(jobs) - len(left), len(left) - len(missing)
        work = work_of(system, missing)
        return Plan(
            extractor=system.name,
            gold=replace(GoldReference.of(gold), articles=len(part)),
            folder=folder,
            kept=kept,
            cached=cached,
            work=work,
            prices=traits.token_prices,
            shard=shard,
        )


def _kept(place: RunFolder, planned: Run, part: GoldDataset, running: Running, *, again: bool) -> set[str]:
    articles = articles_of(part.examples)
    how = {"anew": not running.cache, "again": again, "keep_failed": running.keep_failed}
    return place.would_keep(planned.key, articles, planned.layers, restart=running.restart, about=planned.facts, **how)
