"""The settings of `llm:MODEL`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evalkit.extractors.http import Patience
from evalkit.extractors.llm.prompt import Prompt

__all__ = ["MODES", "Settings"]

MODES = ("json_schema", "json_object", "text")
"""How an answer is constrained: by a schema, to be JSON, or by words only; from the strictest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that an extractor needs to know; `key` shows nowhere.

    Attributes:
        modes: the constraints to try, from the first.
        decoding: what else goes into each request.
        prices: of a million prompt and completion tokens.
        window: characters of an article in one request; 0 is no limit.
        overlap: how many of them neighbouring windows share at most.
        asks_pairs: whether stances of given pairs are asked for, or taken from those that the model found.
    """

    model: str
    url: str
    key: str = field(repr=False)
    layers: tuple[str, ...]
    labels: Mapping[str, str]
    prompt: Prompt
    modes: tuple[str, ...]
    decoding: Mapping[str, Any]
    attempts: int
    concurrency: int
    patience: Patience
    prices: tuple[float, float] | None
    window: int
    overlap: int
    asks_pairs: bool
