"""What an extractor is: anything with a name, the layers it claims, a fingerprint and `extract`.

What it may say of itself besides stands in `Traits`, and nobody else reads it. How it was asked for is its
`ExtractorSpec`, from which `evalkit.extractors.table.load_extractor` makes the same one in another process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Protocol, overload, runtime_checkable

from evalkit.errors import EvalkitError, ExtractorError
from evalkit.records import Annotations, Article

__all__ = [
    "LONGEST_ARTICLE",
    "UNLABELLED",
    "ArticleFailure",
    "Extracted",
    "Extractor",
    "ExtractorSpec",
    "PairLabeler",
    "PairLabels",
    "PairsError",
    "SpendingError",
    "StancePair",
    "Traits",
    "Work",
    "spec_of",
    "traits_of",
]

UNLABELLED = ""
"""Stands for the label of a pair that got none; it counts as missed."""

LONGEST_ARTICLE = 5_000_000
"""So many characters of one article evalkit's own extractors read: a minute of rules, and no news was ever longer."""


@dataclass(frozen=True, slots=True)
class ExtractorSpec:
    """How an extractor is asked for; plain text, so that it can be sent anywhere.

    Attributes:
        spelling: a name, `prefix:ARGUMENT`, or `module:attr`, as on the command line.
        settings: its settings as text, by name.
    """

    spelling: str
    settings: Mapping[str, str] = field(default_factory=dict)


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
    run and shown. `unanswered` names the layers for which the answer says null: that is not that there is nothing, so
    the article fails if the extractor claims one of them.
    """

    annotations: Annotations
    usage: Mapping[str, float] = field(default_factory=dict)
    unanswered: tuple[str, ...] = ()


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

        The runner hands over articles with zones: their own, or those of the rules where they declare none.
        The result for an article must not depend on the articles beside it. An exception fails the whole batch;
        the runner then retries article by article and names the ones that fail. `ExtractorError` says that no article
        can succeed.
        """
        ...


@runtime_checkable
class PairLabeler(Protocol):
    """An extractor that can also label holder-target pairs which the gold supplies."""

    def label_pairs(self, article: Article, pairs: Sequence[StancePair]) -> Sequence[str]:
        """A stance label for each pair, in the order given; `UNLABELLED` for a pair that got none.

        `PairLabels` are labels with what they cost, `PairsError` an error for this article alone. An extractor that
        gives None for the stances of its annotations labels given pairs only: nothing else is evaluated of them.
        """
        ...


class PairLabels(Sequence[str]):
    """A label for each pair.

    Attributes:
        usage: numbers by name, as in `Extracted`.
    """

    def __init__(self, labels: Iterable[str], usage: Mapping[str, float] | None = None) -> None:
        """Labels in the order of the pairs, and what was counted on the way."""
        self._labels = tuple(labels)
        self.usage = dict(usage or {})

    def __len__(self) -> int:
        return len(self._labels)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[str, ...]: ...
    def __getitem__(self, at: int | slice) -> str | tuple[str, ...]:
        return self._labels[at]


class PairsError(EvalkitError):
    """The pairs of one article could not be labelled; others may fare better.

    Attributes:
        usage: what was spent on it all the same.
    """

    def __init__(self, message: str, usage: Mapping[str, float] | None = None) -> None:
        """An error with one line, and numbers by name."""
        super().__init__(message)
        self.usage = dict(usage or {})


class SpendingError(ExtractorError):
    """What may be spent is spent: no more is asked, and the run is left as far as it came.

    Attributes:
        made: what had been made by then, one for each article or job that was handed over, None where there is nothing.
    """

    exit_status = 1

    def __init__(self, message: str, made: Iterable[Any] = ()) -> None:
        """An error with one line, and what is not lost by it."""
        super().__init__(message)
        self.made = tuple(made)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What an extractor will ask of somebody who counts it, as far as that can be told beforehand."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: Work) -> Work:
        return Work(
            requests=self.requests + other.requests,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
        )

    def cost(self, prices: tuple[float, float]) -> float:
        """What it costs, by the prices of a million prompt and completion tokens."""
        return round((prices[0] * self.prompt_tokens + prices[1] * self.completion_tokens) / 1e6, 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What an extractor may say of itself beside what `Extractor` asks for, each as an attribute of that name.

    Attributes:
        thread_safe: several threads may call it at once.
        threads: how many articles it reads at once by itself; given pairs are asked about from as many.
        holds_gil: whether it computes in Python itself, so that threads of one process would take turns, and several
            workers are several processes. False of one that waits for others, or computes outside of Python's lock;
            where it does not say, one that is thread-safe is taken for such a one, and any other is not.
        default_label_map: names the map from its labels to those of the bundled gold, if it has others.
        token_prices: of a million prompt and completion tokens.
        uncached: what of it has no fingerprint, so that its answers are not kept for other runs; empty if they are.
            Asked after `fingerprint()`.
        labels_given: whether one that can label given pairs does so as it is set up.
        languages: the languages that its card names, as ISO 639-1 codes; empty if it does not say.
        unseen: what of it may change without a change of its fingerprint, in a few words; said where answers are used
            again. Asked after `fingerprint()`.
        variables: stands for the values of the variables of the environment that it asks for, if it asks for any; its
            fingerprint leaves them out. Asked after `fingerprint()`.
        facts: a function that gives what a run should keep, such as the revision of a checkpoint. Asked after the run.
        close: a function that ends what was started; a later `extract` starts it anew.
        spec: how it was asked for; `load_extractor` puts it there.
        by_article: whether it works on one article after the other anyway, so that it is handed one at a time, which
            is kept when it is done.
        limit_time: has each article fail that takes longer than so many seconds, by name; called before the first
            batch. None of one that cannot be stopped.
        limit_spending: has `extract` and `label_pairs` raise `SpendingError` before they spend more than a cost, or a
            number of tokens, from then on; is told whether given pairs will be asked about. None of one that does not
            count what it spends.
        estimate: the work for an article and its given pairs. None of one that asks nobody who counts it.
        longest_article: so many characters of an article it reads; a longer one fails by name, and it is not asked.
        asks_first: what it is can only be told by asking somebody else.
    """

    thread_safe: bool = False
    threads: int = 1
    holds_gil: bool | None = None
    default_label_map: str | None = None
    token_prices: tuple[float, float] | None = None
    uncached: str = ""
    labels_given: bool = True
    languages: tuple[str, ...] = ()
    unseen: str = ""
    variables: str = ""
    facts: Callable[[], Mapping[str, Any]] = dict
    close: Callable[[], None] = lambda: None
    spec: ExtractorSpec | None = None
    by_article: bool = False
    limit_time: Callable[[float], None] | None = None
    limit_spending: Callable[[float | None, int | None, bool], None] | None = None
    estimate: Callable[[Article, Sequence[StancePair] | None], Work] | None = None
    longest_article: int | None = None
    asks_first: bool = False

    @property
    def wants_processes(self) -> bool:
        """Whether several workers have to be several processes, as threads would take turns."""
        return not self.thread_safe if self.holds_gil is None else self.holds_gil


def traits_of(extractor: object) -> Traits:
    """What an extractor says of itself, with the defaults where it says nothing."""
    names = [one.name for one in fields(Traits)]
    return Traits(**{name: getattr(extractor, name) for name in names if hasattr(extractor, name)})


def spec_of(extractor: Extractor) -> ExtractorSpec:
    """How to make the same extractor elsewhere.

    Raises:
        ExtractorError: it was made from an object and not from a name.
    """
    spec = traits_of(extractor).spec
    if spec is None:
        raise ExtractorError(
            f"extractor {extractor.name!r} was made from an object, so no other process can make it again; put its "
            "code into a file and name it as module:attr"
        )
    return spec
