from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evalkit.dataset.catalogue import download, table
from tests.dataset.catalogue.file_server import FileServer, file_server
from tests.dataset.catalogue.small_corpus import FILES, entry_text

QUICK = download.Patience(silence=2.0, pause=0.01, tries=2)


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as state:
        yield state


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def small(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """A catalogue that has one corpus, `small`, and the server that has its files; the process is in a new folder."""
    entries = tmp_path / "entries"
    entries.mkdir()
    (entries / "small.toml").write_text(entry_text(host=server.url), encoding="utf-8")
    server.files = {f"/{'0123456789' * 4}/{path}": content.encode() for path, content in FILES.items()}
    monkeypatch.setattr(table, "ENTRIES", entries)
    monkeypatch.setattr(download, "Patience", lambda: QUICK)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    table.find_entry.cache_clear()
    yield server
    table.find_entry.cache_clear()
