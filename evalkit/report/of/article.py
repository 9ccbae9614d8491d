"""An article with what was found in it, or with its gold: the text with marks, then what is told in lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from evalkit.formats.native.rows import annotations_to_row, article_to_row
from evalkit.harmless import one_line
from evalkit.layers.base import Layer
from evalkit.layers.table import all_layers
from evalkit.predictions.extraction import Extraction
from evalkit.records import Annotations, Article, Example
from evalkit.report.document import STRONG, Document, Line, Lines, Mark, MarkedArticle, Piece
from evalkit.showing import number_of

__all__ = ["article_document", "document", "extraction_document"]

Items = Mapping[Layer[Any], tuple[Any, ...]]

LINE_END = re.compile(r"\s*\n\s*")


def document(example: Example) -> Document:
    """The text by zone with marks, then a list for each layer whose items are told in words."""
    article, items = example.article, _items(example.gold)
    return Document(
        what="article",
        title=article.id,
        blocks=tuple(_blocks(article, items)),
        notes=tuple(_notes(article, items)),
        rows=tuple(_rows(article, items)),
        data=article_to_row(article) | annotations_to_row(example.gold, article.text),
    )


def article_document(article: Article) -> Document:
    """The text by zone."""
    shown = document(Example(article=article, gold=Annotations()))
    return replace(shown, rows=({"article": article.id, "title": article.title, "text": article.text},))


def extraction_document(extraction: Extraction) -> Document:
    """The articles one after the other, each under its id."""
    made = zip(extraction.articles, extraction.predictions, strict=True)
    found = [(article, _items(one.annotations)) for article, one in made if one.error is None]
    return Document(
        what="extraction",
        title=f"{extraction.extractor}: {number_of(len(extraction.articles), 'article')}",
        blocks=tuple(
            block for article, items in found for block in (Lines.of(article.id, tone=STRONG), *_blocks(article, items))
        ),
        notes=(
            *(note for article, items in found for note in _notes(article, items)),
            *(f"failed: {name}: {error}" for name, error in extraction.failed.items()),
        ),
        rows=tuple(row for article, items in found for row in _rows(article, items)),
        data=extraction.to_json(),
    )


def _items(annotations: Annotations) -> Items:
    return {layer: items for layer in all_layers() if (items := layer.of(annotations)) is not None}


def _blocks(article: Article, items: Items) -> Iterator[MarkedArticle | Lines]:
    yield MarkedArticle(text=article.text, zones=tuple(article.zones), marks=tuple(_marks(items)))
    yield from _lists(article, items)


def _notes(article: Article, items: Items) -> Iterator[str]:
    marked = MarkedArticle(text=article.text, zones=tuple(article.zones), marks=tuple(_marks(items)))
    shown = sum(step.opens for _, start, end in marked.zones for step in marked.steps(start, end))
    if hidden := len(marked.marks) - shown:
        crossing = number_of(hidden, "item crosses", "items cross")
        yield f"{article.id}: {crossing} others or the bounds of a zone and cannot be marked"


def _marks(items: Items) -> Iterator[Mark]:
    for layer, found in items.items():
        if layer.told is None:
            for item in found:
                yield from (Mark(*span, layer.label(item), layer.name) for span in layer.spans(item))


def _lists(article: Article, items: Items) -> Iterator[Lines]:
    """The items that are not marked in the text; an empty line after each list."""
    names = _names(article, items)
    for layer, found in items.items():
        rest = [item for item in found if layer.told is not None or not layer.spans(item)]
        if rest or layer.told is not None:
            lines = (Line(tuple(_pieces(layer, item, article, names)), depth=1) for item in rest)
            yield Lines(title=number_of(len(rest), layer.one, layer.name), lines=(*lines, Line(())))


def _pieces(layer: Layer[Any], item: Any, article: Article, names: Mapping[str, str]) -> Iterator[Piece]:
    if layer.told is None:
        label, words = layer.label(item), layer.show(item, article.text)
        yield Piece(label, STRONG)
        yield Piece(f"  {words}" if words != label else "")
        return
    for words, tone in layer.told(item, article.text, names):
        yield Piece(LINE_END.sub(" ", words), tone)


def _names(article: Article, items: Items) -> dict[str, str]:
    """What the article calls each thing: the longest of its mentions that are marked."""
    names: dict[str, str] = {}
    for layer, found in items.items():
        for mention in (mention for item in found if layer.told is None for mention in layer.mentions(item)):
            known = names.get(mention.entity_id, "")
            said = (one_line(article.text[start:end]) for start, end in mention.spans)
            names[mention.entity_id] = max(known, *said, key=len)
    return names


def _rows(article: Article, items: Items) -> Iterator[dict[str, object]]:
    for layer, found in items.items():
        yield from (_row(layer, item, article) for item in found)


def _row(layer: Layer[Any], item: Any, article: Article) -> dict[str, object]:
    spans = layer.spans(item)
    return {
        "article": article.id,
        "layer": layer.name,
        "id": item.id,
        "label": layer.label(item),
        "start": min((span.start for span in spans), default=None),
        "end": max((span.end for span in spans), default=None),
        "text": layer.show(item, article.text),
        **layer.roles(item, article.text),
    }
