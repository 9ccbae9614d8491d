"""The rules: entities, quotes and stances from word lists and patterns, without a model and without training.

They are the floor in every table: deterministic, quick, explainable. The parts can be used one by one, so that quotes
and stances may be found over entities from a model.
"""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.extractors.base import LONGEST_ARTICLE, StancePair
from evalkit.extractors.identity.closure import identity_of
from evalkit.extractors.rules.entities import find_entities
from evalkit.extractors.rules.quotes import find_quotes
from evalkit.extractors.rules.stances import find_stances, label_pair
from evalkit.records import Annotations, Article
from evalkit.text.linking import link_mentions
from evalkit.text.zones import zoned

__all__ = ["RulesExtractor", "find_entities", "find_quotes", "find_stances", "link_mentions"]


class RulesExtractor:
    """Finds all three layers by rules; zones are found too where an article has none."""

    name = "rules"
    layers = ("entities", "quotes", "stances")
    longest_article = LONGEST_ARTICLE
    languages = ("en",)

    def fingerprint(self) -> str:
        """Hex SHA-256 over the code and the word lists, so that a changed rule is a changed extractor."""
        return identity_of(__name__)

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations]:
        """The annotations of each article, in the same order.

        Args:
            articles: articles with zones or without.
        """
        return [_annotate(zoned(article)) for article in articles]

    def label_pairs(self, article: Article, pairs: Sequence[StancePair]) -> Sequence[str]:
        """A stance label for each pair that is given, in the same order.

        Args:
            article: the article that the pairs are from.
            pairs: holders and targets.
        """
        article = zoned(article)
        entities = find_entities(article)
        quotes = find_quotes(article, entities)
        return [label_pair(article, entities, quotes, pair) for pair in pairs]


def _annotate(article: Article) -> Annotations:
    entities = find_entities(article)
    quotes = find_quotes(article, entities)
    return Annotations(entities=entities, quotes=quotes, stances=find_stances(article, entities, quotes))
