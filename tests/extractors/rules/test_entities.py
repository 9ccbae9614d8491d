"""Entities by rules: what is found, its label, its borders, and which mentions are linked."""

from __future__ import annotations

import pytest

from evalkit.extractors.rules.extractor import find_entities
from evalkit.records import Article, Entity, Span
from evalkit.text.linking import link_mentions, slug
from evalkit.text.zones import zoned


def found(text: str) -> list[tuple[str, str]]:
    """Label and text of each mention, in order; the sentence stands behind another so that nothing is a headline."""
    article = zoned(Article(id="a", text="It rained all night and the roads were wet by morning.\n\n" + text))
    return [(e.label, article.text[e.spans[0].start : e.spans[0].end]) for e in find_entities(article)]


def ids(text: str) -> dict[str, str | None]:
    article = Article(id="a", text=text)
    return {article.text[e.spans[0].start : e.spans[0].end]: e.entity_id for e in find_entities(article)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("They met in Norway.", [("GPE", "Norway")], id="country"),
        pytest.param("Okafor's plan failed, said Grace Okafor's son.", [("PER", "Okafor"), ("PER", "Grace Okafor")],
                     id="possessive outside"),
        pytest.param("Then Dr Ana Castelruiz left.", [("PER", "Ana Castelruiz")], id="title outside"),
        pytest.param("The Finance Minister Paula Etxevar spoke.", [("PER", "Paula Etxevar")], id="portfolio outside"),
        pytest.param("A boat sank in the Danube.", [("LOC", "Danube")], id="article outside"),
        pytest.param("The treaty was signed at The Hague in May.", [("GPE", "The Hague")], id="article in the name"),
        pytest.param("An Oslo-based firm won.", [("GPE", "Oslo")], id="name before a hyphen"),
        pytest.param("The pro-European camp lost.", [], id="fused word"),
        pytest.param("He blamed the Bergen City Council.", [("ORG", "Bergen City Council"), ("GPE", "Bergen")],
                     id="city inside council"),
        pytest.param("It was the Polish Farmers' Union again.", [("ORG", "Polish Farmers' Union"), ("NORP", "Polish")],
                     id="people inside union"),
        pytest.param("He left the University of Bergen.", [("ORG", "University of Bergen"), ("GPE", "Bergen")],
                     id="of inside a name"),
        pytest.param("It fell on Oslo, Norway.", [("GPE", "Oslo"), ("GPE", "Norway")], id="city, country are two"),
        pytest.param("The Ukrainian President Oleh Bezruchko spoke.",
                     [("NORP", "Ukrainian"), ("PER", "Oleh Bezruchko")], id="nationality before a person"),
        pytest.param("Two Norwegians and a Swede swam.", [("NORP", "Norwegians"), ("NORP", "Swede")],
                     id="plural people"),
        pytest.param("They closed Kastrup Bridge.", [("FAC", "Kastrup Bridge")], id="built"),
        pytest.param("It begins with the Skarv Festival.", [("EVENT", "Skarv Festival")], id="event"),
        pytest.param("It breaks the Quiet Waters Act.", [("WORK", "Quiet Waters Act")], id="law"),
        pytest.param("On Monday, in April, nobody came.", [], id="dates are no names"),
        pytest.param("However, nobody came. Why not?", [], id="sentence openers are no names"),
        pytest.param("Councillor Gwenda May spoke. On 4 May nobody came, but May did.",
                     [("PER", "Gwenda May"), ("PER", "May")], id="a surname that is a month"),
        pytest.param("Will Thorsby said that he will go.", [("PER", "Will Thorsby")], id="a name that is a word"),
        pytest.param("They grow it in northern Norway.", [("GPE", "Norway")], id="direction outside"),
        pytest.param("A firm, Velmora, bought it.", [("ORG", "Velmora")], id="labelled by the noun before"),
        pytest.param("He lives in Tverrdal, a village of forty.", [("GPE", "Tverrdal")], id="labelled by what follows"),
    ],
)  # fmt: skip
def test_mentions(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_boilerplate_names_nobody() -> None:
    text = "Nordvik Daily -\n\nFerry stays in port\n\nIt rained in Oslo all day, and the ferry stayed.\n\n"
    text += "Follow us in Norway"
    article = zoned(Article(id="a", text=text))
    assert [text[e.spans[0].start : e.spans[0].end] for e in find_entities(article)] == ["Oslo"]


def test_headlines_in_title_case_name_only_what_the_article_names() -> None:
    text = "Council Blames Moen For Broken Ferry Deal\n\nThe council met Ida Moen on Friday, and it did not go well."
    article = zoned(Article(id="a", text=text))
    assert [text[e.spans[0].start : e.spans[0].end] for e in find_entities(article)] == ["Moen", "Ida Moen"]


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [
        pytest.param("They met Ida Moen. Later Moen left.", "Ida Moen", "Moen", id="surname"),
        pytest.param("It is run by Baltic Grid Operators (BGO).", "Baltic Grid Operators", "BGO", id="abbreviation"),
        pytest.param("He joined the Coastal Union for Renewal (SO).", "Coastal Union for Renewal", "SO",
                     id="unlike abbreviation in brackets"),
        pytest.param("It is in the United States, and the US pays.", "United States", "US", id="country alias"),
        pytest.param("A Norwegian met two Norwegians.", "Norwegian", "Norwegians", id="singular and plural"),
    ],
)  # fmt: skip
def test_linked_mentions(text: str, one: str, other: str) -> None:
    found_ids = ids(text)
    assert found_ids[one] is not None
    assert found_ids[one] == found_ids[other]


def test_a_city_and_its_council_are_two() -> None:
    found_ids = ids("He likes Bergen and blames the Bergen City Council.")
    assert found_ids["Bergen"] == "bergen"
    assert found_ids["Bergen City Council"] == "bergen-city-council"


def test_mentions_of_any_extractor_can_be_linked() -> None:
    text = "Moen met Ida Moen and Moen."
    spans = [Span(0, 4), Span(9, 17), Span(22, 26)]
    mentions = [Entity(id=f"x{i}", spans=(span,), label="PER", score=0.5) for i, span in enumerate(spans)]
    linked = link_mentions(Article(id="a", text=text), mentions)
    assert [e.entity_id for e in linked] == ["ida-moen"] * 3
    assert [(e.id, e.spans, e.score) for e in linked] == [(m.id, m.spans, m.score) for m in mentions]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Ida Moen", "ida-moen"), ("Łódź & Søn", "lodz-son"), ("“”", "entity")],
    ids=["plain", "accents", "nothing left"],
)
def test_slug(name: str, expected: str) -> None:
    assert slug(name) == expected
