"""Predictions kept between runs, keyed by what was asked and of whom.

One file for each extractor fingerprint, one line an article: the key, a checksum of what follows and of the key, the
length of the prediction, and the prediction as JSON. Several processes can add to a file. A line that is too short was
cut off by a crash, one whose checksum is another was damaged: both are passed over, as is one that does not fit its
article.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import orjson

from evalkit.errors import FormatError
from evalkit.files import add_to_shared
from evalkit.folders import cache_folder
from evalkit.formats.native.rows import article_to_row, prediction_line
from evalkit.predictions.batches import Job
from evalkit.predictions.lines import admitted_line, checksum
from evalkit.records import Prediction

__all__ = ["PredictionCache", "cache_key", "not_cached"]

KEY_LENGTH = 32


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
    """The cached predictions of one extractor.

    Attributes:
        refused: how many lines were asked for that were damaged, or did not fit the article.
    """

    def __init__(self, fingerprint: str, folder: Path | None = None) -> None:
        name = hashlib.sha256(fingerprint.encode()).hexdigest()[:KEY_LENGTH]
        self.path = (folder or cache_folder()) / "predictions" / f"{name}.checked.jsonl"
        self.refused = 0
        self._lines: dict[bytes, bytes] | None = None

    def get(self, key: str, job: Job, layers: Sequence[str]) -> Prediction | None:
        """The prediction under a key, or None if there is none that can be used for an article."""
        line = self._loaded().get(key.encode())
        if line is None:
            return None
        _, _, length, body = (*line.split(b" ", 3), b"", b"", b"")[:4]
        if not length.isdigit() or len(body) < int(length[:18]):
            return None
        if line == _line(key, body):
            try:
                name = job.article.id
                admitted = admitted_line(body, str(self.path), job.article, layers, article_id=name)
                if isinstance(admitted, Prediction):
                    return admitted
            except FormatError:
                pass
        self.refused += 1
        return None

    def put(self, items: Iterable[tuple[str, Prediction]]) -> None:
        """Adds predictions; a folder that cannot be written to leaves the cache as it is (it only saves time)."""
        lines = [_line(key, prediction_line(prediction)[:-1]) for key, prediction in items]
        try:
            # On a line of its own, as a crash may have cut off the last one.
            add_to_shared(self.path, b"\n" + b"".join(line + b"\n" for line in lines))
        except OSError:
            return
        self._loaded().update((line[:KEY_LENGTH], line) for line in lines)

    def _loaded(self) -> dict[bytes, bytes]:
        if self._lines is None:
            try:
                content = self.path.read_bytes()
            except OSError:
                content = b""
            self._lines = {line[:KEY_LENGTH]: line for line in content.split(b"\n")}
        return self._lines


def not_cached(fingerprint: str, jobs: Sequence[Job], layers: Sequence[str]) -> list[Job]:
    """The jobs for which an extractor has made no prediction that can be used."""
    cache = PredictionCache(fingerprint)
    return [job for job in jobs if cache.get(cache_key(job, layers), job, layers) is None]


def _line(key: str, body: bytes) -> bytes:
    """A line of the cache without its end."""
    rest = b"%d %s" % (len(body), body)
    return b"%s %s %s" % (key.encode(), checksum(key.encode() + b" " + rest), rest)
