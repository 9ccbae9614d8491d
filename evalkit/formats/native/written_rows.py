"""Writing the native form; the form itself is described in `evalkit.formats.native.rows`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from evalkit.records import Annotations, Article, Entity, Example, Prediction, Quote, Span, Stance

__all__ = [
    "annotations_to_row",
    "article_to_row",
    "dump_line",
    "example_to_row",
    "prediction_to_row",
    "sha256_text",
    "surface",
]

Row = dict[str, Any]


def sha256_text(text: str) -> str:
    """SHA-256 of the text as UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def dump_line(row: Mapping[str, Any]) -> str:
    """One JSON line, UTF-8 characters kept, keys in the order given, ending in a line feed."""
    return json.dumps(row, ensure_ascii=False, separators=(", ", ": ")) + "\n"


def surface(text: str, spans: Iterable[Span]) -> str:
    """What stands at the spans; parts of a discontinuous item are joined by ` … `."""
    return " … ".join(text[span.start : span.end] for span in spans)


def _without_none(row: Row) -> Row:
    return {key: value for key, value in row.items() if not (key == "score" and value is None)}


def annotations_to_row(annotations: Annotations, text: str | None = None) -> Row:
    """The layers as JSON values; with `text`, entities and quotes carry their surface so that a diff can be read."""
    entities, quotes, stances = annotations.entities, annotations.quotes, annotations.stances
    return {
        "entities": None if entities is None else [_entity_row(entity, text) for entity in entities],
        "quotes": None if quotes is None else [_quote_row(quote, text) for quote in quotes],
        "stances": None if stances is None else [_stance_row(stance) for stance in stances],
    }


def _entity_row(entity: Entity, text: str | None) -> Row:
    row: Row = {"id": entity.id, "spans": [list(span) for span in entity.spans]}
    if text is not None:
        row["text"] = surface(text, entity.spans)
    return _without_none(row | {"label": entity.label, "entity_id": entity.entity_id, "score": entity.score})


def _quote_row(quote: Quote, text: str | None) -> Row:
    row: Row = {"id": quote.id, "kind": quote.kind, "content": [list(span) for span in quote.content]}
    if text is not None:
        row["text"] = surface(text, quote.content)
    return _without_none(
        row
        | {
            "cue": [list(span) for span in quote.cue],
            "speaker": None if quote.speaker is None else list(quote.speaker),
            "speaker_id": quote.speaker_id,
            "score": quote.score,
        }
    )


def _stance_row(stance: Stance) -> Row:
    return _without_none(
        {
            "id": stance.id,
            "holder": stance.holder,
            "target": stance.target,
            "label": stance.label,
            "evidence": [list(span) for span in stance.evidence],
            "quote_id": stance.quote_id,
            "score": stance.score,
        }
    )


def article_to_row(article: Article) -> Row:
    """The article as JSON values, with the hash of its text."""
    return {
        "id": article.id,
        "title": article.title,
        "source": article.source,
        "published": article.published,
        "lang": article.lang,
        "metadata": dict(article.metadata),
        "text_sha256": sha256_text(article.text),
        "text": article.text,
        "zones": [{"kind": zone.kind, "start": zone.start, "end": zone.end} for zone in article.zones],
    }


def example_to_row(example: Example) -> Row:
    """Article and gold as JSON values."""
    scope = example.gold.scope
    row = article_to_row(example.article) | annotations_to_row(example.gold, example.article.text)
    declared = {key: getattr(scope, key) for key in ("layers", "labels", "zones")}
    return row | {"scope": {key: None if value is None else list(value) for key, value in declared.items()}}


def prediction_to_row(prediction: Prediction) -> Row:
    """A prediction as JSON values; fields that say nothing are left out."""
    row: Row = {"id": prediction.article_id} | annotations_to_row(prediction.annotations)
    if prediction.given_stances is not None:
        row["given_stances"] = [_stance_row(stance) for stance in prediction.given_stances]
    if prediction.error is not None:
        row["error"] = prediction.error
    if prediction.usage:
        row["usage"] = dict(prediction.usage)
    return row
