"""BookNLP: `book.quotes` with the words of `book.tokens`, and `book.entities` if it is there.

::

    quote_start  quote_end  mention_start  mention_end  mention_phrase  char_id  quote

All of them count words of the book from 0, and the last word is that of the span.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from evalkit.errors import FormatError, InputError
from evalkit.files import read_text
from evalkit.formats.attribution.word_layout import Word, laid_out
from evalkit.formats.base import Source
from evalkit.formats.standoff.document import Document, Documents, Link, Mark
from evalkit.formats.tokens import LaidOut
from evalkit.options import ReadOptions
from evalkit.records import Span

__all__ = ["booknlp_certainty", "booknlp_documents"]

_QUOTES = ("quote_start", "quote_end", "char_id")
_TOKENS = ("token_ID_within_document", "word")
_ENTITIES = ("COREF", "start_token", "end_token", "cat")
_NOBODY = ("", "None", "-1")

Row = Mapping[str, str]


def booknlp_certainty(path: Path, head: bytes) -> float:
    """How sure it is that a file is the quotes of a book."""
    names = head.split(b"\n", 1)[0].decode("utf-8", "replace").strip().split("\t")
    return 0.98 if set(_QUOTES) <= set(names) and not path.is_dir() else 0.0


def booknlp_documents(source: Source, options: ReadOptions) -> Documents:
    """The text of a book with its quotes and entities.

    Raises:
        InputError: the file, or that of the words, cannot be read.
    """
    path = source.path
    words = list(_rows(path.with_suffix(".tokens"), _TOKENS))
    layout, how = laid_out(
        [
            Word(row["word"], _number(row.get("byte_onset")), _number(row.get("byte_offset")), _begins(words, index))
            for index, (_, row) in enumerate(words)
        ]
    )
    layout = _in_original(path.with_suffix(".txt"), words) or layout
    notes = Counter({how if layout.text != _text_beside(path) else "": 1})
    problems: list[FormatError] = []
    marks: list[Mark] = []
    links: list[Link] = []
    places: dict[Span, str] = {}
    entities = path.with_suffix(".entities")
    for where, row in _rows(entities, _ENTITIES) if entities.is_file() else ():
        try:
            span = _span(row["start_token"], row["end_token"], layout.spans)
        except FormatError as error:
            problems.append(FormatError(f"{where}: {error}"))
            continue
        mark = Mark(
            f"e{len(marks) + 1}", row["cat"], (span,), {"entity_id": row["COREF"], "form": row.get("prop") or ""}
        )
        marks.append(mark)
        places.setdefault(span, mark.id)
    for where, row in _rows(path, _QUOTES):
        try:
            span = _span(row["quote_start"], row["quote_end"], layout.spans)
            mention = row.get("mention_start") or ""
            speaker = None if mention in _NOBODY else _span(mention, row.get("mention_end") or "", layout.spans)
        except FormatError as error:
            problems.append(FormatError(f"{where}: {error}"))
            continue
        name = f"q{len(marks) + 1}"
        marks.append(Mark(name, "QUOTE", (span,), {"speaker": "" if row["char_id"] in _NOBODY else row["char_id"]}))
        if speaker is not None:
            if speaker not in places:
                places[speaker] = f"s{len(marks) + 1}"
                marks.append(Mark(places[speaker], "SPEAKER", (speaker,)))
            links.append(Link("speaker", name, places[speaker]))
    document = Document(
        id=source.name or path.stem,
        text=layout.text,
        marks=tuple(marks),
        links=tuple(links),
        declared=frozenset({"QUOTE", *({"*"} if entities.is_file() else ())}),
        where=str(path),
    )
    return Documents(
        documents=(document,),
        problems=tuple(problems),
        notes={what: number for what, number in notes.items() if what},
    )


def _rows(path: Path, needed: Sequence[str]) -> Iterator[tuple[str, Row]]:
    """The lines of a file by the names of its columns."""
    lines = read_text(path, remedy="put the files of a book beside each other").split("\n")
    names = lines[0].rstrip("\r").split("\t")
    if missing := [name for name in needed if name not in names]:
        raise FormatError(f"{path}:1: has no column {missing[0]!r}; is it a file of BookNLP?")
    for number, line in enumerate(lines[1:], 2):
        if line.strip():
            cells = line.rstrip("\r").split("\t")
            yield f"{path}:{number}", dict(zip(names, cells + [""] * len(names), strict=False))


def _begins(words: Sequence[tuple[str, Row]], index: int) -> bool:
    return index == 0 or words[index][1].get("sentence_ID") != words[index - 1][1].get("sentence_ID")


def _number(cell: str | None) -> int | None:
    return int(cell) if cell and cell.isdecimal() and len(cell) < 12 else None


def _text_beside(path: Path) -> str | None:
    beside = path.with_suffix(".txt")
    try:
        return read_text(beside) if beside.is_file() else None
    except InputError:
        return None


def _in_original(beside: Path, words: Sequence[tuple[str, Row]]) -> LaidOut | None:
    """The text as it was, if it lies beside and every word stands where its offsets say."""
    text = _text_beside(beside)
    if text is None:
        return None
    spans = []
    for _, row in words:
        start, end = _number(row.get("byte_onset")), _number(row.get("byte_offset"))
        if start is None or end is None or text[start:end] != row["word"] or start >= end:
            return None
        spans.append(Span(start, end))
    return LaidOut(text, spans)


def _span(first: str, last: str, spans: Sequence[Span]) -> Span:
    start, end = _number(first), _number(last)
    if start is None or end is None or not start <= end < len(spans):
        raise FormatError(
            f"words {first[:20]!r} to {last[:20]!r} are not among the {len(spans)} of the book; mend that line"
        )
    return Span(spans[start].start, spans[end].end)
