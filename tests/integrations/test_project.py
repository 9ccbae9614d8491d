"""`evalkit init`: what a project gets, that nothing of its own is lost, and that the workflow works."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from evalkit.toml import read_toml
from tests.cli.conftest import Evalkit, evalkit, files_in, workspace
from tests.integrations.actions import ROOT, Build, loaded
from tests.integrations.test_actions import build, run_all, with_inputs

__all__ = ["build", "evalkit", "workspace"]

WORDS = (
    "init",
    "--model",
    "mine:people",
    "--dataset",
    "gold.jsonl",
    "--install",
    "evalkit @ git+https://example.org/e@1",
)
NONE = ("--install", "none")
SETTINGS = '[tool.evalkit]\nmodel = "mine:people"\ndataset = "gold.jsonl"\nsplit = "test"\n\n[tool.evalkit.gate]\n'
SETTINGS += 'baseline = "baselines/mine-people.json"\n'


def test_a_project_is_made_ready(evalkit: Evalkit, workspace: Path):
    done = evalkit(*WORDS)
    assert done.status == 0, done.err
    assert Path("pyproject.toml").read_text(encoding="utf-8") == SETTINGS
    workflow = loaded(Path(".github/workflows/evalkit.yml"))
    given = workflow["jobs"]["gate"]["steps"][-1]
    assert given["uses"] == "./.github/actions/evalkit"
    assert given["with"] == {
        "install": "evalkit @ git+https://example.org/e@1",
        "model": "mine:people",
        "dataset": "gold.jsonl",
        "split": "test",
        "baseline": "baselines/mine-people.json",
        "arguments": "",
    }
    packaged = ROOT / "evalkit" / "integrations" / "github" / "action.yml"
    assert Path(".github/actions/evalkit/action.yml").read_text() == packaged.read_text()
    assert set(given["with"]) <= set(loaded(packaged)["inputs"])
    assert next(line for line in done.out.splitlines() if ": written" in line) == "pyproject.toml: written"
    assert evalkit("run", "--model", "mine:people", "--dataset", "gold.jsonl", "--out", "r").status == 0
    assert evalkit("gate", "r", "--baseline", "baselines/mine-people.json").status == 0


def test_nothing_is_written_over(evalkit: Evalkit, workspace: Path):
    own = '[project]\nname = "mine"'
    Path("pyproject.toml").write_text(own, encoding="utf-8")
    Path(".github/workflows").mkdir(parents=True)
    Path(".github/workflows/evalkit.yml").write_text("mine", encoding="utf-8")
    done = evalkit(*WORDS)
    assert done.status == 0, done.err
    assert Path("pyproject.toml").read_text(encoding="utf-8") == f"{own}\n\n{SETTINGS}"
    assert read_toml(Path("pyproject.toml"))["project"] == {"name": "mine"}
    assert Path(".github/workflows/evalkit.yml").read_text(encoding="utf-8") == "mine"
    assert "pyproject.toml: extended" in done.out
    assert ".github/workflows/evalkit.yml: kept as it is" in done.out
    before = files_in(workspace)
    again = evalkit(*WORDS)
    assert again.status == 0
    assert "written" not in again.out.partition("next")[0]
    assert files_in(workspace) == before


def test_gold_in_the_project_is_guarded(evalkit: Evalkit, workspace: Path):
    assert evalkit("dataset", "build", "gold.jsonl", "--out", "gold", "--splits", "test=1").status == 0
    assert evalkit("init", "--model", "mine:people", "--dataset", "gold", "--install", "none").status == 0
    job = loaded(Path(".github/workflows/evalkit.yml"))["jobs"]["gold"]
    assert job["steps"][-1]["uses"] == "./.github/actions/evalkit-gold"
    assert job["steps"][-1]["with"]["dataset"] == "gold"
    assert Path(".github/actions/evalkit-gold/action.yml").is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(WORDS[1:5], "has to know where pip gets evalkit from", id="no address"),
        pytest.param(
            ("--model", "mine:breaks", "--dataset", "gold.jsonl", *NONE), "the extractor failed on", id="fails"
        ),
        pytest.param(("--model", "no-such-model", *NONE), "unknown", id="no such extractor"),
        pytest.param(("--model", "mine:people", "--dataset", "nowhere/", *NONE), "nowhere", id="no such gold"),
        pytest.param(("--model", "mine:people", "--dataset", "${{ x }}", *NONE), "cannot stand in", id="expression"),
    ],
)
def test_where_it_fails_nothing_is_written(evalkit: Evalkit, workspace: Path, words: tuple[str, ...], message: str):
    before = set(files_in(workspace))
    done = evalkit("init", *words)
    assert (done.status, done.out) == (2, "")
    assert message in done.err
    assert set(files_in(workspace)) == before


def test_settings_that_a_table_which_stays_does_not_have_are_refused(evalkit: Evalkit, workspace: Path):
    Path("pyproject.toml").write_text("[tool.evalkit.gate]\nlimit = 3\n", encoding="utf-8")
    before = files_in(workspace)
    done = evalkit("init", "--model", "rules", "--set", "nested=yes", "--install", "none")
    assert (done.status, done.out) == (2, "")
    assert "which stays as it is and does not set nested so" in done.err
    assert files_in(workspace) == before


@pytest.mark.parametrize("name", [".github", "baselines", ".github/workflows"])
def test_a_file_where_a_folder_has_to_be(evalkit: Evalkit, workspace: Path, name: str):
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text("mine", encoding="utf-8")
    before = files_in(workspace)
    done = evalkit(*WORDS)
    assert (done.status, f"{name}: is no folder" in done.err) == (2, True), done.err
    assert files_in(workspace) == before


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_one(evalkit: Evalkit, workspace: Path, there: bool):
    real = Path("real.toml")
    if there:
        real.write_text("[project]\n", encoding="utf-8")
    Path("pyproject.toml").symlink_to("real.toml")
    assert evalkit(*WORDS).status == 0
    assert Path("pyproject.toml").is_symlink()
    assert SETTINGS in real.read_text(encoding="utf-8")


def test_gold_is_named_as_every_build_has_it(evalkit: Evalkit, workspace: Path):
    words = ("init", "--model", "mine:people", "--install", "none", "--dataset")
    assert evalkit(*words, str(workspace / "gold.jsonl")).status == 0
    assert Path("pyproject.toml").read_text(encoding="utf-8") == SETTINGS
    elsewhere = workspace.parent / "elsewhere.jsonl"
    elsewhere.write_bytes(Path("gold.jsonl").read_bytes())
    done = evalkit(*words, "../elsewhere.jsonl")
    assert (done.status, "where a build has no files" in done.err) == (2, True)


def test_gitlab_would_put_a_variable_in(evalkit: Evalkit, workspace: Path):
    words = ("--model", "cmd:p $CI_JOB_TOKEN", "--install", "none", "--build", "gitlab")
    done = evalkit("init", *words, "--dataset", "gold.jsonl")
    assert (done.status, "cannot stand in a workflow" in done.err) == (2, True)


@pytest.mark.parametrize("content", ["tool = {other = 1}\n", "[tool\n"])
def test_a_file_that_can_have_no_more_tables(evalkit: Evalkit, workspace: Path, content: str):
    Path("pyproject.toml").write_text(content, encoding="utf-8")
    before = files_in(workspace)
    done = evalkit(*WORDS)
    assert done.status == 2
    assert "pyproject.toml" in done.err
    assert files_in(workspace) == before


def test_the_workflow_of_github_passes_where_nothing_changed(build: Build, forge: object):
    """What init wrote, with what it says, in a build."""
    done = subprocess.run(
        ["evalkit", *WORDS], cwd=build.folder, env=build.environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    step = loaded(build.folder / ".github" / "workflows" / "evalkit.yml")["jobs"]["gate"]["steps"][-1]
    action = build.folder / ".github" / "actions" / "evalkit" / "action.yml"
    assert run_all(with_inputs(build, action, **step["with"]), action) == 0, build.said


def test_the_script_of_gitlab(build: Build, gitlab: dict[str, str], forge: object):
    done = subprocess.run(
        ["evalkit", *WORDS, "--build", "gitlab"],
        cwd=build.folder,
        env=build.environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert loaded(build.folder / ".gitlab-ci.yml") == {"include": [{"local": ".gitlab/evalkit.yml"}]}
    job = loaded(build.folder / ".gitlab" / "evalkit.yml")["evalkit"]
    (script,) = job["script"]
    forge.user = {"id": 3}  # type: ignore[attr-defined]
    variables = gitlab | {"CI_JOB_URL": "https://gitlab.com/o/r/-/jobs/1", "EVALKIT_CACHE": str(build.folder / "c")}
    named = job["variables"] | {"INSTALL": "none", "MODEL": "mine:breaks"}
    gone = Build(build.folder, variables)
    assert gone.step({"run": script, "env": named, "id": "gate"}) == 1, gone.said
    (comment,) = forge.comments  # type: ignore[attr-defined]
    assert comment["body"].splitlines()[1] == "## evalkit gate: ❌ fail"
    assert "https://gitlab.com/o/r/-/jobs/1/artifacts/browse/evalkit-gate" in comment["body"]
    assert (build.folder / "evalkit-gate" / "junit.xml").is_file()
    assert (build.folder / "evalkit-gate" / "explorer.html").is_file()
