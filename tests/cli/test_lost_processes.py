"""Extractors in a process of their own, at the terminal: what they do there, and who ends when somebody interrupts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from evalkit.cli.main import main
from evalkit.extractors.table import is_foreign
from tests.cli.conftest import EXTRACTORS, Evalkit

ROOT = Path(__file__).resolve().parent.parent.parent

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs processes as POSIX has them")

HOSTILE = """
import os
import sys
import threading
import time


def quits(article):
    raise SystemExit(0)


def three(article):
    sys.exit(3)


def hard(article):
    os._exit(0)


def once(article):
    if article.id == "b-strike":
        os.kill(os.getpid(), 9)
    return people(article)


def ends(article):
    if article.id == os.environ.get("END_AT"):
        os._exit(0)
    return people(article)


def labels(article):
    return [(start, end, os.environ["LABEL"]) for start, end, _ in people(article)]


class Early:
    layers = ("entities",)

    def fingerprint(self):
        raise SystemExit(0)

    def extract(self, articles):
        return [[] for _ in articles]


def moves(article):
    print("loading", article.id)
    os.makedirs("elsewhere", exist_ok=True)
    os.chdir("elsewhere")
    return people(article)


def slow(article):
    time.sleep(0.3)
    return people(article)


slow.layers = ("entities",)


def sleeps(article):
    with open(f"{os.getpid()}.pid", "w") as file:
        file.write(article.id)
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass


sleeps.layers = ("entities",)


def two(article):
    if article.id > "c":
        time.sleep(60)
    return people(article)


two.layers = ("entities",)
"""

RUN = ("run", "--dataset", "gold.jsonl", "--no-floor", "--resamples", "0", "--no-cache")


@pytest.fixture(autouse=True)
def _apart(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The code of mine.py runs in a process of its own, as it does at a terminal."""
    (workspace / "mine.py").write_text(EXTRACTORS + HOSTILE, encoding="utf-8")
    monkeypatch.setattr("evalkit.workflows.running.systems.is_foreign", is_foreign)


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        pytest.param("quits", 1, "error: every article failed: a-port: SystemExit: 0 (mine.py:", id="exits with 0"),
        pytest.param("three", 1, "error: every article failed: a-port: SystemExit: 3 (mine.py:", id="exits with 3"),
        pytest.param("hard", 2, "its process exited with status 0, at article 'a-port'; the same", id="ends hard"),
        pytest.param(
            "Early", 2, "error: extractor 'mine:Early': its fingerprint failed: SystemExit: 0", id="fingerprint"
        ),
        pytest.param("nothing_usable", 1, "answered 7", id="no answer"),
    ],
)
def test_no_result_is_never_exit_0(evalkit: Evalkit, name: str, status: int, said: str) -> None:
    done = evalkit(*RUN, "--model", f"mine:{name}")
    assert done.status == status
    assert said in done.err
    assert "Traceback" not in done.err


def test_an_article_whose_process_is_lost_is_named_and_the_rest_goes_on(evalkit: Evalkit) -> None:
    done = evalkit(*RUN, "--model", "mine:once", "--json", "--convention", "exact")
    assert done.status == 0
    assert done.json["failed"] == {"b-strike": "its process was killed by SIGKILL (for want of memory?)"}
    # Oslo counts as a person; in the article that failed nothing is found.
    assert done.json["tasks"]["entities"]["exact"]["micro"]["predicted"] == 5


def test_a_process_that_ends_by_itself_ends_the_run_which_continues_there(
    evalkit: Evalkit, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = (*RUN, "--model", "mine:ends", "--batch-size", "1", "--out", "r")
    monkeypatch.setenv("END_AT", "b-strike")
    done = evalkit(*run)
    assert done.status == 2
    assert "its process exited with status 0, at article 'b-strike'; the same command continues there" in done.err
    assert (workspace / "r" / "predictions.jsonl").read_bytes().count(b"\n") == 1
    done = evalkit(*run, "--max-failures", "1")
    assert (done.status, "b-strike: its process exited with status 0" in done.out) == (0, True)


def test_predictions_of_another_environment_are_made_again(
    evalkit: Evalkit, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = (*(word for word in RUN if word != "--no-cache"), "--model", "mine:labels", "--out", "r")
    monkeypatch.setenv("LABEL", "PER")
    assert "4 articles extracted" in evalkit(*run).out
    assert "4 predictions reused" in evalkit(*run).out
    monkeypatch.setenv("LABEL", "ORG")
    done = evalkit(*run)
    assert "4 articles extracted" in done.out
    assert "variables of the environment that the extractor asks for have changed since" in done.out
    assert '"ORG"' in (workspace / "r" / "predictions.jsonl").read_text()
    monkeypatch.setenv("LABEL", "PER")
    # What was said then is still in the cache.
    assert "4 predictions reused" in evalkit(*run, "--json").err + evalkit(*run).out
    assert '"PER"' in (workspace / "r" / "predictions.jsonl").read_text()


def test_what_it_prints_and_where_it_goes_is_its_own_affair(evalkit: Evalkit, workspace: Path) -> None:
    done = evalkit(*RUN, "--model", "mine:moves", "--out", "r", "--json")
    assert done.status == 0
    assert done.json["format"] == "evalkit.result"
    assert {"run.json", "predictions.jsonl", "result.json"} <= set(os.listdir(workspace / "r"))
    assert not (workspace / "elsewhere" / "r").exists()


def test_both_ways_give_the_same_bytes(evalkit: Evalkit, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert evalkit(*RUN, "--model", "mine:breaks", "--out", "apart").status == 0
    assert (
        evalkit(*RUN, "--model", "mine:breaks", "--out", "several", "--workers", "2", "--batch-size", "1").status == 0
    )
    monkeypatch.setattr("evalkit.workflows.running.systems.is_foreign", lambda spelling: False)
    assert evalkit(*RUN, "--model", "mine:breaks", "--out", "here").status == 0
    for name in ("predictions.jsonl", "result.json"):
        first, *others = [(workspace / folder / name).read_bytes() for folder in ("apart", "several", "here")]
        assert others == [first, first]


def test_an_article_has_its_time(evalkit: Evalkit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalkit.extractors.worker.extractor._WARMING", 0.2)
    begun = time.monotonic()
    done = evalkit(*RUN, "--model", "mine:sleeps", "--article-timeout", "0.2", "--limit", "2")
    assert done.status == 1
    assert "a-port: took longer than 0.2 s" in done.err
    assert time.monotonic() - begun < 30


def test_a_line_now_and_then_says_how_far_it_is(evalkit: Evalkit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalkit.cli.progress.INTERVAL", 0.05)
    done = evalkit(*RUN, "--model", "mine:slow", "--limit", "2")
    assert done.status == 0
    assert "note: mine:slow: 0 of 2 articles done, at a-port for 0 s\n" in done.err
    assert "note: mine:slow: 1 of 2 articles done, at b-strike for 0 s\n" in done.err


def test_where_no_process_can_be_started_it_runs_here(
    evalkit: Evalkit, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", full)
    done = evalkit(*RUN, "--model", "mine:quits")
    assert done.status == 1
    assert "every article failed: a-port: SystemExit: 0" in done.err
    assert "runs in this process: no other can be started (Resource temporarily unavailable)" in caplog.text
    done = evalkit(*RUN, "--model", "mine:quits", "--article-timeout", "1")
    assert (done.status, "cannot be stopped after 1 s" in done.err) == (2, True)


def started(workspace: Path, *words: str) -> tuple[subprocess.Popen[str], list[int]]:
    """A run in a process of its own whose extractor is at an article, and the processes that it is at one in."""
    command = [sys.executable, "-m", "evalkit", *RUN, "--model", "mine:sleeps", "--batch-size", "1", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=environment, stdout=-1, stderr=-1, text=True)
    deadline = time.monotonic() + 30
    while not (files := list(workspace.glob("*.pid"))) and time.monotonic() < deadline:
        time.sleep(0.02)
    return process, [int(file.stem) for file in files]


def test_an_article_that_is_finished_is_kept_at_once(workspace: Path) -> None:
    command = [sys.executable, "-m", "evalkit", *RUN, "--model", "mine:two", "--out", "r"]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=-1, stderr=-1) as process:
        kept, deadline = workspace / "r" / "predictions.jsonl", time.monotonic() + 30
        while not (kept.exists() and kept.read_bytes().count(b"\n") == 2) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.kill()
    assert [json.loads(line)["id"] for line in kept.read_bytes().splitlines()] == ["a-port", "b-strike"]


def alive(pid: int) -> bool:
    """Whether a process still does something; one that nobody has buried yet does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


@pytest.mark.parametrize(
    ("numbers", "status", "words"),
    [
        pytest.param([signal.SIGINT], 130, (), id="interrupted"),
        pytest.param([signal.SIGINT], 130, ("--workers", "2"), id="interrupted with workers"),
        pytest.param([signal.SIGINT, signal.SIGINT], 130, ("--workers", "2"), id="interrupted twice"),
        pytest.param([signal.SIGTERM], 143, ("--workers", "2"), id="asked to end"),
        pytest.param([signal.SIGKILL], -9, (), id="killed"),
    ],
)
def test_nobody_waits_for_an_article_when_the_run_ends(
    workspace: Path, numbers: list[signal.Signals], status: int, words: tuple[str, ...]
) -> None:
    process, pids = started(workspace, *words)
    begun = time.monotonic()
    for number in numbers:
        process.send_signal(number)
        time.sleep(0.05)
    _, said = process.communicate(timeout=30)
    assert process.returncode == status
    assert time.monotonic() - begun < 8
    assert "Traceback" not in said
    assert pids
    deadline = time.monotonic() + 10
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, pids))


def test_a_thread_that_is_left_behind_does_not_keep_the_command() -> None:
    code = (
        "import sys, threading, time; threading.Thread(target=time.sleep, args=(60,)).start(); "
        "from evalkit.cli.main import run; sys.argv = ['evalkit', '--version']; run()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("evalkit, version")


def test_no_plugin_ends_the_command(tmp_path: Path) -> None:
    plugin = "import os\nimport click\n\n@click.command('odd')\ndef odd():\n    os._exit(0)\n"
    (tmp_path / "plugin.py").write_text(plugin, encoding="utf-8")
    code = "import sys; from evalkit.cli.main import COMMANDS, run; COMMANDS['odd'] = ('plugin:odd', ''); run()"
    done = subprocess.run(
        [sys.executable, "-c", code, "odd"],
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "there is no result, as something asked to exit: SystemExit: os._exit(0) (plugin.py:6)" in done.stderr


def test_an_extract_has_the_same_protection(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (workspace / "a.txt").write_text("Ida Moen left Oslo.\n", encoding="utf-8")
    assert main(["extract", "--model", "mine:hard", "a.txt"]) == 1
    assert "a: its process exited with status 0" in capsys.readouterr().err
    assert main(["extract", "--model", "mine:moves", "a.txt", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == "a"
