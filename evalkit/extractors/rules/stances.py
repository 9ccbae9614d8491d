"""Stances by rules: words of praise, blame and balance in what somebody says or does, and what they are aimed at.

The holder is the speaker of a quote or the subject of a verb such as "condemned". The target is the entity named
nearest to the telling word, or a topic for a plan or measure without a name. Silent when no word tells.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from functools import cache, cached_property
from typing import NamedTuple

from evalkit.extractors.base import StancePair
from evalkit.extractors.rules.speakers import SpeakerFinder
from evalkit.records import AUTHOR, STANCE_LABELS, TOPIC_PREFIX, Article, Entity, Quote, Span, Stance
from evalkit.text.linking import slug
from evalkit.text.sentences import prose_lines, sentence_ends
from evalkit.text.word_lists import alternatives, any_of, entries

__all__ = ["find_stances", "label_pair"]

_NEGATION = re.compile(
    r"\b(?:not|no|never|nobody|nothing|hardly|\w+n['’]t|without|neither|nor)\W+(?:\w+\W+){0,2}$", re.I
)
_REACH = 200
"""So far before a word a negation is looked for, and three words are not longer."""
_TARGETS = frozenset({"PER", "ORG", "NORP", "WORK"})
_HOLDERS = frozenset({"PER", "ORG", "NORP", "GPE"})
_BLAMING = frozenset(
    {"accused", "accuses", "accuse", "branded", "brands", "denounced", "dismissed", "dismisses", "condemned", "blasted"}
)
_PRAISING = frozenset({"hailed", "hails", "praised", "praises", "welcomed", "welcomes"})


class _Attitude(NamedTuple):
    """A label, how sure it is, and where the word is that tells it."""

    label: str
    weight: int
    at: int


def find_stances(article: Article, entities: Sequence[Entity], quotes: Sequence[Quote]) -> tuple[Stance, ...]:
    """The stances of an article, one for each pair of holder and target, in the order of their evidence.

    Args:
        article: the article.
        entities: its linked mentions.
        quotes: its quotes, with speakers.
    """
    best: dict[tuple[str, str], tuple[int, Stance]] = {}
    known = _Known(article.text, entities)
    found = [*_of_quotes(known, quotes), *_of_deeds(article, known, quotes)]
    for weight, stance in found:
        pair = (stance.holder, stance.target)
        if pair not in best or weight > best[pair][0]:
            best[pair] = (weight, stance)
    kept = sorted((stance for _, stance in best.values()), key=lambda s: (s.evidence[0], s.holder, s.target))
    return tuple(
        Stance(
            id=f"s{number}",
            holder=stance.holder,
            target=stance.target,
            label=stance.label,
            evidence=stance.evidence,
            quote_id=stance.quote_id,
        )
        for number, stance in enumerate(kept, 1)
    )


@cache
def _words(section: str) -> re.Pattern[str]:
    forms = entries("attitude", section)
    stems = any_of(form[:-1] for form in forms if form.endswith("*"))
    whole = any_of(form for form in forms if not form.endswith("*"))
    return re.compile(rf"\b(?:{stems}\w*|{whole})\b" if stems else rf"\b{whole}\b", re.I)


@cache
def _deeds() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The labels with the verbs that tell them."""
    sections = (("favor", "praise-verb"), ("against", "blame-verb"))
    return tuple((label, re.compile(rf"\b{alternatives('attitude', section)}\b")) for label, section in sections)


def _attitude(text: str, spans: Sequence[Span], cue: str) -> _Attitude | None:
    plain = [(span, text[span.start : span.end].replace("’", "'")) for span in spans]
    for span, part in plain:
        balanced = _words("neutral").search(part)
        if balanced:
            return _Attitude("neutral", 3, span.start + balanced.start())
    votes = {"favor": 0, "against": 0}
    places: dict[str, int] = {}
    for label, other in (("favor", "against"), ("against", "favor")):
        for span, part in plain:
            for word in _words(label).finditer(part):
                negated = _NEGATION.search(part, max(0, word.start() - _REACH), word.start())
                told = other if negated else label
                votes[told] += 1
                places.setdefault(told, span.start + word.start())
    if cue in _BLAMING or cue in _PRAISING:
        told = "against" if cue in _BLAMING else "favor"
        votes[told] += 3
        places.setdefault(told, spans[0].start)
    if votes["favor"] == votes["against"]:
        return None
    label = max(votes, key=lambda key: votes[key])
    return _Attitude(label, abs(votes["favor"] - votes["against"]), places[label])


class _Known:
    """What an article names: its entities by their place, and its topics."""

    def __init__(self, text: str, entities: Sequence[Entity]) -> None:
        self.text, self.entities = text, sorted(entities, key=lambda entity: entity.spans[0].start)
        self._starts = [entity.spans[0].start for entity in self.entities]
        self.labels = {entity.entity_id: entity.label for entity in entities}

    def between(self, start: int, end: int) -> list[Entity]:
        """The entities that begin in a stretch."""
        return self.entities[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    @cached_property
    def _topics(self) -> dict[str, tuple[int, str, str]]:
        """The topic named most often for each noun: how often, negative, and its two words."""
        nouns = alternatives("attitude", "topic-noun")
        named = Counter(
            (found[1].lower(), found[2].lower())
            for found in re.finditer(rf"\b([a-z][\w-]{{2,}}) ({nouns})\b", self.text)
            if found[1].lower() not in entries("attitude", "no-modifier") and not found[1].endswith(("ed", "ly"))
        )
        best: dict[str, tuple[int, str, str]] = {}
        for (modifier, noun), count in named.items():
            best[noun] = min(best.get(noun, (0, "", "")), (-count, modifier, noun))
        return best

    def topic(self, stretch: Span) -> str | None:
        """A topic named in a stretch, under the fullest name that the article has for it."""
        found = _topic_noun().search(self.text, stretch.start, stretch.end)
        if found is None:
            return None
        _, modifier, noun = self._topics.get(found[0].lower(), (-1, "", found[0].lower()))
        return TOPIC_PREFIX + slug(f"{modifier} {noun}")

    @cached_property
    def main_topic(self) -> str | None:
        """The topic named most often, if that is more than once."""
        count, modifier, noun = min(self._topics.values(), default=(0, "", ""))
        return TOPIC_PREFIX + slug(f"{modifier} {noun}") if count < -1 else None


@cache
def _topic_noun() -> re.Pattern[str]:
    return re.compile(rf"\b{alternatives('attitude', 'topic-noun')}\b")


def _of_quotes(known: _Known, quotes: Sequence[Quote]) -> list[tuple[int, Stance]]:
    found: list[tuple[int, Stance]] = []
    for quote in quotes:
        holder = quote.speaker_id
        if not holder or known.labels.get(holder) not in _HOLDERS:
            continue
        cue = known.text[quote.cue[0].start : quote.cue[0].end].lower() if quote.cue else ""
        attitude = _attitude(known.text, quote.content, cue)
        if attitude is None:
            continue
        target = _target(known, quote, holder, attitude.at)
        if target:
            stance = Stance(
                id="", holder=holder, target=target, label=attitude.label, evidence=quote.content, quote_id=quote.id
            )
            found.append((attitude.weight, stance))
    return found


def _target(known: _Known, quote: Quote, holder: str, at: int) -> str | None:
    """What a quote is aimed at: the object of "called X …", else the nearest entity in it, else a topic in it."""
    stretches = list(quote.content)
    if quote.cue and quote.cue[0].end < quote.content[0].start:
        stretches.insert(0, Span(quote.cue[0].end, quote.content[0].start))
    candidates = [
        (abs(entity.spans[0].start - at), entity.entity_id)
        for stretch in stretches
        for entity in known.between(stretch.start, stretch.end)
        if entity.entity_id not in (None, holder) and entity.label in _TARGETS and entity.spans[0].end <= stretch.end
    ]
    if candidates:
        return min(candidates)[1]
    named = next((topic for stretch in stretches if (topic := known.topic(stretch))), None)
    return named or known.main_topic


def _of_deeds(article: Article, known: _Known, quotes: Sequence[Quote]) -> list[tuple[int, Stance]]:
    """`X condemned Y`, outside quotes."""
    finder: SpeakerFinder | None = None
    said = bytearray(len(article.text))
    for quote in quotes:
        for span in (*quote.content, *quote.cue):
            said[span.start : span.end] = b"\1" * (span.end - span.start)
    found: list[tuple[int, Stance]] = []
    for line, kind in prose_lines(article):
        if kind not in ("body", "lead") or not any(v.search(article.text, *line) for _, v in _deeds()):
            continue
        start = line.start
        for end in sentence_ends(article.text, line.start, line.end):
            sentence = article.text[start:end]
            for label, verbs in _deeds():
                for verb in verbs.finditer(sentence):
                    place = Span(start + verb.start(), start + verb.end())
                    if not any(said[place.start : place.end]):
                        finder = finder or SpeakerFinder(article, known.entities)
                        found += _deed(known, finder, label, place, start, end)
            start = end
    return found


def _deed(
    known: _Known, finder: SpeakerFinder, label: str, verb: Span, start: int, end: int
) -> list[tuple[int, Stance]]:
    subject = finder.before(start, verb.start)
    holder = finder.resolve(subject, None)
    near = [entity for entity in known.between(verb.end, verb.end + 41) if entity.spans[0].end <= end]
    if (
        holder is None
        or known.labels.get(holder) not in _HOLDERS
        or re.search(r"\b(?:was|were|been|be|is)\s+$", known.text[start : verb.start])
    ):
        return []
    # The object ends where the clause does.
    stop = re.search(r"[,;:.“\"‘«]|\b(?:and|but|for|after|when|while|who|which)\b", known.text[verb.end : end])
    bound = verb.end + stop.start() if stop else end
    objects = [
        e.entity_id
        for e in near
        if e.entity_id not in (None, holder) and e.spans[0].end <= bound and e.label in _TARGETS
    ]
    target = objects[0] if objects else known.topic(Span(verb.end, bound))
    if not target:
        return []
    stretch = Span(verb.start, verb.start + len(known.text[verb.start : bound].rstrip()))
    return [(2, Stance(id="", holder=holder, target=target, label=label, evidence=(stretch,)))]


def label_pair(article: Article, entities: Sequence[Entity], quotes: Sequence[Quote], pair: StancePair) -> str:
    """The label for a holder and a target that are given, `against` (the most frequent one) if no word tells.

    Args:
        article: the article.
        entities: its linked mentions.
        quotes: its quotes, with speakers.
        pair: holder and target with their surface forms; for the author, all that is not quoted counts.
    """
    text = article.text
    ids = {e.entity_id for e in entities if text[e.spans[0].start : e.spans[-1].end] in pair.holder_mentions}
    ids.discard(None)
    said = [quote.content for quote in quotes if quote.speaker_id in ids]
    if not said:
        quoted = [span for quote in quotes for span in quote.content]
        names = pair.target_mentions if pair.holder == AUTHOR else pair.holder_mentions
        said = [(span,) for span in _sentences_with(article, names, quoted)]
    about = [
        spans for spans in said if any(name in text[s.start : s.end] for s in spans for name in pair.target_mentions)
    ]
    votes: Counter[str] = Counter()
    for spans in about or said:
        attitude = _attitude(text, spans, "")
        if attitude:
            votes[attitude.label] += attitude.weight
    return max(STANCE_LABELS, key=lambda label: (votes[label], label == "against"))


def _sentences_with(article: Article, names: Sequence[str], quoted: Sequence[Span]) -> list[Span]:
    found: list[Span] = []
    for line, kind in prose_lines(article):
        start = line.start
        for end in sentence_ends(article.text, line.start, line.end):
            own = not any(span.start < end and start < span.end for span in quoted)
            if own and kind in ("body", "lead") and any(name in article.text[start:end] for name in names):
                found.append(Span(start, end))
            start = end
    return found
