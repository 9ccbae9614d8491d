"""Where an extractor works: several workers are threads here, or processes where threads would take turns."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import evalkit
from evalkit.extractors.table import load_extractor
from evalkit.extractors.worker.extractor import WorkerExtractor
from evalkit.options import Running
from evalkit.predictions.lines import checked_line
from evalkit.records import Annotations, Article, Entity, Example, Span
from evalkit.workflows.running.systems import resolved

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs processes as POSIX has them")

FOUND = Annotations(entities=[Entity(id="e1", spans=(Span(0, 8),), label="PER")])
EXAMPLES = [
    Example(article=Article(id=f"a{number}", text=f"Ida Moen left Oslo in {1990 + number}."), gold=FOUND)
    for number in range(6)
]
CODE = """
import os
import signal

def names(article):
    return [(0, 8, "PER")]

def killed_once(article):
    if article.id == "a3" and not os.path.exists("killed"):
        open("killed", "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return [(0, 8, str(os.getppid() == int(os.environ["ASKING"])))]

killed_once.layers = ("entities",)
"""


class Safe:
    """Says that threads may call it at once."""

    name = "safe"
    layers = ("entities",)
    thread_safe = True

    def fingerprint(self) -> str:
        return "1"

    def extract(self, articles: Sequence[Article]) -> list[Annotations]:
        return [FOUND for _ in articles]


@pytest.fixture(autouse=True)
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setenv("ASKING", str(os.getpid()))
    (tmp_path / "several.py").write_text(CODE)
    return tmp_path / "several.py"


def lines(run: evalkit.Run) -> list[bytes]:
    return [checked_line(one) for one in run.predictions]


def test_what_holds_the_lock_of_python_has_a_process_for_each_worker_and_says_the_same() -> None:
    with resolved("rules", None, Running(workers=2)) as system:
        assert isinstance(system, WorkerExtractor)
    one = evalkit.run_extractor("rules", EXAMPLES, cache=False)
    two = evalkit.run_extractor("rules", EXAMPLES, workers=2, batch_size=1, cache=False)
    assert lines(one) == lines(two)
    assert one.key == two.key


@pytest.mark.parametrize("system", [Safe(), "ner-base", "llm:a"], ids=["says so", "computes outside", "waits"])
def test_what_gives_the_lock_away_stays_in_this_process(system: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALKIT_LLM_BASE_URL", "http://127.0.0.1:9")
    with resolved(system, None, Running(workers=2)) as resolved_system:  # type: ignore[arg-type]
        assert not isinstance(resolved_system, WorkerExtractor)


def test_a_worker_that_somebody_killed_costs_no_article() -> None:
    run = evalkit.run_extractor("several:killed_once", EXAMPLES, workers=2, cache=False)
    assert not run.failed
    labels = {item.label for one in run.predictions for item in one.annotations.entities or ()}
    # All of them were found by processes that this one has started.
    assert labels == {"True"}


def test_an_object_without_a_name_stays_here_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    run = evalkit.run_extractor(lambda article: [(0, 8, "PER")], EXAMPLES, workers=2, cache=False)
    assert [one.annotations.entities for one in run.predictions] == [FOUND.entities] * 6
    assert "works on one batch after the other, in this process: it was made from an object" in caplog.text


def test_an_extractor_that_was_handed_over_is_made_again_unless_it_has_changed(
    code: Path, caplog: pytest.LogCaptureFixture
) -> None:
    extractor = load_extractor("several:names")
    with resolved(extractor, None, Running(workers=2)) as system:
        assert isinstance(system, WorkerExtractor)
    code.write_text(CODE.replace("PER", "ORG"))
    with resolved(extractor, None, Running(workers=2)) as system:
        assert system is extractor
    assert "in this process: it was changed since it was made" in caplog.text
