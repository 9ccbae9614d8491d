"""Splits that exist, looked at: groups that are divided, days out of order, labels without their share, shared text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from evalkit.dataset.leakage.passages import shared_passages
from evalkit.dataset.splitting.division import (
    ENOUGH,
    Source,
    SplitShare,
    examples_of,
    items_of,
    label_totals,
    shares_of,
    splits_from,
)
from evalkit.dataset.splitting.groups import Groups, groups_of
from evalkit.dataset.splitting.rule import SplitRule, day_of, parse_days, parse_embargo, parse_shares, split_order
from evalkit.errors import InputError
from evalkit.options import ReadOptions, listed
from evalkit.records import Article, Example
from evalkit.showing import number_of, shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["DividedGroup", "LabelShare", "MisplacedDay", "SharedAcross", "SplitCheck", "check_split"]

FAR = 3.5
"""A label is far off from so many standard deviations on of what laying out groups at random would give."""
LEAST_GROUPS = 5
"""A label that fewer groups have can be off by chance in any number of deviations."""

AFTER, BEFORE, INSIDE = "after a later split begins", "before its split begins", "inside the embargo"


@dataclass(frozen=True, slots=True, kw_only=True)
class DividedGroup:
    """A group of articles that several splits have a part of.

    Attributes:
        by: what makes it a group, such as `story`.
        articles: split → ids.
    """

    by: str
    articles: Mapping[str, tuple[str, ...]]

    def __str__(self) -> str:
        """The group with its parts."""
        parts = "; ".join(f"{split}: {', '.join(ids)}" for split, ids in self.articles.items())
        return f"one {self.by} is in several splits: {parts}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MisplacedDay:
    """An article that was published when no article of its split should have been."""

    article_id: str
    split: str
    published: str
    problem: str

    def __str__(self) -> str:
        """The article, its split and day, and what is wrong with it."""
        return f"{self.article_id} ({self.split}) was published on {self.published[:10]}, {self.problem}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelShare:
    """A label of which a split has far more or far fewer items than its share.

    Attributes:
        items: those that the split has.
        total: those of all splits.
        met: its share of them.
        aimed: its share of the articles, or the one that was asked for.
        deviations: how far that is, in standard deviations of laying out groups of articles at random.
    """

    split: str
    layer: str
    label: str
    items: int
    total: int
    met: float
    aimed: float
    deviations: float

    def __str__(self) -> str:
        """The label with both shares."""
        return (
            f"{self.split} has {self.items} of {number_of(self.total, 'item')} of {self.layer}/{self.label} "
            f"({self.met:.0%}, {self.aimed:.0%} would be its share)"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedAcross:
    """Two articles of different splits that share text; `containment` is the share of the words of each."""

    left: str
    left_split: str
    right: str
    right_split: str
    containment: tuple[float, float]

    def __str__(self) -> str:
        """Both, with how much of each stands in the other."""
        one, other = self.containment
        return (
            f"{self.left} ({self.left_split}) and {self.right} ({self.right_split}) share text: {one:.0%} of the words "
            f"of the one, {other:.0%} of the other"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitCheck:
    """What is wrong with the splits of a dataset.

    Attributes:
        dataset: its name.
        splits: what each has.
        divided: groups that several splits have.
        misplaced: articles published when they should not have been; only where days or an embargo were given.
        labels: labels far off their share.
        shared: articles of different splits that share text, the most of a text first.
        looked_for: what was looked at, in words.
        notes: what is to be said besides, a sentence each.
    """

    dataset: str
    splits: tuple[SplitShare, ...]
    divided: tuple[DividedGroup, ...]
    misplaced: tuple[MisplacedDay, ...]
    labels: tuple[LabelShare, ...]
    shared: tuple[SharedAcross, ...]
    looked_for: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def findings(self) -> dict[str, tuple[object, ...]]:
        """Kind → what was found."""
        return {"divided": self.divided, "misplaced": self.misplaced, "labels": self.labels, "shared": self.shared}

    def figures(self) -> dict[str, float | None]:
        """Figures for conditions: how many of each kind, and `findings` of all; `off` as of a division."""
        found: dict[str, float | None] = {name: len(own) for name, own in self.findings().items()}
        off = [abs(one.met - one.aimed) for one in self.splits if one.aimed is not None]
        shares = {f"share.{one.split}": one.met for one in self.splits}
        return {"findings": sum(map(len, self.findings().values())), **found, **shares, "off": max(off, default=None)}

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON values."""
        return {
            "format": "evalkit.split-check",
            "version": 1,
            "dataset": self.dataset,
            "looked_for": list(self.looked_for),
            "splits": [one.to_json() for one in self.splits],
            "divided": [{"by": one.by, "articles": _lists(one.articles)} for one in self.divided],
            "misplaced": [asdict(one) for one in self.misplaced],
            "labels": [asdict(one) for one in self.labels],
            "shared": [asdict(one) | {"containment": list(one.containment)} for one in self.shared],
            "figures": self.figures(),
            "notes": list(self.notes),
        }

    def to_pandas(self) -> DataFrame:
        """One row a finding: its kind and what it is."""
        import pandas as pd

        rows = [{"kind": kind, "finding": str(one)} for kind, own in self.findings().items() for one in own]
        return pd.DataFrame(rows, columns=["kind", "finding"])

    _repr_html_ = shown_html


def _lists(ids: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    return {split: list(own) for split, own in ids.items()}


def check_split(
    source: Source = None,
    *,
    shares: str | Mapping[str, float] | None = None,
    days: str | None = None,
    embargo: str | int | None = None,
    by: str | Sequence[str] = ("story",),
    read: ReadOptions | None = None,
) -> SplitCheck:
    """Looks at the splits that a dataset has.

    Args:
        source: the splits of a dataset, or where to load them from; the bundled gold by default.
        shares: the share that each split should have, as `train=.8,dev=.1,test=.1`; by default the one that it has.
        days: the days on which splits should begin, as for `split_dataset`.
        embargo: so many days before each of these days nothing should be published. Without days, each split should
            begin so long after the last article of the one before, in the order train, dev, test.
        by: what no split should divide.
        read: how files are read.

    Raises:
        InputError: the dataset has one split only, or words that mean nothing.
        UnknownNameError: no article has anything that groups could be made by.
    """
    given = splits_from(source, read or ReadOptions())
    name, examples = given[0].name, examples_of(given)
    split_of = {example.article.id: gold.split for gold in given for example in gold}
    if len(set(split_of.values())) < 2:
        raise InputError(f"{name}: its articles are in one split, so there is nothing to check; name the whole dataset")
    articles = [example.article for example in examples]
    ways = listed(by, wanted="by must be a name or a list of names")
    by_way = {way: groups_of(articles, (way,)) for way in ways}
    together = groups_of(articles, ways)
    aimed = parse_shares(shares) if shares else {}
    splits = shares_of(examples, split_of, together, (), aimed)
    begins = _begins(articles, split_of, days, embargo)
    return SplitCheck(
        dataset=name,
        splits=splits,
        divided=tuple(one for way, groups in by_way.items() for one in _divided(way, groups, split_of)),
        misplaced=tuple(_misplaced(articles, split_of, begins, parse_embargo(embargo))),
        labels=tuple(_far_off(examples, splits, together)),
        shared=tuple(_shared(articles, split_of)),
        looked_for=(
            *(f"groups by {way}" for way in ways),
            *(["days"] if begins else []),
            "shares of labels",
            "shared text",
        ),
        notes=(*together.notes, *_unasked(splits, tuple(aimed) or _of_days(days))),
    )


def _of_days(days: str | None) -> tuple[str, ...]:
    return SplitRule(days=parse_days(days)).names if days is not None else ()


def _unasked(splits: Sequence[SplitShare], asked: Sequence[str]) -> list[str]:
    """Splits that are there although nobody asked for them, and those asked for that are not; nothing if none were."""
    there = [one.split for one in splits if one.articles]
    unasked = [f"there is a split {name}, which was not asked for" for name in there if asked and name not in asked]
    return [*unasked, *(f"no article is in {name}, which was asked for" for name in asked if name not in there)]


def _divided(way: str, groups: Groups, split_of: Mapping[str, str]) -> list[DividedGroup]:
    divided = []
    for ids in groups.members().values():
        parts: dict[str, list[str]] = {}
        for article_id in ids:
            parts.setdefault(split_of[article_id], []).append(article_id)
        if len(parts) > 1:
            ordered = {split: tuple(parts[split]) for split in sorted(parts, key=split_order)}
            divided.append(DividedGroup(by=way, articles=ordered))
    return divided


def _begins(
    articles: Sequence[Article], split_of: Mapping[str, str], days: str | None, embargo: str | int | None
) -> dict[str, date]:
    """The day on which each split but the first begins; nothing where days do not matter."""
    order = sorted(set(split_of.values()), key=split_order)
    if days is not None:
        rule = SplitRule(days=parse_days(days), embargo=parse_embargo(embargo))
        if len(order) != len(rule.names):
            known = ", ".join(order)
            raise InputError(
                f"days {days!r:.60} are those of {', '.join(rule.names)}, but there are the splits {known}"
            )
        return dict(zip(order[1:], rule.days, strict=True))
    if embargo is None:
        return {}
    first: dict[str, date] = {}
    for article in articles:
        if (published := day_of(article.published)) is not None:
            split = split_of[article.id]
            first[split] = min(first.get(split, published), published)
    return {split: first[split] for split in order[1:] if split in first}


def _misplaced(
    articles: Sequence[Article], split_of: Mapping[str, str], begins: Mapping[str, date], embargo: int
) -> list[MisplacedDay]:
    order = sorted(set(split_of.values()), key=split_order)
    found = []
    for article in articles:
        split, published = split_of[article.id], day_of(article.published)
        if published is None:
            continue
        later = [begins[name] for name in order[order.index(split) + 1 :] if name in begins]
        problem = ""
        if any(published >= day for day in later):
            problem = AFTER
        elif split in begins and published < begins[split]:
            problem = BEFORE
        elif any(day - timedelta(days=embargo) <= published for day in later):
            problem = INSIDE
        if problem:
            found.append(MisplacedDay(article_id=article.id, split=split, published=article.published, problem=problem))
    return found


def _far_off(examples: Sequence[Example], splits: Sequence[SplitShare], groups: Groups) -> list[LabelShare]:
    """The labels of which a split has a share that laying groups out at random would hardly give it."""
    members: dict[str, list[Example]] = {}
    for example in examples:
        members.setdefault(groups.names[example.article.id], []).append(example)
    counts = [items_of(own) for own in members.values()]
    found = []
    for (layer, label), total in label_totals(splits).items():
        sizes = [number for own in counts if (number := own.get(layer, {}).get(label, 0))]
        if total < ENOUGH or len(sizes) < LEAST_GROUPS:
            continue
        for one in splits:
            share = one.met if one.aimed is None else one.aimed
            spread = (sum(size * size for size in sizes) * share * (1 - share)) ** 0.5
            items = one.items.get(layer, {}).get(label, 0)
            deviations = (items - share * total) / spread if spread else 0.0
            if abs(deviations) >= FAR:
                found.append(
                    LabelShare(
                        split=one.split,
                        layer=layer,
                        label=label,
                        items=items,
                        total=total,
                        met=items / total,
                        aimed=share,
                        deviations=deviations,
                    )
                )
    return sorted(found, key=lambda one: (-abs(one.deviations), one.layer, one.label, one.split))


def _shared(articles: Sequence[Article], split_of: Mapping[str, str]) -> list[SharedAcross]:
    order = sorted(set(split_of.values()), key=split_order)
    pairs = shared_passages(articles, [order.index(split_of[article.id]) for article in articles]).pairs
    found = [
        SharedAcross(
            left=articles[pair.left].id,
            left_split=split_of[articles[pair.left].id],
            right=articles[pair.right].id,
            right_split=split_of[articles[pair.right].id],
            containment=pair.containment,
        )
        for pair in pairs
    ]
    return sorted(found, key=lambda one: (-max(one.containment), one.left, one.right))
