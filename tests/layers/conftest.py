"""A fourth layer as another package would bring it: a module, and an entry point that names it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from evalkit.layers import table
from evalkit.layers.base import Layer
from evalkit.registry import Registry

CLAIMS = """
from dataclasses import dataclass

from evalkit.layers.base import Layer
from evalkit.records import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    id: str
    spans: tuple[Span, ...]
    label: str
    quote_id: str | None = None
    score: float | None = None


CLAIMS = Layer(
    name="claims",
    one="claim",
    record=Claim,
    prefix="c",
    labels=("check-worthy", "other"),
    refers={"quote_id": "quotes"},
)
"""

Install = Callable[..., Layer[Any]]


def forget_layers() -> None:
    table.layer_names.cache_clear()
    table.load_layer.cache_clear()


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a package with the entry point `claims`; two texts replace the first in its module by the second."""

    def entry_points(registry: Registry) -> dict[str, EntryPoint]:
        if registry.group != "evalkit.layers":
            return {}
        return {"claims": EntryPoint("claims", "evalkit_claims:CLAIMS", registry.group)}

    def make(old: str = "", new: str = "") -> Layer[Any]:
        folder = tmp_path / "site"
        folder.mkdir()
        (folder / "evalkit_claims.py").write_text(CLAIMS.replace(old, new), encoding="utf-8")
        monkeypatch.syspath_prepend(str(folder))
        monkeypatch.setattr(Registry, "entry_points", entry_points)
        forget_layers()
        return table.load_layer("claims")

    yield make
    monkeypatch.undo()
    sys.modules.pop("evalkit_claims", None)
    forget_layers()


@pytest.fixture
def claims(install: Install) -> Layer[Any]:
    """The layer of claims, installed."""
    return install()
