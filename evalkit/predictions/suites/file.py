"""A suite file: models × datasets × variants, as TOML.

::

    out = "runs/spring"          # where its runs go, below the working folder; runs/NAME-OF-THE-FILE by default

    [defaults]                   # for every run: options of scoring, reading and intervals by the names of Python
    tasks = ["entities"]
    resamples = 2000

    [[model]]
    model = "ner-base"           # as --model

    [[model]]
    name = "bert"                # of its folders; made of the model by default
    model = "hf:dslim/bert-base-NER"
    set = { device = "cpu" }     # as --set
    predicted_label_map = "conll4"

    [[dataset]]
    dataset = "gold/"            # as --dataset; the bundled gold without
    name = "own"
    split = "dev"

    [[variant]]                  # optional; every model is run over every dataset in each of them
    name = "sure"
    min_score = 0.5

What a variant says counts before what the dataset says, that before what the model says, that before the defaults.
Paths are from the working folder, as on a command line.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.errors import InputError
from evalkit.files import read_text
from evalkit.predictions.suites.cells import Suite, SuiteCell
from evalkit.registry import near_match
from evalkit.toml import TomlPlaces, parse_toml

__all__ = ["SUITE_WORDS", "check_folder_name", "read_suite"]

_TEXTS = (
    *("label_map", "gold_label_map", "predicted_label_map", "interval", "cluster", "format", "gold_format", "profile"),
    *("annotator", "offsets", "split"),
)
_LISTS = ("tasks", "conventions", "labels", "scope", "without")
_WHOLE = {"resamples": 0, "seed": 0, "limit": 1, "batch_size": 1, "max_tokens": 1, "max_failures": 0}
_NUMBERS = ("level", "article_timeout", "max_cost")
SUITE_WORDS = (*_TEXTS, *_LISTS, *_WHOLE, *_NUMBERS, "min_score", "values")
"""Options that may stand in a suite file, by the names that they have in Python."""

_OWN = {
    "model": ("model", "name", "set"),
    "dataset": ("dataset", "name"),
    "variant": ("name", "set"),
    "defaults": ("set",),
}
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
BETWEEN = "--"


def read_suite(path: Path, out: Path | None = None) -> Suite:
    """The suite of a file.

    Args:
        path: the file.
        out: the folder of its runs, in place of the one that it names.

    Raises:
        InputError: the file cannot be read, or says what cannot be; names the line.
        FormatError: it is no TOML.
    """
    text = read_text(path, remedy="give a TOML file of a suite")
    data, places = parse_toml(text, path), TomlPlaces(path, text)
    for key in data:
        if key not in ("out", "defaults", "model", "dataset", "variant"):
            raise _unknown(places.of(key, table="model"), key, ("out", "defaults", "model", "dataset", "variant"))
    tables = {name: _tables(data, name, places) for name in ("model", "dataset", "variant")}
    if not tables["model"]:
        raise InputError(f'{path}: names no model; write at least one [[model]] with model = "NAME"')
    defaults = data.get("defaults", {})
    if not isinstance(defaults, dict):
        raise InputError(f"{places.of('defaults', table='model')}: defaults must be a table, [defaults]")
    _check_row(defaults, "defaults", None, places)
    models = _named(tables["model"], "model", places)
    datasets = _named(tables["dataset"] or [{}], "dataset", places)
    variants = _named(tables["variant"], "variant", places) if tables["variant"] else [("", {})]
    cells = [
        _cell(model, dataset, variant, defaults)
        for dataset, model, variant in itertools.product(datasets, models, variants)
    ]
    folders = [cell.folder.casefold() for cell in cells]
    for cell in cells:
        if folders.count(cell.folder.casefold()) > 1:
            raise InputError(f"{path}: two runs would lie in {cell.folder}; give models and variants other names")
    return Suite(name=path.stem, out=(out or _out(data, path, places)).as_posix(), cells=tuple(cells))


def check_folder_name(name: str, where: str) -> str:
    """The name, if a folder may be called so that lies where it is put, on every system.

    Raises:
        InputError: it may not.
    """
    if not _FOLDER.fullmatch(name) or _DEVICE.fullmatch(name) or name.endswith("."):
        raise InputError(
            f"{where}: name {name[:60]!r} cannot be that of a folder; use at most 60 letters, digits, "
            "'-', '_' and '.', and begin with a letter or digit"
        )
    return name


def _out(data: Mapping[str, Any], path: Path, places: TomlPlaces) -> Path:
    """The folder of the runs, which a file of somebody else's does not put just anywhere."""
    if "out" not in data:
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).strip("-.") or "suite"
        return Path("runs") / stem[:60]
    place, out = places.of("out", table="model"), data["out"]
    if not isinstance(out, str) or not out:
        raise InputError(f"{place}: out must be the path of a folder in quotes, found {out!r:.60}")
    for part in out.split("/"):
        check_folder_name(part, f"{place}: out lies below the working folder (--out puts it anywhere)")
    return Path(out)


def _tables(data: Mapping[str, Any], name: str, places: TomlPlaces) -> list[dict[str, Any]]:
    rows = data.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{places.of(name, table=name)}: {name} must be written as [[{name}]], one for each")
    for number, row in enumerate(rows):
        _check_row(row, name, number, places)
    return rows


def _check_row(row: Mapping[str, Any], table: str, number: int | None, places: TomlPlaces) -> None:
    known = (*_OWN[table], *SUITE_WORDS)
    for key, value in row.items():
        place = places.of(key, number, table)
        if key not in known:
            raise _unknown(place, key, known)
        if wanted := _misfit(key, value):
            raise InputError(f"{place}: {key} must be {wanted}, found {value!r:.60}")
    if table == "model" and "model" not in row:
        raise InputError(
            f'{places.of("model", number, table)}: names no extractor; write model = "NAME", as for --model'
        )
    if table == "variant" and "name" not in row:
        raise InputError(
            f'{places.of("variant", number, table)}: has no name; write name = "…", its folders are called so'
        )


def _misfit(key: str, value: Any) -> str:
    """What a value should be; empty if it is."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if key in (*_TEXTS, "model", "dataset", "name"):
        return "" if isinstance(value, str) and value else "text in quotes"
    if key in _LISTS:
        texts = value if isinstance(value, list) else [value]
        return (
            "" if texts and all(isinstance(own, str) and own for own in texts) else "a word in quotes or a list of them"
        )
    if key in _WHOLE:
        return "" if type(value) is int and value >= _WHOLE[key] else f"a whole number from {_WHOLE[key]}"
    if key in _NUMBERS:
        return "" if number and value > 0 else "a number above 0"
    if key in ("set", "values"):
        plain = isinstance(value, dict) and all(isinstance(own, (str, int, float)) for own in value.values())
        return "" if plain else "a table of settings, { NAME = VALUE }"
    # Thresholds: a number, LABEL=number or several; what they say is looked at with the others.
    texts = value if isinstance(value, list) else [value]
    return "" if all(isinstance(own, (str, int, float)) for own in texts) else "a number, or a list of LABEL=number"


def _named(rows: Sequence[dict[str, Any]], table: str, places: TomlPlaces) -> list[tuple[str, dict[str, Any]]]:
    """The rows with their names, which differ, in small letters too: not every system tells these apart."""
    named: dict[str, tuple[str, dict[str, Any]]] = {}
    for number, row in enumerate(rows):
        place = places.of("name" if "name" in row else table, number, table)
        given = row.get("name") or _name_of(row.get(table) or "news-gold", row)
        name = check_folder_name(given, place)
        if name.casefold() in named:
            raise InputError(f'{place}: {table} {name!r} is there twice; give each a name of its own, name = "…"')
        named[name.casefold()] = name, row
    return list(named.values())


def _name_of(given: str, row: Mapping[str, Any]) -> str:
    """A name for folders, made of how a model or dataset is asked for."""
    parts = [given.rstrip("/").removesuffix(".jsonl").removesuffix(".json")]
    parts += [row["split"]] if "dataset" in row and row.get("split", "test") != "test" else []
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", "-".join(parts)).strip("-.")
    return name[:60].strip("-.") or "unnamed"


def _cell(
    model: tuple[str, Mapping[str, Any]],
    dataset: tuple[str, Mapping[str, Any]],
    variant: tuple[str, Mapping[str, Any]],
    defaults: Mapping[str, Any],
) -> SuiteCell:
    rows = defaults, model[1], dataset[1], variant[1]
    words = {key: value for row in rows for key, value in row.items() if key in SUITE_WORDS}
    values = {key: _text(value) for key, value in words.pop("values", {}).items()}
    settings = {key: _text(value) for row in rows for key, value in row.get("set", {}).items()}
    called = model[0] + (f"{BETWEEN}{variant[0]}" if variant[0] else "")
    return SuiteCell(
        model=model[0],
        dataset=dataset[0],
        variant=variant[0],
        folder=f"{dataset[0]}/{called}",
        spelling=model[1]["model"],
        source=dataset[1].get("dataset"),
        settings=settings,
        words={**words, **({"values": values} if values else {})},
    )


def _text(value: Any) -> str:
    """A setting as a command line would say it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unknown(place: str, key: str, known: Sequence[str]) -> InputError:
    near = near_match(key, known)
    hint = f"did you mean {near!r}?" if near else f"there are {', '.join(known)}"
    return InputError(f"{place}: unknown field {key[:60]!r}; {hint}")
