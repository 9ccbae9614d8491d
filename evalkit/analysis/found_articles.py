"""The articles of a run of which a condition holds, with their errors by task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evalkit.analysis.article_errors import ArticleErrors
from evalkit.harmless import clean
from evalkit.showing import number_of, shown_html

__all__ = ["FoundArticle", "FoundArticles"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundArticle:
    """One article.

    Attributes:
        errors: task → its errors.
        values: name → value, of the names in the condition.
        lost: credit that items of all these tasks did not earn.
    """

    article: str
    title: str
    errors: Mapping[str, ArticleErrors]
    values: Mapping[str, float | str | bool | None]
    lost: float

    def to_json(self) -> dict[str, Any]:
        """The article as JSON values."""
        figures = ("gold", "predicted", "lost", "precision", "recall", "f1")
        errors = {
            task: {"kinds": dict(own.kinds), **{name: getattr(own, name) for name in figures}}
            for task, own in self.errors.items()
        }
        return {
            "article": self.article,
            "title": self.title,
            "lost": self.lost,
            "values": dict(self.values),
            "errors": errors,
        }


@dataclass(frozen=True, kw_only=True, repr=False)
class FoundArticles:
    """What was found in a run, those that cost the most first.

    Attributes:
        where: the condition.
        conventions: task → the convention that says what an article costs.
        articles: how many articles there are.
        notes: what else is to be known, each a sentence.
    """

    run: str
    gold: str
    split: str
    where: str
    conventions: Mapping[str, str]
    articles: int
    found: tuple[FoundArticle, ...]
    notes: tuple[str, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """The articles as JSON values."""
        return {
            "format": "evalkit.found-articles",
            "version": 1,
            "run": self.run,
            "gold": self.gold,
            "split": self.split,
            "where": self.where,
            "conventions": dict(self.conventions),
            "articles": self.articles,
            "found": [one.to_json() for one in self.found],
            "notes": list(self.notes),
        }

    def rows(self) -> list[dict[str, Any]]:
        """One row an article and task."""
        return [
            {"article": one.article, "title": one.title, "task": task, **own.to_json()}
            for one in self.found
            for task, own in one.errors.items()
        ]

    def to_pandas(self) -> Any:
        """A DataFrame, one row an article and task, with a column for each kind of error."""
        import pandas as pd

        return pd.DataFrame(self.rows())

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        about = f"{len(self.found)} of {number_of(self.articles, 'article')} of {self.run}"
        return clean(f"<FoundArticles: {about} where {self.where}>")

    _repr_html_ = shown_html
