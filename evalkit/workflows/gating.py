"""The gate from end to end: a run against a baseline under some rules, and making baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evalkit.analysis.changes import changes_of_pairs
from evalkit.analysis.slices import article_properties
from evalkit.dataset.gold import GoldDataset
from evalkit.errors import FormatError, InputError
from evalkit.gate.baseline import Baseline, Tables, baseline_bytes, read_baseline, write_baseline
from evalkit.gate.rules import RuleSet, default_rules, read_rules
from evalkit.gate.verdict import ROUNDS, GateReport, Outcome, Sides, judge_rules
from evalkit.scoring.tasks.table import task_names
from evalkit.version import __version__
from evalkit.workflows.evaluation import scored_tables
from evalkit.workflows.runs import Run
from evalkit.workflows.stored import StoredRun, gold_of, load_run, stored_run

__all__ = ["BaselineUpdate", "check_gate", "update_baseline"]


def check_gate(
    run: Run | StoredRun | str | Path,
    baseline: str | Path,
    *,
    rules: str | Path | RuleSet | None = None,
    dataset: str | None = None,
    rounds: int = ROUNDS,
    seed: int = 0,
) -> GateReport:
    """Whether a run is worse than a baseline.

    Both are scored again from their predictions, so that they are counted by one and the same scorer.

    Args:
        run: a run folder, or a run that was just made.
        baseline: the baseline file.
        rules: a TOML file; one rule a task by default: micro F1 under its main convention may not drop.
        dataset: where the gold is now, if not where the run found it.
        rounds: resamples and rounds of randomization.
        seed: of the resampling.

    Raises:
        EvalkitError: run, baseline or rules cannot be used, or are about other gold.
    """
    ours, gold = _run_and_gold(run, dataset)
    before = read_baseline(Path(baseline))
    _check_same(ours, before, Path(baseline))
    theirs = _as_run(before)
    wanted = rules if isinstance(rules, RuleSet) else None if rules is None else read_rules(Path(rules))
    wanted = wanted or default_rules(task for task in task_names() if task in before.tables)
    conventions = tuple(dict.fromkeys(rule.convention for rule in wanted.rules))
    sides = Sides(
        before=_tables(theirs, gold, conventions),
        after=_tables(ours, gold, conventions),
        missing=dict.fromkeys(task_names(), "the extractor does not claim it"),
        properties=article_properties(example.article for example in gold),
    )
    outcomes = judge_rules(wanted, sides, rounds=rounds, seed=seed)
    return GateReport(
        run=ours.name,
        baseline=before.extractor,
        gold=before.gold,
        split=before.split,
        articles=len(gold),
        outcomes=outcomes,
        changes=tuple(changes_of_pairs(theirs.pairs(gold), ours.pairs(gold))),
        notes=_notes(ours, before, sides.before, outcomes),
        method=f"randomization{rounds}/{wanted.cluster or 'article'}/seed{seed}|bh|evalkit:{__version__}",
    )


@dataclass(frozen=True, kw_only=True)
class BaselineUpdate:
    """What writing a baseline did.

    Attributes:
        baseline: what was written.
        changed: sentences that say what is different from the old one; empty if it is the same file.
        report: the comparison with the old one, or None if there was none or it is about other gold.
    """

    baseline: Baseline
    changed: tuple[str, ...]
    report: GateReport | None


def update_baseline(
    run: Run | StoredRun | str | Path,
    baseline: str | Path,
    *,
    rules: str | Path | RuleSet | None = None,
    dataset: str | None = None,
) -> BaselineUpdate:
    """Writes the baseline of a run, and says what changed.

    The conventions kept are those of the run's result and those that the rules name.

    Raises:
        EvalkitError: the run or the rules cannot be used, or the file not be written.
    """
    path = Path(baseline)
    ours, gold = _run_and_gold(run, dataset)
    made = _baseline_of(ours, gold, rules)
    old = _old_baseline(path)
    report = None
    if old is not None and _comparable(old, made):
        report = check_gate(ours, path, rules=rules, dataset=dataset)
    changed = _changed(old, made)
    write_baseline(path, made)
    return BaselineUpdate(baseline=made, changed=changed, report=report)


def _old_baseline(path: Path) -> Baseline | None:
    """What is replaced; a file that cannot be read as a baseline is replaced like none."""
    try:
        return read_baseline(path) if path.exists() else None
    except FormatError:
        return None


def _comparable(old: Baseline, new: Baseline) -> bool:
    same_gold = (old.gold_fingerprint, old.split) == (new.gold_fingerprint, new.split)
    return same_gold and _measure(old.scoring) == _measure(new.scoring)


def _run_and_gold(run: Run | StoredRun | str | Path, dataset: str | None) -> tuple[StoredRun, GoldDataset]:
    if isinstance(run, Run):
        return stored_run(run), run.gold
    found = run if isinstance(run, StoredRun) else load_run(Path(run))
    return found, gold_of(found, dataset)


def _as_run(baseline: Baseline) -> StoredRun:
    return StoredRun(
        name=baseline.extractor,
        facts=baseline.facts,
        predictions=baseline.predictions,
        scoring=baseline.scoring,
        place="baseline",
    )


def _tables(run: StoredRun, gold: GoldDataset, conventions: Sequence[str]) -> Tables:
    options = run.options(conventions=conventions)
    return scored_tables(gold, run.predictions, layers=run.layers or None, options=options)


def _baseline_of(run: StoredRun, gold: GoldDataset, rules: str | Path | RuleSet | None) -> Baseline:
    stored = () if run.result is None else [name for own in run.result.tasks.values() for name in own]
    wanted = rules if isinstance(rules, RuleSet) else None if rules is None else read_rules(Path(rules))
    named = () if wanted is None else [rule.convention for rule in wanted.rules]
    facts = run.facts
    return Baseline(
        extractor=facts["extractor"],
        fingerprint=facts["fingerprint"],
        gold=facts["gold"],
        gold_fingerprint=facts["gold_fingerprint"],
        split=facts["split"],
        articles=len(gold),
        layers=run.layers,
        scoring=_whole_scoring(run),
        evalkit=__version__,
        tables=_tables(run, gold, tuple(dict.fromkeys([*stored, *named])) if stored else ()),
        predictions=run.predictions,
    )


def _whole_scoring(run: StoredRun) -> dict[str, Any]:
    own = run.facts.get("predicted_map")
    return {**({"predicted_map": own} if own else {}), **run.scoring}


def _measure(scoring: Mapping[str, Any]) -> dict[str, Any]:
    """What two runs must share to be comparable; how each came to the gold's labels is its own affair."""
    return {name: value for name, value in scoring.items() if name != "predicted_map"}


def _check_same(run: StoredRun, baseline: Baseline, path: Path) -> None:
    ours = run.facts.get("gold_fingerprint"), run.facts.get("split")
    if ours != (baseline.gold_fingerprint, baseline.split):
        raise InputError(
            f"{path}: is about gold {baseline.gold} ({baseline.gold_fingerprint}) split {baseline.split!r}, the run "
            f"about {run.facts.get('gold')} ({ours[0]}) split {ours[1]!r}; they cannot be compared. To accept the "
            f"run as the new baseline: evalkit gate RUN --baseline {path} --update"
        )
    if _measure(run.scoring) != _measure(baseline.scoring):
        raise InputError(
            f"{path}: was scored with {_measure(baseline.scoring) or 'the usual options'}, the run with "
            f"{_measure(run.scoring) or 'the usual options'}; score the run with the same labels and label map"
        )


def _notes(run: StoredRun, baseline: Baseline, rescored: Tables, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    notes = []
    failed = [prediction.article_id for prediction in run.predictions if prediction.error is not None]
    if failed:
        more = "" if len(failed) == 1 else f" and {len(failed) - 1} more"
        notes.append(f"the extractor failed on {failed[0]}{more}; failed articles count as missed")
    if run.facts.get("fingerprint") == baseline.fingerprint:
        notes.append("run and baseline have the same fingerprint: nothing that the extractor runs has changed")
    if moved := _moved_counts(baseline.tables, rescored):
        notes.append(
            f"the counts stored in the baseline by evalkit {baseline.evalkit} are not those of this version "
            f"({', '.join(moved)}); both sides were counted by this version, --update stores its counts"
        )
    unsure = [outcome for outcome in outcomes if outcome.more]
    if unsure:
        notes.append(f"{max(o.more or 0 for o in unsure)} more articles would settle what cannot be told")
    return tuple(notes)


def _moved_counts(stored: Tables, rescored: Tables) -> list[str]:
    return [
        f"{task} {name}"
        for task, own in rescored.items()
        for name, scored in own.items()
        if (old := stored.get(task, {}).get(name)) is not None and old.table.to_json() != scored.table.to_json()
    ]


def _changed(old: Baseline | None, new: Baseline) -> tuple[str, ...]:
    if old is None:
        return (f"new baseline: {new.extractor} on {new.gold} split {new.split}, {new.articles} articles",)
    if baseline_bytes(old) == baseline_bytes(new):
        return ()
    names = ("extractor", "fingerprint", "gold", "gold_fingerprint", "split", "articles", "scoring", "evalkit")
    lines = [
        f"{name}: {_short(getattr(old, name))} → {_short(getattr(new, name))}"
        for name in names
        if getattr(old, name) != getattr(new, name)
    ]
    before = {prediction.article_id: prediction for prediction in old.predictions}
    after = {prediction.article_id: replace(prediction, seconds=0.0) for prediction in new.predictions}
    differing = sum(before.get(name) != own for name, own in after.items())
    return (*lines, f"predictions: {differing} of {len(after)} articles differ")


def _short(value: object) -> str:
    text = str(value) or "nothing"
    return text if len(text) <= 40 else text[:12] + "…"
