"""What predictions cost and what their extractor counted, summed over a run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from evalkit.records import Prediction

__all__ = ["total_usage", "usage_notes"]

_SPENT = ("requests", "prompt_tokens", "completion_tokens", "cost")


def total_usage(predictions: Iterable[Prediction]) -> dict[str, float]:
    """The sum of each number that predictions have under a name, by name; failed articles cost too."""
    values: dict[str, list[float]] = {}
    for prediction in predictions:
        for name, value in prediction.usage.items():
            if isinstance(value, (int, float)) and math.isfinite(value):
                values.setdefault(name, []).append(value)
    # Exactly rounded, so that the order of the articles does not show.
    return {name: _whole(math.fsum(values[name])) for name in sorted(values)}


def usage_notes(predictions: Iterable[Prediction], *, prices: tuple[float, float] | None = None) -> tuple[str, ...]:
    """Notes for people: what was spent, then what else was counted; none where nothing was.

    Args:
        predictions: the predictions of a run, those from the cache too: they say what was spent when they were made.
        prices: of a million prompt and completion tokens, if the cost is to be counted by these and not as it was then.
    """
    total = total_usage(predictions)
    if prices is not None and total:
        tokens = total.get("prompt_tokens", 0), total.get("completion_tokens", 0)
        total["cost"] = math.fsum(price * number for price, number in zip(prices, tokens, strict=True)) / 1e6
    spent = {name: total.pop(name) for name in _SPENT if name in total}
    notes = []
    if spent:
        notes.append(f"used for these predictions: {_listed(spent)}")
    if total:
        notes.append(f"counted by the extractor: {_listed(total)}")
    return tuple(notes)


def _listed(numbers: Mapping[str, float]) -> str:
    return ", ".join(
        f"{name} {value:.4f}"
        if name == "cost"
        else f"{value:,.6g} {name.replace('_', ' ')}"
        if not float(value).is_integer()
        else f"{int(value):,} {name.replace('_', ' ')}"
        for name, value in numbers.items()
    )


def _whole(value: float) -> float:
    return int(value) if value.is_integer() else value
