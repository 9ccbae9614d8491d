"""Quotes: what somebody said, the words that report it, and who said it."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.layers.base import Layer
from evalkit.records import QUOTE_KINDS, Quote, Span

__all__ = ["QUOTES"]


def _parts(quote: Quote) -> Iterator[tuple[str, Span]]:
    yield from (("content", span) for span in quote.content)
    yield from (("cue", span) for span in quote.cue)
    if quote.speaker is not None:
        yield "speaker", quote.speaker


QUOTES: Layer[Quote] = Layer(
    name="quotes",
    one="quote",
    record=Quote,
    label=lambda quote: quote.kind,
    labels=QUOTE_KINDS,
    spans=lambda quote: quote.content,
    parts=_parts,
)
