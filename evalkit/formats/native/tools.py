"""Exports of annotation tools and other people's forms, told by their keys: what they are, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from evalkit.layers.keys import BOUNDS
from evalkit.layers.table import layer_names

__all__ = ["foreign_form"]

Row = Mapping[str, Any]

_WRITE = 'write {"id": …, "text": …, "entities": [{"start": …, "end": …, "label": …}]} for each article'


def _listed(row: Row, key: str) -> list[Any]:
    value = row.get(key)
    return value if isinstance(value, list) else []


def _first(row: Row, key: str) -> Mapping[str, Any]:
    value = _listed(row, key)
    return value[0] if value and isinstance(value[0], Mapping) else {}


def _is_label_studio(row: Row) -> bool:
    tasks = isinstance(row.get("data"), Mapping) and any(
        isinstance(row.get(key), list) for key in ("annotations", "completions", "predictions")
    )
    return tasks or {"annotation_id", "annotator", "lead_time"} <= row.keys()


def _is_pipeline(row: Row) -> bool:
    return {"word", "start", "end"} <= row.keys() and not {"entity_group", "entity"}.isdisjoint(row)


def _is_around(row: Row) -> bool:
    """One object around the articles, or around predictions for them."""
    parts = {"text", *layer_names()}
    return "id" not in row and "text" not in row and any(_is_row(_first(row, key), parts) for key in row)


def _is_row(value: Row, parts: set[str]) -> bool:
    return not {"id", "article_id"}.isdisjoint(value) and not parts.isdisjoint(value)


def _is_keyed(row: Row) -> bool:
    """One object whose keys are the ids of articles, each with its items or its layers."""
    names = set(layer_names())
    if not names.isdisjoint(row) or not {"id", "article_id", "text"}.isdisjoint(row):
        return False
    if not all(isinstance(value, (list, Mapping)) for value in row.values()):
        return False
    items = any({*BOUNDS, "label"} & _first(row, key).keys() for key in row)
    layers = any(isinstance(value, Mapping) and not names.isdisjoint(value) for value in row.values())
    return items or layers


_PROFILE = f"{_WRITE}, or name its keys in a profile: --format json-standoff reads any JSON with spans (docs/gold.md)"
_SPACY_2 = "turn it into a .spacy file with: python -m spacy convert FILE FOLDER"

_FORMS: tuple[tuple[Callable[[Row], bool], str], ...] = (
    (_is_label_studio, "an export of Label Studio; give --format labelstudio"),
    (lambda row: "%FEATURE_STRUCTURES" in row or "%TYPES" in row, "a UIMA CAS in JSON; give --format casjson"),
    (
        lambda row: "_referenced_fss" in row or ("_views" in row and "_context" in row),
        "a UIMA CAS in the older JSON, which leaves types out; export it as UIMA CAS JSON (0.4.0) or XMI",
    ),
    (
        lambda row: isinstance(row.get("paragraphs"), list) and "id" in row and "text" not in row,
        f"training data of spaCy 2, with paragraphs; {_SPACY_2}",
    ),
    (
        lambda row: any("classId" in _first(row, key) for key in row) or "annotatable" in row,
        f"an export of tagtog: {_WRITE}",
    ),
    (lambda row: "word" in _first(_first(row, "sentences"), "tokens"), f"the JSON of Stanford CoreNLP: {_WRITE}"),
    (_is_pipeline, "the output of a transformers pipeline, which does not say of which article it is: " + _WRITE),
    (lambda row: "row" in _first(row, "rows"), "an answer of the datasets server; save each 'row' on a line"),
    (
        lambda row: isinstance(row.get("id"), Mapping),
        "a table as pandas writes it by default, column by column; write it with orient='records', lines=True",
    ),
    (
        lambda row: "points" in _first(row, "annotation") or ("content" in row and "annotation" in row),
        f"an export of Dataturks, whose ends are inclusive: {_PROFILE}",
    ),
    (lambda row: {"doc_key", "sentences"} <= row.keys(), f"the JSON of DyGIE, with tokens and no text: {_WRITE}"),
    (lambda row: {"sents", "vertexSet"} <= row.keys(), f"the JSON of DocRED, with tokens and no text: {_WRITE}"),
    (
        lambda row: {"label", "pattern"} <= row.keys() and "text" not in row,
        "a list of patterns for spaCy or Prodigy, which says what to look for and annotates nothing",
    ),
    (
        lambda row: "annotation_approver" in row,
        "an older export of doccano, with numbers for labels; export it as JSONL with labels as text",
    ),
    (
        lambda row: isinstance(row.get("data"), list) and "text" not in row,
        f"one object around a list under 'data'; save that list: {_PROFILE}",
    ),
    (_is_around, "one object around a list of articles; save that list, or one of its objects a line"),
    (
        _is_keyed,
        'one object whose keys are the ids of articles; write {"id": KEY, "entities": […]} for each, one a line',
    ),
)


def foreign_form(row: Row) -> str | None:
    """What else than a native row an object is, and what to do; None if it looks like none of these."""
    return next((what for is_it, what in _FORMS if is_it(row)), None)
