"""The text of an article from its sentences, and where each word stands in it.

Between the words of a sentence stands what `SpacesAfter` or `SpacesBefore` says, else what stands there in `# text`,
else nothing after `SpaceAfter=No` and a blank after any other. Between sentences `# text` says nothing: what stands
there is told by the features of the last word, else it is a blank, and a blank line where a paragraph begins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from evalkit.formats.conllu.lines import Row, Sentence, pairs
from evalkit.formats.conllu.spacing import gap, unescaped
from evalkit.records import Span

__all__ = ["RULE", "Rebuilt", "Word", "rebuilt_text"]

RULE = (
    "text rebuilt from # text, SpaceAfter and SpacesAfter; a blank between sentences and a blank line before a "
    "paragraph, where these do not say"
)

_PARAGRAPH = "\n\n"


class Word(NamedTuple):
    """A word with what its line says, its sentence's number in the article, and its place; None for an empty node.

    `shared` is for a word whose letters cannot be told from those of the others that it is contracted with: its place
    is that of all of them. `unit` is the number of its token in the text, which contracted words share.
    """

    row: Row
    sentence: int
    place: Span | None
    shared: bool
    unit: int


class Rebuilt(NamedTuple):
    """A text with its words in order, and the contracted lines by the number of their token."""

    text: str
    words: list[Word]
    contracted: dict[int, tuple[Row, Span]]


class _Token(NamedTuple):
    """What stands in the text: one word, or several that are contracted.

    `before` and `after` are the white space that MISC tells, `exact` is whether it does so to the letter, `paragraph`
    whether a paragraph begins here in the middle of a sentence.
    """

    form: str
    rows: list[Row]
    before: str
    after: str | None
    exact: bool
    paragraph: bool
    line: Row


def rebuilt_text(sentences: Sequence[Sentence], notes: Counter[str]) -> Rebuilt:
    """The text of one article.

    Args:
        sentences: its sentences in order.
        notes: counts what was odd.
    """
    parts: list[str] = []
    words: list[Word] = []
    contracted: dict[int, tuple[Row, Span]] = {}
    position = unit = 0
    last: _Token | None = None
    for number, sentence in enumerate(sentences):
        tokens, empty = _tokens(sentence, notes)
        gaps = _gaps(sentence, tokens, notes)
        for index, token in enumerate(tokens):
            white = gaps[index - 1] if index else _between(last, token, sentence)
            start = position + len(white)
            position = start + len(token.form)
            parts += (white, token.form)
            words += _words(token, number, Span(start, position), unit)
            if token.line.first < token.line.last:
                contracted[unit] = token.line, Span(start, position)
            unit += 1
            last = token
        words += [Word(row, number, None, False, -1) for row in empty]
    if last is not None and last.after and last.exact:
        parts.append(last.after)
    order = {id(row): at for at, row in enumerate(row for one in sentences for row in one.rows)}
    words.sort(key=lambda word: order[id(word.row)])
    return Rebuilt("".join(parts), words, contracted)


def _between(last: _Token | None, token: _Token, sentence: Sentence) -> str:
    """What stands between two sentences, or before the first."""
    if last is None:
        return token.before
    paragraph = token.paragraph or any(key in ("newpar", "newpar id") for _, key, _ in sentence.comments)
    return _after(last, paragraph=paragraph) + token.before


def _after(token: _Token, *, paragraph: bool) -> str:
    """The white space after a token by MISC alone."""
    if token.exact or not paragraph:
        return " " if token.after is None else token.after
    return _PARAGRAPH


def _tokens(sentence: Sentence, notes: Counter[str]) -> tuple[list[_Token], list[Row]]:
    """What stands in the text, in order, and the empty nodes."""
    tokens: list[_Token] = []
    until = 0
    empty = [row for row in sentence.rows if row.empty]
    for row in sentence.rows:
        if row.empty:
            continue
        if row.first < row.last:
            if row.first <= until:
                notes["contracted words that overlap another, left out"] += 1
                continue
            until = row.last
            tokens.append(_token(row, []))
        elif tokens and row.first <= until and tokens[-1].line.first <= row.first:
            tokens[-1].rows.append(row)
        else:
            tokens.append(_token(row, [row]))
    return tokens, empty


def _token(line: Row, rows: list[Row]) -> _Token:
    said = dict(pairs(line.misc))
    form = unescaped(said["SpacesInToken"]) if said.get("SpacesInToken") else line.form
    before = unescaped(said.get("SpacesBefore", ""))
    return _Token(form, rows, before, gap(said), "SpacesAfter" in said, said.get("NewPar") == "Yes", line)


def _gaps(sentence: Sentence, tokens: Sequence[_Token], notes: Counter[str]) -> list[str]:
    """What stands between the tokens of a sentence."""
    shown = _shown_gaps(sentence, tokens, notes)
    gaps: list[str] = []
    for index, (token, following) in enumerate(pairwise(tokens)):
        told = _after(token, paragraph=following.paragraph) + following.before
        if shown is None or token.exact or following.before or following.paragraph:
            gaps.append(told)
            continue
        gaps.append(shown[index])
        if bool(shown[index]) != bool(told):
            notes["blanks in # text where SpaceAfter says otherwise, or none; # text counts"] += 1
    return gaps


def _shown_gaps(sentence: Sentence, tokens: Sequence[_Token], notes: Counter[str]) -> list[str] | None:
    """What stands between the tokens in `# text`; None if there is none, or they do not stand in it."""
    text = sentence.said("text")
    if text is None:
        return None
    gaps: list[str] = []
    position = 0
    for token in tokens:
        start = position
        while start < len(text) and text[start].isspace() and not text.startswith(token.form, start):
            start += 1
        if not text.startswith(token.form, start):
            # Only what a damaged line held may stand between.
            start = text.find(token.form, start) if sentence.damaged else -1
        if start < 0:
            notes["sentences whose # text does not hold their words, rebuilt without it"] += 1
            return None
        gaps.append(text[position:start])
        position = start + len(token.form)
    if text[position:].strip() and not sentence.damaged:
        notes["sentences whose # text does not hold their words, rebuilt without it"] += 1
        return None
    return gaps[1:]


def _words(token: _Token, sentence: int, place: Span, unit: int) -> Iterator[Word]:
    """The words of a token with their places: its parts, if their letters are those of the token in order."""
    if token.line.first == token.line.last:
        yield Word(token.line, sentence, place, False, unit)
        return
    forms = [row.form for row in token.rows]
    if "".join(forms) != token.form:
        yield from (Word(row, sentence, place, True, unit) for row in token.rows)
        return
    start = place.start
    for row, form in zip(token.rows, forms, strict=True):
        yield Word(row, sentence, Span(start, start + len(form)), False, unit)
        start += len(form)
