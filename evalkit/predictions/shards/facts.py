"""What a run says of shards: one that is a shard, of the whole; one that was merged, of its shards.

A shard is not scored: scores are never merged, and the floor and the intervals of a part would be thrown away. So it
says how the whole is scored, and whoever merges scores as the whole run would have been.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from evalkit.options import Intervals, Scoring, Shard
from evalkit.showing import number_of

__all__ = ["MergedShards", "Scored", "WholeRun", "no_figures", "ranges"]


@dataclass(frozen=True, kw_only=True)
class Scored:
    """How a run is scored.

    Attributes:
        scoring: tasks, conventions, label maps and labels.
        intervals: how intervals are made.
        baseline: whether the trivial baseline is scored beside it.
    """

    scoring: Scoring
    intervals: Intervals
    baseline: bool = True


@dataclass(frozen=True, kw_only=True)
class WholeRun:
    """The run that a shard is a part of, as far as the facts of the shard do not tell it.

    Attributes:
        articles: how many there are in all shards.
        limit: only the first articles of the split, as `ReadOptions.limit`.
        chosen: only these articles of the split, as `ReadOptions.articles`.
        scored: how it is scored; None if it is not.
        languages: what the extractor says of its languages (see `Traits`).
        prices: of a million prompt and completion tokens, if the extractor has some.
        uncached: why answers of the extractor are not kept for other runs; empty if they are.
    """

    articles: int
    limit: int | None = None
    chosen: tuple[str, ...] = ()
    scored: Scored | None = None
    languages: tuple[str, ...] = ()
    prices: tuple[float, float] | None = None
    uncached: str = ""

    def to_json(self) -> dict[str, Any]:
        """As `run.json` of a shard says it."""
        row = asdict(self)
        if self.scored is not None:
            maps = {name: own for name, own in row["scored"]["scoring"].items() if name.endswith("label_map")}
            row["scored"]["scoring"] |= {name: None if own is None else str(own) for name, own in maps.items()}
        return row

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> WholeRun:
        """What `to_json` wrote, of the shape that `RUN_FACTS` describes."""
        scored, prices = row.get("scored"), row.get("prices")
        return cls(
            articles=row["articles"],
            limit=row.get("limit"),
            chosen=tuple(row["chosen"]),
            scored=scored and _scored(scored),
            languages=tuple(row["languages"]),
            prices=None if prices is None else (prices[0], prices[1]),
            uncached=row["uncached"],
        )


def _scored(row: Mapping[str, Any]) -> Scored:
    return Scored(
        scoring=Scoring(**_known(Scoring, row["scoring"])),
        intervals=Intervals(**_known(Intervals, row["intervals"])),
        baseline=row["baseline"],
    )


def _known(record: type, row: Mapping[str, Any]) -> dict[str, Any]:
    """What a record has a field for."""
    return {own.name: row[own.name] for own in fields(record) if own.name in row}


@dataclass(frozen=True, kw_only=True)
class MergedShards:
    """The shards that a run was merged of.

    Attributes:
        of: how many there are.
        shards: for each that is there its `shard`, `articles`, `command`, `versions` and `sha256` of its predictions.
        missing: the numbers of those that are not there.
        articles: how many the whole has.
        gold_fingerprint: that of the gold of the whole.
    """

    of: int
    shards: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    missing: tuple[int, ...] = ()
    articles: int = 0
    gold_fingerprint: str = ""

    @classmethod
    def of_facts(cls, said: Mapping[str, Any]) -> MergedShards | None:
        """What the facts of a run or a result say of shards; None if nothing."""
        shards, partial = tuple(said.get("shards", ())), said.get("partial")
        if partial is None:
            return cls(of=len(shards), shards=shards) if shards else None
        return cls(**_known(cls, partial) | {"missing": tuple(partial["missing"]), "shards": shards})

    @property
    def facts(self) -> dict[str, Any]:
        """What a result says of a run of which shards are missing; nothing of a whole one."""
        if not self.missing:
            return {}
        names = ("of", "articles", "gold_fingerprint")
        return {"partial": {"missing": list(self.missing), **{name: getattr(self, name) for name in names}}}

    def note(self, articles: int) -> str:
        """What share of the whole so many articles are, a sentence; empty if no shard is missing."""
        if not self.missing:
            return ""
        there = self.of - len(self.missing)
        share = articles / self.articles if self.articles else 1.0
        shards, are = ("shard", "is") if len(self.missing) == 1 else ("shards", "are")
        return (
            f"partial: {there} of {number_of(self.of, 'shard')}, {articles} of {number_of(self.articles, 'article')} "
            f"({share:.1%}): {shards} {ranges(self.missing)} {are} missing; these are not the figures of the whole"
        )


def no_figures(place: str, shard: Shard) -> str:
    """Why a shard is not shown or compared, and what to do: of a part they would be taken for those of the whole."""
    return (
        f"{place}: is {shard.words}, which has no figures of its own; merge the shards with `evalkit merge`, or those "
        "that are there with `evalkit merge --partial`"
    )


_MOST_SHOWN = 12


def ranges(numbers: Sequence[int]) -> str:
    """Whole numbers in ascending order, those that follow each other as `3-7`; of many ranges the first."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    shown = [str(first) if first == last else f"{first}-{last}" for first, last in parts]
    more = len(shown) - _MOST_SHOWN
    return ", ".join(shown[:_MOST_SHOWN]) + (f" and {number_of(more, 'more range')}" if more > 0 else "")
