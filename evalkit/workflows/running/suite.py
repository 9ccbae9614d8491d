"""A suite from end to end: models × datasets × variants, each in a folder of its own, gone on with where it stopped."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

from evalkit.dataset.gold import GoldDataset
from evalkit.errors import EvalkitError, InputError, OutputError
from evalkit.files import path_of
from evalkit.options import Options, OptionWords, Running, options_of
from evalkit.predictions.events import followed_suite
from evalkit.predictions.run import Run
from evalkit.predictions.suites.cells import Suite, SuiteCell, SuiteResult, SuiteRun
from evalkit.predictions.suites.file import read_suite
from evalkit.secrets import redacted_command
from evalkit.showing import number_of
from evalkit.workflows.comparing.runs import figures_of_result
from evalkit.workflows.inputs import gold_from
from evalkit.workflows.running.measure import measure_extractor
from evalkit.workflows.scoring.pairing import check_scoring, check_words
from evalkit.workflows.scoring.score import bootstrap_of

__all__ = ["run_suite"]


def run_suite(
    suite: str | Path,
    *,
    baseline: bool = True,
    running: Running | None = None,
    began: Callable[[str], None] | None = None,
    **words: Unpack[OptionWords],
) -> SuiteResult:
    """Runs every model of a suite over every dataset, in every variant, and scores it.

    The same call goes on where one was interrupted: runs that are whole are scored again without extracting, one that
    was stopped in the middle is continued, to the same bytes. A run that cannot be made keeps no other from being made.

    Args:
        suite: the TOML file (see `evalkit.predictions.suites.file`).
        baseline: also score the trivial baseline beside each model.
        running: how extractors are run; `out` is the folder of the suite, in place of the one that the file names.
        began: told of each run before it begins, in one line.
        words: fields of `running`, such as `workers=4` or `out="runs/spring"`; what the file says counts before them.

    Raises:
        InputError: the file cannot be read, or says what cannot be; nothing has been run then.
        EvalkitError: a dataset or an option cannot be used; nothing has been run then either.
        OutputError: a folder of the suite is a link out of it, or one on the way to the folder that the file names.
    """
    base = options_of(words, takes=("running",), running=running).running
    wanted_out = None if base.out is None else path_of(base.out, "out must be the path of a folder")
    read = read_suite(path_of(suite, "suite must be the path of a TOML file"), wanted_out)
    # Before any code of others runs, which may change the working folder.
    out = Path(read.out).absolute()
    if wanted_out is None:
        _refuse_links_to(read)
    prepared = _prepared(read, out, base)
    runs, whole = [], 0
    with followed_suite(read.name, base.callbacks):
        for number, (cell, gold, options) in enumerate(prepared, 1):
            if began is not None:
                began(f"run {number} of {len(prepared)}: {cell.folder}")
            place = (Path(read.out) / cell.folder).as_posix()
            about = SuiteRun(model=cell.model, dataset=cell.dataset, variant=cell.variant, path=place)
            try:
                _refuse_links(out, cell)
                run = measure_extractor(cell.spelling, gold, options, settings=cell.settings, baseline=baseline)
            except EvalkitError as error:
                runs.append(replace(about, problem=str(error)))
                continue
            whole += not run.fresh
            runs.append(_done(about, run))
    asides = (f"{number_of(whole, 'run')} had every prediction already",) if whole else ()
    return SuiteResult(name=read.name, out=read.out, runs=tuple(runs), asides=asides)


def _done(about: SuiteRun, run: Run) -> SuiteRun:
    return replace(
        about,
        problem=run.shortfall,
        articles=len(run.predictions),
        failed=len(run.failed),
        figures=figures_of_result(run.result, None),
    )


def _prepared(suite: Suite, out: Path, base: Running) -> list[tuple[SuiteCell, GoldDataset, Options]]:
    """Every cell with its gold and its options: what can be refused before anything is run, is.

    Raises:
        EvalkitError: a dataset or an option cannot be used; names the run.
    """
    golds: dict[str, GoldDataset] = {}
    prepared = []
    for cell in suite.cells:
        where = f"suite {suite.name}, {cell.folder}"
        try:
            options = _options(cell, out, base)
            check_words(options.scoring)
            gold = _gold(cell, options, golds)
            bootstrap_of(options.intervals, [example.article for example in gold])
            check_scoring(gold, options.scoring)
            _refuse_links(out, cell)
        except EvalkitError as error:
            raise type(error)(f"{where}: {error}") from error
        prepared.append((cell, gold, options))
    return prepared


def _options(cell: SuiteCell, out: Path, base: Running) -> Options:
    words: Any = cell.words
    options = options_of(words, takes=("scoring", "intervals", "read", "running"), running=base)
    running = replace(options.running, out=out / cell.folder, command=command_of(cell))
    return replace(options, running=running)


def command_of(cell: SuiteCell) -> str:
    """The command line that makes the run of a cell alone, without secrets and what changes no byte of a run."""
    words = ["run", "--model", cell.spelling]
    words += [word for name, value in cell.settings.items() for word in ("--set", f"{name}={value}")]
    words += [] if cell.source is None else ["--dataset", cell.source]
    for name, value in cell.words.items():
        if name in ("batch_size", "max_cost", "max_tokens", "max_failures"):
            continue
        if name == "values":
            words += [word for key, own in value.items() for word in ("--read", f"{key}={own}")]
            continue
        values = value if isinstance(value, list) else [value]
        values = [",".join(values)] if name == "labels" else values
        words += [word for own in values for word in (f"--{_SINGULAR.get(name, name).replace('_', '-')}", str(own))]
    return shlex.join(["evalkit", *redacted_command(words)])


_SINGULAR = {"tasks": "task", "conventions": "convention"}
"""What a command line calls otherwise, once for each."""


def _gold(cell: SuiteCell, options: Options, golds: dict[str, GoldDataset]) -> GoldDataset:
    """The gold of a cell; of cells that read it in one way it is read once."""
    key = repr((cell.source, options.read, options.scoring.gold_maps))
    if key not in golds:
        golds[key] = gold_from(cell.source, options.read, options.scoring.gold_maps)
    return golds[key]


def _refuse_links_to(suite: Suite) -> None:
    """Refuses a folder that a file names, or is named after, where a link leads there: it lies where one stands.

    Raises:
        OutputError: a folder on the way is a link.
    """
    for place in (Path(suite.out), *Path(suite.out).parents):
        if place.is_symlink():
            raise OutputError(
                f"suite {suite.name}: {place}: is a link, which may lead out of the working folder; delete it, or say "
                "with --out where the runs are to lie"
            )


def _refuse_links(out: Path, cell: SuiteCell) -> None:
    """Refuses to write where a link leads: the runs of a suite lie in its folder and nowhere else.

    Raises:
        OutputError: a folder of the cell is a link.
    """
    place = out
    for part in cell.folder.split("/"):
        place = place / part
        if place.is_symlink():
            raise OutputError(f"{place}: is a link, which may lead out of {out}; delete it, or choose another --out")
        if not place.resolve().is_relative_to(out.resolve()):
            raise InputError(f"{place}: lies outside of {out}; give the model or dataset another name")
