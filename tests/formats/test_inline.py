"""Inline markup says the same after writing and reading, and refuses what it cannot say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import FormatError
from evalkit.formats.inline.markup import parse_inline, write_inline
from evalkit.formats.native.canonical import canonical_example
from evalkit.records import Annotations, Article, Entity, Example, Quote, Scope, Span, Stance, Zone

DOCUMENT = """\
id: a1
title: Ferry
lang: en
section: local
---
%% headline
Ferry stops
%% body
[[Q:q1:direct|“It is [[GPE:bergen|Bergen]],”]] [[CUE:q1,q2|said]] [[SPK:q1,q2:moen|[[PER:moen|Ida Moen]]]],
[[Q:q1|“again.”]]
[[Q:q2:indirect|that it rains]] [[EV:s2|in the [[LOC:-|North]] Sea]]
[[Q:q3:direct:moen|“Rain.”]]
---
s1 moen -> topic:rain against q1
s2 author -> moen neutral
"""


def test_reads_marks_zones_and_stances() -> None:
    example = parse_inline(DOCUMENT)
    text, annotations = example.article.text, example.gold

    def at(*spans: Span) -> list[str]:
        return [text[span.start : span.end] for span in spans]

    assert text.startswith("Ferry stops\n“It is Bergen,” said Ida Moen,\n“again.”\n")
    assert [(zone.kind, text[zone.start : zone.end][:5]) for zone in example.article.zones] == [
        ("headline", "Ferry"),
        ("body", "“It i"),
    ]
    assert [(e.label, e.entity_id, *at(*e.spans)) for e in annotations.entities or ()] == [
        ("GPE", "bergen", "Bergen"),
        ("PER", "moen", "Ida Moen"),
        ("LOC", None, "North"),
    ]
    first, second, third = annotations.quotes or ()
    assert at(*first.content) == ["“It is Bergen,”", "“again.”"]
    assert at(*first.cue) == at(*second.cue) == ["said"]
    assert first.speaker == second.speaker
    assert (third.speaker, third.speaker_id) == (None, "moen")
    assert [(s.holder, s.target, s.label, at(*s.evidence)) for s in annotations.stances or ()] == [
        ("moen", "topic:rain", "against", ["“It is Bergen,”", "“again.”"]),
        ("author", "moen", "neutral", ["in the North Sea"]),
    ]
    assert example.article.metadata == {"section": "local"}


def test_writing_gives_the_same_document_back() -> None:
    assert write_inline(parse_inline(DOCUMENT)) == DOCUMENT


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        pytest.param("%% body", "%% sidebar", ":8: zone 'sidebar' is unknown", id="zone"),
        pytest.param("“It is [[GPE", "“It is ]]]] [[GPE", ":9: ']]", id="closes-nothing"),
        pytest.param(
            "[[Q:q3:direct:moen|“Rain.”]]", "[[Q:q3:direct|“Rain.”", ":12: [[Q:q3:direct| is never", id="open"
        ),
        pytest.param("Q:q3:direct", "Q:q3:free", "'q3' has kind 'free'", id="kind"),
        pytest.param("[[CUE:q1,q2|", "[[CUE:q9|", "names quote 'q9'", id="cue-of-no-quote"),
        pytest.param("against q1", "contra q1", ":14: stance label 'contra'", id="stance-label"),
        pytest.param("against q1", "against q8", "quote 'q8', which is not marked", id="stance-quote"),
        pytest.param("s2 author -> moen neutral", "s2 author moen", ":15: stance line", id="stance-line"),
        pytest.param("s2 author -> moen neutral", "", "evidence for stance 's2'", id="evidence-of-no-stance"),
        pytest.param("title: Ferry", "title Ferry", ":2: header line", id="header"),
        pytest.param("title: Ferry", "id: a2", ":2: header key 'id' is given twice", id="header-twice"),
        pytest.param("id: a1", "name: a1", "no 'id: NAME'", id="no-id"),
        pytest.param("---\ns1", "s1", "found 1 line '---'", id="rules"),
        pytest.param("lang: en", "layers: entity", "layer 'entity'", id="layers"),
    ],
)
def test_refuses_with_line_and_reason(old: str, new: str, place: str) -> None:
    assert old in DOCUMENT
    with pytest.raises(FormatError) as caught:
        parse_inline(DOCUMENT.replace(old, new, 1), where="a1.txt")
    assert str(caught.value).startswith("a1.txt")
    assert place in str(caught.value)


def test_two_speakers_of_one_quote_are_refused() -> None:
    with pytest.raises(FormatError, match="two speakers"):
        parse_inline(DOCUMENT.replace("[[LOC:-|North]]", "[[SPK:q1|North]]"))


ENTITY = Entity(id="e1", spans=(Span(0, 3),), label="PER", entity_id="ida")


def example_of(text: str, *entities: Entity, **fields: object) -> Example:
    article = replace(Article(id="a", text=text, lang="en"), **fields)
    return Example(article=article, gold=Annotations(entities=entities, quotes=(), stances=()))


@pytest.mark.parametrize(
    "example",
    [
        pytest.param(example_of("Ida Moen\n", ENTITY, replace(ENTITY, id="e2", spans=(Span(2, 8),))), id="crossing"),
        pytest.param(example_of("Ida [[1]]\n", ENTITY), id="brackets"),
        pytest.param(example_of("Id]\n", ENTITY), id="bracket-that-would-close-a-mark"),
        pytest.param(example_of("Ida\n---\nMoen\n", ENTITY), id="rule-in-text"),
        pytest.param(example_of("Ida\n%% body\n", ENTITY), id="zone-line-in-text"),
        pytest.param(example_of("Ida\r\nMoen\n", ENTITY), id="crlf"),
        pytest.param(example_of("Ida\n", replace(ENTITY, score=0.5)), id="score"),
        pytest.param(example_of("Ida\n", replace(ENTITY, spans=(Span(0, 9),))), id="out-of-range"),
        pytest.param(example_of("Ida\n", replace(ENTITY, spans=(Span(1, 1),))), id="empty-span"),
        pytest.param(example_of("Ida\n", replace(ENTITY, entity_id="ida moen")), id="space-in-entity-id"),
        pytest.param(example_of("Ida Moen\n", zones=(Zone("body", 4, 8),)), id="zone-inside-a-line"),
        pytest.param(example_of("Ida\n", title="two\nlines"), id="title-of-two-lines"),
        pytest.param(example_of("Ida\n", metadata={"layers": "x"}), id="metadata-with-a-reserved-name"),
    ],
)
def test_what_cannot_be_said_is_refused(example: Example) -> None:
    with pytest.raises(FormatError, match="article 'a'"):
        write_inline(example)


WORDS = ("Ida", "Moen", "“rain”", "née", "e\u0301", "🚢", "[sic]-", "|", "%", "said:", "\n", "ğ", "--")
words = st.lists(st.sampled_from(WORDS), max_size=12)
ids = st.sampled_from([None, "ida", "bergen-2", "østfold"])


@st.composite
def examples(draw: st.DrawFn) -> Example:
    """Examples whose spans are whole words, so that marks may nest and touch but seldom cross."""
    tokens = draw(words)
    starts = [sum(len(token) + 1 for token in tokens[:n]) for n in range(len(tokens))]
    text = " ".join(tokens) + draw(st.sampled_from(["", "\n", "\n\n"]))
    spans = [Span(start, start + len(token)) for start, token in zip(starts, tokens, strict=True) if token != "\n"]
    entities, quotes, stances = [], [], []
    for number, span in enumerate(spans):
        kind = draw(st.sampled_from(["none", "entity", "quote", "both", "stance"]))
        if kind in ("entity", "both"):
            entities.append(Entity(id=f"e{number}", spans=(span,), label="PER", entity_id=draw(ids)))
        if kind in ("quote", "both"):
            speaker = draw(st.sampled_from([None, *spans]))
            quotes.append(
                Quote(
                    id=f"q{number}",
                    kind="mixed",
                    content=(span,),
                    cue=(spans[0],),
                    speaker=speaker,
                    speaker_id=draw(ids),
                )
            )
        if kind == "stance":
            aliases = draw(st.sampled_from([(), ("y",), ("quay-plan", "quays")]))
            target = draw(st.sampled_from(["topic:x", "moen"]))
            stances.append(
                Stance(
                    id=f"s{number}",
                    holder="author",
                    target=target,
                    label="favor",
                    evidence=(span,),
                    aliases=aliases if target == "topic:x" else (),
                )
            )
    if len(spans) > 2 and draw(st.booleans()):
        entities.append(Entity(id="e", spans=(spans[0], spans[2]), label="ORG", entity_id=draw(ids)))
    layers = {
        "entities": draw(st.sampled_from([tuple(entities), None])) if not entities else tuple(entities),
        "quotes": draw(st.sampled_from([tuple(quotes), None])) if not quotes else tuple(quotes),
        "stances": tuple(stances),
    }
    scope = Scope(zones=draw(st.sampled_from([None, ("body", "lead")])))
    return Example(
        article=Article(id="a", text=text, lang=draw(st.sampled_from(["", "en", "nb"])), metadata={"section": "x"}),
        gold=Annotations(**layers, scope=scope),
    )


def without_mention_ids(example: Example) -> Example:
    entities = example.gold["entities"]
    entities = None if entities is None else tuple(replace(entity, id="") for entity in entities)
    return canonical_example(replace(example, gold=replace(example.gold, entities=entities)))


@given(examples())
def test_written_examples_are_read_back(example: Example) -> None:
    assert without_mention_ids(parse_inline(write_inline(example))) == without_mention_ids(example)


@pytest.mark.parametrize("label", ["Sailor", "works_of.art", "ÅRSTALL", "船", "b-per", "Q2"])
def test_a_label_is_any_word(label: str) -> None:
    article = Article(id="a", text="Ida left.\n", lang="en")
    example = Example(
        article=article, gold=Annotations(entities=(replace(ENTITY, label=label),), quotes=(), stances=())
    )
    assert parse_inline(write_inline(example)) == example


@pytest.mark.parametrize(
    ("label", "why"),
    [
        ("Q", "is what inline markup calls a mark of a quote"),
        ("EV", "is what inline markup calls"),
        ("Work of art", "has white space, ':'"),
        ("a:b", "has white space, ':'"),
        ("a]", "or brackets"),
    ],
)
def test_what_is_no_label_here_is_refused_with_the_reason(label: str, why: str) -> None:
    article = Article(id="a", text="Ida left.\n", lang="en")
    example = Example(article=article, gold=Annotations(entities=(replace(ENTITY, label=label),)))
    with pytest.raises(FormatError, match=rf"label .* {why}"):
        write_inline(example)
