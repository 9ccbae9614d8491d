"""How options travel: what is scored, how sure it is, how files are read. Every verb takes these records.

For a notebook the fields of all three can also be given as plain words, as `score_predictions(gold, run, seed=1)`;
`options_of` sorts them into the records, once, for every verb.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypedDict

from evalkit.errors import InputError
from evalkit.registry import near_match

__all__ = ["Intervals", "OptionWords", "Options", "ReadOptions", "Scoring", "options_of"]


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """What is scored and under which conventions.

    Attributes:
        tasks: the tasks; all that the extractor claims if empty.
        conventions: for each task those that it knows; its defaults if empty, every one if `all` is among them.
        label_map: applied to the labels of gold and predictions: a name such as `conll4`, or a TOML file.
        predicted_label_map: applied to the predicted labels first: from the extractor's labels to the gold's.
        labels: only these labels are scored, after mapping; the others are set aside and counted.
    """

    tasks: tuple[str, ...] = ()
    conventions: tuple[str, ...] = ()
    label_map: str | Path | None = None
    predicted_label_map: str | Path | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Intervals:
    """How sure a figure is: the bootstrap over articles.

    Attributes:
        resamples: how many; 0 for no intervals.
        seed: of the resampling.
        method: `percentile` or `bca`.
        level: the share of resamples between the bounds.
        cluster: a field of the articles, such as `story`, whose values are drawn as one; each article alone if None.
    """

    resamples: int = 1000
    seed: int = 0
    method: str = "percentile"
    level: float = 0.95
    cluster: str | None = None


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How files of annotations are read.

    Attributes:
        format: the format of the files; found by looking into them if None.
        gold_format: that of the gold, if it is another.
        predicted_format: that of the predictions, if it is another.
        values: settings of the format by name, such as `tag_column`; which ones there are depends on the format.
    """

    format: str | None = None
    gold_format: str | None = None
    predicted_format: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)


class OptionWords(TypedDict, total=False):
    """The fields of the three records as plain words (`interval` is the method of the intervals)."""

    tasks: Sequence[str]
    conventions: Sequence[str]
    label_map: str | Path | None
    predicted_label_map: str | Path | None
    labels: Sequence[str]
    resamples: int
    seed: int
    interval: str
    level: float
    cluster: str | None
    format: str | None
    gold_format: str | None
    predicted_format: str | None
    values: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Options:
    """The three records together."""

    scoring: Scoring = Scoring()
    intervals: Intervals = Intervals()
    read: ReadOptions = ReadOptions()


_RENAMED = {"interval": "method"}
_OWNER = {
    known.name: name
    for name, record in (("scoring", Scoring), ("intervals", Intervals), ("read", ReadOptions))
    for known in fields(record)
}
_LISTS = {"tasks", "conventions", "labels"}


def options_of(
    words: Mapping[str, Any] | OptionWords,
    *,
    scoring: Scoring | None = None,
    intervals: Intervals | None = None,
    read: ReadOptions | None = None,
) -> Options:
    """The records, with plain words put into the one that has such a field.

    Raises:
        InputError: a word that no record has; the near match is named.
    """
    changes: dict[str, dict[str, Any]] = {"scoring": {}, "intervals": {}, "read": {}}
    given: Mapping[str, Any] = {**words}
    for word, value in given.items():
        if word not in OptionWords.__annotations__:
            names = sorted(OptionWords.__annotations__)
            near = near_match(word, names)
            raise InputError(
                f"unknown option {word!r}"
                + (f"; did you mean {near!r}?" if near else f"; there are {', '.join(names)}")
            )
        name = _RENAMED.get(word, word)
        if word in _LISTS:
            # One name is meant as a list of it, not as its letters.
            value = (value,) if isinstance(value, str) else tuple(value)
        changes[_OWNER[name]][name] = value
    return Options(
        scoring=replace(scoring or Scoring(), **changes["scoring"]),
        intervals=replace(intervals or Intervals(), **changes["intervals"]),
        read=replace(read or ReadOptions(), **changes["read"]),
    )
