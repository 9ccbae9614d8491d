"""Cues and speakers of quotes as columns, and how the roles of two quotes agree."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.records import Quote, Span
from evalkit.scoring.alignment import any_overlap
from evalkit.scoring.arrays import Ints, Pieces
from evalkit.scoring.columns import Columns
from evalkit.scoring.from_records import places_of
from evalkit.scoring.meanings import NAMELESS, Meanings, meanings_of

__all__ = ["QuoteRoles", "quote_roles"]

Mask = NDArray[np.bool_]
NOWHERE = -1
"""The start and the end of a span that there is not."""


@dataclass(frozen=True, eq=False)
class _Side:
    """The roles of the quotes of one side, in canonical order; arrays have one element a quote.

    Attributes:
        article: position of the article.
        cue: start and end of the hull and shape of the cue, as in `SpanColumns`; of no cue an empty span at 0.
        cue_spans: the cues themselves.
        speaker: start and end of the mention of the speaker, or `NOWHERE`.
        speaker_id: the number of the speaker's name in `Meanings.names`.
    """

    article: Ints
    cue: tuple[Ints, Ints, Ints]
    cue_spans: Sequence[tuple[tuple[int, int], ...]]
    speaker: tuple[Ints, Ints]
    speaker_id: Ints

    @cached_property
    def has_cue(self) -> Mask:
        """Whether a quote has a cue."""
        return np.fromiter(map(bool, self.cue_spans), dtype=bool, count=len(self.cue_spans))

    @cached_property
    def several_cues(self) -> Mask:
        """Whether the cue is in several spans, of which the hull says too little."""
        return np.array([len(spans) > 1 for spans in self.cue_spans], dtype=bool)

    @property
    def has_mention(self) -> Mask:
        """Whether the speaker is mentioned."""
        return np.asarray(self.speaker[0] != NOWHERE)

    @property
    def has_speaker(self) -> Mask:
        """Whether it is said who speaks."""
        return np.asarray(self.has_mention | (self.speaker_id != NAMELESS))


@dataclass(frozen=True, eq=False)
class QuoteRoles:
    """Both sides; each method takes pairs of quotes of one article and says of each whether they agree."""

    gold: _Side
    predicted: _Side
    meanings: Meanings

    @property
    def sides(self) -> tuple[_Side, _Side]:
        """Gold and predicted."""
        return self.gold, self.predicted

    def same_cue(self, gold: Ints, predicted: Ints) -> Mask:
        """The same characters."""
        return _all_equal(self.gold.cue, gold, self.predicted.cue, predicted)

    def cues_overlap(self, gold: Ints, predicted: Ints) -> Mask:
        """Some character, or an empty span inside the other."""
        ours, theirs = self.gold.cue, self.predicted.cue
        overlap = (theirs[0][predicted] < ours[1][gold]) & (theirs[1][predicted] > ours[0][gold])
        for pair in np.flatnonzero(self.gold.several_cues[gold] | self.predicted.several_cues[predicted]).tolist():
            overlap[pair] = any_overlap(self.gold.cue_spans[gold[pair]], self.predicted.cue_spans[predicted[pair]])
        return np.asarray(overlap)

    def same_mention(self, gold: Ints, predicted: Ints) -> Mask:
        """The same mention of the speaker, or none on both sides."""
        return _all_equal(self.gold.speaker, gold, self.predicted.speaker, predicted)

    def mentions_overlap(self, gold: Ints, predicted: Ints) -> Mask:
        """Mentions of the speaker that overlap."""
        ours, theirs = self.gold.speaker, self.predicted.speaker
        both = self.gold.has_mention[gold] & self.predicted.has_mention[predicted]
        return np.asarray(both & (theirs[0][predicted] < ours[1][gold]) & (theirs[1][predicted] > ours[0][gold]))

    def right_speaker(self, gold: Ints, predicted: Ints) -> Mask:
        """The same speaker as an entity.

        Right are: the gold entity_id, an id of the extractor that stands for it, or a span that mentions it. A gold
        speaker without entity_id (nobody in particular) is right if the speaker spans overlap.
        """
        wanted, offered = self.gold.speaker_id[gold], self.predicted.speaker_id[predicted]
        article = self.gold.article[gold].astype(np.int64)
        right = self.mentions_overlap(gold, predicted)
        named = wanted != NAMELESS
        right[named] = (offered[named] != NAMELESS) & (
            self.meanings.meant(article[named], offered[named]) == wanted[named]
        )
        open_ones = np.flatnonzero(named & ~right & self.predicted.has_mention[predicted])
        start, end = (bound[predicted[open_ones]] for bound in self.predicted.speaker)
        right[open_ones] = self.meanings.mention(article[open_ones], start, end, wanted[open_ones])
        return right

    def same_speaker(self, gold: Ints, predicted: Ints) -> Mask:
        """As `right_speaker`, and nobody is right where nobody is."""
        asked = self.gold.has_speaker[gold]
        return np.where(asked, self.right_speaker(gold, predicted), ~self.predicted.has_speaker[predicted])


def quote_roles(columns: Columns) -> QuoteRoles:
    """The roles of some columns of quotes; made once for all conventions."""
    if "quote roles" not in columns.memo:
        meanings = meanings_of(columns)
        shapes: dict[Pieces, int] = {(): 0}
        gold, predicted = (
            _roles(side.article, quotes, shapes, meanings)
            for side, quotes in zip(columns.sides, columns.records, strict=True)
        )
        columns.memo["quote roles"] = QuoteRoles(gold, predicted, meanings)
    roles: QuoteRoles = columns.memo["quote roles"]
    return roles


def _roles(article: Ints, quotes: Sequence[Quote], shapes: dict[Pieces, int], meanings: Meanings) -> _Side:
    cues = [quote.cue for quote in quotes]
    nowhere = Span(NOWHERE, NOWHERE)
    bounds = [bound for quote in quotes for bound in quote.speaker or nowhere]
    mentions = np.asarray(array("q", bounds))
    names = meanings.names.codes(quote.speaker_id for quote in quotes)
    return _Side(
        article, places_of([cue or ((0, 0),) for cue in cues], shapes), cues, (mentions[0::2], mentions[1::2]), names
    )


def _all_equal(ours: Sequence[Any], gold: Ints, theirs: Sequence[Any], predicted: Ints) -> Mask:
    equal = np.ones(len(gold), dtype=bool)
    for one, other in zip(ours, theirs, strict=True):
        equal &= one[gold] == other[predicted]
    return equal
