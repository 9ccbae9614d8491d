"""What stances earn as the ends of a chain of entities, quotes, speakers and stances.

A gold stance is recovered if one predicted stance, used once, has everything right:

* holder and target mean the gold ones as they do in `stances`, and of each that has gold mentions one mention is found
  with its exact spans and label under the predicted holder's or target's name;
* the label agrees;
* if the gold stance rests on a quote, that quote is predicted with its exact content (it must be the one that the
  predicted stance names, if it names one), and its speaker is right.

Recall is recovered stances by gold stances, precision the predicted stances that recovered one by predicted stances.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evalkit.layers.entities import ENTITIES
from evalkit.layers.quotes import QUOTES
from evalkit.records import Entity
from evalkit.scoring.alignment import any_overlap
from evalkit.scoring.assignment import best_assignment
from evalkit.scoring.columns import Columns
from evalkit.scoring.from_records import columns_of_pairs, join_spans
from evalkit.scoring.items import Items, items_of_pairs
from evalkit.scoring.meanings import share_meanings
from evalkit.scoring.tasks.quote_matching import QuoteMatches, quote_matches
from evalkit.scoring.tasks.stance_matching import stance_pairs

__all__ = ["complete"]

BOUNDARIES, LABELS, SPEAKERS, TARGETS, STANCE_LABELS = ("boundaries", "labels", "speakers", "targets", "stance labels")

Mask = NDArray[np.bool_]


def complete(columns: Columns, right: Collection[str] = ()) -> Items:
    """Stances recovered with every link.

    Args:
        columns: the stances.
        right: links that are taken to be right wherever something was found.
    """
    pairs, chains = stance_pairs(columns), _chains(columns)
    recovered = np.ones(len(pairs.gold), dtype=bool) if STANCE_LABELS in right else pairs.same_label.copy()
    if TARGETS not in right:
        recovered &= pairs.same_target
    recovered &= chains.quoted(right)
    # Mentions are looked at last, where everything else is right.
    for role in ("holder", "target"):
        if role == "holder" or TARGETS not in right:
            for pair in np.flatnonzero(recovered).tolist():
                recovered[pair] = chains.mentioned(pair, role, right)
    gold, predicted = pairs.gold[recovered], pairs.predicted[recovered]
    chosen = best_assignment([(i, j, 1) for i, j in zip(gold.tolist(), predicted.tolist(), strict=True)])
    return items_of_pairs(columns, gold[chosen], predicted[chosen])


def _chains(columns: Columns) -> _Chains:
    """What stances are linked to; made once, however often links are taken to be right."""
    if "chains" not in columns.memo:
        columns.memo["chains"] = _Chains(columns)
    chains: _Chains = columns.memo["chains"]
    return chains


class _Chains:
    """The links of all pairs of stances that have the same holder (`stance_pairs`)."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        pairs = stance_pairs(columns)
        gold, predicted = columns.records
        self._stances = [
            (gold[i], predicted[j]) for i, j in zip(pairs.gold.tolist(), pairs.predicted.tolist(), strict=True)
        ]
        self._article = columns.gold.article[pairs.gold].tolist()
        self._mentions: dict[tuple[int, int], dict[str, list[Entity]]] = {}

    def mentioned(self, pair: int, role: str, right: Collection[str]) -> bool:
        """Whether one of the mentions of a gold holder or target is found, if there are any."""
        ours, theirs = (
            self._mentions_of(self._article[pair], side).get(getattr(stance, role), ())
            for side, stance in enumerate(self._stances[pair])
        )
        same_place = _spans_meet if BOUNDARIES in right else _spans_agree
        if not ours:
            return True
        return any(same_place(a, b) and (LABELS in right or a.label == b.label) for a in ours for b in theirs)

    def _mentions_of(self, article: int, side: int) -> dict[str, list[Entity]]:
        if (article, side) not in self._mentions:
            pair = self._columns.pairs[article]
            self._mentions[article, side] = _by_name(ENTITIES.of(pair.predicted if side else pair.gold))
        return self._mentions[article, side]

    def quoted(self, right: Collection[str]) -> Mask:
        """Whether the quote behind the gold stance of each pair, if there is one, is predicted as it must be."""
        asked, found, content, speaker = self._quotes
        good = found.copy()
        if BOUNDARIES not in right:
            good &= content
        if SPEAKERS not in right:
            good &= speaker
        return ~asked | good

    @cached_property
    def _quotes(self) -> tuple[Mask, Mask, Mask, Mask]:
        """What is asked of each pair, and what is right.

        Whether the gold stance rests on a quote; whether that is matched with the one that the predicted stance names,
        if it names one; and whether content and speaker of the two are right.
        """
        asked = np.array([gold.quote_id is not None for gold, _ in self._stances], dtype=bool)
        articles = sorted({self._article[pair] for pair in np.flatnonzero(asked).tolist()})
        quotes = columns_of_pairs([self._columns.pairs[article] for article in articles], QUOTES.name)
        share_meanings(self._columns, quotes, articles)
        matches = quote_matches(quotes)
        by_id = _matched_quotes(matches, articles)
        place = np.full(len(asked), -1)
        for pair in np.flatnonzero(asked).tolist():
            gold, predicted = self._stances[pair]
            for number, name in by_id.get((self._article[pair], gold.quote_id or ""), ()):
                if predicted.quote_id in (None, name):
                    place[pair] = number
                    break
        content, speaker = (np.append(own, False)[place] for own in (matches.same_content, matches.same_speaker))
        return asked, place >= 0, content, speaker


def _matched_quotes(matches: QuoteMatches, articles: Sequence[int]) -> dict[tuple[int, str], list[tuple[int, str]]]:
    """Article and id of a gold quote → the matched pairs that it is in, by number and id of the predicted quote."""
    by_id: dict[tuple[int, str], list[tuple[int, str]]] = {}
    gold, predicted = matches.columns.records
    article = matches.columns.gold.article.tolist()
    for number, (i, j) in enumerate(zip(*(side.tolist() for side in matches.pairs), strict=True)):
        by_id.setdefault((articles[article[i]], gold[i].id), []).append((number, predicted[j].id))
    return by_id


def _spans_agree(first: Entity, second: Entity) -> bool:
    return join_spans(first.spans) == join_spans(second.spans)


def _spans_meet(first: Entity, second: Entity) -> bool:
    return _spans_agree(first, second) or any_overlap(first.spans, second.spans)


def _by_name(entities: Iterable[Entity] | None) -> dict[str, list[Entity]]:
    by_name: dict[str, list[Entity]] = {}
    for entity in entities or ():
        if entity.entity_id is not None:
            by_name.setdefault(entity.entity_id, []).append(entity)
    return by_name
