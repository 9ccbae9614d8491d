"""A run is a folder.

`run.json` says what was run, `predictions.jsonl` holds one line an article (append-only), `result.json` the scores,
`speed.json` how fast it was.

Killed at any moment, a run continues to the same bytes: whole lines of `predictions.jsonl` are kept, a line that was
cut off is dropped, and the rest is made in the order in which it would have been made. Only `speed.json` differs
between two runs of the same extractor over the same gold.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from reprlib import repr as shortened
from typing import Any

import orjson

from evalkit.errors import FormatError, InputError, OutputError
from evalkit.files import json_bytes, parse_json, read_json, write_file, writing
from evalkit.formats.native.rows import prediction_from_row, prediction_line
from evalkit.records import Prediction
from evalkit.results import EvalResult

__all__ = ["RunFolder", "current_result", "read_result", "read_run"]

RUN, PREDICTIONS, RESULT, SPEED = "run.json", "predictions.jsonl", "result.json", "speed.json"
FORMAT_VERSION = 1

ELSEWHERE = "choose another place with --out"


class RunFolder:
    """The folder of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def default(cls, extractor: str, key: str) -> RunFolder:
        """The folder for a run nobody chose one for: `runs/NAME-KEY`."""
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", extractor).strip("-.")[:60] or "extractor"
        return cls(Path("runs") / f"{name}-{key[:8]}")

    def open(self, key: str, facts: Mapping[str, Any], *, fresh: bool = False) -> list[Prediction]:
        """Claims the folder for a run and gives back the predictions that it already holds.

        Args:
            key: what identifies the run: extractor, gold and options that change predictions.
            facts: written to `run.json`.
            fresh: start over, whatever is there of this run.

        Raises:
            OutputError: the folder holds another run, something that is no run, or cannot be written.
        """
        found = self._identity()
        if found is not None and found != key:
            raise OutputError(
                f"{self.path}: holds another run (another model, gold or option); choose another --out or delete it"
            )
        if found is None and self.path.exists() and (not self.path.is_dir() or self._strangers()):
            ours = self.path.is_dir() and set(self._strangers()) <= {RUN, PREDICTIONS, RESULT, SPEED}
            what = f"holds a run without a {RUN} that says which; delete it, or" if ours else "is no run;"
            raise OutputError(f"{self.path}: is there already and {what} choose another --out")
        kept = [] if fresh or found is None else self._kept()
        with writing(self.path, remedy=ELSEWHERE):
            self.path.mkdir(parents=True, exist_ok=True)
            if not kept:
                # Before `run.json` says whose predictions these are, so that a crash in between leaves no mixture.
                (self.path / PREDICTIONS).unlink(missing_ok=True)
                (self.path / RESULT).unlink(missing_ok=True)
        self.write_facts(key, facts)
        return kept

    def _strangers(self) -> list[str]:
        """What lies in the folder besides files of ours that were being written when a run was killed."""
        return sorted(path.name for path in self.path.iterdir() if not re.fullmatch(r"\.\S+\.\d+\.tmp", path.name))

    def _identity(self) -> str | None:
        try:
            data = orjson.loads((self.path / RUN).read_bytes())
        except (OSError, orjson.JSONDecodeError):
            return None
        return data.get("key") if isinstance(data, dict) else None

    def _kept(self) -> list[Prediction]:
        path = self.path / PREDICTIONS
        try:
            content = path.read_bytes()
        except OSError:
            return []
        kept, size = [], 0
        for line in content.splitlines(keepends=True):
            try:
                if not line.endswith(b"\n"):
                    break
                kept.append(prediction_from_row(orjson.loads(line), str(path)))
            except (orjson.JSONDecodeError, FormatError):
                break
            size += len(line)
        with writing(path, remedy=ELSEWHERE), path.open("r+b") as file:
            file.truncate(size)
        return kept

    @contextmanager
    def appending(self) -> Iterator[Callable[[Sequence[Prediction]], None]]:
        """A function that adds predictions, each batch in one write."""
        path = self.path / PREDICTIONS
        with writing(path, remedy=ELSEWHERE), path.open("ab", buffering=0) as file:

            def append(predictions: Sequence[Prediction]) -> None:
                file.write(b"".join(map(prediction_line, predictions)))

            yield append

    def write_predictions(self, predictions: Iterable[Prediction]) -> None:
        """Writes all predictions, in place of what is there."""
        write_file(self.path / PREDICTIONS, b"".join(map(prediction_line, predictions)), remedy=ELSEWHERE)

    def sha256(self) -> str:
        """The SHA-256 of the predictions that lie there."""
        return hashlib.sha256((self.path / PREDICTIONS).read_bytes()).hexdigest()

    def write_facts(self, key: str, facts: Mapping[str, Any]) -> None:
        """Writes `run.json`."""
        head = {"format": "evalkit.run", "version": FORMAT_VERSION, "key": key}
        write_file(self.path / RUN, json_bytes(head | dict(facts)), remedy=ELSEWHERE)

    def write_speed(self, seconds: float, articles: int) -> None:
        """Writes `speed.json`: how long the last extraction took, and of how many articles."""
        speed = {
            "seconds": round(seconds, 3),
            "articles": articles,
            "articles_per_second": round(articles / seconds, 3),
        }
        write_file(self.path / SPEED, json_bytes(speed), remedy=ELSEWHERE)

    def write_result(self, result: EvalResult) -> None:
        """Writes `result.json`.

        Raises:
            OutputError: a run lies there whose predictions are not those of the result, or nothing can be written.
        """
        if (self.path / RUN).exists() and result.run.get("sha256") != self.sha256():
            raise OutputError(f"{self.path}: holds a run of other predictions than those scored; {ELSEWHERE}")
        write_file(self.path / RESULT, json_bytes(result.to_json()), remedy=ELSEWHERE)


def read_run(path: Path) -> tuple[dict[str, Any], list[Prediction], str]:
    """The facts of a run folder, its predictions, and the SHA-256 of their file.

    Raises:
        InputError: there is no such run.
        FormatError: a file of it is damaged, or of a later version.
    """
    if path.is_file():
        raise InputError(f"{path}: is a file; give the run folder, which holds the predictions too")
    try:
        written = (path / RUN).read_bytes()
        content = (path / PREDICTIONS).read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: is no run folder ({error.strerror}); give the folder that evalkit run wrote"
        ) from error
    facts = parse_json(written, path / RUN, damaged="run again")
    if not isinstance(facts, dict):
        raise FormatError(f"{path / RUN}: not an evalkit run; give the folder that evalkit run wrote")
    if facts.get("version", FORMAT_VERSION) != FORMAT_VERSION:
        raise FormatError(
            f"{path / RUN}: run version {shortened(facts['version'])}, this evalkit reads {FORMAT_VERSION}; run again"
        )
    predictions = []
    for number, line in enumerate(content.splitlines(), 1):
        where = f"{path / PREDICTIONS}:{number}"
        try:
            predictions.append(prediction_from_row(orjson.loads(line), where))
        except orjson.JSONDecodeError as error:
            raise FormatError(f"{where}: damaged ({error}); run the same command again to continue the run") from error
    return facts, predictions, hashlib.sha256(content).hexdigest()


def current_result(path: Path) -> EvalResult:
    """The result of a run folder or of a result file, if it was made of the predictions that lie beside it.

    Raises:
        InputError: there is none, or the predictions have changed since.
        FormatError: it is damaged.
    """
    result = read_result(path)
    folder = path if path.is_dir() else path.parent
    in_run = (path.is_dir() or path.name == RESULT) and (folder / RUN).exists() and (folder / PREDICTIONS).exists()
    if in_run and result.run.get("sha256") != RunFolder(folder).sha256():
        raise InputError(
            f"{folder / RESULT}: was not made of the predictions beside it, which have changed; score them again with "
            f"{_score_again(folder, result.run)}"
        )
    return result


def _score_again(folder: Path, facts: Mapping[str, Any]) -> str:
    """The command that scores a run as it was scored, from what its result says."""
    origin, scoring = (dict(facts.get(name) or {}) for name in ("origin", "scoring"))
    gold = origin.pop("dataset", None) or str(facts.get("gold", "GOLD")).rpartition("@")[0] or "GOLD"
    given = {"--split": facts.get("split"), **{f"--{name}": origin.pop(name, None) for name in ("format", "annotator")}}
    origin.pop("offsets", None)
    maps = {"--label-map": "label_map", "--gold-label-map": "gold_map", "--predicted-label-map": "predicted_map"}
    given |= {option: scoring.get(name) for option, name in maps.items()}
    given["--labels"] = ",".join(scoring.get("labels", ()))
    several = {"--scope": scoring.get("scope", ()), "--min-score": scoring.get("min_score", ())}
    several["--read"] = [f"{name}={value}" for name, value in origin.items()]
    options = [(option, value) for option, value in given.items() if value]
    options += [(option, value) for option, values in several.items() for value in values]
    named = [("--gold", gold), ("--predicted", folder), ("--out", folder), *options]
    return " ".join(["evalkit score", *(f"{option} {shlex.quote(str(value))}" for option, value in named)])


def read_result(path: Path) -> EvalResult:
    """The result of a run folder, or of a result file.

    Raises:
        InputError: there is none.
        FormatError: it is damaged.
    """
    file = path / RESULT if path.is_dir() else path
    data = read_json(
        file, missing="give a run folder that evalkit run wrote, or its result.json", damaged="score the run again"
    )
    return EvalResult.from_json(data, where=str(file))
