"""The wording of the request: templates, filled for each article."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Template

from evalkit.records import Article

__all__ = ["ASKED", "Prompt"]

ASKED = ("entities", "quotes", "stances")
"""The layers that a model can be asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """Templates, and what stands for each layer."""

    system: str
    user: str
    fallback: str
    pairs: str
    layers: Mapping[str, str]

    def identity(self) -> list[str]:
        """Everything in it that reaches a model, for a fingerprint."""
        return [self.system, self.user, self.fallback, self.pairs, *(self.layers[layer] for layer in ASKED)]

    def version(self) -> str:
        """A short hash of its wording."""
        return hashlib.sha256("\0".join(self.identity()).encode()).hexdigest()[:12]

    def messages(
        self, article: Article, text: str, *, layers: Sequence[str], labels: Mapping[str, str], schema: str = ""
    ) -> list[dict[str, str]]:
        """The messages that ask for annotations.

        Args:
            article: gives title, source and date.
            text: what is shown of its text.
            layers: the layers asked for.
            labels: entity labels and what they mean, which may be empty.
            schema: the JSON schema to describe in words, if the endpoint does not take one.
        """
        listed = "\n".join(f"- {label}: {meaning}" if meaning else f"- {label}" for label, meaning in labels.items())
        wanted = "\n\n".join(Template(self.layers[layer].strip()).substitute(labels=listed) for layer in layers)
        return self._messages(article, text, wanted, schema)

    def pair_messages(self, article: Article, text: str, listed: str, *, schema: str = "") -> list[dict[str, str]]:
        """The messages that ask for the stances of given pairs.

        Args:
            article: gives title, source and date.
            text: what is shown of its text.
            listed: the pairs, one a line.
            schema: the JSON schema to describe in words, if the endpoint does not take one.
        """
        return self._messages(article, text, Template(self.pairs.strip()).substitute(pairs=listed), schema)

    def _messages(self, article: Article, text: str, wanted: str, schema: str) -> list[dict[str, str]]:
        system = Template(self.system).substitute(layers=wanted)
        if schema:
            system = f"{system.rstrip()}\n\n{Template(self.fallback).substitute(schema=schema)}"
        user = Template(self.user).substitute(
            text=text, title=article.title, source=article.source, published=article.published
        )
        return [{"role": "system", "content": system.strip()}, {"role": "user", "content": user.strip()}]
