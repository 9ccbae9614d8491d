"""Gold is loaded from every kind of source, always the same, and refused in one line when it cannot be scored."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalkit.dataset.gold import fingerprint_of
from evalkit.dataset.loading.load import load_dataset, load_splits
from evalkit.dataset.making.build import build_dataset
from evalkit.errors import EvalkitError, FormatError, InputError, LabelError, OffsetError, UnknownNameError
from evalkit.formats.native.rows import dump_line, example_to_row
from evalkit.records import Example, Scope, Span, Zone

SPLITS = {"dev": ["market-day"], "test": ["harbour-strike"]}


@pytest.fixture
def folder(tmp_path: Path, inline_files: Path) -> Path:
    build_dataset([inline_files], tmp_path / "gold", corpus=tmp_path / "corpus", splits=SPLITS)
    return tmp_path / "gold"


def write_rows(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(map(dump_line, rows)), encoding="utf-8")
    return path


def row_of(example: Example, **fields: Any) -> dict[str, Any]:
    return example_to_row(example) | fields


def test_folder_split_by_split(folder: Path) -> None:
    gold = load_dataset(folder)
    assert [example.article.id for example in gold] == ["harbour-strike"]
    assert (gold.name, gold.split, len(gold)) == ("gold", "test", 1)
    assert gold.signature == f"gold:gold@{gold.fingerprint[:7]}"
    assert [(split.split, len(split)) for split in load_splits(folder)] == [("dev", 1), ("test", 1)]
    assert len(load_dataset(folder, split="all")) == 2


@pytest.mark.parametrize("source", [None, "news-gold"])
def test_bundled_gold(source: str | None) -> None:
    gold = load_dataset(source)
    assert gold.name == "news-gold"
    assert len(gold) >= 10
    assert all(example.gold.entities is not None for example in gold)


def test_file_without_splits_is_read_whole(tmp_path: Path, good: Example) -> None:
    gold = load_dataset(write_rows(tmp_path / "mine.jsonl", row_of(good)), split="test")
    assert (gold.name, gold.split, len(gold)) == ("mine", "all", 1)
    assert gold.examples[0].gold.quotes == good.gold.quotes


def test_rows_may_name_their_split(tmp_path: Path, good: Example) -> None:
    rows = [row_of(good, id=f"a{n}", split=split) for n, split in enumerate(["train", "test", "test"])]
    path = write_rows(tmp_path / "mine.jsonl", *rows)
    assert [example.article.id for example in load_dataset(path, split="test")] == ["a1", "a2"]
    with pytest.raises(UnknownNameError, match="Known: all, test, train"):
        load_dataset(path, split="dev")


def test_inline_files_in_folders_by_split(tmp_path: Path, inline_files: Path) -> None:
    assert len(load_dataset(inline_files)) == 2
    (tmp_path / "by-split").mkdir()
    inline_files.rename(tmp_path / "by-split" / "dev")
    assert load_dataset(tmp_path / "by-split", split="dev").split == "dev"


def test_label_map_by_name_is_applied_and_counted(folder: Path) -> None:
    gold = load_dataset(folder, label_map="conll4")
    assert gold.inventory.labels_of("entities") == ("PER", "ORG", "LOC", "MISC")
    assert {entity.label for example in gold for entity in example.gold.entities or ()} == {"PER", "ORG", "LOC"}
    assert gold.map_counts is not None
    assert gold.map_counts.mapped == {("GPE", "LOC"): 2, ("ORG", "ORG"): 1, ("PER", "PER"): 1}
    assert gold.fingerprint != load_dataset(folder).fingerprint


def test_labels_that_the_map_translates_are_no_error(tmp_path: Path, good: Example) -> None:
    row = row_of(good)
    row["entities"][0]["label"] = "PERSON"
    path = write_rows(tmp_path / "mine.jsonl", row)
    assert load_dataset(path, label_map="news").examples[0].gold.entities == good.gold.entities


def test_fingerprint_ignores_order_and_ids(good: Example) -> None:
    other = replace(good, article=replace(good.article, id="other"))
    gold = good.gold
    renamed = {quote.id: f"x{quote.id}" for quote in gold.quotes or ()}
    shuffled = replace(
        good,
        gold=replace(
            gold,
            entities=tuple(replace(e, id=f"x{e.id}") for e in reversed(gold.entities or ())),
            quotes=tuple(replace(q, id=renamed[q.id]) for q in reversed(gold.quotes or ())),
            stances=tuple(replace(s, quote_id=renamed[s.quote_id or ""]) for s in gold.stances or ()),
        ),
    )
    assert fingerprint_of([good, other]) == fingerprint_of([other, shuffled])


def test_fingerprint_changes_with_what_is_said(good: Example) -> None:
    gold, article = good.gold, good.article
    first, *rest = gold.entities or ()
    changed = [
        replace(good, article=replace(article, id="b")),
        replace(good, article=replace(article, text=article.text + " ")),
        replace(good, article=replace(article, zones=(Zone("body", 0, 5),))),
        replace(good, gold=replace(gold, entities=(replace(first, label="ORG"), *rest))),
        replace(good, gold=replace(gold, entities=(replace(first, spans=(Span(0, 2),)), *rest))),
        replace(good, gold=replace(gold, entities=None)),
        replace(good, gold=replace(gold, quotes=())),
        replace(good, gold=replace(gold, quotes=None)),
        replace(good, gold=replace(gold, stances=())),
        replace(good, gold=replace(gold, scope=Scope(zones=("body",)))),
    ]
    fingerprints = {fingerprint_of([example]) for example in [good, *changed]}
    assert len(fingerprints) == len(changed) + 1


def test_order_of_lines_changes_nothing(tmp_path: Path, good: Example) -> None:
    rows = [row_of(good, id=f"a{n}") for n in range(6)]
    one = load_dataset(write_rows(tmp_path / "gold.jsonl", *rows))
    random.Random(0).shuffle(rows)
    assert load_dataset(write_rows(tmp_path / "gold.jsonl", *rows)) == one


def test_subset_is_the_first_by_id_with_its_own_fingerprint(folder: Path) -> None:
    gold = load_dataset(folder, split="all")
    assert [example.article.id for example in gold.subset(limit=1)] == ["harbour-strike"]
    assert gold.subset(limit=1).fingerprint == load_dataset(folder, split="test").fingerprint
    assert gold.subset(limit=9) == gold.subset() == gold
    with pytest.raises(EvalkitError, match="limit 0"):
        gold.subset(limit=0)


def test_tidy_frames(folder: Path) -> None:
    gold = load_dataset(folder, split="all")
    entities, quotes = gold.to_pandas("entities"), gold.to_pandas("quotes")
    assert entities["text"].tolist() == [
        *("Ida Moen", "Bergen City Council", "Bergen", "Norway"),
        *("Åse Ek", "Bergen"),
    ]
    assert quotes[["kind", "cue", "speaker", "speaker_id"]].to_numpy().tolist() == [
        ["direct", "said", "Ida Moen", "moen"],
        ["indirect", "warned", "She", "moen"],
    ]
    assert str(quotes["speaker_start"].dtype) == "Int64"
    assert gold.to_pandas("stances")["target"].tolist() == ["topic:port-plan"]
    assert gold.to_pandas("articles")["article_id"].tolist() == ["harbour-strike", "market-day"]
    with pytest.raises(UnknownNameError, match="did you mean 'quotes'"):
        gold.to_pandas("quote")


def broken(good: Example, **fields: Any) -> dict[str, Any]:
    row = row_of(good)
    row["entities"][0] |= fields
    return row


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        pytest.param({"spans": [[0, 9999]]}, OffsetError, "outside the text", id="out-of-range"),
        pytest.param({"spans": [[5, 5]]}, OffsetError, "empty", id="empty"),
        pytest.param({"text": "Somebody"}, OffsetError, "the file says 'Somebody'", id="surface"),
        pytest.param({"label": "PERS"}, LabelError, "did you mean 'PER'?", id="label"),
        pytest.param({"id": "e2"}, InputError, "has the id of", id="id-twice"),
    ],
)
def test_gold_that_cannot_be_scored_is_refused(
    tmp_path: Path, good: Example, fields: dict[str, Any], error: type[InputError], message: str
) -> None:
    path = write_rows(tmp_path / "mine.jsonl", broken(good, **fields))
    (tmp_path / "labels.toml").write_text("[entities.PER]\n[entities.GPE]\n[entities.ORG]\n")
    with pytest.raises(error) as caught:
        load_dataset(path)
    assert message in str(caught.value)
    assert f"run `evalkit dataset validate {path}` for all" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(load_dataset(path, check=False)) == 1


def test_the_first_problem_says_how_many_more(tmp_path: Path, good: Example) -> None:
    row = broken(good, spans=[[0, 9999]], label="X")
    row["entities"][1]["spans"] = [[3, 3]]
    (tmp_path / "labels.toml").write_text("[entities.PER]\n[entities.GPE]\n[entities.ORG]\n")
    # Out of range, the surface beside it, the label; empty, the surface beside it: 5 problems, 4 more.
    with pytest.raises(InputError, match=r"\(and 4 more\)"):
        load_dataset(write_rows(tmp_path / "mine.jsonl", row))


def test_changed_text_is_refused(tmp_path: Path, good: Example) -> None:
    row = row_of(good)
    row["text"] = row["text"].replace("Friday", "Monday")
    with pytest.raises(InputError, match="text-hash"):
        load_dataset(write_rows(tmp_path / "mine.jsonl", row))


def test_two_articles_with_one_id_are_refused(tmp_path: Path, good: Example) -> None:
    with pytest.raises(InputError, match="two articles have the id 'harbour-strike'"):
        load_dataset(write_rows(tmp_path / "mine.jsonl", row_of(good), row_of(good)))


def test_missing_path_names_a_near_one(folder: Path) -> None:
    with pytest.raises(InputError, match=r"did you mean '.*gold'"):
        load_dataset(folder.parent / "golt")


def test_unknown_split_lists_the_known_ones(folder: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"did you mean 'test'.*Known: all, dev, test"):
        load_dataset(folder, split="tset")


def test_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").write_text("\n")
    with pytest.raises(InputError, match="holds no article"):
        load_dataset(tmp_path / "none.jsonl")


def test_truncated_line_is_named(tmp_path: Path, good: Example) -> None:
    path = write_rows(tmp_path / "mine.jsonl", row_of(good, id="a"), row_of(good, id="b"))
    path.write_text(path.read_text(encoding="utf-8")[:-40], encoding="utf-8")
    with pytest.raises(FormatError, match=r"mine\.jsonl:2: not valid JSON"):
        load_dataset(path)


def test_loading_a_folder_imports_nothing_heavy(folder: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from evalkit.dataset.loading.load import load_dataset; load_dataset(sys.argv[1]);"
        "print(*{'datasets', 'pandas', 'numpy', 'pyarrow', 'transformers', 'rich', 'click'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_json_list_is_read_like_lines(tmp_path: Path, good: Example) -> None:
    (tmp_path / "mine.json").write_text(json.dumps([row_of(good)]), encoding="utf-8")
    assert load_dataset(tmp_path / "mine.json").examples[0].article == good.article
