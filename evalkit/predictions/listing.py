"""The runs that lie under a folder: what each is, how far it came, and why one that is broken cannot be read.

Looked for are folders that hold a `run.json`, or a `result.json` alone, as `evalkit score --out` writes it. Links are
not followed but named, and hidden folders not entered. A run that cannot be read hides no other one: it is named with
the reason.
"""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evalkit.errors import EvalkitError, FormatError, InputError
from evalkit.files import parse_json, read_inside
from evalkit.frames import figure_frame
from evalkit.harmless import clean, clean_output
from evalkit.predictions.facts import stated
from evalkit.predictions.lines import prediction_of
from evalkit.predictions.run import Run
from evalkit.predictions.store import PREDICTIONS, RESULT, RUN, RUN_ANEW, check_version, current_result, read_result
from evalkit.results import EvalResult, Interval
from evalkit.showing import number_of, shown_html

__all__ = ["STATES", "ListedRun", "RunFigure", "RunList", "found_runs"]

SCORED, UNSCORED, UNFINISHED, CHANGED, RESULT_ONLY = "scored", "unscored", "unfinished", "changed", "result"
SHARD = "shard"
BROKEN = "broken"
STATES: Mapping[str, str] = {
    SCORED: "whole, with a result that was made of its predictions",
    UNSCORED: "whole, without such a result",
    UNFINISHED: "not every article has been tried",
    SHARD: "a shard that is whole, to be merged with the others",
    CHANGED: "its predictions are not those that it recorded",
    RESULT_ONLY: "a result without a run, as score --out writes it",
    BROKEN: "cannot be read",
}
"""What may be said of a run → what that means."""


@dataclass(frozen=True, slots=True)
class RunFigure:
    """Micro F1 of a task under its main convention, or the first that there is, with its interval."""

    convention: str
    f1: float
    ci: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRun:
    """One run.

    Attributes:
        path: its folder, from where it was looked for.
        gold: the name of the gold with seven digits of its fingerprint; empty if it does not say.
        settings: of the extractor.
        scoring: how it was scored, where that is not the usual way.
        date: when its predictions were last written, in UTC; the file system tells, so a copy may have another.
        articles: how many it is about.
        kept: of how many of them there is a prediction.
        failed: on how many the extractor failed.
        state: one of `STATES`.
        shard: which part of how many; None for a whole run.
        figures: task → its figure, of a run that is scored.
        command: what continues it, scores it, or shows it.
        result: its result, of a run that is scored.
    """

    path: str
    extractor: str
    gold: str = ""
    split: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    scoring: Mapping[str, Any] = field(default_factory=dict)
    date: str = ""
    articles: int = 0
    kept: int = 0
    failed: int = 0
    state: str = SCORED
    shard: tuple[int, int] | None = None
    figures: Mapping[str, RunFigure] = field(default_factory=dict)
    command: str = ""
    result: EvalResult | None = field(default=None, repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """What is listed of it, as JSON values."""
        row = {name: getattr(self, name) for name in _TOLD}
        shard = None if self.shard is None else list(self.shard)
        figures = {task: asdict(own) | {"ci": own.ci and list(own.ci)} for task, own in self.figures.items()}
        return (
            row
            | {"settings": dict(self.settings), "scoring": dict(self.scoring), "shard": shard}
            | {
                "figures": figures,
                "command": self.command,
            }
        )


_TOLD = ("path", "extractor", "gold", "split", "date", "articles", "kept", "failed", "state")


@dataclass(frozen=True, kw_only=True, repr=False)
class RunList:
    """The runs under a folder.

    Attributes:
        folder: where they were looked for.
        runs: in the order that was asked for.
        broken: path → why what lies there cannot be read.
        left_out: how many there are besides that were not asked for.
    """

    folder: str
    runs: tuple[ListedRun, ...]
    broken: Mapping[str, str] = field(default_factory=dict)
    left_out: int = 0

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        broken = f", {len(self.broken)} broken" if self.broken else ""
        return clean(f"<RunList {self.folder}: {number_of(len(self.runs), 'run')}{broken}>")

    def to_json(self) -> dict[str, Any]:
        """The list as JSON values."""
        return {
            "format": "evalkit.runs",
            "version": 1,
            "folder": self.folder,
            "runs": [run.to_json() for run in self.runs],
            "broken": dict(self.broken),
            "left_out": self.left_out,
        }

    def rows(self) -> list[dict[str, Any]]:
        """One row for each run and task, and one for a run without figures; None where there is no value."""
        rows = []
        for run in self.runs:
            about = {name: getattr(run, name) for name in _TOLD}
            about |= {"settings": " ".join(f"{name}={value}" for name, value in run.settings.items())}
            figures: list[tuple[str | None, RunFigure | None]] = [*run.figures.items()] or [(None, None)]
            for task, own in figures:
                low, high = (own and own.ci) or (None, None)
                told = {"task": task, "convention": own and own.convention, "f1": own and own.f1}
                rows.append(about | told | {"f1_low": low, "f1_high": high, "command": run.command})
        return rows

    def to_pandas(self) -> Any:
        """One row for each run and task, with the figure of the task; one for a run without figures."""
        # Names of folders may be no UTF-8, which no frame holds.
        rows = (
            {name: clean_output(own) if isinstance(own, str) else own for name, own in row.items()}
            for row in self.rows()
        )
        return figure_frame(rows, figures=("f1", "f1_low", "f1_high"))

    _repr_html_ = shown_html


def found_runs(folder: Path) -> Iterator[tuple[str, ListedRun | str]]:
    """The path of each run under a folder and the run, or why it cannot be read; in the order of the paths.

    Raises:
        InputError: there is no such folder.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: is no folder; give one in which runs lie, such as runs")
    for path in _run_folders(folder):
        if path != folder and path.is_symlink():
            yield path.as_posix(), f"{path}: is a link, which is not followed; give the folder that it leads to"
            continue
        try:
            run = listed_run(path)
        except (EvalkitError, OSError) as error:
            yield path.as_posix(), str(error)
            continue
        if run is not None:
            yield path.as_posix(), run


def _run_folders(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        links = (Path(place, name) for name in folders if os.path.islink(os.path.join(place, name)))
        yield from (link for link in links if any(os.path.lexists(link / name) for name in (RUN, RESULT)))
        if RUN in files or RESULT in files:
            yield Path(place)


def listed_run(path: Path) -> ListedRun | None:
    """What lies in a folder that has a `run.json` or a `result.json`; None for files of others that are called so.

    Raises:
        EvalkitError: it cannot be read.
        OSError: a file of it is not there.
    """
    if not os.path.lexists(path / RUN):
        return _result_alone(path)
    facts = parse_json(read_inside(path / RUN), path / RUN, damaged=RUN_ANEW)
    if not isinstance(facts, dict) or facts.get("format") != "evalkit.run":
        if os.path.lexists(path / PREDICTIONS):
            raise FormatError(f"{path / RUN}: not an evalkit run; run again, or delete the folder")
        return None
    check_version(facts, path / RUN)
    run = Run.from_facts(facts, (), where=str(path / RUN))
    try:
        content = read_inside(path / PREDICTIONS)
    except FileNotFoundError:
        if run.complete:
            raise InputError(f"{path / PREDICTIONS}: is missing; run again, or delete the folder") from None
        content = b""
    result = None
    if run.complete and facts.get("sha256", "") != hashlib.sha256(content).hexdigest():
        state = CHANGED
    elif not run.complete:
        state = UNFINISHED
    elif run.shard is not None:
        state = SHARD
    else:
        result = _result(path)
        state = UNSCORED if result is None else SCORED
    kept, failed = (result.articles, len(result.failed)) if result is not None else _tried(content)
    gold = run.gold
    return ListedRun(
        path=path.as_posix(),
        extractor=run.extractor,
        gold="" if gold is None else gold.short,
        split="" if gold is None else gold.split,
        settings=run.made_by.settings,
        scoring=stated(run.scoring),
        date=_date(path / (PREDICTIONS if content else RUN)),
        articles=kept if gold is None else gold.articles,
        kept=kept,
        failed=failed,
        state=state,
        shard=run.shard,
        command=_command(path, run.made_by.command, state),
        result=result,
    )


def _result(path: Path) -> EvalResult | None:
    """The result of a run; None if it has none, or one of other predictions.

    Raises:
        FormatError: it is damaged.
    """
    if not os.path.lexists(path / RESULT):
        return None
    try:
        return current_result(path)
    except FormatError:
        raise
    except InputError:
        return None


def _result_alone(path: Path) -> ListedRun | None:
    content = parse_json(read_inside(path / RESULT), path / RESULT, damaged="score again")
    if not isinstance(content, dict) or content.get("format") != "evalkit.result":
        return None
    result = read_result(path)
    return ListedRun(
        path=path.as_posix(),
        extractor=result.extractor,
        gold=result.gold,
        split=result.split,
        settings=dict(result.run.get("settings") or {}),
        scoring=dict(result.run.get("scoring") or {}),
        date=_date(path / RESULT),
        articles=result.articles,
        kept=result.articles,
        failed=len(result.failed),
        state=RESULT_ONLY,
        command=shlex.join(["evalkit", "report", path.as_posix()]),
        result=result,
    )


def _tried(content: bytes) -> tuple[int, int]:
    """Of how many articles there is a whole line, and how many of these failed."""
    failed: dict[str, bool] = {}
    # A line that was cut off at the end is no damage: its process was killed.
    for line in content.split(b"\n")[:-1]:
        try:
            prediction = prediction_of(line, PREDICTIONS)
        except FormatError:
            continue
        failed[prediction.article_id] = prediction.error is not None
    return len(failed), sum(failed.values())


def _date(path: Path) -> str:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _command(path: Path, command: str, state: str) -> str:
    """What continues or scores a run that is not whole or has no result, else what shows it; what merges a shard.

    A recorded command names no folder, since a run says nothing of where it lies. One that was made in Python records
    none: then the words say what to call.
    """
    if state == SCORED:
        return shlex.join(["evalkit", "report", path.as_posix()])
    if state == SHARD:
        # The others lie beside it, unless somebody put them elsewhere.
        return shlex.join(["evalkit", "merge", path.parent.as_posix()])
    if not command:
        return f"run_extractor(…, out={path.as_posix()!r})"
    return f"{command} --out {shlex.quote(path.as_posix())}"
