"""What was written as brat comes back: marks, links and features, at the same characters of any text."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.formats.base import Source
from evalkit.formats.brat.lines import Lines, parse_lines
from evalkit.formats.brat.pieces import joined, pieces_of
from evalkit.formats.brat.reading import brat_documents
from evalkit.formats.brat.writing import write_brat
from evalkit.formats.standoff.document import Document, Documents, Link, Mark
from evalkit.options import ReadOptions
from evalkit.records import Span

LETTERS = ["a", "b", "Å", "A\u030a", "ё", "\u05d0", "\u200f", "漢", "🙂", "👩‍🚀", "\u2028", "\x85", " ", "  ", "\u00a0"]
BREAKS = ["\n", "\r\n", "\n\n", "\t", "\r", " \n ", "\ufeff"]
TEXTS = st.lists(st.sampled_from(LETTERS + BREAKS), min_size=1, max_size=40).map("".join)
NAMES = st.sampled_from(["Person", "Work of art", "X-1", "Ø", "a:b", "5 7", "-----", "#T", "<T>", "!", "note", "link"])
VALUES = st.one_of(
    st.sampled_from(
        ["true", "High", "Wikidata:Q585", "Q585", "", " ", "a b", "a\nb", "\u2028", '{"a": 1}', "🙂", "a|b"]
    ),
    st.text(max_size=6),
).map(lambda text: text.encode("utf-8", "replace").decode())
MANY = st.lists(VALUES, max_size=3).map(tuple)
FEATURES = st.dictionaries(
    st.one_of(NAMES, st.sampled_from(["link_name", "entity_id", "Certainty", "a.note", "Features"])),
    st.one_of(VALUES, MANY.filter(bool)),
    max_size=3,
)


def read(folder: Path) -> Documents:
    return brat_documents(Source(path=folder), ReadOptions())


def there_and_back(*documents: Document) -> Documents:
    with tempfile.TemporaryDirectory() as folder:
        write_brat(documents, Path(folder) / "out", ReadOptions())
        return read(Path(folder) / "out")


def name_of(link: Link) -> tuple[str, ...]:
    return link.id, link.type, link.source, link.target


def spans_of(text: str) -> st.SearchStrategy[tuple[Span, ...]]:
    """Spans in their order that share no character."""
    edges = st.sets(st.integers(0, len(text)), min_size=2, max_size=6).map(sorted)
    return edges.map(lambda own: tuple(Span(start, end) for start, end in [*zip(own[::2], own[1::2], strict=False)]))


@st.composite
def documents(draw: st.DrawFn) -> Document:
    text = draw(TEXTS)
    spans = draw(st.lists(spans_of(text), max_size=5))
    events = draw(st.lists(st.booleans(), min_size=len(spans), max_size=len(spans)))
    marks = tuple(
        Mark(
            f"{'E' if event else 'T'}{number}",
            draw(NAMES),
            own,
            draw(FEATURES),
            draw(st.one_of(st.none(), st.floats(0, 1))),
        )
        for number, (own, event) in enumerate(zip(spans, events, strict=True), 1)
    )
    links: list[Link] = []
    if marks:
        ids = [mark.id for mark in marks]
        ends = draw(st.lists(st.tuples(NAMES, st.sampled_from(ids), st.sampled_from(ids), FEATURES), max_size=4))
        links = [Link(name, one, other, own, f"R{number}") for number, (name, one, other, own) in enumerate(ends, 1)]
        roles = [mark.id for mark in marks if mark.id[0] == "E"]
        for role in draw(st.lists(st.sampled_from(["Cue", "Content", "Arg"]), max_size=4)) if roles else ():
            links.append(Link(role, draw(st.sampled_from(roles)), draw(st.sampled_from(ids))))
        links += [Link("Equiv", one, other) for one, other in pairwise(draw(st.sampled_from([ids[:1], ids])))]
    return Document(
        id=draw(st.sampled_from(["a", "x/y", "../z", "con", ".h", "ü", "%41", "a%2Fb"])),
        text=text,
        marks=marks,
        links=tuple(links),
    )


@settings(max_examples=100)
@given(documents())
def test_what_was_written_is_read(document: Document) -> None:
    found = there_and_back(document)
    assert not found.problems
    (back,) = found.documents
    assert (back.id, back.text, back.annotator, back.split) == (document.id, document.text, "", None)
    assert back.marks == document.marks
    assert sorted(back.links, key=name_of) == sorted(document.links, key=name_of)
    assert {mark.type for mark in document.marks if mark.type == "Person"} <= back.declared


@given(st.data())
def test_pieces_are_joined_again(data: st.DataObject) -> None:
    text = data.draw(TEXTS)
    spans = data.draw(spans_of(text))
    pieces = pieces_of(text, spans)
    assert not any(set("\r\n\t") & set(text[start:end].strip()) for start, end in pieces)
    back = joined(text, pieces)
    # Whatever is no blank is at the same pieces of the text as before.
    assert [at for start, end in back for at in range(start, end) if not text[at].isspace()] == [
        at for start, end in spans for at in range(start, end) if not text[at].isspace()
    ]


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=30),
            st.sampled_from(
                [
                    b"T1\tPer 0 3\tOla",
                    b"T2\tPer 0 3;4 8\tOla Brun",
                    b"E1\tSay:T1 Who:T2",
                    b"R1\tx Arg1:T1 Arg2:E1",
                    b"*\tEquiv T1 T2",
                    b"A1\tNeg E1",
                    b"A2\tNeg E1 x",
                    b"M1\tNeg T9",
                    b"N1\tReference T1 Q:1\tn",
                    b"#1\tAnnotatorNotes A1\tn",
                    b"#2\tFeatures T1\t{",
                    b'#3\tExactly T1\t{"spans": [[0, 99]], "score": true}',
                    b"#",
                    b"T1",
                    b"T3\tPer 3 0\tx",
                    b"T4\tP 0 999999999999999999999\t",
                    b"T5\tPer 4 8\tBrun",
                    b"E2\tSay:T5 Say:E1 Say2:E2",
                    b"E3\tSay",
                    b"R2\tx T1 T2",
                    b"*\tEquiv",
                    b"W1\tx",
                    b"T6\tPer 4  8\t",
                ]
            ),
        ),
        max_size=12,
    ).map(b"\n".join)
)
def test_no_bytes_stop_it_and_every_line_counts(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.txt").write_text("Ola Brun left.\nNobody.", encoding="utf-8")
        (Path(folder) / "a.ann").write_bytes(content)
        found = read(Path(folder))
    assert len(found.documents) + len(found.problems) >= 1
    for document in found.documents:
        ids = {mark.id for mark in document.marks}
        assert len(ids) == len(document.marks)
        assert {end for link in document.links for end in (link.source, link.target)} <= ids
        assert all(0 <= start < end <= 22 for mark in document.marks for start, end in mark.spans)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return
    lines = Lines()
    parse_lines(text, Path("a.ann"), lines)
    filled = sum(
        1 for line in text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip()
    )
    assert filled == len(lines.lines) + len(lines.problems) + lines.comments
