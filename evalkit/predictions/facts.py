"""What identifies a run: what made it, which gold it is about, how it was scored; and reading that back with care."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evalkit.dataset.gold import GoldDataset
from evalkit.options import Scoring
from evalkit.results import RUN_FACTS
from evalkit.shapes import checked, fields

__all__ = ["GoldReference", "MadeBy", "checked_facts", "stated"]


@dataclass(frozen=True, kw_only=True)
class MadeBy:
    """What made the predictions of a run.

    Attributes:
        fingerprint: changes whenever the output of the extractor could.
        spelling: how the extractor was named; empty for an object or a function.
        settings: its settings, without values that look like secrets.
        versions: of evalkit, Python and the libraries that compute.
        command: the command line, without secrets and what changes no byte of a run; empty for a run made in Python.
        facts: what the extractor says about itself.
    """

    fingerprint: str = ""
    spelling: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    command: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def environment(self) -> str:
        """Stands for the values of the variables of the environment that the extractor asks for; empty if for none."""
        return str(self.facts.get("environment", ""))

    @property
    def cached_as(self) -> str:
        """What its answers are kept under for other runs."""
        return self.fingerprint + self.environment


@dataclass(frozen=True, kw_only=True)
class GoldReference:
    """Which gold a run is about.

    Attributes:
        name: how the dataset is called in signatures.
        fingerprint: of what its articles say.
        split: the split.
        articles: how many articles.
        origin: what loads it again; may be empty.
        reading: how its files were read, where that changes figures.
    """

    name: str
    fingerprint: str
    split: str
    articles: int
    origin: Mapping[str, str] = field(default_factory=dict)
    reading: str = ""

    @classmethod
    def of(cls, gold: GoldDataset) -> GoldReference:
        """The reference to a loaded dataset."""
        return cls(
            name=gold.name,
            fingerprint=gold.fingerprint,
            split=gold.split,
            articles=len(gold),
            origin=dict(gold.origin),
            reading=gold.reading,
        )

    @property
    def short(self) -> str:
        """The name with seven digits of the fingerprint, as in signatures."""
        return f"{self.name}@{self.fingerprint[:7]}"

    def __str__(self) -> str:
        """What tells it from other gold, for messages."""
        return f"{self.short} ({self.fingerprint}) split {self.split!r}"

    def is_same(self, other: GoldReference | None) -> bool:
        """Whether the other is about the same articles, by whatever name; a result may know seven digits only."""
        if other is None:
            return False
        digits = min(len(self.fingerprint), len(other.fingerprint))
        return (self.fingerprint[:digits], self.split) == (other.fingerprint[:digits], other.split)


def stated(scoring: Scoring, reading: str = "") -> dict[str, Any]:
    """How something was scored, where that is not the usual way, as results and baselines keep it."""
    values = {
        "label_map": scoring.label_map,
        "gold_map": scoring.gold_label_map,
        "predicted_map": scoring.predicted_label_map,
        "reading": reading,
    }
    lists = {
        "labels": list(scoring.labels),
        "scope": sorted(scoring.scope),
        "min_score": list(scoring.min_score),
        "without": sorted(scoring.without),
    }
    return {name: str(value) for name, value in values.items() if value} | {
        name: own for name, own in lists.items() if own
    }


def checked_facts(facts: Mapping[str, Any], where: str) -> dict[str, Any]:
    """What `run.json`, or the head of a baseline, says of a run, each fact as it must be.

    Raises:
        FormatError: a fact is not of its kind; names the place, the fact and what it should be.
    """
    return dict(checked(facts, fields({}, RUN_FACTS), where, "run again"))
