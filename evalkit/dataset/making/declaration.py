"""What the owner of a dataset says of it: `dataset.toml` in the dataset folder.

    title = "Harbour news"
    licence = "cc-by-4.0"
    source = "The town paper's archive, 2024."
    annotators = "Two students, each article once."
    contact = "gold@harbour.example"
    guidelines = "GUIDELINES.md, version 2 of May 2024"

    [readers]                # who the annotators of `readings` are
    kari = "A student of journalism, native speaker."

    [scope.quotes]           # what of a layer was annotated exhaustively, see `evalkit.layers.scopes`
    kinds = ["direct"]
    parts = ["speaker"]

Every line may be left out. The card repeats what stands here and adds what can be counted; it claims nothing else. A
scope goes over what rows say of the same layer themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from evalkit.errors import FormatError
from evalkit.layers.scopes import declared_over, layer_scopes
from evalkit.records import Annotations, Example, LayerScope
from evalkit.registry import near_match
from evalkit.toml import read_toml

__all__ = ["DATASET_FILE", "Declaration", "declared_readers", "read_declaration", "with_declared_scopes"]

DATASET_FILE = "dataset.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What an owner declares, in Markdown; "" or nothing for what is not said.

    Attributes:
        title: the name of the dataset.
        about: what it is, in a sentence or a paragraph.
        licence: the identifier of a licence as the hub knows it, such as `cc-by-4.0`, or its name.
        source: where the texts come from.
        annotators: who annotated them, and how.
        contact: whom to ask.
        guidelines: which guidelines the annotators followed, and in which version.
        limits: what it cannot be used for, a sentence each.
        readers: what an annotator is, in a sentence, by the name that the readings have.
        scope: what of single layers was annotated exhaustively.
    """

    title: str = ""
    about: str = ""
    licence: str = ""
    source: str = ""
    annotators: str = ""
    contact: str = ""
    guidelines: str = ""
    limits: tuple[str, ...] = ()
    scope: tuple[LayerScope, ...] = ()
    readers: Mapping[str, str] = field(default_factory=dict, hash=False)


def read_declaration(folder: Path) -> Declaration:
    """The declaration in a folder; an empty one if it has none.

    Raises:
        InputError, FormatError: the file cannot be read, is no TOML, or holds something else; says what.
    """
    path = folder / DATASET_FILE
    if not path.is_file():
        return Declaration()
    return Declaration(**_checked(read_toml(path), path))


def _checked(table: Mapping[str, Any], path: Path) -> dict[str, Any]:
    known = [own.name for own in fields(Declaration)]
    declared: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            near = near_match(key, known)
            hint = f"did you mean {near!r}?" if near else f"it may declare {', '.join(known)}"
            raise FormatError(f"{path}: declares {key!r}, which is not known; {hint}")
        if key == "scope":
            if not isinstance(value, dict):
                raise FormatError(f"{path}: scope is {value!r}; write a table for each layer, such as [scope.quotes]")
            declared[key] = layer_scopes(value, str(path))
        elif key == "limits":
            if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
                raise FormatError(f"{path}: limits is {value!r}; write a list of sentences")
            declared[key] = tuple(" ".join(one.split()) for one in value)
        elif key == "readers":
            if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
                raise FormatError(
                    f'{path}: readers is {value!r}; write a table of sentences by name: kari = "A student."'
                )
            declared[key] = {name: " ".join(one.split()) for name, one in value.items()}
        elif not isinstance(value, str):
            raise FormatError(f"{path}: {key} is {value!r}; write text between quotation marks")
        else:
            declared[key] = value.strip()
    return declared


def declared_scoper(folder: Path | None) -> Callable[[Example], Example]:
    """Gives an example the scopes that `dataset.toml` of a folder declares. Raises what reading that raises."""
    scopes = () if folder is None else read_declaration(folder).scope

    def scoped(example: Example) -> Example:
        return example.changed(lambda own: Annotations(own.layers, declared_over(own.scope, scopes)))

    return scoped if scopes else lambda example: example


def with_declared_scopes(examples: Iterable[Example], folder: Path | None) -> tuple[Example, ...]:
    """The examples with the scopes that `dataset.toml` of their folder declares. Raises what reading it raises."""
    return tuple(map(declared_scoper(folder), examples))


def declared_readers(folder: Path | None) -> Mapping[str, str]:
    """What `dataset.toml` of a folder says its annotators are, by name. Raises what reading it raises."""
    return {} if folder is None else read_declaration(folder).readers
