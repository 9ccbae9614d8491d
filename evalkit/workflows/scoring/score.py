"""Scoring: anything that holds gold against anything that holds predictions.

One door: label maps, pairing, tables, intervals, signature. Plain files take a shorter way to the same bytes
(`evalkit.workflows.scoring.plain_files` of rows, `evalkit.workflows.scoring.tag_files` of tag columns).
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from evalkit.dataset.gold import GoldDataset
from evalkit.errors import InputError
from evalkit.formats.collection import without_collection
from evalkit.layers.scopes import parse_scope, scope_text
from evalkit.options import Intervals, Options, OptionWords, ReadOptions, Scoring, options_of
from evalkit.predictions.facts import stated
from evalkit.predictions.run import Run
from evalkit.records import Article, Example, Prediction
from evalkit.results import EvalResult, TaskResult
from evalkit.scoring.misplaced import Misplaced
from evalkit.scoring.pairs import Paired
from evalkit.scoring.stories import SharedStories, Stories, cluster_notes, shared_stories
from evalkit.scoring.tasks.evaluable import Judged, not_asked, not_evaluated
from evalkit.scoring.tasks.table import ScoredTable, load_task
from evalkit.text.counting import words_of
from evalkit.version import __version__
from evalkit.workflows.inputs import gold_and_predictions
from evalkit.workflows.running.run import BASELINE, lacks_text
from evalkit.workflows.scoring.block_tables import BlockTables
from evalkit.workflows.scoring.blocks import AT_ONCE, Blocks, maps_said
from evalkit.workflows.scoring.floor import Floor
from evalkit.workflows.scoring.leaked import kept_sides, without_text
from evalkit.workflows.scoring.pairing import Pairing, check_words, takes_label_maps
from evalkit.workflows.scoring.several import SeveralReadings

if TYPE_CHECKING:
    from evalkit.analysis.intervals import Bootstrap
    from evalkit.workflows.scoring.ceiling import ReaderTables
    from evalkit.workflows.scoring.plain_files import PlainFiles

__all__ = ["STORIES", "Tables", "bootstrap_of", "results_of", "score_predictions", "score_run"]

STORIES = "stories"
"""The fact of a result that says which articles share a story, where some do."""

Tables = Mapping[str, Mapping[str, ScoredTable]]
"""Task → convention → counts by article and label."""
Results = Mapping[str, Mapping[str, TaskResult]]
"""Task → convention → scores."""


def score_predictions(
    gold: GoldDataset | Iterable[Example] | str | Path | None,
    predictions: Run | Iterable[Prediction] | str | Path | None,
    *,
    baseline: bool = True,
    counts: bool = True,
    scoring: Scoring | None = None,
    intervals: Intervals | None = None,
    read: ReadOptions | None = None,
    **words: Unpack[OptionWords],
) -> EvalResult:
    """The result of some predictions against some gold.

    Args:
        gold: a loaded dataset, examples, or where to load it from; None for the gold that a `Run` was made over, else
            for the bundled one.
        predictions: what `run_extractor` gave, predictions, a file of them, or a run folder; None if the file of the
            gold holds them too.
        baseline: also score the trivial baseline, as the floor beside every figure, if the texts are known.
        counts: whether the result keeps its counts by article.
        scoring: tasks, conventions, label maps and labels. By default all tasks that the extractor claims, their
            default conventions, and the label map that the extractor asks for.
        intervals: how intervals are made.
        read: how files are read, and which split.
        words: fields of these records, such as `tasks=["entities"]`, `resamples=200` or `split="dev"`.

    Raises:
        EvalkitError: gold, predictions or an option cannot be used; the message says which and why.
    """
    options = options_of(words, takes=("scoring", "intervals", "read"), scoring=scoring, intervals=intervals, read=read)
    check_words(options.scoring)
    if not baseline and isinstance(gold, (str, Path)) and isinstance(predictions, (str, Path, type(None))):
        plain = _plain_files(Path(gold), None if predictions is None else Path(predictions), options)
        if plain is not None:
            bootstrap = bootstrap_of(options.intervals, ())
            results = results_of(plain.gold, plain.tables, options.scoring, bootstrap, counts)
            result = _result(plain.gold, plain.run, plain.paired, results, options.scoring)
            several = SeveralReadings(plain.gold)
            ceiling = _ceiling(plain.gold, results, plain.tables, options.scoring, bootstrap, several, plain.readers)
            notes = [*plain.gold.notes, *plain.notes, *_offset_notes(plain.misplaced)]
            stories = shared_stories(example.article for example in plain.gold)
            return _told(result, plain.gold, notes, ceiling, bootstrap, stories)
    examined, run = gold_and_predictions(gold, predictions, options.read, options.scoring.gold_maps)
    if predictions is None or isinstance(predictions, (str, Path)):
        # What is read is looked at beside the gold.
        run = replace(run, dataset=examined, admitted=run.predictions)
    return score_run(examined, run, options, baseline=baseline, counts=counts)


def _plain_files(gold: Path, predictions: Path | None, options: Options) -> PlainFiles | None:
    """What files hold that are so plain that no record is needed; None if they are not."""
    from evalkit.workflows.scoring.plain_files import read_plain_files
    from evalkit.workflows.scoring.tag_files import read_tag_files

    rows = None if predictions is None else read_plain_files(gold, predictions, options)
    return rows or read_tag_files(gold, predictions, options)


def score_run(
    gold: GoldDataset,
    run: Run,
    options: Options,
    *,
    baseline: bool = True,
    counts: bool = True,
) -> EvalResult:
    """The result of a run against gold that is loaded.

    Raises:
        EvalkitError: unknown task, convention or label map; gold or predictions that cannot be scored.
    """
    wanted = options.scoring
    asked = wanted.predicted_label_map
    # How its labels come to those of the gold is said of the run, whoever scores it.
    own = run.scoring.predicted_label_map or run.default_label_map
    scoring = replace(wanted, predicted_label_map=own if asked is None else asked)
    gold, run, left_out = kept_sides(gold, run, scoring)
    clustered = () if options.intervals.cluster is None else [example.article for example in gold]
    bootstrap = bootstrap_of(options.intervals, clustered)
    with_floor = baseline and run.extractor != BASELINE and not any(map(lacks_text, gold))
    stories, several = Stories(), SeveralReadings()

    def watch(example: Example) -> None:
        stories.add(example.article)
        several.add(example)

    def plain_results(tables: Tables) -> dict[str, dict[str, TaskResult]]:
        return results_of(gold, tables, scoring, None, False)

    with without_collection():
        blocks = Blocks(gold, run, scoring, watch=watch)
        whole = Pairing(*blocks.set_aside(), ())
        scored = BlockTables(whole, whole.evaluable(scoring))
        floor = Floor(gold, whole, scoring, scored.asked) if with_floor and scored.asked else None
        # Of what is no sum over articles the floor is none either.
        for block in blocks.of_size(AT_ONCE if floor is None or scored.is_additive else None):
            scored.add(Pairing(block.plain, block.mapped, ()))
            if floor is not None:
                floor.add(block)
            if len(gold) > AT_ONCE:
                # What is let go in cycles; the young alone are looked at.
                gc.collect(0)
        tables = scored.whole()
        results = results_of(gold, tables, scoring, bootstrap, counts)
        judged = {task: {name: len(own.table.articles) for name, own in of.items()} for task, of in tables.items()}
        plain, _ = blocks.set_aside()
        result = _result(gold, run, plain, results, scoring, judged)
        floors = {} if floor is None else _floors(floor, blocks, tables, plain_results)
        ceiling = _ceiling(gold, results, tables, scoring, bootstrap, several)
    notes = [
        *gold.notes,
        *left_out,
        *run.caveats,
        *run.notes,
        *blocks.notes(),
        *_offset_notes(scored.misplaced(), from_file=not run.made_by.fingerprint),
    ]
    return _told(replace(result, floor=floors), gold, notes, ceiling, bootstrap, stories.shared())


def _floors(
    floor: Floor, blocks: Blocks, tables: Tables, results_of: Callable[[Tables], Results]
) -> dict[str, dict[str, TaskResult]]:
    """The floor of what was scored; rows that only the tables have take another look at all articles."""
    if lacking := floor.lacking(tables):
        for block in blocks.of_size():
            floor.add(block, lacking)
    return floor.results(tables, results_of)


def _told(
    result: EvalResult,
    gold: GoldDataset,
    notes: Sequence[str],
    ceiling: tuple[Results, Results, list[str]],
    bootstrap: Bootstrap | None,
    stories: SharedStories | None,
) -> EvalResult:
    """A result with its ceiling, and with what is to be said of it and of articles that tell one story."""
    readers, reached, of_readers = ceiling
    said = [*notes, *of_readers]
    if bootstrap is not None and bootstrap.clusters is not None:
        articles = [example.article for example in gold]
        said += cluster_notes(articles, bootstrap.clustered_by, clusters=bootstrap.clusters)
    elif bootstrap is not None and stories is not None:
        said.append(stories.note())
    # Kept beside the counts, for who compares them without the articles.
    facts = result.run if stories is None else {**result.run, STORIES: stories.to_json()}
    return replace(result, ceiling=readers, reached=reached, notes=tuple(said), run=facts)


def _ceiling(
    gold: GoldDataset,
    results: Results,
    tables: Tables,
    scoring: Scoring,
    bootstrap: Bootstrap | None,
    several: SeveralReadings,
    readers: Sequence[ReaderTables] | None = None,
) -> tuple[Results, Results, list[str]]:
    """How far readers agree under some conventions, what of it was reached, and a note; nothing where each has one.

    Args:
        gold: the gold.
        results: what was scored.
        tables: the counts behind it.
        scoring: how.
        bootstrap: how intervals are made.
        several: which articles have several readings.
        readers: those who read articles together; by default as the articles tell.
    """
    if not several:
        return {}, {}, []
    # Most gold has one reader, and scoring it starts without this.
    from evalkit.workflows.scoring.ceiling import ceiling_notes, ceiling_of
    from evalkit.workflows.scoring.reader_blocks import reader_blocks

    pairs = reader_blocks(gold, scoring, several) if readers is None else readers
    ceiling = ceiling_of(results, tables, bootstrap, pairs)
    return ceiling.readers, ceiling.reached, ceiling_notes(gold, ceiling.readers, several.readers, len(several))


def _offset_notes(misplaced: Mapping[str, Misplaced], *, from_file: bool = True) -> list[str]:
    """A note for each layer most of whose misses another way of counting offsets would mend."""
    return [_offset_note(layer, found, from_file) for layer, found in misplaced.items()]


def _offset_note(layer: str, found: Misplaced, from_file: bool) -> str:
    shown = "" if found.whole else "the first "
    if not found.countings:
        lower = f"{abs(found.shift)} {'lower' if found.shift > 0 else 'higher'}"
        what, remedy = f"were {lower}", "are they about another text?"
    else:
        what, spelled = f"are {words_of(found.countings)}", [one.spelling for one in found.countings if one.spelling]
        options = " or ".join(f"--offsets {spelling}" for spelling in spelled)
        remedy = f"read them with {options}" if spelled and from_file else "give half-open code points of the text"
    return (
        f"{found.mended} of {shown}{found.missing} predicted {layer} that stand where no gold item does would match "
        f"one exactly if their offsets {what}: {remedy}"
    )


def _result(
    gold: GoldDataset,
    run: Run,
    paired: Paired,
    tasks: Mapping[str, Mapping[str, TaskResult]],
    scoring: Scoring,
    judged: Judged | None = None,
) -> EvalResult:
    colours = {layer: dict(own) for layer, own in gold.inventory.colours.items() if own}
    maps = maps_said(gold, scoring)
    asked = paired, scoring.tasks, scoring.conventions
    return EvalResult(
        extractor=run.extractor,
        gold=gold.signature.removeprefix("gold:"),
        split=gold.split,
        articles=len(gold),
        tasks=tasks,
        not_evaluated=not_evaluated(*asked, judged) | not_asked(*asked),
        failed=paired.failed,
        run={
            "evalkit": __version__,
            "scoring": stated(scoring, gold.reading),
            **run.facts,
            **({"sha256": run.sha256} if run.sha256 else {}),
            **({"maps": maps} if maps else {}),
            **({"colours": colours} if colours else {}),
        },
    )


def bootstrap_of(intervals: Intervals, articles: Sequence[Article]) -> Bootstrap | None:
    """How intervals are made for some articles; None for none.

    Raises:
        InputError: a number out of range, or clusters without intervals.
        UnknownNameError: no article has the field of the clusters.
    """
    from evalkit.analysis.intervals import Bootstrap, clustered

    if not intervals.resamples:
        if intervals.cluster is not None:
            raise InputError("--cluster is about intervals; leave out --resamples 0")
        return None
    drawn = Bootstrap(
        resamples=intervals.resamples, seed=intervals.seed, method=intervals.method, level=intervals.level
    )
    return clustered(drawn, articles, intervals.cluster)


def results_of(
    gold: GoldDataset, tables: Tables, scoring: Scoring, bootstrap: Bootstrap | None, counts: bool
) -> dict[str, dict[str, TaskResult]]:
    """The scores of some tables, with their intervals and signature lines: task → convention → result."""
    from evalkit.analysis.intervals import task_result

    return {
        task: {
            name: task_result(
                task,
                name,
                table,
                signature=_signature(gold, task, _stated(name, table), scoring, bootstrap if table.additive else None),
                bootstrap=bootstrap,
                keep_table=counts,
            )
            for name, table in by_convention.items()
        }
        for task, by_convention in tables.items()
    }


def _stated(convention: str, table: ScoredTable) -> str:
    """A convention as a signature names it: with what it used besides, such as lists of words."""
    return f"{convention}[{table.told}]" if table.told else convention


def _signature(gold: GoldDataset, task: str, convention: str, scoring: Scoring, bootstrap: Bootstrap | None) -> str:
    parts = [task, convention, "micro"]
    if takes_label_maps(task):
        name = "+".join(Path(str(name)).stem for name in scoring.gold_maps) or "own"
        parts.append(f"labels:{name}" + (f"[{'+'.join(scoring.labels)}]" if scoring.labels else ""))
    scopes = [parse_scope(text) for text in scoring.scope]
    own = [scope_text(scope) for scope in scopes if scope.layer in load_task(task).layers]
    parts += [f"scope:{text}" for text in sorted(own)]
    if scoring.min_score:
        parts.append(f"min-score:{'+'.join(scoring.min_score)}")
    if scoring.without:
        parts.append(f"without:{without_text(scoring.without)}")
    parts += [gold.signature, f"split:{gold.split}", *([gold.reading] if gold.reading else [])]
    parts.append("ci:none" if bootstrap is None else f"ci:{bootstrap.describe()}")
    return "|".join([*parts, f"evalkit:{__version__}"])
