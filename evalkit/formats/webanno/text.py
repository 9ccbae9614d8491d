"""The text of a WebAnno TSV document, rebuilt from its sentences and proved by the text of every token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.errors import FormatError
from evalkit.formats.webanno.cells import unescaped
from evalkit.formats.webanno.rows import Row, Sentence
from evalkit.records import Span
from evalkit.text.counting import Counting, Ruler

__all__ = ["USUAL", "Text", "text_of"]

USUAL = Counting("utf-16")
"""How Java counts."""

_UNITS = (USUAL, Counting("codepoint"), Counting("utf-8"))
_FILLING = 1_000_000
"""So many characters between sentences are filled with blanks: what stood there is not in the file."""


@dataclass(slots=True)
class Text:
    """A text, and where its tokens and their parts stand.

    Attributes:
        text: the text.
        units: the span of each row by its number in the file, in code points.
        counting: how offsets are counted.
        problems: the sentences that cannot be placed, or whose tokens stand elsewhere.
    """

    text: str = ""
    units: dict[int, Span] = field(default_factory=dict)
    counting: Counting = USUAL
    problems: list[FormatError] = field(default_factory=list)


def text_of(sentences: Sequence[Sentence], path: Path) -> Text:
    """The text in the unit under which the most tokens stand where the file says, UTF-16 if that is right."""
    best: Text | None = None
    for counting in _UNITS:
        text = _built(sentences, counting, path)
        if best is None or len(text.problems) < len(best.problems):
            best = text
        if not best.problems:
            break
    return best or Text()


def _built(sentences: Sequence[Sentence], counting: Counting, path: Path) -> Text:
    out = Text(counting=counting)
    parts: list[str] = []
    # The length so far, in code points and in the unit of the file.
    here = size = filled = 0
    for sentence in sentences:
        text, begin = _placed(sentence, counting)
        where = f"{path}:{sentence.line}"
        if begin is None and sentence.rows:
            out.problems.append(FormatError(f"{where}: {_misplaced(sentence, counting, path)}"))
        # Sentences of which nobody knows where they stand follow each other.
        start = begin if begin is not None and begin >= 0 else size + bool(parts)
        if start < size:
            spare = size - start
            if parts and len(parts[-1]) >= spare and parts[-1][-spare:].isspace() and parts[-1].isascii():
                parts[-1], here, size = parts[-1][:-spare], here - spare, start
            else:
                out.problems.append(
                    FormatError(f"{where}: the sentence begins at {start}, before the end of the last one; mend it")
                )
                start, begin = size + 1, None
        gap = start - size
        if filled + gap > _FILLING:
            said = f"the sentence begins at {start}, far behind the last one; mend it"
            out.problems.append(FormatError(f"{where}: {said}"))
            gap, begin = 1, None
        filled += gap
        parts.append((("\n" if parts else " ") + " " * (gap - 1)) if gap else "")
        here += gap
        if begin is not None:
            ruler = Ruler(text, counting)
            for row in sentence.rows:
                span = _span(ruler, row, start)
                if span is not None:
                    out.units[row.line] = Span(here + span.start, here + span.end)
        parts.append(text)
        here += len(text)
        size += gap + _size(text, counting)
    out.text = "".join(parts)
    return out


def _size(text: str, counting: Counting) -> int:
    if counting.unit == "utf-16":
        return len(text.encode("utf-16-le", "surrogatepass")) // 2
    return len(text) if counting.unit == "codepoint" else len(text.encode("utf-8", "surrogatepass"))


def _span(ruler: Ruler, row: Row, begin: int) -> Span | None:
    """Where a row stands in its sentence, in code points; one of no width stands at a place, too."""
    start, end = row.start - begin, row.end - begin
    if start == end:
        if start == 0:
            return Span(0, 0)
        before = ruler.span(Span(0, start))
        return None if before is None else Span(before.end, before.end)
    return ruler.span(Span(start, end))


def _readings(written: str) -> Iterator[str]:
    """What may be meant by a text: some programs do not escape it."""
    yield unescaped(written)
    if "\\" in written:
        yield written


def _placed(sentence: Sentence, counting: Counting) -> tuple[str, int | None]:
    """The text of a sentence, and the offset at which it begins so that every token stands where the file says."""
    tokens = [row for row in sentence.rows if row.is_token]
    texts = ["\n".join(map(unescaped, sentence.text))]
    if any("\\" in line for line in sentence.text):
        texts.append("\n".join(sentence.text))
    if not tokens:
        return texts[0], None
    for text in texts:
        ruler = Ruler(text, counting)
        for begin in _begins(tokens[0], text, counting):
            if all(_holds(ruler, row, begin) for row in sentence.rows):
                return text, begin
    return texts[0], None


def _begins(first: Row, text: str, counting: Counting) -> Iterator[int]:
    """A sentence begins with its first token; in some exports with blanks, or more, before it."""
    yield first.start
    for token in _readings(first.token):
        if (place := text.find(token)) > 0 and (begin := first.start - _size(text[:place], counting)) >= 0:
            yield begin


def _holds(ruler: Ruler, row: Row, begin: int) -> bool:
    span = _span(ruler, row, begin)
    return span is not None and any(ruler.text[span.start : span.end] == token for token in _readings(row.token))


def _misplaced(sentence: Sentence, counting: Counting, path: Path) -> str:
    """Which token of a sentence stands elsewhere than the file says."""
    first = next((row for row in sentence.rows if row.is_token), sentence.rows[0])
    text = "\n".join(map(unescaped, sentence.text))
    ruler = Ruler(text, counting)
    for row in sentence.rows:
        if not _holds(ruler, row, first.start):
            span = _span(ruler, row, first.start)
            here = repr(text[span.start : span.end]) if span else "no text of the sentence"
            return f"at {row.start}-{row.end} stands {here:.80}, not {row.token!r:.80} (line {row.line}); mend it"
    return "its tokens stand elsewhere; mend it"
