"""A layer that another package brings goes through everything: files, checks, counts, folders, frames, fingerprints."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalkit.dataset.checking.validate import validate_dataset
from evalkit.dataset.describe import describe_dataset
from evalkit.dataset.fingerprint import fingerprint_of
from evalkit.dataset.labels import foreign_label_notes, load_inventory
from evalkit.dataset.loading.load import load_dataset, load_splits
from evalkit.dataset.making.build import DatasetProblemsError, build_dataset
from evalkit.dataset.making.convert import FOLDER, convert_dataset
from evalkit.dataset.own_labels import label_counts
from evalkit.errors import EvalkitError, FormatError, LabelError, OffsetError
from evalkit.formats.native.canonical import canonical_annotations
from evalkit.formats.native.rows import (
    annotations_to_row,
    dump_line,
    example_from_row,
    example_to_row,
    prediction_from_row,
    prediction_to_row,
)
from evalkit.layers.base import Layer
from evalkit.layers.table import layer_names, load_layer
from evalkit.records import Annotations, Article, Example, Prediction, Quote, Span

TEXT = "“Rates fell,” she said. The port is closed."
#       0 1         12 14              24       43
QUOTE = Quote(id="q1", kind="direct", content=(Span(0, 13),))


@pytest.fixture
def example(claims: Layer[Any]) -> Example:
    said = claims.record(id="c1", spans=(Span(1, 11),), label="check-worthy", quote_id="q1")
    other = claims.record(id="c2", spans=(Span(24, 42),), label="other")
    article = Article(id="port", text=TEXT, published="2025-03-14", lang="en")
    return Example(article=article, gold=Annotations(entities=(), quotes=(QUOTE,), stances=(), claims=(said, other)))


@pytest.fixture
def folder(example: Example, tmp_path: Path) -> Path:
    """A dataset folder of which one article has claims and one has not."""
    plain = Example(article=replace(example.article, id="fair"), gold=Annotations(entities=()))
    rows = [example_to_row(one) | {"split": "test"} for one in (example, plain)]
    source = tmp_path / "gold.jsonl"
    source.write_text("".join(map(dump_line, rows)), encoding="utf-8")
    build_dataset([source], tmp_path / "gold", corpus=tmp_path / "corpus")
    return tmp_path / "gold"


def test_it_comes_after_those_of_evalkit(claims: Layer[Any]) -> None:
    assert layer_names()[-1] == "claims"
    assert load_layer("claims") is claims


def test_rows_are_written_and_read(example: Example) -> None:
    row = example_to_row(example)
    assert row["claims"] == [
        {"id": "c1", "spans": [[1, 11]], "text": "Rates fell", "label": "check-worthy", "quote_id": "q1"},
        {"id": "c2", "spans": [[24, 42]], "text": "The port is closed", "label": "other", "quote_id": None},
    ]
    assert example_from_row(json.loads(dump_line(row)), "here") == example
    assert "claims" not in annotations_to_row(Annotations(entities=()))


def test_a_wrong_field_is_named_with_its_place(claims: Layer[Any]) -> None:
    with pytest.raises(FormatError, match=r"gold.jsonl:3: claims\[0\]: 'label' must be a string, found None"):
        example_from_row({"id": "a", "claims": [{"spans": [[0, 3]]}]}, "gold.jsonl:3")


def test_labels_for_given_claims_are_kept(example: Example) -> None:
    given = Annotations(claims=example.gold["claims"])
    row = prediction_to_row(Prediction(article_id="port", annotations=Annotations(entities=()), given=given))
    assert [item["id"] for item in row["given_claims"]] == ["c1", "c2"]
    assert prediction_from_row(row, "here").given == given


def test_numbering_follows_the_quotes_that_claims_are_in(example: Example) -> None:
    first = Quote(id="z", kind="direct", content=(Span(0, 14),))
    gold = example.gold.with_layers(quotes=(QUOTE, first))
    numbered = canonical_annotations(gold, renumber=True)
    # The longer quote begins at the same place, so it is the first and the old q1 is the second.
    assert [quote.content for quote in numbered["quotes"] or ()] == [first.content, QUOTE.content]
    assert [(item.id, item.quote_id) for item in numbered["claims"] or ()] == [("c1", "q2"), ("c2", None)]


def test_problems_are_found_where_they_are(folder: Path, tmp_path: Path) -> None:
    (row,) = json.loads((folder / "test" / "port.json").read_bytes())
    row["claims"][0] |= {"label": "checkworthy", "spans": [[1, 99]], "text": "Rates"}
    row["claims"] += [row["claims"][1], {"id": "c4", "spans": [], "label": "other"}]
    path = tmp_path / "broken.jsonl"
    path.write_text(dump_line(row), encoding="utf-8")
    problems = validate_dataset(path).problems
    assert {(problem.place, problem.code) for problem in problems} == {
        ("claims[0] (c1)", "label-unknown"),
        ("claims[0] (c1)", "offset-out-of-range"),
        ("claims[0] (c1)", "text-mismatch"),
        ("claims[2] (c2)", "id-duplicate"),
        ("claims[2] (c2)", "item-duplicate"),
        ("claims[3] (c4)", "span-missing"),
    }
    (hint,) = [one.message for one in problems if one.code == "label-unknown"]
    assert hint.endswith("not in the inventory (check-worthy, other); did you mean 'check-worthy'?")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        pytest.param({"label": "checkworthy"}, LabelError, id="label"),
        pytest.param({"spans": [[1, 99]]}, OffsetError, id="span"),
    ],
)
def test_gold_that_cannot_be_scored_is_refused(
    folder: Path, tmp_path: Path, change: dict[str, Any], error: type[Exception]
) -> None:
    (row,) = json.loads((folder / "test" / "port.json").read_bytes())
    row["claims"][0] |= change
    (tmp_path / "broken.jsonl").write_text(dump_line(row), encoding="utf-8")
    with pytest.raises(error, match=r"claims\[0\]"):
        load_dataset(tmp_path / "broken.jsonl")


def test_a_build_with_a_wrong_label_writes_nothing(example: Example, tmp_path: Path) -> None:
    row = example_to_row(example) | {"split": "test"}
    row["claims"][0]["label"] = "maybe"
    (tmp_path / "gold.jsonl").write_text(dump_line(row), encoding="utf-8")
    with pytest.raises(DatasetProblemsError, match="'maybe' is not in the inventory"):
        build_dataset([tmp_path / "gold.jsonl"], tmp_path / "gold", corpus=tmp_path / "corpus")
    assert not (tmp_path / "gold").exists()


def test_a_folder_is_built_loaded_and_valid(folder: Path, example: Example) -> None:
    gold = load_dataset(folder)
    assert [one.gold["claims"] for one in gold] == [None, example.gold["claims"]]
    validation = validate_dataset(folder)
    assert validation.problems == ()
    assert validation.counts["claims"] == 2
    # One annotation is one line of the file.
    lines = (folder / "test" / "port.json").read_text(encoding="utf-8").splitlines()
    assert sum('"id": "c' in line for line in lines) == 2


def test_plain_datasets_loads_it(folder: Path, tmp_path: Path) -> None:
    import datasets

    gold = datasets.load_dataset(str(folder), split="test", cache_dir=str(tmp_path / "cache"))
    assert "'quote_id': Value('string')" in str(gold.features["claims"])
    (written,) = json.loads((folder / "test" / "port.json").read_bytes())
    assert [row["claims"] for row in gold] == [None, written["claims"]]


def test_card_and_description_count_it(folder: Path) -> None:
    groups = describe_dataset(load_splits(folder)).groups()
    assert {row.name: row.counts for row in groups["claims"]} == {"check-worthy": (1,), "other": (1,)}
    assert ("claims", (2,)) in [(row.name, row.counts) for row in groups["size"]]
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "| claims: check-worthy | 1 |\n" in card
    assert "`stances`, `claims`, and" in card.replace("\n", " ")


def test_the_fingerprint_knows_it(folder: Path, example: Example) -> None:
    gold = example.gold
    first, second = gold["claims"] or ()
    changed = [
        gold,
        gold.with_layers(claims=None),
        gold.with_layers(claims=()),
        gold.with_layers(claims=(first,)),
        gold.with_layers(claims=(replace(first, label="other"), second)),
        gold.with_layers(claims=(replace(first, spans=(Span(1, 6),)), second)),
        gold.with_layers(claims=(replace(first, quote_id=None), second)),
    ]
    assert len({fingerprint_of([replace(example, gold=one)]) for one in changed}) == len(changed)
    renamed = gold.with_layers(claims=(replace(second, id="x"), replace(first, id="y")))
    assert fingerprint_of([replace(example, gold=renamed)]) == fingerprint_of([example])


def test_gold_without_it_keeps_its_fingerprint(claims: Layer[Any]) -> None:
    # Written down with what made it before there was the layer: that of the bundled gold.
    gold = load_dataset(split="test")
    assert gold.fingerprint[:7] == "18c3453"


def test_frames_have_its_fields(folder: Path) -> None:
    frame = load_dataset(folder).to_pandas("claims")
    assert list(frame.columns) == ["article_id", "id", "label", "quote_id", "start", "end", "text", "spans"]
    assert frame[["id", "label", "start", "end", "text"]].to_numpy().tolist() == [
        ["c1", "check-worthy", 1, 11, "Rates fell"],
        ["c2", "other", 24, 42, "The port is closed"],
    ]


def test_predicted_labels_that_it_has_not_are_noted(claims: Layer[Any]) -> None:
    wrong = claims.record(id="c1", spans=(Span(0, 1),), label="maybe")
    predictions = [Prediction(article_id="a", annotations=Annotations(claims=(wrong,)))]
    counts = label_counts((one.annotations for one in predictions), [claims])
    (note,) = foreign_label_notes(load_inventory(), "claims", counts["claims"])
    assert note.startswith("1 predicted claim has a label that this gold does not use")
    assert note.endswith("(maybe 1); rename them")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(("score: float", "score: complex"), r"Claim.score is declared as complex \| None; use "),
        pytest.param(('one="claim"', 'one="claim", label_field="kind"'), "Claim has no field 'kind'"),
        pytest.param(('name="claims"', 'name="claim"'), "is no Layer of that name"),
    ],
)
def test_a_layer_that_cannot_work_says_why(install: Any, change: tuple[str, str], message: str) -> None:
    with pytest.raises(EvalkitError, match=message):
        install(*change)


def test_files_are_converted_without_loss(folder: Path, tmp_path: Path) -> None:
    done = convert_dataset(folder, tmp_path / "rows.jsonl", to="native")
    assert (done.losses.written["claims"], str(done.losses)) == (2, "")
    assert load_dataset(tmp_path / "rows.jsonl").fingerprint == load_dataset(folder).fingerprint
    convert_dataset(tmp_path / "rows.jsonl", tmp_path / "again", to=FOLDER)
    assert (tmp_path / "again" / "test" / "port.json").read_bytes() == (folder / "test" / "port.json").read_bytes()


@pytest.mark.parametrize("to", ["inline", "conll"])
def test_a_format_that_cannot_hold_it_says_how_many(folder: Path, tmp_path: Path, to: str) -> None:
    with pytest.raises(FormatError, match=f"{to} cannot hold .*2 claims"):
        convert_dataset(folder, tmp_path / "out", to=to)
    done = convert_dataset(folder, tmp_path / "out", to=to, lossy=True)
    assert sum(done.losses.lost["claims"].values()) == 2
