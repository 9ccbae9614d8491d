"""Whether a run got worse: every rule with its figures, and what follows.

* A value below the floor fails: the value over all articles of the run, whatever the baseline has.
* A drop that is not larger than what the rule allows passes.
* A larger drop fails if it is significant: two-sided approximate randomization over whole articles or clusters
  (Yeh 2000) with q ≤ alpha after Benjamini-Hochberg over the rules.
* A larger drop that is not significant cannot be told from noise; then the rule says what this gold can show, and how
  many more articles would show such a drop.
* Nothing can be told where run and baseline have too few articles in common, or none with the label or slice of the
  rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from evalkit.analysis.comparison import ComparedRow, ComparisonOptions, compare_many
from evalkit.analysis.figures import Figure, figures_of
from evalkit.analysis.intervals import Bootstrap
from evalkit.analysis.paired import adjusted
from evalkit.analysis.power import more_units_to_show, power_of_row
from evalkit.errors import InputError
from evalkit.gate.outcome import CANNOT_TELL, FAIL, PASS, Outcome
from evalkit.gate.rules import OVER_ALL, POOLED, Rule, RuleSet
from evalkit.gate.slices import SliceValues, hint, sliced
from evalkit.scoring.tasks.table import ScoredTable

__all__ = ["ROUNDS", "Sides", "Tables", "judge_rules"]

ROUNDS = 10_000
ROUNDING = 1e-9

Tables = Mapping[str, Mapping[str, ScoredTable]]
"""Task → convention → counts with their derived scores."""


@dataclass(frozen=True, kw_only=True)
class Sides:
    """What is judged.

    Attributes:
        before: counts of the baseline.
        after: counts of the run, over the same articles.
        whole: counts of the run over all its articles, if they are more than what the baseline has too.
        too_few: why these articles are too few for a verdict, or "".
        missing: task, or a convention of it after its name → why the run has no figures for it.
        values: what slices and clusters are made by.
    """

    before: Tables
    after: Tables
    whole: Tables | None = None
    too_few: str = ""
    missing: Mapping[str, str] = field(default_factory=dict)
    values: SliceValues = field(default_factory=SliceValues)

    @property
    def over_all(self) -> Tables:
        """Counts of the run over all its articles."""
        return self.after if self.whole is None else self.whole

    def why_not(self, rule: Rule) -> str | None:
        """Why the run has no figures for what a rule is about, if that is known."""
        return self.missing.get(f"{rule.task} {rule.convention}") or self.missing.get(rule.task)


def judge_rules(rules: RuleSet, sides: Sides, *, rounds: int = ROUNDS, seed: int = 0) -> tuple[Outcome, ...]:
    """The outcome of every rule, in their order.

    Raises:
        InputError: a rule names a label or slice that is not there, or a task that neither side has.
    """
    clusters = None if rules.cluster is None else sides.values.of_articles(rules.cluster)
    bootstrap = Bootstrap(resamples=rounds, seed=seed, clusters=clusters, clustered_by=rules.cluster or "story")
    options = ComparisonOptions(bootstrap=bootstrap)
    unit = "article" if clusters is None else "cluster"
    tables = {_about(rule): both for rule in rules.rules if (both := _both(rule, sides)) is not None}
    compared = compare_many(((key[0], key[1], both) for key, both in tables.items()), options=options)
    by_key = dict(zip(tables, compared, strict=True))
    rows = [_row(rule, by_key.get(_about(rule), ())) for rule in rules.rules]
    tested = [row.p_randomization for row in rows if row is not None]
    q = iter(adjusted(np.array(tested, dtype=np.float64)).tolist())
    return tuple(
        _without_comparison(rule, sides) if row is None else _decide(rule, replace(row, q=next(q)), sides, unit)
        for rule, row in zip(rules.rules, rows, strict=True)
    )


def _table(rule: Rule, tables: Tables, sides: Sides) -> ScoredTable | None:
    """The counts that a rule is about, or None if there are none: no such task, or nothing in its slice."""
    scored = tables.get(rule.task, {}).get(rule.convention)
    return scored if scored is None or not rule.slice else sliced(rule, scored, sides.values)


def _check(rule: Rule, sides: Sides) -> None:
    """Refuses a rule about what is nowhere, on either side and in none of the articles.

    Raises:
        InputError: neither side has the task, or nothing has its slice or its label.
    """
    every = [tables.get(rule.task, {}).get(rule.convention) for tables in (sides.before, sides.after, sides.over_all)]
    tables = [scored for scored in every if scored is not None]
    if not tables:
        why = sides.why_not(rule) or "neither has it"
        what = f"{rule.task} under {rule.convention}"
        raise InputError(f"rule {rule.name!r}: the run and the baseline have no {what} ({why}); mend the rule")
    if not all(scored.additive for scored in tables):
        raise InputError(f"rule {rule.name!r}: {rule.task} under {rule.convention} {OVER_ALL}")
    sides.values.check(rule, tables)
    labels = {label for scored in tables for label in scored.table.labels}
    if rule.label not in POOLED and rule.label not in labels:
        raise InputError(f"rule {rule.name!r}: unknown label {rule.label!r}{hint(rule.label, labels)}")
    if rule.figure[0] == "derived" and not any(rule.score in scored.derived for scored in tables):
        raise InputError(f"rule {rule.name!r}: there is no {rule.score} for {rule.task} under {rule.convention}")


def _about(rule: Rule) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """What a rule compares: rules about several figures of it compare it once."""
    return rule.task, rule.convention, tuple(sorted(rule.slice.items()))


def _both(rule: Rule, sides: Sides) -> dict[str, ScoredTable] | None:
    """What a rule is about, on both sides; None where it cannot be compared."""
    _check(rule, sides)
    before, after = (_table(rule, tables, sides) for tables in (sides.before, sides.after))
    return None if before is None or after is None or sides.too_few else {"baseline": before, "run": after}


def _row(rule: Rule, compared: Sequence[ComparedRow]) -> ComparedRow | None:
    """The figure of a rule on both sides with its tests; None where it cannot be compared."""
    return next((row for row in compared if (row.scope, row.label, row.score) == rule.figure), None)


def _without_comparison(rule: Rule, sides: Sides) -> Outcome:
    """A rule about something that one side does not have, or that too few articles can tell of."""
    value, baseline = _value(rule, sides.after, sides), _value(rule, sides.before, sides)
    done = Outcome(rule=rule, verdict=CANNOT_TELL, reason="", value=value, baseline=baseline)
    what = f"{rule.task} under {rule.convention}"
    lost = rule.convention not in sides.over_all.get(rule.task, {})
    if lost:
        why = sides.why_not(rule) or "it was not scored"
        return replace(done, verdict=FAIL, reason=f"the baseline has {what}, the run does not: {why}", value=None)
    if below := _below_floor(rule, sides):
        return replace(done, verdict=FAIL, reason=below)
    if sides.too_few:
        return replace(done, reason=sides.too_few)
    if rule.convention not in sides.before.get(rule.task, {}):
        reason = f"the baseline has no {what}, so nothing can have dropped"
        return replace(done, verdict=PASS, reason=reason, baseline=None)
    about = " ".join(f"{name}={own}" for name, own in rule.slice.items()) or rule.label
    return replace(done, reason=f"nothing of {about} is in the articles that both have")


def _value(rule: Rule, tables: Tables, sides: Sides) -> float | None:
    """The figure of a rule in some counts; None where they do not have it."""
    scored = _table(rule, tables, sides)
    if scored is None:
        return None
    figures = figures_of(scored)
    name = Figure(*rule.figure)
    return float(figures.point()[figures.names.index(name)]) if name in figures.names else None


def _below_floor(rule: Rule, sides: Sides) -> str:
    """That the run is below the floor, over all its articles; "" if it is not."""
    value = None if rule.floor is None else _value(rule, sides.over_all, sides)
    if value is None or rule.floor is None or value >= rule.floor - ROUNDING:
        return ""
    where = "" if sides.whole is None else " over all articles of the run"
    return f"{value:.4f} is below the floor {rule.floor:g}{where}"


def _decide(rule: Rule, row: ComparedRow, sides: Sides, unit: str) -> Outcome:
    drop = row.first_value - row.second_value
    power = power_of_row(row, alpha=rule.alpha)
    done = Outcome(
        rule=rule,
        verdict=PASS,
        reason="",
        value=row.second_value,
        baseline=row.first_value,
        ci=row.ci,
        p=row.p_randomization,
        q=row.q,
        articles=(row.wins, row.ties, row.losses),
        smallest=power.smallest,
    )
    if below := _below_floor(rule, sides):
        return replace(done, verdict=FAIL, reason=below)
    if drop <= rule.allowed + ROUNDING:
        return replace(done, reason=_passed(rule, drop))
    tested = f"dropped by {drop:.4f}, more than {rule.allowed:g}; judged by q {row.q:.4f}, alpha {rule.alpha:g}"
    if row.q <= rule.alpha:
        return replace(done, verdict=FAIL, reason=tested)
    more = more_units_to_show(row, alpha=rule.alpha)
    units = unit if row.units == 1 else f"{unit}s"
    sight = f"{row.units} {units} cannot see " + (f"less than {power.smallest:.4f}" if power.smallest else "any drop")
    advice = f"{more} more would show such a drop" if more else "which is at the edge of what they show"
    return replace(done, verdict=CANNOT_TELL, reason=f"{tested}; {sight}, {advice}", more=more)


def _passed(rule: Rule, drop: float) -> str:
    if drop > ROUNDING:
        return f"dropped by {drop:.4f}, within {rule.allowed:g}"
    return "no change" if drop > -ROUNDING else f"rose by {-drop:.4f}"
