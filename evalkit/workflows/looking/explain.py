"""Explaining one article of a run: what each gold and predicted item earned, and what kind of error it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Unpack

from evalkit.analysis.explain import Explanation, explain_pair, find_places
from evalkit.dataset.gold import GoldDataset, article_ids
from evalkit.errors import InputError
from evalkit.formats.collection import without_collection
from evalkit.options import OptionWords, Scoring, options_of
from evalkit.predictions.run import Run
from evalkit.registry import near_match
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.evaluable import articles_of, not_evaluated
from evalkit.scoring.tasks.table import choose_conventions, is_additive, load_task, task_names
from evalkit.workflows.inputs import finished_run, gold_of
from evalkit.workflows.scoring.blocks import Block, Blocks
from evalkit.workflows.scoring.pairing import Pairing, check_words, scoring_of

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
    gold, scored = gold_of(whole, dataset), scoring_of(whole, asked)
    names = article_ids(gold.examples)
    if article_id not in names:
        raise InputError(f"{whole.place}: has no article {article_id!r}{_hint(article_id, names)}")
    conventions, wanted = asked.conventions or ("all",), _wanted(span)
    blocks = Blocks(gold, whole, scored, told=False)
    left_out = not_evaluated(blocks.set_aside()[1], conventions=conventions, judged={})
    tasks = asked.tasks or task_names()
    of_split = [task for task in tasks if _takes_split(task, conventions, left_out)]
    if of_split or scored.min_score:
        one, others = _among_all(blocks, article_id, of_split)
        # Thresholds by which nothing can be set aside are refused with the notes.
        blocks.notes()
    else:
        one, others = blocks.one(names.index(article_id)), {}
    explanation = explain_pair(
        one.mapped.pairs[0],
        run=whole.extractor,
        tasks=asked.tasks,
        conventions=conventions,
        places=None if wanted is None else find_places(one.mapped.pairs[0].article.text, wanted),
        left_out=left_out,
        of_task={task: Pairing(one.plain, one.mapped, ()).of_task(task).pairs[0] for task in task_names()},
        whole=others,
    )
    return replace(explanation, error=blocks.survey.failed.get(article_id, ""))


def _takes_split(task: str, conventions: Sequence[str], left_out: Collection[str]) -> bool:
    """Whether a convention that is shown of a task depends on all articles."""
    names = choose_conventions(task, conventions) if load_task(task).kinds else ()
    return any(not is_additive(task, name) and f"{task} {name}" not in left_out for name in names)


def _among_all(blocks: Blocks, article_id: str, tasks: Sequence[str]) -> tuple[Block, dict[str, list[Pair]]]:
    """One article, and for some tasks all articles as they take them."""
    found: list[Block] = []
    others: dict[str, list[Pair]] = {task: [] for task in tasks}
    for block in blocks.of_size():
        pairing = Pairing(block.plain, block.mapped, ())
        for task, pairs in others.items():
            pairs += articles_of(task, pairing.of_task(task))
        found += block.only(article_id)
    return found[0], others


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
