"""What is wrong with articles beside what they say: their ids, the names of files, keys that nothing is read from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from evalkit.dataset.checking.checks import check_example, check_readings
from evalkit.dataset.checking.problems import Problem, place_of
from evalkit.dataset.labels import Inventory
from evalkit.dataset.loading.sources import RawExample
from evalkit.formats.base import Claims
from evalkit.layers.table import load_layer
from evalkit.records import Annotations

__all__ = ["check_file_names", "check_keys", "check_raw", "check_spelling"]


def check_raw(raws: Sequence[RawExample], inventory: Inventory) -> list[Problem]:
    """The problems of examples, of what each annotator said, and of their ids together."""
    problems = _check_doubles(raws)
    for raw in raws:
        claims = raw.claims
        problems += check_readings(raw.example, inventory, claims.readings)
        problems += check_example(
            raw.example, inventory, surfaces=claims.surfaces, sha256=claims.sha256, proved=claims.proved
        )
    return problems


def _check_doubles(raws: Sequence[RawExample]) -> list[Problem]:
    first: dict[str, RawExample] = {}
    problems = []
    for raw in raws:
        other = first.setdefault(raw.example.article.id, raw)
        if other is raw:
            continue
        code = "id-duplicate" if other.split == raw.split else "article-duplicate"
        message = f"{_where(raw)} holds the article of {_where(other)}; keep one"
        problems.append(Problem(raw.example.article.id, "id", code, message))
    return problems


def _where(raw: RawExample) -> str:
    return raw.claims.where or raw.example.article.id


def check_file_names(raws: Sequence[RawExample]) -> list[Problem]:
    """Files that are not named after the article that they hold."""
    problems = []
    for raw in raws:
        stem = Path(raw.claims.where.rpartition("[")[0] or raw.claims.where.rpartition(":")[0]).stem
        if stem != raw.example.article.id:
            message = f"the article is in a file named {stem!r}; rename the file or the article"
            problems.append(Problem(raw.example.article.id, "id", "file-name", message))
    return problems


def check_keys(raws: Sequence[RawExample]) -> Iterator[Problem]:
    """Keys of items that were meant for a field."""
    for raw in raws:
        for before, own, claims in _said(raw):
            for (name, index), keys in claims.unread.items():
                items = own[name] or ()
                for key, meant in keys if index < len(items) else ():
                    if meant:
                        place = before + place_of(name, index, items[index].id)
                        message = f"{key!r} is no field, and its value was not read; did you mean {meant!r}?"
                        yield Problem(raw.example.article.id, place, "field-unknown", message)


def check_spelling(raws: Sequence[RawExample], spellings: Mapping[str, Mapping[str, str]]) -> Iterator[Problem]:
    """Labels that stand in the gold in another spelling, too: layer → label → the spelling that most items have."""
    for name, spelling in spellings.items():
        layer = load_layer(name)
        told = ((raw.example.article.id, *said[:2]) for raw in raws for said in _said(raw))
        for article_id, before, own in told:
            for index, item in enumerate(layer.of(own) or ()):
                label = layer.label(item)
                if label in spelling:
                    message = (
                        f"{layer.label_field} {label!r} is spelled {spelling[label]!r} elsewhere; use one spelling"
                    )
                    place = before + place_of(name, index, item.id)
                    yield Problem(article_id, place, "label-spelling", message)


def _said(raw: RawExample) -> Iterator[tuple[str, Annotations, Claims]]:
    """The gold and the readings, what a file says besides each, and what goes before a place in it."""
    yield "", raw.example.gold, raw.claims
    for name, reading in raw.example.readings.items():
        if reading != raw.example.gold:
            yield f"readings.{name}.", reading, raw.claims.readings.get(name, Claims())
