"""A server that keeps comments, and the variables of a build that is about a pull request there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integrations.forge_server import TOKEN, ForgeServer, forge_server


@pytest.fixture
def forge() -> Iterator[ForgeServer]:
    with forge_server() as server:
        yield server


def event_of(folder: Path, *, head: str | None = "o/r") -> Path:
    """What a build is told of a pull request, 7, from a repository; None for a fork that is gone."""
    origin = None if head is None else {"full_name": head}
    path = folder / "event.json"
    path.write_text(json.dumps({"pull_request": {"number": 7, "head": {"repo": origin}}}), encoding="utf-8")
    return path


@pytest.fixture
def github(forge: ForgeServer, tmp_path: Path) -> dict[str, str]:
    return {
        "GITHUB_API_URL": forge.url,
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(event_of(tmp_path)),
        "GITHUB_TOKEN": TOKEN,
    }


@pytest.fixture
def gitlab(forge: ForgeServer) -> dict[str, str]:
    return {
        "CI_API_V4_URL": forge.url,
        "CI_PROJECT_ID": "5",
        "CI_MERGE_REQUEST_IID": "7",
        "GITLAB_TOKEN": TOKEN,
    }
