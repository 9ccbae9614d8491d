"""DataFrames of figures: a column of numbers is one, also where some or all of them are missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["figure_frame", "with_numbers"]


def figure_frame(rows: Iterable[Mapping[str, Any]], *, figures: Iterable[str] = (), whole: Iterable[str] = ()) -> Any:
    """A DataFrame of rows, with columns of numbers as in `with_numbers`."""
    import pandas as pd

    return with_numbers(pd.DataFrame(list(rows)), figures=figures, whole=whole)


def with_numbers(frame: Any, *, figures: Iterable[str] = (), whole: Iterable[str] = ()) -> Any:
    """A DataFrame whose columns of numbers are such.

    pandas makes a column of None alone one of objects, which rounds nothing and makes objects of all that it is joined
    with.

    Args:
        frame: of any columns.
        figures: columns of numbers; NaN where there is none.
        whole: columns of whole numbers; NA where there is none.
    """
    kinds = {**dict.fromkeys(figures, "float64"), **dict.fromkeys(whole, "Int64")}
    return frame.astype({name: kind for name, kind in kinds.items() if name in frame})
