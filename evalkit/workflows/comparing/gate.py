"""The gate from end to end: a run against a baseline under some rules, and making baselines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Unpack

from evalkit.analysis.causes import common_causes
from evalkit.analysis.changes import Change
from evalkit.dataset.gold import GoldDataset, article_ids
from evalkit.errors import EvalkitError, FormatError, InputError
from evalkit.files import path_of
from evalkit.formats.collection import without_collection
from evalkit.gate.articles import CommonArticles, common_articles
from evalkit.gate.baseline import (
    ArticleMark,
    Baseline,
    NoBaselineError,
    article_marks,
    baseline_bytes,
    in_file,
    prediction_text,
    read_baseline,
    write_baseline,
)
from evalkit.gate.outcome import BaselineUpdate, GateReport, Outcome
from evalkit.gate.rules import RuleSet, read_rules
from evalkit.gate.speed import SpeedOutcome, SpeedRule, judge_speed
from evalkit.gate.verdict import ROUNDS, judge_rules
from evalkit.options import Intervals, OptionWords, options_of
from evalkit.predictions.run import Run
from evalkit.predictions.speed import read_speed, speed_file, speed_of_run
from evalkit.results import PASS
from evalkit.scoring.stories import cluster_notes, shared_stories
from evalkit.scoring.tasks.table import load_task
from evalkit.showing import number_of
from evalkit.version import __version__
from evalkit.workflows.comparing.judged_sides import JudgedSides, judged_sides
from evalkit.workflows.inputs import finished_run, gold_of
from evalkit.workflows.scoring.leaked import kept_sides
from evalkit.workflows.scoring.pairing import scoring_of

__all__ = ["check_gate", "compared_baseline", "update_baseline"]

EDITED = "predictions are not what its run recorded"
"""Why the fingerprint of a run says nothing of its predictions: somebody changed them."""


@without_collection()
def check_gate(
    run: Run | str | Path,
    baseline: Run | str | Path,
    *,
    rules: str | Path | RuleSet | None = None,
    dataset: GoldDataset | str | Path | None = None,
    intervals: Intervals | None = None,
    **words: Unpack[OptionWords],
) -> GateReport:
    """Whether a run is worse than a baseline.

    Both are scored from their predictions on the gold of the run, over the articles that both have, so that they are
    counted by one and the same scorer and a correction of the gold changes both alike.

    Args:
        run: a run folder, or what `run_extractor` gave.
        baseline: the baseline file, or an earlier run.
        rules: a TOML file; one rule a task by default: micro F1 under its main convention may not drop by more than a
            small margin.
        dataset: the gold, or where it is now, if not where the run found it.
        intervals: rounds of randomization and their seed; 10,000 rounds by default. What is drawn together, rules say.
        words: `resamples` and `seed` of these.

    Raises:
        EvalkitError: run, baseline or rules cannot be used, or they were scored in different ways.
    """
    takes = "resamples", "seed"
    drawn = options_of({"resamples": ROUNDS, **words} if intervals is None else words, takes=takes, intervals=intervals)
    ours = finished_run(run)
    gold = gold_of(ours, dataset)
    before = _baseline(baseline, gold)
    _check_measure(ours, before.run)
    common = _common(before, ours, gold)
    wanted = _rules(rules) or RuleSet(rules=())
    kept, kept_run, left_out = kept_sides(gold, ours, scoring_of(ours))
    judged = judged_sides(before.run, kept, kept_run, common, wanted)
    rounds, seed = drawn.intervals.resamples, drawn.intervals.seed
    outcomes = judge_rules(judged.rules, judged.sides, rounds=rounds, seed=seed)
    unit = "article" if wanted.cluster is None else "cluster"
    changes = judged.changes
    failed = ours.failed
    changed = {change.layer for change in changes}
    report = GateReport(
        run=ours.extractor,
        baseline=before.run.extractor,
        gold=gold.signature.removeprefix("gold:"),
        split=gold.split,
        articles=judged.articles,
        outcomes=outcomes,
        changes=tuple(changes),
        rights={task: right for task, right in judged.rights.items() if load_task(task).layer in changed},
        causes=common_causes(changes, judged.broken, failed),
        failed=dict(sorted(failed.items())),
        max_failures=wanted.max_failures,
        common=common,
        speeds=tuple(_speed_outcome(rule, ours, before.run) for rule in wanted.speeds),
        notes=(
            *left_out,
            *_notes(ours, before, common, changes),
            *_more(outcomes, unit),
            *_cluster_notes(judged, wanted.cluster),
        ),
        method=f"randomization{rounds}/{wanted.cluster or 'article'}/seed{seed}|bh|evalkit:{__version__}",
    )
    return replace(report, advice=_advice(before, common, passes=report.verdict == PASS and not report.failed))


@without_collection()
def update_baseline(
    run: Run | str | Path,
    baseline: str | Path,
    *,
    rules: str | Path | RuleSet | None = None,
    dataset: GoldDataset | str | Path | None = None,
    allow_failures: bool = False,
    allow_fewer: bool = False,
) -> BaselineUpdate:
    """Writes the baseline of a run, and says what changed.

    Args:
        run: a run folder, or what `run_extractor` gave.
        baseline: the file to write.
        rules: as for `check_gate`.
        dataset: the gold, or where it is now, if not where the run found it.
        allow_failures: take a run whose extractor failed on some articles.
        allow_fewer: take a run that lacks articles or layers of the baseline.

    Raises:
        EvalkitError: the run or the rules cannot be used, it failed or lacks articles or layers, the file is there and
            no baseline, or cannot be written.
    """
    path = path_of(baseline, "baseline must be the path of the file to write")
    if path.is_dir():
        raise InputError(f"{path}: is a folder; an update writes a baseline file, give its name")
    ours = finished_run(run)
    gold = gold_of(ours, dataset)
    made = _baseline_of(ours, gold)
    old, damage = _old_baseline(path)
    if not allow_failures:
        _check_failures(ours)
    if ours.partial and not allow_fewer:
        raise InputError(f"{ours.place}: {ours.partial}; merge all shards, or take it as it is with --allow-fewer")
    if old is not None and not allow_fewer:
        _check_fewer(path, old.run, ours)
    report = None
    if old is not None and old.run.measure == made.run.measure:
        report = check_gate(ours, path, rules=rules, dataset=gold)
    elif rules is not None:
        _rules(rules)
    content = in_file(path, baseline_bytes(made, {example.article.id: example.article.text for example in gold}))
    changed = () if path.exists() and path.read_bytes() == content else _changed(old, made)
    write_baseline(path, content)
    damage = damage and f"what was there could not be read and is replaced: {damage}"
    lines = (*ours.caveats, *filter(None, [damage]), *changed)
    return BaselineUpdate(path=path, baseline=made, changed=lines, report=report)


def compared_baseline(baseline: Run | str | Path, run: Run, gold: GoldDataset) -> tuple[Run, CommonArticles]:
    """A baseline file or an earlier run, as a run, and the articles that it has in common with a run over this gold.

    Raises:
        EvalkitError: it cannot be used, or was scored in another way.
    """
    before = _baseline(baseline, gold)
    _check_measure(run, before.run)
    return before.run, _common(before, run, gold)


def _speed_outcome(rule: SpeedRule, run: Run, baseline: Run) -> SpeedOutcome:
    """What becomes of a rule about speed: a baseline that is a file holds none, a run folder may.

    Raises:
        EvalkitError: what the rule names is not there, or a file of speeds is damaged.
    """
    after = speed_of_run(run)
    if rule.against:
        place = Path(rule.against)
        if not speed_file(place).is_file():
            raise InputError(
                f"rule {rule.name!r}: against {place}: there is no speed.json; measure one with run --speed"
            )
        before = read_speed(place)
    else:
        place, before = Path(baseline.place), speed_of_run(baseline)
    lacking = [f"the speed of {run.place} was not measured; evalkit run --speed N does"] if after is None else []
    if before is None:
        lacking.append(
            f"{place} holds no speed that was measured; name a run folder or a speed.json that does with against"
        )
    return judge_speed(rule, before, after, lacking=lacking)


def _rules(rules: str | Path | RuleSet | None) -> RuleSet | None:
    if rules is None or isinstance(rules, RuleSet):
        return rules
    return read_rules(path_of(rules, "rules must be a RuleSet or the path of a TOML file"))


def _baseline(baseline: Run | str | Path, gold: GoldDataset) -> Baseline:
    """A baseline file, or an earlier run; of the latter what its articles were like, if its gold is still to be had."""
    if not isinstance(baseline, Run):
        path = path_of(baseline, "baseline must be a Run, or the path of a baseline file or run folder")
        if not path.is_dir():
            return read_baseline(path)
    run = finished_run(baseline)
    marks = {}
    if run.gold is not None and run.gold.fingerprint == gold.fingerprint:
        return Baseline(run=run, marks={}, of_today=True, unseen=_unseen(run), evalkit=_evalkit(run))
    else:
        with suppress(EvalkitError):
            marks = article_marks(gold_of(run))
    return Baseline(run=run, marks=marks, unseen=_unseen(run), evalkit=_evalkit(run))


def _evalkit(run: Run) -> str:
    return run.made_by.versions.get("evalkit", "")


def _old_baseline(path: Path) -> tuple[Baseline | None, str]:
    """What is replaced, or why a damaged baseline cannot be read.

    Raises:
        FormatError: the file is something else than a baseline, which nobody means to replace.
    """
    try:
        return (read_baseline(path) if path.exists() else None), ""
    except NoBaselineError:
        raise
    except FormatError as error:
        return None, str(error)


def _baseline_of(run: Run, gold: GoldDataset) -> Baseline:
    if run.gold is None or not run.made_by.fingerprint:
        raise InputError(f"{run.place}: does not say what made it and for which gold; run the extractor with evalkit")
    return Baseline(run=run, marks=article_marks(gold), unseen=_unseen(run))


def _unseen(run: Run) -> str:
    """Why the fingerprint of a run does not cover all that its extractor ran, or ""."""
    if run.edited:
        return EDITED
    facts, settings = run.made_by.facts, run.made_by.settings
    given = "its fingerprint was given with --set fingerprint" if "fingerprint" in settings else ""
    return str(facts.get("uncached") or facts.get("unseen") or given)


def _check_failures(run: Run) -> None:
    if failed := [one.article_id for one in run.predictions if one.error is not None]:
        where = _listed(failed)
        raise InputError(
            f"{run.place}: the extractor failed on {where}; mend it, or take the run as it is with --allow-failures"
        )


def _check_fewer(path: Path, old: Run, new: Run) -> None:
    """Refuses to lose articles or layers: a baseline of a part of the gold passes what breaks in the rest."""
    lost = {one.article_id for one in old.predictions} - {one.article_id for one in new.predictions}
    if lost:
        raise InputError(
            f"{path}: has {_listed(sorted(lost))} that the run does not have "
            f"({number_of(len(old.predictions), 'article')}, the run {len(new.predictions)}); "
            "run over all of the gold, or drop them with --allow-fewer"
        )
    if layers := [layer for layer in _layers(old) if layer not in _layers(new)]:
        raise InputError(
            f"{path}: has {' and '.join(layers)}, which the run does not have; run an extractor of these too, or drop "
            "them with --allow-fewer"
        )


def _layers(run: Run) -> tuple[str, ...]:
    """The layers that a run claims; if it does not say, those of its predictions."""
    if run.layers is not None:
        return run.layers
    return tuple(dict.fromkeys(layer for one in run.predictions for layer in one.annotations.layers))


def _listed(articles: Sequence[str]) -> str:
    """`article a`, or `3 articles (a, b, c)`."""
    if len(articles) == 1:
        return f"article {articles[0]!r}"
    more = ", …" if len(articles) > 5 else ""
    return f"{number_of(len(articles), 'article')} ({', '.join(articles[:5])}{more})"


def _check_measure(run: Run, baseline: Run) -> None:
    if run.measure != baseline.measure:
        raise InputError(
            f"{baseline.place}: was scored with {baseline.measure or 'the usual options'}, the run with "
            f"{run.measure or 'the usual options'}; score both in the same way"
        )


def _common(before: Baseline, run: Run, gold: GoldDataset) -> CommonArticles:
    predicted = frozenset(before.run.article_ids)
    unanswered = frozenset(before.run.failed)
    same_gold = before.run.gold is not None and before.run.gold.fingerprint == gold.fingerprint
    ours = frozenset(run.article_ids)
    # Of one and the same gold nobody need look what each article was like.
    marks = dict.fromkeys(article_ids(gold.examples), ArticleMark("", "")) if before.of_today else article_marks(gold)
    today = {name: mark for name, mark in marks.items() if name in ours}
    return common_articles(
        marks if before.of_today else before.marks, predicted, today, same_gold=same_gold, unanswered=unanswered
    )


def _notes(run: Run, before: Baseline, common: CommonArticles, changes: Sequence[Change]) -> Iterator[str]:
    yield from common.notes()
    if not common.common and not common.unanswered:
        yield f"the baseline is about {before.run.gold}, the run about {run.gold}"
    if before.note:
        yield before.note
    yield from dict.fromkeys((*run.caveats, *before.run.caveats))
    fingerprint = run.made_by.fingerprint
    if fingerprint and fingerprint == before.run.made_by.fingerprint:
        unseen = _unseen(run) or before.unseen
        if changes and EDITED in (_unseen(run), before.unseen):
            whose = "the run" if run.edited else "the baseline"
            yield f"run and baseline have the same fingerprint and predict different things: {whose}'s {EDITED}"
        elif changes:
            yield (
                "run and baseline have the same fingerprint and predict different things: the extractor does not give "
                "the same answer every time, or its fingerprint does not cover all that it runs"
            )
        elif not unseen:
            yield "run and baseline have the same fingerprint: nothing that the extractor runs has changed"


def _more(outcomes: Sequence[Outcome], unit: str) -> Iterator[str]:
    """How many more units would settle every rule that cannot be told."""
    unsure = [outcome.more for outcome in outcomes if outcome.more]
    if len(unsure) > 1:
        yield f"{max(unsure)} more {unit}s would settle what cannot be told"


def _cluster_notes(judged: JudgedSides, cluster: str | None) -> list[str]:
    """Which articles change sides together, where somebody could be mistaken about that."""
    articles = judged.all_articles
    shared = None if cluster else shared_stories(articles)
    remedy = "" if shared is None else f'cluster = "{shared.field}" in the rules draws those of one story together'
    return cluster_notes(articles, cluster, remedy, clusters=judged.sides.values.articles.get(cluster or ""))


def _advice(before: Baseline, common: CommonArticles, *, passes: bool) -> str:
    """What to do about the baseline; nobody is told to accept a run that is worse, may be, or failed on an article."""
    if common.removed:
        return "do not make this run the baseline as it is: it lacks articles of the baseline"
    if not passes:
        return ""
    if common.new or common.rewritten or common.unanswered:
        return "--update takes the articles of today into the baseline"
    return "--update writes the baseline in the form of today" if before.note else ""


def _changed(old: Baseline | None, new: Baseline) -> tuple[str, ...]:
    head = new.head
    if old is None:
        return (
            f"new baseline: {head['extractor']} on {head['gold']} split {head['split']}, "
            f"{number_of(head['articles'], 'article')}",
        )
    lines = [
        f"{name}: {_short(old.head.get(name))} → {_short(head.get(name))}"
        for name in dict.fromkeys((*head, *old.head))
        # What an earlier form of the file did not say has not changed.
        if name not in ("layers", *(["unseen"] if old.note else [])) and old.head.get(name) != head.get(name)
    ]
    layers = [", ".join(sorted(_layers(side.run))) or "none" for side in (old, new)]
    lines += [f"layers: {' → '.join(layers)}"] if layers[0] != layers[1] else []
    before, after = (
        {prediction.article_id: prediction_text(prediction) for prediction in side.run.predictions}
        for side in (old, new)
    )
    both = before.keys() & after.keys()
    differing = sum(before[name] != after[name] for name in both)
    more, fewer = len(after) - len(both), len(before) - len(both)
    lines += [f"articles: {more} new, {fewer} removed"] if more or fewer else []
    return (*lines, f"predictions: {differing} of {number_of(len(both), 'article')} differ")


def _short(value: object) -> str:
    text = str(value or "nothing")
    return text if len(text) <= 40 else text[:12] + "…"
