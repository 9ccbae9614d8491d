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

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from evalkit.layers.entities import ENTITIES
from evalkit.layers.quotes import QUOTES
from evalkit.records import Entity, Stance
from evalkit.scoring.alignment import any_overlap
from evalkit.scoring.arrays import pair_arrays
from evalkit.scoring.assignment import best_assignment
from evalkit.scoring.columns import Columns
from evalkit.scoring.from_records import columns_of_pairs, join_spans
from evalkit.scoring.items import Items, items_of_pairs
from evalkit.scoring.tasks.quote_matching import MatchedArticle, quote_matches, same_speaker
from evalkit.scoring.tasks.stance_matching import StanceArticle, stance_articles

__all__ = ["complete"]

BOUNDARIES, LABELS, SPEAKERS, TARGETS, STANCE_LABELS = ("boundaries", "labels", "speakers", "targets", "stance labels")


def complete(columns: Columns, right: Collection[str] = ()) -> Items:
    """Stances recovered with every link.

    Args:
        columns: the stances.
        right: links that are taken to be right wherever something was found.
    """
    pairs = []
    for article, gold_first, predicted_first in zip(_articles(columns), *columns.first, strict=False):
        edges = [
            (i, j, 1)
            for i, gold in enumerate(article.stances.stances[0])
            for j, predicted in enumerate(article.stances.stances[1])
            if _recovered(article, gold, predicted, right)
        ]
        used = [edges[edge] for edge in best_assignment(edges)]
        pairs += [(int(gold_first) + i, int(predicted_first) + j) for i, j, _ in used]
    return items_of_pairs(columns, *pair_arrays(pairs))


@dataclass(frozen=True)
class _Article:
    """One article with what is looked up again and again."""

    stances: StanceArticle
    quotes: MatchedArticle
    mentions: tuple[dict[str, list[Entity]], dict[str, list[Entity]]]


def _articles(columns: Columns) -> list[_Article]:
    """The articles; made once, however often links are taken to be right."""
    articles: list[_Article] | None = columns.memo.get("chain")
    if articles is None:
        quotes = quote_matches(columns_of_pairs(columns.pairs, QUOTES.name))
        articles = columns.memo["chain"] = []
        for pair, stances, matched in zip(columns.pairs, stance_articles(columns), quotes, strict=True):
            mentions = _by_name(ENTITIES.of(pair.gold)), _by_name(ENTITIES.of(pair.predicted))
            articles.append(_Article(stances, matched, mentions))
    return articles


def _recovered(article: _Article, gold: Stance, predicted: Stance, right: Collection[str]) -> bool:
    """Whether every link agrees, of those that are not taken to be right."""
    if STANCE_LABELS not in right and gold.label != predicted.label:
        return False
    if not article.stances.same_holder(gold, predicted):
        return False
    if not _mentioned(article, gold.holder, predicted.holder, right):
        return False
    if TARGETS not in right:
        if not article.stances.same_target(gold, predicted):
            return False
        if not _mentioned(article, gold.target, predicted.target, right):
            return False
    return gold.quote_id is None or _quoted(article, gold.quote_id, predicted.quote_id, right)


def _mentioned(article: _Article, gold: str, predicted: str, right: Collection[str]) -> bool:
    """Whether one of the mentions of a gold holder or target is found, if there are any."""
    ours, theirs = article.mentions[0].get(gold, []), article.mentions[1].get(predicted, [])
    same_place = _spans_meet if BOUNDARIES in right else _spans_agree
    return not ours or any(same_place(a, b) and (LABELS in right or a.label == b.label) for a in ours for b in theirs)


def _quoted(article: _Article, gold: str, predicted: str | None, right: Collection[str]) -> bool:
    """Whether the quote behind a stance is predicted, with its content and its speaker."""
    match = article.quotes
    for i, j in match.pairs:
        ours, theirs = match.quotes[0][i], match.quotes[1][j]
        if ours.id != gold or predicted not in (None, theirs.id):
            continue
        if BOUNDARIES not in right and match.contents[0][i] != match.contents[1][j]:
            return False
        return SPEAKERS in right or same_speaker(ours, theirs, match.alignment)
    return False


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
