"""A format that another package brings, as if that package were installed."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints

import pytest

from evalkit import registry


@pytest.fixture
def offsets_format(monkeypatch: pytest.MonkeyPatch) -> None:
    """Registers `tests.formats.offsets_csv` as the format `offsets`."""
    point = EntryPoint(name="offsets", value="tests.formats.offsets_csv:OFFSETS", group="evalkit.formats")
    usual = registry.installed
    monkeypatch.setattr(
        registry,
        "installed",
        lambda group: EntryPoints([*usual(group), *([point] if group == point.group else [])]),
    )
