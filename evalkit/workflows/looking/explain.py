"""Explaining one article of a run: what each gold and predicted item earned, and what kind of error it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Unpack

from evalkit.analysis.explain import Explanation, explain_pair, find_places
from evalkit.analysis.judged import SplitCredits, split_credits
from evalkit.dataset.gold import GoldDataset, article_ids
from evalkit.errors import InputError
from evalkit.formats.collection import without_collection
from evalkit.options import OptionWords, Scoring, options_of
from evalkit.predictions.run import Run
from evalkit.registry import near_match
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.evaluable import articles_of, not_evaluated
from evalkit.scoring.tasks.table import columns_of, task_names
from evalkit.workflows.inputs import finished_run, gold_of, refuse_too_large
from evalkit.workflows.looking.known_run import KnownRun, conventions_of_split
from evalkit.workflows.scoring.blocks import Block, Blocks
from evalkit.workflows.scoring.pairing import Pairing, check_words, scoring_of

__all__ = ["Explanation", "explain_run"]

Credits = Mapping[str, Mapping[str, SplitCredits]]
"""Task → convention → what each item earned."""

TIMES_THE_FILES = 5
"""Memory that the items of all articles take beside each other, as a multiple of their files: 4.0 measured."""


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
    whole = finished_run(run, in_place=True)
    gold, scored = gold_of(whole, dataset, in_place=True), scoring_of(whole, asked)
    names = article_ids(gold.examples)
    if article_id not in names:
        raise InputError(f"{whole.place}: has no article {article_id!r}{_hint(article_id, names)}")
    conventions, wanted = asked.conventions or ("all",), _wanted(span)
    known = KnownRun.of(whole, gold, scored)
    seen = None if known is None else known.whole()
    blocks = Blocks(gold, whole, scored, told=False, known=seen)
    paired = blocks.set_aside()[1]
    left_out = not_evaluated(paired, conventions=conventions, judged={})
    of_split = conventions_of_split(asked.tasks or task_names(), conventions, paired)
    credits = None if known is None or seen is None else _kept_credits(known, of_split)
    if credits is None and (known is not None or of_split or scored.min_score):
        if of_split:
            names_of_split = " and ".join(dict.fromkeys(name for own in of_split.values() for name in own))
            why = f"under {names_of_split} all of them count, under others one is enough (--convention exact)"
            refuse_too_large(whole, gold, TIMES_THE_FILES, why=why)
        one, credits = _among_all(blocks, article_id, of_split)
        # Thresholds by which nothing can be set aside are refused with the notes.
        _ = blocks.notes() if scored.min_score else ()
        if known is not None:
            _keep(known, blocks, credits)
    else:
        one = blocks.one(names.index(article_id))
    explanation = explain_pair(
        one.mapped.pairs[0],
        run=whole.extractor,
        tasks=asked.tasks,
        conventions=conventions,
        places=None if wanted is None else find_places(one.mapped.pairs[0].article.text, wanted),
        left_out=left_out,
        of_task={task: Pairing(one.plain, one.mapped, ()).of_task(task).pairs[0] for task in task_names()},
        of_split={
            task: {name: own.of(article_id) for name, own in of_task.items() if article_id in own.articles}
            for task, of_task in (credits or {}).items()
        },
    )
    return replace(explanation, error=blocks.survey.failed.get(article_id, ""))


def _kept_credits(known: KnownRun, of_split: Mapping[str, Sequence[str]]) -> Credits | None:
    """What is kept of what all items earned; None if anything is not."""
    kept: dict[str, dict[str, SplitCredits]] = {}
    for task, names in of_split.items():
        for name in names:
            if (own := known.credits(task, name)) is None:
                return None
            kept.setdefault(task, {})[name] = own
    return kept


def _keep(known: KnownRun, blocks: Blocks, credits: Credits) -> None:
    known.keep_whole(blocks.whole)
    for task, of_task in credits.items():
        for name, own in of_task.items():
            known.keep_credits(task, name, own)


def _among_all(blocks: Blocks, article_id: str, of_split: Mapping[str, Sequence[str]]) -> tuple[Block, Credits]:
    """One article, and what all items earned under conventions that depend on all articles; all are looked at."""
    found: list[Block] = []
    others: dict[str, list[Pair]] = {task: [] for task in of_split}
    for block in blocks.of_size():
        pairing = Pairing(block.plain, block.mapped, ())
        for task, pairs in others.items():
            pairs += articles_of(task, pairing.of_task(task))
        found += block.only(article_id)
    return found[0], {
        task: split_credits(task, columns_of(task, others[task]), names) for task, names in of_split.items()
    }


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
