"""Large gold in files: looked at in one pass, and left there.

What `load_dataset` says of it is the same as of records in memory: labels, notes and fingerprint are folded over the
files. Where something is to be refused, or decided over all articles together (readings without gold, several splits),
nothing is given here, and it is read into memory as other gold is, by code that has the words for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from evalkit.dataset.checking.checks import check_readings, check_scorable
from evalkit.dataset.checking.repeated import Repeated
from evalkit.dataset.fingerprint import Fingerprint, UnorderedFingerprint, fingerprint_of
from evalkit.dataset.labels import Inventory, with_metadata_layers
from evalkit.dataset.loading.readings import is_undecided, settled_example
from evalkit.dataset.own_labels import gold_spellings, label_counts, reading_spellings, respelled_annotations
from evalkit.formats.native.format import read_line
from evalkit.formats.native.read_row import ReadRow
from evalkit.formats.native.stored import AT_ONCE, LineIndex, Store, StoredRecords
from evalkit.formats.native.typed_records import RecordDecoder
from evalkit.formats.native.typed_rows import TypedRows
from evalkit.layers.table import all_layers, load_layer, open_layers
from evalkit.records import Example

__all__ = ["InMemoryError", "StoredExamples", "StoredGold", "Survey"]

StoredExamples = StoredRecords[Example]


class StoredGold(NamedTuple):
    """Gold in a file.

    Attributes:
        examples: the articles with their gold, by id.
        fingerprint: of what they say.
        inventory: the labels that they may use.
        notes: what is to be said about them.
        split: the split that every row names, if they do.
    """

    examples: StoredExamples
    fingerprint: str
    inventory: Inventory
    notes: tuple[str, ...]
    split: str | None


class InMemoryError(Exception):
    """The gold is for those who hold it in memory."""


class Survey:
    """One pass over gold, and what it tells.

    Args:
        inventory: what `labels.toml` beside it says.
        scoped: an example with the scopes that are declared beside it.
        accepted: the labels that are no unknown ones, given those of the gold.
        keep_case: whether spellings that differ in case are labels of their own.
    """

    def __init__(
        self,
        inventory: Inventory,
        *,
        scoped: Callable[[Example], Example],
        accepted: Callable[[Inventory], Inventory],
        keep_case: bool,
    ) -> None:
        self.inventory, self.scoped, self.accepted, self.keep_case = inventory, scoped, accepted, keep_case
        self.typed = TypedRows(predicted=False)
        self.labels = {layer.name: Counter[str]() for layer in all_layers()}
        self.of_metadata = {layer: Counter[str]() for layer in inventory.metadata}
        self.of_readings = {layer.name: Counter[str]() for layer in open_layers()}
        self.has_readings, self.digits = False, ""
        self.splits: set[str | None] = set()
        self.repeated = Repeated()
        self.fingerprint: Fingerprint | UnorderedFingerprint | None = None
        self.index = LineIndex()

    def fold(self, rows: Iterable[ReadRow]) -> bool:
        """Takes all rows in, each of which is in the index by then; false if there is none.

        Raises:
            InMemoryError: there is something to be decided or refused.
        """
        for number, block in enumerate(batched(rows, AT_ONCE)):
            if not number:
                # Most files that are in no order show it at once.
                self.fingerprint = Fingerprint() if self.index.ascends else UnorderedFingerprint()
            for row in block:
                self._look_at(row)
            examples = [self._settled(row.item) for row in block]
            self._count(examples)
            for example in examples:
                self.repeated.add(example)
            self._hash(examples)
        self.double_notes = self.repeated.notes()
        self.decide()
        return len(self.index) > 0

    def _hash(self, examples: Iterable[Example]) -> None:
        """Adds some articles to the fingerprint, unless it takes another pass over the file."""
        if self.fingerprint is None or (isinstance(self.fingerprint, Fingerprint) and not self.index.ascends):
            self.fingerprint = None
            return
        try:
            for example in examples:
                self.fingerprint.add(with_metadata_layers(example, self.inventory))
        except OSError:
            # No room for what they say.
            self.fingerprint = None

    def decide(self) -> None:
        """Says which labels there are, from what was counted. Raises what `fold` raises."""
        own = gold_spellings(
            {layer.name: self.labels[layer.name] for layer in open_layers()}, self.inventory, keep_case=self.keep_case
        )
        self.notes, self.inventory = own.notes, own.inventory
        if self.has_readings:
            others = reading_spellings(self.of_readings, self.inventory, keep_case=self.keep_case)
            if own.spellings or others.spellings:
                raise InMemoryError
            self.notes, self.inventory = (*own.notes, *others.notes), others.inventory
        self.spellings = own.spellings
        self._refuse_unknown()

    def _look_at(self, row: ReadRow) -> None:
        claims = row.claims
        self.splits.add(row.split if isinstance(row.split, str) else None)
        if row.unknown or claims.unread or any(own.unread for own in claims.readings.values()):
            # There are notes on what was not read.
            raise InMemoryError
        if claims.sha256 and not row.item.article.text:
            # Predictions may give the hash, too.
            raise InMemoryError
        if is_undecided(row.item) or not (claims.proved or _is_scorable(row)):
            raise InMemoryError

    def _settled(self, example: Example) -> Example:
        return self.scoped(settled_example(example))

    def _count(self, examples: Sequence[Example]) -> None:
        _add(self.labels, label_counts((one.gold for one in examples), all_layers()))
        for name, counts in self.of_metadata.items():
            layer = load_layer(name)
            made = (with_metadata_layers(one, self.inventory).gold for one in examples if one.gold[name] is None)
            counts.update(label_counts(made, [layer])[name])
        if others := [own for one in examples for own in one.readings.values() if own != one.gold]:
            _add(self.of_readings, label_counts(others))
        self.has_readings = self.has_readings or any(one.readings for one in examples)

    def _refuse_unknown(self) -> None:
        accepted = self.accepted(self.inventory)
        for name, counts in self.labels.items():
            known, spelling = accepted.labels_of(name), self.spellings.get(name, {})
            met = {spelling.get(label, label) for label in counts} | {*self.of_metadata.get(name, ())}
            if known and not met <= {*known}:
                raise InMemoryError

    def gold(self, store: Store, sha256: str) -> StoredGold:
        """The gold in a store, whose bytes and all that decides how they are read have a SHA-256."""
        inventory, spellings = self.inventory, self.spellings

        decoded = RecordDecoder(self.typed, lambda line: read_line(line, "", self.typed, predicted=False).item)

        def example_of(line: bytes) -> Example:
            example = self._settled(decoded(line))
            if spellings:
                example = replace(example, gold=respelled_annotations(example.gold, spellings))
            return with_metadata_layers(example, inventory)

        examples = StoredRecords(store, store.names.order, example_of, lambda example: example.article.id, sha256)
        self.digits = self.digits or self._digits(store, examples)
        split = next(iter(self.splits)) if len(self.splits) == 1 else None
        return StoredGold(examples, self.digits, inventory, (*self.notes, *self.double_notes), split)

    def _digits(self, store: Store, examples: StoredExamples) -> str:
        """The fingerprint; it takes another pass where labels are respelled, or ids show late to have no order."""
        if self.fingerprint is None or self.spellings:
            return fingerprint_of(examples)
        if isinstance(self.fingerprint, UnorderedFingerprint):
            return self.fingerprint.digits(store.names.order.tolist())
        return self.fingerprint.digits()


def _add(counts: Mapping[str, Counter[str]], more: Mapping[str, Counter[str]]) -> None:
    for layer, own in more.items():
        counts[layer].update(own)


def _is_scorable(row: ReadRow) -> bool:
    """Whether nothing is wrong with where items stand, of the gold and of readings."""
    example, claims = row.item, row.claims
    return not check_scorable(example, surfaces=claims.surfaces, sha256=claims.sha256) and not check_readings(
        example, None, claims.readings, fatal=True
    )


def batched(rows: Iterable[ReadRow], number: int) -> Iterator[list[ReadRow]]:
    """So many at a time."""
    rest = iter(rows)
    while block := list(islice(rest, number)):
        yield block
