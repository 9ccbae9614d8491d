"""Tokens with `ner_tags` as `datasets` keeps them: read from its files, written as a folder that it opens.

A folder that is written holds a file of each split: `data/SPLIT-00000-of-00001.parquet`, which `load_dataset` and the
hub take, or with the setting `container=saved` what `load_from_disk` takes. Its columns are `id`, `tokens`, `ner_tags`
(classes with their names, in IOB2), and `text`, from which tokens were cut: evalkit reads the text, and so every offset
comes back.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.formats.base import Batch, Format, Losses, Source
from evalkit.formats.tags.token_settings import HELP
from evalkit.options import ReadOptions
from evalkit.records import Example

__all__ = ["HF_TOKENS"]

_SUFFIXES = (".parquet", ".arrow", ".jsonl")
_CONTAINERS = ("parquet", "saved")
_NOT_A_SPLIT = re.compile(r"\W+")
_OF_ARTICLE = ("title", "source", "published", "lang")


def _read(source: Source, options: ReadOptions) -> Batch:
    from evalkit.files import is_standard_input, read_bytes
    from evalkit.formats.columnar import table_rows
    from evalkit.formats.native.format import batch_of_rows
    from evalkit.formats.native.rows import read_rows
    from evalkit.formats.tags.token_settings import token_settings

    settings = token_settings(options.values, beside=source.path.parent)
    problems: list[Any] = []
    if is_standard_input(source.path):
        head = read_bytes(source.path)[:8]
    else:
        with source.path.open("rb") as file:
            head = file.read(8)
    rows = table_rows(source.path, head)
    if rows is None:
        rows = read_rows(source.path, on_error=problems.append)
    return batch_of_rows(rows, predicted=source.predicted, problems=problems, unnamed=source.unnamed, tokens=settings)


def _write(batch: Batch, target: Path, options: ReadOptions) -> Losses:
    from evalkit.formats.tags.flat import tag_losses
    from evalkit.registry import unknown_name

    container = str(options.values.get("container") or _CONTAINERS[0])
    if container not in _CONTAINERS:
        raise unknown_name("container", container, _CONTAINERS)
    lost: Counter[str] = Counter()
    rows = [_row(example, lost) for example in batch.examples]
    splits = [_split_name(split) for split in batch.splits or (None,) * len(rows)]
    labels = sorted({label for row in rows for _, _, label in row["spans"]})
    features = _features(labels, rows)
    for split in dict.fromkeys(splits):
        own = [_plain(row, features, labels) for row, named in zip(rows, splits, strict=True) if named == split]
        table = _table(own, features)
        if container == "parquet":
            _write_parquet(table, target / "data" / f"{split}-00000-of-00001.parquet")
        else:
            _write_saved(table, target / split, features)
    if container == "saved":
        from evalkit.files import json_bytes, write_file

        write_file(target / "dataset_dict.json", json_bytes({"splits": list(dict.fromkeys(splits))}))
    renamed = sum(split is not None and _split_name(split) != split for split in batch.splits)
    left_out = {
        "zones": sum(len(example.article.zones) for example in batch.examples),
        "articles of splits whose names datasets does not take, which were changed": renamed,
    }
    return tag_losses(batch.examples, +lost, left_out)


def _split_name(split: str | None) -> str:
    # What names no split is one all the same to `datasets`, and gold without one is there to test.
    return _NOT_A_SPLIT.sub("_", split) if split else "test"


def _row(example: Example, lost: Counter[str]) -> dict[str, Any]:
    """The columns of an article, its tags as spans of tokens."""
    from evalkit.formats.tags.flat import BAD_LABEL, flat_entities, holds_label
    from evalkit.formats.tokens import TokenIndex, words
    from evalkit.layers.entities import ENTITIES

    article = example.article
    entities = ENTITIES.of(example.gold)
    tokens = words(article.text)
    index = TokenIndex(article.text, tokens)
    spans = []
    held = []
    for entity in entities or ():
        # Only what tokens can hold at all may keep others out.
        found = index.of(entity.spans[0]) if len(entity.spans) == 1 else (0, 0)
        if isinstance(found, str):
            lost[found] += 1
        elif not holds_label(entity.label):
            lost[BAD_LABEL] += 1
        else:
            held.append(entity)
    for span, label in flat_entities(held, lost):
        found = index.of(span)
        if not isinstance(found, str):
            spans.append((*found, label))
    return {
        "id": article.id,
        "tokens": [article.text[start:end] for start, end in tokens],
        "spans": spans,
        "tagged": entities is not None,
        "text": article.text,
        **{name: getattr(article, name) for name in _OF_ARTICLE},
        "metadata": dict(article.metadata),
    }


def _features(labels: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What `datasets` declares of the columns; those in which no article has anything are left out."""
    text = {"dtype": "string", "_type": "Value"}
    names = ["O", *(f"{letter}-{label}" for label in labels for letter in "BI")]
    features: dict[str, Any] = {
        "id": text,
        "tokens": {"feature": text, "_type": "Sequence"},
        "ner_tags": {"feature": {"names": names, "_type": "ClassLabel"}, "_type": "Sequence"},
        "text": text,
    }
    features |= {name: text for name in _OF_ARTICLE if any(row[name] for row in rows)}
    keys = sorted({key for row in rows for key in row["metadata"]})
    return features | ({"metadata": dict.fromkeys(keys, text)} if keys else {})


def _plain(row: Mapping[str, Any], features: Mapping[str, Any], labels: Sequence[str]) -> dict[str, Any]:
    numbers = {label: 1 + 2 * number for number, label in enumerate(labels)}
    tags = [0] * len(row["tokens"])
    for start, end, label in row["spans"]:
        tags[start:end] = [numbers[label], *[numbers[label] + 1] * (end - start - 1)]
    return {**{name: row[name] for name in features if name != "ner_tags"}, "ner_tags": tags if row["tagged"] else None}


def _table(rows: Sequence[Mapping[str, Any]], features: Mapping[str, Any]) -> Any:
    from importlib import import_module

    from evalkit.files import json_bytes

    # Untyped and heavy.
    arrow: Any = import_module("pyarrow")
    types = {
        "tokens": arrow.list_(arrow.string()),
        "ner_tags": arrow.list_(arrow.int64()),
        "metadata": arrow.struct([(key, arrow.string()) for key in features.get("metadata", ())]),
    }
    declared = json_bytes({"info": {"features": features}})
    schema = arrow.schema(
        [(name, types.get(name, arrow.string())) for name in features], metadata={"huggingface": declared}
    )
    return arrow.Table.from_pylist(list(rows), schema=schema)


def _write_parquet(table: Any, path: Path) -> None:
    from importlib import import_module

    from evalkit.files import make_folder, writing

    make_folder(path.parent)
    with writing(path):
        import_module("pyarrow.parquet").write_table(table, str(path))


def _write_saved(table: Any, folder: Path, features: Mapping[str, Any]) -> None:
    """What `Dataset.save_to_disk` writes; its fingerprint is one of the content, so that the same gold is the same."""
    from hashlib import sha256
    from importlib import import_module

    from evalkit.files import json_bytes, make_folder, write_file, writing

    arrow: Any = import_module("pyarrow")
    make_folder(folder)
    name = "data-00000-of-00001.arrow"
    with (
        writing(folder / name),
        arrow.OSFile(str(folder / name), "wb") as file,
        arrow.ipc.new_stream(file, table.schema) as stream,
    ):
        stream.write_table(table)
    content = sha256((folder / name).read_bytes()).hexdigest()
    state: dict[str, Any] = {
        "_data_files": [{"filename": name}],
        "_fingerprint": content[:16],
        "_format_columns": None,
        "_format_kwargs": {},
        "_format_type": None,
        "_output_all_columns": False,
        "_split": folder.name,
    }
    write_file(folder / "state.json", json_bytes(state))
    info = {"citation": "", "description": "", "features": features, "homepage": "", "license": ""}
    write_file(folder / "dataset_info.json", json_bytes(info))


HF_TOKENS = Format(
    name="hf-tokens",
    about="tokens with ner_tags as datasets keeps them: Parquet, Arrow or JSON rows",
    suffixes=_SUFFIXES,
    read=_read,
    write=_write,
    # Such files are Parquet, Arrow or JSON to whoever looks into them, and read as what they are.
    sniff=lambda path, head: 0.0,
    options=HELP,
    has_offsets=False,
    keeps_splits=True,
    of_rows=True,
)
