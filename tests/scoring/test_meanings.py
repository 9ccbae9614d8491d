"""Meanings are defined by `align`, article by article; `Meanings` says the same of many articles at once."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.analysis.judged import judge_articles
from evalkit.records import Annotations, Article, Entity, Quote, Span
from evalkit.scoring.alignment import align, aligned_alike
from evalkit.scoring.meanings import Meanings, same_said
from evalkit.scoring.pairs import Pair

NAMES = st.sampled_from(["a", "b", "c", "author", "topic:Port  fees"])
SPANS = st.builds(lambda start, length: Span(start, start + length), st.integers(0, 9), st.integers(0, 4))
ENTITIES = st.builds(
    lambda spans, name: Entity(id="", spans=tuple(spans), label="PER", entity_id=name),
    st.lists(SPANS, min_size=1, max_size=2), st.none() | st.sampled_from("abc"),
)  # fmt: skip
QUOTES = st.builds(
    lambda speaker, name: Quote(id="", kind="direct", content=(Span(0, 1),), speaker=speaker, speaker_id=name),
    st.none() | SPANS, st.none() | NAMES,
)  # fmt: skip
ARTICLE = st.builds(
    lambda entities, quotes: Annotations(entities=entities, quotes=quotes),
    st.lists(ENTITIES, max_size=4), st.lists(QUOTES, max_size=3),
)  # fmt: skip


@given(articles=st.lists(st.tuples(ARTICLE, ARTICLE), min_size=1, max_size=3), spans=st.lists(SPANS, max_size=3))
@settings(max_examples=25, deadline=None)
def test_they_are_those_of_each_article(articles, spans):
    whole = Meanings.of(*zip(*articles, strict=True))
    later = whole.of_articles(range(1, len(articles)))
    for number, (gold, predicted) in enumerate(articles):
        alignment = align(gold, predicted)
        # Names are asked for that a predicted item refers to.
        asked = sorted({quote.speaker_id for quote in predicted.quotes or () if quote.speaker_id is not None})
        known = sorted(alignment.mentions)
        for meanings, place in ((whole, number), (later, number - 1)):
            if place < 0:
                continue
            codes = meanings.names.codes(asked)
            meant = meanings.meant(np.full(len(codes), place), codes).tolist()
            assert [meanings.names.all()[code] for code in meant] == [alignment.gold_id(name) for name in asked]
            pairs = [(span, name) for span in spans for name in [*known, *asked]]
            start, end = (np.array([span[bound] for span, _ in pairs], dtype=np.int64) for bound in (0, 1))
            codes = meanings.names.codes(name for _, name in pairs)
            found = meanings.mention(np.full(len(pairs), place), start, end, codes).tolist()
            assert found == [alignment.means(span, name) for span, name in pairs]


@given(gold=ARTICLE, ours=ARTICLE, theirs=ARTICLE)
@settings(max_examples=20, deadline=None)
def test_what_is_said_alike_is_matched_alike(gold, ours, theirs):
    names = {quote.speaker_id for quote in ours.quotes}
    meant = [align(gold, side) for side in (ours, theirs)]
    alike = all(meant[0].ids.get(name) == meant[1].ids.get(name) for name in names)
    assert aligned_alike(gold, ours, theirs, names) == alike
    article = Article(id="a", text="x" * 20)
    # The same quotes, among other entities.
    pairs = [Pair(article, gold, Annotations(entities=side.entities, quotes=ours.quotes)) for side in (ours, theirs)]
    assert same_said(("entities",), *pairs) == (ours.entities == theirs.entities)
    if same_said(("quotes",), *pairs):
        judged = [judge_articles("quotes", [pair], ["exact", "speaker-entity"])[0] for pair in pairs]
        assert (judged[0].kinds, judged[0].partners) == (judged[1].kinds, judged[1].partners)
        assert judged[0].shares == judged[1].shares
