from __future__ import annotations

import pytest

from evalkit.analysis.properties import entity_properties, quote_kind, quote_slices, speaker_form, surfaces_of
from evalkit.analysis.slices import NONE, item_slices
from evalkit.errors import InputError, UnknownNameError
from evalkit.records import Annotations, Article, Entity, Example, Quote, Span, Zone
from evalkit.scoring.entities import columns_of_pairs
from evalkit.scoring.pairs import Pair
from evalkit.scoring.quotes import quote_tables
from evalkit.scoring.tasks.table import load_convention

TEXT = "Oslo waits. The Bank of Norway met Ida Moen in Oslo."


def entity(surface: str, label: str, *, text: str = TEXT, after: int = 0) -> Entity:
    start = text.index(surface, after)
    return Entity(id=f"{label}{start}", spans=(Span(start, start + len(surface)),), label=label)


def example_pair() -> Pair:
    zones = (Zone("body", 0, len(TEXT)), Zone("headline", 0, 11))
    gold = (
        entity("Oslo", "GPE"),
        entity("Bank of Norway", "ORG"),
        entity("Norway", "GPE"),
        entity("Ida Moen", "PER"),
    )
    predicted = (entity("Bank of Norway", "ORG"), entity("Moen in Oslo", "PER"))
    return Pair(Article(id="a", text=TEXT, zones=zones), Annotations(entities=gold), Annotations(entities=predicted))


def test_entity_properties() -> None:
    pair = example_pair()
    columns = columns_of_pairs([pair])
    found = entity_properties(columns, [pair], seen={"Oslo", "Norway"})
    # Gold in order of position: Oslo, Bank of Norway, Norway, Ida Moen.
    assert {name: own.gold for name, own in found.items()} == {
        "label": ("GPE", "ORG", "GPE", "PER"),
        "length": ("1", "3", "1", "2"),
        "nested": ("flat", "nested", "nested", "flat"),
        "seen": ("seen", "unseen", "seen", "unseen"),
        "zone": ("headline", "body", "body", "body"),
    }
    assert found["nested"].predicted == ("flat", "flat")
    assert found["length"].predicted == ("3", "3")


def test_slices_by_property() -> None:
    pair = example_pair()
    columns = columns_of_pairs([pair])
    nested = entity_properties(columns, [pair])["nested"]
    table = item_slices(
        columns, load_convention("entities", "exact")(columns), gold=nested.gold, predicted=nested.predicted
    )
    # Both predictions are flat; the Bank is right and nested in the gold.
    assert dict(zip(table.labels, table.totals().tolist(), strict=True)) == {
        "flat": [2, 2, 0, 1],
        "nested": [2, 0, 1, 0],
    }


def test_four_words_and_more_are_one_slice() -> None:
    text = "The United Nations High Commissioner spoke."
    own = (entity("The United Nations High Commissioner", "ORG", text=text),)
    pair = Pair(Article(id="a", text=text), Annotations(entities=own), Annotations(entities=()))
    found = entity_properties(columns_of_pairs([pair]), [pair])
    assert found["length"].gold == ("4+",)
    assert found["zone"].gold == (NONE,)
    assert "seen" not in found


def test_what_needs_the_text_is_left_out_without_it() -> None:
    own = Annotations(entities=(Entity(id="e", spans=(Span(0, 4),), label="GPE"),))
    pair = Pair(Article(id="a", text=""), own, own)
    assert sorted(entity_properties(columns_of_pairs([pair]), [pair], seen={"x"})) == ["label", "nested", "zone"]


def test_refuses_other_pairs() -> None:
    with pytest.raises(InputError, match="not those that the columns were made of"):
        entity_properties(columns_of_pairs([example_pair()]), [])


def test_surfaces_of() -> None:
    gold = Annotations(entities=(entity("Ida Moen", "PER"), entity("Oslo", "GPE")))
    assert surfaces_of([Example(article=Article(id="a", text=TEXT), gold=gold)]) == {"Ida Moen", "Oslo"}


SPEAKERS = (
    "director Grace Okafor | a spokesman for Grace Okafor | the Bank of Norway | a Norwegian official | She | Moen"
)


@pytest.mark.parametrize(
    ("speaker", "with_gold", "without_gold"),
    [
        pytest.param("director Grace Okafor", "name", "name", id="a title before a name"),
        pytest.param("a spokesman for Grace Okafor", "role", "name", id="somebody's spokesman"),
        pytest.param("the Bank of Norway", "name", "name", id="an institution"),
        pytest.param("a Norwegian official", "role", "name", id="an adjective of a place"),
        pytest.param("a spokesman", "role", "role", id="a role"),
        pytest.param("She", "pronoun", "pronoun", id="a pronoun"),
        pytest.param("Moen", "name", "name", id="a surname"),
    ],
)
def test_speaker_form(speaker: str, with_gold: str, without_gold: str) -> None:
    entities = (
        entity("Grace Okafor", "PER", text=SPEAKERS),
        entity("Grace Okafor", "PER", text=SPEAKERS, after=SPEAKERS.index("for Grace")),
        entity("Bank of Norway", "ORG", text=SPEAKERS),
        entity("Norwegian", "NORP", text=SPEAKERS),
        entity("Moen", "PER", text=SPEAKERS),
    )
    start = SPEAKERS.index(speaker)
    quote = Quote(id="q", kind="direct", content=(Span(0, 3),), speaker=Span(start, start + len(speaker)))
    article = Article(id="a", text=SPEAKERS)
    for gold, expected in ((Annotations(entities=entities), with_gold), (Annotations(), without_gold)):
        assert speaker_form(Pair(article, gold, Annotations()), quote) == expected


def quotes_pair() -> Pair:
    text = "“Yes,” Moen said. “No,” she said. A man agreed."
    spans = {name: Span(text.index(name), text.index(name) + len(name)) for name in ("“Yes,”", "Moen", "“No,”", "she")}
    gold = (
        Quote(id="1", kind="direct", content=(spans["“Yes,”"],), speaker=spans["Moen"]),
        Quote(id="2", kind="direct", content=(spans["“No,”"],), speaker=spans["she"]),
        Quote(id="3", kind="indirect", content=(Span(34, 46),)),
    )
    predicted = (
        Quote(id="1", kind="direct", content=(spans["“Yes,”"],), speaker=spans["Moen"]),
        Quote(id="2", kind="mixed", content=(spans["“No,”"],), speaker=spans["Moen"]),
    )
    return Pair(Article(id="a", text=text), Annotations(quotes=gold), Annotations(quotes=predicted))


def test_quotes_by_speaker_form() -> None:
    table = quote_slices([quotes_pair()], "speaker-exact", speaker_form)
    # Gold: a name, right, and a pronoun; predicted: two names.
    assert dict(zip(table.labels, table.totals().tolist(), strict=True)) == {
        "name": [1, 2, 1, 1],
        "pronoun": [1, 0, 0, 0],
    }
    content = quote_slices([quotes_pair()], "exact", speaker_form)
    assert content.labels == (NONE, "name", "pronoun")


@pytest.mark.parametrize("convention", ["exact", "overlap", "token", "speaker-exact", "joint"])
def test_quotes_by_kind_are_the_table_of_the_task(convention: str) -> None:
    pairs = [quotes_pair()]
    expected = quote_tables(pairs, [convention])[convention]
    found = quote_slices(pairs, convention, quote_kind).with_labels(expected.labels)
    assert found.cells.tolist() == expected.cells.tolist()


def test_refuses_unknown_conventions() -> None:
    with pytest.raises(UnknownNameError, match="unknown convention 'exct'; did you mean 'exact'"):
        quote_slices([quotes_pair()], "exct", quote_kind)
