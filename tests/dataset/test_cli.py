"""`evalkit dataset` from a terminal: what is printed, and the exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from evalkit.cli.dataset.group import dataset_group


def run(*arguments: object, **environment: str) -> Result:
    return CliRunner().invoke(dataset_group, [str(argument) for argument in arguments], env=environment)


@pytest.fixture
def folder(tmp_path: Path, inline_files: Path) -> Path:
    splits = tmp_path / "splits.json"
    splits.write_text(json.dumps({"dev": ["market-day"], "test": ["harbour-strike"]}))
    places = ["--out", tmp_path / "gold", "--corpus", tmp_path / "corpus", "--splits", splits]
    done = run("build", inline_files, *places)
    assert done.exit_code == 0, done.output
    assert "1 article, gold:gold@" in done.stdout
    return tmp_path / "gold"


def test_validate_says_what_it_looked_at(folder: Path) -> None:
    done = run("validate", folder)
    assert done.exit_code == 0
    assert done.stdout == ("ok: 2 articles, 6 entities, 2 quotes, 1 stance; texts and metadata agree with the corpus\n")


def test_validate_counts_labels_that_nobody_has_listed(tmp_path: Path) -> None:
    """A label that was misspelt by hand is no problem where no labels.toml says so, but it shows."""
    entities = [
        {"id": f"e{number}", "spans": [[number, number + 1]], "label": label}
        for number, label in enumerate(["GPE", "GPE", "GEP"])
    ]
    file = tmp_path / "gold.jsonl"
    file.write_text(json.dumps({"id": "a", "text": "Oslo", "entities": entities, "split": "dev"}))
    done = run("validate", file)
    assert done.stdout == "ok: 1 article, 3 entities (GEP 1, GPE 2), 0 quotes, 0 stances\n"


def test_a_first_build_says_where_splits_come_from(tmp_path: Path) -> None:
    file = tmp_path / "gold.jsonl"
    file.write_text(json.dumps({"id": "a", "text": "Oslo", "entities": []}))
    done = run("build", file, "--out", tmp_path / "gold", "--corpus", tmp_path / "corpus")
    assert done.exit_code == 2
    assert 'name its split in a file (--splits FILE), or in a field "split" of its row' in done.output
    assert 'a field "split" of its row' in run("build", "--help").output


def test_validate_prints_every_problem_on_its_own_line(folder: Path) -> None:
    path = folder / "test" / "harbour-strike.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"label": "ORG"', '"label": "ORK"').replace("topic:port-plan", "topic:"), "utf-8")
    done = run("validate", folder)
    assert done.exit_code == 1
    first, second = done.stdout.splitlines()
    assert first.startswith("harbour-strike: entities[1] (e2): label-unknown: label 'ORK'")
    assert second.startswith("harbour-strike: stances[0] (s1): topic-form:")
    edited = "test/harbour-strike.json was edited since the last build; evalkit dataset build --out"
    assert done.stderr == f"{edited} {folder} makes the card anew\n2 problems in 1 article or file\n"


def test_build_prints_every_problem_and_exits_with_2(folder: Path, inline_files: Path, tmp_path: Path) -> None:
    (inline_files / "market-day.txt").unlink()
    done = run("build", inline_files, "--out", folder, "--corpus", tmp_path / "corpus")
    assert done.exit_code == 2
    assert "market-day: id: article-lost:" in done.stdout


@pytest.mark.parametrize("columns", ["60", "200"])
def test_describe_fits_the_terminal(folder: Path, columns: str) -> None:
    done = run("describe", folder, COLUMNS=columns)
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= int(columns)
    assert ["GPE", "1", "2", "3"] in [line.split() for line in lines]


def test_describe_as_json_is_nothing_but_json(folder: Path) -> None:
    done = run("describe", folder, "--split", "test", "--json")
    assert json.loads(done.stdout)["splits"]["test"]["size"]["articles"] == 1


def test_convert(folder: Path, tmp_path: Path) -> None:
    done = run("convert", folder, tmp_path / "gold.jsonl", "--to", "native")
    assert done.exit_code == 0
    assert [json.loads(line)["split"] for line in (tmp_path / "gold.jsonl").read_text().splitlines()] == ["dev", "test"]


@pytest.mark.parametrize("content", ["[]", '{"test": "a"}', '{"test": [[1]]}', "{"])
def test_wrong_splits_file_is_refused(tmp_path: Path, inline_files: Path, content: str) -> None:
    path = tmp_path / "splits.json"
    path.write_text(content)
    done = run("build", inline_files, "--out", tmp_path / "gold", "--corpus", tmp_path / "c", "--splits", path)
    assert type(done.exception).__name__ == "FormatError"
    assert str(path) in str(done.exception)
    assert not (tmp_path / "gold").exists()


def test_what_was_mended_is_said_beside_the_result(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text("# document_id = a\nIda\tI-PER\nleft\tO\nOslo\tB-GPE\n")
    for words in (
        ("validate",),
        ("describe", "--json"),
        ("convert", tmp_path / "a.jsonl", "--to", "native"),
        ("build", "--out", tmp_path / "g", "--corpus", tmp_path / "c", "--splits", tmp_path / "splits.json"),
    ):
        (tmp_path / "splits.json").write_text('{"test": ["a"]}')
        done = run(words[0], path, *words[1:])
        assert done.exit_code == 0, done.output
        assert "1 gold: entity that begins with I- or E-" in done.stderr.splitlines()
        assert "begin with" not in done.stdout
