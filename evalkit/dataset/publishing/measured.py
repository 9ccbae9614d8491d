"""What was measured of a dataset, kept in its folder for the card: agreement, leakage, suspects.

Who measures says so (`--record`); the card repeats the figures, and says which of what was measured has changed since.
What is kept is about the whole dataset: a part of it, or another reading of it, is not what the card speaks of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import fields as fields_of
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from evalkit.dataset.fingerprint import fingerprint_of
from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.loading.readings import counted_readings
from evalkit.dataset.loading.sources import ALL, find_place
from evalkit.errors import InputError
from evalkit.files import json_bytes, read_json, write_file
from evalkit.options import ReadOptions, Scoring
from evalkit.shapes import checked, each, fields, interval, list_of, number, text
from evalkit.version import __version__

__all__ = [
    "ARTICLES",
    "GOLD",
    "MEASURED_FILE",
    "READINGS",
    "Figure",
    "Measurement",
    "folder_to_record_in",
    "read_measured",
    "record_measurement",
]

MEASURED_FILE = ".evalkit-measured.json"

ARTICLES, GOLD, READINGS = "articles", "gold", "readings"
"""What can be measured: texts with what is known of them, and gold, by split; what each annotator said, by name."""


def _figure(value: object) -> None:
    """A number, or nothing where it is not defined."""
    if value is not None:
        number()(value)


_ONE = fields(
    {"evalkit": text, "figures": each(_figure)},
    {
        "splits": list_of(text),
        "of": each(each(text)),
        "about": each(text),
        "ci": each(interval),
        # The first form had the fingerprints of the gold, and nothing else.
        "gold": each(text),
    },
)
_MEASURED = fields({"version": number(1, 1), "measured": each(_ONE)}, {"format": text})


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure.

    Attributes:
        value: what was measured; None where it is not defined.
        about: what it is, in words; "" where its name says it.
        ci: the bounds of its interval, if it has one.
    """

    value: float | None
    about: str = ""
    ci: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """Figures and what they are about.

    Attributes:
        figures: name → figure.
        of: what was measured (`ARTICLES`, `GOLD`, `READINGS`) → split, or annotator → fingerprint.
        splits: the splits that were measured.
        evalkit: the version that measured.
    """

    figures: Mapping[str, Figure]
    of: Mapping[str, Mapping[str, str]]
    splits: tuple[str, ...] = ()
    evalkit: str = __version__

    def changed(self, splits: Sequence[GoldDataset]) -> list[str]:
        """What of it is no longer what was measured, such as `the gold of test`, in words.

        Args:
            splits: the dataset as it is.
        """
        changed = []
        for what, before in self.of.items():
            now = _fingerprints(what, splits)
            names = [name for name in dict.fromkeys([*before, *now]) if before.get(name) != now.get(name)]
            if names:
                changed.append(f"the {what} of {', '.join(names)}")
        return changed


def _fingerprints(what: str, splits: Sequence[GoldDataset]) -> dict[str, str]:
    """Name → fingerprint of what can be measured."""
    if what == GOLD:
        return {gold.split: gold.fingerprint for gold in splits}
    if what == ARTICLES:
        return {gold.split: _of_articles(gold) for gold in splits}
    examples = [example for gold in splits for example in gold]
    return {
        name: fingerprint_of(replace(one, gold=one.readings[name]) for one in examples if name in one.readings)
        for name in counted_readings(examples)
    }


def _of_articles(gold: GoldDataset) -> str:
    articles = sorted((example.article for example in gold), key=lambda article: article.id)
    rows = [[getattr(one, name) for name in ("id", "text", "title", "source", "published")] for one in articles]
    return sha256(orjson.dumps(rows)).hexdigest()[:16]


def read_measured(folder: Path) -> dict[str, Measurement]:
    """What was measured of the gold in a folder, by the name of what measured; empty if nothing was.

    Raises:
        FormatError: the file is damaged.
    """
    path = folder / MEASURED_FILE
    if not path.is_file():
        return {}
    remedy = "delete it, and measure again"
    read = checked(read_json(path, damaged=remedy), _MEASURED, path, remedy)
    return {name: _measurement(own) for name, own in sorted(read["measured"].items())}


def _measurement(row: Mapping[str, Any]) -> Measurement:
    about, ci = row.get("about", {}), row.get("ci", {})
    of = row.get("of", {GOLD: row.get("gold", {})})
    return Measurement(
        figures={
            name: Figure(value=value, about=about.get(name, ""), ci=tuple(ci[name]) if name in ci else None)
            for name, value in row["figures"].items()
        },
        of=of,
        splits=tuple(row.get("splits", of.get(GOLD, ()))),
        evalkit=row["evalkit"],
    )


def folder_to_record_in(
    dataset: object, *, scoring: Scoring | None = None, read: ReadOptions | None = None, **others: object
) -> Path:
    """The dataset folder that figures are recorded in.

    Args:
        dataset: what was named.
        scoring: what is scored: nothing may be left out, or put in other words.
        read: how the dataset is read: whole, and nobody's reading for the gold.
        others: options by which something else would be measured, by name; what is given is refused.

    Raises:
        InputError: no dataset folder is named, or options take a part of a dataset, or something else, for it.
    """
    folder = _dataset_folder(dataset)
    given = list(_narrowing(scoring or Scoring(), read or ReadOptions(split=ALL)))
    given += [name for name, value in others.items() if value]
    if given:
        raise InputError(
            f"what is recorded is about the whole dataset as it is; leave out {', '.join(given)}, or record nothing"
        )
    return folder


def _dataset_folder(dataset: object) -> Path:
    """The dataset folder that is named, by its path."""
    if isinstance(dataset, (str, Path)) and Path(dataset).is_dir():
        place = find_place(dataset)
        if place.kind == "folder":
            return place.path
    named = f"{dataset}: " if isinstance(dataset, (str, Path)) else ""
    raise InputError(
        f"{named}figures are recorded in a dataset folder, with its splits and its card; name one, or build one first"
    )


def _narrowing(scoring: Scoring, read: ReadOptions) -> Iterator[str]:
    """The options by which something else is measured than a dataset as it is."""
    for own in fields_of(Scoring):
        if getattr(scoring, own.name) != own.default:
            yield {"tasks": "task", "conventions": "convention"}.get(own.name, own.name.replace("_", " "))
    whole = ReadOptions(split=ALL)
    yield from (name for name in ("split", "limit", "annotator") if getattr(read, name) != getattr(whole, name))


def record_measurement(
    folder: Path,
    name: str,
    figures: Mapping[str, Figure],
    splits: Sequence[GoldDataset],
    *,
    of: Sequence[str],
) -> None:
    """Keeps figures in the folder of a dataset, in place of older ones of the same name, for the next build's card.

    Args:
        folder: the dataset folder, from `folder_to_record_in`.
        name: what measured, such as `agreement`.
        figures: name → figure.
        splits: the whole dataset.
        of: what of it was measured: `ARTICLES`, `GOLD`, `READINGS`.

    Raises:
        FormatError: what is kept there is damaged.
        OutputError: it cannot be written.
    """
    measured = read_measured(folder)
    measured[name] = Measurement(
        figures=dict(figures),
        of={what: _fingerprints(what, splits) for what in of},
        splits=tuple(gold.split for gold in splits),
    )
    rows = {own: _row(one) for own, one in sorted(measured.items())}
    write_file(folder / MEASURED_FILE, json_bytes({"format": "evalkit.measured", "version": 1, "measured": rows}))


def _row(one: Measurement) -> dict[str, Any]:
    return {
        "evalkit": one.evalkit,
        "splits": list(one.splits),
        "of": {what: dict(own) for what, own in one.of.items()},
        "figures": {name: own.value for name, own in one.figures.items()},
        "ci": {name: list(own.ci) for name, own in one.figures.items() if own.ci is not None},
        "about": {name: own.about for name, own in one.figures.items() if own.about},
    }
