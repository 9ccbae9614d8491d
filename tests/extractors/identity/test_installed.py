"""Versions of packages are those that `importlib.metadata` gives, whatever lies beside each other."""

from __future__ import annotations

import sys
from importlib.metadata import distributions, version
from pathlib import Path

import pytest

from evalkit.extractors.identity import installed
from evalkit.extractors.identity.installed import distribution_name, installed_version


def test_of_what_is_installed_here():
    for name in sorted({package.name for package in distributions()})[::7]:
        assert installed._version_of(name) == version(name), name


def test_a_module_that_is_called_otherwise_than_its_package():
    assert distribution_name("sklearn") == "scikit-learn"
    assert distribution_name("yaml") == "PyYAML"
    assert (installed_version("nobody_has_this"), distribution_name("nobody_has_this")) == ("", "nobody_has_this")


@pytest.mark.parametrize(
    "notes",
    [
        {"od_d-2.dist-info/METADATA": "Metadata-Version: 2.1\nName: od-d\nVersion: 2\n\nVersion: 7\n"},
        {"Od.D-1.dist-info/METADATA": "Name: Od.D\nVersion:  1 \n", "od_d-2.dist-info/METADATA": "Version: 2\n"},
        {"od_d-3.egg-info/PKG-INFO": "Name: od-d\nVersion: 3\n"},
        {"od_d-3.egg-info": "Name: od-d\nVersion: 3\n"},
    ],
)
def test_as_others_read_it(notes: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name, text in notes.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "gone"), str(tmp_path), *sys.path])
    installed._version_of.cache_clear()
    assert installed._version_of("od-d") == version("od-d") != ""
    installed._version_of.cache_clear()
