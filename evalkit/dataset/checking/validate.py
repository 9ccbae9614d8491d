"""Everything that is wrong with a dataset, not just the first thing.

Besides the codes of `evalkit.dataset.checking.checks`:

==========================  ===========================================================================
format                      a file, line or field that is not in its format
article-duplicate           an article is in two splits
corpus-missing              an article of a dataset folder has no text in `corpus/`
corpus-differs              its text or its metadata in `corpus/` differs from what was annotated
file-name                   the file is not named after the article that it holds
field-unknown               a key of an item that nothing is read from, and that is near the name of a field
label-spelling              a label that is spelled in another way elsewhere in the gold
layer-unknown               nothing but objects under names that are no layer
split-copy                  an article of another split has the same text, or nearly
==========================  ===========================================================================

The corpus is compared where there is one: a folder `corpus`, or `NAME-corpus`, beside the dataset folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.dataset.checking.checks import check_example, check_readings
from evalkit.dataset.checking.disputes import dispute_notes, open_disputes, record_of
from evalkit.dataset.checking.offsets import converted_batch
from evalkit.dataset.checking.problems import Problem, place_of
from evalkit.dataset.labels import Inventory
from evalkit.dataset.loading.load import inventory_beside, refuse_unknown_only
from evalkit.dataset.loading.readings import (
    annotations_of,
    counted_readings,
    held_readings,
    undecided_notes,
)
from evalkit.dataset.loading.sources import Place, RawExample, check_settings, find_place, raw_examples, read_place
from evalkit.dataset.making.declaration import DATASET_FILE, read_declaration, with_declared_scopes
from evalkit.dataset.making.manifest import changes_since_build
from evalkit.dataset.making.store import ARTICLES_FILE, article_entry, read_article_entries, split_files
from evalkit.dataset.own_labels import label_counts
from evalkit.dataset.publishing.licences import licence_problems, states_licences
from evalkit.errors import FormatError, InputError
from evalkit.files import read_text
from evalkit.formats.base import Batch, Claims, counted
from evalkit.formats.collection import without_collection
from evalkit.formats.spelling import gold_spelling
from evalkit.layers.table import all_layers, load_layer
from evalkit.options import ReadOptions
from evalkit.records import Annotations
from evalkit.showing import shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = [
    "CORPUS_FOLDER",
    "OF_READINGS",
    "Validation",
    "check_corpus",
    "check_raw",
    "corpus_beside",
    "own_corpus",
    "validate_dataset",
]

CORPUS_FOLDER = "corpus"

OF_READINGS = " of readings"
"""What follows the name of a layer where its items in readings are counted."""


def corpus_beside(out: Path) -> Path:
    """The folder of article texts beside a dataset folder: its own, if there is one, else `corpus`."""
    own = own_corpus(out)
    return own if own.is_dir() else own.parent / CORPUS_FOLDER


def own_corpus(out: Path) -> Path:
    """The folder of article texts that is called after a dataset, for one that has another beside it."""
    # The folder that one is in has no name to go up from.
    parent, whole = out.parent, out.resolve()
    return (parent if parent.resolve() == whole.parent else whole.parent) / f"{whole.name}-{CORPUS_FOLDER}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What validation found.

    Attributes:
        problems: every problem, sorted by article and place.
        counts: how many articles, items of each layer in the gold, readings, and items that these hold were looked at.
            An only reading without gold is the gold, and is not counted again.
        checks: what was checked besides the articles themselves, such as the corpus.
        notes: what is to be said about how it was read.
        labels: how many items have each label, for the layers whose labels nobody has listed, under the names of
            `counts`.
        places: article id → where it stands, `file:line`, or `file[index]` in a list.
    """

    problems: tuple[Problem, ...]
    counts: Mapping[str, int]
    checks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    labels: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The problems and what was looked at as JSON values."""
        return {
            "format": "evalkit.validation",
            "version": 1,
            "problems": [asdict(problem) for problem in self.problems],
            "counts": dict(self.counts),
            "checks": list(self.checks),
        }

    def to_pandas(self) -> DataFrame:
        """One row a problem."""
        import pandas as pd

        names = [own.name for own in fields(Problem)]
        return pd.DataFrame([asdict(problem) for problem in self.problems], columns=names)

    _repr_html_ = shown_html


@without_collection()
def validate_dataset(
    source: str | Path | None = None,
    *,
    corpus: Path | None = None,
    licences: bool = False,
    copies: bool = True,
    read: ReadOptions | None = None,
) -> Validation:
    """Every problem of every split of a source (see `load_dataset` for what a source is).

    Args:
        source: None for the bundled gold.
        corpus: the folder of article texts; by default the `corpus` beside a dataset folder, if there is one.
        licences: whether every article has to say its `licence` and `origin`; otherwise only where any article does.
        copies: whether articles of one split are looked for in the others, which takes longer than the rest.
        read: how files are read.

    Raises:
        InputError: the source does not exist or holds no article.
    """
    read = read or ReadOptions()
    found = find_place(source, read.format, profile=read.profile, download=read.download)
    check_settings(read, found)
    problems: list[Problem] = []

    def note(error: FormatError) -> None:
        problems.append(_format_problem(error))

    batch = read_place(found, read)
    batch = replace(batch, examples=with_declared_scopes(batch.examples, found.folder))
    batch, unconverted = converted_batch(batch, read, found)
    problems += unconverted
    raws = raw_examples(batch, note)
    if not raws and not problems:
        raise InputError(f"{found.location}: holds no article; check the path, or build it with evalkit dataset build")
    inventory = inventory_beside(found)
    problems += check_raw(raws, inventory)
    problems += _check_keys(raws)
    if copies:
        problems += _check_copies(raws)
    problems += _check_spelling(raws, inventory)
    articles = [raw.example.article for raw in raws]
    checks: tuple[str, ...] = ()
    declared = "" if found.folder is None else read_declaration(found.folder).licence
    unstated: list[str] = []
    if not licences and not states_licences(articles):
        if declared:
            unstated = [f"no article says its licence or origin; {DATASET_FILE} declares {declared!r} of the dataset"]
    else:
        problems += licence_problems(articles, declared)
        checks = ("licences",)
    if not inventory.metadata:
        problems += _check_unknown(batch, found, raws)
    changes: list[str] = []
    disputes: list[str] = []
    if found.kind == "folder":
        problems += _check_file_names(raws)
        corpus = corpus or corpus_beside(Path(found.location))
        if corpus.is_dir():
            problems += check_corpus(raws, corpus)
            checks = (*checks, "corpus")
        disputes = dispute_notes(open_disputes(record_of(found.path), (article.id for article in articles)))
        changes = changes_since_build(found.path, split_files(found.path))
    return Validation(
        problems=tuple(sorted(problems, key=Problem.sort_key)),
        counts=_counts(raws),
        checks=checks,
        notes=(
            *_without_meant_keys(batch).sentences,
            *undecided_notes(raw.example for raw in raws),
            *disputes,
            *unstated,
            *changes,
        ),
        labels=_unlisted_labels(raws, inventory),
        places={raw.example.article.id: raw.claims.where for raw in raws if raw.claims.where},
    )


def _unlisted_labels(raws: Sequence[RawExample], inventory: Inventory) -> dict[str, Mapping[str, int]]:
    """How often labels that nobody has listed are used, by layer, in the gold and in other readings."""
    gold = label_counts(raw.example.settled for raw in raws)
    read = label_counts(held_readings(raw.example for raw in raws))
    return {
        f"{name}{where}": own
        for where, several in (("", gold), (OF_READINGS, read))
        for name, own in several.items()
        if own and not inventory.labels_of(name)
    }


def _check_keys(raws: Sequence[RawExample]) -> Iterator[Problem]:
    """Keys of items that were meant for a field."""
    for raw in raws:
        for before, own, claims in _said(raw):
            for (name, index), keys in claims.unread.items():
                items = own[name] or ()
                for key, meant in keys if index < len(items) else ():
                    if meant:
                        place = before + place_of(name, index, items[index].id)
                        message = f"{key!r} is no field, and its value was not read; did you mean {meant!r}?"
                        yield Problem(raw.example.article.id, place, "field-unknown", message)


def _said(raw: RawExample) -> Iterator[tuple[str, Annotations, Claims]]:
    """The gold and the readings, what a file says besides each, and what goes before a place in it."""
    yield "", raw.example.gold, raw.claims
    for name, reading in raw.example.readings.items():
        if reading != raw.example.gold:
            yield f"readings.{name}.", reading, raw.claims.readings.get(name, Claims())


def _without_meant_keys(batch: Batch) -> Batch:
    """The batch without the keys that are problems, so that no note says them again."""
    if not any(claim.unread or claim.readings for claim in batch.claims):
        return batch
    return replace(batch, claims=tuple(map(_without_meant, batch.claims)))


def _without_meant(claims: Claims) -> Claims:
    unread = {
        place: rest for place, keys in claims.unread.items() if (rest := tuple(key for key in keys if not key.meant))
    }
    readings = {name: _without_meant(own) for name, own in claims.readings.items()}
    return replace(claims, unread=unread, readings=readings)


def _check_spelling(raws: Sequence[RawExample], inventory: Inventory) -> Iterator[Problem]:
    """Labels that stand in the gold in two spellings, where no inventory says which one is meant."""
    for name, counts in label_counts(annotations_of(raw.example for raw in raws)).items():
        spelling = {} if inventory.labels_of(name) else gold_spelling(counts)
        layer = load_layer(name)
        told = ((raw.example.article.id, *said[:2]) for raw in raws if spelling for said in _said(raw))
        for article_id, before, own in told:
            for index, item in enumerate(layer.of(own) or ()):
                label = layer.label(item)
                if label in spelling:
                    message = (
                        f"{layer.label_field} {label!r} is spelled {spelling[label]!r} elsewhere; use one spelling"
                    )
                    place = before + place_of(name, index, item.id)
                    yield Problem(article_id, place, "label-spelling", message)


def _check_unknown(batch: Batch, place: Place, raws: Sequence[RawExample]) -> Iterator[Problem]:
    try:
        refuse_unknown_only(batch, place, annotations_of(raw.example for raw in raws))
    except InputError as error:
        where, _, message = str(error).partition(": ")
        yield Problem(where, "layers", "layer-unknown", message)


def check_raw(raws: Sequence[RawExample], inventory: Inventory) -> list[Problem]:
    """The problems of examples, of what each annotator said, and of their ids together."""
    problems = _check_doubles(raws)
    for raw in raws:
        problems += check_readings(raw.example, inventory, raw.claims.readings)
        problems += check_example(raw.example, inventory, surfaces=raw.claims.surfaces, sha256=raw.claims.sha256)
    return problems


def check_corpus(raws: Sequence[RawExample], corpus: Path) -> list[Problem]:
    """Where the annotated texts and metadata differ from what lies in the corpus."""
    try:
        entries = read_article_entries(corpus)
    except FormatError as error:
        return [_format_problem(error)]
    return [problem for raw in raws for problem in _check_article(raw, corpus, entries)]


def _check_article(raw: RawExample, corpus: Path, entries: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    article = raw.example.article
    path = corpus / f"{article.id}.txt"
    if not path.is_file():
        yield Problem(article.id, "text", "corpus-missing", f"{path} does not exist; build the dataset")
    elif (text := read_text(path)) != article.text:
        yield Problem(article.id, "text", "corpus-differs", f"{path} {_first_difference(text, article.text)}")
    entry = entries.get(article.id)
    if entry is None:
        message = f"{corpus / ARTICLES_FILE} has no line for it; build the dataset"
        yield Problem(article.id, "metadata", "corpus-missing", message)
        return
    for key, value in article_entry(raw.example).items():
        if entry.get(key) != value:
            message = f"{key} is {value!r}, {corpus / ARTICLES_FILE} says {entry.get(key)!r}; build the dataset"
            yield Problem(article.id, key, "corpus-differs", message)


def _first_difference(published: str, annotated: str) -> str:
    pairs = zip(published, annotated, strict=False)
    place = next((i for i, (one, other) in enumerate(pairs) if one != other), min(len(published), len(annotated)))
    return (
        f"differs from the annotated text from character {place}: {published[place : place + 20]!r} against "
        f"{annotated[place : place + 20]!r}; restore the text that was annotated"
    )


def _check_doubles(raws: Sequence[RawExample]) -> list[Problem]:
    first: dict[str, RawExample] = {}
    problems = []
    for raw in raws:
        other = first.setdefault(raw.example.article.id, raw)
        if other is raw:
            continue
        code = "id-duplicate" if other.split == raw.split else "article-duplicate"
        message = f"{_where(raw)} holds the article of {_where(other)}; keep one"
        problems.append(Problem(raw.example.article.id, "id", code, message))
    return problems


def _check_copies(raws: Sequence[RawExample]) -> Iterator[Problem]:
    # It computes with numpy, which nothing else here does.
    from evalkit.dataset.leakage.copies import copies_across_splits

    for copy in copies_across_splits(raws):
        message = f"{copy}; keep both in one split, or one of them"
        yield Problem(copy.article_id, "text", "split-copy", message)


def _where(raw: RawExample) -> str:
    return raw.claims.where or raw.example.article.id


def _check_file_names(raws: Sequence[RawExample]) -> list[Problem]:
    problems = []
    for raw in raws:
        stem = Path(raw.claims.where.rpartition("[")[0] or raw.claims.where.rpartition(":")[0]).stem
        if stem != raw.example.article.id:
            message = f"the article is in a file named {stem!r}; rename the file or the article"
            problems.append(Problem(raw.example.article.id, "id", "file-name", message))
    return problems


def _format_problem(error: FormatError) -> Problem:
    """Messages of the readers begin with their place, `path:line: ` or `path: `."""
    where, colon, message = str(error).partition(": ")
    return Problem(where if colon else "", "line", "format", message or str(error))


def _counts(raws: Sequence[RawExample]) -> dict[str, int]:
    counts = {"articles": len(raws)}
    for layer in all_layers():
        annotated = [items for raw in raws if (items := layer.of(raw.example.settled)) is not None]
        if annotated or layer.always_stated:
            counts[layer.name] = sum(map(len, annotated))
    if readings := sum(counted_readings(raw.example for raw in raws).values()):
        counts["readings"] = readings
        beside = counted(held_readings(raw.example for raw in raws))
        counts |= {f"{name}{OF_READINGS}": number for name, number in sorted(beside.items()) if number}
    return counts
