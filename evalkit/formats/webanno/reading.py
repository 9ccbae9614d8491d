"""Files of WebAnno TSV as documents: one, or those of a folder, such as a project that INCEpTION exports."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from evalkit.errors import FormatError
from evalkit.files import read_text
from evalkit.formats.base import Source
from evalkit.formats.standoff.document import Document, Documents
from evalkit.formats.standoff.layout import file_ids, inside, split_of_folder, visible_files
from evalkit.formats.webanno.annotations import annotated
from evalkit.formats.webanno.header import CHAIN, is_webanno
from evalkit.formats.webanno.rows import Table, tables_of
from evalkit.formats.webanno.text import USUAL, text_of
from evalkit.options import ReadOptions

__all__ = ["SUFFIX", "holds_webanno", "webanno_documents"]

SUFFIX = ".tsv"

_BEGINNING = 4096
_OF_DOCUMENTS = (".txt", ".xml", ".html", ".htm", ".pdf", ".xmi", ".tsv", ".json", ".conll", ".conllu", ".tcf", ".docx")
_CURATED, _CURATOR, _UNTOUCHED = "curation", "CURATION_USER", "INITIAL_CAS"
"""How INCEpTION calls the folder of what was agreed on, its file, and a document that nobody has annotated."""


class _Place(NamedTuple):
    """A file with what its name and its folders say: the article, whose annotations, whether they are agreed on.

    The only annotations that there are of an article are its gold, whoever made them.
    """

    path: Path
    id: str
    annotator: str = ""
    made_by: str = ""
    ground_truth: bool = False
    split: str | None = None


def holds_webanno(path: Path) -> bool:
    """Whether a file begins as one of WebAnno TSV."""
    try:
        with path.open("rb") as file:
            return is_webanno(file.read(_BEGINNING))
    except OSError:
        return False


def webanno_documents(source: Source, options: ReadOptions) -> Documents:
    """The documents of a file or of a folder. Offsets are proved by the text of every token."""
    notes: Counter[str] = Counter()
    problems: list[FormatError] = []
    documents: list[Document] = []
    for place in _places(source, notes):
        try:
            tables = list(tables_of(read_text(place.path), place.path))
        except FormatError as error:
            problems.append(error)
            continue
        for number, table in enumerate(tables, 1):
            name = place.id if len(tables) == 1 else f"{place.id}-{number}"
            documents.append(_document(table, place, name, notes, problems))
    return Documents(documents=tuple(documents), problems=tuple(problems), notes=+notes)


def _document(table: Table, place: _Place, name: str, notes: Counter[str], problems: list[FormatError]) -> Document:
    text = text_of(table.sentences, place.path)
    found = annotated(table, text, place.path)
    problems += [*table.problems, *text.problems, *found.problems]
    notes.update(found.notes)
    notes["lines that begin with # and are no part of the format, left out"] += table.comments
    if text.counting != USUAL:
        notes[f"documents whose offsets are counted in {text.counting.words}, not in {USUAL.words}"] += 1
    shorts = {layer.short for layer in table.layers}
    chains = {layer.short.removesuffix("Link") for layer in table.layers if layer.kind == CHAIN}
    slots = {column.name for layer in table.layers for column in layer.columns if column.layer and column.name}
    return Document(
        id=name,
        text=text.text,
        marks=tuple(found.marks),
        links=tuple(found.links),
        annotator=place.annotator,
        article={"annotator": place.made_by} if place.made_by and not place.annotator else {},
        ground_truth=place.ground_truth,
        split=place.split,
        declared=frozenset(shorts | chains | slots),
        where=str(place.path),
    )


def _places(source: Source, notes: Counter[str]) -> list[_Place]:
    """The files to be read, each with the article that it is about.

    INCEpTION exports a folder for each document, called like it, with a file for each annotator.
    """
    if not source.path.is_dir():
        return [_Place(source.path, source.name or source.path.stem)]
    root = source.path
    every = visible_files(root, (SUFFIX,))
    files = [file for file in every if holds_webanno(file)]
    notes["files left aside, which are no WebAnno TSV"] += len(every) - len(files)
    exported = [file for file in files if file.parent.suffix.lower() in _OF_DOCUMENTS]
    names = file_ids(root, [file for file in files if file not in exported])
    stems = Counter(folder.stem for folder in {Path(file.parent.name) for file in exported})
    several = Counter(file.parent.name for file in exported if file.stem != _UNTOUCHED)
    places = []
    for file in files:
        if file.stem == _UNTOUCHED:
            notes["documents as they were imported, left out as not annotated"] += 1
            continue
        split = split_of_folder(root, file)
        if file in names:
            places.append(_Place(file, names[file], split=split))
            continue
        agreed = file.stem == _CURATOR or _CURATED in inside(root, file).parts
        name = Path(file.parent.name)
        maker = "" if agreed else file.stem
        places.append(
            _Place(
                file,
                name.stem if stems[name.stem] == 1 else name.name,
                annotator=maker if several[name.name] > 1 else "",
                made_by=maker,
                ground_truth=agreed and several[name.name] > 1,
                split=split,
            )
        )
    return places
