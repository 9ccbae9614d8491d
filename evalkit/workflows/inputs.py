"""What a verb is given, as the record that it stands for: a path, a name or an object becomes gold or a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.dataset.labels import unlisted_inventory
from evalkit.dataset.loading.load import double_items, load_dataset
from evalkit.dataset.loading.sources import ALL
from evalkit.dataset.making.store import BUNDLED_NAME
from evalkit.dataset.own_labels import own_inventory
from evalkit.errors import EvalkitError, InputError
from evalkit.formats.native.stored import StoredRecords
from evalkit.machine import free_memory
from evalkit.options import ReadOptions
from evalkit.predictions.facts import GoldReference
from evalkit.predictions.load import load_predictions, load_sides
from evalkit.predictions.run import Run, refuse_shard
from evalkit.records import Example, Prediction
from evalkit.showing import number_of

__all__ = [
    "finished_run",
    "gold_and_predictions",
    "gold_from",
    "gold_of",
    "held_in_memory",
    "read_again",
    "refuse_too_large",
]

TIMES_THE_FILE = 12
"""Memory that articles and what was predicted of them take side by side, as a multiple of their files: no command that
does not say another figure takes more."""

Record = TypeVar("Record", Example, Prediction)


def gold_from(
    gold: GoldDataset | Iterable[Example] | str | Path | None,
    read: ReadOptions,
    later_maps: Sequence[str | Path] = (),
) -> GoldDataset:
    """The gold that is meant: loaded, given as it is, or made of examples.

    Args:
        gold: the gold, or where it is.
        read: how files are read.
        later_maps: label maps that scoring will apply: what they translate is no unknown label.

    Raises:
        InputError: it is none of these, or cannot be read.
    """
    if isinstance(gold, GoldDataset):
        return gold.subset(limit=read.limit, articles=read.articles)
    if gold is None or isinstance(gold, (str, Path)):
        return _loaded(gold, read, later_maps)
    wanted = "gold must be a GoldDataset (from load_dataset), Examples, or the path or name of a dataset"
    examples = _records(gold, Example, wanted)
    own, inventory, notes = own_inventory(examples, unlisted_inventory())
    made = gold_dataset(own, name="examples", split=ALL, inventory=inventory)
    return replace(made, notes=(*notes, *double_items(own))).subset(limit=read.limit, articles=read.articles)


def gold_and_predictions(
    gold: GoldDataset | Iterable[Example] | str | Path | None,
    predictions: Run | Iterable[Prediction] | str | Path | None,
    read: ReadOptions,
    later_maps: Sequence[str | Path] = (),
) -> tuple[GoldDataset, Run]:
    """Both sides of a scoring.

    Args:
        gold: as for `gold_from`; None is the gold that a `Run` was made over, else the bundled one.
        predictions: a run, predictions, a file of predictions or a run folder; None if the file of the gold has a
            column of predicted tags.
        read: how files are read.
        later_maps: label maps that scoring will apply to the gold.

    Raises:
        EvalkitError: a side is none of these, or cannot be read.
    """
    if isinstance(gold, (str, Path)) and (predictions is None or isinstance(predictions, (str, Path))):
        # The predictions may be about all of the gold.
        whole = replace(read, limit=None, articles=())
        examined, run = load_sides(_name(gold), None if predictions is None else Path(predictions), whole, later_maps)
        examined = examined.subset(limit=read.limit, articles=read.articles)
        return examined, _of_articles(run, examined) if read.articles else run
    if read.offsets is not None and not isinstance(predictions, (str, Path)):
        raise InputError(
            "offsets say how a file of predictions counts; these are objects, in code points: leave it out"
        )
    # Where both sides are read, they are about the predictions.
    of_gold = replace(read, offsets=None)
    if isinstance(predictions, Run):
        refuse_shard(predictions)
        examined = predictions.dataset if gold is None and predictions.dataset else gold_from(gold, of_gold, later_maps)
        return examined, predictions
    examined = gold_from(gold, of_gold, later_maps)
    if isinstance(predictions, (str, Path)):
        return examined, load_predictions(Path(predictions), examined.examples, read)
    wanted = "predictions must be a Run, Predictions, or the path of a run folder or a file"
    return examined, Run(extractor="predictions", predictions=tuple(_records(predictions, Prediction, wanted)))


def _of_articles(run: Run, gold: GoldDataset) -> Run:
    """The run over some articles only."""
    ids = {example.article.id for example in gold}
    return replace(run, predictions=tuple([one for one in run.predictions if one.article_id in ids]), admitted=())


def finished_run(run: Run | str | Path, *, in_place: bool = False) -> Run:
    """The run that is meant, whole; one in a folder is left there as far as may be, for who needs few predictions.

    Raises:
        InputError: it is no run, cannot be read, or is not finished.
    """
    if not isinstance(run, (Run, str, Path)):
        raise InputError(f"a run must be a Run (from run_extractor) or the path of a run folder, found {_kind(run)}")
    loaded = run if isinstance(run, Run) else Run.load(run, in_place=in_place)
    refuse_shard(loaded)
    if not loaded.complete:
        articles = 0 if loaded.gold is None else loaded.gold.articles
        edited = f"; {loaded.edited}" if loaded.edited else ""
        raise InputError(
            f"{loaded.place}: the run is not finished ({len(loaded.predictions)} of {number_of(articles, 'article')})"
            f"{edited}; the command that started it continues it"
        )
    return loaded


def gold_of(
    run: Run, dataset: GoldDataset | str | Path | None = None, *, in_place: bool = False, times: float = TIMES_THE_FILE
) -> GoldDataset:
    """The gold that a run was made for.

    Args:
        run: the run.
        dataset: the gold, or where it is now, if not where it was.
        in_place: whether examples stay in their file as far as may be, for who needs few: then there are never too
            many.
        times: the memory that is taken, as a multiple of the files.

    Raises:
        InputError: it cannot be found, is not what it was, or is more than this machine can hold.
    """
    gold = _gold_of(run, dataset, in_place)
    if not in_place:
        refuse_too_large(run, gold, times)
    return gold


def _gold_of(run: Run, dataset: GoldDataset | str | Path | None, in_place: bool) -> GoldDataset:
    if isinstance(dataset, GoldDataset):
        return dataset
    if dataset is None and run.dataset is not None:
        return run.dataset
    wanted = run.gold
    if wanted is None:
        raise InputError(f"{run.place}: does not say which gold it is about; give it")
    articles = run.article_ids
    found, read = read_again(wanted.origin, wanted.split)
    place = str(dataset or found or wanted.name)
    # Gold that lies elsewhere now may lie there in another form than the one that is remembered.
    ways = [read] if dataset is None else [read, ReadOptions(annotator=read.annotator, split=read.split)]
    gold: GoldDataset | None = None
    error: EvalkitError | None = None
    for way in ways:
        try:
            gold = _as_it_was(_loaded(place, way, run.scoring.gold_maps, in_place), wanted, articles)
        except EvalkitError as refused:
            error = error or refused
            continue
        if gold.fingerprint == wanted.fingerprint:
            return gold
    if gold is None:
        raise InputError(f"{run.place}: its gold cannot be read ({error}); say where it is with --dataset") from error
    if gold.fingerprint != wanted.fingerprint:
        raise InputError(
            f"{run.place}: was made for gold {wanted.fingerprint}, but {place} is {gold.fingerprint} now; run the "
            "extractor again, or name the old gold with --dataset"
        )
    return gold


def held_in_memory(run: Run, gold: GoldDataset) -> tuple[Run, GoldDataset]:
    """Both sides decoded once, for who goes through all of them several times."""
    examples, predictions = gold.examples, run.predictions
    if isinstance(examples, StoredRecords):
        gold = replace(gold, examples=tuple(examples))
    if isinstance(predictions, StoredRecords):
        held = tuple(predictions)
        run = replace(run, predictions=held, read=held if run.read is predictions else run.read)
    return run, gold


def refuse_too_large(
    run: Run, gold: GoldDataset, times: float, *, why: str = "what looks into articles holds all of them"
) -> None:
    """Refuses a run whose articles do not fit into memory all at once, as whoever looks into each of them needs.

    Running, scoring and merging go through them in blocks and do not ask here.

    Args:
        run: the run.
        gold: its gold.
        times: the memory that is taken, as a multiple of the files.
        why: what holds all of them.

    Raises:
        InputError: they take more than is free; says how much, and what to do.
    """
    records = [own for own in (gold.examples, run.predictions) if isinstance(own, StoredRecords)]
    needed = sum(len(own) * own.mean_size for own in records) * times
    if needed > (free := free_memory()):
        raise InputError(
            f"{run.place}: {number_of(len(gold), 'article')} would take about {_memory(needed)} together, "
            f"and {_memory(free)} of memory are free: {why}; run and score a "
            "part (evalkit run --limit N, or --articles), or use a larger machine; result.json has the figures of all"
        )


def _memory(size: float) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 1 << 30 else f"{size / 2**20:.0f} MiB"


def _as_it_was(gold: GoldDataset, wanted: GoldReference, articles: Sequence[str]) -> GoldDataset:
    """As many articles as the run had, if it had fewer: the first ones, or those that it holds."""
    if gold.fingerprint == wanted.fingerprint or not 0 < wanted.articles < len(gold):
        return gold
    first = gold.subset(limit=wanted.articles)
    ids = {example.article.id for example in gold}
    if first.fingerprint == wanted.fingerprint or not articles or not ids.issuperset(articles):
        return first
    return gold.subset(articles=articles)


def read_again(origin: Mapping[str, str], split: str) -> tuple[str | None, ReadOptions]:
    """Where a dataset came from, and how a split of it is read as it was read."""
    values = dict(origin)
    place = values.pop("dataset", None)
    told: dict[str, Any] = {name: values.pop(name, None) for name in ("format", "profile", "annotator", "offsets")}
    return place, ReadOptions(**told, values=values, split=split)


def _loaded(
    source: str | Path | None, read: ReadOptions, later_maps: Sequence[str | Path], in_place: bool = False
) -> GoldDataset:
    return load_dataset(_name(source), split=read.split, read=read, later_maps=later_maps, in_place=in_place)


def _name(source: str | Path | None) -> str | Path | None:
    return None if str(source) == BUNDLED_NAME else source


def _records(given: Any, kind: type[Record], wanted: str) -> Sequence[Record]:
    """The records of an iterable, each of which must be of the kind."""
    if not isinstance(given, Iterable):
        raise InputError(f"{wanted}; found {_kind(given)}")
    records = list(given)
    if odd := [one for one in records if not isinstance(one, kind)]:
        raise InputError(f"{wanted}; found {_kind(odd[0])} among them")
    return records


def _kind(value: object) -> str:
    return f"{type(value).__name__} {str(value)[:40]!r}"
