"""Strings found again in the text: tables of what a model returns, and laws."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.dataset.loading.load import load_dataset
from evalkit.extractors.llm.annotations import ground_draft
from evalkit.extractors.llm.fidelity import FIDELITY, ground_content
from evalkit.extractors.llm.grounding import MARKS, Mention, Page, ground_mentions, nearest, plain
from evalkit.extractors.llm.schema import Draft, DraftEntity, DraftQuote, DraftStance
from evalkit.records import Span

LAYERS = ("entities", "quotes", "stances")

PAGE = (
    "Grace Okafor, director of the port of Lagos, said on Monday: “We’ve waited ten years – and nobody listened.”\n"
    "“The plan is dead,” she added, “and it will not come back.”\n"
    "Mayor Ana Ruiz told reporters that the bridge\u00a0was safe. Maybe May will visit in May.\n"
    "“The plan is dead,” said Okafor's deputy.\n"
)


def found(text: str, *mentions: str | Mention) -> list[tuple[str | int | None, str]]:
    """Where each mention begins, or None, and how it was recognised."""
    asked = [mention if isinstance(mention, Mention) else Mention(mention) for mention in mentions]
    return [(one.span and one.span.start, one.how) for one in ground_mentions(Page(text), asked)]


@pytest.mark.parametrize(
    ("text", "mentions", "expected"),
    [
        pytest.param("Moen met Moen", ["Moen", "Moen"], [(0, "exact"), (9, "exact")], id="n-th copy, n-th occurrence"),
        pytest.param(
            "Moen met", ["Moen", "Moen"], [(0, "exact"), (None, "surplus")], id="more copies than occurrences"
        ),
        pytest.param("Moen met", ["Ruiz"], [(None, "absent")], id="not there"),
        pytest.param("Maybe May came", ["May"], [(6, "exact")], id="not inside a word"),
        pytest.param(
            "Maybe May came", ["May", "May"], [(6, "exact"), (None, "surplus")], id="never inside a word then"
        ),
        pytest.param("pro-Europeans", ["European"], [(4, "exact")], id="inside a word if nowhere else"),
        pytest.param("東京都知事", ["東京"], [(0, "exact")], id="no spaces between words"),
        pytest.param("the O’Neill plan", ["O'Neill"], [(4, "typography")], id="curly apostrophe"),
        pytest.param("New\u00a0York", ["New York"], [(0, "typography")], id="no-break space"),
        pytest.param("New\n  York", ["New York"], [(0, "typography")], id="line break"),
        pytest.param("Baden–Baden", ["Baden-Baden"], [(0, "typography")], id="dash"),
        pytest.param("Caf\u00e9 Z", ["Cafe\u0301 Z"], [(0, "typography")], id="composed accent"),
        pytest.param("Cafe\u0301 Z", ["Cafe"], [(None, "absent")], id="an accent is part of its letter"),
        pytest.param("ﬁve men", ["five men"], [(0, "typography")], id="ligature"),
        pytest.param("ﬁve men", ["ive men"], [(None, "absent")], id="half a ligature"),
        pytest.param("Ha\u00admar won", ["Hamar"], [(0, "typography")], id="soft hyphen"),
        pytest.param("OSLO fell", ["Oslo"], [(0, "case")], id="capitals in a headline"),
        pytest.param(
            "OSLO: Oslo", ["Oslo", "Oslo"], [(6, "exact"), (None, "surplus")], id="case only as a last resort"
        ),
        pytest.param("they told us", ["US"], [(None, "absent")], id="us is not the US"),
        pytest.param("Moen", ["  Moen "], [(0, "exact")], id="white space around"),
        pytest.param("a b", ["", " ", "\u200b", "\0"], [(None, "absent")] * 4, id="nothing"),
        pytest.param("Lie & Sons won", ["Lie &amp; Sons"], [(0, "typography")], id="a reference of HTML in the answer"),
        pytest.param("Lie &amp; Sons won", ["Lie & Sons"], [(0, "typography")], id="a reference of HTML in the text"),
        pytest.param("&lt;Lie&gt; won", ["<Lie>", "Lie"], [(0, "typography"), (4, "exact")], id="several"),
        pytest.param("O&#39;Neill &#x2013; Zo&euml;", ["O'Neill – Zoë"], [(0, "typography")], id="numbers and names"),
        pytest.param("AT&T; Lie", ["AT&T; Lie", "&nosuch;"], [(0, "exact"), (None, "absent")], id="no reference"),
        pytest.param("a O’N O'N", ["O'N", "O'N"], [(6, "exact"), (2, "typography")], id="exact before typography"),
    ],
)
def test_mentions(text: str, mentions: list[str], expected: list[tuple[int | None, str]]) -> None:
    assert found(text, *mentions) == expected


def test_the_words_before_a_mention_choose_first() -> None:
    text = "Bergen City Council met in Bergen. The Bergen fans left."
    # The third mention knows its place, so the first one, which knows nothing, gets what is left.
    mentions = Mention("Bergen"), Mention("Bergen", "Council met in"), Mention("Bergen", "… “The")
    assert [start for start, _ in found(text, *mentions)] == [0, 27, 39]


def test_an_occurrence_inside_a_longer_mention_comes_last() -> None:
    text = "Ida Moen spoke. Moen left."
    assert [start for start, _ in found(text, "Moen", "Ida Moen")] == [16, 0]
    assert [start for start, _ in found(text, "Ida Moen", "Moen", "Moen")] == [0, 16, 4]


def test_words_before_that_are_nowhere_do_no_harm() -> None:
    assert found("Oslo", Mention("Oslo", "the city of")) == [(0, "exact")]


def test_nothing_is_found_in_what_is_hidden() -> None:
    page = Page("Oslo News\nOslo won", [Span(0, 9)])
    assert [one.span for one in ground_mentions(page, [Mention("Oslo")] * 2)] == [Span(10, 14), None]
    assert len(page.text) == len("Oslo News\nOslo won")


@pytest.mark.parametrize(
    ("string", "anchor", "expected"),
    [
        pytest.param("she", Span(20, 24), 16, id="nearer on the left"),
        pytest.param("she", Span(0, 2), 4, id="nearer on the right"),
        pytest.param("she", Span(3, 9), 16, id="not inside the quote if there is another"),
        pytest.param("he", Span(0, 2), 4, id="inside a word if nowhere else"),
    ],
)
def test_nearest(string: str, anchor: Span, expected: int) -> None:
    #         0   4        13 16  20
    page = Page("if, she knew xx she said")
    assert nearest(page, string, [anchor]).span == Span(expected + (string == "he"), expected + 3)


def test_nearest_of_nothing() -> None:
    assert nearest(Page("a"), "b", [Span(0, 1)]).span is None


def content(*strings: str, text: str = PAGE, taken: tuple[Span, ...] = ()) -> tuple[list[str], str]:
    """The words that the content is grounded to, and its fidelity."""
    grounded = ground_content(Page(text), strings, taken)
    return [text[span.start : span.end] for span in grounded.spans], grounded.fidelity


WAITED = "“We’ve waited ten years – and nobody listened.”"


@pytest.mark.parametrize(
    ("strings", "expected", "fidelity"),
    [
        pytest.param([WAITED], [WAITED], "exact", id="letter for letter"),
        pytest.param(['"We\'ve waited ten years - and nobody listened."'], [WAITED], "exact", id="straight marks"),
        pytest.param(["«We've waited ten years – and nobody listened»."], [WAITED], "exact", id="stop outside"),
        pytest.param(
            ["“We've waited ten years – and nobody listened”"],
            [WAITED],
            "exact",
            id="without the stop inside the marks",
        ),
        pytest.param(
            ["We've waited ten years – and nobody listened."], [WAITED[1:-1]], "exact", id="without marks, as it said"
        ),
        pytest.param(
            ["“The plan is dead,”", "“and it will not come back.”"],
            ["“The plan is dead,”", "“and it will not come back.”"],
            "exact",
            id="interrupted",
        ),
        pytest.param(["that the bridge was safe"], ["that the bridge\u00a0was safe"], "exact", id="no-break space"),
        pytest.param(["“THE PLAN IS DEAD,”"], ["“The plan is dead,”"], "case", id="capitals"),
        pytest.param(
            ["“The plan is dead, and it will not come back.”"],
            ["“The plan is dead,”", "“and it will not come back.”"],
            "merged",
            id="merged over its cue",
        ),
        pytest.param(
            ["“We've waited ten years and the bridge was safe”"],
            ["“We’ve waited ten years – and", "the bridge\u00a0was safe"],
            "merged",
            id="merged from two speakers",
        ),
        # 10 words of 11 are there; by characters far above 0.8.
        pytest.param(["“We have waited ten years – and nobody listened.”"], [WAITED], "altered", id="a word changed"),
        pytest.param(["“We’ve waited years – and nobody listened.”"], [WAITED], "altered", id="a word left out"),
        pytest.param(
            ["“They’ve waited ten years and nobody listened.”"], [WAITED], "altered", id="the first word changed"
        ),
        pytest.param(["“the bridge was safe”"], ["the bridge\u00a0was safe"], "altered", id="put in quotation marks"),
        pytest.param(["“We shall sell the harbour to Norway.”"], [], "invented", id="invented"),
        pytest.param(["“Resign!”"], [], "invented", id="one invented word"),
        pytest.param(
            ["“The plan is dead,”", "“Resign!”"], ["“The plan is dead,”"], "altered", id="half of it invented"
        ),
        pytest.param(["…"], [], "invented", id="no words"),
    ],
)
def test_content(strings: list[str], expected: list[str], fidelity: str) -> None:
    assert content(*strings) == (expected, fidelity)


@pytest.mark.parametrize(
    ("string", "expected"),
    [
        pytest.param("&quot;The plan is dead,&quot;", ["“The plan is dead,”"], id="whole"),
        pytest.param("&ldquo;The plan is dead, and it will not come back.&rdquo;", None, id="merged"),
    ],
)
def test_content_with_references_of_html_is_that_without(string: str, expected: list[str] | None) -> None:
    page = Page(PAGE)
    plainly = ground_content(page, [string.replace("&quot;", '"').replace("&ldquo;", "“").replace("&rdquo;", "”")])
    found = ground_content(page, [string])
    assert found == plainly
    assert expected is None or [PAGE[span.start : span.end] for span in found.spans] == expected


def test_the_same_quote_twice_stands_at_two_places() -> None:
    page = Page(PAGE)
    first = ground_content(page, ["“The plan is dead,”"]).spans
    second = ground_content(page, ["“The plan is dead,”"], first)
    third = ground_content(page, ["“The plan is dead,”"], [*first, *second.spans])
    assert first < second.spans
    assert (third.spans, third.fidelity) == ((), "surplus")


def test_a_later_stretch_is_looked_for_behind_the_earlier_one() -> None:
    text = "“No,” he said. “We lost,” she said, “no, really.” “No,” they said."
    assert ground_content(Page(text), ["“We lost,”", "“No,”"]).spans == (Span(15, 25), Span(50, 55))


@pytest.mark.parametrize(
    ("text", "string", "expected", "fidelity"),
    [
        pytest.param(
            "“A bad day.\n\n“We lost.” Oh", "“A bad day. We lost.”", ["“A bad day.", "“We lost.”"], "exact", id="one"
        ),
        pytest.param(
            "“A bad day.”\n\n“We lost.” Oh", "“A bad day. We lost.”", ["“A bad day.”", "“We lost.”"], "merged", id="two"
        ),
        pytest.param(
            "“A bad day.\n\nWe lost.” Oh", "“A bad day. We lost.”", ["“A bad day.\n\nWe lost.”"], "exact", id="no mark"
        ),
    ],
)
def test_content_over_paragraphs(text: str, string: str, expected: list[str], fidelity: str) -> None:
    assert content(string, text=text) == (expected, fidelity)


def test_a_draft_becomes_annotations_that_know_each_other() -> None:
    draft = Draft(
        entities=(
            DraftEntity(before="", text="Grace Okafor", label="PER", id="okafor"),
            DraftEntity(before="of", text="Lagos", label="GPE", id=None),
            DraftEntity(before="", text="Oslo", label="GPE", id="oslo"),
        ),
        quotes=(
            DraftQuote(content=(WAITED,), kind="direct", cue="said", speaker="Grace Okafor", speaker_id="grace okafor"),
            DraftQuote(content=("“Never.”",), kind="direct", cue=None, speaker="Okafor", speaker_id="okafor"),
            DraftQuote(content=("“The plan is dead,”",), kind="direct", cue="cried", speaker="Xi", speaker_id="xi"),
        ),
        stances=(
            DraftStance(holder="okafor", target="The Port Plan", label="against", evidence=("nobody listened",)),
            DraftStance(holder="the author", target="okafor", label="favor", evidence=("never",)),
        ),
    )
    made = ground_draft(Page(PAGE), draft, LAYERS)
    entities, quotes, stances = made.annotations.entities, made.annotations.quotes, made.annotations.stances
    assert entities is not None
    assert quotes is not None
    assert stances is not None
    assert [(entity.entity_id, PAGE[slice(*entity.spans[0])]) for entity in entities] == [
        ("okafor", "Grace Okafor"),
        (None, "Lagos"),
    ]
    # "said" stands before the quote and further down; the nearer one is meant. A speaker called by name gets the id.
    assert [(quote.id, quote.cue, quote.speaker, quote.speaker_id) for quote in quotes] == [
        ("q1", (Span(45, 49),), Span(0, 12), "okafor"),
        ("q2", (), None, "xi"),
    ]
    assert [(stance.holder, stance.target, stance.quote_id) for stance in stances] == [
        ("okafor", "topic:the-port-plan", "q1"),
        ("author", "okafor", None),
    ]
    assert made.usage == {
        "exact_quotes": 2,
        "invented_quotes": 1,
        "ungrounded_cues": 1,
        "ungrounded_entities": 1,
        "ungrounded_evidence": 1,
        "ungrounded_speakers": 1,
        "unlinked_speakers": 1,
    }


STRAIGHT = str.maketrans("“”‘’–\n", "\"\"''- ")


def test_gold_that_is_typed_anew_with_straight_marks_comes_back_whole() -> None:
    """All of the bundled test split: mentions with the three words before them, quotes in the order of the text."""
    for example in load_dataset(None, split="test").examples:
        text, gold = example.article.text, example.gold
        entities = sorted((entity.spans[0].start, -entity.spans[0].end) for entity in gold.entities or ())
        quotes = sorted(quote.content for quote in gold.quotes or ())
        draft = Draft(
            entities=tuple(
                DraftEntity(
                    before=" ".join(text[:start].split()[-3:]).translate(STRAIGHT),
                    text=text[start:-end].translate(STRAIGHT),
                    label="PER",
                    id=None,
                )
                for start, end in entities
            ),
            quotes=tuple(
                DraftQuote(
                    content=tuple(text[start:end].translate(STRAIGHT) for start, end in spans),
                    kind="direct",
                    cue=None,
                    speaker=None,
                    speaker_id=None,
                )
                for spans in quotes
            ),
        )
        made = ground_draft(Page(text), draft, LAYERS)
        assert [entity.spans[0] for entity in made.annotations.entities or ()] == [Span(s, -e) for s, e in entities]
        for quote, spans in zip(made.annotations.quotes or (), quotes, strict=True):
            if quote.content != spans:
                # A short piece may stand in the headline, too: the first place is taken.
                pieces = [text[start:end] for start, end in spans]
                assert [text[start:end] for start, end in quote.content] == pieces
                assert any(text.count(piece) > 1 for piece in pieces)
        assert made.usage == ({"exact_quotes": len(quotes)} if quotes else {})


ALPHABET = "ab Mé\u0301 \n\u00a0.,-–" + MARKS[:8] + "”ﬁß東\u00ad"
TEXTS = st.text(ALPHABET, max_size=60)
STRINGS = st.lists(st.text(ALPHABET, max_size=8), max_size=8)


def pieces(text: str) -> st.SearchStrategy[str]:
    """Stretches of the text."""
    return st.tuples(st.integers(0, len(text)), st.integers(0, 12)).map(lambda at: text[at[0] : at[0] + at[1]])


@given(st.data(), TEXTS, STRINGS)
def test_every_mention_is_accounted_for_once_at_a_place_of_its_own(data: st.DataObject, text: str, strings: list[str]):
    asked = [Mention(one, before) for one in [*strings, *data.draw(st.lists(pieces(text)))] for before in ("", "a b")]
    page = Page(text)
    grounded = ground_mentions(page, asked)
    assert len(grounded) == len(asked)
    spans = [one.span for one in grounded if one.span is not None]
    assert len(set(spans)) == len(spans)
    for mention, one in zip(asked, grounded, strict=True):
        if one.span is None:
            assert one.how in ("surplus", "absent")
            continue
        there = text[one.span.start : one.span.end]
        assert 0 <= one.span.start < one.span.end <= len(text)
        assert {
            "exact": there == mention.text.strip(),
            "typography": plain(there) == plain(mention.text),
            "case": plain(there, case=True) == plain(mention.text, case=True),
        }[one.how]


@given(st.data(), st.text("ab M.", min_size=1, max_size=60))
def test_what_was_copied_is_found(data: st.DataObject, text: str) -> None:
    copied = data.draw(pieces(text))
    (one,) = ground_mentions(Page(text), [Mention(copied)])
    assert (one.how == "exact") == bool(copied.strip())


# Without free combining marks: their order among each other, which has normal forms too, is left as it is.
@given(st.text(st.characters(exclude_categories=["Cs", "M"]), max_size=40))
def test_a_text_stands_in_itself_in_any_normal_form(text: str) -> None:
    whole = Page(text).occurrences(text)
    assert bool(whole) == bool(plain(text) and "\0" not in text.strip())
    for form in ("NFC", "NFD"):
        other = unicodedata.normalize(form, text)  # type: ignore[arg-type]
        assert bool(Page(text).occurrences(other)) == bool(whole)


@given(st.data(), TEXTS, STRINGS)
def test_every_quote_has_one_fidelity_and_spans_that_fit(data: st.DataObject, text: str, strings: list[str]) -> None:
    page = Page(text)
    strings = [*strings, *data.draw(st.lists(pieces(text), max_size=4)), "a a b b", "“a b M”"]
    made = ground_content(page, strings)
    assert len(made.stretches) == len(strings)
    assert made.fidelity in FIDELITY
    assert (made.fidelity in ("invented", "surplus")) == (not made.spans)
    for stretch in made.stretches:
        assert bool(stretch.spans) == (stretch.how not in ("invented", "surplus"))
        assert len(stretch.spans) <= 1 or stretch.how in ("exact", "merged")
        assert all(0 <= span.start < span.end <= len(text) for span in stretch.spans)
    assert all(left.end <= right.start for left, right in zip(made.spans, made.spans[1:], strict=False))


@given(st.data(), TEXTS, STRINGS)
def test_every_item_of_an_answer_is_annotated_or_counted(data: st.DataObject, text: str, strings: list[str]) -> None:
    strings = [string for string in [*strings, *data.draw(st.lists(pieces(text), max_size=4))] if string.strip()]
    draft = Draft(
        entities=tuple(DraftEntity(before="", text=string, label="PER", id=None) for string in strings),
        quotes=tuple(
            DraftQuote(content=(string,), kind="direct", cue=string, speaker=string, speaker_id=None)
            for string in strings
        ),
        stances=tuple(DraftStance(holder="a", target="b", label="favor", evidence=(string,)) for string in strings),
    )
    made = ground_draft(Page(text), draft, LAYERS)
    usage, annotations = made.usage, made.annotations
    assert len(annotations.entities or ()) + usage.get("ungrounded_entities", 0) + usage.get(
        "surplus_entities", 0
    ) == len(strings)
    assert sum(usage.get(f"{kind}_quotes", 0) for kind in FIDELITY) == len(strings)
    lost = usage.get("invented_quotes", 0) + usage.get("surplus_quotes", 0)
    assert len(annotations.quotes or ()) == len(strings) - lost
    assert len(annotations.stances or ()) == len(strings)
