"""A text as sentences of tokens: the same whatever is annotated, but that no mention runs over a sentence's end."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

from evalkit.formats.tokens import words
from evalkit.records import Span
from evalkit.text.sentences import sentence_ends

__all__ = ["Tokens", "cut_sentences"]

_LINE = re.compile(r"[^\r\n]+")


class Tokens(NamedTuple):
    """The tokens of a text, and the indices of those that begin a sentence."""

    spans: list[Span]
    starts: list[int]


def cut_sentences(text: str, whole: Iterable[Span] = ()) -> Tokens:
    """The tokens of a text in their sentences.

    Args:
        text: the text.
        whole: stretches that no sentence may end in, as CorefUD has every mention within one.
    """
    tokens = words(text)
    begins = [token.start for token in tokens]
    ends = (end for line in _LINE.finditer(text) for end in sentence_ends(text, *line.span()))
    cuts = sorted({bisect_left(begins, end) for end in ends})
    kept = [0] if tokens else []
    spans = iter(sorted(span for span in whole if span.start < span.end))
    reached = 0
    span = next(spans, None)
    for cut in cuts:
        if not 0 < cut < len(tokens):
            continue
        place = tokens[cut].start
        while span is not None and span.start < place:
            reached = max(reached, span.end)
            span = next(spans, None)
        if reached <= place and tokens[cut - 1].end <= place:
            kept.append(cut)
    return Tokens(tokens, kept)
