"""Rules about speed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from evalkit.errors import InputError
from evalkit.gate.rules import read_rules
from evalkit.gate.speed import SpeedOutcome, SpeedRule, judge_speed
from evalkit.predictions.speed import Speed
from tests.analysis.test_speed import speed_of

BEFORE = speed_of(1.0, 1.02, 0.98, 1.01, 0.99)


def outcome_of(after: Speed | None, before: Speed | None = BEFORE, **rule: object) -> SpeedOutcome:
    return judge_speed(SpeedRule(**{"max_slowdown": 1.2, **rule}), before, after, lacking=["nobody measured"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("passes", "verdict", "reason"),
    [
        pytest.param((1.1, 1.1, 1.12), "pass", "an article took 1.11 times as long", id="allowed"),
        pytest.param((0.5, 0.5, 0.5), "pass", "an article took 0.50 times as long", id="faster"),
        pytest.param((1.5, 1.52, 1.48), "fail", "more than the 1.2 that are allowed", id="slower"),
        pytest.param((0.5, 0.6, 3.0), "cannot tell", "3 passes cannot tell that from noise", id="noise"),
        pytest.param((2.0,), "cannot tell", "1 pass cannot tell that from noise", id="one pass"),
    ],
)
def test_verdicts(passes: tuple[float, ...], verdict: str, reason: str):
    outcome = outcome_of(speed_of(*passes))
    assert outcome.verdict == verdict
    assert reason in outcome.reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"machine": "there"}, "timed on another machine: there, not here"),
        ({"articles": "1"}, "timed over other articles (4 and 4 of them)"),
        ({"batch_size": 8}, "timed in batches of 8 and 1 at once, not batches of 1 and 1 at once"),
    ],
)
def test_what_says_nothing_about_each_other(changes: dict[str, object], reason: str):
    outcome = outcome_of(replace(speed_of(9.0, 9.0), **changes))  # type: ignore[arg-type]
    assert (outcome.verdict, outcome.slowdown) == ("cannot tell", None)
    assert reason in outcome.reason


def test_what_was_not_measured():
    outcome = outcome_of(None)
    assert (outcome.verdict, outcome.reason, outcome.value) == ("cannot tell", "nobody measured", None)
    assert outcome_of(None, on_unclear="pass").counts_as == "pass"


def test_rules_of_a_file(tmp_path: Path):
    rules = read_rules_of(tmp_path, 'on_unclear = "pass"\n[[speed]]\nmax_slowdown = 1.5\nagainst = "base"\n')
    assert rules == (SpeedRule(max_slowdown=1.5, against="base", on_unclear="pass"),)


def read_rules_of(tmp_path: Path, text: str) -> tuple[SpeedRule, ...]:
    (tmp_path / "rules.toml").write_text(text)
    return read_rules(tmp_path / "rules.toml").speeds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[speed]]\n", r"rules\.toml:1: max_slowdown must be a number above 0"),
        ("[[speed]]\nmax_slowdown = 0\n", r"rules\.toml:2: max_slowdown must be a number above 0"),
        ("[[speed]]\nmax_slowdown = true\n", r"rules\.toml:2: max_slowdown must be a number above 0"),
        ("[[speed]]\nmax_slow = 1\n", r"rules\.toml:2: unknown field 'max_slow'; did you mean 'max_slowdown'\?"),
        ("[[speed]]\nmax_slowdown = 1\nagainst = 3\n", r"rules\.toml:3: against must be text in quotes"),
        ('[[speed]]\nmax_slowdown = 1\non_unclear = "x"\n', r"rules\.toml:3: unknown value of on_unclear 'x'"),
        ("[speed]\nmax_slowdown = 1\n", r"rules\.toml:1: speed must be written as \[\[speed\]\]"),
    ],
)
def test_what_a_rule_may_not_say(tmp_path: Path, text: str, message: str):
    with pytest.raises(InputError, match=message):
        read_rules_of(tmp_path, text)
