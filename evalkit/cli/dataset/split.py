"""`evalkit dataset split`: lays articles out in splits, or looks at the splits that there are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from evalkit.cli.failing import Condition, fail_on_option, status_on
from evalkit.cli.options import PATH, given
from evalkit.cli.reading import read_options
from evalkit.cli.show import Shown, form_options_with, show
from evalkit.options import ReadOptions

__all__ = ["split_command"]

_OF_A_DIVISION = {"out": "--out", "stable": "--stable", "seed": "--seed"}


@click.command("split")
@click.argument("dataset", required=False)
@click.option(
    "--shares", metavar="SHARES", help="The share of each split, as train=.8,dev=.1,test=.1: of articles and labels."
)
@click.option(
    "--days",
    metavar="DAYS",
    help="The first day of test, or those of dev and test, as 2024-06-01,2024-09-01. Beside one day, --shares are "
    "those of what was published before it.",
)
@click.option(
    "--embargo", metavar="N", help="What was published in the N days before one of these days goes nowhere, as 7d."
)
@click.option(
    "--by",
    multiple=True,
    metavar="WHAT",
    help="Divide no group: story, text-story (told by the texts), wire (text in common), outlet, author, or a field of "
    "the metadata; repeatable. --check looks for story by default.",
)
@click.option(
    "--stable",
    is_flag=True,
    help="Shares by a hash of ids, or of the names of groups: met about, without regard to labels; adding articles "
    "moves none, but for a group whose first article by id is another one then.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Another gives other articles to each share.")
@click.option(
    "--out",
    type=PATH,
    metavar="FILE",
    help="Write the list for 'dataset build --splits FILE': JSON, or CSV or TSV by the name of the file.",
)
@click.option("--check", is_flag=True, help="Look at the splits that the dataset has instead of laying it out.")
@fail_on_option("divided>0")
@form_options_with(verdicts=True)
@read_options
def split_command(
    dataset: str | None,
    shares: str | None,
    days: str | None,
    embargo: str | None,
    by: Sequence[str],
    stable: bool,
    seed: int,
    out: Path | None,
    check: bool,
    fail_on: Sequence[Condition],
    form: Shown,
    read: ReadOptions,
) -> int:
    """Lay the articles of a dataset out in splits, whatever split they are in now; with --check, look at these.

    DATASET is a dataset folder, a file or folder of any format, or a hub id; the bundled gold by default. Nothing is
    changed: --out writes the list by which 'dataset build' moves articles.

    By share, each split gets its share of the articles and of the items of each label (iterative stratification), as
    far as groups allow. By day, articles without a day, inside the embargo, or of a group that a day divides go
    nowhere, and are named.

    --check finds groups that are divided, labels far off their share, text that articles of two splits share and, with
    --days or --embargo, articles out of their days. Figures for --fail-on: findings, divided, misplaced, labels,
    shared, off (the largest distance of a share from the one asked for), share.SPLIT; of a division articles,
    left_out, off, labels_off, articles.SPLIT, share.SPLIT.
    """
    if check:
        if odd := given(*_OF_A_DIVISION):
            raise click.UsageError(f"{_OF_A_DIVISION[odd[0]]} is about a new division; leave it or --check out")
        from evalkit.dataset.splitting.checking import check_split

        found = check_split(dataset, shares=shares, days=days, embargo=embargo, by=by or ("story",), read=read)
        show(found, form)
        return status_on(found.figures(), fail_on)
    from evalkit.dataset.splitting.division import split_dataset

    done = split_dataset(dataset, shares=shares, days=days, embargo=embargo, by=by, stable=stable, seed=seed, read=read)
    if out is not None:
        done.write(out)
    show(done, form)
    return status_on(done.figures(), fail_on)
