"""A patch made in a dataset folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evalkit import FormatError, InputError, build_dataset, diff_datasets, load_dataset, patch_dataset, validate_dataset
from evalkit.cli.main import main

TEXT = "Ida Moen left Oslo."
MOEN, OSLO = {"spans": [[0, 8]], "label": "PER"}, {"spans": [[14, 18]], "label": "ORG"}


def row(name: str, split: str, *entities: dict[str, Any]) -> dict[str, Any]:
    readings = {"kari": {"entities": list(entities)}}
    text = f"{TEXT} Article {name} is about that."
    return {"id": name, "split": split, "text": text, "entities": list(entities), "readings": readings}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dataset folder of two splits."""
    monkeypatch.chdir(tmp_path)
    rows = [row("a", "train", MOEN, OSLO), row("b", "test", MOEN, OSLO)]
    Path("gold.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    build_dataset("gold.jsonl", Path("gold"))
    return Path("gold")


def patch(*changes: dict[str, Any]) -> Path:
    path = Path("patch.json")
    path.write_text(json.dumps({"format": "evalkit.diff", "version": 1, "changes": list(changes)}))
    return path


def change(article_id: str, label: str = "ORG", new: str = "GPE") -> dict[str, Any]:
    old = OSLO | {"id": "e2", "text": "Oslo", "label": label}
    return {
        "article_id": article_id,
        "layer": "entities",
        "kind": "relabelled",
        "old": old,
        "new": old | {"label": new},
    }


def contents(folder: Path) -> dict[str, bytes]:
    return {path.as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_changes_are_made_in_every_split_and_nothing_else(folder: Path) -> None:
    before, readings = contents(folder), load_dataset(folder, split="test").examples[0].readings
    done = patch_dataset(folder, patch(change("a"), change("b")))
    assert done.figures()["entities.relabelled"] == done.figures()["differences"] == 2
    test = load_dataset(folder, split="test").examples[0]
    assert [entity.label for entity in test.gold.entities or ()] == ["PER", "GPE"]
    assert test.readings == readings
    assert not validate_dataset(folder).problems
    changed = {name for name, content in contents(folder).items() if before.get(name) != content}
    assert {"gold/train/a.json", "gold/test/b.json", "gold/README.md"} <= changed


def test_the_way_there_and_back_gives_the_same_bytes(folder: Path) -> None:
    before = contents(folder)
    there = patch_dataset(folder, patch(change("b")))
    patch_dataset(folder, patch(change("b", "GPE", "ORG")))
    assert contents(folder) == before
    patch_dataset(folder, there)
    assert diff_datasets("gold.jsonl", folder).figures()["changes"] == 1


def test_a_dry_run_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(folder)
    assert main(["dataset", "patch", str(folder), str(patch(change("b"))), "--dry-run"]) == 0
    assert "'Oslo'" in capsys.readouterr().out
    assert contents(folder) == before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([change("a"), change("b", "LOC")], "is not in the gold as the change says it was"),
        ([change("a"), change("c")], "about article 'c', which the gold does not have"),
    ],
    ids=["another item", "another article"],
)
def test_all_or_nothing(folder: Path, changes: list[dict[str, Any]], message: str) -> None:
    before = contents(folder)
    with pytest.raises(InputError, match=message):
        patch_dataset(folder, patch(*changes))
    assert contents(folder) == before


def test_a_label_that_is_not_listed_is_refused(folder: Path) -> None:
    (folder / "labels.toml").write_text("[entities.PER]\n[entities.ORG]\n")
    before = contents(folder)
    with pytest.raises(InputError, match=r"not valid: .*GPE"):
        patch_dataset(folder, patch(change("a")))
    assert contents(folder) == before


def test_what_is_no_folder_or_no_patch(folder: Path) -> None:
    with pytest.raises(InputError, match="is no dataset folder"):
        patch_dataset("gold.jsonl", patch())
    with pytest.raises(InputError, match="is no dataset folder"):
        patch_dataset("elsewhere", patch())
    Path("patch.json").write_text("[]")
    with pytest.raises(FormatError):
        patch_dataset(folder, "patch.json")


def added(name: str, layer: str, **item: Any) -> dict[str, Any]:
    return {"article_id": name, "layer": layer, "kind": "added", "old": None, "new": {"id": "n1", **item}}


def test_gold_that_would_not_be_valid_is_refused(folder: Path) -> None:
    before, twice = contents(folder), added("a", "entities", spans=[[9, 13]], label="PER")
    with pytest.raises(InputError, match=r"not valid: a: .*item-duplicate: .*mend them"):
        patch_dataset(folder, patch(twice, twice))
    with pytest.raises(InputError, match=r"not valid: a: .*span-whitespace"):
        patch_dataset(folder, patch(added("a", "entities", spans=[[8, 13]], label="PER")))
    assert contents(folder) == before


def test_a_layer_that_is_not_annotated_stays_so_unless_the_patch_says_otherwise(folder: Path) -> None:
    before = contents(folder)
    quote = added("a", "quotes", content=[[0, 8]], kind="direct")
    with pytest.raises(InputError, match=r'quotes are not annotated there, .*"annotated": \{"a": \["quotes"\]\}'):
        patch_dataset(folder, patch(quote))
    assert contents(folder) == before
    said = patch(quote)
    said.write_text(json.dumps(json.loads(said.read_text()) | {"annotated": {"a": ["quotes", "stances"]}}))
    done = patch_dataset(folder, said)
    assert done.annotated == {"a": ("quotes", "stances")}
    gold = load_dataset(folder, split="train").examples[0].gold
    assert (len(gold.quotes), gold.stances) == (1, ())
    said.write_text(json.dumps({"changes": [], "annotated": {"a": ["quotas"]}}))
    with pytest.raises(FormatError, match="quotas"):
        patch_dataset(folder, said)


def test_another_file_is_no_patch(folder: Path) -> None:
    path = patch()
    path.write_text(json.dumps({"format": "evalkit.adjudication", "version": 1, "changes": []}))
    with pytest.raises(FormatError, match=r"is 'evalkit.adjudication', and a patch is 'evalkit.diff'"):
        patch_dataset(folder, path)
