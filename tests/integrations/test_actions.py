"""The actions, step by step on this machine: a change that is worse, one that is not, and gold that is wrong."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import EXTRACTORS, gold_rows, write_lines
from tests.integrations.actions import ROOT, Build, loaded
from tests.integrations.conftest import event_of
from tests.integrations.forge_server import TOKEN, ForgeServer

PACKAGED = ROOT / "evalkit" / "integrations" / "github"
ACTION, GOLD_ACTION = PACKAGED / "action.yml", PACKAGED / "gold_action.yml"

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the steps are for bash")


def steps_of(action: Path) -> dict[str, dict[str, Any]]:
    return {step["name"]: step for step in loaded(action)["runs"]["steps"]}


@pytest.fixture
def build(tmp_path: Path, forge: ForgeServer) -> Build:
    """A checkout with gold, an extractor and its baseline, in the build of a pull request."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    (tmp_path / "temp").mkdir()
    write_lines(folder / "gold.jsonl", gold_rows())
    (folder / "mine.py").write_text(EXTRACTORS, encoding="utf-8")
    variables = {
        "GITHUB_API_URL": forge.url,
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(event_of(tmp_path)),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_WORKSPACE": str(folder),
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "EVALKIT_CACHE": str(tmp_path / "cache"),
    }
    return Build(folder, variables)


def evalkit(build: Build, *words: str) -> None:
    done = subprocess.run(
        ["evalkit", *words], cwd=build.folder, env=build.environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


def with_inputs(build: Build, action: Path, **given: str) -> Build:
    """The build with what an action is given; what it is not has its default."""
    for name, about in loaded(action)["inputs"].items():
        build.values[f"inputs.{name}"] = given.get(name, about.get("default", ""))
    assert set(given) <= set(loaded(action)["inputs"])
    build.values |= {"inputs.token": TOKEN, "inputs.install": "none"}
    return build


def run_all(build: Build, action: Path) -> int:
    """The steps one after the other, as long as they go well; the exit status of the last one."""
    for name, step in steps_of(action).items():
        if "uses" in step:
            build.values[f"steps.{step['id']}.outputs.artifact-url"] = (
                "https://github.com/o/r/actions/runs/1/artifacts/2"
            )
        elif status := build.step(step):
            build.said += f"[{name} ended with {status}]"
            return status
    return 0


def test_a_change_that_is_worse_is_said_in_one_comment(build: Build, forge: ForgeServer, tmp_path: Path):
    evalkit(build, "run", "--model", "mine:people", "--dataset", "gold.jsonl", "--out", "before", "--resamples", "0")
    evalkit(build, "gate", "before", "--baseline", "base.json", "--update")
    given = {"model": "mine:breaks", "dataset": "gold.jsonl", "baseline": "base.json", "arguments": "--resamples\n0\n"}
    assert run_all(with_inputs(build, ACTION, **given), ACTION) == 1, build.said
    (comment,) = forge.comments
    assert comment["body"].startswith("<!-- evalkit:comment gate -->\n## evalkit gate: ❌ fail\n")
    assert "b-strike: no idea" in comment["body"] or "the extractor failed on 1 article" in comment["body"]
    assert "](https://github.com/o/r/actions/runs/1/artifacts/2)" in comment["body"]
    assert "## evalkit gate: ❌ fail" in (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "<testsuites" in (tmp_path / "temp" / "evalkit-gate" / "junit.xml").read_text(encoding="utf-8")
    page = (tmp_path / "temp" / "evalkit-gate" / "explorer.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert TOKEN not in build.said
    assert all(TOKEN.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())

    # The next commit mends it: the same comment says so.
    shutil.rmtree(tmp_path / "temp" / "evalkit-gate")
    assert run_all(with_inputs(build, ACTION, **given | {"model": "mine:people"}), ACTION) == 0, build.said
    assert [one["body"].splitlines()[1] for one in forge.comments] == ["## evalkit gate: ✅ pass"]


def test_without_a_baseline_nothing_is_posted(build: Build, forge: ForgeServer):
    given = {"model": "mine:people", "dataset": "gold.jsonl", "baseline": "none.json", "arguments": "--resamples\n0"}
    assert run_all(with_inputs(build, ACTION, **given), ACTION) == 2
    assert "none.json" in build.said
    assert forge.asked == []


def test_gold_that_a_change_breaks(build: Build, forge: ForgeServer):
    evalkit(build, "dataset", "build", "gold.jsonl", "--out", "gold", "--corpus", "corpus", "--splits", "test=1")
    who = ("-c", "user.name=ida", "-c", "user.email=ida@example.org", "-c", "commit.gpgsign=false")
    for words in (("init", "-q"), ("add", "."), (*who, "commit", "-qm", "gold")):
        subprocess.run(["git", *words], cwd=build.folder, check=True, capture_output=True)
    path = build.folder / "gold" / "test" / "a-port.json"
    path.write_text(path.read_text(encoding="utf-8").replace("[[0, 8]]", "[[0, 80]]"), encoding="utf-8")
    assert run_all(with_inputs(build, GOLD_ACTION, dataset="gold", base="HEAD"), GOLD_ACTION) == 1, build.said
    assert "\n::error file=gold/test/a-port.json,line=" in build.said
    (comment,) = forge.comments
    assert comment["body"].startswith("<!-- evalkit:comment gold -->\n## evalkit review of gold: ❌ fail\n")


@pytest.mark.parametrize("path", [ACTION, GOLD_ACTION], ids=lambda path: path.stem)
def test_no_expression_stands_in_a_script(path: Path):
    """What a pull request may name, such as a branch, would be run as part of the script."""
    for step in steps_of(path).values():
        assert "${{" not in step.get("run", "")
        assert not re.search(r"\bset -x\b|\bprintenv\b|\benv\b", step.get("run", ""))
        # The token reaches the one step that posts.
        assert ("token" in json.dumps(step.get("env", {})).lower()) == (step["name"] == "Comment")


@pytest.mark.parametrize(
    ("packaged", "used"), [(ACTION, "evalkit"), (GOLD_ACTION, "evalkit-gold")], ids=["evalkit", "evalkit-gold"]
)
def test_the_actions_of_this_repository_are_those_that_are_handed_out(packaged: Path, used: str):
    own = ROOT / ".github" / "actions" / used / "action.yml"
    assert own.read_text(encoding="utf-8") == packaged.read_text(encoding="utf-8")


def test_each_input_is_used_and_each_that_is_used_is_there():
    for path in (ACTION, GOLD_ACTION):
        text = path.read_text(encoding="utf-8")
        assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(loaded(path)["inputs"])
        ids = {step["id"] for step in steps_of(path).values() if "id" in step}
        assert set(re.findall(r"steps\.([\w-]+)\.", text)) <= ids


def test_the_workflow_of_this_repository_gives_its_actions_what_they_take():
    workflow = loaded(ROOT / ".github" / "workflows" / "pull-request.yml")
    assert workflow["on"] == {"pull_request": ""}
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
            if step.get("uses", "").startswith("./"):
                inputs = loaded(ROOT / step["uses"] / "action.yml")["inputs"]
                assert set(step["with"]) <= set(inputs)
                assert {name for name, one in inputs.items() if one.get("required") == "true"} <= set(step["with"])
        for model in job.get("strategy", {}).get("matrix", {}).get("model", []):
            assert (ROOT / "experiments" / "gate" / f"{model}.json").is_file()
            assert (ROOT / "experiments" / "gate" / f"{model}.toml").is_file()
