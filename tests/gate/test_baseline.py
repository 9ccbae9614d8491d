from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import FormatError, InputError, OutputError
from evalkit.gate.baseline import Baseline, baseline_bytes, read_baseline, write_baseline
from evalkit.options import Scoring
from evalkit.predictions.run import GoldReference, MadeBy, Run
from evalkit.records import Annotations, Entity, Prediction, Span

Tables = Callable[..., Any]


@pytest.fixture
def baseline(tables: Tables) -> Baseline:
    predictions = [
        Prediction(
            article_id=name,
            annotations=Annotations(entities=(Entity(id="e1", spans=(Span(0, 3),), label="PER"),)),
            seconds=0.25,
        )
        for name in ("b", "a")
    ]
    run = Run(
        extractor="mine",
        predictions=tuple(predictions),
        layers=("entities",),
        gold=GoldReference(name="gold", fingerprint="1234567890abcdef", split="test", articles=2),
        made_by=MadeBy(fingerprint="f" * 8),
        scoring=Scoring(labels=("PER",)),
    )
    return Baseline(run=run, tables=tables([1, 2]), evalkit="0.1.0")


def test_what_is_written_is_read_again(tmp_path: Path, baseline: Baseline) -> None:
    path = tmp_path / "folder" / "base.json"
    write_baseline(path, baseline)

    again = read_baseline(path)

    assert baseline_bytes(again) == path.read_bytes() == baseline_bytes(baseline)
    assert [prediction.article_id for prediction in again.run.predictions] == ["a", "b"]
    assert again.tables["entities"]["exact"].table.counts().gold_credit == 3
    assert (again.run.layers, again.run.stated_scoring) == (("entities",), {"labels": ["PER"]})


def test_the_file_is_json_with_one_prediction_a_line(baseline: Baseline) -> None:
    text = baseline_bytes(baseline).decode()

    assert json.loads(text)["format"] == "evalkit.baseline"
    assert sum(line.startswith('{"id":') for line in text.splitlines()) == 2
    assert "seconds" not in text  # times differ between runs that are otherwise the same


def test_the_order_of_predictions_and_their_times_leave_no_trace(baseline: Baseline) -> None:
    other = tuple(replace(prediction, seconds=9.0) for prediction in reversed(baseline.run.predictions))

    assert baseline_bytes(replace(baseline, run=replace(baseline.run, predictions=other))) == baseline_bytes(baseline)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"{", "not valid JSON", id="cut-off"),
        pytest.param(b"[]", "is no baseline", id="list"),
        pytest.param(b'{"format": "evalkit.result"}', "is no baseline", id="result"),
        pytest.param(b'{"format": "evalkit.baseline", "version": 9}', "version 9", id="later"),
        pytest.param(b'{"format": "evalkit.baseline", "version": 1}', "damaged", id="empty"),
    ],
)
def test_damaged_files(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "base.json"
    path.write_bytes(content)

    with pytest.raises(FormatError, match=message):
        read_baseline(path)


def test_a_damaged_field(tmp_path: Path, baseline: Baseline) -> None:
    path = tmp_path / "base.json"
    path.write_bytes(baseline_bytes(baseline).replace(b'"gold":[2,2]', b'"gold":[2]'))

    with pytest.raises(FormatError, match="damaged baseline"):
        read_baseline(path)


def test_no_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--update"):
        read_baseline(tmp_path / "base.json")


def test_a_place_that_cannot_be_written(tmp_path: Path, baseline: Baseline) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(OutputError, match="cannot be written"):
        write_baseline(tmp_path / "file" / "base.json", baseline)
