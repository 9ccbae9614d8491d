"""What a gate says, and what writing a baseline did, as records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from evalkit.analysis.changes import DIRECTIONS, Change
from evalkit.frames import with_numbers
from evalkit.gate.articles import CommonArticles
from evalkit.gate.baseline import Baseline
from evalkit.gate.rules import Rule
from evalkit.gate.speed import SpeedOutcome
from evalkit.harmless import clean
from evalkit.results import CANNOT_TELL, FAIL, PASS
from evalkit.showing import number_of, shown_html

__all__ = ["CANNOT_TELL", "FAIL", "PASS", "BaselineUpdate", "GateReport", "Outcome"]

EXIT = {PASS: 0, FAIL: 1, CANNOT_TELL: 3}
UNCLEAR = {"pass": PASS, "fail": FAIL, "unclear": CANNOT_TELL}
"""What `on_unclear` makes of what cannot be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One rule and what became of it.

    Attributes:
        verdict: "pass", "fail" or "cannot tell".
        reason: a sentence with the figures that decided.
        value: the figure of the run over the articles that are judged, or None if the run does not have it.
        baseline: the figure of the baseline over the same articles, likewise.
        ci: 95 % interval of run minus baseline.
        p: of approximate randomization; the interval excludes 0 where it is below .05.
        q: p after Benjamini-Hochberg over the rules, by which a rule is judged.
        articles: won, tied and lost by the run.
        smallest: the smallest difference that this gold shows with 80 % power.
        more: how many more articles (or clusters, where those are drawn) would show such a drop; only where it cannot
            be told.
    """

    rule: Rule
    verdict: str
    reason: str
    value: float | None = None
    baseline: float | None = None
    ci: tuple[float, float] | None = None
    p: float | None = None
    q: float | None = None
    articles: tuple[int, int, int] | None = None
    smallest: float | None = None
    more: int | None = None

    @property
    def counts_as(self) -> str:
        """The verdict, with what the rule makes of one that cannot be told."""
        return UNCLEAR[self.rule.on_unclear] if self.verdict == CANNOT_TELL else self.verdict


@dataclass(frozen=True, kw_only=True, repr=False)
class GateReport:
    """What a gate says.

    Attributes:
        run: name of the run.
        baseline: name of what it was compared with.
        gold: the gold that both were scored on.
        articles: how many articles were judged: those that run and baseline have in common.
        outcomes: what became of each rule.
        changes: broken and fixed gold items, added and gone wrong predictions.
        rights: task → what right means in these changes, a convention or "right".
        causes: what all that broke has in common, a sentence each, found in every item.
        failed: article id → error, for articles on which the extractor failed.
        max_failures: on how many it may fail.
        common: which articles were judged, and which were not.
        speeds: what became of each rule about speed.
        notes: what else is to be known.
        advice: whether a run that passes should become the baseline, where the gold has changed, or "".
        method: what reproduces the tests.
    """

    run: str
    baseline: str
    gold: str
    split: str
    articles: int
    outcomes: tuple[Outcome, ...]
    changes: tuple[Change, ...] = ()
    rights: Mapping[str, str] = field(default_factory=dict)
    causes: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    max_failures: int = 0
    common: CommonArticles | None = None
    speeds: tuple[SpeedOutcome, ...] = ()
    notes: tuple[str, ...] = ()
    advice: str = ""
    method: str = ""

    @property
    def fails_too_often(self) -> bool:
        """Whether the extractor failed on more articles than it may."""
        return len(self.failed) > self.max_failures

    @property
    def _judged(self) -> tuple[Outcome | SpeedOutcome, ...]:
        return (*self.outcomes, *self.speeds)

    @property
    def verdict(self) -> str:
        """Fail if any rule fails or the extractor did too often, else cannot tell if any rule cannot, else pass."""
        verdicts = {outcome.verdict for outcome in self._judged} | ({FAIL} if self.fails_too_often else set())
        return next((verdict for verdict in (FAIL, CANNOT_TELL) if verdict in verdicts), PASS)

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail, 3 cannot tell; what cannot be told counts as the rule says that it does."""
        verdicts = {outcome.counts_as for outcome in self._judged} | ({FAIL} if self.fails_too_often else set())
        return EXIT[next((verdict for verdict in (FAIL, CANNOT_TELL) if verdict in verdicts), PASS)]

    def count(self, direction: str) -> int:
        """How many items are broken, fixed, added or gone."""
        return sum(change.direction == direction for change in self.changes)

    def to_json(self) -> dict[str, Any]:
        """The report as JSON values."""
        return {
            "format": "evalkit.gate",
            "version": 2,
            "verdict": self.verdict,
            "exit_code": self.exit_code,
            **{name: getattr(self, name) for name in ("run", "baseline", "gold", "split", "articles", "method")},
            "rules": [asdict(outcome) for outcome in self.outcomes],
            # Only where somebody asked for it, so that reports of others stay what they were.
            **({"speed": [outcome.to_json() for outcome in self.speeds]} if self.speeds else {}),
            "failed": dict(self.failed),
            "max_failures": self.max_failures,
            "common": None if self.common is None else self.common.to_json(),
            "right": dict(self.rights),
            **{
                direction: [change.to_json() for change in self.changes if change.direction == direction]
                for direction in DIRECTIONS
            },
            "causes": list(self.causes),
            "notes": list(self.notes),
            "advice": self.advice,
        }

    def to_pandas(self) -> Any:
        """One row a rule with what became of it; what the rule demands stands in `rule_…`."""
        import pandas as pd

        frame = pd.json_normalize([asdict(outcome) for outcome in self.outcomes], sep="_")
        return with_numbers(frame, figures=("value", "baseline", "p", "q", "smallest"), whole=("more",))

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        return clean(f"<GateReport {self.run} against {self.baseline} on {self.gold}, {self.split}: {self.verdict}>")

    _repr_html_ = shown_html


@dataclass(frozen=True, kw_only=True, repr=False)
class BaselineUpdate:
    """What writing a baseline did.

    Attributes:
        path: where it was written.
        baseline: what was written.
        changed: sentences that say what is different from the old one; empty if it is the same file.
        report: the comparison with the old one, or None if there was none that can be compared.
    """

    path: Path
    baseline: Baseline
    changed: tuple[str, ...]
    report: GateReport | None

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        return clean(f"<BaselineUpdate {self.path}: {number_of(len(self.changed), 'change')}>")

    def to_json(self) -> dict[str, Any]:
        """The update as JSON values."""
        return {
            "format": "evalkit.baseline_update",
            "version": 1,
            "baseline": str(self.path),
            "changed": list(self.changed),
            "gate": None if self.report is None else self.report.to_json(),
        }

    def to_pandas(self) -> Any:
        """What is different from the old baseline, one row a sentence."""
        import pandas as pd

        return pd.DataFrame({"changed": list(self.changed)})

    _repr_html_ = shown_html
