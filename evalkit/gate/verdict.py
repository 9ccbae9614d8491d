"""Whether a run got worse: every rule with its figures, and what follows.

* A value below the floor fails.
* A drop that is not larger than what the rule allows passes.
* A larger drop fails if it is significant: two-sided approximate randomization over whole articles or clusters
  (Yeh 2000) with q ≤ alpha after Benjamini-Hochberg over the rules.
* A larger drop that is not significant cannot be told from noise; then the rule says what this gold can show, and how
  many more articles would show such a drop.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from evalkit.analysis.comparison import ComparedRow, ComparisonOptions, compare_tables
from evalkit.analysis.figures import Figure, figures_of
from evalkit.analysis.intervals import Bootstrap
from evalkit.analysis.paired import adjusted
from evalkit.analysis.power import Power, power_of_row
from evalkit.errors import InputError
from evalkit.gate.baseline import Tables
from evalkit.gate.outcome import CANNOT_TELL, FAIL, PASS, Outcome
from evalkit.gate.rules import POOLED, Rule, RuleSet
from evalkit.registry import near_match
from evalkit.scoring.tasks.table import ScoredTable

__all__ = ["ROUNDS", "Sides", "judge_rules"]

ROUNDS = 10_000
ROUNDING = 1e-9

Properties = Mapping[str, Mapping[str, str]]
"""Metadata field → article id → value."""


@dataclass(frozen=True, kw_only=True)
class Sides:
    """What is judged.

    Attributes:
        before: counts of the baseline.
        after: counts of the run, over the same articles.
        missing: task → why the run has no figures for it.
        properties: metadata of the articles, for slices and clusters.
    """

    before: Tables
    after: Tables
    missing: Mapping[str, str] = field(default_factory=dict)
    properties: Properties = field(default_factory=dict)


def judge_rules(rules: RuleSet, sides: Sides, *, rounds: int = ROUNDS, seed: int = 0) -> tuple[Outcome, ...]:
    """The outcome of every rule, in their order.

    Raises:
        InputError: a rule names a label or slice that is not there, or a task that neither side has.
    """
    clusters = None if rules.cluster is None else _values(rules.cluster, sides.properties)
    bootstrap = Bootstrap(resamples=rounds, seed=seed, clusters=clusters, clustered_by=rules.cluster or "story")
    options = ComparisonOptions(bootstrap=bootstrap)
    compared: dict[object, tuple[ComparedRow, ...]] = {}
    rows = [_row(rule, sides, options, compared) for rule in rules.rules]
    tested = [row.p_randomization for row in rows if row is not None]
    q = iter(adjusted(np.array(tested, dtype=np.float64)).tolist())
    return tuple(
        _without_comparison(rule, sides) if row is None else _decide(rule, replace(row, q=next(q)))
        for rule, row in zip(rules.rules, rows, strict=True)
    )


def _table(rule: Rule, tables: Tables, properties: Properties) -> ScoredTable | None:
    """The counts that a rule is about, or None if there are none."""
    scored = tables.get(rule.task, {}).get(rule.convention)
    if scored is None or not rule.slice:
        return scored
    keep = np.ones(len(scored.table.articles), dtype=bool)
    for name, value in rule.slice.items():
        own = _values(name, properties)
        if value not in own.values():
            raise InputError(f"rule {rule.name!r}: no article has {name} = {value!r}{_hint(value, own.values())}")
        keep &= np.array([own.get(article) == value for article in scored.table.articles], dtype=bool)
    if not keep.any():
        raise InputError(f"rule {rule.name!r}: no article is in the slice; widen it")
    return scored.select(keep)


def _values(name: str, properties: Properties) -> Mapping[str, str]:
    if name not in properties:
        raise InputError(f"no article has a metadata field {name!r}{_hint(name, properties)}")
    return properties[name]


def _hint(name: str, known: Iterable[str]) -> str:
    names = sorted(set(known))
    lower = {own.lower(): own for own in names}
    near = lower.get(near_match(name, lower) or "")
    listed = ", ".join(names[:12]) or "none"
    return (f"; did you mean {near!r}?" if near else ".") + f" Known: {listed}{', …' if len(names) > 12 else ''}"


def _row(
    rule: Rule, sides: Sides, options: ComparisonOptions, compared: dict[object, tuple[ComparedRow, ...]]
) -> ComparedRow | None:
    before, after = (_table(rule, tables, sides.properties) for tables in (sides.before, sides.after))
    if before is None or after is None:
        return None
    _check_label(rule, {*before.table.labels, *after.table.labels})
    key = rule.task, rule.convention, tuple(sorted(rule.slice.items()))
    if key not in compared:
        tables = {"baseline": before, "run": after}
        compared[key] = compare_tables(tables, task=rule.task, convention=rule.convention, options=options)
    found = [row for row in compared[key] if (row.scope, row.label, row.score) == rule.figure]
    if not found:
        raise InputError(f"rule {rule.name!r}: there is no {rule.score} for {rule.task} under {rule.convention}")
    return found[0]


def _check_label(rule: Rule, labels: set[str]) -> None:
    if rule.label not in POOLED and rule.label not in labels:
        raise InputError(f"rule {rule.name!r}: unknown label {rule.label!r}{_hint(rule.label, labels)}")


def _without_comparison(rule: Rule, sides: Sides) -> Outcome:
    """A rule about something that one side does not have."""
    after = _table(rule, sides.after, sides.properties)
    before = _table(rule, sides.before, sides.properties)
    what = f"{rule.task} under {rule.convention}"
    if after is None and before is None:
        why = sides.missing.get(rule.task, "neither has it")
        raise InputError(f"rule {rule.name!r}: the run and the baseline have no {what} ({why}); mend the rule")
    if after is None:
        why = sides.missing.get(rule.task, "it was not scored")
        reason = f"the baseline has {what}, the run does not: {why}"
        return Outcome(rule=rule, verdict=FAIL, reason=reason, baseline=_value(rule, before))
    value = _value(rule, after)
    if rule.floor is not None and value < rule.floor - ROUNDING:
        return Outcome(rule=rule, verdict=FAIL, reason=f"{value:.4f} is below the floor {rule.floor:g}", value=value)
    reason = f"the baseline has no {what}, so nothing can have dropped; --update adds it"
    return Outcome(rule=rule, verdict=PASS, reason=reason, value=value)


def _value(rule: Rule, scored: ScoredTable | None) -> float:
    if scored is None:
        return 0.0
    _check_label(rule, set(scored.table.labels))
    figures = figures_of(scored)
    return float(figures.point()[figures.names.index(Figure(*rule.figure))])


def _decide(rule: Rule, row: ComparedRow) -> Outcome:
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
    if rule.floor is not None and row.second_value < rule.floor - ROUNDING:
        return replace(done, verdict=FAIL, reason=f"{row.second_value:.4f} is below the floor {rule.floor:g}")
    if drop <= rule.allowed + ROUNDING:
        return replace(done, reason=_passed(rule, drop))
    tested = f"dropped by {drop:.4f}, more than {rule.allowed:g}; q {row.q:.4f}, alpha {rule.alpha:g}"
    if row.q <= rule.alpha:
        return replace(done, verdict=FAIL, reason=tested)
    more = _more_articles(row, power, drop, rule.alpha)
    unit = "article" if row.units == 1 else "articles"
    sight = f"{row.units} {unit} cannot see " + (f"less than {power.smallest:.4f}" if power.smallest else "any drop")
    advice = f"{more} more would show such a drop" if more else "which is at the edge of what they show"
    return replace(done, verdict=CANNOT_TELL, reason=f"{tested}; {sight}, {advice}", more=more)


def _passed(rule: Rule, drop: float) -> str:
    if drop > ROUNDING:
        return f"dropped by {drop:.4f}, within {rule.allowed:g}"
    return "no change" if drop > -ROUNDING else f"rose by {-drop:.4f}"


def _more_articles(row: ComparedRow, power: Power, drop: float, alpha: float) -> int:
    """Articles to add until such a drop is found: for the power of the test, and for its grain.

    Swapping sides of k articles that differ gives p of 2 / 2^k at best, so a handful of articles shows nothing
    however large the drop; more articles are taken to differ at the rate of those at hand.
    """
    differing = max(row.wins + row.losses, 1)
    grain = math.ceil(math.log2(2 / alpha))
    by_grain = math.ceil(row.units * max(grain - differing, 0) / differing)
    return max(power.more_units_for(drop), by_grain)
