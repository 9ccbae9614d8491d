"""How far a run is: article by article, with what failed and the figure so far, at a terminal and off it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from evalkit.cli.progress import Watched
from evalkit.extractors.underway import UnderWay, under_way
from evalkit.predictions.batches import Job
from evalkit.predictions.jobs import run_jobs
from evalkit.records import Annotations, Article
from evalkit.workflows.running.run import run_extractor
from tests.cli.conftest import Evalkit

ROOT = Path(__file__).resolve().parent.parent.parent

LAZY = """
import time


class Lazy:
    name = "lazy"
    layers = ("entities",)

    def fingerprint(self):
        return "lazy"

    def extract(self, articles):
        for article in articles:
            time.sleep(0.5)
            yield 7 if article.id == "b-strike" else [(0, 8, "PER")] if article.text.startswith("Ida") else []
"""
RUN = ("run", "--dataset", "gold.jsonl", "--model", "lazy:Lazy", "--no-floor", "--resamples", "0", "--no-cache")
RUN_ENTITIES = (*RUN, "--task", "entities")


@pytest.fixture
def lazy(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (workspace / "lazy.py").write_text(LAZY, encoding="utf-8")
    from evalkit.extractors.table import is_foreign

    monkeypatch.setattr("evalkit.workflows.running.systems.is_foreign", is_foreign)
    return workspace


class Slow:
    """Answers one after the other, and looks what is said of it meanwhile."""

    name = "slow"
    layers = ("entities",)

    def __init__(self) -> None:
        self.seen: list[int] = []

    def fingerprint(self) -> str:
        return "slow"

    def extract(self, articles: Sequence[Article]) -> list[Annotations]:
        from evalkit.extractors.threads import spread
        from evalkit.extractors.underway import articles_under_way

        def one(article: Article) -> Annotations:
            self.seen.append(articles_under_way()[0].before)
            return Annotations(entities=())

        return spread(one, articles, 1)


def test_what_is_finished_inside_a_batch_is_known() -> None:
    slow = Slow()
    run_jobs(slow, [Job(Article(id=f"a{number}", text="")) for number in range(4)], batch_size=4)
    assert slow.seen == [0, 1, 2, 3]


def test_articles_of_a_batch_that_are_asked_about_alone_count_too() -> None:
    articles = [Article(id=name, text="") for name in "abc"]
    with under_way(articles) as place:
        place.finished = 1
        with under_way(articles[1:2]) as inner:
            assert inner.finished == 1


@pytest.mark.skipif(os.name != "posix", reason="needs processes as POSIX has them")
def test_a_line_now_and_then_tells_of_a_batch_in_another_process(
    lazy: Path, evalkit: Evalkit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evalkit.cli.progress.INTERVAL", 0.1)
    done = evalkit(*RUN_ENTITIES)
    assert done.status == 0
    lines = re.findall(r"note: lazy:Lazy: (\d) of 4 articles done, at ([\w-]+) and \d more for", done.err)
    # One batch of four: nothing is finished for the runner before all of it is.
    assert ("1", "b-strike") in lines
    assert ("2", "c-ship") in lines


@pytest.mark.skipif(os.name != "posix", reason="needs a terminal as POSIX has them")
def test_a_bar_at_a_terminal_counts_articles_and_names_what_failed(lazy: Path) -> None:
    import pty

    terminal, end = pty.openpty()
    command = [sys.executable, "-m", "evalkit", *RUN_ENTITIES, "--batch-size", "2"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", "TERM": "xterm"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=end, stdin=end) as process:
        os.close(end)
        shown = b""
        while True:
            try:
                data = os.read(terminal, 1 << 16)
            except OSError:
                break
            if not data:
                break
            shown += data
        assert process.wait(30) == 0
    os.close(terminal)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert "1/4" in text
    assert "3/4" in text
    assert "1 failed: b-strike (" in text
    assert re.search(r"entities exact F1 \.\d{3}; 1 failed", text)


def test_the_figure_so_far_is_that_of_what_is_there(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from evalkit.options import Options, ReadOptions, Running, Scoring
    from evalkit.workflows.running.measure import measure_extractor

    monkeypatch.setattr("evalkit.workflows.running.standing.PAUSE", 0.0)
    told: list[tuple[dict[str, str], dict[str, float]]] = []
    running = Running(
        batch_size=1,
        cache=False,
        out=workspace / "r",
        standing=lambda failed, figures: told.append((dict(failed), dict(figures))),
    )
    options = Options(running=running, scoring=Scoring(tasks=("entities",)), read=ReadOptions(split="all"))
    run = measure_extractor("mine:breaks", workspace / "gold.jsonl", options, baseline=False)
    (nothing, first, second, _, last) = told
    assert nothing == ({}, {})
    # a-port: two of two names are found, Oslo as a person: 1 right of 2 and 2.
    assert first == ({}, {"entities exact": 0.5})
    assert list(second[0]) == ["b-strike"]
    assert run.result is not None
    assert last[1]["entities exact"] == pytest.approx(run.result.tasks["entities"]["exact"].micro.f1)


def test_without_gold_what_failed_is_told(workspace: Path) -> None:
    told: list[tuple[dict[str, str], dict[str, float]]] = []
    run_extractor("mine:breaks", "gold.jsonl", cache=False, standing=lambda *standing: told.append(standing))
    assert list(told[-1][0]) == ["b-strike"]
    assert told[-1][1] == {}


def test_few_words_say_how_it_stands() -> None:
    watched = Watched("mine")
    assert watched.standing_now() == ""
    watched.standing({name: f"no {name}" for name in "abcde"}, {"entities exact": 0.5})
    assert watched.standing_now() == "entities exact F1 .500; 5 failed: e, d, c and 2 more (no e)"
    watched.progress(3, 8)
    # Whatever an extractor says of itself, no more than all are done.
    assert watched.finished([UnderWay(("f", "g"), 0.0, 1), UnderWay(("h",), 0.0, 90)]) == 8
