"""Gold and predictions side by side as they are scored: labels mapped, what is out of scope set aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.label_maps import LabelMap, MapCounts, apply_label_maps, fitted_map, for_predictions
from evalkit.dataset.labels import (
    Inventory,
    foreign_label_notes,
    load_label_map,
    mapped_inventory,
    own_map_notes,
    restrict_labels,
)
from evalkit.dataset.own_labels import label_counts, respelled_annotations, spelling_note
from evalkit.errors import InputError
from evalkit.formats.spelling import respelled
from evalkit.layers.scopes import declared_over, parse_scope
from evalkit.layers.table import all_layers, load_layer, open_layers
from evalkit.options import Scoring
from evalkit.predictions.admission import Refused, admit
from evalkit.predictions.run import Run
from evalkit.records import Annotations, Example, Prediction
from evalkit.scoring.pairs import OUTSIDE, Pair, Paired, kinds_without_gold, pair_up
from evalkit.scoring.references import unresolved_names
from evalkit.scoring.tasks.evaluable import articles_of, conventions_of, why_not
from evalkit.scoring.tasks.table import (
    EVERY,
    ScoredTable,
    check_tasks,
    choose_conventions,
    convention_names,
    load_task,
    score_task,
    tasks_with,
)
from evalkit.scoring.thresholds import Thresholds, sure_enough, threshold_notes
from evalkit.showing import number_of
from evalkit.workflows.leaked import check_without

__all__ = ["Pairing", "check_evaluable", "check_scoring", "check_words", "pair_run", "scoring_of", "takes_label_maps"]


@dataclass(frozen=True)
class Pairing:
    """The articles of a run beside those of the gold.

    Attributes:
        plain: with labels as they are.
        mapped: with labels mapped and restricted; the same if nothing was asked for.
        notes: what was mapped and set aside, each a sentence.
    """

    plain: Paired
    mapped: Paired
    notes: tuple[str, ...]

    def of_task(self, task: str) -> Paired:
        """The articles as a task takes them."""
        return self.mapped if takes_label_maps(task) else self.plain

    def tables(self, scoring: Scoring) -> dict[str, dict[str, ScoredTable]]:
        """Task → convention → counts by article and label, for every task that can be evaluated."""
        tables = {}
        for task in check_tasks(scoring.tasks, scoring.conventions):
            conventions = conventions_of(task, self.plain, scoring.conventions)
            if why_not(task, self.plain) is None and conventions:
                tables[task] = self._tables(task, conventions)
        return tables

    def _tables(self, task: str, conventions: Sequence[str]) -> dict[str, ScoredTable]:
        """Those of one task, in the order of its conventions: some may judge parts that only some articles have."""
        whole = articles_of(task, self.of_task(task))
        over: dict[tuple[str, ...], tuple[list[Pair], list[str]]] = {}
        for name in conventions:
            pairs = articles_of(task, self.of_task(task), name)
            key = () if len(pairs) == len(whole) else tuple([pair.article.id for pair in pairs])
            over.setdefault(key, (pairs, []))[1].append(name)
        done: dict[str, ScoredTable] = {}
        for pairs, names in over.values():
            done |= score_task(task, pairs, names)
        return {name: done[name] for name in conventions}


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
    examples, _ = _mapped_gold(gold, _label_maps(gold, scoring)[0])
    if scoring.labels:
        restrict_labels(examples, (), scoring.labels)


def check_evaluable(gold: GoldDataset, planned: Run, scoring: Scoring) -> None:
    """Refuses a run of which nothing could be scored, before anything is extracted.

    Raises:
        InputError: no task can be scored of what the extractor claims on this gold; says why, task by task.
    """
    paired = pair_up(gold.examples, (), layers=planned.layers)
    reasons = {task: why_not(task, paired) for task in check_tasks(scoring.tasks)}
    if all(reasons.values()):
        said = "; ".join(f"{task}: {reason}" for task, reason in reasons.items())
        claimed = ", ".join(planned.layers or ()) or "nothing"
        raise InputError(f"nothing would be evaluated: {planned.extractor} claims {claimed}, and {said}")


def pair_run(gold: GoldDataset, run: Run, scoring: Scoring) -> Pairing:
    """The articles of a run beside those of the gold.

    Raises:
        InputError: a prediction is none, such as one with a span outside its article.
        EvalkitError: gold and predictions cannot be laid side by side, or a label map or label is unknown.
    """
    predictions, layers = _admitted(gold, run), run.layers
    gold, scored = _in_scope(gold, scoring), _scored_layers(scoring)
    plain = pair_up(gold.examples, predictions, layers=layers, scored=scored)
    notes = [number_of(number, *what) for what, number in plain.set_aside.items()]
    notes += [*unresolved_names(plain, predictions, scored), *kinds_without_gold(plain, scored)]
    gold_maps, predicted_maps = _label_maps(gold, scoring, run.default_label_map)
    inventory = gold.inventory
    for label_map in gold_maps:
        inventory = mapped_inventory(inventory, label_map)
    annotations, counts = apply_label_maps((one.annotations for one in predictions), predicted_maps)
    by_label = label_counts(annotations, all_layers())
    spellings, spelled = _spellings(
        by_label, inventory, keep_case=gold.origin.get("label_case") == "keep", scored=scored
    )
    if not gold_maps and not predicted_maps and not scoring.labels and not spellings:
        foreign = _foreign_notes(plain, by_label, inventory, scoring, scored)
        return _sure_enough(Pairing(plain, plain, (*notes, *foreign)), inventory, scoring)
    examples, gold_counts = _mapped_gold(gold, gold_maps)
    changed = [
        replace(one, annotations=respelled_annotations(after, spellings))
        for one, after in zip(predictions, annotations, strict=True)
    ]
    named = (scoring.gold_label_map, scoring.label_map, scoring.predicted_label_map)
    notes += own_map_notes(filter(None, named), gold.inventory)
    for side, of_maps in (("gold", gold_counts), ("predicted", counts)):
        notes += [note for own in of_maps if scored is None or own.layer in scored for note in own.notes(side)]
    if scoring.labels:
        examples = restrict_labels(examples, changed, scoring.labels)
    mapped = pair_up(examples, changed, layers=layers, scored=scored)
    notes += spelled + _foreign_notes(mapped, by_label, inventory, scoring, scored)
    more = [
        number_of(number, *_as_mapped(what, scoring, before=plain.set_aside.get(what, 0), now=number))
        for what, number in mapped.set_aside.items()
    ]
    if emptied := _emptied(plain, mapped):
        plain, mapped = replace(plain, emptied=emptied), replace(mapped, emptied=emptied)
    whole = Pairing(plain, mapped, (*notes, *(note for note in more if note not in notes)))
    return _sure_enough(whole, inventory, scoring)


def _as_mapped(what: tuple[str, str], scoring: Scoring, *, before: int, now: int) -> tuple[str, str]:
    """What is counted, where labels are mapped or asked for: two numbers of the same words would say nothing.

    Args:
        what: it in the singular and in the plural.
        scoring: how labels are mapped, and which are asked for.
        before: how many there are with labels as they are, which other tasks set aside.
        now: how many there are.
    """
    if OUTSIDE not in what[0] or now == before:
        return what
    asked = f"not of the labels {', '.join(scoring.labels)}"
    words = f"{OUTSIDE} or {asked}" if before else asked
    words = words if scoring.labels else f"{OUTSIDE} once labels are mapped"
    return what[0].replace(OUTSIDE, words), what[1].replace(OUTSIDE, words)


def _scored_layers(scoring: Scoring) -> frozenset[str] | None:
    """The layers that notes are about: those of the tasks that somebody asked for; None for all."""
    if not scoring.tasks:
        return None
    return frozenset(layer for task in check_tasks(scoring.tasks) for layer in load_task(task).layers)


def _emptied(plain: Paired, mapped: Paired) -> dict[str, str]:
    """The layers of which maps leave nothing in the gold: any figure would say something of the map alone."""
    reasons = {}
    for layer in open_layers():
        before, after = (sum(len(layer.of(pair.gold) or ()) for pair in side.pairs) for side in (plain, mapped))
        if before and not after:
            items = number_of(before, f"gold {layer.one}", f"gold {layer.name}")
            reasons[layer.name] = f"the label maps drop all of the gold ({items}); give the gold's own labels a place"
    return reasons


def _admitted(gold: GoldDataset, run: Run) -> Sequence[Prediction]:
    """The predictions of a run, wherever it is from: a folder that somebody edited, a program that made them."""
    if run.dataset is gold and run.admitted is run.predictions:
        return run.predictions
    articles = {example.article.id: example.article for example in gold if example.article.text}
    predictions = []
    for prediction in run.predictions:
        admitted = admit(prediction, articles.get(prediction.article_id), None, empty_spans=True)
        if isinstance(admitted, Refused):
            wrong = f"article {prediction.article_id!r:.80}: {admitted.reason}"
            raise InputError(f"{run.place}: {wrong}; mend the prediction, or run the extractor again")
        predictions.append(admitted)
    return tuple(predictions)


def _foreign_notes(
    paired: Paired,
    by_label: Mapping[str, Counter[str]],
    inventory: Inventory,
    scoring: Scoring,
    scored: Collection[str] | None,
) -> list[str]:
    """The notes on labels that the gold does not have.

    Of a layer that is restricted to some labels the others are set aside and counted so, and none of them is wrong but
    those that stand where a gold item does; so are all items of a layer that was not annotated exhaustively.
    """
    restricted = {layer.name for layer in open_layers()} if scoring.labels else set()
    notes = []
    for layer in all_layers():
        if layer.name in restricted or layer.name not in by_label or (scored is not None and layer.name not in scored):
            continue
        scopes = [pair.gold.scope for pair in paired.pairs]
        scoped = any(
            scope.labels is not None
            or scope.of_layer(layer.name).labels is not None
            or (scope.layers is not None and layer.name not in scope.layers)
            for scope in scopes
        )
        numbers = (
            Counter(layer.label(item) for pair in paired.pairs for item in layer.of(pair.predicted) or ())
            if scoped
            else by_label[layer.name]
        )
        notes += foreign_label_notes(inventory, layer.name, numbers)
    return notes


def _sure_enough(pairing: Pairing, inventory: Inventory, scoring: Scoring) -> Pairing:
    """The same without the predicted items that are less sure than asked for; labels are those that are scored."""
    if not scoring.min_score:
        return pairing
    thresholds = Thresholds.parse(scoring.min_score)
    counted = {load_task(task).layer for task in check_tasks(scoring.tasks, scoring.conventions)}
    notes = threshold_notes(
        pairing.mapped,
        thresholds,
        layers=[layer for layer in counted if layer not in pairing.mapped.absent],
        labels={layer: inventory.labels_of(layer) for layer in counted},
    )
    plain = sure_enough(pairing.plain, thresholds)
    mapped = plain if pairing.mapped is pairing.plain else sure_enough(pairing.mapped, thresholds)
    return replace(pairing, plain=plain, mapped=mapped, notes=(*pairing.notes, *notes))


def _in_scope(gold: GoldDataset, scoring: Scoring) -> GoldDataset:
    """The gold with the scopes that are declared; under its fingerprint, since they are options of the scoring."""
    if not scoring.scope:
        return gold
    declared = [parse_scope(text) for text in scoring.scope]
    scoped = (replace(one, gold=Annotations(one.gold.layers, declared_over(one.gold.scope, declared))) for one in gold)
    return replace(gold, examples=tuple(scoped))


def _spellings(
    by_label: Mapping[str, Counter[str]], inventory: Inventory, *, keep_case: bool, scored: Collection[str] | None
) -> tuple[dict[str, dict[str, str]], list[str]]:
    """How the gold spells predicted labels that it has in another spelling, and notes; `by_label` is counted anew."""
    spellings: dict[str, dict[str, str]] = {}
    notes = []
    for layer in open_layers():
        numbers = by_label[layer.name]
        spelling = respelled(numbers, inventory.labels_of(layer.name), keep_case=keep_case)
        if spelling:
            spellings[layer.name] = spelling
            if scored is None or layer.name in scored:
                notes.append(spelling_note("predicted", layer.name, spelling, numbers))
            for label, name in spelling.items():
                numbers[name] += numbers.pop(label)
    return spellings, notes


def _label_maps(
    gold: GoldDataset, scoring: Scoring, default: str | None = None
) -> tuple[list[LabelMap], list[LabelMap]]:
    """The label maps for the gold, and those for predictions; `default` is the map that the extractor brings."""
    own, both, first = (
        [] if name is None else [load_label_map(name, gold.inventory)]
        for name in (scoring.gold_label_map, scoring.label_map, scoring.predicted_label_map)
    )
    if first and scoring.predicted_label_map == default:
        first = [fitted_map(first[0], gold.inventory.labels_of(first[0].layer))]
    inventory = gold.inventory
    for label_map in own:
        inventory = mapped_inventory(inventory, label_map)
    return own + both, first + [for_predictions(one, inventory.labels_of(one.layer)) for one in both]


def _mapped_gold(gold: GoldDataset, maps: Sequence[LabelMap]) -> tuple[list[Example], list[MapCounts]]:
    annotations, counts = apply_label_maps((example.gold for example in gold), maps)
    return [replace(example, gold=after) for example, after in zip(gold, annotations, strict=True)], counts
