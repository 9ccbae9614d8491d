"""Another way of counting is named for what misses if it mends most of it, and for nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.layers.entities import ENTITIES
from evalkit.records import Entity, Span
from evalkit.scoring.columns import Columns
from evalkit.scoring.from_records import columns_of_items
from evalkit.scoring.misplaced import Misplaced, find_misplaced
from evalkit.text.counting import Counting, Ruler

TEXT = "🎣 Båten til Ola Brun gikk fra Ruun.\r\nIda 👩🏽‍🚒 Moen så på Kari Ek i Oslo, sa Per."
PLACES = [(12, 20), (30, 34), (46, 50), (57, 64), (67, 71), (76, 79)]
ONE, UTF16 = Counting(one_based=True), Counting("utf-16")


def entities(places: list[tuple[int, int]]) -> list[Entity]:
    return [Entity(id=f"e{number}", spans=(Span(*place),), label="PER") for number, place in enumerate(places)]


def columns(gold: list[tuple[int, int]], predicted: list[tuple[int, int]], text: str | None = TEXT) -> Columns:
    texts = None if text is None else (text,)
    return columns_of_items(["a"], [entities(gold)], [entities(predicted)], layer=ENTITIES, texts=texts)


def counted(counting: Counting) -> list[tuple[int, int]]:
    """The places as they are counted."""
    ruler = Ruler(TEXT, counting)
    by_span = {ruler.span(Span(s, e)): (s, e) for s in range(160) for e in range(s, s + 30)}
    return [by_span[Span(*place)] for place in PLACES]


@pytest.mark.parametrize(
    "counting",
    [
        ONE,
        UTF16,
        Counting("utf-8"),
        Counting(inclusive=True),
        Counting(inclusive=True, one_based=True),
        Counting("utf-16", inclusive=True),
        Counting("utf-8", one_based=True),
        Counting(form="lf"),
        Counting("utf-16", form="lf"),
    ],
    ids=lambda counting: counting.words,
)
def test_the_way_is_found(counting: Counting) -> None:
    found = find_misplaced(columns(PLACES, counted(counting)))
    assert found is not None
    assert found.countings == (counting,)
    assert found.whole


def test_how_many_are_mended() -> None:
    places = counted(UTF16)
    found = find_misplaced(columns(PLACES, [*places[:5], (1, 2)]))
    assert found == Misplaced(missing=6, mended=5, countings=(UTF16,))


def test_without_a_text_only_numbers_are_tried() -> None:
    found = find_misplaced(columns(PLACES, counted(ONE), text=None))
    assert found is not None
    assert found.countings == (ONE,)
    assert find_misplaced(columns(PLACES, counted(UTF16), text=None)) is None


def test_two_that_do_the_same_are_both_said() -> None:
    # A text in NFD has one letter more before all of these, as if they were counted from 1.
    text = "På " + "Ola Ida Kari Per Ek"
    gold = [(3, 6), (7, 10), (11, 15), (16, 19)]
    found = find_misplaced(columns(gold, [(s + 1, e + 1) for s, e in gold], text=text))
    assert found is not None
    assert found.countings == (ONE, Counting("utf-8"), Counting(form="nfd"))


def test_a_shift_that_is_no_way_of_counting() -> None:
    found = find_misplaced(columns(PLACES, [(s + 17, e + 17) for s, e in PLACES]))
    assert (found and found.shift, found and found.mended) == (17, 6)


@pytest.mark.parametrize(
    "predicted",
    [
        pytest.param(PLACES, id="all right"),
        pytest.param(counted(UTF16)[:2], id="too few"),
        pytest.param([(s + 1, e + n) for n, (s, e) in enumerate(PLACES)], id="boundaries of all kinds"),
        pytest.param([], id="none"),
        pytest.param([*PLACES[:3], *[(s + 1, e + 1) for s, e in PLACES[3:5]], (1, 2)], id="two of many"),
    ],
)
def test_nothing_is_said(predicted: list[tuple[int, int]]) -> None:
    assert find_misplaced(columns(PLACES, predicted)) is None


def test_other_labels_are_no_other_places() -> None:
    wrong = [Entity(id=one.id, spans=one.spans, label="ORG") for one in entities(PLACES)]
    both = columns_of_items(["a"], [entities(PLACES)], [wrong], layer=ENTITIES, texts=(TEXT,))
    assert find_misplaced(both) is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 70), st.integers(1, 9)), max_size=12), st.data())
def test_what_is_named_does_what_it_says(places: list[tuple[int, int]], data: st.DataObject) -> None:
    gold = [(start, start + length) for start, length in places]
    predicted = [(s + data.draw(st.integers(0, 2)), e + data.draw(st.integers(0, 2))) for s, e in gold]
    predicted = [(s, max(e, s + 1)) for s, e in predicted]
    found = find_misplaced(columns(gold, predicted))
    if found is None:
        return
    there, now = set(gold), set(predicted)
    for counting in found.countings:
        ruler = Ruler(TEXT, counting)
        after = there & {ruler.span(Span(*place)) for place in now}
        assert len(after) - len(there & now) == found.mended >= 3
