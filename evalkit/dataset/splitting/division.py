"""Articles laid out in splits: by share, by day, in groups, each label with its share; and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.dataset.labels import unlisted_inventory
from evalkit.dataset.loading.load import load_splits
from evalkit.dataset.loading.readings import is_undecided, settled
from evalkit.dataset.loading.sources import ALL
from evalkit.dataset.own_labels import own_inventory
from evalkit.dataset.splitting.groups import Groups, groups_of
from evalkit.dataset.splitting.lists import NOWHERE, list_text
from evalkit.dataset.splitting.rule import SplitRule, day_of, parse_days, parse_embargo, parse_shares, split_order
from evalkit.dataset.splitting.stratify import Unit, stratified
from evalkit.errors import FormatError, InputError
from evalkit.files import file_name_of, path_of, write_file
from evalkit.layers.table import load_layer
from evalkit.options import ReadOptions, listed
from evalkit.records import Article, Example
from evalkit.registry import unknown_name
from evalkit.showing import number_of, shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = [
    "ENOUGH",
    "DatasetSplits",
    "LeftOut",
    "Source",
    "SplitShare",
    "examples_of",
    "items_of",
    "label_totals",
    "shares_of",
    "split_dataset",
    "splits_from",
]

Source = GoldDataset | Sequence[GoldDataset] | Iterable[Example] | str | Path | None

NO_DATE, EMBARGO, DIVIDED = "no date", "inside the embargo", "its group is in another split"
"""Why an article goes nowhere."""
ENOUGH = 10
"""Fewer items of a label cannot be shared out in any way that says something."""


class LeftOut(NamedTuple):
    """An article that goes nowhere, and why."""

    article_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitShare:
    """What one split has.

    Attributes:
        split: its name.
        articles: how many.
        groups: how many groups of articles.
        aimed: the share of the articles that was asked for; None where days say who is in it.
        met: the share that it has of all articles that are in a split.
        items: layer → label → items.
    """

    split: str
    articles: int
    groups: int
    aimed: float | None
    met: float
    items: Mapping[str, Mapping[str, int]]

    def to_json(self) -> dict[str, Any]:
        """The figures as JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetSplits:
    """Which article is in which split, and what each split has.

    Attributes:
        dataset: the name of the dataset.
        articles: article id → split, by id.
        splits: what each split has, in their order.
        left_out: the articles that go nowhere, by id.
        seed: what it was drawn with.
        how: how articles were laid out, in words.
        groups: what kept articles together, such as `story`.
        notes: what is to be said besides, a sentence each.
    """

    dataset: str
    articles: Mapping[str, str]
    splits: tuple[SplitShare, ...]
    left_out: tuple[LeftOut, ...]
    seed: int
    how: str
    groups: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def lists(self) -> dict[str, list[str]]:
        """The ids by split, and under `(none)` those that go nowhere: what `build_dataset` takes."""
        ids: dict[str, list[str]] = {one.split: [] for one in self.splits}
        for article_id, split in self.articles.items():
            ids[split].append(article_id)
        if self.left_out:
            ids[NOWHERE] = [one.article_id for one in self.left_out]
        return ids

    def write(self, path: str | Path) -> None:
        """Writes the list for `build_dataset`: CSV or TSV by the name of the file, else JSON.

        Raises:
            OutputError: it cannot be written.
        """
        place = path_of(path, "the list must be written to the path of a file")
        write_file(place, list_text(self.lists(), place))

    def figures(self) -> dict[str, float | None]:
        """Figures for conditions.

        `off` is how far the share of articles of a split is from the one asked for, at most; `labels_off` how far the
        share that a split has of the items of a label is from the share that it should have, at most (0 to 1), over the
        labels of which there are ten items or more.
        """
        figures: dict[str, float | None] = {"articles": len(self.articles), "left_out": len(self.left_out)}
        figures |= {f"articles.{one.split}": one.articles for one in self.splits}
        figures |= {f"share.{one.split}": one.met for one in self.splits}
        off = [abs(one.met - one.aimed) for one in self.splits if one.aimed is not None]
        return figures | {"off": max(off, default=None), "labels_off": self._labels_off()}

    def _labels_off(self) -> float | None:
        totals = label_totals(self.splits)
        apart = [
            abs(one.items.get(layer, {}).get(label, 0) / total - (one.met if one.aimed is None else one.aimed))
            for one in self.splits
            for (layer, label), total in totals.items()
            if total >= ENOUGH
        ]
        return max(apart, default=None)

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON values; `articles` holds the split of each article by id."""
        return {
            "format": "evalkit.split",
            "version": 1,
            "dataset": self.dataset,
            "how": self.how,
            "groups": list(self.groups),
            "seed": self.seed,
            "articles": dict(self.articles),
            "splits": [one.to_json() for one in self.splits],
            "left_out": [one._asdict() for one in self.left_out],
            "figures": self.figures(),
            "notes": list(self.notes),
        }

    def to_pandas(self) -> DataFrame:
        """One row an article, by id: its split, "" and the reason where it goes nowhere."""
        import pandas as pd

        rows = [{"article_id": name, "split": split, "left_out": ""} for name, split in self.articles.items()]
        rows += [{"article_id": name, "split": "", "left_out": reason} for name, reason in self.left_out]
        frame = pd.DataFrame(rows, columns=["article_id", "split", "left_out"])
        return frame.sort_values("article_id", ignore_index=True)

    _repr_html_ = shown_html


def label_totals(splits: Iterable[SplitShare]) -> dict[tuple[str, str], int]:
    """(layer, label) → items in all splits."""
    totals: Counter[tuple[str, str]] = Counter()
    for one in splits:
        for layer, labels in one.items.items():
            totals.update({(layer, label): number for label, number in labels.items()})
    return {key: totals[key] for key in sorted(totals)}


def split_dataset(
    source: Source = None,
    *,
    shares: str | Mapping[str, float] | None = None,
    days: str | None = None,
    embargo: str | int | None = None,
    by: str | Sequence[str] = (),
    stable: bool = False,
    seed: int = 0,
    read: ReadOptions | None = None,
) -> DatasetSplits:
    """Lays the articles of a dataset out anew, whatever split they are in now; nothing is written.

    By share every split gets its share of the articles and, as far as groups of articles allow, of the items of each
    label (see `evalkit.dataset.splitting.stratify`).

    Args:
        source: the splits of a dataset, examples, or where to load them from; the bundled gold by default.
        shares: the share of each split, as `train=.8,dev=.1,test=.1`, together 1.
        days: the first day of the test split, or those of dev and test, as `2024-06-01,2024-09-01`: a split is what was
            published from its day on. Beside one day, shares are those of what was published before it.
        embargo: so many days before each of the days, as `7d`: what was published in them goes nowhere.
        by: what no split may divide: `story`, `text-story`, `outlet`, `author`, or a field of the metadata; several
            where several count. Where days would divide a group, its larger part stays (of two equal ones the later)
            and the rest goes nowhere.
        stable: lay articles or groups out by a hash of their name instead, which meets shares only about, knows no
            labels, and moves no article where others are added later; a group is called by the first of its articles
            by id, and may move where another one comes first.
        seed: another one gives other articles to each share.
        read: how files are read.

    Raises:
        InputError: neither shares nor days, or words that mean nothing.
        UnknownNameError: no article has anything that groups could be made by.
    """
    rule = _rule(shares, days, embargo, seed)
    given = splits_from(source, read or ReadOptions())
    examples = examples_of(given)
    articles = [example.article for example in examples]
    groups = groups_of(articles, listed(by, wanted="by must be a name or a list of names"))
    if rule.days and not any(day_of(article.published) for article in articles):
        raise InputError(f"{given[0].name}: no article says on which day it was published; lay it out by --shares")
    placed, left_out = _by_days(articles, rule, groups) if rule.days else ({}, [])
    labelled = False
    if rule.shares:
        gone = {one.article_id for one in left_out}
        rest = [example for example in examples if example.article.id not in placed and example.article.id not in gone]
        placed |= _by_share(rest, rule, groups, stable=stable)
        labelled = bool(_label_counts(rest))
    ordered = dict(sorted(placed.items()))
    splits = shares_of(examples, ordered, groups, rule.names, {} if rule.days else rule.shares)
    return DatasetSplits(
        dataset=given[0].name,
        articles=ordered,
        splits=splits,
        left_out=tuple(sorted(left_out)),
        seed=seed,
        how=_how(rule, stable=stable, labelled=labelled),
        groups=groups.by,
        notes=(*groups.notes, *_undecided(examples), *_of_splits(splits, groups, stable=stable)),
    )


def _rule(
    shares: str | Mapping[str, float] | None, days: str | None, embargo: str | int | None, seed: int
) -> SplitRule:
    if shares is None and days is None:
        raise InputError("say how to lay articles out: shares as train=.8,dev=.1,test=.1, or days as 2024-06-01")
    rule = SplitRule(
        shares={} if shares is None else parse_shares(shares),
        days=() if days is None else parse_days(days),
        embargo=parse_embargo(embargo),
        seed=seed,
    )
    for name in rule.names:
        try:
            file_name_of(name, "")
        except FormatError:
            message = f"split {name!r:.60} cannot be the name of a folder; use letters, digits, '-' and '_'"
            raise InputError(message) from None
    return rule


def _of_splits(splits: Iterable[SplitShare], groups: Groups, *, stable: bool) -> list[str]:
    """What is to be said of splits that nothing is in, and of groups that may move."""
    notes = [f"no article is in {one.split}" for one in splits if not one.articles and one.aimed != 0]
    if stable and groups.by:
        notes.append(
            "a group is called by its first article: where one that comes before it by id is added, or joins two "
            "groups, the group may move to another split"
        )
    return notes


def examples_of(splits: Sequence[GoldDataset]) -> list[Example]:
    """The examples of all splits by article id.

    Raises:
        InputError: two articles have one id.
    """
    examples = sorted((example for gold in splits for example in gold), key=lambda example: example.article.id)
    for one, other in pairwise(examples):
        if one.article.id == other.article.id:
            raise InputError(f"two articles have the id {one.article.id!r:.80}; give each its own")
    return examples


def splits_from(source: Source, read: ReadOptions, split: str = ALL) -> tuple[GoldDataset, ...]:
    """The splits that are meant: loaded, given as they are, or made of examples, which is one without a name.

    Args:
        source: the dataset.
        read: how files are read.
        split: only this one.

    Raises:
        InputError: it is none of these, or holds nothing.
        UnknownNameError: there is no such split.
    """
    given = _splits_from(source, read, split)
    if split != ALL and not any(gold.split == split for gold in given):
        raise unknown_name("split", split, [ALL, *(gold.split for gold in given)])
    return given if split == ALL else tuple(gold for gold in given if gold.split == split)


def _splits_from(source: Source, read: ReadOptions, split: str) -> tuple[GoldDataset, ...]:
    if source is None or isinstance(source, (str, Path)):
        return load_splits(source, split=split, read=read, decide=settled)
    if isinstance(source, GoldDataset):
        return (source,)
    wanted = "a dataset must be GoldDatasets (from load_dataset), Examples, or the path or name of one"
    given = listed(source, GoldDataset, wanted=wanted)
    if given and all(isinstance(one, GoldDataset) for one in given):
        return given
    if not given or not all(isinstance(one, Example) for one in given):
        raise InputError(f"{wanted}; found {type(given[0]).__name__ if given else 'nothing'}")
    own, inventory, _ = own_inventory(given, unlisted_inventory())
    return (gold_dataset(own, name="examples", split=ALL, inventory=inventory),)


def _by_days(articles: Sequence[Article], rule: SplitRule, groups: Groups) -> tuple[dict[str, str], list[LeftOut]]:
    """The split of each article that days lay out, and what goes nowhere."""
    placed: dict[str, str] = {}
    left_out: list[LeftOut] = []
    later = rule.names if not rule.shares else (NOWHERE, rule.names[-1])
    by_id = {article.id: article for article in articles}
    for ids in groups.members().values():
        sides: dict[str, str] = {}
        for article_id in ids:
            published = day_of(by_id[article_id].published)
            if published is None:
                left_out.append(LeftOut(article_id, NO_DATE))
            elif rule.inside_embargo(published):
                left_out.append(LeftOut(article_id, EMBARGO))
            else:
                sides[article_id] = later[sum(day <= published for day in rule.days)]
        often = Counter(sides.values())
        kept = max(often, key=lambda split: (often[split], later.index(split)), default=NOWHERE)
        for article_id, split in sides.items():
            if split != kept:
                left_out.append(LeftOut(article_id, DIVIDED))
            elif split != NOWHERE:
                placed[article_id] = split
    return placed, left_out


def _by_share(examples: Sequence[Example], rule: SplitRule, groups: Groups, *, stable: bool) -> dict[str, str]:
    members: dict[str, list[Example]] = {}
    for example in examples:
        members.setdefault(groups.names[example.article.id], []).append(example)
    if stable:
        split_of = {name: rule.share_of(name) for name in members}
    else:
        units = [Unit(name, len(own), _label_counts(own)) for name, own in members.items()]
        split_of = stratified(units, rule.shares, rule.seed)
    return {example.article.id: split_of[name] for name, own in members.items() for example in own}


def _label_counts(examples: Iterable[Example]) -> dict[str, int]:
    return {
        f"{layer}\0{label}": number for layer, labels in items_of(examples).items() for label, number in labels.items()
    }


def items_of(examples: Iterable[Example]) -> dict[str, dict[str, int]]:
    """Layer → label → items of the gold, by name."""
    counts: dict[str, Counter[str]] = {}
    for example in examples:
        for name, items in example.settled.layers.items():
            counts.setdefault(name, Counter()).update(map(load_layer(name).label, items))
    return {name: dict(sorted(counts[name].items())) for name in sorted(counts)}


def shares_of(
    examples: Iterable[Example],
    articles: Mapping[str, str],
    groups: Groups,
    names: Sequence[str],
    aimed: Mapping[str, float],
) -> tuple[SplitShare, ...]:
    """What each split has: those that were asked for, and those that there are."""
    members: dict[str, list[Example]] = {name: [] for name in names}
    for example in examples:
        if (split := articles.get(example.article.id)) is not None:
            members.setdefault(split, []).append(example)
    return tuple(
        SplitShare(
            split=name,
            articles=len(own),
            groups=len({groups.names[example.article.id] for example in own}),
            aimed=aimed.get(name),
            met=len(own) / len(articles) if articles else 0.0,
            items=items_of(own),
        )
        for name, own in sorted(members.items(), key=lambda entry: split_order(entry[0]))
    )


def _undecided(examples: Iterable[Example]) -> Iterator[str]:
    """That what is not decided is not counted."""
    if number := sum(map(is_undecided, examples)):
        articles = number_of(number, "article has", "articles have")
        yield f"{articles} several readings and no gold, so no label of {'it' if number == 1 else 'them'} is counted"


def _how(rule: SplitRule, *, stable: bool, labelled: bool) -> str:
    by_share = "by a hash of names" if stable else f"by share of articles{' and labels' if labelled else ''}"
    first = ", ".join(day.isoformat() for day in rule.days)
    embargo = f", embargo {rule.embargo} days" if rule.embargo else ""
    if not rule.days:
        return f"{by_share}, seed {rule.seed}"
    before = f", before it {by_share}, seed {rule.seed}" if rule.shares else ""
    return f"by day ({first}{embargo}){before}"
