"""Quotes: what somebody said, the words that report it, and who said it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from evalkit.layers.base import Fault, Layer, surface, unknown_reference
from evalkit.layers.entities import ENTITIES, entity_ids
from evalkit.records import QUOTE_KINDS, Annotations, Article, Entity, Example, Quote, Span

__all__ = ["NO_SPEAKER", "QUOTES", "speaker_form"]

NO_SPEAKER = "(none)"

_PRONOUNS = {
    "he",
    "she",
    "they",
    "it",
    "we",
    "i",
    "you",
    "him",
    "her",
    "them",
    "us",
    "me",
    "this",
    "that",
    "who",
    "one",
}
_ARTICLE = re.compile(r"(?:the|a|an)\s+", re.IGNORECASE)
_LINK = re.compile(r"\b(?:of|for|to|at|with|from|in|by)\b", re.IGNORECASE)
_FORMS = {"name": "name", "role": "role", "pronoun": "pronoun", NO_SPEAKER: "none"}
"""The forms of a speaker in the order of a description, and how it calls them."""


def speaker_form(article: Article, entities: Iterable[Entity] | None, quote: Quote) -> str:
    """How the speaker is given: "pronoun", "name", "role" or "(none)".

    It is a name if a gold entity of the article is all of it but a leading article ("the Bank of Norway"), or if a
    person ends it without a link before ("director Grace Okafor", but not "a spokesman for Grace Okafor"); without
    gold entities, if there is a capital letter after the first word, or in the only one.
    """
    if quote.speaker is None:
        return NO_SPEAKER
    text = article.text[quote.speaker.start : quote.speaker.end]
    words = re.findall(r"[\w'’]+", text)
    if words and all(word.casefold() in _PRONOUNS for word in words):
        return "pronoun"
    if entities is None:
        named = any(word[0].isupper() for word in words[1:] or words)
    else:
        named = _is_named(entities, quote.speaker, text)
    return "name" if named else "role"


def _is_named(entities: Iterable[Entity], speaker: Span, text: str) -> bool:
    article = _ARTICLE.match(text)
    head = speaker.start + (article.end() if article else 0)
    for entity in entities:
        for span in entity.spans:
            if span.end < speaker.end:
                continue
            if span.start <= head < speaker.end:
                return True
            if entity.label == "PER" and head < span.start < span.end == speaker.end:
                before = text[: max(span.start - speaker.start, 0)]
                if not _LINK.search(before):
                    return True
    return False


def _problems(quotes: Sequence[Quote], annotations: Annotations) -> Iterator[Fault]:
    """Speakers that no entity is."""
    things = entity_ids(annotations)
    for index, quote in enumerate(quotes):
        if quote.speaker_id is not None and things is not None and quote.speaker_id not in things:
            yield unknown_reference(index, "speaker_id", quote.speaker_id, "entity_id", things)


def _counts(examples: Sequence[Example]) -> Mapping[str, Mapping[str, int]]:
    quotes = [(example, quote) for example in examples for quote in QUOTES.of(example.gold) or ()]
    forms = Counter([speaker_form(one.article, ENTITIES.of(one.gold), quote) for one, quote in quotes])
    return {
        "size": {"articles without quote": sum(QUOTES.of(example.gold) == () for example in examples)},
        "structure": {"quotes in several parts": sum(len(quote.content) > 1 for _, quote in quotes)},
        "speakers": {name: forms[form] for form, name in _FORMS.items()},
    }


def _roles(quote: Quote, text: str) -> Mapping[str, str]:
    speaker = "" if quote.speaker is None else surface(text, [quote.speaker])
    if quote.speaker_id is not None:
        speaker += f" ({quote.speaker_id})" if speaker else quote.speaker_id
    return {"speaker": speaker, "cue": surface(text, quote.cue)}


def _told(quote: Quote, text: str, _: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    speaker = "?" if quote.speaker is None else surface(text, [quote.speaker])
    known = quote.speaker_id is not None and quote.speaker_id != speaker
    yield f"{speaker} ({quote.speaker_id})" if known else speaker, "name"
    yield f" {surface(text, quote.cue) or '–'}", "cue"
    yield f" [{quote.kind}] ", "faint"
    yield surface(text, quote.content), ""


QUOTES: Layer[Quote] = Layer(
    name="quotes",
    one="quote",
    record=Quote,
    prefix="q",
    label_field="kind",
    labels=QUOTE_KINDS,
    label_code="quote-kind-unknown",
    spans_field="content",
    may_cross=False,
    names={"speaker_id": "speaker"},
    label_judged=False,
    # The order in which they were hashed from the first; another would change every fingerprint.
    hashed=("content", "kind", "cue", "speaker", "speaker_id", "score"),
    always_stated=True,
    defaults={"kind": "direct"},
    joined={"speaker": ("speaker", "speaker_id")},
    compared=("cue", "speaker"),
    problems=_problems,
    counts=_counts,
    mention=("speaker_id", "speaker"),
    roles=_roles,
    told=_told,
)
