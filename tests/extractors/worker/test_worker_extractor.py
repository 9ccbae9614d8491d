"""Extractors that end, hang or break: what is lost is an article or the extractor, by name, and never the process."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import EvalkitError, ExtractorError, InputError, UnknownNameError
from evalkit.extractors.base import ArticleFailure, Extractor, PairLabeler, StancePair, traits_of
from evalkit.extractors.callable import as_extractor
from evalkit.extractors.table import load_extractor
from evalkit.extractors.worker import extractor as worker_extractor
from evalkit.extractors.worker.extractor import WorkerExtractor
from evalkit.predictions.batches import Job, predict_batch
from evalkit.predictions.executors.local import LocalExecutor
from evalkit.predictions.jobs import run_jobs
from evalkit.records import Annotations, Article, Prediction

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs processes as POSIX has them")

HOSTILE = '''
import ctypes
import os
import signal
import sys
import threading
import time

FOUND = [(0, 3, "PER")]


def exits(status):
    sys.exit(status)


def deep(n=0):
    return deep(n + 1)


def in_a_thread():
    threading.Thread(target=time.sleep, args=(60,)).start()
    return FOUND


def closes(number):
    os.close(number)
    return FOUND


def prints():
    print("loading", flush=True)
    sys.stdout.close()
    return FOUND


def leaves_a_child():
    if os.fork() == 0:
        time.sleep(60)
    os._exit(4)


def ends_later():
    threading.Timer(0.5, lambda: os._exit(0)).start()
    return FOUND


def finds_the_pipe():
    for number in range(3, 30):
        try:
            os.write(number, b'{"answers": []}\\n')
        except OSError:
            pass
    return FOUND


WAYS = {
    "finds the pipe": finds_the_pipe,
    "ends later": ends_later,
    "good": lambda: FOUND,
    "exits with 0": lambda: exits(0),
    "exits with 3": lambda: exits(3),
    "exits with words": lambda: exits("no licence"),
    "ends hard": lambda: os._exit(0),
    "ends hard with 3": lambda: os._exit(3),
    "ends with a child left": leaves_a_child,
    "aborts": os.abort,
    "reads memory of nobody": lambda: ctypes.string_at(0),
    "is killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "is asked to end": lambda: os.kill(os.getpid(), signal.SIGTERM) or time.sleep(9),
    "ends its group": lambda: os.killpg(0, signal.SIGTERM) or time.sleep(9),
    "sleeps": lambda: time.sleep(60),
    "never yields": lambda: (n for n in iter(int, 1)),
    "calls itself": deep,
    "gives nothing": lambda: None,
    "gives a generator": lambda: iter(FOUND),
    "gives much": lambda: [(0, 3, "P" * 1000)] * 1000,
    "gives half a character": lambda: [(0, 3, "\\ud800")],
    "moves": lambda: os.chdir("/") or FOUND,
    "prints": prints,
    "closes standard output": lambda: closes(1),
    "leaves a thread": in_a_thread,
}


def find(article):
    return WAYS[article.id]() if article.id in WAYS else FOUND


class Batches:
    layers = ("entities",)

    def extract(self, articles):
        return [find(article) for article in articles]


class Odd:
    """Behaves in the way that a variable names, at the place that another names."""

    if os.environ.get("PLACE") == "import":
        WAYS[os.environ["WAY"]]()

    def __init__(self):
        self.at("__init__")

    @property
    def layers(self):
        self.at("layers")
        return ("entities",)

    def fingerprint(self):
        self.at("fingerprint")
        return "v1"

    def facts(self):
        self.at("facts")
        return {}

    def at(self, place):
        if os.environ.get("PLACE") == place:
            WAYS[os.environ["WAY"]]()

    def extract(self, articles):
        return [FOUND for _ in articles]
'''

SAID = {
    "finds the pipe": "its process wrote what is no answer",
    "good": None,
    "exits with 0": "SystemExit: 0 (hostile.py:",
    "exits with 3": "SystemExit: 3 (hostile.py:",
    "exits with words": "SystemExit: no licence (hostile.py:",
    "ends hard": "its process exited with status 0",
    "ends hard with 3": "its process exited with status 3",
    "ends with a child left": "its process exited with status 4",
    "aborts": "its process was killed by SIGABRT (Aborted, hostile.py:",
    "reads memory of nobody": "its process was killed by SIGSEGV (Segmentation fault, ",
    "is killed": "its process was killed by SIGKILL (for want of memory?)",
    "is asked to end": "its process was killed by SIGTERM",
    "ends its group": "its process was killed by SIGTERM",
    "sleeps": "took longer than 1 s",
    "never yields": "took longer than 1 s",
    "calls itself": "RecursionError: maximum recursion depth exceeded (hostile.py:",
    "gives nothing": "answered None",
    "gives a generator": None,
    "gives much": None,
    "gives half a character": "\\ud800",
    "moves": None,
    "prints": None,
    "closes standard output": None,
    "leaves a thread": None,
}
"""What is said of each way to behave; None where the article goes well."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hostile")
    (path / "hostile.py").write_text(HOSTILE, encoding="utf-8")
    (path / "odd-1.dist-info").mkdir()
    (path / "odd-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1\n")
    (path / "odd-1.dist-info" / "entry_points.txt").write_text("[evalkit.extractors]\nodd = hostile:Odd\n")
    return path


@pytest.fixture(autouse=True)
def _importable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])


def job(name: str) -> Job:
    return Job(Article(id=name, text="Ida left Oslo."))


@pytest.fixture(scope="module")
def predictions(folder: Path) -> dict[tuple[str, str], Prediction]:
    """What comes of each way to behave, as a function and in a batch, each between two articles that are good."""
    sys.path.insert(0, str(folder))
    made = {}
    # Nobody else kills them here.
    tries, worker_extractor._TRIES = worker_extractor._TRIES, 1
    try:
        jobs = [one for way in SAID for one in (job(f"before {way}"), job(way))] + [job("last")]
        for kind in ("find", "Batches"):
            extractor = WorkerExtractor.named(f"hostile:{kind}", {}, 1.0, lenient=True)
            try:
                made |= {(kind, one.article_id): one for one in predict_batch(extractor, ("entities",), jobs)}
            finally:
                extractor.close()
    finally:
        worker_extractor._TRIES = tries
        sys.path.remove(str(folder))
    return made


@pytest.mark.parametrize("kind", ["find", "Batches"])
@pytest.mark.parametrize(("way", "said"), SAID.items(), ids=str)
def test_one_that_behaves_so_fails_its_own_article(
    predictions: dict[tuple[str, str], Prediction], kind: str, way: str, said: str | None
) -> None:
    error = predictions[kind, way].error
    assert error is None if said is None else said in str(error)
    assert predictions[kind, f"before {way}"].error is predictions[kind, "last"].error is None


def test_a_batch_that_dies_is_tried_article_by_article(folder: Path) -> None:
    extractor = WorkerExtractor.named("hostile:Batches", {}, None)
    try:
        done = predict_batch(extractor, ("entities",), [job("a"), job("is killed"), job("b")])
    finally:
        extractor.close()
    assert [one.error for one in done] == [None, SAID["is killed"], None]


@pytest.mark.parametrize("kind", ["find", "Batches"])
def test_one_that_ends_by_itself_ends_the_run_unless_failures_are_allowed_for(kind: str) -> None:
    extractor = WorkerExtractor.named(f"hostile:{kind}", {}, None)
    said = "its process exited with status 0, at article 'ends hard'; the same command continues there"
    try:
        with pytest.raises(ExtractorError, match=said):
            predict_batch(extractor, ("entities",), [job("a"), job("ends hard"), job("b")])
    finally:
        extractor.close()


PLACES = ["import", "__init__", "layers", "fingerprint", "facts"]


@pytest.mark.parametrize("spelling", ["hostile:Odd", "odd"])
@pytest.mark.parametrize("way", ["exits with 0", "ends hard"])
@pytest.mark.parametrize("place", PLACES)
def test_every_door(place: str, way: str, spelling: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACE", place)
    monkeypatch.setenv("WAY", way)
    with pytest.raises(EvalkitError, match=r"'(hostile:Odd|odd)'.* (SystemExit: 0 |its process exited with status 0)"):
        ask_for_everything(spelling)


def ask_for_everything(spelling: str) -> None:
    extractor = WorkerExtractor.named(spelling, {}, None)
    try:
        assert (extractor.fingerprint(), extractor.layers, extractor.facts()) is not None
    finally:
        extractor.close()


def test_what_is_printed_goes_to_the_log_and_the_last_words_into_the_error(caplog: pytest.LogCaptureFixture) -> None:
    extractor = WorkerExtractor.named("hostile:find", {}, None)
    try:
        (printed,) = extractor.extract([job("prints").article])
    finally:
        extractor.close()
    assert isinstance(printed, Annotations)
    assert caplog.messages == ["loading"]


# The same as here.

MODULE = """
import numpy as np
from evalkit import Annotations, Entity, Quote, Span
from evalkit.extractors.base import ArticleFailure, Extracted, PairLabels, PairsError

def numbers(article):
    return Annotations(entities=(Entity(id="e1", spans=(Span(np.int64(0), np.int64(3)),), label="PER"),))

def number_label(article):
    return Annotations(entities=(Entity(id="e1", spans=(Span(0, 3),), label=7),))

class Whole:
    name = "whole"
    layers = ("entities", "quotes", "stances")
    languages = ("en", "nb")
    token_prices = (1.0, 2.0)
    uncached = "a service"
    default_label_map = "conll4"

    def estimate(self, article, pairs):
        pass  # What stays where the extractor is.

    def __init__(self, label: str = "PER"):
        self.label = label

    def fingerprint(self):
        return "v1"

    def extract(self, articles):
        return [self.one(article) for article in articles]

    def one(self, article):
        if article.id == "fails":
            return ArticleFailure("too long", {"tokens": 3})
        if article.id == "null":
            return Extracted(Annotations(entities=()), {"tokens": 2}, ("quotes",))
        if article.id == "raises":
            raise KeyError("colour")
        entity = Entity(id="e1", spans=(Span(0, 3),), label=self.label, score=0.1 + 0.2)
        quote = Quote(id="q1", kind="direct", content=(Span(0, 3),))
        return Extracted(Annotations(entities=(entity,), quotes=(quote,)), {"tokens": 1, "cost": 0.1})

    def label_pairs(self, article, pairs):
        if article.id == "pairs":
            raise PairsError("no account", {"tokens": 5})
        if article.id == "pairs exit":
            raise SystemExit(0)
        return PairLabels(["favor" for _ in pairs], {"tokens": 7})

    def facts(self):
        return {"revision": "abc", "given": (1, 2)}
"""
PAIRS = (StancePair(holder="ida", target="topic:port", holder_mentions=("Ida",), target_mentions=("port",)),)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "whole_module.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    yield
    sys.modules.pop("whole_module", None)


def both(spelling: str, settings: dict[str, str]) -> tuple[Extractor, WorkerExtractor]:
    return load_extractor(spelling, options=settings), WorkerExtractor.named(spelling, settings, None)


@pytest.mark.usefixtures("module")
def test_an_extractor_elsewhere_is_what_it_is_here() -> None:
    here, there = both("whole_module:Whole", {"label": "ORG"})
    try:
        assert (there.name, there.layers, there.fingerprint()) == (here.name, here.layers, here.fingerprint())
        said = [
            (one.languages, one.token_prices, one.uncached, one.spec, one.default_label_map)
            for one in map(traits_of, (here, there))
        ]
        assert said[0] == said[1]
        assert isinstance(there, PairLabeler)
        assert there.facts() == {"revision": "abc", "given": [1, 2], "uncached": "a service"}
        names = ["good", "fails", "null", "raises", "pairs", "pairs exit"]
        jobs = [Job(Article(id=name, text="Ida left Oslo."), PAIRS) for name in names]
        first, second = (predict_batch(one, here.layers, jobs) for one in (here, there))
        assert [vars_of(one) for one in first] == [vars_of(one) for one in second]
        assert second[0].usage == {"tokens": 8, "cost": 0.1}
    finally:
        there.close()


def vars_of(prediction: Prediction) -> tuple[object, ...]:
    """All but the time that it took."""
    return prediction.article_id, prediction.annotations, prediction.error, prediction.usage, prediction.given


@pytest.mark.usefixtures("module")
@pytest.mark.parametrize("name", ["numbers", "number_label"])
def test_odd_answers_are_judged_as_here(name: str) -> None:
    here, there = both(f"whole_module:{name}", {})
    try:
        first, second = (predict_batch(one, ("entities",), [job("a")])[0] for one in (here, there))
    finally:
        there.close()
    assert (first.error is None) == (second.error is None) == (name == "numbers")
    assert first.annotations == second.annotations


@pytest.mark.usefixtures("module")
@pytest.mark.parametrize(
    ("spelling", "settings", "kind", "said"),
    [
        ("nowhere:find", {}, UnknownNameError, "'nowhere' is no module"),
        ("whole_module:Whale", {}, UnknownNameError, "did you mean 'Whole'"),
        ("whole_module:Whole", {"lable": "x"}, InputError, "did you mean 'label'"),
    ],
)
def test_what_cannot_be_made_there_is_the_error_that_it_is_here(
    spelling: str, settings: dict[str, str], kind: type[EvalkitError], said: str
) -> None:
    with pytest.raises(kind, match=said):
        WorkerExtractor.named(spelling, settings, None)


def test_several_processes_give_the_same_in_the_same_order(folder: Path) -> None:
    extractor = WorkerExtractor.named("hostile:find", {}, None, lenient=True)
    jobs = [job(name) for name in ("a", "ends hard", "b", "c", "exits with 0", "d")]
    try:
        one = run_jobs(extractor, jobs, batch_size=2)
        three = run_jobs(extractor, jobs, batch_size=1, executor=LocalExecutor(3))
    finally:
        extractor.close()
    assert [vars_of(prediction) for prediction in one] == [vars_of(prediction) for prediction in three]


def test_a_process_that_comes_later_and_holds_other_code_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    code = "import os\n\ndef find(article):\n    return os._exit(1) if article.id == 'b' else []\n"
    (tmp_path / "changing.py").write_text(code)
    extractor = WorkerExtractor.named("changing:find", {}, None, lenient=True)
    try:
        extractor.fingerprint()
        (tmp_path / "changing.py").write_text(code.replace("[]", "[(0, 3, 'PER')]"))
        extractor.extract([job(name).article for name in "abc"])
        assert "changed" in extractor.facts()
    finally:
        extractor.close()
    assert "has another fingerprint" in caplog.text


# Copies of this process.


def slow(article: Article) -> list[tuple[int, int, str]]:
    if article.id == "b":
        time.sleep(60)
    return [(0, 3, "PER")]


def test_an_object_has_a_time_in_a_copy_of_this_process() -> None:
    extractor = WorkerExtractor.copied(as_extractor(slow, "slow"), 1.0)
    begun = time.monotonic()
    try:
        done = predict_batch(extractor, extractor.layers, [job(name) for name in "abc"])
    finally:
        extractor.close()
    assert [one.error for one in done] == [None, "took longer than 1 s", None]
    assert time.monotonic() - begun < 20


class Loads:
    """Takes its time when it is first asked."""

    layers = ("entities",)
    loaded = False

    def extract(self, articles: Sequence[Article]) -> list[Any]:
        if not self.loaded:
            self.loaded = True
            time.sleep(1.3)
        return [[] for _ in articles]


def test_what_is_loaded_first_takes_no_article_its_time() -> None:
    extractor = WorkerExtractor.copied(as_extractor(Loads()), 1.0)
    try:
        assert [one.error for one in predict_batch(extractor, ("entities",), [job("a"), job("b")])] == [None, None]
    finally:
        extractor.close()


# Ends.


def processes() -> set[int]:
    """The children of this process."""
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    return set(map(int, path.read_text().split())) if path.exists() else set()


def test_nothing_is_left_behind(folder: Path) -> None:
    before, ends = processes(), len(os.listdir("/dev/fd"))
    for name in ("leaves a thread", "is killed", "good"):
        extractor = WorkerExtractor.named("hostile:find", {}, None)
        extractor.extract([job(name).article])
        extractor.close()
        extractor.close()
    assert processes() == before
    assert len(os.listdir("/dev/fd")) == ends


def test_what_is_closed_begins_anew(folder: Path) -> None:
    extractor = WorkerExtractor.named("hostile:find", {}, None)
    extractor.close()
    try:
        assert isinstance(extractor.extract([job("a").article])[0], Annotations)
    finally:
        extractor.close()


def test_one_that_is_copied_sees_the_end_of_another(tmp_path: Path) -> None:
    """Each copy holds the pipes that were open when it was made; held open, no process would see its end."""
    first, second = (WorkerExtractor.copied(as_extractor(slow, "slow"), 1.0) for _ in range(2))
    begun = time.monotonic()
    for extractor in (first, second):
        extractor._idle.pop().stop(grace=20)
    assert time.monotonic() - begun < 10


def test_one_that_interrupts_itself_fails_its_article() -> None:
    def stops(article: Article) -> list[object]:
        raise KeyboardInterrupt

    extractor = WorkerExtractor.copied(as_extractor(stops), None)
    try:
        assert extractor.layers == ("entities",)
        (answer,) = extractor.extract([job("a").article])
    finally:
        extractor.close()
    assert isinstance(answer, ArticleFailure)
    assert "KeyboardInterrupt (test_worker_extractor.py:" in answer.message


def test_what_is_left_out_of_a_long_line_is_said(caplog: pytest.LogCaptureFixture) -> None:
    def prints(article: Article) -> list[object]:
        sys.stdout.write("x" * 300_000 + "\n")
        return []

    extractor = WorkerExtractor.copied(as_extractor(prints), None)
    try:
        extractor.extract([job("a").article])
    finally:
        extractor.close()
    (said,) = [record.getMessage() for record in caplog.records if "left out" in record.getMessage()]
    left_out, _, rest = said.removeprefix("[").partition(" bytes left out] ")
    assert int(left_out.replace(",", "")) + len(rest) == 300_000


def test_one_that_ends_between_two_articles_fails_neither(folder: Path) -> None:
    extractor = WorkerExtractor.named("hostile:find", {}, None)
    try:
        (first,) = extractor.extract([job("ends later").article])
        deadline = time.monotonic() + 10
        while any(worker.lives for worker in extractor._idle) and time.monotonic() < deadline:
            time.sleep(0.02)
        (second,) = extractor.extract([job("good").article])
    finally:
        extractor.close()
    assert isinstance(first, Annotations)
    assert isinstance(second, Annotations)
