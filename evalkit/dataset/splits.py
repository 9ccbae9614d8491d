"""Which article is in which split: by list, by share or by date.

====================================  =================================================================
``splits.json`` and the like          which ids are in which split: ``{"dev": ["a1"], "test": ["a2"]}``, the
                                      same in TOML, or lines of an id and its split (``.csv``, ``.tsv``, text)
``train=.8,dev=.1,test=.1``           shares; a hash of the id and a seed says where an article is
``date:2024-06-01,2024-09-01``        train is what was published before the first day, test from the second
                                      on, dev between them; of one day, what was before is train, the rest test
====================================  =================================================================

A list goes before anything else. Shares and dates are for articles that the dataset folder does not have: one that is
there stays in its split, unless all are asked to be laid out anew.

Shares are met as a coin meets them, not to the article: whether an article is tested must not depend on which others
there are, or adding one would move some from train to test.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from evalkit.dataset.problems import Problem
from evalkit.dataset.sources import RawExample
from evalkit.dataset.store import SPLITS
from evalkit.errors import FormatError, InputError
from evalkit.files import file_name_of, path_of, read_json, read_text
from evalkit.records import Article
from evalkit.registry import near_match
from evalkit.shapes import HUGE, checked, each, list_of, number, text
from evalkit.showing import number_of
from evalkit.toml import read_toml

__all__ = ["SplitRule", "assign_splits", "check_splits", "split_notes", "split_rule"]

IdsBySplit = Mapping[str, Sequence[str]]

_DATED = "date:"
_SHARE = re.compile(r"\s*(?P<name>[^=,\s]+)\s*=\s*(?P<share>\d*\.?\d+)\s*")
_NAMED = 5
"""So many articles that lack the same are named."""

_SPLIT_REMEDY = (
    'name its split in a file (--splits FILE), or in a field "split" of its row, or give shares '
    "(--splits train=.8,dev=.1,test=.1)"
)
_TOGETHER = 1e-6
"""So much may shares differ from one whole: three thirds can only be written about right."""


@dataclass(frozen=True, kw_only=True)
class SplitRule:
    """How articles get their split.

    Attributes:
        lists: article ids by split.
        shares: the share of each split; together 1.
        days: the first days of the second, third … split.
        seed: another one gives other articles to each share.
        anew: whether articles that have a split already get one by share or date, too.
    """

    lists: IdsBySplit = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    days: tuple[date, ...] = ()
    seed: int = 0
    anew: bool = False

    @property
    def divides(self) -> bool:
        """Whether it gives any article a split, not only those of a list."""
        return bool(self.shares or self.days)

    def split_of(self, article: Article) -> str | None:
        """The split of an article by share or date; None if neither says."""
        if self.shares:
            return _by_share(article.id, self.shares, self.seed)
        published = _day(article.published)
        if not self.days or published is None:
            return None
        return _names(self.days)[sum(day <= published for day in self.days)]


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
        return SplitRule(days=_days(said.removeprefix(_DATED)), anew=anew)
    if "=" in said and not path.is_file():
        return SplitRule(shares=_shares(said), seed=seed, anew=anew)
    if anew:
        raise InputError(f"{path}: a list says itself which articles move; leave out --resplit")
    return SplitRule(lists=_read_lists(path))


def _shares(said: str) -> dict[str, float]:
    parts = [_SHARE.fullmatch(part) for part in said.split(",")]
    if wrong := [part for part, found in zip(said.split(","), parts, strict=True) if found is None]:
        raise InputError(f"splits {said!r:.80}: {wrong[0]!r:.40} is no share; write train=.8,dev=.1,test=.1")
    shares = {found["name"]: float(found["share"]) for found in parts if found is not None}
    if len(shares) < len(parts):
        raise InputError(f"splits {said!r:.80}: a split is named twice; name each once")
    if abs(sum(shares.values()) - 1) > _TOGETHER:
        raise InputError(f"splits {said!r:.80}: the shares are {sum(shares.values()):g} together; they must be 1")
    return {name: shares[name] for name in sorted(shares, key=_order)}


def _order(name: str) -> tuple[int, str]:
    return (SPLITS.index(name) if name in SPLITS else len(SPLITS), name)


def _by_share(article_id: str, shares: Mapping[str, float], seed: int) -> str:
    """By a hash of the id, so that nothing else decides: neither the order of articles nor which others there are."""
    digest = sha256(f"{seed}\n{article_id}".encode("utf-8", "surrogatepass")).digest()
    place, below = int.from_bytes(digest[:8]) / 2**64, 0.0
    for name, share in shares.items():
        below += share
        if place < below:
            return name
    # Rounding left a gap at the end of the last share that has any.
    return [name for name, share in shares.items() if share][-1]


def _days(said: str) -> tuple[date, ...]:
    days = [_day(part.strip()) for part in said.split(",")]
    if None in days or not 1 <= len(days) < len(SPLITS):
        raise InputError(f"splits 'date:{said:.60}': write one day or two, as date:2024-06-01,2024-09-01")
    known = [day for day in days if day is not None]
    if known != sorted(set(known)):
        raise InputError(f"splits 'date:{said:.60}': the days are not in order; write the first one first")
    return tuple(known)


def _day(said: str) -> date | None:
    """The day of an ISO date, with or without a time; None for anything less."""
    try:
        return date.fromisoformat(said[:10]) if re.match(r"\d{4}-\d\d-\d\d", said) else None
    except ValueError:
        return None


def _names(days: Sequence[date]) -> tuple[str, ...]:
    return SPLITS if len(days) > 1 else (SPLITS[0], SPLITS[-1])


def _read_lists(path: Path) -> IdsBySplit:
    """The ids by split of a file.

    Raises:
        InputError, FormatError: it cannot be read, or says something else.
    """
    remedy = 'write {"SPLIT": ["ID", …], …}'
    if path.suffix == ".toml":
        return _as_text(checked(read_toml(path), each(list_of(_an_id)), path, 'write SPLIT = ["ID", …]'))
    content = read_text(path, remedy="name a list of ids, or write shares as train=.8,test=.2")
    if path.suffix == ".json" or content.lstrip()[:1] in ("{", "["):
        return _as_text(checked(read_json(path), each(list_of(_an_id)), path, remedy))
    return _from_lines(content, path)


def _an_id(value: Any) -> None:
    """Text, or a whole number: tools that number their articles write their ids so."""
    if isinstance(value, int) and not isinstance(value, bool):
        number(-HUGE, HUGE, whole=True)(value)
    else:
        text(value)


def _as_text(lists: Mapping[str, Sequence[str | int]]) -> IdsBySplit:
    return {split: [str(article_id) for article_id in ids] for split, ids in lists.items()}


def _from_lines(content: str, path: Path) -> IdsBySplit:
    """Lines of an id and its split, with commas, tabs or blanks between; a heading that says so may come first."""
    lines = content.removeprefix("\ufeff").splitlines()
    mark = next((mark for mark in ("\t", ",") if mark in next((line for line in lines if line.strip()), "")), None)
    rows = csv.reader(lines, delimiter=mark, strict=True) if mark else map(str.split, lines)
    found: dict[str, list[str]] = {}
    number = 0
    try:
        for number, cells in enumerate(rows, 1):
            row = [cell.strip() for cell in cells]
            if (
                not any(row)
                or row[0].startswith("#")
                or (not found and [one.lower() for one in row] == ["id", "split"])
            ):
                continue
            if len(row) != 2 or not all(row):
                raise FormatError(f"{path}:{number}: {lines[number - 1]!r:.60} is no id and its split; write ID,SPLIT")
            found.setdefault(row[1], []).append(row[0])
    except csv.Error as error:
        raise FormatError(f"{path}:{number + 1}: no line of CSV ({error}); write ID,SPLIT") from error
    return found


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
    for name in sorted({raw.split for raw in raws if raw.split is not None}):
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
            named = f"{', '.join(ids[:_NAMED])}, …"
            yield Problem(number_of(len(ids), "article"), place, "split-missing", f"{named}: each: {message}")
        else:
            yield from (Problem(article_id, place, "split-missing", message) for article_id in ids)


def split_notes(raws: Sequence[RawExample], present: IdsBySplit, rule: SplitRule) -> Iterator[str]:
    """How articles were laid out by share or date, and how many stayed where they were."""
    if not rule.divides:
        return
    before = _split_of(present)
    fresh = [raw for raw in raws if rule.anew or raw.example.article.id not in before]
    counts = Counter(raw.split for raw in fresh)
    names = list(rule.shares) or list(_names(rule.days))
    asked = {name: f" (share {share:.3g} asked for)" for name, share in rule.shares.items()}
    told = ", ".join(f"{name} {number_of(counts[name], 'article')}{asked.get(name, '')}" for name in names)
    how = f"by a hash of their ids, seed {rule.seed}, so that adding articles moves none" if rule.shares else "by date"
    yield f"{number_of(len(fresh), 'article')} laid out {how}: {told}"
    if stayed := len(raws) - len(fresh):
        yield f"{number_of(stayed, 'article')} stayed in their split; --resplit lays out all"


def _split_of(ids_by_split: IdsBySplit) -> dict[str, str]:
    return {article_id: split for split, ids in ids_by_split.items() for article_id in ids}
