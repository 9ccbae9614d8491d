"""Runs in a real tracking server, read back through its client."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import InputError
from evalkit.options import Options, Running
from evalkit.predictions.events import followed_suite
from evalkit.records import Annotations, Article, Entity, Example, Span
from evalkit.workflows.running.measure import measure_extractor
from evalkit.workflows.running.run import run_extractor
from tests.cli.conftest import Evalkit, evalkit, workspace

__all__ = ["evalkit", "workspace"]

# Its client alone has none. To look for `mlflow.server` by name would import `mlflow` wherever tests are collected.
MLFLOW = importlib.util.find_spec("mlflow")
WITH_SERVER = (
    any(Path(place, "server").is_dir() for place in MLFLOW.submodule_search_locations or ()) if MLFLOW else False
)

pytestmark = [
    pytest.mark.skipif(not WITH_SERVER, reason="mlflow is not installed"),
    # What other packages say of each other when the client is imported.
    pytest.mark.filterwarnings("ignore"),
]

SECRET = "0123456789abcdefghij"
HOSTILE = "PER <b>|::error::\n@ida"
GOLD = [
    Example(
        article=Article(id=name, text="Ida Moen left Oslo."),
        gold=Annotations(
            entities=(
                Entity(id="e1", spans=(Span(0, 8),), label="PER"),
                Entity(id="e2", spans=(Span(14, 18),), label=HOSTILE),
            )
        ),
    )
    for name in "abcdef"
]


def people(article: Article) -> list[Any]:
    return [(0, 8, "PER"), (14, 18, "PER")] if article.id == "a" else [(0, 8, "PER")]


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder, port = tmp_path_factory.mktemp("mlflow"), free_port()
    # What `mlflow server` ends up with, without the processes in between that import everything once more.
    code = (
        f"from mlflow.server import app; from werkzeug.serving import run_simple as run; run('127.0.0.1', {port}, app)"
    )
    settings = {
        "_MLFLOW_SERVER_FILE_STORE": f"sqlite:///{folder}/runs.db",
        "_MLFLOW_SERVER_ARTIFACT_DESTINATION": str(folder / "files"),
        "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
        "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            env=os.environ | settings,
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(1200):
            with suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=5):
                break
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.1)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def client(server: str) -> Any:
    from mlflow.tracking import MlflowClient

    return MlflowClient(tracking_uri=server)


def tracker(server: str, experiment: str) -> Any:
    from evalkit.integrations.mlflow import MlflowTracker

    return MlflowTracker(experiment, uri=server)


def runs_of(client: Any, experiment: str) -> list[Any]:
    found = client.get_experiment_by_name(experiment)
    return [] if found is None else client.search_runs([found.experiment_id], order_by=["attributes.start_time ASC"])


def artifact(client: Any, run: Any, name: str, folder: Path) -> str:
    return Path(client.download_artifacts(run.info.run_id, name, str(folder))).read_text(encoding="utf-8")


def test_a_run_is_kept_with_figures_parameters_signature_and_files(server: str, client: Any, tmp_path: Path):
    running = Running(callbacks=(tracker(server, "kept"),), out=tmp_path / "r", cache=False)
    run = measure_extractor(people, GOLD, Options(running=running), settings=None, baseline=False)
    (kept,) = runs_of(client, "kept")
    assert kept.info.status == "FINISHED"
    exact = run.result.tasks["entities"]["exact"]
    metrics = kept.data.metrics
    # 6 of 12 gold items found with 7 predictions: F1 2 * 6 / (12 + 7).
    assert metrics["entities.exact.micro.f1"] == pytest.approx(12 / 19, abs=1e-9)
    assert metrics["entities.exact.micro.f1_low"] == exact.micro.ci["f1"][0]
    assert metrics["entities.exact.label.PER.recall"] == 1.0
    assert (metrics["articles"], metrics["failed"]) == (6, 0)
    assert {name: kept.data.params[name] for name in ("extractor", "split", "articles")} == {
        "extractor": run.extractor, "split": run.gold.split, "articles": "6",
    }  # fmt: skip
    assert kept.data.params["fingerprint"] == run.made_by.fingerprint
    assert kept.data.tags["evalkit.signature.entities.exact"] == exact.signature
    assert json.loads(artifact(client, kept, "result.json", tmp_path))["format"] == "evalkit.result"
    assert artifact(client, kept, "predictions.jsonl", tmp_path).count("\n") == 6
    assert artifact(client, kept, "explorer.html", tmp_path).startswith("<!doctype html>")
    assert json.loads(artifact(client, kept, "run.json", tmp_path))["extractor"] == run.extractor


def test_runs_of_a_suite_are_nested(server: str, client: Any):
    follow = tracker(server, "suite")
    with followed_suite("spring", [follow]):
        for _ in range(2):
            run_extractor(people, GOLD, callbacks=[follow], cache=False)
    run_extractor(people, GOLD, callbacks=[follow], cache=False)
    suite, *inner, alone = runs_of(client, "suite")
    assert (suite.info.run_name, suite.info.status) == ("spring", "FINISHED")
    assert [one.data.tags.get("mlflow.parentRunId") for one in (*inner, alone)] == [suite.info.run_id] * 2 + [None]


def test_what_ended_a_run_is_kept(server: str, client: Any):
    def stops(article: Article) -> None:
        raise KeyboardInterrupt

    stops.layers = ("entities",)  # type: ignore[attr-defined]
    with pytest.raises(KeyboardInterrupt):
        run_extractor(stops, GOLD, callbacks=[tracker(server, "failed")], cache=False)
    (kept,) = runs_of(client, "failed")
    assert kept.info.status == "FAILED"
    assert "KeyboardInterrupt" in kept.data.tags["evalkit.error"]


def test_a_run_of_before_is_logged(server: str, client: Any):
    run = run_extractor(people, GOLD, cache=False)
    run_id = tracker(server, "before").log_run(run)
    assert client.get_run(run_id).data.params["extractor"] == run.extractor


def test_the_command(server: str, client: Any, evalkit: Evalkit, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    words = ("run", "--model", "mine:people", "--dataset", "gold.jsonl", "--out", "r", "--resamples", "0")
    done = evalkit(*words, "--mlflow", "from a terminal")
    assert done.status == 0, done.err
    (kept,) = runs_of(client, "from a terminal")
    # 3 people and 2 times Oslo as a person are predicted, 7 gold items: 3 right.
    assert kept.data.metrics["entities.exact.micro.recall"] == pytest.approx(4 / 7)
    assert "--mlflow" not in Path("r/run.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("label", ["a//b", "a/./b", "../up", "[x](http://y)", "/"])
def test_a_label_that_looks_like_a_path_is_kept(server: str, client: Any, label: str):
    item = Entity(id="e1", spans=(Span(0, 8),), label=label)
    gold = [Example(article=Article(id="a", text="Ida Moen left Oslo."), gold=Annotations(entities=(item,)))]
    running = Running(callbacks=(tracker(server, f"path {label.encode().hex()}"),), cache=False)
    measure_extractor(people, gold, Options(running=running), settings=None, baseline=False)
    (kept,) = runs_of(client, f"path {label.encode().hex()}")
    assert kept.info.status == "FINISHED"
    assert "entities.exact.micro.f1" in kept.data.metrics


def test_what_cannot_be_logged_does_not_run_for_good(server: str, client: Any, monkeypatch: pytest.MonkeyPatch):
    follow = tracker(server, "broken")
    monkeypatch.setattr(follow._client, "log_text", lambda *words, **named: 1 / 0)
    run = run_extractor(people, GOLD, callbacks=[follow], cache=False)
    assert "MLflow at" in run.asides[0]
    assert [one.info.status for one in runs_of(client, "broken")] == ["FAILED"]


def test_a_server_that_goes_away_costs_no_run(server: str, monkeypatch: pytest.MonkeyPatch):
    follow = tracker(server, "gone")
    monkeypatch.setattr(follow._client, "create_run", lambda *words, **named: 1 / 0)
    run = run_extractor(people, GOLD, callbacks=[follow], cache=False)
    assert len(run.predictions) == 6
    assert "MLflow at" in run.asides[0]


def test_nobody_there_is_said_before_anything_runs(evalkit: Evalkit, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://ida:{SECRET}@127.0.0.1:{free_port()}")
    words = ("run", "--model", "mine:people", "--dataset", "gold.jsonl", "--out", "r", "--resamples", "0")
    done = evalkit(*words, "--mlflow", "x")
    assert (done.status, done.out) == (2, "")
    assert "MLflow at http://[password]@127.0.0.1" in done.err
    assert SECRET not in done.err
    assert not Path("r").exists()


def test_without_a_server_by_name(monkeypatch: pytest.MonkeyPatch):
    from evalkit.integrations.mlflow import MlflowTracker

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(InputError, match="MLFLOW_TRACKING_URI is not set"):
        MlflowTracker("x")


def test_nothing_of_it_is_imported_unless_asked():
    code = (
        "import sys; from evalkit.cli.main import main; main(['run', '--help']); "
        "from evalkit import run_extractor; assert not [m for m in sys.modules if m.startswith('mlflow')]"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_suite_from_the_command_line(server: str, client: Any, evalkit: Evalkit, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    models = '[[model]]\nmodel = "mine:people"\n[[model]]\nmodel = "trivial"\n'
    suite = f'[defaults]\nresamples = 0\n{models}[[dataset]]\ndataset = "gold.jsonl"\n'
    Path("spring.toml").write_text(suite, encoding="utf-8")
    done = evalkit("run", "--suite", "spring.toml", "--mlflow", "of a file")
    assert done.status == 0, done.err
    outer, *inner = runs_of(client, "of a file")
    assert (outer.info.run_name, len(inner)) == ("spring", 2)
    assert {one.data.tags["mlflow.parentRunId"] for one in inner} == {outer.info.run_id}
