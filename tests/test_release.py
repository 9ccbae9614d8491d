"""What a release needs is there and says the same everywhere; `.ci/release` builds and checks it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from evalkit.version import __version__

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / ".ci" / "release"


def loaded(path: str) -> dict[Any, Any]:
    data: dict[Any, Any] = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
    return data


def test_the_citation_is_of_this_version():
    citation = loaded("CITATION.cff")
    assert citation["version"] == __version__
    assert (citation["cff-version"], citation["type"], citation["license"]) == ("1.2.0", "software", "Apache-2.0")
    # The format demands these three; an author is a person or a body with a name.
    assert all(citation[key] for key in ("message", "title", "authors"))
    assert all(author.get("name") or author.get("family-names") for author in citation["authors"])


def test_a_tag_is_checked_before_anybody_can_install_it():
    jobs = loaded(".github/workflows/release.yml")["jobs"]
    assert jobs["check"]["uses"] == "./.github/workflows/ci.yml"
    assert jobs["build"]["needs"] == "check"
    assert jobs["release"]["needs"] == "build"
    assert 'bash .ci/release "$GITHUB_REF_NAME"' in [step.get("run") for step in jobs["build"]["steps"]]
    # Nothing goes to a package index, where the name is somebody else's; one job has the right to write, and no other.
    assert set(jobs) == {"check", "build", "release"}
    assert jobs["release"]["permissions"] == {"contents": "write"}
    assert loaded(".github/workflows/release.yml")["permissions"] == {"contents": "read"}
    # YAML reads the key `on` as true.
    assert "workflow_call" in loaded(".github/workflows/ci.yml")[True]


def test_every_change_is_built_as_a_release_is():
    steps = loaded(".github/workflows/ci.yml")["jobs"]["package"]["steps"]
    assert "bash .ci/release" in [step.get("run") for step in steps]


@pytest.mark.skipif(os.name != "posix", reason="the script is for bash")
def test_a_tag_of_another_version_is_refused_before_anything_is_built():
    done = subprocess.run(["bash", str(SCRIPT), "v99.0"], check=False, capture_output=True, text=True)
    assert done.returncode == 1
    said = f"release: the tag is v99.0, the version {__version__}; tag v{__version__}, or change evalkit/version.py\n"
    assert done.stderr == said
    assert done.stdout == ""


def test_what_the_wheel_must_hold_is_there():
    found = re.search(r"for part in (.+?); do", SCRIPT.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    for part in found[1].replace("\\\n", " ").split():
        place = part.replace("evalkit/gold/", "annotations/").replace("licenses/", "")
        assert (ROOT / place).exists() or list(ROOT.glob(f"evalkit/**/{place}")), part


def test_the_manual_says_which_versions_there_are():
    from evalkit.gate.baseline import COMPACT, FOR_PEOPLE, VERSION
    from evalkit.predictions.store import FORMAT_VERSION as RUN_VERSION
    from evalkit.results import FORMAT_VERSION

    text = (ROOT / "docs" / "releasing.md").read_text(encoding="utf-8")
    for name, version in (
        ("`result.json` of a run", FORMAT_VERSION),
        ("`run.json`", RUN_VERSION),
        ("a baseline of the gate", f"{VERSION}, of more than {FOR_PEOPLE:,} articles {COMPACT}"),
    ):
        assert f"| {name} | {version} |" in text
