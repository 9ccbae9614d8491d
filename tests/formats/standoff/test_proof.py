"""A region is repaired where the file proves it, and refused where not: it is never wrong."""

from __future__ import annotations

import json
import random
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

import pytest

from evalkit.formats.standoff.proof import (
    AS_IT_IS,
    COLLAPSED,
    LINE_FEEDS_ESCAPED,
    TRIMMED,
    UTF_16,
    Claim,
    Proof,
    Prover,
    Spelling,
)
from evalkit.records import Span
from evalkit.text.counting import CODE_POINTS, UNITS, Counting
from tests.conftest import SHARED

FINENTITY = SHARED / "data/stance/finentity/data/FinEntity.json"

LATIN = ("Ana", "Zoë", "Zoe\u0308", "Beşir", "\ufb01n", "½", "„Ruun“", "told", "N\u0303a", "U\u0308ber", "—", "…")
OTHERS = ("наш", "דוד", "مريم", "東京", "the", "of", "he", "ha", "ha", "!", "!", "🚢", "👩‍🚀")
WORDS = (*LATIN, *OTHERS)
BETWEEN = (" ", " ", " ", " ", "\n", "\n\n", "\r\n", "\r\n\r\n", "  ")

PROVABLE = ("", "lf", "crlf", "nfc", "nfd", "nfkc", "nfkd")
"""Forms of a text whose offsets the test can tell from the form of what stands before them."""


def a_text(rng: random.Random) -> str:
    """Words of many scripts; every text has line ends of one kind, as a file has."""
    end = rng.choice(("\n", "\r\n"))
    words = [
        rng.choice(WORDS) + rng.choice(BETWEEN).replace("\r\n", "\n").replace("\n", end)
        for _ in range(rng.randint(3, 60))
    ]
    return "".join(words)


def some_spans(rng: random.Random, text: str, number: int) -> list[Span]:
    """Runs of whole words."""
    words = [match.span() for match in re.finditer(r"\S+", text)]
    starts, ends = [start for start, _ in words], [end for _, end in words]
    spans = []
    for _ in range(number):
        first = rng.randrange(len(starts))
        spans.append(Span(starts[first], ends[min(len(ends) - 1, first + rng.choice((0, 0, 0, 1, 2)))]))
    return spans


def formed(text: str, form: str) -> str:
    if form == "lf":
        return text.replace("\r\n", "\n")
    if form == "crlf":
        return text.replace("\r\n", "\n").replace("\n", "\r\n")
    return unicodedata.normalize(form.upper(), text) if form else text  # type: ignore[arg-type]


def counted(text: str, unit: str) -> int:
    if unit == "utf-16":
        return len(text.encode("utf-16-le")) // 2
    return len(text.encode()) if unit == "utf-8" else len(text)


def mutated(text: str, span: Span, way: Counting) -> Span:
    """The offsets that somebody gives who counts so."""
    start, end = (counted(formed(text[:at], way.form), way.unit) for at in span)
    return Span(start + way.one_based, end + way.one_based - way.inclusive)


def ways() -> list[Counting]:
    """Every way with at most two oddities, whose offsets can be told, as often as it is met in files."""
    all_ways = [
        Counting(unit, inclusive, one_based, form)
        for unit in UNITS
        for inclusive in (False, True)
        for one_based in (False, True)
        for form in PROVABLE
    ]
    return [way for way in all_ways if way.oddities <= 2]


def files(rng: random.Random, sizes: tuple[int, ...]) -> Iterator[list[tuple[str, list[Span], list[Claim], Counting]]]:
    """Files whose documents were all counted in one way, with what stands there as the tool saw it."""
    while True:
        way = rng.choice(ways())
        documents = []
        for _ in range(rng.choice(sizes)):
            text = a_text(rng)
            truth = some_spans(rng, text, rng.choice((1, 3, 20, 40)))
            seen = way.form if rng.random() < 0.5 else ""
            claims = [Claim((mutated(text, span, way),), formed(text[span.start : span.end], seen)) for span in truth]
            documents.append((text, truth, claims, way))
        yield documents


def seems_usual(text: str, claims: list[Claim]) -> bool:
    return Prover().holds(text, [(*claim.spans[0], claim.text or "") for claim in claims])


def tally(truth: list[Span], proofs: list[Proof]) -> Counter[str]:
    told: Counter[str] = Counter()
    for span, proof in zip(truth, proofs, strict=True):
        assert bool(proof.spans) != bool(proof.refusal)
        told["refused" if not proof.spans else "right" if proof.spans == (span,) else "wrong"] += 1
    return told


def test_ten_thousand_mutated_regions_are_repaired_or_refused_and_none_is_wrong() -> None:
    rng = random.Random(11)
    told: Counter[str] = Counter()
    for documents in files(rng, (1, 2, 4)):
        if all(seems_usual(text, claims) for text, _, claims, _ in documents):
            # Nobody can tell such a file from one that was counted as usual, and it is read as one.
            continue
        proofs = Prover().prove_all([(text, claims) for text, _, claims, _ in documents])
        for (_, truth, _, _), own in zip(documents, proofs, strict=True):
            told += tally(truth, own)
        if told.total() >= 10_000:
            break
    assert told["wrong"] == 0
    # What is refused are short words that stand at several places, in documents with few regions.
    assert told["right"] >= 0.99 * told.total(), told


@pytest.mark.parametrize(
    "usual", [CODE_POINTS, UTF_16, Counting("utf-8"), Counting(inclusive=True)], ids=lambda way: way.words
)
def test_what_is_counted_as_usual_stays_as_it_is(usual: Counting) -> None:
    rng = random.Random(5)
    told: Counter[str] = Counter()
    for _ in range(100):
        text = a_text(rng)
        truth = some_spans(rng, text, 10)
        claims = [Claim((mutated(text, span, usual),), text[span.start : span.end]) for span in truth]
        proofs = Prover(usual=usual).prove(text, claims)
        told += tally(truth, proofs)
        assert not any(proof.cause for proof in proofs if proof.spans)
    assert told["wrong"] == 0
    assert told["right"] >= 0.99 * told.total(), told


def test_one_document_may_hold_regions_of_both_units() -> None:
    rng = random.Random(7)
    told: Counter[str] = Counter()
    for _ in range(100):
        text = a_text(rng)
        truth = some_spans(rng, text, 10)
        claims = [
            Claim((mutated(text, span, rng.choice((CODE_POINTS, CODE_POINTS, UTF_16))),), text[span.start : span.end])
            for span in truth
        ]
        told += tally(truth, Prover().prove(text, claims))
    assert told["wrong"] == 0
    assert told["right"] >= 0.95 * told.total(), told


SHIP = "🚢 Ana told Ruun. 🚢 Ana left."
"""Its second Ana is [19, 22) in code points and [21, 24) in UTF-16."""


@pytest.mark.parametrize(
    ("claim", "spans", "cause"),
    [
        pytest.param(Claim((Span(19, 22),), "Ana"), (Span(19, 22),), "", id="usual"),
        pytest.param(Claim((Span(21, 24),), "Ana"), (Span(19, 22),), "counted as UTF-16 code units", id="utf-16"),
        pytest.param(Claim((Span(11, 14),), "Ruun"), (Span(11, 15),), "counted as inclusive ends", id="inclusive"),
        pytest.param(Claim((Span(2, 5), Span(23, 27)), "Ana left"), (Span(2, 5), Span(23, 27)), "", id="two pieces"),
        pytest.param(Claim((Span(3, 6), Span(25, 29)), "Ana left"), (Span(2, 5), Span(23, 27)), "UTF-16", id="two odd"),
        pytest.param(Claim((Span(0, 1),)), (Span(0, 1),), "", id="no text"),
        pytest.param(Claim((Span(19, 22),), ""), (Span(19, 22),), "", id="empty text"),
    ],
)
def test_one_region(claim: Claim, spans: tuple[Span, ...], cause: str) -> None:
    (proof,) = Prover().prove(SHIP, [claim])
    assert proof.spans == spans
    assert cause in proof.cause
    assert bool(cause) == bool(proof.cause)


@pytest.mark.parametrize(
    ("usual", "claim", "told"),
    [
        pytest.param(CODE_POINTS, Claim((Span(20, 40),)), "ends after the text, which has 28", id="outside"),
        pytest.param(UTF_16, Claim((Span(1, 6),)), "parts the character '🚢' at code point 0", id="inside a pair"),
        pytest.param(CODE_POINTS, Claim((Span(3, 3),)), "is empty or ends before it starts", id="empty"),
        pytest.param(CODE_POINTS, Claim((Span(0, 9),), "Ruun"), "it stands at [11, 15) only: mend", id="elsewhere"),
        pytest.param(CODE_POINTS, Claim((Span(0, 4),), "Odo"), "nowhere in the text: restore", id="nowhere"),
        pytest.param(CODE_POINTS, Claim((Span(9, 12),), "Ana"), "any way of counting", id="twice, but not there"),
    ],
)
def test_what_is_refused_says_why(usual: Counting, claim: Claim, told: str) -> None:
    (proof,) = Prover(usual=usual).prove(SHIP, [claim])
    assert not proof.spans
    assert told in proof.refusal


def test_the_other_regions_decide_between_two_places() -> None:
    text = "🚢🚢🚢 Odo: ha ha ha."
    # In code points [12, 14) is the second ha, in UTF-16 (three characters more) the first.
    laugh = Claim((Span(12, 14),), "ha")
    both = {way: Claim((mutated(text, Span(4, 7), way),), "Odo") for way in (CODE_POINTS, UTF_16)}
    # Nothing speaks against the usual way.
    assert Prover().prove(text, [laugh])[0].spans == (Span(12, 14),)
    assert Prover().prove(text, [laugh, both[CODE_POINTS]])[0].spans == (Span(12, 14),)
    assert Prover().prove(text, [laugh, both[UTF_16]])[0].spans == (Span(9, 11),)
    (refused, *_) = Prover().prove(text, [laugh, *both.values()])
    assert "[12, 14) as code points, or [9, 11) as UTF-16 code units" in refused.refusal
    # Another document of the file decides as well; of several only if they agree.
    others = {way: (text, [claim]) for way, claim in both.items()}
    assert Prover().prove_all([(text, [laugh]), others[UTF_16]])[0][0].spans == (Span(9, 11),)
    assert Prover().prove_all([others[CODE_POINTS], (text, [laugh])])[1][0].spans == (Span(12, 14),)
    assert not Prover().prove_all([(text, [laugh]), *others.values()])[0][0].spans
    # And who says how offsets are counted decides.
    assert Prover(stated=True).prove(text, [laugh, both[UTF_16]])[0].spans == (Span(12, 14),)
    assert Prover(usual=UTF_16, stated=True).prove(text, [laugh])[0].spans == (Span(9, 11),)


def test_a_region_without_text_is_counted_as_the_others_of_its_document() -> None:
    silent = Claim((Span(12, 16),))
    assert Prover().prove(SHIP, [silent, Claim((Span(21, 24),), "Ana")])[0].spans == (Span(11, 15),)
    assert Prover().prove(SHIP, [silent, Claim((Span(19, 22),), "Ana")])[0].spans == (Span(12, 16),)
    # Where the others contradict each other, the edges of words decide.
    mixed = [silent, Claim((Span(21, 24),), "Ana"), Claim((Span(19, 22),), "Ana")]
    assert (proof := Prover().prove(SHIP, mixed)[0]).spans == (Span(11, 15),)
    assert "taken to count UTF-16 code units" in proof.note


EMOJI = "😀 in Oslo."


@pytest.mark.parametrize("usual", [CODE_POINTS, UTF_16])
@pytest.mark.parametrize(
    ("offsets", "words"), [((5, 9), "code points"), ((6, 10), "UTF-16 code units")], ids=["code points", "UTF-16"]
)
def test_where_nothing_is_claimed_the_edges_of_words_decide_with_a_note(
    usual: Counting, offsets: tuple[int, int], words: str
) -> None:
    prover = Prover(usual=usual, likely=(CODE_POINTS, UTF_16))
    (proof,) = prover.prove(EMOJI, [Claim((Span(*offsets),))])
    assert proof.spans == (Span(5, 9),)
    assert proof.note == f"taken to count {words}, as words begin and end there and nothing else tells"
    assert not proof.cause


def test_the_edges_of_words_are_looked_at_in_all_texts_of_a_file() -> None:
    # In the second text both are edges.
    second = ("😀東京 a", [Claim((Span(2, 3),))])
    assert not Prover().prove(*second)[0].spans
    _, (proof,) = Prover().prove_all([(EMOJI, [Claim((Span(6, 10),))]), second])
    assert proof.spans == (Span(1, 2),)


@pytest.mark.parametrize(
    ("text", "offsets"), [("😀 東京都大", (3, 5)), ("😀 abcdef", (3, 5))], ids=["all are edges", "none is one"]
)
def test_what_nothing_tells_is_refused(text: str, offsets: tuple[int, int]) -> None:
    claim = Claim((Span(*offsets),))
    (proof,) = Prover().prove(text, [claim])
    assert not proof.spans
    assert "in code points, or" in proof.refusal
    assert "say with --offsets" in proof.refusal
    for stated in (CODE_POINTS, UTF_16):
        (proof,) = Prover(usual=stated, stated=True).prove(text, [claim])
        assert proof.spans
        assert not proof.note


def test_a_region_that_is_none_but_in_one_unit_is_counted_in_that() -> None:
    # The end of the first stands behind the text in code points; the second stands in both and at no edge.
    several = [Claim((Span(7, 9),)), Claim((Span(3, 5),))]
    last, middle = Prover().prove("😀 abcdef", several)
    assert (last.spans, "taken to count UTF-16" in last.note) == ((Span(6, 8),), True)
    assert not middle.spans


def test_regions_with_a_text_decide_for_those_without_in_the_whole_file() -> None:
    silent = ("😀 東京都大", [Claim((Span(3, 5),))])
    told = {CODE_POINTS: Claim((Span(5, 9),), "Oslo"), UTF_16: Claim((Span(6, 10),), "Oslo")}
    for way, claim in told.items():
        (own,), _ = Prover().prove_all([silent, (EMOJI, [claim])])
        assert own.spans == ((Span(3, 5),) if way == CODE_POINTS else (Span(2, 4),))
        assert not own.note
    # A text in which all units are one decides nothing.
    (own,), _ = Prover().prove_all([silent, ("In Oslo.", [Claim((Span(3, 7),), "Oslo")])])
    assert "say with --offsets" in own.refusal


def test_a_text_that_stands_right_in_two_units_is_noted_unless_another_decides() -> None:
    twice = ("😀😀 ababab", [Claim((Span(5, 7),), "ab")])
    ((proof,),) = Prover().prove_all([twice])
    assert proof.spans == (Span(5, 7),)
    assert proof.note == (
        "taken to count code points, as nothing proves it: their text stands right in UTF-16 code units, too"
    )
    (proof,), _ = Prover().prove_all([twice, (EMOJI, [Claim((Span(5, 9),), "Oslo")])])
    assert (proof.spans, proof.note) == ((Span(5, 7),), "")
    (proof,), _ = Prover().prove_all([twice, (EMOJI, [Claim((Span(6, 10),), "Oslo")])])
    assert (proof.spans, proof.cause) == ((Span(3, 5),), "counted as UTF-16 code units")


def test_how_offsets_were_counted_is_said_in_one_word() -> None:
    (proof,) = Prover().prove("Eins\r\nin Oslo", [Claim((Span(8, 12),), "Oslo")])
    assert proof.cause == "counted in a text with LF line ends where this one has CR LF"
    assert Counting("utf-16", form="lf").told.count("counted") == 1
    assert Counting(one_based=True).told.startswith("counted from 1")


@pytest.mark.parametrize(
    ("spellings", "said", "cause"),
    [
        pytest.param((AS_IT_IS, LINE_FEEDS_ESCAPED), "left\\nRuun", "", id="line feeds"),
        pytest.param((AS_IT_IS, COLLAPSED), "left Ruun", "runs of blanks written as one", id="collapsed"),
        pytest.param((AS_IT_IS, TRIMMED), "left\nRuun", "", id="as it is"),
        pytest.param((AS_IT_IS,), "left Ruun", None, id="not stated"),
    ],
)
def test_what_tools_do_to_the_text_is_stated(spellings: tuple[Spelling, ...], said: str, cause: str | None) -> None:
    (proof,) = Prover(spellings=spellings).prove("Ana left\nRuun.", [Claim((Span(4, 13),), said)])
    assert bool(proof.spans) == (cause is not None)
    assert (cause or "") in proof.cause
    assert bool(cause) == bool(proof.cause)


def test_blanks_at_the_ends_are_left_out_where_that_is_stated() -> None:
    (proof,) = Prover(spellings=(AS_IT_IS, TRIMMED)).prove("Ana left Ruun.", [Claim((Span(3, 9),), "left")])
    assert (proof.spans, proof.cause) == ((Span(3, 9),), "whose text is written with the blanks at both ends left out")


def test_a_long_text_with_many_regions_is_proved_as_it_stands() -> None:
    text = "".join(f"“Ana {number} left Ruun,” Odo told the café.\n" for number in range(4000))
    found = [Span(*match.span()) for match in re.finditer("Ana [0-9]+|Ruun|Odo", text)]
    proofs = Prover().prove(text, [Claim((span,), text[span.start : span.end]) for span in found])
    assert [proof.spans for proof in proofs] == [(span,) for span in found]


@pytest.mark.skipif(not FINENTITY.exists(), reason="the shared data is not here")
def test_the_seventy_wrong_offsets_of_finentity_are_found() -> None:
    rows = json.loads(FINENTITY.read_text("utf-8"))
    documents = [
        (row["content"], [Claim((Span(one["start"], one["end"]),), one["value"]) for one in row["annotations"]])
        for row in rows
    ]
    proofs = Prover().prove_all(documents)
    wrong = right = 0
    for (text, claims), own in zip(documents, proofs, strict=True):
        for claim, proof in zip(claims, own, strict=True):
            fits = text[claim.spans[0].start : claim.spans[0].end] == claim.text
            if proof.spans and not proof.cause:
                assert fits
                right += 1
            else:
                assert not fits
                wrong += 1
    assert (wrong, right) == (70, 2131 - 70)
