"""One prediction as one JSON line: the same bytes whoever writes it."""

from __future__ import annotations

import orjson

from evalkit.formats.native.rows import prediction_to_row
from evalkit.records import Prediction

__all__ = ["prediction_line"]


def prediction_line(prediction: Prediction) -> bytes:
    """The line with its line feed. Times are left out: they differ between runs that are otherwise the same."""
    return orjson.dumps(prediction_to_row(prediction), option=orjson.OPT_APPEND_NEWLINE)
