"""Spans after edits: on the words that they were on, against marking every letter by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.dataset.perturbing.edits import Edit, EditedText, Tally, edited_example, without_overlaps
from evalkit.records import Annotations, Article, Entity, Example, Quote, Span, Stance, Zone

TEXT = "abcdefghij"


@st.composite
def edits_and_span(draw: st.DrawFn) -> tuple[list[Edit], Span]:
    places = sorted(draw(st.lists(st.integers(0, len(TEXT)), min_size=2, max_size=6)))
    pairs = list(zip(places[::2], places[1::2], strict=False))
    edits = without_overlaps(Edit(start, end, draw(st.text("XYZ", max_size=3))) for start, end in pairs)
    start = draw(st.integers(0, len(TEXT) - 1))
    return edits, Span(start, draw(st.integers(start + 1, len(TEXT))))


@given(edits_and_span())
def test_every_letter_knows_where_it_came_from(case: tuple[list[Edit], Span]) -> None:
    edits, span = case
    # Of each letter afterwards the stretch of the text that it stands for.
    origins: list[tuple[int, int]] = []
    letters: list[str] = []
    place = 0
    for edit in [*edits, Edit(len(TEXT), len(TEXT), "")]:
        origins += [(at, at + 1) for at in range(place, edit.start)] + [(edit.start, edit.end)] * len(edit.new)
        letters += [*TEXT[place : edit.start], *edit.new]
        place = edit.end
    edited = EditedText(TEXT, edits)
    assert edited.text == "".join(letters)
    moved = edited.move(span)
    cut = [e for e in edits if e.start < span.start < e.end or e.start < span.end < e.end]
    if any(len(edit.new) != edit.end - edit.start for edit in cut):
        assert moved is None
    elif not cut:
        inside = [
            n for n, (start, end) in enumerate(origins) if start < end and span.start <= start and end <= span.end
        ]
        put_in = [n for n, (start, end) in enumerate(origins) if start == end and span.start < start < span.end]
        own = sorted(inside + put_in)
        assert moved == (Span(own[0], own[-1] + 1) if own else None)


@pytest.mark.parametrize(
    ("edit", "span", "moved"),
    [
        (Edit(2, 2, "XX"), Span(0, 2), Span(0, 2)),
        (Edit(2, 2, "XX"), Span(2, 4), Span(4, 6)),
        (Edit(2, 4, ""), Span(2, 4), None),
        (Edit(2, 4, "X"), Span(3, 5), None),
        (Edit(2, 4, "XY"), Span(3, 5), Span(3, 5)),
    ],
)
def test_edges(edit: Edit, span: Span, moved: Span | None) -> None:
    assert EditedText(TEXT, [edit]).move(span) == moved


def test_what_is_gone_is_counted_and_nothing_refers_to_it() -> None:
    gold = Annotations(
        entities=[Entity(id="e1", spans=(Span(0, 3),), label="PER", entity_id="a")],
        quotes=[
            Quote(id="q1", kind="direct", content=(Span(4, 6),), cue=(Span(7, 9),), speaker=Span(0, 3)),
            Quote(id="q2", kind="direct", content=(Span(3, 4), Span(9, 10))),
        ],
        stances=[Stance(id="s1", holder="a", target="topic:x", label="favor", evidence=(Span(0, 3),), quote_id="q2")],
    )
    example = Example(article=Article(id="a", text=TEXT, zones=(Zone("body", 0, 10),)), gold=gold)
    tally = Tally()
    done, _ = edited_example(example, [Edit(7, 10, "")], tally)
    assert done.article.zones == (Zone("body", 0, 7),)
    assert [(quote.id, quote.cue, quote.speaker) for quote in done.gold.quotes] == [("q1", (), Span(0, 3))]
    assert done.gold.stances[0].quote_id is None
    assert (tally.dropped["quotes"], tally.kept["quotes"]) == (1, 1)
    assert (tally.parts["quotes"], tally.parts["stances"]) == (1, 1)
