"""`evalkit dataset suspects`: items of gold that are probably wrong, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.cli.failing import Condition, fail_on_option, names_of, status_on
from evalkit.cli.options import PATH, Number, given, refuse_existing, scoring_options, with_record
from evalkit.cli.reading import read_options, tool_option, write_options
from evalkit.cli.show import Shown, form_options_with, show, warn
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
    unchanged: bool


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
        "tool": tool_option("--tasks (or what comes back)"),
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
        "unchanged": click.option(
            "--unchanged",
            is_flag=True,
            help="With --corrections: articles that came back as they were written are decided, too.",
        ),
    },
)


@click.command("suspects")
@click.argument("dataset")
@click.argument("runs", nargs=-1, type=PATH, metavar="[RUN]...")
@click.option("--split", default="all", show_default=True, help="Look at one split.")
@click.option(
    "--least", type=Number(0, 1), default=0.5, show_default=True, help="Leave out suspects of less suspicion."
)
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=50,
    show_default=True,
    help="Show so many; 0 for all. What is written for people is always about all.",
)
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
@form_options_with(charts=True)
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
    form: Shown,
    read: ReadOptions,
    target: ReadOptions,
) -> int:
    """Show items of gold that are probably wrong, and items that it lacks, the most suspicious first.

    RUNs are run folders or files of predictions over the gold: the more, and the more different, the better. Each is
    trusted as far as it agrees with the gold elsewhere, and systems that err alike count less. Without any the gold
    itself is asked: the same words marked otherwise elsewhere.

    With --tasks they go to an annotation tool, with --corrections what people made of them comes back as a patch.
    """
    from evalkit.workflows.comparing.replay import replay_runs
    from evalkit.workflows.curating.suspects import find_suspects, rank_unlabelled

    if unlabelled:
        _refuse("--unlabelled", "split", *_OF_SUSPECTS, *_OF_TASKS, *_OF_SCORES, "replay")
        ranking = rank_unlabelled(dataset, runs, read=read)
        show(ranking, form)
        return status_on(ranking.figures(), fail_on)
    read = replace(read, split=split)
    if replay is not None:
        _refuse("--replay", *_OF_SUSPECTS, *_OF_TASKS)
        again = replay_runs(dataset, replay, runs, scoring=scoring, read=read)
        show(again, form)
        return status_on(again.figures(), fail_on)
    _check(mending, target)
    if not runs and k is not None:
        raise click.UsageError("--k is about the scores of runs; name some, or leave it out")
    known = mending.settled is not None and (mending.corrections is None or mending.settled.exists())
    done = find_suspects(
        dataset,
        runs,
        least=least,
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
        from evalkit.workflows.curating.suspect_tasks import write_suspects

        written = write_suspects(done, mending.written, to=mending.tool, profile=target.profile, settings=target.values)
        suspected = number_of(done.found, "suspect")
        warn(f"{written.path}: {suspected} in {number_of(written.articles, 'article')} as {written.format}")
        if written.beside:
            warn(f"{written.path}: beside it {', '.join(written.beside)}")
        if lost := str(written.losses):
            warn(f"{written.path}: {written.format} cannot hold {lost}; it stays as it is in the gold")
    show(done.first(limit) if limit else done, form)
    return status_on(done.figures(), fail_on)


def _take_back(
    dataset: str,
    done: Suspects,
    mending: _Mending,
    read: ReadOptions,
    target: ReadOptions,
    form: Shown,
    fail_on: tuple[Condition, ...],
) -> int:
    from evalkit.analysis.suspects.settled import read_decisions, write_decisions
    from evalkit.files import json_bytes, write_file
    from evalkit.workflows.curating.suspect_tasks import read_corrections

    if mending.corrections is None:
        return 0
    corrected = replace(target, format=mending.tool)
    came_back = read_corrections(
        dataset, mending.corrections, done, unchanged=mending.unchanged, read=read, corrected=corrected
    )
    before = read_decisions(mending.settled) if mending.settled is not None and mending.settled.exists() else []
    if mending.patch is not None:
        write_file(mending.patch, json_bytes(came_back.to_json()))
    if mending.settled is not None:
        write_decisions(mending.settled, [*before, *came_back.decisions])
    show(came_back, form)
    return status_on(came_back.figures(), fail_on)


_OF_SUSPECTS = ("least", "limit", "k", "settled", "record")
_OF_TASKS = ("written", "tool", "corrections", "patch", "unchanged", "to_profile", "write")
_OF_SCORES = (
    *("tasks", "conventions", "label_map", "gold_label_map", "predicted_label_map", "labels", "scope", "min_score"),
    "without",
)
"""The parameters that are about suspects, about tasks for people, and about scores."""


def _refuse(option: str, *others: str) -> None:
    if unused := given(*others):
        command = click.get_current_context().command
        name = next(one.opts[0] for one in command.params if one.name == unused[0])
        raise click.UsageError(f"{name} says nothing with {option}; leave one of them out")


def _check(mending: _Mending, target: ReadOptions) -> None:
    """Refuses options that go together and are not, before anything is looked for."""
    if mending.written is not None and mending.corrections is not None:
        raise click.UsageError("--tasks goes out and --corrections comes back; give one of them")
    if mending.corrections is not None:
        _refuse("--corrections", "limit", "k", "record")
    elif (mending.written is None) != (mending.tool is None):
        raise click.UsageError("--tasks FILE and --tool NAME go together: the new file or folder, and its format")
    for name, value in {"patch": mending.patch is not None, "unchanged": mending.unchanged}.items():
        if value and mending.corrections is None:
            raise click.UsageError(f"--{name} is about what came back; add --corrections")
    if mending.patch is not None:
        refuse_existing(mending.patch)
    if target != ReadOptions() and mending.written is None and mending.corrections is None:
        raise click.UsageError("--to-profile and --write say how --tasks is written; add it")
    if mending.written is not None and mending.tool is not None:
        from evalkit.predictions.suggestions import check_destination

        check_destination(mending.written, mending.tool, target)
