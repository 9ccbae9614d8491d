"""Whether a run became slower than it may: rules about speed, apart from those about figures.

::

    [[speed]]
    max_slowdown = 1.2           # how many times as long an article may take as in the baseline
    against = "speed/base.json"  # a run folder or a speed.json in place of the baseline, where that is a file
    on_unclear = "unclear"       # as for other rules

A slowdown that is not larger than allowed passes. A larger one fails if its interval over timed passes lies above 1,
so that it is more than what passes differ by; else it cannot be told. It cannot either where one side was not
measured (`evalkit run --speed`), or they were measured on other machines, over other articles, in batches of another
size or with another number of workers: such times say nothing about each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from evalkit.analysis.speed import slowdown, why_not_comparable
from evalkit.predictions.speed import Speed
from evalkit.results import CANNOT_TELL, FAIL, PASS, Interval
from evalkit.showing import number_of

__all__ = ["SpeedOutcome", "SpeedRule", "judge_speed"]

UNCLEAR = {"pass": PASS, "fail": FAIL, "unclear": CANNOT_TELL}


@dataclass(frozen=True, kw_only=True)
class SpeedRule:
    """One demand on the speed of a run.

    Attributes:
        max_slowdown: how many times as long an article may take.
        against: what it is compared with, in place of the baseline; a run folder or a `speed.json`.
        on_unclear: what it comes to where nothing can be told: "unclear", "pass" or "fail".
    """

    name: str = "speed"
    max_slowdown: float
    against: str = ""
    on_unclear: str = "unclear"


@dataclass(frozen=True, kw_only=True)
class SpeedOutcome:
    """A rule about speed and what became of it.

    Attributes:
        verdict: "pass", "fail" or "cannot tell".
        reason: a sentence with the figures that decided.
        value: articles in a second of the run, and `baseline` of what it was compared with; None if not measured.
        slowdown: how many times as long an article took; None if that cannot be told.
        ci: its interval.
    """

    rule: SpeedRule
    verdict: str
    reason: str
    value: float | None = None
    baseline: float | None = None
    slowdown: float | None = None
    ci: Interval | None = None

    @property
    def counts_as(self) -> str:
        """The verdict, with what the rule makes of one that cannot be told."""
        return UNCLEAR[self.rule.on_unclear] if self.verdict == CANNOT_TELL else self.verdict

    def to_json(self) -> dict[str, Any]:
        """The outcome as JSON values."""
        return asdict(self) | {"ci": self.ci and list(self.ci), "counts_as": self.counts_as}


def judge_speed(
    rule: SpeedRule, before: Speed | None, after: Speed | None, *, lacking: Sequence[str] = ()
) -> SpeedOutcome:
    """What becomes of a rule.

    Args:
        rule: the rule.
        before: what the run is compared with; None if nothing was measured there.
        after: the run.
        lacking: where one is None why, and what to do.
    """
    done = SpeedOutcome(
        rule=rule,
        verdict=CANNOT_TELL,
        reason="; ".join(lacking),
        value=None if after is None else after.articles_per_second,
        baseline=None if before is None else before.articles_per_second,
    )
    if before is None or after is None:
        return done
    if why := why_not_comparable(before, after):
        return replace(done, reason=why)
    times, ci = slowdown(before, after)
    done = replace(done, slowdown=times, ci=ci)
    told = f"an article took {times:.2f} times as long{'' if ci is None else f' ({ci[0]:.2f} to {ci[1]:.2f})'}"
    if times <= rule.max_slowdown:
        return replace(done, verdict=PASS, reason=f"{told}, at most {rule.max_slowdown:g} are allowed")
    if ci is not None and ci[0] > 1:
        return replace(done, verdict=FAIL, reason=f"{told}, more than the {rule.max_slowdown:g} that are allowed")
    passes = number_of(min(len(before.passes), len(after.passes)), "pass", "passes")
    cannot = f"{passes} cannot tell that from noise, time more of them"
    return replace(done, reason=f"{told}, more than {rule.max_slowdown:g}; {cannot}")
