"""A real browser, if there is one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.report.explorer.payload import page

CHROMIUM = os.environ.get("EVALKIT_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("there is no chromium; install it, or name one in EVALKIT_TEST_CHROMIUM")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def tab(chromium: Any) -> Iterator[Any]:
    """A new page that fails a test if a script fails or the policy of the page is offended."""
    context = chromium.new_context(viewport={"width": 1200, "height": 800}, accept_downloads=True)
    context.set_default_timeout(10_000)
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    opened.on("dialog", lambda dialog: wrong.append(f"a window: {dialog.message}") or dialog.dismiss())
    yield opened
    context.close()
    assert not wrong, wrong


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page with 31 articles."""
    path: Path = tmp_path_factory.mktemp("explorer") / "sample.html"
    path.write_bytes(page([f"Port news {number} about ships" for number in range(1, 31)]))
    return path.as_uri()
