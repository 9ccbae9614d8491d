"""The one door through which annotations come in: a place, or files of any format, become a `Batch`.

A place is our dataset folder, a public corpus of the catalogue, whatever `datasets` reads (a hub id, a folder of
Parquet …), or a file or folder in a format, which is named or found by looking into it. The same door serves gold and
predictions.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from evalkit.dataset.catalogue.table import corpus_names, find_entry, is_corpus
from evalkit.dataset.labels import LABELS_FILE
from evalkit.dataset.loading.archives import Unpacked, is_archive, stem_of, unpack
from evalkit.dataset.loading.hub import HUB_ID, read_hub
from evalkit.dataset.loading.readings import joined, of_annotator
from evalkit.dataset.loading.row_folders import (
    ALL,
    CARD,
    ROW_ENDINGS,
    row_folder,
    saved_splits,
    split_of_name,
    the_split,
)
from evalkit.dataset.making.manifest import MANIFEST_FILE, lost_article, lost_files, read_manifest
from evalkit.dataset.making.store import BUNDLED_NAME, bundled_gold, dataset_name, split_files
from evalkit.errors import EvalkitError, FormatError, InputError, one_line
from evalkit.files import is_standard_input, path_of, refuse_irregular
from evalkit.folders import finish_changes
from evalkit.formats.base import Batch, Claims, Format, Source, merged
from evalkit.formats.native.format import batch_of_rows, read_native
from evalkit.formats.standoff.document import Documents
from evalkit.formats.table import (
    FORMATS,
    NATIVE,
    SURE,
    format_of_file,
    format_of_folder,
    head_of,
    load_format,
    loadable_formats,
)
from evalkit.options import ReadOptions
from evalkit.records import Example, Prediction
from evalkit.registry import near_match

__all__ = [
    "ALL",
    "FolderFiles",
    "Place",
    "RawExample",
    "check_settings",
    "check_target",
    "documents_of",
    "find_place",
    "folder_files",
    "raw_examples",
    "read_place",
]

_MAGIC = 6
"""How many bytes of an archive say of which kind it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawExample:
    """One example of a batch.

    Attributes:
        example: the article and its gold.
        split: the split that its folder or row names.
        claims: what its file says about it besides.
    """

    example: Example
    split: str | None
    claims: Claims


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where annotations are.

    Attributes:
        kind: `folder` (our layout), `catalogue` (a public corpus), `rows` (files of rows, by split), `saved` (what
            `save_to_disk` wrote), `hub` (whatever `datasets` can read), or the name of a format.
        name: how the dataset is called in signatures.
        location: the path, or the hub id.
        format: the format of the files; None for the first five kinds.
        unpacked: what was in it, if it is an archive.
    """

    kind: str
    name: str
    location: str
    format: Format | None = None
    unpacked: Unpacked | None = None

    @property
    def path(self) -> Path:
        """The file or folder that is read."""
        return Path(self.location) if self.unpacked is None else self.unpacked.path

    @property
    def folder(self) -> Path | None:
        """The folder that may hold a `labels.toml`; None for a dataset of the hub, and for standard input."""
        path = self.path
        if (self.kind == "hub" and not path.is_dir()) or is_standard_input(path):
            return None
        folder = path if path.is_dir() else path.parent
        if self.unpacked is not None and not (folder / LABELS_FILE).exists():
            return self.unpacked.archive.parent
        return folder


def find_place(
    source: str | Path | None,
    format_name: str | None = None,
    *,
    profile: str | Path | None = None,
    download: bool | None = None,
) -> Place:
    """What a source stands for: a bundled name, a path, a public corpus or a hub id.

    Args:
        source: None for the bundled gold.
        format_name: the format of the files; None looks into them.
        profile: how marks map to layers; one may say the format of the files that it is for.
        download: whether a public corpus that is not here yet may be fetched; None asks whether somebody is at a
            terminal, see `fetch_corpus`.

    Raises:
        InputError: there is no such path (a near match beside it is named), its format cannot be told, or a corpus
            cannot be fetched.
        UnknownNameError: there is no such format.
    """
    told = None if format_name is None else load_format(format_name)
    if source is None or str(source) == BUNDLED_NAME:
        if told is not None:
            raise InputError(f"format {format_name!r} is that of a file or folder; say which (the gold, or --dataset)")
        finish_changes(bundled_gold())
        return Place(kind="folder", name=BUNDLED_NAME, location=str(_existing(bundled_gold())))
    if not str(source).strip():
        raise InputError("the path of the dataset is empty; is a variable not set?")
    path = path_of(source, "a dataset must be a path or a name")
    if is_standard_input(path):
        found = told or _of_profile(profile) or format_of_file(path)
        return Place(kind=found.name, name="stdin", location=str(path), format=found)
    if not path.exists():
        if is_corpus(str(source)):
            return _corpus(str(source), told, download)
        hub_id = isinstance(source, str) and HUB_ID.fullmatch(source) and not path.parent.is_dir()
        if hub_id and told is None and path.suffix not in _suffixes():
            return Place(kind="hub", name=str(source).partition("@")[0].split("/")[-1], location=str(source))
        return Place(kind="folder", name="", location=str(_existing(path)))
    refuse_irregular(path)
    if not path.is_dir():
        if is_archive(path) and not _is_read_by_a_format(path):
            return _in_archive(path, format_name, profile)
        found = told or _of_profile(profile) or format_of_file(path)
        return Place(kind=found.name, name=path.stem, location=str(path), format=found)
    finish_changes(path)
    name = dataset_name(path)
    if told is None and (kind := _layout(path)) is not None and (kind != "rows" or _of_profile(profile) is None):
        return Place(kind=kind, name=name, location=str(path))
    found_format = told or _of_profile(profile) or format_of_folder(path)
    if found_format is None:
        return Place(kind="hub" if row_folder(path) is None else "rows", name=name, location=str(path))
    return Place(kind=found_format.name, name=name, location=str(path), format=found_format)


def _check_rows(folder: Path) -> None:
    """Refuses a folder in which are no rows: `datasets` would look at each file for long, and say something else.

    Raises:
        InputError: it holds no file of rows, and no card that says where they are.
    """
    if (folder / CARD).is_file():
        return
    files = [path for path in folder.rglob("*") if path.is_file() and not _is_hidden(path.relative_to(folder))]
    endings = Counter(path.suffix.lower() for path in files)
    if endings.keys().isdisjoint(ROW_ENDINGS):
        some = ", ".join(f"{n} {ending or 'without an ending'}" for ending, n in sorted(endings.items())[:5])
        raise InputError(
            f"{folder}: holds no annotations: no file in it is in a format that evalkit knows "
            f"({some or 'it is empty'}); check the path, or name the format"
        )


def _is_read_by_a_format(archive: Path) -> bool:
    """Whether a tool's own format is an archive of this kind, whose members are no files in a format."""
    # What follows is what was packed, if it was not compressed: it would look like its own format.
    head = head_of(archive)[:_MAGIC]
    return any(form.certainty(archive, head) >= SURE for form in loadable_formats().values())


def _in_archive(archive: Path, format_name: str | None, profile: str | Path | None) -> Place:
    unpacked = unpack(archive)
    try:
        inside = find_place(unpacked.path, format_name, profile=profile)
    except EvalkitError as error:
        raise unpacked.renamed(error) from error
    return replace(inside, name=stem_of(archive), location=str(archive), unpacked=unpacked)


def _of_profile(profile: str | Path | None) -> Format | None:
    """The format that a profile says it is for; None if it says none."""
    if profile is None:
        return None
    from evalkit.formats.standoff.profile import load_profile

    name = load_profile(profile).format
    return load_format(name) if name else None


def _corpus(name: str, told: Format | None, download: bool | None) -> Place:
    # It speaks HTTP, which takes time to import.
    from evalkit.dataset.catalogue.fetch import fetch_corpus

    if told is not None:
        raise InputError(
            f"{name} is a public corpus, read as its entry says; leave out the format, or name that of the predictions "
            "alone (--predicted-format)"
        )
    return Place(kind="catalogue", name=name, location=str(fetch_corpus(find_entry(name), may_download=download)))


def _layout(folder: Path) -> str | None:
    """What the files of a folder that have no format of their own say of it by their names."""
    if saved_splits(folder) is not None:
        return "saved"
    files = split_files(folder)
    by_name = row_folder(folder) if set(files) == {"data"} else None
    is_built = os.path.lexists(folder / MANIFEST_FILE)
    if not files or (not is_built and _is_of_tool(next(iter(files.values()))[0])):
        return "folder" if is_built else None
    return "folder" if by_name is None or None in by_name.files else "rows"


def _is_of_tool(file: Path) -> bool:
    """Whether a JSON file is surely in another form than ours, such as a CAS that lies in a folder for its split."""
    try:
        return format_of_file(file).name != NATIVE
    except EvalkitError:
        # It is said better where it is read.
        return False


def _suffixes() -> set[str]:
    """Endings that no hub id has."""
    return {suffix for name in FORMATS.table for suffix in load_format(name).suffixes}


def _existing(path: Path) -> Path:
    if path.exists():
        return path
    beside = sorted(child.name for child in path.parent.iterdir()) if path.parent.is_dir() else []
    near = near_match(path.name, beside)
    corpus = None if near or len(path.parts) > 1 else near_match(path.name, corpus_names())
    hint = f"; did you mean {corpus or str(path.parent / str(near))!r}?" if near or corpus else "; check the path"
    raise InputError(f"dataset {str(path)!r} does not exist{hint}")


def check_settings(read: ReadOptions, *places: Place) -> None:
    """Refuses settings that no format of these places has, and a profile if none of them has marks to be mapped.

    Raises:
        InputError: names the setting, and a near match or the format that it belongs to.
    """
    rows = load_format(NATIVE)
    read_as = " and ".join(dict.fromkeys(f"{one.location} is read as {_kind(one)}" for one in places))
    _check_options(read, [place.format or rows for place in places], read_as)


def check_target(form: Format | None, options: ReadOptions, written_as: str) -> None:
    """Refuses settings and a profile that the format which is to be written does not have.

    Args:
        form: the format; None for a dataset folder.
        options: its profile and its settings.
        written_as: begins the message.

    Raises:
        InputError: as for `check_settings`.
    """
    _check_options(options, [] if form is None else [form], written_as)


def _check_options(options: ReadOptions, forms: Sequence[Format], used_as: str) -> None:
    if options.profile is not None:
        from evalkit.formats.standoff.profile import load_profile

        load_profile(options.profile)
        if not any(form.profile for form in forms):
            mapped = " or ".join(name for name, form in loadable_formats().items() if form.profile)
            raise InputError(
                f"{used_as}, which has no marks that a profile could map; leave it out, or name a format ({mapped})"
            )
    settings = {setting for form in forms for setting in form.options}
    for setting in options.values:
        if setting in settings:
            continue
        owners = [name for name, form in loadable_formats().items() if setting in form.options]
        if owners:
            raise InputError(
                f"{used_as}, but --{setting.replace('_', '-')} goes with --format {' or '.join(owners)}; add it"
            )
        near = near_match(setting, settings)
        hint = f"did you mean {near!r}?" if near else f"its settings: {', '.join(sorted(settings)) or 'none'}"
        raise InputError(f"{used_as}, which has no setting {setting!r}; {hint}")


def _kind(place: Place) -> str:
    return _KINDS.get(place.kind, place.kind)


_KINDS = {
    "catalogue": "a public corpus",
    "folder": "a dataset folder",
    "hub": "a dataset of the hub",
    "rows": "a folder of rows",
    "saved": "a dataset that was saved to disk",
}


def read_place(
    place: Place,
    read: ReadOptions | None = None,
    *,
    split: str = ALL,
    predicted: bool = False,
    beside: Path | None = None,
) -> Batch:
    """What is in a place, in the order of its files; what could not be read is in `problems`.

    Args:
        place: from `find_place`.
        read: settings of the format (those of others are left aside, see `check_settings`); the annotator whose
            readings are the gold, if one is named. Otherwise nothing is decided (`evalkit.dataset.loading.readings`).
        split: the split to read, `all` for everything; a file whose rows name no split is read whole.
        predicted: read predictions, not gold.
        beside: the gold file or folder of the same format, for predictions; files of two folders belong together that
            are called alike.

    Raises:
        UnknownNameError: there is no such split or annotator; the known ones are listed.
        InputError: something cannot be read at all.
    """
    read = read or ReadOptions()
    with _naming(place):
        batch = _read_place(place, read, split=split, predicted=predicted, beside=beside)
    if place.unpacked is None:
        return batch
    named = place.unpacked.named
    return replace(
        batch,
        claims=tuple(replace(claim, where=named(claim.where)) for claim in batch.claims),
        notes={named(what): number for what, number in batch.notes.items()},
        problems=tuple(map(place.unpacked.renamed, batch.problems)),
    )


@contextmanager
def _naming(place: Place) -> Iterator[None]:
    """Errors about what is in an archive name the archive, and not where it was unpacked."""
    try:
        yield
    except EvalkitError as error:
        if place.unpacked is not None:
            place.unpacked.renamed(error)
        raise


def _read_place(place: Place, read: ReadOptions, *, split: str, predicted: bool, beside: Path | None) -> Batch:
    if place.format is not None:
        batch = _read_files(place, place.format, Source(path=place.path, predicted=predicted, beside=beside), read)
        return _of_split(_named_reading(batch, read, place, predicted=predicted), split)
    if place.kind == "catalogue":
        from evalkit.dataset.catalogue.reading import read_corpus

        batch = _of_split(read_corpus(find_entry(place.name), place.path, split), split)
    elif place.kind == "folder":
        batch = _read_folder(place.path, split, predicted=predicted, offsets=read.offsets)
    elif place.kind in ("rows", "saved"):
        batch = _read_rows(place, read, split, predicted=predicted)
    else:
        batch = _read_from_hub(place, split, predicted=predicted)
    return _named_reading(batch, read, place, predicted=predicted)


def _named_reading(batch: Batch, read: ReadOptions, place: Place, *, predicted: bool) -> Batch:
    """The batch with the reading of a named annotator as gold; of predictions only where it has any of theirs."""
    batch, name = joined(batch), read.annotator
    if name is None or (predicted and not any(name in example.readings for example in batch.examples)):
        return batch
    return of_annotator(batch, name, place.location)


def _read_from_hub(place: Place, split: str, *, predicted: bool) -> Batch:
    if place.path.is_dir():
        _check_rows(place.path)
    by_split = read_hub(str(place.path) if place.unpacked else place.location, split=None if split == ALL else split)
    return merged(
        [
            batch_of_rows(
                ((f"{place.location}[{name}][{i}]", row) for i, row in enumerate(rows)),
                predicted=predicted,
                split=name,
                unnamed=f"{name}-",
            )
            for name, rows in by_split.items()
        ]
    )


class FolderFiles(NamedTuple):
    """The annotation files of a dataset folder that are asked for.

    Attributes:
        files: each with its split.
        built: the names without ending of those that the last build wrote, by split.
        lost: what is to be said of those that are gone.
    """

    files: tuple[tuple[str, Path], ...]
    built: Mapping[str, frozenset[str]]
    lost: tuple[FormatError, ...]

    def is_lost(self, split: str, path: Path, ids: Collection[str]) -> bool:
        """Whether a file no longer holds the article that a build put there."""
        return path.stem in self.built.get(split, ()) and path.stem not in ids


def folder_files(folder: Path, split: str) -> FolderFiles:
    """The files of one split of a dataset folder, or of all.

    Raises:
        InputError: there are none.
        UnknownNameError: there is no such split.
    """
    files, built = split_files(folder), read_manifest(folder)
    names = list(dict.fromkeys([*files, *built]))
    if not names:
        raise InputError(f"{folder}: holds no annotated article (SPLIT/ID.json); build it with evalkit dataset build")
    wanted = names if split == ALL else [the_split(split, names)]
    return FolderFiles(
        files=tuple((name, path) for name in wanted for path in files.get(name, ())),
        built={name: frozenset(own) for name, own in built.items()},
        lost=tuple(lost_files(folder, wanted)),
    )


def _read_folder(folder: Path, split: str, *, predicted: bool, offsets: str | None) -> Batch:
    found = folder_files(folder, split)
    batches = [Batch(problems=found.lost)]
    for name, path in found.files:
        batch = read_native(path, split=name, predicted=predicted, offsets=offsets)
        ids = {one.article.id for one in batch.examples} | {one.article_id for one in batch.predictions or ()}
        if not batch.problems and found.is_lost(name, path, ids):
            batch = Batch(problems=(lost_article(path, ids),))
        batches.append(batch)
    return merged(batches)


def _read_rows(place: Place, read: ReadOptions, split: str, *, predicted: bool) -> Batch:
    """The files of rows in a folder, each in its own format, with the splits that their names say."""
    folder = place.path
    found = row_folder(folder)
    files, aside = saved_splits(folder), list[Path]()
    if place.kind == "rows" and found is not None:
        files, aside = found
    if not files:
        raise InputError(f"{folder}: holds no file with rows; check the path")
    names = [name for name in files if name is not None]
    wanted = list(files) if split == ALL or not names else [the_split(split, names)]
    batches = []
    for name in wanted:
        for path in files[name]:
            form = format_of_file(path)
            source = Source(path=path, predicted=predicted, folder=folder)
            batch = _read_one(replace(place, kind=form.name, format=form), form, source, read)
            batches.append(batch if name is None else replace(batch, splits=(name,) * len(batch.examples)))
    if aside:
        some = ", ".join(path.name for path in aside[:3]) + (" …" if len(aside) > 3 else "")
        batches.append(Batch(notes={f"files left aside, their names say no split ({some})": len(aside)}))
    return merged(batches)


def documents_of(place: Place, read: ReadOptions) -> tuple[Documents, ...]:
    """The documents in the files of an annotation tool, before a profile says what their marks mean.

    Raises:
        InputError: the place is read in a format without marks; names those that have some.
    """
    form = place.format
    if form is None or form.documents is None:
        mapped = " or ".join(name for name, one in loadable_formats().items() if one.documents)
        raise InputError(
            f"{place.location}: is read as {_kind(place)}, which needs no profile; if that is wrong, name the format "
            f"with --format {mapped}"
        )
    path = place.path
    with _naming(place):
        if not path.is_dir() or form.certainty(path, b"") > 0:
            return (form.documents(Source(path=path), read),)
        files = _files(form, path)
        if not files:
            raise InputError(f"{path}: holds no file that ends in {' or '.join(form.suffixes)}; check the path")
        names = _file_names(files)
        sources = (Source(path=path / file, folder=path, name=names[file]) for file in files)
        return tuple(form.documents(source, read) for source in sources)


def _read_files(place: Place, form: Format, source: Source, read: ReadOptions) -> Batch:
    path = source.path
    if not path.is_dir() or form.certainty(path, b"") > 0:
        return _read_one(place, form, source, read)
    files = _files(form, path)
    if not files:
        raise InputError(f"{path}: holds no file that ends in {' or '.join(form.suffixes)}; check the path")
    gold = source.beside if source.beside is not None and source.beside.is_dir() else None
    gold_files = [] if gold is None else _files(form, gold)
    names = _file_names({*files, *gold_files})
    batches = {
        file: _read_one(
            place,
            form,
            replace(
                source,
                path=path / file,
                folder=path,
                name=names[file],
                beside=None if gold is None or file not in gold_files else gold / file,
            ),
            read,
        )
        for file in files
    }
    if gold is not None and any(batch.examples and batch.predictions is not None for batch in batches.values()):
        # They were laid on the gold file by file: what only one side has is gold, or predicted, alone.
        batches.update({file: _predictions_only(batches[file]) for file in files if file not in gold_files})
        for file in gold_files:
            if file not in batches:
                alone = Source(path=gold / file, folder=gold, name=names[file])
                batches[file] = _read_one(place, form, alone, read)
    return merged([_in_split(form, batch, file) for file, batch in sorted(batches.items())])


def _files(form: Format, folder: Path) -> list[Path]:
    """The files of a format in a folder, from there: those with its endings, else all, if one looks like it.

    Files of text that have no ending of the format are only asked for by somebody who named the format.
    """
    # What is hidden says something about the folder, or was left behind by somebody who was killed.
    every = sorted(file for file in folder.rglob("*") if file.is_file() and not _is_hidden(file.relative_to(folder)))
    files = [file for file in every if file.suffix in form.suffixes]
    if not files:
        shown = [file for file in every if not _is_beside(file)]
        files = shown if any(form.certainty(file, head_of(file)) > 0 for file in shown) else []
    return [file.relative_to(folder) for file in files]


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _is_beside(file: Path) -> bool:
    """Whether a file says something about a dataset, and so holds no article."""
    return file.suffix in (".md", ".toml") or file.stem.upper() in ("README", "LICENSE", "LICENCE")


def _file_names(files: Collection[Path]) -> dict[Path, str]:
    """What tells each file from the others: its name without ending, with its folders if another is called so."""
    stems = Counter(file.stem for file in files)
    return {file: file.stem if stems[file.stem] == 1 else "-".join(file.with_suffix("").parts) for file in files}


def _predictions_only(batch: Batch) -> Batch:
    predictions = tuple(
        Prediction(article_id=example.article.id, annotations=example.gold) for example in batch.examples
    )
    return replace(batch, examples=(), claims=(), predictions=predictions)


def _read_one(place: Place, form: Format, source: Source, read: ReadOptions) -> Batch:
    if form.read is None:
        raise InputError(f"{source.path}: format {place.kind!r} is only written, not read")
    try:
        batch = form.read(source, read)
    except FormatError as error:
        return Batch(problems=(error,))
    except (EvalkitError, KeyboardInterrupt):
        raise
    except BaseException as error:
        if place.kind in FORMATS.table:
            raise
        # Other people's code: what it stumbles over is most likely in the file.
        reason = f"{type(error).__name__}: {one_line(error)[:200]}"
        return Batch(problems=(FormatError(f"{source.path}: format {place.kind!r} cannot read it ({reason})"),))
    if not isinstance(batch, Batch):
        raise EvalkitError(f"format {place.kind!r} read {source.path} as {type(batch).__name__}, not as a Batch")
    return batch


def _in_split(form: Format, batch: Batch, file: Path) -> Batch:
    """Files in a sub-folder are of the split that it is called after, unless they say so themselves."""
    named = split_of_name(file.stem) if form.of_rows else None
    if (not file.parent.name and named is None) or any(batch.splits):
        return batch
    return replace(batch, splits=(named or file.parent.name,) * len(batch.examples))


def _of_split(batch: Batch, split: str) -> Batch:
    names = {name for name in batch.splits if name is not None}
    if split == ALL or not names:
        return batch
    split = the_split(split, names)
    kept = [number for number, name in enumerate(batch.splits) if name == split]
    others = {example.article.id for example in batch.examples} - {batch.examples[n].article.id for n in kept}
    return replace(
        batch,
        examples=tuple(batch.examples[number] for number in kept),
        claims=tuple(batch.claims[number] for number in kept) if batch.claims else (),
        splits=(split,) * len(kept),
        predictions=batch.predictions and tuple(one for one in batch.predictions if one.article_id not in others),
    )


def raw_examples(batch: Batch, on_error: Callable[[FormatError], None] | None = None) -> list[RawExample]:
    """The examples of a batch, each with what its file claims about it.

    Args:
        batch: what was read.
        on_error: is told of each thing that could not be read; without it the first one is raised.

    Raises:
        FormatError: something could not be read, and nobody is there to be told.
    """
    for problem in batch.problems:
        if on_error is None:
            raise problem
        on_error(problem)
    number = len(batch.examples)
    splits = batch.splits or (None,) * number
    claims = batch.claims or (Claims(),) * number
    return [
        RawExample(example=example, split=split, claims=claim)
        for example, split, claim in zip(batch.examples, splits, claims, strict=True)
    ]
