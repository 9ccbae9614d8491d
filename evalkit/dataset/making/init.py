"""A new dataset folder to start gold of one's own from: what its owner says, labels, guidelines and an example.

::

    harbour/
      dataset.toml                what its owner says of it, every key explained
      labels.toml                 the labels, what they mean, maps to and from others
      GUIDELINES.md               a template
      drafts/test/example.txt     an article as people write it; the folder is the name of its split

A build reads `drafts` and writes its splits beside it; what is there is never overwritten by `init`.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.dataset.checking.validate import corpus_beside, own_corpus
from evalkit.dataset.labels import LABELS_FILE, Inventory, inventory_of_file, load_inventory
from evalkit.dataset.making.declaration import DATASET_FILE
from evalkit.dataset.making.store import DRAFTS, example_json
from evalkit.errors import FormatError, InputError, OutputError
from evalkit.files import path_of, read_text
from evalkit.folders import replace_children
from evalkit.formats.inline.example import SHOWN, example_article
from evalkit.formats.inline.markup import write_inline
from evalkit.harmless import markdown_code
from evalkit.layers.base import Layer
from evalkit.layers.table import all_layers, layer_names, load_layer
from evalkit.options import listed
from evalkit.registry import unknown_name
from evalkit.showing import shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["GUIDELINES_FILE", "InitResult", "init_dataset"]

GUIDELINES_FILE = "GUIDELINES.md"
SPLIT = "test"
EXAMPLE = "example"
FROM_METADATA = "section"
"""The field of metadata that the labels of whole articles are read from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InitResult:
    """What was laid out.

    Attributes:
        folder: the dataset folder.
        files: the new files, from there.
        next_steps: commands that take it from here.
    """

    folder: Path
    files: tuple[str, ...]
    next_steps: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The folder, the files and the commands as JSON values."""
        return {
            "format": "evalkit.init",
            "version": 1,
            "folder": str(self.folder),
            "files": list(self.files),
            "next_steps": list(self.next_steps),
        }

    def to_pandas(self) -> DataFrame:
        """One row a file."""
        import pandas as pd

        return pd.DataFrame({"file": list(self.files)})

    _repr_html_ = shown_html


def init_dataset(
    folder: str | Path, *, layers: Sequence[str] | str = (), labels: str | Path | None = None
) -> InitResult:
    """Lays out a dataset folder that builds, validates and can be run over as it is.

    Args:
        folder: the dataset folder; it may be there, but none of the new files.
        layers: what will be annotated; entities, quotes and stances if empty.
        labels: a `labels.toml` that is taken over, or a text file with a label a line, each with what it means after a
            colon or a tab if you like; those of the bundled gold by default.

    Raises:
        UnknownNameError: there is no such layer.
        InputError: no example of a layer can be written, or the labels cannot be read.
        OutputError: a file is there already, or the folder cannot be written.
    """
    folder = path_of(folder, "folder must be a path")
    wanted = _layers(listed(layers, wanted="layers must be a name or a list of names"))
    inventory, labels_toml = _labels(wanted, labels)
    files = {
        DATASET_FILE: _dataset_toml(folder.resolve().name),
        LABELS_FILE: labels_toml,
        GUIDELINES_FILE: _guidelines(wanted, inventory),
        **_example(wanted, inventory),
    }
    for name in dict.fromkeys(file.partition("/")[0] for file in files):
        if (folder / name).exists():
            raise OutputError(f"{folder / name}: exists already, and nothing is overwritten; name a new folder")
    replace_children(folder, files)
    return InitResult(folder=folder, files=tuple(files), next_steps=tuple(_next_steps(folder, wanted)))


def _layers(names: Sequence[str]) -> list[Layer[Any]]:
    for name in names:
        if name not in layer_names():
            raise unknown_name("layer", name, layer_names())
        layer = load_layer(name)
        if name not in SHOWN and layer.from_metadata is None:
            raise InputError(f"no example of {name} can be written here; give rows in the native form to dataset build")
    chosen = names or SHOWN
    return [layer for layer in all_layers() if layer.name in chosen]


def _next_steps(folder: Path, layers: Sequence[Layer[Any]]) -> Iterator[str]:
    name, drafts = shlex.quote(str(folder)), shlex.quote(str(folder / DRAFTS))
    # Another dataset may have an article of the same name.
    beside = corpus_beside(folder).exists() or any(_other_datasets(folder))
    yield f"evalkit dataset build {drafts} --out {name}" + (
        f" --corpus {shlex.quote(str(own_corpus(folder)))}" if beside else ""
    )
    yield f"evalkit dataset validate {name}"
    # The floor knows the usual layers, and nothing is to be had without one of them.
    if any(layer.always_stated for layer in layers):
        yield f"evalkit run --model trivial --dataset {name}"


def _other_datasets(folder: Path) -> Iterator[Path]:
    own = folder.resolve()
    return (path.parent for path in own.parent.glob(f"*/{DATASET_FILE}") if path.parent != own)


def _labels(layers: Sequence[Layer[Any]], given: str | Path | None) -> tuple[Inventory, str]:
    """The inventory, and the `labels.toml` that says it."""
    if given is not None and Path(given).suffix == ".toml":
        path = path_of(given, "labels must be the path of a file")
        return inventory_of_file(path), read_text(path)
    bundled = load_inventory()
    listed_labels: dict[str, dict[str, str]] = {}
    for layer in layers:
        known = bundled.definitions_of(layer.name)
        listed_labels[layer.name] = {label: known.get(label, "") for label in bundled.labels_of(layer.name)}
    if given is not None:
        first = next((layer for layer in layers if layer.labels is None), None)
        if first is None:
            raise InputError(f"{given}: no layer here has labels of its own to choose; leave out the labels")
        listed_labels[first.name] = _lines(path_of(given, "labels must be the path of a file"))
    for layer in layers:
        if not listed_labels[layer.name]:
            listed_labels[layer.name] = {EXAMPLE: "Write labels of your own in its place."}
    metadata = {layer.name: FROM_METADATA for layer in layers if layer.name not in SHOWN}
    inventory = Inventory(
        labels={layer: tuple(own) for layer, own in listed_labels.items()}, definitions=listed_labels, metadata=metadata
    )
    return inventory, _labels_toml(inventory)


def _lines(path: Path) -> dict[str, str]:
    """The labels of a text file, and what they mean.

    Raises:
        FormatError: it lists none, or one twice.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(read_text(path).splitlines(), 1):
        label, _, definition = line.replace("\t", ":", 1).partition(":")
        if not label.strip() or line.startswith("#"):
            continue
        if label.strip() in found:
            raise FormatError(f"{path}:{number}: label {label.strip()!r} is listed twice; keep one")
        found[label.strip()] = definition.strip()
    if not found:
        raise FormatError(f"{path}: lists no label; write one a line")
    return found


def _toml(text: str) -> str:
    """A text in TOML, which is as in JSON but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else _toml(name)


def _labels_toml(inventory: Inventory) -> str:
    parts = [_LABELS_HEAD]
    for layer, labels in inventory.labels.items():
        for label in labels:
            definition = inventory.definitions_of(layer)[label]
            said = f"definition = {_toml(definition)}" if definition else '# definition = "What it means."'
            parts.append(f"[{_key(layer)}.{_key(label)}]\n{said}\n")
    parts += [
        f"# The label of an article is in its metadata, and need not be annotated.\n"
        f"[layers.{_key(layer)}]\nmetadata = {_toml(field)}\n"
        for layer, field in inventory.metadata.items()
    ]
    return "\n".join([*parts, _LABELS_TAIL])


_LABELS_HEAD = """\
# The labels of this gold: a table for each, below the name of its layer. A label that is not here is refused by
# build and validate. All of these lines may stand in such a table:
#
# [entities.SHIP]
# name = "ship"                          # for people
# definition = "Ships and ferries."      # evalkit dataset describe shows it
# examples = ["MS Vega"]
# colour = "#2266aa"                     # or a name that CSS knows; pages show it beside the label
"""
_LABELS_TAIL = """\
# Maps to other labels and from those of models, for --label-map, --gold-label-map and --predicted-label-map. `false`
# drops a label on purpose; one that is not named is dropped, too, and counted apart. The maps of the bundled gold are
# there as well, and go on from yours: --label-map usual+conll4.
#
# [maps.usual]
# SHIP = "FAC"
# CARGO = false
"""


def _dataset_toml(name: str) -> str:
    return _DATASET.replace("TITLE", _toml(name))


_DATASET = """\
# What the owner of this gold says of it. The card (README.md) repeats it and adds what is counted. Every line may be
# left out; take the mark away from those that you fill in.

title = TITLE

# about = "What it is, in a sentence or a paragraph."
# licence = "cc-by-4.0"          # an identifier as the hub knows it, or the name of a licence
# source = "Where the texts come from."
# annotators = "Who annotated them, and how: each article by how many people? See [GUIDELINES.md](GUIDELINES.md)."
# contact = "Whom to ask."
# guidelines = "GUIDELINES.md, first version"
# limits = ["What it cannot be used for, a sentence each."]

# Who the annotators of readings are, by the name that the readings have.
# [readers]
# kari = "A student of journalism, native speaker."

# What of a layer was annotated exhaustively; predictions of anything else are set aside and counted.
# [scope.quotes]
# kinds = ["direct"]             # of other layers: labels
# parts = ["speaker"]
"""


def _guidelines(layers: Sequence[Layer[Any]], inventory: Inventory) -> str:
    parts = [_GUIDELINES_HEAD]
    for layer in layers:
        known = inventory.definitions_of(layer.name)
        rows = [
            f"| {markdown_code(label)} | {known.get(label, '').replace('|', '/') or '?'} |"
            for label in inventory.labels_of(layer.name)
        ]
        table = [f"| {layer.label_field} | what it is |", "|---|---|", *rows] if rows else []
        parts.append("\n".join([f"## {layer.name.capitalize()}", "", *table, "", *_QUESTIONS]))
    return "\n\n".join([*parts, _GUIDELINES_TAIL])


_GUIDELINES_HEAD = """\
# Guidelines

This is a template: nothing here has been decided yet. Two people who read an article with these guidelines should mark
the same; where they do not, write down here what you agree on, with the sentence that you disagreed about."""
_QUESTIONS = [
    "* What is marked, and what is left out although it looks alike?",
    "* Where does one begin and end: with or without title, article, punctuation?",
    "* May one stand inside another, or in several pieces?",
]
_GUIDELINES_TAIL = """\
## Hard cases

| the text | what is marked | why |
|---|---|---|
| … | … | … |
"""


def _example(layers: Sequence[Layer[Any]], inventory: Inventory) -> Mapping[str, str]:
    """The file of the example: in inline markup, or in the native form where labels cannot be written inline."""
    fields = {layer: inventory.metadata.get(layer) for layer in (one.name for one in layers)}
    metadata = {field: inventory.labels_of(layer)[0] for layer, field in fields.items() if field is not None}
    open_layer = next((layer for layer in layers if layer.labels is None and layer.name in SHOWN), None)
    labels = () if open_layer is None else inventory.labels_of(open_layer.name)
    example = example_article(EXAMPLE, [layer.name for layer in layers], labels, metadata)
    try:
        return {f"{DRAFTS}/{SPLIT}/{EXAMPLE}.txt": write_inline(example)}
    except FormatError:
        return {f"{DRAFTS}/{SPLIT}/{EXAMPLE}.json": example_json(example)}
