"""Every gold and predicted item of an article with what became of it: the ground of changes and explanations.

* entities: the kinds of `evalkit.analysis.errors`;
* quotes: `right` (same content and speaker), `speaker` (same content, another speaker), `boundary` (matched, other
  content), `duplicate`, `missed`, `spurious`;
* stances: `right`, `label` (holder and target match, the label does not), `missed`, `spurious`.

Gold items stand in an order that depends on the gold alone, so two runs can be laid side by side by position.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.analysis.errors import KINDS, EntityErrors, find_errors
from evalkit.records import AUTHOR, Quote, Stance
from evalkit.scoring.alignment import Alignment, align, plain_name, speaker_is_right
from evalkit.scoring.columns import Ints, SpanColumns
from evalkit.scoring.edges import pieces_of
from evalkit.scoring.entities import columns_of_pairs, join_spans
from evalkit.scoring.pairs import Pair
from evalkit.scoring.quote_matching import MatchedArticle, match_quotes

__all__ = ["GOLD_SIDE", "JUDGES", "PREDICTED_SIDE", "JudgedArticle", "JudgedItem", "equal_quotes", "sorted_stances"]

GOLD_SIDE, PREDICTED_SIDE = "gold", "predicted"
LEVELS = {"right": 2, "speaker": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedItem:
    """One item and what became of it.

    Attributes:
        side: "gold" or "predicted".
        label: entity label, kind of a quote or label of a stance.
        text: what stands at its spans; for a stance holder, target and evidence.
        spans: the spans of the mention, the content or the evidence.
        kind: what became of it, see the module.
        partner: position of the item of the other side that it was matched with, or None.
        places: spans that are part of it too, such as cue and speaker of a quote.
    """

    side: str
    label: str
    text: str
    spans: tuple[tuple[int, int], ...]
    kind: str
    partner: int | None = None
    places: tuple[tuple[int, int], ...] = ()

    @property
    def level(self) -> int:
        """2 for right, 1 for a right quote of the wrong speaker, 0 for wrong."""
        return LEVELS.get(self.kind, 0)


@dataclass(frozen=True, slots=True)
class JudgedArticle:
    """The items of one layer of one article; `partner` points from one list into the other."""

    article: str
    gold: tuple[JudgedItem, ...]
    predicted: tuple[JudgedItem, ...]


def judge_entities(pairs: Sequence[Pair]) -> list[JudgedArticle]:
    """The entities of some articles, which must be sorted by id."""
    columns = columns_of_pairs(pairs)
    errors = find_errors(columns)
    sides = [
        _judged_side(errors, pairs, GOLD_SIDE, (columns.gold, errors.gold_kind, errors.gold_partner)),
        _judged_side(
            errors, pairs, PREDICTED_SIDE, (columns.predicted, errors.predicted_kind, errors.predicted_partner)
        ),
    ]
    return [JudgedArticle(pair.article.id, tuple(sides[0][at]), tuple(sides[1][at])) for at, pair in enumerate(pairs)]


def _judged_side(
    errors: EntityErrors, pairs: Sequence[Pair], side: str, own: tuple[SpanColumns, Ints, Ints]
) -> defaultdict[int, list[JudgedItem]]:
    columns, (items, kinds, partners) = errors.columns, own
    other = columns.predicted if side == GOLD_SIDE else columns.gold
    first = np.searchsorted(other.article, np.arange(len(pairs)))
    found: defaultdict[int, list[JudgedItem]] = defaultdict(list)
    for position in range(len(items)):
        at, partner = int(items.article[position]), int(partners[position])
        pieces = pieces_of(columns, items, position)
        found[at].append(
            JudgedItem(
                side=side,
                label=columns.labels[items.label[position]],
                text=_surface(pairs[at], pieces),
                spans=pieces,
                kind=KINDS[kinds[position]],
                partner=None if partner < 0 else partner - int(first[at]),
            )
        )
    return found


def judge_quotes(pairs: Sequence[Pair]) -> list[JudgedArticle]:
    """The quotes of some articles."""
    return [_judge_quotes(pair, match_quotes(pair)) for pair in pairs]


def _judge_quotes(pair: Pair, match: MatchedArticle) -> JudgedArticle:
    paired = _quote_pairs(match)
    partners: tuple[dict[int, int], dict[int, int]] = (dict(paired), {p: g for g, p in paired})

    def kind(side: int, at: int) -> str:
        other = partners[side].get(at)
        if other is None:
            touched = side == 1 and any(match.tokens[1][at] & match.tokens[0][taken] for taken in partners[0])
            return "duplicate" if touched else ("spurious" if side else "missed")
        gold, predicted = (other, at) if side else (at, other)
        if match.contents[0][gold] != match.contents[1][predicted]:
            return "boundary"
        return "right" if _same_speaker(match.gold[gold], match.predicted[predicted], match.alignment) else "speaker"

    sides = [
        tuple(
            JudgedItem(
                side=(GOLD_SIDE, PREDICTED_SIDE)[side],
                label=quote.kind,
                text=_surface(pair, match.contents[side][at]),
                spans=match.contents[side][at],
                kind=kind(side, at),
                partner=partners[side].get(at),
                places=_roles(quote),
            )
            for at, quote in enumerate(quotes)
        )
        for side, quotes in enumerate((match.gold, match.predicted))
    ]
    return JudgedArticle(pair.article.id, sides[0], sides[1])


def equal_quotes(match: MatchedArticle) -> list[tuple[int, int]]:
    """One-to-one pairs of quotes of equal content, those of equal kind first: what is right under `exact`."""
    pairs: dict[int, int] = {}
    for same_kind in (True, False):
        for at, quote in enumerate(match.gold):
            for other, theirs in enumerate(match.predicted):
                equal = match.contents[0][at] == match.contents[1][other]
                fits = equal and (theirs.kind == quote.kind or not same_kind)
                if fits and at not in pairs and other not in pairs.values():
                    pairs[at] = other
    return sorted(pairs.items())


def _quote_pairs(match: MatchedArticle) -> list[tuple[int, int]]:
    """Equal contents, then what the matching of the scorer leaves of the others."""
    equal = equal_quotes(match)
    taken = {at for at, _ in equal}, {at for _, at in equal}
    return equal + [(g, p) for g, p in match.pairs if g not in taken[0] and p not in taken[1]]


def _roles(quote: Quote) -> tuple[tuple[int, int], ...]:
    speaker = () if quote.speaker is None else ((quote.speaker.start, quote.speaker.end),)
    return tuple((span.start, span.end) for span in quote.cue) + speaker


def _same_speaker(gold: Quote, predicted: Quote, alignment: Alignment) -> bool:
    if gold.speaker is None and gold.speaker_id is None:
        return predicted.speaker is None and predicted.speaker_id is None
    return speaker_is_right(gold, predicted, alignment)


Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Claim:
    """One stance, and what it is compared by."""

    key: Key
    stance: Stance


def judge_stances(pairs: Sequence[Pair]) -> list[JudgedArticle]:
    """The stances of some articles, end to end."""
    return [_judge_stances(pair) for pair in pairs]


def _judge_stances(pair: Pair) -> JudgedArticle:
    alignment = align(pair.gold, pair.predicted)
    gold = _claims(pair.gold.stances or (), plain_name)
    predicted = _claims(pair.predicted.stances or (), alignment.gold_id)
    partners: dict[int, int] = {}
    for exact in (True, False):
        for at, claim in enumerate(gold):
            if at in partners:
                continue
            for other, theirs in enumerate(predicted):
                agrees = theirs.key == claim.key and (theirs.stance.label == claim.stance.label or not exact)
                if agrees and other not in partners.values():
                    partners[at] = other
                    break
    back = {other: at for at, other in partners.items()}
    sides = [
        tuple(_judged_stance(pair, side, claim, own.get(at), others) for at, claim in enumerate(claims))
        for side, claims, own, others in (
            (GOLD_SIDE, gold, partners, predicted),
            (PREDICTED_SIDE, predicted, back, gold),
        )
    ]
    return JudgedArticle(pair.article.id, sides[0], sides[1])


def _claims(stances: Iterable[Stance], name: Callable[[str], str]) -> list[_Claim]:
    return [_Claim((name(stance.holder), name(stance.target)), stance) for stance in sorted_stances(stances)]


def sorted_stances(stances: Iterable[Stance]) -> list[Stance]:
    """The order in which stances are judged."""
    return sorted(stances, key=lambda s: (s.holder, s.target, s.label, s.evidence, s.id))


def _judged_stance(pair: Pair, side: str, claim: _Claim, partner: int | None, others: Sequence[_Claim]) -> JudgedItem:
    stance = claim.stance
    evidence = join_spans(stance.evidence) if stance.evidence else ()
    words = _surface(pair, evidence)
    holder = "the author" if stance.holder == AUTHOR else stance.holder
    if partner is None:
        kind = "missed" if side == GOLD_SIDE else "spurious"
    else:
        kind = "right" if others[partner].stance.label == stance.label else "label"
    return JudgedItem(
        side=side,
        label=stance.label,
        text=f"{holder} → {stance.target}" + (f" ({words})" if words else ""),
        spans=evidence,
        kind=kind,
        partner=partner,
    )


def _surface(pair: Pair, pieces: Iterable[tuple[int, int]]) -> str:
    return " … ".join(pair.article.text[start:end] for start, end in pieces)


JUDGES: dict[str, Callable[[Sequence[Pair]], list[JudgedArticle]]] = {
    "entities": judge_entities,
    "quotes": judge_quotes,
    "stances": judge_stances,
}
"""Layer → what judges its items."""
