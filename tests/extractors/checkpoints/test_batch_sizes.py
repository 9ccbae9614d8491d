"""Batches shrink when memory runs out, and for no other reason."""

from __future__ import annotations

import pytest

from evalkit.extractors.checkpoints.batch_sizes import halving


class FailError(Exception):
    """As ONNX Runtime raises it, which has its own errors for everything."""


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), id="torch"),
        pytest.param(FailError("[ONNXRuntimeError] : 6 : Failed to allocate memory for requested buffer"), id="ONNX"),
        pytest.param(MemoryError(), id="Python"),
    ],
)
def test_batches_are_halved_when_memory_runs_out(error: Exception) -> None:
    seen: list[int] = []

    def double(items: list[int]) -> list[int]:
        seen.append(len(items))
        if len(items) > 2:
            raise error
        return [2 * item for item in items]

    assert halving(double, [1, 2, 3, 4, 5], batch=8) == ([2, 4, 6, 8, 10], 2)
    # 5 and 3 are too many; 2, 2 and 1 are not.
    assert seen == [5, 3, 2, 2, 1]


@pytest.mark.parametrize(
    ("error", "items"),
    [
        pytest.param(RuntimeError("shapes do not fit"), [1, 2], id="another error"),
        pytest.param(MemoryError(), [1], id="a single item is too much"),
    ],
)
def test_other_failures_are_not_tried_again(error: Exception, items: list[int]) -> None:
    calls: list[int] = []

    def fail(part: list[int]) -> list[int]:
        calls.append(len(part))
        raise error

    with pytest.raises(type(error)):
        halving(fail, items, batch=2)
    assert calls == [len(items)]
