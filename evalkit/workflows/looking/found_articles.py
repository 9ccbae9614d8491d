"""The articles of a run of which a condition holds, such as those with more than three missed items."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Unpack

from evalkit.analysis.article_errors import ArticleErrors, article_errors
from evalkit.analysis.conditions import NUMBER, PROPERTY, TEXT, TRUTH, Condition, parse_condition
from evalkit.analysis.found_articles import FoundArticle, FoundArticles
from evalkit.dataset.gold import GoldDataset
from evalkit.errors import InputError
from evalkit.formats.collection import without_collection
from evalkit.options import OptionWords, Scoring, options_of
from evalkit.predictions.run import Run
from evalkit.records import Article
from evalkit.scoring.properties import article_properties
from evalkit.scoring.tasks.evaluable import articles_of, conventions_of, not_evaluated, why_not
from evalkit.scoring.tasks.table import check_tasks, columns_of, judge_items, load_task, score_columns
from evalkit.workflows.inputs import finished_run, gold_of, held_in_memory
from evalkit.workflows.scoring.leaked import kept_sides
from evalkit.workflows.scoring.pairing import Pairing, check_words, pair_run, scoring_of

__all__ = ["FoundArticles", "find_articles"]

COUNTS = ("gold", "predicted", "lost")
SHARES = ("precision", "recall", "f1")
"""Figures of one task, which do not add up over several."""

TIMES_THE_FILES = 8
"""Memory that is taken, as a multiple of the files: 5.9 measured."""


@without_collection()
def find_articles(
    run: Run | str | Path,
    where: str,
    *,
    dataset: GoldDataset | str | Path | None = None,
    scoring: Scoring | None = None,
    **words: Unpack[OptionWords],
) -> FoundArticles:
    """The articles of a run of which a condition holds, those that cost the most first.

    Names in the condition are kinds of errors (`missed`, `label`, and so on, added up over the tasks), `gold`,
    `predicted` and `lost` (credit); these and `precision`, `recall`, `f1` of one task, as in `entities.f1` (by
    themselves where there is one task); `id`, `title`, `characters`, `failed`; and the properties of articles:
    `source`, `year`, `lang` and the keys of the metadata, as `article.NAME` too.

    Args:
        run: what `run_extractor` gave, or a run folder.
        where: the condition, such as `missed > 3 and source == "post"` (see `evalkit.analysis.conditions`).
        dataset: the gold, or where it is now, if not where the run found it.
        scoring: tasks, and the convention that says what an article costs, by default the main one; label maps and
            labels are those that the run was scored with, if no others are asked for.
        words: fields of `scoring`, such as `tasks=["entities"]`.

    Raises:
        EvalkitError: the run or an option cannot be used, or the condition is none or has names that there are not.
    """
    asked = options_of(words, takes=("scoring",), scoring=scoring).scoring
    check_words(asked)
    if not isinstance(where, str):
        raise InputError(f"a condition must be a text such as 'missed > 3', found {type(where).__name__}")
    whole = finished_run(run)
    wanted = scoring_of(whole, asked)
    whole, gold = held_in_memory(whole, gold_of(whole, dataset, times=TIMES_THE_FILES))
    gold, kept, left_out = kept_sides(gold, whole, wanted)
    pairing = pair_run(gold, kept, wanted)
    conventions = dict(_conventions(pairing, asked))
    if not conventions:
        raise InputError(f"{whole.place}: there are no errors to look for ({_why_none(pairing, asked)})")
    errors = {task: _errors(task, name, pairing) for task, name in conventions.items()}
    properties = article_properties(example.article for example in gold)
    condition = parse_condition(where, _names(list(conventions), properties))
    found = []
    for article in (example.article for example in gold):
        own = {task: by_article[article.id] for task, by_article in errors.items() if article.id in by_article}
        values = _of_article(article, properties) | {"failed": article.id in kept.failed}
        values |= _of_errors(own, list(conventions))
        if condition.holds(values):
            found.append(_found(article, own, condition, values))
    return FoundArticles(
        run=whole.extractor,
        gold=gold.signature.removeprefix("gold:"),
        split=gold.split,
        where=where,
        conventions=conventions,
        articles=len(gold),
        found=tuple(sorted(found, key=lambda one: (-one.lost, one.article))),
        notes=tuple(left_out),
    )


def _conventions(pairing: Pairing, asked: Scoring) -> Iterator[tuple[str, str]]:
    """Each task whose errors are told apart, with the convention that says what an article costs."""
    for task in check_tasks(asked.tasks, asked.conventions):
        if load_task(task).kinds and why_not(task, pairing.plain) is None:
            usual = conventions_of(task, pairing.plain, asked.conventions or (load_task(task).main,))
            for name in (*usual, *conventions_of(task, pairing.plain))[:1]:
                yield task, name


def _why_none(pairing: Pairing, asked: Scoring) -> str:
    """Why no task has errors that are told apart."""
    reasons = not_evaluated(pairing.plain, asked.tasks, asked.conventions)
    for task in check_tasks(asked.tasks, asked.conventions):
        if why_not(task, pairing.plain) is None and not load_task(task).kinds:
            reasons[task] = "its errors are not told apart by kind"
    return "; ".join(f"{task}: {reason}" for task, reason in reasons.items()) or "no layer is in both"


def _errors(task: str, convention: str, pairing: Pairing) -> dict[str, ArticleErrors]:
    columns = columns_of(task, articles_of(task, pairing.of_task(task)))
    table = score_columns(task, columns, [convention])[convention].table
    return {own.article: own for own in article_errors(judge_items(task, columns), table)}


def _word(name: str) -> str:
    """A name as it is written in a condition: `boundary+label` is `boundary_label`."""
    return re.sub(r"\W", "_", name)


def _names(tasks: list[str], properties: Mapping[str, Any]) -> dict[str, str]:
    """Name → what it gives; where two are called alike, it is the count."""
    names = {_word(name): PROPERTY for name in properties} | {f"article.{_word(name)}": PROPERTY for name in properties}
    names |= {"id": TEXT, "title": TEXT, "characters": NUMBER, "failed": TRUTH}
    for task in tasks:
        figures = [*map(_word, load_task(task).kinds), *COUNTS, *SHARES]
        names |= {f"{task}.{figure}": NUMBER for figure in figures}
        names |= {figure: NUMBER for figure in figures if figure not in SHARES or len(tasks) == 1}
    return names


def _of_article(article: Article, properties: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    own = {_word(name): by_article.get(article.id) for name, by_article in properties.items()}
    values: dict[str, Any] = own | {f"article.{name}": value for name, value in own.items()}
    return values | {"id": article.id, "title": article.title, "characters": len(article.text)}


def _of_errors(errors: Mapping[str, ArticleErrors], tasks: list[str]) -> dict[str, Any]:
    """The figures of each task, and those that add up over all of them."""
    values: dict[str, Any] = {}
    for task in tasks:
        told = errors[task].to_json() if task in errors else {}
        for name in (*load_task(task).kinds, *COUNTS, *SHARES):
            figure, value = _word(name), told.get(name)
            values[f"{task}.{figure}"] = value
            if name not in SHARES:
                values[figure] = values.get(figure, 0) + (value or 0)
            elif len(tasks) == 1:
                values[figure] = value
    return values


def _found(
    article: Article, errors: Mapping[str, ArticleErrors], condition: Condition, values: Mapping[str, Any]
) -> FoundArticle:
    return FoundArticle(
        article=article.id,
        title=article.title,
        errors=errors,
        values={name: values.get(name) for name in condition.names},
        lost=round(sum(own.lost for own in errors.values()), 9),
    )
