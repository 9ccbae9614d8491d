"""A licence of an article that is missing, unknown, or asks for more than the dataset's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalkit.dataset.checking.validate import validate_dataset
from evalkit.dataset.making.build import build_dataset
from evalkit.dataset.publishing.licences import licence_notes, licence_problems, states_licences
from evalkit.records import Article


def article(licence: str = "cc-by-4.0", origin: str = "written for this test") -> Article:
    return Article(id="a", text="Rain.", metadata={"licence": licence, "origin": origin})


@pytest.mark.parametrize(
    ("own", "declared", "said"),
    [
        ("cc-by-4.0", "cc-by-4.0", ""),
        ("CC-BY-4.0", "cc-by-4.0", ""),
        ("cc0-1.0", "cc-by-4.0", ""),
        ("cc-by-3.0", "cc-by-sa-4.0", ""),
        ("cc-by-sa-3.0", "cc-by-sa-4.0", ""),
        ("mit", "cc-by-nc-nd-4.0", ""),
        ("archive terms", "archive terms", ""),
        ("cc-by-4.0", "cc0-1.0", "which asks for attribution"),
        ("cc-by-sa-4.0", "cc-by-4.0", "which asks for share-alike"),
        ("cc-by-sa-4.0", "cc-by-sa-3.0", "under that licence only"),
        ("cc-by-sa-1.0", "cc-by-sa-4.0", "under that licence only"),
        ("cc-by-sa-4.0", "cc-by-nc-sa-4.0", "under that licence only"),
        ("cc-by-sa-4.0", "odbl", "under that licence only"),
        ("cc-by-nc-sa-4.0", "cc-by-sa-4.0", "which asks for non-commercial"),
        ("cc-by-nc-nd-4.0", "cc-by-4.0", "which asks for no derivatives and non-commercial"),
        ("cc-by-4", "cc-by-sa-4.0", "did you mean 'cc-by-4.0'"),
        ("archive terms", "cc-by-4.0", "the very same licence"),
        ("cc-by-4.0", "house rules", "what 'house rules' allows is not known"),
        ("CC BY 4.0", "cc-by-4.0", "did you mean 'cc-by-4.0'"),
        ("gpl-3.0", "mit", "the very same licence"),
        ("public domain", "mit", "the very same licence"),
    ],
)
def test_what_a_licence_allows(own: str, declared: str, said: str) -> None:
    problems = list(licence_problems([article(own)], declared))
    assert [problem.code for problem in problems] == (["licence-refused"] if said else [])
    assert all(said in problem.message for problem in problems)


def test_a_dataset_without_a_licence_is_one_problem_and_one_note() -> None:
    articles = [article("cc-by-4.0"), article("cc-by-4.0"), article("mit")]
    (problem,) = licence_problems(articles, "")
    assert (problem.article_id, problem.code) == ("dataset.toml", "licence-undeclared")
    assert problem.message.startswith("3 articles are under 'cc-by-4.0' and 1 other licence, but the dataset declares")
    assert list(licence_notes(articles, "")) == [f"dataset.toml: {problem.message}"]


@pytest.mark.parametrize("key", ["license", "License", "LICENCE", " licence"])
def test_a_misspelled_key_is_named(key: str) -> None:
    own = Article(id="a", text="Rain.", metadata={key: "cc-by-nd-4.0", "origin": "a test"})
    assert states_licences([own])
    (problem,) = licence_problems([own], "cc-by-4.0")
    assert problem.code == "licence-missing"
    assert f"under {key!r}, which nothing reads; call it 'licence'" in problem.message


def test_a_build_notes_what_validate_lists(tmp_path: Path) -> None:
    told = {"licence": "cc-by-nd-4.0", "origin": "a test"}
    rows = [{"id": name, "split": "test", "text": f"Rain in {name}.", "metadata": told} for name in ("Bergen", "Oslo")]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, [*rows, {**rows[0], "id": "c", "metadata": {}}])))
    (tmp_path / "gold").mkdir()
    (tmp_path / "gold" / "dataset.toml").write_text('licence = "cc-by-4.0"\n')
    refused, licence, origin = build_dataset(tmp_path / "rows.jsonl", tmp_path / "gold").notes
    assert refused.startswith("Bergen: the text is under 'cc-by-nd-4.0', which asks for no derivatives")
    assert refused.endswith("(and 1 more; evalkit dataset validate lists them)")
    assert licence.startswith("c: the article does not say its licence")
    assert origin.startswith("c: the article does not say its origin")


def test_what_is_missing_is_named() -> None:
    assert [one.code for one in licence_problems([article("", " ")], "mit")] == ["licence-missing", "origin-missing"]


@pytest.mark.parametrize(("asked", "stated", "codes"), [(False, False, []), (True, False, 4), (False, True, 2)])
def test_validate_looks_where_somebody_says_or_asks(asked: bool, stated: bool, codes: int, tmp_path: Path) -> None:
    rows = [{"id": name, "text": f"Rain in {name}.", "entities": []} for name in ("Bergen", "Oslo")]
    (tmp_path / "dataset.toml").write_text('licence = "cc-by-4.0"\n')
    if stated:
        rows[0]["metadata"] = {"licence": "cc0-1.0", "origin": "the city"}
    for row in rows:
        (tmp_path / "test").mkdir(exist_ok=True)
        (tmp_path / "test" / f"{row['id']}.json").write_text(json.dumps([row]))
    found = validate_dataset(tmp_path, licences=asked)
    assert len(found.problems) == (codes or 0), found.problems
    assert ("licences" in found.checks) == (asked or stated)
    silent = "no article says its licence or origin; dataset.toml declares 'cc-by-4.0' of the dataset"
    assert (silent in found.notes) == (not asked and not stated)
