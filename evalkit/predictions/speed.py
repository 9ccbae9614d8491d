"""How fast an extractor was on some machine, as it was measured: what `speed.json` holds and nothing else does.

A speed is no part of a run's identity, and no other file of a run or a baseline has it: two runs of one extractor are
the same bytes but for this file.
"""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evalkit.errors import FormatError, InputError
from evalkit.files import json_bytes, parse_json, read_inside, write_file
from evalkit.harmless import clean
from evalkit.predictions.run import Run
from evalkit.predictions.store import ELSEWHERE, SPEED
from evalkit.shapes import checked, fields, number, numbers, text
from evalkit.showing import number_of, shown_html

__all__ = [
    "Speed",
    "articles_hash",
    "machine_name",
    "peak_memory",
    "read_speed",
    "speed_file",
    "speed_of_run",
    "write_speed",
]

MEASURE_AGAIN = "measure again with evalkit run --speed"


@dataclass(frozen=True, kw_only=True, repr=False)
class Speed:
    """Timed passes of one extractor over the same articles.

    Attributes:
        extractor: its name.
        gold: the name of the gold with seven digits of its fingerprint.
        split: the split.
        passes: seconds of each timed pass over all articles, as a run works on them.
        latencies: seconds of each article handed over alone: the median of its passes.
        characters: code points of the text of each article, in the same order.
        articles: a hash of the ids and texts of the articles: two measurements with the same one timed the same work.
        warm_up: seconds of the pass before, which is not counted.
        batch_size: articles handed over at once in `passes`.
        workers: batches at once.
        peak_memory: the most bytes that the processes had in memory at once, gold and evalkit themselves included; None
            where the system does not tell.
        failed: on how many articles the extractor failed, in the last pass.
        machine: processor, cores and system: times of two machines say nothing about each other.
    """

    extractor: str
    gold: str
    split: str
    passes: tuple[float, ...]
    latencies: tuple[float, ...]
    characters: tuple[int, ...]
    articles: str
    warm_up: float
    batch_size: int
    workers: int
    peak_memory: int | None
    failed: int
    machine: str

    @property
    def articles_per_second(self) -> float:
        """Articles in a second, over all timed passes."""
        return len(self.latencies) * len(self.passes) / sum(self.passes)

    def to_json(self) -> dict[str, Any]:
        """The measurement as JSON values: times to the microsecond."""
        times = {name: [round(own, 6) for own in getattr(self, name)] for name in ("passes", "latencies")}
        return {"format": "evalkit.speed", "version": 1} | asdict(self) | times | {"characters": list(self.characters)}

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        about = f"{self.extractor} on {self.gold}, {self.split}"
        passes = number_of(len(self.passes), "pass", "passes")
        return clean(f"<Speed {about}: {self.articles_per_second:.1f} articles/s in {passes}>")

    def to_pandas(self) -> Any:
        """One row an article: the length of its text, and its seconds when it was handed over alone."""
        import pandas as pd

        return pd.DataFrame({"characters": self.characters, "seconds": self.latencies})

    _repr_html_ = shown_html


_SPEED = fields(
    {
        **dict.fromkeys(("extractor", "gold", "split"), text),
        "passes": numbers(0),
        "latencies": numbers(0),
        "characters": numbers(0, whole=True),
        "articles": text,
        "warm_up": number(0),
        "batch_size": number(1, whole=True),
        "workers": number(1, whole=True),
        "failed": number(0, whole=True),
        "machine": text,
    },
    {"peak_memory": number(0, whole=True)},
)
_FILE = fields({}, {"measured": _SPEED, "seconds": number(0), "articles": number(0, whole=True)})


def speed_file(path: Path) -> Path:
    """The file of speeds of a run folder, or the one that is named."""
    return path / SPEED if path.is_dir() else path


def read_speed(path: Path) -> Speed | None:
    """The speed that was measured of a run folder, or in a file of speeds; None if none was.

    Raises:
        FormatError: the file is damaged.
        InputError: it cannot be read.
    """
    file = speed_file(path)
    held = _held(file)
    own = held.get("measured")
    if not isinstance(own, dict):
        return None
    if own.get("version") != 1:
        raise FormatError(f"{file}: speed version {own.get('version')!r:.20}, this evalkit reads 1; {MEASURE_AGAIN}")
    if not own["passes"] or not own["latencies"] or len(own["latencies"]) != len(own["characters"]):
        raise FormatError(f"{file}: damaged: expected as many lengths as times, and at least one; {MEASURE_AGAIN}")
    lists = {name: tuple(own[name]) for name in ("passes", "latencies", "characters")}
    plain = {name: own.get(name) for name in Speed.__dataclass_fields__ if name not in lists}
    return Speed(**lists, **plain)  # type: ignore[arg-type]


def speed_of_run(run: Run) -> Speed | None:
    """The speed that the folder of a run holds; None if it lies in none, or nothing was measured.

    Raises:
        FormatError: the file is damaged.
        InputError: it cannot be read.
    """
    return read_speed(run.path) if run.path is not None and run.path.is_dir() else None


def write_speed(path: Path, speed: Speed) -> None:
    """Adds a measurement to the `speed.json` of a run folder, in place of the one before.

    Raises:
        OutputError: it cannot be written.
    """
    file = speed_file(path)
    try:
        held = _held(file)
    except FormatError:
        # Nothing else needs what is damaged there.
        held = {}
    write_file(file, json_bytes({**held, "measured": speed.to_json()}), remedy=ELSEWHERE)


def _held(file: Path) -> Mapping[str, Any]:
    try:
        content = read_inside(file)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror or error}; {MEASURE_AGAIN}") from error
    held: Mapping[str, Any] = checked(parse_json(content, file, damaged=MEASURE_AGAIN), _FILE, file, MEASURE_AGAIN)
    return held


def articles_hash(texts: Mapping[str, str]) -> str:
    """Stands for the ids and texts of some articles, in whatever order."""
    hashed = hashlib.sha256()
    for name in sorted(texts):
        for word in (name, texts[name]):
            hashed.update(hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest())
    return hashed.hexdigest()[:16]


def machine_name() -> str:
    """The machine that this process runs on: processor, cores that it may use, and system."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:
        cores = os.cpu_count() or 1
    return f"{_processor()}, {cores} {'core' if cores == 1 else 'cores'}, {platform.system()} {platform.machine()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(iter(models), platform.processor() or platform.machine() or "unknown processor")


def peak_memory() -> int | None:
    """The most bytes that this process had in memory so far, with those that it started and that still run.

    Of the latter Linux tells; None where the system tells nothing.
    """
    try:
        import resource
    except ImportError:
        return None
    # In kilobytes but for one system, which counts bytes.
    unit = 1 if platform.system() == "Darwin" else 1024
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return own + sum(map(_peak_of, _started_by(os.getpid())))


def _started_by(process: int) -> Iterator[int]:
    """The processes that one has started, with those that these have."""
    for file in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = [int(word) for word in file.read_text().split()]
        except (OSError, ValueError):
            continue
        for child in children:
            yield child
            yield from _started_by(child)


def _peak_of(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        # It has ended in the meantime.
        return 0
    peaks = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return 1024 * int(peaks[0]) if peaks else 0
