"""`llm:` and long articles: where they are cut, and that parts give what the whole would have given."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.extractors.base import ArticleFailure, Extracted
from evalkit.extractors.llm.joining import join_windows
from evalkit.extractors.llm.windows import Window, cut_windows
from evalkit.extractors.table import load_extractor
from evalkit.records import Annotations, Article, Entity, Quote, Span, Stance, Zone
from tests.extractors.llm.server import Handler, Row, Server, completion, says, serving

NAMES = {"Ida Moen": "PER", "Moen": "PER", "Harbour Union": "ORG", "Bergen": "GPE"}
PARAGRAPH = 'Ida Moen lives in Bergen. "We will not move," said Moen. The Harbour Union agreed.'
LONG = "\n".join(f"{number}. {PARAGRAPH}" for number in range(1, 31))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.delenv("EVALKIT_LLM_API_KEY", raising=False)
    with serving() as state:
        yield state


def extract(server: Server, article: Article, **options: str) -> Extracted | ArticleFailure:
    extractor = load_extractor("llm:fake", options={"base_url": server.url, "pause": "0.01", **options})
    (found,) = extractor.extract([article])
    assert not isinstance(found, Annotations)
    return found


def careful(handler: Handler, body: Row) -> None:
    """A model that finds every name and every quotation in what it is shown; its ids are numbers, as some make them."""
    text = body["messages"][1]["content"]
    found = list(re.finditer("|".join(NAMES), text))
    ids = {name: str(number) for number, name in enumerate(dict.fromkeys(one[0] for one in found))}
    ids["Moen"] = ids.get("Ida Moen", ids.get("Moen", ""))
    answer = {
        "entities": [
            {"before": text[: one.start()][-20:], "text": one[0], "label": NAMES[one[0]], "id": ids[one[0]]}
            for one in found
        ],
        "quotes": [
            {"content": [one[0]], "kind": "direct", "cue": "said", "speaker": "Moen", "speaker_id": ids["Moen"]}
            for one in re.finditer('"[^"]+"', text)
        ],
        "stances": [{"holder": ids["Moen"], "target": "topic:move", "label": "against", "evidence": ["not move"]}],
    }
    handler.say(completion(json.dumps(answer)))


def named(found: Annotations) -> list[tuple[Span, str, str | None]]:
    """The entities, their ids as the first mention of the thing."""
    first: dict[str | None, str] = {}
    return [(e.spans[0], e.label, first.setdefault(e.entity_id, e.id)) for e in found.entities or ()]


def test_parts_give_what_the_whole_gives(server: Server) -> None:
    server.replies = [careful]
    article = Article(id="a", text=LONG)
    whole, parts = extract(server, article, window="0"), extract(server, article, window="700", overlap="200")
    assert isinstance(whole, Extracted)
    assert isinstance(parts, Extracted)
    assert parts.usage["windows"] == len(server.requests) - 1 == 5
    # Of each paragraph: four names and one quotation.
    assert len(named(whole.annotations)) == 120
    assert named(parts.annotations) == named(whole.annotations)
    said = [[(q.content, q.cue, q.speaker) for q in f.annotations.quotes or ()] for f in (whole, parts)]
    assert len(said[0]) == 30
    assert said[0] == said[1]
    speakers = {quote.speaker_id for quote in parts.annotations.quotes or ()}
    (stance,) = parts.annotations.stances or ()
    assert {stance.holder} == speakers == {(parts.annotations.entities or ())[0].entity_id}
    assert stance.quote_id == "q1"
    assert [LONG[start:end] for start, end in stance.evidence] == ["not move"] * 5
    assert parts.usage["repeated_stances"] == 4
    assert parts.usage["repeated_entities"] == shown_again(server) > 0


def shown_again(server: Server) -> int:
    """How many names more there are in the parts than in the whole, which was asked about first."""
    whole, *parts = [len(re.findall("|".join(NAMES), body["messages"][1]["content"])) for body in server.requests]
    return sum(parts) - whole


def test_an_article_that_fits_is_asked_about_once(server: Server) -> None:
    found = extract(server, Article(id="a", text=PARAGRAPH), window=str(len(PARAGRAPH)))
    assert isinstance(found, Extracted)
    assert len(server.requests) == 1
    assert "windows" not in found.usage


def test_boilerplate_is_neither_shown_nor_counted_as_length(server: Server) -> None:
    server.replies = [careful]
    header = "Moen Post | Bergen " * 50
    page = Article(
        id="a",
        text=f"{header}\n{PARAGRAPH}",
        zones=(Zone("boilerplate", 0, len(header)), Zone("body", len(header) + 1, len(header) + 1 + len(PARAGRAPH))),
    )
    found = extract(server, page, window="120", overlap="0")
    assert isinstance(found, Extracted)
    assert len(server.requests) == 1
    assert {entity.spans[0].start > len(header) for entity in found.annotations.entities or ()} == {True}


def test_a_part_without_an_answer_fails_the_article_and_is_named(server: Server) -> None:
    server.replies = [careful, says("no")]
    found = extract(server, Article(id="a", text=LONG), window="2000", overlap="0", attempts="1")
    assert isinstance(found, ArticleFailure)
    assert found.message.startswith("part 2 of 2: no answer could be read in 1 attempts")
    assert found.usage["requests"] == 2


@given(
    text=st.text(alphabet=st.sampled_from(list("Aa. \n“”é🙂")), max_size=120),
    size=st.integers(1, 40),
    share=st.floats(0, 0.5),
    hidden=st.tuples(st.integers(0, 120), st.integers(0, 60)),
)
def test_windows_cover_the_text_once_and_fit(text: str, size: int, share: float, hidden: tuple[int, int]) -> None:
    start = min(hidden[0], len(text))
    end = min(start + hidden[1], len(text))
    zones = (Zone("boilerplate", start, end),) if start < end else ()
    windows = cut_windows(Article(id="a", text=text, zones=zones), size, int(size * share))
    assert [window.own for window in windows] == sorted(window.own for window in windows)
    for at, character in enumerate(text):
        if not character.isspace() and not start <= at < end:
            assert sum(window.own.start <= at < window.own.end for window in windows) == 1
    for window in windows:
        assert len(window.shown.strip()) <= size
        assert window.start <= window.own.start
        assert window.own.end <= window.start + len(window.page.text)
        there = text[window.start : window.start + len(window.page.text)]
        assert all(seen in ("\0", real) for seen, real in zip(window.page.text, there, strict=True))
        assert window.page.text.replace("\0", "") == window.shown


def test_windows_are_cut_between_sentences() -> None:
    text = "One goes. Two goes. Three goes.\nFour goes."
    shown = [window.shown for window in cut_windows(Article(id="a", text=text), 26, 12)]
    # With the third the first would have 32 characters; its 13 are too many to be shared with the last.
    assert shown == ["One goes. Two goes.", " Two goes. Three goes.\n", "Four goes."]


# Joining: two windows of a text of 40 characters that share 15 to 25, divided at 20.

TEXT = "Moen met Moen and Sand. Moen left Sand. "


def window(at: int) -> Window:
    (alone,) = cut_windows(Article(id="a", text=TEXT), 0, 0)
    start = (0, 15)[at]
    own = (Span(0, 20), Span(20, 40))[at]
    return Window(start=start, own=own, shown=alone.shown, page=alone.page)


def entity(start: int, end: int, name: str | None, label: str = "PER") -> Entity:
    return Entity(id="x", spans=(Span(start, end),), label=label, entity_id=name)


def quote(start: int, end: int, speaker: str = "m") -> Quote:
    return Quote(id="x", kind="direct", content=(Span(start, end),), speaker_id=speaker)


def stance(label: str, start: int, holder: str = "m") -> Stance:
    return Stance(id="x", holder=holder, target="topic:t", label=label, evidence=(Span(start, start + 2),))


def join(*parts: Annotations) -> tuple[Annotations, dict[str, float]]:
    layers = ("entities", "quotes", "stances")
    return join_windows(Article(id="a", text=TEXT), [(window(at), part) for at, part in enumerate(parts)], layers)


def ids(first: Sequence[Entity], second: Sequence[Entity]) -> list[str | None]:
    found, _ = join(Annotations(entities=tuple(first)), Annotations(entities=tuple(second)))
    return [one.entity_id for one in found.entities or ()]


# Offsets of the second window are less by 15: 9 is "Moen" at 24, 19 is "Sand" at 34, 3 is "Sand" at 18.
@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param([entity(0, 4, "1")], [entity(9, 13, "7")], ["1", "1"], id="the same words are one thing"),
        pytest.param(
            [entity(0, 4, "1")],
            [entity(9, 13, "1", "ORG")],
            ["1", "1-2"],
            id="not under another label, equal ids or not",
        ),
        pytest.param(
            [entity(0, 4, "1"), entity(9, 13, "2")],
            [entity(9, 13, "3")],
            ["1", "2", "3"],
            id="two of one name: nobody can tell which",
        ),
        pytest.param(
            [entity(0, 4, "1"), entity(18, 22, "2", "ORG")],
            [entity(3, 7, "5"), entity(19, 23, "5")],
            ["1", "2", "2"],
            id="the same place is one thing, whatever the label",
        ),
        pytest.param([entity(0, 4, "1")], [entity(19, 23, "1")], ["1", "1-2"], id="equal numbers say nothing"),
        pytest.param(
            [entity(0, 4, "ida-moen")], [entity(9, 13, "ida-moen", "ORG")], ["ida-moen"] * 2, id="equal names do"
        ),
        pytest.param(
            [entity(0, 4, "a")],
            [entity(9, 13, "b"), entity(19, 23, "a")],
            ["a", "a", "a-2"],
            id="an id that another thing has already",
        ),
        pytest.param([entity(0, 4, None)], [entity(9, 13, None)], [None, None], id="no ids"),
    ],
)
def test_things_in_two_windows(first: list[Entity], second: list[Entity], expected: list[str | None]) -> None:
    assert ids(first, second) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected", "repeated"),
    [
        pytest.param([quote(16, 19)], [quote(1, 4)], [(16, 19)], 1, id="left of the middle: the first"),
        pytest.param([quote(21, 24)], [quote(6, 9)], [(21, 24)], 1, id="right of the middle: the second"),
        pytest.param([quote(21, 24)], [], [], 1, id="the second did not have it, and it counts"),
        pytest.param([quote(18, 25)], [quote(6, 20)], [(21, 35)], 1, id="of two that overlap the longer one"),
        pytest.param([quote(10, 25)], [quote(6, 8)], [(10, 25)], 1, id="the longer one is the first"),
        pytest.param([quote(2, 9), quote(5, 8)], [], [(2, 9), (5, 8)], 0, id="two of one window may overlap"),
    ],
)
def test_quotes_in_two_windows(
    first: list[Quote], second: list[Quote], expected: list[tuple[int, int]], repeated: int
) -> None:
    found, counts = join(Annotations(quotes=tuple(first)), Annotations(quotes=tuple(second)))
    assert [tuple(one.content[0]) for one in found.quotes or ()] == expected
    assert counts.get("repeated_quotes", 0) == repeated


def test_a_stance_in_two_windows() -> None:
    found, counts = join(
        Annotations(stances=(stance("favor", 0), stance("neutral", 3, "n"))),
        Annotations(stances=(stance("against", 5), stance("against", 9), stance("neutral", 1, "n"))),
    )
    assert [(one.holder, one.label, one.evidence) for one in found.stances or ()] == [
        ("m", "against", (Span(20, 22), Span(24, 26))),
        ("n", "neutral", (Span(3, 5), Span(16, 18))),
    ]
    assert counts == {"conflicting_stances": 1, "repeated_stances": 2}
