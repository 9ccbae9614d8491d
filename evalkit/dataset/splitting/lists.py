"""Lists of which article is in which split: JSON, TOML, or lines of an id and its split."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from evalkit.errors import FormatError
from evalkit.files import read_json, read_text
from evalkit.shapes import HUGE, checked, each, fields, list_of, number, text
from evalkit.toml import read_toml

__all__ = ["NOWHERE", "IdsBySplit", "list_text", "read_lists"]

IdsBySplit = Mapping[str, Sequence[str]]

NOWHERE = "(none)"
"""In place of a split: the article goes nowhere. No folder can be called so."""
MADE = "evalkit.split"
"""The format of what `evalkit dataset split --json` prints, which is a list too."""


def read_lists(path: Path) -> IdsBySplit:
    """The ids by split of a file.

    Raises:
        InputError, FormatError: it cannot be read, or says something else.
    """
    remedy = 'write {"SPLIT": ["ID", …], …}'
    if path.suffix == ".toml":
        return _as_text(checked(read_toml(path), each(list_of(_an_id)), path, 'write SPLIT = ["ID", …]'))
    content = read_text(path, remedy="name a list of ids, or write shares as train=.8,test=.2")
    if path.suffix == ".json" or content.lstrip()[:1] in ("{", "["):
        data = read_json(path)
        if isinstance(data, Mapping) and data.get("format") == MADE:
            return _made(data, path)
        return _as_text(checked(data, each(list_of(_an_id)), path, remedy))
    return _from_lines(content, path)


def _made(data: Mapping[str, Any], path: Path) -> IdsBySplit:
    """The lists in the result of a division: articles by id, and those that go nowhere."""
    wanted = fields({"articles": each(text), "left_out": list_of(fields({"article_id": text}))})
    checked(data, wanted, path, "write it anew with evalkit dataset split --json")
    found: dict[str, list[str]] = {}
    for article_id, split in data["articles"].items():
        found.setdefault(split, []).append(article_id)
    if nowhere := [one["article_id"] for one in data["left_out"]]:
        found[NOWHERE] = nowhere
    return found


def list_text(lists: IdsBySplit, path: Path) -> str:
    """A list as the text of a file that `read_lists` reads: CSV or TSV by the name of the file, else JSON."""
    if path.suffix not in (".csv", ".tsv"):
        return json.dumps(lists, ensure_ascii=False, indent=1) + "\n"
    out = StringIO()
    writer = csv.writer(out, delimiter="," if path.suffix == ".csv" else "\t", lineterminator="\n")
    writer.writerow(("id", "split"))
    writer.writerows(sorted((article_id, split) for split, ids in lists.items() for article_id in ids))
    return out.getvalue()


def _an_id(value: Any) -> None:
    """Text, or a whole number: tools that number their articles write their ids so."""
    if isinstance(value, int) and not isinstance(value, bool):
        number(-HUGE, HUGE, whole=True)(value)
    else:
        text(value)


def _as_text(lists: Mapping[str, Sequence[str | int]]) -> IdsBySplit:
    return {split: [str(article_id) for article_id in ids] for split, ids in lists.items()}


def _from_lines(content: str, path: Path) -> IdsBySplit:
    """Lines of an id and its split, with commas, tabs or blanks between; a heading that says so may come first."""
    lines = content.removeprefix("\ufeff").splitlines()
    mark = next((mark for mark in ("\t", ",") if mark in next((line for line in lines if line.strip()), "")), None)
    rows = csv.reader(lines, delimiter=mark, strict=True) if mark else map(str.split, lines)
    found: dict[str, list[str]] = {}
    number = 0
    try:
        for number, cells in enumerate(rows, 1):
            row = [cell.strip() for cell in cells]
            if (
                not any(row)
                or row[0].startswith("#")
                or (not found and [one.lower() for one in row] == ["id", "split"])
            ):
                continue
            if len(row) != 2 or not all(row):
                raise FormatError(f"{path}:{number}: {lines[number - 1]!r:.60} is no id and its split; write ID,SPLIT")
            found.setdefault(row[1], []).append(row[0])
    except csv.Error as error:
        raise FormatError(f"{path}:{number + 1}: no line of CSV ({error}); write ID,SPLIT") from error
    return found
