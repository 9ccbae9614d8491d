"""Runs kept by MLflow: a callback that logs what was run, how good it is, and the files to look at.

Nothing is sent unless a tracker is made and handed over (`--mlflow EXPERIMENT`, or `Running.callbacks`). The server is
the one that MLflow's own variable `MLFLOW_TRACKING_URI` names; user, password or token stand in its other variables.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from evalkit.errors import EvalkitError, InputError, MissingExtraError, describe_error
from evalkit.files import json_bytes
from evalkit.harmless import one_line
from evalkit.origin import install_command
from evalkit.predictions.events import BEGUN, ENDED, FAILED, SUITE_BEGUN, SUITE_ENDED, RunEvent
from evalkit.predictions.run import Run
from evalkit.results import EvalResult
from evalkit.secrets import redacted
from evalkit.tables import COUNTS

__all__ = ["MlflowTracker"]

SERVER = "MLFLOW_TRACKING_URI"
_UNNAMED = re.compile(r"[^\w./ -]+")
"""What MLflow takes in no name of a parameter or metric; a colon it takes on some systems only."""
_LONGEST_NAME, _LONGEST_VALUE, _LONGEST_TAG, _BATCH = 250, 6000, 5000, 100
_MANNERS = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true"}
"""It tries again for minutes, and prints, unless somebody says otherwise."""
_FILES = ("run.json", "result.json", "predictions.jsonl")


class MlflowTracker:
    """Logs each run that it is told of, as a callback of `Running`.

    Parameters are what identifies the run (extractor, fingerprint, gold, split, settings, versions), metrics its
    figures with their intervals, as `entities.exact.micro.f1` and `….f1_low`; tags hold the signatures; artifacts are
    `run.json`, `result.json`, `counts.npz`, `predictions.jsonl` and the page to look into it, `explorer.html`. The runs
    of a suite are nested in one of its own.

    Args:
        experiment: the name of the experiment, made if there is none.
        uri: the tracking server; that of the variable `MLFLOW_TRACKING_URI` if None.

    Raises:
        MissingExtraError: MLflow is not installed.
        InputError: no server is named.
        EvalkitError: the server cannot be reached, or refuses the experiment.
    """

    def __init__(self, experiment: str = "evalkit", uri: str | None = None) -> None:
        server = uri or os.environ.get(SERVER, "")
        if not server.strip():
            raise InputError(f"{SERVER} is not set; name the tracking server in it, such as http://localhost:5000")
        if not experiment.strip():
            raise InputError("the experiment has no name; give one, such as news")
        # It tells its makers what it is used for unless somebody says otherwise; nobody asked for that here.
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        try:
            from mlflow.tracking import MlflowClient
        except ImportError as error:
            raise MissingExtraError(f"MLflow is not installed; install it: {install_command('mlflow')}") from error
        self._server = redacted(server)
        self._lock = threading.Lock()
        self._runs: dict[int, str] = {}
        self._suite: str | None = None
        with self._asking():
            self._client: Any = MlflowClient(tracking_uri=server)
            found = self._client.get_experiment_by_name(experiment)
            self._experiment: str = self._client.create_experiment(experiment) if found is None else found.experiment_id

    def __call__(self, event: RunEvent, /) -> None:
        """Is told of something that happened.

        Raises:
            EvalkitError: the server does not take it.
        """
        if event.kind in (SUITE_BEGUN, SUITE_ENDED):
            with self._asking():
                self._follow_suite(event)
        elif event.run is not None and event.kind in (BEGUN, ENDED, FAILED):
            with self._asking():
                self._follow_run(event, event.run)

    def log_run(self, run: Run) -> str:
        """Logs a run that has been made, such as one that was read from its folder; gives the id that MLflow gave it.

        Raises:
            EvalkitError: the server does not take it.
        """
        with self._asking():
            run_id = self._begin(run)
            self._end(run_id, run)
        return run_id

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Whatever MLflow raises is one line."""
        ours = {name: value for name, value in _MANNERS.items() if name not in os.environ}
        os.environ.update(ours)
        try:
            yield
        except EvalkitError:
            raise
        except Exception as error:
            said = one_line(redacted(describe_error(error)), 300)
            raise EvalkitError(f"MLflow at {self._server}: {said}; is it running, and may you write there?") from error
        finally:
            for name in ours:
                os.environ.pop(name, None)

    def _follow_suite(self, event: RunEvent) -> None:
        if event.kind == SUITE_BEGUN:
            made = self._client.create_run(self._experiment, run_name=one_line(event.suite, _LONGEST_NAME))
            self._suite = made.info.run_id
            self._client.set_tag(self._suite, "evalkit.suite", redacted(event.suite)[:_LONGEST_TAG])
        elif self._suite is not None:
            suite, self._suite = self._suite, None
            self._client.set_terminated(suite, "FINISHED")

    def _follow_run(self, event: RunEvent, run: Run) -> None:
        thread = threading.get_ident()
        if event.kind == BEGUN:
            run_id = self._begin(run)
            with self._lock:
                self._runs[thread] = run_id
            return
        with self._lock:
            run_id = self._runs.pop(thread, "")
        if event.kind == ENDED:
            self._end(run_id or self._begin(run), run)
        elif run_id:
            self._client.set_tag(run_id, "evalkit.error", redacted(event.error)[:_LONGEST_TAG])
            self._client.set_terminated(run_id, "FAILED")

    def _begin(self, run: Run) -> str:
        from mlflow.entities import Param

        tags = {"evalkit.run": run.key, "evalkit.extractor": redacted(run.extractor)[:_LONGEST_TAG]}
        if self._suite is not None:
            tags["mlflow.parentRunId"] = self._suite
        name = one_line(redacted(run.extractor), _LONGEST_NAME)
        run_id: str = self._client.create_run(self._experiment, run_name=name, tags=tags).info.run_id
        params = [Param(name, value) for name, value in _named(_parameters(run))]
        for start in range(0, len(params), _BATCH):
            self._client.log_batch(run_id, params=params[start : start + _BATCH])
        return run_id

    def _end(self, run_id: str, run: Run) -> None:
        try:
            self._log(run_id, run)
        except Exception:
            # Else it would be running there for good.
            with suppress(Exception):
                self._client.set_terminated(run_id, "FAILED")
            raise
        self._client.set_terminated(run_id, "FINISHED")

    def _log(self, run_id: str, run: Run) -> None:
        from mlflow.entities import Metric, RunTag

        now = int(time.time() * 1000)
        metrics = [Metric(name, value, now, 0) for name, value in _named(_metrics(run))]
        for start in range(0, len(metrics), _BATCH):
            self._client.log_batch(run_id, metrics=metrics[start : start + _BATCH])
        tags = [RunTag(name, value[:_LONGEST_TAG]) for name, value in _named(_tags(run))]
        for start in range(0, len(tags), _BATCH):
            self._client.log_batch(run_id, tags=tags[start : start + _BATCH])
        for name, content in _artifacts(run):
            self._client.log_text(run_id, content, name)
        if run.path is not None and (run.path / COUNTS).is_file():
            self._client.log_artifact(run_id, str(run.path / COUNTS))
        if run.result is not None:
            self._explorer(run_id, run)

    def _explorer(self, run_id: str, run: Run) -> None:
        """The page to look into the run; why there is none, where there is none."""
        from evalkit.workflows.looking.view import view_runs
        from evalkit.workflows.looking.write_view import view_page

        try:
            page = view_page(view_runs(run)).decode()
        except EvalkitError as error:
            self._client.set_tag(run_id, "evalkit.explorer", f"there is none: {error}"[:_LONGEST_TAG])
            return
        self._client.log_text(run_id, page, "explorer.html")


def _named(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Values under names that MLflow takes; of names that become one the later get a number."""
    seen: dict[str, int] = {}
    for name, value in values.items():
        plain = _UNNAMED.sub("_", one_line(name)).strip("./ ")[:_LONGEST_NAME]
        # A name is a path there, and one that leads elsewhere is refused.
        plain = "/".join("_" if part in ("", ".", "..") else part for part in plain.split("/"))
        seen[plain] = seen.get(plain, 0) + 1
        yield (plain if seen[plain] == 1 else f"{plain}_{seen[plain]}"), value


def _parameters(run: Run) -> dict[str, str]:
    """What identifies the run, and how it was scored."""
    flat: dict[str, str] = {}

    def put(name: str, value: Any) -> None:
        if isinstance(value, Mapping):
            for key, inner in value.items():
                put(f"{name}.{key}", inner)
        elif value is not None and value != [] and value != "":
            shown = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
            flat[name] = redacted(shown)[:_LONGEST_VALUE]

    for name, value in {**run.facts, "scoring": run.stated_scoring}.items():
        put(name, value)
    return flat


def _metrics(run: Run) -> dict[str, float]:
    """The figures of each task, convention and label with the ends of their intervals, and what became of articles."""
    figures: dict[str, float] = {"articles": len(run.predictions), "failed": len(run.failed)}
    if run.articles_per_second is not None:
        figures["articles_per_second"] = run.articles_per_second
    for task, conventions in ({} if run.result is None else run.result.tasks).items():
        for convention, result in conventions.items():
            before = f"{task}.{convention}"
            for (scope, label), prf in result.figures():
                row = f"{before}.{f'label.{label}' if scope == 'label' else scope}"
                for name in ("precision", "recall", "f1"):
                    figures[f"{row}.{name}"] = float(getattr(prf, name))
                    if ends := prf.ci.get(name):
                        figures |= {f"{row}.{name}_low": float(ends[0]), f"{row}.{name}_high": float(ends[1])}
            for name, score in result.scores.items():
                figures[f"{before}.{name}"] = float(score.value)
    return figures


def _tags(run: Run) -> dict[str, str]:
    """The lines that reproduce the figures, what is to be known, and why the run is not one to go by."""
    tags: dict[str, str] = {}
    if run.result is not None:
        tags |= {f"evalkit.signature.{name}": signature for name, signature in _signatures(run.result).items()}
        if run.result.notes:
            tags["mlflow.note.content"] = "\n".join(f"* {one_line(note)}" for note in run.result.notes)
    if run.shortfall:
        tags["evalkit.shortfall"] = run.shortfall
    return {name: redacted(value) for name, value in tags.items()}


def _signatures(result: EvalResult) -> dict[str, str]:
    return {
        f"{task}.{convention}": one.signature
        for task, conventions in result.tasks.items()
        for convention, one in conventions.items()
    }


def _artifacts(run: Run) -> Iterator[tuple[str, str]]:
    """The files of the run; of one that lies nowhere what they would say."""
    if run.path is not None:
        for name in _FILES:
            if (run.path / name).is_file():
                yield name, (run.path / name).read_text(encoding="utf-8")
        return
    yield "run.json", json_bytes(run.to_json()).decode()
    if run.result is not None:
        yield "result.json", json_bytes(run.result.to_json()).decode()
