"""The extractor `claims-by-number`: a sentence with a number is worth checking, one with a modal verb is not."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evalkit.records import Annotations, Article, Span
from evalkit_claims.layer import Claim

SENTENCE = re.compile(r"[^.!?\n]+[.!?]")


class ClaimsByNumber:
    """Claims by two patterns."""

    name = "claims-by-number"
    layers = ("claims",)

    def fingerprint(self) -> str:
        """Changes with the patterns."""
        return f"{SENTENCE.pattern}/1"

    def extract(self, articles: Sequence[Article]) -> list[Annotations]:
        """The claims of each article."""
        return [Annotations(claims=self._claims(article.text)) for article in articles]

    def _claims(self, text: str) -> list[Claim]:
        claims = []
        for sentence in SENTENCE.finditer(text):
            words = sentence.group().strip()
            start = text.index(words, sentence.start())
            if re.search(r"\d", words):
                label = "check-worthy"
            elif re.search(r"\b(?:may|might|could)\b", words):
                label = "not-check-worthy"
            else:
                continue
            claims.append(Claim(id=f"c{len(claims) + 1}", spans=(Span(start, start + len(words)),), label=label))
        return claims
