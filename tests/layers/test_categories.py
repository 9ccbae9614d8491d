"""Categories are labels for whole articles: items without spans, or a field of the metadata that the gold names."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalkit.dataset.checking.validate import validate_dataset
from evalkit.dataset.describe import describe_dataset
from evalkit.dataset.label_maps import LabelMap, apply_label_map, apply_label_maps
from evalkit.dataset.labels import load_inventory, load_label_map, restrict_labels
from evalkit.dataset.loading.load import load_dataset
from evalkit.dataset.making.build import build_dataset
from evalkit.errors import FormatError, InputError, LabelError
from evalkit.formats.native.rows import dump_line, example_from_row, example_to_row
from evalkit.layers.table import open_layers
from evalkit.records import Annotations, Article, Category, Entity, Example, Prediction, Scope, Span

LABELS = """
[entities.PER]
[categories.politics]
definition = "Governments, parties, elections."
[categories.sport]
[layers.categories]
metadata = "section"
[maps.coarse]
PER = "NAME"
[maps.iptc]
layer = "categories"
map = { politics = "POL", sport = false }
"""


def article(**metadata: str) -> Article:
    return Article(id="a", text="Ida Moen won.", published="2025-03-14", metadata=metadata)


def write(folder: Path, *examples: Example, labels: str = LABELS) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "labels.toml").write_text(labels, encoding="utf-8")
    rows = (example_to_row(example) | {"split": "test"} for example in examples)
    (folder / "gold.jsonl").write_text("".join(map(dump_line, rows)), encoding="utf-8")
    return folder / "gold.jsonl"


def categories(*labels: str) -> tuple[Category, ...]:
    return tuple(Category(id=f"c{number}", label=label) for number, label in enumerate(labels, 1))


def test_items_are_written_and_read() -> None:
    example = Example(article=article(), gold=Annotations(categories=categories("politics", "sport")))
    row = example_to_row(example)
    assert row["categories"] == [{"id": "c1", "label": "politics"}, {"id": "c2", "label": "sport"}]
    assert example_from_row(json.loads(dump_line(row)), "here") == example


def test_rows_without_them_do_not_name_them() -> None:
    assert "categories" not in example_to_row(Example(article=article(), gold=Annotations(entities=())))


@pytest.mark.parametrize(
    ("metadata", "items", "expected"),
    [
        pytest.param({"section": "politics"}, None, ["politics"], id="from-metadata"),
        pytest.param({"section": "politics"}, ("sport",), ["sport"], id="items-stand"),
        pytest.param({"section": "politics"}, (), [], id="none-stand"),
        pytest.param({}, None, None, id="neither"),
    ],
)
def test_metadata_is_read_where_there_are_no_items(
    tmp_path: Path, metadata: dict[str, str], items: tuple[str, ...] | None, expected: list[str] | None
) -> None:
    gold = Annotations(entities=(), categories=None if items is None else categories(*items))
    (example,) = load_dataset(write(tmp_path, Example(article=article(**metadata), gold=gold)))
    found = example.gold["categories"]
    assert (None if found is None else [item.label for item in found]) == expected


def test_without_a_declaration_metadata_is_no_layer(tmp_path: Path) -> None:
    plain = Example(article=article(section="politics"), gold=Annotations(entities=()))
    (example,) = load_dataset(write(tmp_path, plain, labels="[entities.PER]\n"))
    assert example.gold["categories"] is None


def test_a_value_that_is_no_label_is_a_problem(tmp_path: Path) -> None:
    path = write(tmp_path, Example(article=article(section="politic"), gold=Annotations(entities=())))
    (problem,) = validate_dataset(path).problems
    assert (problem.place, problem.code) == ("metadata.section", "label-unknown")
    assert "did you mean 'politics'?" in problem.message
    with pytest.raises(LabelError, match="'politic' is not in the inventory"):
        load_dataset(path)


def test_a_folder_keeps_the_label_in_one_place(tmp_path: Path) -> None:
    from_metadata = Example(article=article(section="politics"), gold=Annotations(entities=()))
    items = Annotations(entities=(), categories=categories("sport"))
    of_its_own = Example(article=replace(article(section="politics"), id="b"), gold=items)
    out = tmp_path / "gold"
    path = write(out, from_metadata, of_its_own)
    (tmp_path / "rows.jsonl").write_bytes(path.read_bytes())
    path.unlink()
    build_dataset([tmp_path / "rows.jsonl"], out, corpus=tmp_path / "corpus")
    rows = {name: json.loads((out / "test" / f"{name}.json").read_bytes())[0] for name in ("a", "b")}
    assert "categories" not in rows["a"]
    assert rows["b"]["categories"] == [{"id": "c1", "label": "sport"}]
    gold = load_dataset(out)
    assert [[item.label for item in one.gold["categories"] or ()] for one in gold] == [["politics"], ["sport"]]
    counts = {row.name: row.counts for row in describe_dataset(gold).groups()["categories"]}
    assert counts == {"politics": (1,), "sport": (1,)}
    frame = gold.to_pandas("categories")
    assert frame.to_numpy().tolist() == [["a", "c1", "politics"], ["b", "c1", "sport"]]
    assert '- name: "categories"' in (out / "README.md").read_text(encoding="utf-8")


def test_maps_for_several_layers_are_counted_by_layer() -> None:
    names = LabelMap(name="x", mapping={"PERSON": "PER", "DATE": None})
    coarse = LabelMap(name="y", mapping={"PER": "NAME"})
    files = LabelMap(name="z", mapping={"politics": "POL"}, layer="categories")
    gold = [labelled("e1", "PERSON", "politics", "sport"), labelled("e1", "DATE", "politics")]
    mapped, counts = apply_label_maps(gold, [names, files, coarse])
    assert [[layer.label(item) for layer in open_layers() for item in layer.of(one) or ()] for one in mapped] == [
        ["NAME", "POL"],
        ["POL"],
    ]
    # What a later map makes of a label is told with the label that it had before that map.
    assert [note for own in counts for note in own.notes("gold")] == [
        "1 gold entity mapped: PER→NAME 1",
        "1 gold entity dropped by the label map: DATE 1",
        "2 gold categories mapped: politics→POL 2",
        "1 gold category dropped, its label is not in the map: sport 1",
    ]


def test_a_map_is_for_labels_from_metadata_too(tmp_path: Path) -> None:
    path = write(tmp_path, Example(article=article(section="politics"), gold=Annotations(entities=())))
    gold = load_dataset(path, label_map="iptc")
    assert [item.label for one in gold for item in one.gold["categories"] or ()] == ["POL"]
    assert gold.inventory.labels_of("categories") == ("POL",)


def test_a_map_is_for_one_layer(tmp_path: Path) -> None:
    write(tmp_path)
    inventory = load_inventory(tmp_path)
    gold = Annotations(
        entities=(Entity(id="e1", spans=(Span(0, 8),), label="PER"),), categories=categories("politics", "sport")
    )
    named, of_names = apply_label_map(gold, load_label_map("coarse", inventory))
    assert [entity.label for entity in named["entities"] or ()] == ["NAME"]
    assert named["categories"] == gold["categories"]
    filed, of_files = apply_label_map(gold, load_label_map("iptc", inventory))
    assert filed["entities"] == gold["entities"]
    assert [item.label for item in filed["categories"] or ()] == ["POL"]
    assert of_names.notes("gold") == ["1 gold entity mapped: PER→NAME 1"]
    assert of_files.notes("gold") == [
        "1 gold category mapped: politics→POL 1",
        "1 gold category dropped by the label map: sport 1",
    ]
    with pytest.raises(InputError, match="the first is for entities, the second for categories"):
        load_label_map("coarse+iptc", inventory)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        pytest.param("[layers.entities]\nmetadata = 'x'", r"\[layers.entities\] is .*; use metadata", id="no-such"),
        pytest.param("[layers.categories]\nfield = 'x'", "use metadata = ", id="other-key"),
        pytest.param("[maps.x]\nlayer = 'quotes'\nmap = {}", "has layer = 'quotes'; use one of", id="closed-layer"),
    ],
)
def test_wrong_declarations_are_refused(tmp_path: Path, labels: str, message: str) -> None:
    (tmp_path / "labels.toml").write_text(f"[categories.x]\n{labels}\n", encoding="utf-8")
    with pytest.raises(FormatError, match=message):
        load_inventory(tmp_path)


def test_any_label_will_do_where_none_is_declared(tmp_path: Path) -> None:
    items: dict[str, Any] = {"categories": categories("whatever")}
    path = write(tmp_path, Example(article=article(), gold=Annotations(**items)), labels="[entities.PER]\n")
    assert validate_dataset(path).problems == ()


def labelled(name: str, label: str, *filed: str) -> Annotations:
    return Annotations(entities=(Entity(id=name, spans=(Span(0, 8),), label=label),), categories=categories(*filed))


def in_scope(example: Example, annotations: Annotations) -> list[str]:
    return [
        layer.label(item)
        for layer in open_layers()
        for item in layer.of(annotations) or ()
        if layer.in_scope(item, example.gold.scope.labels)
    ]


@pytest.mark.parametrize(
    ("wanted", "gold", "predicted"),
    [
        # Nobody asked for less of the other layer, not even of labels that only predictions have.
        pytest.param(["PER"], ["PER", "politics"], ["sport", "new"], id="a-label-of-entities"),
        pytest.param(["politics"], ["PER", "politics"], ["ORG"], id="a-label-of-categories"),
        pytest.param(["categories/politics"], ["PER", "politics"], ["ORG"], id="said-to-be-of-categories"),
        pytest.param(["PER", "politics"], ["PER", "politics"], [], id="both"),
    ],
)
def test_only_layers_that_have_a_wanted_label_are_restricted(
    wanted: list[str], gold: list[str], predicted: list[str]
) -> None:
    annotations = labelled("e1", "ORG", "sport", "new")
    examples = [
        Example(article=article(), gold=labelled("e1", "PER", "politics")),
        Example(article=replace(article(), id="b"), gold=labelled("e1", "LOC", "sport")),
    ]
    scoped = restrict_labels(examples, [Prediction(article_id="a", annotations=annotations)], wanted)
    assert in_scope(scoped[0], scoped[0].gold) == gold
    assert in_scope(scoped[0], annotations) == predicted


def test_a_label_that_no_gold_item_has_is_refused() -> None:
    example = Example(article=article(), gold=labelled("e1", "PER", "politics"))
    with pytest.raises(InputError, match=r"no gold entity or category has the label 'X' \(there are PER, politics\)"):
        restrict_labels([example], [], ["PER", "X"])
    with pytest.raises(InputError, match=r"no gold entity has the label 'X' \(there are none\)"):
        restrict_labels([Example(article=article(), gold=Annotations(entities=()))], [], ["X"])


def test_a_scope_is_mapped_layer_by_layer() -> None:
    scope = Scope(labels=("PER", "LOC", "categories/politics", "categories/sport"))
    gold = Annotations(labelled("e1", "PER", "politics").layers, scope)
    names = LabelMap(name="x", mapping={"PER": "NAME"})
    files = LabelMap(name="y", mapping={"politics": "POL", "sport": None}, layer="categories")
    assert apply_label_map(gold, names)[0].scope.labels == ("NAME", "categories/politics", "categories/sport")
    assert apply_label_map(gold, files)[0].scope.labels == ("categories/POL",)
