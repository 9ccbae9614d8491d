"""Rows out of Hugging Face datasets that are not laid out like ours; the only file that imports `datasets`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from importlib import import_module
from typing import Any

from evalkit.errors import InputError, UnknownNameError
from evalkit.registry import unknown_name

__all__ = ["HUB_ID", "read_hub"]

HUB_ID = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?")
"""`organisation/name`, with `@revision` if one is pinned."""


def read_hub(source: str, *, split: str | None) -> dict[str, list[dict[str, Any]]]:
    """The rows of a Hugging Face dataset, a folder or a hub id, by split.

    Args:
        source: a folder, or `organisation/name[@revision]`.
        split: the one split to read; None reads all.

    Raises:
        UnknownNameError: there is no such split.
        InputError: `datasets` cannot load it; the message says why.
    """
    # Untyped and heavy: imported here and nowhere else.
    datasets: Any = import_module("datasets")
    name, _, revision = source.partition("@") if HUB_ID.fullmatch(source) else (source, "", "")
    try:
        with _quiet_in_pipes(datasets):
            loaded = datasets.load_dataset(name, revision=revision or None)
    except Exception as error:
        # The library raises many kinds for one cause (network, layout, schema); people need the one line.
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise InputError(f"{source}: datasets cannot load it ({reason}); check the name and the network") from error
    if split is not None and split not in loaded:
        raise _no_split(split, loaded)
    for found, rows in loaded.items():
        if not {"id", "text"} <= set(rows.column_names):
            raise InputError(
                f"{source}: split {found} has the columns {', '.join(rows.column_names)}; expected those of the native "
                "form: id, text, and any of entities, quotes, stances"
            )
    return {
        str(found): [_plain_row(row) for row in rows] for found, rows in loaded.items() if split in (None, str(found))
    }


def _no_split(split: str, loaded: Mapping[Any, Any]) -> UnknownNameError:
    return unknown_name("split", split, [str(name) for name in loaded])


@contextmanager
def _quiet_in_pipes(datasets: Any) -> Iterator[None]:
    enabled = datasets.is_progress_bar_enabled()
    if enabled and not sys.stderr.isatty():
        datasets.disable_progress_bars()
    try:
        yield
    finally:
        if enabled:
            datasets.enable_progress_bars()


def _plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    plain = {key: _plain(value) for key, value in row.items()}
    if isinstance(plain.get("published"), str):
        # Arrow takes an ISO date in JSON for a timestamp, and a declared string column then shows a time of day.
        plain["published"] = plain["published"].removesuffix(" 00:00:00")
    return plain


def _plain(value: Any) -> Any:
    """Undoes what `datasets` does to JSON: dates that it recognised, and lists of structs turned on their side."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()[:10]
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    columns = list(value.values())
    sideways = {"id", "kind"} & set(value) and columns and all(isinstance(column, list) for column in columns)
    if sideways and len({len(column) for column in columns}) == 1:
        return [dict(zip(value, map(_plain, items), strict=True)) for items in zip(*columns, strict=True)]
    return {key: _plain(item) for key, item in value.items()}
