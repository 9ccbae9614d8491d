"""The project's own rules and baselines: each can be read, and each baseline has its rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.gate.baseline import read_baseline
from evalkit.gate.rules import read_rules

FOLDER = Path(__file__).resolve().parents[2] / "experiments" / "gate"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_rules_can_be_read(path: Path) -> None:
    assert read_rules(path).rules


def test_every_baseline_is_of_its_extractor_and_has_rules_for_what_it_does() -> None:
    for path in sorted(FOLDER.glob("*.json")):
        baseline = read_baseline(path)
        assert baseline.run.extractor == path.stem
        claimed = set(baseline.run.layers or ())
        assert {rule.task for rule in read_rules(path.with_suffix(".toml")).rules} <= claimed
