"""The short form of experiments/differential: nervaluate and seqeval agree on the same inputs, or it says why not."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "experiments" / "differential" / "scorers.py"
SOURCES = os.environ.get("EVALKIT_SOURCES", "")

pytestmark = pytest.mark.skipif(not SCRIPT.is_file(), reason="the experiments do not lie beside these tests")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("differential_scorers", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by its name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_generated_inputs(script: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert script.main(["--generated", "105", "--seed", "3"]) == 0
    rows = [line.split(" | ") for line in capsys.readouterr().out.splitlines() if line.startswith("| nerv")]
    # Where nothing of one side overlaps, nervaluate's own pairing is right but for ent_type.
    flat = {row[0].removeprefix("| nervaluate "): row[2:4] for row in rows if row[1] == "flat"}
    assert all(flat[name][0] == flat[name][1] for name in ("strict", "exact", "partial"))


def test_a_difference_without_a_reason_is_told(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "ours", lambda *_: (0.5, 0.5, 0.5))
    assert script.main(["--generated", "7"]) == 1


@pytest.mark.skipif(not SOURCES, reason="needs source distributions of nervaluate and seqeval: set EVALKIT_SOURCES")
def test_the_inputs_of_their_own_tests(script: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert script.main(["--generated", "0", "--sources", SOURCES]) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if "| its tests |" in line]
    assert {row.split()[1] for row in rows} == {"nervaluate", "seqeval"}
