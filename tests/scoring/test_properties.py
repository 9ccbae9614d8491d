from __future__ import annotations

import pytest

from evalkit.layers.quotes import speaker_form
from evalkit.records import Annotations, Article, Entity, Example, Quote, Span, Zone
from evalkit.scoring.pairs import Pair
from evalkit.scoring.properties import NONE
from evalkit.scoring.tasks.base import imported
from evalkit.scoring.tasks.table import choose_conventions, columns_of, load_task, score_task

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


def values(task: str, pairs: list[Pair], training: list[Example] | None = None) -> dict[str, object]:
    """The values of every property that can be told."""
    columns = columns_of(task, pairs)
    found = {name: imported(own.function)(columns, training) for name, own in load_task(task).properties.items()}
    return {name: own for name, own in found.items() if own is not None}


def training(*names: str) -> list[Example]:
    items = tuple(entity(name, "X") for name in names)
    return [Example(article=Article(id="t", text=TEXT), gold=Annotations(entities=items))]


def test_properties_of_spans() -> None:
    found = values("entities", [example_pair()], training("Oslo", "Norway"))
    # Gold in order of position: Oslo, Bank of Norway, Norway, Ida Moen; predicted Bank of Norway and Moen in Oslo.
    assert found == {
        "length": (["1", "3", "1", "2"], ["3", "3"]),
        "nested": (["flat", "nested", "nested", "flat"], ["flat", "flat"]),
        "seen": (["seen", "unseen", "seen", "unseen"], ["unseen", "unseen"]),
        "zone": (["headline", "body", "body", "body"], ["body", "body"]),
    }


def test_slices_by_property() -> None:
    items = score_task("entities", [example_pair()], ["exact"])["exact"].items
    assert items is not None
    table = items.grouped_table(values("entities", [example_pair()])["nested"]).by_group()
    # Both predictions are flat; the Bank is right and nested in the gold.
    assert dict(zip(table.labels, table.totals().tolist(), strict=True)) == {
        "flat": [2, 2, 0, 1],
        "nested": [2, 0, 1, 0],
    }


def test_four_words_and_more_are_one_slice() -> None:
    text = "The United Nations High Commissioner spoke."
    own = (entity("The United Nations High Commissioner", "ORG", text=text),)
    pair = Pair(Article(id="a", text=text), Annotations(entities=own), Annotations(entities=()))
    found = values("entities", [pair])
    assert (found["length"], found["zone"]) == ((["4+"], []), ([NONE], []))
    assert "seen" not in found


def test_what_needs_the_text_is_left_out_without_it() -> None:
    own = Annotations(entities=(Entity(id="e", spans=(Span(0, 4),), label="GPE"),))
    assert sorted(values("entities", [Pair(Article(id="a", text=""), own, own)], training())) == ["nested", "zone"]


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
        assert speaker_form(article, gold["entities"], quote) == expected


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
    tables = {
        name: scored.items.grouped_table(values("quotes", [quotes_pair()])["speaker"]).by_group()
        for name, scored in score_task("quotes", [quotes_pair()], ["speaker-exact", "exact"]).items()
        if scored.items is not None
    }
    # Gold: a name, right, a pronoun, and a quote without a speaker, which has none to find; predicted: two names.
    assert dict(zip(tables["speaker-exact"].labels, tables["speaker-exact"].totals().tolist(), strict=True)) == {
        "name": [1, 2, 1, 1],
        "pronoun": [1, 0, 0, 0],
    }
    assert tables["exact"].totals()[:, 0].tolist() == [1, 1, 1]


@pytest.mark.parametrize("convention", choose_conventions("quotes", ["all"]))
def test_groups_of_quotes_fold_to_the_table_of_the_task(convention: str) -> None:
    scored = score_task("quotes", [quotes_pair()], [convention])[convention]
    assert scored.items is not None
    grouped = scored.items.grouped_table(values("quotes", [quotes_pair()])["speaker"])
    assert grouped.dense().tolist() == scored.table.dense().tolist()
