"""The word lists of `lists.toml`."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any


@lru_cache(maxsize=1)
def _all() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "lists.toml").read_text(encoding="utf-8"))


def words(section: str, key: str) -> tuple[str, ...]:
    """The entries of one list, in file order."""
    return tuple(" ".join(entry.split()) for entry in _all()[section][key].split(";"))


def templates() -> tuple[str, ...]:
    """The sentences with slots."""
    return tuple(_all()["templates"]["sentences"].strip().splitlines())
