"""Tag-column documents as articles with text and character offsets, and back.

The text of an article is its tokens, put together by a stated rule; an entity reaches from the start of its first
token to the end of its last. Going back, the text is cut into words and single punctuation marks, and at the edges
of entities; what one tag a token cannot say is counted as lost.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from evalkit.errors import FormatError
from evalkit.formats.base import Batch, Claims, Losses, Source
from evalkit.formats.tags.flat import BAD_LABEL, CONTROL, flat_entities, holds_label, tag_losses
from evalkit.formats.tags.laid_out import LaidOutSides, lay_out
from evalkit.formats.tags.reading import TagCorpus, TagDocument, TagReading, read_tag_columns, read_tag_sides
from evalkit.formats.tags.schemes import TokenSpan, encode_tags
from evalkit.formats.tags.settings import tag_settings
from evalkit.formats.tags.tag_file import document_name
from evalkit.formats.tokens import RULES, LaidOut, rebuilt
from evalkit.layers.entities import ENTITIES
from evalkit.records import Annotations, Article, Entity, Example, Prediction, Scope, Span

__all__ = [
    "LaidOutColumns",
    "TagExamples",
    "WrittenTags",
    "read_articles",
    "read_laid_out",
    "to_examples",
    "write_tag_columns",
]

_TOKEN = re.compile(r"\w+|[^\w\s\x00-\x1f\x7f-\x9f]")
_SCOPE = Scope(layers=(ENTITIES.name,))


class TagExamples(NamedTuple):
    """Articles with their gold, the predictions if there are any, and how the text was made."""

    examples: tuple[Example, ...]
    predictions: tuple[Prediction, ...] | None
    detokenisation: str


@dataclass(frozen=True, kw_only=True)
class LaidOutColumns:
    """Both sides of tag columns without records.

    Attributes:
        ids: the names of the documents.
        sides: their texts and their entities.
        layer: the layer of these.
        scope: what is annotated.
        reading: how it was read, for signatures.
        notes: what was met and mended, and how often.
    """

    ids: list[str]
    sides: LaidOutSides
    layer: str
    scope: Scope
    reading: str
    notes: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenTags:
    """A tag-column file as text, and what it cannot hold."""

    text: str
    losses: Losses


def read_articles(source: Source, values: Mapping[str, Any]) -> Batch:
    """Documents as articles with their gold; predictions too if the source or the settings name where they are.

    Raises:
        EvalkitError: what `read_tag_columns` raises.
    """
    settings = tag_settings(values)
    if source.predicted and source.beside is None:
        # By themselves they are read like gold, only from another column.
        settings = replace(settings, tag_column=settings.predicted_column, gold_tag_column=None)
        settings = replace(settings, predicted_tag_column=None)
    gold, predicted = (source.path, None) if source.beside is None else (source.beside, source.path)
    # Documents without a name are called after their file, since two of a folder must not have one id.
    corpus = read_tag_columns(gold, predicted, settings, unnamed=source.name)
    made = to_examples(corpus, detokenise=settings.detokenise)
    labels = {entity.label for example in made.examples for entity in ENTITIES.of(example.gold) or ()}
    return Batch(
        examples=made.examples,
        predictions=made.predictions,
        claims=(Claims(where=str(gold)),) * len(made.examples),
        labels={ENTITIES.name: tuple(sorted(labels))},
        reading=corpus.signature,
        notes=_notes(corpus, made.detokenisation, alone=source.predicted and source.beside is None),
    )


def read_laid_out(gold: Path, predicted: Path | None, values: Mapping[str, Any]) -> LaidOutColumns | None:
    """The same of a file of both sides, or of two, without records; None where records are needed.

    Raises:
        EvalkitError: what `read_tag_columns` raises.
    """
    settings = tag_settings(values)
    if settings.detokenise == "simple":
        return None
    read = read_tag_sides(gold, predicted, settings)
    sides = lay_out(read)
    if sides is None:
        return None
    rule = _rule(settings.detokenise, marked=read.gold.glued is not None)
    return LaidOutColumns(
        ids=[part.name for part in read.ranges],
        sides=sides,
        layer=ENTITIES.name,
        scope=_SCOPE,
        reading=read.signature,
        notes=_notes(read, RULES[rule], alone=False),
    )


def _rule(detokenise: str, *, marked: bool) -> str:
    return ("marked" if marked else "space") if detokenise == "auto" else detokenise


def _notes(corpus: TagReading, detokenisation: str, *, alone: bool) -> dict[str, int]:
    schemes = corpus.gold_scheme
    if corpus.predicted_scheme not in (None, corpus.gold_scheme):
        schemes += f" (predicted {corpus.predicted_scheme})"
    policy = (
        f"tags read as {schemes}, illegal sequences by the policy {corpus.repair!r}; "
        f"one article a document ({corpus.document}); text rebuilt from tokens: {detokenisation}"
    )
    if not alone:
        return {policy: 0, **corpus.notes}
    return {f"predicted {policy}": 0, **{re.sub("^gold: ", "predicted: ", k): n for k, n in corpus.notes.items()}}


def to_examples(corpus: TagCorpus, *, detokenise: str = "auto") -> TagExamples:
    """Every document as an article whose offsets are code points of the rebuilt text; how, says `TagSettings`."""
    rule = _rule(detokenise, marked=any(document.glued is not None for document in corpus.documents))
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
        detokenisation=RULES[rule],
    )


def _annotations(spans: Sequence[TokenSpan], offsets: Sequence[Span]) -> Annotations:
    entities = [
        Entity(id=f"e{number}", spans=(Span(offsets[span.start].start, offsets[span.end - 1].end),), label=span.label)
        for number, span in enumerate(spans, 1)
    ]
    return Annotations({ENTITIES.name: entities}, _SCOPE)


def _rebuild(document: TagDocument, rule: str) -> LaidOut:
    tail = (len(document.tokens) - document.tail,) if document.tail else ()
    return rebuilt(document.tokens, rule, sentences={*document.sentences, *tail}, glued=document.glued or ())


def write_tag_columns(examples: Iterable[Example], *, scheme: str = "IOB2") -> WrittenTags:
    """The gold entities of `examples` as lines `token TAB tag`, a blank line after every line of the text.

    Each article begins with `# document_id = ID`. Tokens are words (runs of letters, digits and underscores) and
    single other characters but for those of control, cut once more at the edges of entities.

    Args:
        examples: articles with gold entities.
        scheme: the tag scheme to write.

    Raises:
        UnknownNameError: an unknown scheme.
        FormatError: an id that no line can hold.
    """
    examples = list(examples)
    lost: Counter[str] = Counter()
    lines: list[str] = []
    respaced = 0
    for example in examples:
        article = example.article
        entities = ENTITIES.of(example.gold) or ()
        said = [entity for entity in entities if holds_label(_safe(entity.label))]
        lost[BAD_LABEL] += len(entities) - len(said)
        kept = flat_entities(said, lost)
        tokens = list(_tokens(article.text, kept))
        spans = _token_spans(kept, tokens, lost)
        lines.append(_first_line(article.id))
        gaps = {article.text[one.end : other.start] for one, other in pairwise(tokens)}
        respaced += not gaps <= {" ", "\n"} or article.text.strip() != article.text
        inside = {index for start, end, _ in spans for index in range(start + 1, end)}
        for index, (token, tag) in enumerate(zip(tokens, encode_tags(spans, len(tokens), scheme=scheme), strict=True)):
            if index and index not in inside and "\n" in article.text[tokens[index - 1].end : token.start]:
                lines.append("")
            lines.append(f"{article.text[token.start : token.end]}\t{tag}")
        lines.append("")
    return WrittenTags(
        text="".join(f"{line}\n" for line in lines), losses=tag_losses(examples, +lost, _left_out(examples, respaced))
    )


def _first_line(article_id: str) -> str:
    """The line that begins an article.

    Raises:
        FormatError: its id would not be read from there.
    """
    line = f"# document_id = {article_id}"
    if CONTROL.search(article_id) or document_name(line) != article_id:
        raise FormatError(f"article {article_id!r:.80}: no line of tags can hold this id; call the article otherwise")
    return line


def _left_out(examples: Sequence[Example], respaced: int) -> dict[str, int]:
    articles = [example.article for example in examples]
    return {
        "titles": sum(bool(article.title) for article in articles),
        "zones": sum(len(article.zones) for article in articles),
        "metadata fields": sum(len(article.metadata) for article in articles),
        "articles without annotated entities, written as if there were none": sum(
            ENTITIES.of(example.gold) is None for example in examples
        ),
        "control characters": sum(len(CONTROL.findall("".join(article.text.split()))) for article in articles),
        "articles whose white space is no single space between tokens": respaced,
    }


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


def _safe(label: str) -> str:
    return re.sub(r"\s+", "_", label)


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
        safe = _safe(label)
        losses["blanks in the label, written as _"] += safe != label and end > index
        if end == index:
            losses["without a visible character"] += 1
        else:
            spans.append((index, end, safe))
    return spans
