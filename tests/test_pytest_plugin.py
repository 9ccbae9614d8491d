"""The fixture `evalkit_gate` in a test run of its own. See tests/cli/test_gate.py for the figures."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from evalkit.workflows.comparing.gate import check_gate, update_baseline
from evalkit.workflows.running.run import run_extractor

pytest_plugins = ["pytester"]

SYSTEMS = """
def two(article):
    return [(0, 8, "PER"), (14, 18, "GPE")]

def all_right(article):
    return two(article)

def two_lost(article):
    return two(article)[: 1 if article.id in ("a0", "a1") else 2]

def ten_lost(article):
    return two(article)[:1]
"""

TEST = """
import pathlib
import gate_systems

def test_gate(evalkit_gate):
    evalkit_gate({what}, baseline="base.json"{dataset}).check({options})
"""


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with gold, the baseline of an extractor that gets everything right, and a run that does not.

    Made before pytester is there: it forgets modules that are imported under it, and numpy cannot be loaded twice.
    """
    folder = tmp_path_factory.mktemp("built")
    entities = [{"spans": [[0, 8]], "label": "PER"}, {"spans": [[14, 18]], "label": "GPE"}]
    rows = [{"id": f"a{at}", "text": "Ida Moen left Oslo.", "entities": entities} for at in range(10)]
    (folder / "ten.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    right = run_extractor(lambda article: [(0, 8, "PER"), (14, 18, "GPE")], folder / "ten.jsonl", cache=False)
    update_baseline(right, folder / "base.json")
    run_extractor(lambda article: [(0, 8, "PER")], folder / "ten.jsonl", cache=False, out=folder / "stored")
    assert check_gate(right, folder / "base.json").verdict == "pass"
    return folder


@pytest.fixture
def project(built: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with its extractors, the gold and the baseline."""
    monkeypatch.setenv("EVALKIT_CACHE", str(pytester.path / "cache"))
    monkeypatch.delitem(sys.modules, "gate_systems", raising=False)
    shutil.copytree(built, pytester.path, dirs_exist_ok=True)
    pytester.makepyfile(gate_systems=SYSTEMS)
    return pytester


def run_test(project: pytest.Pytester, what: str, options: str = "", rules: str = "") -> pytest.RunResult:
    dataset = "" if what.startswith("pathlib") else ', dataset="ten.jsonl"'
    project.makepyfile(test_it=TEST.format(what=what, options=options, dataset=dataset + rules))
    installed = any(point.value == "evalkit.integrations.pytest_plugin" for point in entry_points(group="pytest11"))
    plugin = () if installed else ("-p", "evalkit.integrations.pytest_plugin")
    lean = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "--assert=plain")
    return project.runpytest_inprocess(*plugin, *lean, "test_it.py")


def test_an_extractor_that_is_as_good_passes(project: pytest.Pytester) -> None:
    run_test(project, "gate_systems.all_right").assert_outcomes(passed=1)


def test_a_worse_one_fails_and_says_what_broke(project: pytest.Pytester) -> None:
    result = run_test(project, "gate_systems.ten_lost")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "evalkit gate: fail",
            "* entities exact micro f1 *1.0000 *0.6667 *-0.3333 *",
            "fail: entities exact micro f1: dropped by 0.3333, more than 0.01; judged by q *",
            "newly broken: 10",
            "  a0",
            "    entities missed: GPE 'Oslo' (14-18)",
        ]
    )
    assert "Traceback" not in result.stdout.str()


@pytest.mark.parametrize(
    ("options", "outcome"),
    [
        pytest.param("", {"failed": 1}, id="fails-by-default"),
        pytest.param("cannot_tell='skip'", {"skipped": 1}, id="skip"),
        pytest.param("cannot_tell='pass'", {"passed": 1}, id="pass"),
        pytest.param("cannot_tell='maybe'", {"failed": 1}, id="unknown-choice"),
    ],
)
def test_a_drop_that_may_be_noise(project: pytest.Pytester, options: str, outcome: dict[str, int]) -> None:
    run_test(project, "gate_systems.two_lost", options).assert_outcomes(**outcome)


def test_what_the_rules_make_of_it(project: pytest.Pytester) -> None:
    (project.path / "gate.toml").write_text('on_unclear = "pass"\n', encoding="utf-8")

    run_test(project, "gate_systems.two_lost", rules=', rules="gate.toml"').assert_outcomes(passed=1)


def test_a_stored_run(project: pytest.Pytester) -> None:
    run_test(project, "pathlib.Path('stored')").assert_outcomes(failed=1)


def test_an_unknown_extractor_is_an_error_of_the_test(project: pytest.Pytester) -> None:
    result = run_test(project, "'rulez'")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*did you mean 'rules'*"])


def test_the_plugin_costs_nothing_at_start() -> None:
    code = (
        "import json, sys, pytest; before = set(sys.modules); import evalkit.integrations.pytest_plugin;"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)

    assert set(json.loads(done.stdout)) <= {"evalkit", "evalkit.integrations", "evalkit.integrations.pytest_plugin"}
