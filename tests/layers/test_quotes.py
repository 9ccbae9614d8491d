"""How the speaker of a quote is given, and what a quote says of who does what in it."""

from __future__ import annotations

import pytest

from evalkit.layers.quotes import NO_SPEAKER, QUOTES, speaker_form
from evalkit.records import Article, Entity, Quote, Span

TEXT = "director Grace Okafor | a spokesman for Grace Okafor | the Bank of Norway | a Norwegian official | She | Moen"


def span_of(words: str, after: int = 0) -> Span:
    start = TEXT.index(words, after)
    return Span(start, start + len(words))


def entity(words: str, label: str, after: int = 0) -> Entity:
    return Entity(id="e", spans=(span_of(words, after),), label=label)


ENTITIES = (
    entity("Grace Okafor", "PER"),
    entity("Grace Okafor", "PER", after=TEXT.index("for Grace")),
    entity("Bank of Norway", "ORG"),
    entity("Norwegian", "NORP"),
    entity("Moen", "PER"),
)


@pytest.mark.parametrize(
    ("speaker", "with_entities", "without"),
    [
        pytest.param("director Grace Okafor", "name", "name", id="a-title-before-a-name"),
        pytest.param("a spokesman for Grace Okafor", "role", "name", id="somebody's-spokesman"),
        pytest.param("the Bank of Norway", "name", "name", id="an-institution"),
        pytest.param("a Norwegian official", "role", "name", id="an-adjective-of-a-place"),
        pytest.param("a spokesman", "role", "role", id="a-role"),
        pytest.param("She", "pronoun", "pronoun", id="a-pronoun"),
        pytest.param("Moen", "name", "name", id="a-surname"),
        pytest.param(None, NO_SPEAKER, NO_SPEAKER, id="nobody"),
    ],
)
def test_form_of_the_speaker(speaker: str | None, with_entities: str, without: str) -> None:
    quote = Quote(id="q", kind="direct", content=(Span(0, 3),), speaker=None if speaker is None else span_of(speaker))
    article = Article(id="a", text=TEXT)
    assert speaker_form(article, ENTITIES, quote) == with_entities
    assert speaker_form(article, None, quote) == without


@pytest.mark.parametrize(
    ("speaker", "speaker_id", "shown"),
    [
        pytest.param("Moen", "moen", "Moen (moen)", id="both"),
        pytest.param("Moen", None, "Moen", id="words"),
        pytest.param(None, "moen", "moen", id="id"),
        pytest.param(None, None, "", id="neither"),
    ],
)
def test_roles_in_words(speaker: str | None, speaker_id: str | None, shown: str) -> None:
    quote = Quote(
        id="q",
        kind="direct",
        content=(Span(0, 3),),
        cue=(span_of("for"), span_of("official")),
        speaker=None if speaker is None else span_of(speaker),
        speaker_id=speaker_id,
    )
    assert QUOTES.roles(quote, TEXT) == {"cue": "for … official", "speaker": shown}
