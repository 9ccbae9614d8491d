"""Workers of a Ray cluster: the same bytes as here, whatever becomes of them. One cluster of two machines for all."""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from evalkit.errors import ExtractorError, InputError, MissingExtraError
from evalkit.extractors.base import Extractor
from evalkit.extractors.callable import as_extractor
from evalkit.extractors.table import load_extractor
from evalkit.predictions.executors import cluster
from evalkit.predictions.executors.base import Executor
from evalkit.predictions.executors.cluster import RayExecutor
from evalkit.predictions.executors.wire import Answer, answer_to_bytes, batches_from_bytes
from evalkit.predictions.jobs import Job, run_jobs
from evalkit.predictions.lines import checked_line
from evalkit.records import Annotations, Article, Prediction

CODE = """
import os
import signal
import time

from evalkit.errors import ExtractorError


def names(article):
    time.sleep(0.02)
    if article.id == "a05":
        raise ValueError("no name")
    return [(0, 8, "PER")]


def poisoned(article):
    if article.id == "a03":
        os.kill(os.getpid(), signal.SIGKILL)
    if article.id == "a07":
        os.kill(os.getppid(), signal.SIGKILL)
    return [(0, 8, "PER")]


def other(article):
    return []


def keyed(article, api_key):
    return []


other.fingerprint = str(os.getpid())
names.layers = poisoned.layers = other.layers = ("entities",)


class Account:
    layers = ("entities",)

    def extract(self, articles):
        if articles[0].id == "a06":
            raise ExtractorError("no account")
        return [[] for _ in articles]
"""
JOBS = [Job(Article(id=f"a{number:02}", text="Ida Moen left Oslo.")) for number in range(40)]


class Machines:
    """A cluster of two machines."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        self.cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        self.other = self.cluster.add_node(num_cpus=1)

    def lose_one(self) -> None:
        self.cluster.remove_node(self.other, allow_graceful=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("code")
    (path / "far.py").write_text(CODE)
    sys.path.insert(0, str(path))
    yield path
    sys.path.remove(str(path))


@pytest.fixture
def machines(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machines]:
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    ray = pytest.importorskip("ray", reason="Ray is not installed")
    made = Machines()
    # Connected once for all: each connection takes seconds.
    ray.init(address=made.cluster.address, logging_level=logging.CRITICAL, log_to_driver=False)
    try:
        yield made
    finally:
        ray.shutdown()
        made.cluster.shutdown()


def made(extractor: Extractor, executor: Executor | None, **options: Any) -> list[bytes]:
    return [checked_line(one) for one in run_jobs(extractor, JOBS, executor=executor, **options)]


def when(done: int, then: Callable[[], None]) -> Callable[[Sequence[Prediction], int], None]:
    """Does something once, as soon as so many articles are done."""
    seen: list[Prediction] = []

    def told(batch: Sequence[Prediction], cached: int) -> None:
        before = len(seen)
        seen.extend(batch)
        if before < done <= len(seen):
            then()

    return told


def test_a_cluster(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that needs one: it takes seconds to start, and several processes of pytest would start one each."""
    with monkeypatch.context() as patched:
        patched.setattr(cluster, "_TRIES", 2)
        a_poisoned_article_fails_alone_wherever_it_kills()
    what_was_finished_is_handed_out_before_the_end_is_announced()
    workers_that_have_another_extractor_are_refused()
    a_machine_that_is_lost_in_the_middle_costs_nothing(machines)


def a_poisoned_article_fails_alone_wherever_it_kills() -> None:
    predictions = run_jobs(load_extractor("far:poisoned"), JOBS[:10], batch_size=4, executor=RayExecutor(2))
    failed = {one.article_id: one.error for one in predictions if one.error is not None}
    assert failed == {
        "a03": "its process was killed by SIGKILL (for want of memory?)",
        "a07": "each of 2 workers that were at it was lost (for want of memory?)",
    }
    assert [one.article_id for one in predictions] == [job.article.id for job in JOBS[:10]]


def what_was_finished_is_handed_out_before_the_end_is_announced() -> None:
    done: list[Prediction] = []
    with pytest.raises(ExtractorError, match="no account"):
        run_jobs(
            load_extractor("far:Account"),
            JOBS,
            batch_size=2,
            executor=RayExecutor(1),
            on_done=lambda batch, _: done.extend(batch),
        )
    assert [one.article_id for one in done][:6] == [f"a0{number}" for number in range(6)]


def workers_that_have_another_extractor_are_refused() -> None:
    with pytest.raises(ExtractorError, match="extractor 'far:other' is another one on"):
        made(load_extractor("far:other"), RayExecutor(1))


def a_machine_that_is_lost_in_the_middle_costs_nothing(machines: Machines) -> None:
    extractor = load_extractor("far:names")
    there = made(extractor, RayExecutor(2), on_done=when(6, machines.lose_one))
    assert there == made(extractor, None)
    assert not machines.cluster.worker_nodes


class Lossy:
    """A Ray whose workers are lost at an article, and what they answered to the task before that with them."""

    class LostError(Exception):
        """A worker was lost."""

    exceptions = SimpleNamespace(RayError=LostError)

    def __init__(self, deadly: str) -> None:
        self.deadly = deadly
        self.tasks: dict[object, list[list[str]]] = {}

    def remote(self, **_: Any) -> Any:
        return lambda kind: SimpleNamespace(remote=lambda hello: self._worker())

    def _worker(self) -> Any:
        worker = object()
        tasks = self.tasks[worker] = []

        def work(content: bytes) -> tuple[Any, bytes]:
            batches = batches_from_bytes(content)
            tasks.append([job.article.id for batch in batches for job in batch])
            answer = Answer(
                batches=[
                    [Prediction(article_id=job.article.id, annotations=Annotations(), seconds=0.0) for job in jobs]
                    for jobs in batches
                ]
            )
            return worker, answer_to_bytes(answer)

        return SimpleNamespace(ready=SimpleNamespace(remote=lambda: (None, b"{}")), work=SimpleNamespace(remote=work))

    def wait(self, tasks: list[Any], **_: Any) -> tuple[list[Any], list[Any]]:
        return tasks[:1], tasks[1:]

    def get(self, task: tuple[Any, bytes]) -> bytes:
        worker, content = task
        if worker is not None:
            if any(self.deadly in ids for ids in self.tasks[worker]):
                raise self.LostError
            self.tasks[worker].pop(0)
        return content

    def kill(self, actor: Any) -> None:
        pass


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("deadly", ["a01", "a03", "a09"])
def test_no_article_is_blamed_for_the_one_after_it(deadly: str, size: int) -> None:
    jobs = JOBS[:10]
    batches = [jobs[start : start + size] for start in range(0, len(jobs), size)]
    crew = cluster._Crew(Lossy(deadly), b"{}", (), 2)
    done = {one.number: one.predictions for one in crew.work(batches)}
    made = [prediction for number in sorted(done) for prediction in done[number]]
    assert [one.article_id for one in made] == [job.article.id for job in jobs]
    assert [one.article_id for one in made if one.error is not None] == [deadly]


def test_nothing_secret_is_sent_and_nothing_that_nobody_could_make(folder: Path) -> None:
    system = load_extractor("far:keyed", options={"api_key": "sk-123456789"})
    with pytest.raises(InputError, match="setting api_key is a secret, which is not sent to a cluster"):
        made(system, RayExecutor())
    with pytest.raises(ExtractorError, match="was made from an object"):
        made(as_extractor(lambda article: []), RayExecutor())


def test_without_ray_one_line_says_how_to_install_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"--executor ray needs Ray; install it: pip install .*\[ray\]"):
        made(load_extractor("far:names"), RayExecutor())


def test_an_address_at_which_nobody_listens_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        # Bound and not listening: whoever connects is refused.
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(InputError, match=f"no cluster at '{place}': Connection refused"):
            cluster._refuse_unreachable(place)
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"needs the client of Ray; .* pip install 'ray\[client\]'"):
        cluster._refuse_unreachable(f"ray://{place}")
    cluster._refuse_unreachable("auto")
