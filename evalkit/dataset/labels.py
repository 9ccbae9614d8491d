"""The inventory of a gold dataset: the labels that it may use, what they mean, and maps to and from others.

`labels.toml` has a table for each label, below the name of its layer, and one for each map::

    [entities.PER]
    name = "person"                # these four may be left out
    definition = "People, real or fictional."
    examples = ["Ida Moen"]
    colour = "#2266aa"             # or a name that CSS knows; HTML shows it beside the label

    [maps.conll4]
    GPE = "LOC"
    EVENT = false                  # dropped on purpose; a label that is not named is dropped too, and counted apart

    [maps.iptc]
    layer = "categories"           # a map for another layer than the first
    map = { politics = "POL" }

    [layers.categories]
    metadata = "section"           # read from the metadata of articles, see `evalkit.layers.categories`
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, reduce
from pathlib import Path
from typing import Any

from evalkit.dataset.label_maps import LabelMap, chain_label_maps, listed, mapped_labels
from evalkit.dataset.making.store import bundled_gold
from evalkit.errors import FormatError, InputError
from evalkit.files import path_of, read_text
from evalkit.harmless import is_colour
from evalkit.layers.base import Layer
from evalkit.layers.table import layer_names, load_layer, open_layers
from evalkit.records import Annotations, Example, Prediction
from evalkit.registry import near_match, unknown_name
from evalkit.showing import number_of
from evalkit.toml import parse_toml, read_toml

__all__ = [
    "LABELS_FILE",
    "Inventory",
    "foreign_label_notes",
    "inventory_of_file",
    "labels_in_scope",
    "load_inventory",
    "load_label_map",
    "mappable_inventory",
    "mapped_inventory",
    "own_map_notes",
    "restrict_labels",
    "unlisted_inventory",
    "with_labels_in_scope",
    "with_metadata_layers",
    "without_metadata_layers",
]

LABELS_FILE = "labels.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The labels that a gold dataset may use.

    Attributes:
        labels: layer → labels, in the order of the file, for the layers that the file names.
        definitions: layer → label → what it means.
        maps: label maps by name, those to other inventories and those from the labels of models.
        metadata: layer → the field of the articles' metadata that holds its label, for layers that are read from it.
        colours: layer → label → its colour, see `evalkit.harmless.is_colour`.
    """

    labels: Mapping[str, tuple[str, ...]]
    definitions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    maps: Mapping[str, LabelMap] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    colours: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def labels_of(self, layer: str) -> tuple[str, ...]:
        """The labels that items of a layer may have, in order; empty if nothing says which, and any will do."""
        return self.labels.get(layer) or load_layer(layer).labels or ()

    def definitions_of(self, layer: str) -> Mapping[str, str]:
        """What the labels of a layer mean, as far as the file says."""
        return self.definitions.get(layer, {})

    def colours_of(self, layer: str) -> Mapping[str, str]:
        """The colours of the labels of a layer, as far as the file gives any."""
        return self.colours.get(layer, {})

    def with_labels(self, layer: str, labels: Iterable[str]) -> Inventory:
        """The same with other labels of a layer, which nothing defines."""
        definitions, colours = (
            {name: texts for name, texts in said.items() if name != layer} for said in (self.definitions, self.colours)
        )
        return replace(self, labels={**self.labels, layer: tuple(labels)}, definitions=definitions, colours=colours)


def load_inventory(folder: str | Path | None = None) -> Inventory:
    """The inventory in `labels.toml` of a dataset folder; None is the bundled gold.

    A folder without one names no label: any will do, see `evalkit.dataset.own_labels`. The maps of the bundled gold are
    there in every inventory, unless it has one of the same name.

    Raises:
        FormatError: the file is no TOML, or says something else than labels and maps.
    """
    bundled = bundled_gold() / LABELS_FILE
    path = bundled if folder is None else Path(folder) / LABELS_FILE
    if not path.is_file():
        return unlisted_inventory()
    inventory = inventory_of_file(path)
    if path.resolve() == bundled.resolve():
        return inventory
    return replace(inventory, maps={**inventory_of_file(bundled).maps, **inventory.maps})


def unlisted_inventory() -> Inventory:
    """The inventory of gold whose labels nobody listed: any will do, and the maps of the bundled gold are there."""
    return Inventory(labels={}, maps=inventory_of_file(bundled_gold() / LABELS_FILE).maps)


def inventory_of_file(path: Path) -> Inventory:
    """What a `labels.toml` says, and nothing else. Raises what `load_inventory` raises."""
    return _inventory(read_text(path), path, tuple(layer_names()))


@lru_cache(maxsize=8)
def _inventory(text: str, path: Path, layers: tuple[str, ...]) -> Inventory:
    """What the text of a file says where these layers are known; the bundled one is asked for with each gold."""
    tables = parse_toml(text, path)
    _refuse_misspelt(tables, path)
    declared = {layer: _tables(tables, layer, path) for layer in layers if layer in tables}
    if not any(tables.values()):
        raise FormatError(f"{path}: names no label; add a table such as [{open_layers()[0].name}.PER]")
    for layer, labels in declared.items():
        for label, entry in labels.items():
            _check_label(layer, label, entry, path)
    maps: dict[str, LabelMap] = {}
    for section in ("maps", "aliases"):
        for name, mapping in _tables(tables, section, path).items():
            if name in maps:
                raise FormatError(f"{path}: map {name!r} is given in [maps] and in [aliases]; rename one")
            maps[name] = _label_map(name, mapping, path)
    return Inventory(
        labels={layer: tuple(labels) for layer, labels in declared.items()},
        definitions={
            layer: {label: str(entry.get("definition", "")) for label, entry in labels.items()}
            for layer, labels in declared.items()
        },
        maps=maps,
        metadata=_metadata(_tables(tables, "layers", path), path),
        colours={
            layer: {label: entry["colour"] for label, entry in labels.items() if "colour" in entry}
            for layer, labels in declared.items()
        },
    )


_SECTIONS = ("maps", "aliases", "layers")
_LABEL_KEYS = ("name", "definition", "examples", "colour")


def _refuse_misspelt(tables: Mapping[str, Any], path: Path) -> None:
    """Refuses a table that was meant for another; one of a layer that is not installed here is nobody's mistake."""
    known = (*layer_names(), *_SECTIONS)
    for name in tables:
        if name not in known and (near := near_match(name, known, least=0.7)) and near not in tables:
            raise FormatError(f"{path}: [{name}] is no layer, and nothing is read from it; did you mean [{near}]?")


def _check_label(layer: str, label: str, entry: Mapping[str, Any], path: Path) -> None:
    where = f"{path}: [{layer}.{label}]"
    for key, value in entry.items():
        if key not in _LABEL_KEYS:
            near = near_match(key, _LABEL_KEYS)
            hint = f"did you mean {near!r}?" if near else f"a label has {', '.join(_LABEL_KEYS)}"
            raise FormatError(f"{where} has {key!r}, from which nothing is read; {hint}")
        if key == "examples":
            if not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
                raise FormatError(f"{where}: examples is {value!r:.60}; write a list of texts")
        elif not isinstance(value, str):
            raise FormatError(f"{where}: {key} is {value!r:.60}; write text between quotation marks")
    if not is_colour(entry.get("colour", "red")):
        raise FormatError(
            f"{where}: colour is {entry['colour']!r:.60}; write #2266aa, or a name that CSS knows, as navy"
        )


def _metadata(settings: Mapping[str, Mapping[str, Any]], path: Path) -> dict[str, str]:
    """The fields of metadata that `[layers.NAME] metadata = "FIELD"` names, for layers that can be read from one."""
    fields = {}
    for name, setting in settings.items():
        layer, value = load_layer(name), setting.get("metadata")
        if layer.from_metadata is None or not isinstance(value, str) or set(setting) != {"metadata"}:
            raise FormatError(
                f'{path}: [layers.{name}] is {dict(setting)!r}; use metadata = "FIELD", '
                "for a layer of labels for whole articles"
            )
        fields[name] = value
    return fields


def with_metadata_layers(example: Example, inventory: Inventory) -> Example:
    """The example with the layers that the inventory reads from metadata, where it has none of its own."""
    made: dict[str, tuple[Any, ...]] = {}
    for name, key in inventory.metadata.items():
        make, value = load_layer(name).from_metadata, example.article.metadata.get(key)
        if make is not None and value and example.gold[name] is None:
            made[name] = (make(value),)
    return replace(example, gold=example.gold.with_layers(**made)) if made else example


def without_metadata_layers(example: Example, inventory: Inventory) -> Example:
    """The example without the layers that its metadata says already, as it is written."""
    if not inventory.metadata:
        return example
    bare = replace(example, gold=example.gold.with_layers(**dict.fromkeys(inventory.metadata)))
    whole = with_metadata_layers(bare, inventory)
    told = {name: None for name in inventory.metadata if whole.gold[name] == example.gold[name]}
    return replace(example, gold=example.gold.with_layers(**told)) if told else example


def load_label_map(name_or_path: str | Path, inventory: Inventory) -> LabelMap:
    """The map of that name in the inventory, or the one in a TOML file of lines `LABEL = "LABEL"`.

    A map for another layer than the first says so: `layer = "NAME"`, and the lines below `[map]`.
    `first+second` applies one map after the other: `news+conll4` takes the labels of many models to CoNLL-4, and
    `mine.toml+conll4` the labels that a file takes to those of the bundled gold.

    Raises:
        UnknownNameError: no map has that name.
        InputError, FormatError: the file cannot be read, or is no such TOML.
    """
    path = path_of(name_or_path, "a label map must be a name or the path of a TOML file")
    if path.suffix == ".toml" and ("+" not in str(name_or_path) or path.is_file()):
        return _map_of_file(path)
    maps = [
        _map_of_file(path_of(name, "a label map")) if name.endswith(".toml") else _map_of_name(name, inventory)
        for name in str(name_or_path).split("+")
    ]
    return reduce(chain_label_maps, maps)


def _map_of_file(path: Path) -> LabelMap:
    return _label_map(path.stem, read_toml(path), path)


def _map_of_name(name: str, inventory: Inventory) -> LabelMap:
    if name not in inventory.maps:
        raise unknown_name("label map", name, inventory.maps)
    return inventory.maps[name]


def own_map_notes(names: Iterable[str | Path], inventory: Inventory) -> list[str]:
    """A note for each label map that is asked for by the name of a built-in one, and is another in this dataset."""
    parts = dict.fromkeys(part for name in names for part in str(name).split("+"))
    built_in = inventory_of_file(bundled_gold() / LABELS_FILE).maps if parts else {}
    return [
        f"label map {name!r} is the dataset's own ([maps.{name}]), in place of the built-in one of that name"
        for name in parts
        if name in built_in and inventory.maps.get(name) not in (None, built_in[name])
    ]


def mapped_inventory(inventory: Inventory, label_map: LabelMap) -> Inventory:
    """The inventory after the map: the labels that its own labels become."""
    labels = mapped_labels(inventory.labels_of(label_map.layer), label_map)
    return inventory.with_labels(label_map.layer, labels)


def mappable_inventory(inventory: Inventory, label_map: LabelMap) -> Inventory:
    """The inventory before the map: its own labels, and those that the map translates."""
    labels = inventory.labels_of(label_map.layer)
    if not labels:
        return inventory
    return inventory.with_labels(label_map.layer, dict.fromkeys((*labels, *label_map.mapping)))


def restrict_labels(
    examples: Sequence[Example], predictions: Sequence[Prediction], wanted: Sequence[str]
) -> list[Example]:
    """The examples with only some labels in their scope; a layer whose gold has none of them stays as it is.

    Raises:
        InputError: no item of the gold has one of the labels.
    """
    gold, predicted = (
        {layer.name: _labels_in(layer, annotations) for layer in open_layers()}
        for annotations in ([one.gold for one in examples], [one.annotations for one in predictions])
    )
    labels = labels_in_scope(gold, predicted, wanted)
    return [with_labels_in_scope(one, labels) for one in examples]


def with_labels_in_scope(example: Example, labels: Sequence[str]) -> Example:
    """The example with only some labels in its scope."""
    return replace(example, gold=replace(example.gold, scope=replace(example.gold.scope, labels=tuple(labels))))


def labels_in_scope(
    gold: Mapping[str, Collection[str]], predicted: Mapping[str, Collection[str]], wanted: Sequence[str]
) -> tuple[str, ...]:
    """The labels that a scope names where some are wanted; a layer whose gold has none of them keeps all.

    Args:
        gold: layer → the labels that gold items have, for the layers whose labels a dataset chooses.
        predicted: the same of predicted items.
        wanted: labels, or layer/label.

    Raises:
        InputError: no item of the gold has one of the labels.
    """
    layers = open_layers()
    labels = [set(gold[layer.name]) for layer in layers]
    names = [own | {f"{layer.name}/{label}" for label in own} for layer, own in zip(layers, labels, strict=True)]
    if missing := sorted({*wanted}.difference(*names)):
        one = " or ".join(layer.one for layer, own in zip(layers, labels, strict=True) if own) or layers[0].one
        there = ", ".join(sorted(set().union(*labels))) or "none"
        raise InputError(f"no gold {one} has the label {missing[0]!r} (there are {there}); mend --labels")
    kept: set[str] = set()
    for layer, own, known in zip(layers, labels, names, strict=True):
        if known.isdisjoint(wanted):
            kept |= {f"{layer.name}/{label}" for label in own.union(predicted[layer.name])}
    return (*wanted, *sorted(kept))


def _labels_in(layer: Layer[Any], annotations: Iterable[Annotations]) -> set[str]:
    return {layer.label(item) for one in annotations for item in layer.of(one) or ()}


def foreign_label_notes(inventory: Inventory, layer: str, counts: Mapping[str, int]) -> list[str]:
    """The note on predicted items of a layer, from how many have each label; none if the gold knows all labels."""
    known, one = inventory.labels_of(layer), load_layer(layer)
    foreign = {label: number for label, number in sorted(counts.items()) if known and label not in known}
    if not foreign:
        return []
    advice = "map them with --predicted-label-map" if one.labels is None else "rename them"
    number = sum(foreign.values())
    if number == 1:
        judged, harmless, them = "so it counts as wrong", "which does not make it wrong", "it"
    else:
        judged, harmless, them = "so they count as wrong", "which makes none of them wrong", "them"
    effect = judged if one.label_judged else f"{harmless}, and tables and slices by {one.label_field} show {them} apart"
    whose = number_of(number, f"predicted {one.one} has", f"predicted {layer} have")
    return [f"{whose} a {one.label_field} that this gold does not use, {effect} ({listed(foreign)}); {advice}"]


def _tables(tables: Mapping[str, Any], section: str, path: Path) -> dict[str, dict[str, Any]]:
    found = tables.get(section, {})
    if not isinstance(found, dict) or not all(isinstance(entry, dict) for entry in found.values()):
        raise FormatError(f"{path}: [{section}] must hold tables such as [{section}.NAME]")
    return found


def _label_map(name: str, table: object, path: Path) -> LabelMap:
    """A table of lines `LABEL = "LABEL"`, or one with such lines below `map` and the layer that they are for."""
    known = [layer.name for layer in open_layers()]
    if not isinstance(table, dict):
        raise FormatError(f'{path}: label map {name!r} is no table of lines LABEL = "LABEL"')
    lines, layer = (
        (table["map"], table.get("layer", known[0])) if isinstance(table.get("map"), dict) else (table, known[0])
    )
    if layer not in known:
        raise FormatError(f"{path}: label map {name!r} has layer = {layer!r}; use one of {', '.join(known)}")
    targets: dict[str, str | None] = {}
    for label, target in lines.items():
        if target is not False and not (isinstance(target, str) and target):
            raise FormatError(
                f"{path}: label map {name!r} maps {label!r} to {target!r}; use a label, or false to drop it"
            )
        targets[label] = None if target is False else target
    return LabelMap(name=name, mapping=targets, layer=layer)
