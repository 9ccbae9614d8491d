"""A result with all that a report has to show, and one of each kind of result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from evalkit.results import PRF, Counts, EvalResult, Score, TaskResult
from tests.report.results import HOSTILE, PLAIN, results_of


def task(name: str, convention: str, *, label: str = "PER", ci: bool = True) -> TaskResult:
    """Four gold items, five predicted, three right: P = .6, R = .75, F1 = 2·.6·.75/1.35 = 2/3."""
    counts = Counts(4, 5, 3.0, 3.0)
    bounds = {"f1": (0.5, 0.8)} if ci else {}
    return TaskResult(
        task=name,
        convention=convention,
        signature=f"{name}|{convention}|micro",
        micro=PRF.of(counts, bounds),
        macro=PRF(0.6, 0.75, 2 / 3, None, bounds),
        labels={label: PRF.of(counts, bounds)},
    )


@pytest.fixture
def result() -> EvalResult:
    given = task("stances", "given")
    given = TaskResult(
        task="stances",
        convention="given",
        signature=given.signature,
        micro=given.micro,
        macro=given.macro,
        labels=given.labels,
        scores={"accuracy": Score(0.75, (0.5, 1.0)), "favg": Score(0.5)},
    )
    return EvalResult(
        extractor="mine:find",
        gold="news@1234567",
        split="test",
        articles=7,
        tasks={
            "entities": {"exact": task("entities", "exact"), "partial": task("entities", "partial")},
            "stances": {"given": given, "right": task("stances", "right", ci=False)},
        },
        floor={"entities": {"exact": task("entities", "exact", label="ORG")}},
        not_evaluated={"quotes": "the extractor does not claim it"},
        notes=("3 predicted entities mapped: A→B 3",),
        failed={f"a{n}": "ValueError: boom" for n in range(12)},
    )


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """Type → a result of it."""
    return results_of(PLAIN, tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """The same, where every text that comes from outside tries to be more than text."""
    return results_of(HOSTILE, tmp_path_factory.mktemp("hostile"))
