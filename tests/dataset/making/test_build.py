"""A build writes everything or nothing, and the same input gives the same bytes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import cast

import pytest

from evalkit.dataset.checking.validate import validate_dataset
from evalkit.dataset.loading.load import load_dataset
from evalkit.dataset.making.build import BuildResult, DatasetProblemsError, build_dataset
from evalkit.errors import InputError, OutputError

SPLITS = {"dev": ["market-day"], "test": ["harbour-strike"]}


def build(inline_files: Path, tmp_path: Path, **options: object) -> BuildResult:
    settings: dict[str, object] = {"splits": SPLITS} | options
    return build_dataset([inline_files], tmp_path / "gold", corpus=tmp_path / "corpus", **settings)  # type: ignore[arg-type]


def content_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def codes(error: pytest.ExceptionInfo[DatasetProblemsError]) -> set[tuple[str, str]]:
    return {(problem.article_id, problem.code) for problem in error.value.problems}


def test_build_writes_splits_card_labels_and_corpus(inline_files: Path, tmp_path: Path) -> None:
    result = build(inline_files, tmp_path)
    assert sorted(content_of(tmp_path / "gold")) == [
        ".evalkit-manifest.json",
        "README.md",
        "croissant.json",
        "dev/market-day.json",
        "labels.toml",
        "test/harbour-strike.json",
    ]
    assert sorted(content_of(tmp_path / "corpus")) == ["articles.jsonl", "harbour-strike.txt", "market-day.txt"]
    assert result.new_texts == ("harbour-strike", "market-day")
    assert validate_dataset(tmp_path / "gold").problems == ()
    entries = [json.loads(line) for line in (tmp_path / "corpus" / "articles.jsonl").read_text().splitlines()]
    assert [(entry["id"], entry["metadata"]) for entry in entries] == [
        ("harbour-strike", {"country": "Norway", "section": "economy"}),
        ("market-day", {"country": "Norway", "section": "local"}),
    ]


def test_scope_is_everything_but_boilerplate(inline_files: Path, tmp_path: Path) -> None:
    build(inline_files, tmp_path)
    scope = load_dataset(tmp_path / "gold").examples[0].gold.scope
    assert scope.zones == ("body", "byline", "caption", "headline", "lead")
    assert (scope.layers, scope.labels) == (None, None)


def test_building_twice_gives_the_same_bytes(inline_files: Path, tmp_path: Path) -> None:
    build(inline_files, tmp_path)
    first = content_of(tmp_path)
    assert build(inline_files, tmp_path).new_texts == ()
    assert content_of(tmp_path) == first
    # From what it wrote itself, too.
    build_dataset([tmp_path / "gold"], tmp_path / "gold", corpus=tmp_path / "corpus")
    assert content_of(tmp_path) == first


def test_order_of_sources_changes_nothing(inline_files: Path, tmp_path: Path) -> None:
    files = sorted(inline_files.glob("*.txt"))
    for name, sources in {"one": files, "two": files[::-1]}.items():
        build_dataset(sources, tmp_path / name / "gold", corpus=tmp_path / name / "corpus", splits=SPLITS)
    assert content_of(tmp_path / "one") == content_of(tmp_path / "two")


def test_one_annotation_is_one_line(inline_files: Path, tmp_path: Path) -> None:
    build(inline_files, tmp_path)
    path = tmp_path / "gold" / "test" / "harbour-strike.json"
    before = path.read_text(encoding="utf-8").splitlines()
    assert sum(line.startswith('{"id": "e') for line in before) == 4
    inline = inline_files / "harbour-strike.txt"
    inline.write_text(inline.read_text(encoding="utf-8").replace("[[ORG:council|", "[[FAC:council|"), encoding="utf-8")
    build(inline_files, tmp_path)
    after = path.read_text(encoding="utf-8").splitlines()
    changed = [(one, other) for one, other in zip(before, after, strict=True) if one != other]
    assert [(one.replace("ORG", "FAC")) for one, _ in changed] == [other for _, other in changed]
    assert len(changed) == 1


def test_a_mention_removed_from_the_json_is_one_line_less(inline_files: Path, tmp_path: Path) -> None:
    build(inline_files, tmp_path)
    path = tmp_path / "gold" / "test" / "harbour-strike.json"
    before = path.read_text(encoding="utf-8").splitlines()
    kept = [line for line in before if '"text": "Bergen",' not in line]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    build_dataset([tmp_path / "gold"], tmp_path / "gold", corpus=tmp_path / "corpus")
    assert len(kept) == len(before) - 1
    assert path.read_text(encoding="utf-8").splitlines() == kept


def test_text_may_come_from_the_corpus(inline_files: Path, tmp_path: Path) -> None:
    build(inline_files, tmp_path)
    before = content_of(tmp_path)
    (row,) = json.loads((tmp_path / "gold" / "test" / "harbour-strike.json").read_bytes())
    del row["text"]
    (tmp_path / "mine.jsonl").write_text(json.dumps(row))
    sources = [tmp_path / "mine.jsonl", tmp_path / "gold" / "dev" / "market-day.json"]
    build_dataset(sources, tmp_path / "gold", corpus=tmp_path / "corpus")
    (tmp_path / "mine.jsonl").unlink()
    assert content_of(tmp_path) == before


def test_other_files_of_the_folder_stay(inline_files: Path, tmp_path: Path) -> None:
    (tmp_path / "gold").mkdir()
    (tmp_path / "gold" / "GUIDELINES.md").write_text("rules")
    build(inline_files, tmp_path)
    build(inline_files, tmp_path, splits={"test": ["market-day", "harbour-strike"]})
    assert sorted(content_of(tmp_path / "gold")) == [
        ".evalkit-manifest.json",
        "GUIDELINES.md",
        "README.md",
        "croissant.json",
        "labels.toml",
        "test/harbour-strike.json",
        "test/market-day.json",
    ]


@pytest.mark.parametrize(
    ("splits", "expected"),
    [
        pytest.param({"test": ["market-day"]}, {("harbour-strike", "split-missing")}, id="missing"),
        pytest.param(None, {("harbour-strike", "split-missing"), ("market-day", "split-missing")}, id="no-splits"),
        pytest.param({**SPLITS, "train": ["market-day"]}, {("market-day", "split-double")}, id="double"),
        pytest.param({**SPLITS, "train": ["market-dax"]}, {("market-dax", "split-unknown")}, id="unknown"),
    ],
)
def test_splits_that_do_not_fit_are_refused(
    inline_files: Path, tmp_path: Path, splits: dict[str, list[str]] | None, expected: set[tuple[str, str]]
) -> None:
    with pytest.raises(DatasetProblemsError) as caught:
        build(inline_files, tmp_path, splits=splits)
    assert codes(caught) == expected
    assert not (tmp_path / "gold").exists()
    assert not (tmp_path / "corpus").exists()


def test_all_problems_of_all_files_are_reported_and_nothing_is_written(inline_files: Path, tmp_path: Path) -> None:
    build(inline_files, tmp_path)
    before = content_of(tmp_path / "gold")
    for name, old, new in [
        ("harbour-strike", "-> topic:port-plan", "-> port-plan"),
        ("harbour-strike", "[[GPE:norway|", "[[COUNTRY:norway|"),
        ("market-day", "%% body", "%% sidebar"),
    ]:
        path = inline_files / f"{name}.txt"
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(DatasetProblemsError, match="nothing was written") as caught:
        build(inline_files, tmp_path)
    assert {code for _, code in codes(caught)} >= {"reference-unknown", "label-unknown", "format"}
    assert content_of(tmp_path / "gold") == before


def test_a_text_in_the_corpus_does_not_change(inline_files: Path, tmp_path: Path) -> None:
    build(inline_files, tmp_path)
    path = inline_files / "market-day.txt"
    path.write_text(path.read_text(encoding="utf-8").replace("sold fish", "sold crab"), encoding="utf-8")
    with pytest.raises(DatasetProblemsError) as caught:
        build(inline_files, tmp_path)
    assert codes(caught) == {("market-day", "text-changed")}


def test_articles_are_not_lost_without_saying_so(inline_files: Path, tmp_path: Path) -> None:
    build(inline_files, tmp_path)
    (inline_files / "market-day.txt").unlink()
    with pytest.raises(DatasetProblemsError) as caught:
        build(inline_files, tmp_path, splits=None)
    assert codes(caught) == {("market-day", "article-lost")}
    build(inline_files, tmp_path, splits=None, keep=True)
    assert len(load_dataset(tmp_path / "gold", split="all")) == 2


@pytest.mark.parametrize("name", ["../outside", ".hidden", "a/b", "a b"])
def test_ids_that_are_no_file_names_are_refused(inline_files: Path, tmp_path: Path, name: str) -> None:
    path = inline_files / "market-day.txt"
    path.write_text(path.read_text(encoding="utf-8").replace("id: market-day", f"id: {name}"), encoding="utf-8")
    with pytest.raises(DatasetProblemsError) as caught:
        build(inline_files, tmp_path, splits={"test": [name, "harbour-strike"]})
    assert codes(caught) == {(name, "id-unsafe")}
    assert not (tmp_path / "outside.txt").exists()


def test_carriage_returns_are_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text('{"id": "a", "text": "One\\r\\ntwo", "entities": []}')
    with pytest.raises(DatasetProblemsError) as caught:
        build_dataset([tmp_path / "mine.jsonl"], tmp_path / "gold", corpus=tmp_path / "corpus", splits={"test": ["a"]})
    assert codes(caught) == {("a", "line-ends")}


def test_no_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no article to build from"):
        build_dataset([], tmp_path / "gold", corpus=tmp_path / "corpus")


def test_failing_rename_puts_everything_back(
    inline_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(inline_files, tmp_path)
    before = content_of(tmp_path)
    rename = os.replace

    def fail_on_test_split(source: Path, target: Path) -> None:
        if Path(target) == tmp_path / "gold" / "test" and "new" in Path(source).parts:
            raise OSError(28, "No space left on device")
        rename(source, target)

    monkeypatch.setattr(os, "replace", fail_on_test_split)
    inline = inline_files / "harbour-strike.txt"
    inline.write_text(inline.read_text(encoding="utf-8").replace("[[ORG:council|", "[[FAC:council|"), encoding="utf-8")
    with pytest.raises(OutputError, match="No space left"):
        build(inline_files, tmp_path)
    inline.write_text(inline.read_text(encoding="utf-8").replace("[[FAC:council|", "[[ORG:council|"), encoding="utf-8")
    assert content_of(tmp_path) == before


def test_a_place_that_cannot_be_written_is_named(inline_files: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        build_dataset([inline_files], tmp_path / "file" / "gold", corpus=tmp_path / "corpus", splits=SPLITS)


class TestMendingByHand:
    """One annotation is one line, and validation says what an edit has done."""

    @pytest.mark.parametrize(
        ("old", "new", "code"),
        [
            pytest.param('"label": "ORG"', '"label": "FAC"', None, id="another label"),
            pytest.param('"label": "ORG"', '"label": "ORC"', "label-unknown", id="no label"),
            pytest.param('"text": "Bergen City Council"', '"text": "Bergen Council"', "text-mismatch", id="surface"),
            pytest.param("walk out", "walk oat", "text-hash", id="the text itself"),
        ],
    )
    def test_what_validate_says_of_an_edited_line(
        self, inline_files: Path, tmp_path: Path, old: str, new: str, code: str | None
    ) -> None:
        build(inline_files, tmp_path)
        path = tmp_path / "gold" / "test" / "harbour-strike.json"
        lines = path.read_text(encoding="utf-8").splitlines()
        number = next(at for at, line in enumerate(lines) if old in line and (code != "text-hash" or "“" in line))
        lines[number] = lines[number].replace(old, new, 1)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        found = validate_dataset(tmp_path / "gold")
        codes_found = {problem.code for problem in found.problems}
        assert codes_found == ({code, "corpus-differs"} if code == "text-hash" else {code} - {None})
        assert found.notes == (
            "test/harbour-strike.json was edited since the last build; "
            f"evalkit dataset build --out {tmp_path / 'gold'} makes the card anew",
        )
        if code is None:
            build_dataset(tmp_path / "gold", tmp_path / "gold", corpus=tmp_path / "corpus")
            assert validate_dataset(tmp_path / "gold").notes == ()

    def test_edits_that_the_sources_do_not_have_are_named_when_they_go(
        self, inline_files: Path, tmp_path: Path
    ) -> None:
        build(inline_files, tmp_path)
        path = tmp_path / "gold" / "test" / "harbour-strike.json"
        path.write_text(path.read_text(encoding="utf-8").replace('"label": "ORG"', '"label": "FAC"'), encoding="utf-8")
        kept = build_dataset(tmp_path / "gold", tmp_path / "gold", corpus=tmp_path / "corpus")
        assert kept.notes == ()
        assert '"label": "FAC"' in path.read_text(encoding="utf-8")
        # An edit that is kept and written in another form is kept all the same.
        path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8"))), encoding="utf-8")
        assert build_dataset(tmp_path / "gold", tmp_path / "gold", corpus=tmp_path / "corpus").notes == ()
        path.write_text(path.read_text(encoding="utf-8").replace('"label": "FAC"', '"label": "GPE"'), encoding="utf-8")
        assert build(inline_files, tmp_path).notes == (
            "test/harbour-strike.json was edited by hand since the last build, and is now what the sources say; "
            "build the folder itself to keep edits",
        )


READ = {"entities": [{"start": 0, "end": 3, "label": "PER"}]}


def written(path: Path, **said: object) -> Path:
    rows = [{"id": name, "split": "test", "text": f"Ida left. {name}", **said} for name in ("a", "b")]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("said", [{"readings": {"ola": READ, "per": READ}}, {"readings": {"per": READ}}, {}])
def test_gold_is_not_lost_without_saying_so(said: dict[str, object], tmp_path: Path) -> None:
    out, none = tmp_path / "gold", {"entities": None, "quotes": None, "stances": None}
    build_dataset(written(tmp_path / "first.jsonl", **READ, readings={"kari": READ, "ola": READ}), out)
    before = load_dataset(out).fingerprint
    again = written(tmp_path / "again.jsonl", **none, **said)
    with pytest.raises(DatasetProblemsError, match=r"gold of it \(1 item\), and no source does; .*--keep") as caught:
        build_dataset(again, out)
    assert codes(caught) == {("a", "gold-lost"), ("b", "gold-lost")}
    assert load_dataset(out).fingerprint == before
    build_dataset(again, out, keep=True)
    loaded = load_dataset(out)
    assert loaded.fingerprint == before
    assert set(loaded.examples[0].readings) == {"kari", "ola", *cast("dict[str, object]", said.get("readings", {}))}
