"""What one pass over large gold told, kept in the cache folder: whoever comes next looks at nothing twice.

What is kept has three parts: a line with its seal, the SHA-256 of what it was found in and of all that follows, so that
one that was damaged, or is of other bytes, or stands under another name is none; a line of JSON; numbers and names, of
an index the ids and where in the gold each record is.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from evalkit.errors import EvalkitError
from evalkit.files import mark_used, parse_json, read_bytes, read_inside, write_file
from evalkit.folders import indexes_folder
from evalkit.layers.table import LAYERS, layer_names
from evalkit.shapes import Shape, checked, each, fields, flag, list_of, number, text
from evalkit.version import __version__

if TYPE_CHECKING:
    from hashlib import _Hash

    from evalkit.dataset.loading.stored import Survey

__all__ = ["begun_digest", "index_path", "keep", "keep_survey", "recall", "recall_survey"]

_COUNTS = ("labels", "of_metadata", "of_readings")
"""What a survey counts."""

_HEAD: Shape = fields(
    {
        "version": number(2, 2, whole=True),
        **dict.fromkeys(_COUNTS, each(each(number(0, whole=True)))),
        "has_readings": flag,
        "notes": list_of(text),
        "fingerprint": text,
        "splits": list_of(text),
    }
)


def _is_kept() -> bool:
    """Whether what is found is kept: it is not where layers of other packages are, whose code changes as it likes."""
    return layer_names() == (*LAYERS.table,)


def begun_digest(asked: str, beside: Iterable[Path]) -> _Hash:
    """A SHA-256 of all that decides what is found in gold, but for the gold, which is added to it.

    Args:
        asked: how it is read.
        beside: files that may be there, in which labels and scopes are declared.
    """
    digest = hashlib.sha256("\0".join((__version__, sys.byteorder, asked)).encode())
    for path in beside:
        content = read_bytes(path) if path.is_file() else b""
        digest.update(b"%d " % len(content) + content)
    return digest


def index_path(name: str) -> Path:
    """Where the index of a name is, which is a SHA-256 in hexadecimal digits."""
    return indexes_folder() / f"{name[:32]}.index"


def recall_survey(place: Path, sha256: str, survey: Survey) -> bool:
    """Whether there is an index of these bytes; then the survey knows what it would find in them.

    Args:
        place: where the index is.
        sha256: of the bytes, and of what decides what is found in them.
        survey: one that has looked at nothing.

    Raises:
        InMemoryError: what `Survey.fold` raises.
    """
    if (known := recall(place, sha256, _HEAD)) is None:
        return False
    head, rest = known
    if not survey.index.take(rest):
        return False
    for counts in _COUNTS:
        for layer, own in head[counts].items():
            getattr(survey, counts)[layer].update(own)
    survey.has_readings, survey.double_notes, survey.digits = head["has_readings"], head["notes"], head["fingerprint"]
    survey.splits = {*head["splits"]} or {None}
    survey.decide()
    return True


def keep_survey(place: Path, sha256: str, survey: Survey) -> None:
    """Keeps what a survey found; where the cache cannot be written to it is left as it is, as it only saves time."""
    head = {
        "version": 2,
        **{counts: getattr(survey, counts) for counts in _COUNTS},
        "has_readings": survey.has_readings,
        "notes": survey.double_notes,
        "fingerprint": survey.digits,
        "splits": sorted(split for split in survey.splits if split is not None),
    }
    keep(place, sha256, head, survey.index.content())


def recall(place: Path, sha256: str, shape: Shape) -> tuple[dict[str, Any], memoryview] | None:
    """What was kept in a place of something: its line of JSON, and what follows; None if it is not there, or damaged.

    Args:
        place: where it is.
        sha256: of what it was found in.
        shape: that of the line of JSON.
    """
    if not _is_kept():
        return None
    try:
        content = read_inside(place)
        begin = content.find(b"\n") + 1
        end = content.find(b"\n", begin) + 1
        rest = memoryview(content)[begin:]
        if not begin or not end or content[:begin] != _seal(sha256, rest):
            return None
        head: dict[str, Any] = checked(parse_json(content[begin:end], place), shape, place, "delete it")
    except (OSError, EvalkitError):
        return None
    mark_used(place)
    return head, rest[end - begin :]


def keep(place: Path, sha256: str, head: Mapping[str, Any], rest: bytes) -> None:
    """Keeps what was found in something; where the cache cannot be written to it is left, as it only saves time."""
    if not _is_kept() or (os.path.lexists(place) and not place.is_file()):
        # A pipe would wait for somebody to read.
        return
    parts = (orjson.dumps(head) + b"\n", rest)
    with suppress(EvalkitError):
        write_file(place, (_seal(sha256, *parts), *parts))


def _seal(sha256: str, *parts: bytes | memoryview) -> bytes:
    digest = hashlib.sha256(sha256.encode())
    for part in parts:
        digest.update(part)
    return digest.hexdigest().encode() + b"\n"
