"""A run beside its gold, block by block: labels mapped, what is out of scope set aside, and what is to be said of it.

Gold and predictions are looked at once each (`evalkit.scoring.survey`), and then gone through in order of article ids.
Nothing is kept of a block but numbers, so that whoever scores it may let it go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, NamedTuple

from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.label_maps import LabelMap, MapCounts, apply_label_maps, fitted_map, for_predictions
from evalkit.dataset.labels import (
    Inventory,
    foreign_label_notes,
    labels_in_scope,
    load_label_map,
    mapped_inventory,
    own_map_notes,
    with_labels_in_scope,
)
from evalkit.dataset.own_labels import respelled_annotations, spelling_note
from evalkit.errors import InputError
from evalkit.formats.native.stored import StoredRecords
from evalkit.formats.spelling import respelled
from evalkit.layers.base import Layer
from evalkit.layers.scopes import declared_over, parse_scope
from evalkit.layers.table import all_layers, open_layers
from evalkit.options import Scoring
from evalkit.predictions.admission import Refused, admit
from evalkit.predictions.run import Run
from evalkit.records import Annotations, Example, Prediction
from evalkit.scoring.pairs import OUTSIDE, Paired, by_article, in_order, pair_block
from evalkit.scoring.references import Unresolved
from evalkit.scoring.survey import Annotated, Made, Survey, survey_sides
from evalkit.scoring.tasks.table import check_tasks, load_task
from evalkit.scoring.thresholds import Thresholds, Unsure, sure_enough
from evalkit.showing import number_of

__all__ = ["AT_ONCE", "Block", "Blocks", "Whole", "label_maps", "maps_said", "side_by_side"]

AT_ONCE = 512
"""So many articles at once are few enough for memory, and enough for what is done to all of them together."""


class Block(NamedTuple):
    """Some articles: as they are in the gold, beside what was predicted, and so with labels mapped."""

    examples: Sequence[Example]
    plain: Paired
    mapped: Paired

    def only(self, article_id: str) -> list[Block]:
        """The article of an id, if it is one of them."""
        places = [place for place, one in enumerate(self.examples) if one.article.id == article_id]
        return [self._at(place) for place in places]

    def _at(self, place: int) -> Block:
        plain = replace(self.plain, pairs=self.plain.pairs[place : place + 1])
        mapped = (
            plain if self.mapped is self.plain else replace(self.mapped, pairs=self.mapped.pairs[place : place + 1])
        )
        return Block(self.examples[place : place + 1], plain, mapped)


class Whole(NamedTuple):
    """What a look at all articles told, by which each of them is laid side by side.

    Attributes:
        survey: what is known of all articles, with labels as they are.
        mapped: the same with labels mapped and restricted.
        emptied: layer → why all of its gold items are gone.
        spellings: layer → predicted label → how the gold spells it.
        only: the labels that are scored; all if empty.
    """

    survey: Survey
    mapped: Survey
    emptied: Mapping[str, str]
    spellings: Mapping[str, Mapping[str, str]]
    only: tuple[str, ...]


class Blocks:
    """The articles of a run beside those of the gold.

    Attributes:
        survey: what is known of all articles, with labels as they are.
        mapped: the same with labels mapped and restricted.
        emptied: layer → why all of its gold items are gone.
    """

    def __init__(
        self,
        gold: GoldDataset,
        run: Run,
        scoring: Scoring,
        *,
        watch: Callable[[Example], None] = lambda example: None,
        told: bool = True,
        beside: Blocks | None = None,
        known: Whole | None = None,
    ) -> None:
        """Looks at both sides; whoever watches is shown each example.

        Where notes are not `told`, what they alone are about is not looked for. Another run over the same gold and
        scope, `beside` which it stands, has looked at the gold already; where it is `known` what a look at both sides
        tells, there is none, and no notes.

        Raises:
            InputError: a prediction is none, such as one with a span outside its article.
            EvalkitError: gold and predictions cannot be laid side by side, or a label map or label is unknown.
        """
        self._gold, self._scoring, self._scored, self._told = gold, scoring, _scored_layers(scoring), told
        self._declared = [parse_scope(text) for text in scoring.scope]
        self._maps = label_maps(gold, scoring, run.default_label_map)
        predictions = _admitted(gold, run)
        self._lookup: Any = predictions if isinstance(predictions, StoredRecords) else by_article(predictions)
        # Beside what lies in a file they are looked at when it is decoded.
        self._unseen = run if _is_stored(gold, run) and not _is_admitted(gold, run) else None
        self._labels = {layer.name: Counter[str]() for layer in all_layers()}
        self._counts: list[MapCounts] = []
        self._gold_counts: list[MapCounts] = []
        self.survey: Survey
        self.mapped: Survey
        self._spellings: Mapping[str, Mapping[str, str]]
        self.emptied: Mapping[str, str] = {}
        self._only: tuple[str, ...] = ()
        if known is None:
            self._look(predictions, run, watch, beside)
        else:
            self.survey, self.mapped, self.emptied, self._spellings, self._only = known
            self.changes = self._is_changed()
        self._thresholds = Thresholds.parse(scoring.min_score)
        self._start()

    @property
    def whole(self) -> Whole:
        """What is known of all articles."""
        return Whole(self.survey, self.mapped, self.emptied, self._spellings, self._only)

    def _is_changed(self) -> bool:
        return bool(self._maps[0] or self._maps[1] or self._scoring.labels or self._spellings)

    def _look(
        self, predictions: Sequence[Prediction], run: Run, watch: Callable[[Example], None], beside: Blocks | None
    ) -> None:
        """Looks at both sides."""
        gold, made = self._gold, Made(self._counted(predictions))
        other = None if beside is None or beside._gold is not gold or beside._declared != self._declared else beside
        scoped = map(self._scoped, _watched(gold.examples, watch))
        self._annotated: Annotated = Annotated(scoped) if other is None else other._annotated
        self.survey = self.mapped = survey_sides(self._annotated, made, layers=run.layers)
        self._inventory = gold.inventory
        for label_map in self._maps[0]:
            self._inventory = mapped_inventory(self._inventory, label_map)
        keep_case = gold.origin.get("label_case") == "keep"
        self._spellings, self._spelled = _spellings(
            self._labels, self._inventory, keep_case=keep_case, scored=self._scored
        )
        self.changes = self._is_changed()
        if self.changes:
            self._look_at_mapped(made, run.layers)

    def _look_at_mapped(self, made: Made, layers: Sequence[str] | None) -> None:
        gold_labels = {layer.name: set[str]() for layer in open_layers()}
        for examples in self._of_size(AT_ONCE):
            mapped, counts = apply_label_maps((self._scoped(one).gold for one in examples), self._maps[0])
            self._gold_counts = _added(self._gold_counts, counts)
            for layer in open_layers():
                gold_labels[layer.name].update(layer.label(item) for one in mapped for item in layer.of(one) or ())
        if self._scoring.labels:
            self._only = labels_in_scope(gold_labels, self._labels, self._scoring.labels)
        mapped_gold = (example for block in self._of_size(AT_ONCE) for example in self._mapped_gold(block))
        self.mapped = survey_sides(mapped_gold, made, layers=layers)
        emptied = {}
        for layer in open_layers():
            before, after = (side.labels[layer.name].total() for side in (self.survey, self.mapped))
            if before and not after:
                items = number_of(before, f"gold {layer.one}", f"gold {layer.name}")
                why = f"the label maps drop all of the gold ({items}); give the gold's own labels a place"
                emptied[layer.name] = why
        self.emptied = emptied

    def _start(self) -> None:
        """Begins to count what is set aside."""
        counted = {load_task(task).layer for task in check_tasks(self._scoring.tasks, self._scoring.conventions)}
        self._aside = Counter(self.survey.apart), Counter(self.mapped.apart)
        self._unresolved = Unresolved(self.survey.absent, self._scored)
        self._unsure = Unsure(self._thresholds, [layer for layer in counted if layer not in self.mapped.absent])
        self._kinds = {layer.name: Counter[str]() for layer in all_layers()}
        self._kept = {layer.name: Counter[str]() for layer in all_layers()}
        self._restricted: set[str] = set()

    def of_size(self, size: int | None = AT_ONCE) -> Iterator[Block]:
        """The articles with labels as they are, and as they are mapped, so many at a time; None for all at once.

        Whether all texts are known may decide what is done to any of them: where some are, all come at once.
        """
        self._start()
        yield from map(self._block, self._groups(size))

    def one(self, place: int) -> Block:
        """The article at a place of the gold alone."""
        return self._block([self._gold.examples[place]])

    def _groups(self, size: int | None) -> Iterator[Sequence[Example]]:
        mixed = 0 < self.survey.texts < self.survey.articles
        return self._of_size(None if mixed else size)

    def _block(self, examples: Sequence[Example]) -> Block:
        predictions = dict(self._predicted(examples))
        scoped = list(map(self._scoped, examples))
        plain = self._paired(scoped, predictions, 0)
        mapped = plain
        if self.changes:
            mapped = self._paired(self._mapped_gold(examples), self._mapped(predictions), 1)
        if self._told:
            self._look_for_notes(plain, mapped, predictions)
        if self._scoring.min_score:
            self._unsure.add(mapped.pairs)
            sure = sure_enough(plain, self._thresholds)
            mapped = sure if mapped is plain else sure_enough(mapped, self._thresholds)
            plain = sure
        return Block(examples, plain, mapped)

    def _look_for_notes(self, plain: Paired, mapped: Paired, predictions: Mapping[str, Prediction]) -> None:
        self._unresolved.add(plain.pairs, predictions)
        _count(self._kinds, plain)
        _count(self._kept, mapped)
        for scope in {pair.gold.scope for pair in mapped.pairs}:
            self._restricted |= {layer.name for layer in all_layers() if _leaves_out(scope, layer)}

    def _predicted(self, examples: Iterable[Example]) -> Iterator[tuple[str, Prediction]]:
        """What was predicted of some articles, by their ids."""
        for example in examples:
            name = example.article.id
            prediction: Prediction | None = self._lookup.get(name)
            if prediction is not None:
                yield name, prediction if self._unseen is None else _admitted_one(self._unseen, prediction, example)

    def _of_size(self, size: int | None) -> Iterator[Sequence[Example]]:
        examples = self._gold.examples
        for first in range(0, len(examples), size or len(examples)):
            yield list(examples[first : first + (size or len(examples))])

    def _paired(self, examples: Sequence[Example], predictions: Mapping[str, Prediction], side: int) -> Paired:
        survey = (self.survey, self.mapped)[side]
        pairs = pair_block(examples, predictions, survey, self._aside[side], self._scored)
        return Paired(pairs, survey, emptied=self.emptied)

    def set_aside(self) -> tuple[Paired, Paired]:
        """What is known of all articles and what was set aside of those that came, without the articles."""
        plain, mapped = (
            Paired((), survey, in_order(aside), self.emptied)
            for survey, aside in zip((self.survey, self.mapped), self._aside, strict=True)
        )
        return plain, mapped if self.changes else plain

    def notes(self) -> tuple[str, ...]:
        """What was mapped and set aside, once all articles came, each a sentence.

        Raises:
            InputError, UnknownNameError: thresholds that nothing can be set aside by.
        """
        plain, mapped = self.set_aside()
        scored = self._scored
        notes = [number_of(number, *what) for what, number in plain.set_aside.items()]
        notes += [*self._unresolved.notes(), *self._kinds_without_gold()]
        if self.changes:
            scoring = self._scoring
            named = (scoring.gold_label_map, scoring.label_map, scoring.predicted_label_map)
            notes += own_map_notes(filter(None, named), self._gold.inventory)
            for side, of_maps in (("gold", self._gold_counts), ("predicted", self._counts)):
                notes += [note for own in of_maps if scored is None or own.layer in scored for note in own.notes(side)]
            notes += self._spelled
        notes += self._foreign()
        if self.changes:
            more = (
                number_of(number, *_as_mapped(what, self._scoring, before=plain.set_aside.get(what, 0), now=number))
                for what, number in mapped.set_aside.items()
            )
            notes += [note for note in more if note not in notes]
        if self._scoring.min_score:
            notes += self._unsure.notes({layer.name: self._inventory.labels_of(layer.name) for layer in all_layers()})
        return tuple(notes)

    def _counted(self, predictions: Iterable[Prediction]) -> Iterator[Prediction]:
        """The predictions; what label maps do to them is counted, and the labels that they have then."""
        for one in predictions:
            annotations = one.annotations
            if self._maps[1]:
                (annotations,), counts = apply_label_maps([annotations], self._maps[1])
                self._counts = _added(self._counts, counts)
            for layer in all_layers():
                if items := layer.of(annotations):
                    self._labels[layer.name].update(map(layer.label, items))
            yield one

    def _scoped(self, example: Example) -> Example:
        """The example with the scopes that are declared: they are options of the scoring, and no other gold."""
        if not self._declared:
            return example
        scope = declared_over(example.gold.scope, self._declared)
        return replace(example, gold=Annotations(example.gold.layers, scope))

    def _mapped_gold(self, examples: Sequence[Example]) -> list[Example]:
        annotations, _ = apply_label_maps((self._scoped(one).gold for one in examples), self._maps[0])
        mapped = [replace(example, gold=own) for example, own in zip(examples, annotations, strict=True)]
        return [with_labels_in_scope(one, self._only) for one in mapped] if self._only else mapped

    def _mapped(self, predictions: Mapping[str, Prediction]) -> dict[str, Prediction]:
        annotations, _ = apply_label_maps((one.annotations for one in predictions.values()), self._maps[1])
        return {
            name: replace(one, annotations=respelled_annotations(own, self._spellings))
            for (name, one), own in zip(predictions.items(), annotations, strict=True)
        }

    def _kinds_without_gold(self) -> list[str]:
        """A note for each layer of whose kinds the gold has some and the predictions others."""
        notes = []
        for layer in all_layers():
            if layer.labels is None or not layer.needs_spans or layer.spans_field is None:
                continue
            if self._scored is not None and layer.name not in self._scored:
                continue
            gold, predicted = self.survey.labels[layer.name], self._kinds[layer.name]
            others = {kind: predicted[kind] for kind in layer.labels if predicted[kind] and not gold[kind]}
            known = [kind for kind in layer.labels if gold[kind]]
            if others and known:
                number, listed = sum(others.values()), ", ".join(f"{kind} {own}" for kind, own in others.items())
                field, scope = layer.label_field, f"{layer.name}:{layer.label_field}s={','.join(known)}"
                whose = number_of(number, f"predicted {layer.one} has", f"predicted {layer.name} have")
                notes.append(
                    f"{whose} a {field} that no gold {layer.one} has ({listed}); if the gold "
                    f"leaves these out, say so: --scope {scope}"
                )
        return notes

    def _foreign(self) -> list[str]:
        """The notes on labels that the gold does not have.

        Of a layer that is restricted to some labels the others are set aside and counted so, and none of them is wrong
        but those that stand where a gold item does; so are all items of a layer that was not annotated exhaustively.
        """
        restricted = {layer.name for layer in open_layers()} if self._scoring.labels else set()
        notes = []
        for layer in all_layers():
            if layer.name in restricted or (self._scored is not None and layer.name not in self._scored):
                continue
            numbers = (self._kept if layer.name in self._restricted else self._labels)[layer.name]
            notes += foreign_label_notes(self._inventory, layer.name, numbers)
        return notes


def side_by_side(sides: Sequence[Blocks], size: int | None = AT_ONCE) -> Iterator[tuple[Block, ...]]:
    """The articles of several runs over one gold, so many at a time: a block of each run, of the same articles."""
    for examples in sides[0]._groups(size):
        yield tuple([side._block(examples) for side in sides])


def _watched(examples: Iterable[Example], watch: Callable[[Example], None]) -> Iterator[Example]:
    for example in examples:
        watch(example)
        yield example


def _count(numbers: Mapping[str, Counter[str]], paired: Paired) -> None:
    for pair in paired.pairs:
        for layer in all_layers():
            if items := layer.of(pair.predicted):
                numbers[layer.name].update(map(layer.label, items))


def _leaves_out(scope: Any, layer: Layer[Any]) -> bool:
    """Whether a scope leaves out labels of a layer, or all of it."""
    return (
        scope.labels is not None
        or scope.of_layer(layer.name).labels is not None
        or (scope.layers is not None and layer.name not in scope.layers)
    )


def _added(counts: list[MapCounts], more: list[MapCounts]) -> list[MapCounts]:
    return [one + other for one, other in zip(counts, more, strict=True)] if counts else more


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


def _admitted(gold: GoldDataset, run: Run) -> Sequence[Prediction]:
    """The predictions of a run, wherever it is from: a folder that somebody edited, a program that made them."""
    if _is_stored(gold, run) or _is_admitted(gold, run):
        return run.predictions
    articles = {example.article.id: example for example in gold if example.article.text}
    return tuple([_admitted_one(run, one, articles.get(one.article_id)) for one in run.predictions])


def _is_stored(gold: GoldDataset, run: Run) -> bool:
    """Whether the predictions are plain ones of a file, or so is the gold beside them."""
    read = run.read is run.predictions and isinstance(gold.examples, StoredRecords)
    return read or isinstance(run.predictions, StoredRecords)


def _is_admitted(gold: GoldDataset, run: Run) -> bool:
    return run.dataset is gold and run.admitted is run.predictions


def _admitted_one(run: Run, prediction: Prediction, example: Example | None) -> Prediction:
    article = example.article if example is not None and example.article.text else None
    admitted = admit(prediction, article, None, empty_spans=True, plain=run.read is run.predictions)
    if isinstance(admitted, Refused):
        wrong = f"article {prediction.article_id!r:.80}: {admitted.reason}"
        raise InputError(f"{run.place}: {wrong}; mend the prediction, or run the extractor again")
    return admitted


def _spellings(
    by_label: Mapping[str, Counter[str]], inventory: Inventory, *, keep_case: bool, scored: Collection[str] | None
) -> tuple[Mapping[str, Mapping[str, str]], list[str]]:
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


def maps_said(gold: GoldDataset, scoring: Scoring) -> dict[str, str]:
    """Name → 16 hexadecimal digits of a SHA-256 over what it says, of each label map: a file may say more tomorrow."""
    named = (scoring.label_map, scoring.gold_label_map, scoring.predicted_label_map)
    maps = {str(name): load_label_map(name, gold.inventory) for name in named if name}
    return {
        name: sha256(repr([one.layer, sorted(one.mapping.items())]).encode()).hexdigest()[:16]
        for name, one in sorted(maps.items())
    }


def label_maps(
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
