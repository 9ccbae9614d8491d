"""The trivial extractor finds capitals, quotation marks and one stance, and nothing cleverer."""

from __future__ import annotations

from evalkit.extractors.trivial import TrivialExtractor
from evalkit.records import Annotations, Article, Zone


def annotate(text: str, *zones: Zone) -> Annotations:
    return TrivialExtractor().extract([Article(id="a", text=text, zones=zones or (Zone("body", 0, len(text)),))])[0]


def test_entities_are_runs_of_capitals_inside_sentences() -> None:
    text = "Yesterday Ida Moen met Velmora. Nobody knew."
    entities = annotate(text).entities or ()
    assert [(text[e.spans[0].start : e.spans[0].end], e.label) for e in entities] == [
        ("Ida Moen", "GPE"),
        ("Velmora", "GPE"),
    ]


def test_equal_strings_are_one_thing() -> None:
    first, second = annotate("Then Moen left and Moen slept.").entities or ()
    assert first.entity_id == second.entity_id == "moen"


def test_quotes_are_what_stands_in_marks() -> None:
    text = 'On Friday Ida Moen said “no” to Velmora.\n\nIt was "so".'
    first, second = annotate(text).quotes or ()
    assert (first.kind, text[first.content[0].start : first.content[0].end]) == ("direct", "“no”")
    assert first.speaker_id == "velmora"  # 4 code points away; Ida Moen is 6
    assert second.speaker is None


def test_the_stance_is_first_against_most_frequent() -> None:
    (stance,) = annotate("Then Moen met Drozd, saw Velmora and left Velmora.").stances or ()
    assert (stance.holder, stance.target, stance.label) == ("moen", "velmora", "against")


def test_nothing_comes_from_boilerplate() -> None:
    text = "we like Moen and “her”\nfollow Nordvik on “Facebook”"
    result = annotate(text, Zone("body", 0, 22), Zone("boilerplate", 23, len(text)))
    assert [e.entity_id for e in result.entities or ()] == ["moen"]
    assert len(result.quotes or ()) == 1


def test_no_entity_no_stance() -> None:
    assert annotate("nothing at all").stances == ()
