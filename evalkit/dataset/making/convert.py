"""Gold from one form into another: any registered format, or a dataset folder. What a form cannot hold is counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.dataset.gold import GoldDataset, as_stored
from evalkit.dataset.labels import with_metadata_layers
from evalkit.dataset.loading.load import load_splits
from evalkit.dataset.loading.readings import as_read, beside_gold, counted_readings, decided, undecided_notes
from evalkit.dataset.loading.sources import ALL, check_target, find_place
from evalkit.dataset.making.build import declaring_folder, labels_file, write_dataset
from evalkit.dataset.making.dropping import Dropped, drop_items, droppable
from evalkit.errors import EvalkitError, FormatError, InputError, OutputError, describe_error
from evalkit.files import path_of
from evalkit.folders import beside_staged, staged
from evalkit.formats.base import Batch, Format, Losses, counted
from evalkit.formats.collection import without_collection
from evalkit.formats.native.canonical import canonical_example
from evalkit.formats.table import FORMATS, load_format
from evalkit.layers.table import load_layer
from evalkit.options import ReadOptions, listed
from evalkit.records import Annotations
from evalkit.registry import unknown_name
from evalkit.showing import number_noted, shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["FOLDER", "Conversion", "convert_dataset", "losses_by_layer", "target_names", "write_batch"]

FOLDER = "hf"
"""The dataset folder, which is no format of files and so not in the table of formats."""


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """What was converted.

    Attributes:
        destination: the file or folder that was written.
        to: the format of it.
        articles: how many were written.
        losses: what of them was written and what was not.
        readings: layer → items of readings beside the gold that went with it.
        notes: what is to be said about how they were read.
        beside: the files that belong to it and lie beside it, by name, such as the configuration of a tool.
    """

    destination: Path
    to: str
    articles: int
    losses: Losses
    readings: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    @property
    def layers(self) -> dict[str, dict[str, Any]]:
        """For each layer the items that were read, those that were written, and those that were lost, by kind."""
        return losses_by_layer(self.losses)

    def lines(self) -> list[str]:
        """The files beside it; each layer in a line (items read are items written and lost); what else is not there."""
        lines = [f"beside it: {', '.join(self.beside)}"] if self.beside else []
        for name, counts in self.layers.items():
            lost = counts["lost"]
            kinds = (
                f" + {sum(lost.values())} lost ({', '.join(f'{lost[kind]} {kind}' for kind in lost)})" if lost else ""
            )
            if counts["read"]:
                lines.append(f"{name}: {counts['read']} read = {counts['written']} written{kinds}")
        if others := [number_noted(number, name) for name, number in self.readings.items() if number]:
            lines.append(f"readings beside the gold: {', '.join(others)}")
        if self.losses.left_out:
            lines.append("left out: " + ", ".join(number_noted(n, what) for what, n in self.losses.left_out.items()))
        return lines

    def to_json(self) -> dict[str, Any]:
        """What was written and lost as JSON values, without the articles."""
        return {
            "format": "evalkit.conversion",
            "version": 1,
            "destination": str(self.destination),
            "beside": list(self.beside),
            "to": self.to,
            "articles": self.articles,
            "layers": self.layers,
            "readings": dict(self.readings),
            "left_out": dict(self.losses.left_out),
            "notes": list(self.notes),
        }

    def to_pandas(self) -> DataFrame:
        """One row for each layer and kind of loss, and one for what was written."""
        import pandas as pd

        rows = [
            {"layer": name, "what": what, "items": number}
            for name, counts in self.layers.items()
            for what, number in {"written": counts["written"], **counts["lost"]}.items()
        ]
        return pd.DataFrame(rows, columns=["layer", "what", "items"])

    _repr_html_ = shown_html


def target_names() -> list[str]:
    """What gold can be converted to."""
    # Formats of other packages may be only read, too, which is said when one is asked for: looking takes long.
    read_only = {name for name in FORMATS.table if load_format(name).write is None}
    return sorted({FOLDER, *FORMATS.names()} - read_only)


@without_collection()
def convert_dataset(
    source: str | Path | None,
    destination: str | Path,
    *,
    to: str,
    split: str = ALL,
    lossy: bool = False,
    drop: str | Sequence[str] = (),
    read: ReadOptions | None = None,
    write: ReadOptions | None = None,
) -> Conversion:
    """Writes the gold of a source in another form.

    Args:
        source: what `load_dataset` takes.
        destination: a new file or folder; nothing is overwritten.
        to: the name of a format, or `hf` (a dataset folder with card and labels). Splits are kept: in each row of
            native JSON, as folders otherwise.
        split: the split to convert; by default all.
        drop: what is left out on purpose and counted: layers, or `nested`, `crossing` and `discontinuous` items of the
            layers whose labels are free; of nested ones the outermost stay.
        lossy: write also what the form cannot hold as it is, or leave it out; otherwise that is refused.
        read: how the source is read.
        write: the profile and the settings with which the form is written.

    Raises:
        UnknownNameError: no such form or split.
        FormatError: the form cannot hold the gold, or an article has items and no text; nothing is written.
        OutputError: the destination exists, or cannot be written.
    """
    if to not in target_names():
        raise unknown_name("format", to, target_names())
    destination = path_of(destination, "the destination must be the path of a file or folder")
    read, write = read or ReadOptions(), write or ReadOptions()
    if destination.exists() and (destination.is_file() or any(destination.iterdir())):
        raise OutputError(f"{destination}: exists already; name a new file or folder")
    form = None if to == FOLDER else load_format(to)
    check_target(form, write, f"{destination}: is written as {to}")
    keeps_readings = form is None or form.keeps_readings
    splits = load_splits(source, read=read, decide=as_read if keeps_readings else decided, hashed=False)
    if split != ALL:
        chosen = tuple(gold for gold in splits if gold.split == split)
        if not chosen:
            raise unknown_name("split", split, [ALL, *(gold.split for gold in splits)])
        splits = chosen
    _check_texts(splits, source, read)
    # What the metadata says already is not written twice.
    splits = tuple(replace(gold, examples=tuple(map(canonical_example, as_stored(gold)))) for gold in splits)
    dropped, named = Dropped(), listed(drop, wanted="drop must be a name or several")
    if named:
        splits = tuple(replace(gold, examples=drop_items(gold.examples, named, dropped)) for gold in splits)
    articles, notes, readings = sum(map(len, splits)), splits[0].notes, dict[str, int]()
    if keeps_readings:
        notes = (*notes, *undecided_notes(example for gold in splits for example in gold))
        readings = counted(beside_gold(example for gold in splits for example in gold))
    if form is None:
        # A dataset folder needs a split to put its files in.
        folder = find_place(source, read.format, profile=read.profile, download=read.download).folder
        folders = [] if folder is None else [folder]
        told, labels = declaring_folder(folders), labels_file([destination, *folders])
        write_dataset([_in_split(gold) for gold in splits], destination, declared_in=told, labels=labels)
        losses = _with_dropped(Losses(written=counted(e.settled for gold in splits for e in gold)), dropped)
        return Conversion(
            destination=destination, to=to, articles=articles, losses=losses, readings=readings, notes=notes
        )
    left_out = {}
    if not form.keeps_readings and (lost_readings := counted_readings(e for gold in splits for e in gold)):
        left_out = {"readings of annotators": sum(lost_readings.values())}
        splits = tuple(map(_without_readings, splits))
    with staged(destination) as target:
        losses = _write(form, splits, target, write)
        losses = replace(losses, left_out={**losses.left_out, **left_out})
        if (lost := str(losses)) and not lossy:
            raise FormatError(
                f"{destination}: {to} cannot hold {lost}; nothing was written: choose another format, "
                f"{_to_drop(losses, named)}or --lossy to write what it can hold"
            )
        losses = _with_dropped(losses, dropped)
        beside = beside_staged(target)
    return Conversion(
        destination=destination,
        to=to,
        articles=articles,
        losses=losses,
        readings=readings,
        notes=notes,
        beside=beside,
    )


def _to_drop(losses: Losses, named: Sequence[str]) -> str:
    """How to leave out by name what is lost, where all of it has one."""
    kinds = {kind for own in losses.lost.values() for kind, number in own.items() if number}
    layers = [layer for layer, own in losses.lost.items() if sum(own.values()) and not losses.written.get(layer, 0)]
    rest = {kind for layer, own in losses.lost.items() if layer not in layers for kind, number in own.items() if number}
    names = [*named, *(kind for kind in droppable() if kind in rest), *layers]
    return f"--drop {','.join(names)}, " if kinds and rest <= set(names) else ""


def _with_dropped(losses: Losses, dropped: Dropped) -> Losses:
    """The losses, with what was left out on purpose: items read are those written, lost and dropped."""
    lost = {layer: dict(kinds) for layer, kinds in losses.lost.items()}
    for layer, kinds in dropped.items.items():
        lost[layer] = {**lost.get(layer, {}), **kinds}
    links = {f"references of {layer} to what was dropped": number for layer, number in dropped.links.items()}
    written = {**dict.fromkeys(dropped.items, 0), **losses.written}
    return replace(losses, written=written, lost=lost, left_out={**losses.left_out, **links})


def _check_texts(splits: Sequence[GoldDataset], source: str | Path | None, read: ReadOptions) -> None:
    """Refuses items that stand in no text: nothing says what they are, and no tool could show them.

    Raises:
        FormatError: an article has some and no text.
    """
    for example in (example for gold in splits for example in gold):
        given = [example.gold, *example.readings.values()]
        if example.article.text or not any(_places(annotations) for annotations in given):
            continue
        form = find_place(source, read.format, profile=read.profile, download=read.download).format
        remedy = "name the texts with --texts" if form is not None and "texts" in form.options else "add it"
        raise FormatError(f"{source}: article {example.article.id!r:.80} has items and no text; {remedy}")


def _places(annotations: Annotations) -> bool:
    return any(load_layer(name).spans(item) for name, items in annotations.layers.items() for item in items or ())


def _without_readings(gold: GoldDataset) -> GoldDataset:
    return replace(gold, examples=tuple(replace(example, readings={}) for example in gold))


def _in_split(gold: GoldDataset) -> GoldDataset:
    if gold.split != ALL:
        return gold
    return replace(gold, split="test", examples=tuple(with_metadata_layers(one, gold.inventory) for one in gold))


def _write(form: Format, splits: Sequence[GoldDataset], target: Path, options: ReadOptions) -> Losses:
    if form.write is None:
        raise InputError(f"format {form.name!r} is only read, not written; choose another")
    if form.keeps_splits or len(splits) == 1:
        return write_batch(form, _batch(splits), target, options)
    suffix = form.suffixes[0] if form.suffixes else ""
    return _together(
        write_batch(form, _batch([gold]), target / gold.split / f"{gold.split}{suffix}", options) for gold in splits
    )


def write_batch(form: Format, batch: Batch, target: Path, options: ReadOptions) -> Losses:
    """What a format wrote of a batch, and what it lost; one of another package may do anything.

    Raises:
        EvalkitError: it fails, or does not say what it lost.
    """
    try:
        losses = None if form.write is None else form.write(batch, target, options)
    except (EvalkitError, OSError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise EvalkitError(f"format {form.name!r} cannot write it ({describe_error(error)}); mend it") from error
    if not isinstance(losses, Losses):
        raise EvalkitError(f"format {form.name!r} gave {type(losses).__name__} for what it wrote, not Losses; mend it")
    written = batch.predictions is None
    there = (one.settled for one in batch.examples) if written else (one.annotations for one in batch.predictions or ())
    return _accounted(losses, there)


def _batch(splits: Sequence[GoldDataset]) -> Batch:
    return Batch(
        examples=tuple(example for gold in splits for example in gold),
        splits=tuple(None if gold.split == ALL else gold.split for gold in splits for _ in gold),
    )


def losses_by_layer(losses: Losses) -> dict[str, dict[str, Any]]:
    """Layer → items read, written, and lost by kind: as many are read as written and lost."""
    layers = {}
    for layer in dict.fromkeys((*losses.written, *losses.lost)):
        lost = {kind: number for kind, number in losses.lost.get(layer, {}).items() if number}
        written = losses.written.get(layer, 0)
        layers[layer] = {"read": written + sum(lost.values()), "written": written, "lost": lost}
    return layers


def _accounted(losses: Losses, annotations: Iterable[Annotations]) -> Losses:
    """The losses, with what a format says of neither as lost: written and lost together are what there was."""
    lost = {layer: dict(kinds) for layer, kinds in losses.lost.items()}
    for layer, number in counted(annotations).items():
        missing = number - losses.written.get(layer, 0) - sum(lost.get(layer, {}).values())
        if missing:
            lost.setdefault(layer, {})["not accounted for"] = missing
    return replace(losses, lost=lost)


def _together(several: Iterable[Losses]) -> Losses:
    written: dict[str, int] = {}
    left_out: dict[str, int] = {}
    lost: dict[str, dict[str, int]] = {}
    for losses in several:
        for layer, number in losses.written.items():
            written[layer] = written.get(layer, 0) + number
        for what, number in losses.left_out.items():
            left_out[what] = left_out.get(what, 0) + number
        for layer, kinds in losses.lost.items():
            for kind, number in kinds.items():
                lost.setdefault(layer, {})[kind] = lost.get(layer, {}).get(kind, 0) + number
    return Losses(written=written, lost=lost, left_out=left_out)
