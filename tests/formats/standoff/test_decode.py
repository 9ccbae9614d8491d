"""What marks, links and labels become under a profile."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.formats.base import Source, merged
from evalkit.formats.standoff.decode import decode
from evalkit.formats.standoff.document import Document, Documents, Link, Mark
from evalkit.formats.standoff.profile import load_profile
from evalkit.records import Span

TEXT = "Ida Moen said the bank was wrong. She left Oslo, the bank said."
HERE = Source(path=Path("here"))


def mark(mark_id, type_, start, end, **features):
    return Mark(mark_id, type_, (Span(start, end),), features)


def read(tmp_path, profile, *marks, links=(), source=HERE, **document):
    path = tmp_path / "profile.toml"
    path.write_text(profile, encoding="utf-8")
    documents = Documents(documents=(Document(id="a", text=TEXT, marks=marks, links=links, **document),))
    return decode(documents, load_profile(path), source)


def default(*marks, links=(), **document):
    documents = Documents(documents=(Document(id="a", text=TEXT, marks=marks, links=links, **document),))
    return decode(documents, load_profile("default"), HERE)


def only(batch, layer):
    (example,) = batch.examples
    return example.gold[layer]


def test_the_house_words_need_no_profile():
    batch = default(
        mark("1", "PER", 0, 8, entity_id="moen"),
        mark("2", "Quote", 14, 32, kind="indirect"),
        mark("3", "Cue", 9, 13),
        mark("4", "Stance", 14, 32, stance="against", holder="moen", target="topic:rates", aliases="rate|interest"),
        links=(Link("Cue", "2", "3"), Link("Speaker", "2", "1")),
    )
    (entity,), (quote,), (stance,) = (only(batch, layer) for layer in ("entities", "quotes", "stances"))
    assert (entity.label, entity.entity_id, entity.spans) == ("PER", "moen", (Span(0, 8),))
    assert (quote.kind, quote.cue, quote.speaker, quote.speaker_id) == ("indirect", (Span(9, 13),), Span(0, 8), "moen")
    assert (stance.label, stance.holder, stance.target) == ("against", "moen", "topic:rates")
    assert stance.aliases == ("rate", "interest")
    assert not batch.left_out


def test_events_hold_their_parts_in_roles(tmp_path):
    profile = """
        [quotes]
        marks = ["Attribution"]
        content = "->Content"
        kind = "='indirect'"
        speaker = "->Source"
    """
    batch = read(
        tmp_path,
        profile,
        mark("E1", "Attribution", 9, 13),
        mark("T2", "Content", 14, 32),
        mark("T1", "Cue", 9, 13),
        mark("T4", "Source", 0, 8),
        links=(Link("Content", "E1", "T2"), Link("Cue", "E1", "T1"), Link("Source", "E1", "T4")),
    )
    (quote,) = only(batch, "quotes")
    assert (quote.id, quote.kind, quote.content, quote.cue, quote.speaker) == (
        "E1",
        "indirect",
        (Span(14, 32),),
        (Span(9, 13),),
        Span(0, 8),
    )
    assert not batch.left_out


def test_links_that_point_the_other_way(tmp_path):
    profile = '[quotes]\nmarks = ["Quote"]\nspeaker = "<-says"\ncue = "<-says->by"\n'
    links = (Link("says", "1", "2"), Link("by", "1", "3"))
    marks = (mark("1", "PER", 0, 8), mark("2", "Quote", 14, 32), mark("3", "Verb", 9, 13))
    (quote,) = only(read(tmp_path, profile, *marks, links=links), "quotes")
    assert (quote.speaker, quote.cue) == (Span(0, 8), (Span(9, 13),))


def test_chains_are_one_thing(tmp_path):
    profile = '[entities]\nmarks = "*"\nentity_id = ["@name", "chain:Coreference"]\n'
    marks = (
        mark("1", "PER", 0, 8),
        mark("2", "PER", 34, 37),
        mark("3", "ORG", 14, 22),
        mark("4", "ORG", 49, 57, name="bank"),
        mark("5", "LOC", 43, 47),
    )
    links = (Link("Coreference", "2", "1"), Link("Coreference", "3", "4"))
    entities = only(read(tmp_path, profile, *marks, links=links), "entities")
    # A chain is called like its first mention, or as one of its mentions says.
    assert [entity.entity_id for entity in entities] == ["1", "1", "bank", "bank", None]


def test_a_chain_of_marks_at_the_place_of_others(tmp_path):
    profile = '[entities]\nmarks = ["PER"]\nentity_id = "chain:Coreference"\n'
    marks = (mark("1", "PER", 0, 8), mark("2", "Node", 0, 8), mark("3", "Node", 34, 37), mark("4", "PER", 34, 37))
    batch = read(tmp_path, profile, *marks, links=(Link("Coreference", "2", "3"),))
    assert [entity.entity_id for entity in only(batch, "entities")] == ["2", "2"]
    assert not batch.left_out


def test_what_a_mark_at_the_same_place_says(tmp_path):
    profile = '[entities]\nmarks = "*"\nentity_id = "here:*-[0-9]*.type"\n'
    marks = (mark("1", "PER", 0, 8), mark("2", "Ida_Moen-1", 0, 8), mark("3", "PER", 34, 37))
    batch = read(tmp_path, profile, *marks)
    assert [(one.label, one.entity_id) for one in only(batch, "entities")] == [("PER", "Ida_Moen-1"), ("PER", None)]
    assert not batch.left_out


def test_a_reference_to_what_is_no_item_is_left_out_and_counted():
    stances = [
        mark(name, "Stance", 14, 32, stance="favor", holder="author", target="topic:x", quote_id=quote)
        for name, quote in (("1", "q1"), ("2", "q2"))
    ]
    batch = default(mark("q1", "Quote", 14, 32), *stances)
    assert [one.quote_id for one in only(batch, "stances")] == ["q1", None]
    assert batch.left_out == {"references to what is no item": {"quote_id of stances": 1}}


def test_marks_that_share_a_feature_are_one_item(tmp_path):
    profile = """
        [quotes]
        marks = ["content"]
        group = "@relation"
        cue = "mark:cue"
        speaker = "mark:source"
        kind = "='indirect'"
    """
    marks = (
        mark("1", "source", 0, 8, relation="r1"),
        mark("2", "cue", 9, 13, relation=("r1", "r2")),
        mark("3", "content", 14, 22, relation="r1"),
        mark("4", "content", 23, 32, relation=("r1", "r2")),
    )
    quotes = {quote.id: quote for quote in only(read(tmp_path, profile, *marks), "quotes")}
    assert quotes["r1"].content == (Span(14, 22), Span(23, 32))
    assert (quotes["r1"].cue, quotes["r1"].speaker) == ((Span(9, 13),), Span(0, 8))
    assert (quotes["r2"].content, quotes["r2"].speaker) == ((Span(23, 32),), None)


def test_what_the_author_thinks_of_a_marked_entity(tmp_path):
    profile = """
        [entities]
        marks = ["PER", "ORG"]

        [stances]
        marks = ["PER", "ORG"]
        holder = "='author'"
        target = "self"
        label = "@polarity"
        labels = { "<0" = "against", "0" = "neutral", ">0" = "favor" }
    """
    marks = (mark("1", "ORG", 14, 22, polarity="-0.5"), mark("2", "PER", 0, 8), mark("3", "ORG", 49, 57, polarity="0"))
    batch = read(tmp_path, profile, *marks)
    stances = only(batch, "stances")
    assert [(one.holder, one.target, one.label) for one in stances] == [
        ("author", "1", "against"),
        ("author", "3", "neutral"),
    ]
    # A thing that is referred to has an id, one that is not has none.
    assert [entity.entity_id for entity in only(batch, "entities")] == ["1", None, "3"]
    assert not batch.left_out


def test_links_may_be_items(tmp_path):
    profile = """
        [entities]
        marks = "*"

        [stances]
        links = ["supports", "attacks"]
        labels = { supports = "favor", attacks = "against" }
    """
    marks = (mark("1", "PER", 0, 8, entity_id="moen"), mark("2", "ORG", 14, 22))
    (stance,) = only(read(tmp_path, profile, *marks, links=(Link("attacks", "1", "2", {}, "R1"),)), "stances")
    assert (stance.id, stance.holder, stance.target, stance.label) == ("R1", "moen", "2", "against")


def test_topics_are_made_of_words(tmp_path):
    profile = """
        [stances]
        marks = ["Claim"]
        holder = "='author'"
        target = ["topic:{@issue}", "='topic:rates'"]
        label = "@side"
        labels = { pro = "favor", con = "against" }
    """
    marks = (mark("1", "Claim", 14, 32, issue="Política Climática", side="pro"), mark("2", "Claim", 34, 47, side="con"))
    assert [one.target for one in only(read(tmp_path, profile, *marks), "stances")] == [
        "topic:politica-climatica",
        "topic:rates",
    ]


def test_answers_about_the_text_are_items_or_metadata(tmp_path):
    profile = '[categories]\nanswers = ["Section"]\n[article]\ngenre = "Genre"\ntitle = "headline"\n'
    batch = read(
        tmp_path,
        profile,
        labels={"Section": ("news", "sport"), "Genre": ("report",), "Hard?": ("yes",)},
        article={"headline": "She left", "desk": "7"},
    )
    (example,) = batch.examples
    assert [one.label for one in example.gold["categories"]] == ["news", "sport"]
    assert example.article.title == "She left"
    assert example.article.metadata == {"genre": "report", "desk": "7"}
    assert batch.left_out == {"questions about the whole text that the profile reads nothing from": {"Hard?": 1}}


def test_names_are_renamed_and_dropped_and_counted(tmp_path):
    profile = """
        drop = ["Junk"]

        [entities]
        marks = ["Person", "Place", "Thing"]
        labels = { Person = "PER", Thing = false }
    """
    marks = [mark(str(n), name, n, n + 2) for n, name in enumerate(["Person", "Place", "Thing", "Junk", "Date"])]
    batch = read(tmp_path, profile, *marks)
    assert [entity.label for entity in only(batch, "entities")] == ["PER", "Place"]
    assert batch.left_out == {
        "marks and labels that the profile drops": {"Thing": 1, "Junk": 1},
        "marks of types that the profile maps to no layer (evalkit dataset profile drafts one)": {"Date": 1},
    }


def test_case_is_ignored_where_the_profile_says_so(tmp_path):
    profile = 'ignore_case = true\n[quotes]\nmarks = ["quote"]\nkind = "@Kind"\nlabels = { DIRECT = "direct" }\n'
    marks = (mark("1", "QUOTE", 14, 32, KIND="Direct"), mark("2", "cue", 9, 13))
    (quote,) = only(read(tmp_path, profile, *marks, links=(Link("CUE", "1", "2"),)), "quotes")
    assert (quote.kind, quote.cue) == ("direct", (Span(9, 13),))


def test_only_marks_of_which_something_is_so(tmp_path):
    profile = '[entities]\nmarks = ["M"]\nlabel = "@ner"\nwhere = { "@layer" = ["ne"] }\n'
    batch = read(tmp_path, profile, mark("1", "M", 0, 8, layer="ne", ner="PER"), mark("2", "M", 9, 13, layer="pos"))
    assert [entity.label for entity in only(batch, "entities")] == ["PER"]
    assert batch.left_out == {"marks and links that lack what their items must have": {"M without @layer = ne": 1}}


@pytest.mark.parametrize(
    ("document", "layers"),
    [
        pytest.param({}, set(), id="nothing is known"),
        pytest.param({"declared": frozenset({"PER"})}, {"entities"}, id="declared"),
        pytest.param({"declared": frozenset({"Quote", "Cue"})}, {"quotes"}, id="declared by name"),
        pytest.param({"declared": frozenset({"*"})}, {"entities"}, id="some type"),
    ],
)
def test_a_layer_that_could_have_items_is_empty_and_any_other_absent(document, layers):
    (example,) = default(**document).examples
    assert set(example.gold.layers) == layers


def test_layers_are_those_of_all_files_of_a_place():
    batch = merged([default(mark("1", "PER", 0, 8)), default()])
    assert [dict(one.gold.layers).get("entities") is not None for one in batch.examples] == [True, True]


def test_a_text_that_nobody_looked_at_has_no_layer():
    documents = Documents(
        documents=(
            Document(id="a", text=TEXT, marks=(mark("1", "PER", 0, 8),)),
            Document(id="b", text=TEXT, annotated=False),
            Document(id="c", text=TEXT, suggested=True, marks=(mark("1", "PER", 0, 8),)),
            Document(id="d", text=TEXT),
        )
    )
    batch = decode(documents, load_profile("default"), HERE)
    assert [set(one.gold.layers) for one in merged([batch, default(mark("1", "Quote", 0, 8))]).examples] == [
        {"entities", "quotes"},
        set(),
        set(),
        {"entities", "quotes"},
        {"entities", "quotes"},
    ]


def test_suggestions_are_predictions():
    documents = Documents(
        documents=(
            Document(id="a", text=TEXT, marks=(mark("1", "PER", 0, 8),)),
            Document(id="a", text=TEXT, suggested=True, marks=(Mark("1", "ORG", (Span(0, 8),), {}, 0.5),)),
        )
    )
    batch = decode(documents, load_profile("default"), Source(path=Path("x"), predicted=True))
    (prediction,) = batch.predictions
    assert [(one.label, one.score) for one in prediction.annotations["entities"]] == [("ORG", 0.5)]


def test_several_annotators_are_readings():
    ana, ben = (
        Document(id="a", text=TEXT, annotator=name, marks=(mark("1", label, 0, 8),))
        for name, label in (("ana", "PER"), ("ben", "ORG"))
    )
    (example,) = decode(Documents(documents=(ana, ben)), load_profile("default"), HERE).examples
    assert not example.gold.layers
    assert {name: own["entities"][0].label for name, own in example.readings.items()} == {"ana": "PER", "ben": "ORG"}


def test_the_ground_truth_is_the_gold_beside_readings():
    documents = (
        Document(id="a", text=TEXT, annotator="ana", marks=(mark("1", "PER", 0, 8),)),
        Document(id="a", text=TEXT, ground_truth=True, marks=(mark("1", "ORG", 0, 8),)),
    )
    (example,) = decode(Documents(documents=documents), load_profile("default"), HERE).examples
    assert example.gold["entities"][0].label == "ORG"
    assert set(example.readings) == {"ana"}


def test_two_texts_of_one_article_are_refused():
    documents = (Document(id="a", text=TEXT, annotator="ana"), Document(id="a", text="Other.", annotator="ben"))
    batch = decode(Documents(documents=documents), load_profile("default"), HERE)
    assert not batch.examples
    assert "two texts, the lengths of which are 63 and 6;" in str(batch.problems[0])


def test_a_mark_at_the_same_place_may_say_which_thing_it_is(tmp_path):
    profile = """
        [entities]
        marks = ["PROP_*", "PRON_*"]
        labels = { "*_PER" = "PER", "*_ORG" = "ORG" }
        entity_id = "here:*-[0-9]*.type"
    """
    marks = (
        mark("T1", "PROP_PER", 0, 8),
        mark("T2", "Ida_Moen-1", 0, 8),
        mark("T3", "PRON_PER", 34, 37),
        mark("T4", "Ida_Moen-1", 34, 37),
        mark("T5", "PROP_ORG", 14, 22),
    )
    batch = read(tmp_path, profile, *marks)
    assert [(one.label, one.entity_id) for one in only(batch, "entities")] == [
        ("PER", "Ida_Moen-1"),
        ("PER", "Ida_Moen-1"),
        ("ORG", None),
    ]
    assert not batch.notes


def test_only_links_of_some_kinds_join_a_chain(tmp_path):
    profile = """
        [entities]
        marks = "*"
        entity_id = "chain:Coref@type=coref|ana"
    """
    marks = (mark("a", "X", 0, 8), mark("b", "X", 34, 37), mark("c", "X", 14, 22), mark("d", "X", 49, 57))
    links = (
        Link("Coref", "b", "a", {"type": "ana"}),
        Link("Coref", "c", "b", {"type": "bridge"}),
        Link("Coref", "d", "c", {"type": "coref"}),
        Link("Other", "d", "a", {"type": "coref"}),
    )
    one, other, third, fourth = only(read(tmp_path, profile, *marks, links=links), "entities")
    assert one.entity_id == other.entity_id != third.entity_id == fourth.entity_id


def test_values_by_how_they_look(tmp_path):
    profile = """
        [quotes]
        marks = ["Says"]
        kind = "->Content.text"
        content = "->Content"

        [quotes.values.kind]
        "*bank*" = "direct"
        "*" = "indirect"
    """
    marks = (mark("a", "Says", 9, 13), mark("b", "C", 14, 32), mark("c", "C", 34, 47))
    links = (Link("Content", "a", "b"), Link("Content", "d", "c"))
    batch = read(tmp_path, profile, *marks, mark("d", "Says", 58, 62), links=links)
    assert [quote.kind for quote in only(batch, "quotes")] == ["direct", "indirect"]


def test_a_ground_truth_with_nothing_in_it_is_gold(tmp_path):
    # What others marked says which layers were annotated.
    documents = (
        Document(id="a", text=TEXT, annotator="1", ground_truth=True),
        Document(id="a", text=TEXT, annotator="2", marks=(mark("1", "PER", 0, 8),)),
    )
    (example,) = decode(Documents(documents=documents), load_profile("default"), HERE).examples
    assert example.gold["entities"] == ()
    assert [len(own["entities"]) for own in example.readings.values()] == [0, 1]
