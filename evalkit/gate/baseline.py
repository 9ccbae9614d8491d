"""The baseline of a gate: what an earlier run predicted and the counts that it earned, as a file in the repository.

The file is JSON with one line for each table and each prediction, so that a change of the baseline can be read in a
diff. The same run gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from evalkit.analysis.runs import BY_TARGET, DERIVED
from evalkit.errors import EvalkitError, FormatError
from evalkit.files import read_json, write_file
from evalkit.formats.native.rows import prediction_from_row, prediction_to_row
from evalkit.records import Prediction
from evalkit.scoring.table import CountTable
from evalkit.scoring.tasks.table import ScoredTable

__all__ = ["Baseline", "Tables", "baseline_bytes", "read_baseline", "write_baseline"]

FORMAT, VERSION = "evalkit.baseline", 1
HEAD = ("extractor", "fingerprint", "gold", "gold_fingerprint", "split", "articles", "layers", "scoring", "evalkit")

Tables = Mapping[str, Mapping[str, ScoredTable]]
"""Task → convention → counts with their derived scores."""


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """What a gate compares with.

    Attributes:
        extractor: name of what made the predictions.
        fingerprint: its fingerprint.
        gold: name and short fingerprint of the gold.
        gold_fingerprint: the whole fingerprint.
        split: the split of the gold.
        articles: how many articles.
        layers: the layers that the extractor claimed.
        scoring: label maps and labels, where they are not the usual ones.
        evalkit: the version that scored it.
        tables: the counts by article and label.
        predictions: one an article, by article id.
    """

    extractor: str
    fingerprint: str
    gold: str
    gold_fingerprint: str
    split: str
    articles: int
    layers: tuple[str, ...]
    tables: Tables
    predictions: tuple[Prediction, ...]
    scoring: Mapping[str, Any] = field(default_factory=dict)
    evalkit: str = ""

    @property
    def facts(self) -> dict[str, Any]:
        """What identifies the run, named as in `run.json`."""
        names = ("extractor", "fingerprint", "gold", "gold_fingerprint", "split", "articles")
        return {name: getattr(self, name) for name in names} | {"layers": list(self.layers)}


def baseline_bytes(baseline: Baseline) -> bytes:
    """The file's content."""
    head = {"format": FORMAT, "version": VERSION} | {name: getattr(baseline, name) for name in HEAD}
    lines = [f"{_json(name)}: {_json(value)}," for name, value in head.items()]
    tasks = []
    for task, conventions in baseline.tables.items():
        rows = [f"{_json(name)}: {_json(_stored(scored))}" for name, scored in conventions.items()]
        tasks.append(f"{_json(task)}: {{\n" + ",\n".join(rows) + "\n}")
    ordered = sorted(baseline.predictions, key=lambda prediction: prediction.article_id)
    predictions = [_json(prediction_to_row(prediction)) for prediction in ordered]
    lines += ['"tables": {\n' + ",\n".join(tasks) + "\n},", '"predictions": [\n' + ",\n".join(predictions) + "\n]"]
    return ("{\n" + "\n".join(lines) + "\n}\n").encode()


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _stored(scored: ScoredTable) -> dict[str, Any]:
    row: dict[str, Any] = {"scores": [*scored.derived, *scored.by_target_derived], "table": scored.table.to_json()}
    return row if scored.by_target is None else row | {"by_target": scored.by_target.to_json()}


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Writes the file whole or not at all.

    Raises:
        OutputError: it cannot be written there.
    """
    write_file(path, baseline_bytes(baseline))


def read_baseline(path: Path) -> Baseline:
    """The baseline in a file.

    Raises:
        InputError: there is none.
        FormatError: the file is damaged, something else, or of a later version.
    """
    data = read_json(
        path,
        missing=f"make a baseline with evalkit gate RUN --baseline {path} --update",
        damaged="write it anew with --update",
    )
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise FormatError(f"{path}: is no baseline; make one with evalkit gate RUN --baseline FILE --update")
    if data.get("version") != VERSION:
        raise FormatError(
            f"{path}: baseline version {data.get('version')!r}, this evalkit reads {VERSION}; "
            "write it anew with --update"
        )
    try:
        return _from_json(data, str(path))
    except EvalkitError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise FormatError(f"{path}: damaged baseline, {error!r}; write it anew with --update") from error


def _from_json(data: Mapping[str, Any], where: str) -> Baseline:
    return Baseline(
        **{name: data[name] for name in HEAD if name != "layers"},
        layers=tuple(data["layers"]),
        tables={
            task: {name: _loaded(row) for name, row in conventions.items()}
            for task, conventions in data["tables"].items()
        },
        predictions=tuple(
            prediction_from_row(row, f"{where}: predictions[{number}]")
            for number, row in enumerate(data["predictions"])
        ),
    )


def _loaded(row: Mapping[str, Any]) -> ScoredTable:
    target = row.get("by_target")
    return ScoredTable(
        CountTable.from_json(row["table"]),
        {name: DERIVED[name] for name in row["scores"] if name in DERIVED},
        None if target is None else CountTable.from_json(target),
        {} if target is None else {name: BY_TARGET[name] for name in row["scores"] if name in BY_TARGET},
    )
