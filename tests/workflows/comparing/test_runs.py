"""Lists of runs, and one frame over all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from evalkit.dataset.gold import GoldDataset
from evalkit.errors import UnknownNameError
from evalkit.options import Options, ReadOptions, Running
from evalkit.records import Annotations, Article, Entity, Example, Span
from evalkit.workflows.comparing.runs import list_runs, runs_to_pandas
from evalkit.workflows.inputs import gold_from
from evalkit.workflows.running.measure import measure_extractor


def gold_of(words: str) -> GoldDataset:
    person = Entity(id="e1", spans=(Span(0, 3),), label="PER")
    examples = [
        Example(article=Article(id=name, text=f"{words} {name}."), gold=Annotations(entities=(person,)))
        for name in ("a", "b")
    ]
    return gold_from(examples, ReadOptions())


def right(article: Article) -> list[tuple[int, int, str]]:
    return [(0, 3, "PER")]


def wrong(article: Article) -> list[tuple[int, int, str]]:
    if article.id == "b":
        raise ValueError("no idea")
    return [(0, 3, "ORG")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs over one gold, one over another, and one that is broken."""
    place = tmp_path_factory.mktemp("many") / "runs"
    for extractor, words, name in ((wrong, "Ida", "a-wrong"), (right, "Ida", "b-right"), (right, "Bo!", "c-other")):
        measured = Options(running=Running(out=place / name, cache=False))
        measure_extractor(extractor, gold_of(words), measured, baseline=False)
    (place / "d-broken").mkdir()
    (place / "d-broken" / "run.json").write_text("{")
    return place


def test_names_that_are_no_utf_8_stop_no_frame(folder: Path, tmp_path: Path):
    odd = os.fsencode(tmp_path / "runs") + b"/bad\xff"
    try:
        shutil.copytree(os.fsencode(folder / "b-right"), odd)
    except OSError:
        pytest.skip("this file system holds no such name")
    for frame in (runs_to_pandas(tmp_path / "runs"), list_runs(tmp_path / "runs").to_pandas()):
        assert set(frame["path"]) == {f"{tmp_path.as_posix()}/runs/bad�"}


def names(folder: Path, **wanted: object) -> list[str]:
    return [Path(run.path).name for run in list_runs(folder, **wanted).runs]  # type: ignore[arg-type]


def test_figures(folder: Path):
    runs = list_runs(folder)
    figures = [{task: (own.convention, own.f1) for task, own in run.figures.items()} for run in runs.runs]
    # One gold entity an article: with ORG in place of PER none is right; all are right of the other.
    assert figures == [{"entities": ("exact", 0.0)}, {"entities": ("exact", 1.0)}, {"entities": ("exact", 1.0)}]
    assert list(runs.broken) == [(folder / "d-broken").as_posix()]
    assert [run.failed for run in runs.runs] == [1, 0, 0]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param({"model": "r*"}, ["b-right", "c-other"], id="extractor"),
        pytest.param({"gold": "examples"}, ["a-wrong", "b-right", "c-other"], id="gold by name"),
        pytest.param({"split": "test"}, [], id="split"),
        pytest.param({"failed": True}, ["a-wrong"], id="failed"),
        pytest.param({"states": "scored"}, ["a-wrong", "b-right", "c-other"], id="state"),
        pytest.param({"states": "broken"}, [], id="broken"),
        pytest.param({"order": "figure"}, ["b-right", "c-other", "a-wrong"], id="best first"),
    ],
)
def test_filters(folder: Path, wanted: dict[str, object], found: list[str]):
    assert names(folder, **wanted) == found
    runs = list_runs(folder, **wanted)  # type: ignore[arg-type]
    # Nothing disappears: three runs and a broken one, shown or counted.
    assert len(runs.runs) + len(runs.broken) + runs.left_out == 4


def test_gold_by_fingerprint(folder: Path):
    first = list_runs(folder).runs[0].gold
    assert names(folder, gold=first) == ["a-wrong", "b-right"]


def test_names_that_there_are_none_of(folder: Path):
    for wanted in ({"states": "done"}, {"order": "size"}, {"tasks": ["entitys"]}):
        with pytest.raises(UnknownNameError):
            list_runs(folder, **wanted)  # type: ignore[arg-type]


def test_one_frame_over_all(folder: Path):
    frame = runs_to_pandas(folder)
    micro = frame[(frame["convention"] == "exact") & (frame["label"] == "micro")]
    assert micro["f1"].tolist() == [0.0, 1.0, 1.0]
    assert micro["failed"].tolist() == [1, 0, 0]
    broken = frame[frame["state"] == "broken"]
    assert "not valid JSON" in broken["problem"].iloc[0]


def test_a_frame_over_nothing(tmp_path: Path):
    assert runs_to_pandas(tmp_path).empty


def test_rows_for_programs(folder: Path):
    runs = list_runs(folder)
    assert len(runs.to_pandas()) == 3
    assert runs.to_json()["format"] == "evalkit.runs"
    assert repr(runs).endswith("3 runs, 1 broken>")
