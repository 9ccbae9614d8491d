"""Both sides of a gate beside the gold of today, in blocks of articles: what they count, and the items that changed.

Gold is gone through once for both. Kept of an article are its counts and changes; of one in which something broke its
text and what is predicted now, for what the changes have in common.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from evalkit.analysis.changes import BROKEN, Change, changes_of_pairs, ordered_changes
from evalkit.dataset.gold import GoldDataset, article_ids, picked
from evalkit.errors import InputError
from evalkit.formats.native.stored import StoredRecords
from evalkit.gate.articles import CommonArticles
from evalkit.gate.rules import Rule, RuleSet, default_rules
from evalkit.gate.slices import SliceValues, needs_training
from evalkit.gate.verdict import Sides, Tables
from evalkit.options import Scoring
from evalkit.predictions.run import Run
from evalkit.records import Annotations, Article, Example, Prediction
from evalkit.scoring.pairs import Pair, Paired
from evalkit.scoring.stories import BY_TEXT, cluster_properties
from evalkit.scoring.tasks.base import RIGHT
from evalkit.scoring.tasks.evaluable import conventions_of, not_evaluated, why_not
from evalkit.scoring.tasks.table import check_tasks, load_task, main_convention, task_names
from evalkit.workflows.comparing.counted import counted_before
from evalkit.workflows.scoring.block_tables import BlockTables
from evalkit.workflows.scoring.blocks import AT_ONCE, Blocks, side_by_side
from evalkit.workflows.scoring.pairing import Pairing, scoring_of

__all__ = ["JudgedSides", "judged_sides"]


@dataclass(frozen=True, kw_only=True)
class JudgedSides:
    """Both sides as they are judged.

    Attributes:
        rules: the rules, those by default where none was given.
        sides: the counts.
        articles: how many articles are judged.
        changes: what is not what it was, worst first.
        broken: the articles in which something broke: texts, and what is predicted now.
        rights: task → what is right in the changes: what the task calls so, or a convention.
        properties: of all articles of the gold, by name.
        all_articles: the articles of the gold; without their texts unless these tell which are drawn together.
    """

    rules: RuleSet
    sides: Sides
    articles: int
    changes: Sequence[Change]
    broken: Sequence[Pair]
    rights: dict[str, str]
    all_articles: Sequence[Article]


def judged_sides(before: Run, gold: GoldDataset, run: Run, common: CommonArticles, rules: RuleSet) -> JudgedSides:
    """Both sides on today's gold over the articles that both have.

    Raises:
        EvalkitError: gold and predictions cannot be laid side by side, or there is nothing to judge.
    """
    names, wanted = article_ids(gold.examples), frozenset(common.common)
    both = [place for place, name in enumerate(names) if name in wanted]
    partly = len(both) < len(names)
    articles: list[Article] = []
    watch = _watcher(gold, rules, articles)
    everywhere = Blocks(gold, run, scoring_of(run), watch=watch, told=False) if partly or not both else None
    kept = replace(gold, examples=picked(gold.examples, both)) if partly else gold
    runs = [_only(own, [names[place] for place in both]) if partly else own for own in (before, run)]
    sides: list[Blocks] = []
    for own in runs if both else ():
        beside = sides[0] if sides else None
        sides.append(Blocks(kept, own, scoring_of(own), watch=_nobody if partly else watch, told=False, beside=beside))
    every = [*sides, *filter(None, [everywhere])]
    if not rules.rules:
        rules = replace(rules, rules=default_rules(_usual(every[0].set_aside()[0]), rules.on_unclear))
    if not rules.rules:
        raise InputError(f"{run.place}: there is nothing to judge, no task can be evaluated; name one in the rules")
    scoring = Scoring(
        tasks=tuple(dict.fromkeys(rule.task for rule in rules.rules)),
        conventions=tuple(dict.fromkeys(rule.convention for rule in rules.rules)),
    )
    counts = [
        _Counts(side, scoring, None if partly else counted_before(own, gold, _evaluable(side, scoring)))
        for side, own in zip(sides, runs, strict=False)
    ]
    rights = _rights(rules.rules)
    asked = {task: right for task, right in rights.items() if right != RIGHT}
    changes: list[Change] = []
    broken: list[Pair] = []
    sliced = needs_training(rules.rules)
    for blocks in side_by_side(sides, None if sliced else AT_ONCE) if sides else ():
        for side, block in zip(counts, blocks, strict=True):
            side.add(Pairing(block.plain, block.mapped, ()), with_items=sliced)
        ours, theirs = (block.mapped.pairs for block in blocks)
        changes += (found := changes_of_pairs(ours, theirs, conventions=asked))
        there = {change.article for change in found if change.direction == BROKEN}
        broken += [_after(pair) for pair in theirs if pair.article.id in there]
        # What is let go in cycles; the young alone are looked at.
        gc.collect(0)
    whole = None if everywhere is None else _tables_of(everywhere, scoring, with_items=sliced)
    for looked_at in every:
        # Thresholds by which nothing can be set aside are refused with the notes.
        looked_at.notes()
    tables = [side.tables() for side in counts] or [{}, {}]
    after, lacking = sides[1] if sides else every[0], tables[1] if sides else whole
    judged = {task: {name: len(one.table.articles) for name, one in of.items()} for task, of in (lacking or {}).items()}
    missing = not_evaluated(after.set_aside()[0], scoring.tasks, scoring.conventions, judged)
    properties = cluster_properties(articles, rules.cluster)
    training = _training_of(gold) if sliced else None
    return JudgedSides(
        rules=rules,
        sides=Sides(
            before=tables[0],
            after=tables[1],
            whole=whole,
            too_few=common.too_few,
            missing=dict.fromkeys(task_names(), "the extractor does not claim it") | missing,
            values=SliceValues(articles=properties, training=training),
        ),
        articles=len(both),
        changes=ordered_changes(changes),
        broken=broken,
        rights=rights,
        all_articles=articles,
    )


class _Counts:
    """The counts of one side, as its blocks come; none of them are counted where they are known."""

    def __init__(self, side: Blocks, scoring: Scoring, known: Tables | None = None) -> None:
        self._scoring, self._tables = scoring, known
        whole = Pairing(*side.set_aside(), ())
        self._parts = BlockTables(whole, whole.evaluable(scoring)) if known is None else None

    def add(self, block: Pairing, *, with_items: bool) -> None:
        """Takes some articles, or all at once with their items."""
        if with_items:
            self._tables = block.tables(self._scoring)
        elif self._parts is not None:
            self._parts.add(block)

    def tables(self) -> Tables:
        """Task → convention → counts."""
        if self._tables is None and self._parts is not None:
            self._tables = self._parts.whole()
        return self._tables or {}


def _tables_of(side: Blocks, scoring: Scoring, *, with_items: bool) -> Tables:
    """The counts of one side over all its articles."""
    counts = _Counts(side, scoring)
    for block in side.of_size(None if with_items else AT_ONCE):
        counts.add(Pairing(block.plain, block.mapped, ()), with_items=with_items)
    return counts.tables()


def _evaluable(side: Blocks, scoring: Scoring) -> dict[str, tuple[str, ...]]:
    return Pairing(*side.set_aside(), ()).evaluable(scoring)


def _nobody(example: Example) -> None:
    """Watches nothing."""


def _watcher(gold: GoldDataset, rules: RuleSet, articles: list[Article]) -> Callable[[Example], None]:
    """What takes note of the articles: of large gold without what would fill the memory."""
    light = isinstance(gold.examples, StoredRecords) and rules.cluster not in BY_TEXT

    def watch(example: Example) -> None:
        articles.append(replace(example.article, text="", zones=()) if light else example.article)

    return watch


def _only(run: Run, names: Sequence[str]) -> Run:
    """A run over some of its articles."""
    kept = frozenset(names)
    predictions: Sequence[Prediction]
    if isinstance(run.predictions, StoredRecords):
        predictions = run.predictions.picked([place for place, name in enumerate(run.article_ids) if name in kept])
    else:
        predictions = tuple([one for one in run.predictions if one.article_id in kept])
    return replace(run, predictions=predictions, read=predictions if run.read is run.predictions else ())


def _training_of(gold: GoldDataset) -> Sequence[Example] | None:
    """What items are looked up in, for slices that ask for it."""
    from evalkit.workflows.looking.diagnose import training_of

    return training_of(gold, None)


def _after(pair: Pair) -> Pair:
    """An article without its gold."""
    return Pair(replace(pair.article, zones=()), Annotations(), pair.predicted)


def _usual(paired: Paired) -> dict[str, str]:
    """Each task that can be scored without being asked for → its main convention, or the first that can be."""
    names = {task: conventions_of(task, paired) for task in check_tasks(()) if why_not(task, paired) is None}
    return {task: main_convention(task, own) for task, own in names.items() if own}


def _rights(rules: Sequence[Rule]) -> dict[str, str]:
    """What is right in the lists of changes: what the task calls so, or a rule's convention if none asks for its main.

    What a task calls right is at least what its main convention asks for.
    """
    rights = {name: RIGHT for name in task_names() if load_task(name).kinds}
    for task in rights:
        named = [rule.convention for rule in rules if rule.task == task]
        if named and load_task(task).main not in named:
            rights[task] = named[0]
    return rights
