"""Predictions kept between runs, keyed by what was asked and of whom.

One file for each extractor fingerprint, one line an article: the key, a space, the prediction as JSON. Lines are
appended in single writes, so several processes can share a file; a line that a crash cut off is skipped.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import orjson

from evalkit.errors import FormatError
from evalkit.formats.native.rows import article_to_row, prediction_from_row, prediction_line
from evalkit.predictions.batches import Job
from evalkit.records import Prediction

__all__ = ["PredictionCache", "cache_folder", "cache_key"]

KEY_LENGTH = 32


def cache_folder() -> Path:
    """Where predictions are cached: `$EVALKIT_CACHE`, or `evalkit` in the user's cache folder."""
    if own := os.environ.get("EVALKIT_CACHE"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "evalkit"


def cache_key(job: Job, layers: Sequence[str]) -> str:
    """A hash of all that an extractor is shown and was asked for.

    That is the whole article, the stance pairs to label, and the layers that it claims.
    """
    pairs = job.pairs
    shown = [
        article_to_row(job.article),
        None if pairs is None else [[p.holder, p.target, *p.holder_mentions, "", *p.target_mentions] for p in pairs],
        list(layers),
    ]
    return hashlib.sha256(orjson.dumps(shown, option=orjson.OPT_SORT_KEYS)).hexdigest()[:KEY_LENGTH]


class PredictionCache:
    """The cached predictions of one extractor."""

    def __init__(self, fingerprint: str, folder: Path | None = None) -> None:
        name = hashlib.sha256(fingerprint.encode()).hexdigest()[:KEY_LENGTH]
        self.path = (folder or cache_folder()) / "predictions" / f"{name}.jsonl"
        self._lines: dict[str, bytes] | None = None

    def get(self, key: str) -> Prediction | None:
        """The prediction under a key, or None if there is none that can be read."""
        line = self._loaded().get(key)
        if line is None:
            return None
        try:
            return prediction_from_row(orjson.loads(line), str(self.path))
        except (orjson.JSONDecodeError, FormatError):
            return None

    def put(self, items: Iterable[tuple[str, Prediction]]) -> None:
        """Adds predictions; a folder that cannot be written to leaves the cache as it is (it only saves time)."""
        lines = [(key, prediction_line(prediction)) for key, prediction in items]
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                file.write(b"".join(b"%s %s" % (key.encode(), line) for key, line in lines))
        except OSError:
            return
        self._loaded().update((key, line.rstrip(b"\n")) for key, line in lines)

    def _loaded(self) -> dict[str, bytes]:
        if self._lines is None:
            try:
                content = self.path.read_bytes()
            except OSError:
                content = b""
            whole = content[: content.rfind(b"\n") + 1].splitlines()
            self._lines = {line[:KEY_LENGTH].decode("ascii", "replace"): line[KEY_LENGTH + 1 :] for line in whole}
        return self._lines
