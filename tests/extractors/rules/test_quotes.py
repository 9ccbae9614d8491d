"""Quotes by rules: marks, kinds, borders, cues and speakers, after the guidelines."""

from __future__ import annotations

import pytest

from evalkit.extractors.rules.extractor import RulesExtractor, find_entities, find_quotes
from evalkit.records import Article, Quote, Span
from evalkit.text.quotation_marks import quotations
from evalkit.text.zones import zoned

START = "Ida Moen, the port director, met Pavel Drozd and the crew of Velmora Ferries on Friday.\n\n"


def quotes(text: str) -> list[tuple[str, list[str], list[str], str | None]]:
    """Kind, content, cue and speaker of each quote in a text that follows START."""
    article = zoned(Article(id="a", text=START + text))
    return [
        (
            quote.kind,
            [article.text[s.start : s.end] for s in quote.content],
            [article.text[s.start : s.end] for s in quote.cue],
            quote.speaker and article.text[quote.speaker.start : quote.speaker.end],
        )
        for quote in find_quotes(article, find_entities(article))
    ]


def one(text: str) -> Quote:
    article = zoned(Article(id="a", text=START + text))
    (quote,) = find_quotes(article, find_entities(article))
    return quote


@pytest.mark.parametrize(
    ("text", "content", "cue", "speaker"),
    [
        pytest.param("“We knew,” Moen said.", ["“We knew,”"], "said", "Moen", id="name, cue"),
        pytest.param("“We knew,” said Moen, who left.", ["“We knew,”"], "said", "Moen", id="cue, name"),
        pytest.param('"We knew," Moen said.', ['"We knew,"'], "said", "Moen", id="straight marks"),
        pytest.param("‘We knew the workers’ fear,’ Moen said.", ["‘We knew the workers’ fear,’"], "said", "Moen",
                     id="single marks and apostrophe"),
        pytest.param("«We knew», Moen said.", ["«We knew»"], "said", "Moen", id="guillemets"),
        pytest.param("„We knew,“ Moen said.", ["„We knew,“"], "said", "Moen", id="low marks"),
        pytest.param("Moen said: “We knew.”", ["“We knew.”"], "said", "Moen", id="cue, colon"),
        pytest.param("“We knew,” Moen said, “but nobody listened.”", ["“We knew,”", "“but nobody listened.”"], "said",
                     "Moen", id="interrupted"),
        pytest.param("“We knew.” Then Moen sat down.", ["“We knew.”"], None, None, id="no cue"),
        pytest.param("“We knew,” Moen said. “Nobody listened.”", ["“We knew,”", "“Nobody listened.”"], "said", "Moen",
                     id="one cue for two sentences"),
        pytest.param("“We knew,” said the mayor of Bergen.", ["“We knew,”"], "said", "the mayor of Bergen",
                     id="role with of-phrase"),
        pytest.param("“We knew,” a spokesman for the ministry said.", ["“We knew,”"], "said",
                     "a spokesman for the ministry", id="nobody in particular"),
        pytest.param("“We knew,” the port director, Ida Moen, said.", ["“We knew,”"], "said", "Ida Moen",
                     id="name in apposition"),
        pytest.param("“We knew,” she told reporters.", ["“We knew,”"], "told", "she", id="pronoun"),
        pytest.param("“Why?” Moen asked.", ["“Why?”"], "asked", "Moen", id="question"),
        pytest.param("Pavel Drozd has called the plan “a disgrace”.", ["“a disgrace”"], "called", "Pavel Drozd",
                     id="called, without auxiliary"),
    ],
)  # fmt: skip
def test_direct(text: str, content: list[str], cue: str | None, speaker: str | None) -> None:
    assert quotes(text) == [("direct", content, [cue] if cue else [], speaker)]


@pytest.mark.parametrize(
    ("text", "content", "cue", "speaker"),
    [
        pytest.param("She said that the bridge was safe.", ["that the bridge was safe"], "said", "She", id="that"),
        pytest.param("Moen said the bridge was safe.", ["the bridge was safe"], "said", "Moen", id="without that"),
        pytest.param("Moen told a court on Friday that it was safe.", ["that it was safe"], "told", "Moen", id="told"),
        pytest.param("Moen asked whether it was safe.", ["whether it was safe"], "asked", "Moen", id="whether"),
        pytest.param("The bridge was quite safe, Moen said.", ["The bridge was quite safe"], "said", "Moen",
                     id="clause first"),
        pytest.param("The bridge was quite safe, according to Moen.", ["The bridge was quite safe"], "according to",
                     "Moen", id="according to, behind"),
        pytest.param("According to Moen, the bridge was safe.", ["the bridge was safe"], "According to", "Moen",
                     id="according to, in front"),
        pytest.param("The bridge, she said, was quite safe.", ["The bridge", "was quite safe"], "said", "she",
                     id="interrupted"),
        pytest.param("Moen declined to say whether talks had begun.", ["whether talks had begun"], "declined to say",
                     "Moen", id="refusal with content"),
        pytest.param("The report warned that ferries were old.", ["that ferries were old"], "warned", "The report",
                     id="a document speaks"),
        pytest.param("At noon in the hall Moen denied that it was safe.", ["that it was safe"], "denied", "Moen",
                     id="adverbial before the subject"),
    ],
)  # fmt: skip
def test_indirect(text: str, content: list[str], cue: str, speaker: str) -> None:
    assert quotes(text) == [("indirect", content, [cue], speaker)]


@pytest.mark.parametrize(
    ("text", "content"),
    [
        pytest.param("He called the offer “an insult” to every nurse.", "“an insult” to every nurse", id="called"),
        pytest.param(
            "She said there was “no doubt” about the order.", "there was “no doubt” about the order", id="said"
        ),
        pytest.param(
            "She insisted that it would be ready “in days”.", "that it would be ready “in days”", id="at the end"
        ),
    ],
)
def test_mixed(text: str, content: str) -> None:
    assert [(kind, spans) for kind, spans, _, _ in quotes(text)] == [("mixed", [content])]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("The so-called “kitchen row” was empty.", id="scare quotes"),
        pytest.param("A banner with “No cows” hung from the wall.", id="slogan"),
        pytest.param("Moen declined to comment.", id="refusal without content"),
        pytest.param("The claim is old, and the report is older.", id="nouns that look like cues"),
        pytest.param("It is known that ferries are slow.", id="the author's fact"),
        pytest.param("We recall that the vote was in May.", id="the author's we"),
    ],
)
def test_no_quote(text: str) -> None:
    assert quotes(text) == []


def test_over_two_paragraphs_is_one_quote() -> None:
    text = "“We knew,” Moen said. “The crew knew.\n\n“Nobody listened.”"
    assert quotes(text) == [("direct", ["“We knew,”", "“The crew knew.", "“Nobody listened.”"], ["said"], "Moen")]


def test_a_closed_paragraph_goes_on_with_the_same_speaker() -> None:
    article = zoned(Article(id="a", text=START + "“We knew,” Moen said.\n\n“Nobody listened to us.”"))
    first, second = find_quotes(article, find_entities(article))
    assert (first.speaker_id, second.speaker_id) == ("ida-moen", "ida-moen")
    assert (second.cue, second.speaker) == ((), None)


def test_a_quote_inside_a_quote() -> None:
    text = "“He told me, ‘Farmers wait.’ So I waited,” Moen said."
    assert sorted(content[0] for _, content, _, _ in quotes(text)) == sorted(
        ["“He told me, ‘Farmers wait.’ So I waited,”", "‘Farmers wait.’"]
    )


@pytest.mark.parametrize(
    ("text", "entity_id"),
    [
        pytest.param("“We knew,” she said.", "ida-moen", id="she"),
        pytest.param("“We knew,” he said.", "pavel-drozd", id="he"),
        pytest.param("“We knew,” the port director said.", "ida-moen", id="role named before"),
        pytest.param("“We knew,” Moen said.", "ida-moen", id="surname"),
        pytest.param("“We knew,” a neighbour said.", None, id="nobody in particular"),
    ],
)
def test_who_speaks(text: str, entity_id: str | None) -> None:
    assert one(text).speaker_id == entity_id


def test_two_cues_are_two_quotes() -> None:
    text = "“We knew,” Moen said, adding that the crew had left."
    assert [(kind, content, cue, who) for kind, content, cue, who in quotes(text)] == [
        ("direct", ["“We knew,”"], ["said"], "Moen"),
        ("indirect", ["that the crew had left"], ["adding"], "Moen"),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("a “b “c” d” e", ["“b “c” d”"], id="nested"),
        pytest.param("the boys’ ‘so-called’ plan", ["‘so-called’"], id="apostrophe first"),
        pytest.param('5\'10" tall and "so" on', ['"so"'], id="feet and inches"),
        pytest.param("“never closed", ["“never closed"], id="open at the end"),
        pytest.param("»so« he says", ["»so«"], id="guillemets the other way round"),
        pytest.param("nothing here, it’s plain", [], id="none"),
    ],
)
def test_marks(line: str, expected: list[str]) -> None:
    assert [line[q.start : q.end] for q in quotations(line, Span(0, len(line)))] == expected


def test_a_role_written_with_a_hyphen_is_the_one_introduced_without() -> None:
    text = (
        "Compact Secretary General Jon Aske met reporters in Oslo on Monday with Ida Moen.\n\n"
        "“We will wait until spring,” the Secretary-General noted.\n\nHe added that talks would go on.\n"
    )
    (found,) = RulesExtractor().extract([Article(id="a", text=text)])
    assert {quote.speaker_id for quote in found.quotes or ()} == {"jon-aske"}
