"""`evalkit models`: readable on narrow and wide terminals, and as JSON."""

from __future__ import annotations

import json
from importlib.machinery import ModuleSpec

import pytest
from click.testing import CliRunner

import evalkit.extractors.catalog as catalog
from evalkit.cli.models import models_command
from evalkit.extractors.table import NAMED
from evalkit.origin import install_command


def shown(*arguments: str, columns: int = 80) -> str:
    result = CliRunner().invoke(models_command, arguments, env={"COLUMNS": str(columns)}, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


@pytest.fixture
def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> ModuleSpec | None:
        return None if name in ("torch", "spacy") else ModuleSpec(name, None)

    monkeypatch.setattr(catalog, "find_spec", find)


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_fits_the_terminal(columns: int) -> None:
    lines = shown(columns=columns).splitlines()
    assert max(map(len, lines)) <= columns
    assert {line.split()[0] for line in lines if line.strip()} >= {entry.spelling for entry in NAMED}


def test_a_wide_terminal_says_what_each_is() -> None:
    assert "no torch needed" in shown(columns=200)


@pytest.mark.usefixtures("without_torch")
def test_what_is_missing_comes_with_its_command_in_one_line() -> None:
    output = shown(columns=60)
    assert f"hf:ID_OR_PATH[@REVISION]: extra torch is missing: {install_command('torch')}\n" in output
    assert f"spacy:NAME: extra spacy is missing: {install_command('spacy')}\n" in output


@pytest.mark.usefixtures("without_torch")
def test_json() -> None:
    models = {row["name"]: row for row in json.loads(shown("--json"))["models"]}
    assert models["ner-base"]["layers"] == ["entities"]
    assert models["ner-base"]["size"] > 1_000_000
    assert models["rules"]["runnable"] is True
    torch = models["hf:ID_OR_PATH[@REVISION]"]
    assert (torch["runnable"], torch["install"]) == (False, install_command("torch"))
