"""Which files and libraries some code consists of."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import pytest

from evalkit.extractors.identity.sources import Sources


@pytest.mark.parametrize(
    ("module", "file", "installed"),
    [
        pytest.param("json", "", True, id="the standard library"),
        pytest.param("json.decoder", sys.modules["json.decoder"].__file__, True, id="a file of the standard library"),
        pytest.param("click.core", click.core.__file__, True, id="a library"),
        pytest.param("evalkit.records", "", True, id="evalkit"),
        pytest.param("__main__", click.core.__file__, False, id="a notebook, whose file is the kernel's"),
        pytest.param("cell", "<cell 1>", False, id="code without a file"),
        pytest.param("tests.mine", __file__, False, id="a file of one's own"),
    ],
)
def test_what_is_installed_and_what_is_ones_own(module: str, file: str, installed: bool) -> None:
    assert Sources().add(module, file) is installed


def test_a_module_of_ones_own_may_be_called_like_one_of_python(tmp_path: Path) -> None:
    path = tmp_path / "queue.py"
    path.write_text("Q = 1\n")
    sources = Sources()
    assert not sources.add("queue", str(path))
    assert sources.files() == {"queue": path}


def test_what_evalkit_is_used_for_counts_as_its_files_and_not_as_its_version(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("from evalkit.text.zones import zoned\n")
    sources = Sources()
    sources.add("mine", str(path))
    assert {"mine", "evalkit.text.zones", "evalkit.records"} <= set(sources.files())
    assert "evalkit.version" not in sources.files()
    assert not [line for line in sources.versions() if line.startswith("evalkit")]


def test_whoever_brings_the_extractor_counts_by_the_hashes_of_its_files() -> None:
    sources = Sources()
    sources.add("click.core", str(click.core.__file__))
    plain, own = sources.versions(), sources.versions(own="click.core")
    assert [line for line in plain if line.startswith("click==")]
    assert set(plain) < set(own)
    assert [line for line in own if line.startswith("click/core.py ")]


def test_a_script_of_another_python_finds_its_modules_beside_it(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("import beside, click, no_such_module\n")
    (tmp_path / "beside.py").write_text("B = 1\n")
    sources = Sources(tmp_path)
    sources.add("__main__", str(tmp_path / "script.py"))
    assert set(sources.files()) == {"__main__", "beside"}
