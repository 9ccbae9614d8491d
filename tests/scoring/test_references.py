"""Holders, targets and speakers that nothing is: each is counted and named."""

from __future__ import annotations

from evalkit.records import Annotations, Article, Entity, Example, Prediction, Quote, Span, Stance
from evalkit.scoring.pairs import by_article, pair_up
from evalkit.scoring.references import Unresolved

MOEN = Entity(id="e1", spans=(Span(0, 8),), label="PER", entity_id="moen")
TEXT = "Ida Moen will not move."


def quote(speaker_id, speaker=None):
    return Quote(id="q1", kind="direct", content=(Span(9, 23),), speaker=speaker, speaker_id=speaker_id)


def stance(holder, target="topic:port", name="s1"):
    return Stance(id=name, holder=holder, target=target, label="favor")


def notes(gold, predicted):
    examples = [Example(article=Article(id="a", text=TEXT), gold=Annotations(gold))]
    predictions = [Prediction(article_id="a", annotations=Annotations(predicted))]
    paired = pair_up(examples, predictions)
    found = Unresolved(paired.absent)
    found.add(paired.pairs, by_article(predictions))
    return found.notes()


def test_a_holder_that_nothing_is_is_counted_and_named():
    gold = {"entities": (MOEN,), "stances": (stance("moen"),)}
    assert notes(
        gold, {"entities": (), "stances": (stance("x"), stance("y", "z", "s2"), stance("moen", name="s3"))}
    ) == [
        "2 predicted stances name what is no entity of their prediction nor of the gold, which is counted as wrong "
        "(holder 'x' in 'a', holder 'y' and target 'z' in 'a'); give the id of an entity"
    ]


def test_a_speaker_without_a_mention_is_named_and_one_with_a_mention_is_not():
    gold = {"entities": (MOEN,), "quotes": (quote("moen"),)}
    (note,) = notes(gold, {"quotes": (quote("x"),)})
    assert note.startswith("1 predicted quote names what is no entity of its prediction")
    assert "speaker 'x'" in note
    # Nobody needs an entity for a speaker whose place in the text is given.
    assert notes(gold, {"quotes": (quote("x", Span(0, 8)),)}) == []


def test_what_either_side_knows_is_no_fault():
    # The author and topics are no entities; own ids stand for own mentions, even in a layer that the gold has not.
    own = {"entities": (Entity(id="e9", spans=(Span(0, 3),), label="PER", entity_id="e9"),)}
    stances = (stance("author"), stance("moen", name="s2"), stance("e9", name="s3"))
    assert notes({"entities": (MOEN,), "stances": (stance("moen"),)}, own | {"stances": stances}) == []
    assert notes({"stances": (stance("moen"),)}, own | {"stances": stances}) == []


def test_nothing_is_said_of_what_is_not_scored():
    assert notes({"entities": (MOEN,)}, {"entities": (), "stances": (stance("x"),)}) == []


def test_the_name_of_a_thing_is_answered_with_its_id_and_a_bare_topic_with_its_prefix():
    # A quote of nobody names nothing.
    gold = {"entities": (MOEN,), "quotes": (quote(None),), "stances": (stance("moen", "topic:casino-plan"),)}
    (note,) = notes(gold, {"entities": (), "stances": (stance("Ida  moen", "casino-plan"),)})
    assert "holder 'Ida  moen' → 'moen' and target 'casino-plan' → 'topic:casino-plan' in 'a'" in note
    assert note.endswith("; write what stands behind the arrow")
    # What nothing resembles is still told to be an id.
    (note,) = notes(gold, {"entities": (), "stances": (stance("x", "casino-plan"), stance("y", name="s2"))})
    assert note.endswith("; write what stands behind the arrow, else give the id of an entity")


def test_an_own_mention_says_the_own_id():
    own = Entity(id="e9", spans=(Span(0, 8),), label="PER", entity_id="p1")
    gold = {"entities": (MOEN,), "stances": (stance("moen"),)}
    (note,) = notes(gold, {"entities": (own,), "stances": (stance("Ida Moen"),)})
    assert "holder 'Ida Moen' → 'p1'" in note
