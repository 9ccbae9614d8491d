from __future__ import annotations

import pytest

from evalkit.errors import EvalkitError, UnknownNameError
from evalkit.scoring.conventions.table import ALL, CONVENTIONS, load_convention


def test_all_can_be_loaded():
    assert {name.partition(":")[0] for name in ALL} == set(CONVENTIONS.table)
    assert all(callable(load_convention(name)) for name in ALL)


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        pytest.param("exakt", UnknownNameError, "did you mean 'exact'", id="near-match"),
        pytest.param("iou:0", UnknownNameError, "above 0 and at most 1", id="iou-zero"),
        pytest.param("iou:1.5", UnknownNameError, "above 0 and at most 1", id="iou-above-one"),
        pytest.param("iou:nan", UnknownNameError, "above 0 and at most 1", id="iou-nan"),
        pytest.param("iou:half", UnknownNameError, "above 0 and at most 1", id="iou-word"),
        pytest.param("exact:0.5", EvalkitError, "takes no parameter", id="parameter-where-none-is"),
    ],
)
def test_refuses(name, error, message):
    with pytest.raises(error, match=message):
        load_convention(name)
