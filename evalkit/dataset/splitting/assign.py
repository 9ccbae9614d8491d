"""Laying out the articles of a build: each gets the split that a rule says, and what is wrong with that is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from evalkit.dataset.checking.problems import Problem
from evalkit.dataset.loading.sources import RawExample
from evalkit.dataset.splitting.lists import NOWHERE, IdsBySplit
from evalkit.dataset.splitting.rule import SplitRule
from evalkit.errors import FormatError
from evalkit.files import file_name_of
from evalkit.records import Article
from evalkit.registry import near_match
from evalkit.showing import number_of

__all__ = ["assign_splits", "check_splits", "named_ids", "split_notes"]

_NAMED = 5
"""So many articles that lack the same are named."""

_SPLIT_REMEDY = (
    'name its split in a file (--splits FILE), or in a field "split" of its row, or give shares '
    "(--splits train=.8,dev=.1,test=.1)"
)


def assign_splits(raws: Sequence[RawExample], present: IdsBySplit, rule: SplitRule) -> list[RawExample]:
    """The examples with their split: the one of a list; else, if the dataset folder has them, that of the folder.

    Of others, and of all if they are to be laid out anew, the one by share or date; else that which they came with.

    Args:
        raws: the examples.
        present: the ids that the dataset folder has, by split.
        rule: how articles get their split.
    """
    before, now = _split_of(present), _split_of(rule.lists)
    done = []
    for raw in raws:
        article = raw.example.article
        split = now.get(article.id)
        if split is None and rule.divides:
            split = rule.split_of(article) if rule.anew else before.get(article.id) or rule.split_of(article)
        elif split is None:
            split = raw.split or before.get(article.id)
        done.append(replace(raw, split=split))
    return done


_HINTS = 20
"""So many ids that no article has are told the one that is most like it."""


def check_splits(raws: Sequence[RawExample], rule: SplitRule) -> Iterator[Problem]:
    """Articles without a split or with two, ids that no article has, and splits that cannot be folders."""
    for name in sorted({raw.split for raw in raws if raw.split not in (None, NOWHERE)}):
        try:
            file_name_of(name, "")
        except FormatError:
            message = f"split {name!r} cannot be the name of a folder; use letters, digits, '-' and '_'"
            first = next(raw.example.article.id for raw in raws if raw.split == name)
            yield Problem(first, "split", "split-unsafe", message)
    yield from _without_split([raw.example.article for raw in raws if raw.split is None], rule)
    ids = {raw.example.article.id for raw in raws}
    known, hints = sorted(ids), _HINTS
    seen: dict[str, str] = {}
    for split, article_ids in rule.lists.items():
        for article_id in article_ids:
            if article_id in seen:
                message = f"the splits {seen[article_id]!r} and {split!r} claim the article; keep one"
                yield Problem(article_id, "split", "split-double", message)
            seen[article_id] = split
            if article_id not in ids:
                # Each is compared with every id; who has many wrong ones has read the first.
                near = near_match(article_id, known) if hints > 0 else None
                hints -= 1
                message = f"split {split!r} claims it, but no source holds it" + (f"; {near!r}?" if near else "")
                yield Problem(article_id, "split", "split-unknown", message)


def named_ids(ids: Sequence[str]) -> str:
    """The first of some articles, by id."""
    return f"{', '.join(ids[:_NAMED])}{', …' if len(ids) > _NAMED else ''}"


def _without_split(articles: Sequence[Article], rule: SplitRule) -> Iterator[Problem]:
    """Articles that no split claims, each by itself; of many that lack the same, one problem for all."""
    lacking: dict[tuple[str, str], list[str]] = {}
    for article in articles:
        if rule.days:
            found = f"is published on {article.published!r}, which is no day" if article.published else "has no date"
            reason = ("published", f"the article {found}; add one (published), or name its split in a list")
        else:
            reason = ("split", f"no split claims the article; {_SPLIT_REMEDY}")
        lacking.setdefault(reason, []).append(article.id)
    for (place, message), ids in lacking.items():
        if len(ids) > _NAMED:
            yield Problem(number_of(len(ids), "article"), place, "split-missing", f"{named_ids(ids)}: each: {message}")
        else:
            yield from (Problem(article_id, place, "split-missing", message) for article_id in ids)


def split_notes(raws: Sequence[RawExample], present: IdsBySplit, rule: SplitRule) -> Iterator[str]:
    """How articles were laid out by share or date, which go nowhere, and how many stayed where they were."""
    if nowhere := rule.lists.get(NOWHERE):
        go = number_of(len(nowhere), "article goes nowhere, as its", "articles go nowhere, as their")
        yield f"{go} list says: {named_ids(nowhere)}"
    if not rule.divides:
        return
    before = _split_of(present)
    fresh = [raw for raw in raws if rule.anew or raw.example.article.id not in before]
    counts = Counter(raw.split for raw in fresh)
    names = rule.names
    asked = {name: f" (share {share:.3g} asked for)" for name, share in rule.shares.items()}
    told = ", ".join(f"{name} {number_of(counts[name], 'article')}{asked.get(name, '')}" for name in names)
    how = f"by a hash of their ids, seed {rule.seed}, so that adding articles moves none" if rule.shares else "by date"
    yield f"{number_of(len(fresh), 'article')} laid out {how}: {told}"
    if stayed := len(raws) - len(fresh):
        yield f"{number_of(stayed, 'article')} stayed in their split; --resplit lays out all"


def _split_of(ids_by_split: IdsBySplit) -> dict[str, str]:
    return {article_id: split for split, ids in ids_by_split.items() for article_id in ids}
