"""`evalkit explain`: what is wrong with a run, or what each item of one article earned under each convention."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from evalkit.cli.diagnose import diagnosis_options, refuse_diagnosis_options, show_diagnosis
from evalkit.cli.options import PATH
from evalkit.errors import InputError

__all__ = ["explain_command"]


@click.command("explain")
@click.argument("run", type=PATH)
@click.argument("article_id", required=False, metavar="[ARTICLE_ID]")
@click.argument("span", required=False, metavar="[SPAN]")
@click.option("--task", "tasks", multiple=True, help="Explain this task only; repeatable.")
@click.option(
    "--convention", "conventions", multiple=True, help="Show this convention only; repeatable. All by default."
)
@click.option("--dataset", help="Where the gold is now, if not where the run found it.")
@diagnosis_options
@click.option("--json", "as_json", is_flag=True, help="Write JSON to standard output and nothing else.")
def explain_command(
    run: Path,
    article_id: str | None,
    span: str | None,
    tasks: tuple[str, ...],
    conventions: tuple[str, ...],
    dataset: str | None,
    as_json: bool,
    **whole: Any,
) -> None:
    """Show what is wrong with RUN: kinds of errors and what they cost, confusions, hard articles, slices.

    With ARTICLE_ID, show every gold and predicted item of that article with its credit under each convention. SPAN
    limits this to items that touch a stretch of the text: START-END in characters, or words of the article.
    """
    if article_id is None:
        show_diagnosis(run, tasks=tasks, conventions=conventions, dataset=dataset, as_json=as_json, **whole)
        return
    refuse_diagnosis_options(whole)
    _explain_article(run, article_id, span, tasks, conventions, dataset, as_json)


def _explain_article(
    run: Path,
    article_id: str,
    span: str | None,
    tasks: tuple[str, ...],
    conventions: tuple[str, ...],
    dataset: str | None,
    as_json: bool,
) -> None:
    from evalkit.analysis.explain import explain_pair, find_places
    from evalkit.registry import near_match
    from evalkit.scoring.tasks.table import check_tasks
    from evalkit.workflows.stored import gold_of, load_run

    check_tasks(tasks)
    stored = load_run(run)
    pairs = {pair.article.id: pair for pair in stored.pairs(gold_of(stored, dataset))}
    pair = pairs.get(article_id)
    if pair is None:
        near = near_match(article_id, pairs)
        hint = f"; did you mean {near!r}?" if near else f"; it has {', '.join(list(pairs)[:5])}, …"
        raise InputError(f"{run}: has no article {article_id!r}{hint}")
    places = None if span is None else find_places(pair.article.text, span)
    explanation = explain_pair(pair, run=stored.name, tasks=tasks, conventions=conventions or ("all",), places=places)
    if as_json:
        from evalkit.files import json_bytes

        click.echo(json_bytes(explanation.to_json()).decode(), nl=False)
        return
    from rich.console import Console

    from evalkit.report.explanation import print_explanation

    print_explanation(explanation, Console(highlight=False))
