"""A public corpus as a dataset folder of one's own: fetched, checked, converted, with card, labels and splits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.dataset.catalogue.entry import Entry
from evalkit.dataset.catalogue.fetch import fetch_corpus, shown_licence
from evalkit.dataset.catalogue.table import find_entry
from evalkit.dataset.gold import as_stored
from evalkit.dataset.labels import LABELS_FILE
from evalkit.dataset.loading.load import splits_of
from evalkit.dataset.loading.sources import Place
from evalkit.dataset.making.build import write_dataset
from evalkit.dataset.making.manifest import lost_files
from evalkit.dataset.making.store import split_files
from evalkit.errors import OutputError
from evalkit.files import json_bytes, path_of, read_json
from evalkit.formats.native.canonical import canonical_example
from evalkit.options import ReadOptions
from evalkit.shapes import checked, fields, number, text
from evalkit.showing import shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["ObtainedDataset", "get_dataset"]

ORIGIN_FILE = "corpus.json"
"""What a folder says of the corpus that it was made of."""

_ORIGIN = fields({"version": number(1, 1), "name": text, "commit": text})


@dataclass(frozen=True, kw_only=True)
class ObtainedDataset:
    """A public corpus in a folder.

    Attributes:
        name: of the corpus.
        path: the dataset folder.
        articles: split → how many articles are there.
        licence: its name, with what it forbids.
        cite: the publication to be cited, in one line.
        bibtex: the same as BibTeX.
        is_new: whether it was made now; otherwise it was there already, and stayed as it is.
        notes: what is to be said about how it was read.
    """

    name: str
    path: Path
    articles: Mapping[str, int]
    licence: str
    cite: str
    bibtex: str
    is_new: bool
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """What was obtained as JSON values, without the articles."""
        said = {name: getattr(self, name) for name in ("name", "licence", "cite", "bibtex", "is_new")}
        rest = {"path": str(self.path), "articles": dict(self.articles), "notes": list(self.notes)}
        return {"format": "evalkit.obtained", "version": 1, **said, **rest}

    def to_pandas(self) -> DataFrame:
        """One row a split."""
        import pandas as pd

        return pd.DataFrame({"split": list(self.articles), "articles": list(self.articles.values())})

    _repr_html_ = shown_html


def get_dataset(
    name: str, out: str | Path | None = None, *, copy: str | Path | None = None, download: bool = True
) -> ObtainedDataset:
    """A public corpus of the catalogue as a dataset folder; one that is there already stays as it is.

    Args:
        name: of the corpus, see `list_datasets`.
        out: the dataset folder; one that is called like the corpus by default.
        copy: a folder that holds the files of the corpus, under their paths in its repository or all in one folder;
            nothing is fetched then.
        download: whether what is not here yet may be fetched.

    Raises:
        UnknownNameError: there is no such corpus.
        InputError: it cannot be fetched, or is not what the catalogue knows.
        OutputError: the folder holds something else, or cannot be written.
    """
    entry = find_entry(name)
    folder = path_of(name if out is None else out, "out must be the path of a folder")
    if _is_there(entry, folder):
        articles = {split: len(files) for split, files in split_files(folder).items()}
        return _obtained(entry, folder, articles, is_new=False)
    source = None if copy is None else path_of(copy, "copy must be the path of a folder")
    corpus = fetch_corpus(entry, copy=source, may_download=download)
    splits = splits_of(Place(kind="catalogue", name=name, location=str(corpus)), ReadOptions())
    written = [replace(gold, examples=tuple(map(canonical_example, as_stored(gold)))) for gold in splits]
    labels = corpus / LABELS_FILE if entry.labels else None
    origin = {"format": "evalkit.corpus", "version": 1, "name": entry.name, "commit": entry.commit}
    marker = {ORIGIN_FILE: json_bytes({**origin, "address": entry.address}).decode()}
    write_dataset(written, folder, declared_in=corpus, labels=labels, beside=marker)
    articles = {gold.split: len(gold) for gold in splits}
    return _obtained(entry, folder, articles, is_new=True, notes=splits[0].notes)


def _obtained(
    entry: Entry, folder: Path, articles: Mapping[str, int], *, is_new: bool, notes: tuple[str, ...] = ()
) -> ObtainedDataset:
    return ObtainedDataset(
        name=entry.name,
        path=folder,
        articles=articles,
        licence=shown_licence(entry),
        cite=str(entry.cite),
        bibtex=entry.cite.bibtex,
        is_new=is_new,
        notes=notes,
    )


def _is_there(entry: Entry, folder: Path) -> bool:
    """Whether a folder holds the corpus.

    Raises:
        OutputError: it holds something else, or not all of it.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    path = folder / ORIGIN_FILE
    if not path.is_file():
        raise OutputError(f"{folder}: exists already and is not {entry.name}; name a new folder with --out")
    remedy = "delete the folder, or name a new one with --out"
    origin = checked(read_json(path), _ORIGIN, path, remedy)
    if (origin["name"], origin["commit"]) != (entry.name, entry.commit):
        raise OutputError(f"{folder}: holds {origin['name']} at {origin['commit'][:7]}; {remedy}")
    if lost := list(lost_files(folder, list(entry.articles))):
        raise OutputError(f"{lost[0]}; or {remedy}")
    return True
