"""The gate from end to end: a run against a baseline under some rules, and making baselines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Unpack

from evalkit.analysis.changes import changes_of_pairs
from evalkit.dataset.gold import GoldDataset
from evalkit.errors import FormatError, InputError
from evalkit.gate.baseline import Baseline, Tables, baseline_bytes, read_baseline, write_baseline
from evalkit.gate.outcome import BaselineUpdate, GateReport, Outcome
from evalkit.gate.rules import RuleSet, default_rules, read_rules
from evalkit.gate.verdict import ROUNDS, Sides, judge_rules
from evalkit.options import Intervals, OptionWords, Scoring, options_of
from evalkit.predictions.run import Run
from evalkit.scoring.properties import article_properties
from evalkit.scoring.tasks.table import task_names
from evalkit.version import __version__
from evalkit.workflows.inputs import finished_run, gold_of
from evalkit.workflows.pairing import pair_run, scoring_of

__all__ = ["check_gate", "update_baseline"]


def check_gate(
    run: Run | str | Path,
    baseline: str | Path,
    *,
    rules: str | Path | RuleSet | None = None,
    dataset: GoldDataset | str | Path | None = None,
    intervals: Intervals | None = None,
    **words: Unpack[OptionWords],
) -> GateReport:
    """Whether a run is worse than a baseline.

    Both are scored again from their predictions, so that they are counted by one and the same scorer.

    Args:
        run: a run folder, or what `run_extractor` gave.
        baseline: the baseline file.
        rules: a TOML file; one rule a task by default: micro F1 under its main convention may not drop.
        dataset: the gold, or where it is now, if not where the run found it.
        intervals: rounds of randomization and their seed; 10,000 rounds by default. What is drawn together, rules say.
        words: `resamples` and `seed` of these.

    Raises:
        EvalkitError: run, baseline or rules cannot be used, or are about other gold.
    """
    takes = "resamples", "seed"
    drawn = options_of({"resamples": ROUNDS, **words} if intervals is None else words, takes=takes, intervals=intervals)
    ours = finished_run(run)
    gold = gold_of(ours, dataset)
    before = read_baseline(Path(baseline))
    _check_same(ours, before.run, Path(baseline))
    wanted = _rules(rules) or default_rules(task for task in task_names() if task in before.tables)
    scoring = Scoring(conventions=tuple(dict.fromkeys(rule.convention for rule in wanted.rules)))
    pairings = [(pair_run(gold, one, scoring_of(one)), scoring_of(one, scoring)) for one in (before.run, ours)]
    tables = [pairing.tables(scored) for pairing, scored in pairings]
    sides = Sides(
        before=tables[0],
        after=tables[1],
        missing=dict.fromkeys(task_names(), "the extractor does not claim it"),
        properties=article_properties(example.article for example in gold),
    )
    rounds, seed = drawn.intervals.resamples, drawn.intervals.seed
    outcomes = judge_rules(wanted, sides, rounds=rounds, seed=seed)
    return GateReport(
        run=ours.extractor,
        baseline=before.run.extractor,
        gold=before.head["gold"],
        split=before.head["split"],
        articles=len(gold),
        outcomes=outcomes,
        changes=tuple(changes_of_pairs(*(pairing.mapped.pairs for pairing, _ in pairings))),
        notes=_notes(ours, before, sides.before, outcomes),
        method=f"randomization{rounds}/{wanted.cluster or 'article'}/seed{seed}|bh|evalkit:{__version__}",
    )


def update_baseline(
    run: Run | str | Path,
    baseline: str | Path,
    *,
    rules: str | Path | RuleSet | None = None,
    dataset: GoldDataset | str | Path | None = None,
) -> BaselineUpdate:
    """Writes the baseline of a run, and says what changed.

    The conventions kept are those of the run's result and those that the rules name.

    Args:
        run: a run folder, or what `run_extractor` gave.
        baseline: the file to write.
        rules: as for `check_gate`.
        dataset: the gold, or where it is now, if not where the run found it.

    Raises:
        EvalkitError: the run or the rules cannot be used, or the file not be written.
    """
    path = Path(baseline)
    ours = finished_run(run)
    gold = gold_of(ours, dataset)
    made = _baseline_of(ours, gold, _rules(rules))
    old = _old_baseline(path)
    report = None
    if old is not None and _same_gold(old.run, made.run) and old.run.measure == made.run.measure:
        report = check_gate(ours, path, rules=rules, dataset=gold)
    changed = _changed(old, made)
    write_baseline(path, made)
    return BaselineUpdate(path=path, baseline=made, changed=changed, report=report)


def _rules(rules: str | Path | RuleSet | None) -> RuleSet | None:
    return rules if rules is None or isinstance(rules, RuleSet) else read_rules(Path(rules))


def _old_baseline(path: Path) -> Baseline | None:
    """What is replaced; a file that cannot be read as a baseline is replaced like none."""
    try:
        return read_baseline(path) if path.exists() else None
    except FormatError:
        return None


def _same_gold(one: Run, other: Run) -> bool:
    return one.gold is not None and one.gold.is_same(other.gold)


def _baseline_of(run: Run, gold: GoldDataset, rules: RuleSet | None) -> Baseline:
    if run.gold is None or not run.made_by.fingerprint:
        raise InputError(f"{run.place}: does not say what made it and for which gold; run the extractor with evalkit")
    stored = () if run.result is None else [name for own in run.result.tasks.values() for name in own]
    named = () if rules is None else [rule.convention for rule in rules.rules]
    scoring = scoring_of(run, Scoring(conventions=tuple(dict.fromkeys([*stored, *named])) if stored else ()))
    return Baseline(run=run, tables=pair_run(gold, run, scoring).tables(scoring), evalkit=__version__)


def _check_same(run: Run, baseline: Run, path: Path) -> None:
    if not _same_gold(run, baseline):
        raise InputError(
            f"{path}: is about gold {baseline.gold}, the run about {run.gold or 'gold that it does not name'}; they "
            f"cannot be compared. To accept the run as the new baseline: evalkit gate RUN --baseline {path} --update"
        )
    if run.measure != baseline.measure:
        raise InputError(
            f"{path}: was scored with {baseline.measure or 'the usual options'}, the run with "
            f"{run.measure or 'the usual options'}; score the run with the same labels and label map"
        )


def _notes(run: Run, baseline: Baseline, rescored: Tables, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    notes = []
    failed = [prediction.article_id for prediction in run.predictions if prediction.error is not None]
    if failed:
        more = "" if len(failed) == 1 else f" and {len(failed) - 1} more"
        notes.append(f"the extractor failed on {failed[0]}{more}; failed articles count as missed")
    if run.made_by.fingerprint == baseline.run.made_by.fingerprint:
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
    head = new.head
    if old is None:
        return (
            f"new baseline: {head['extractor']} on {head['gold']} split {head['split']}, {head['articles']} articles",
        )
    if baseline_bytes(old) == baseline_bytes(new):
        return ()
    lines = [
        f"{name}: {_short(old.head[name])} → {_short(head[name])}"
        for name in head
        if name != "layers" and old.head[name] != head[name]
    ]
    before = {prediction.article_id: prediction for prediction in old.run.predictions}
    after = {prediction.article_id: replace(prediction, seconds=0.0) for prediction in new.run.predictions}
    differing = sum(before.get(name) != own for name, own in after.items())
    return (*lines, f"predictions: {differing} of {len(after)} articles differ")


def _short(value: object) -> str:
    text = str(value) or "nothing"
    return text if len(text) <= 40 else text[:12] + "…"
