"""The chain: each link broken in turn, and the ladder that says what it costs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evalkit.analysis.oracle import link_ladder
from evalkit.records import Annotations, Article, Entity, Quote, Span, Stance
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.table import columns_of, load_task, score_task

#       0         1         2         3
#       012345678901234567890123456789012345678
TEXT = "Ida Moen said that the port is not good"

ENTITY = Entity(id="e1", spans=(Span(0, 8),), label="PER", entity_id="moen")
PORT = Entity(id="e2", spans=(Span(23, 27),), label="LOC", entity_id="port")
QUOTE = Quote(id="q1", kind="indirect", content=(Span(19, 39),), speaker=Span(0, 8), speaker_id="moen")
STANCE = Stance(id="s1", holder="moen", target="port", label="against", quote_id="q1")
GOLD = Annotations(entities=(ENTITY, PORT), quotes=(QUOTE,), stances=(STANCE,))


def pair(predicted, gold=GOLD):
    return Pair(Article(id="a", text=TEXT), gold, predicted)


def counts(predicted, gold=GOLD):
    found = score_task("chain", [pair(predicted, gold)], ["complete"])["complete"].table.counts()
    return found.predicted_credit, found.predicted, found.gold_credit, found.gold


LINKS = load_task("chain").links


def ladder(pairs):
    return link_ladder(load_task("chain"), columns_of("chain", pairs))


def with_entity(**changes):
    return replace(GOLD, entities=(replace(ENTITY, **changes), PORT))


def with_quote(**changes):
    return replace(GOLD, quotes=(replace(QUOTE, **changes),))


def with_stance(**changes):
    return replace(GOLD, stances=(replace(STANCE, **changes),))


def test_all_right_is_recovered():
    assert counts(GOLD) == (1, 1, 1, 1)


BROKEN = [
    pytest.param(with_entity(spans=(Span(4, 8),)), "boundaries", id="mention-boundary"),
    pytest.param(with_entity(label="ORG"), "labels", id="mention-label"),
    pytest.param(with_quote(content=(Span(14, 39),)), "boundaries", id="quote-boundary"),
    pytest.param(with_quote(speaker=Span(23, 27), speaker_id="port"), "speakers", id="speaker"),
    pytest.param(with_stance(target="topic:harbour"), "targets", id="target"),
    pytest.param(with_stance(label="favor"), "stance labels", id="stance-label"),
    pytest.param(with_stance(holder="author"), None, id="holder"),
    pytest.param(replace(GOLD, quotes=()), None, id="quote-missed"),
    pytest.param(with_stance(quote_id="q9"), None, id="another-quote-named"),
    pytest.param(replace(GOLD, entities=(PORT,)), None, id="holder-mention-missed"),
]


@pytest.mark.parametrize(("predicted", "link"), BROKEN)
def test_one_broken_link_loses_the_stance_and_only_its_repair_brings_it_back(predicted, link):
    assert counts(predicted) == (0, 1, 0, 1)
    rungs = ladder([pair(predicted)])
    assert [rung.kind for rung in rungs] == list(LINKS)
    assert {rung.kind for rung in rungs if rung.gain} == ({link} if link else set())
    reached = LINKS.index(link) if link else len(LINKS)
    assert [rung.cumulative for rung in rungs] == [float(at >= reached) for at in range(len(LINKS))]


def test_two_broken_links_need_both():
    broken = replace(with_entity(label="ORG"), stances=(replace(STANCE, label="favor"),))
    rungs = ladder([pair(broken)])
    assert [rung.gain for rung in rungs] == [0, 0, 0, 0, 0]
    assert [rung.cumulative for rung in rungs] == [0, 0, 0, 0, 1]


def test_a_predicted_stance_need_not_name_its_quote():
    assert counts(with_stance(quote_id=None)) == (1, 1, 1, 1)


def test_a_gold_stance_without_a_quote_asks_for_none():
    gold = with_stance(quote_id=None)
    assert counts(replace(gold, quotes=()), gold) == (1, 1, 1, 1)


def test_author_and_topics_have_no_mention_to_find():
    gold = with_stance(holder="author", target="topic:port plan", quote_id=None)
    assert counts(replace(gold, entities=()), gold) == (1, 1, 1, 1)


def test_ids_of_the_extractor():
    own = Annotations(
        entities=(replace(ENTITY, entity_id="x1"), replace(PORT, entity_id="x2")),
        quotes=(replace(QUOTE, id="z", speaker_id="x1"),),
        stances=(Stance(id="s", holder="x1", target="x2", label="against", quote_id="z"),),
    )
    assert counts(own) == (1, 1, 1, 1)


def test_a_stance_is_recovered_once_and_copies_are_spurious():
    assert counts(replace(GOLD, stances=(STANCE, replace(STANCE, id="s2")))) == (1, 2, 1, 1)


def test_counts_are_by_stance_label():
    predicted = replace(GOLD, stances=(STANCE, replace(STANCE, id="s2", target="moen", label="favor")))
    table = score_task("chain", [pair(predicted)], ["complete"])["complete"].table
    assert table.labels == ("against", "favor", "neutral")
    assert table.totals().tolist() == [[1, 1, 1, 1], [0, 1, 0, 0], [0, 0, 0, 0]]


def test_copies_of_a_quote_do_not_depend_on_their_order():
    # Two equal quotes, of which the stance names one: whichever of them a prediction is matched with, it stays so.
    copies = (QUOTE, replace(QUOTE, id="q2"))
    gold = replace(GOLD, quotes=copies)
    assert counts(replace(gold, quotes=copies[::-1]), gold) == counts(gold, gold) == (1, 1, 1, 1)
