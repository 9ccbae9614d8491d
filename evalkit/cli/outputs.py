"""Files that a command writes: none of them is one that it reads, nor another that it writes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from evalkit.cli.options import OUTPUT, PATH

__all__ = ["refuse_overlap"]

_OF_A_RUN = ("run.json", "result.json", "counts.npz", "predictions.jsonl", "speed.json")
_READ = frozenset({"dataset", "against", "label_map", "gold_label_map", "predicted_label_map", "rules"})
"""Options that may name a path though they take other words, too."""
_HOLD_RUNS = frozenset({("leaderboard", "folder"), ("runs", "folder")})
"""Folders of which nothing is read but the runs in them."""
_MADE = frozenset({"out", "written", "disputed", "patch", "corpus"})
"""Options that name what is made, of which a folder may hold other things, too."""


def refuse_overlap(command: click.Command, values: Mapping[str, Any]) -> None:
    """Refuses a file to be written that the command reads, or writes in another form, before anything is done.

    Args:
        command: the command.
        values: those of its options and arguments.

    Raises:
        click.UsageError: there is one; names both options.
    """
    paths = list(_paths(command, values))
    written = [one for one in paths if one[0].type is OUTPUT and not _is_device(one[2])]
    if not written:
        return
    before: dict[str, str] = {}
    for _, name, path in written:
        other = before.setdefault(os.path.realpath(path), "")
        if other:
            twice = "stands twice" if other == name else f"is what {other} names, too"
            raise click.UsageError(f"{name} {path} {twice}; name each file once")
        before[os.path.realpath(path)] = name
    for parameter, named, source in paths:
        if parameter.type is OUTPUT:
            continue
        whole = parameter.name not in _MADE and (command.name, parameter.name) not in _HOLD_RUNS
        for place in (source, *_gold_of(source)):
            for _, name, path in written:
                if _is_read(path, place, whole=whole):
                    told = f"what {named} names" if place == source else f"the gold of {named}"
                    raise click.UsageError(f"{name} {path} would write over {told}; name another file")


def _paths(command: click.Command, values: Mapping[str, Any]) -> Iterator[tuple[click.Parameter, str, Path]]:
    """What is read and written: the parameter, what it is called, and the path, of each that names one."""
    for parameter in command.params:
        argument = isinstance(parameter, click.Argument)
        if not (argument or parameter.type in (OUTPUT, PATH) or parameter.name in _READ):
            continue
        value: Any = values.get(str(parameter.name))
        name = parameter.human_readable_name.split()[0].strip("[].") if argument else parameter.opts[0]
        for one in value if isinstance(value, (tuple, list)) else (value,):
            if isinstance(one, Path) or (isinstance(one, str) and os.path.exists(one)):
                yield parameter, name, Path(one)


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file()


def _is_read(target: Path, source: Path, *, whole: bool) -> bool:
    """Whether a file is a path that is read, or of the run or (if the whole of it is read) of the folder there."""
    own, place = Path(os.path.realpath(target)), Path(os.path.realpath(source))
    if own == place or (own.exists() and place.exists() and own.samefile(place)):
        return True
    folder = place.parent if place.name in _OF_A_RUN else place
    if folder not in own.parents or not own.is_file():
        return False
    if (own.parent / "run.json").is_file():
        return own.name in _OF_A_RUN
    # What somebody keeps beside the files of a run is no part of it.
    return whole and not (folder / "run.json").is_file()


def _gold_of(source: Path) -> Iterator[Path]:
    """The gold of a run, if it lies in files."""
    folder = source if source.is_dir() else source.parent
    try:
        told = json.loads((folder / "run.json").read_bytes())
        gold = told["origin"]["dataset"]
        if isinstance(gold, str) and os.path.exists(gold):
            yield Path(gold)
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        # Whoever reads the run says what is wrong with it.
        return
