"""`news-base`: entities, quotes and stances in one pass.

The encoder reads an article once. Its upper half names the entities, as `ner-base`; from the states in its middle a
few layers find the quotes, as `quote-base`, and a few judge the stances. Each layer of annotation uses the ones before:
entities tell who may speak, speakers and names tell whose view of whom to judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evalkit.extractors.base import LONGEST_ARTICLE, StancePair
from evalkit.extractors.identity.closure import identity_of
from evalkit.extractors.options import wanted_layers
from evalkit.extractors.shipped.quotes.quote_base import QuoteExtractor
from evalkit.extractors.shipped.stances import judging, states
from evalkit.extractors.threads import spread, thread_count
from evalkit.records import Annotations, Article
from evalkit.text.zones import zoned

__all__ = ["NewsExtractor"]


LAYERS = ("entities", "quotes", "stances")


class NewsExtractor:
    """All three layers, or the first of them, by one encoder and what is put on top of it."""

    name = "news-base"
    thread_safe = True
    languages = ("en",)
    longest_article = LONGEST_ARTICLE

    def __init__(
        self, folder: Path | None = None, *, threads: int | None = None, nested: bool = False, layers: str = ""
    ) -> None:
        """Prepare an extractor; the weights are read at the first use.

        Args:
            folder: a folder with the network that judges stances; the shipped one by default.
            threads: how many articles are read at once; by default one on each core that the process may use.
            nested: whether names inside names are given too, as for `ner-base`.
            layers: the layers that are wanted, with commas between, all by default; those that they are found with
                come along, those that come after are not looked for.

        Raises:
            InputError: fewer than one thread, or a layer that it does not find.
            ExtractorError: a file of the model is missing.
        """
        self.threads = thread_count(threads)
        self.layers = wanted_layers(layers, self.name, LAYERS)
        self.labels_given = self.layers == LAYERS
        found_first = ",".join(layer for layer in self.layers if layer in LAYERS[:2])
        self._quotes = QuoteExtractor(nested=nested, layers=found_first)
        self._stances = states.StanceStates(folder)

    def fingerprint(self) -> str:
        """Hex SHA-256 over `quote-base`, what judges stances, and the code that joins them."""
        parts = [self._quotes.fingerprint(), *self.layers]
        return identity_of(__name__, files=self._stances.files(), parts=parts)

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
        if self.layers != LAYERS:
            return self._quotes.annotate(article)
        found, reading = self._quotes.read(article)
        if reading is None:
            return Annotations(entities=(), quotes=(), stances=())
        entities, quotes = found["entities"] or (), found["quotes"] or ()
        stances = judging.judged_stances(
            article, entities, quotes, self._stances.judge(reading), threshold=self._stances.threshold
        )
        return Annotations(entities=entities, quotes=quotes, stances=stances)
