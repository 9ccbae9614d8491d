"""Suites: every run is made, an interrupted one goes on to the same bytes, and nothing lies outside of the folder."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from evalkit.errors import EvalkitError, OutputError
from evalkit.workflows.comparing.runs import list_runs
from evalkit.workflows.running.suite import run_suite

EXTRACTOR = '''
import os
import signal
import sys
import time


def three(article):
    """Finds the first three letters; while there is a file called stop, its run is interrupted at one article."""
    if article.id == "b" and os.path.exists("stop"):
        if "pytest" in sys.modules:
            raise KeyboardInterrupt
        # In a process of its own: somebody interrupts the one that hands out.
        os.kill(os.getppid(), signal.SIGINT)
        time.sleep(60)
    return [(0, 3, "PER")]


def nothing(article):
    return []


def broken(article):
    raise ValueError("no idea")
'''
SUITE = """
[defaults]
resamples = 10
batch_size = 1
[[model]]
name = "nothing"
model = "finders:nothing"
[[model]]
name = "three"
model = "finders:three"
[[dataset]]
name = "own"
dataset = "gold.jsonl"
[[dataset]]
name = "first"
dataset = "gold.jsonl"
limit = 1
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "finders.py").write_text(EXTRACTOR)
    rows = [
        f'{{"id": "{name}", "text": "Ida {name}.", "entities": [{{"spans": [[0, 3]], "label": "PER"}}]}}'
        for name in "abc"
    ]
    (tmp_path / "gold.jsonl").write_text("\n".join(rows) + "\n")
    (tmp_path / "suite.toml").write_text(SUITE)
    yield tmp_path
    sys.modules.pop("finders", None)


def files_of(place: Path) -> dict[str, bytes]:
    """Every file but the speeds, which differ each time."""
    files = (path for path in place.rglob("*") if path.is_file() and path.name not in ("speed.json", ".lock"))
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in files}


def test_every_run_is_made_and_scored():
    done = run_suite("suite.toml")
    assert [(run.dataset, run.model, run.articles) for run in done.runs] == [
        ("own", "nothing", 3),
        ("own", "three", 3),
        ("first", "nothing", 1),
        ("first", "three", 1),
    ]
    assert [run.figures["entities"].f1 for run in done.runs] == [0.0, 1.0, 0.0, 1.0]
    assert done.shortfall == ""
    assert [run.path for run in done.runs] == [f"runs/suite/{run.dataset}/{run.model}" for run in done.runs]
    assert {run.state for run in list_runs("runs/suite").runs} == {"scored"}


@pytest.mark.parametrize("workers", [1, 3])
def test_an_interrupted_suite_goes_on_to_the_same_bytes(folder: Path, workers: int):
    whole = run_suite("suite.toml", out="whole", cache=False)
    (folder / "stop").touch()
    with pytest.raises(KeyboardInterrupt):
        run_suite("suite.toml", out="again", cache=False, workers=workers)
    (folder / "stop").unlink()
    states = {Path(run.path).as_posix(): (run.state, run.kept) for run in list_runs("again").runs}
    assert states.keys() == {"again/own/nothing", "again/own/three"}
    assert states["again/own/nothing"] == ("scored", 3)
    # Beside the article of the interrupt others may be under way.
    state, kept = states["again/own/three"]
    assert (state, kept) == ("unfinished", 1) if workers == 1 else (state == "unfinished" and kept < 3)
    told: list[str] = []
    done = run_suite("suite.toml", out="again", cache=False, workers=workers, began=told.append)
    assert files_of(folder / "again") == files_of(folder / "whole")
    assert [run.figures for run in done.runs] == [run.figures for run in whole.runs]
    assert told[0] == "run 1 of 4: own/nothing"


def test_a_second_time_nothing_is_extracted(folder: Path):
    first = run_suite("suite.toml")
    before = files_of(folder / "runs")
    again = run_suite("suite.toml")
    assert (again.to_json(), again.asides) == (first.to_json(), ("4 runs had every prediction already",))
    assert files_of(folder / "runs") == before


def test_one_that_fails_keeps_no_other_from_being_made(folder: Path):
    bad = '[[model]]\nname = "{0}"\nmodel = "{1}"\n'
    text = SUITE + bad.format("broken", "finders:broken") + bad.format("missing", "finders:missing")
    (folder / "suite.toml").write_text(text)
    done = run_suite("suite.toml")
    problems = {run.model: run.problem for run in done.runs if run.dataset == "own"}
    assert problems["three"] == problems["nothing"] == ""
    assert problems["broken"].startswith("every article failed: a: ValueError: no idea")
    assert "missing" in problems["missing"]
    assert done.shortfall.startswith("4 of 8 runs failed: runs/suite/own/broken: every article failed")


def test_the_recorded_command_makes_the_run_alone(folder: Path):
    run_suite("suite.toml")
    commands = {run.path: run for run in list_runs("runs").runs}
    from evalkit.predictions.run import Run

    made = {path: Run.load(path).made_by.command for path in commands}
    assert made["runs/suite/first/three"] == (
        "evalkit run --model finders:three --dataset gold.jsonl --resamples 10 --limit 1"
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"gold.jsonl": "none.jsonl"}, r"suite suite, own/nothing: .*none\.jsonl", id="no gold"),
        pytest.param({"limit = 1": 'tasks = ["entitys"]'}, r"first/nothing: unknown task 'entitys'", id="no task"),
        pytest.param({"limit = 1": 'label_map = "none"'}, r"first/nothing: .*none", id="no label map"),
        pytest.param({"limit = 1": 'cluster = "story"'}, r"first/nothing: unknown cluster field", id="no cluster"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_run(folder: Path, changes: dict[str, str], message: str):
    text = SUITE
    for old, new in changes.items():
        text = text.replace(old, new)
    (folder / "suite.toml").write_text(text)
    with pytest.raises(EvalkitError, match=message):
        run_suite("suite.toml")
    assert not (folder / "runs").exists()


@pytest.mark.parametrize(("said", "link"), [('out = "runs/x/y"\n', "runs/x"), ("", "runs"), ("", "runs/suite")])
def test_no_link_leads_to_the_folder_that_a_file_names(folder: Path, said: str, link: str):
    (folder / "elsewhere").mkdir()
    (folder / link).parent.mkdir(exist_ok=True)
    (folder / link).symlink_to(folder / "elsewhere", target_is_directory=True)
    (folder / "suite.toml").write_text(said + SUITE)
    with pytest.raises(OutputError, match="is a link, which may lead out of the working folder"):
        run_suite("suite.toml")
    assert list((folder / "elsewhere").iterdir()) == []
    # Whoever calls may have it so.
    assert run_suite("suite.toml", out=folder / link / "mine").shortfall == ""


@pytest.mark.parametrize("link", ["own", "own/three"])
def test_no_link_leads_out_of_the_folder(folder: Path, link: str):
    (folder / "elsewhere").mkdir()
    place = folder / "runs" / "suite" / link
    place.parent.mkdir(parents=True)
    place.symlink_to(folder / "elsewhere", target_is_directory=True)
    with pytest.raises(OutputError, match="is a link, which may lead out of"):
        run_suite("suite.toml")
    assert list((folder / "elsewhere").iterdir()) == []
