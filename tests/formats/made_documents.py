"""Documents for property tests of annotation tools: hard texts with nested, crossing and empty marks."""

from __future__ import annotations

from hypothesis import strategies as st

from evalkit.formats.standoff.document import Document, Link, Mark
from evalkit.records import Span

PIECES = (
    "Ola",
    "Brun",
    "é",
    "e\u0301",
    "😀",
    "👩\u200d🌾",
    "שלום",
    "مرحبا",
    "中国",
    ".",
    ",",
    '"',
    " ",
    "  ",
    "\n",
    "\r\n",
    "\t",
)
"""Emoji, combining marks, right-to-left text, line ends, blanks in a row."""

TYPES = ("PER", "GPE", "Quote", "Cue", "a label")
NAMES = st.text("abcXYZ-_0 é", min_size=1, max_size=6).filter(lambda name: name.strip() == name)
_ANSWERS = st.just({}) | st.lists(NAMES, max_size=2, unique=True).map(lambda names: {"category": tuple(names)})


@st.composite
def documents(
    draw: st.DrawFn,
    *,
    features: bool = True,
    links: bool = True,
    scores: bool = True,
    answers: bool = True,
    article: bool = True,
    annotator: bool = True,
) -> Document:
    """A document with marks anywhere in it."""
    text = "".join(draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12)))
    marks = []
    for number in range(draw(st.integers(0, 5))):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        given = draw(st.dictionaries(st.sampled_from(("kind", "entity_id", "link", "note")), NAMES, max_size=3))
        marks.append(
            Mark(
                id=f"m{number}",
                type=draw(st.sampled_from(TYPES)),
                spans=(Span(start, end),),
                features=given if features else {},
                score=draw(st.none() | st.sampled_from((0.25, 0.5, 1.0))) if scores else None,
            )
        )
    joined = []
    if links and len(marks) > 1:
        ids = st.sampled_from([mark.id for mark in marks])
        joined = [Link(draw(st.sampled_from(TYPES)), draw(ids), draw(ids)) for _ in range(draw(st.integers(0, 3)))]
    known = draw(st.dictionaries(st.sampled_from(("title", "lang", "story")), NAMES, max_size=3)) if article else {}
    return Document(
        id=draw(st.sampled_from(("a", "b-1", "c 2"))),
        text=text,
        marks=tuple(marks),
        links=tuple({link[:3]: link for link in joined}.values()),
        labels=draw(_ANSWERS) if answers else {},
        annotator=draw(st.sampled_from(("", "ola", "news-kari"))) if annotator else "",
        article=known,
    )


def said(document: Document) -> tuple[object, ...]:
    """All that a document says, but for the ids of its marks and its place in a file."""
    places = {mark.id: (mark.type, mark.spans) for mark in document.marks}
    return (
        document.id,
        document.text,
        sorted((mark.spans, mark.type, sorted(mark.features.items()), mark.score or 0) for mark in document.marks),
        sorted((link.type, places[link.source], places[link.target]) for link in document.links),
        dict(document.labels),
        document.annotator,
        dict(document.article),
    )
