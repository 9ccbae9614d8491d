"""Gold and predictions side by side as they are scored: labels mapped, what is out of scope set aside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.label_maps import apply_label_maps
from evalkit.dataset.labels import labels_in_scope
from evalkit.dataset.own_labels import label_counts
from evalkit.errors import InputError
from evalkit.layers.scopes import parse_scope
from evalkit.layers.table import load_layer
from evalkit.options import Scoring
from evalkit.predictions.run import Run
from evalkit.scoring.pairs import Pair, Paired
from evalkit.scoring.survey import survey_sides
from evalkit.scoring.tasks.evaluable import articles_of, conventions_of, why_not
from evalkit.scoring.tasks.table import (
    EVERY,
    ScoredTable,
    check_tasks,
    choose_conventions,
    columns_of,
    convention_names,
    load_task,
    score_columns,
    tasks_with,
)
from evalkit.scoring.thresholds import Thresholds
from evalkit.workflows.scoring.blocks import Blocks, Whole, label_maps
from evalkit.workflows.scoring.leaked import check_without

if TYPE_CHECKING:
    from evalkit.scoring.columns import Columns

__all__ = ["Pairing", "check_evaluable", "check_scoring", "check_words", "pair_run", "scoring_of", "takes_label_maps"]


@dataclass(frozen=True)
class Pairing:
    """The articles of a run beside those of the gold.

    Attributes:
        plain: with labels as they are.
        mapped: with labels mapped and restricted; the same if nothing was asked for.
        notes: what was mapped and set aside, each a sentence.
        whole: what a look at all articles told, where all of them came.
    """

    plain: Paired
    mapped: Paired
    notes: tuple[str, ...]
    whole: Whole | None = None

    def of_task(self, task: str) -> Paired:
        """The articles as a task takes them."""
        return self.mapped if takes_label_maps(task) else self.plain

    def tables(self, scoring: Scoring) -> dict[str, dict[str, ScoredTable]]:
        """Task → convention → counts by article and label, for every task that can be evaluated."""
        return {task: self.scored(task, names) for task, names in self.evaluable(scoring).items()}

    def evaluable(self, scoring: Scoring) -> dict[str, tuple[str, ...]]:
        """Task → the conventions under which it can be scored, for every task that can."""
        chosen = {}
        for task in check_tasks(scoring.tasks, scoring.conventions):
            conventions = conventions_of(task, self.plain, scoring.conventions)
            if why_not(task, self.plain) is None and conventions:
                chosen[task] = conventions
        return chosen

    def scored(self, task: str, conventions: Sequence[str]) -> dict[str, ScoredTable]:
        """The counts of one task, in the order of conventions."""
        done: dict[str, ScoredTable] = {}
        for columns, names in self.columns(task, conventions):
            done |= score_columns(task, columns, names)
        return {name: done[name] for name in conventions}

    def columns(self, task: str, conventions: Sequence[str]) -> Iterator[tuple[Columns, list[str]]]:
        """The items of one task, and the conventions that score them: some may judge parts that few articles have."""
        whole = articles_of(task, self.of_task(task))
        over: dict[tuple[str, ...], tuple[list[Pair], list[str]]] = {}
        for name in conventions:
            pairs = articles_of(task, self.of_task(task), name)
            key = () if len(pairs) == len(whole) else tuple([pair.article.id for pair in pairs])
            over.setdefault(key, (pairs, []))[1].append(name)
        for pairs, names in over.values():
            yield columns_of(task, pairs), names


def takes_label_maps(task: str) -> bool:
    """Whether label maps and restrictions are for what a task counts: items whose labels a dataset chooses."""
    return load_layer(load_task(task).layer).labels is None


def scoring_of(run: Run, asked: Scoring | None = None) -> Scoring:
    """How a run is scored again: what is asked for, else as it was."""
    asked, stored = asked or Scoring(), run.scoring
    return replace(
        asked,
        label_map=asked.label_map or stored.label_map,
        gold_label_map=asked.gold_label_map or stored.gold_label_map,
        predicted_label_map=asked.predicted_label_map or stored.predicted_label_map or run.default_label_map,
        labels=asked.labels or stored.labels,
        scope=asked.scope or stored.scope,
        min_score=asked.min_score or stored.min_score,
        without=asked.without or stored.without,
    )


def check_words(scoring: Scoring) -> None:
    """Refuses tasks and conventions that there are not, scopes that say nothing, and thresholds that are no numbers.

    Raises:
        UnknownNameError: nobody registered a name, or nothing is known by what is to be left out.
        InputError: a scope or a threshold cannot be read, or none of the chosen tasks has a convention.
    """
    for text in scoring.scope:
        parse_scope(text)
    Thresholds.parse(scoring.min_score)
    check_without(scoring.without)
    for task in check_tasks(scoring.tasks, scoring.conventions):
        choose_conventions(task, scoring.conventions)
    _check_chosen(scoring)


def _check_chosen(scoring: Scoring) -> None:
    """Refuses a convention that is of use for none of the tasks that are chosen; for some of them is enough."""
    for name in scoring.conventions if scoring.tasks else ():
        if name == EVERY or set(knowing := tasks_with(name)) & set(scoring.tasks):
            continue
        chosen = check_tasks(scoring.tasks)
        has = "; ".join(f"{task} has {', '.join(convention_names(task))}" for task in chosen)
        raise InputError(f"convention {name!r} is none of {' or '.join(chosen)}, but of {' and '.join(knowing)}; {has}")


def check_scoring(gold: GoldDataset, scoring: Scoring) -> None:
    """Refuses options that do not fit this gold, before anything is extracted for it.

    Raises:
        EvalkitError: unknown task, convention or label map, or a label that no gold entity has.
    """
    check_words(scoring)
    annotations, _ = apply_label_maps((example.gold for example in gold), label_maps(gold, scoring)[0])
    if scoring.labels:
        labels_in_scope(label_counts(annotations), label_counts(()), scoring.labels)


def check_evaluable(gold: GoldDataset, planned: Run, scoring: Scoring) -> None:
    """Refuses a run of which nothing could be scored, before anything is extracted.

    Raises:
        InputError: no task can be scored of what the extractor claims on this gold; says why, task by task.
    """
    paired = Paired((), survey_sides(gold.examples, (), layers=planned.layers))
    reasons = {task: why_not(task, paired) for task in check_tasks(scoring.tasks)}
    if all(reasons.values()):
        said = "; ".join(f"{task}: {reason}" for task, reason in reasons.items())
        claimed = ", ".join(planned.layers or ()) or "nothing"
        raise InputError(f"nothing would be evaluated: {planned.extractor} claims {claimed}, and {said}")


def pair_run(gold: GoldDataset, run: Run, scoring: Scoring, *, told: bool = False) -> Pairing:
    """The articles of a run beside those of the gold, all at once; with the notes on them if these are to be told.

    Raises:
        InputError: a prediction is none, such as one with a span outside its article.
        EvalkitError: gold and predictions cannot be laid side by side, or a label map or label is unknown.
    """
    blocks = Blocks(gold, run, scoring, told=told)
    ((_, plain, mapped),) = blocks.of_size(None)
    whole, mapped_whole = blocks.set_aside()
    paired = replace(plain, set_aside=whole.set_aside)
    # Thresholds by which nothing can be set aside are refused with the notes.
    notes = blocks.notes() if told or scoring.min_score else ()
    if mapped is plain:
        return Pairing(paired, paired, notes, blocks.whole)
    return Pairing(paired, replace(mapped, set_aside=mapped_whole.set_aside), notes, blocks.whole)
