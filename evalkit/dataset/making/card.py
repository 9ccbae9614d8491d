"""The dataset card: README.md with the YAML header that `datasets` and the hub read.

It says of a dataset what its owner declared (`evalkit.dataset.making.declaration`) and what can be counted, and nothing
else.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from evalkit.dataset.describe import Description, describe_dataset
from evalkit.dataset.gold import GoldDataset, as_stored, stated_layers
from evalkit.dataset.loading.readings import annotations_of, counted_readings
from evalkit.dataset.making.declaration import DATASET_FILE, Declaration
from evalkit.dataset.publishing.licences import LICENCE, ORIGIN
from evalkit.dataset.publishing.measured import Measurement
from evalkit.formats.native.rows import READINGS
from evalkit.harmless import clean_output, json_text, markdown_text
from evalkit.layers.base import Layer
from evalkit.layers.scopes import scope_to_table
from evalkit.layers.table import all_layers
from evalkit.records import ZONES, Annotations, Example, Scope
from evalkit.showing import number_of

__all__ = ["METADATA_FIELDS", "features", "features_of", "render_card"]

METADATA_FIELDS = ("section", "country", "story", "genre")
"""The metadata that every article of the bundled gold has."""


WIDTH = 120
"""Of the lines of the card that are not the owner's."""


def features(
    metadata: Sequence[str] = METADATA_FIELDS,
    *,
    dated: bool = True,
    layers: Sequence[Layer[Any]] | None = None,
    scoped: Mapping[str, Sequence[str]] | None = None,
    without: Mapping[str, Collection[str]] | None = None,
    readings: Sequence[Example] = (),
) -> list[dict[str, object]]:
    """The declared features of a row, in the form of the `dataset_info` of a dataset card.

    Args:
        metadata: the names of the metadata fields.
        dated: whether every article has a full date, so that `published` can be declared as one.
        layers: the layers that rows hold; by default those that every row states.
        scoped: the layers that a scope says something of, and what.
        without: layer → fields that no item of it has, of those that rows leave out where they are not given.
        readings: the examples, if somebody's readings are kept in them.
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
    absent = without or {}
    declared += [{"name": layer.name, "list": _item_features(layer, absent.get(layer.name, ()))} for layer in layers]
    declared.append({"name": "scope", "struct": _scope_features(scoped or {})})
    if names := counted_readings(readings):
        declared.append({"name": READINGS, "struct": [_reading_features(readings, name) for name in names]})
    return declared


def _scope_features(scoped: Mapping[str, Sequence[str]]) -> list[dict[str, object]]:
    scope: list[dict[str, object]] = [{"name": name, "list": "string"} for name in ("layers", "labels", "zones")]
    return scope + [
        {"name": name, "struct": [{"name": key, "list": "string"} for key in keys]} for name, keys in scoped.items()
    ]


def _reading_features(examples: Sequence[Example], annotator: str) -> dict[str, object]:
    """The features of what one annotator said, as far as rows have it."""
    own = [(one.readings[annotator], one.gold) for one in examples if annotator in one.readings]
    readings = [reading for reading, _ in own]
    annotated = {name for reading in readings for name in reading.layers}
    layers = [layer for layer in all_layers() if layer.always_stated or layer.name in annotated]
    unused = _unused(readings, layers)
    declared: list[dict[str, object]] = [
        {"name": layer.name, "list": _item_features(layer, unused[layer.name])} for layer in layers
    ]
    scopes = [reading.scope for reading, gold in own if reading.scope != gold.scope]
    if scopes:
        declared.append({"name": "scope", "struct": _scope_features(_scoped(scopes))})
    return {"name": annotator, "struct": declared}


def _item_features(layer: Layer[Any], without: Collection[str]) -> list[dict[str, object]]:
    declared = _strings("id")
    for field in layer.fields:
        if field.type.feature is not None and field.name not in without:
            declared.append({"name": field.name, **field.type.feature})
        if field.name == layer.spans_field and layer.shows_text:
            declared += _strings("text")
    return declared


def render_card(
    splits: Sequence[GoldDataset],
    declared: Declaration | None = None,
    *,
    folder: str = "",
    measured: Mapping[str, Measurement] | None = None,
) -> str:
    """The whole README.md.

    Args:
        splits: what is in the dataset.
        declared: what its owner says of it.
        folder: how the folder is called, for the example that loads it; by default like the dataset.
        measured: what was measured of it, by the name of what measured.
    """
    declared = declared or Declaration()
    layers = stated_layers(map(as_stored, splits))
    title = declared.title or splits[0].name
    shown = next((gold.split for gold in splits if gold.split == "test"), splits[-1].split)
    example = f"{json.dumps(folder or splits[0].name)}, split={json.dumps(shown)})"
    dated = _dated(splits)
    parts = [
        f"# {_plain(title)}",
        declared.about,
        _wrapped(f"Offsets are half-open code points of `text`. {_GENERATED}"),
        "## What is in it",
        "\n".join(_table(describe_dataset(splits, metadata=False))),
        _wrapped(_rows(splits, layers)),
        *_section("How it was made", declared.source, declared.annotators, *_readers(splits, declared)),
        *_section("What was measured", *_measured(splits, measured or {})),
        "## How to load it",
        _code(f"import datasets\n\ngold = datasets.load_dataset({example}"),
        ("`published` is a date. " if dated else "") + "In evalkit, without importing `datasets`:",
        _code(f"from evalkit import load_dataset\n\ngold = load_dataset({example}"),
        *_section("Known limits", "\n".join(f"* {limit}" for limit in declared.limits)),
        *_section(
            "Licence",
            declared.licence or f"None is declared (`licence` in `{DATASET_FILE}`).",
            *_licences_of_articles(splits),
        ),
        *_section("Contact", declared.contact),
    ]
    header = "".join(f"{line}\n" for line in _yaml(_header(splits, layers, declared, title)))
    # Markdown of the owner stays Markdown; nothing of it steers a terminal or turns the direction of what follows.
    return clean_output(f"---\n{header}---\n\n" + "\n\n".join(part for part in parts if part) + "\n")


def _header(
    splits: Sequence[GoldDataset], layers: Sequence[Layer[Any]], declared: Declaration, title: str
) -> dict[str, object]:
    names = [split.split for split in splits]
    examples = [example for split in splits for example in split]
    articles = [example.article for example in examples]
    annotated = _annotated(splits)
    spans = {layer.spans_field is not None and layer.needs_spans for layer in layers if layer.name in annotated}
    tasks = [name for name, there in (("token-classification", True), ("text-classification", False)) if there in spans]
    header: dict[str, object] = {
        **_licence(declared.licence),
        "language": sorted({article.lang for article in articles} - {""}),
        "task_categories": tasks,
        "pretty_name": title,
        "size_categories": [next(name for limit, name in _SIZES if len(articles) < limit)],
        "configs": [
            {"config_name": "default", "data_files": [{"split": name, "path": f"{name}/*.json"} for name in names]}
        ],
        "dataset_info": {
            "features": features_of(splits),
        },
    }
    return {key: value for key, value in header.items() if value}


def features_of(splits: Sequence[GoldDataset]) -> list[dict[str, object]]:
    """The declared features of a row of a dataset: what its articles and items hold."""
    examples = [example for split in splits for example in split]
    layers = stated_layers(map(as_stored, splits))
    metadata = {key for example in examples for key in example.article.metadata}
    ordered = [*(key for key in METADATA_FIELDS if key in metadata), *sorted(metadata - set(METADATA_FIELDS))]
    return features(
        ordered,
        dated=_dated(splits),
        layers=layers,
        scoped=_scoped([example.gold.scope for example in examples]),
        without=_unused([example.gold for example in examples], layers),
        readings=examples,
    )


def _unused(annotations: Sequence[Annotations], layers: Sequence[Layer[Any]]) -> dict[str, list[str]]:
    """Layer → the fields, of those that rows leave out where they are not given, that no item has."""

    def used(layer: Layer[Any], field: str) -> bool:
        return any(getattr(item, field) for own in annotations for item in layer.of(own) or ())

    return {layer.name: [field for field in layer.left_out if not used(layer, field)] for layer in layers}


_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (1e18, "n>1M"))
"""Numbers of articles below which the hub's words for sizes hold."""


def _licence(declared: str) -> dict[str, object]:
    """An identifier as it is, a name as what the hub calls another licence, nothing for nothing."""
    if not declared:
        return {}
    if re.fullmatch(r"[a-z0-9.+-]+", declared):
        return {"license": declared}
    return {"license": "other", "license_name": " ".join(declared.split())}


def _dated(splits: Sequence[GoldDataset]) -> bool:
    """Whether every article has a full date."""
    return all(len(example.article.published) == len("2025-03-14") for split in splits for example in split)


def _rows(splits: Sequence[GoldDataset], layers: Sequence[Layer[Any]]) -> str:
    annotated = _annotated(splits)
    named = ", ".join(f"`{layer.name}`" for layer in layers if layer.name in annotated)
    nobody = ", ".join(f"`{layer.name}`" for layer in layers if layer.name not in annotated)
    partial = any(layer.of(example.gold) is None for layer in layers for split in splits for example in split)
    scopes = {example.gold.scope for split in splits for example in split}
    zones = {tuple(sorted(scope.zones or ())) for scope in scopes}
    everything = zones == {tuple(sorted(set(ZONES) - {"boilerplate"}))} and all(
        scope.layers is None and scope.labels is None and not scope.of for scope in scopes
    )
    listed = any(split.inventory.definitions for split in splits)
    labels = " Labels and their maps to other inventories are in `labels.toml`." if listed else ""
    which = "all layers that are not null" if partial else "all layers"
    usual = f": {which} in every zone but boilerplate, as a build takes it where no scope is declared"
    exhaustive = usual if everything and annotated else ""
    not_annotated = f"Not annotated, and null: {nobody}. " if nobody else ""
    several = any(example.readings for split in splits for example in split)
    readings = " `readings` has what each annotator said, by name, in the same lists." if several else ""
    return (
        f"Each row is an article: `text` as published, `zones` ({', '.join(ZONES)}), {named or 'no layer'}, and "
        f"`scope`, which says what was annotated exhaustively{exhaustive}. {not_annotated}The `text` beside spans is "
        "there to be read in a diff and is "
        f"checked against the spans.{readings}{labels}"
    )


def _annotated(splits: Sequence[GoldDataset]) -> set[str]:
    """The layers that anybody annotated, in gold or in readings."""
    return {name for split in splits for own in annotations_of(split) for name in own.layers}


def _section(title: str, *paragraphs: str) -> Iterator[str]:
    """A heading and its paragraphs, unless there is none."""
    if any(paragraphs):
        yield f"## {title}"
        yield from paragraphs


def _readers(splits: Sequence[GoldDataset], declared: Declaration) -> Iterator[str]:
    """Which guidelines were followed, and whose readings there are, with what the owner says of them."""
    if declared.guidelines:
        yield f"Guidelines: {declared.guidelines}"
    several = counted_readings(example for split in splits for example in split)
    if several:
        yield "\n".join(
            f"* {_plain(name)}: read {number_of(articles, 'article')}"
            + (f". {declared.readers[name]}" if name in declared.readers else "")
            for name, articles in several.items()
        )
    if disputed := {name: number for split in splits for name, number in split.disputed.items()}:
        things = number_of(sum(disputed.values()), "item is", "items are")
        yield f"{things} disputed in {number_of(len(disputed), 'article')}: nobody has decided, so the gold lacks them."


def _measured(splits: Sequence[GoldDataset], measured: Mapping[str, Measurement]) -> Iterator[str]:
    """A table of figures, over which splits they are, and what of it is about an earlier state."""
    rows = [
        f"| {_plain(name)} | {_plain(own.about or figure)} | {_figure(own.value)} | "
        f"{'' if own.ci is None else ' to '.join(map(_figure, own.ci))} |"
        for name, one in measured.items()
        for figure, own in one.figures.items()
    ]
    if rows:
        yield "\n".join(["| measured | figure | value | interval |", "|---|---|---:|---|", *rows])
    over: dict[tuple[str, ...], list[str]] = {}
    for name, one in measured.items():
        over.setdefault(one.splits, []).append(name)
    for names, own_names in over.items():
        yield f"Over the splits {', '.join(map(_plain, names))}: {', '.join(map(_plain, own_names))}."
    changed = {name: one.changed(splits) for name, one in measured.items()}
    if old := [f"{name} ({', '.join(what)})" for name, what in changed.items() if what]:
        yield f"Changed since it was measured: {', '.join(map(_plain, old))}."


def _figure(value: float | None) -> str:
    return "–" if value is None else format(value, ".4g")


def _licences_of_articles(splits: Sequence[GoldDataset]) -> Iterator[str]:
    """Under which licence and from where how many articles are, if they say so."""
    stated = Counter(
        tuple(str(example.article.metadata.get(name) or "not said") for name in (LICENCE, ORIGIN))
        for split in splits
        for example in split
    )
    if set(stated) - {("not said", "not said")}:
        yield "By article (`licence`, `origin`):"
        yield "\n".join(
            f"* {number_of(number, 'article')}: {_plain(licence)}, {_plain(origin)}"
            for (licence, origin), number in sorted(stated.items())
        )


def _code(lines: str) -> str:
    return f"```python\n{lines}\n```"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH)


def _scoped(scopes: Iterable[Scope]) -> dict[str, tuple[str, ...]]:
    """What some scope says of single layers, by layer: the keys of its table."""
    keys: dict[str, set[str]] = {}
    for own in (own for scope in scopes for own in scope.of):
        keys.setdefault(own.layer, set()).update(scope_to_table(own))
    return {layer: tuple(sorted(named)) for layer, named in sorted(keys.items())}


def _strings(*names: str) -> list[dict[str, object]]:
    return [{"name": name, "dtype": "string"} for name in names]


def _offset(name: str) -> dict[str, object]:
    return {"name": name, "dtype": "int32"}


_PLAIN = re.compile(r"(?!.*(www\.|GH-\d))[\w (),:.'-]*", re.IGNORECASE)


def _plain(text: str) -> str:
    """A name in the card, escaped only if something in it could be live, so that the card can be read as it is."""
    return text if _PLAIN.fullmatch(text) else markdown_text(text)


def _yaml(value: object, indent: str = "") -> Iterator[str]:
    """Block YAML of plain values; strings are quoted as in JSON, which YAML reads alike."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(item, (Mapping, list)) and item:
                yield f"{indent}{key}:"
                yield from _yaml(item, indent + "  ")
            else:
                # A line of YAML may end where one of JSON does not.
                yield f"{indent}{key}: {json_text(json.dumps(item, ensure_ascii=False))}"
    elif isinstance(value, list):
        for item in value:
            lines = list(_yaml(item, indent + "  ")) if isinstance(item, (Mapping, list)) else [json.dumps(item)]
            yield f"{indent}- {lines[0].strip()}"
            yield from lines[1:]


def _table(description: Description) -> Iterator[str]:
    yield "| | " + " | ".join(map(_plain, description.splits)) + " |"
    yield "|---|" + "---:|" * len(description.splits)
    for row in description.rows:
        name = row.name if row.group in ("size", "structure") else f"{row.group}: {row.name}"
        yield f"| {_plain(name)} | " + " | ".join("–" if count is None else str(count) for count in row.counts) + " |"


_GENERATED = f"This card is made by `evalkit dataset build` from counts and from `{DATASET_FILE}`; edits here are lost."
