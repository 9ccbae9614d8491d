"""The chain entity → quote → speaker → stance: how many stances are recovered completely.

Convention `complete`: a gold stance is recovered if one predicted stance, used once, has everything right:

* holder and target mean the gold ones, and of each that has gold mentions one mention is found with its exact spans
  and label under the predicted holder's or target's name;
* the label agrees;
* if the gold stance rests on a quote, that quote is predicted with its exact content (it must be the one that the
  predicted stance names, if it names one), and its speaker is right.

Recall is recovered stances by gold stances, precision the predicted stances that recovered one by predicted stances.

    gold      s1: moen → topic:port against, from q1; q1 said by moen; PER Ida Moen is moen
    predicted the same, but ORG Ida Moen                not recovered: 0/1; with labels made right: 1/1
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evalkit.records import STANCE_LABELS, Entity, Quote, Stance
from evalkit.results import Counts
from evalkit.scoring.alignment import any_overlap, plain_name, speaker_is_right
from evalkit.scoring.arrays import Pieces
from evalkit.scoring.assignment import best_assignment
from evalkit.scoring.cells import Cell, table_of_cells
from evalkit.scoring.entities import join_spans
from evalkit.scoring.pairs import Pair
from evalkit.scoring.quote_matching import MatchedArticle, match_quotes
from evalkit.scoring.table import CountTable

__all__ = ["CONVENTIONS", "LINKS", "ChainLadder", "ChainRung", "chain_ladder", "chain_tables"]

CONVENTIONS = ("complete",)

LINKS = ("boundaries", "labels", "speakers", "targets", "stance labels")
"""What can be made right, in the order of the ladder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRung:
    """One kind of link made right.

    Attributes:
        link: one of `LINKS`.
        counts: the chain's counts if only this were right.
        gain: what micro F1 gains by it.
        cumulative: micro F1 if this and all links before it were right.
    """

    link: str
    counts: Counts
    gain: float
    cumulative: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainLadder:
    """The score as it is and one rung a link; what is left after the last is missed or spurious altogether."""

    counts: Counts
    rungs: tuple[ChainRung, ...]


@dataclass(frozen=True)
class _Article:
    """One article with what is looked up again and again."""

    pair: Pair
    quotes: MatchedArticle
    matched: frozenset[tuple[int, int]]
    mentions: tuple[dict[str, list[Entity]], dict[str, list[Entity]]]

    @classmethod
    def of(cls, pair: Pair) -> _Article:
        quotes = match_quotes(pair)
        mentions = _by_name(pair.gold.entities), _by_name(pair.predicted.entities)
        return cls(pair, quotes, frozenset(quotes.pairs), mentions)


def chain_tables(pairs: Sequence[Pair], conventions: Sequence[str]) -> dict[str, CountTable]:
    """The four-number tables of recovered stances by label, for articles sorted by id."""
    return {name: _table([_Article.of(pair) for pair in pairs], frozenset()) for name in conventions}


def chain_ladder(pairs: Sequence[Pair]) -> ChainLadder:
    """What each link costs: the same score if it were right wherever something was found (Bolya et al. 2020, TIDE)."""
    articles = [_Article.of(pair) for pair in pairs]
    base = _table(articles, frozenset()).counts()
    rungs = []
    for at, link in enumerate(LINKS):
        alone = _table(articles, frozenset([link])).counts()
        together = _table(articles, frozenset(LINKS[: at + 1])).counts()
        rungs.append(ChainRung(link=link, counts=alone, gain=alone.f1 - base.f1, cumulative=together.f1))
    return ChainLadder(counts=base, rungs=tuple(rungs))


def _table(articles: Sequence[_Article], given: frozenset[str]) -> CountTable:
    cells: list[Cell] = []
    for at, article in enumerate(articles):
        cells += _cells(at, article, given)
    return table_of_cells(tuple(article.pair.article.id for article in articles), cells, STANCE_LABELS)


def _cells(at: int, article: _Article, given: frozenset[str]) -> Iterable[Cell]:
    sides = [sorted(side or (), key=_position) for side in (article.pair.gold.stances, article.pair.predicted.stances)]
    edges = [
        (i, j, 1)
        for i, gold in enumerate(sides[0])
        for j, predicted in enumerate(sides[1])
        if _recovered(article, gold, predicted, given)
    ]
    used = [edges[position] for position in best_assignment(edges)]
    for side, stances in enumerate(sides):
        earned = {edge[side] for edge in used}
        for number, stance in enumerate(stances):
            yield Cell(at, stance.label, side, float(number in earned))


def _position(stance: Stance) -> tuple[object, ...]:
    return stance.holder, stance.target, stance.label, stance.quote_id or "", stance.evidence


def _recovered(article: _Article, gold: Stance, predicted: Stance, given: frozenset[str]) -> bool:
    """Whether every link agrees, of those that are not given."""
    if "stance labels" not in given and gold.label != predicted.label:
        return False
    if not _named(article, gold.holder, predicted.holder, given):
        return False
    if "targets" not in given and not _named(article, gold.target, predicted.target, given):
        return False
    return gold.quote_id is None or _quoted(article, gold.quote_id, predicted.quote_id, given)


def _named(article: _Article, gold: str, predicted: str, given: frozenset[str]) -> bool:
    """Whether a predicted holder or target means the gold one and one of its mentions is found."""
    if article.quotes.alignment.gold_id(predicted) != plain_name(gold):
        return False
    ours, theirs = article.mentions[0].get(gold, []), article.mentions[1].get(predicted, [])
    same_place = _spans_meet if "boundaries" in given else _spans_agree
    return not ours or any(same_place(a, b) and ("labels" in given or a.label == b.label) for a in ours for b in theirs)


def _quoted(article: _Article, gold: str, predicted: str | None, given: frozenset[str]) -> bool:
    """Whether the quote behind a stance is predicted, with its content and its speaker."""
    quotes = article.quotes
    for i, j in article.matched:
        ours, theirs = quotes.gold[i], quotes.predicted[j]
        if ours.id != gold or predicted not in (None, theirs.id):
            continue
        if "boundaries" not in given and quotes.contents[0][i] != quotes.contents[1][j]:
            return False
        return "speakers" in given or _speakers_agree(article, ours, theirs)
    return False


def _speakers_agree(article: _Article, gold: Quote, predicted: Quote) -> bool:
    if gold.speaker is None and gold.speaker_id is None:
        return predicted.speaker is None and predicted.speaker_id is None
    return speaker_is_right(gold, predicted, article.quotes.alignment)


def _spans_agree(first: Entity, second: Entity) -> bool:
    return _pieces(first) == _pieces(second)


def _spans_meet(first: Entity, second: Entity) -> bool:
    return _pieces(first) == _pieces(second) or any_overlap(first.spans, second.spans)


def _pieces(entity: Entity) -> Pieces:
    return join_spans(entity.spans)


def _by_name(entities: Iterable[Entity] | None) -> dict[str, list[Entity]]:
    found: dict[str, list[Entity]] = {}
    for entity in entities or ():
        if entity.entity_id is not None:
            found.setdefault(entity.entity_id, []).append(entity)
    return found
