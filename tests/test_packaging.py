"""What is promised about installing: one version, pinned test requirements, README commands that .ci/run finds."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import pytest

from evalkit.version import __version__

ROOT = Path(__file__).resolve().parent.parent
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = CONFIG["project"]
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def name_of(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9_.-]", requirement)[0].lower().replace("_", "-")


PINS = dict(
    line.split("==")
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)


def test_the_version_is_written_once():
    assert PROJECT["dynamic"] == ["version"]
    assert CONFIG["tool"]["hatch"]["version"]["path"] == "evalkit/version.py"
    assert re.search(
        rf"^## {re.escape(__version__)}\b", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )


@pytest.mark.parametrize("extra", ["", "test", "formats", "torch", "spacy"])
def test_what_the_tests_install_is_pinned(extra: str):
    wanted = PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]
    missing = [one for one in map(name_of, wanted) if one not in PINS and one != "evalkit"]
    assert missing == []


def test_the_plain_installation_has_no_torch():
    assert not {"torch", "spacy", "ray"} & {name_of(one) for one in PROJECT["dependencies"]}


def test_gold_and_models_are_in_the_wheel():
    wheel = CONFIG["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel == {"packages": ["evalkit"], "force-include": {"annotations": "evalkit/gold"}}


@pytest.mark.skipif(os.name != "posix", reason="the script is for bash")
def test_ci_is_a_script_that_finds_each_command_once_in_the_readme():
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    patterns = re.findall(r"command_of ['\"](\S.*?)['\"]\)", CI)
    assert len(patterns) == 2
    for pattern in patterns:
        assert len(re.findall(pattern, README, re.MULTILINE)) == 1, pattern


def test_the_public_workflow_runs_the_same_script():
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert "- run: bash .ci/run" in workflow
    assert 'python-version: "3.11"' in workflow


def test_the_licence_is_the_one_that_is_declared():
    assert PROJECT["license"] == "Apache-2.0"
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text.splitlines()[1]
    assert "END OF TERMS AND CONDITIONS" in text
