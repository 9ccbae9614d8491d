"""Options from pyproject.toml and from the environment: which one counts, what is refused, what a run keeps of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Evalkit

COMMON = """
[tool.evalkit]
model = "mine:people"
dataset = "gold.jsonl"
task = ["entities"]
resamples = 0
no-floor = true
"""


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings but those of a test, and no predictions of another run."""
    import os

    for name in os.environ:
        if name.startswith("EVALKIT_") and name != "EVALKIT_CACHE":
            monkeypatch.delenv(name)


def project(workspace: Path, text: str) -> None:
    (workspace / "pyproject.toml").write_text(text, encoding="utf-8")


def kept(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return read


def test_each_place_counts_more_than_the_next(
    evalkit: Evalkit, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def articles(*words: str) -> int:
        return int(evalkit("run", "--json", *words).json["articles"])

    project(workspace, COMMON)
    assert articles() == 4
    project(workspace, f"{COMMON}limit = 3\n")
    assert articles() == 3
    project(workspace, f"{COMMON}limit = 3\n[tool.evalkit.run]\nlimit = 2\n")
    assert articles() == 2
    monkeypatch.setenv("EVALKIT_LIMIT", "4")
    assert articles() == 4
    monkeypatch.setenv("EVALKIT_RUN_LIMIT", "1")
    assert articles() == 1
    assert articles("--limit", "3") == 3


def test_a_run_is_the_same_wherever_its_options_come_from(
    evalkit: Evalkit, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = ["--model", "mine:people", "--dataset", "gold.jsonl", "--task", "entities", "--resamples", "0"]
    assert evalkit("run", *typed, "--no-floor", "--limit", "2", "--out", "typed").status == 0
    project(workspace, COMMON)
    monkeypatch.setenv("EVALKIT_LIMIT", "2")
    assert evalkit("run", "--out", "set").status == 0
    first, second = kept(workspace / "typed"), kept(workspace / "set")
    assert first["key"] == second["key"]
    for name in ("predictions.jsonl", "result.json"):
        assert (workspace / "typed" / name).read_bytes() == (workspace / "set" / name).read_bytes()
    # What is kept says all by itself: the command that made it, without a project or a variable.
    words = second["command"].split()
    assert sorted(words) == sorted(first["command"].split())
    (workspace / "pyproject.toml").unlink()
    monkeypatch.delenv("EVALKIT_LIMIT")
    assert evalkit(*words[1:], "--out", "again").status == 0
    assert (workspace / "again" / "run.json").read_bytes() == (workspace / "set" / "run.json").read_bytes()


def test_several_values_lists_and_pairs(evalkit: Evalkit, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(workspace, f'{COMMON}labels = ["PER", "ORG"]\nlabel_map = "own.toml"\n')
    (workspace / "own.toml").write_text('GPE = "ORG"\nPER = "PER"\n', encoding="utf-8")
    monkeypatch.setenv("EVALKIT_CONVENTION", "exact; overlap")
    done = evalkit("run", "--json", "--out", "r")
    assert list(done.json["tasks"]["entities"]) == ["exact", "overlap"]
    command = kept(workspace / "r")["command"]
    assert "--convention exact --convention overlap" in command
    assert "--labels PER,ORG --label-map own.toml" in command


def test_a_secret_of_a_setting_is_not_kept(evalkit: Evalkit, workspace: Path) -> None:
    project(workspace, f'{COMMON}[tool.evalkit.set]\napi_key = "s3cr3t-word-of-mine"\n')
    done = evalkit("run")
    assert done.status == 2
    assert "s3cr3t" not in done.err


def test_paths_are_those_of_the_project(evalkit: Evalkit, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(workspace, f'{COMMON.replace("mine:people", "rules")}[tool.evalkit.run]\nout = "runs/r"\n')
    (workspace / "below").mkdir()
    monkeypatch.chdir(workspace / "below")
    assert evalkit("run", "--limit", "1").status == 0
    assert (workspace / "runs" / "r" / "run.json").exists()


def test_a_form_on_the_command_line_takes_the_place_of_the_other(evalkit: Evalkit, workspace: Path) -> None:
    project(workspace, f"{COMMON}json = true\n")
    assert evalkit("run").json["format"] == "evalkit.result"
    assert evalkit("run", "--to", "markdown").out.startswith("#")


def test_commands_about_gold_have_tables_of_their_own(evalkit: Evalkit, workspace: Path) -> None:
    project(workspace, f'{COMMON}split = "dev"\n')
    # What is measured on dev is not what is converted.
    assert "4 articles" in evalkit("dataset", "convert", "gold.jsonl", "a.jsonl", "--to", "native").out
    project(workspace, f'{COMMON}[tool.evalkit.dataset-convert]\nto = "conll"\nlossy = true\n')
    assert "4 articles as conll" in evalkit("dataset", "convert", "gold.jsonl", "b.conll").out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("limt = 2", "[tool.evalkit]: no command has an option 'limt'; did you mean 'limit'?", id="key"),
        pytest.param("[tool.evalkit.rnu]\nlimit = 2", "no command has an option 'rnu'; did you mean", id="command"),
        pytest.param("[tool.evalkit.gate]\nlimt = 2", "[tool.evalkit.gate]: no command has an option", id="elsewhere"),
        pytest.param("[tool.evalkit.run]\nlimit = 0", "[tool.evalkit.run]: limit = '0': 0 is not in", id="value"),
        pytest.param("limit = true", "limit must be text or a number, found bool True", id="kind"),
        pytest.param("json = 'yes'", "json is true or false, found 'yes'", id="flag"),
        pytest.param("limit = [2]", "limit must be text or a number, found list", id="list"),
        pytest.param("split = {a = 1}", "[tool.evalkit.split]: split is an option and no table", id="option as table"),
        pytest.param("gate = 3", "gate is a command; write a table [tool.evalkit.gate]", id="command as option"),
        pytest.param("set = {nested = true}", "set.nested must be text or a number, found bool", id="pair"),
        pytest.param("tool.x = 1]", "pyproject.toml:8", id="damaged"),
    ],
)
def test_what_is_wrong_in_a_project_is_one_line(text: str, said: str, evalkit: Evalkit, workspace: Path) -> None:
    project(workspace, f"{COMMON}{text}\n")
    done = evalkit("run")
    assert (done.status, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1
    assert not (workspace / "runs").exists()
    assert evalkit("run", "--help").status == 0


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("EVALKIT_LIMITT", "2", "unknown variable EVALKIT_LIMITT; did you mean EVALKIT_LIMIT?"),
        ("EVALKIT_RUN_WORKRES", "2", "did you mean EVALKIT_RUN_WORKERS?"),
        ("EVALKIT_MODLE", "x", "unknown variable EVALKIT_MODLE; did you mean EVALKIT_MODEL?"),
        ("EVALKIT_SPILT", "x", "unknown variable EVALKIT_SPILT; did you mean EVALKIT_SPLIT?"),
        ("EVALKIT_CACH", "x", "did you mean EVALKIT_CACHE?"),
        ("EVALKIT_LIMIT", "two", "EVALKIT_LIMIT: limit = 'two'"),
        ("EVALKIT_NO_FLOOR", "maybe", "EVALKIT_NO_FLOOR: no-floor is true or false, found 'maybe'"),
        ("EVALKIT_CONFIG", "nowhere.toml", "nowhere.toml"),
    ],
)
def test_what_is_wrong_in_the_environment_is_one_line(
    name: str, value: str, said: str, evalkit: Evalkit, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(workspace, COMMON)
    monkeypatch.setenv(name, value)
    done = evalkit("run")
    assert (done.status, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1


def test_the_table_of_a_command_about_gold_is_asked_for_by_its_name(evalkit: Evalkit, workspace: Path) -> None:
    project(workspace, "[tool.evalkit.dataset.validate]\nlimit = 3\n")
    done = evalkit("run")
    assert "dataset is an option and no table; write [tool.evalkit.dataset-validate]" in done.err


def test_a_setting_never_has_a_command_refuse_itself(evalkit: Evalkit, workspace: Path) -> None:
    project(workspace, COMMON)
    assert evalkit("run", "--out", "r").status == 0
    general = 'model = "other"\ndataset = "elsewhere"\nsplit = "dev"\nout = "x"\nto = "markdown"\ntool = "brat"\n'
    project(workspace, f"[tool.evalkit]\n{general}")
    assert evalkit("report", "r").out.startswith("#")
    assert evalkit("report", "r", "-o", "r.html").status == 0
    assert evalkit("report", "r", "--items", "r.csv").status == 0
    assert evalkit("explain", "r").status == 0
    assert "mine:people" in evalkit("runs", ".").out
    # Where one of a pair is set for a command, it waits for the other.
    own = '[tool.evalkit.extract]\nto = "brat"\nwrite = ["a=b"]\n[tool.evalkit.report]\ndataset = "gold.jsonl"\n'
    project(workspace, own)
    (workspace / "a.txt").write_text("Ida Moen left Oslo.", encoding="utf-8")
    assert evalkit("extract", "a.txt", "--model", "mine:people").status == 0
    assert evalkit("report", "r").status == 0


def test_an_error_about_what_nobody_typed_says_where_it_is_from(
    evalkit: Evalkit, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(workspace, '[tool.evalkit]\nmodel = "nosuch"\n')
    assert "(model is set in pyproject.toml [tool.evalkit])" in evalkit("run").err
    assert "is set in" not in evalkit("run", "--model", "nosuch").err
    monkeypatch.setenv("EVALKIT_SET", "x")
    assert "(set is set in EVALKIT_SET)" in evalkit("run").err


def test_a_file_that_is_named_has_the_table(evalkit: Evalkit, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (workspace / "flat.toml").write_text("limit = 1\n", encoding="utf-8")
    monkeypatch.setenv("EVALKIT_CONFIG", "flat.toml")
    done = evalkit("models")
    assert (done.status, "flat.toml: has no table [tool.evalkit]" in done.err) == (2, True)


def test_a_damaged_file_that_does_not_speak_of_evalkit_stops_nothing(evalkit: Evalkit, workspace: Path) -> None:
    project(workspace, "[tool.other\n")
    assert evalkit("models").status == 0


def test_tables_name_parameters_that_there_are() -> None:
    import click

    from evalkit.cli import settings
    from evalkit.cli.lazy import commands_of
    from evalkit.cli.main import cli

    commands = commands_of(click.Context(cli, info_name="evalkit"))
    for words, names in [*settings._OWN.items(), *settings._ONLY_WITH.items(), *settings._GIVE_WAY_IN.items()]:
        known = {str(one.name) for one in commands[words].params}
        asked = {other for others in names.values() for other in others} if isinstance(names, dict) else set()
        assert {*names, *asked} <= known, words


def test_what_others_call_theirs_is_left_alone(evalkit: Evalkit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALKIT_OF_SOMEBODY_ELSE", "1")
    monkeypatch.setenv("EVALKIT_SLICE", "all")
    assert evalkit("models").status == 0


def test_no_file_is_read_where_that_is_asked_for(evalkit: Evalkit, workspace: Path, monkeypatch: pytest.MonkeyPatch):
    project(workspace, "[tool.evalkit]\nnonsense = 1\n")
    monkeypatch.setenv("EVALKIT_CONFIG", "")
    assert evalkit("models").status == 0
