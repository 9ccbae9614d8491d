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
from collections import Counter
from collections.abc import Sequence

from evalkit.extractors.base import StancePair
from evalkit.extractors.identity.closure import identity_of
from evalkit.records import Annotations, Article, Category, Entity, Quote, Span, Stance
from evalkit.text.quotation_marks import quotations
from evalkit.text.zones import in_zone, zoned

__all__ = ["TrivialExtractor", "one_category"]

_RUN = re.compile(r"(?<=[^\s.!?:“\"‘«] )[^\W\d_a-z][\w-]*(?: [^\W\d_a-z][\w-]*)*")
_LINE = re.compile(r"[^\n]+")
_DOUBLE = re.compile('[“”"«»]')
_QUOTED = re.compile(r"“[^”\n]+”|\"[^\"\n]+\"|«[^»\n]+»")


class TrivialExtractor:
    """Finds capitals, quotation marks and one stance."""

    name = "trivial"
    layers = ("entities", "quotes", "stances")

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
    entities = _entities(article)
    return Annotations(entities=entities, quotes=_quotes(article, entities), stances=_stances(entities))


def _spans(article: Article, pattern: re.Pattern[str]) -> list[Span]:
    spans = [Span(*found.span()) for found in pattern.finditer(article.text)]
    return [span for span in spans if not in_zone(article, span, "boilerplate")]


def _entities(article: Article) -> tuple[Entity, ...]:
    return tuple(
        Entity(id=f"e{number}", spans=(span,), label="GPE", entity_id=article.text[span.start : span.end].lower())
        for number, span in enumerate(_spans(article, _RUN), 1)
    )


def _quoted(article: Article) -> list[Span]:
    """What stands in double quotation marks; in single ones on a page that has no others."""
    if _DOUBLE.search(article.text):
        return _spans(article, _QUOTED)
    lines = (Span(*line.span()) for line in _LINE.finditer(article.text))
    marked = [Span(one.start, one.end) for line in lines for one in quotations(article.text, line) if one.closed]
    return [span for span in marked if not in_zone(article, span, "boilerplate")]


def _quotes(article: Article, entities: Sequence[Entity]) -> tuple[Quote, ...]:
    quotes = []
    for number, span in enumerate(_quoted(article), 1):
        line = article.text.rfind("\n", 0, span.start) + 1
        end = article.text.find("\n", span.end)
        near = [
            (max(entity.spans[0].start - span.end, span.start - entity.spans[0].end), entity.spans[0], entity.entity_id)
            for entity in entities
            if line <= entity.spans[0].start < (end if end >= 0 else len(article.text))
            and (entity.spans[0].end <= span.start or entity.spans[0].start >= span.end)
        ]
        _, speaker, speaker_id = min(near) if near else (0, None, None)
        quotes.append(Quote(id=f"q{number}", kind="direct", content=(span,), speaker=speaker, speaker_id=speaker_id))
    return tuple(quotes)


def _stances(entities: Sequence[Entity]) -> tuple[Stance, ...]:
    if not entities:
        return ()
    holder = entities[0]
    others = Counter(e.entity_id for e in entities if e.entity_id != holder.entity_id)
    if not others or holder.entity_id is None:
        return ()
    target = min(others, key=lambda key: (-others[key], key or ""))
    return (Stance(id="s1", holder=holder.entity_id, target=target or "", label="against", evidence=holder.spans),)
