"""`news-base`: names from `ner-base`, over them the quotes that `rules` finds, and over both what `stance-base` judges.

The three layers in one pass: each uses what the one before found.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from evalkit.dataset.zones import zoned
from evalkit.extractors.base import StancePair
from evalkit.extractors.ner import NerExtractor
from evalkit.extractors.rules import find_quotes
from evalkit.extractors.stance import StanceExtractor
from evalkit.records import Annotations, Article

__all__ = ["NewsExtractor"]


class NewsExtractor:
    """All three layers: entities and stances by models, quotes with their speakers by rules over the entities."""

    name = "news-base"
    layers = ("entities", "quotes", "stances")
    thread_safe = True

    def __init__(self, *, threads: int | None = None) -> None:
        """Prepare an extractor; the weights are read at the first use.

        Args:
            threads: how many articles the model reads at once; one by default.

        Raises:
            ExtractorError: a file of the model is missing.
        """
        self._ner = NerExtractor(threads=threads, nested=True)
        self._stance = StanceExtractor(threads=threads)

    def fingerprint(self) -> str:
        """Hex SHA-256 over the models, the rules and this file."""
        parts = [self._ner.fingerprint(), self._stance.fingerprint(), _sha256(Path(__file__).read_bytes())]
        return _sha256("\n".join(parts).encode())

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations]:
        """The annotations of each article, in the same order.

        Args:
            articles: articles with zones or without; nothing is found in boilerplate.
        """
        pages = [zoned(article) for article in articles]
        return [self._over(page, found) for page, found in zip(pages, self._ner.extract(pages), strict=True)]

    def label_pairs(self, article: Article, pairs: Sequence[StancePair]) -> Sequence[str]:
        """A stance label for each pair that is given, in the same order, by `stance-base`.

        Args:
            article: the article that the pairs are from.
            pairs: holders and targets.
        """
        return self._stance.label_pairs(article, pairs)

    def _over(self, article: Article, found: Annotations) -> Annotations:
        entities = found.entities or ()
        quotes = find_quotes(article, entities)
        return Annotations(
            entities=entities, quotes=quotes, stances=self._stance.find_stances(article, entities, quotes)
        )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
