"""`speed.json`: what is written is read again, and nothing else of a run knows of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalkit.errors import FormatError
from evalkit.predictions.speed import articles_hash, machine_name, peak_memory, read_speed, write_speed
from evalkit.predictions.store import RunFolder
from tests.analysis.test_speed import speed_of


def test_it_comes_back(tmp_path: Path):
    write_speed(tmp_path, speed_of(1.25, 2.5))
    assert read_speed(tmp_path) == speed_of(1.25, 2.5)
    assert read_speed(tmp_path / "speed.json") == speed_of(1.25, 2.5)


def test_nothing_was_measured(tmp_path: Path):
    assert read_speed(tmp_path) is None
    RunFolder(tmp_path).write_speed(2.0, 4)
    assert read_speed(tmp_path) is None


def test_it_stays_where_articles_are_extracted_again(tmp_path: Path):
    write_speed(tmp_path, speed_of(1.0))
    RunFolder(tmp_path).write_speed(2.0, 4)
    assert read_speed(tmp_path) == speed_of(1.0)
    assert json.loads((tmp_path / "speed.json").read_text())["articles_per_second"] == 2.0
    write_speed(tmp_path, speed_of(3.0))
    assert json.loads((tmp_path / "speed.json").read_text())["articles_per_second"] == 2.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"passes": []}, "at least one", id="no pass"),
        pytest.param({"latencies": [1.0]}, "as many lengths as times", id="lengths"),
        pytest.param({"passes": ["1"]}, r"damaged at measured\.passes\[0\]: found '1'", id="text"),
        pytest.param({"machine": 3}, r"damaged at measured\.machine", id="machine"),
        pytest.param({"version": 2}, "speed version 2, this evalkit reads 1", id="later"),
    ],
)
def test_damage(tmp_path: Path, changes: dict[str, object], message: str):
    write_speed(tmp_path, speed_of(1.0))
    data = json.loads((tmp_path / "speed.json").read_text())
    (tmp_path / "speed.json").write_text(json.dumps({"measured": data["measured"] | changes}))
    with pytest.raises(FormatError, match=message):
        read_speed(tmp_path)
    # Measuring again mends it.
    write_speed(tmp_path, speed_of(2.0))
    assert read_speed(tmp_path) == speed_of(2.0)


def test_the_articles_in_whatever_order():
    assert articles_hash({"a": "x", "b": "y"}) == articles_hash({"b": "y", "a": "x"})
    assert articles_hash({"a": "x"}) != articles_hash({"a": "y"})


def test_this_machine():
    assert "core" in machine_name()
    memory = peak_memory()
    assert memory is None or memory > 10**6
