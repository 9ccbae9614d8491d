"""Which gold thing a predicted name means, as `evalkit.scoring.alignment` defines it, for many articles at once.

Names are numbers here (`Names`), so that they are compared and looked up as arrays; -1 is no name.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalkit.layers.table import all_layers
from evalkit.records import AUTHOR, TOPIC_PREFIX, Annotations
from evalkit.scoring.alignment import EQUAL_VOTES, plain_name
from evalkit.scoring.arrays import Ints, overlapping
from evalkit.scoring.columns import Columns

__all__ = ["NAMELESS", "Meanings", "Names", "meanings_of"]

NAMELESS = -1
"""The number of no name."""


_NOTHING = Annotations()


class _Numbers(dict[str | None, int]):
    """Names and their numbers; a name that is new gets the next one."""

    def __missing__(self, name: str | None) -> int:
        self[name] = number = len(self) - 1
        return number


class Names:
    """Numbers of names, given as they are met."""

    def __init__(self) -> None:
        self._number = _Numbers({None: NAMELESS})

    def codes(self, names: Iterable[str | None]) -> Ints:
        """The number of each name."""
        return np.asarray(array("q", list(map(self._number.__getitem__, names))))

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


class Meanings:
    """The predicted names of some articles in terms of the gold.

    Args:
        gold: what is gold of each article.
        predicted: what names are read from, of each article.
    """

    def __init__(self, gold: Sequence[Annotations], predicted: Sequence[Annotations]) -> None:
        self.names = Names()
        self._gold = _mentions(gold, self.names)
        self._predicted = _mentions(predicted, self.names)

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
        mentions, width = self._gold, max(len(self.names), 1)
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
        gold, predicted = self._gold, self._predicted
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


def _mentions(sides: Sequence[Annotations], names: Names) -> _Mentions:
    """What names things in some articles, whatever layer it stands in."""
    columns: list[tuple[Ints, Ints, Ints, Ints]] = [(_none(), _none(), _none(), _none())]
    for layer in all_layers():
        if not layer.mention:
            continue
        of_articles = [layer.of(annotations) or () for annotations in sides]
        items = list(chain.from_iterable(of_articles))
        ids, spans = layer.named_spans(items)
        article = np.repeat(np.arange(len(sides)), list(map(len, of_articles)))
        number = np.fromiter(map(len, spans), dtype=np.int64, count=len(items))
        # Offsets go through an array of C as through no list of numpy: it is made several times as fast.
        offsets = np.asarray(array("q", list(chain.from_iterable(chain.from_iterable(spans)))))
        name = np.repeat(names.codes(ids), number)
        named = name != NAMELESS
        columns.append((np.repeat(article, number)[named], name[named], offsets[0::2][named], offsets[1::2][named]))
    article, name, start, end = (np.concatenate(parts) for parts in zip(*columns, strict=True))
    order = np.lexsort((end, start, name, article))
    article, name, start, end = article[order], name[order], start[order], end[order]
    fresh = np.ones(len(article), dtype=bool)
    fresh[1:] = False
    for column in (article, name, start, end):
        fresh[1:] |= column[1:] != column[:-1]
    return _Mentions(article[fresh], name[fresh], start[fresh], end[fresh])


def _none() -> Ints:
    return np.zeros(0, dtype=np.int64)


def meanings_of(columns: Columns) -> Meanings:
    """What the predicted names mean in those articles that have a predicted item; made once for all conventions."""
    if "meanings" not in columns.memo:
        asked = np.diff(columns.first[1]) > 0
        pairs = [pair if own else None for pair, own in zip(columns.pairs, asked.tolist(), strict=True)]
        columns.memo["meanings"] = Meanings(
            [pair.gold if pair else _NOTHING for pair in pairs],
            [pair.all_predicted if pair else _NOTHING for pair in pairs],
        )
    meanings: Meanings = columns.memo["meanings"]
    return meanings
