"""Running: one extractor over the articles of a split, kept so that it can be continued, scored again and compared."""

from __future__ import annotations

import contextlib
import logging
import platform
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Unpack

from evalkit.dataset.gold import GoldDataset, article_ids, articles_of
from evalkit.errors import EvalkitError, InputError, guarded, interruption_of
from evalkit.extractors.base import Extractor, ExtractorSpec, SpendingError, traits_of
from evalkit.extractors.identity.installed import installed_version
from evalkit.files import json_bytes, path_of
from evalkit.formats.native.stored import AT_ONCE
from evalkit.layers.table import all_layers, load_layer
from evalkit.options import OptionWords, ReadOptions, Running, Shard, options_of
from evalkit.predictions.cache import PredictionCache, not_cached
from evalkit.predictions.events import followed
from evalkit.predictions.executors.choice import executor_of
from evalkit.predictions.facts import GoldReference, MadeBy
from evalkit.predictions.jobs import Job, jobs_of, run_jobs
from evalkit.predictions.kept import is_many
from evalkit.predictions.run import Run
from evalkit.predictions.shards.assignment import part_of_gold
from evalkit.predictions.shards.facts import Scored, WholeRun
from evalkit.predictions.store import Kept, RunFolder
from evalkit.records import Article, Example, Prediction
from evalkit.scoring.tasks.base import imported
from evalkit.scoring.tasks.table import load_task, task_names
from evalkit.secrets import redacted, redacted_facts, without_secrets
from evalkit.showing import number_of
from evalkit.version import __version__
from evalkit.workflows.inputs import gold_from
from evalkit.workflows.running.systems import announce_work, limit_spending, limit_time, resolved

__all__ = [
    "BASELINE",
    "floor_of",
    "lacks_text",
    "make_run",
    "notes_of",
    "other_environment",
    "planned_run",
    "planned_shard",
    "run_extractor",
]

BASELINE = "trivial"
"""The extractor whose scores are the floor beside every figure."""

_log = logging.getLogger("evalkit.extractors")
_OUT = "out must be the path of a folder"
_THEN = " then "

BEGINS_ANEW = "the same command begins anew"
"""Of an extractor that cannot be told from another one: what it said before counts for nothing."""

Watch = Callable[[Sequence[Prediction]], None]
"""Given finished predictions."""


def run_extractor(
    extractor: str | Extractor | Callable[..., Any],
    dataset: GoldDataset | Iterable[Example] | str | Path | None = None,
    *,
    settings: Mapping[str, str] | None = None,
    running: Running | None = None,
    read: ReadOptions | None = None,
    **words: Unpack[OptionWords],
) -> Run:
    """Runs an extractor over the articles of a split.

    Args:
        extractor: a name as on the command line, an extractor object, or a function of one article.
        dataset: gold to run over, examples, or where to load gold from; the bundled gold by default.
        settings: settings of the extractor, such as `device`.
        running: how it is run: batches, workers, cache, and a folder to write the run to.
        read: how files are read, which split, and how many articles.
        words: fields of these records, such as `split="dev"`, `limit=10`, `cache=False`, `article_timeout=5` or
            `out="runs/mine"`.

    Raises:
        EvalkitError: the extractor is unknown or unusable, the dataset cannot be used, or `out` not written.
    """
    options = options_of(words, takes=("read", "running", "shard"), read=read, running=running)
    if options.running.out is not None:
        # Before any code of others runs, which may change the working folder.
        out = path_of(options.running.out, _OUT).absolute()
        options = replace(options, running=replace(options.running, out=out))
    with resolved(extractor, settings, options.running) as system:
        gold, shard = gold_from(dataset, options.read), options.running.part
        planned = planned_run(system, gold) if shard is None else planned_shard(system, gold, shard, options.read)
        with followed(planned, options.running) as follow:
            return follow.end(make_run(system, planned, follow.running))


def planned_run(system: Extractor, gold: GoldDataset) -> Run:
    """The run before anything is extracted: who is run over what, with which versions, and no prediction.

    Raises:
        InputError: something is annotated in an article whose text is not known.
    """
    _refuse_without_text(gold)
    traits = traits_of(system)
    spec = traits.spec or ExtractorSpec("")
    # First of all: a function that does not say which layers it fills is called to find out.
    fingerprint = system.fingerprint()
    return Run(
        extractor=redacted(system.name),
        predictions=(),
        layers=tuple(system.layers),
        gold=GoldReference.of(gold),
        made_by=MadeBy(
            fingerprint=fingerprint,
            spelling=redacted(spec.spelling),
            settings=without_secrets(spec.settings),
            versions=_versions(),
            facts={"environment": traits.variables} if (traits := traits_of(system)).variables else {},
        ),
        default_label_map=traits.default_label_map,
        complete=False,
        dataset=gold,
    )


def planned_shard(
    system: Extractor, gold: GoldDataset, shard: Shard, read: ReadOptions, scored: Scored | None = None
) -> Run:
    """A shard of a run before anything is extracted.

    Args:
        system: the extractor.
        gold: that of the whole run.
        shard: which shard.
        read: which articles of the split the whole run is over.
        scored: how the whole is scored when the shards are merged; None if it is not.

    Raises:
        InputError: something is annotated in an article of the shard whose text is not known.
    """
    part = part_of_gold(gold, {shard.number}, shard.of)
    planned, traits = planned_run(system, part), traits_of(system)
    whole = WholeRun(
        articles=len(gold),
        limit=read.limit,
        chosen=read.articles,
        scored=scored,
        languages=tuple(traits.languages),
        prices=traits.token_prices,
        uncached=traits.uncached,
    )
    return replace(planned, gold=replace(GoldReference.of(gold), articles=len(part)), shard=shard, whole=whole)


def make_run(
    system: Extractor, planned: Run, running: Running, folder: RunFolder | None = None, watch: Watch | None = None
) -> Run:
    """The run with its predictions; continued if its folder holds some of them already.

    Args:
        system: the extractor.
        planned: what is run over what.
        running: how it is run.
        folder: where the run is written, if that is not the folder `running.out`.
        watch: given the predictions that are kept already, and then those of each batch.

    Raises:
        InputError: two articles have one id.
        ExtractorError: the extractor as a whole cannot be used.
        SpendingError: it would spend more than it may; what was made is kept, and the run is continued by the next.
        OutputError: the folder holds another run, another process is at work in it, or it cannot be written.
    """
    if running.article_timeout is not None:
        limit_time(system, running.article_timeout)
    planned = replace(planned, made_by=replace(planned.made_by, command=running.command))
    if folder is None and running.out is not None:
        folder = RunFolder(path_of(running.out, _OUT))
    with contextlib.nullcontext() if folder is None else folder.held(running.command):
        return _made(system, planned, running, folder, watch or _watch(running))


def _made(system: Extractor, planned: Run, running: Running, folder: RunFolder | None, watch: Watch) -> Run:
    examples = planned.dataset.examples if planned.dataset else ()
    jobs = jobs_of(examples, system)
    limit_spending(system, jobs, running)
    # Without a fingerprint of all that it runs, what it said before may not be what it would say now.
    uncached = bool(traits_of(system).uncached)
    names = article_ids(examples)
    if len(examples) != len(articles := articles_of(examples)):
        (name, _), *_ = Counter(names).most_common(1)
        raise InputError(f"two articles have the id {name!r:.80}; give each its own")
    kept = Kept()
    elsewhere = folder is not None and other_environment(folder, planned, running)
    if folder is not None:
        kept = folder.open(
            planned.key,
            articles,
            planned.layers,
            anew=not running.cache,
            restart=running.restart,
            again=uncached or elsewhere,
            keep_failed=running.keep_failed,
            about=planned.facts,
        )
    missing = jobs.at([place for place, name in enumerate(names) if name not in kept.predictions])
    planned = replace(planned, made_by=replace(planned.made_by, versions=_versions_of(planned, kept, missing)))
    if folder is not None and not kept.finished:
        folder.write_facts(planned.key, planned.stored_facts)
    cached = running.cache and not running.restart and not uncached
    cache = None
    if cached:
        cache = PredictionCache(planned.made_by.cached_as, system=planned.extractor, size=running.cache_size)
    there = [name for name in names if name in kept.predictions]
    for first in range(0, max(len(there), 1), AT_ONCE):
        watch([kept.predictions[name] for name in there[first : first + AT_ONCE]])
    in_folder = folder is not None and is_many(len(names))
    try:
        extracted = _extracted(
            system, planned, missing, running, folder, cache, watch, of=len(names), keep=not in_folder
        )
    except BaseException as stop:
        if uncached and (interrupt := interruption_of(stop)) is not None:
            interrupt.add_note(f"{BEGINS_ANEW}: {traits_of(system).uncached}")
        raise
    sha256 = "" if folder is None else folder.sha256() if kept.whole else folder.finish(names)
    made: Sequence[Prediction]
    if folder is not None and in_folder:
        made = folder.stored_predictions(sha256)
    else:
        new = {one.article_id: one for one in extracted.predictions}
        made = tuple([new[name] if name in new else kept.predictions[name] for name in names])
    # What an extractor says of itself it may know only after it has worked.
    facts = dict(kept.facts.get("extractor_facts") or {}) if kept.whole else _facts(system)
    run = replace(
        planned,
        predictions=made,
        admitted=made,
        made_by=replace(planned.made_by, facts=facts),
        complete=True,
        sha256=sha256,
        path=None if folder is None else folder.path,
        seconds=extracted.seconds,
        fresh=extracted.fresh,
        max_failures=running.max_failures,
        asides=(*kept.notes, *([_OTHER_ENVIRONMENT] if elsewhere else []), *_cache_notes(cache)),
        notes=notes_of(planned, examples, (job.article for job in jobs), traits_of(system).languages),
    )
    if folder is not None:
        folder.write_facts(run.key, run.stored_facts)
        if not kept.whole:
            folder.remove_old_result(run.sha256)
        if extracted.fresh:
            folder.write_speed(extracted.seconds, extracted.fresh)
    return run


def notes_of(
    run: Run, examples: Sequence[Example], zoned_articles: Iterable[Article], languages: Sequence[str]
) -> tuple[str, ...]:
    """What is to be said of how the predictions of a run were made, each a sentence.

    Args:
        run: the run.
        examples: what it is over.
        zoned_articles: the same articles as the extractor gets them, with zones.
        languages: those that the card of the extractor names.
    """
    return (
        *_version_notes(run),
        *in_found_boilerplate(examples, zoned_articles),
        *other_languages((one.article for one in examples), run.extractor, languages),
    )


def _watch(running: Running) -> Watch:
    """Tells whoever wants to know what failed so far."""
    failed: dict[str, str] = {}

    def watch(predictions: Sequence[Prediction]) -> None:
        failed.update({one.article_id: one.error for one in predictions if one.error is not None})
        if running.standing is not None:
            running.standing(failed, {})

    return watch


@dataclass(frozen=True)
class _Extracted:
    """The predictions for articles that were missing, how many did not come from the cache, and how long it took."""

    predictions: Sequence[Prediction]
    fresh: int
    seconds: float


def _extracted(
    system: Extractor,
    planned: Run,
    missing: Sequence[Job],
    running: Running,
    folder: RunFolder | None,
    cache: PredictionCache | None,
    watch: Watch,
    *,
    of: int,
    keep: bool,
) -> _Extracted:
    """The predictions for the articles that are missing of so many, each batch kept before anybody is told of it."""
    done, fresh = of - len(missing), 0
    begun = time.perf_counter()
    with folder.appending() if folder is not None and missing else contextlib.nullcontext() as append:

        def store(batch: Sequence[Prediction], cached: int) -> None:
            nonlocal done, fresh
            if append is not None:
                append(batch)
            done, fresh = done + len(batch), fresh + len(batch) - cached
            watch(batch)
            if running.progress is not None:
                running.progress(done, of)

        if running.progress is not None:
            running.progress(done, of)
        if running.announce is not None and traits_of(system).estimate is not None:
            fingerprint, layers = planned.made_by.cached_as, planned.layers or ()
            announce_work(system, missing if cache is None else not_cached(fingerprint, missing, layers), running)
        try:
            made = run_jobs(
                system,
                missing,
                batch_size=running.batch_size,
                executor=executor_of(running),
                cache=cache,
                on_done=store,
                keep=keep,
            )
        except SpendingError as stop:
            where = "the cache" if folder is None else str(folder.path)
            how = "the same command goes on from there, with as much to spend again"
            if traits_of(system).uncached:
                how = f"{BEGINS_ANEW} all the same, so allow as much as all take: {traits_of(system).uncached}"
            elif not stop.made:
                how = "none was added, so allow more than one takes"
            kept_now = f"{done} of {number_of(of, 'article')} are kept in {where}"
            raise SpendingError(f"{stop}; {kept_now}: {how}", stop.made) from stop
    return _Extracted(made, fresh, time.perf_counter() - begun)


_OTHER_ENVIRONMENT = (
    "variables of the environment that the extractor asks for have changed since the predictions there were made: all "
    "made again"
)


def other_environment(folder: RunFolder, planned: Run, running: Running) -> bool:
    """Whether a folder holds predictions made when a variable that the extractor asks for had another value.

    Raises:
        OutputError: the folder holds another run, or one that nobody can tell.
    """
    if running.restart:
        return False
    recorded = folder.claim(planned.key, planned.facts)
    before = MadeBy(facts=dict(recorded.get("extractor_facts") or {}))
    return bool(recorded) and before.environment != planned.made_by.environment


def _versions_of(planned: Run, kept: Kept, missing: Sequence[Job]) -> dict[str, str]:
    """The versions that made the predictions: where they changed in the middle of a run, one after the other."""
    now, before = planned.made_by.versions, dict(kept.facts.get("versions") or {})
    if not kept.predictions or not before:
        return dict(now)
    if not missing:
        return before
    return {name: _after(before.get(name, ""), now.get(name, "")) for name in [*before, *(now.keys() - before)]}


def _after(before: str, now: str) -> str:
    return before if before.split(_THEN)[-1] == now else f"{before or 'none'}{_THEN}{now or 'none'}"


def _version_notes(run: Run) -> list[str]:
    changed = [f"{name} {number}" for name, number in run.made_by.versions.items() if _THEN in number]
    return [f"versions changed while these predictions were made: {', '.join(changed)}"] if changed else []


def _cache_notes(cache: PredictionCache | None) -> list[str]:
    if cache is None or not cache.refused:
        return []
    were = "prediction was" if cache.refused == 1 else "predictions were"
    return [f"{cache.refused} cached {were} damaged, or did not fit the article: made again"]


def _facts(system: Extractor) -> dict[str, Any]:
    """What the extractor says of itself, and what of it its fingerprint does not see.

    One that cannot say fails no run, whose answers are there.
    """
    traits = traits_of(system)
    facts: dict[str, Any] = {"unseen": traits.unseen} if traits.unseen else {}
    try:
        with guarded(f"extractor {system.name!r}: its facts cannot be kept"):
            own = dict(traits.facts())
            json_bytes(own)
    except EvalkitError as error:
        _log.warning("%s", error)
        own = {"unsaid": str(error)}
    said: dict[str, Any] = redacted_facts(facts | own)
    return said


def in_found_boilerplate(examples: Iterable[Example], zoned_articles: Iterable[Article]) -> list[str]:
    """A note on gold items that lie in what the rules took for boilerplate, in articles that declare no zones."""
    items: Counter[str] = Counter()
    articles = 0
    for example, article in zip(examples, zoned_articles, strict=True):
        if example.article.zones:
            continue
        closed = [zone for zone in article.zones if zone.kind == "boilerplate"]
        inside = {
            layer.name: sum(
                any(span.start < zone.end and zone.start < span.end for span in layer.spans(item) for zone in closed)
                for item in layer.of(example.gold) or ()
            )
            for layer in (all_layers() if closed else ())
        }
        items.update(inside)
        articles += any(inside.values())
    found = ", ".join(number_of(number, load_layer(name).one, name) for name, number in items.items() if number)
    if not found:
        return []
    return [
        f"gold in what was taken for boilerplate, in {articles} {'article' if articles == 1 else 'articles'} that "
        f"{'declares' if articles == 1 else 'declare'} no zones: {found}; extractors that leave boilerplate out find "
        "none of it (zones that an article declares are kept)"
    ]


def other_languages(articles: Iterable[Article], extractor: str, languages: Sequence[str]) -> list[str]:
    """A note on articles whose language is none that the card of an extractor names."""
    named = [code.casefold() for code in languages]
    if not named:
        return []
    counts = Counter(article.lang for article in articles)
    number = counts.total()
    # A region says nothing here: en-GB is English.
    others = {
        code: own for code, own in sorted(counts.items()) if code and re.split("[-_]", code)[0].casefold() not in named
    }
    if not others:
        return []
    counted = ", ".join(f"{code} {own}" for code, own in others.items())
    return [
        f"{sum(others.values())} of {number_of(number, 'article is', 'articles are')} in a language that the "
        f"card of {extractor} does not name ({counted}; it names {', '.join(named)})"
    ]


def lacks_text(example: Example) -> bool:
    """Whether something is annotated in an article whose text is not known."""
    return not example.article.text and any(example.gold.layers.values())


def _refuse_without_text(gold: GoldDataset) -> None:
    """Scoring needs no text, extracting does: without one everything in the article would count as missed."""
    for example in gold:
        if lacks_text(example):
            raise InputError(
                f"article {example.article.id!r} has annotations and no text to extract from; add its text, or score "
                "predictions made elsewhere with `evalkit score`"
            )


def _versions() -> dict[str, str]:
    """Of evalkit, of Python, and of the libraries that compute."""
    computing = {name: installed_version(name) for name in ("numpy", "onnxruntime", "tokenizers")}
    own = {"evalkit": __version__, "python": platform.python_version()}
    return own | {name: number for name, number in computing.items() if number}


def floor_of(gold: GoldDataset) -> Run:
    """What the trivial baseline predicts; of layers that it does not have, what their tasks say."""
    with resolved(BASELINE) as system:
        predictions = run_jobs(system, jobs_of(gold.examples, system))
        missing = {
            task.floor: [layer for layer in task.layers if layer not in system.layers]
            for task in map(load_task, task_names())
            if task.floor is not None
        }
        layers = dict.fromkeys((*system.layers, *(layer for names in missing.values() for layer in names)))
    for floor, names in missing.items():
        find = imported(floor)
        for number, example in enumerate(gold.examples):
            more = find(example.article)
            annotations = predictions[number].annotations.with_layers(**{name: more[name] for name in names})
            predictions[number] = replace(predictions[number], annotations=annotations)
    return Run(extractor=BASELINE, predictions=tuple(predictions), layers=tuple(layers))
