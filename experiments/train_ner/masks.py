"""Which tags each word may have: corpus labels, a gazetteer and a second opinion, joined.

A sentence becomes a list of `Piece`: a word, the white space before it and a bit mask of allowed BIO tags. One bit is a
firm label; several bits leave the choice to the model, whose loss is then the probability of all of them together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from gazetteer import CITIES, CONTINENTS, COUNTRIES, FAC_WORDS, LOC_WORDS, NORP_WORDS, ORGANISATIONS, REGIONS
from sources import LABELS, Sentence

from evalkit.text.windows import find_words

OUTSIDE = 1
"""The mask of the tag O; tag 1 + 2k is B- and 2 + 2k is I- of label k."""

_TEACHER = {
    "PERSON": "PER",
    "NORP": "NORP",
    "ORG": "ORG",
    "GPE": "GPE",
    "LOC": "LOC",
    "FAC": "FAC",
    "EVENT": "EVENT",
    "WORK_OF_ART": "WORK",
    "LAW": "WORK",
}
Span = tuple[int, int, tuple[str, ...]]


class Piece(NamedTuple):
    """A word, the white space before it and the tags it may have."""

    gap: str
    form: str
    mask: int


def mask_of(labels: Sequence[str], *, first: bool) -> int:
    """The tags that a first or later word of a span may have, given the span's allowed labels."""
    mask = 0
    for label in labels:
        mask |= OUTSIDE if label == "O" else 1 << (2 * LABELS.index(label) + (1 if first else 2))
    return mask


def single(mask: int) -> bool:
    """Whether the mask allows one tag only."""
    return mask & (mask - 1) == 0


def teacher_spans(sentence: Sentence, found: Sequence[tuple[int, int, str]]) -> list[Span]:
    """The teacher's spans with evalkit's labels and boundaries."""
    spans = []
    for start, end, label in found:
        if label not in _TEACHER:
            continue
        surface = sentence.text[start:end]
        if head := re.match(r"(the|a|an|The) ", surface):
            start += head.end()
        if tail := re.search(r"(['’]s|['’]|\s)$", surface):
            end -= len(tail.group())
        if start < end and any(char.isupper() for char in sentence.text[start:end]):
            spans.append((start, end, (_TEACHER[label],)))
    return spans


def _known(surface: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    """What the gazetteer says about a span whose label is coarse or doubtful; `allowed` where it says nothing."""
    words = surface.split()
    if surface in COUNTRIES:
        return ("GPE",)
    if surface in NORP_WORDS:
        return ("NORP",)
    if surface in ORGANISATIONS:
        return ("ORG",)
    if surface in CONTINENTS or surface in REGIONS:
        return ("LOC",)
    if "LOC" not in allowed:
        return allowed
    if len(words) > 1 and (words[-1] in FAC_WORDS or words[0] in ("Port",)):
        return ("FAC",)
    if len(words) > 1 and (words[-1] in LOC_WORDS or words[0] in ("Mount", "Lake", "Gulf", "Cape")):
        return ("LOC",)
    if words[-1] in ("Island", "Islands"):
        return ("GPE", "LOC")
    return ("GPE",) if surface in CITIES else allowed


def join(sentence: Sentence, source: str, teacher: Sequence[Span]) -> list[Piece]:
    """The words of a sentence with the tags that its corpus and the teacher leave open.

    * `gmb` (silver): where both agree the label is firm; where they do not, either may be right. A label of GMB
      alone stands for people of two or more words and for places, one of the teacher alone for NORP, EVENT and FAC.
    * `gum`: names are firm in their label; the teacher adds NORP (GUM has no adjectives) and doubts boundaries.
    * `newsmtsc` (two models): firm where the model of the first phase and the teacher agree.
    * others (human): the teacher only chooses among the labels that the corpus allows.
    """
    words = find_words(sentence.text)
    bounds = list(zip(words.starts.tolist(), words.ends.tolist(), strict=True))
    sharper = _known if source == "gmb" else _sharpen
    ours = [(start, end, sharper(sentence.text[start:end], allowed)) for start, end, allowed in sentence.spans]
    one, two = _paint(bounds, ours), _paint(bounds, teacher)
    if source in ("gmb", "gum", "newsmtsc"):
        if source != "newsmtsc":
            _firm(sentence.text, source, bounds, ours, teacher, one, two)
        masks = [a & b or a | b for a, b in zip(one, two, strict=True)]
    else:
        masks = [a & b or a for a, b in zip(one, two, strict=True)]
    pieces, last = [], 0
    for form, (start, end), mask in zip(words.forms, bounds, masks, strict=True):
        pieces.append(Piece(sentence.text[last:start], form, mask))
        last = end
    return pieces


def _sharpen(surface: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    """The gazetteer's answer where it is one of the allowed labels."""
    if len(allowed) == 1:
        return allowed
    known = tuple(label for label in _known(surface, allowed) if label in allowed)
    return known or allowed


def _paint(bounds: list[tuple[int, int]], spans: Sequence[Span]) -> list[int]:
    masks = [OUTSIDE] * len(bounds)
    for start, end, allowed in spans:
        first = True
        for index, (low, high) in enumerate(bounds):
            if low < end and high > start:
                masks[index] = mask_of(allowed, first=first)
                first = False
    return masks


def _firm(
    text: str,
    source: str,
    bounds: list[tuple[int, int]],
    ours: list[Span],
    teacher: Sequence[Span],
    one: list[int],
    two: list[int],
) -> None:
    """Make both masks say the same where one side is to be believed alone."""

    def inside(span: Span) -> list[int]:
        return [k for k, (low, high) in enumerate(bounds) if low < span[1] and high > span[0]]

    for span in ours:
        places = inside(span)
        surface = text[span[0] : span[1]]
        alone = all(two[k] == OUTSIDE for k in places)
        same = any(other[:2] == span[:2] for other in teacher)
        listed = source == "gmb" and len(span[2]) == 1 and _known(surface, ()) == span[2]
        full_name = span[2] == ("PER",) and " " in surface
        trusted = source == "gum" or full_name or ("GPE" in span[2] and surface[:1].isupper())
        if (listed and (alone or same)) or (alone and trusted):
            for k in places:
                two[k] = one[k]
    for span in teacher:
        places = inside(span)
        alone = all(one[k] == OUTSIDE for k in places)
        surface = text[span[0] : span[1]]
        sure = span[2] == ("NORP",) if source == "gum" else span[2][0] in ("NORP", "EVENT", "FAC")
        if (alone and sure) or (span[2] == ("NORP",) and surface in NORP_WORDS):
            for k in places:
                one[k] = two[k]
