"""From what a network finds to quotes: boundaries, kinds, paragraphs and speakers, without the network."""

from __future__ import annotations

import re

import pytest

from evalkit.extractors.rules.extractor import find_entities, find_quotes
from evalkit.extractors.shipped.quotes.assembly import assemble
from evalkit.extractors.shipped.quotes.cue_network import Found
from evalkit.records import Article, Quote, Span


def place(text: str, part: str) -> Span:
    start = text.index(part)
    return Span(start, start + len(part))


def lines_of(text: str) -> list[Span]:
    return [Span(*line.span()) for line in re.finditer(r"[^\n]+", text)]


def assembled(text: str, *found: tuple[str, str, str], rules: bool = False) -> list[Quote]:
    article = Article(id="a", text=text)
    entities = find_entities(article)
    items = [
        Found(
            tuple(place(text, part) for part in content.split(" | ")),
            place(text, cue) if cue else None,
            place(text, speaker) if speaker else None,
            0.9,
        )
        for content, cue, speaker in found
    ]
    known = find_quotes(article, entities) if rules else ()
    return list(assemble(article, entities, lines_of(text), items, known))


def content_of(text: str, quote: Quote) -> list[str]:
    return [text[start:end] for start, end in quote.content]


@pytest.mark.parametrize(
    ("text", "found", "content", "kind"),
    [
        ("“We won’t move,” she said.", ("We won’t move", "said", "she"), ["“We won’t move,”"], "direct"),
        ("She said that it was over.", ("that it was over.", "said", "She"), ["that it was over"], "indirect"),
        ("She called it “a farce” again.", ("it “a farce", "called", "She"), ["it “a farce”"], "mixed"),
        ("``We go,'' he said.", ("We go", "said", "he"), ["``We go,''"], "direct"),
        ("He said it moved to the U.S.", ("it moved to the U.S.", "said", "He"), ["it moved to the U.S."], "indirect"),
        ("«On y va», dit-il.", ("On y va", "dit", "il"), ["«On y va»"], "direct"),
    ],
)
def test_boundaries_and_kinds(text: str, found: tuple[str, str, str], content: list[str], kind: str) -> None:
    (quote,) = assembled(text, found)
    assert content_of(text, quote) == content
    assert quote.kind == kind


def test_what_is_reported_inside_a_quotation_stays_inside() -> None:
    text = "“He told me that it is over, and I wept,” she said."
    (quote,) = assembled(text, ("that it is over", "told", "He"))
    assert content_of(text, quote) == ["that it is over"]


def test_a_quote_goes_on_in_the_next_paragraph_if_its_marks_stay_open() -> None:
    text = "Ida Moen said: “We knew it.\n\n“Nobody listened.”"
    (quote,) = assembled(text, ("“We knew it.", "said", "Ida Moen"), rules=True)
    assert content_of(text, quote) == ["“We knew it.", "“Nobody listened.”"]
    assert quote.speaker_id == "ida-moen"


def test_a_quotation_of_its_own_is_the_last_speakers() -> None:
    text = "“We knew it,” said Ida Moen.\n\n“Nobody listened to us at all.”"
    first, second = assembled(text, ("“We knew it,”", "said", "Ida Moen"), rules=True)
    assert first.speaker_id == second.speaker_id == "ida-moen"
    assert second.speaker is None


def test_a_pronoun_is_whoever_spoke() -> None:
    text = "Ida Moen said that it was over. She added that she would go."
    _, second = assembled(text, ("that it was over", "said", "Ida Moen"), ("that she would go", "added", "She"))
    assert second.speaker_id == "ida-moen"


def test_a_stretch_that_is_its_own_cue_is_no_quote() -> None:
    assert assembled("She said so.", ("said", "said", "She")) == []


def test_the_article_before_a_name_is_no_part_of_the_speaker() -> None:
    text = "The bridge is safe, the Harbour Union reported."
    (quote,) = assembled(text, ("The bridge is safe", "reported", "the Harbour Union"))
    assert quote.speaker == place(text, "Harbour Union")
    assert quote.speaker_id == "harbour-union"
