"""Tag-column documents as articles with text and character offsets, and back.

The text of an article is its tokens, put together by a stated rule; an entity reaches from the start of its first
token to the end of its last. Going back, the text is cut into words and single punctuation marks, and at the edges
of entities; what one tag a token cannot say is counted as lost.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from evalkit.errors import FormatError
from evalkit.files import write_file
from evalkit.formats.base import Format
from evalkit.formats.files import paths_under
from evalkit.formats.tags.reading import TagCorpus, TagDocument, read_tag_columns
from evalkit.formats.tags.schemes import TokenSpan, encode_tags
from evalkit.records import Annotations, Article, Entity, Example, Prediction, Scope, Span
from evalkit.registry import unknown_name

__all__ = ["CONLL", "DETOKENISERS", "TagExamples", "WrittenTags", "to_examples", "write_tag_columns"]

DETOKENISERS = ("auto", "space", "simple", "marked")

_PLACEHOLDER = "\ufffd"
"""Stands for a token without visible characters, so that its entity has a span."""

_RULES = {
    "space": "a space between tokens, a line feed between sentences",
    "simple": "English punctuation rules, a line feed between sentences",
    "marked": "a space where the file does not mark NoSpaceAfter, a line feed between sentences",
}
_TIGHT_LEFT = re.compile(r"[.,;:!?%)\]}»”’…]+|['’](?:s|S|re|ve|ll|d|m|t)|n['’]t|''", re.DOTALL)
_TIGHT_RIGHT = re.compile(r"[(\[{«“‘$£€#]+|``")
_TOKEN = re.compile(r"\w+|[^\w\s]")
_SCOPE = Scope(layers=("entities",))


class TagExamples(NamedTuple):
    """Articles with their gold, the predictions if there are any, and how the text was made."""

    examples: tuple[Example, ...]
    predictions: tuple[Prediction, ...] | None
    detokenisation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenTags:
    """A tag-column file as text, and what it cannot hold, by kind and in items."""

    text: str
    losses: Mapping[str, int] = field(default_factory=dict)


def to_examples(corpus: TagCorpus, *, detokenise: str = "auto") -> TagExamples:
    """Every document as an article whose offsets are code points of the rebuilt text.

    Args:
        corpus: what `read_tag_columns` returned.
        detokenise: "space"; "simple" for English punctuation; "marked" by NoSpaceAfter in the file; "auto" for
            "marked" where the file has such marks, else "space".

    Raises:
        UnknownNameError: an unknown rule.
    """
    if detokenise not in DETOKENISERS:
        raise unknown_name("detokenisation", detokenise, DETOKENISERS)
    marked = any(document.glued is not None for document in corpus.documents)
    rule = ("marked" if marked else "space") if detokenise == "auto" else detokenise
    examples: list[Example] = []
    predictions: list[Prediction] = []
    for document in corpus.documents:
        text, offsets = _rebuild(document, rule)
        article = Article(id=document.id, text=text)
        examples.append(Example(article=article, gold=_annotations(document.gold, offsets)))
        if document.predicted is not None:
            predictions.append(
                Prediction(article_id=document.id, annotations=_annotations(document.predicted, offsets))
            )
    return TagExamples(
        examples=tuple(examples),
        predictions=tuple(predictions) if corpus.predicted_scheme is not None else None,
        detokenisation=_RULES[rule],
    )


def _annotations(spans: Sequence[TokenSpan], offsets: Sequence[Span]) -> Annotations:
    return Annotations(
        entities=tuple(
            Entity(
                id=f"e{number}",
                spans=(Span(offsets[span.start].start, offsets[span.end - 1].end),),
                label=span.label,
            )
            for number, span in enumerate(spans, 1)
        ),
        scope=_SCOPE,
    )


def _rebuild(document: TagDocument, rule: str) -> tuple[str, list[Span]]:
    visible = [token.strip() or _PLACEHOLDER for token in document.tokens]
    glue = {"marked": _marked_glue, "simple": _simple_glue, "space": _no_glue}[rule](document, visible)
    breaks = {*document.sentences, len(visible) - document.tail if document.tail else -1}
    parts: list[str] = []
    offsets: list[Span] = []
    position = 0
    for index, token in enumerate(visible):
        gap = "" if not index else "\n" if index in breaks else "" if index - 1 in glue else " "
        start = position + len(gap)
        position = start + len(token)
        parts += [gap, token]
        offsets.append(Span(start, position))
    return "".join(parts), offsets


def _no_glue(document: TagDocument, visible: Sequence[str]) -> frozenset[int]:
    return frozenset()


def _marked_glue(document: TagDocument, visible: Sequence[str]) -> frozenset[int]:
    return document.glued or frozenset()


def _simple_glue(document: TagDocument, visible: Sequence[str]) -> frozenset[int]:
    glued: set[int] = set()
    opened = False
    for index, token in enumerate(visible):
        if index in document.sentences:
            opened = False
        if token == '"':
            # Straight quotes open and close by turns.
            glued.add(index if not opened else index - 1)
            opened = not opened
        elif _TIGHT_LEFT.fullmatch(token):
            glued.add(index - 1)
        if _TIGHT_RIGHT.fullmatch(token):
            glued.add(index)
    return frozenset(glued)


def write_tag_columns(examples: Iterable[Example], *, scheme: str = "IOB2") -> WrittenTags:
    """The gold entities of `examples` as lines `token TAB tag`, a blank line after every line of the text.

    Each article begins with `# document_id = ID`. Tokens are words (runs of letters, digits and underscores) and
    single other characters, cut once more at the edges of entities.

    Args:
        examples: articles with gold entities.
        scheme: the tag scheme to write.

    Raises:
        UnknownNameError: an unknown scheme.
    """
    losses: Counter[str] = Counter()
    lines: list[str] = []
    for example in examples:
        article, gold = example.article, example.gold
        for layer, items in (("quotes", gold.quotes), ("stances", gold.stances)):
            losses[f"{layer} (tags hold entities only)"] += len(items or ())
        kept = _expressible(gold.entities or (), losses)
        tokens = list(_tokens(article.text, kept))
        spans = _token_spans(kept, tokens, losses)
        lines.append(f"# document_id = {article.id}")
        inside = {index for start, end, _ in spans for index in range(start + 1, end)}
        for index, (token, tag) in enumerate(zip(tokens, encode_tags(spans, len(tokens), scheme=scheme), strict=True)):
            if index and index not in inside and "\n" in article.text[tokens[index - 1].end : token.start]:
                lines.append("")
            lines.append(f"{article.text[token.start : token.end]}\t{tag}")
        lines.append("")
    return WrittenTags(text="".join(f"{line}\n" for line in lines), losses=dict(sorted((+losses).items())))


def _expressible(entities: Iterable[Entity], losses: Counter[str]) -> list[tuple[Span, str]]:
    """The entities that tags can hold: of overlapping ones the longest, then the first."""
    kept: list[tuple[Span, str]] = []
    plain: set[tuple[Span, str]] = set()
    for entity in entities:
        if len(entity.spans) != 1:
            losses["discontinuous entities"] += 1
        elif (entity.spans[0], entity.label) in plain:
            losses["entities given twice"] += 1
        else:
            plain.add((entity.spans[0], entity.label))
    for span, label in sorted(plain, key=lambda item: (item[0].start - item[0].end, item[0].start, item[1])):
        other = next((old for old, _ in kept if old.start < span.end and span.start < old.end), None)
        if other is None:
            kept.append((span, label))
        elif other.start <= span.start and span.end <= other.end:
            losses["nested entities"] += 1
        else:
            losses["crossing entities"] += 1
    return sorted(kept)


def _tokens(text: str, kept: Sequence[tuple[Span, str]]) -> Iterator[Span]:
    edges = sorted({edge for span, _ in kept for edge in span})
    number = 0
    for found in _TOKEN.finditer(text):
        start = found.start()
        while number < len(edges) and edges[number] <= start:
            number += 1
        while number < len(edges) and edges[number] < found.end():
            yield Span(start, edges[number])
            start = edges[number]
            number += 1
        yield Span(start, found.end())


def _token_spans(
    kept: Sequence[tuple[Span, str]], tokens: Sequence[Span], losses: Counter[str]
) -> list[tuple[int, int, str]]:
    spans: list[tuple[int, int, str]] = []
    index = 0
    for span, label in kept:
        while index < len(tokens) and tokens[index].start < span.start:
            index += 1
        end = index
        while end < len(tokens) and tokens[end].end <= span.end:
            end += 1
        safe = re.sub(r"\s+", "_", label)
        losses["labels with blanks, written with _"] += safe != label
        if end == index:
            losses["entities without a visible character"] += 1
        else:
            spans.append((index, end, safe))
    return spans


def _read(source: Path) -> Iterator[Example]:
    for path in paths_under(source, CONLL.suffixes):
        yield from to_examples(read_tag_columns(path)).examples


def _write(examples: Sequence[Example], destination: Path) -> None:
    written = write_tag_columns(examples)
    if written.losses:
        lost = ", ".join(f"{count} {what}" for what, count in written.losses.items())
        raise FormatError(f"{destination}: tag columns cannot hold {lost}; choose another format or write_tag_columns")
    write_file(destination, written.text)


_READ: Callable[[Path], Iterable[Example]] = _read
CONLL = Format(name="conll", suffixes=(".conll", ".tsv", ".iob", ".iob2", ".bio", ".tags"), read=_READ, write=_write)
