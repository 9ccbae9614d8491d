"""What to annotate next: articles on which systems disagree most, no gold needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.analysis.suspects.candidates import Voter, judged_tasks
from evalkit.records import Annotations, Article
from evalkit.scoring.counts import GOLD, GOLD_CREDIT, PREDICTED, PREDICTED_CREDIT
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.table import load_task, score_task
from evalkit.showing import number_of, shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["ArticleDisagreement", "Unlabelled", "disagreements"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleDisagreement:
    """One article.

    Attributes:
        article_id: its id.
        disagreement: 1 minus the mean F1 of every two systems, under the main conventions of their tasks, weighted by
            how many items the two have; None where no two systems say anything.
        items: how many items the systems have, all together.
        systems: how many say something of it.
        by_layer: the same disagreement by layer, where there is anything.
        title: its title.
    """

    article_id: str
    disagreement: float | None
    items: int
    systems: int
    by_layer: dict[str, float]
    title: str = ""


@dataclass(frozen=True, kw_only=True, repr=False)
class Unlabelled:
    """Articles to annotate, those first on which systems disagree most.

    Attributes:
        source: where the articles are from.
        systems: the names of the systems.
        articles: the articles; of equal disagreement by id, those last of which nothing can be told.
        notes: what is to be said about how they were read.
    """

    source: str
    systems: tuple[str, ...]
    articles: tuple[ArticleDisagreement, ...]
    notes: tuple[str, ...] = ()

    def figures(self) -> dict[str, float | None]:
        """How many articles there are, and the disagreement of the first."""
        return {
            "articles": len(self.articles),
            "disagreement": self.articles[0].disagreement if self.articles else None,
        }

    def to_json(self) -> dict[str, Any]:
        """The ranking as JSON values."""
        return {
            "format": "evalkit.unlabelled",
            "version": 1,
            "source": self.source,
            "systems": list(self.systems),
            "articles": [
                {name: getattr(one, name) for name in ("article_id", "disagreement", "items", "systems", "by_layer")}
                for one in self.articles
            ],
            "notes": list(self.notes),
        }

    def to_pandas(self) -> DataFrame:
        """One row an article."""
        import pandas as pd

        columns = ["article_id", "disagreement", "items", "systems"]
        rows = [{name: getattr(one, name) for name in columns} | one.by_layer for one in self.articles]
        return pd.DataFrame(rows, columns=[*columns, *sorted({name for one in self.articles for name in one.by_layer})])

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        return f"<Unlabelled {number_of(len(self.articles), 'article')}, {number_of(len(self.systems), 'system')}>"

    _repr_html_ = shown_html


def disagreements(articles: Sequence[Article], systems: Sequence[Voter]) -> list[ArticleDisagreement]:
    """The articles, those first on which the systems disagree most."""
    ordered = sorted(articles, key=lambda article: article.id)
    layers = {layer for system in systems for annotations in system.answers.values() for layer in annotations}
    tasks = judged_tasks((), layers)
    # By article and task: credits of both sides, and items of both sides, over all pairs of systems.
    earned, there = (np.zeros((len(ordered), len(tasks))) for _ in range(2))
    for left, right in combinations(systems, 2):
        for column, task in enumerate(tasks):
            layer = load_task(task).layer
            both = [
                number
                for number, article in enumerate(ordered)
                if _says(left, article, layer) and _says(right, article, layer)
            ]
            if not both:
                continue
            pairs = [Pair(ordered[at], left.answers[ordered[at].id], right.answers[ordered[at].id]) for at in both]
            name = load_task(task).main
            cells = score_task(task, pairs, [name])[name].table.by_article()
            earned[both, column] += cells[:, GOLD_CREDIT] + cells[:, PREDICTED_CREDIT]
            there[both, column] += cells[:, GOLD] + cells[:, PREDICTED]
    found = []
    for number, article in enumerate(ordered):
        said = [system.answers[article.id] for system in systems if article.id in system.answers]
        counted = {load_task(task).layer: column for column, task in enumerate(tasks) if there[number, column]}
        total = float(there[number].sum())
        found.append(
            ArticleDisagreement(
                article_id=article.id,
                disagreement=1 - float(earned[number].sum()) / total if total else None,
                items=sum(len(annotations[load_task(task).layer] or ()) for annotations in said for task in tasks),
                systems=len(said),
                by_layer={
                    layer: 1 - float(earned[number, at]) / float(there[number, at]) for layer, at in counted.items()
                },
                title=article.title,
            )
        )
    return sorted(found, key=lambda one: (one.disagreement is None, -(one.disagreement or 0.0), one.article_id))


def _says(system: Voter, article: Article, layer: str) -> bool:
    return system.answers.get(article.id, _NOTHING)[layer] is not None


_NOTHING = Annotations()
