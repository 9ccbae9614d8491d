"""What was found of one split in another, or in a training corpus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from evalkit.harmless import clean
from evalkit.showing import number_of, shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Known", "Leak", "LeakSide", "Leakage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakSide:
    """One article of a pair, and where the longest passage that both have stands in it.

    Attributes:
        dataset: the dataset or training corpus that it is of.
        id: the article.
        split: its split; empty in a training corpus.
        start: where the passage begins, in code points of its text.
        end: where it ends, exclusive.
    """

    dataset: str
    id: str
    split: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """Two articles that share text.

    Attributes:
        left: the one: of the later split, such as test.
        right: the other: of an earlier split, such as train, or of a training corpus.
        shared: different sequences of five words that both have, without those that many articles have; of equal texts
            all.
        words: words of the longest passage.
        text: that passage, as the left article has it.
        containment: the share of the words of each that stand in passages of the other, 0 to 1.
        original: which of them is likely the original, `left` or `right`.
        because: what says so: `earlier` (it was published earlier), `credited` (the other one names its source),
            `agency` (its source is a news agency), `contained` (nearly all of it stands in the other), or
            `first by id` (nothing).
    """

    left: LeakSide
    right: LeakSide
    shared: int
    words: int
    text: str
    containment: tuple[float, float]
    original: str
    because: str

    def to_json(self) -> dict[str, Any]:
        """The pair as JSON values."""
        return {**asdict(self), "containment": list(self.containment)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """How much of one split is known from the training data.

    Attributes:
        split: the split.
        what: `articles` (that share text), `words` (in shared passages), the name of a layer (items whose text is
            known), a part of its items, such as `quotes.speaker`, `outlets` or `dates` (articles of a source that
            training data has, and published no later than the latest of them).
        items: how many there are.
        known: how many of them are known.
    """

    split: str
    what: str
    items: int
    known: int

    @property
    def share(self) -> float | None:
        """Which share of them is known; None where there are none."""
        return self.known / self.items if self.items else None

    def to_json(self) -> dict[str, Any]:
        """The numbers as JSON values."""
        return {**asdict(self), "share": self.share}


@dataclass(frozen=True, kw_only=True, repr=False)
class Leakage:
    """Which articles of one split stand, in whole or in part, in another or in a training corpus.

    Attributes:
        dataset: the dataset.
        splits: split → its articles.
        against: training corpus → its articles.
        pairs: the articles that share text, by split and id.
        known: what of each split but train is known from train and the training corpora.
        sampled: one of so many word sequences was looked at; 1 for all.
        limit: a sequence of words that more articles have is no sign of a copy.
        articles_with_common: how many articles have such sequences.
        gold: split → the fingerprint of its gold.
        notes: what is to be said, each a sentence.
    """

    dataset: str
    splits: Mapping[str, int]
    against: Mapping[str, int]
    pairs: tuple[Leak, ...]
    known: tuple[Known, ...] = ()
    sampled: int = 1
    limit: int = 0
    articles_with_common: int = 0
    gold: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def leaked(self, split: str) -> tuple[str, ...]:
        """The articles of a split that share text with one of another split or corpus, by id."""
        sides = (side for pair in self.pairs for side in (pair.left, pair.right))
        return tuple(sorted({side.id for side in sides if side.dataset == self.dataset and side.split == split}))

    def figures(self) -> dict[str, float | None]:
        """The figures that a condition may be about: `pairs`, `articles.SPLIT`, `known.SPLIT.WHAT` (a share)."""
        return {
            "pairs": len(self.pairs),
            **{f"articles.{split}": len(self.leaked(split)) for split in self.splits},
            **{f"known.{one.split}.{one.what}": one.share for one in self.known},
        }

    def to_json(self) -> dict[str, Any]:
        """The pairs and what is known as JSON values; offsets are code points."""
        return {
            "format": "evalkit.leakage",
            "version": 1,
            "dataset": self.dataset,
            "splits": dict(self.splits),
            "against": dict(self.against),
            "pairs": [pair.to_json() for pair in self.pairs],
            "known": [one.to_json() for one in self.known],
            "sampled": self.sampled,
            "common": {"limit": self.limit, "articles": self.articles_with_common},
            "notes": list(self.notes),
        }

    def rows(self) -> list[dict[str, Any]]:
        """One row a pair."""
        return [
            {
                **{f"left_{name}": value for name, value in asdict(pair.left).items()},
                **{f"right_{name}": value for name, value in asdict(pair.right).items()},
                "shared": pair.shared,
                "words": pair.words,
                "left_containment": pair.containment[0],
                "right_containment": pair.containment[1],
                "original": pair.original,
                "because": pair.because,
                "text": pair.text,
            }
            for pair in self.pairs
        ]

    def to_pandas(self, section: str = "pairs") -> DataFrame:
        """One row a pair, or with `known` one row for each split and what of it is known.

        Raises:
            UnknownNameError: there is no such section.
        """
        import pandas as pd

        if section not in ("pairs", "known"):
            from evalkit.registry import unknown_name

            raise unknown_name("section", section, ["pairs", "known"])
        return pd.DataFrame(self.rows() if section == "pairs" else [one.to_json() for one in self.known])

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        return clean(f"<Leakage of {self.dataset}: {number_of(len(self.pairs), 'pair')}>")

    _repr_html_ = shown_html
