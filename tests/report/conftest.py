"""A result with all that a report has to show, and with names that try to become markup."""

from __future__ import annotations

import pytest

from evalkit.results import PRF, Counts, EvalResult, Score, TaskResult

HOSTILE = "<img src=x onerror=alert(1)>|`a`\n*b*"


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


@pytest.fixture
def hostile() -> EvalResult:
    """Every text that comes from outside is markup."""
    return EvalResult(
        extractor=HOSTILE,
        gold=HOSTILE,
        split=HOSTILE,
        articles=1,
        tasks={"entities": {"exact": task("entities", "exact", label=HOSTILE)}},
        not_evaluated={"quotes": HOSTILE},
        notes=(HOSTILE,),
        failed={HOSTILE: HOSTILE},
    )
