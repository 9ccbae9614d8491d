"""A gate as a test: the fixture `evalkit_gate`.

::

    def test_ner(evalkit_gate):
        evalkit_gate("ner-base", baseline="baselines/ner-base.json", rules="gate.toml").check()

Nothing of evalkit is imported before a test asks for the fixture's work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from evalkit.gate.outcome import GateReport

__all__ = ["GateCheck", "evalkit_gate"]

LIMIT, WIDTH = 20, 120


@dataclass(frozen=True)
class GateCheck:
    """The outcome of a gate in a test."""

    report: GateReport

    def check(self, *, cannot_tell: str | None = None) -> None:
        """Fails the test if the gate does not pass; the message says which rules, which figures and what broke.

        Args:
            cannot_tell: what to do with a drop that may be noise: "fail", "skip" or "pass"; by default what the rules
                say (`on_unclear`), and to fail where they leave it unclear.

        Raises:
            ValueError: `cannot_tell` is none of these.
        """
        if cannot_tell not in (None, "fail", "skip", "pass"):
            raise ValueError(f"cannot_tell must be 'fail', 'skip' or 'pass', found {cannot_tell!r}")
        if cannot_tell is None:
            cannot_tell = "pass" if self.report.exit_code == 0 else "fail"
        from evalkit.report.forms.terminal import render_terminal
        from evalkit.report.of.gate import document

        verdict = self.report.verdict
        if verdict == "pass" or (verdict == "cannot tell" and cannot_tell == "pass"):
            return
        message = f"evalkit gate: {verdict}\n{render_terminal(document(self.report, limit=LIMIT), width=WIDTH)}"
        if verdict == "cannot tell" and cannot_tell == "skip":
            pytest.skip(message)
        pytest.fail(message, pytrace=False)


@pytest.fixture(scope="session")
def evalkit_gate() -> Callable[..., GateCheck]:
    """A function of an extractor (or a run folder as `Path`) and a baseline that gives a `GateCheck`.

    Keyword arguments are `baseline` and `rules` as for `evalkit gate`, and those of `run_extractor`, such as `dataset`,
    `split` and `limit`.
    """

    def gate(extractor: Any, *, baseline: str | Path, rules: str | Path | None = None, **options: Any) -> GateCheck:
        from evalkit.workflows.comparing.gate import check_gate

        if isinstance(extractor, Path):
            return GateCheck(check_gate(extractor, baseline, rules=rules, **options))
        from evalkit.workflows.running.run import run_extractor

        return GateCheck(check_gate(run_extractor(extractor, **options), baseline, rules=rules))

    return gate
