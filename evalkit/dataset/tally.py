"""What is counted in gold, some articles at a time, so that nobody has to hold all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from evalkit.dataset.checking.checks import check_scorable
from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.labels import Inventory
from evalkit.dataset.loading.readings import annotations_of, counted_readings, is_undecided
from evalkit.layers.base import Layer
from evalkit.layers.table import all_layers
from evalkit.records import Article, Example
from evalkit.showing import number_of

__all__ = ["NOT_GIVEN", "Counts", "Tally"]

Counts = dict[str, dict[str, int]]
"""Group → name → number."""

NOT_GIVEN = "(not given)"
"""The value of metadata that an article does not give."""

AT_ONCE = 256
"""So many articles are counted at once."""

_METADATA = ("section", "country", "genre")


class Tally:
    """The counts of what was added so far.

    Attributes:
        annotated: the layers that anybody annotated, in gold or readings.
        in_gold: those that gold has.
        decided: those that gold has, where the only reading is the gold if there is no other.
        is_unscorable: whether what somebody said in a reading has a label that no list knows.
    """

    def __init__(self, listed: Inventory | None = None) -> None:
        """Nothing came yet; `listed` are the labels that readings are compared with."""
        self.annotated, self.in_gold, self.decided = set[str](), set[str](), set[str]()
        self.is_unscorable = False
        self._listed = listed
        self._articles = self._words = self._undecided = 0
        self._items, self._readings, self._sizes = Counter[str](), Counter[str](), Counter[int]()
        self._labels = {layer.name: Counter[str]() for layer in all_layers()}
        self._more: dict[str, dict[str, Counter[str]]] = {layer.name: {} for layer in all_layers()}
        self._given: dict[str, Counter[str]] = {}

    @classmethod
    def of(cls, examples: Iterable[Example], listed: Inventory | None = None) -> Tally:
        """The counts of some examples."""
        tally, rest = cls(listed), iter(examples)
        while block := list(islice(rest, AT_ONCE)):
            tally.add(block)
        return tally

    def add(self, examples: Sequence[Example]) -> None:
        """Takes some more."""
        annotations = list(annotations_of(examples))
        self.annotated.update(*(own.layers for own in annotations))
        self.in_gold.update(*(example.gold.layers for example in examples))
        settled = [example.settled for example in examples]
        self.decided.update(*(own.layers for own in settled))
        if self._listed is not None and self._listed.labels:
            self.is_unscorable = self.is_unscorable or any(_has_unknown(one, self._listed) for one in examples)
        for layer in all_layers():
            items = [item for own in settled for item in layer.of(own) or ()]
            self._items[layer.name] += len(items)
            self._labels[layer.name].update(map(layer.label, items))
            for group, rows in layer.counts(examples).items():
                more = self._more[layer.name].setdefault(group, Counter())
                for name, number in rows.items():
                    more[name] += number
        self._readings.update(counted_readings(examples))
        self._sizes.update(len(example.readings) for example in examples)
        self._undecided += sum(map(is_undecided, examples))
        self._add_articles([example.article for example in examples])

    def _add_articles(self, articles: Sequence[Article]) -> None:
        self._articles += len(articles)
        self._words += sum(len(article.text.split()) for article in articles)
        groups: dict[str, Iterable[str]] = {
            key: [article.metadata.get(key, "") for article in articles] for key in _METADATA
        }
        groups |= {
            "source": [article.source for article in articles],
            "year": [article.published[:4] for article in articles],
            "language": [article.lang for article in articles],
            "zones": [zone.kind for article in articles for zone in article.zones],
        }
        for group, values in groups.items():
            self._given.setdefault(group, Counter()).update(value or NOT_GIVEN for value in values)

    def layers(self, stated: Sequence[Layer[Any]], gold: GoldDataset) -> Counts:
        """The size, what is in some layers, and the readings, of a split."""
        counts: Counts = {"size": {"articles": self._articles, "words": self._words}}
        counts["size"] |= {layer.name: self._items[layer.name] for layer in stated}
        for layer in stated:
            labels, known = self._labels[layer.name], gold.inventory.labels_of(layer.name)
            counts[layer.name] = {label: labels[label] for label in dict.fromkeys((*known, *sorted(labels)))}
            for group, rows in self._more[layer.name].items():
                counts.setdefault(group, {}).update(rows)
        return counts | self._of_readings(sum(gold.disputed.values()))

    def _of_readings(self, disputed: int) -> Counts:
        """How many articles each annotator read, how many were read by how many, and what has no gold yet."""
        if not self._readings:
            return {}
        counts = {f"by {name}": number for name, number in sorted(self._readings.items())}
        numbers = self._sizes
        counts |= {f"articles with {number_of(size, 'reading')}": numbers[size] for size in sorted(numbers) if size}
        counts["articles without gold"] = self._undecided
        return {"readings": counts | ({"disputed items": disputed} if disputed else {})}

    @property
    def metadata(self) -> Counts:
        """The values of metadata, sources, years, languages and zones."""
        return {group: dict(counts) for group, counts in self._given.items() if counts}


def _has_unknown(example: Example, listed: Inventory) -> bool:
    """Whether a reading has a label that is not listed; all else was looked at when it was read."""
    others = (own for own in example.readings.values() if own != example.gold)
    return any(check_scorable(replace(example, gold=own), listed, proved=True) for own in others)
