"""Building the dataset folder and the corpus from what people write, in any format.

A build is all or nothing: everything is read, ordered, checked and rendered before the first file changes, and the
new folders are put in place of the old ones at the end. The text of an article that is already in the corpus never
changes.

Besides the codes of `evalkit.dataset.checking.checks`, a build is refused for:

==========================  ===========================================================================
format                      a file, line or field that is not in its format
id-unsafe                   an article id that cannot be a file name
split-missing               an article that no split claims
split-double                an article that two splits claim
split-unknown               a split claims an article that no source holds
split-unsafe                a split that cannot be the name of a folder
line-ends                   a text with carriage returns, which would not survive a checkout
text-changed                the text differs from the one in the corpus
article-lost                an article of the folder that no source names
gold-lost                   an article that has gold in the folder and none in the sources
==========================  ===========================================================================
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from evalkit.dataset.checking.disputes import DECISIONS_FILE, open_disputes, record_of
from evalkit.dataset.checking.offsets import converted_example, counting_of
from evalkit.dataset.checking.problems import Problem
from evalkit.dataset.checking.raw_checks import check_raw
from evalkit.dataset.checking.validate import corpus_beside, own_corpus
from evalkit.dataset.gold import GoldDataset, as_stored, gold_dataset, settled_splits
from evalkit.dataset.labels import LABELS_FILE, load_inventory, unlisted_inventory
from evalkit.dataset.loading.reader_names import address_notes, check_renames, renamed_claims, renamed_readers
from evalkit.dataset.loading.readings import counted_readings, joined, settled_example, undecided_notes
from evalkit.dataset.loading.sources import Place, RawExample, check_settings, find_place, raw_examples, read_place
from evalkit.dataset.making.card import features_of, render_card
from evalkit.dataset.making.declaration import DATASET_FILE, read_declaration, with_declared_scopes
from evalkit.dataset.making.manifest import MANIFEST_FILE, edited_files, edits_replaced, manifest_json, read_manifest
from evalkit.dataset.making.store import (
    ARTICLES_FILE,
    CARD_FILE,
    SPLITS,
    article_entry,
    dataset_name,
    example_json,
    read_article_entries,
    split_files,
)
from evalkit.dataset.own_labels import own_inventory
from evalkit.dataset.publishing.croissant import CROISSANT_FILE, croissant_json
from evalkit.dataset.publishing.licences import licence_notes
from evalkit.dataset.publishing.measured import read_measured
from evalkit.dataset.splitting.assign import assign_splits, check_splits, split_notes
from evalkit.dataset.splitting.lists import NOWHERE
from evalkit.dataset.splitting.rule import split_rule
from evalkit.errors import FormatError, InputError
from evalkit.files import file_name_of, path_of, read_text, write_file
from evalkit.folders import add_files, finish_changes, replace_children
from evalkit.formats.base import Batch
from evalkit.formats.collection import without_collection
from evalkit.formats.native.canonical import canonical_example
from evalkit.formats.native.rows import dump_line
from evalkit.options import ReadOptions, listed
from evalkit.records import ZONES, Annotations, Example, Scope
from evalkit.showing import number_of, shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = [
    "BuildResult",
    "DatasetProblemsError",
    "build_dataset",
    "declaring_folder",
    "labels_file",
    "write_corpus",
    "write_dataset",
]

SCOPE_ZONES = tuple(sorted(zone for zone in ZONES if zone != "boilerplate"))
"""Where layers are annotated exhaustively, unless a source declares a scope of its own."""


class DatasetProblemsError(InputError):
    """A dataset cannot be built.

    Attributes:
        problems: everything that is in the way, sorted.
    """

    def __init__(self, what: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=Problem.sort_key))
        more = len(problems) - 1
        others = f" (and {more} more)" if more else ""
        super().__init__(f"{what}: not built, nothing was written: {self.problems[0]}{others}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """What was built: the datasets by split, the texts that are new in the corpus, and notes on how it was read."""

    splits: tuple[GoldDataset, ...]
    new_texts: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """What was built as JSON values, without the articles."""
        splits = [{"split": own.split, "articles": len(own), "fingerprint": own.fingerprint} for own in self.splits]
        return {"format": "evalkit.build", "version": 1, "splits": splits, "new_texts": list(self.new_texts)}

    def to_pandas(self) -> DataFrame:
        """One row a split."""
        import pandas as pd

        return pd.DataFrame(self.to_json()["splits"])

    _repr_html_ = shown_html


@without_collection()
def build_dataset(
    sources: Sequence[str | Path] | str | Path,
    out: str | Path,
    *,
    corpus: str | Path | None = None,
    splits: Mapping[str, Sequence[str]] | str | Path | None = None,
    seed: int = 0,
    resplit: bool = False,
    keep: bool = False,
    rename_annotators: Mapping[str, str] | None = None,
    read: ReadOptions | None = None,
) -> BuildResult:
    """Writes `out` (a dataset folder with its card) and `corpus` from annotated articles.

    Args:
        sources: files of any format, or folders of them, or one of them; `out` itself builds what is there anew. A
            native row without text takes it from the corpus.
        out: the dataset folder. Its labels.toml and other files stay; its splits and README.md are replaced. Where it
            has no labels.toml, the one beside the sources is taken over.
        corpus: the folder of article texts; by default `corpus` beside `out`, or `NAME-corpus` if that is there.
        splits: article ids by split, or the path of a list of them; shares as `train=.8,dev=.1,test=.1`; or days, as
            `date:2024-06-01,2024-09-01` (see `evalkit.dataset.splitting.rule`). None leaves each article in the split
            that its source or `out` has it in.
        seed: for shares: another one gives other articles to each.
        resplit: lay out the articles that `out` has already, too; otherwise shares and days leave them where they are.
        keep: keep the articles of `out` that no source names, and the gold of those that sources have no gold of;
            without it a build that would lose either is refused.
        rename_annotators: the new name of a reader by the old one, as where a tool calls people by their e-mail
            addresses; the readers of what is kept, too. `read.annotator` is a name as the sources have it.
        read: how the sources are read.

    Raises:
        DatasetProblemsError: something is wrong; holds every problem.
        InputError: a reader cannot be renamed.
        OutputError: a folder cannot be written.
    """
    rule = split_rule(splits, seed=seed, anew=resplit)
    out = path_of(out, "out must be the path of a dataset folder")
    corpus = path_of(corpus, "corpus must be the path of a folder") if corpus else corpus_beside(out)
    finish_changes(out)
    names = rename_annotators or {}
    raws, problems, notes, folders, brought = _read_all(
        listed(sources), out, corpus, keep=keep, names=names, read=read or ReadOptions()
    )
    labels = labels_file([out, *folders])
    inventory = unlisted_inventory() if labels is None else load_inventory(labels.parent)
    present = _ids_by_split(out)
    raws = assign_splits(raws, present, rule)
    problems += check_splits(raws, rule)
    problems += check_raw(raws, inventory)
    problems += _check_store(raws, out, corpus)
    if problems:
        raise DatasetProblemsError(str(out), problems)
    raws = [raw for raw in raws if raw.split != NOWHERE]
    if not raws:
        raise InputError(f"{splits}: every article goes nowhere; give some of them a split")
    by_split: dict[str, list[Example]] = {}
    for raw in raws:
        by_split.setdefault(str(raw.split), []).append(canonical_example(raw.example))
    order = sorted(by_split, key=lambda name: (SPLITS.index(name) if name in SPLITS else len(SPLITS), name))
    labelled = own_inventory([settled_example(example) for name in order for example in by_split[name]], inventory)
    built = tuple(
        gold_dataset(by_split[name], name=dataset_name(out), split=name, inventory=labelled.inventory) for name in order
    )
    told = declaring_folder([out, *folders])
    declared = read_declaration(told or out)
    replaced = edits_replaced(out, _annotation_files(built), brought) if edited_files(out) else []
    new_texts = _write_texts(built, corpus)
    write_dataset(built, out, declared_in=told, labels=labels)
    _write_entries(built, corpus)
    notes = (
        *notes,
        *replaced,
        *split_notes(raws, present, rule),
        *_copy_notes(raws),
        *licence_notes([raw.example.article for raw in raws], declared.licence),
        *undecided_notes(raw.example for raw in raws),
        *address_notes(counted_readings(raw.example for raw in raws)),
    )
    return BuildResult(splits=settled_splits(built), new_texts=new_texts, notes=notes)


def _copy_notes(raws: Sequence[RawExample]) -> Iterator[str]:
    """That texts stand in two splits; wire copy does so in real gold, so nothing is refused."""
    from evalkit.dataset.leakage.copies import copies_across_splits

    if copies := copies_across_splits(raws):
        more = f" (and {len(copies) - 1} more; evalkit dataset validate lists them)" if len(copies) > 1 else ""
        yield f"{copies[0]}{more}; what was trained on is not tested by it, keep copies in one split"


def declaring_folder(folders: Iterable[Path]) -> Path | None:
    """The first of some folders whose owner declares something about its dataset."""
    return next((folder for folder in folders if (folder / DATASET_FILE).is_file()), None)


def labels_file(folders: Sequence[Path]) -> Path | None:
    """The labels.toml of the first folder if it has one, else the one that others of them have; None if there is none.

    Raises:
        InputError: two of the others have different ones.
    """
    own, *others = dict.fromkeys(folder / LABELS_FILE for folder in folders)
    if own.is_file():
        return own
    found = [path for path in others if path.is_file()]
    for other in found[1:]:
        if read_text(other) != read_text(found[0]):
            raise InputError(f"{other}: says other labels than {found[0]}; put the one that counts at {own}")
    return found[0] if found else None


def write_dataset(
    splits: Sequence[GoldDataset],
    out: Path,
    *,
    declared_in: Path | None = None,
    labels: Path | None = None,
    beside: Mapping[str, str] | None = None,
) -> None:
    """Writes the splits, the card and, where there is none, the labels into a dataset folder, all or nothing.

    Args:
        splits: what to write.
        out: the dataset folder.
        declared_in: the folder whose `dataset.toml` is that of the dataset; taken over if it is another than `out`.
        labels: the labels.toml that is taken over where `out` has none; without it, the labels are those of the gold.
        beside: other files of the folder by name.

    Raises:
        FormatError: an article id cannot be a file name, or the `dataset.toml` is damaged.
        OutputError: the folder cannot be written.
    """
    annotations = _annotation_files(splits)
    files = {**annotations, MANIFEST_FILE: manifest_json(annotations), **(beside or {})}
    if declared_in is not None and declared_in != out:
        files[DATASET_FILE] = read_text(declared_in / DATASET_FILE)
    declared = read_declaration(declared_in or out)
    measured = read_measured(out)
    record = (beside or {}).get(DECISIONS_FILE) or record_of(out)
    counted = [
        replace(gold, disputed=open_disputes(record, (example.article.id for example in gold)))
        for gold in settled_splits(splits)
    ]
    files[CARD_FILE] = render_card(counted, declared, folder=out.resolve().name, measured=measured)
    files[CROISSANT_FILE] = croissant_json(splits, features_of(counted), declared, measured)
    if labels is not None and not (out / LABELS_FILE).is_file():
        files[LABELS_FILE] = read_text(labels)
    replace_children(out, files, remove=_ids_by_split(out))


def _annotation_files(splits: Iterable[GoldDataset]) -> dict[str, str]:
    """The content of each article's file by `SPLIT/ID.json`."""
    return {
        f"{split.split}/{file_name_of(example.article.id, '.json')}": example_json(example)
        for split in map(as_stored, splits)
        for example in split
    }


class _Read(NamedTuple):
    """What the sources hold, what could not be read of them, what is to be said about that, and their folders.

    `brought` are the ids of the articles that others than the dataset folder itself say something of.
    """

    raws: list[RawExample]
    problems: list[Problem]
    notes: tuple[str, ...]
    folders: tuple[Path, ...]
    brought: frozenset[str]


def _read_all(
    sources: Sequence[str | Path],
    out: Path,
    corpus: Path,
    *,
    keep: bool,
    names: Mapping[str, str],
    read: ReadOptions,
) -> _Read:
    problems: list[Problem] = []
    notes: list[str] = []

    def note(error: FormatError) -> None:
        where, _, message = str(error).partition(": ")
        problems.append(Problem(where, "line", "format", message))

    raws: list[RawExample] = []
    places = [find_place(source, read.format, profile=read.profile, download=read.download) for source in sources]
    check_settings(read, *places)
    brought: set[str] = set()
    for place in places:
        batch = read_place(place, read)
        _refuse_to_lose(batch, place, out)
        batch = replace(batch, examples=with_declared_scopes(batch.examples, place.folder))
        counting = counting_of(read, place)
        for raw in raw_examples(batch, note):
            whole = _with_text(raw, corpus)
            example, unconverted = converted_example(whole.example, counting)
            problems += unconverted
            raws.append(_ready(replace(whole, example=example), place))
            if Path(place.location).resolve() != out.resolve():
                brought.add(example.article.id)
        notes += batch.sentences
    if not raws and not problems:
        raise InputError("no article to build from; name annotated files")
    met = set(counted_readings(raw.example for raw in raws))
    raws = _renamed(raws, names)
    without_gold = any(not raw.example.gold.layers for raw in raws)
    if (keep or without_gold) and _has_articles(out):
        found = find_place(out)
        kept = read_place(found)
        old = [_with_text(raw, corpus) for raw in raw_examples(kept, note)]
        met |= set(counted_readings(raw.example for raw in old))
        old = _renamed(old, names)
        if keep:
            _refuse_to_lose(kept, found, out)
            raws = _with_kept(raws, old, found)
        else:
            problems += _check_gold_lost(old, raws, out)
    check_renames(names, met)
    _refuse_old_names(out, names)
    raws = _joined(raws)
    folders = tuple(folder for place in places if (folder := place.folder) is not None)
    return _Read(raws, problems, tuple(dict.fromkeys(notes)), folders, frozenset(brought))


def _renamed(raws: Sequence[RawExample], names: Mapping[str, str]) -> list[RawExample]:
    examples = renamed_readers((raw.example for raw in raws), names)
    return [
        replace(raw, example=example, claims=renamed_claims(raw.claims, names))
        for raw, example in zip(raws, examples, strict=True)
    ]


def _refuse_old_names(out: Path, names: Mapping[str, str]) -> None:
    """What was adjudicated names readers in its record, too, which a build does not write.

    Raises:
        InputError: a reader of such a folder would be called otherwise.
    """
    if not names or not (out / DECISIONS_FILE).is_file():
        return
    readers = counted_readings(read_place(find_place(out)).examples)
    if old := next((name for name in names if name in readers), None):
        own, named = shlex.quote(str(out)), shlex.quote(f"{old}={names[old]}")
        raise InputError(
            f"{out}: was adjudicated, and {DECISIONS_FILE} names readers, too; rename them in both with "
            f"evalkit dataset adjudicate {own} --out {own} --rename-annotator {named}"
        )


def _has_articles(out: Path) -> bool:
    return out.is_dir() and any(split_files(out).values())


def _with_kept(raws: Sequence[RawExample], old: Iterable[RawExample], place: Place) -> list[RawExample]:
    """What sources say, with what a dataset folder has and they do not say anew: its articles, and gold.

    Of an article that sources have without gold the gold stays, and the readings of those who did not read it anew.
    """
    new = {raw.example.article.id: raw.example for raw in raws}
    kept, told = [], set()
    for raw in old:
        name = raw.example.article.id
        if (other := new.get(name)) is None:
            kept.append(_ready(raw, place))
        elif not other.gold.layers:
            readings = {reader: own for reader, own in raw.example.readings.items() if reader not in other.readings}
            if raw.example.gold.layers or readings:
                said = {reader: own for reader, own in raw.claims.readings.items() if reader in readings}
                own = replace(raw, claims=replace(raw.claims, readings=said))
                kept.append(_ready(replace(own, example=replace(raw.example, readings=readings)), place))
                # A bare text says nothing beside what is kept.
                told |= set() if other.readings else {name}
    return [*(raw for raw in raws if raw.example.article.id not in told), *kept]


def _check_gold_lost(old: Iterable[RawExample], raws: Sequence[RawExample], out: Path) -> Iterator[Problem]:
    """Gold of a dataset folder that sources do not have: decided by people, and nowhere else."""
    named = {raw.example.article.id for raw in raws}
    with_gold = {raw.example.article.id for raw in raws if raw.example.gold.layers}
    for raw in old:
        article_id = raw.example.article.id
        if raw.example.gold.layers and article_id in named - with_gold:
            held = sum(len(items or ()) for items in raw.example.gold.layers.values())
            message = (
                f"{out} has gold of it ({number_of(held, 'item')}), and no source does; keep that beside what they "
                "have (--keep), or delete its file to be without"
            )
            yield Problem(article_id, "gold", "gold-lost", message)


def _joined(raws: Sequence[RawExample]) -> list[RawExample]:
    """The examples with what several sources say of one article as readings of it."""
    batch = joined(
        Batch(
            examples=tuple(raw.example for raw in raws),
            claims=tuple(raw.claims for raw in raws),
            splits=tuple(raw.split for raw in raws),
        )
    )
    return raw_examples(batch)


def _refuse_to_lose(batch: Batch, place: Place, out: Path) -> None:
    """Writing the folder anew that was read would delete what no layer here can hold."""
    if batch.unknown and Path(place.location).resolve() == out.resolve():
        name, number = min(batch.unknown.items())
        raise InputError(
            f"{out}: has {number_of(number, 'object')} under {name!r}, which is no layer known here; writing it "
            "anew would delete them. Install the package that brings the layer, or mend the name"
        )


def _with_text(raw: RawExample, corpus: Path) -> RawExample:
    """The example with the text of the corpus, if it has none of its own; nothing was compared with that yet."""
    article, claims = raw.example.article, raw.claims
    text_file = corpus / f"{article.id}.txt"
    if article.text or not text_file.is_file():
        return raw
    example = replace(raw.example, article=replace(article, text=read_text(text_file)))
    readings = {name: replace(own, proved=False) for name, own in claims.readings.items()}
    return replace(raw, example=example, claims=replace(claims, proved=False, readings=readings))


def _ready(raw: RawExample, source: Place) -> RawExample:
    """The example with a declared scope.

    Items without ids of their own, as in inline markup, are numbered by their place. Ids that a JSON file gives are
    kept: an annotation added there is one line in the diff.
    """
    example = raw.example.changed(_in_usual_zones)
    if source.format is not None and not source.format.keeps_ids:
        example = canonical_example(example, renumber=True)
    return replace(raw, example=example)


def _in_usual_zones(annotations: Annotations) -> Annotations:
    scope = annotations.scope
    if replace(scope, of=()) != Scope():
        return annotations
    return Annotations(annotations.layers, replace(scope, zones=SCOPE_ZONES))


def _ids_by_split(out: Path) -> dict[str, list[str]]:
    """The article ids that a dataset folder holds, or held when it was built last; empty if it does not exist."""
    if not out.is_dir():
        return {}
    there = {split: [path.stem for path in paths] for split, paths in split_files(out).items()}
    built = read_manifest(out)
    return {split: list(dict.fromkeys([*there.get(split, ()), *built.get(split, ())])) for split in {**there, **built}}


def _check_store(raws: Sequence[RawExample], out: Path, corpus: Path) -> Iterator[Problem]:
    named = set()
    for raw in raws:
        article = raw.example.article
        named.add(article.id)
        try:
            path = corpus / file_name_of(article.id, ".txt")
        except FormatError as error:
            yield Problem(article.id, "id", "id-unsafe", str(error).partition(": ")[2])
            continue
        if "\r" in article.text:
            message = "the text has carriage returns; the corpus has line feeds only, convert it and its offsets"
            yield Problem(article.id, "text", "line-ends", message)
        if path.is_file() and read_text(path) != article.text:
            message = (
                f"the text differs from {path}; published texts do not change: restore it, or use a new id; if that is "
                f"the corpus of another dataset, give this one its own: --corpus {shlex.quote(str(own_corpus(out)))}"
            )
            yield Problem(article.id, "text", "text-changed", message)
    for split, ids in _ids_by_split(out).items():
        for article_id in set(ids) - named:
            message = (
                f"{out / split} holds it, or did when it was built last, and no source does; name it, keep it "
                f"(--keep), or delete its file and its line in {MANIFEST_FILE}"
            )
            yield Problem(article_id, "id", "article-lost", message)


def write_corpus(splits: Sequence[GoldDataset], corpus: Path) -> None:
    """Writes the texts of some splits, and what is known of the articles, into a folder of article texts.

    Raises:
        OutputError: it cannot be written.
    """
    _write_texts(splits, corpus)
    _write_entries(splits, corpus)


def _write_texts(splits: Sequence[GoldDataset], corpus: Path) -> tuple[str, ...]:
    texts = {f"{e.article.id}.txt": e.article.text for split in splits for e in split}
    new = {name: text for name, text in sorted(texts.items()) if not (corpus / name).exists()}
    add_files(corpus, new)
    return tuple(Path(name).stem for name in new)


def _write_entries(splits: Sequence[GoldDataset], corpus: Path) -> None:
    entries = dict(read_article_entries(corpus))
    entries |= {example.article.id: article_entry(example) for split in splits for example in split}
    lines = (dump_line(entry) for _, entry in sorted(entries.items()))
    write_file(corpus / ARTICLES_FILE, "".join(lines))
