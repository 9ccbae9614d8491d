"""What an explorer's page carries: JSON packed with gzip, the same bytes for the same values."""

from __future__ import annotations

import zlib
from typing import Any

import orjson

__all__ = ["packed"]

_LEVEL = 9
_GZIP = 31
"""A gzip header without a time and a name, so that the same input gives the same bytes."""


def packed(value: Any) -> bytes:
    """A JSON value as gzip bytes."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP, zlib.DEF_MEM_LEVEL + 1)
    return packer.compress(orjson.dumps(value)) + packer.flush()
