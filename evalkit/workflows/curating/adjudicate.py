"""`adjudicate_dataset`: gold from readings, what nobody has decided out to people, and what they decided back in."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from evalkit.analysis.adjudication.adjudication import (
    Adjudicated,
    Adjudication,
    Returned,
    adjudicated,
    edits_of,
    made_layers,
    told,
)
from evalkit.analysis.adjudication.decisions import (
    PERSON,
    Decision,
    decision_lines,
    read_decisions,
    stands_at,
)
from evalkit.analysis.adjudication.strategies import AGREE, strategy_of
from evalkit.analysis.differences.matching import Version, changes_between
from evalkit.dataset.checking.checks import check_scorable
from evalkit.dataset.checking.disputes import DECISIONS_FILE
from evalkit.dataset.gold import GoldDataset, as_stored, gold_dataset
from evalkit.dataset.labels import Inventory, load_inventory, unlisted_inventory
from evalkit.dataset.loading.load import inventory_beside, load_splits
from evalkit.dataset.loading.reader_names import check_renames, renamed_readers
from evalkit.dataset.loading.readings import as_read, counted_readings
from evalkit.dataset.loading.sources import ALL, check_target, find_place
from evalkit.dataset.making.build import declaring_folder, labels_file, write_dataset
from evalkit.dataset.making.convert import write_batch
from evalkit.dataset.making.store import dataset_name, split_files
from evalkit.dataset.own_labels import own_inventory
from evalkit.errors import FormatError, InputError, OutputError
from evalkit.files import path_of
from evalkit.folders import TemporaryFolder, beside_staged, staged
from evalkit.formats.base import Batch, Format
from evalkit.formats.native.canonical import canonical_annotations, canonical_example
from evalkit.formats.table import load_format
from evalkit.options import ReadOptions, listed
from evalkit.records import Example
from evalkit.registry import near_match, unknown_name
from evalkit.showing import number_of

__all__ = ["DRAFT", "adjudicate_dataset"]

DRAFT = "adjudication"
"""The annotator under whose name people find what they are to correct, beside the readings."""

ONLY_SPLIT = "test"
"""The split of articles that are in none."""


def adjudicate_dataset(
    source: GoldDataset | Iterable[Example] | str | Path,
    *,
    strategy: str = AGREE,
    out: str | Path | None = None,
    disputed: str | Path | None = None,
    to: str = "native",
    decisions: Sequence[str | Path] | str | Path = (),
    anew: bool = False,
    unchanged: bool = False,
    restart: bool = False,
    rename_annotators: Mapping[str, str] | None = None,
    read: ReadOptions | None = None,
    write: ReadOptions | None = None,
) -> Adjudication:
    """Makes gold of what several people said of the same articles.

    What people decided goes before the rule: in files that they settled, in the record of an earlier adjudication, and
    what somebody has changed since by hand in the gold that it wrote. So nothing that was decided is lost when it is
    made again, and the same again gives the same bytes.

    Args:
        source: a dataset with readings, examples, or a folder that an adjudication wrote.
        strategy: the rule: `agree`, `majority`, or `prefer:NAME` (see `evalkit.analysis.adjudication.strategies`).
        out: the dataset folder to write, with the record (`decisions.jsonl`) in it: a new one, one that an adjudication
            wrote, or the dataset itself.
        disputed: a new file or folder for people, with the articles in which something is disputed.
        to: the format of that, such as `labelstudio`.
        decisions: files in any format in which people settled articles, each in one way.
        anew: make gold of the readings of articles that have gold, too; otherwise that stays.
        unchanged: take articles of these files that came back as they were written for decided, too.
        restart: forget what was decided earlier, by people too, and make that gold from the readings again.
        rename_annotators: the new name of a reader, or of who decided, by the old one: in the source, in these files
            and in what was decided earlier.
        read: how the source is read; its `annotator` says whose annotations in the files of decisions count.
        write: the profile and the settings with which files for people are written and read again.

    Raises:
        UnknownNameError: there is no such strategy, reader or format.
        InputError: no article has readings; what people settled is of another text; readings have different scopes.
        FormatError: the format cannot hold what is disputed.
        OutputError: a place is taken, or cannot be written.
    """
    read, write = read or ReadOptions(), write or ReadOptions()
    if read.annotator is not None and not listed(decisions):
        raise InputError(
            f"annotator {read.annotator!r:.80} says whose word counts in files of decisions, and none is given; for "
            f"gold by one reader take the strategy prefer:{read.annotator:.80}"
        )
    form = None if disputed is None else _form(disputed, to, write)
    names = rename_annotators or {}
    loaded = _loaded(source, replace(read, annotator=None))
    met = set(counted_readings(example for gold in loaded.splits for example in gold))
    loaded = replace(loaded, splits=tuple(_by_place(_renamed(gold, names)) for gold in loaded.splits))
    place = None if out is None else _checked_out(path_of(out, "the dataset folder must be a path"), loaded)
    readers = counted_readings(example for gold in loaded.splits for example in gold)
    if not readers:
        raise InputError(f"{loaded.name}: no article has readings of annotators; see evalkit dataset describe")
    strategy_of(strategy, readers)
    record = _record(loaded, place, proved=not restart)
    met |= {name for one in record for name in one.by}
    record = [replace(one, by=tuple(names.get(name, name) for name in one.by)) for one in record]
    asked = _asked(loaded, record, anew=anew)
    chosen = [one for gold in loaded.splits for one in gold if one.article.id in asked]
    stays = {
        one.article.id: one.gold.with_layers(**dict.fromkeys(asked[one.article.id] & one.gold.layers.keys()))
        for one in chosen
    }
    settled, notes = _settled(listed(decisions), chosen, names, met, read, write)
    check_renames(names, met)
    forgotten = {(one.article_id, one.layer, one.question) for one in record if one.rule == PERSON}
    if restart and forgotten:
        notes.append(f"{number_of(len(forgotten), 'earlier decision')} of people forgotten (--restart)")
    made = adjudicated(
        chosen, strategy, earlier=() if restart else record, settled=settled, unchanged=unchanged, kept=stays
    )
    splits = tuple(_with_gold(gold, made, loaded.listed) for gold in loaded.splits)
    left = tuple(sorted(made.drafts))
    examples = [example for gold in splits for example in gold]
    kept = sum(bool(example.gold.layers) for example in examples) - len(chosen)
    notes += told(made.notes)
    if kept:
        why = " (--anew makes that of the others from their readings)" if _is_kept(loaded, chosen) else ""
        notes.append(f"{number_of(kept, 'article has', 'articles have')} gold already, which stays{why}")
    path: Path | None = None
    beside: tuple[str, ...] = ()
    if disputed is not None and form is not None and (batch := _for_people(form, splits, made)).examples:
        path = Path(disputed)
        beside = _write_disputed(path, form, batch, made, write)
    elif disputed is not None:
        notes.append(f"nothing is disputed, so {disputed} is not written")
    if place is not None:
        _write_out(place, loaded, splits, made)
    return Adjudication(
        dataset=loaded.name,
        strategy=strategy,
        readers=readers,
        splits=splits,
        decisions=made.decisions,
        adjudicated=len(chosen),
        kept=kept,
        disputed_articles=left,
        out=place,
        disputed=path,
        beside=beside,
        notes=(*loaded.notes, *notes),
    )


@dataclass(frozen=True, kw_only=True)
class _Loaded:
    """A dataset with its readings.

    Attributes:
        name: what it is called.
        splits: the articles.
        folder: where its declarations are; None if it is nowhere.
        own: the dataset folder itself, which may hold a record; None if it is something else.
        listed: the labels that somebody has listed.
        notes: what is to be said about how it was read.
    """

    name: str
    splits: tuple[GoldDataset, ...]
    folder: Path | None = None
    own: Path | None = None
    listed: Inventory = field(default_factory=unlisted_inventory)
    notes: tuple[str, ...] = field(default=())


def _loaded(source: GoldDataset | Iterable[Example] | str | Path, read: ReadOptions) -> _Loaded:
    if isinstance(source, str | Path):
        splits = load_splits(source, read=read, decide=as_read)
        place = find_place(source, read.format, profile=read.profile, download=read.download)
        notes = tuple(dict.fromkeys(note for gold in splits for note in gold.notes))
        own = Path(source).resolve() if Path(source).is_dir() else None
        name, folder, listed = splits[0].name, place.folder, inventory_beside(place)
        return _Loaded(name=name, splits=splits, folder=folder, own=own, listed=listed, notes=notes)
    from evalkit.workflows.inputs import gold_from

    gold = gold_from(source, read)
    return _Loaded(name=gold.name, splits=(gold,), notes=gold.notes)


def _by_place(gold: GoldDataset) -> GoldDataset:
    """The split with the items of readings numbered by their place, in whatever order files have them."""
    examples = (
        replace(one, readings={name: canonical_annotations(own, renumber=True) for name, own in one.readings.items()})
        for one in gold
    )
    return replace(gold, examples=tuple(examples))


def _form(disputed: str | Path, to: str, write: ReadOptions) -> Format:
    form = load_format(to)
    if form.write is None:
        raise InputError(f"format {to!r} is only read, not written; choose another")
    check_target(form, write, f"{disputed}: is written as {to}")
    return form


def _checked_out(out: Path, loaded: _Loaded) -> Path:
    """The folder, if it may be written.

    Raises:
        OutputError: it holds something else than a dataset that an adjudication wrote.
    """
    filled = out.is_dir() and any(out.iterdir()) and not (out / DECISIONS_FILE).is_file()
    if out.is_file() or (filled and out.resolve() != loaded.own):
        own = shlex.quote(str(out))
        anew = f", or make gold of the readings in it: evalkit dataset adjudicate {own} --out {own} --anew"
        dataset = out.is_dir() and any(split_files(out).values())
        raise OutputError(
            f"{out}: exists already, and no adjudication wrote it; name a new folder{anew if dataset else ''}"
        )
    return out


def _record(loaded: _Loaded, out: Path | None, *, proved: bool = True) -> list[Decision]:
    """What was decided earlier, and changed in the gold by hand since: beside the dataset, and where it is written.

    Args:
        loaded: the dataset.
        out: where it is written.
        proved: refuse decisions about texts that are others now.

    Raises:
        InputError: an article that was decided is not there, or has another text.
    """
    found: list[Decision] = []
    texts = {example.article.id: example.article.text for gold in loaded.splits for example in gold}
    places = [one.resolve() for one in (loaded.own, out) if one is not None and (one / DECISIONS_FILE).is_file()]
    for folder in dict.fromkeys(places):
        lines = read_decisions(folder)
        splits = loaded.splits if folder == loaded.own else load_splits(folder, check=False, decide=as_read)
        examples = {example.article.id: example for gold in splits for example in gold}
        if lost := sorted(examples.keys() - texts.keys()):
            raise InputError(f"{folder}: has article {lost[0]!r:.80}, which {loaded.name} has not; name another folder")
        by_id: dict[str, list[Decision]] = {}
        for one in lines:
            by_id.setdefault(one.article_id, []).append(one)
            text = texts.get(one.article_id, "")
            if proved and one.text and text and stands_at(one.layer, one.item, text) != one.text:
                raise InputError(
                    f"{folder / DECISIONS_FILE}: article {one.article_id!r:.80} has another text now: {one.text!r:.60} "
                    f"does not stand where {one.item.id} was decided; restore the text, take its lines out, or decide "
                    "all anew with --restart"
                )
        if proved:
            _refuse_unexplained(loaded, folder, examples, by_id)
        for article_id, own in by_id.items():
            found += edits_of(examples[article_id], own) if article_id in examples else own
    return found


def _refuse_unexplained(
    loaded: _Loaded, folder: Path, examples: Mapping[str, Example], record: Mapping[str, Sequence[Decision]]
) -> None:
    """Refuses to write over gold that neither the dataset nor the record has.

    Raises:
        InputError: there is such gold; names the article.
    """
    source = {example.article.id: example for gold in loaded.splits for example in gold}
    for article_id, example in sorted(examples.items()):
        lines = record.get(article_id)
        made = set() if lines is None else made_layers(example, {one.layer for one in lines})
        lost = [
            name
            for name, items in example.gold.layers.items()
            if items and name not in made and source[article_id].gold[name] is None
        ]
        if lost and source[article_id].readings:
            raise InputError(
                f"{folder}: article {article_id!r:.80} has {lost[0]} that {DECISIONS_FILE} says nothing of, and they "
                f"would be lost; adjudicate the folder itself ({folder}), or give up its gold with --restart"
            )


def _asked(loaded: _Loaded, record: Sequence[Decision], *, anew: bool) -> dict[str, set[str]]:
    """Article id → the layers whose gold is to be made of readings; of the articles that have any.

    There is no gold in it, an adjudication made it, or somebody wants it so.
    """
    recorded: dict[str, set[str]] = {}
    for one in record:
        recorded.setdefault(one.article_id, set()).add(one.layer)
    examples = [example for gold in loaded.splits for example in gold if example.readings]
    asked = {
        one.article.id: {name for own in one.readings.values() for name in own.layers}
        if anew
        else made_layers(one, recorded.get(one.article.id))
        for one in examples
    }
    return {article_id: layers for article_id, layers in asked.items() if layers}


def _is_kept(loaded: _Loaded, chosen: Sequence[Example]) -> bool:
    """Whether an article with readings keeps its gold."""
    ids = {example.article.id for example in chosen}
    return any(one.readings and one.article.id not in ids for gold in loaded.splits for one in gold)


def _renamed(gold: GoldDataset, names: Mapping[str, str]) -> GoldDataset:
    return replace(gold, examples=tuple(renamed_readers(gold, names))) if names else gold


def _settled(
    files: Sequence[str | Path],
    chosen: Sequence[Example],
    names: Mapping[str, str],
    met: set[str],
    read: ReadOptions,
    write: ReadOptions,
) -> tuple[dict[str, list[Returned]], list[str]]:
    """What came back of articles, by article id, and notes; who is in the files is added to those that were met."""
    annotator = None if read.annotator is None else names.get(read.annotator, read.annotator)
    by_id = {example.article.id: example for example in chosen}
    settled: dict[str, list[Returned]] = {}
    notes: list[str] = []
    for file in files:
        options = ReadOptions(profile=write.profile, values=write.values, download=read.download, split=ALL)
        examples = [example for gold in load_splits(file, read=options, decide=as_read) for example in gold]
        met |= set(counted_readings(examples))
        examples = renamed_readers(examples, names)
        strange = sorted(one.article.id for one in examples if one.article.id not in by_id)
        if len(strange) == len(examples):
            near = near_match(strange[0], sorted(by_id))
            hint = f"; did you mean {near!r}?" if near else ""
            raise InputError(f"{file}: article {strange[0]!r:.80} is none whose gold is made here{hint}")
        if strange:
            told_of = number_of(len(strange), "article is", "articles are")
            notes.append(f"{file}: {told_of} none whose gold is made here, left aside ({strange[0]})")
        waiting = 0
        for example in examples:
            if example.article.id not in by_id:
                continue
            own = by_id[example.article.id]
            if example.article.text != own.article.text:
                raise InputError(f"{file}: article {own.article.id!r:.80} has another text there; settle this one")
            if found := _decided(example, own, annotator):
                settled.setdefault(own.article.id, []).extend(found)
            else:
                waiting += 1
        if annotator is not None and waiting == len(examples) - len(strange):
            there = counted_readings(examples)
            if annotator not in there:
                raise unknown_name("annotator", annotator, sorted(there))
            raise InputError(
                f"{file}: {annotator!r:.80} is one of the readers, and said nothing else there; for gold by that word "
                f"take --strategy prefer:{annotator:.80}"
            )
        if waiting:
            notes.append(
                f"{file}: {number_of(waiting, 'article is', 'articles are')} not settled: only readings are there"
            )
    return settled, notes


def _decided(example: Example, own: Example, annotator: str | None) -> list[Returned]:
    """What may be a person's of what came back of an article; empty if only its readings did."""
    if annotator is not None:
        given = example.readings.get(annotator)
        before = own.readings.get(annotator)
        # What a reader said is a reading; what the same person made of the draft later is not.
        if given is None or (before is not None and not changes_between([Version(own.article, before, given)])):
            return []
        return [Returned(given, annotator)]
    others = [Returned(given, name) for name, given in example.readings.items() if name not in own.readings]
    # A tool may name who imported a reading, not who read: of such readings one for each reader is not a person's.
    for reading in (reading for name, reading in own.readings.items() if name not in example.readings):
        same = (one for one in others if not changes_between([Version(own.article, reading, one.given)]))
        if (imported := next(same, None)) is not None and (len(others) > 1 or example.gold.layers):
            others.remove(imported)
    if not example.gold.layers:
        return others
    names = [name for name, reading in example.readings.items() if reading == example.gold]
    who = next((name for name in names if name not in own.readings), names[0] if names else "person")
    return [Returned(example.gold, who, truth=True), *[one for one in others if one.given != example.gold]]


def _with_gold(gold: GoldDataset, made: Adjudicated, listed: Inventory) -> GoldDataset:
    """The split with what was made of its articles.

    Raises:
        InputError: what people settled cannot be scored, such as a label that the dataset does not have.
    """
    examples = [made.examples.get(example.article.id, example) for example in gold]
    for example in examples:
        if example.article.id in made.examples and (problems := check_scorable(example, listed)):
            raise InputError(f"{gold.name}: what was decided cannot be scored: {problems[0]}; mend it where it stands")
    changed = gold_dataset(examples, name=gold.name, split=gold.split, inventory=gold.inventory)
    return replace(gold, examples=changed.examples, fingerprint=changed.fingerprint)


def _write_out(out: Path, loaded: _Loaded, splits: Sequence[GoldDataset], made: Adjudicated) -> None:
    folders = [] if loaded.folder is None else [loaded.folder]
    labels = labels_file([out, *folders])
    stored = [replace(gold, examples=tuple(map(canonical_example, as_stored(gold)))) for gold in splits]
    # The labels of the card are those of what is written, whatever was read.
    listed = unlisted_inventory() if labels is None else load_inventory(labels.parent)
    inventory = own_inventory([example for gold in stored for example in gold], listed).inventory
    named = [
        gold_dataset(
            gold, name=dataset_name(out), split=ONLY_SPLIT if gold.split == ALL else gold.split, inventory=inventory
        )
        for gold in stored
    ]
    record = {DECISIONS_FILE: decision_lines(made.decisions)}
    write_dataset(named, out, declared_in=declaring_folder([out, *folders]), labels=labels, beside=record)


def _for_people(form: Format, splits: Sequence[GoldDataset], made: Adjudicated) -> Batch:
    """What people are to settle, as far as a format keeps it."""
    examples, kept, remarks = [], [], {}
    for gold in splits:
        for own in gold:
            article_id = own.article.id
            if article_id not in made.drafts:
                continue
            draft, words = made.drafts[article_id]
            # In the order of the folder that is written, so that the file is the same when it is made from that.
            example = canonical_example(own)
            # Of a tool's annotations it is the ground truth, which is told of them wherever they are imported; what is
            # no annotation of anybody has no name.
            named = {DRAFT: draft} if form.documents is not None else {}
            readings = {**example.readings, **named} if form.keeps_readings else {}
            examples.append(replace(example, gold=draft, readings=readings))
            kept.append(ONLY_SPLIT if gold.split == ALL else gold.split)
            remarks[article_id, ""] = words
    return Batch(examples=tuple(examples), splits=tuple(kept) if form.keeps_splits else (), remarks=remarks)


def _write_disputed(path: Path, form: Format, batch: Batch, made: Adjudicated, write: ReadOptions) -> tuple[str, ...]:
    """Writes what people are to settle; gives the names of the files that the format writes beside it.

    Raises:
        OutputError: something else is there already.
        FormatError: the format cannot hold it.
    """
    _refuse_losses(path, form, batch, made, write)
    if path.exists() and (path.is_file() or any(path.iterdir())):
        return _same_there(path, form, batch, write)
    with staged(path) as target:
        write_batch(form, batch, target, write)
        return beside_staged(target)


def _refuse_losses(path: Path, form: Format, batch: Batch, made: Adjudicated, write: ReadOptions) -> None:
    """Refuses a format that cannot hold a draft: what is not there would come back as left out by a person."""
    drafts = tuple(replace(one, gold=made.drafts[one.article.id][0], readings={}) for one in batch.examples)
    held = TemporaryFolder("evalkit-disputed-")
    losses = write_batch(form, replace(batch, examples=drafts, remarks={}), held.path / path.name, write)
    if lost := str(losses):
        raise FormatError(f"{path}: {form.name} cannot hold {lost}; nothing was written: choose another format")


def _same_there(path: Path, form: Format, batch: Batch, write: ReadOptions) -> tuple[str, ...]:
    """The files beside what is there already, which stays, as it is just what would be written.

    Raises:
        OutputError: it is something else: people may have worked on it.
    """
    held = TemporaryFolder("evalkit-disputed-")
    target = held.path / path.name
    write_batch(form, batch, target, write)
    if _contents(target) != _contents(path):
        raise OutputError(
            f"{path}: exists already and holds something else; read what was settled there with --decisions, or name "
            "a new file"
        )
    return tuple(name for name in beside_staged(target) if path.with_name(name).exists())


def _contents(path: Path) -> Mapping[str, bytes]:
    if path.is_file():
        return {"": path.read_bytes()}
    return {one.relative_to(path).as_posix(): one.read_bytes() for one in sorted(path.rglob("*")) if one.is_file()}
