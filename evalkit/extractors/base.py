"""What an extractor is: anything with a name, the layers it claims, a fingerprint and `extract`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from evalkit.records import Annotations, Article

__all__ = ["ArticleFailure", "Extracted", "Extractor", "PairLabeler", "StancePair"]


@dataclass(frozen=True, slots=True)
class ArticleFailure:
    """Stands in a result for the annotations of one article that failed, while the others went well.

    `message` is one line: what went wrong, with what was seen. `usage` is what was spent on it all the same.
    """

    message: str
    usage: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Extracted:
    """The annotations of one article with what they cost and what was counted on the way.

    `usage` has numbers by name, such as `prompt_tokens` or `invented_quotes`; they are summed over the articles of a
    run and shown.
    """

    annotations: Annotations
    usage: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StancePair:
    """A holder and a target that the gold names, for an extractor that can label given pairs.

    `holder_mentions` and `target_mentions` are the surface forms of the two in the article (a topic has its name).
    """

    holder: str
    target: str
    holder_mentions: tuple[str, ...]
    target_mentions: tuple[str, ...]


@runtime_checkable
class Extractor(Protocol):
    """A system under test. Plain attributes `name` and `layers` are enough."""

    @property
    def name(self) -> str:
        """How it is called in tables."""
        ...

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers it claims; the others are "not evaluated", never zero."""
        ...

    def fingerprint(self) -> str:
        """A string that changes whenever the output could: weights, configuration, code."""
        ...

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations | ArticleFailure | Extracted]:
        """The annotations of each article, in the order given, or why there are none.

        The result for an article must not depend on the articles beside it. An exception fails the whole batch;
        the runner then retries article by article and names the ones that fail. `ExtractorError` says that no article
        can succeed.
        """
        ...


@runtime_checkable
class PairLabeler(Protocol):
    """An extractor that can also label holder-target pairs which the gold supplies."""

    def label_pairs(self, article: Article, pairs: Sequence[StancePair]) -> Sequence[str]:
        """A stance label for each pair, in the order given; empty for a pair that got none, which counts as missed.

        `evalkit.extractors.pair_labels` has labels with what they cost, and an error for one article. An extractor
        that gives None for the stances of its annotations labels given pairs only: nothing else is evaluated of them.
        """
        ...
