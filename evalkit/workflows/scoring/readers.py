"""Several readings of the same articles laid side by side, two by two, as gold and predictions are.

Two readings are compared over the articles that both readers have, in the layers that both annotated there, and inside
what both annotated exhaustively.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.label_maps import apply_label_maps
from evalkit.dataset.labels import labels_in_scope, load_label_map
from evalkit.dataset.loading.readings import counted_readings
from evalkit.dataset.own_labels import label_counts
from evalkit.layers.scopes import common_scope, declared_over, parse_scope
from evalkit.options import Scoring
from evalkit.records import Annotations, Example, Prediction
from evalkit.scoring.counts import GOLD, GOLD_CREDIT, PREDICTED, PREDICTED_CREDIT
from evalkit.scoring.pairs import pair_up
from evalkit.scoring.survey import NO_SCOPE
from evalkit.scoring.tasks.evaluable import conventions_of, why_not
from evalkit.scoring.tasks.table import ScoredTable, find_convention
from evalkit.workflows.scoring.pairing import Pairing

__all__ = ["ComparedReadings", "ReaderPair", "Readers", "beside", "has_sides", "readers_of", "seen_from_there"]

Tables = Mapping[str, Mapping[str, ScoredTable]]


@dataclass(frozen=True)
class ReaderPair:
    """Two readers of the same articles.

    Attributes:
        names: theirs, in order.
        articles: the ids of the articles that both read, sorted.
        ways: the first one's readings as gold, then the second one's.
    """

    names: tuple[str, str]
    articles: tuple[str, ...]
    ways: tuple[Pairing, Pairing]

    def tables(self, scoring: Scoring) -> tuple[Tables, Tables]:
        """Task → convention → counts, both ways; what can be scored one way only is left out.

        Under a convention of which gold and predictions may change sides, the second way is the first one seen from the
        other side; the self-test holds conventions to that.
        """
        there = self.ways[0].tables(scoring)
        back: dict[str, dict[str, ScoredTable]] = {}
        for task, by_convention in there.items():
            if why_not(task, self.ways[1].plain) is not None:
                continue
            names = conventions_of(task, self.ways[1].plain, tuple(by_convention))
            anew = [name for name in names if not self.plain_scope or has_sides(task, name)]
            one_task = replace(scoring, tasks=(task,), conventions=tuple(anew))
            scored = self.ways[1].tables(one_task).get(task, {}) if anew else {}
            back[task] = {name: scored.get(name) or seen_from_there(by_convention[name]) for name in names}
        return (
            {task: {name: there[task][name] for name in own} for task, own in back.items() if own},
            {task: own for task, own in back.items() if own},
        )

    @property
    def plain_scope(self) -> bool:
        """Whether both annotated everything, so that nothing depends on whose scope it is."""
        return all(pair.gold.scope == NO_SCOPE for pair in self.ways[0].mapped.pairs)


def has_sides(task: str, convention: str) -> bool:
    """Whether figures are others when gold and predictions change sides."""
    known = find_convention(task, convention)
    return known is None or "swap" in known.exceptions(convention)


def seen_from_there(scored: ScoredTable) -> ScoredTable:
    """The table of gold and predictions that have changed sides."""
    table, sides = scored.table, (PREDICTED, GOLD, PREDICTED_CREDIT, GOLD_CREDIT)
    return replace(scored, table=replace(table, packed=table.packed[:, sides]), items=None)


@dataclass(frozen=True)
class Readers:
    """Who read what of a dataset.

    Attributes:
        plain: the articles that several readers have, with readings as they are, in the scope that was asked for.
        mapped: the same with labels mapped and restricted.
        names: how many of these articles each of them read, by name.
        pairs: those who read an article together, two by two.
    """

    plain: tuple[Example, ...]
    mapped: tuple[Example, ...]
    names: Mapping[str, int]
    pairs: tuple[ReaderPair, ...]


def readers_of(gold: GoldDataset, scoring: Scoring) -> Readers:
    """The readers of a dataset, as they are compared under some scoring; nobody where no article has two readings.

    The label maps of the gold are for readings; thresholds and the map of predictions are not.

    Raises:
        EvalkitError: a label map cannot be used.
    """
    several = [example for example in gold if len(example.readings) > 1]
    if not several:
        return Readers((), (), {}, ())
    compared = ComparedReadings(gold, scoring, several)
    plain = compared.plain(several)
    mapped = compared.mapped(plain)
    names = counted_readings(several)
    pairs = []
    for one, other in itertools.combinations(names, 2):
        numbers = [at for at, example in enumerate(several) if {one, other} <= example.readings.keys()]
        if numbers:
            sides = [[examples[at] for at in numbers] for examples in (plain, mapped)]
            ways = tuple(
                Pairing(pair_up(*beside(sides[0], *way)), pair_up(*beside(sides[1], *way)), ())
                for way in ((one, other), (other, one))
            )
            pairs.append(ReaderPair((one, other), tuple(one.article.id for one in sides[0]), (ways[0], ways[1])))
    return Readers(tuple(plain), tuple(mapped), names, tuple(pairs))


class ComparedReadings:
    """How the readings of articles are compared under some scoring: in which scope, and with labels mapped."""

    def __init__(self, gold: GoldDataset, scoring: Scoring, several: Iterable[Example]) -> None:
        """For the articles with several readings, which are gone through only where labels are asked for.

        Raises:
            EvalkitError: a label map cannot be used.
        """
        self._declared = [parse_scope(text) for text in scoring.scope]
        self._maps = [load_label_map(name, gold.inventory) for name in scoring.gold_maps]
        self._labels: tuple[str, ...] = ()
        self.changes_labels = bool(self._maps or scoring.labels)
        if scoring.labels:
            self._labels = self._labels_of(self._mapped(self.plain(several)), scoring.labels)

    def plain(self, examples: Iterable[Example]) -> list[Example]:
        """The articles with readings as they are, in the scope that was asked for."""
        if not self._declared:
            return list(examples)
        return [
            one.changed(lambda own: Annotations(own.layers, declared_over(own.scope, self._declared)))
            for one in examples
        ]

    def mapped(self, plain: Sequence[Example]) -> Sequence[Example]:
        """The same with labels mapped and restricted, as gold and predictions have them."""
        mapped = self._mapped(plain)
        if not self._labels:
            return mapped
        return [
            replace(one, readings={name: self._in_labels(own) for name, own in one.readings.items()}) for one in mapped
        ]

    def _mapped(self, examples: Sequence[Example]) -> Sequence[Example]:
        if not self._maps:
            return examples
        return [
            replace(
                example,
                readings=dict(
                    zip(example.readings, apply_label_maps(example.readings.values(), self._maps)[0], strict=True)
                ),
            )
            for example in examples
        ]

    def _in_labels(self, reading: Annotations) -> Annotations:
        return Annotations(reading.layers, replace(reading.scope, labels=self._labels))

    def _labels_of(self, examples: Iterable[Example], labels: Sequence[str]) -> tuple[str, ...]:
        """The labels that the scope of each reading names."""
        counts = label_counts(own for example in examples for own in example.readings.values())
        there = {name for layer, own in counts.items() for label in own for name in (label, f"{layer}/{label}")}
        wanted = [label for label in labels if label in there]
        # Where no reader gave one of them, nobody can be compared in what is asked for.
        return labels_in_scope(counts, label_counts(()), wanted) if wanted else tuple(labels)


def beside(examples: Iterable[Example], one: str, other: str) -> tuple[list[Example], list[Prediction]]:
    """One reader's readings as gold, the other's as predictions."""
    gold, predictions = [], []
    for example in examples:
        ours, theirs = _in_common(example.readings[one], example.readings[other])
        gold.append(replace(example, gold=ours, readings={}))
        predictions.append(Prediction(article_id=example.article.id, annotations=theirs))
    return gold, predictions


def _in_common(one: Annotations, other: Annotations) -> tuple[Annotations, Annotations]:
    """Two readings without the layers that only one of them has, in the scope of both."""
    layers = [name for name in one.layers if name in other.layers]
    scope = common_scope(one.scope, other.scope)
    return (
        Annotations({name: one.layers[name] for name in layers}, scope),
        Annotations({name: other.layers[name] for name in layers}, scope),
    )
