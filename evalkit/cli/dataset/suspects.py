"""`evalkit dataset suspects`: items of gold that are probably wrong, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.cli.failing import Condition, fail_on_option, names_of, status_on
from evalkit.cli.options import PATH, given, scoring_options, with_record
from evalkit.cli.reading import read_options, tool_option, write_options
from evalkit.cli.show import form_options, show, warn
from evalkit.options import ReadOptions, Scoring
from evalkit.showing import number_of

if TYPE_CHECKING:
    from evalkit.analysis.suspects.result import Suspects

__all__ = ["suspects_command"]


@dataclass(frozen=True)
class _Mending:
    """Where suspects go to, and what comes back."""

    written: Path | None
    tool: str | None
    corrections: Path | None
    patch: Path | None
    settled: Path | None


_mending_options = with_record(
    "mending",
    _Mending,
    {
        "written": click.option(
            "--tasks",
            "written",
            type=PATH,
            metavar="FILE",
            help="Write the articles with suspects for people to correct, the most suspicious first (with --tool).",
        ),
        "tool": tool_option("--tasks"),
        "corrections": click.option(
            "--corrections",
            type=PATH,
            metavar="FILE",
            help="Show what was corrected in articles that came back, in any format; other options as before.",
        ),
        "patch": click.option(
            "--patch", type=PATH, metavar="FILE", help="Write the corrections as a patch (with --corrections)."
        ),
        "settled": click.option(
            "--settled",
            type=PATH,
            metavar="FILE",
            help="Leave out what was decided before, as this file says; with --corrections add what is decided now.",
        ),
    },
)


@click.command("suspects")
@click.argument("dataset")
@click.argument("runs", nargs=-1, type=PATH, metavar="[RUN]...")
@click.option("--split", default="all", show_default=True, help="Look at one split.")
@click.option(
    "--least", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Leave out suspects of less suspicion."
)
@click.option("--limit", type=click.IntRange(min=0), default=50, show_default=True, help="Show so many; 0 for all.")
@click.option(
    "--k",
    type=click.IntRange(min=0),
    help="What each score could be if so many suspects of a layer are wrong; by default those from --least on.",
)
@_mending_options
@write_options
@click.option(
    "--replay", metavar="GOLD|PATCH", help="Score the runs on this corrected gold instead, and say whose rank changes."
)
@click.option("--unlabelled", is_flag=True, help="Rank the articles of DATASET by disagreement; no gold is needed.")
@click.option(
    "--record", is_flag=True, help="Keep the main figures in the dataset folder, for its card; of the whole dataset."
)
@fail_on_option("items>10")
@scoring_options
@form_options
@read_options
def suspects_command(
    dataset: str,
    runs: tuple[Path, ...],
    split: str,
    least: float,
    limit: int,
    k: int | None,
    mending: _Mending,
    replay: str | None,
    unlabelled: bool,
    record: bool,
    fail_on: tuple[Condition, ...],
    scoring: Scoring,
    form: str,
    read: ReadOptions,
    target: ReadOptions,
) -> int:
    """Show items of gold that are probably wrong, and items that it lacks, the most suspicious first.

    RUNs are run folders or files of predictions over the gold: the more, and the more different, the better. Each is
    trusted as far as it agrees with the gold elsewhere, and systems that err alike count less. Without any the gold
    itself is asked: the same words marked otherwise elsewhere.

    With --tasks they go to an annotation tool, with --corrections what people made of them comes back as a patch.
    """
    from evalkit.workflows.replay import replay_runs
    from evalkit.workflows.suspects import find_suspects, rank_unlabelled

    if unlabelled:
        _refuse("--unlabelled", "split", "least", "limit", "k", "settled", "written", "corrections", "replay", "record")
        ranking = rank_unlabelled(dataset, runs, read=read)
        show(ranking, form)
        return status_on(ranking.figures(), fail_on)
    read = replace(read, split=split)
    if replay is not None:
        _refuse("--replay", "least", "limit", "k", "settled", "written", "corrections", "record")
        again = replay_runs(dataset, replay, runs, scoring=scoring, read=read)
        show(again, form)
        return status_on(again.figures(), fail_on)
    _check(mending, target)
    known = mending.settled is not None and (mending.corrections is None or mending.settled.exists())
    done = find_suspects(
        dataset,
        runs,
        least=least,
        most=limit or None,
        k=k,
        settled=mending.settled if known and mending.settled is not None else (),
        record=record,
        needed=names_of(fail_on) if mending.corrections is None else (),
        scoring=scoring,
        read=read,
    )
    if mending.corrections is not None:
        return _take_back(dataset, done, mending, read, target, form, fail_on)
    if mending.written is not None and mending.tool is not None:
        from evalkit.workflows.suspect_tasks import write_suspects

        written = write_suspects(done, mending.written, to=mending.tool, profile=target.profile, settings=target.values)
        warn(f"{written.path}: {number_of(written.articles, 'article')} as {written.format}")
        if written.beside:
            warn(f"{written.path}: beside it {', '.join(written.beside)}")
        if lost := str(written.losses):
            warn(f"{written.path}: {written.format} cannot hold {lost}; it stays as it is in the gold")
    show(done, form)
    return status_on(done.figures(), fail_on)


def _take_back(
    dataset: str,
    done: Suspects,
    mending: _Mending,
    read: ReadOptions,
    target: ReadOptions,
    form: str,
    fail_on: tuple[Condition, ...],
) -> int:
    from evalkit.analysis.suspects.settled import read_decisions, write_decisions
    from evalkit.files import json_bytes, write_file
    from evalkit.workflows.suspect_tasks import read_corrections

    if mending.corrections is None:
        return 0
    came_back = read_corrections(
        dataset, mending.corrections, done, read=read, corrected=ReadOptions(profile=target.profile)
    )
    before = read_decisions(mending.settled) if mending.settled is not None and mending.settled.exists() else []
    if mending.patch is not None:
        write_file(mending.patch, json_bytes(came_back.to_json()))
    if mending.settled is not None:
        write_decisions(mending.settled, [*before, *came_back.decisions])
    show(came_back, form)
    return status_on(came_back.figures(), fail_on)


def _refuse(option: str, *others: str) -> None:
    if unused := given(*others):
        name = unused[0].replace("written", "tasks")
        raise click.UsageError(f"--{name} says nothing with {option}; leave one of them out")


def _check(mending: _Mending, target: ReadOptions) -> None:
    """Refuses options that go together and are not, before anything is looked for."""
    if (mending.written is None) != (mending.tool is None):
        raise click.UsageError("--tasks FILE and --tool NAME go together: the new file or folder, and its format")
    if mending.written is not None and mending.corrections is not None:
        raise click.UsageError("--tasks goes out and --corrections comes back; give one of them")
    if mending.patch is not None and mending.corrections is None:
        raise click.UsageError("--patch is about what came back; add --corrections")
    if target != ReadOptions() and mending.written is None and mending.corrections is None:
        raise click.UsageError("--to-profile and --write say how --tasks is written; add it")
    if mending.written is not None and mending.tool is not None:
        from evalkit.predictions.suggestions import check_destination

        check_destination(mending.written, mending.tool, target)
