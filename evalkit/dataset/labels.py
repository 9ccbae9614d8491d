"""The label inventory of a gold dataset (`labels.toml`), and maps between inventories.

A map is applied in the open: what was mapped, what was dropped on purpose and what the map does not name is counted
by label and returned beside the annotations.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from evalkit.dataset.store import bundled_gold
from evalkit.errors import FormatError, InputError
from evalkit.records import QUOTE_KINDS, STANCE_LABELS, Annotations, Entity
from evalkit.registry import unknown_name

__all__ = [
    "LABELS_FILE",
    "Inventory",
    "LabelMap",
    "MapCounts",
    "apply_label_map",
    "chain_label_maps",
    "load_inventory",
    "load_label_map",
    "mapped_inventory",
]

LABELS_FILE = "labels.toml"

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelMap:
    """From labels to labels; a label that maps to None is dropped on purpose."""

    name: str
    mapping: Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The labels that a gold dataset may use.

    Attributes:
        labels: entity labels, in the order of the file.
        kinds: kinds of quotes.
        stance_labels: labels of stances.
        definitions: what each entity label means.
        maps: label maps by name, those to other inventories and those from the labels of models.
    """

    labels: tuple[str, ...]
    kinds: tuple[str, ...] = QUOTE_KINDS
    stance_labels: tuple[str, ...] = STANCE_LABELS
    definitions: Mapping[str, str] = field(default_factory=dict)
    maps: Mapping[str, LabelMap] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MapCounts:
    """What a label map did, in numbers of entities by label.

    Attributes:
        mapped: kept, by (old label, new label).
        dropped: dropped because the map says so, by old label.
        unmapped: dropped because the map does not name the label, by old label.
    """

    mapped: Mapping[tuple[str, str], int] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    unmapped: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: MapCounts) -> MapCounts:
        """The counts of both."""
        return MapCounts(
            _sum(self.mapped, other.mapped), _sum(self.dropped, other.dropped), _sum(self.unmapped, other.unmapped)
        )

    @property
    def items_mapped(self) -> int:
        """How many entities kept a place, under whatever label."""
        return sum(self.mapped.values())

    @property
    def items_dropped(self) -> int:
        """How many entities are gone, on purpose or because the map does not name their label."""
        return sum(self.dropped.values()) + sum(self.unmapped.values())


def load_inventory(folder: str | Path | None = None) -> Inventory:
    """The inventory in `labels.toml` of a dataset folder, or the bundled one where there is none.

    Raises:
        FormatError: the file is no TOML, or says something else than labels and maps.
    """
    path = (Path(folder) if folder is not None else bundled_gold()) / LABELS_FILE
    if not path.is_file():
        path = bundled_gold() / LABELS_FILE
    tables = _read_toml(path)
    entities = _tables(tables, "entities", path)
    if not entities:
        raise FormatError(f"{path}: names no entity label; add a table such as [entities.PER]")
    maps: dict[str, LabelMap] = {}
    for section in ("maps", "aliases"):
        for name, mapping in _tables(tables, section, path).items():
            if name in maps:
                raise FormatError(f"{path}: map {name!r} is given in [maps] and in [aliases]; rename one")
            maps[name] = _label_map(name, mapping, path)
    return Inventory(
        labels=tuple(entities),
        kinds=tuple(_tables(tables, "quotes", path)) or QUOTE_KINDS,
        stance_labels=tuple(_tables(tables, "stances", path)) or STANCE_LABELS,
        definitions={label: str(entry.get("definition", "")) for label, entry in entities.items()},
        maps=maps,
    )


def load_label_map(name_or_path: str | Path, inventory: Inventory) -> LabelMap:
    """The map of that name in the inventory, or the one in a TOML file of lines `LABEL = "LABEL"`.

    `first+second` applies one map after the other: `news+conll4` takes the labels of many models to CoNLL-4.

    Raises:
        UnknownNameError: no map has that name.
        InputError, FormatError: the file cannot be read, or is no such TOML.
    """
    path = Path(name_or_path)
    if path.suffix == ".toml":
        tables = _read_toml(path)
        return _label_map(path.stem, tables.get("map", tables), path)
    chained: LabelMap | None = None
    for name in str(name_or_path).split("+"):
        if name not in inventory.maps:
            raise unknown_name("label map", name, inventory.maps)
        found = inventory.maps[name]
        chained = found if chained is None else chain_label_maps(chained, found)
    if chained is None:
        raise unknown_name("label map", "", inventory.maps)
    return chained


def chain_label_maps(first: LabelMap, second: LabelMap) -> LabelMap:
    """One map that does what `second` does after `first`; a label that `second` does not name is left out."""
    return LabelMap(
        name=f"{first.name}+{second.name}",
        mapping={
            label: None if target is None else second.mapping[target]
            for label, target in first.mapping.items()
            if target is None or target in second.mapping
        },
    )


def apply_label_map(annotations: Annotations, label_map: LabelMap) -> tuple[Annotations, MapCounts]:
    """The annotations with other entity labels, and what that did.

    Entities whose label the map drops or does not name are left out and counted. References to their `entity_id`
    from quotes and stances stay as they are: who spoke does not depend on what was scored.
    """
    if annotations.entities is None:
        return annotations, MapCounts()
    kept: list[Entity] = []
    mapped: Counter[tuple[str, str]] = Counter()
    dropped: Counter[str] = Counter()
    unmapped: Counter[str] = Counter()
    for entity in annotations.entities:
        if entity.label not in label_map.mapping:
            unmapped[entity.label] += 1
            continue
        target = label_map.mapping[entity.label]
        if target is None:
            dropped[entity.label] += 1
            continue
        mapped[entity.label, target] += 1
        kept.append(entity if target == entity.label else replace(entity, label=target))
    scope = annotations.scope
    if scope.labels is not None:
        scope = replace(scope, labels=_targets(scope.labels, label_map))
    counts = MapCounts(mapped, dropped, unmapped) + MapCounts()
    return replace(annotations, scope=scope).with_layers(entities=kept), counts


def mapped_inventory(inventory: Inventory, label_map: LabelMap) -> Inventory:
    """The inventory after the map: the labels that its own labels become."""
    return replace(inventory, labels=_targets(inventory.labels, label_map), definitions={})


def _targets(labels: Iterable[str], label_map: LabelMap) -> tuple[str, ...]:
    targets = (label_map.mapping.get(label) for label in labels)
    return tuple(dict.fromkeys(target for target in targets if target is not None))


def _sum(one: Mapping[Key, int], other: Mapping[Key, int]) -> dict[Key, int]:
    return dict(sorted((Counter(one) + Counter(other)).items(), key=lambda item: str(item[0])))


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}; check the path") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FormatError(f"{path}: not valid TOML ({error}); mend that line") from error


def _tables(tables: Mapping[str, Any], section: str, path: Path) -> dict[str, dict[str, Any]]:
    found = tables.get(section, {})
    if not isinstance(found, dict) or not all(isinstance(entry, dict) for entry in found.values()):
        raise FormatError(f"{path}: [{section}] must hold tables such as [{section}.NAME]")
    return found


def _label_map(name: str, mapping: object, path: Path) -> LabelMap:
    if not isinstance(mapping, dict):
        raise FormatError(f'{path}: label map {name!r} is no table of lines LABEL = "LABEL"')
    targets: dict[str, str | None] = {}
    for label, target in mapping.items():
        if target is not False and not (isinstance(target, str) and target):
            raise FormatError(
                f"{path}: label map {name!r} maps {label!r} to {target!r}; use a label, or false to drop it"
            )
        targets[label] = None if target is False else target
    return LabelMap(name=name, mapping=targets)
