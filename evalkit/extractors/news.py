"""`news-base`: names from `ner-base`, and over them the quotes and stances that `rules` finds.

A first version of the three layers in one pass: only the entities come from a trained model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from evalkit.dataset.zones import zoned
from evalkit.extractors.ner import NerExtractor
from evalkit.extractors.rules import RulesExtractor, find_quotes, find_stances
from evalkit.records import Annotations, Article

__all__ = ["NewsExtractor"]


class NewsExtractor:
    """All three layers: entities by a model, quotes with their speakers and stances by rules over those entities."""

    name = "news-base"
    layers = ("entities", "quotes", "stances")
    thread_safe: bool = getattr(NerExtractor, "thread_safe", False)

    def __init__(self, *, threads: int | None = None) -> None:
        """Prepare an extractor; the weights are read at the first use.

        Args:
            threads: how many articles the model reads at once; one by default.

        Raises:
            ExtractorError: a file of the model is missing.
        """
        self._ner = NerExtractor(threads=threads)

    def fingerprint(self) -> str:
        """Hex SHA-256 over the model, the rules and this file."""
        parts = [self._ner.fingerprint(), RulesExtractor().fingerprint(), _sha256(Path(__file__).read_bytes())]
        return _sha256("\n".join(parts).encode())

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations]:
        """The annotations of each article, in the same order.

        Args:
            articles: articles with zones or without; nothing is found in boilerplate.
        """
        pages = [zoned(article) for article in articles]
        return [_over(page, found) for page, found in zip(pages, self._ner.extract(pages), strict=True)]


def _over(article: Article, found: Annotations) -> Annotations:
    entities = found.entities or ()
    quotes = find_quotes(article, entities)
    return Annotations(entities=entities, quotes=quotes, stances=find_stances(article, entities, quotes))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
