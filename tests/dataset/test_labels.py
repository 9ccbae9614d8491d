"""Inventories are read from labels.toml, and label maps are applied with a count of everything they did."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalkit.dataset.label_maps import LabelMap, MapCounts, apply_label_map, chain_label_maps
from evalkit.dataset.labels import load_inventory, load_label_map, mapped_inventory
from evalkit.errors import FormatError, InputError, UnknownNameError
from evalkit.records import Annotations, Entity, Scope, Span


def entities(*labels: str) -> Annotations:
    return Annotations(
        entities=tuple(Entity(id=f"e{n}", spans=(Span(n, n + 1),), label=label) for n, label in enumerate(labels)),
        scope=Scope(labels=("PER", "GPE", "LOC")),
    )


def test_bundled_inventory_has_the_labels_of_the_guidelines() -> None:
    inventory = load_inventory()
    assert inventory.labels_of("entities") == ("PER", "ORG", "GPE", "LOC", "FAC", "NORP", "EVENT", "WORK")
    assert inventory.labels_of("quotes") == ("direct", "indirect", "mixed")
    assert inventory.labels_of("stances") == ("favor", "against", "neutral")
    assert inventory.labels_of("categories") == ()
    for layer, labels in inventory.labels.items():
        assert all(inventory.definitions_of(layer)[label] for label in labels)


@pytest.mark.parametrize(
    ("name", "targets"),
    [
        pytest.param("conll4", "PER ORG LOC LOC LOC MISC MISC MISC", id="conll4"),
        pytest.param("ontonotes", "PERSON ORG GPE LOC FAC NORP EVENT WORK_OF_ART", id="ontonotes"),
        pytest.param("news", "PER ORG GPE LOC FAC NORP EVENT WORK", id="news-to-itself"),
        pytest.param("news+conll4", "PER ORG LOC LOC LOC MISC MISC MISC", id="chained"),
    ],
)
def test_bundled_maps_know_every_label_of_the_inventory(name: str, targets: str) -> None:
    inventory = load_inventory()
    found = load_label_map(name, inventory)
    assert [found.mapping[label] for label in inventory.labels_of("entities")] == targets.split()


def test_labels_of_a_model_are_mapped_and_every_item_is_counted() -> None:
    annotations = entities("PERSON", "LAW", "DATE", "DATE", "SPORT", "GPE")
    mapped, counts = apply_label_map(annotations, load_label_map("news", load_inventory()))
    assert [(e.id, e.label) for e in mapped.entities or ()] == [("e0", "PER"), ("e1", "WORK"), ("e5", "GPE")]
    assert counts.mapped == {("GPE", "GPE"): 1, ("LAW", "WORK"): 1, ("PERSON", "PER"): 1}
    assert counts.dropped == {"DATE": 2}
    assert counts.unmapped == {"SPORT": 1}
    assert (counts.items_mapped, counts.items_dropped) == (3, 3)


def test_scope_and_inventory_are_mapped_too() -> None:
    inventory = load_inventory()
    conll4 = load_label_map("conll4", inventory)
    mapped, _ = apply_label_map(entities("PER"), conll4)
    assert mapped.scope.labels == ("PER", "LOC")
    assert mapped_inventory(inventory, conll4).labels_of("entities") == ("PER", "ORG", "LOC", "MISC")


def test_a_missing_layer_stays_missing() -> None:
    assert apply_label_map(Annotations(), LabelMap(name="x", mapping={})) == (
        Annotations(),
        MapCounts(layer="entities"),
    )


def test_chained_maps_drop_what_either_drops_and_leave_out_what_the_second_does_not_name() -> None:
    first = LabelMap(name="a", mapping={"A": "B", "C": None, "D": "E"})
    second = LabelMap(name="b", mapping={"B": None})
    assert chain_label_maps(first, second).mapping == {"A": None, "C": None}


def test_unknown_map_names_the_near_one() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'conll4'"):
        load_label_map("conll", load_inventory())


@pytest.mark.parametrize("content", ['PERSON = "PER"\nDATE = false\n', '[map]\nPERSON = "PER"\nDATE = false\n'])
def test_map_from_a_file(tmp_path: Path, content: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(content)
    assert load_label_map(path, load_inventory()) == LabelMap(name="mine", mapping={"PERSON": "PER", "DATE": None})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("PERSON = 3", "maps 'PERSON' to 3", id="number"),
        pytest.param("PERSON = true", "maps 'PERSON' to True", id="true"),
        pytest.param('PERSON = ""', "maps 'PERSON' to ''", id="empty"),
        pytest.param("PERSON", "not valid TOML", id="no-toml"),
    ],
)
def test_wrong_map_files_are_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(content)
    with pytest.raises(FormatError, match=message):
        load_label_map(path, load_inventory())


def test_missing_map_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.toml"):
        load_label_map(tmp_path / "none.toml", load_inventory())


def test_folder_with_its_own_labels(tmp_path: Path) -> None:
    (tmp_path / "labels.toml").write_text('[entities.SHIP]\ndefinition = "ships"\n')
    assert load_inventory(tmp_path).labels_of("entities") == ("SHIP",)
    assert load_inventory(tmp_path).labels_of("quotes") == ("direct", "indirect", "mixed")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("", "names no label", id="empty"),
        pytest.param("entities = 3", "must hold tables", id="no-table"),
        pytest.param("[entities.A]\n[maps.x]\nA = 'B'\n[aliases.x]\nA = 'B'\n", "given in", id="map-twice"),
    ],
)
def test_wrong_inventories_are_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "labels.toml").write_text(content)
    with pytest.raises(FormatError, match=message):
        load_inventory(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("[entities.A]\ndefiniton = 'x'\n", r"\[entities.A\] has 'definiton', .*'definition'", id="key"),
        pytest.param("[entities.A]\ncolor = 'red'\n", "did you mean 'colour'", id="colour"),
        pytest.param("[entities.A]\nweight = 3\n", "a label has name, definition, examples, colour", id="no-such-key"),
        pytest.param("[entities.A]\ndefinition = 3\n", "definition is 3; write text", id="number"),
        pytest.param("[entities.A]\nexamples = 'x'\n", "examples is 'x'; write a list", id="examples"),
        pytest.param("[entites.A]\n", r"\[entites\] is no layer, .* did you mean \[entities\]", id="layer"),
        pytest.param(
            "[entities.A]\n[map.x]\nA = 'B'\n", r"\[map\] is no layer, .* did you mean \[maps\]", id="section"
        ),
    ],
)
def test_what_is_misspelt_is_named(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "labels.toml").write_text(content)
    with pytest.raises(FormatError, match=message):
        load_inventory(tmp_path)


@pytest.mark.parametrize("colour", ["#2266aa", "#FFffFF", "navy", "rebeccapurple"])
def test_colours_are_six_digits_or_names_of_css(tmp_path: Path, colour: str) -> None:
    (tmp_path / "labels.toml").write_text(f"[entities.A]\ncolour = '{colour}'\n[entities.B]\n")
    assert load_inventory(tmp_path).colours_of("entities") == {"A": colour}


@pytest.mark.parametrize(
    "colour", ["#abc", "#2266aa;background:url(x)", "Navy", "rgb(1,2,3)", "", "red\n", "var(--x)", "#٣٣٣٣٣٣"]
)
def test_nothing_else_is_a_colour(tmp_path: Path, colour: str) -> None:
    (tmp_path / "labels.toml").write_text(f"[entities.A]\ncolour = {json.dumps(colour)}\n")
    with pytest.raises(FormatError, match=r"\[entities.A\]: colour is .*; write #2266aa"):
        load_inventory(tmp_path)


def test_a_file_of_maps_alone_lists_no_label(tmp_path: Path) -> None:
    (tmp_path / "labels.toml").write_text("[maps.mine]\nSHIP = 'FAC'\n")
    inventory = load_inventory(tmp_path)
    assert inventory.labels_of("entities") == ()
    assert load_label_map("mine+conll4", inventory).mapping == {"SHIP": "LOC"}


def test_own_maps_are_chained_with_the_bundled_ones(tmp_path: Path) -> None:
    (tmp_path / "labels.toml").write_text(
        "[entities.SHIP]\n[maps.mine]\nSHIP = 'FAC'\nCREW = 'NORP'\n[maps.back]\nFAC = 'SHIP'\n"
    )
    (tmp_path / "file.toml").write_text("BOAT = 'SHIP'\n")
    inventory = load_inventory(tmp_path)
    assert load_label_map("mine+conll4", inventory).mapping == {"SHIP": "LOC", "CREW": "MISC"}
    assert load_label_map("news+back", inventory).mapping["FACILITY"] == "SHIP"
    chained = load_label_map(f"{tmp_path / 'file.toml'}+mine+conll4", inventory)
    assert (chained.name, chained.mapping) == ("file+mine+conll4", {"BOAT": "LOC"})
    with pytest.raises(UnknownNameError, match="did you mean 'conll4'"):
        load_label_map("mine+conl4", inventory)


def test_a_file_with_a_plus_in_its_name_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "a+b.toml").write_text("A = 'B'\n")
    assert load_label_map(tmp_path / "a+b.toml", load_inventory()).mapping == {"A": "B"}
