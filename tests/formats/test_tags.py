"""Tag schemes: what sequences mean, what repair does, and that writing and reading agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import FormatError, InputError, UnknownNameError
from evalkit.formats.tags.schemes import NO_LABEL, REPAIRS, SCHEMES, decode_tags, encode_tags
from evalkit.formats.tags.tag_cells import count_labels, looks_like_tag, whole


def spans(tags: str, **options: str) -> list[tuple[int, int, str]]:
    return [tuple(span) for span in decode_tags(tags.split(" "), **options).spans]


@pytest.mark.parametrize(
    ("tags", "expected", "scheme"),
    [
        pytest.param("B-A I-A O B-B", [(0, 2, "A"), (3, 4, "B")], "IOB2", id="IOB2"),
        pytest.param(
            "I-A I-A B-A O I-B", [(0, 2, "A"), (2, 3, "A"), (4, 5, "B")], "IOB1", id="IOB1: B parts neighbours"
        ),
        pytest.param("I-A E-A E-A O E-B", [(0, 2, "A"), (2, 3, "A"), (4, 5, "B")], "IOE2", id="IOE2"),
        pytest.param(
            "I-A E-A I-A O I-B", [(0, 2, "A"), (2, 3, "A"), (4, 5, "B")], "IOE1", id="IOE1: E parts neighbours"
        ),
        pytest.param("B-A I-A E-A S-A O", [(0, 3, "A"), (3, 4, "A")], "IOBES", id="IOBES"),
        pytest.param("B-A I-A L-A U-A O", [(0, 3, "A"), (3, 4, "A")], "BILOU", id="BILOU"),
        pytest.param("B-A M-A E-A W-A O", [(0, 3, "A"), (3, 4, "A")], "IOBES", id="BMEWO"),
        pytest.param("A A O B", [(0, 2, "A"), (3, 4, NO_LABEL)], "IOB2", id="a lone B is a prefix"),
        pytest.param("PER PER O ORG ORG", [(0, 2, "PER"), (3, 5, "ORG")], "IO", id="IO: ORG is no O, PER no ER"),
        pytest.param("I-A I-A O I-B", [(0, 2, "A"), (3, 4, "B")], "IO", id="IO with I-"),
        pytest.param(
            "creative-work creative-work O E-mail", [(0, 2, "creative-work"), (3, 4, "E-mail")], "IO", id="hyphens"
        ),
        pytest.param("B-creative-work I-creative-work O", [(0, 2, "creative-work")], "IOB2", id="hyphen in a label"),
        pytest.param("PER-B PER-I O LOC-B", [(0, 2, "PER"), (3, 4, "LOC")], "IOB2", id="suffixes"),
        pytest.param("b-per i-per o", [(0, 2, "per")], "IOB2", id="lower case"),
        pytest.param("B_PER I_PER O", [(0, 2, "PER")], "IOB2", id="underscore"),
        pytest.param("B I O B", [(0, 2, NO_LABEL), (3, 4, NO_LABEL)], "IOB2", id="no label"),
        pytest.param("B-A,B-B I-B O", [(0, 1, "A"), (0, 2, "B")], "IOB2", id="several tags in a cell"),
        pytest.param("B-A|B-B I-A|I-B", [(0, 2, "A"), (0, 2, "B")], "IOB2", id="several tags, pipe"),
        pytest.param("O O", [], "IO", id="nothing"),
    ],
)
def test_schemes_are_found_and_read(tags: str, expected: list[tuple[int, int, str]], scheme: str) -> None:
    decoded = decode_tags(tags.split(" "))
    assert [tuple(span) for span in decoded.spans] == expected
    assert decoded.scheme == scheme


@pytest.mark.parametrize("cell", ["O", "o", "0", "_", "-", "", "null", "None", "NaN", "O-PER"])
def test_every_way_to_write_outside_ends_an_entity(cell: str) -> None:
    assert [tuple(span) for span in decode_tags(["B-A", cell, "I-A"]).spans] == [(0, 1, "A"), (2, 3, "A")]


@pytest.mark.parametrize(
    ("tags", "begin", "discard"),
    [
        pytest.param("O I-A I-A B-B", [(1, 3, "A"), (3, 4, "B")], [(3, 4, "B")], id="I after O"),
        pytest.param("B-A I-B O", [(0, 1, "A"), (1, 2, "B")], [(0, 1, "A")], id="I of another label"),
        pytest.param("B-A E-A I-A O", [(0, 2, "A"), (2, 3, "A")], [], id="E closes even in IOB2"),
        pytest.param(
            "S-A S-A O B-A", [(0, 1, "A"), (1, 2, "A"), (3, 4, "A")], [(3, 4, "A")], id="S is one token in IOB2"
        ),
        pytest.param("B-A X-A O", [(0, 2, "A")], [], id="unknown prefix"),
        pytest.param("B-A A O B-B", [(0, 2, "A"), (3, 4, "B")], [(3, 4, "B")], id="missing prefix"),
    ],
)
def test_repair_begin_and_discard(tags: str, begin: list[object], discard: list[object]) -> None:
    assert spans(tags, scheme="IOB2") == begin
    assert spans(tags, scheme="IOB2", repair="discard") == discard
    assert decode_tags(tags.split(" "), scheme="IOB2", repair="discard").repaired["discarded"] == len(begin) - len(
        discard
    )


def test_unclosed_entities_are_illegal_where_the_end_is_marked() -> None:
    assert spans("B-A I-A O", scheme="IOBES") == [(0, 2, "A")]
    assert spans("B-A I-A O", scheme="IOBES", repair="discard") == []
    assert decode_tags(["B-A", "I-A", "O"], scheme="BIOES").repaired == {"never-closed": 1}


def test_strict_names_the_place_and_the_number() -> None:
    with pytest.raises(FormatError, match=r"f:3: tag 'I-A' after 'O' is illegal in IOB2, the first of 2"):
        decode_tags(
            ["B-A", "O", "I-A", "O", "I-A"], scheme="IOB2", repair="strict", where=lambda index: f"f:{index + 1}"
        )


@pytest.mark.parametrize(
    ("tags", "scheme", "legal"),
    [
        # IOB1: B only right after an entity of the same label; IOE1: E only right before one.
        pytest.param("I-A B-A O", "IOB1", True, id="B between two of one label"),
        pytest.param("I-A B-A B-A I-A", "IOB1", True, id="B after B"),
        pytest.param("B-A I-A O", "IOB1", False, id="B at the beginning"),
        pytest.param("I-A O B-A", "IOB1", False, id="B after O"),
        pytest.param("I-A B-B", "IOB1", False, id="B after another label"),
        pytest.param("I-A I-B", "IOB1", True, id="another label needs no B"),
        pytest.param("I-A E-A", "IOB1", False, id="no E in IOB1"),
        pytest.param("I-A E-A I-A O", "IOE1", True, id="E between two of one label"),
        pytest.param("E-A I-A", "IOE1", True, id="E alone between two"),
        pytest.param("I-A E-A O", "IOE1", False, id="E before O"),
        pytest.param("I-A E-A", "IOE1", False, id="E at the end"),
        pytest.param("E-A I-B", "IOE1", False, id="E before another label"),
    ],
)
def test_strict_knows_where_iob1_has_b_and_ioe1_has_e(tags: str, scheme: str, legal: bool) -> None:
    if legal:
        assert spans(tags, scheme=scheme, repair="strict") == spans(tags, scheme=scheme)
    else:
        with pytest.raises(FormatError, match=f"illegal in {scheme}"):
            spans(tags, scheme=scheme, repair="strict")


def test_a_break_parts_entities_so_that_iob1_needs_no_b() -> None:
    with pytest.raises(FormatError, match="token 1: tag 'B-A' after 'I-A' is illegal in IOB1"):
        decode_tags(["I-A", "B-A"], scheme="IOB1", repair="strict", breaks=[0, 1])
    with pytest.raises(FormatError, match="token 0: tag 'E-A' before 'I-A' is illegal in IOE1"):
        decode_tags(["E-A", "I-A"], scheme="IOE1", repair="strict", breaks=[0, 1])


def test_needless_letters_are_counted_and_discarded() -> None:
    decoded = decode_tags(["B-A", "I-A", "O", "I-B"], scheme="IOB1")
    assert decoded.repaired == {"needless-begin": 1}
    assert [tuple(span) for span in decoded.spans] == [(0, 2, "A"), (3, 4, "B")]
    assert spans("B-A I-A O I-B", scheme="IOB1", repair="discard") == [(3, 4, "B")]
    assert decode_tags(["I-A", "E-A"], scheme="IOE1").repaired == {"needless-end": 1}


@pytest.mark.parametrize("cell", ["B-O", "I-O", "E-O", "S-O", "L-O", "b-o", "B_O"])
def test_a_prefix_makes_no_entity_of_outside(cell: str) -> None:
    decoded = decode_tags(["B-A", cell, "I-A", cell])
    assert [tuple(span) for span in decoded.spans] == [(0, 1, "A"), (2, 3, "A")]
    assert decoded.repaired == {"begins-with-inside": 1, "prefixed-outside": 2}
    assert [tuple(span) for span in decode_tags(["PER-B", "O-B", "O-I"]).spans] == [(0, 1, "PER")]


def test_pure_numbers_are_labels_and_counted() -> None:
    # 0 is outside, as in files of class numbers.
    decoded = decode_tags(["1", "2", "0", "-100", "2"])
    assert [tuple(span) for span in decoded.spans] == [(0, 1, "1"), (1, 2, "2"), (3, 4, "-100"), (4, 5, "2")]
    assert decoded.repaired == {"number": 4, "outside-variant": 1}


@pytest.mark.parametrize(
    ("first", "last", "word"),
    [
        ("B-PER", "E-PER", "S-PER"),
        ("I-PER", "E-PER", "E-PER"),
        ("B-PER", "L-PER", "U-PER"),
        ("I-PER", "L-PER", "L-PER"),
        ("b-per", "e-per", "s-per"),
        ("PER-B", "PER-E", "PER-S"),
        ("B-PER", "I-PER", "B-PER"),
        ("B-PER", "E-LOC", "B-PER"),
        ("PER", "PER", "PER"),
    ],
)
def test_pieces_of_a_word_say_one_tag(first: str, last: str, word: str) -> None:
    assert whole(first, last) == word


def test_strict_accepts_legal_tags() -> None:
    assert len(decode_tags(["B-A", "I-A", "_"], repair="strict").spans) == 1


def test_no_entity_continues_over_a_break() -> None:
    decoded = decode_tags(["B-A", "I-A", "I-A"], breaks=[0, 2])
    assert [tuple(span) for span in decoded.spans] == [(0, 2, "A"), (2, 3, "A")]
    assert decoded.repaired == {"begins-with-inside": 1}


def test_labels_in_other_case_are_one_where_asked() -> None:
    assert spans("B-Per I-PER") == [(0, 1, "Per"), (1, 2, "PER")]
    assert decode_tags(["B-Per", "I-PER"], spelling={"per": "PER"}).spans[0].label == "PER"


def test_unknown_names_are_refused_with_a_near_match() -> None:
    with pytest.raises(UnknownNameError, match="IOBES"):
        decode_tags(["O"], scheme="IOBSE")
    with pytest.raises(UnknownNameError, match="discard"):
        decode_tags(["O"], repair="discrd")


@pytest.mark.parametrize(
    "bad", [[(0, 0, "A")], [(0, 4, "A")], [(0, 2, "A"), (1, 3, "B")]], ids=["empty", "too long", "overlap"]
)
def test_tags_cannot_hold(bad: list[tuple[int, int, str]]) -> None:
    with pytest.raises(InputError, match=r"span \d"):
        encode_tags(bad, 3)


@st.composite
def layouts(draw: st.DrawFn) -> tuple[list[tuple[int, int, str]], int]:
    entities, position = [], 0
    for gap, size, label in draw(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3), st.sampled_from("XYZ")))):
        entities.append((position + gap, position + gap + size, label))
        position += gap + size
    return entities, position + draw(st.integers(0, 2))


@given(layouts(), st.sampled_from([name for name in SCHEMES if name != "IO"]))
def test_what_is_written_is_read_back_without_repair(
    layout: tuple[list[tuple[int, int, str]], int], scheme: str
) -> None:
    entities, length = layout
    decoded = decode_tags(encode_tags(entities, length, scheme=scheme), scheme=scheme, repair="strict")
    assert [tuple(span) for span in decoded.spans] == entities
    assert not decoded.repaired


@given(
    st.lists(
        st.sampled_from(["O", "B-X", "I-X", "E-X", "S-X", "L-Y", "U-Y", "X", "B", "Q-X", "", "B-X,I-Y", "-", "é"])
    ),
    st.sampled_from(["auto", *SCHEMES]),
    st.sampled_from(REPAIRS[:2]),
)
def test_any_sequence_gives_spans_inside_it(tags: list[str], scheme: str, repair: str) -> None:
    decoded = decode_tags(tags, scheme=scheme, repair=repair)
    assert all(0 <= span.start < span.end <= len(tags) and span.label for span in decoded.spans)
    assert decoded.spans == sorted(decoded.spans, key=lambda span: (span.start, span.end, span.label))


def test_labels_are_counted_as_spelled() -> None:
    assert count_labels(["B-loc", "I-LOC", "O", "B-loc"]) == {"loc": 2, "LOC": 1}


def test_what_looks_like_a_tag() -> None:
    assert [looks_like_tag(cell) for cell in ("O", "B-x", "NNP", "ORG", "x-B")] == [True, True, False, False, False]
