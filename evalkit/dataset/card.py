"""The dataset card: README.md with the YAML header that `datasets` and the hub read."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalkit.dataset.describe import Description, describe_dataset
from evalkit.dataset.gold import GoldDataset, as_stored, stated_layers
from evalkit.layers.base import Layer
from evalkit.layers.table import all_layers

__all__ = ["METADATA_FIELDS", "features", "render_card"]

METADATA_FIELDS = ("section", "country", "story", "genre")
"""The metadata that every article of the bundled gold has."""


WIDTH = 120
"""Of the lines of the card."""


def features(
    metadata: Sequence[str] = METADATA_FIELDS, *, dated: bool = True, layers: Sequence[Layer[Any]] | None = None
) -> list[dict[str, object]]:
    """The declared features of a row, in the form of the `dataset_info` of a dataset card.

    Args:
        metadata: the names of the metadata fields.
        dated: whether every article has a full date, so that `published` can be declared as one.
        layers: the layers that rows hold; by default those that every row states.
    """
    if layers is None:
        layers = [layer for layer in all_layers() if layer.always_stated]
    declared: list[dict[str, object]] = [
        *_strings("id", "title", "source"),
        # Arrow takes ISO dates in JSON for timestamps; declared as a string, they would show a time of day.
        {"name": "published", "dtype": "date32" if dated else "string"},
        *_strings("lang"),
        {"name": "metadata", "struct": _strings(*metadata)},
        *_strings("text_sha256", "text"),
        {"name": "zones", "list": [*_strings("kind"), _offset("start"), _offset("end")]},
    ]
    declared += [{"name": layer.name, "list": _item_features(layer)} for layer in layers]
    scope = [{"name": name, "list": "string"} for name in ("layers", "labels", "zones")]
    return [*declared, {"name": "scope", "struct": scope}]


def _item_features(layer: Layer[Any]) -> list[dict[str, object]]:
    declared = _strings("id")
    for field in layer.fields:
        if field.type.feature is not None:
            declared.append({"name": field.name, **field.type.feature})
        if field.name == layer.spans_field and layer.shows_text:
            declared += _strings("text")
    return declared


def render_card(splits: Sequence[GoldDataset]) -> str:
    """The whole README.md: YAML header, statistics, how the gold was made, its limits, how to load it."""
    names = [split.split for split in splits]
    metadata = {key for split in splits for example in split for key in example.article.metadata}
    extra = sorted(metadata - set(METADATA_FIELDS))
    dated = all(len(example.article.published) == len("2025-03-14") for split in splits for example in split)
    layers = stated_layers(map(as_stored, splits))
    *first, last = [layer.name for layer in layers]
    words = f"{', '.join(first)} and {last}" if first else last
    header: dict[str, object] = {
        "license": "cc-by-4.0",
        "language": sorted({example.article.lang for split in splits for example in split} - {""}),
        "task_categories": ["token-classification", "text-classification"],
        "pretty_name": f"News gold: {words}",
        "size_categories": ["n<1K"],
        "configs": [
            {"config_name": "default", "data_files": [{"split": name, "path": f"{name}/*.json"} for name in names]}
        ],
        "dataset_info": {"features": features((*METADATA_FIELDS, *extra), dated=dated, layers=layers)},
    }
    text = _TEXT.replace("{table}", "\n".join(_table(describe_dataset(splits, metadata=False))))
    rows = textwrap.fill(_ROWS.replace("{quoted}", ", ".join(f"`{layer.name}`" for layer in layers)).strip(), WIDTH)
    text = text.replace("{names}", words).replace("{rows}", rows)
    return "---\n" + "".join(f"{line}\n" for line in _yaml(header)) + "---\n\n" + text


def _strings(*names: str) -> list[dict[str, object]]:
    return [{"name": name, "dtype": "string"} for name in names]


def _offset(name: str) -> dict[str, object]:
    return {"name": name, "dtype": "int32"}


def _yaml(value: object, indent: str = "") -> Iterator[str]:
    """Block YAML of plain values; strings are quoted as in JSON, which YAML reads alike."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(item, (Mapping, list)) and item:
                yield f"{indent}{key}:"
                yield from _yaml(item, indent + "  ")
            else:
                yield f"{indent}{key}: {json.dumps(item, ensure_ascii=False)}"
    elif isinstance(value, list):
        for item in value:
            lines = list(_yaml(item, indent + "  ")) if isinstance(item, (Mapping, list)) else [json.dumps(item)]
            yield f"{indent}- {lines[0].strip()}"
            yield from lines[1:]


def _table(description: Description) -> Iterator[str]:
    yield "| | " + " | ".join(description.splits) + " |"
    yield "|---|" + "---:|" * len(description.splits)
    for row in description.rows:
        name = row.name if row.group in ("size", "structure") else f"{row.group}: {row.name}"
        yield f"| {name} | " + " | ".join(str(count) for count in row.counts) + " |"


_ROWS = """
Each row is an article: `text` as published, `zones` (headline, lead, byline, caption, body, boilerplate), {quoted}, and
`scope`, which says what was annotated exhaustively: all layers in every zone but boilerplate. The `text` beside spans
is there to be read in a diff and is checked against the spans. Labels and their maps to other inventories are in
`labels.toml`.
"""

_TEXT = """# News gold: {names}

News articles with every mention of an entity, every quote with its cue and speaker, and every stance marked. Offsets
are half-open code points of `text`. Generated by `evalkit dataset build`; edits here are lost.

## What is in it

{table}

{rows}

## How it was made

The articles are synthetic: original texts written for this project and published nowhere else. People, companies,
outlets, agencies and parties are invented and live in a real geography; the pages have the shape of scraped news. No
sentence is taken from elsewhere. Each article was annotated after the [guidelines](GUIDELINES.md) and read a second
time against them; what the two readings decided differently is settled in the guidelines.

## How to load it

```python
import datasets

gold = datasets.load_dataset("annotations", split="test")
```

`published` is a date. In evalkit, without importing `datasets`:

```python
from evalkit import load_dataset

gold = load_dataset("annotations", split="test")
```

## Known limits

* The articles are written to contain hard cases, so quotes and stances are denser than in news at large.
* One language, and few articles: small differences between extractors cannot be told apart. Look at the intervals.
* The authors knew the guidelines while they wrote; running news meets cases that the guidelines do not decide.
* Author and annotator are one, so agreement between independent annotators is not measured.

## Licence

Texts and annotations: CC BY 4.0.
"""
