"""Rows of tables (Parquet, Arrow, datasets of the hub) as the JSON objects that they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from evalkit.files import parse_json
from evalkit.shapes import anything, checked, each, fields

__all__ = ["declared_features", "plain_row", "upright"]

_DECLARED = fields({}, {"info": fields({}, {"features": each(anything)})})
Features = Mapping[str, Any]
"""What `datasets` declares of columns: column → its type, as JSON."""


def declared_features(metadata: Mapping[bytes, bytes] | None) -> Features:
    """The types that `datasets` keeps in the schema of a Parquet or Arrow file; none where somebody else wrote it."""
    declared = (metadata or {}).get(b"huggingface")
    if declared is None:
        return {}
    info: Any = checked(parse_json(declared, "its metadata"), _DECLARED, "its metadata", "write the file again")
    features: Features = (info.get("info") or {}).get("features") or {}
    return features


def plain_row(row: Mapping[str, Any], features: Features) -> dict[str, Any]:
    """A row of a table as a JSON object: numbers of classes are their names, dates are text.

    Args:
        row: the row, in Python values.
        features: the declared types of its columns, as far as there are any.
    """
    plain = {key: _plain(_named(value, features.get(key))) for key, value in row.items()}
    if isinstance(plain.get("published"), str):
        # Arrow takes an ISO date in JSON for a timestamp, and a declared string column then shows a time of day.
        plain["published"] = plain["published"].removesuffix(" 00:00:00")
    return plain


def _named(value: Any, feature: Any) -> Any:
    """The value with the names of classes in place of their numbers."""
    if value is None or not feature:
        return value
    if isinstance(feature, list) and len(feature) == 1:
        feature = {"feature": feature[0]}
    if not isinstance(feature, Mapping):
        return value
    if feature.get("_type") == "ClassLabel":
        names = feature.get("names")
        names = names if isinstance(names, list) else ()
        return names[value] if isinstance(value, int) and 0 <= value < len(names) else value if value != -1 else None
    inner = feature.get("feature")
    if inner is not None:
        if isinstance(value, Mapping) and isinstance(inner, Mapping):
            # A list of objects is kept as an object of lists.
            return {key: _named(items, [inner.get(key)]) for key, items in value.items()}
        return [_named(item, inner) for item in value] if isinstance(value, (list, tuple)) else value
    if isinstance(value, Mapping) and "_type" not in feature:
        return {key: _named(item, feature.get(key)) for key, item in value.items()}
    return value


def _plain(value: Any) -> Any:
    """Undoes what tables do to JSON: dates that they recognised, and other sequences than lists."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()[:10]
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return value


def upright(value: Any) -> Any:
    """A list of objects, where a table holds it as an object of equally long lists; else the value as it is."""
    if not isinstance(value, Mapping) or not value:
        return value
    columns = list(value.values())
    if not all(isinstance(column, (list, tuple)) for column in columns) or len({len(c) for c in columns}) != 1:
        return value
    return [dict(zip(value, items, strict=True)) for items in zip(*columns, strict=True)]
