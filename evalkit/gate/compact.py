"""The articles of a large baseline: a line each, as rows of columns that the head names, with each text once.

    "fields": ["id", "text_sha256", "gold_fingerprint", "entities"],
    "columns": {"entities": ["spans", "label", "entity_id", "score"]},
    "coded": {"entities": ["label", "entity_id"]},
    "pieces": {"entities": ["spans"]},
    "texts": ["PER", "ida-moen", "GPE"],
    "predictions": [
    ["a", "3df89ea643de1293", "2a7e8b668570e8e4", [[[0, 8], 0, 1, 0.99], [[14, 18], 2]]]
    ]

What stands in a coded column is the number of one of the texts, and in a column of pieces one span or a list of
several. A row ends where the rest of it would be null.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evalkit.errors import FormatError
from evalkit.layers.fields import NAME, SPANS, TEXT
from evalkit.layers.table import all_layers
from evalkit.shapes import Shape, each, list_of, text
from evalkit.showing import number_of

__all__ = ["HEAD", "Compacting", "expanded"]

_OF_LAYERS = each(list_of(text))
HEAD: Mapping[str, Shape] = {
    **dict.fromkeys(("fields", "texts"), list_of(text)),
    **dict.fromkeys(("columns", "coded", "pieces"), _OF_LAYERS),
}
"""What such a file says besides the predictions."""

GIVEN = "given_"
"""What stands before the name of a layer whose items were given."""

ANEW = "write it anew with --update"

FACTS = ("id", "text_sha256", "gold_fingerprint")
"""What is said of each article."""

Row = dict[str, Any]


class Compacting:
    """Makes rows of items, and takes note of the texts that stand in them.

    Attributes:
        head: what the file says of its rows.
    """

    def __init__(self) -> None:
        layers = all_layers()
        referred = {name for layer in layers for name in layer.refers.values()}
        self._texts: dict[str, int] = {}
        names = [layer.name for layer in layers]
        self._fields = [*FACTS, *names, "error", *(GIVEN + name for name in names)]
        self._head = {
            # Only items that others refer to have ids in a baseline.
            "columns": {
                layer.name: [*(["id"] if layer.name in referred else []), *(field.name for field in layer.fields)]
                for layer in layers
            },
            "coded": {own.name: [field.name for field in own.fields if field.type in (TEXT, NAME)] for own in layers},
            "pieces": {own.name: [field.name for field in own.fields if field.type is SPANS] for own in layers},
        }

    @property
    def head(self) -> dict[str, Any]:
        """What the file says of the rows that were made."""
        return {"fields": self._fields, **self._head, "texts": list(self._texts)}

    def article(self, facts: Row, layers: Iterable[tuple[str, list[Row]]]) -> list[Any]:
        """An article as it stands in the file, from what is said of it and its items by layer."""
        said = facts | {key: self._rows(key.removeprefix(GIVEN), items) for key, items in layers}
        return _row(said, self._fields)

    def _rows(self, layer: str, items: list[Row]) -> list[list[Any]]:
        columns, coded, pieces = (own[layer] for own in self._head.values())
        rows = []
        for item in items:
            for name in coded:
                if (value := item.get(name)) is not None:
                    item[name] = self._texts.setdefault(value, len(self._texts))
            for name in pieces:
                if len(item.get(name, ())) == 1:
                    (item[name],) = item[name]
            rows.append(_row(item, columns))
        return rows


def _row(values: Row, names: Sequence[str]) -> list[Any]:
    """The values by their names, as far as there are any."""
    row = [values.get(name) for name in names]
    while row and row[-1] is None:
        row.pop()
    return row


def expanded(article: Any, head: Mapping[str, Any], where: str) -> Row:
    """An article with its items as objects.

    Raises:
        FormatError: a row is none of the columns, or names a text that there is not.
    """
    made = _object(article, head["fields"], where)
    for key in made.keys() - {*FACTS, "error"}:
        layer, rows = key.removeprefix(GIVEN), made[key]
        columns, coded, pieces = (head[name].get(layer, ()) for name in ("columns", "coded", "pieces"))
        if isinstance(rows, list):
            made[key] = [_object(row, columns, f"{where}: {key}[{at}]") for at, row in enumerate(rows)]
            for at, item in enumerate(made[key]):
                for name in item.keys() & coded:
                    item[name] = _text(item[name], head["texts"], f"{where}: {key}[{at}]: {name}")
                for name in item.keys() & pieces:
                    if type(item[name]) is list and [type(own) for own in item[name]] == [int, int]:
                        item[name] = [item[name]]
    return made


def _object(row: Any, names: Sequence[str], where: str) -> Row:
    if not isinstance(row, list) or len(row) > len(names):
        wanted = f"a list of at most {number_of(len(names), 'value')}"
        raise FormatError(f"{where}: expected {wanted}, found {row!r:.60}; {ANEW}")
    return {name: value for name, value in zip(names, row, strict=False) if value is not None}


def _text(number: Any, texts: list[str], where: str) -> str:
    if type(number) is not int or not 0 <= number < len(texts):
        many = number_of(len(texts), "text")
        raise FormatError(f"{where}: is none of the {many} of the file, by number: {number!r:.60}; {ANEW}")
    return texts[number]
