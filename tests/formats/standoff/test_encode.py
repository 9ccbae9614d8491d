"""What becomes of annotations in a tool's documents, and what is counted as lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.dataset.loading.load import load_splits
from evalkit.formats.base import Batch, Source, counted
from evalkit.formats.standoff.decode import decode
from evalkit.formats.standoff.document import Documents, Holds
from evalkit.formats.standoff.encode import encode
from evalkit.formats.standoff.profile import load_profile
from evalkit.layers.table import load_layer
from evalkit.records import (
    Annotations,
    Article,
    Category,
    Entity,
    Example,
    LayerScope,
    Prediction,
    Quote,
    Scope,
    Span,
    Stance,
    Zone,
)

TEXT = "Ida 🚢 Moen said the bánk was wrong.\r\nשלום, she left Oslo, the bank said."
EVERYTHING = Holds(
    discontinuous=True,
    placeless=True,
    labels=True,
    article=True,
    readings=True,
    scores=True,
    declared=True,
    suggestions=True,
)
NOTHING = Holds(features=False, links=False, overlap=False)
HERE = Source(path=Path("here"))
DEFAULT = load_profile("default")

spans = st.tuples(st.integers(0, len(TEXT) - 2), st.integers(1, 12)).map(
    lambda pair: Span(pair[0], min(sum(pair), len(TEXT)))
)
places = st.lists(spans, min_size=1, max_size=3, unique=True).map(lambda several: tuple(sorted(several)))
names = st.sampled_from(["moen", "bank", "oslo"])
scores = st.none() | st.floats(0, 1)


@st.composite
def annotations(draw):
    entities = draw(
        st.lists(
            st.builds(
                Entity,
                id=st.just(""),
                spans=places,
                label=st.sampled_from(["PER", "ORG", "a label"]),
                entity_id=st.none() | names,
                score=scores,
                link=st.none() | st.just("Q1"),
            ),
            max_size=5,
        )
    )
    quotes = draw(
        st.lists(
            st.builds(
                Quote,
                id=st.just(""),
                kind=st.sampled_from(["direct", "indirect", "mixed"]),
                content=places,
                cue=st.just(()) | places,
                speaker=st.none() | spans,
                speaker_id=st.none() | names,
                score=scores,
            ),
            max_size=3,
        )
    )
    quotes = [replace(quote, id=f"q{number}") for number, quote in enumerate(quotes)]
    stances = draw(
        st.lists(
            st.builds(
                Stance,
                id=st.just(""),
                holder=st.just("author") | names,
                target=st.just("topic:rates") | names,
                label=st.sampled_from(["favor", "against", "neutral"]),
                evidence=st.just(()) | places,
                quote_id=st.sampled_from([None, *[quote.id for quote in quotes]]),
                aliases=st.just(()) | st.just(("rate", "interest-rate")),
            ),
            max_size=3,
        )
    )
    layers = {
        "entities": tuple(replace(one, id=f"e{number}") for number, one in enumerate(entities)),
        "quotes": tuple(quotes),
        "stances": tuple(replace(one, id=f"s{number}") for number, one in enumerate(stances)),
        "categories": tuple(
            Category(id=f"c{number}", label=label)
            for number, label in enumerate(draw(st.lists(st.sampled_from(["news", "sport"]), max_size=2)), 1)
        ),
    }
    present = draw(st.sets(st.sampled_from(sorted(layers))))
    if "stances" in present:
        present.add("quotes")
    return Annotations({name: items for name, items in layers.items() if name in present})


CALLED = st.sampled_from([lambda name: False, lambda name: name in ("kind", "holder", "entity_id")])
holdings = st.builds(Holds, **{**dict.fromkeys(Holds.__dataclass_fields__, st.booleans()), "reserved": CALLED})


def example(gold, **article):
    return Example(article=Article(id="a", text=TEXT, **article), gold=gold)


def again(examples, profile=DEFAULT, holds=EVERYTHING):
    encoded = encode(Batch(examples=tuple(examples)), profile, holds)
    return encoded, decode(Documents(documents=encoded.documents), profile, HERE)


@given(annotations())
def test_a_tool_that_holds_everything_loses_nothing(gold):
    encoded, batch = again([example(gold)])
    assert not encoded.losses.lost
    assert not encoded.losses.left_out
    (read,) = batch.examples
    assert {name: {*items} for name, items in read.gold.layers.items()} == {
        name: {*items} for name, items in gold.layers.items()
    }
    assert not batch.left_out


@given(annotations(), holdings)
def test_what_is_said_to_be_lost_is_what_does_not_come_back(gold, holds):
    encoded, batch = again([example(gold)], holds=holds)
    losses, (read,) = encoded.losses, batch.examples
    for layer, number in counted([gold]).items():
        there, back = (_kinds_and_places(layer, side[layer] or ()) for side in (gold, read.gold))
        lost = losses.lost.get(layer, {})
        assert losses.written.get(layer, 0) + sum(lost.values()) == number
        assert all(kind and count > 0 for kind, count in lost.items())
        # What is lost is gone, or says something else there; what is written is there.
        assert (there - back).total() <= sum(lost.values())
        assert (there & back).total() >= losses.written.get(layer, 0)


def _kinds_and_places(name, items):
    layer = load_layer(name)
    placed = layer.spans_field is not None and layer.needs_spans
    return Counter((layer.label(one), *(sorted(layer.spans(one)) if placed else ())) for one in items)


@given(annotations(), holdings)
def test_a_tool_gets_nothing_that_it_cannot_hold(gold, holds):
    (document,) = encode(Batch(examples=(example(gold),)), DEFAULT, holds).documents
    assert holds.features or not any(mark.features for mark in document.marks)
    assert holds.links or not document.links
    assert holds.discontinuous or all(len(mark.spans) <= 1 for mark in document.marks)
    assert holds.placeless or all(mark.spans for mark in document.marks)
    assert holds.labels or not document.labels
    assert holds.scores or all(mark.score is None for mark in document.marks)
    ids = [mark.id for mark in document.marks]
    assert len(set(ids)) == len(ids)
    assert {end for link in document.links for end in (link.source, link.target)} <= set(ids)
    if not holds.overlap:
        covered = [place for mark in document.marks for place in {p for span in mark.spans for p in range(*span)}]
        assert len(covered) == len(set(covered))


@pytest.fixture(scope="module")
def gold():
    return tuple(example for split in load_splits(split="dev") for example in split.subset(limit=16))


BY_LINKS = """
    parts = ["Cue", "Speaker"]

    [entities]
    marks = "*"

    [quotes]
    marks = ["Quote"]

    [stances]
    links = ["favor", "against", "neutral"]
"""


@pytest.mark.parametrize(
    ("profile", "holds", "lost"),
    [
        pytest.param("default", EVERYTHING, {}, id="everything"),
        # Quotes in several parts; so are the places of stances, but a stance is one without it.
        pytest.param("default", Holds(), {"quotes": {"discontinuous": 21}}, id="one span each"),
        # Of the stances 48 have a topic, and 6 of the others are the author's; what else they say is said by links.
        pytest.param(
            "default",
            Holds(features=False),
            {"quotes": {"discontinuous": 21}, "stances": {"topic as target": 48, "author as holder": 6}},
            id="links alone",
        ),
        pytest.param(
            BY_LINKS,
            Holds(features=False, discontinuous=True),
            {"quotes": {"kind changed": 67}, "stances": {"topic as target": 48, "author as holder": 6}},
            id="no features",
        ),
        # 74 entities overlap another; of those 37 lie inside a longer one, which is kept.
        pytest.param(
            '[entities]\nmarks = "*"',
            NOTHING,
            {
                "entities": {"overlapping": 37},
                "quotes": {"not in the profile": 109},
                "stances": {"not in the profile": 78},
            },
            id="flat",
        ),
    ],
)
def test_the_losses_of_the_bundled_gold_are_known(tmp_path, gold, profile, holds, lost):
    if profile != "default":
        path = tmp_path / "own.toml"
        path.write_text(profile, encoding="utf-8")
        profile = path
    losses = encode(Batch(examples=gold), load_profile(profile), holds).losses
    assert {layer: dict(kinds) for layer, kinds in losses.lost.items()} == lost


def test_the_bundled_gold_comes_back_as_it_was(gold):
    encoded, batch = again(gold)
    assert batch.examples == gold
    assert not encoded.losses.left_out


def test_what_is_said_of_an_article_travels_where_there_is_a_place():
    one = example(
        Annotations(
            {"entities": ()},
            Scope(labels=("PER",), of=(LayerScope(layer="quotes", parts=("cue",)),)),
        ),
        title="She left",
        source="Post",
        published="2024-05-01",
        lang="en",
        zones=(Zone("body", 0, 20),),
        metadata={"desk": "7"},
    )
    _, batch = again([one])
    assert batch.examples == (one,)
    left_out = encode(Batch(examples=(one,)), DEFAULT, Holds(declared=True)).losses.left_out
    assert set(left_out) == {
        f"{what} of articles" for what in ("title", "source", "published", "lang", "zones", "scope", "metadata")
    }


def test_readings_travel_where_there_is_a_place():
    ana, ben = (Annotations(entities=(Entity(id="e1", spans=(Span(0, 3),), label=label),)) for label in ("PER", "ORG"))
    undecided = Example(article=Article(id="a", text=TEXT), gold=Annotations(), readings={"ana": ana, "ben": ben})
    decided = Example(article=Article(id="b", text=TEXT), gold=ben, readings={"ana": ana, "ben": ben})
    _, batch = again([undecided, decided])
    assert batch.examples == (undecided, decided)
    losses = encode(Batch(examples=(undecided,)), DEFAULT, replace(EVERYTHING, readings=False)).losses
    assert losses.left_out == {"readings of annotators": 2}


def test_a_reference_goes_with_what_it_refers_to(gold):
    for links in (True, False):
        encoded, batch = again(gold, holds=Holds(links=links))
        # Of the stances 71 have a quote; those of quotes in several parts have none where those are lost.
        named = sum(stance.quote_id is not None for one in gold for stance in one.gold["stances"] or ())
        kept = sum(stance.quote_id is not None for one in batch.examples for stance in one.gold["stances"] or ())
        assert encoded.losses.left_out["quote_id of stances"] == named - kept > 0
        assert not batch.left_out


def test_what_is_lost_of_readings_is_counted(gold):
    one = next(example for example in gold if any(len(quote.content) > 1 for quote in example.gold["quotes"] or ()))
    undecided = replace(one, gold=Annotations(), readings={"ana": one.gold, "bo": Annotations(entities=())})
    losses = encode(Batch(examples=(undecided,)), DEFAULT, replace(EVERYTHING, discontinuous=False)).losses
    assert losses.left_out["quotes of readings: discontinuous"] > 0
    assert not losses.lost
    # An only reading is the gold.
    alone = replace(undecided, readings={"ana": one.gold})
    losses = encode(Batch(examples=(alone,)), DEFAULT, replace(EVERYTHING, discontinuous=False)).losses
    assert losses.lost["quotes"]["discontinuous"] > 0
    assert losses.written["entities"] == len(one.gold["entities"])
    assert not [what for what in losses.left_out if "of readings" in what]


def test_what_a_system_found_is_written_as_suggestions():
    found = Annotations(entities=(Entity(id="e1", spans=(Span(0, 3),), label="PER", score=0.5),))
    articles = tuple(Example(article=Article(id=name, text=TEXT), gold=Annotations()) for name in "ab")
    predictions = (
        Prediction(article_id="a", annotations=found),
        Prediction(article_id="b", annotations=Annotations(), error="timeout"),
    )
    encoded = encode(Batch(examples=articles, predictions=predictions), DEFAULT, EVERYTHING)
    first, second = encoded.documents
    assert (first.suggested, len(first.marks), second.annotated, second.marks) == (True, 1, False, ())
    assert encoded.losses.left_out == {"articles that failed, without suggestions": 1}
    batch = decode(Documents(documents=encoded.documents), DEFAULT, Source(path=Path("x"), predicted=True))
    assert batch.predictions[0].annotations == found


def test_marks_that_the_files_of_a_tool_cannot_hold_are_taken_out_and_counted():
    entities = tuple(Entity(id=f"e{n}", spans=(Span(n, n + 3),), label="PER") for n in (0, 16))
    encoded = encode(
        Batch(examples=(example(Annotations(entities=entities)),)),
        DEFAULT,
        Holds(),
        beyond=lambda document: {mark.id: "inside a word" for mark in document.marks if mark.spans[0].start == 16},
    )
    assert encoded.losses.lost == {"entities": {"inside a word": 1}}
    assert [mark.id for mark in encoded.documents[0].marks] == ["e0"]


def test_an_article_that_nobody_read_for_a_layer_is_named():
    with_quotes = example(Annotations(entities=(), quotes=()))
    without = replace(example(Annotations(entities=())), article=Article(id="b", text=TEXT))
    losses = encode(Batch(examples=(with_quotes, without)), DEFAULT, EVERYTHING).losses
    assert losses.left_out == {"articles in which nobody annotated quotes: read as none there": 1}


PARC = """
    [quotes]
    marks = ["content"]
    group = "@relation"
    cue = "mark:cue"
    speaker = "mark:source"
    kind = "@kind"
    speaker_id = "@speaker_id"
    score = "@score"
"""
EVENTS = """
    [quotes]
    marks = ["Attribution"]
    content = "->Content"
    kind = "@kind"
    speaker = "->Source"
    speaker_id = "@speaker_id"
    score = "@score"
"""
BACKWARDS = """
    [quotes]
    marks = ["Quote"]
    cue = "<-introduces"
    speaker = "<-says"
    speaker_id = "@speaker_id"
    score = "@score"
"""


@pytest.mark.parametrize("profile", [PARC, EVENTS, BACKWARDS], ids=["groups", "events", "backwards"])
@given(gold=annotations())
def test_other_ways_to_say_the_same_lose_nothing(tmp_path_factory, profile, gold):
    path = tmp_path_factory.mktemp("profiles") / "own.toml"
    path.write_text(profile, encoding="utf-8")
    quotes = gold["quotes"] or ()
    encoded, batch = again([example(Annotations(quotes=quotes))], load_profile(path))
    assert not encoded.losses.lost
    assert not encoded.losses.left_out
    assert {*batch.examples[0].gold["quotes"]} == {*quotes}


def test_what_the_author_thinks_of_an_entity_is_a_feature_of_its_mark(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(
        """
        [entities]
        marks = ["PER", "ORG"]

        [stances]
        marks = ["PER", "ORG"]
        holder = "='author'"
        target = "self"
        label = "@polarity"
        labels = { Positive = "favor", Negative = "against" }
        """,
        encoding="utf-8",
    )
    entities = (
        Entity(id="e1", spans=(Span(0, 3),), label="PER", entity_id="moen"),
        Entity(id="e2", spans=(Span(16, 20),), label="ORG", entity_id="bank"),
    )
    stances = (
        Stance(id="s1", holder="author", target="moen", label="favor"),
        Stance(id="s2", holder="bank", target="moen", label="against"),
        Stance(id="s3", holder="author", target="topic:rates", label="against"),
    )
    gold = Annotations(entities=entities, stances=stances)
    encoded = encode(Batch(examples=(example(gold),)), load_profile(path), Holds())
    first, _ = encoded.documents[0].marks
    assert first.features == {"entity_id": "moen", "polarity": "Positive"}
    assert encoded.losses.written == {"entities": 2, "stances": 1}
    assert encoded.losses.lost == {"stances": {"holder without a mark": 1, "topic as target": 1}}


def test_an_empty_gold_beside_readings_comes_back_as_it_was():
    empty, found = (
        Annotations({"entities": ()}),
        Annotations({"entities": (Entity(id="1", spans=(Span(0, 3),), label="PER"),)}),
    )
    examples = [replace(example(empty), readings={"ann": empty, "bo": found})]
    encoded = encode(Batch(examples=tuple(examples)), DEFAULT, replace(EVERYTHING, declared=False))
    assert not encoded.losses.left_out
    (again,) = decode(Documents(documents=encoded.documents), DEFAULT, HERE).examples
    assert (again.gold, again.readings) == (empty, {"ann": empty, "bo": found})


def test_articles_that_only_annotators_read_are_none_that_nobody_annotated():
    found = Annotations({"entities": (Entity(id="1", spans=(Span(0, 3),), label="PER"),)})
    examples = (example(found), replace(example(Annotations()), readings={"ann": found, "bo": found}))
    assert not encode(Batch(examples=examples), DEFAULT, replace(EVERYTHING, declared=False)).losses.left_out


def test_what_a_tool_calls_something_else_is_no_feature_but_a_loss():
    gold = Annotations(entities=(Entity(id="e1", spans=(Span(0, 3),), label="PER", entity_id="ola"),))
    encoded = encode(Batch(examples=(example(gold),)), DEFAULT, Holds(reserved="entity_id".__eq__))
    assert encoded.documents[0].marks[0].features == {}
    assert encoded.losses.left_out["entity_id of entities"] == 1


def test_suggestions_that_would_come_back_as_gold_are_told():
    found = Prediction(article_id="a", annotations=Annotations(entities=()))
    encoded = encode(Batch(examples=(example(Annotations()),), predictions=(found,)), DEFAULT, Holds())
    assert encoded.losses.left_out == {
        "articles whose suggestions would be read as gold: the format cannot tell them apart": 1
    }
