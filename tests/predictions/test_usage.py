"""What predictions cost, summed and said."""

from __future__ import annotations

import pytest

from evalkit.predictions.usage import total_usage, usage_notes
from evalkit.records import Annotations, Prediction


def predictions(*usages: dict[str, float]) -> list[Prediction]:
    return [Prediction(article_id=str(at), annotations=Annotations(), usage=one) for at, one in enumerate(usages)]


def test_sums_do_not_depend_on_the_order() -> None:
    # 0.1 + 0.2 + 0.3 is 0.6000000000000001 from the left and 0.6 from the right.
    made = predictions({"cost": 0.1, "requests": 1}, {"cost": 0.2}, {"cost": 0.3, "requests": 2})
    assert total_usage(made) == total_usage(made[::-1]) == {"cost": 0.6, "requests": 3}


def test_what_is_no_number_is_no_usage() -> None:
    assert total_usage(predictions({"tokens": float("nan")}, {"tokens": "7"}, {"tokens": 1})) == {"tokens": 1}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("usages", "prices", "notes"),
    [
        pytest.param([{}, {}], None, (), id="nothing"),
        pytest.param([{}, {}], (1.0, 1.0), (), id="nothing has no cost"),
        pytest.param(
            [{"prompt_tokens": 1500, "requests": 1}, {"requests": 2, "cost": 0.5}],
            None,
            ("used for these predictions: 3 requests, 1,500 prompt tokens, cost 0.5000",),
            id="spent",
        ),
        pytest.param(
            [{"invented_quotes": 2, "seconds_lost": 0.25}, {"invented_quotes": 1}],
            None,
            ("counted by the extractor: 3 invented quotes, 0.25 seconds lost",),
            id="counted",
        ),
        pytest.param(
            # (1,000,000 · 2 + 100,000 · 5) / 10⁶
            [{"prompt_tokens": 1e6, "completion_tokens": 1e5, "cost": 9}],
            (2.0, 5.0),
            ("used for these predictions: 1,000,000 prompt tokens, 100,000 completion tokens, cost 2.5000",),
            id="prices of today",
        ),
    ],
)
def test_notes(usages: list[dict[str, float]], prices: tuple[float, float] | None, notes: tuple[str, ...]) -> None:
    assert usage_notes(predictions(*usages), prices=prices) == notes
