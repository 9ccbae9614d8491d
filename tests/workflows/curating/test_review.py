"""What a change does to gold: problems at their lines, leaks that it brought (not those from before), its items."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from evalkit.dataset.making.build import build_dataset
from evalkit.errors import EvalkitError, InputError
from evalkit.formats.native.places import place_in_files
from evalkit.workflows.curating.review import review_dataset

WORDS = " ".join(f"word{number}" for number in range(80))
OTHER = " ".join(f"other{number}" for number in range(80))


def row(name: str, text: str, split: str, label: str = "PER") -> dict[str, Any]:
    return {
        "id": name, "text": f"Ida Moen. {text}", "split": split, "metadata": {"section": "news"},
        "entities": [{"spans": [[0, 8]], "label": label}],
    }  # fmt: skip


def git(*words: str) -> None:
    names = ("-c", "user.name=ida", "-c", "user.email=ida@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *names, *words], check=True, capture_output=True)


def build(*rows: dict[str, Any]) -> None:
    Path("rows.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    build_dataset("rows.jsonl", "gold", corpus="corpus")


@pytest.fixture
def gold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose gold has two articles of one text in two splits."""
    monkeypatch.chdir(tmp_path)
    build(row("a", WORDS, "train"), row("b", WORDS, "test"), row("c", "Nothing else.", "test"))
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "gold")
    return tmp_path / "gold"


def edit(name: str, old: str, new: str) -> None:
    path = Path("gold") / name
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new), encoding="utf-8")


def test_nothing_changed_and_an_old_leak_is_no_finding(gold: Path):
    review = review_dataset("gold", revision="HEAD")
    assert (review.verdict, review.exit_code, review.findings) == ("pass", 0, ())
    assert review.pairs == 1
    assert review.diff is not None
    assert review.diff.changes == ()


def test_a_problem_stands_at_its_line(gold: Path):
    edit("test/c.json", "[[0, 8]]", "[[0, 8000]]")
    found, *_ = review_dataset("gold", revision="HEAD").findings
    lines = (gold / "test" / "c.json").read_text(encoding="utf-8").splitlines()
    assert (found.check, found.code, found.file) == ("invalid", "offset-out-of-range", "gold/test/c.json")
    assert "8000" in lines[found.line - 1]


def test_what_is_no_json_any_more_stands_in_its_file(gold: Path):
    edit("test/c.json", '"entities": [', '"entities": [,')
    review = review_dataset("gold", revision="HEAD")
    assert [(one.code, one.file) for one in review.findings] == [("format", "gold/test/c.json")]
    assert "cannot be told" in " ".join(review.notes)


def test_a_correction_is_shown_and_passes(gold: Path):
    edit("test/c.json", '"label": "PER"', '"label": "ORG"')
    review = review_dataset("gold", revision="HEAD")
    assert review.exit_code == 0
    assert review.diff is not None
    assert [change.kind for change in review.diff.changes] == ["relabelled"]


def test_a_leak_that_the_change_brings_is_a_finding_at_the_new_article(gold: Path):
    build(
        row("a", WORDS, "train"), row("b", WORDS, "test"), row("c", "Nothing else.", "test"), row("d", OTHER, "train"),
        row("e", OTHER, "test"),
    )  # fmt: skip
    review = review_dataset("gold", revision="HEAD")
    found = [(one.check, one.article_id, one.file) for one in review.findings]
    assert found == [("leaked", "e", "gold/test/e.json")]
    assert "stands in train/d" in review.findings[0].message
    line = (gold / "test" / "e.json").read_text(encoding="utf-8").splitlines()[review.findings[0].line - 1]
    assert line.startswith('"text"')
    assert review.pairs == 1


def test_a_training_corpus_in_which_a_new_article_stands(gold: Path):
    Path("training.txt").write_text(f"{WORDS}\n\n{OTHER}\n", encoding="utf-8")
    assert review_dataset("gold", revision="HEAD", against=["training.txt"]).exit_code == 0
    build(
        row("a", WORDS, "train"), row("b", WORDS, "test"), row("c", "Nothing else.", "test"), row("e", OTHER, "test")
    )  # fmt: skip
    review = review_dataset("gold", revision="HEAD", against=["training.txt"])
    assert [(one.check, one.article_id) for one in review.findings] == [("leaked", "e")]


def test_gold_that_was_not_there_before_is_all_new(gold: Path):
    git("rm", "-rq", "--cached", "gold")
    git("commit", "-qm", "no gold")
    review = review_dataset("gold", revision="HEAD")
    assert [one.check for one in review.findings] == ["leaked"]
    assert review.diff is None
    assert "HEAD has no gold: all of it is new" in review.notes


@pytest.mark.parametrize("revision", ["nosuch", "", "--help"])
def test_a_revision_that_there_is_not_is_no_pass(gold: Path, revision: str):
    with pytest.raises(InputError, match="is no revision of the git repository here"):
        review_dataset("gold", revision=revision)


def test_a_corpus_that_there_is_not_is_no_pass(gold: Path):
    with pytest.raises(EvalkitError, match="nosuchcorpus"):
        review_dataset("gold", revision="HEAD", against=["nosuchcorpus"])


def test_a_damaged_old_version_is_named_as_git_names_it(gold: Path):
    before = Path("gold/test/c.json").read_bytes()
    edit("test/c.json", '"entities": [', '"entities": [,')
    git("commit", "-qam", "damaged")
    Path("gold/test/c.json").write_bytes(before)
    with pytest.raises(InputError, match=r"^HEAD:gold/test/c\.json") as error:
        review_dataset("gold", revision="HEAD")
    assert "evalkit-git" not in str(error.value)


@pytest.mark.parametrize(
    ("where", "place", "line"),
    [
        pytest.param("x.json[1]", "entities[1] (e2)", 9, id="an item"),
        pytest.param("x.json[1]", "text", 5, id="a member"),
        pytest.param("x.json[1]", "readings.ida.quotes[0] (q1)", 12, id="deep inside"),
        pytest.param("x.json[1]", "entities[7] (e8)", 7, id="an item that is not there"),
        pytest.param("x.json[1]", "nothing", 4, id="a member that is not there"),
        pytest.param("x.json[5]", "text", 1, id="an article that is not there"),
        pytest.param("x.json:3", "text", 3, id="a line"),
        pytest.param("x.json", "text", 0, id="a file"),
        pytest.param("nowhere.json[1]", "text", 0, id="no file"),
    ],
)
def test_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, place: str, line: int):
    monkeypatch.chdir(tmp_path)
    content = """[
{"id": "a", "text": "x [ { \\" ] }"}
,
{"id": "b",
"text": "two",
"metadata": {"entities": [1]},
"entities": [
  {"id": "e1"},
  {"id": "e2"}
],
"readings": {"jan": {}, "ida": {"quotes": [
  {"id": "q1"}]}}
}
]
"""
    Path("x.json").write_text(content, encoding="utf-8")
    assert place_in_files(where, place) == ("" if "nowhere" in where else "x.json", line)


@pytest.mark.parametrize("content", ["", "[", '[{"a"', "[[[[", '["x", {"entities": [', "nonsense"])
def test_a_damaged_file_has_a_line_too(tmp_path: Path, content: str):
    path = tmp_path / "x.json"
    path.write_text(content, encoding="utf-8")
    assert place_in_files(f"{path}[1]", "entities[0] (e1)") == (str(path), 1)
