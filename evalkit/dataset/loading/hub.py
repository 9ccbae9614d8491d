"""Rows out of Hugging Face datasets that are not laid out like ours; the only file that imports `datasets`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from evalkit.dataset.loading.row_folders import the_split
from evalkit.errors import InputError
from evalkit.formats.native.table_rows import plain_row

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
        raise InputError(f"{source}: datasets cannot load it {_reason(error)}") from error
    wanted = list(loaded) if split is None else [the_split(split, [str(found) for found in loaded])]
    for found in wanted:
        columns = loaded[found].column_names
        if "text" not in columns and "tokens" not in columns and "words" not in columns:
            raise InputError(
                f"{source}: split {found} has the columns {', '.join(columns)}; expected those of the native form: id, "
                "text, and any of entities, quotes, stances; or tokens and ner_tags"
            )
    return {str(found): [plain_row(row, loaded[found].features.to_dict()) for row in loaded[found]] for found in wanted}


_AWAY = {
    "ConnectionError",
    "DatasetNotFoundError",
    "GatedRepoError",
    "HTTPError",
    "HfHubHTTPError",
    "LocalEntryNotFoundError",
    "OfflineModeIsEnabled",
    "RepositoryNotFoundError",
    "RevisionNotFoundError",
    "TimeoutError",
}
"""What `datasets` and its libraries raise where a dataset is not there, or cannot be reached."""


def _reason(error: BaseException) -> str:
    """Why it cannot be loaded, from the innermost of the errors that caused each other, and what to do."""
    chain = [error]
    while (inner := chain[-1].__cause__ or chain[-1].__context__) is not None and inner not in chain:
        chain.append(inner)
    kinds = {kind.__name__ for one in chain for kind in type(one).__mro__}
    told = error if kinds & _AWAY else chain[-1]
    reason = f"({type(told).__name__}: {' '.join(str(told).split())[:200]})"
    if kinds & _AWAY:
        return f"{reason}; check the name and the network"
    return (
        f"{reason}: its files do not go together as one table; mend the column or file that is named, or give one file"
    )


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
