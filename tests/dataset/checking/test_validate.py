"""Validation reports everything: articles, files, and the corpus beside them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalkit.dataset.checking.validate import validate_dataset
from evalkit.dataset.making.build import build_dataset
from evalkit.errors import InputError
from evalkit.formats.native.rows import dump_line, example_to_row
from evalkit.records import Example


@pytest.fixture
def folder(tmp_path: Path, inline_files: Path) -> Path:
    splits = {"dev": ["market-day"], "test": ["harbour-strike"]}
    build_dataset([inline_files], tmp_path / "gold", corpus=tmp_path / "corpus", splits=splits)
    return tmp_path / "gold"


def found(source: Path) -> list[tuple[str, str, str]]:
    return [(problem.article_id, problem.place, problem.code) for problem in validate_dataset(source).problems]


def test_good_folder_counts_what_was_checked(folder: Path) -> None:
    result = validate_dataset(folder)
    assert result.problems == ()
    assert result.counts == {"articles": 2, "entities": 6, "quotes": 2, "stances": 1}
    assert result.checks == ("corpus",)


def test_corpus_and_annotations_cannot_drift_apart(folder: Path) -> None:
    corpus = folder.parent / "corpus"
    text = corpus / "harbour-strike.txt"
    text.write_text(text.read_text(encoding="utf-8").replace("Friday", "Monday"), encoding="utf-8")
    (corpus / "market-day.txt").unlink()
    assert found(folder) == [
        ("harbour-strike", "text", "corpus-differs"),
        ("market-day", "text", "corpus-missing"),
    ]


def test_metadata_in_the_corpus_is_compared(folder: Path) -> None:
    entries = folder.parent / "corpus" / "articles.jsonl"
    first, _ = entries.read_text(encoding="utf-8").splitlines()
    entries.write_text(first.replace("2025-03-14", "2025-03-13") + "\n", encoding="utf-8")
    assert found(folder) == [
        ("harbour-strike", "published", "corpus-differs"),
        ("market-day", "metadata", "corpus-missing"),
    ]


def test_text_changed_in_the_annotation_file_is_found_three_times(folder: Path) -> None:
    path = folder / "test" / "harbour-strike.json"
    path.write_text(path.read_text(encoding="utf-8").replace("on Friday", "on Sunday"), encoding="utf-8")
    # The hash beside the text, the text in the corpus, and the hash in articles.jsonl.
    assert found(folder) == [
        ("harbour-strike", "sha256", "corpus-differs"),
        ("harbour-strike", "text", "corpus-differs"),
        ("harbour-strike", "text_sha256", "text-hash"),
    ]


def test_article_in_two_splits_and_file_of_another_name(folder: Path) -> None:
    content = (folder / "test" / "harbour-strike.json").read_bytes()
    (folder / "dev" / "copy.json").write_bytes(content)
    assert found(folder) == [
        ("harbour-strike", "id", "article-duplicate"),
        ("harbour-strike", "id", "file-name"),
    ]


def test_every_line_is_read_even_after_a_broken_one(tmp_path: Path, good: Example) -> None:
    row = example_to_row(good)
    wrong = json.loads(json.dumps(row)) | {"id": "second", "lang": "English"}
    path = tmp_path / "mine.jsonl"
    path.write_text(dump_line(row) + '{"id": "cut\n' + '{"id": 5.5}\n' + dump_line(wrong) + dump_line(row))
    assert found(path) == [
        (f"{path}:2", "line", "format"),
        (f"{path}:3", "line", "format"),
        ("harbour-strike", "id", "id-duplicate"),
        ("second", "lang", "lang-invalid"),
    ]


def test_broken_inline_file_is_named_with_its_line(inline_files: Path) -> None:
    path = inline_files / "market-day.txt"
    path.write_text(path.read_text(encoding="utf-8").replace("%% body", "%% sidebar"), encoding="utf-8")
    (problem,) = validate_dataset(inline_files).problems
    assert problem.article_id == f"{path}:11"
    assert problem.message.startswith("zone 'sidebar' is unknown")


def test_nothing_to_validate_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").write_text("")
    with pytest.raises(InputError, match="holds no article"):
        validate_dataset(tmp_path / "none.jsonl")


def test_bundled_gold_has_no_problem() -> None:
    result = validate_dataset()
    assert [str(problem) for problem in result.problems] == []
    assert result.counts["articles"] >= 40
