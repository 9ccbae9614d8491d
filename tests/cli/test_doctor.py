"""`evalkit doctor`: what is there, what is missing with what installs it, and which settings count."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.extractors.installation import look_at_extras
from evalkit.origin import install_command
from evalkit.version import __version__
from evalkit.workflows.doctor import check_installation
from tests.cli.conftest import Evalkit


def test_what_is_installed(evalkit: Evalkit, workspace: Path) -> None:
    done = evalkit("doctor", "--json")
    assert done.status == 0
    found = done.json
    assert found["versions"]["evalkit"] == __version__
    assert found["models"]["rules"] == ""
    assert found["cache"]["problem"] == ""
    assert int(found["processor"]["cores"]) >= 1
    assert found["problems"] == []


def test_what_is_missing_has_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [
        "click>=8",
        'nowhere-to-be-found>=1; extra == "plots"',
        'click>=8 ; extra == "torch"',
        'x; extra == "test"',
    ]
    monkeypatch.setattr("evalkit.extractors.installation.requires", lambda name: wanted)
    plots, torch = look_at_extras()
    assert (plots.name, dict(plots.packages)) == ("plots", {"nowhere-to-be-found": ""})
    assert plots.install == install_command("plots")
    assert torch.install == ""


def test_a_cache_that_cannot_be_is_a_problem(
    evalkit: Evalkit, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "file").touch()
    monkeypatch.setenv("EVALKIT_CACHE", str(workspace / "file" / "below"))
    done = evalkit("doctor")
    assert done.status == 1
    assert "nothing can be kept in the cache" in done.err
    assert "set EVALKIT_CACHE to a folder of yours" in done.err


def test_settings_are_shown_with_their_place(
    evalkit: Evalkit, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "pyproject.toml").write_text('[tool.evalkit.run]\nset = ["api_key=s3cr3t-word"]\n', encoding="utf-8")
    monkeypatch.setenv("EVALKIT_RUN_LIMIT", "3")
    found = evalkit("doctor", "--json")
    assert found.json["settings"] == [
        {
            "command": "run",
            "option": "set",
            "value": "api_key=[api_key]",
            "where": "pyproject.toml [tool.evalkit.run]",
        },
        {"command": "run", "option": "limit", "value": "3", "where": "EVALKIT_RUN_LIMIT"},
    ]
    assert "s3cr3t" not in found.out + evalkit("doctor").out


def test_a_fault_in_settings_is_told(evalkit: Evalkit, workspace: Path) -> None:
    (workspace / "pyproject.toml").write_text("[tool.evalkit]\nlimt = 2\n", encoding="utf-8")
    done = evalkit("doctor")
    assert done.status == 1
    assert "no command has an option 'limt'; did you mean 'limit'?" in done.out
    assert done.err.count("limt") == 1


def test_in_python() -> None:
    found = check_installation()
    assert repr(found) == f"<Installation evalkit {__version__}, 0 problems>"
    assert found.shortfall == ""
