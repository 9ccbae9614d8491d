"""The dataset card: README.md with the YAML header that `datasets` and the hub read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from evalkit.dataset.describe import Description, describe_dataset
from evalkit.dataset.gold import GoldDataset

__all__ = ["METADATA_FIELDS", "features", "render_card"]

METADATA_FIELDS = ("section", "country", "story", "genre")
"""The metadata that every article of the bundled gold has."""

_SPANS = {"list": {"list": "int32"}}


def features(metadata: Sequence[str] = METADATA_FIELDS, *, dated: bool = True) -> list[dict[str, object]]:
    """The declared features of a row, in the form of the `dataset_info` of a dataset card.

    Args:
        metadata: the names of the metadata fields.
        dated: whether every article has a full date, so that `published` can be declared as one.
    """
    return [
        *_strings("id", "title", "source"),
        # Arrow takes ISO dates in JSON for timestamps; declared as a string, they would show a time of day.
        {"name": "published", "dtype": "date32" if dated else "string"},
        *_strings("lang"),
        {"name": "metadata", "struct": _strings(*metadata)},
        *_strings("text_sha256", "text"),
        {"name": "zones", "list": [*_strings("kind"), _int("start"), _int("end")]},
        {"name": "entities", "list": [*_strings("id"), _spans("spans"), *_strings("text", "label", "entity_id")]},
        {
            "name": "quotes",
            "list": [
                *_strings("id", "kind"),
                _spans("content"),
                *_strings("text"),
                _spans("cue"),
                {"name": "speaker", "list": "int32"},
                *_strings("speaker_id"),
            ],
        },
        {
            "name": "stances",
            "list": [*_strings("id", "holder", "target", "label"), _spans("evidence"), *_strings("quote_id")],
        },
        {"name": "scope", "struct": [{"name": name, "list": "string"} for name in ("layers", "labels", "zones")]},
    ]


def render_card(splits: Sequence[GoldDataset]) -> str:
    """The whole README.md: YAML header, statistics, how the gold was made, its limits, how to load it."""
    names = [split.split for split in splits]
    metadata = {key for split in splits for example in split for key in example.article.metadata}
    extra = sorted(metadata - set(METADATA_FIELDS))
    dated = all(len(example.article.published) == len("2025-03-14") for split in splits for example in split)
    header: dict[str, object] = {
        "license": "cc-by-4.0",
        "language": sorted({example.article.lang for split in splits for example in split} - {""}),
        "task_categories": ["token-classification", "text-classification"],
        "pretty_name": "News gold: entities, quotes and stances",
        "size_categories": ["n<1K"],
        "configs": [
            {"config_name": "default", "data_files": [{"split": name, "path": f"{name}/*.json"} for name in names]}
        ],
        "dataset_info": {"features": features((*METADATA_FIELDS, *extra), dated=dated)},
    }
    table = "\n".join(_table(describe_dataset(splits)))
    return "---\n" + "".join(f"{line}\n" for line in _yaml(header)) + "---\n\n" + _TEXT.replace("{table}", table)


def _strings(*names: str) -> list[dict[str, object]]:
    return [{"name": name, "dtype": "string"} for name in names]


def _int(name: str) -> dict[str, object]:
    return {"name": name, "dtype": "int32"}


def _spans(name: str) -> dict[str, object]:
    return {"name": name, **_SPANS}


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
    for group in ("size", "entities", "structure", "quotes", "speakers", "stances"):
        for row in description.groups().get(group, []):
            name = row.name if group in ("size", "structure") else f"{group}: {row.name}"
            yield f"| {name} | " + " | ".join(str(count) for count in row.counts) + " |"


_TEXT = """# News gold: entities, quotes and stances

News articles with every mention of an entity, every quote with its cue and speaker, and every stance marked. Offsets
are half-open code points of `text`. Generated by `evalkit dataset build`; edits here are lost.

## What is in it

{table}

Each row is an article: `text` as published, `zones` (headline, lead, byline, caption, body, boilerplate), `entities`,
`quotes`, `stances`, and `scope`, which says what was annotated exhaustively: all three layers in every zone but
boilerplate. The `text` beside spans is there to be read in a diff and is checked against the spans. Labels and their
maps to other inventories are in `labels.toml`.

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
