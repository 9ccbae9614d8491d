"""Explaining one article of a run: what each gold and predicted item earned, and what kind of error it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Unpack

from evalkit.analysis.explain import Explanation, explain_pair, find_places
from evalkit.dataset.gold import GoldDataset
from evalkit.errors import InputError
from evalkit.formats.collection import without_collection
from evalkit.options import OptionWords, Scoring, options_of
from evalkit.predictions.run import Run
from evalkit.registry import near_match
from evalkit.scoring.tasks.evaluable import articles_of, not_evaluated
from evalkit.scoring.tasks.table import task_names
from evalkit.workflows.inputs import finished_run, gold_of
from evalkit.workflows.scoring.pairing import check_words, pair_run, scoring_of

__all__ = ["Explanation", "explain_run"]


@without_collection()
def explain_run(
    run: Run | str | Path,
    article_id: str,
    span: str | tuple[int, int] | None = None,
    *,
    dataset: GoldDataset | str | Path | None = None,
    scoring: Scoring | None = None,
    **words: Unpack[OptionWords],
) -> Explanation:
    """What became of the items of one article.

    Args:
        run: what `run_extractor` gave, or a run folder.
        article_id: the article.
        span: only items that touch this: start and end, `"START-END"`, or words of the article.
        dataset: the gold, or where it is now, if not where the run found it.
        scoring: tasks and conventions; all of both by default. Label maps and labels are those that the run was
            scored with, if no others are asked for.
        words: fields of `scoring`, such as `tasks=["entities"]`.

    Raises:
        EvalkitError: the run or an option cannot be used, or there is no such article or span.
    """
    asked = options_of(words, takes=("scoring",), scoring=scoring).scoring
    check_words(asked)
    whole = finished_run(run)
    pairing = pair_run(gold_of(whole, dataset), whole, scoring_of(whole, asked))
    pairs = {pair.article.id: pair for pair in pairing.mapped.pairs}
    pair = pairs.get(article_id)
    if pair is None:
        raise InputError(f"{whole.place}: has no article {article_id!r}{_hint(article_id, pairs)}")
    conventions = asked.conventions or ("all",)
    wanted = _wanted(span)
    by_task = {
        task: next(own for own in pairing.of_task(task).pairs if own.article.id == article_id) for task in task_names()
    }
    explanation = explain_pair(
        pair,
        run=whole.extractor,
        tasks=asked.tasks,
        conventions=conventions,
        places=None if wanted is None else find_places(pair.article.text, wanted),
        left_out=not_evaluated(pairing.mapped, conventions=conventions),
        of_task=by_task,
        whole={task: articles_of(task, pairing.of_task(task)) for task in task_names()},
    )
    failed = {own.article_id: own.error for own in whole.predictions if own.error}
    return replace(explanation, error=failed.get(article_id, ""))


def _wanted(span: object) -> str | None:
    """A span as text.

    Raises:
        InputError: it is none.
    """
    if span is None or isinstance(span, str):
        return span
    if isinstance(span, Sequence) and len(span) == 2 and all(type(offset) is int for offset in span):
        return f"{span[0]}-{span[1]}"
    raise InputError(f"span must be (start, end), 'START-END' or words of the article, found {span!r}")


def _hint(article_id: str, known: Iterable[str]) -> str:
    names = list(known)
    near = near_match(article_id, names)
    return f"; did you mean {near!r}?" if near else f"; it has {', '.join(names[:5])}{', …' if len(names) > 5 else ''}"
