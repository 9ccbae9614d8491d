"""Ways of counting: offsets into code points and back, and the cause that explains every item of an article."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evalkit.errors import InputError
from evalkit.records import Span
from evalkit.text.counting import CODE_POINTS, COUNTINGS, FORMS, Counting, Ruler, explained_by, parse_counting

TEXT = "🚢 Åse  Ek left\r\nOslo."
# Code points: 🚢 0, blank 1, Åse 2-5, two blanks 5-7, Ek 7-9, blank 9, left 10-14, CR LF 14-16, Oslo 16-20, stop 20.


@pytest.mark.parametrize(
    ("option", "counted"),
    [
        ("codepoint", (16, 20)),
        ("utf-16", (17, 21)),  # the ship is two units
        ("utf-8", (20, 24)),  # the ship is four bytes, Å two
        ("inclusive", (16, 19)),
        ("one-based", (17, 21)),
        ("one-based,inclusive", (17, 20)),
        ("utf-16,inclusive", (17, 20)),
        ("UTF16 , one_based", (18, 22)),
        ("utf-8,inclusive,one-based", (21, 24)),
    ],
)
def test_an_option(option: str, counted: tuple[int, int]) -> None:
    ruler = Ruler(TEXT, parse_counting(option))
    assert ruler.span(Span(*counted)) == Span(16, 20)
    assert parse_counting(parse_counting(option).spelling) == parse_counting(option)


@pytest.mark.parametrize(
    ("form", "counted"),
    [
        ("lf", (15, 19)),
        ("nfd", (17, 21)),  # Å is two
        ("collapsed", (15, 19)),  # one of two blanks; a line end is one blank
        ("mojibake", (20, 24)),
    ],
)
def test_a_form(form: str, counted: tuple[int, int]) -> None:
    assert Ruler(TEXT, Counting(form=form)).span(Span(*counted)) == Span(16, 20)


@pytest.mark.parametrize(
    ("text", "form", "span", "counted"),
    [
        ("a\nb", "crlf", (2, 3), (3, 4)),
        ("a\r\nb", "crlf", (3, 4), (3, 4)),
        ("A\u030ase b", "nfc", (5, 6), (4, 5)),
        ("ﬁn b", "nfkc", (3, 4), (4, 5)),
        (" \n a b ", "stripped", (3, 4), (0, 1)),
        ("  a  b ", "squeezed", (5, 6), (2, 3)),
        ("\ufeffa", "no-bom", (1, 2), (0, 1)),
        ("한 b", "nfd", (2, 3), (4, 5)),
    ],
)
def test_forms_of_other_texts(text: str, form: str, span: tuple[int, int], counted: tuple[int, int]) -> None:
    assert Ruler(text, Counting(form=form)).span(Span(*counted)) == Span(*span)


@pytest.mark.parametrize(
    ("option", "span", "message"),
    [
        ("utf-16", (1, 3), "parts the character '🚢' at code point 0"),
        ("utf-8", (6, 9), "parts the character 'Å' at code point 2"),
        ("one-based", (0, 3), "begins before the text"),
        ("utf-16", (17, 30), "ends after the text, which has 22 UTF-16 code units"),
        ("inclusive", (5, 4), "is empty or ends before it starts"),
    ],
)
def test_what_is_no_span(option: str, span: tuple[int, int], message: str) -> None:
    ruler = Ruler(TEXT, parse_counting(option))
    assert ruler.span(Span(*span)) is None
    assert message in ruler.fault(Span(*span))


@pytest.mark.parametrize("text", ["", "utf-17", "utf-16,utf-8", "inclusiv", ","])
def test_no_way_of_counting(text: str) -> None:
    with pytest.raises(InputError, match="offsets"):
        parse_counting(text)


PIECES = st.sampled_from(
    ["Ida ", "Åse", "🎣", "\r\n", "\n", "  ", "x", "e\u0301", "ﬁ", "“no” ", "한", "\ufeff", ".", "ß"]
)


@st.composite
def texts_with_items(draw: st.DrawFn) -> tuple[str, list[Span]]:
    text = "".join(draw(st.lists(PIECES, min_size=4, max_size=25)))
    number = len(text)
    spans = draw(
        st.lists(
            st.tuples(st.integers(0, number - 1), st.integers(1, 6)).map(
                lambda p: Span(p[0], min(number, p[0] + p[1]))
            ),
            min_size=3,
            max_size=8,
        )
    )
    return text, spans


def _counted(ruler: Ruler, span: Span) -> Span | None:
    """The offsets that stand for a span in a way of counting, found by trying."""
    far = 5 * len(ruler.text) + 3
    starts = [own for own in range(far) if (found := ruler.span(Span(own, far))) is None or found.start == span.start]
    for start in starts:
        for end in range(start, min(far, start + 40)):
            if ruler.span(Span(start, end)) == span:
                return Span(start, end)
    return None


@settings(max_examples=60, deadline=None)
@given(texts_with_items(), st.sampled_from([one for one in COUNTINGS if one.oddities < 3]))
def test_the_true_cause_is_among_those_that_are_named(given_items: tuple[str, list[Span]], counting: Counting) -> None:
    text, spans = given_items
    ruler = Ruler(text, counting)
    counted = [_counted(ruler, span) for span in spans]
    assume(None not in counted)
    items = [([moved], text[span.start : span.end]) for moved, span in zip(counted, spans, strict=True) if moved]
    as_they_are = all(text[own.start : own.end] == claimed for (own,), claimed in items)
    named = explained_by(text, items)
    if as_they_are:
        return
    # Whatever is named, alone or with others, explains every item; something as simple as the truth always is.
    assert named
    assert named[0].oddities <= counting.oddities
    for own in named:
        other = Ruler(text, own)
        for (moved,), claimed in items:
            found = other.span(moved)
            assert found is not None
            assert claimed in (text[found.start : found.end], other.shown(moved))
    if named[0].oddities == counting.oddities:
        same = [own for own in named if Ruler(text, own).span(counted[0] or spans[0]) == spans[0]]
        assert same


@settings(deadline=None)
@given(texts_with_items(), st.sampled_from(COUNTINGS))
def test_a_span_is_inside_the_text_or_there_is_a_reason(
    given_items: tuple[str, list[Span]], counting: Counting
) -> None:
    text, spans = given_items
    ruler = Ruler(text, counting)
    for span in spans:
        found = ruler.span(span)
        assert (found is None) == bool(ruler.fault(span)) or counting.form
        assert found is None or 0 <= found.start < found.end <= len(text)


@given(st.text(max_size=40), st.sampled_from(["nfc", "nfd", "nfkc", "nfkd"]))
def test_pieces_of_a_unicode_form_make_the_whole(text: str, form: str) -> None:
    import unicodedata

    assert Ruler(text, Counting(form=form)).formed.text == unicodedata.normalize(form.upper(), text)  # type: ignore[arg-type]
    assert "".join(old for old, _ in FORMS[form].pieces(text)) == text


def test_nothing_explains_what_is_merely_wrong() -> None:
    items = [([Span(2, 5)], "Åse"), ([Span(16, 20)], "Rome")]
    assert explained_by(TEXT, items) == ()


def test_one_item_that_does_not_fit_forbids_a_cause() -> None:
    # Two of three count UTF-16 units, the third nothing known.
    items = [([Span(3, 6)], "Åse"), ([Span(17, 21)], "Oslo"), ([Span(7, 9)], "left")]
    assert explained_by(TEXT, items) == ()
    assert Counting("utf-16") in explained_by(TEXT, items[:2])


def test_code_points_are_themselves() -> None:
    assert Ruler(TEXT, CODE_POINTS).span(Span(2, 5)) == Span(2, 5)
    assert CODE_POINTS.words == "code points"
