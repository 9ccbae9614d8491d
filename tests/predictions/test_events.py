"""Whoever follows a run is told what happens in order, and costs no run anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evalkit.options import Options, Running
from evalkit.predictions.events import RunEvent, followed_suite
from evalkit.records import Annotations as Layers
from evalkit.records import Article, Entity, Example, Span
from evalkit.workflows.running.measure import measure_extractor
from evalkit.workflows.running.run import run_extractor

GOLD = [
    Example(
        article=Article(id=name, text="Ida Moen left."),
        gold=Layers(entities=(Entity(id="e1", spans=(Span(0, 8),), label="PER"),)),
    )
    for name in ("a", "b", "c")
]


def people(article: Article) -> list[Any]:
    return [(0, 8, "PER")]


def stops(article: Article) -> list[Any]:
    raise KeyboardInterrupt


stops.layers = ("entities",)  # type: ignore[attr-defined]


def test_a_run_is_followed_from_its_beginning_to_its_result(tmp_path: Path):
    events: list[RunEvent] = []
    running = Running(callbacks=(events.append,), out=tmp_path / "r", batch_size=2, cache=False)
    run = measure_extractor(people, GOLD, Options(running=running), baseline=False)
    assert [(one.kind, one.done, one.total) for one in events] == [
        *(("begun", 0, 3), ("progress", 0, 3), ("progress", 2, 3), ("progress", 3, 3), ("ended", 3, 3)),
    ]
    begun, ended = events[0].run, events[-1].run
    assert begun is not None
    assert begun.predictions == ()
    assert ended is not None
    assert ended.result is not None
    assert ended.path == run.path
    assert ended.result.tasks == run.result.tasks


def test_a_run_that_is_not_scored_has_no_result():
    events: list[RunEvent] = []
    run = run_extractor(people, GOLD, callbacks=[events.append], cache=False)
    assert (events[-1].kind, events[-1].run) == ("ended", run)
    assert run.result is None


def test_what_is_told_changes_no_byte(tmp_path: Path):
    for name, callbacks in (("plain", ()), ("told", (lambda event: None,))):
        run_extractor(people, GOLD, out=tmp_path / name, callbacks=callbacks, cache=False)
    files = [(tmp_path / name / "predictions.jsonl").read_bytes() for name in ("plain", "told")]
    assert files[0] == files[1]
    assert (tmp_path / "plain" / "run.json").read_bytes() == (tmp_path / "told" / "run.json").read_bytes()


def test_what_ends_a_run_is_told():
    events: list[RunEvent] = []
    with pytest.raises(KeyboardInterrupt):
        run_extractor(stops, GOLD, callbacks=[events.append], cache=False)
    assert events[-1].kind == "failed"
    assert "KeyboardInterrupt" in events[-1].error


def test_a_callback_that_fails_is_said_and_told_nothing_more(caplog: pytest.LogCaptureFixture):
    told: list[str] = []

    def fails(event: RunEvent) -> None:
        told.append(event.kind)
        raise ValueError("the server\nis down")

    after: list[str] = []
    run = run_extractor(people, GOLD, callbacks=[fails, lambda event: after.append(event.kind)], cache=False)
    assert told == ["begun"]
    assert (after[0], after[1], after[-1]) == ("begun", "progress", "ended")
    (aside,) = run.asides
    assert "failed at 'begun'" in aside
    assert "the server is down" in aside
    assert aside in caplog.text
    assert len(run.predictions) == 3


def test_a_suite_is_told_though_an_error_ends_it():
    events: list[RunEvent] = []
    with pytest.raises(RuntimeError), followed_suite("spring", [events.append]):
        raise RuntimeError
    assert [(one.kind, one.suite) for one in events] == [("suite begun", "spring"), ("suite ended", "spring")]
