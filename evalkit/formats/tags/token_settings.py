"""How rows of tokens with tags are read: what there is to choose, and names for tags that are numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.errors import EvalkitError, FormatError
from evalkit.formats.tags.settings import REPAIRS
from evalkit.formats.tags.tag_cells import known_scheme
from evalkit.formats.tokens import RULES
from evalkit.registry import unknown_name

__all__ = ["HELP", "TokenSettings", "names_beside", "token_settings"]

HELP = {
    "token_column": "the column of the tokens; tokens or words by default.",
    "tag_column": "the column of the tags, or several with commas; ner_tags and the like by default.",
    "tag_names": "the names of tags that are numbers: in order with commas, or a JSON file with id2label.",
    "detokenise": "how text is rebuilt where a row has none: space (default) or simple (English punctuation).",
    "scheme": "IOB1, IOB2, IOE1, IOE2, IOBES, BILOU, IO; found out by default.",
    "repair": "what illegal sequences mean: begin (default), discard or strict.",
    "container": "what is written: parquet (default; for load_dataset and the hub) or saved (for load_from_disk).",
}
"""The settings with their lines of help."""

_DETOKENISERS = tuple(rule for rule in RULES if rule != "marked")
_FEATURES = ("dataset_info.json", "dataset_infos.json")
_TABLES = ("id2label.json", "label2id.json", "labels.json", "label.json", "config.json")
_LARGEST = 1 << 20


@dataclass(frozen=True, kw_only=True)
class TokenSettings:
    """How rows of tokens are read.

    Attributes:
        token_column: the column of the tokens; found by its name if empty.
        tag_columns: the columns of the tags, all of which are read; found by their names if empty.
        tag_names: the names of tags that are numbers, in order.
        beside: a folder in which a file may name them.
        detokenise: how a text is rebuilt: `space` or `simple`.
        scheme: the tag scheme; `auto` finds out.
        repair: what illegal sequences mean.

    Raises:
        UnknownNameError: a word that is none of these.
    """

    token_column: str = ""
    tag_columns: tuple[str, ...] = ()
    tag_names: tuple[str, ...] = ()
    beside: Path | None = None
    detokenise: str = "space"
    scheme: str = "auto"
    repair: str = "begin"

    def __post_init__(self) -> None:
        for what, name, words in (
            ("detokenisation", self.detokenise, _DETOKENISERS),
            ("repair policy", self.repair, REPAIRS),
        ):
            if name not in words:
                raise unknown_name(what, name, words)
        object.__setattr__(self, "scheme", known_scheme(self.scheme))


def token_settings(values: Mapping[str, Any], *, beside: Path | None = None) -> TokenSettings:
    """The settings among some values by name.

    Raises:
        EvalkitError: a word is none of those, or a file of names cannot be read.
    """
    told = str(values.get("tag_names") or "")
    names = _names_in(Path(told)) if told.endswith(".json") else [name.strip() for name in told.split(",") if told]
    columns = str(values.get("tag_column") or "").split(",")
    return TokenSettings(
        token_column=str(values.get("token_column") or ""),
        tag_columns=tuple(name.strip() for name in columns if name.strip()),
        tag_names=tuple(names),
        beside=beside,
        **{key: str(values[key]) for key in ("detokenise", "scheme", "repair") if values.get(key)},
    )


def names_beside(folder: Path | None, column: str) -> tuple[str, ...]:
    """The names of the tags of a column, from a file of `datasets` or `transformers` in a folder; empty if none has."""
    if folder is None:
        return ()
    for name in (*_FEATURES, *_TABLES):
        path = folder / name
        try:
            found = _names_in(path, column) if path.is_file() and path.stat().st_size < _LARGEST else []
        except (EvalkitError, OSError):
            # What is not about these rows is no fault of theirs.
            continue
        if found:
            return tuple(found)
    return ()


def _names_in(path: Path, column: str = "ner_tags") -> list[str]:
    """The names in a JSON file: a list, numbers to names, names to numbers, or the features that `datasets` declares.

    Raises:
        FormatError: it holds none of these.
    """
    from evalkit.files import read_json

    found = _names(read_json(path), column)
    if not found:
        raise FormatError(f"{path}: names no tags; give a list of them, or an object such as {json.dumps({'0': 'O'})}")
    return found


def _names(told: Any, column: str) -> list[str]:
    if isinstance(told, list):
        return [str(name) for name in told] if all(isinstance(name, str) for name in told) else []
    if not isinstance(told, Mapping):
        return []
    for key in ("id2label", "label2id"):
        if isinstance(told.get(key), Mapping):
            return _numbered(told[key])
    features = told.get("features")
    if features is None and told and all(isinstance(one, Mapping) and "features" in one for one in told.values()):
        features = next(iter(told.values()))["features"]
    if isinstance(features, Mapping):
        declared = features.get(column)
        while isinstance(declared, (Mapping, list)) and declared:
            if isinstance(declared, Mapping) and isinstance(declared.get("names"), list):
                return [str(name) for name in declared["names"]]
            declared = declared[0] if isinstance(declared, list) else declared.get("feature")
        return []
    return _numbered(told)


def _numbered(told: Mapping[Any, Any]) -> list[str]:
    """Names in the order of their numbers, whichever side these are on; empty if these are not in sequence from 0."""
    pairs = {number: name for key, value in told.items() for number, name in _sides(key, value)}
    return [pairs[number] for number in range(len(pairs))] if pairs and sorted(pairs) == [*range(len(pairs))] else []


def _sides(key: Any, value: Any) -> list[tuple[int, str]]:
    if isinstance(value, int) and not isinstance(value, bool):
        return [(value, str(key))]
    if isinstance(value, str) and str(key).isdecimal() and len(str(key)) < 6:
        return [(int(key), value)]
    return []
