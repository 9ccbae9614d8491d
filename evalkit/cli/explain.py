"""`evalkit explain`: what is wrong with a run, or what each item of one article earned under each convention."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from evalkit.cli.options import PATH, ListedOption, given, interval_options, task_options
from evalkit.cli.show import form_options_with, show
from evalkit.machine import keep_to_one_thread
from evalkit.options import Intervals, Scoring

__all__ = ["explain_command"]

_OF_A_RUN = ("slices", "resamples", "seed", "method", "level", "cluster")
_OF_ARTICLES = "without"
_SPELLED = {"slices": "slice", "method": "interval", "fit": "fit-threshold"}


def _slice_list() -> str:
    from evalkit.scoring.tasks.table import load_task, task_names

    names = dict.fromkeys(name for task in task_names() for name in load_task(task).properties)
    return f"A run: slice by this; repeatable: {', '.join(names)}, source, year, lang, a key of the metadata, or 'all'."


@click.command("explain")
@click.argument("run", type=PATH)
@click.argument("article_id", required=False, metavar="[ARTICLE_ID]")
@click.argument("span", required=False, metavar="[SPAN]")
@click.option("--dataset", help="Where the gold is now, if not where the run found it.")
@click.option("--slice", "slices", multiple=True, metavar="FIELD", cls=ListedOption, listing=_slice_list)
@click.option(
    "--fit-threshold", "fit", is_flag=True, help="A run: the --min-score with the best F1, for all labels and for each."
)
@click.option(
    "--where",
    metavar="CONDITION",
    help='A run: the articles of which this holds, such as "missed > 3", \'entities.f1 < .5 and source == "post"\'.',
)
@form_options_with(charts=True)
@task_options
@interval_options
def explain_command(
    run: Path,
    article_id: str | None,
    span: str | None,
    scoring: Scoring,
    intervals: Intervals,
    **rest: Any,
) -> None:
    """Show what is wrong with RUN: kinds of errors and what they cost, confusions, hard articles, slices.

    With ARTICLE_ID, show every gold and predicted item of that article with its credit under each convention. SPAN
    limits this to items that touch a stretch of the text: START-END in characters, or words of the article. Options
    about slices and intervals go with a whole run. With --fit-threshold, show the least scores that give the best F1;
    fit them on dev. With --where, list the articles with some counts or properties: kinds of errors, gold, predicted,
    lost (credit), of all tasks or of one as in entities.missed; id, title, source, year, keys of the metadata.
    """
    keep_to_one_thread()
    dataset, form = rest["dataset"], rest["form"]
    if rest["where"] is not None:
        if odd := given("article_id", "fit", *_OF_A_RUN):
            named = "ARTICLE_ID" if odd[0] == "article_id" else f"--{_SPELLED.get(odd[0], odd[0])}"
            raise click.UsageError(f"{named} has no use with --where; leave one of the two out")
        from evalkit.workflows.looking.found_articles import find_articles

        show(find_articles(run, rest["where"], dataset=dataset, scoring=scoring), form)
        return
    if rest["fit"]:
        if odd := given("article_id", *_OF_A_RUN):
            named = "ARTICLE_ID" if odd[0] == "article_id" else f"--{_SPELLED.get(odd[0], odd[0])}"
            raise click.UsageError(f"{named} has no use with --fit-threshold; leave one of the two out")
        from evalkit.workflows.looking.thresholds import fit_thresholds

        show(fit_thresholds(run, dataset=dataset, scoring=scoring), form)
        return
    if article_id is not None:
        if odd := given(*_OF_A_RUN, _OF_ARTICLES):
            raise click.UsageError(
                f"--{_SPELLED.get(odd[0], odd[0])} goes with a whole run; leave it or the article out"
            )
        from evalkit.workflows.looking.explain import explain_run

        show(explain_run(run, article_id, span, dataset=dataset, scoring=scoring), form)
        return
    from evalkit.workflows.inputs import finished_run
    from evalkit.workflows.looking.diagnose import diagnose

    diagnosis = diagnose(finished_run(run), dataset, slices=rest["slices"], scoring=scoring, intervals=intervals)
    show(diagnosis, form)
