"""How options travel: what is read, what is run, what is scored, how sure it is. Every verb takes these records.

For a notebook the fields can also be given as plain words, as `score_predictions(gold, run, seed=1)`; `options_of` puts
each into the record that has such a field, once, for every verb.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from reprlib import repr as shortened
from typing import Any, NamedTuple, TypedDict

from evalkit.errors import InputError
from evalkit.registry import near_match

__all__ = [
    "EXECUTORS",
    "Intervals",
    "OptionWords",
    "Options",
    "Progress",
    "ReadOptions",
    "Running",
    "Scoring",
    "Shard",
    "Standing",
    "listed",
    "options_of",
]


def listed(value: Any, *kinds: type, wanted: str = "give one of them or a list") -> tuple[Any, ...]:
    """A list as it is, and one name, path or object of `kinds` as a list of it, not as its letters.

    Raises:
        InputError: it is neither; the message begins with `wanted`.
    """
    if isinstance(value, (str, Path, *kinds)):
        return (value,)
    if not isinstance(value, Iterable):
        raise InputError(f"{wanted}, found {type(value).__name__} {str(value)[:40]!r}")
    return tuple(value)


Progress = Callable[[int, int], None]
"""Called with the number of finished articles and of all articles, before the first and after each batch."""

Standing = Callable[[Mapping[str, str], Mapping[str, float]], None]
"""Called after each batch with what failed so far, article id → error, and with F1 so far, task and convention → F1."""


def _threshold_texts(value: Any) -> tuple[str, ...]:
    """Thresholds as text, in whatever way they are given."""
    if isinstance(value, Mapping):
        return tuple(sorted(f"{label}={number}" for label, number in value.items()))
    # In one order, as what they say does not depend on it.
    return tuple(
        sorted(map(str, listed(value, int, float, wanted="min_score must be a number, LABEL=number or several")))
    )


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """What is scored and under which conventions.

    Attributes:
        tasks: the tasks; all that the extractor claims if empty.
        conventions: for each task those that it knows; its defaults if empty, every one if `all` is among them.
        label_map: applied to the labels of gold and predictions: a name such as `conll4`, or a TOML file. A predicted
            label that it makes, and neither it nor the gold has before, stays.
        gold_label_map: applied to the labels of the gold first: from its own to those that are scored.
        predicted_label_map: applied to the predicted labels first: from the extractor's labels to the gold's.
        labels: only these labels are scored, after mapping; the others are set aside and counted.
        scope: what of single layers the gold annotates exhaustively, beside what it says itself, each as
            `quotes:kinds=direct,parts=speaker`; labels are those before mapping.
        min_score: predicted items with a lower score are set aside before scoring, and counted: a number,
            `LABEL=number`, several of them, or a mapping of labels to numbers. Items without a score are kept.
        without: articles that are left out: `leaked`, those that share text with another split of their dataset, or
            `leaked:OTHER`, those that share text with a training corpus.
    """

    tasks: tuple[str, ...] = ()
    conventions: tuple[str, ...] = ()
    label_map: str | Path | None = None
    gold_label_map: str | Path | None = None
    predicted_label_map: str | Path | None = None
    labels: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    min_score: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def gold_maps(self) -> tuple[str | Path, ...]:
        """The label maps for the gold, in the order in which they are applied."""
        return tuple(name for name in (self.gold_label_map, self.label_map) if name is not None)

    def __post_init__(self) -> None:
        object.__setattr__(self, "min_score", _threshold_texts(self.min_score))
        for name in ("tasks", "conventions", "labels", "scope", "without"):
            value: str | Sequence[str] = getattr(self, name)
            # One name is meant as a list of it, not as its letters.
            object.__setattr__(self, name, listed(value, wanted=f"{name} must be a name or a list of names"))


_MOST_RESAMPLES = 10**6


@dataclass(frozen=True, kw_only=True)
class Intervals:
    """How sure a figure is: the bootstrap over articles.

    Attributes:
        resamples: how many, also of the rounds of a paired test; 0 for no intervals.
        seed: of the resampling.
        method: `expanded`, `percentile` or `bca`.
        level: how often such an interval holds the true value.
        cluster: a field of the articles, such as `story`, whose values are drawn as one, `wire` for articles that
            share text, or `text-story` for those whose texts tell one story; each article alone if None.
    """

    resamples: int = 1000
    seed: int = 0
    method: str = "expanded"
    level: float = 0.95
    cluster: str | None = None

    def __post_init__(self) -> None:
        for name in ("resamples", "seed"):
            value = getattr(self, name)
            if type(value) is not int:
                raise InputError(f"{name} must be a whole number, found {value!r}")
        if self.resamples > _MOST_RESAMPLES:
            raise InputError(f"resamples must be at most {_MOST_RESAMPLES}, found {shortened(self.resamples)}")
        if isinstance(self.level, bool) or not isinstance(self.level, (int, float)):
            raise InputError(f"level must be a number between 0 and 1, found {self.level!r}")


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How files of annotations are read.

    Attributes:
        format: the format of the files; found by looking into them if None.
        gold_format: that of the gold, if it is another.
        predicted_format: that of the predictions, if it is another.
        profile: how the types, relations and attributes of a tool's file map to layers: a TOML file, or the name of a
            profile; that of the format if None.
        annotator: whose reading is the gold, where a file has several of each article and none that is.
        offsets: how offsets count in the files, as `utf-16` or `utf-8,inclusive` (see `evalkit.text.counting`): in
            those of the predictions where a verb reads both sides, else in those of the gold; by default half-open
            code points.
        values: settings of the format by name, such as `tag_column`; which ones there are depends on the format.
        split: the split of the gold, where it has splits; `all` for every one.
        limit: only the first articles by id.
        articles: only these: ids, several with commas, or places in the order of ids as `10-20`, counted from 1.
        download: whether a public corpus that is named and not here yet is fetched; None does so where somebody is at a
            terminal, who sees it being said before.
    """

    format: str | None = None
    gold_format: str | None = None
    predicted_format: str | None = None
    profile: str | Path | None = None
    annotator: str | None = None
    offsets: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    split: str = "test"
    limit: int | None = None
    articles: tuple[str, ...] = ()
    download: bool | None = None

    def __post_init__(self) -> None:
        wanted = "articles must be an id, places as 10-20, or several of them"
        object.__setattr__(self, "articles", tuple(map(str, listed(self.articles, int, wanted=wanted))))


_MOST_SHARDS = 10**6
_SHARD = re.compile(r"(\d{1,9})/(\d{1,9})")


class Shard(NamedTuple):
    """One of the parts into which the articles of a run are divided.

    Attributes:
        number: which one, counted from 1.
        of: how many there are.
    """

    number: int
    of: int

    @classmethod
    def parse(cls, value: Any) -> Shard:
        """The shard that `I/N`, or a pair of numbers, means.

        Raises:
            InputError: it means none.
        """
        if isinstance(value, str):
            parts = _SHARD.fullmatch(value.strip())
            pair: Any = parts and (int(parts[1]), int(parts[2]))
        else:
            pair = value
        if not isinstance(pair, Sequence) or len(pair) != 2 or any(type(one) is not int for one in pair):
            raise InputError(f"shard {value!r:.60} is not I/N, such as 1/4, counted from 1")
        number, of = pair
        if not 1 <= number <= of <= _MOST_SHARDS:
            raise InputError(
                f"shard {number}/{of}: there is none of this number; count from 1 to N, and N to {_MOST_SHARDS:,}"
            )
        return cls(number, of)

    @property
    def spelling(self) -> str:
        """As options spell it."""
        return f"{self.number}/{self.of}"

    @property
    def words(self) -> str:
        """As sentences name it."""
        return f"shard {self.number} of {self.of}"


EXECUTORS = ("local", "ray")
"""Where batches are worked on: on this machine, or on a cluster."""


@dataclass(frozen=True, kw_only=True)
class Running:
    """How an extractor is run over articles; nothing of it changes a prediction.

    Attributes:
        batch_size: articles handed over at once; what the extractor likes best if None.
        workers: batches worked on at once, for extractors that allow it.
        executor: where they are worked on: `local`, in threads or processes of this machine, or `ray`, on a cluster.
        address: where the cluster is, as `ray.init` takes it, such as `auto` or `ray://HOST:10001`; if None, where
            RAY_ADDRESS says, or else one that is started here and ended with the run.
        cache: reuse predictions that the same extractor made for the same article, and a finished run; one that was
            interrupted is continued without, too.
        cache_size: bytes that the cache of predictions may take; what nobody has used for longest goes first. 0 for no
            limit.
        restart: make every prediction anew, also where a run was interrupted.
        keep_failed: leave articles that failed before as they are; they are tried again otherwise.
        max_failures: how many articles may fail before `Run.shortfall` speaks; all but one if None.
        out: a folder to write the run to, or to continue it in; nothing is written if None.
        progress: told after each batch how far the run is.
        standing: told after each batch how it stands: what failed, and where gold is at hand how good it is so far.
        command: the command line to keep with the run.
        article_timeout: seconds after which an article fails; no limit if None.
        max_cost: what an extractor that counts it may spend, in the currency of its prices; no limit if None.
        max_tokens: how many tokens it may take; no limit if None.
        announce: told before the first article, in one line, what will be asked of somebody who counts it.
        isolated: whether Python code of others runs in a process of its own, which may be lost.
        callbacks: told what happens, each a function of one `evalkit.RunEvent`.
        shard: only the articles of this shard, as `I/N` counted from 1, for `evalkit.merge_runs`; all if None.
    """

    batch_size: int | None = None
    workers: int = 1
    executor: str = "local"
    address: str | None = None
    cache: bool = True
    cache_size: int = 5_000_000_000
    restart: bool = False
    keep_failed: bool = False
    max_failures: int | None = None
    out: str | Path | None = None
    progress: Progress | None = None
    standing: Standing | None = None
    command: str = ""
    article_timeout: float | None = None
    isolated: bool = False
    max_cost: float | None = None
    max_tokens: int | None = None
    announce: Callable[[str], None] | None = None
    callbacks: tuple[Callable[[Any], None], ...] = ()
    shard: Shard | tuple[int, int] | str | None = None

    @property
    def part(self) -> Shard | None:
        """The shard, read."""
        return None if self.shard is None else Shard.parse(self.shard)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shard", self.part)
        callbacks = (self.callbacks,) if callable(self.callbacks) else tuple(self.callbacks)
        if odd := next((one for one in callbacks if not callable(one)), None):
            raise InputError(f"callbacks must be functions of an event, found {type(odd).__name__} {str(odd)[:40]!r}")
        object.__setattr__(self, "callbacks", callbacks)
        if self.executor not in EXECUTORS:
            raise InputError(f"executor must be {' or '.join(EXECUTORS)}, found {self.executor!r:.60}")
        if self.address is not None and self.executor == "local":
            raise InputError("an address is that of a cluster: choose the executor ray, or leave it out")
        for name, least in (
            ("batch_size", 1),
            ("workers", 1),
            ("max_failures", 0),
            ("max_tokens", 1),
            ("cache_size", 0),
        ):
            value = getattr(self, name)
            if value is not None and (type(value) is not int or value < least):
                raise InputError(f"{name} must be a whole number from {least}, found {value!r}")
        for name, unit in (("article_timeout", " of seconds"), ("max_cost", "")):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0):
                raise InputError(f"{name} must be a number{unit} above 0, found {value!r}")


class OptionWords(TypedDict, total=False):
    """The fields of all records as plain words (`interval` is the method of the intervals)."""

    tasks: Sequence[str]
    conventions: Sequence[str]
    label_map: str | Path | None
    gold_label_map: str | Path | None
    predicted_label_map: str | Path | None
    labels: Sequence[str]
    scope: Sequence[str]
    min_score: float | str | Sequence[float | str] | Mapping[str, float]
    without: str | Sequence[str]
    resamples: int
    seed: int
    interval: str
    level: float
    cluster: str | None
    format: str | None
    gold_format: str | None
    predicted_format: str | None
    profile: str | Path | None
    annotator: str | None
    offsets: str | None
    values: Mapping[str, str]
    split: str
    limit: int | None
    articles: str | Sequence[str]
    download: bool | None
    batch_size: int | None
    workers: int
    executor: str
    address: str | None
    cache: bool
    cache_size: int
    restart: bool
    keep_failed: bool
    max_failures: int | None
    out: str | Path | None
    progress: Progress | None
    standing: Standing | None
    article_timeout: float | None
    max_cost: float | None
    max_tokens: int | None
    announce: Callable[[str], None] | None
    callbacks: Sequence[Callable[[Any], None]]
    shard: Shard | tuple[int, int] | str | None


@dataclass(frozen=True, kw_only=True)
class Options:
    """The records together."""

    scoring: Scoring = Scoring()
    intervals: Intervals = Intervals()
    read: ReadOptions = ReadOptions()
    running: Running = Running()


_FIELDS = {"interval": "method"}
"""Words that are not called like their field: by itself the word would not say what it is about."""

_APART = {"shard"}
"""Words that few of the verbs take which take their record: these name them."""

_RECORD_OF = {
    own.name: record.name
    for record in fields(Options)
    for own in fields(record.default)  # type: ignore[arg-type]
}


def options_of(
    words: Mapping[str, Any] | OptionWords,
    *,
    takes: Collection[str] = ("scoring", "intervals", "read", "running"),
    **records: Scoring | Intervals | ReadOptions | Running | None,
) -> Options:
    """The records, with plain words put into the one that has such a field.

    Args:
        words: fields of the records by name.
        takes: the records that the verb takes, or single words of one.
        records: those that were given whole, by name; None for the usual one.

    Raises:
        InputError: a word that no record has, or that this verb does not take; the near match is named.
    """
    known = {word: _RECORD_OF[_FIELDS.get(word, word)] for word in OptionWords.__annotations__}
    taken = [word for word, record in known.items() if word in takes or (record in takes and word not in _APART)]
    whole = {name: record for name, record in records.items() if record is not None}
    for name, record in whole.items():
        if not isinstance(record, kind := type(getattr(Options(), name))):
            found = f"{type(record).__name__} {str(record)[:40]!r}"
            raise InputError(f"{name} must be evalkit.{kind.__name__}(…), found {found}")
    base = Options(**whole)  # type: ignore[arg-type]
    changes: dict[str, dict[str, Any]] = {name: {} for name in dict.fromkeys(known.values())}
    for word, value in dict[str, Any](words).items():
        if word not in taken:
            raise _refused(word, known, taken)
        changes[known[word]][_FIELDS.get(word, word)] = value
    for word, name in known.items():
        own = _FIELDS.get(word, word)
        if word not in taken and getattr(getattr(base, name), own) != getattr(getattr(Options(), name), own):
            raise _refused(word, known, taken)
    return Options(**{name: replace(getattr(base, name), **changed) for name, changed in changes.items()})


def _refused(word: str, known: Collection[str], taken: Sequence[str]) -> InputError:
    near = near_match(word, taken)
    hint = f"did you mean {near!r}?" if near else f"there are {', '.join(taken)}"
    return InputError(f"{'option without use' if word in known else 'unknown option'} {word!r}; {hint}")
