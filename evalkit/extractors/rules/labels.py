"""Which label a candidate name gets: by the words in it, by word lists, by what stands around it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from evalkit.text.word_lists import alternatives, entries, longest_match

__all__ = ["Guess", "by_context", "by_words", "is_first_name", "strip_titles"]


class Guess(NamedTuple):
    """A label and how much it counts against other guesses for the same name."""

    label: str
    weight: float


NOTHING = Guess("", 0.0)


def is_first_name(word: str) -> bool:
    """Whether a word, or the first part of a hyphenated one, is a listed first name."""
    names = entries("people", "female", "male", "either")
    return word in names or word.split("-")[0] in names


def strip_titles(words: list[str]) -> int:
    """How many words at the front are titles, honorifics or ranks; never all of them."""
    titles = entries("people", "title", "he-title", "she-title")
    count = 0
    while count < len(words):
        # "Finance Minister": a portfolio is part of a title only in front of one.
        portfolio = words[count] in entries("people", "portfolio") and words[count + 1 : count + 2]
        reach = 2 if portfolio and words[count + 1] in titles else 1
        word = words[count + reach - 1]
        if word not in titles and f"{word}." not in titles:
            break
        count += reach
    return count


def by_words(words: list[str], *, titled: bool = False) -> Guess:
    """The label that the words of a name speak for by themselves.

    Args:
        words: the name, titles taken off.
        titled: whether a title stood in front.
    """
    count, label = longest_match(words)
    if count == len(words) and not (titled and count == 1):
        return Guess(label, 3.0 if label != "GPE" or not is_first_name(words[0]) else 0.8)
    if titled:
        return Guess("PER", 4.0)
    if len(words) == 1:
        return _single(words[0])
    if is_first_name(words[0]) and len(words) <= 4 and words[-1] not in entries("names", "org-word") - {"Star", "Sun"}:
        return Guess("PER", 2.0 if not _keyword(words) else 1.2)
    return _keyword(words) or _shape(words)


def _single(word: str) -> Guess:
    if word.isupper() and 2 <= len(word) <= 6:
        return Guess("ORG", 1.0)
    if is_first_name(word):
        return Guess("PER", 0.8)
    if re.fullmatch(r"[AMNE]\d{1,3}", word):
        return Guess("FAC", 2.5)
    # "Charlotte, N.C.": a state.
    return Guess("GPE", 1.5) if re.fullmatch(r"(?:[A-Z]\.){2}", word) else NOTHING


def _keyword(words: list[str]) -> Guess | None:
    last, first = words[-1], words[0]
    if "of" in words[1:] or "for" in words[1:]:
        heads = set(words[: next(i for i, word in enumerate(words) if word in ("of", "for"))])
        for label, section in (("ORG", "org-head"), ("LOC", "loc-head"), ("FAC", "fac-head"), ("EVENT", "event-head")):
            if heads & entries("names", section):
                return Guess(label, 2.5)
        if heads & entries("names", "work-word"):
            return Guess("WORK", 2.5)
    for label, section in (
        ("EVENT", "event-word"),
        ("WORK", "work-word"),
        ("LOC", "loc-word"),
        ("FAC", "fac-word"),
        ("ORG", "org-word"),
        ("GPE", "gpe-word"),
    ):
        if last in entries("names", section):
            return Guess(label, 2.5 if label != "LOC" or not is_first_name(first) else 1.0)
    for label, section in (("LOC", "loc-head"), ("EVENT", "event-head"), ("FAC", "fac-head")):
        if first in entries("names", section):
            return Guess(label, 2.2)
    if any(word in entries("names", "org-word") for word in words):
        return Guess("ORG", 1.5)
    return None


def _shape(words: list[str]) -> Guess:
    if "&" in words or any(re.search(r"\d", word) for word in words):
        return Guess("ORG", 1.0)
    if "of" in words or "for" in words:
        return Guess("ORG", 1.0)
    if any(word in entries("people", "particle") for word in words[1:-1]):
        return Guess("PER", 0.8)
    if re.search(r"(?:tion|ics|[eo]rs|ions|ments?|ies)$", words[-1]):
        return Guess("ORG", 0.8)
    return Guess("PER", 0.6) if len(words) <= 4 else Guess("ORG", 0.5)


_SOME = r"(?:[a-z-]+ )"
_WATER = r"(?:river|lake|sea|mountain|valley|bay|glacier|hill|peak|ridge|reef|strait|fjord|islands?|forest|desert)"
_BUILT = r"(?:bridge|tunnel|stadium|airport|station|dam|road|warehouse|motorway|arena|tower)"


_Keyed = Mapping[str, Sequence[tuple[re.Pattern[str], Guess]]]
"""Patterns by what the text must begin or end with for them to match; few of them are tried at any place."""


@cache
def _contexts_behind() -> _Keyed:
    """By the first character of what follows."""
    org, place = alternatives("words", "org-noun"), alternatives("words", "place-noun")
    role, say = alternatives("people", "role"), alternatives("reporting", "say", "direct")
    rows = (
        (", ", rf",? (?:an?|the) {_SOME}{{0,4}}{org}\b", "ORG", 2.6),
        (", ", rf",? (?:an?|the) {_SOME}{{0,3}}{place}\b", "GPE", 2.6),
        (", ", rf",? (?:an?|the) {_SOME}{{0,3}}{_WATER}\b", "LOC", 2.6),
        (", ", rf",? (?:an?|the) {_SOME}{{0,3}}{_BUILT}\b", "FAC", 2.6),
        (",", rf", (?:an?|the|its|his|her|their)? ?(?:[\w’'-]+ ){{0,5}}{role}\b", "PER", 2.0),
        (", ", r",? who\b", "PER", 2.0),
        (",", r", \d\d?,", "PER", 3.0),
        (", ", r",? (?:district|municipality|province|county)\b", "GPE", 2.2),
        (" ", rf" {_WATER}\b", "LOC", 2.2),
        (" ", rf" {say}\b", "PER", 0.8),
        ("’'", rf"[’']s (?:[\w-]+ ){{0,3}}{role}\b", "ORG", 0.7),
        ("’'", r"[’']s (?:shares|board|chief executive|customers|shareholders|founders?)\b", "ORG", 2.0),
        (" ", r" (?:shares|supporters|spokes\w+|executives|officials|members)\b", "ORG", 1.5),
        (" ", r" (?:posted|reported|raised|cut|bought|sold|agreed to|runs|owns|makes|employs)\b", "ORG", 1.1),
        (", ", r",? which\b", "ORG", 0.9),
        (" ", r" photo/", "ORG", 3.0),
        (" ", r" \([A-Z][A-Za-z]{0,2}[A-Z]{1,4}\)", "ORG", 1.6),
    )
    return _keyed((list(row[0]), *row[1:]) for row in rows)


@cache
def _contexts_before() -> _Keyed:
    """By the last word of what stands in front, or the mark behind it, spelt backwards."""
    org, place = alternatives("words", "org-noun"), alternatives("words", "place-noun")
    role, work = alternatives("people", "role"), alternatives("words", "work-noun")
    water = "river lake sea mountain valley bay glacier hill peak ridge reef strait fjord island islands forest desert"
    rows = (
        (_last_words("words", "org-noun"), rf"\b{org},? $", "ORG", 2.2),
        ("of the", rf"\b{place} of (?:the )?$", "GPE", 2.6),
        (f"{water} of", rf"\b{_WATER},? (?:of )?$", "LOC", 2.2),
        (_last_words("people", "role"), rf"\b{role},? $", "PER", 2.2),
        (_last_words("words", "work-noun"), rf"\b{work},? [\"“‘']?$", "WORK", 2.0),
        ("in at", r"\b(?:based|headquartered|born|lives?|living|arrived|landed|hospital) (?:in|at) $", "GPE", 2.0),
        ("of in", r"\b(?:mayor|people|residents|harbour|outskirts|streets|city|borders?) (?:of|in) $", "GPE", 2.4),
        ("of at for with the", rf"\b{role} (?:of|at|for|with) (?:the )?$", "ORG", 1.2),
        ("of in the", r"\b(?:members|shares|supporters|chief executive|a unit) (?:of|in) (?:the )?$", "ORG", 2.0),
        ("the", r"\b(?:on|along|across|up|down|banks? of|side of|over) the $", "LOC", 1.2),
        ("told tell the", r"\b(?:told|tell) (?:the )?$", "ORG", 1.0),
        (": By", r"\b[Pp]hoto(?:graph)?s?(?: by)?: ?$|(?:^|\n)By $", "PER", 0.4),
        ("/", r"[Pp]hoto(?:graph)?: ?[\w .&-]+ ?/ ?$", "PER", 1.6),
        ("In in From from", r"(?:^|\s)(?:[Ii]n|[Ff]rom) $", "GPE", 1.3),
        (
            "near outside around across between reach reached to into toward towards",
            r"(?:^|\s)(?:near|outside|around|across|between|reach(?:ed)?|to|into|towards?) $",
            "GPE",
            0.9,
        ),
        ("At at", r"(?:^|\s)[Aa]t $", "GPE", 0.8),
        ("The the", r"\b[Tt]he $", "LOC", 0.7),
        ("The the", r"\b[Tt]he $", "ORG", 0.65),
    )
    return _keyed(([word[::-1] for word in row[0].split()], *row[1:]) for row in rows)


def _last_words(file: str, section: str) -> str:
    return " ".join(sorted({re.findall(r"\w+", entry)[-1] for entry in entries(file, section)}))


def _keyed(rows: Iterable[tuple[Sequence[str], str, str, float]]) -> _Keyed:
    keyed: dict[str, list[tuple[re.Pattern[str], Guess]]] = defaultdict(list)
    for keys, source, label, weight in rows:
        for key in keys:
            keyed[key].append((re.compile(source), Guess(label, weight)))
    return keyed


_PICTURE = re.compile(r"(?:[Pp]hoto(?:graph)?|[Pp]icture|[Ii]mage|[Pp]ic): ?$")
_LAST = re.compile(r"[ ,\"“‘']*(\w+|[:/])")


def by_context(before: str, after: str) -> list[Guess]:
    """What the words around a mention speak for.

    Args:
        before: the line up to the mention.
        after: the line behind it.
    """
    tail, head = before[-70:], after[:90]
    if ":" in tail[-2:] and _PICTURE.search(tail) and re.match(r" ?/", head):
        return [Guess("ORG", 1.6)]
    behind = [guess for pattern, guess in _contexts_behind().get(head[:1], ()) if pattern.match(head)]
    last = _LAST.match(tail[::-1])
    in_front = _contexts_before().get(last[1], ()) if last else ()
    return behind + [guess for pattern, guess in in_front if pattern.search(tail)]
