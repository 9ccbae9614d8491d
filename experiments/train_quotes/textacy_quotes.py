"""textacy's `direct_quotations` as an extractor: rules over spaCy's parse, for quotations with a reporting verb nearby.

What it finds is put in the form of the guidelines, in its favor: quotations of one paragraph that hang on the same verb
are one quote, and the cue is the verb without the auxiliaries that textacy adds. It refuses a text with an odd number
of quotation marks, apostrophes that spaCy takes for marks included; line by line it refuses less.
"""

from __future__ import annotations

import functools
import hashlib
import re
import warnings
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from evalkit.errors import MissingExtraError
from evalkit.extractors.base import ArticleFailure, Extracted
from evalkit.records import Annotations, Article, Entity, Quote, Span

_LINE = re.compile(r"[^\n]*\S[^\n]*")
_AUXILIARY = ("aux", "auxpass", "neg")


class TextacyExtractor:
    """Entities of a spaCy pipeline, and the quotations that textacy finds in its parse.

    Attributes:
        name: how it is called in tables.
        layers: entities and quotes, because speakers are entities of the pipeline.
    """

    layers = ("entities", "quotes")

    def __init__(self, pipeline: str, *, by_line: bool = False) -> None:
        """Load the pipeline.

        Args:
            pipeline: an installed package with `load()`, such as `en_core_web_md`.
            by_line: whether each line, which is a paragraph, is a text of its own.

        Raises:
            MissingExtraError: textacy or the pipeline is not installed.
        """
        self.name = "textacy by line" if by_line else "textacy"
        self._by_line = by_line
        self._nlp, self._textacy, self._triples = _loaded(pipeline)

    def versions(self) -> str:
        """What it is made of, for people."""
        meta = self._nlp.meta
        return f"textacy {self._textacy.__version__} with {meta['lang']}_{meta['name']} {meta['version']}"

    def fingerprint(self) -> str:
        """SHA-256 over the versions of pipeline and textacy, the choice of unit, and this file."""
        parts = [self.versions(), str(self._by_line), Path(__file__).read_text(encoding="utf-8")]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def extract(self, articles: Sequence[Article]) -> Sequence[Extracted | ArticleFailure]:
        """The entities and direct quotes of each article, or textacy's refusal.

        By line a refusal costs the quotes of its line and is counted in the usage as `refused`.

        Args:
            articles: articles; their zones are not looked at.
        """
        return [self._read(article.text) for article in articles]

    def _read(self, text: str) -> Extracted | ArticleFailure:
        pieces = [Span(*found.span()) for found in _LINE.finditer(text)]
        units = pieces if self._by_line else [Span(0, len(text))]
        entities: list[Entity] = []
        quotes: list[Quote] = []
        refused = 0
        for start, end in units:
            doc = self._nlp(text[start:end])
            entities += _entities(doc, start, len(entities))
            try:
                found = list(self._triples.direct_quotations(doc))
            except ValueError as error:
                if not self._by_line:
                    return ArticleFailure(str(error))
                refused += 1
                continue
            quotes += _quotes(found, text, start, entities, len(quotes))
        annotations = Annotations(entities=tuple(entities), quotes=tuple(quotes))
        return Extracted(annotations, {"refused": float(refused), "units": float(len(units))})


@functools.cache
def _loaded(pipeline: str) -> tuple[Any, Any, Any]:
    """The pipeline, textacy, and its module of triples."""
    with warnings.catch_warnings():
        # Pipelines of an earlier 3.x say that they may be less good under a later one.
        warnings.filterwarnings("ignore", message=r"\[W095\]")
        try:
            textacy, triples = import_module("textacy"), import_module("textacy.extract.triples")
            package: Any = import_module(pipeline)
        except ImportError as error:
            raise MissingExtraError(
                f"textacy with the pipeline {pipeline!r} cannot be imported: {error}; "
                "install both, or leave it out with --pipeline ''"
            ) from error
        return package.load(), textacy, triples


def _entities(doc: Any, offset: int, known: int) -> Iterator[Entity]:
    """The mentions of one text; equal names share an id."""
    for number, mention in enumerate(doc.ents, known + 1):
        span = Span(offset + mention.start_char, offset + mention.end_char)
        yield Entity(id=f"e{number}", spans=(span,), label=mention.label_, entity_id=mention.text.casefold())


def _quotes(found: Sequence[Any], text: str, offset: int, entities: Sequence[Entity], known: int) -> Iterator[Quote]:
    """One quote for the quotations that one verb reports in one paragraph."""
    groups: list[list[Any]] = []
    for triple in found:
        for group in groups:
            between = text[offset + group[-1].content.end_char : offset + triple.content.start_char]
            if group[-1].cue == triple.cue and "\n" not in between:
                group.append(triple)
                break
        else:
            groups.append([triple])
    for number, group in enumerate(groups, known + 1):
        speaker = _hull(group[0].speaker, offset)
        verb = [token for token in group[0].cue if token.dep_ not in _AUXILIARY] or group[0].cue
        yield Quote(
            id=f"q{number}",
            kind="direct",
            content=tuple(Span(offset + one.content.start_char, offset + one.content.end_char) for one in group),
            cue=(_hull(verb, offset),),
            speaker=speaker,
            speaker_id=_entity_id(speaker, entities),
        )


def _hull(tokens: Sequence[Any], offset: int) -> Span:
    return Span(offset + tokens[0].idx, offset + tokens[-1].idx + len(tokens[-1].text))


def _entity_id(speaker: Span, entities: Sequence[Entity]) -> str | None:
    """The entity that shares most characters with a speaker."""
    shared = [
        (min(span.end, speaker.end) - max(span.start, speaker.start), -span.start, entity.entity_id)
        for entity in entities
        for span in entity.spans
    ]
    best = max(shared, default=None)
    return best[2] if best and best[0] > 0 else None
