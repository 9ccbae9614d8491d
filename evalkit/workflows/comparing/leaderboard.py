"""The leaderboard from end to end: every run under a folder, laid out on boards of what is comparable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

from evalkit.analysis.intervals import Bootstrap
from evalkit.analysis.leaderboard.entries import (
    Entry,
    groups_apart,
    is_same_run,
    named_entries,
    reference_figures,
    system_of,
)
from evalkit.analysis.leaderboard.leaderboard import Board, Leaderboard, System, make_board
from evalkit.analysis.runs import scored_table_of
from evalkit.dataset.gold import GoldDataset
from evalkit.errors import EvalkitError, InputError
from evalkit.formats.collection import without_collection
from evalkit.options import Intervals, Options, OptionWords, ReadOptions, Scoring, options_of
from evalkit.predictions.facts import stated
from evalkit.predictions.listing import ListedRun, found_runs
from evalkit.predictions.run import Run
from evalkit.predictions.speed import speed_of_run
from evalkit.results import EvalResult
from evalkit.scoring.stories import SharedStories
from evalkit.scoring.tasks.table import convention_names, is_additive, load_task, main_convention
from evalkit.showing import number_of
from evalkit.version import __version__
from evalkit.workflows.inputs import finished_run, gold_from, gold_of
from evalkit.workflows.scoring.pairing import check_words, scoring_of
from evalkit.workflows.scoring.score import STORIES, bootstrap_of, score_run

__all__ = ["rank_runs"]

_WANTED = "give a folder in which runs lie, or a list of run folders, runs or results"


@without_collection()
def rank_runs(
    runs: str | Path | Mapping[str, EvalResult | Run | str | Path] | Iterable[EvalResult | Run | str | Path] = "runs",
    *,
    dataset: GoldDataset | str | Path | None = None,
    scoring: Scoring | None = None,
    intervals: Intervals | None = None,
    **words: Unpack[OptionWords],
) -> Leaderboard:
    """Systems by golds and tasks: figures with intervals, ranks, speed, memory and cost.

    Runs share a board if they are about the same articles with the same annotations (the fingerprint of the gold and
    the split tell) and were scored in the same way. Others have boards of their own or are left out, each with the
    reason. On a board every pair is tested, so a system has a range of ranks: see `evalkit.analysis.leaderboard.ranks`.

    Args:
        runs: a folder with runs at any depth, or run folders, runs or results, by name or in order.
        dataset: only runs over this gold; also where it is now, if not where the runs found it.
        scoring: tasks and conventions; the main convention of each task by default. A run that was not scored under one
            is scored again, as all are with anything else.
        intervals: how articles are drawn; what is left of the level is the chance of a wrong claim on a board.
        words: fields of these records, such as `tasks="entities"` or `cluster="story"`.

    Raises:
        EvalkitError: there is no such folder, or an option cannot be used.
        InputError: nothing that was found can stand on a board.
    """
    options = options_of(words, takes=("scoring", "intervals"), scoring=scoring, intervals=intervals)
    check_words(options.scoring)
    if not options.intervals.resamples:
        raise InputError("a leaderboard needs at least 1 resample, found 0")
    found = _Found(options, dataset)
    folder = _folder(runs)
    if folder is not None:
        found.take_folder(folder)
    else:
        found.take(runs)
    groups = found.groups()
    boards = [board for group in groups for board in found.boards(group)]
    if not boards:
        reasons = "; ".join(f"{name}: {why}" for name, why in list(found.left_out.items())[:3])
        where = "these runs" if folder is None else str(folder)
        raise InputError(f"{where}: nothing can stand on a leaderboard ({reasons or 'there is no run'}); {_WANTED}")
    return Leaderboard(
        place="runs" if folder is None else folder.as_posix(),
        boards=tuple(boards),
        apart=tuple(groups_apart(groups)),
        left_out=dict(sorted(found.left_out.items())),
        notes=tuple(dict.fromkeys([*found.notes, *found.story_notes(groups)])),
    )


class _Found:
    """The runs that were found, and what was made of them."""

    def __init__(self, options: Options, dataset: GoldDataset | str | Path | None) -> None:
        self.options = options
        self.dataset = dataset
        self.entries: list[Entry] = []
        self.left_out: dict[str, str] = {}
        self.notes: list[str] = []
        self._floored: set[tuple[str, ...]] = set()
        self._golds: dict[tuple[str, ...], GoldDataset | EvalkitError] = {}

    def take_folder(self, folder: Path) -> None:
        """Every run under a folder that is whole; the others are left out."""
        for path, run in found_runs(folder):
            if isinstance(run, str):
                self.left_out[path] = f"cannot be read: {run}"
            elif run.shard is not None:
                # Once for all that lie together: there may be a thousand.
                self.left_out[Path(path).parent.as_posix()] = (
                    f"shards, which have no figures; merge them with: evalkit merge {Path(path).parent}"
                )
            elif why := _why_not(run):
                self.left_out[path] = why
            else:
                self._take(path, Path(path), run)

    def take(self, runs: Any) -> None:
        """The runs of a list, or by name."""
        if isinstance(runs, (EvalResult, Run)) or not isinstance(runs, Iterable):
            raise InputError(f"a leaderboard needs several runs, found {type(runs).__name__}; {_WANTED}")
        named = runs.items() if isinstance(runs, Mapping) else ((None, own) for own in runs)
        for name, given in named:
            if not isinstance(given, (EvalResult, Run, str, Path)):
                raise InputError(f"{type(given).__name__} {str(given)[:40]!r} is no run; {_WANTED}")
            place = given.extractor if isinstance(given, (EvalResult, Run)) else str(given)
            self._take(str(name) if name is not None else place, given, None, named=name is not None)

    def _take(self, place: str, given: Any, listed_run: ListedRun | None, *, named: bool = False) -> None:
        try:
            run = _run(given, listed_run)
            if not self._is_wanted(run):
                self.left_out[place] = f"is about {run.gold or 'gold that it does not name'}, which was not asked for"
                return
            result = self._result(run)
            if said := result.shortfall:
                self.left_out[place] = said
                return
        except EvalkitError as error:
            self.left_out[place] = str(error)
            return
        speed = None
        try:
            speed = speed_of_run(run)
        except InputError as error:
            self.notes.append(str(error))
        entry = Entry(place=place, run=run, result=result, speed=speed, name=place if named else "")
        twin = next((own for own in self.entries if is_same_run(own, entry)), None)
        if twin is not None:
            self.left_out[place] = f"is the same run as {twin.place}"
            return
        self.notes += [f"{place}: {run.partial}"] if run.partial else []
        self.notes += [run.edited] if run.edited else []
        self.entries.append(entry)

    def _is_wanted(self, run: Run) -> bool:
        """Whether a run is over the gold that was asked for, if one was."""
        if self.dataset is None:
            return True
        gold = self._gold(run)
        return run.gold is not None and gold is not None and run.gold.fingerprint[:7] == gold.fingerprint[:7]

    def _gold(self, run: Run) -> GoldDataset | None:
        """The gold of a run, as it is; of several runs it is read once.

        Raises:
            EvalkitError: it cannot be read, or is not what it was.
        """
        gold = run.gold
        if gold is None:
            return None
        maps = tuple(map(str, run.scoring.gold_maps))
        key = gold.fingerprint, gold.split, str(gold.articles), gold.reading, str(sorted(gold.origin.items())), *maps
        if key not in self._golds:
            try:
                self._golds[key] = self._read(run)
            except EvalkitError as error:
                self._golds[key] = error
        known = self._golds[key]
        if isinstance(known, EvalkitError):
            raise known
        return known

    def _read(self, run: Run) -> GoldDataset:
        if self.dataset is None or isinstance(self.dataset, GoldDataset):
            return gold_of(run, self.dataset)
        try:
            return gold_of(run, self.dataset)
        except EvalkitError:
            # Of a run over other gold it is as it is, and nobody asked for that run.
            split = "all" if run.gold is None else run.gold.split
            return gold_from(self.dataset, ReadOptions(split=split))

    def _result(self, run: Run) -> EvalResult:
        """The stored result of a run where it can be taken as it is, else one that is made now.

        Raises:
            EvalkitError: it cannot be scored again.
        """
        asked = self.options.scoring
        again = replace(asked, tasks=(), conventions=()) != Scoring()
        if run.result is not None and not again and not _why_again(run, asked):
            return run.result
        if not run.predictions:
            why = _why_again(run, asked) or "other options were asked for"
            raise InputError(f"{why}, and it has no predictions to be scored again; score them with evalkit score")
        gold = self._gold(run)
        if gold is None:
            raise InputError("does not say which gold it is about; score it with evalkit score")
        scoring = scoring_of(run, replace(asked, tasks=asked.tasks or tuple(run.result.tasks if run.result else ())))
        options = Options(scoring=scoring, intervals=Intervals(resamples=0))
        # The floor is that of the gold: one run that is scored in this way has it for all.
        of = gold.fingerprint, gold.split, str(run.scored_as(stated(scoring)).measure)
        floored, self._floored = of in self._floored, {*self._floored, of}
        return score_run(gold, run, options, baseline=not floored)

    def groups(self) -> list[list[Entry]]:
        """The entries by what is comparable, the largest group first, then what was scored in the usual way."""
        groups: dict[tuple[str, str, str], list[Entry]] = {}
        for entry in named_entries(self.entries):
            groups.setdefault(entry.comparable, []).append(entry)

        def order(group: Sequence[Entry]) -> tuple[Any, ...]:
            first = group[0]
            return -len(group), len(first.measure), first.result.gold, first.comparable

        return sorted(groups.values(), key=order)

    def boards(self, group: Sequence[Entry]) -> Iterator[Board]:
        """The boards of comparable runs: one for each task and convention that is wanted."""
        first = group[0]
        tasks = dict.fromkeys(task for entry in group for task in entry.result.tasks)
        wanted = self.options.scoring
        for task in [name for name in tasks if not wanted.tasks or name in wanted.tasks]:
            for convention in _conventions(task, group, wanted):
                tables, systems = {}, {}
                for entry in group:
                    own = entry.result.tasks.get(task, {}).get(convention)
                    if own is None:
                        if task in entry.result.tasks:
                            self.notes.append(f"{entry.place} has no figures for {task} under {convention}")
                        continue
                    if own.table is None:
                        self.notes.append(f"{entry.place} has no counts by article for {task} under {convention}")
                        continue
                    tables[entry.name] = scored_table_of(own)
                    systems[entry.name] = system_of(entry)
                tables = self._of_same_articles(tables, systems, f"{task} under {convention}")
                if tables:
                    yield make_board(
                        tables,
                        systems,
                        task=task,
                        convention=convention,
                        gold=first.result.gold,
                        split=first.result.split,
                        scoring=first.measure,
                        bootstrap=self._bootstrap(first.run),
                        beside=reference_figures(group, task, convention),
                    )

    def _of_same_articles(self, tables: dict[str, Any], systems: Mapping[str, System], about: str) -> dict[str, Any]:
        """The tables over the articles that most of them are about; the others are named."""
        if not tables:
            return tables
        common, _ = Counter(own.table.articles for own in tables.values()).most_common(1)[0]
        for name, own in tables.items():
            if own.table.articles != common:
                articles = number_of(len(own.table.articles), "article")
                self.notes.append(
                    f"{systems[name].path} counts {articles} for {about}, the others {len(common)}: left out"
                )
        return {name: own for name, own in tables.items() if own.table.articles == common}

    def story_notes(self, groups: Sequence[Sequence[Entry]]) -> Iterator[str]:
        """That articles share a story and were drawn each for itself, where results tell that."""
        if self.options.intervals.cluster is None:
            for group in groups:
                stories = SharedStories.from_json(group[0].result.run.get(STORIES))
                if stories is not None:
                    yield f"{group[0].result.gold}: {stories.note()}"

    def _bootstrap(self, run: Run) -> Bootstrap:
        gold = self._gold(run) if self.options.intervals.cluster is not None else None
        bootstrap = bootstrap_of(self.options.intervals, [] if gold is None else [own.article for own in gold])
        # Zero resamples were refused at the beginning.
        return bootstrap or Bootstrap()


def _folder(runs: object) -> Path | None:
    return Path(runs) if isinstance(runs, (str, Path)) else None


def _why_not(run: ListedRun) -> str:
    """Why a run that was found is on no board; empty if it may be."""
    if run.state == "unfinished":
        return f"is not finished ({run.kept} of {number_of(run.articles, 'article')}); continue it with: {run.command}"
    return ""


def _run(given: EvalResult | Run | str | Path, listed_run: ListedRun | None) -> Run:
    """The run; of a result the one that it tells of, without predictions.

    Raises:
        EvalkitError: it cannot be read, or is not finished.
    """
    if isinstance(given, EvalResult):
        return Run.of_result(given)
    if listed_run is not None and listed_run.state == "result" and listed_run.result is not None:
        return replace(Run.of_result(listed_run.result), path=Path(listed_run.path))
    return finished_run(given)


def _why_again(run: Run, asked: Scoring) -> str:
    """Why the stored result of a run cannot be taken as it is; empty if it can."""
    result = run.result
    if result is None:
        return "it was not scored"
    if (version := result.run.get("evalkit")) != __version__:
        return f"it was scored by evalkit {version or 'of another version'}, this is {__version__}"
    if run.sha256 and result.run.get("sha256") != run.sha256:
        return "its result is of other predictions"
    if any(own.table is None for conventions in result.tasks.values() for own in conventions.values()):
        return "its result has no counts by article"
    for task, conventions in result.tasks.items():
        if (not asked.tasks or task in asked.tasks) and not set(_named_or_main(task, asked, conventions)) <= set(
            conventions
        ):
            return "it was not scored under the conventions that were asked for"
    missing = set(asked.tasks) - set(result.tasks) - {name.partition(" ")[0] for name in result.not_evaluated}
    return "it was not scored for the tasks that were asked for" if missing else ""


def _named_or_main(task: str, asked: Scoring, conventions: Mapping[str, Any]) -> tuple[str, ...]:
    """The conventions that a board of a task may need: those named, or its main one."""
    if "all" in asked.conventions:
        return tuple(convention_names(task))
    if asked.conventions:
        return tuple(name for name in asked.conventions if name in convention_names(task))
    return (load_task(task).main,) if conventions else ()


def _conventions(task: str, group: Sequence[Entry], wanted: Scoring) -> list[str]:
    """The conventions of a task that have boards: those that were asked for, else the main one or the first known."""
    known = list(dict.fromkeys(name for entry in group for name in entry.result.tasks.get(task, {})))
    if wanted.conventions and "all" not in wanted.conventions:
        known = [name for name in known if name in wanted.conventions]
    elif not wanted.conventions and known:
        known = [main_convention(task, known)]
    return [name for name in known if is_additive(task, name)]
