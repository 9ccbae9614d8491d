"""`evalkit dataset perturb`: the same annotations on other texts, as gold of its own or to see what breaks a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from evalkit.cli.failing import Condition, fail_on_option, status_on
from evalkit.cli.options import (
    PATH,
    ListedOption,
    given,
    interval_options,
    parse_settings,
    scoring_options,
)
from evalkit.cli.progress import shown_progress
from evalkit.cli.reading import read_options
from evalkit.cli.show import Shown, form_options_with, show, show_logs
from evalkit.options import Intervals, ReadOptions, Running, Scoring

__all__ = ["perturb_command"]

_OF_A_MEASUREMENT = {
    **{"settings": "--set", "limit": "--limit", "no_cache": "--no-cache", "fail_on": "--fail-on"},
    **{name: f"--{name.replace('_', '-')}" for name in ("resamples", "level", "cluster", "labels", "scope")},
    **{"tasks": "--task", "conventions": "--convention", "method": "--interval", "min_score": "--min-score"},
    **{name: f"--{name.replace('_', '-')}" for name in ("label_map", "gold_label_map", "predicted_label_map")},
}
_OF_A_DATASET = {"out": "--out", "with_originals": "--with-originals"}


def _kind_list() -> str:
    from evalkit.dataset.perturbing.perturb import KINDS

    return f"What is done to each article; repeatable: {', '.join(KINDS)}. --measure does all by default."


@click.command("perturb")
@click.argument("dataset", required=False)
@click.option("--kind", "kinds", multiple=True, metavar="KIND", cls=ListedOption, listing=_kind_list)
@click.option("--out", type=PATH, metavar="FOLDER", help="Write the perturbed articles as a new dataset folder.")
@click.option("--with-originals", is_flag=True, help="Write the articles as they are beside them, as for training.")
@click.option("--measure", "model", metavar="MODEL", help="Run this extractor over both, and compare the scores.")
@click.option("--split", help="One split; all by default, with --measure test.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A setting of the extractor; repeatable.")
@click.option("--limit", type=click.IntRange(min=1), help="Measure only the first articles by id.")
@click.option("--no-cache", is_flag=True, help="Extract again what the extractor predicted before.")
@fail_on_option("entities.names.difference<-0.05")
@form_options_with(charts=True)
@read_options
@scoring_options
@interval_options
def perturb_command(
    dataset: str | None,
    kinds: Sequence[str],
    out: Path | None,
    with_originals: bool,
    model: str | None,
    split: str | None,
    settings: tuple[str, ...],
    limit: int | None,
    no_cache: bool,
    fail_on: Sequence[Condition],
    form: Shown,
    read: ReadOptions,
    scoring: Scoring,
    intervals: Intervals,
) -> int:
    """Change the texts of a dataset, annotations staying on their words; with --measure, see what breaks a model.

    DATASET is a dataset folder, a file or folder of any format, or a hub id; the bundled gold by default. What is
    changed --seed draws, which with --measure is also that of the resampling.

    With --out, articles keep their ids if there is one --kind and no originals; else a perturbed one is called
    ID--KIND. Their metadata says `perturbed` and `perturbed_from`.

    With --measure, the extractor runs over the articles as they are and under each kind, and micro F1 is compared
    article by article: the difference with its interval, by task. Figures for --fail-on: TASK.f1, TASK.KIND.f1,
    TASK.KIND.difference, TASK.KIND.high (the upper bound of the difference; below 0 the drop is sure).
    """
    if model is None:
        if odd := given(*_OF_A_MEASUREMENT):
            raise click.UsageError(f"{_OF_A_MEASUREMENT[odd[0]]} goes with --measure MODEL; leave it out, or add that")
        if out is None:
            raise click.UsageError("say where to write it with --out FOLDER, or which extractor to --measure")
        from evalkit.dataset.perturbing.perturb import perturb_dataset

        done = perturb_dataset(
            dataset,
            kinds=kinds,
            out=out,
            seed=intervals.seed,
            with_originals=with_originals,
            split=split or "all",
            read=read,
        )
        show(done, form)
        return 0
    if odd := given(*_OF_A_DATASET):
        raise click.UsageError(
            f"{_OF_A_DATASET[odd[0]]} writes a dataset, --measure writes none; leave one of them out"
        )
    from evalkit.dataset.perturbing.perturb import KINDS
    from evalkit.workflows.comparing.robustness import measure_robustness

    show_logs()
    with shown_progress(model) as watched:
        measured = measure_robustness(
            model,
            dataset,
            kinds=kinds or KINDS,
            settings=parse_settings(settings),
            scoring=scoring,
            intervals=intervals,
            running=Running(cache=not no_cache, progress=watched.progress, isolated=True),
            read=replace(read, split=split or "test", limit=limit),
        )
    show(measured, form)
    return status_on(measured.figures(), fail_on)
