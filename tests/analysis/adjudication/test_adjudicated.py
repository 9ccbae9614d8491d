"""Rules, people, and what must not be lost between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations, permutations
from random import Random
from typing import Any

import pytest

from evalkit.analysis.adjudication.adjudication import Adjudicated, Returned, adjudicated, edits_of
from evalkit.errors import EvalkitError, InputError
from evalkit.formats.native.canonical import canonical_annotations
from evalkit.layers.table import all_layers
from evalkit.records import Annotations, Entity, LayerScope, Quote, Scope, Span, Stance
from tests.analysis.differences.versions import drawn_annotations, example_of, span_of


def entity(words: str, label: str = "PER", entity_id: str | None = None, name: str = "e1", nth: int = 0) -> Entity:
    return Entity(id=name, spans=(span_of(words, nth=nth),), label=label, entity_id=entity_id)


MOEN, BRUN = entity("Ida Moen", entity_id="moen"), entity("Ola Brun", entity_id="brun", name="e2")
QUOTE = Quote(id="q1", kind="direct", content=(span_of("We knew,"),), cue=(span_of("said"),), speaker_id="moen")
STANCE = Stance(id="s1", holder="brun", target="topic:toll", label="against", evidence=(span_of("opposed the toll"),))


def made(strategy: str = "agree", *, article: str = "a1", **readings: Annotations) -> Adjudicated:
    return adjudicated([example_of(article_id=article, **readings)], strategy)


def told(done: Adjudicated, layer: str = "entities") -> dict[str, tuple[str, tuple[str, ...]]]:
    """Text of each item that anybody proposed → its label, what became of it, by which rule, and whose it is."""
    return {
        f"{one.text} {getattr(one.item, 'label', '')}".strip(): (f"{one.status} {one.rule}".strip(), one.by)
        for one in done.decisions
        if one.layer == layer
    }


def entities(*items: Entity) -> Annotations:
    return Annotations(entities=items)


KARI = entities(MOEN, entity("Oslo", "GPE", name="e3"), entity("Nordkraft", "ORG", name="e4"))
OLA = entities(MOEN, entity("Oslo", "ORG", name="e3"))
EVA = entities(MOEN, entity("Oslo", "GPE", name="e3"))


def test_agree() -> None:
    assert told(made(kari=KARI, ola=OLA)) == {
        "Ida Moen PER": ("accepted agree", ("kari", "ola")),
        "Oslo GPE": ("disputed", ("kari",)),
        "Oslo ORG": ("disputed", ("ola",)),
        "Nordkraft ORG": ("disputed", ("kari",)),
    }


def test_majority() -> None:
    assert told(made("majority", kari=KARI, ola=OLA, eva=EVA)) == {
        "Ida Moen PER": ("accepted majority", ("eva", "kari", "ola")),
        "Oslo GPE": ("accepted majority", ("eva", "kari")),
        "Oslo ORG": ("rejected majority", ("eva", "kari")),
        "Nordkraft ORG": ("rejected majority", ("eva", "ola")),
    }
    # Half is no majority, neither of what was said nor of silence.
    assert told(made("majority", kari=KARI, ola=OLA))["Nordkraft ORG"][0] == "disputed"
    # Three who say something and do not agree on what.
    others = [entities(entity("Oslo", label)) for label in ("GPE", "ORG", "LOC")]
    done = made("majority", a=others[0], b=others[1], c=others[2])
    assert {status for status, _ in told(done).values()} == {"disputed"}


def test_prefer() -> None:
    done = made("prefer:ola", kari=KARI, ola=OLA)
    assert told(done) == {
        "Ida Moen PER": ("accepted prefer:ola", ("ola",)),
        "Oslo ORG": ("accepted prefer:ola", ("ola",)),
        "Oslo GPE": ("rejected prefer:ola", ("ola",)),
        "Nordkraft ORG": ("rejected prefer:ola", ("ola",)),
    }
    # Where that reader did not read, others have to agree.
    assert told(adjudicated([example_of(ola=OLA), example_of(article_id="b", kari=KARI, eva=EVA)], "prefer:ola"))[
        "Nordkraft ORG"
    ] == ("disputed", ("kari",))


def test_what_one_person_read_is_that_persons() -> None:
    assert told(made(kari=KARI))["Nordkraft ORG"] == ("accepted only", ("kari",))
    # A layer that only one of two annotated has one reader.
    done = made(kari=Annotations(entities=[MOEN], quotes=[QUOTE]), ola=entities(MOEN))
    assert told(done, "quotes")["We knew,"] == ("accepted only", ("kari",))


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        ("agreed", "did you mean 'agree'"),
        ("agree:kari", "unknown strategy"),
        ("prefer", "name whose readings are preferred, as prefer:kari"),
        ("prefer:kary", "did you mean 'kari'"),
    ],
)
def test_a_strategy_that_is_none(strategy: str, message: str) -> None:
    with pytest.raises(EvalkitError) as error:
        made(strategy, kari=KARI, ola=OLA)
    assert message in str(error.value)


def test_readings_under_different_scopes_are_refused() -> None:
    narrow = Annotations(entities(MOEN).layers, Scope(labels=("PER", "LOC"), zones=("body",)))
    with pytest.raises(InputError, match="different scopes, and entity e3 of ola is outside"):
        made(kari=narrow, ola=OLA)
    parts = Annotations(OLA.layers, Scope(of=(LayerScope(layer="quotes", parts=("cue",)),)))
    with pytest.raises(InputError, match="different scopes; give"):
        made(kari=narrow, ola=parts)
    # Where nothing is outside, what all looked at was annotated.
    other = Annotations(entities(MOEN).layers, Scope(labels=("PER", "GPE")))
    gold = made(kari=narrow, ola=other, eva=entities(MOEN)).examples["a1"].gold
    assert gold == Annotations(entities(MOEN).layers, Scope(labels=("PER",), zones=("body",)))


def test_one_name_for_each_thing() -> None:
    kari = Annotations(entities=[MOEN, BRUN], quotes=[QUOTE], stances=[STANCE])
    ola = Annotations(
        entities=[replace(MOEN, entity_id="ida"), replace(BRUN, entity_id="moen")],
        quotes=[replace(QUOTE, id="q9", speaker_id="ida")],
        stances=[replace(STANCE, holder="moen")],
    )
    done = made(kari=kari, ola=ola)
    assert {one.status for one in done.decisions} == {"accepted"}
    assert done.examples["a1"].gold == kari
    # Two things of one reader that are one of the other are no agreement.
    mention = entity("Moen", nth=1, name="e3", entity_id="moen")
    split = replace(mention, entity_id="other")
    done = made(kari=entities(MOEN, mention), ola=entities(MOEN, split))
    assert told(done)["Moen PER"][0] == "disputed"
    assert [one.item.entity_id for one in done.decisions] == ["moen", "moen", "other"]


def test_a_name_of_one_place_says_no_more_than_none() -> None:
    bare = replace(MOEN, entity_id=None)
    done = made(kari=Annotations(entities=[MOEN], quotes=[QUOTE]), ola=Annotations(entities=[bare], quotes=[]))
    assert done.examples["a1"].gold.entities == (MOEN,)
    # One that is shared says that both are one.
    mention = entity("Moen", nth=1, name="e3", entity_id="moen")
    done = made(kari=entities(MOEN, mention, BRUN), ola=entities(MOEN, replace(mention, entity_id=None), BRUN))
    assert told(done)["Moen PER"][0] == "disputed"


def test_a_topic_is_one_whatever_it_is_called_and_keeps_its_names() -> None:
    roads = replace(STANCE, target="topic:road-toll", evidence=(span_of("opposed"),))
    brun = entities(BRUN)
    done = made(kari=brun.with_layers(stances=[STANCE]), ola=brun.with_layers(stances=[roads]))
    (stance,) = done.examples["a1"].gold.stances
    assert (stance.target, stance.aliases, stance.evidence) == ("topic:toll", ("road-toll",), STANCE.evidence)
    # What one of them calls another topic is no name of this one.
    other = replace(STANCE, id="s2", target="topic:road-toll", label="favor", evidence=(span_of("The toll stays"),))
    done = made(kari=brun.with_layers(stances=[STANCE, other]), ola=brun.with_layers(stances=[roads]))
    assert not any(one.item.aliases for one in done.decisions if one.layer == "stances")


def test_what_a_reader_never_gives_is_not_asked_of_that_reader() -> None:
    bare = replace(QUOTE, cue=(), speaker_id=None)
    done = made(kari=Annotations(quotes=[QUOTE]), ola=Annotations(quotes=[bare]))
    assert done.examples["a1"].gold.quotes == (QUOTE,)
    # One who gives a cue elsewhere says that there is none here.
    elsewhere = Quote(id="q2", kind="direct", content=(span_of("The toll stays"),), cue=(span_of("opposed"),))
    done = made(kari=Annotations(quotes=[QUOTE, elsewhere]), ola=Annotations(quotes=[bare, elsewhere]))
    assert told(done, "quotes")["We knew,"][0] == "disputed"


def test_what_refers_to_something_disputed_is_disputed() -> None:
    quoting = replace(STANCE, quote_id="q1", holder="moen")
    kari = Annotations(entities=[MOEN], quotes=[QUOTE], stances=[quoting])
    ola = Annotations(entities=[MOEN], quotes=[], stances=[quoting])
    done = made(kari=kari, ola=ola)
    (stance,) = [one for one in done.decisions if one.layer == "stances"]
    assert (stance.status, stance.rule, stance.reason) == ("disputed", "agree", "its quote q1 is not in the gold")
    assert done.examples["a1"].gold.stances == ()
    done = made(kari=kari.with_layers(entities=[]), ola=kari)
    assert "speaker_id 'moen' is no entity_id of this article" in [one.reason for one in done.decisions]
    done = made(kari=kari.with_layers(entities=[], quotes=None), ola=kari.with_layers(quotes=None))
    assert "holder 'moen' is no entity_id of this article" in [one.reason for one in done.decisions]


def test_the_order_of_readers_and_items_changes_nothing() -> None:
    random = Random(5)
    for _ in range(15):
        readings = {name: drawn_annotations(random) for name in ("kari", "ola", "eva")}
        first = made("majority", **readings)
        for names in permutations(readings):
            mixed = {
                name: Annotations({n: random.sample(i, len(i)) for n, i in readings[name].layers.items()})
                for name in names
            }
            again = made("majority", **mixed)
            assert canonical_annotations(again.examples["a1"].gold) == canonical_annotations(first.examples["a1"].gold)


def exactly(readings: Mapping[str, Annotations]) -> set[Any]:
    """Brute force: the spans and labels of entities that all give, by plain sets."""
    sets = [{(item.spans, item.label) for item in own.entities} for own in readings.values()]
    return set.intersection(*sets)


def test_agreement_on_entities_is_the_intersection() -> None:
    random = Random(9)
    for _ in range(60):
        readings = {}
        for name in ("kari", "ola", "eva"):
            items = {
                item.spans: replace(item, entity_id=None, link=None) for item in drawn_annotations(random).entities
            }
            readings[name] = Annotations(entities=list(items.values()))
        for names in (*combinations(readings, 2), tuple(readings)):
            own = {name: readings[name] for name in names}
            gold = made(**own).examples["a1"].gold
            assert {(item.spans, item.label) for item in gold.entities} == exactly(own)


def test_nothing_is_lost_and_nothing_is_there_twice() -> None:
    random = Random(2)
    for _ in range(40):
        readings = {name: drawn_annotations(random) for name in ("kari", "ola")}
        for strategy in ("agree", "majority", "prefer:ola"):
            done = made(strategy, **readings)
            for layer in all_layers():
                proposed = sum(len(layer.of(own) or ()) for own in readings.values())
                lines = [one for one in done.decisions if one.layer == layer.name]
                assert len(lines) <= proposed
                accepted = [one.item.id for one in lines if one.status == "accepted"]
                gold = [item.id for item in layer.of(done.examples["a1"].gold) or ()]
                assert sorted(accepted) == sorted(gold)
                assert len(set(gold)) == len(gold)


class Person:
    """Somebody who settles articles: what is there, with some items left out and some put in."""

    def __init__(self, done: Adjudicated) -> None:
        self.draft = done.drafts["a1"][0]

    def without(self, *ids: str) -> Annotations:
        layers = {name: [item for item in items if item.id not in ids] for name, items in self.draft.layers.items()}
        return Annotations(layers, self.draft.scope)


def settled(
    given: Annotations, earlier: Adjudicated | None = None, strategy: str = "agree", **readings: Annotations
) -> Adjudicated:
    record = () if earlier is None else earlier.decisions
    return adjudicated([example_of(**readings)], strategy, earlier=record, settled={"a1": [Returned(given, "eva")]})


def again(earlier: Adjudicated, strategy: str = "agree", **readings: Annotations) -> Adjudicated:
    return adjudicated([example_of(**readings)], strategy, earlier=earlier.decisions)


def test_a_person_decides_and_it_stays_decided() -> None:
    readings = {"kari": KARI, "ola": OLA}
    first = made(**readings)
    assert list(first.drafts["a1"][1].values()) == [
        "disputed: kari; ola otherwise",
        "disputed: ola; kari otherwise",
        "disputed: kari; ola not",
    ]
    # The label of Oslo is ORG, and Nordkraft is none.
    done = settled(Person(first).without("e2", "e3"), first, **readings)
    assert told(done) == {
        "Ida Moen PER": ("accepted agree", ("kari", "ola")),
        "Oslo ORG": ("accepted person", ("eva",)),
        "Oslo GPE": ("rejected person", ("eva",)),
        "Nordkraft ORG": ("rejected person", ("eva",)),
    }
    assert not done.drafts
    assert again(done, **readings).decisions == done.decisions
    # Another rule does not undo it, nor does another reader.
    assert told(again(done, "prefer:kari", **readings))["Oslo ORG"] == ("accepted person", ("eva",))
    more = again(done, "majority", **readings, zoe=KARI)
    assert told(more)["Oslo ORG"] == ("accepted person", ("eva",))
    assert told(more)["Nordkraft ORG"] == ("rejected person", ("eva",))


def test_who_did_something_is_told_by_what_came_back() -> None:
    first = made(kari=KARI, ola=OLA)
    draft, chosen = first.drafts["a1"][0], Person(first).without("e2", "e3")
    back = [Returned(draft, "adjudication"), Returned(chosen, "eva")]
    done = adjudicated([example_of(kari=KARI, ola=OLA)], "agree", settled={"a1": back})
    assert told(done)["Oslo ORG"] == ("accepted person", ("eva",))
    with pytest.raises(InputError, match="'a1' was settled by eva, liv; say whose"):
        adjudicated([example_of(kari=KARI, ola=OLA)], "agree", settled={"a1": [*back, Returned(entities(), "liv")]})


def test_what_a_person_leaves_undecided_stays_disputed() -> None:
    readings = {"kari": KARI, "ola": OLA}
    first = made(**readings)
    untouched = settled(first.drafts["a1"][0], first, **readings)
    assert untouched.decisions == first.decisions
    assert untouched.notes["articles that came back as they were written, in which nothing was decided"] == 1
    # Both labels of Oslo are still there; Nordkraft is gone.
    half = settled(Person(first).without("e3"), first, **readings)
    assert told(half)["Oslo GPE"][0] == told(half)["Oslo ORG"][0] == "disputed"
    assert told(half)["Nordkraft ORG"] == ("rejected person", ("eva",))
    whole = settled(Person(half).without("e2-2"), half, **readings)
    assert told(whole)["Oslo GPE"] == ("accepted person", ("eva",))
    assert told(whole)["Nordkraft ORG"] == ("rejected person", ("eva",))
    # Somebody who agrees with all that is there says so.
    agreed = adjudicated(
        [example_of(kari=EVA, ola=entities(MOEN))], "agree", settled={"a1": [Returned(EVA, "eva")]}, unchanged=True
    )
    assert told(agreed)["Oslo GPE"] == ("accepted person", ("eva",))


def test_a_person_may_say_something_else_than_anybody() -> None:
    readings = {"kari": KARI, "ola": OLA}
    first = made(**readings)
    given = Person(first).without("e1", "e2", "e2-2", "e3")
    given = given.with_layers(
        entities=[entity("Ida", name="x"), entity("Oslo", "LOC", name="y"), entity("Brun", name="z")]
    )
    done = settled(given, first, **readings)
    assert told(done) == {
        "Ida PER": ("accepted person", ("eva",)),
        "Ida Moen PER": ("rejected person", ("eva",)),
        "Oslo LOC": ("accepted person", ("eva",)),
        "Oslo GPE": ("rejected person", ("eva",)),
        "Oslo ORG": ("rejected person", ("eva",)),
        "Nordkraft ORG": ("rejected person", ("eva",)),
        "Brun PER": ("accepted person", ("eva",)),
    }
    assert done.notes["items that a rule had accepted and a person left out or changed"] == 1
    once_more = again(done, **readings)
    assert once_more.decisions == done.decisions
    assert once_more.examples == done.examples


def test_a_person_who_names_no_thing_changes_nothing() -> None:
    first = made(kari=KARI, ola=OLA)
    given = Person(first).without("e1", "e2", "e3")
    given = given.with_layers(entities=[*given.entities, replace(MOEN, entity_id=None), replace(BRUN, id="e9")])
    done = settled(given, first, kari=KARI, ola=OLA)
    assert told(done)["Ida Moen PER"] == ("accepted agree", ("kari", "ola"))
    assert done.examples["a1"].gold.entities[0].entity_id == "moen"


def test_random_people_are_remembered() -> None:
    random = Random(13)
    for _ in range(60):
        readings = {name: drawn_annotations(random) for name in ("kari", "ola")}
        first = made(**readings)
        if not first.drafts:
            continue
        keep = {item.id for items in first.drafts["a1"][0].layers.values() for item in items if random.random() < 0.6}
        drop = {item.id for items in first.drafts["a1"][0].layers.values() for item in items} - keep
        done = settled(Person(first).without(*drop), first, **readings)
        once_more = again(done, **readings)
        assert once_more.decisions == done.decisions
        assert once_more.examples == done.examples


def test_what_somebody_changed_by_hand_is_a_decision() -> None:
    readings = {"kari": KARI, "ola": OLA}
    first = made(**readings)
    example = first.examples["a1"]
    edited = replace(
        example,
        gold=entities(replace(MOEN, label="ORG"), entity("Nordkraft", "ORG", name="e3"), entity("Brun", name="e9")),
    )
    done = adjudicated([example_of(**readings)], "agree", earlier=edits_of(edited, first.decisions))
    assert told(done) == {
        "Ida Moen ORG": ("accepted person", ("edited",)),
        "Ida Moen PER": ("rejected person", ("edited",)),
        "Oslo GPE": ("disputed", ("kari",)),
        "Oslo ORG": ("disputed", ("ola",)),
        "Nordkraft ORG": ("accepted person", ("edited",)),
        "Brun PER": ("accepted person", ("edited",)),
    }
    assert edits_of(example, first.decisions) == list(first.decisions)
    removed = replace(example, gold=entities())
    done = adjudicated([example_of(**readings)], "agree", earlier=edits_of(removed, first.decisions))
    assert told(done)["Ida Moen PER"] == ("rejected person", ("edited",))


def test_references_of_a_reader_to_nothing_are_counted() -> None:
    lost = replace(STANCE, quote_id="q7")
    own = Annotations(entities=[BRUN], quotes=[], stances=[lost])
    done = made(kari=own, ola=own)
    assert done.examples["a1"].gold.stances == (STANCE,)
    assert done.notes["references of readings to items that are not there, left out"] == 2


def test_nested_items_of_three_readers_find_each_other() -> None:
    outer = Entity(id="e1", spans=(Span(42, 63),), label="PER")
    inner = Entity(id="e2", spans=(Span(42, 50),), label="PER")
    done = made("majority", a=entities(outer), b=entities(inner), c=entities(outer, inner))
    assert {item.spans for item in done.examples["a1"].gold.entities} <= {outer.spans, inner.spans}
    assert told(done)["Ola Brun of Nordkraft PER"][0] == "accepted majority"
