"""Which gold thing a predicted name means, as `evalkit.scoring.alignment` defines it, for many articles at once.

Names are numbers here (`Names`), so that they are compared and looked up as arrays; -1 is no name.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, compress
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalkit.layers.base import Layer
from evalkit.layers.table import all_layers, load_layer
from evalkit.records import AUTHOR, TOPIC_PREFIX, Annotations
from evalkit.scoring.alignment import EQUAL_VOTES, aligned_alike, plain_name
from evalkit.scoring.arrays import Ints, overlapping
from evalkit.scoring.columns import Columns
from evalkit.scoring.from_records import ARTICLES_AT_ONCE

if TYPE_CHECKING:
    from evalkit.scoring.pairs import Pair

__all__ = ["NAMELESS", "Meanings", "Names", "meanings_of", "same_said", "share_meanings"]

NAMELESS = -1
"""The number of no name."""


_NOTHING = Annotations()


class Names:
    """Numbers of names, given as they are met."""

    def __init__(self) -> None:
        self._number: dict[str | None, int] = {None: NAMELESS}

    def codes(self, names: Iterable[str | None]) -> Ints:
        """The number of each name."""
        spelled = list(names)
        try:
            codes = list(map(self._number.__getitem__, spelled))
        except KeyError:
            for name in spelled:
                self._number.setdefault(name, len(self._number) - 1)
            codes = list(map(self._number.__getitem__, spelled))
        return np.asarray(array("q", codes))

    def __len__(self) -> int:
        return len(self._number) - 1

    def all(self) -> list[str]:
        """The names by number."""
        return [name for name in self._number if name is not None]

    def plain(self, codes: Ints) -> tuple[Ints, NDArray[np.bool_]]:
        """The numbers of names as `plain_name` has them, and which of them mean themselves: the author and topics."""
        distinct, place = np.unique(codes, return_inverse=True)
        names = self.all()
        spelled = [None if code == NAMELESS else names[code] for code in distinct.tolist()]
        known = np.array([name == AUTHOR or (name or "").startswith(TOPIC_PREFIX) for name in spelled], dtype=bool)
        return self.codes(name and plain_name(name) for name in spelled)[place], known[place]


class _Mentions(NamedTuple):
    """Spans that name things, without repetition, by article and name, in order of the text; arrays of one length."""

    article: Ints
    name: Ints
    start: Ints
    end: Ints


@dataclass(frozen=True)
class Meanings:
    """The predicted names of some articles in terms of the gold.

    Attributes:
        names: the numbers of names.
        gold: what names things in the gold of each article.
        predicted: what does so in what was predicted.
    """

    names: Names
    gold: _Mentions
    predicted: _Mentions

    @classmethod
    def of(cls, gold: Sequence[Annotations], predicted: Sequence[Annotations]) -> Meanings:
        """Those of some articles, from what is gold of each and what predicted names are read from.

        Names that no predicted item refers to, such as those of entities nobody quotes, are not looked at.
        """
        names = Names()
        layers = [layer for layer in all_layers() if layer.names]
        names.codes(
            getattr(item, field)
            for layer in layers
            for annotations in predicted
            for item in layer.of(annotations) or ()
            for field in layer.names
        )
        # They have the lowest numbers.
        return cls(names, predicted=_mentions(predicted, names, len(names)), gold=_mentions(gold, names))

    def of_articles(self, articles: Sequence[int]) -> Meanings:
        """The same of some of the articles, ascending, which are counted anew."""
        return Meanings(self.names, _among(articles, self.gold), _among(articles, self.predicted))

    def meant(self, article: Ints, name: Ints) -> Ints:
        """The gold name that each predicted one means (`Alignment.gold_id`)."""
        plain, known = self.names.plain(name)
        (keys, meant), width = self._meant
        inside = (name < width) & (name != NAMELESS)
        asked = article * width + np.where(inside, name, 0)
        place = np.searchsorted(keys, asked)
        found = inside & (np.append(keys, -1)[place] == asked)
        return np.where(known, plain, np.where(found, np.append(meant, NAMELESS)[place], name))

    def mention(self, article: Ints, start: Ints, end: Ints, name: Ints) -> NDArray[np.bool_]:
        """Whether each span overlaps a mention of a gold name (`Alignment.means`)."""
        lanes, begin, reach, stride, width = self._reach
        asked = article * width + name
        lane = np.searchsorted(lanes, asked)
        known = (name != NAMELESS) & (name < width) & (np.append(lanes, -1)[lane] == asked)
        lane = np.where(known, lane, 0) * stride
        # Of all mentions that start before the end one must reach beyond the start; those of other names end before it.
        before = np.searchsorted(begin, lane + np.minimum(end, stride))
        return np.asarray(known & (np.insert(reach, 0, -1)[before] > lane + np.minimum(start, stride)))

    @cached_property
    def _reach(self) -> tuple[Ints, Ints, Ints, int, int]:
        """Names of articles, and their mentions on one axis: starts, and how far these and those before them reach."""
        mentions, width = self.gold, max(len(self.names), 1)
        lanes, lane = np.unique(mentions.article * width + mentions.name, return_inverse=True)
        stride = int(mentions.end.max(initial=0)) + 1
        reach = np.maximum.accumulate(lane * stride + mentions.end)
        return lanes, lane * stride + mentions.start, reach, stride, width

    @cached_property
    def _meant(self) -> tuple[tuple[Ints, Ints], int]:
        """Keys of predicted names (article and number), ascending, the gold name that each means, and the key's width.

        A name means the gold name that is spelled alike if they share a mention, else the one with the most votes of
        shared mentions, of equal ones the first in the alphabet.
        """
        gold, predicted = self.gold, self.predicted
        width = max(len(self.names), 1)
        stride = int(max(gold.end.max(initial=0), predicted.end.max(initial=0))) + 1
        sides = []
        for side in (gold, predicted):
            # Twice the offsets, a start one more: so an empty span overlaps what has characters on both sides of it.
            base = 2 * stride * side.article
            start = base + 2 * side.start + (side.start < side.end)
            order = np.argsort(start, kind="stable")
            sides.append((order, start[order], (base + 2 * side.end)[order]))
        (ours, *places), (theirs, *other_places) = sides
        left, right = overlapping(*places, *other_places)
        ours, theirs = ours[left], theirs[right]
        equal = (gold.start[ours] == predicted.start[theirs]) & (gold.end[ours] == predicted.end[theirs])
        key = predicted.article[theirs] * width + predicted.name[theirs]
        asked, place = np.unique(key, return_inverse=True)
        pairs, pair = np.unique(place * width + gold.name[ours], return_inverse=True)
        votes = np.bincount(pair, weights=np.where(equal, EQUAL_VOTES, 1), minlength=len(pairs))
        place, candidate = pairs // width, pairs % width
        rank = np.empty(len(self.names), dtype=np.int64)
        spelled = self.names.all()
        rank[sorted(range(len(spelled)), key=spelled.__getitem__)] = np.arange(len(spelled))
        best = np.lexsort((rank[candidate], -votes, candidate != asked[place] % width, place))
        first = best[np.searchsorted(place, np.arange(len(asked)))]
        return (asked, candidate[first]), width


def _mentions(sides: Sequence[Annotations], names: Names, below: int | None = None) -> _Mentions:
    """What names things in some articles, whatever layer it stands in; things whose number is below one, if given."""
    columns: list[tuple[Ints, Ints, Ints, Ints]] = [(_none(), _none(), _none(), _none())]
    layers = [layer for layer in all_layers() if layer.mention]
    for first in range(0, len(sides), ARTICLES_AT_ONCE):
        some = sides[first : first + ARTICLES_AT_ONCE]
        columns += [_named(layer, [layer.of(one) or () for one in some], first, names, below) for layer in layers]
    article, name, start, end = (np.concatenate(parts) for parts in zip(*columns, strict=True))
    order = np.lexsort((end, start, name, article))
    article, name, start, end = article[order], name[order], start[order], end[order]
    fresh = np.ones(len(article), dtype=bool)
    fresh[1:] = False
    for column in (article, name, start, end):
        fresh[1:] |= column[1:] != column[:-1]
    return _Mentions(article[fresh], name[fresh], start[fresh], end[fresh])


def _named(
    layer: Layer[Any], articles: Sequence[Sequence[Any]], first: int, names: Names, below: int | None
) -> tuple[Ints, Ints, Ints, Ints]:
    """Article (counted from `first`), name, start and end of the spans by which some items name things."""
    items = list(chain.from_iterable(articles))
    name = names.codes(layer.naming_ids(items))
    named = name != NAMELESS if below is None else (name != NAMELESS) & (name < below)
    # Most items of many a system name nothing: their spans are not asked for.
    spans = layer.naming_spans(list(compress(items, named.tolist())))
    number = np.fromiter(map(len, spans), dtype=np.int64, count=len(spans))
    # Offsets go through an array of C as through no list of numpy: it is made several times as fast.
    offsets = np.asarray(array("q", list(chain.from_iterable(chain.from_iterable(spans)))))
    article = np.repeat(np.arange(first, first + len(articles)), list(map(len, articles)))[named]
    return np.repeat(article, number), np.repeat(name[named], number), offsets[0::2], offsets[1::2]


def _among(articles: Sequence[int], mentions: _Mentions) -> _Mentions:
    place = np.searchsorted(articles, mentions.article)
    inside = np.flatnonzero(np.append(articles, -1)[place] == mentions.article)
    return _Mentions(place[inside], *(column[inside] for column in mentions[1:]))


def _none() -> Ints:
    return np.zeros(0, dtype=np.int64)


def meanings_of(columns: Columns) -> Meanings:
    """What the predicted names mean in those articles that have a predicted item; made once for all conventions."""
    if "meanings" not in columns.memo:
        asked = np.diff(columns.first[1]) > 0
        pairs = [pair if own else None for pair, own in zip(columns.pairs, asked.tolist(), strict=True)]
        columns.memo["meanings"] = Meanings.of(
            [pair.gold if pair else _NOTHING for pair in pairs],
            [pair.all_predicted if pair else _NOTHING for pair in pairs],
        )
    meanings: Meanings = columns.memo["meanings"]
    return meanings


def share_meanings(columns: Columns, other: Columns, articles: Sequence[int]) -> None:
    """Gives columns of some of the articles of others, all of which have predicted items there, what names mean."""
    other.memo["meanings"] = meanings_of(columns).of_articles(articles)


def same_said(layers: Sequence[str], ours: Pair, theirs: Pair) -> bool:
    """Whether two runs say the same of one article in some layers, and mean there the same things by their names.

    Then the items of these layers are matched alike, whatever else the runs say of the article: of other layers only
    the mentions of what is named have a part in it.
    """
    one, other = ours.predicted, theirs.predicted
    if ours.given != theirs.given or any(one[layer] != other[layer] for layer in layers):
        return False
    known = [load_layer(layer) for layer in layers]
    named = {getattr(item, field) for layer in known for item in layer.of(one) or () for field in layer.names}
    return not named or aligned_alike(ours.gold, ours.all_predicted, theirs.all_predicted, named)
