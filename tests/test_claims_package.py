"""A distribution that brings a layer with its task, an extractor, a format, a convention and a form, installed by pip.

Nothing of it is known to evalkit, and every command works on it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import evalkit

ROOT = Path(str(evalkit.__path__[0])).parent
PACKAGE = Path(__file__).parent / "claims_package"

TEXTS = {
    "a": "The port moved 4 million tons last year. It may grow further.\n\nNobody knows the cost.\n",
    "b": "Rain could fall on Friday. The council met for 3 hours.\n",
    "c": "Fares rose by 12 percent. The minister might resign. She left at noon.\n",
}
GOLD = {
    # The extractor finds both.
    "a": [("The port moved 4 million tons last year.", "check-worthy"), ("It may grow further.", "not-check-worthy")],
    # The first one has the other label, the second one a longer span in the gold than the extractor gives: none.
    "b": [("Rain could fall on Friday.", "check-worthy"), ("The council met for 3 hours.", "check-worthy")],
    # The last one is missed, and the sentence in the middle is found and not in the gold.
    "c": [("Fares rose by 12 percent.", "check-worthy"), ("She left at noon.", "not-check-worthy")],
}
"""Gold 6 and predicted 6 claims; equal in span and label: 2 + 1 + 1 = 4, so P = R = 4/6."""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def rows() -> list[dict[str, Any]]:
    """The gold in native form, all in one split."""
    return [
        {
            "id": name,
            "text": text,
            "source": "Harbour Gazette",
            "published": "2026-03-02",
            "lang": "en",
            "split": "test",
            "claims": [
                {"id": f"c{n}", "spans": [[text.index(words), text.index(words) + len(words)]], "label": label}
                for n, (words, label) in enumerate(GOLD[name], 1)
            ],
        }
        for name, text in TEXTS.items()
    ]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the distribution is installed."""
    folder = tmp_path_factory.mktemp("claims")
    shutil.copytree(PACKAGE, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(
        [
            sys.executable,
            *["-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index", "--target"],
            folder / "site",
            folder / "source",
        ],
        check=True,
        capture_output=True,
    )
    return folder / "site"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the gold, in which all commands run."""
    folder = tmp_path_factory.mktemp("work")
    (folder / "gold.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows()), encoding="utf-8")
    return folder


COMMANDS = """
import io, json, sys
from contextlib import redirect_stderr, redirect_stdout
from evalkit.cli.main import main

for line in sys.stdin:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = main(json.loads(line))
    print(json.dumps([status, out.getvalue(), err.getvalue()]), flush=True)
"""
"""One command after the other in one process, which imports everything once."""


@pytest.fixture(scope="module")
def alone(installed: Path, place: Path) -> Run:
    """Runs Python with the distribution on the path."""
    env = environment(installed, place)

    def call(*words: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *map(str, words)]
        done = subprocess.run(command, cwd=place, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    return call


def environment(installed: Path, place: Path) -> dict[str, str]:
    paths = os.pathsep.join([str(ROOT), str(installed)])
    return {**os.environ, "PYTHONPATH": paths, "COLUMNS": "120", "EVALKIT_CACHE": str(place / "cache")}


@pytest.fixture(scope="module")
def run(installed: Path, place: Path) -> Iterator[Run]:
    """Runs evalkit with the distribution on the path."""
    with subprocess.Popen(
        [sys.executable, "-c", COMMANDS],
        cwd=place,
        env=environment(installed, place),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def call(*arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
            words = list(map(str, arguments))
            print(json.dumps(words), file=process.stdin, flush=True)
            status, out, err = json.loads(process.stdout.readline())
            assert status == code, out + err
            return subprocess.CompletedProcess(words, status, out, err)

        yield call


@pytest.fixture(scope="module")
def scored(alone: Run, place: Path) -> Path:
    """The run of the extractor over the gold."""
    alone("-m", "evalkit", "run", "--model", "claims-by-number", "--dataset", "gold.jsonl", "--out", "claims-run")
    return place / "claims-run"


def test_a_run_scores_the_new_layer(scored: Path) -> None:
    result = json.loads((scored / "result.json").read_text(encoding="utf-8"))
    micro = result["tasks"]["claims"]["exact"]["micro"]
    assert (micro["gold"], micro["predicted"], micro["gold_credit"]) == (6, 6, 4)
    # Of four claims worth checking three were found.
    assert result["tasks"]["claims"]["exact"]["scores"]["worth_recall"]["value"] == pytest.approx(3 / 4)
    assert "entities" not in result["tasks"]


def test_validate_and_describe(run: Run, place: Path) -> None:
    described = run("dataset", "describe", "gold.jsonl").stdout
    assert "claims" in described
    assert "not-check-worthy" in described
    run("dataset", "validate", "gold.jsonl")
    bad = rows()
    bad[0]["claims"][0]["label"] = "doubtful"
    (place / "bad.jsonl").write_text("".join(json.dumps(row) + "\n" for row in bad), encoding="utf-8")
    done = run("dataset", "validate", "bad.jsonl", code=1)
    assert "'doubtful'" in done.stdout + done.stderr


def test_build_and_load(run: Run, alone: Run) -> None:
    run("dataset", "build", "gold.jsonl", "--out", "built", "--corpus", "built-corpus")
    loaded = alone(
        "-c",
        "import json, evalkit\n"
        "gold = evalkit.load_dataset('built', split='test')\n"
        "import datasets\n"
        "plain = datasets.load_dataset('built', split='test')\n"
        "print(json.dumps([gold.to_pandas('claims').label.tolist(), [len(row['claims']) for row in plain],"
        " gold.fingerprint]))",
    )
    labels, numbers, _ = json.loads(loaded.stdout.splitlines()[-1])
    assert labels == [label for claims in GOLD.values() for _, label in claims]
    assert numbers == [2, 2, 2]


def test_without_the_package_nothing_of_its_layer_is_lost(run: Run, place: Path) -> None:
    """Without the package its layer is unknown: that is said, and a dataset folder that has it is not written anew."""
    run("dataset", "build", "gold.jsonl", "--out", "kept", "--corpus", "kept-corpus")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    without = [sys.executable, "-m", "evalkit", "dataset"]
    for command, code in (["validate", "kept"], 1), (["build", "--out", "kept", "--corpus", "kept-corpus"], 2):
        done = subprocess.run([*without, *command], cwd=place, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        assert "6 objects under 'claims'" in done.stderr
    assert "not-check-worthy" in (place / "kept" / "test" / "a.json").read_text(encoding="utf-8")


def test_the_fingerprint_of_the_gold_changes_with_a_claim(alone: Run, place: Path) -> None:
    other = rows()
    other[0]["claims"][0]["label"] = "not-check-worthy"
    (place / "other.jsonl").write_text("".join(json.dumps(row) + "\n" for row in other), encoding="utf-8")
    code = "import evalkit, sys; print(*(evalkit.load_dataset(name).fingerprint for name in sys.argv[1:]))"
    (first, changed), (again,) = (
        alone("-c", code, *names).stdout.split() for names in (["gold.jsonl", "other.jsonl"], ["gold.jsonl"])
    )
    assert first == again != changed


def test_the_format_is_read_and_written_by_every_command(run: Run, place: Path) -> None:
    run("dataset", "convert", "gold.jsonl", "gold.csv", "--to", "offsets")
    run("dataset", "convert", "gold.csv", "back.jsonl", "--to", "native")
    back = [json.loads(line) for line in (place / "back.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [[(c["spans"], c["label"]) for c in row["claims"]] for row in back] == [
        [(c["spans"], c["label"]) for c in row["claims"]] for row in rows()
    ]
    run("dataset", "describe", "gold.csv")
    run("dataset", "validate", "gold.csv")
    result = json.loads(run("score", "--gold", "gold.csv", "--predicted", "back.jsonl", "--json").stdout)
    assert result["tasks"]["claims"]["exact"]["micro"]["f1"] == 1.0
    result = json.loads(run("score", "--gold", "gold.jsonl", "--predicted", "gold.csv", "--json").stdout)
    assert result["tasks"]["claims"]["exact"]["micro"]["f1"] == 1.0
    run("run", "--model", "claims-by-number", "--dataset", "gold.csv", "--out", "csv-run")
    (place / "splits.json").write_text(json.dumps({"test": sorted(TEXTS)}), encoding="utf-8")
    run("dataset", "build", "gold.csv", "--out", "from-csv", "--corpus", "csv-corpus", "--splits", "splits.json")


def test_a_run_is_explained_with_kinds_and_slices(run: Run, scored: Path) -> None:
    explained = json.loads(run("explain", scored, "--json", "--slice", "all").stdout)
    assert any(row["task"] == "claims" and row["by"] == "length" for row in explained["slices"])
    article = json.loads(run("explain", scored, "b", "--json").stdout)
    (layer,) = article["layers"]
    assert layer["layer"] == "claims"
    assert {item["item"]["kind"] for item in layer["items"]} == {"right", "label"}
    assert "claims" in run("explain", scored).stdout


def test_runs_are_compared(run: Run, scored: Path) -> None:
    run("run", "--model", "claims-by-number", "--dataset", "gold.jsonl", "--out", "again", "--no-cache")
    compared = json.loads(run("compare", scored, "again", "--json").stdout)
    assert {row["task"] for row in compared["rows"]} == {"claims"}


def test_a_gate_sees_a_broken_claim(run: Run, scored: Path, place: Path) -> None:
    run("gate", scored, "--baseline", "baseline.json", "--update")
    assert "pass" in run("gate", scored, "--baseline", "baseline.json").stdout.lower()
    worse = place / "worse"
    shutil.copytree(scored, worse)
    lines = [json.loads(line) for line in (worse / "predictions.jsonl").read_text(encoding="utf-8").splitlines()]
    for line in lines:
        line["claims"] = []
        del line["check"]
    (worse / "predictions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    (worse / "result.json").unlink()
    facts = json.loads((worse / "run.json").read_text(encoding="utf-8"))
    facts.pop("sha256", None)
    (worse / "run.json").write_text(json.dumps(facts), encoding="utf-8")
    # Three articles cannot tell, whatever happens to them.
    done = run("gate", worse, "--baseline", "baseline.json", code=3)
    assert "The port moved 4 million tons" in done.stdout


@pytest.mark.parametrize("form", ["terminal", "markdown", "html", "tsv", "json", "outline"])
def test_a_report_in_every_form_has_the_new_task(run: Run, scored: Path, form: str) -> None:
    assert "claims" in run("report", scored, "--to", form).stdout


def test_the_convention_takes_its_parameter_and_scores_entities(run: Run, place: Path) -> None:
    # Starts differ by 3: right from near:3 on.
    gold = {"id": "a", "text": "In Oslo, they met.", "entities": [{"spans": [[3, 7]], "label": "GPE"}]}
    (place / "names.jsonl").write_text(json.dumps(gold) + "\n", encoding="utf-8")
    (place / "found.jsonl").write_text(
        json.dumps({"id": "a", "entities": [{"spans": [[0, 7]], "label": "GPE"}]}) + "\n", encoding="utf-8"
    )
    for name, f1 in (("near", 0.0), ("near:3", 1.0)):
        result = json.loads(
            run(
                *["score", "--gold", "names.jsonl", "--predicted", "found.jsonl", "--convention", name],
                *["--json", "--resamples", "0"],
            ).stdout
        )
        assert result["tasks"]["entities"][name]["micro"]["f1"] == f1
    refused = run("score", "--gold", "names.jsonl", "--predicted", "found.jsonl", "--convention", "near:x", code=2)
    assert "most characters" in refused.stderr or "distance" in refused.stderr
    run("selftest", "--convention", "near:3")


def test_lists_name_what_was_added(run: Run) -> None:
    assert "claims-by-number" in run("models").stdout
    assert "offsets" in run("dataset", "convert", "--help").stdout
    assert "outline" in run("report", "--help").stdout
