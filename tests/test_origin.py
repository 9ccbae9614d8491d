"""Where evalkit came from, and that nobody is told to install it by its name, which on the index is not ours."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from evalkit import origin

ROOT = Path(__file__).resolve().parents[1]
GIT = {"url": "https://example.org/e", "vcs_info": {"vcs": "git", "commit_id": "1f"}}


@pytest.mark.parametrize(
    ("told", "command"),
    [
        pytest.param(GIT, "pip install 'evalkit[torch] @ git+https://example.org/e@1f'", id="git"),
        pytest.param(
            GIT | {"subdirectory": "nlp"},
            "pip install 'evalkit[torch] @ git+https://example.org/e@1f#subdirectory=nlp'",
            id="below",
        ),
        pytest.param(
            {"url": "https://example.org/e.whl", "archive_info": {}},
            "pip install 'evalkit[torch] @ https://example.org/e.whl'",
            id="wheel",
        ),
        pytest.param(
            {"url": "file:///home/e", "dir_info": {}}, "pip install 'evalkit[torch] @ file:///home/e'", id="folder"
        ),
        pytest.param({}, "pip install '.[torch]' in a copy of the repository of evalkit", id="not told"),
        pytest.param([], "pip install '.[torch]' in a copy of the repository of evalkit", id="damaged"),
    ],
)
def test_an_extra_comes_from_where_evalkit_came_from(told: Any, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "_checkout", lambda: None)
    monkeypatch.setattr(metadata, "distribution", lambda name: SimpleNamespace(read_text=lambda _: json.dumps(told)))
    assert origin.install_command("torch") == command


def test_nothing_is_installed_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(origin, "_checkout", lambda: None)
    monkeypatch.setattr(metadata, "distribution", absent)
    assert origin.address() == ""
    assert origin.install_command() == "pip install . in a copy of the repository of evalkit"


def test_from_a_repository_it_is_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "_checkout", lambda: Path("/home/my code/evalkit"))
    assert origin.install_command("spacy") == "pip install -e '/home/my code/evalkit[spacy]'"
    assert origin.install_command(options="--force-reinstall").startswith("pip install --force-reinstall -e '/home/my")


BY_NAME = re.compile(r"pip install (?:[^\n`&;|]*[ '\"])?['\"]?evalkit(\[[\w,]*\])?(?! @|/|[\w.[-])|[\"' ]evalkit==")


@pytest.mark.parametrize("line", ["pip install evalkit", "pip install 'evalkit[torch]'", '"evalkit==0.1.0"'])
def test_a_name_alone_is_found(line: str) -> None:
    assert BY_NAME.search(line)
    assert not BY_NAME.search("pip install 'evalkit[torch] @ git+https://example.org/e'")


def _files(*folders: str) -> Iterator[str]:
    for folder in folders:
        yield from (path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*") if path.is_file())


def test_nobody_is_told_to_install_evalkit_by_its_name() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    # A copy that git does not know has its pages and its code all the same.
    names = listed.stdout.split("\n") if listed.returncode == 0 else list(_files("evalkit", "docs", "tests", ".github"))
    told = [
        f"{name}: {found[0]}"
        for name in names
        if name.endswith((".md", ".py", ".yml", ".toml", ".json", ".ipynb", "/run", "/release"))
        and name not in ("tests/test_origin.py", "CHANGELOG.md")
        and (ROOT / name).is_file()
        and (found := BY_NAME.search((ROOT / name).read_text(encoding="utf-8")))
    ]
    assert told == []
