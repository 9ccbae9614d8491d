"""Lines of shards in the order of the whole run: a merge of files that are each in that order already."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import orjson

from evalkit.errors import InputError
from evalkit.files import part_inside
from evalkit.predictions.shards.assignment import shard_number
from evalkit.predictions.shards.folders import ShardFolder

__all__ = ["merged_lines"]

_ROOM = 64 << 20
_LEAST, _MOST = 16 << 10, 1 << 20
"""Bytes that are read ahead: of all shards together, and of one."""
_PIECE = 1 << 20


def merged_lines(shards: Sequence[ShardFolder], articles: Iterable[str]) -> Iterator[bytes]:
    """The lines of some shards, some of them at a time, in the order of the articles.

    Little of each shard is in memory, and no file is open between two reads: there may be more shards than a process
    may open files.

    Args:
        shards: of one run.
        articles: the ids of all articles that these shards have, in order.

    Raises:
        InputError: a shard holds other articles, or another order, or was changed since it was looked at.
    """
    of = shards[0].shard.of
    room = min(_MOST, max(_LEAST, _ROOM // len(shards)))
    lines = {one.shard.number: _Lines(one, room) for one in shards}
    piece, size = list[bytes](), 0
    for article in articles:
        line = lines[shard_number(article, of)].next(article)
        piece.append(line)
        size += len(line)
        if size >= _PIECE:
            yield b"".join(piece)
            piece, size = [], 0
    yield b"".join(piece)
    for own in lines.values():
        own.finish()


class _Lines:
    """The lines of the predictions of a shard, one after the other."""

    def __init__(self, shard: ShardFolder, room: int) -> None:
        self._shard, self._room = shard, room
        self._read, self._rest = 0, b""
        self._lines: deque[bytes] = deque()
        self._digest = hashlib.sha256()

    @property
    def _path(self) -> Path:
        return self._shard.predictions

    def next(self, article: str) -> bytes:
        """The line of the article, whose turn it is."""
        while not self._lines:
            if not self._fill():
                raise self._odd(f"has no prediction for {article!r:.80}")
        line = self._lines.popleft()
        try:
            name = orjson.loads(line)["id"]
        except (orjson.JSONDecodeError, LookupError, TypeError):
            raise self._odd("was changed while it was read") from None
        if name != article:
            raise self._odd(f"has a prediction for {name!r:.80} where one for {article!r:.80} should be")
        return line + b"\n"

    def finish(self) -> None:
        """Looks whether that was all, and what was there when the shard was looked at."""
        if self._lines or self._fill() or self._rest:
            raise self._odd("has more predictions than articles")
        if self._digest.hexdigest() != self._shard.sha256:
            raise self._odd("was changed while it was read")

    def _fill(self) -> bool:
        """Reads on; whether there was something."""
        try:
            piece = part_inside(self._path, self._read, self._room)
        except OSError as error:
            raise self._odd(f"cannot be read: {error.strerror or error}") from error
        self._digest.update(piece)
        self._read += len(piece)
        *whole, self._rest = (self._rest + piece).split(b"\n")
        self._lines += whole
        return bool(piece)

    def _odd(self, what: str) -> InputError:
        return InputError(f"{self._path}: {what}; run {self._shard.shard.words} again, then merge")
