"""Readers of the same articles laid side by side block by block, for the ceiling: what is kept of a block are counts.

It is what `evalkit.workflows.scoring.readers` lays side by side at once, for who looks at the articles too.
"""

from __future__ import annotations

import gc
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from evalkit.dataset.gold import GoldDataset, picked
from evalkit.options import Scoring
from evalkit.records import Example, Scope
from evalkit.scoring.pairs import Paired, by_article, pair_block
from evalkit.scoring.survey import NO_SCOPE, Annotated, Made, Survey, survey_sides
from evalkit.scoring.tasks.evaluable import conventions_of, why_not
from evalkit.scoring.tasks.table import ScoredTable, find_convention
from evalkit.workflows.scoring.block_tables import BlockTables
from evalkit.workflows.scoring.blocks import AT_ONCE
from evalkit.workflows.scoring.pairing import Pairing
from evalkit.workflows.scoring.readers import ComparedReadings, beside, has_sides, seen_from_there
from evalkit.workflows.scoring.several import SeveralReadings

__all__ = ["ReaderBlocks", "reader_blocks"]

Tables = Mapping[str, Mapping[str, ScoredTable]]
Asked = Mapping[str, Sequence[str]]


def reader_blocks(gold: GoldDataset, scoring: Scoring, several: SeveralReadings) -> list[ReaderBlocks]:
    """Those who read an article of a dataset together, two by two.

    Raises:
        EvalkitError: a label map cannot be used.
    """
    compared = ComparedReadings(gold, scoring, picked(gold.examples, several.places))
    pairs = []
    for one, other in itertools.combinations(several.readers, 2):
        if places := several.of_both(one, other):
            pairs.append(ReaderBlocks((one, other), picked(gold.examples, places), compared))
    return pairs


class ReaderBlocks:
    """Two readers of the same articles.

    Attributes:
        names: theirs, in order.
    """

    def __init__(self, names: tuple[str, str], examples: Sequence[Example], compared: ComparedReadings) -> None:
        """For the articles that both read, in order of their ids."""
        self.names = names
        self._ways = (names, names[::-1])
        self._examples, self._compared = examples, compared

    def tables(self, asked: Asked) -> tuple[Tables, Tables]:
        """Task → convention → counts, with the first one's readings as gold and with the second one's.

        What can be scored one way only is left out. The second way is the first one seen from the other side wherever
        nothing depends on the side.
        """
        names = self._of_both_ways(asked)
        anew = {task: [name for name in own if self._has_sides(task, name)] for task, own in names.items()}
        there = BlockTables(self._whole(0), names)
        back = BlockTables(self._whole(1), {task: own for task, own in anew.items() if own})
        for examples in self._blocks():
            for way, tables in enumerate((there, back)):
                if tables.asked:
                    tables.add(self._pairing(way, examples))
            # What is let go in cycles; the young alone are looked at.
            gc.collect(0)
        first, second = there.whole(), back.whole()
        return first, {
            task: {name: second.get(task, {}).get(name) or seen_from_there(table) for name, table in own.items()}
            for task, own in first.items()
        }

    def _of_both_ways(self, asked: Asked) -> dict[str, tuple[str, ...]]:
        """Task → those conventions that can be scored both ways."""
        able: dict[str, tuple[str, ...]] = {}
        wholes = [self._whole(way).plain for way in (0, 1)]
        for task, names in asked.items():
            kept = tuple(names)
            for whole in wholes:
                kept = conventions_of(task, whole, kept) if kept and why_not(task, whole) is None else ()
            if kept:
                able[task] = kept
        return able

    def _has_sides(self, task: str, name: str) -> bool:
        """Whether it takes a look from both sides to know the figures of both."""
        _, scopes = self._surveys
        if has_sides(task, name):
            return True
        if scopes <= {NO_SCOPE}:
            return False
        convention = find_convention(task, name)
        # What is asked of parts is asked where gold has them.
        return not self._is_even or convention is None or bool(convention.needs)

    @cached_property
    def _is_even(self) -> bool:
        """Whether what is out of scope, and which parts are compared, are the same whoever takes the place of gold."""
        surveys, scopes = self._surveys
        one, other = ([survey.compared for survey in way] for way in surveys)
        return one == other and all(scope.labels is None and not scope.of for scope in scopes)

    @cached_property
    def _surveys(self) -> tuple[list[tuple[Survey, Survey]], set[Scope]]:
        """For each way what is known of all articles, as they are and mapped, and the scopes that there are."""
        # As they are, and once more if mapped they are others.
        forms = 1 + self._compared.changes_labels
        sides = [[(Annotated(), Made()) for _ in range(forms)] for _ in self._ways]
        scopes: set[Scope] = set()
        for block in self._blocks():
            for way, of_way in zip(self._ways, sides, strict=True):
                for examples, (annotated, made) in zip(block, of_way, strict=False):
                    for example, prediction in zip(*beside(examples, *way), strict=True):
                        annotated.add(example)
                        made.add(prediction)
                        scopes.add(example.gold.scope)
        surveys = [[survey_sides(*side) for side in of_way] for of_way in sides]
        return [(own[0], own[-1]) for own in surveys], scopes

    def _whole(self, way: int) -> Pairing:
        """All articles, of which no more is known than has to be."""
        plain, mapped = self._surveys[0][way]
        return Pairing(Paired((), plain), Paired((), mapped), ())

    def _blocks(self) -> Iterator[tuple[Sequence[Example], Sequence[Example]]]:
        """Some articles, as they are and with labels mapped."""
        for first in range(0, len(self._examples), AT_ONCE):
            plain = self._compared.plain(self._examples[first : first + AT_ONCE])
            yield plain, self._compared.mapped(plain)

    def _pairing(self, way: int, examples: tuple[Sequence[Example], Sequence[Example]]) -> Pairing:
        forms, done = 1 + self._compared.changes_labels, []
        for own, survey in list(zip(examples, self._surveys[0][way], strict=True))[:forms]:
            gold, predictions = beside(own, *self._ways[way])
            done.append(Paired(pair_block(gold, by_article(predictions), survey, Counter()), survey))
        return Pairing(done[0], done[-1], ())
