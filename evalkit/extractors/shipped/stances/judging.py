"""From the chances that a network gives to the stances of an article: candidates, thresholds, one label for a pair.

What judges a passage is given, so that networks of different make share the rest.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from evalkit.extractors.base import StancePair
from evalkit.extractors.rules.extractor import find_stances
from evalkit.extractors.rules.stances import label_pair
from evalkit.extractors.shipped.stances import candidates
from evalkit.extractors.shipped.stances.encoding import LABELS, Passage
from evalkit.records import AUTHOR, TOPIC_PREFIX, Article, Entity, Quote, Span, Stance

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Judge", "judged_label", "judged_stances"]

Judge: TypeAlias = "Callable[[Passage], NDArray[np.float64]]"
"""The chances of favor, against and neutral for the target of a passage, [3]."""

_TARGETS = frozenset({"PER", "ORG", "NORP", "WORK"})
_HOLDERS = frozenset({"PER", "ORG", "NORP", "GPE"})


class _Candidate(NamedTuple):
    """A pair that may be a stance, with the place that shows it and what the rules say, if they do."""

    holder: str
    target: str
    evidence: tuple[Span, ...]
    quote_id: str | None
    told: str


def judged_stances(
    article: Article, entities: Sequence[Entity], quotes: Sequence[Quote], judge: Judge, *, threshold: float
) -> tuple[Stance, ...]:
    """The stances of an article over entities and quotes that are given, one for each holder and target.

    Candidates are the pairs that the rules propose and, in a quote with a known speaker, everybody whom it names.

    Args:
        article: the article, with zones.
        entities: its linked mentions.
        quotes: its quotes, with speakers.
        judge: gives the chances of the labels for a passage.
        threshold: how sure it has to be of a pair that the rules do not propose.
    """
    known = candidates.sentences(article)
    mentions: dict[str, list[Span]] = defaultdict(list)
    for span, key in sorted((entity.spans[0], entity.entity_id or "") for entity in entities):
        mentions[key].append(span)
    names = {key: _longest(article.text, spans) for key, spans in mentions.items()}
    best: dict[tuple[str, str], Stance] = {}
    for candidate in _candidates(article, entities, quotes):
        named = mentions.get(candidate.target, []), names.get(candidate.target)
        stance = _judged(article, *named, known, candidate, judge, threshold)
        if stance is None:
            continue
        pair = (stance.holder, stance.target)
        if pair not in best or (stance.score or 0.0) > (best[pair].score or 0.0):
            best[pair] = stance
    kept = sorted(best.values(), key=lambda stance: (stance.evidence[0], stance.holder, stance.target))
    return tuple(replace(stance, id=f"s{number}") for number, stance in enumerate(kept, 1))


def judged_label(
    article: Article, entities: Sequence[Entity], quotes: Sequence[Quote], pair: StancePair, judge: Judge
) -> str:
    """The label of a pair that is given, from the mean over the passages that tell most about it."""
    passages = candidates.pair_passages(article, entities, quotes, pair)
    told = label_pair(article, entities, quotes, pair)
    if not passages:
        return told
    chances = sum(map(judge, passages[1:]), judge(passages[0])) / len(passages)
    # A holder who is named with a target has a view of it, unless words say that it is balanced.
    return LABELS[int(chances.argmax())] if pair.holder == AUTHOR else _sided(chances, told)


def _judged(
    article: Article,
    mentions: Sequence[Span],
    name: str | None,
    known: Sequence[Span],
    candidate: _Candidate,
    judge: Judge,
    threshold: float,
) -> Stance | None:
    """The stance that a candidate is, if the network is sure enough."""
    name = name or candidate.target.removeprefix(TOPIC_PREFIX).replace("-", " ")
    place = candidates.widened(Span(candidate.evidence[0].start, candidate.evidence[-1].end), known)
    inside = mentions[bisect_left(mentions, place[:1]) : bisect_left(mentions, place[1:])]
    chances = judge(candidates.passage(article.text, place, inside, name))
    label = _sided(chances, candidate.told)
    if not candidate.told and chances[LABELS.index(label)] < threshold:
        return None
    return Stance(
        id="",
        holder=candidate.holder,
        target=candidate.target,
        label=label,
        evidence=candidate.evidence,
        quote_id=candidate.quote_id,
        score=round(float(chances[LABELS.index(label)]), 4),
    )


def _longest(text: str, mentions: Iterable[Span]) -> str:
    return max((text[start:end] for start, end in mentions), key=lambda form: (len(form), form))


def _sided(chances: NDArray[np.float64], told: str) -> str:
    """Favor or against, whichever is likelier; neutral only where the rules found words of balance."""
    favor, against = (float(chances[LABELS.index(label)]) for label in ("favor", "against"))
    return told if told == "neutral" else "favor" if favor > against else "against"


def _candidates(article: Article, entities: Sequence[Entity], quotes: Sequence[Quote]) -> list[_Candidate]:
    """What the rules found, then each speaker with each thing that a quote of theirs names."""
    found = [
        _Candidate(stance.holder, stance.target, stance.evidence, stance.quote_id, stance.label)
        for stance in find_stances(article, entities, quotes)
    ]
    labels = {entity.entity_id: entity.label for entity in entities if entity.entity_id is not None}
    proposed = {(candidate.holder, candidate.target) for candidate in found}
    ordered = sorted(entities, key=lambda entity: entity.spans[0].start)
    starts = [entity.spans[0].start for entity in ordered]
    for quote in quotes:
        holder = quote.speaker_id
        if holder is None or labels.get(holder) not in _HOLDERS:
            continue
        named = {
            entity.entity_id
            for span in quote.content
            for entity in ordered[bisect_left(starts, span.start) : bisect_left(starts, span.end)]
            if entity.label in _TARGETS
        }
        for target in sorted(item for item in named if item is not None and item != holder):
            if (holder, target) not in proposed:
                found.append(_Candidate(holder, target, quote.content, quote.id, ""))
    return found
