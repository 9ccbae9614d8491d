"""What an extractor found in raw articles, without gold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from evalkit.formats.native.rows import annotations_to_row, article_to_row
from evalkit.harmless import clean
from evalkit.predictions.run import Run
from evalkit.records import Article, Prediction
from evalkit.results import failures_beyond
from evalkit.showing import number_of, shown_html

__all__ = ["Extraction"]


@dataclass(frozen=True, kw_only=True)
class Extraction:
    """What an extractor found.

    Attributes:
        extractor: its name.
        articles: the articles, in the order given.
        predictions: one for each.
        notes: what is to be said about the articles, each a sentence.
        stopped: why it was not asked about all of them, in one line; empty if it was.
    """

    extractor: str
    articles: tuple[Article, ...]
    predictions: tuple[Prediction, ...]
    notes: tuple[str, ...] = ()
    stopped: str = ""

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        return clean(f"<Extraction {self.extractor}, {number_of(len(self.articles), 'article')}>")

    @property
    def failed(self) -> dict[str, str]:
        """Article id → error."""
        return {one.article_id: one.error for one in self.predictions if one.error is not None}

    @property
    def shortfall(self) -> str:
        """Why nothing can be made of it, in one line: every article failed, or nothing was looked for; else empty."""
        failed = self.failed
        if self.stopped:
            done = len(self.articles) - len(failed)
            return f"{self.stopped}; {done} of {number_of(len(self.articles), 'article')} were extracted from"
        if said := failures_beyond(failed, len(self.articles)):
            return said
        if any(one.annotations.layers for one in self.predictions) or len(failed) == len(self.predictions):
            return ""
        return (
            f"{self.extractor} looks for nothing by itself: it labels pairs that gold gives; `evalkit run` asks it for "
            "those"
        )

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row in native form for each article that did not fail: the article and what was found."""
        for article, prediction in zip(self.articles, self.predictions, strict=True):
            if prediction.error is None:
                row = article_to_row(article) | annotations_to_row(prediction.annotations, article.text)
                yield {**row, "extractor": self.extractor}

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON values."""
        head = {"format": "evalkit.extraction", "version": 1, "extractor": self.extractor}
        notes = {"notes": list(self.notes)} if self.notes else {}
        return head | {"articles": list(self.rows()), "failed": self.failed} | notes

    def to_pandas(self, layer: str = "articles") -> Any:
        """One row for each item of a layer; by default one for each article."""
        return Run(extractor=self.extractor, predictions=self.predictions).to_pandas(layer)

    _repr_html_ = shown_html
