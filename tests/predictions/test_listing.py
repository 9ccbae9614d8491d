"""Finding runs under a folder, whatever state they are in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalkit.dataset.gold import GoldDataset
from evalkit.errors import InputError
from evalkit.predictions.listing import ListedRun, found_runs
from evalkit.records import Annotations, Article, Entity, Example, Span
from evalkit.workflows.inputs import gold_from
from evalkit.workflows.running.run import run_extractor
from evalkit.workflows.scoring.score import score_predictions

TEXTS = {"a": "Ida Moen left.", "b": "Åse Ek met Ida Moen."}


@pytest.fixture(scope="module")
def gold() -> GoldDataset:
    person = Entity(id="e1", spans=(Span(0, 6),), label="PER")
    examples = [
        Example(article=Article(id=name, text=text), gold=Annotations(entities=(person,)))
        for name, text in TEXTS.items()
    ]
    from evalkit.options import ReadOptions

    return gold_from(examples, ReadOptions())


def first_six(article: Article) -> list[tuple[int, int, str]]:
    """Finds something in all but one article."""
    if article.id == "b":
        raise ValueError("no idea")
    return [(0, 6, "PER")]


@pytest.fixture
def run_folder(gold: GoldDataset, tmp_path: Path) -> Path:
    """A run of two articles, one of which failed."""
    run_extractor(first_six, gold, out=tmp_path / "runs" / "deep" / "one", cache=False)
    return tmp_path / "runs" / "deep" / "one"


def only(folder: Path) -> ListedRun | str:
    [(_, run)] = found_runs(folder)
    return run


def listed(folder: Path) -> ListedRun:
    run = only(folder)
    assert isinstance(run, ListedRun), run
    return run


def test_a_run_that_was_not_scored(run_folder: Path):
    run = listed(run_folder.parents[1])
    assert (run.state, run.kept, run.articles, run.failed) == ("unscored", 2, 2, 1)
    assert (run.extractor, run.split) == ("first_six", "all")
    # It was made in Python, so no command line is recorded.
    assert run.command.startswith("run_extractor(…, out='")


def test_a_scored_run(run_folder: Path, gold: GoldDataset):
    from evalkit.predictions.run import Run

    run = Run.load(run_folder)
    from dataclasses import replace

    replace(run, result=score_predictions(gold, run, resamples=0)).save(run_folder)
    scored = listed(run_folder)
    assert (scored.state, scored.failed) == ("scored", 1)
    assert scored.result is not None
    assert scored.command == f"evalkit report {run_folder}"


def test_a_run_that_was_killed_in_the_middle_of_a_line(run_folder: Path):
    facts = json.loads((run_folder / "run.json").read_text())
    (run_folder / "run.json").write_text(json.dumps(facts | {"complete": False, "command": "evalkit run --model x"}))
    content = (run_folder / "predictions.jsonl").read_bytes()
    (run_folder / "predictions.jsonl").write_bytes(content[: content.index(b"\n") + 20])
    run = listed(run_folder)
    assert (run.state, run.kept, run.articles) == ("unfinished", 1, 2)
    assert run.command == f"evalkit run --model x --out {run_folder}"


def test_a_run_that_did_not_begin(run_folder: Path):
    facts = json.loads((run_folder / "run.json").read_text())
    (run_folder / "run.json").write_text(json.dumps(facts | {"complete": False}))
    (run_folder / "predictions.jsonl").unlink()
    run = listed(run_folder)
    assert (run.state, run.kept) == ("unfinished", 0)


def test_changed_predictions(run_folder: Path):
    content = (run_folder / "predictions.jsonl").read_bytes()
    (run_folder / "predictions.jsonl").write_bytes(content.replace(b"PER", b"ORG"))
    assert listed(run_folder).state == "changed"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        pytest.param("run.json", '{"format', "not valid JSON", id="cut off"),
        pytest.param("run.json", '{"a": 1}', "not an evalkit run", id="of somebody else, beside predictions"),
        pytest.param("run.json", '{"format": "evalkit.run", "articles": "many"}', "expected a whole number", id="odd"),
        pytest.param("result.json", "{", "not valid JSON", id="damaged result"),
        pytest.param("predictions.jsonl", None, "predictions.jsonl: is missing", id="no predictions"),
    ],
)
def test_a_broken_run_is_named_and_hides_no_other(run_folder: Path, name: str, content: str | None, reason: str):
    run_extractor_again = run_folder.parent / "two"
    run_extractor_again.mkdir()
    for file in ("run.json", "predictions.jsonl"):
        (run_extractor_again / file).write_bytes((run_folder / file).read_bytes())
    if content is None:
        (run_folder / name).unlink()
    else:
        (run_folder / name).write_text(content)
    (first, broken), (second, whole) = found_runs(run_folder.parents[1])
    assert (Path(first).name, Path(second).name) == ("one", "two")
    assert isinstance(broken, str)
    assert reason in broken
    assert isinstance(whole, ListedRun)


def test_what_is_no_run(tmp_path: Path):
    for name, content in (("run.json", "[1]"), ("result.json", '{"format": "other"}')):
        (tmp_path / name.partition(".")[0]).mkdir()
        (tmp_path / name.partition(".")[0] / name).write_text(content)
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "run.json").write_text("{")
    assert list(found_runs(tmp_path)) == []


def test_links_are_not_followed(run_folder: Path, tmp_path: Path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "link").symlink_to(run_folder.parents[1], target_is_directory=True)
    assert list(found_runs(tmp_path / "elsewhere")) == []
    (tmp_path / "elsewhere" / "run.json").symlink_to(run_folder / "run.json")
    assert "link" in str(only(tmp_path / "elsewhere"))


def test_a_link_to_a_run_is_named(run_folder: Path, tmp_path: Path):
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "a").symlink_to(run_folder, target_is_directory=True)
    assert "linked/a: is a link, which is not followed" in str(only(tmp_path / "linked"))


def test_a_run_of_a_later_version_cannot_be_read(run_folder: Path):
    facts = json.loads((run_folder / "run.json").read_text())
    (run_folder / "run.json").write_text(json.dumps(facts | {"version": 99}))
    assert "run version 99, this evalkit reads 1" in str(only(run_folder))


def test_no_folder(tmp_path: Path):
    with pytest.raises(InputError, match="is no folder"):
        list(found_runs(tmp_path / "none"))
