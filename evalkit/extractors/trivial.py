"""The floor below the rules: what the least that could be called an extractor finds.

* Entities: each run of capitalised words that does not open a sentence, all labelled GPE, the most frequent
  label of the bundled gold; equal strings share an `entity_id`.
* Quotes: whatever stands between quotation marks, all direct, spoken by the nearest entity of its line, without cue.
* Stances: the entity named first is against (the most frequent label) the other entity named most; one an article.

As the floor of a result (`evalkit.workflows.scoring.floor`) the same items get the most frequent label of that gold,
and for the row of a label this label. There each article has one category besides.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

from evalkit.extractors.base import LONGEST_ARTICLE, StancePair
from evalkit.extractors.identity.closure import identity_of
from evalkit.records import Annotations, Article, Category, Entity, Quote, Span, Stance
from evalkit.text.quotation_marks import quotations
from evalkit.text.zones import ZoneIndex, zoned

__all__ = ["TrivialExtractor", "one_category"]

# The blank in front is part of it: what begins with a certain character is found at once.
_RUN = re.compile(r" [^\W\d_a-z](?<=[^\s.!?:“\"‘«] .)[\w-]*(?: [^\W\d_a-z][\w-]*)*")
_LINE = re.compile(r"[^\n]+")
_DOUBLE = re.compile('[“”"«»]')
_OPENING = re.compile('[“"«]')
_CLOSING = {"“": "”", '"': '"', "«": "»"}


class TrivialExtractor:
    """Finds capitals, quotation marks and one stance."""

    name = "trivial"
    layers = ("entities", "quotes", "stances")
    longest_article = LONGEST_ARTICLE

    def fingerprint(self) -> str:
        """Hex SHA-256 over the code that it runs."""
        return identity_of(__name__)

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations]:
        """The annotations of each article, in the same order.

        Args:
            articles: articles with zones or without.
        """
        return [_annotate(zoned(article)) for article in articles]

    def label_pairs(self, article: Article, pairs: Sequence[StancePair]) -> Sequence[str]:
        """`against`, the most frequent label, for each pair that is given.

        Args:
            article: not looked at.
            pairs: holders and targets.
        """
        return ["against" for _ in pairs]


def one_category(article: Article) -> Annotations:
    """One category of any article, whose label is for the asker to choose.

    Args:
        article: not looked at.
    """
    return Annotations(categories=(Category(id="c1", label="(any)"),))


def _annotate(article: Article) -> Annotations:
    boilerplate = ZoneIndex(zone for zone in article.zones if zone.kind == "boilerplate")
    entities = _entities(article.text, boilerplate)
    return Annotations(
        entities=entities, quotes=_quotes(article.text, entities, boilerplate), stances=_stances(entities)
    )


def _entities(text: str, boilerplate: ZoneIndex) -> tuple[Entity, ...]:
    names = [Span(found.start() + 1, found.end()) for found in _RUN.finditer(text)]
    return tuple(
        [
            Entity(id=f"e{number}", spans=(name,), label="GPE", entity_id=text[name[0] : name[1]].lower())
            for number, name in enumerate(boilerplate.outside(names), 1)
        ]
    )


def _quotes(text: str, entities: Sequence[Entity], boilerplate: ZoneIndex) -> tuple[Quote, ...]:
    """What stands in double quotation marks; in single ones on a page that has no others."""
    quoted = list(_in_double_marks(text) if _DOUBLE.search(text) else _in_single_marks(text))
    starts = [entity.spans[0].start for entity in entities]
    quotes: list[Quote] = []
    line = Span(0, 0)
    for span in boilerplate.outside(quoted):
        line = line if span.start < line.end else _line_at(text, span.start)
        nearest = _nearest(entities, starts, span, line)
        speaker, speaker_id = (nearest.spans[0], nearest.entity_id) if nearest else (None, None)
        name = f"q{len(quotes) + 1}"
        quotes.append(Quote(id=name, kind="direct", content=(span,), speaker=speaker, speaker_id=speaker_id))
    return tuple(quotes)


def _in_single_marks(text: str) -> Iterator[Span]:
    lines = (Span(*found.span()) for found in _LINE.finditer(text))
    return (Span(one.start, one.end) for line in lines for one in quotations(text, line) if one.closed)


def _in_double_marks(text: str) -> Iterator[Span]:
    """What stands between a mark and the next one of its line that closes it, unless it is nothing."""
    closing: dict[str, int] = {}
    line_end, behind = -1, 0
    for opened in _OPENING.finditer(text):
        mark, start = opened[0], opened.start()
        if start > line_end:
            line_end = text.find("\n", start)
            line_end = line_end if line_end >= 0 else len(text)
        # The next closing mark is the same for all that open before it, and looked for once.
        if closing.get(mark, 0) <= start:
            found = text.find(_CLOSING[mark], start + 1, line_end)
            closing[mark] = found if found >= 0 else line_end
        if start >= behind and start + 1 < closing[mark] < line_end:
            behind = closing[mark] + 1
            yield Span(start, behind)


def _line_at(text: str, place: int) -> Span:
    end = text.find("\n", place)
    return Span(text.rfind("\n", 0, place) + 1, end if end >= 0 else len(text))


def _nearest(entities: Sequence[Entity], starts: Sequence[int], span: Span, line: Span) -> Entity | None:
    """The entity of a line that stands nearest to a stretch of it, the one before it if two do."""
    after = bisect_left(starts, span.end)
    before = bisect_left(starts, span.start) - 1
    if before >= 0 and entities[before].spans[0].end > span.start:
        before -= 1
    has_before = before >= 0 and starts[before] >= line.start
    has_after = after < len(starts) and starts[after] < line.end
    if has_before and has_after:
        has_before = span.start - entities[before].spans[0].end <= starts[after] - span.end
    return entities[before] if has_before else entities[after] if has_after else None


def _stances(entities: Sequence[Entity]) -> tuple[Stance, ...]:
    if not entities:
        return ()
    holder = entities[0]
    others = Counter([e.entity_id for e in entities if e.entity_id != holder.entity_id])
    if not others or holder.entity_id is None:
        return ()
    target = min(others, key=lambda key: (-others[key], key or ""))
    return (Stance(id="s1", holder=holder.entity_id, target=target or "", label="against", evidence=holder.spans),)
