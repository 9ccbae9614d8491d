"""Gold from one form into another: native JSON lines, inline files, a dataset folder, or a format of a plugin."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from evalkit.dataset.build import write_dataset
from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.dataset.load import load_splits
from evalkit.dataset.sources import ALL
from evalkit.errors import OutputError
from evalkit.files import write_file
from evalkit.formats.base import Format
from evalkit.formats.native.canonical import canonical_example
from evalkit.formats.native.rows import dump_line, example_to_row
from evalkit.formats.table import FORMATS
from evalkit.registry import unknown_name

__all__ = ["FOLDER", "convert_dataset", "target_names"]

FOLDER = "hf"
"""The dataset folder, which is no single-file format and so not in the table of formats."""


def target_names() -> list[str]:
    """What gold can be converted to."""
    return sorted({FOLDER, *FORMATS.names()})


def convert_dataset(source: str | Path | None, destination: Path, *, to: str, split: str = ALL) -> int:
    """Writes the gold of a source in another form and returns the number of articles.

    Args:
        source: what `load_dataset` takes.
        destination: a new file or folder; nothing is overwritten.
        to: `native` (JSON lines, each with its split), `inline` (a folder of files, by split if there are several),
            `hf` (a dataset folder with card and labels), or the name of a registered format.
        split: the split to convert; by default all.

    Raises:
        UnknownNameError: no such form or split.
        FormatError: the form cannot express the gold; nothing is written.
        OutputError: the destination exists, or cannot be written.
    """
    if to not in target_names():
        raise unknown_name("format", to, target_names())
    if destination.exists() and (destination.is_file() or any(destination.iterdir())):
        raise OutputError(f"{destination}: exists already; name a new file or folder")
    splits = load_splits(source)
    if split != ALL:
        chosen = tuple(gold for gold in splits if gold.split == split)
        if not chosen:
            raise unknown_name("split", split, [gold.split for gold in splits])
        splits = chosen
    splits = tuple(replace(gold, examples=tuple(map(canonical_example, gold))) for gold in splits)
    _write(splits, destination, to)
    return sum(map(len, splits))


def _write(splits: tuple[GoldDataset, ...], destination: Path, to: str) -> None:
    if to == FOLDER:
        # A dataset folder needs a split to put its files in.
        write_dataset([_in_split(gold) for gold in splits], destination)
        return
    if to == "native":
        write_file(destination, "".join(_native_line(gold, row) for gold in splits for row in _rows(gold)))
        return
    target: Format = FORMATS.load(to)
    if len(splits) == 1:
        target.write(splits[0].examples, destination)
        return
    for gold in splits:
        target.write(gold.examples, destination / gold.split)


def _in_split(gold: GoldDataset) -> GoldDataset:
    if gold.split != ALL:
        return gold
    return gold_dataset(gold.examples, name=gold.name, split="test", inventory=gold.inventory)


def _rows(gold: GoldDataset) -> list[dict[str, object]]:
    return [example_to_row(example) for example in gold]


def _native_line(gold: GoldDataset, row: dict[str, object]) -> str:
    return dump_line(row if gold.split == ALL else {"id": row["id"], "split": gold.split} | row)
