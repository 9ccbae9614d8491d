"""What makes one text another: the difference between the text that was predicted on and the gold's, by proof.

A difference is named only if it was undone: line ends if both texts are equal with one kind of line ends, Unicode form
if they are equal in one form. Where it takes two or three of these together, all are named. What is left is shown:
words more, words less, an end that is missing, or another article altogether.
"""

from __future__ import annotations

import html
import itertools
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence

from evalkit.records import Span
from evalkit.text.counting import CP1252

__all__ = ["same_but_for", "span_carrier", "text_difference"]

SHOWN = 30
MOST_TIMES = 3

WORDS, FEW_WORDS = 3, 12
"""Texts are held against each other by as many words in a row; short ones word by word."""
RELATED = 0.2
"""Texts that share less than this of what the shorter one has are not of one article."""


def text_difference(own: str, gold: str) -> str:
    """What differs, in words that end a sentence which begins with "its text"; empty if nothing does."""
    if own == gold:
        return ""
    return same_but_for(own, gold) or _shown(own, gold)


def span_carrier(own: str, other: str) -> Callable[[Span], Span] | None:
    """What moves a span of a text to the same letters of another one; None if they differ in more than white space."""
    if "".join(own.split()) != "".join(other.split()):
        return None
    places = [[number for number, letter in enumerate(text) if not letter.isspace()] for text in (own, other)]

    def carry(span: Span) -> Span:
        inside = range(bisect_left(places[0], span.start), bisect_left(places[0], span.end))
        if not inside:
            # Nothing to hold on to: the checks say of it what they say of any impossible span.
            return Span(span.start, span.start)
        return Span(places[1][inside[0]], places[1][inside[-1]] + 1)

    return carry


def same_but_for(own: str, gold: str) -> str:
    """The fewest differences that make both texts equal when they are undone; empty if none do."""
    for number in (1, 2, 3):
        for steps in itertools.combinations(_STEPS, number):
            changed = own, gold
            words = []
            for undo, name in steps:
                before = changed
                changed = undo(*changed)
                if changed == before:
                    break
                words.append(name(*before))
            else:
                if changed[0] == changed[1]:
                    return " and ".join(words)
    return ""


Pair = tuple[str, str]


def _without_marks(own: str, gold: str) -> Pair:
    return own.replace("\ufeff", ""), gold.replace("\ufeff", "")


def _named_marks(own: str, gold: str) -> str:
    return f"{_who(own.count(chr(0xFEFF)) > gold.count(chr(0xFEFF)))} has a byte order mark (BOM)"


def _who(own: bool) -> str:
    return "it" if own else "the gold's"


def _one_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _line_ends(own: str, gold: str) -> Pair:
    return _one_end(own), _one_end(gold)


def _named_ends(own: str, gold: str) -> str:
    return f"its line ends are {_ends(own)}, the gold's {_ends(gold)}"


def _ends(text: str) -> str:
    pairs = text.count("\r\n")
    numbers = {"CRLF": pairs, "LF": text.count("\n") - pairs, "CR": text.count("\r") - pairs}
    return " and ".join(name for name, number in numbers.items() if number) or "none"


def _unicode(form: str) -> Callable[[str, str], Pair]:
    return lambda own, gold: (unicodedata.normalize(form, own), unicodedata.normalize(form, gold))  # type: ignore[arg-type]


def _named_forms(forms: Sequence[str]) -> Callable[[str, str], str]:
    def named(own: str, gold: str) -> str:
        """The form that each is in, where it is in one that the other is not in."""
        found = []
        for text, other in ((own, gold), (gold, own)):
            mine = [form for form in forms if _is_in(form, text)]
            found.append(next((form for form in mine if not _is_in(form, other)), ""))
        if all(found):
            return f"it is in Unicode form {found[0]}, the gold's in {found[1]}"
        if any(found):
            return f"{_who(bool(found[0]))} is in Unicode form {found[0] or found[1]}, the other is not"
        return "they are in different Unicode forms"

    return named


def _is_in(form: str, text: str) -> bool:
    return unicodedata.is_normalized(form, text)  # type: ignore[arg-type]


def _undo_mojibake(text: str) -> str:
    """The text whose UTF-8 was read as Windows-1252 or Latin-1, once or more; as it is if it cannot be such."""
    for _ in range(MOST_TIMES):
        before, text = text, _decoded_again(text)
        if text == before:
            break
    return text


def _decoded_again(text: str) -> str:
    if text.isascii():
        return text
    values = bytearray()
    for letter in text:
        value = _BYTES.get(letter)
        if value is None:
            return text
        values.append(value)
    try:
        return values.decode("utf-8")
    except UnicodeDecodeError:
        return text


_BYTES = {chr(byte): byte for byte in range(256)} | {letter: byte for byte, letter in enumerate(CP1252)}


def _mojibake(own: str, gold: str) -> Pair:
    return _undo_mojibake(own), _undo_mojibake(gold)


def _named_mojibake(own: str, gold: str) -> str:
    return f"{_who(_undo_mojibake(own) != own)} is UTF-8 read as Latin-1 or Windows-1252 (mojibake)"


def _blanks(own: str, gold: str) -> Pair:
    return "".join(own.split()), "".join(gold.split())


def _named_blanks(own: str, gold: str) -> str:
    if own == gold.strip():
        return "its blanks at the ends were stripped"
    if gold == own.strip():
        return "it has blanks at its ends that the gold's has not"
    if own == " ".join(gold.split()):
        return "its blanks were stripped and collapsed"
    if gold == " ".join(own.split()):
        return "the gold's blanks were stripped and collapsed"
    return "they differ in blanks (white space)"


def _entities(own: str, gold: str) -> Pair:
    return html.unescape(own), html.unescape(gold)


def _named_entities(own: str, gold: str) -> str:
    return f"{_who(html.unescape(own) != own)} has HTML entities"


_QUOTES = str.maketrans("“”„«»‘’‚‹›–—‐‑", "\"\"\"\"\"'''''----")


def _marks(own: str, gold: str) -> Pair:
    return own.translate(_QUOTES), gold.translate(_QUOTES)


def _case(own: str, gold: str) -> Pair:
    return own.casefold(), gold.casefold()


def _lost(own: str, gold: str) -> Pair:
    """Letters that an encoding could not hold, as `?` or U+FFFD."""
    if len(own) != len(gold):
        return own, gold
    pairs = [("?", "?") if _is_lost(a, b) or _is_lost(b, a) else (a, b) for a, b in zip(own, gold, strict=True)]
    return "".join([a for a, _ in pairs]), "".join([b for _, b in pairs])


def _is_lost(one: str, other: str) -> bool:
    return one in "?\ufffd" and not other.isascii()


def _named_lost(own: str, gold: str) -> str:
    return f"{_who('?' in own or chr(0xFFFD) in own)} has lost letters in an encoding (? or U+FFFD)"


_STEPS: tuple[tuple[Callable[[str, str], Pair], Callable[[str, str], str]], ...] = (
    (_without_marks, _named_marks),
    (_line_ends, _named_ends),
    (_unicode("NFC"), _named_forms(("NFC", "NFD"))),
    (_unicode("NFKC"), _named_forms(("NFKC", "NFKD"))),
    (_mojibake, _named_mojibake),
    (_blanks, _named_blanks),
    (_entities, _named_entities),
    (_marks, lambda own, gold: "they differ in quotation marks or dashes"),
    (_case, lambda own, gold: "they differ in capital letters"),
    (_lost, _named_lost),
)


def _shown(own: str, gold: str) -> str:
    """Where the texts part, or how little they share."""
    start = _common(own, gold)
    if not _related(own, gold):
        at = _pieces_at(own, gold, start)
        return f"it shares hardly a word with the gold's, so it is another article's: {at}"
    rest = [text[start:] for text in (own, gold)]
    end = _common(rest[0][::-1], rest[1][::-1])
    more, less = (text[: len(text) - end] for text in rest)
    if not less:
        return f"it has {_short(more)} more at character {start}: {_pieces_at(own, gold, start)}"
    if not more:
        return f"it lacks {_short(less)} at character {start}: {_pieces_at(own, gold, start)}"
    return f"they differ first in {_pieces_at(own, gold, start)}"


def _pieces_at(own: str, gold: str, place: int) -> str:
    shown = [repr(text[place : place + SHOWN]) if text[place:] else "its end" for text in (own, gold)]
    return f"{shown[0]} against {shown[1]} at character {place}"


def _short(text: str) -> str:
    return repr(text) if len(text) <= SHOWN else f"{text[:SHOWN]!r}… ({len(text)} characters)"


def _related(own: str, gold: str) -> bool:
    words = [text.casefold().split() for text in (own, gold)]
    number = 1 if min(map(len, words)) < FEW_WORDS else WORDS
    counts = [Counter(zip(*(side[first:] for first in range(number)), strict=False)) for side in words]
    return (counts[0] & counts[1]).total() >= RELATED * min(map(Counter.total, counts))


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)))
