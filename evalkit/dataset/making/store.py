"""The dataset folder: one JSON file an article under one folder a split, beside the article texts of `corpus/`.

A file is a JSON list with one object, written so that one annotation is one line: a change to one annotation is a
change of one line in a diff, and plain `datasets` reads the file as rows. The gold that ships with the package is one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any

from evalkit.errors import FormatError
from evalkit.formats.native.rows import READINGS, article_to_row, example_to_row, read_rows
from evalkit.records import Example

__all__ = [
    "ARTICLES_FILE",
    "BUNDLED_NAME",
    "CARD_FILE",
    "DRAFTS",
    "SPLITS",
    "article_entry",
    "bundled_gold",
    "dataset_name",
    "example_json",
    "read_article_entries",
    "split_files",
]

BUNDLED_NAME = "news-gold"
"""The name of the bundled gold in signatures, and as a source for `load_dataset`."""

SPLITS = ("train", "dev", "test")
"""The usual splits, in the order in which they are shown; a folder may hold others."""

DRAFTS = "drafts"
"""A folder in a dataset folder in which people write what a build reads; it is no split."""

CARD_FILE = "README.md"
ARTICLES_FILE = "articles.jsonl"

_written = json.JSONEncoder(ensure_ascii=False).encode


def bundled_gold() -> Path:
    """The dataset folder of the bundled gold: inside an installed package, beside it in a working copy."""
    package = Path(__file__).resolve().parents[2]
    installed = package / "gold"
    return installed if installed.is_dir() else package.parent / "annotations"


def dataset_name(folder: Path) -> str:
    """How the dataset in a folder is called in signatures: `news-gold` for the bundled one, else like the folder."""
    resolved = folder.resolve()
    return BUNDLED_NAME if resolved == bundled_gold().resolve() else resolved.name


def split_files(folder: Path) -> dict[str, list[Path]]:
    """The annotation files of a dataset folder by split; empty if the folder is not laid out like one.

    What is hidden says something about the folder, and is no article.
    """
    found = {
        child.name: sorted(
            (path for path in child.glob("*.json") if path.is_file() and not path.name.startswith(".")),
            # They lie in one folder, and paths are compared part by part.
            key=attrgetter("name"),
        )
        for child in folder.iterdir()
        if child.is_dir() and not child.name.startswith(".") and child.name != DRAFTS
    }
    order = {name: number for number, name in enumerate(SPLITS)}
    return {
        name: files
        for name, files in sorted(found.items(), key=lambda entry: (order.get(entry[0], len(order)), entry[0]))
        if files
    }


def example_json(example: Example) -> str:
    """The content of an article's file: a JSON list with one object, one line for each field, zone and annotation."""
    row = example_to_row(example)
    fields = (_field(key, value) for key, value in row.items())
    return "[\n{\n" + ",\n".join(fields) + "\n}\n]\n"


def _field(key: str, value: Any) -> str:
    name = _written(key)
    if key == READINGS:
        return f"{name}: {{\n" + ",\n".join(_reading(annotator, row) for annotator, row in value.items()) + "\n}"
    if not (isinstance(value, list) and value):
        return f"{name}: {_written(value)}"
    return f"{name}: [\n{_lines(value)}\n]"


_BETWEEN = "}, {"


def _lines(values: Sequence[Any]) -> str:
    """Objects as JSON, one a line; all are written at once, as they seldom say what stands between two of them."""
    whole = _written(values)
    if whole.count(_BETWEEN) == len(values) - 1:
        return whole[1:-1].replace(_BETWEEN, "},\n{")
    return ",\n".join(map(_written, values))


def _reading(annotator: str, row: Mapping[str, Any]) -> str:
    fields = ",\n".join(_field(key, value) for key, value in row.items())
    return f"{_written(annotator)}: {{\n{fields}\n}}"


def article_entry(example: Example) -> dict[str, Any]:
    """The line of an article in `corpus/articles.jsonl`: its metadata and the SHA-256 of its text."""
    row = article_to_row(example.article)
    entry = {key: row[key] for key in ("id", "title", "source", "published", "lang", "metadata")}
    return entry | {"sha256": row["text_sha256"]}


def read_article_entries(corpus: Path) -> dict[str, Mapping[str, Any]]:
    """The lines of `corpus/articles.jsonl` by article id; empty if there is no such file.

    Raises:
        FormatError: a line is no JSON object with an id.
    """
    path = corpus / ARTICLES_FILE
    return dict(_entries(path)) if path.is_file() else {}


def _entries(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for where, row in read_rows(path):
        if not isinstance(row.get("id"), str):
            raise FormatError(f"{where}: the line has no 'id' string; build the dataset again")
        yield row["id"], row
