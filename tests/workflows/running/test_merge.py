"""Shards that are merged are the run that was never divided, byte for byte, or are refused by name."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import evalkit
from evalkit.errors import InputError, OutputError
from evalkit.extractors.base import ArticleFailure
from evalkit.formats.native.stored import StoredRecords
from evalkit.options import Intervals, Options, ReadOptions, Running, Scoring
from evalkit.predictions.run import Run
from evalkit.predictions.shards.assignment import shard_number
from evalkit.records import Annotations, Article, Entity, Span
from evalkit.workflows.running.measure import measure_extractor
from evalkit.workflows.running.merge import merge_runs
from tests.faults import failing, killed_at, moments

NAMES = [f"{place}-{number}" for place in ("abo", "bodo", "kemi", "oslo") for number in range(3)]
OPTIONS = Options(intervals=Intervals(resamples=20), read=ReadOptions(split="all"))


@dataclass
class Finder:
    """Finds the person, in every third article the place, and fails on one."""

    name: str = "finder"
    version: str = "1"
    layers: tuple[str, ...] = ("entities",)
    languages: tuple[str, ...] = ("no",)
    fails: str = "bodo-1"

    def fingerprint(self) -> str:
        return f"finder-{self.version}"

    def extract(self, articles: Sequence[Article]) -> list[Annotations | ArticleFailure]:
        return [ArticleFailure("no answer") if one.id == self.fails else self.found(one) for one in articles]

    def found(self, article: Article) -> Annotations:
        entities = [Entity(id="e1", spans=(Span(0, 8),), label="PER")]
        if article.id.endswith("2"):
            entities.append(Entity(id="e2", spans=(Span(14, 14 + len(article.id)),), label="GPE"))
        return Annotations(entities=entities)


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.chdir(tmp_path)
    rows = [
        {
            "id": name,
            "text": f"Ida Moen left {name}.",
            "lang": "en" if name.endswith("0") else "no",
            "entities": [{"spans": [[0, 8]], "label": "PER"}, {"spans": [[14, 14 + len(name)]], "label": "GPE"}],
        }
        for name in NAMES
    ]
    Path("gold.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def measured(out: str, extractor: Finder | None = None, options: Options = OPTIONS, **running: Any) -> Run:
    """What `evalkit run` does."""
    command = "evalkit run --model finder"
    if "shard" in running:
        command += f" --shard {running['shard']}"
    how = Running(out=out, command=command, **running)
    done = Options(scoring=options.scoring, intervals=options.intervals, read=options.read, running=how)
    return measure_extractor(extractor or Finder(), "gold.jsonl", done)


def divided(of: int, **how: Any) -> list[str]:
    """The folders of all shards."""
    paths = [f"shards/{number}" for number in range(1, of + 1)]
    for number, path in enumerate(paths, 1):
        measured(path, shard=f"{number}/{of}", **how)
    return paths


def contents(folder: str | Path) -> dict[str, bytes]:
    """What lies in the folder of a run, but for how long it took and what its shards were made by."""
    files = {one.name: one.read_bytes() for one in sorted(Path(folder).iterdir()) if one.name != "speed.json"}
    facts = json.loads(files["run.json"])
    assert facts.pop("shards", None) is not None or "shards" not in facts
    return files | {"run.json": json.dumps(facts).encode()}


@pytest.mark.parametrize(("of", "how"), [(1, {"batch_size": 1}), (2, {"batch_size": 5, "workers": 2}), (16, {})])
def test_the_same_bytes(of: int, how: dict[str, int]):
    measured("whole")
    merged = merge_runs(divided(of, **how), out="merged")
    assert contents("merged") == contents("whole")
    # What is to be said of all articles is said of all of them: languages, failures.
    assert merged.result is not None
    assert any(
        "4 of 12 articles are in a language that the card of finder does not name" in one for one in merged.notes
    )
    assert list(merged.failed) == ["bodo-1"]
    # A failed article is tried again by its shard, and the run is whole without being merged of new folders.
    assert Run.load("merged").merged == merged.merged


def test_gold_and_predictions_that_stay_in_large_files(monkeypatch: pytest.MonkeyPatch):
    measured("whole")
    monkeypatch.setattr("evalkit.formats.native.stored.LARGE_BYTES", 1)
    assert isinstance(evalkit.load_dataset("gold.jsonl", split="all").examples, StoredRecords)
    merged = merge_runs(divided(3), out="merged")
    assert isinstance(merged.predictions, StoredRecords)
    assert contents("merged") == contents("whole")
    shutil.rmtree("shards/2")
    merge_runs("shards", out="partial", partial=True)


def test_options_of_the_whole_are_those_of_its_shards():
    options = Options(
        scoring=Scoring(tasks=("entities",), conventions=("exact", "type"), labels=("PER",)),
        intervals=Intervals(resamples=30, seed=7, method="percentile", level=0.9),
        read=ReadOptions(split="all", limit=9, articles=("abo-0", "2-12")),
    )
    measured("whole", options=options)
    merge_runs("shards" if divided(3, options=options) else "", out="merged")
    assert contents("merged") == contents("whole")


def test_run_json_says_what_made_each_shard():
    merge_runs(divided(3), out="merged")
    facts = json.loads(Path("merged/run.json").read_bytes())
    assert facts["command"] == "evalkit run --model finder"
    assert [one["command"] for one in facts["shards"]] == [
        f"evalkit run --model finder --shard {n}/3" for n in (1, 2, 3)
    ]
    assert {one["versions"]["evalkit"] for one in facts["shards"]} == {evalkit.__version__}
    assert sum(one["articles"] for one in facts["shards"]) == len(NAMES)


def test_a_shard_is_not_scored_and_says_which_it_is():
    run = measured("shards/2", shard="2/3")
    own = [name for name in NAMES if shard_number(name, 3) == 2]
    assert [one.article_id for one in run.predictions] == own
    assert run.result is None
    assert sorted(path.name for path in Path("shards/2").iterdir()) == ["predictions.jsonl", "run.json", "speed.json"]
    facts = json.loads(Path("shards/2/run.json").read_bytes())
    assert (facts["shard"], facts["articles"], facts["whole"]["articles"]) == ([2, 3], len(own), len(NAMES))
    assert facts["gold_fingerprint"] == evalkit.load_dataset("gold.jsonl", split="all").fingerprint
    for verb in (
        lambda: evalkit.compare_runs(["shards/2", "shards/2"]),
        lambda: evalkit.explain_run("shards/2", own[0]),
        lambda: evalkit.score_predictions("gold.jsonl", "shards/2", split="all"),
        lambda: evalkit.score_predictions(None, run),
        lambda: evalkit.view_runs("shards/2"),
    ):
        with pytest.raises(InputError, match="is shard 2 of 3, which has no figures of its own; merge the shards"):
            verb()


def test_folders_that_nobody_chose():
    for number in (1, 2):
        measured_run = measure_extractor(
            Finder(), "gold.jsonl", Options(read=ReadOptions(split="all"), running=Running(shard=(number, 2)))
        )
    assert measured_run.path is not None
    assert measured_run.path.name == "2-of-2"
    whole = measure_extractor(Finder(), "gold.jsonl", Options(read=ReadOptions(split="all")))
    before = contents(whole.path or "")
    merged = merge_runs(measured_run.path.parent)
    assert merged.path is not None
    assert whole.path is not None
    assert merged.path.resolve() == whole.path.resolve()
    assert contents(merged.path) == before


def test_runs_that_are_not_scored():
    whole = evalkit.run_extractor(Finder(), "gold.jsonl", split="all", out="whole")
    shards = [
        evalkit.run_extractor(Finder(), "gold.jsonl", split="all", shard=(number, 2), out=f"shards/{number}")
        for number in (1, 2)
    ]
    merged = merge_runs(shards, out="merged")
    assert contents("merged") == contents("whole")
    assert (merged.notes, merged.result) == (whole.notes, None)
    one, other = (evalkit.score_predictions(None, run, resamples=0).to_json() for run in (merged, whole))
    assert one == other


class TestRefused:
    def refused(self, *shards: str, partial: bool = False, **how: Any) -> str:
        with pytest.raises(InputError) as refused:
            merge_runs(list(shards), out="merged", partial=partial, **how)
        assert not Path("merged").exists()
        return str(refused.value)

    def test_everything_that_is_wrong_is_said_at_once(self):
        divided(6)
        shutil.copytree("shards/1", "shards/1-again")
        Path("shards/2/predictions.jsonl").write_bytes(b"")
        shutil.rmtree("shards/3")
        measured("shards/4", Finder(version="2"), restart=True, shard="4/6")
        measured("elsewhere", shard="1/2")
        facts = json.loads(Path("shards/5/run.json").read_bytes())
        Path("shards/5/run.json").write_text(json.dumps(facts | {"complete": False}), encoding="utf-8")
        kept = Path("shards/5/predictions.jsonl").read_bytes().splitlines(keepends=True)
        Path("shards/5/predictions.jsonl").write_bytes(b"".join(kept[:-1]))
        said = self.refused("shards", "elsewhere")
        for part in (
            "shards 3-4 of 6 are missing (--partial merges what is there)",
            f"shards/5: shard 5 of 6 is not finished, 1 of {len(kept)} articles are missing",
            "shards/4: is a shard of another run (code or files of the model: ",
            "elsewhere: is a shard of another run (shards: 2, not 6)",
            "shards/2: its predictions are not what the run recorded (another SHA-256); run shard 2 of 6 again",
            "shards/1 and shards/1-again are each shard 1 of 6; leave out all but one",
        ):
            assert part in said

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"gold_fingerprint": "0" * 16}, r"gold: gold@\w+ \(0000000000000000\) split 'all', not gold@"),
            ({"settings": {"device": "cpu"}}, 'settings: {"device": "cpu"}, not {}'),
            ({"split": "test"}, "gold: .* split 'test', not"),
        ],
    )
    def test_a_shard_of_another_run(self, change: dict[str, Any], said: str):
        paths = divided(3)
        facts = json.loads(Path("shards/2/run.json").read_bytes())
        Path("shards/2/run.json").write_text(json.dumps(facts | change), encoding="utf-8")
        assert re.search(said, self.refused(*paths, partial=True))

    def test_another_version(self):
        paths = divided(2)
        for path in (Path(one, "run.json") for one in paths):
            facts = json.loads(path.read_bytes())
            facts["versions"]["evalkit"] = "0.0.9"
            path.write_text(json.dumps(facts), encoding="utf-8")
        assert "they were made by evalkit 0.0.9, this is" in self.refused(*paths)

    def test_another_gold(self):
        paths = divided(2)
        lines = Path("gold.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
        Path("gold.jsonl").write_text("".join(lines[:-1]), encoding="utf-8")
        assert "was made for gold" in self.refused(*paths)
        Path("old.jsonl").write_text("".join(lines), encoding="utf-8")
        merge_runs(paths, out="merged", dataset="old.jsonl")
        Path("gold.jsonl").write_text("".join(lines), encoding="utf-8")
        measured("whole")
        assert contents("merged") == contents("whole")

    @pytest.mark.parametrize(
        ("shards", "said"),
        [
            (["nowhere"], "nowhere: is no folder"),
            (["whole"], "whole: is a whole run and no shard; leave it out"),
            (["."], "whole run and no shard"),
            ([], "there is no shard to merge"),
        ],
    )
    def test_what_is_no_shard(self, shards: list[str], said: str):
        measured("whole")
        assert said in self.refused(*shards)

    def test_a_run_in_memory(self):
        run = evalkit.run_extractor(Finder(), "gold.jsonl", split="all", shard="1/2")
        with pytest.raises(InputError, match="shard 1 of 2 lies in no folder"):
            merge_runs(run)

    def test_a_folder_of_another_run(self):
        paths = divided(2)
        measured("other", Finder(version="2"))
        with pytest.raises(OutputError, match="other: holds another run"):
            merge_runs(paths, out="other")


class TestPartial:
    def test_it_is_a_run_over_fewer_articles_and_says_so(self):
        paths = divided(4)
        whole = measured("whole")
        shutil.rmtree(paths[1])
        merged = merge_runs("shards", out="merged", partial=True)
        there = [name for name in NAMES if shard_number(name, 4) != 2]
        assert [one.article_id for one in merged.predictions] == there
        share = f"{len(there)} of 12 articles ({len(there) / 12:.1%})"
        note = f"partial: 3 of 4 shards, {share}: shard 2 is missing; these are not the figures of the whole"
        assert merged.result is not None
        assert merged.result.notes[0] == note
        for form in ("terminal", "markdown", "html", "latex", "json"):
            assert "3 of 4 shards" in evalkit.render_report(Run.load("merged").result, form)
        # Scored again, looked at, held against a whole one: it stays what it is.
        again = evalkit.score_predictions("gold.jsonl", "merged", split="all", resamples=0)
        assert note in again.notes
        assert merged.gold != whole.gold
        with pytest.raises(InputError, match="only runs over the same gold can be compared"):
            evalkit.compare_runs(["whole", "merged"])
        assert note in evalkit.diagnose("merged").notes
        assert note in evalkit.compare_runs(["merged", "merged"], resamples=10).notes
        assert note in json.dumps(evalkit.view_runs("merged", overview=False).to_json())

    def test_an_unfinished_shard_is_left_out_whole(self):
        paths = divided(3)
        facts = json.loads(Path("shards/3/run.json").read_bytes())
        Path("shards/3/run.json").write_text(json.dumps(facts | {"complete": False}), encoding="utf-8")
        merged = merge_runs(paths, out="merged", partial=True)
        assert merged.merged is not None
        assert merged.merged.missing == (3,)
        assert all(shard_number(one.article_id, 3) != 3 for one in merged.predictions)

    def test_all_that_is_there_is_no_part(self):
        paths = divided(2)
        measured("whole")
        merge_runs(paths, out="merged", partial=True)
        assert contents("merged") == contents("whole")


def test_the_first_shard_says_for_all_what_does_not_fit_the_gold():
    options = Options(scoring=Scoring(labels=("NOBODY",)), read=OPTIONS.read)
    with pytest.raises(InputError, match="NOBODY"):
        measured("shards/1", shard="1/2", options=options)
    # Each look at all of the gold costs as much as reading it.
    measured("shards/2", shard="2/2", options=options)


def test_shards_that_are_killed_and_begun_again():
    measured("whole", options=PLAIN)
    for number in (1, 2, 3):
        for k in (2, 5, 9):
            assert killed_at(k, lambda n=number: measured(f"shards/{n}", options=PLAIN, shard=(n, 3)))  # type: ignore[misc]
        measured(f"shards/{number}", options=PLAIN, shard=f"{number}/3")
    merge_runs("shards", out="merged")
    assert contents("merged") == contents("whole")


PLAIN = Options(
    scoring=Scoring(tasks=("entities",), conventions=("exact",)), intervals=Intervals(resamples=0), read=OPTIONS.read
)


@pytest.fixture
def shards_and_whole() -> tuple[list[str], dict[str, bytes]]:
    measured("whole", options=PLAIN)
    return divided(3, options=PLAIN), contents("whole")


def test_killed_at_any_change_the_same_command_finishes_it(shards_and_whole: tuple[list[str], dict[str, bytes]]):
    paths, wanted = shards_and_whole

    def merge() -> None:
        merge_runs(paths, out="merged")

    for k in moments(merge, "kill"):
        shutil.rmtree("merged", ignore_errors=True)
        assert killed_at(k, merge)
        merge()
        assert contents("merged") == wanted


def test_a_full_disk_leaves_it_whole_or_refused(shards_and_whole: tuple[list[str], dict[str, bytes]]):
    paths, wanted = shards_and_whole

    def merge() -> None:
        merge_runs(paths, out="merged")

    for k in moments(merge, "full"):
        shutil.rmtree("merged", ignore_errors=True)
        with failing(k, "full"), suppress(OutputError):
            merge()
            assert {name: own for name, own in contents("merged").items() if name != ".lock"} == wanted
        merge()
        assert contents("merged") == wanted


def test_what_is_merged_already_is_not_written_again():
    paths = divided(2)
    merge_runs(paths, out="merged")
    Path("merged/result.json").unlink()
    before = Path("merged/predictions.jsonl").stat().st_ino
    merge_runs(paths, out="merged")
    assert Path("merged/predictions.jsonl").stat().st_ino == before
    assert Path("merged/result.json").exists()
