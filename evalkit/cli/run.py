"""`evalkit run`: run an extractor over gold, score it, show and keep the result."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli.options import (
    PATH,
    articles_option,
    extractor_options,
    interval_options,
    parse_settings,
    scoring_options,
)
from evalkit.cli.progress import Watched, shown_progress
from evalkit.cli.reading import read_options
from evalkit.cli.settings import in_use, words_of
from evalkit.cli.show import (
    TERMINAL,
    Shown,
    advise,
    form_options_with,
    say,
    show,
    show_logs,
    status_of,
    warn,
    write_beside,
)
from evalkit.errors import InputError, interruption_of
from evalkit.options import EXECUTORS, Intervals, Options, ReadOptions, Running, Scoring, Shard
from evalkit.showing import number_of

if TYPE_CHECKING:
    from evalkit.predictions.facts import GoldReference
    from evalkit.predictions.run import Run
    from evalkit.predictions.speed import Speed

__all__ = ["run_command"]

_SILENT = {
    **{"--out": 1, "-o": 1, "--output": 1, "--workers": 1, "--batch-size": 1, "--max-failures": 1, "--to": 1},
    **{"--executor": 1, "--address": 1},
    **{"--cache-size": 1, "--no-cache": 0, "--restart": 0, "--keep-failed": 0, "--json": 0},
    **{"--max-cost": 1, "--max-tokens": 1, "--dry-run": 0, "--download": 0, "--speed": 1, "--mlflow": 1},
}
"""Options that change no byte of a run, and how many values they take."""

_SIZE = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?) ?([kmgt]i?b)", re.IGNORECASE)
_UNITS = {f"{first}B": 1000**number for number, first in enumerate("KMGT", 1)}
_UNITS |= {f"{first}IB": 1024**number for number, first in enumerate("KMGT", 1)}
"""How a size is written, and how many bytes that is."""

SHOWN = 10
"""So many articles of a shard that failed are named."""


def _batch_size(context: click.Context, parameter: click.Parameter, value: str) -> int | None:
    if value == "auto":
        return None
    if not (value.isascii() and value.isdecimal()) or len(value) > 9 or int(value) < 1:
        raise click.BadParameter(f"{value!r:.60} is not 'auto' or a whole number from 1")
    return int(value)


def _cache_size(context: click.Context, parameter: click.Parameter, value: str) -> int:
    found = _SIZE.fullmatch(value.strip())
    if found is None and value.strip() != "0":
        known = "write a number with MB, GB, TB, MiB, GiB or TiB, such as 5GB, or 0"
        raise click.BadParameter(f"{value!r:.60} is no size; {known}")
    return 0 if found is None else int(float(found[1]) * _UNITS[found[2].upper()])


def _shard(context: click.Context, parameter: click.Parameter, value: str | None) -> Shard | None:
    try:
        return None if value is None else Shard.parse(value)
    except InputError as error:
        raise click.BadParameter(str(error)) from error


@click.command("run")
@extractor_options
@click.option(
    "--dataset",
    metavar="PATH|NAME",
    help="Gold: a file, a folder (all its files are one dataset), a public corpus by name (evalkit dataset list) or a "
    "hub id; the bundled gold by default.",
)
@click.option(
    "--split", metavar="NAME", default="test", show_default=True, help="The split of the gold; all for every one."
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first articles by id.")
@articles_option
@click.option(
    "--suite",
    type=PATH,
    is_eager=True,
    metavar="FILE",
    help="In place of --model: a TOML file of models, datasets and variants, each run in a folder of its own.",
)
@click.option(
    "--batch-size",
    metavar="N|auto",
    default="auto",
    show_default=True,
    callback=_batch_size,
    help="Articles handed over at once.",
)
@click.option(
    "--workers", type=click.IntRange(min=1), metavar="N", default=1, show_default=True, help="Batches at once."
)
@click.option(
    "--executor",
    type=click.Choice(EXECUTORS),
    default="local",
    show_default=True,
    help="Where they are worked on: in threads or processes here, or on a Ray cluster (extra ray).",
)
@click.option(
    "--address",
    metavar="ADDRESS",
    help="The Ray cluster: auto, HOST:PORT or ray://HOST:PORT; RAY_ADDRESS, or one that is started here by default.",
)
@click.option(
    "--shard",
    metavar="I/N",
    callback=_shard,
    help="Only part I of N, counted from 1, the same articles wherever it runs; evalkit merge makes the run of all.",
)
@click.option("--out", type=PATH, help="The run folder; runs/NAME-KEY by default.")
@click.option(
    "--no-cache",
    is_flag=True,
    help="Extract again what other runs or a finished run predicted; one that was interrupted is continued.",
)
@click.option(
    "--cache-size",
    metavar="SIZE",
    default="5GB",
    show_default=True,
    callback=_cache_size,
    help="How much may be kept of all extractors; what nobody used for longest goes first. 0 for no limit.",
)
@click.option(
    "--restart",
    is_flag=True,
    help="Extract everything again: over an interrupted run, or one of the same model before its code changed.",
)
@click.option("--keep-failed", is_flag=True, help="Leave articles that failed before; else they are tried again.")
@click.option(
    "--max-failures",
    type=click.IntRange(min=0),
    metavar="N",
    help="Exit status 1 if more articles fail; by default only if all do.",
)
@click.option(
    "--dry-run", is_flag=True, help="Say how many articles would be asked about, and what that takes; ask nobody."
)
@click.option(
    "--speed",
    type=click.IntRange(min=1, max=1000),
    metavar="N",
    help="Time N passes over the articles after one that warms up, nothing from the cache, and keep it in speed.json.",
)
@click.option(
    "--mlflow",
    metavar="EXPERIMENT",
    help="Also keep the run in this experiment of the MLflow server that MLFLOW_TRACKING_URI names.",
)
@click.option("--no-floor", is_flag=True, help="Leave out the trivial baseline beside the model.")
@read_options
@scoring_options
@interval_options
@form_options_with(charts=True)
def run_command(
    model: str, dataset: str | None, scoring: Scoring, intervals: Intervals, read: ReadOptions, **rest: Any
) -> int:
    """Run an extractor over gold articles and print how good it is, task by task.

    The run is written to a folder; the same command continues a run that was interrupted, tries again the articles that
    failed, and scores a finished one again without extracting. A shard is not scored: evalkit merge does that, once.

    Articles that fail are named and count as missed. Exit status 1 if all of them fail, more than --max-failures, or
    nothing could be evaluated.
    """
    from evalkit.workflows.running.measure import measure_extractor
    from evalkit.workflows.running.plan import plan_extraction

    show_logs()
    if rest["shard"] is not None and rest["speed"] is not None:
        raise click.UsageError("--speed is about a whole run; leave it out, or --shard")
    if rest["suite"] is not None:
        from evalkit.cli.suite import run_the_suite

        return run_the_suite(rest["suite"], _running(rest), rest["form"], baseline=not rest["no_floor"])
    if rest["speed"] is not None and rest["executor"] != "local":
        raise click.UsageError("--speed measures this machine: leave --executor out")
    settings = parse_settings(rest["settings"])
    with shown_progress(model) as watched:
        running = replace(_running(rest), progress=watched.progress, standing=watched.standing)
        read = replace(read, split=rest["split"], limit=rest["limit"], articles=rest["articles"])
        options = Options(scoring=scoring, intervals=intervals, read=read, running=running)
        if rest["dry_run"]:
            show(plan_extraction(model, dataset, options, settings=settings), rest["form"], heading=False)
            return 0
        try:
            run = measure_extractor(model, dataset, options, settings=settings, baseline=not rest["no_floor"])
        except BaseException as stop:
            if (interrupt := interruption_of(stop)) is not None:
                advise(interrupt, *_advice(watched, getattr(interrupt, "__notes__", ())))
            raise
        speed = None if rest["speed"] is None else _measured(model, run, rest["speed"], options, settings)
    _show(run, rest["form"])
    if speed is not None and rest["form"].form == TERMINAL:
        show(speed, heading=False)
    return status_of(run.shortfall)


def _measured(model: str, run: Run, passes: int, options: Options, settings: Mapping[str, str]) -> Speed:
    """The speed of the extractor over the articles of a run, which its folder then holds."""
    from evalkit.workflows.running.measure import narrowed
    from evalkit.workflows.running.speed import measure_speed

    running = replace(options.running, out=run.path, standing=None)
    own = narrowed(model, options, settings)
    return measure_speed(model, run.dataset, passes=passes, settings=own, running=running)


def _advice(watched: Watched, notes: Sequence[str]) -> tuple[str, str]:
    """How far a run came that was interrupted, and the command that goes on with it; notes say why none does."""
    from evalkit.secrets import redacted_command

    # Asked to begin anew it would do so once more, and asked for nothing take the finished run that was there before.
    typed = ["--no-cache" if word == "--restart" else word for word in _whole_command()]
    command = shlex.join(["evalkit", *redacted_command(typed)])
    if notes:
        return f"; {'; '.join(notes)}; that is:", command
    if not watched.total:
        return " before anything was extracted; to begin again:", command
    left = watched.total - watched.done
    if not left:
        return f": all {number_of(watched.total, 'article')} are kept, and nothing is scored; to score them:", command
    kept = f"{watched.done} of {number_of(watched.total, 'article')} are kept" if watched.done else "nothing is kept"
    return f": {kept}, {left} left; to go on:", command


def _running(given: Mapping[str, Any]) -> Running:
    """How extractors are run, from the options by name."""
    return Running(
        batch_size=given["batch_size"],
        workers=given["workers"],
        executor=given["executor"],
        address=given["address"],
        cache=not given["no_cache"],
        cache_size=given["cache_size"],
        restart=given["restart"],
        keep_failed=given["keep_failed"],
        max_failures=given["max_failures"],
        out=given["out"],
        isolated=True,
        article_timeout=given["article_timeout"],
        max_cost=given["max_cost"],
        max_tokens=given["max_tokens"],
        announce=warn,
        # Who only plans keeps nothing.
        callbacks=() if given["dry_run"] else _trackers(given["mlflow"]),
        command=_command(_whole_command()),
        shard=given["shard"],
    )


def _whole_command() -> list[str]:
    """The words of the command line, with what comes from settings as if it stood there: it says all by itself."""
    context = click.get_current_context()
    return [*(context.find_root().obj or ()), *words_of(in_use(context))]


def _trackers(experiment: str | None) -> tuple[Callable[[Any], None], ...]:
    """Who follows the run: nobody, unless it was asked for."""
    if experiment is None:
        return ()
    from evalkit.integrations.mlflow import MlflowTracker

    return (MlflowTracker(experiment),)


def _command(arguments: Sequence[str]) -> str:
    """The command line as it was typed, but for what changes no byte of the run, and secrets."""
    from evalkit.secrets import redacted_command

    kept = []
    words = iter(arguments)
    for word in words:
        name, equals, _ = word.partition("=")
        if name in _SILENT:
            for _ in range(0 if equals else _SILENT[name]):
                next(words, "")
            continue
        if word.startswith("-o") and word != "-o":
            # A short option and its value in one word.
            continue
        kept.append(word)
    return shlex.join(["evalkit", *redacted_command(kept)])


def _show(run: Run, form: Shown) -> None:
    gold = run.gold
    if form.form != TERMINAL or gold is None:
        show(run.result or run, form, heading=False)
        return
    if run.shard is not None:
        _show_shard(run, gold, run.shard)
        write_beside(run, form)
        return
    say(f"{run.extractor} on {gold.name}, split {gold.split}: {number_of(gold.articles, 'article')}")
    say("")
    show(run.result, form, heading=False)
    say(_how_made(run, gold.articles))
    say(f"written to {run.path}")


def _show_shard(run: Run, gold: GoldReference, shard: Shard) -> None:
    of = number_of(0 if run.whole is None else run.whole.articles, "article")
    say(f"{run.extractor} on {gold.name}, split {gold.split}, {shard.words}: {gold.articles} of {of}")
    for note in [*run.asides, *(f"failed: {name}: {error}" for name, error in list(run.failed.items())[:SHOWN])]:
        say(f"note: {note}")
    say(_how_made(run, gold.articles))
    say(f"written to {run.path}; when all {shard.of} are there: evalkit merge SHARD … --out RUN")


def _how_made(run: Run, articles: int) -> str:
    """How many predictions were made now and how fast, and how many were there."""
    kept, speed = articles - run.fresh, run.articles_per_second
    words = (
        []
        if speed is None
        else [f"{number_of(run.fresh, 'article')} extracted in {run.seconds:.1f} s, {speed:.1f} articles/s"]
    )
    if kept:
        words.append(f"{number_of(kept, 'prediction')} reused (--no-cache extracts again)")
    return "; ".join(words)
