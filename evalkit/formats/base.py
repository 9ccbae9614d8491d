r"""What a file format is: how its files look from outside, how they are read and written, and what they cannot hold.

A format of a file that has one line a mention, `article TAB start TAB end TAB label`::

    def read(source: Source, options: ReadOptions) -> Batch:
        rows = [line.split("\t") for line in read_text(source.path).splitlines()]
        mentions = {name: [row for row in rows if row[0] == name] for name in sorted({row[0] for row in rows})}
        return Batch(examples=tuple(example_of(name, own) for name, own in mentions.items()))

    MENTIONS = Format(name="mentions", about="one line a mention", suffixes=(".mentions",), read=read)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

from evalkit.errors import FormatError
from evalkit.formats.standoff.document import Documents
from evalkit.layers.keys import UnreadKey
from evalkit.layers.table import layer_names, load_layer
from evalkit.options import ReadOptions
from evalkit.records import Annotations, Example, Prediction
from evalkit.registry import near_match
from evalkit.showing import number_noted, number_of

__all__ = ["Batch", "Claims", "Format", "Losses", "Source", "counted", "merged", "with_layers"]

NAMED = 12
"""So many names stand in a note on what was left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is to be read, and as what.

    Attributes:
        path: the file; a folder only for a format that recognises folders.
        predicted: whether predictions are wanted, not gold. A format for which that is all the same gives examples:
            what is annotated in them is then taken for what was predicted.
        beside: the gold file, if predictions are wanted and it is of the same format. A format of tokens lays the
            ones on the others and gives both: examples, and predictions over their texts.
        folder: the folder that was asked for, if the file is one of several in it.
        name: what the file is called there: without its ending, with its folders if another is called so too.
    """

    path: Path
    predicted: bool = False
    beside: Path | None = None
    folder: Path | None = None
    name: str = ""

    @property
    def unnamed(self) -> str:
        """What goes before the number of an article without a name: two files of a folder must not share an id."""
        return "" if self.folder is None else f"{self.name or self.path.stem}-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a file says about an article besides its annotations: it is compared, never trusted.

    Attributes:
        where: its place for messages, `file:line`.
        surfaces: what it says stands at the spans of items, by layer and index.
        text: the text that it says predictions are about.
        sha256: the hash that it gives for the text.
        unread: the keys of items that nothing is read from, by layer and index.
        readings: what it says besides each reading, by annotator.
        proved: whether its reader has found all values plain ones of their types, ids of items unique, spans in the
            text that the file gives, and there what it says stands there; such surfaces of gold are not kept.
    """

    where: str = ""
    surfaces: Mapping[tuple[str, int], str] = field(default_factory=dict)
    text: str | None = None
    sha256: str | None = None
    unread: Mapping[tuple[str, int], tuple[UnreadKey, ...]] = field(default_factory=dict)
    readings: Mapping[str, Claims] = field(default_factory=dict)
    proved: bool = False


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What a format reads and writes.

    Attributes:
        examples: articles with their gold, and what each annotator said of them, in the order of the file.
        predictions: predictions; None if the file holds none as such.
        system: whose predictions they are, if it is known: what is written as suggestions names it.
        claims: one for each example, or for each prediction if there are no examples; empty if nothing is claimed.
        splits: the split of each example; empty if the file does not know splits.
        labels: the labels of each layer whose labels the file itself defines; those of the dataset count otherwise.
        reading: how it was read where that changes figures, for signatures, such as `tags:IOB2/begin`.
        notes: what was met and mended, in words, and how often; 0 for a sentence that counts nothing.
        unknown: items by the name of what would be their layer, where no layer of that name is known here.
        left_out: what a profile reads nothing from, by kind and name.
        together: the layers that were annotated in all articles, where the file says it of all of them together; those
            of several files of one place count in each. None if every article says which layers it has.
        problems: what could not be read; the rest is here.
        remarks: what a tool that knows notes is to show at items that are written: (article id, annotator or "" for
            the gold and for suggestions) → (layer, index) → words.
    """

    examples: tuple[Example, ...] = ()
    predictions: tuple[Prediction, ...] | None = None
    system: str = ""
    claims: tuple[Claims, ...] = ()
    splits: tuple[str | None, ...] = ()
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reading: str = ""
    notes: Mapping[str, int] = field(default_factory=dict)
    unknown: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    together: frozenset[str] | None = None
    problems: tuple[FormatError, ...] = ()
    remarks: Mapping[tuple[str, str], Mapping[tuple[str, int], str]] = field(default_factory=dict)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The notes as they are shown."""
        left_out = (
            f"{number_of(number, 'object')} under {name!r} left out: no layer of that name is known here{_hint(name)}"
            for name, number in sorted(self.unknown.items())
        )
        said = (number_noted(number, what) if number else what for what, number in self.notes.items())
        aside = (f"left out, {kind}: {_listed(names)}" for kind, names in sorted(self.left_out.items()))
        return (*said, *left_out, *aside, *_unread_notes(self))


@dataclass(frozen=True, kw_only=True)
class Losses:
    """What was written, and what the format could not hold; items read = items written + items lost, in each layer.

    Attributes:
        written: layer → items that are in the file with all that makes them what they are.
        lost: layer → kind → items that are not, or that say something else there.
        left_out: what else is not in the file, in words, and how often, such as the `entity_id` of entities.
    """

    written: Mapping[str, int] = field(default_factory=dict)
    lost: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        """The lost items by kind in one line; empty if none was lost."""
        kinds = [(layer, kind, number) for layer, own in self.lost.items() for kind, number in own.items() if number]
        return ", ".join(f"{number_of(number, load_layer(layer).one, layer)} ({kind})" for layer, kind, number in kinds)


Reader = Callable[[Source, ReadOptions], Batch]
Writer = Callable[[Batch, Path, ReadOptions], Losses]
Sniffer = Callable[[Path, bytes], float]


@dataclass(frozen=True, kw_only=True)
class Format:
    """One way of keeping annotations in files.

    Attributes:
        name: how it is called in options and tables.
        about: what it is, in one line.
        suffixes: endings of its files; those of a folder are found by them, and written files get the first.
        read: reads a file; None if it is only written. Damage is a `FormatError` with file, line and what to do.
        write: writes a batch to a new file or folder, with the profile and the settings of the options, and says what
            that could not hold; None if it is only read. A batch with examples and predictions is a system's: what it
            predicted is written as suggestions.
        sniff: how sure it is, from 0 to 1, that a file with this beginning is its own; by default half sure of its
            suffixes. It is asked about folders too, with an empty beginning: a format of folders says so.
        options: settings that reading knows, each with its line of help; they arrive as text in `options.values`.
        has_offsets: whether its files hold offsets, which may have been counted in another way.
        proves_offsets: whether `read` itself takes care of how they were counted (`ReadOptions.offsets`); otherwise
            what it gives is taken as it was counted, and converted.
        keeps_ids: whether its items have ids that are worth keeping; otherwise a build numbers them by their place.
        keeps_splits: whether `write` keeps the split of each article; otherwise each split is written on its own.
        keeps_readings: whether `write` keeps what each annotator said, beside the gold.
        of_rows: whether a file has one row an article, as `datasets` has it: in a folder their names say the splits.
        tells_answers: for an annotation tool: whether its files tell what somebody answered from what was suggested;
            otherwise a suggestion that people correct is marked as one still.
        documents: for an annotation tool: the documents of a file, before a profile says what their marks mean.
        profile: for an annotation tool: the profile that says it, if nobody names another; empty for other formats.
    """

    name: str
    about: str
    suffixes: tuple[str, ...]
    read: Reader | None = None
    write: Writer | None = None
    sniff: Sniffer | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    has_offsets: bool = True
    proves_offsets: bool = False
    keeps_ids: bool = False
    keeps_splits: bool = False
    keeps_readings: bool = False
    of_rows: bool = False
    tells_answers: bool = False
    documents: Callable[[Source, ReadOptions], Documents] | None = None
    profile: str = ""

    def certainty(self, path: Path, head: bytes) -> float:
        """How sure the format is that a file, or a folder, is its own."""
        if self.sniff is not None:
            return self.sniff(path, head)
        return 0.5 if path.suffix in self.suffixes and not path.is_dir() else 0.0


def _hint(name: str) -> str:
    near = near_match(name, layer_names())
    return f" (did you mean {near!r}?)" if near else "; is the package that brings it installed?"


def _listed(names: Mapping[str, int]) -> str:
    """Names by how often they were met; of many the most frequent."""
    most = sorted(names.items(), key=lambda pair: (-pair[1], pair[0]))
    more = f" and {len(most) - NAMED} more" if len(most) > NAMED else ""
    return ", ".join(f"{name} {number}" for name, number in most[:NAMED]) + more


def _unread_notes(batch: Batch) -> list[str]:
    """The note of each layer on the keys of its items that nothing was read from."""
    by_layer: dict[str, Counter[UnreadKey]] = {}
    for claim in batch.claims:
        for own in (claim, *claim.readings.values()):
            for (layer, _), unread in own.unread.items():
                by_layer.setdefault(layer, Counter()).update(unread)
    side = "gold" if batch.predictions is None else "predicted"
    notes = []
    for layer, keys in sorted(by_layer.items()):
        told = ", ".join(
            f"{one.key!r} {number}" + (f" (did you mean {one.meant!r}?)" if one.meant else "")
            for one, number in sorted(keys.items())
        )
        notes.append(
            f"{number_of(sum(keys.values()), 'field')} of {side} {layer} not read, as no item has such a key: {told}"
        )
    return notes


def counted(annotations: Iterable[Annotations]) -> dict[str, int]:
    """How many items there are in each layer that was annotated."""
    numbers: Counter[str] = Counter()
    for one in annotations:
        numbers.update({layer: len(items) for layer, items in one.layers.items()})
    return dict(numbers)


def merged(batches: Sequence[Batch]) -> Batch:
    """What several files hold, in their order."""
    if len(batches) == 1:
        return batches[0]
    notes: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    left_out: dict[str, Counter[str]] = {}
    labels: dict[str, tuple[str, ...]] = {}
    for batch in batches:
        notes.update(batch.notes)
        unknown.update(batch.unknown)
        for kind, names in batch.left_out.items():
            left_out.setdefault(kind, Counter()).update(names)
        for layer, own in batch.labels.items():
            labels[layer] = tuple(sorted({*labels.get(layer, ()), *own}))
    said = [batch.together for batch in batches if batch.together is not None]
    together = frozenset(chain.from_iterable(said)) if said else None
    if together:
        batches = [batch if batch.together is None else _with_layers(batch, together) for batch in batches]
    predictions = [batch.predictions for batch in batches if batch.predictions is not None]
    # What is said one by one is said of examples; of predictions only where there are no examples at all.
    sizes = [len(batch.examples) for batch in batches]
    sizes = sizes if any(sizes) else [len(batch.predictions or ()) for batch in batches]
    return Batch(
        examples=_all(batch.examples for batch in batches),
        predictions=_all(predictions) if predictions else None,
        claims=_all(_for_each(size, batch.claims, Claims()) for size, batch in zip(sizes, batches, strict=True)),
        splits=_all(_for_each(size, batch.splits, None) for size, batch in zip(sizes, batches, strict=True)),
        labels=labels,
        reading="+".join(dict.fromkeys(batch.reading for batch in batches if batch.reading)),
        notes=notes,
        unknown=unknown,
        left_out=left_out,
        together=together,
        problems=_all(batch.problems for batch in batches),
    )


def with_layers(example: Example, layers: Collection[str], *, is_settled: bool = False) -> Example:
    """The example with empty layers in place of those that are not there; one that nobody annotated stays as it is.

    Args:
        example: an article that was annotated.
        layers: the layers that were.
        is_settled: whether its gold is one of its readings, though there may be nothing in it.
    """
    undecided = example.readings and not example.gold.layers and not is_settled
    gold = example.gold if undecided else _filled(example.gold, layers)
    readings = {name: _filled(own, layers) for name, own in example.readings.items()}
    return example if gold is example.gold and not readings else replace(example, gold=gold, readings=readings)


def _filled(annotations: Annotations, layers: Collection[str]) -> Annotations:
    missing = [name for name in layers if name not in annotations.layers]
    return annotations.with_layers(**dict.fromkeys(sorted(missing), ())) if missing else annotations


def _with_layers(batch: Batch, layers: Collection[str]) -> Batch:
    """The batch with empty layers where other files of the place say that they were annotated."""
    missing = [name for name in layers if name not in (batch.together or ())]
    if not missing:
        return batch
    predictions = batch.predictions
    # Where something of a file was annotated, an article of it without any layer is one that nobody looked at.
    return replace(
        batch,
        examples=tuple(
            with_layers(one, missing) if one.gold.layers or one.readings or not batch.together else one
            for one in batch.examples
        ),
        predictions=predictions
        and tuple(replace(one, annotations=_filled(one.annotations, missing)) for one in predictions),
    )


def _all(parts: Iterable[Iterable[Any]]) -> tuple[Any, ...]:
    return tuple(chain.from_iterable(parts))


def _for_each(size: int, given: tuple[Any, ...], nothing: object) -> tuple[Any, ...]:
    """One value for each of so many, also where a file gives none."""
    return given if len(given) == size else (nothing,) * size
