"""The floor below the rules: what the least that could be called an extractor finds.

* Entities: each run of capitalised words that does not open a sentence, all labelled GPE, the most frequent
  label of the bundled gold; equal strings share an `entity_id`.
* Quotes: whatever stands between quotation marks, all direct, spoken by the nearest entity of its line, without cue.
* Stances: the entity named first is against (the most frequent label) the other entity named most; one an article.

As the floor of a result (`evalkit.workflows.floor`) the same items get the most frequent label of that gold, and for
the row of a label this label. There each article has one category besides.
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

_RUN = re.compile(r"(?<=[^\s.!?:“\"‘«] )[^\W\d_a-z][\w-]*(?: [^\W\d_a-z][\w-]*)*")
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
    names = (Span(*found.span()) for found in _RUN.finditer(text))
    kept = [name for name in names if boilerplate.first(name) is None]
    return tuple(
        Entity(id=f"e{number}", spans=(name,), label="GPE", entity_id=text[name.start : name.end].lower())
        for number, name in enumerate(kept, 1)
    )


def _quotes(text: str, entities: Sequence[Entity], boilerplate: ZoneIndex) -> tuple[Quote, ...]:
    """What stands in double quotation marks; in single ones on a page that has no others."""
    quoted = _in_double_marks if _DOUBLE.search(text) else _in_single_marks
    starts = [entity.spans[0].start for entity in entities]
    quotes: list[Quote] = []
    for line in (Span(*found.span()) for found in _LINE.finditer(text)):
        for span in quoted(text, line):
            if boilerplate.first(span) is None:
                nearest = _nearest(entities, starts, span, line)
                speaker, speaker_id = (nearest.spans[0], nearest.entity_id) if nearest else (None, None)
                name = f"q{len(quotes) + 1}"
                quotes.append(Quote(id=name, kind="direct", content=(span,), speaker=speaker, speaker_id=speaker_id))
    return tuple(quotes)


def _in_single_marks(text: str, line: Span) -> Iterator[Span]:
    return (Span(one.start, one.end) for one in quotations(text, line) if one.closed)


def _in_double_marks(text: str, line: Span) -> Iterator[Span]:
    """What stands between a mark and the next one that closes it; nothing between the two is no quotation."""
    closing: dict[str, int] = {}
    behind = line.start
    for opened in _OPENING.finditer(text, line.start, line.end):
        mark, start = opened[0], opened.start()
        # The next closing mark is the same for all that open before it, and looked for once.
        if closing.get(mark, 0) <= start:
            found = text.find(_CLOSING[mark], start + 1, line.end)
            closing[mark] = found if found >= 0 else line.end
        if start >= behind and start + 1 < closing[mark] < line.end:
            behind = closing[mark] + 1
            yield Span(start, behind)


def _nearest(entities: Sequence[Entity], starts: Sequence[int], span: Span, line: Span) -> Entity | None:
    """The entity of a line that stands nearest to a stretch of it, the one before it if two do."""
    after = bisect_left(starts, span.end)
    before = bisect_left(starts, span.start) - 1
    if before >= 0 and entities[before].spans[0].end > span.start:
        before -= 1
    near = [
        (max(place.start - span.end, span.start - place.end), place, entity)
        for entity in (*entities[max(before, 0) : before + 1], *entities[after : after + 1])
        for place in entity.spans
        if line.start <= place.start < line.end
    ]
    return min(near, key=lambda item: item[:2])[2] if near else None


def _stances(entities: Sequence[Entity]) -> tuple[Stance, ...]:
    if not entities:
        return ()
    holder = entities[0]
    others = Counter(e.entity_id for e in entities if e.entity_id != holder.entity_id)
    if not others or holder.entity_id is None:
        return ()
    target = min(others, key=lambda key: (-others[key], key or ""))
    return (Stance(id="s1", holder=holder.entity_id, target=target or "", label="against", evidence=holder.spans),)
