"""`evalkit dataset review`: what a pull request does to gold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.cli.options import PATH
from evalkit.cli.posts import Posts, post_options
from evalkit.cli.reading import read_options
from evalkit.cli.show import Shown, form_options_with, show
from evalkit.options import ReadOptions

if TYPE_CHECKING:
    from evalkit.analysis.review import DatasetReview

__all__ = ["review_command"]


@click.command("review")
@click.argument("dataset", type=PATH)
@click.option("--rev", "revision", required=True, metavar="REV", help="The revision of git that it is compared with.")
@click.option(
    "--against", multiple=True, metavar="OTHER", help="A training corpus in which no article may stand; repeatable."
)
@click.option("--github", is_flag=True, help="Also tell GitHub the file and line of each finding (::error file=…).")
@click.option("--limit", type=click.IntRange(min=0), default=100, show_default=True, help="Show so many; 0 for all.")
@post_options("gold")
@form_options_with(verdicts=True)
@read_options
def review_command(
    dataset: Path,
    revision: str,
    against: tuple[str, ...],
    github: bool,
    limit: int,
    posts: Posts,
    form: Shown,
    read: ReadOptions,
) -> int:
    """Say what a change does to gold: what is wrong with DATASET now, what leaks since REV, and what changed.

    Exit status: 0 nothing is wrong, 1 something is. Articles that shared text before are counted, and no finding.
    """
    from evalkit.workflows.curating.review import review_dataset

    review = review_dataset(dataset, revision=revision, against=against, read=read)
    posts.write(review, limit=limit)
    show(review, form, limit=limit)
    if github:
        _give_orders(review)
    return review.exit_code


def _give_orders(review: DatasetReview) -> None:
    import os

    from evalkit.harmless import BuildOrder
    from evalkit.report.forms.console import give_order

    root = os.environ.get("GITHUB_WORKSPACE") or os.getcwd()
    for one in review.findings:
        file = os.path.relpath(os.path.realpath(one.file), os.path.realpath(root)) if one.file else ""
        # What lies elsewhere has no name in the repository.
        inside = file if not file.startswith(os.pardir) else ""
        message = f"{one.article_id}: {one.place}: {one.message}"
        give_order(BuildOrder(kind="error", message=message, file=inside, line=one.line, title=one.code))
