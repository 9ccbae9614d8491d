"""Perturbations of how words are spelt: their case, mistakes of the keyboard, quotation marks, ends of lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from evalkit.dataset.perturbing.edits import Edit
from evalkit.records import Article, Example, Span
from evalkit.text.quotation_marks import Quotation, inner_quotations, quotations

__all__ = [
    "Draw",
    "headline_case",
    "headline_of",
    "line_end",
    "lower_case",
    "quotation_marks",
    "typing_mistakes",
    "wrapped_lines",
]

Draw = Callable[[str], float]
"""A number from 0 to 1 for a place, which the seed, the kind and the id of the article decide."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SMALL = {
    "a",
    "an",
    "and",
    "as",
    "at",
    "but",
    "by",
    "for",
    "from",
    "if",
    "in",
    "of",
    "on",
    "or",
    "the",
    "to",
    "up",
    "with",
}
_MISTAKES = 0.05
"""Share of the words of four letters or more that are mistyped."""
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_BESIDE = {row[at]: row[max(at - 1, 0) : at] + row[at + 1 : at + 2] for row in _ROWS for at in range(len(row))}
_WIDTHS = (60, 66, 72, 76)
_STYLES = (("“", "”"), ('"', '"'), ("«", "»"), ("„", "“"), ("‘", "’"))
"""Marks that open and close, as newspapers use them."""
_DOUBLE = ("“", "”")
_LINE = re.compile(r"[^\n]+")


def lower_case(example: Example, draw: Draw) -> Iterator[Edit]:
    """Every letter small, as people write in messages; one that has no small letter of its own stays."""
    yield from _respelt(example.article.text, 0, str.lower)


def _respelt(text: str, start: int, respell: Callable[[str], str]) -> Iterator[Edit]:
    """A stretch respelt letter by letter, as far as a letter stays one letter."""
    for number, letter in enumerate(text, start):
        new = respell(letter)
        if new != letter and len(new) == 1:
            yield Edit(number, number + 1, new)


def headline_of(article: Article) -> Span:
    """The zones that are a headline, the first one; without zones the first line, if more lines follow."""
    for zone in article.zones:
        if zone.kind == "headline":
            return Span(zone.start, zone.end)
    end = article.text.find("\n")
    end -= article.text.endswith("\r", 0, max(end, 0))
    return Span(0, end) if end > 0 and not article.zones else Span(0, 0)


def line_end(text: str) -> str:
    """What ends the lines of a text."""
    return "\r\n" if "\r\n" in text else "\n"


def headline_case(example: Example, draw: Draw) -> Iterator[Edit]:
    """The Headline in Words with Capitals; one that has them already in capital letters throughout."""
    start, end = headline_of(example.article)
    headline = example.article.text[start:end]
    edits = list(_titled(headline, start))
    yield from edits or _respelt(headline, start, str.upper)


def _titled(headline: str, start: int) -> Iterator[Edit]:
    for number, match in enumerate(_WORD.finditer(headline)):
        letter = match[0][0]
        if (number == 0 or match[0] not in _SMALL) and len(letter.upper()) == 1 and letter.upper() != letter:
            yield Edit(start + match.start(), start + match.start() + 1, letter.upper())


def typing_mistakes(example: Example, draw: Draw) -> Iterator[Edit]:
    """One word of twenty mistyped: two letters swapped, one left out, doubled, or the key beside it."""
    for match in _WORD.finditer(example.article.text):
        word, place = match[0], match.start()
        if len(word) < 4 or not word.isalpha() or draw(f"typed {place}") >= _MISTAKES:
            continue
        # Inside the word, whose edges are those of spans, and whose first letter people see.
        at = 1 + int(draw(f"letter {place}") * (len(word) - 2))
        letter, after = word[at], word[at + 1]
        start = place + at
        beside = _BESIDE.get(letter.lower(), "")
        ways = [Edit(start, start + 1, ""), Edit(start + 1, start + 1, letter)]
        if letter != after:
            ways.append(Edit(start, start + 2, after + letter))
        if beside:
            ways.append(Edit(start, start + 1, beside[int(draw(f"key {place}") * len(beside))]))
        yield ways[int(draw(f"way {place}") * len(ways))]


def quotation_marks(example: Example, draw: Draw) -> Iterator[Edit]:
    """Every quotation in marks of another style, the same in all of an article; apostrophes stay."""
    text = example.article.text
    found = [one for line in _LINE.finditer(text) for one in quotations(text, Span(*line.span()))]
    if not found:
        return
    # A mark like one inside would end the quotation there; inside single marks all become double ones.
    inside = {text[inner.start] for one in found for inner in inner_quotations(text, one)}
    used = {text[one.start] for one in found} | inside - {_STYLES[-1][0]}
    styles = [style for style in _STYLES if style[0] not in used]
    style = styles[int(draw("style") * len(styles))] if styles else _STYLES[0]
    for one in found:
        yield from _marked(text, one, style)
        for inner in inner_quotations(text, one) if style == _STYLES[-1] else ():
            # Single marks outside ask for double ones inside.
            yield from _marked(text, inner, _DOUBLE)


def _marked(text: str, one: Quotation, style: tuple[str, str]) -> Iterator[Edit]:
    opens = 2 if text.startswith("``", one.start) else 1
    yield Edit(one.start, one.start + opens, style[0])
    if one.closed:
        closes = 2 if opens == 2 and text.endswith("''", one.start + opens, one.end) else 1
        yield Edit(one.end - closes, one.end, style[1])


def wrapped_lines(example: Example, draw: Draw) -> Iterator[Edit]:
    """Lines that end after 60 to 76 letters, as mail and PDF have them; a line end for a blank."""
    width = _WIDTHS[int(draw("width") * len(_WIDTHS))]
    end = line_end(example.article.text)
    for line in _LINE.finditer(example.article.text):
        begin, blank = line.start(), -1
        for place in range(line.start(), line.end()):
            if example.article.text[place] != " ":
                continue
            if place - begin > width and blank > begin:
                yield Edit(blank, blank + 1, end)
                begin = blank + 1
            blank = place
        if line.end() - begin > width and blank > begin:
            yield Edit(blank, blank + 1, end)
