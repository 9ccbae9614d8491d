"""The rules as an extractor: stances, the protocol, and what holds for any text."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.extractors.base import Extractor, PairLabeler, StancePair
from evalkit.extractors.rules.extractor import RulesExtractor, find_entities, find_quotes, find_stances
from evalkit.extractors.trivial import TrivialExtractor
from evalkit.records import QUOTE_KINDS, STANCE_LABELS, TOPIC_PREFIX, Annotations, Article, Span
from evalkit.text.zones import ZoneIndex, zoned

PAGE = (
    "Nordvik Daily -\n\nFerry stays in port\n\nBy Halvard Stene\n\n"
    "Ida Moen, the port director, met the board of Velmora Ferries on Friday.\n\n"
    "“Velmora Ferries has betrayed the islands,” Moen said. “It is a scandal.”\n\n"
    "The mayor, Pavel Drozd, praised Velmora Ferries for its patience.\n\n"
    "Drozd said that Moen had told him ‘a fairy tale’ 🚢.\n\n"
    "Follow us on Facebook"
)


def annotate(text: str) -> tuple[Article, Annotations]:
    article = zoned(Article(id="a", text=text))
    (result,) = RulesExtractor().extract([article])
    return article, result


def stances(text: str) -> set[tuple[str, str, str]]:
    _, result = annotate("Nobody slept on the island that night, and nobody spoke.\n\n" + text)
    return {(s.holder, s.target, s.label) for s in result.stances or ()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("“Velmora Ferries betrayed us,” Ida Moen said.", {("ida-moen", "velmora-ferries", "against")},
                     id="blame in a quote"),
        pytest.param("“Velmora Ferries did a wonderful job,” Ida Moen said.",
                     {("ida-moen", "velmora-ferries", "favor")}, id="praise in a quote"),
        pytest.param("“On Velmora Ferries I can see both sides,” Ida Moen said.",
                     {("ida-moen", "velmora-ferries", "neutral")}, id="balance in a quote"),
        pytest.param("Ida Moen condemned Velmora Ferries on Friday.", {("ida-moen", "velmora-ferries", "against")},
                     id="blame by deed"),
        pytest.param("Ida Moen praised Velmora Ferries on Friday.", {("ida-moen", "velmora-ferries", "favor")},
                     id="praise by deed"),
        pytest.param("Then Ida Moen said that the ferry plan was a disgrace.",
                     {("ida-moen", "topic:ferry-plan", "against")}, id="topic"),
        pytest.param("Ida Moen met Velmora Ferries on Friday.", set(), id="no attitude"),
        pytest.param("Velmora Ferries was praised on Friday.", set(), id="passive"),
    ],
)  # fmt: skip
def test_stances(text: str, expected: set[tuple[str, str, str]]) -> None:
    assert stances(text) == expected


def test_a_stance_in_a_quote_names_it() -> None:
    _, result = annotate(PAGE)
    assert result.quotes is not None
    assert result.stances is not None
    by_id = {quote.id: quote for quote in result.quotes}
    stance = next(s for s in result.stances if s.quote_id)
    assert stance.evidence == by_id[stance.quote_id or ""].content


def test_one_stance_a_pair() -> None:
    _, result = annotate(PAGE + "\n\n" + PAGE)
    pairs = [(s.holder, s.target) for s in result.stances or ()]
    assert len(pairs) == len(set(pairs))


@pytest.mark.parametrize(
    ("holder", "text", "label"),
    [
        pytest.param("Ida Moen", "“This betrayal by Velmora is a scandal,” Ida Moen said.", "against", id="blame"),
        pytest.param("Ida Moen", "“Velmora is brave and honest,” Ida Moen said.", "favor", id="praise"),
        pytest.param("Ida Moen", "“I can see both sides,” Ida Moen said.", "neutral", id="balance"),
        pytest.param("Ida Moen", "“Velmora sails at noon,” Ida Moen said.", "against", id="most frequent label"),
        pytest.param("author", "The work of Velmora is brave and honest, and it shows.", "favor", id="author"),
    ],
)
def test_label_pairs(holder: str, text: str, label: str) -> None:
    pair = StancePair(holder=holder, target="velmora", holder_mentions=(holder,), target_mentions=("Velmora",))
    article = Article(id="a", text="Nobody slept on the island that night, and nobody spoke.\n\n" + text)
    extractor = RulesExtractor()
    assert isinstance(extractor, PairLabeler)
    assert list(extractor.label_pairs(article, [pair, pair])) == [label, label]
    assert list(TrivialExtractor().label_pairs(article, [pair])) == ["against"]


def test_parts_work_over_entities_from_elsewhere() -> None:
    article = zoned(Article(id="a", text=PAGE))
    entities = find_entities(article)
    quotes = find_quotes(article, entities)
    (whole,) = RulesExtractor().extract([article])
    assert (whole.entities, whole.quotes, whole.stances) == (entities, quotes, find_stances(article, entities, quotes))


@pytest.mark.parametrize("extractor", [RulesExtractor(), TrivialExtractor()], ids=["rules", "trivial"])
def test_protocol(extractor: Extractor) -> None:
    assert isinstance(extractor, Extractor)
    assert extractor.layers == ("entities", "quotes", "stances")
    assert extractor.fingerprint() == type(extractor)().fingerprint()
    assert len(extractor.fingerprint()) == 64
    assert extractor.extract([]) == []


def test_fingerprints_differ() -> None:
    assert RulesExtractor().fingerprint() != TrivialExtractor().fingerprint()


def test_import_reads_no_word_list() -> None:
    code = (
        "import evalkit.extractors.rules.extractor, evalkit.text.word_lists as lexicons, sys\n"
        "assert lexicons._sections.cache_info().currsize == 0\n"
        "assert 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def spans_of(result: Annotations) -> list[Span]:
    spans = [span for entity in result.entities or () for span in entity.spans]
    for quote in result.quotes or ():
        spans += [*quote.content, *quote.cue, *([quote.speaker] if quote.speaker else [])]
    return spans + [span for stance in result.stances or () for span in stance.evidence]


def check(article: Article, result: Annotations) -> None:
    text = article.text
    boilerplate = ZoneIndex(zone for zone in article.zones if zone.kind == "boilerplate")
    for span in spans_of(result):
        assert 0 <= span.start < span.end <= len(text)
        assert text[span.start : span.end] == text[span.start : span.end].strip()
        assert boilerplate.first(span) is None
    names = {entity.entity_id for entity in result.entities or ()}
    for quote in result.quotes or ():
        assert quote.kind in QUOTE_KINDS
        assert list(quote.content) == sorted(quote.content)
        assert quote.speaker_id is None or quote.speaker_id in names
    for stance in result.stances or ():
        assert stance.label in STANCE_LABELS
        assert stance.holder in names
        assert stance.target in names or stance.target.startswith(TOPIC_PREFIX)
        assert stance.evidence
    for layer in (result.entities, result.quotes, result.stances):
        assert layer is not None
        assert len({item.id for item in layer}) == len(layer)


MARKS = [
    "“",
    "”",
    "‘",
    "’",
    "'",
    '"',
    "«",
    "»",
    "„",
    "\n",
    "\r\n",
    "\n\n",
    " ",
    ", ",
    ". ",
    ":",
    "\u00a0",
    "\u2003",
    "\u2028",
    "\x1e",
    "\t",
    "©",
    "e\u0301",
    "🚢",
]
WORDS = [
    " said ",
    " that ",
    "according to",
    "Moen",
    "May",
    "U.S.",
    "the",
    "(BGO)",
    " called “",
    "12.30 ",
    "OSLO (AP) - ",
]
PIECES = st.sampled_from([*PAGE.split("\n\n"), *MARKS, *WORDS])
TEXTS = st.one_of(st.lists(PIECES, max_size=14).map("".join), st.text(max_size=60))


@given(TEXTS)
@settings(max_examples=200)
def test_any_text_gives_valid_spans(text: str) -> None:
    article = zoned(Article(id="a", text=text))
    for extractor in (RulesExtractor(), TrivialExtractor()):
        (result,) = extractor.extract([article])
        check(article, result)


@given(st.lists(TEXTS, max_size=4))
@settings(max_examples=30)
def test_articles_do_not_know_each_other(texts: list[str]) -> None:
    articles = [Article(id=str(number), text=text) for number, text in enumerate(texts)]
    together = RulesExtractor().extract(articles)
    assert list(reversed(RulesExtractor().extract(articles[::-1]))) == list(together)
    assert [RulesExtractor().extract([article])[0] for article in articles] == list(together)


@pytest.mark.parametrize("word", ["Swedish ", "Mr ", "Ida ", "Bank of ", "“", "‘a ", "12.30 ", "he said, "])
def test_one_word_over_and_over(word: str) -> None:
    check(*annotate("Nobody slept.\n\n" + word * 3000))


def test_a_long_article_is_read_to_its_end() -> None:
    # 200 copies of the page without its furniture, about 60,000 characters.
    body = "\n\n".join(PAGE.split("\n\n")[3:-1])
    _, result = annotate("\n\n".join([body] * 200))
    assert len(result.quotes or ()) >= 200
