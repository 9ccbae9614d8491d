"""The baseline of a gate: what an earlier run predicted and the counts that it earned, as a file in the repository.

The file is JSON with one line for each table and each prediction, so that a change of the baseline can be read in a
diff. The same run gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from evalkit.errors import EvalkitError, FormatError
from evalkit.files import read_json, write_file
from evalkit.formats.native.rows import prediction_from_row, prediction_to_row
from evalkit.predictions.run import Run
from evalkit.scoring.tasks.table import ScoredTable, stored_table

__all__ = ["Baseline", "Tables", "baseline_bytes", "read_baseline", "write_baseline"]

FORMAT, VERSION = "evalkit.baseline", 1
HEAD = ("extractor", "fingerprint", "gold", "gold_fingerprint", "split", "articles", "layers", "scoring", "evalkit")

Tables = Mapping[str, Mapping[str, ScoredTable]]
"""Task → convention → counts with their derived scores."""


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """What a gate compares with.

    Attributes:
        run: what an earlier run predicted; predictions by article id.
        tables: the counts that it earned, by article and label.
        evalkit: the version that counted.
    """

    run: Run
    tables: Tables
    evalkit: str

    @property
    def head(self) -> dict[str, Any]:
        """The facts that the file begins with."""
        more = {"layers": list(self.run.layers or ()), "scoring": self.run.stated_scoring, "evalkit": self.evalkit}
        known = self.run.facts | more
        return {name: known[name] for name in HEAD}


def baseline_bytes(baseline: Baseline) -> bytes:
    """The file's content."""
    head = {"format": FORMAT, "version": VERSION} | baseline.head
    lines = [f"{_json(name)}: {_json(value)}," for name, value in head.items()]
    tasks = []
    for task, conventions in baseline.tables.items():
        rows = [f"{_json(name)}: {_json(_stored(scored))}" for name, scored in conventions.items()]
        tasks.append(f"{_json(task)}: {{\n" + ",\n".join(rows) + "\n}")
    ordered = sorted(baseline.run.predictions, key=lambda prediction: prediction.article_id)
    predictions = [_json(prediction_to_row(prediction)) for prediction in ordered]
    lines += ['"tables": {\n' + ",\n".join(tasks) + "\n},", '"predictions": [\n' + ",\n".join(predictions) + "\n]"]
    return ("{\n" + "\n".join(lines) + "\n}\n").encode()


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _stored(scored: ScoredTable) -> dict[str, Any]:
    return {"scores": list(scored.derived), "table": scored.table.to_json()}


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
    missing = [name for name in HEAD if name not in data]
    if missing:
        raise FormatError(f"{where}: damaged baseline, {missing[0]!r} is missing; write it anew with --update")
    predictions = [
        prediction_from_row(row, f"{where}: predictions[{number}]") for number, row in enumerate(data["predictions"])
    ]
    run = Run.from_facts({**data, "complete": True}, predictions, where=where)
    return Baseline(
        run=run.scored_as(data["scoring"], where=where),
        tables={
            task: {name: _loaded(task, name, row) for name, row in conventions.items()}
            for task, conventions in data["tables"].items()
        },
        evalkit=data["evalkit"],
    )


def _loaded(task: str, convention: str, row: Mapping[str, Any]) -> ScoredTable:
    # Earlier versions wrote the counts by target beside the table.
    table = row["table"] | {name: row[name] for name in ("by_target",) if name in row}
    return stored_table(task, convention, table, row["scores"])
