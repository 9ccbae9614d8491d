"""What identifies a run: what made it, which gold it is about, how it was scored; and reading that back with care."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evalkit.dataset.gold import GoldDataset
from evalkit.errors import FormatError
from evalkit.options import Scoring

__all__ = ["Facts", "GoldReference", "MadeBy", "stated"]


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
    }
    return {name: str(value) for name, value in values.items() if value} | {
        name: own for name, own in lists.items() if own
    }


@dataclass(frozen=True)
class Facts:
    """Values of a JSON object that somebody may have edited, each checked for its kind.

    Raises:
        FormatError: a value is of another kind; names the place, the value and what it should be.
    """

    values: Mapping[str, Any]
    where: str

    def _of(self, name: str, kind: type, words: str, default: Any) -> Any:
        value = self.values.get(name)
        if value is None:
            return default
        if not isinstance(value, kind) or isinstance(value, bool):
            raise FormatError(f"{self.where}: damaged, {name!r} is {str(value)[:40]!r} and not {words}; run again")
        return value

    def text(self, name: str) -> str:
        """Text; empty if there is none."""
        return str(self._of(name, str, "text", ""))

    def number(self, name: str) -> int:
        """A whole number; 0 if there is none."""
        return int(self._of(name, int, "a number", 0))

    def names(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(map(str, self._of(name, list, "a list", [])))

    def mapping(self, name: str) -> dict[str, Any]:
        """An object."""
        return dict(self._of(name, dict, "an object", {}))

    def texts(self, name: str) -> dict[str, str]:
        """An object of texts."""
        return {key: str(value) for key, value in self.mapping(name).items()}

    def shard(self, name: str) -> tuple[int, int] | None:
        """I and N of a shard I/N; None if there is none."""
        value = self._of(name, list, "a list", None)
        if value is None:
            return None
        if len(value) != 2 or not all(isinstance(part, int) for part in value) or not 1 <= value[0] <= value[1]:
            raise FormatError(f"{self.where}: damaged, {name!r} {str(value)[:40]} is not I and N; run again")
        return value[0], value[1]

    def inside(self, name: str) -> Facts:
        """The values of an object inside."""
        return Facts(self.mapping(name), self.where)
