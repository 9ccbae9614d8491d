"""Whatever becomes of the disk or of the process, a run is whole and right, or says that it is not and goes on."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import pytest

from evalkit.cli.main import main
from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.dataset.labels import load_inventory
from evalkit.errors import FormatError, InputError, OutputError
from evalkit.extractors.base import ArticleFailure
from evalkit.options import Intervals, Options, Running, Scoring
from evalkit.predictions.cache import PredictionCache
from evalkit.predictions.jobs import Job, run_jobs
from evalkit.predictions.run import Run
from evalkit.predictions.store import RunFolder
from evalkit.records import Annotations, Article, Entity, Example, Span
from evalkit.workflows.running.run import make_run, planned_run
from evalkit.workflows.scoring.score import score_run
from tests.faults import Killed, failing, killed_at, moments

OPTIONS = Options(scoring=Scoring(conventions=("exact",)), intervals=Intervals(resamples=0))
ARTICLES = [Article(id=name, text=f"Ida Moen left {name}.") for name in ("abo", "bodo", "kemi", "oslo")]


@dataclass
class Finder:
    """Finds the person, and the place if it is told to, as another answer of a model would; an article may fail."""

    places: bool = False
    fails: str = ""
    version: str = "1"
    name: str = "finder"
    layers: tuple[str, ...] = ("entities",)

    def fingerprint(self) -> str:
        return f"finder-{self.version}"

    def extract(self, articles: Sequence[Article]) -> list[Annotations | ArticleFailure]:
        return [ArticleFailure("no answer") if one.id == self.fails else self.found(one) for one in articles]

    def found(self, article: Article) -> Annotations:
        entities = [Entity(id="e1", spans=(Span(0, 8),), label="PER")]
        if self.places:
            entities.append(Entity(id="e2", spans=(Span(14, 14 + len(article.id)),), label="GPE"))
        return Annotations(entities=entities)


@pytest.fixture(scope="module")
def gold() -> GoldDataset:
    examples = [Example(article=one, gold=Finder(places=True).found(one)) for one in ARTICLES]
    return gold_dataset(examples, name="mini", split="test", inventory=load_inventory())


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    # Nobody pulls the plug here, and the disks of test machines are slow.
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def files(folder: Path) -> dict[str, bytes]:
    """What lies in a folder, but for how long it took, and a lock that could not be removed."""
    passing = ("speed.json", ".lock")
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name not in passing}


def measured(gold: GoldDataset, out: Path, extractor: Finder | None = None, **how: bool) -> Run:
    """What `evalkit run` does: the articles are extracted, scored, and kept with the result in one folder."""
    system, folder = extractor or Finder(), RunFolder(out)
    with folder.held("a test"):
        run = make_run(system, planned_run(system, gold), Running(batch_size=1, **how), folder)
        result = score_run(gold, run, OPTIONS, baseline=False)
        folder.write_result(result)
    return replace(run, result=result)


@dataclass(frozen=True)
class Story:
    """Some work on the folder of a run.

    Attributes:
        before: what lies there when it begins.
        work: what is done.
        stays: whether a finished run must be there at every moment.
    """

    before: Callable[[GoldDataset, Path], object]
    work: Callable[[GoldDataset, Path], object]
    stays: bool = False


def interrupted(gold: GoldDataset, out: Path, extractor: Finder | None = None) -> None:
    """A run that was killed when it had two articles and a half."""
    with failing(0, "") as disk:
        measured(gold, out, extractor)
    shutil.rmtree(out)
    shutil.rmtree(out.parent / "cache", ignore_errors=True)
    appends = [number for number, name in enumerate(disk.calls, 1) if name == "write"]
    # One for the lock, one for `run.json`, and each article is written to the folder and to the cache.
    assert killed_at(appends[2 + 2 * 2], lambda: measured(gold, out, extractor))
    shutil.rmtree(out.parent / "cache", ignore_errors=True)


def nothing(gold: GoldDataset, out: Path) -> None:
    pass


STORIES = {
    "new": Story(nothing, measured),
    "continued": Story(interrupted, measured),
    "continued-anew": Story(interrupted, lambda gold, out: measured(gold, out, cache=False)),
    "restarted": Story(interrupted, lambda gold, out: measured(gold, out, cache=False, restart=True)),
    "restarted-with-other-code": Story(
        lambda gold, out: measured(gold, out, Finder(places=True, version="0")),
        lambda gold, out: measured(gold, out, cache=False, restart=True),
    ),
    "again": Story(measured, measured, stays=True),
    "anew": Story(measured, lambda gold, out: measured(gold, out, Finder(places=True), cache=False), stays=True),
    "failed-before": Story(
        lambda gold, out: measured(gold, out, Finder(fails="kemi"), cache=False), measured, stays=True
    ),
    "failed-before-and-interrupted": Story(lambda gold, out: interrupted(gold, out, Finder(fails="bodo")), measured),
    "saved": Story(nothing, lambda gold, out: measured(gold, out.with_name("made")).save(out)),
    "saved-over": Story(
        lambda gold, out: measured(gold, out, Finder(places=True)),
        lambda gold, out: measured(gold, out.with_name("made"), cache=False).save(out),
        stays=True,
    ),
}
"""What is tried at every change of the disk."""

HARD = ["new", "anew", "failed-before-and-interrupted", "saved-over"]
"""Those that are tried with a disk that fails, too."""


@pytest.fixture
def story(request: pytest.FixtureRequest, gold: GoldDataset, tmp_path: Path) -> Told:
    return Told(STORIES[request.param], gold, tmp_path)


@dataclass
class Told:
    """A story with what comes of it where nothing goes wrong."""

    story: Story
    gold: GoldDataset
    place: Path

    def __post_init__(self) -> None:
        self.numbers = count()
        self.start = self.place / "start"
        self.start.mkdir()
        self.story.before(self.gold, self.start / "r")
        self.before = files(self.start / "r") if (self.start / "r").exists() else {}
        out = self.begun()
        self.story.work(self.gold, out)
        self.whole = files(out)

    def moments(self, how: str) -> list[int]:
        """The changes at which a fault is tried."""
        out = self.begun()
        return moments(lambda: self.story.work(self.gold, out), how)

    def begun(self) -> Path:
        """A folder, and no cache: the story can begin."""
        shutil.rmtree(self.place / "cache", ignore_errors=True)
        return shutil.copytree(self.start, self.place / str(next(self.numbers))) / "r"

    def check(self, out: Path) -> None:
        """Whatever lies there now, nobody takes a part for the whole."""
        if self.story.stays:
            now = files(out)
            assert now["predictions.jsonl"] in (self.before["predictions.jsonl"], self.whole["predictions.jsonl"])
        with suppress(InputError):
            run = Run.load(out)
            if run.complete and not run.edited:
                assert (out / "predictions.jsonl").read_bytes() in [
                    one["predictions.jsonl"] for one in (self.before, self.whole) if "predictions.jsonl" in one
                ]
            if run.result is not None:
                assert run.result.run["sha256"] == run.sha256


@pytest.mark.parametrize("story", STORIES, indirect=True)
def test_killed_at_any_change_it_continues_to_the_same_bytes(story: Told):
    changes = story.moments("kill")
    for k in changes:
        out = story.begun()
        assert killed_at(k, lambda out=out: story.story.work(story.gold, out))
        if out.exists():
            story.check(out)
        if k % 3 == 0:
            # And killed again, somewhere else.
            killed_at(1 + k * 7 % len(changes), lambda out=out: story.story.work(story.gold, out))
            story.check(out)
        story.story.work(story.gold, out)
        assert files(out) == story.whole


@pytest.mark.parametrize("how", ["short", "full", "error"])
@pytest.mark.parametrize("story", HARD, indirect=True)
def test_whatever_the_disk_does_a_run_is_whole_or_refused(story: Told, how: str):
    for k in story.moments(how):
        out = story.begun()
        try:
            with failing(k, how):
                story.story.work(story.gold, out)
        except OutputError:
            assert how != "short", "a part that is taken is no failure"
            if out.exists():
                story.check(out)
            story.story.work(story.gold, out)
        assert files(out) == story.whole


COMMAND = ("run", "--model", "trivial", "--dataset", "gold.jsonl", "--out", "r", "--no-floor", "--resamples", "0")


@pytest.mark.parametrize("how", ["full", "kill"])
def test_the_command_ends_with_0_only_where_all_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], how: str
):
    monkeypatch.chdir(tmp_path)
    rows = [{"id": one.id, "text": one.text, "entities": [{"start": 0, "end": 8, "label": "PER"}]} for one in ARTICLES]
    Path("gold.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    found = moments(lambda: main(COMMAND), how)
    whole = files(Path("r"))
    for k in found:
        shutil.rmtree("r")
        shutil.rmtree("cache", ignore_errors=True)
        capsys.readouterr()
        status = None
        with failing(k, how), suppress(Killed):
            status = main(COMMAND)
        said = capsys.readouterr().err
        assert status in ((0, 2) if how != "kill" else (None,))
        assert status != 0 or files(Path("r")) == whole
        assert status != 2 or re.fullmatch("error: [^\n]+\n", said)
        assert main(COMMAND) == 0
        assert files(Path("r")) == whole


def flipped(content: bytes) -> Iterator[bytes]:
    """The content with one bit of every third byte turned, another one each time, so that bits of all places are."""
    for position, byte in list(enumerate(content))[::3]:
        yield content[:position] + bytes([byte ^ 1 << position % 8]) + content[position + 1 :]


def test_no_flipped_bit_of_the_cache_changes_a_prediction(tmp_path: Path):
    jobs = [Job(article) for article in ARTICLES[:2]]
    cache = PredictionCache("finder", tmp_path)
    right = run_jobs(Finder(), jobs, cache=cache)
    content = cache.path.read_bytes()
    refused = 0
    for damaged in flipped(content):
        shutil.rmtree(cache.folder)
        cache.folder.mkdir()
        cache.path.write_bytes(damaged)
        again = PredictionCache("finder", tmp_path)
        made = run_jobs(Finder(), jobs, cache=again)
        assert [one.annotations for one in made] == [one.annotations for one in right]
        refused += again.refused
    # Those whose key or length was hit are not found, all others are counted.
    assert refused > len(content) / 6


def test_a_cached_prediction_that_was_damaged_is_made_again_and_counted(gold: GoldDataset, tmp_path: Path):
    measured(gold, tmp_path / "first")
    (path,) = (tmp_path / "cache" / "predictions").iterdir()
    path.write_bytes(path.read_bytes().replace(b"PER", b"ORG", 1))
    run = measured(gold, tmp_path / "second")
    assert run.fresh == 1
    assert "1 cached prediction was damaged, or did not fit the article: made again" in run.asides
    assert files(tmp_path / "first")["predictions.jsonl"] == files(tmp_path / "second")["predictions.jsonl"]


@pytest.mark.parametrize("finished", [True, False])
def test_no_flipped_bit_of_a_run_changes_a_prediction(gold: GoldDataset, tmp_path: Path, finished: bool):
    out = tmp_path / "r"
    run = measured(gold, out, cache=False)
    path, facts = out / "predictions.jsonl", (out / "run.json").read_bytes()
    if not finished:
        facts = facts.replace(b'"complete": true', b'"complete": false')
    right = path.read_bytes().splitlines(keepends=True)
    articles = {article.id: article for article in ARTICLES}
    for damaged in flipped(right[0]):
        path.write_bytes(damaged + b"".join(right[1:]))
        (out / "run.json").write_bytes(facts)
        with suppress(FormatError):
            assert Run.load(out, result=False).predictions == run.predictions
        kept = RunFolder(out).open(run.key, articles, ("entities",)).predictions
        # A line feed that is none any more joins the first line to the second.
        assert {"kemi", "oslo"} <= set(kept)
        assert [kept[one.article_id] for one in run.predictions if one.article_id in kept] == [
            replace(one, seconds=0.0) for one in run.predictions if one.article_id in kept
        ]


def test_two_in_one_folder_do_not_mix(gold: GoldDataset, tmp_path: Path):
    class Slow(Finder):
        def extract(self, articles: Sequence[Article]) -> list[Annotations | ArticleFailure]:
            time.sleep(0.01)
            return super().extract(articles)

    def work(_: int) -> str:
        try:
            return measured(gold, tmp_path / "r", Slow(), cache=False).sha256
        except OutputError as error:
            return str(error)

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(work, range(8)))
    whole = measured(gold, tmp_path / "alone").sha256
    assert whole in said
    others = {one for one in said if one != whole}
    assert all(re.search(rf"r: process {os.getpid()} on .* \(a test\) is at work in it", one) for one in others)
    assert files(tmp_path / "r") == files(tmp_path / "alone")


def test_the_command_says_who_is_at_work_in_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    Path("gold.jsonl").write_text('{"id": "a", "text": "Ida Moen left.", "entities": []}\n', encoding="utf-8")
    with RunFolder(Path("r")).held("evalkit run --model mine"):
        assert main(COMMAND) == 2
    said = capsys.readouterr().err
    assert f"r: process {os.getpid()} on " in said
    assert "(evalkit run --model mine) is at work in it; wait until it ends, or choose another place with --out" in said


def test_versions_that_changed_in_the_middle_are_said(
    gold: GoldDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    interrupted(gold, tmp_path / "r")
    facts = json.loads((tmp_path / "r" / "run.json").read_bytes())
    now = facts["versions"]["python"]
    facts["versions"]["python"] = "3.9.1"
    (tmp_path / "r" / "run.json").write_text(json.dumps(facts))
    run = measured(gold, tmp_path / "r")
    assert run.made_by.versions["python"] == f"3.9.1 then {now}"
    note = f"versions changed while these predictions were made: python 3.9.1 then {now}"
    assert note in run.notes
    # It stays true of them.
    assert note in measured(gold, tmp_path / "r").notes


def test_only_what_failed_is_asked_for_again(gold: GoldDataset, tmp_path: Path):
    assert measured(gold, tmp_path / "r", Finder(fails="kemi")).failed == {"kemi": "no answer"}
    kept = measured(gold, tmp_path / "r", keep_failed=True)
    assert (kept.fresh, list(kept.failed)) == (0, ["kemi"])
    shutil.rmtree(tmp_path / "cache")
    again = measured(gold, tmp_path / "r")
    assert (again.fresh, again.failed) == (1, {})
    assert measured(gold, tmp_path / "r").fresh == 0


def test_the_cache_is_neither_read_nor_written_without(gold: GoldDataset, tmp_path: Path):
    measured(gold, tmp_path / "r", cache=False)
    assert not (tmp_path / "cache").exists()
    measured(gold, tmp_path / "other")
    assert measured(gold, tmp_path / "r", cache=False).fresh == len(ARTICLES)
