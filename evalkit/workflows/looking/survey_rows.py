"""What is known of all articles of a run together (`evalkit.scoring.survey`) as JSON values, and read back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from evalkit.scoring.survey import Found, Survey
from evalkit.shapes import Shape, each, fields, list_of, number, text

__all__ = ["SURVEY", "survey_of", "survey_row"]

_COUNT, _TEXTS = number(0, whole=True), list_of(text)

SURVEY: Shape = fields(
    {
        "articles": _COUNT,
        "texts": _COUNT,
        "claimed": _TEXTS,
        "absent": each(text),
        "unknown": _TEXTS,
        "failed": each(text),
        "given_only": _TEXTS,
        "apart": list_of(fields({"one": text, "several": text, "number": _COUNT})),
        "together": list_of(fields({"layers": _TEXTS, "articles": _COUNT})),
        "parts": each(list_of(fields({"items": _COUNT, "articles": _COUNT, "fields": _TEXTS}, {"parts": _TEXTS}))),
        "labels": each(each(_COUNT)),
    }
)


def survey_row(survey: Survey) -> dict[str, Any]:
    """A survey as JSON values of the shape `SURVEY`."""
    return {
        **{name: getattr(survey, name) for name in ("articles", "texts")},
        **{name: sorted(getattr(survey, name)) for name in ("claimed", "unknown", "given_only")},
        **{name: dict(getattr(survey, name)) for name in ("absent", "failed")},
        "apart": [{"one": one, "several": several, "number": own} for (one, several), own in survey.apart.items()],
        "together": [{"layers": sorted(layers), "articles": own} for layers, own in survey.together.items()],
        "parts": {
            layer: [
                {"parts": parts, "items": own.items, "articles": own.articles, "fields": sorted(own.fields)}
                for parts, own in groups.items()
            ]
            for layer, groups in survey.parts.items()
        },
        "labels": {layer: dict(own) for layer, own in survey.labels.items()},
    }


def survey_of(row: Mapping[str, Any]) -> Survey:
    """The survey that `survey_row` made these of."""
    return Survey(
        articles=row["articles"],
        texts=row["texts"],
        claimed=frozenset(row["claimed"]),
        absent=row["absent"],
        unknown=frozenset(row["unknown"]),
        failed=row["failed"],
        given_only=frozenset(row["given_only"]),
        apart={(own["one"], own["several"]): own["number"] for own in row["apart"]},
        together={frozenset(own["layers"]): own["articles"] for own in row["together"]},
        parts={
            layer: {
                None if own["parts"] is None else tuple(own["parts"]): Found(
                    own["items"], own["articles"], {*own["fields"]}
                )
                for own in groups
            }
            for layer, groups in row["parts"].items()
        },
        labels={layer: Counter(own) for layer, own in row["labels"].items()},
    )
