"""`news-base`: entities, quotes and stances in one pass.

The encoder reads an article once. Its upper half names the entities, as `ner-base`; from the states in its middle a
few layers find the quotes, as `quote-base`, and a few judge the stances. Each layer of annotation uses the ones before:
entities tell who may speak, speakers and names tell whose view of whom to judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evalkit.extractors.base import StancePair
from evalkit.extractors.identity.closure import identity_of
from evalkit.extractors.shipped.quotes.quote_base import QuoteExtractor
from evalkit.extractors.shipped.stances import judging, states
from evalkit.extractors.threads import spread, thread_count
from evalkit.records import Annotations, Article
from evalkit.text.zones import zoned

__all__ = ["NewsExtractor"]


class NewsExtractor:
    """All three layers, by one encoder and what is put on top of it."""

    name = "news-base"
    layers = ("entities", "quotes", "stances")
    thread_safe = True

    def __init__(self, folder: Path | None = None, *, threads: int | None = None) -> None:
        """Prepare an extractor; the weights are read at the first use.

        Args:
            folder: a folder with the network that judges stances; the shipped one by default.
            threads: how many articles are read at once; by default one on each core that the process may use.

        Raises:
            InputError: fewer than one thread.
            ExtractorError: a file of the model is missing.
        """
        self.threads = thread_count(threads)
        self._quotes = QuoteExtractor(nested=True)
        self._stances = states.StanceStates(folder)

    def fingerprint(self) -> str:
        """Hex SHA-256 over `quote-base`, what judges stances, and the code that joins them."""
        return identity_of(__name__, files=self._stances.files(), parts=[self._quotes.fingerprint()])

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations]:
        """The annotations of each article, in the order given.

        Args:
            articles: articles with zones or without; nothing is found in boilerplate.
        """
        return spread(lambda article: self._annotate(zoned(article)), articles, self.threads)

    def label_pairs(self, article: Article, pairs: Sequence[StancePair]) -> Sequence[str]:
        """A stance label for each pair that is given, in the same order.

        Args:
            article: the article that the pairs are from.
            pairs: holders and targets.
        """
        page = zoned(article)
        found, reading = self._quotes.read(page)
        if reading is None:
            return ["neutral" for _ in pairs]
        judge = self._stances.judge(reading)
        entities, quotes = found["entities"] or (), found["quotes"] or ()
        return [judging.judged_label(page, entities, quotes, pair, judge) for pair in pairs]

    def _annotate(self, article: Article) -> Annotations:
        found, reading = self._quotes.read(article)
        if reading is None:
            return Annotations(entities=(), quotes=(), stances=())
        entities, quotes = found["entities"] or (), found["quotes"] or ()
        stances = judging.judged_stances(
            article, entities, quotes, self._stances.judge(reading), threshold=self._stances.threshold
        )
        return Annotations(entities=entities, quotes=quotes, stances=stances)
