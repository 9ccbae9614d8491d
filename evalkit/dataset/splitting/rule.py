"""Which article is in which split: by list, by share or by date.

====================================  =================================================================
``splits.json`` and the like          which ids are in which split: ``{"dev": ["a1"], "test": ["a2"]}``, the
                                      same in TOML, or lines of an id and its split (``.csv``, ``.tsv``, text)
``train=.8,dev=.1,test=.1``           shares; a hash of the id and a seed says where an article is
``date:2024-06-01,2024-09-01``        train is what was published before the first day, test from the second
                                      on, dev between them; of one day, what was before is train, the rest test
====================================  =================================================================

A list may say of articles that they go nowhere (`(none)` for the split), as those inside an embargo; it may also be
what `evalkit dataset split --json` printed. A list goes before anything else. Shares and dates are for articles that
the dataset folder does not have: one that is there stays in its split, unless all are asked to be laid out anew.

Shares are met as a coin meets them, not to the article: whether an article is tested must not depend on which others
there are, or adding one would move some from train to test.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

from evalkit.dataset.making.store import SPLITS
from evalkit.dataset.splitting.lists import IdsBySplit, read_lists
from evalkit.errors import InputError
from evalkit.files import path_of
from evalkit.records import Article

__all__ = [
    "SplitRule",
    "day_of",
    "drawn_number",
    "parse_days",
    "parse_embargo",
    "parse_shares",
    "split_order",
    "split_rule",
]

_DATED = "date:"
_SHARE = re.compile(r"\s*(?P<name>[^=,\s]+)\s*=\s*(?P<share>\d*\.?\d+)\s*")
_EMBARGO = re.compile(r"(?P<days>\d{1,5})\s*(?:d|days?)?")
_TOGETHER = 1e-6
"""So much may shares differ from one whole: three thirds can only be written about right."""


@dataclass(frozen=True, kw_only=True)
class SplitRule:
    """How articles get their split.

    Attributes:
        lists: article ids by split.
        shares: the share of each split; together 1.
        days: the first days of the second, third … split. With shares it is one day: what was published before it is
            laid out by share, and what was published from it on is the last split.
        embargo: so many days before each of the days nothing may be published: what was goes nowhere.
        seed: another one gives other articles to each share.
        anew: whether articles that have a split already get one by share or date, too.
    """

    lists: IdsBySplit = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    days: tuple[date, ...] = ()
    embargo: int = 0
    seed: int = 0
    anew: bool = False

    def __post_init__(self) -> None:
        last = SPLITS[-1]
        if self.days and self.shares and (len(self.days) > 1 or last in self.shares):
            raise InputError(
                f"shares beside days are those of what was published before one day, and from it on is {last}: give "
                f"one day, and shares without {last}"
            )
        if self.embargo and not self.days:
            raise InputError("an embargo is about days; give the first days of the splits, too")

    @property
    def divides(self) -> bool:
        """Whether it gives any article a split, not only those of a list."""
        return bool(self.shares or self.days)

    @property
    def names(self) -> tuple[str, ...]:
        """The splits that shares and days lay articles out in, in order."""
        if not self.days:
            return tuple(self.shares)
        if self.shares:
            return (*self.shares, SPLITS[-1])
        return SPLITS if len(self.days) > 1 else (SPLITS[0], SPLITS[-1])

    def split_of(self, article: Article) -> str | None:
        """The split of an article by share or date; None if neither says, or it lies inside the embargo."""
        if not self.days:
            return self.share_of(article.id) if self.shares else None
        published = day_of(article.published)
        if published is None or self.inside_embargo(published):
            return None
        later = sum(day <= published for day in self.days)
        if self.shares and not later:
            return self.share_of(article.id)
        return self.names[-1] if self.shares else self.names[later]

    def share_of(self, name: str) -> str:
        """The split of an article, or of a group of them, by a hash of its name.

        Nothing else decides: neither the order of articles nor which others there are.
        """
        place, below = drawn_number(self.seed, name), 0.0
        for split, share in self.shares.items():
            below += share
            if place < below:
                return split
        # Rounding left a gap at the end of the last share that has any.
        return [split for split, share in self.shares.items() if share][-1]

    def inside_embargo(self, published: date) -> bool:
        """Whether something was published in the days before one of the first days of splits."""
        return any(day - timedelta(days=self.embargo) <= published < day for day in self.days)


def split_rule(given: IdsBySplit | SplitRule | str | Path | None, *, seed: int = 0, anew: bool = False) -> SplitRule:
    """What somebody says of splits, as a rule.

    Args:
        given: ids by split, the path of a list, shares, or dates, as above.
        seed: for shares.
        anew: lay out the articles that have a split already, too.

    Raises:
        InputError: it is none of these; says what is wrong.
    """
    if given is None or isinstance(given, SplitRule):
        if anew and given is None:
            raise InputError("no splits are given to lay articles out by; add --splits, or leave out --resplit")
        return given or SplitRule()
    if isinstance(given, Mapping):
        return SplitRule(lists=given)
    path = path_of(given, "splits must be ids by split, the path of a list, shares as train=.8,test=.2, or date:DAY")
    said = str(given)
    if said.startswith(_DATED):
        return SplitRule(days=parse_days(said.removeprefix(_DATED), _DATED), anew=anew)
    if "=" in said and not path.is_file():
        return SplitRule(shares=parse_shares(said), seed=seed, anew=anew)
    if anew:
        raise InputError(f"{path}: a list says itself which articles move; leave out --resplit")
    return SplitRule(lists=read_lists(path))


def parse_shares(said: str | Mapping[str, float]) -> dict[str, float]:
    """The shares in `train=.8,dev=.1,test=.1`, by split in the order train, dev, test, others.

    Raises:
        InputError: it is none, or they are not 1 together.
    """
    if isinstance(said, Mapping):
        for share in said.values():
            if not isinstance(share, (int, float)) or not 0 <= share <= 1:
                raise InputError(f"splits {dict(said)!r:.80}: {share!r:.40} is no share; give numbers from 0 to 1")
        return _checked({str(split): float(share) for split, share in said.items()}, said)
    parts = [_SHARE.fullmatch(part) for part in said.split(",")]
    if wrong := [part for part, found in zip(said.split(","), parts, strict=True) if found is None]:
        raise InputError(f"splits {said!r:.80}: {wrong[0]!r:.40} is no share; write train=.8,dev=.1,test=.1")
    shares = {found["name"]: float(found["share"]) for found in parts if found is not None}
    if len(shares) < len(parts):
        raise InputError(f"splits {said!r:.80}: a split is named twice; name each once")
    return _checked(shares, said)


def _checked(shares: Mapping[str, float], said: object) -> dict[str, float]:
    if abs(sum(shares.values()) - 1) > _TOGETHER:
        raise InputError(f"splits {said!r:.80}: the shares are {sum(shares.values()):g} together; they must be 1")
    return {name: shares[name] for name in sorted(shares, key=split_order)}


def split_order(name: str) -> tuple[int, str]:
    """What splits are sorted by: train, dev, test, then others by name."""
    return (SPLITS.index(name) if name in SPLITS else len(SPLITS), name)


def drawn_number(seed: int, name: str) -> float:
    """A number from 0 to 1 that only a seed and a name decide."""
    digest = sha256(f"{seed}\n{name}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8]) / 2**64


def parse_days(said: str, before: str = "") -> tuple[date, ...]:
    """The days in `2024-06-01,2024-09-01`.

    Raises:
        InputError: they are none, not one or two, or not in order; quotes them with what stands before them.
    """
    days = [day_of(part.strip()) for part in said.split(",")]
    if None in days or not 1 <= len(days) < len(SPLITS):
        example = f"{before}2024-06-01,2024-09-01"
        raise InputError(f"splits '{before}{said:.60}': write one day or two, as {example}")
    known = [day for day in days if day is not None]
    if known != sorted(set(known)):
        raise InputError(f"splits '{before}{said:.60}': the days are not in order; write the first one first")
    return tuple(known)


def parse_embargo(said: str | int | None) -> int:
    """The days in `7d`, `7 days` or 7; 0 for None.

    Raises:
        InputError: it is none of these.
    """
    if said is None:
        return 0
    found = None if isinstance(said, bool) else _EMBARGO.fullmatch(str(said).strip())
    if found is None:
        raise InputError(f"embargo {said!r:.40} is no number of days; write 7d")
    return int(found["days"])


def day_of(said: str) -> date | None:
    """The day of an ISO date, with or without a time; None for anything less."""
    try:
        return date.fromisoformat(said[:10]) if re.match(r"\d{4}-\d\d-\d\d", said) else None
    except ValueError:
        return None
