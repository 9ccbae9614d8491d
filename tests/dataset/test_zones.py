"""Zones of scraped pages, line by line."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.records import ZONES, Article, Span, Zone
from evalkit.text.zone_rules import find_zones
from evalkit.text.zones import ZoneIndex, zoned

BODY = "The ferry was tied up before noon, and nobody on the quay knew who had given the order."
MORE = "By Monday, boats were running to the outer islands again, three an hour."


def page(*lines: str) -> str:
    return "\n\n".join(lines)


def kinds(text: str) -> list[tuple[str, str]]:
    """Each line of the page with its kind."""
    found = []
    for zone in find_zones(text):
        found += [(zone.kind, line.strip()) for line in text[zone.start : zone.end].splitlines() if line.strip()]
    return found


FURNISHED = page(
    "Nordvik Daily -",
    "Ferry to Skarvøy stays in port after row over crew",
    "Nobody told the islanders, who waited on the quay until dark.",
    "Ferry to Skarvøy stays in port after row over crew",
    "Photo: Fjordbild/Tuva Eikeland",
    "By Halvard Stene, 14 March 2025 10:20",
    BODY,
    MORE,
    "Read Nordvik Daily news on social networks Facebook, X and Telegram",
)


def test_a_page_with_everything() -> None:
    assert [kind for kind, _ in kinds(FURNISHED)] == [
        "boilerplate",
        "headline",
        "lead",
        "headline",
        "caption",
        "byline",
        "body",
        "body",
        "boilerplate",
    ]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        pytest.param("News | Region | Sport | Sign in", "boilerplate", id="menu with bars"),
        pytest.param("Home › Coast › Ferries", "boilerplate", id="breadcrumbs"),
        pytest.param("Sign in", "boilerplate", id="sign in"),
        pytest.param("By Halvard Stene", "byline", id="by a name"),
        pytest.param("Published: 14 March 2025, 10:20", "byline", id="time stamp"),
        pytest.param("March 14, 2025 10:20 a.m.", "byline", id="date alone"),
        pytest.param("Halvard Stene in Nordvik", "byline", id="name and place"),
        pytest.param("Photo: Fjordbild/Tuva Eikeland", "caption", id="credit alone"),
        pytest.param("The ferry on Friday. Photograph: Tuva Eikeland", "caption", id="caption with credit"),
        pytest.param("Image caption: the empty quay", "caption", id="image caption"),
        pytest.param("A crowd on the quay (Tuva Eikeland/Fjordbild)", "caption", id="credit in brackets"),
        pytest.param("FERRY STAYS IN PORT", "headline", id="the headline again"),
    ],
)
def test_lines_between_headline_and_article(line: str, kind: str) -> None:
    assert (kind, line) in kinds(page("FERRY STAYS IN PORT", line, BODY, MORE))


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("Read also: Quay to be rebuilt", id="read also"),
        pytest.param("Share", id="share"),
        pytest.param("Share  |  Print  |  Comments (48)", id="buttons"),
        pytest.param("Sign up for our newsletter. Follow us on Facebook.", id="newsletter"),
        pytest.param("© Nordvik Daily 2025. All rights reserved.", id="copyright"),
        pytest.param("We use cookies to improve this page.", id="cookies"),
        pytest.param("Tags: ferries, strikes", id="tags"),
        pytest.param("#ferries #quay", id="hashtags"),
    ],
)
def test_lines_below_the_article_are_boilerplate(line: str) -> None:
    assert kinds(page("Ferry stays in port", BODY, MORE, line))[-1] == ("boilerplate", line)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("Share prices of the ferry line fell by a tenth on Friday.", id="share prices"),
        pytest.param("Images of the empty quay were shown on every channel.", id="images of"),
        pytest.param("By Monday, boats were running again.", id="by Monday"),
        pytest.param("Follow the money, the islanders say, and it ends in Nordvik.", id="follow the money"),
        pytest.param("SKARVØY, Norway (Fjordbild) - The ferry will not sail before Sunday.", id="dateline"),
        pytest.param("Privacy campaigners want the camera on the quay removed.", id="privacy"),
    ],
)
def test_sentences_that_look_like_furniture_stay_body(line: str) -> None:
    assert ("body", line) in kinds(page("Ferry stays in port", BODY, line, MORE))


def test_a_reporting_line_at_the_end_is_byline() -> None:
    line = "(Reporting by Halvard Stene; editing by Tuva Eikeland)"
    assert kinds(page("Ferry stays in port", BODY, MORE, line))[-1] == ("byline", line)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("Ministers met executives of Facebook and Twitter in Skarvøy on Monday.", id="two networks"),
        pytest.param("The clip spread on social networks, and by noon all of Skarvøy knew.", id="on social networks"),
        pytest.param("This site of a Viking harbour was dug up by Tuva Eikeland.", id="this site"),
        pytest.param("We use a lot of diesel on this route.", id="we use"),
        pytest.param("Many islanders subscribe to the view of Halvard Stene.", id="subscribe to"),
        pytest.param("Those who log in from Skarvøy wait for minutes.", id="log in"),
        pytest.param("Support our crews, Tuva Eikeland told the island council.", id="an appeal that is reported"),
        pytest.param("Register of Ships turns down Skarvøy ferry", id="register"),
        pytest.param("Privacy fears hit the Skarvøy ferry", id="privacy, no sentence"),
        pytest.param("Share prices of the ferry line fall in Oslo", id="share prices, no sentence"),
        pytest.param("Menu Shipping buys the Skarvøy line", id="menu"),
        pytest.param("Facebook and Twitter face questions in Oslo", id="networks, no sentence"),
    ],
)
def test_prose_that_uses_the_words_of_furniture_stays_body(line: str) -> None:
    assert ("body", line) in kinds(page("Ferry stays in port", BODY, line, MORE))
    # As the first line it may be the headline, and is nothing that a site puts on top.
    assert kinds(page(line, BODY, MORE))[0][0] != "boilerplate"


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("Related: Ferry crew in Skarvøy wins its case", id="related"),
        pytest.param("Facebook X WhatsApp Email", id="a bar of networks"),
        pytest.param("Explainers are updated yearly. Share: Facebook · Bluesky · Email", id="share at the end"),
        pytest.param("Subscribe now for 1 euro a week", id="subscribe now"),
        pytest.param("Privacy policy", id="privacy policy"),
    ],
)
def test_furniture_is_still_furniture(line: str) -> None:
    assert kinds(page("Ferry stays in port", BODY, MORE, line))[-1] == ("boilerplate", line)


def test_what_is_all_there_is_is_no_furniture_but_for_an_address() -> None:
    # A message of one line, as corpora of short texts hold them.
    assert kinds("Follow Tuva Eikeland for all things Skarvøy") == [
        ("body", "Follow Tuva Eikeland for all things Skarvøy")
    ]
    assert kinds("https://nordvik.example/Tuva-Eikeland")[0][0] == "boilerplate"


def test_text_that_is_wrapped_to_a_width_is_read_by_paragraphs() -> None:
    paragraph = (
        "The ferry of the Nordvik line was tied up before noon.  The crew went\n"
        "home.  Tuva Eikeland reports.  In the Register of Ships the ferry has the\n"
        "Register number nine, and nobody on the quay knew who had given that\n"
        "share of the islanders which waited until dark an order to go, or had\n"
        "been told why."
    )
    text = paragraph + "\n\n" + paragraph
    assert find_zones(text) == (Zone("body", 0, len(text)),)
    assert [zone.kind for zone in find_zones(text.replace("\n", "\r\n"))] == ["body"]


@pytest.mark.parametrize("text", ["", " ", "\n\n\r\n\t"], ids=["empty", "a space", "blank lines"])
def test_no_text_has_no_zones(text: str) -> None:
    assert find_zones(text) == ()


def test_a_single_line_is_body() -> None:
    assert find_zones("  The ferry is late. ") == (Zone("body", 2, 20),)


def test_plain_paragraphs_are_one_body() -> None:
    text = page(BODY, MORE)
    assert find_zones(text) == (Zone("body", 0, len(text)),)


def test_line_ends_do_not_matter() -> None:
    # Each "\n\n" becomes "\r\n\r\n", so only offsets may differ.
    assert kinds(FURNISHED.replace("\n", "\r\n")) == kinds(FURNISHED)


def test_long_pages_are_one_body_behind_the_lead() -> None:
    text = page("Ferry stays in port", *[BODY] * 3000)
    assert [zone.kind for zone in find_zones(text)] == ["headline", "lead", "body"]


def test_each_headline_is_its_own_zone() -> None:
    text = page("Ferry stays in port", "Ferry stays in port", BODY, MORE)
    assert [zone.kind for zone in find_zones(text)] == ["headline", "headline", "lead", "body"]


PAGES = st.lists(
    st.one_of(
        st.sampled_from([*FURNISHED.split("\n\n"), "Share", "Sign in", "", "  ", "Photo: X/Y", "14 March 2025 10:20"]),
        st.text(max_size=40),
    ),
    max_size=8,
).map("\n".join)


@given(PAGES)
@settings(max_examples=150)
def test_zones_partition_what_is_not_blank(text: str) -> None:
    zones = find_zones(text)
    assert list(zones) == sorted(zones, key=lambda zone: zone.start)
    assert all(left.end <= right.start for left, right in pairwise(zones))
    covered = {position for zone in zones for position in range(zone.start, zone.end)}
    assert {position for position, character in enumerate(text) if not character.isspace()} <= covered
    for zone in zones:
        assert zone.kind in ZONES
        assert text[zone.start : zone.end] == text[zone.start : zone.end].strip() != ""


def test_zoned_keeps_zones_that_are_there() -> None:
    article = Article(id="a", text=FURNISHED, zones=(Zone("body", 0, len(FURNISHED)),))
    assert zoned(article) is article
    assert zoned(Article(id="a", text=FURNISHED)).zones == find_zones(FURNISHED)


def test_a_span_is_in_the_first_zone_that_it_overlaps() -> None:
    body, boilerplate = Zone("body", 0, 4), Zone("boilerplate", 5, 10)
    index = ZoneIndex((boilerplate, body))
    assert index.first(Span(3, 6)) == body
    assert index.first(Span(4, 5)) is None
    assert index.first(Span(4, 6)) == boilerplate
    assert index.first(Span(10, 11)) is None


def test_a_zone_inside_another_hides_nothing_behind_it() -> None:
    outer, inner = Zone("body", 0, 10), Zone("caption", 2, 4)
    assert ZoneIndex((outer, inner)).first(Span(6, 7)) == outer
