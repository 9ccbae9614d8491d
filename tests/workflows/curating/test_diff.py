"""Two versions of a dataset, of whatever kind: files, folders, revisions of git, objects, two readings."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalkit import (
    EvalkitError,
    InputError,
    apply_changes,
    build_dataset,
    diff_datasets,
    load_dataset,
    render_report,
)
from evalkit.analysis.differences.change import read_changes

TEXT = "Ida Moen left Oslo. Ola Brun stayed."

Rows = list[dict[str, Any]]


def row(name: str = "a1", *entities: tuple[int, int, str], **other: Any) -> dict[str, Any]:
    items = [{"spans": [[start, end]], "label": label} for start, end, label in entities]
    return {"id": name, "text": TEXT, "entities": items, "quotes": [], **other}


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return path


OLD = (
    row("a1", (0, 8, "PER"), (14, 18, "ORG")),
    row("gone", (0, 8, "PER")),
    row("text", (0, 8, "PER")),
    row("told", split="dev", title="Told", metadata={"licence": "CC0-1.0"}),
)
NEW = (
    row("a1", (0, 8, "PER"), (14, 18, "GPE"), (20, 28, "PER")),
    row("come"),
    row("text", (0, 8, "PER")) | {"text": f"{TEXT}!"},
    row("told", split="test", title="Told again", zones=[{"kind": "body", "start": 0, "end": 5}], stances=[]),
)


def test_what_became_of_items_and_articles(tmp_path: Path) -> None:
    diff = diff_datasets(write(tmp_path / "old.jsonl", *OLD), write(tmp_path / "new.jsonl", *NEW))
    assert [(change.kind, change.old_text, change.new_text) for change in diff.changes] == [
        ("relabelled", "Oslo", "Oslo"),
        ("added", "", "Ola Brun"),
    ]
    assert {kind: ids for kind, ids in diff.articles.items() if ids} == {
        "added": ("come",),
        "removed": ("gone",),
        "other_text": ("text",),
        "other_split": ("told",),
        "other_scope": ("told",),
        "other_zones": ("told",),
        "other_metadata": ("told",),
    }
    assert (diff.compared, diff.items["entities"]) == (2, (2, 3))
    figures = diff.figures()
    assert (figures["changes"], figures["changes.added"], figures["entities.relabelled"]) == (2, 1, 1)
    assert (figures["articles.other_text"], figures["differences"]) == (1, 9)
    assert list(diff.to_pandas()["kind"]) == ["relabelled", "added"]
    assert "<table" in diff._repr_html_()


def test_a_dataset_has_no_difference_to_itself_in_another_order(tmp_path: Path) -> None:
    old, new = write(tmp_path / "old.jsonl", *OLD), write(tmp_path / "new.jsonl", *reversed(OLD))
    diff = diff_datasets(old, new)
    assert diff.figures()["differences"] == 0
    assert "no item changed" in render_report(diff, "markdown")


def test_the_json_is_a_patch(tmp_path: Path) -> None:
    write(tmp_path / "old.jsonl", OLD[0])
    write(tmp_path / "new.jsonl", NEW[0])
    diff = diff_datasets(tmp_path / "old.jsonl", tmp_path / "new.jsonl")
    (tmp_path / "patch.json").write_text(json.dumps(diff.to_json()))
    assert read_changes(tmp_path / "patch.json") == diff.changes
    old, new = load_dataset(tmp_path / "old.jsonl"), load_dataset(tmp_path / "new.jsonl")
    for changes in (diff, diff.changes, tmp_path / "patch.json"):
        assert apply_changes(old, changes).fingerprint == new.fingerprint
    with pytest.raises(InputError, match="article 'a1': entity 'e2'"):
        apply_changes(new, diff)
    assert diff_datasets(old, new).changes == diff.changes


def test_gold_that_is_not_valid_is_compared_too(tmp_path: Path) -> None:
    broken = write(tmp_path / "old.jsonl", row("a1", (0, 8, "PER"), (3, 900, "GPE")))
    assert diff_datasets(broken, write(tmp_path / "new.jsonl", row("a1", (0, 8, "PER")))).figures()["changes"] == 1


def test_two_readings_with_names_of_their_own(tmp_path: Path) -> None:
    kari = [{"spans": [[0, 8]], "label": "PER", "entity_id": "moen"}]
    ola = [
        {"spans": [[0, 8]], "label": "PER", "entity_id": "ida"},
        {"spans": [[20, 28]], "label": "PER", "entity_id": "moen"},
    ]
    readings = {"kari": {"entities": kari}, "ola": {"entities": ola}}
    path = write(tmp_path / "gold.jsonl", {"id": "a1", "text": TEXT, "readings": readings})
    (change,) = diff_datasets(path, annotator="kari", new_annotator="ola").changes
    # What ola calls ida is kari's moen; her own moen is another.
    assert (change.kind, change.new_text, change.new.entity_id) == ("added", "Ola Brun", "moen-2")
    assert "(kari)" in diff_datasets(path, annotator="kari", new_annotator="ola").old
    undecided = diff_datasets(path, path)
    assert not undecided.changes
    assert "several readings" in undecided.notes[0]
    with pytest.raises(EvalkitError, match="did you mean 'kari'"):
        diff_datasets(path, annotator="kary", new_annotator="ola")


def test_an_article_twice_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "old.jsonl", OLD[0], OLD[0])
    with pytest.raises(InputError, match="'a1' is there twice"):
        diff_datasets(path, path)


Repository = Callable[..., Path]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with two commits of a dataset, in which one is."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    folder = tmp_path / "repository"
    gold = folder / "data" / "gold"
    for number, version in enumerate((OLD[0], NEW[0])):
        write(gold / "gold.jsonl", version)
        write(gold / "labels.toml").write_text('[entities.PER]\ndefinition = "People."\n')
        (folder / ".gitattributes").write_text("*.jsonl filter=upper\n")
        if not number:
            git(folder, "init", "-q", "-b", "trunk")
            # A filter that would run a program: the files are to be read without it.
            git(folder, "config", "filter.upper.smudge", "touch ran")
        git(folder, "add", ".")
        git(folder, "commit", "-q", "-m", "gold")
    monkeypatch.chdir(folder)
    return folder


def test_articles_of_all_splits_are_in_none(tmp_path: Path) -> None:
    path = write(tmp_path / "old.jsonl", row("a1", split="dev"), row("a2", split="test"))
    assert not diff_datasets(load_dataset(path, split="all"), path).figures()["articles.other_split"]


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def test_revisions_of_git(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert diff_datasets("HEAD~1:data/gold", "HEAD:data/gold").figures()["changes"] == 2
    assert diff_datasets("HEAD~1:data/gold/gold.jsonl", Path("data/gold")).figures()["changes"] == 2
    assert diff_datasets("HEAD:data/gold", "data/gold").figures()["differences"] == 0
    diff = diff_datasets("data/gold", revision="HEAD~1")
    assert diff.figures()["changes"] == 2
    assert diff.old.startswith("HEAD~1:data/gold (")
    assert diff_datasets(repository / "data" / "gold", revision="trunk~1").figures()["changes"] == 2
    monkeypatch.chdir(repository / "data")
    assert diff_datasets("HEAD~1:./gold", "gold").figures()["changes"] == 2
    assert diff_datasets("gold", revision="HEAD~1").figures()["changes"] == 2
    assert not list(repository.rglob("ran"))


def test_a_dataset_that_is_gone(repository: Path) -> None:
    (repository / "data" / "gold" / "gold.jsonl").rename(repository / "kept.jsonl")
    (repository / "data" / "gold" / "labels.toml").unlink()
    (repository / "data" / "gold").rmdir()
    assert diff_datasets("HEAD~1:data/gold", "kept.jsonl").figures()["changes"] == 2


@pytest.mark.parametrize(
    ("old", "revision", "message"),
    [
        ("HEAD~7:data/gold", None, "'HEAD~7': is no revision of the git repository"),
        ("trunc:data/gold", None, "did you mean 'trunk'"),
        ("HEAD:data/gould", None, "has no 'data/gould'; did you mean 'data/gold'"),
        ("HEAD:gold", None, "did you mean 'data/gold'"),
        ("HEAD:../elsewhere", None, "outside the repository"),
        ("--output=x:data", None, "'--output=x': is no revision"),
        ("HEAD:data/gold", "HEAD", "names a revision itself"),
        ("news-gold", "HEAD", "is no path in a repository"),
    ],
)
def test_what_git_does_not_have(repository: Path, old: str, revision: str | None, message: str) -> None:
    with pytest.raises(InputError) as error:
        diff_datasets(old, "data/gold", revision=revision)
    assert message in str(error.value)


def test_without_git_or_a_repository(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(InputError, match="no git repository"):
        diff_datasets("HEAD:data", "data")
    monkeypatch.chdir(repository)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="git is not installed"):
        diff_datasets("HEAD:data/gold", "data/gold")


def test_files_that_are_pointers_or_links(repository: Path) -> None:
    (repository / "big.jsonl").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n")
    (repository / "link.jsonl").symlink_to(repository / "data" / "gold" / "gold.jsonl")
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "pointer")
    with pytest.raises(InputError, match="Git LFS"):
        diff_datasets("HEAD:big.jsonl", "data/gold")
    with pytest.raises(InputError, match=r"has no 'link\.jsonl'"):
        diff_datasets("HEAD:link.jsonl", "data/gold")


def test_a_shallow_clone_says_so(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(tmp_path, "clone", "-q", "--depth", "1", repository.as_uri(), str(tmp_path / "clone"))
    monkeypatch.chdir(tmp_path / "clone")
    with pytest.raises(InputError, match="unshallow"):
        diff_datasets("HEAD~1:data/gold", "data/gold")


def test_a_built_folder_is_what_it_was_built_from(tmp_path: Path) -> None:
    """A build says the usual scope and orders items; of an article without furniture that changes nothing."""
    late, early = {"start": 14, "end": 18, "label": "GPE"}, {"start": 0, "end": 8, "label": "PER"}
    said = {"entities": [late, early], "quotes": []}
    row = {"id": "a", "split": "test", "text": "Ida Moen left Oslo.", "readings": {"kari": said, "ola": said}}
    source = tmp_path / "two.jsonl"
    source.write_text(json.dumps(row) + "\n" + json.dumps(row | {"id": "b", **said}) + "\n", encoding="utf-8")
    build_dataset(source, tmp_path / "gold")
    assert diff_datasets(source, tmp_path / "gold").figures()["differences"] == 0
    row["readings"]["ola"] = said | {"entities": [early]}
    source.write_text(json.dumps(row) + "\n" + json.dumps(row | {"id": "b", **said}) + "\n", encoding="utf-8")
    assert diff_datasets(source, tmp_path / "gold").articles["other_readings"] == ("a", "b")


def test_nothing_of_a_difference_reads_like_a_verdict(tmp_path: Path) -> None:
    for name, entities in (("old", [{"start": 0, "end": 3, "label": "PER"}]), ("new", [])):
        row = {"id": "a", "text": "Ida left.", "entities": entities}
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    told = render_report(diff_datasets(tmp_path / "old.jsonl", tmp_path / "new.jsonl"), "markdown")
    assert "* **− entity removed** PER `Ida`" in told
