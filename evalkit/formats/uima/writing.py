"""Documents as CASes, in XMI with their type system beside, or in JSON with it inside."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.errors import FormatError
from evalkit.files import file_name_of, write_staged
from evalkit.formats.safe_xml import not_in_xml
from evalkit.formats.standoff.document import Document
from evalkit.formats.standoff.file_stems import file_stem_of
from evalkit.formats.uima.cas_types import ANY, CasTypes, cas_types
from evalkit.formats.uima.files import TYPE_SYSTEM
from evalkit.formats.uima.metadata import CURATOR, JSON_FIELDS
from evalkit.formats.uima.type_names import LABEL, LAYER_DEFINITION, METADATA, METADATA_FIELD, SCORE, full_name
from evalkit.options import ReadOptions
from evalkit.showing import number_of

if TYPE_CHECKING:
    from cassis import Cas

__all__ = ["write_json", "write_xmi"]

_YEAR = (1980, 1, 1, 0, 0, 0)
"""The date of every file in an archive: the same input gives the same bytes."""


def write_xmi(documents: Sequence[Document], target: Path, options: ReadOptions) -> None:
    """Writes a folder, or an archive if `target` ends in `.zip`: an XMI file for each document and their types.

    Raises:
        FormatError: a text has a character that XML cannot hold, or `target` is to be a single XMI file.
    """
    if target.suffix == ".xmi":
        raise FormatError(f"{target.name}: an XMI file needs a {TYPE_SYSTEM} beside it; name a folder, or a .zip")
    for document in documents:
        _refuse_not_in_xml(document)
    types = cas_types(documents)
    files = {TYPE_SYSTEM: str(types.system.to_xml()).encode()}
    for name, document in _named(documents, ".xmi").items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            files[name] = str(_cas(document, types).to_xmi(pretty_print=True)).encode()
    if target.suffix == ".zip":
        write_staged(target, _archive(files))
        return
    for name, content in files.items():
        write_staged(target / name, content)


def write_json(documents: Sequence[Document], target: Path, options: ReadOptions) -> None:
    """Writes a JSON file for each document into a folder, or the one document into a file if `target` ends in `.json`.

    Raises:
        FormatError: `target` is to be one file of several documents.
    """
    files = _named(documents, ".json")
    if target.suffix == ".json" and len(files) != 1:
        articles = len({document.id for document in documents})
        held = number_of(len(files), "reading") if articles == 1 else number_of(articles, "article")
        raise FormatError(f"{target.name}: one CAS holds one reading of one article, not {held}; name a folder")
    contents = {}
    for name, document in files.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            contents[name] = str(_cas(document, cas_types([document])).to_json(pretty_print=True)).encode()
    for name, content in contents.items():
        write_staged(target if target.suffix == ".json" else target / name, content + b"\n")


def _named(documents: Sequence[Document], ending: str) -> dict[str, Document]:
    """The file of each document. Readings of several annotators lie as INCEpTION lays them out in a project.

    There a file is the gold or somebody's reading, so that a reading which is the gold has two.
    """
    documents = [own for one in documents for own in _apart(one)]
    several = any(number > 1 for number in Counter(document.id for document in documents).values())
    readings = several or any(document.annotator for document in documents)
    with_splits = len({document.split for document in documents}) > 1
    files: dict[str, Document] = {}
    for document in documents:
        name = f"{file_stem_of(document.id)}{ending}"
        if readings:
            curated = document.ground_truth or not document.annotator
            who = CURATOR if curated else file_stem_of(document.annotator, "annotator")
            name = f"{'curation' if curated else 'annotation'}/{file_stem_of(document.id)}/{who}{ending}"
        if with_splits and document.split is not None:
            name = f"{file_name_of(document.split, '')}/{name}"
        if name in files:
            raise FormatError(
                f"article {document.id!r} is there twice, by {document.annotator or 'the same annotator'}"
            )
        files[name] = document
    return files


def _apart(document: Document) -> list[Document]:
    """The gold and the reading that a document is."""
    if not (document.annotator and document.ground_truth):
        return [document]
    return [replace(document, annotator=""), replace(document, ground_truth=False)]


def _cas(document: Document, types: CasTypes) -> Cas:
    from cassis import Cas

    system = types.system
    cas = Cas(typesystem=system)
    cas.sofa_string, cas.sofa_mime = document.text, "text/plain"
    end = len(document.text)

    def add(kind: str, /, **values: Any) -> Any:
        one = system.get_type(kind)(**values)
        cas.add(one)
        return one

    add(
        METADATA,
        begin=0,
        end=end,
        documentId=document.id,
        documentTitle=document.id,
        language=document.article.get("lang") or "x-unspecified",
    )
    for key, value in _fields(document):
        add(METADATA_FIELD, begin=0, end=end, key=key, value=value)
    for name in _layers(document, types):
        add(LAYER_DEFINITION, name=name, uiName=name.rpartition(".")[2])
    for question, answers in document.labels.items():
        for answer in answers:
            add(LABEL, question=question, answer=answer)
    marks = {}
    strings = system.get_type("uima.cas.StringArray")

    def values_of(features: Any) -> dict[str, Any]:
        said = {f"{name}_" if name in ("self", "type") else name: value for name, value in features.items()}
        return {
            name: value if isinstance(value, str) else strings(elements=list(value)) for name, value in said.items()
        }

    for mark in document.marks:
        values = values_of(mark.features)
        if mark.score is not None:
            values[SCORE] = float(mark.score)
        if len(mark.spans) > 1:
            raise FormatError(
                f"article {document.id!r}: {mark.type} {mark.id} has several spans, which UIMA cannot hold"
            )
        for span in mark.spans:
            values |= {"begin": span.start, "end": span.end}
        marks[mark.id] = add(types.type_of(mark), **values)
    array = system.get_type("uima.cas.FSArray")
    by_id = {mark.id: mark for mark in document.marks}
    for link in document.links:
        source, target = marks[link.source], marks[link.target]
        if types.is_relation(link, by_id[link.source], by_id[link.target]):
            place = {"begin": target.begin, "end": target.end}
            add(types.relations[link.type], **place, Governor=source, Dependent=target, **values_of(link.features))
            continue
        slot = types.slots[source.type.name, link.type]
        there = source[slot[0]] or array(elements=[])
        there.elements.append(system.get_type(slot[1])(role=link.type, target=target, **values_of(link.features)))
        source[slot[0]] = there
    return cas


def _fields(document: Document) -> Iterator[tuple[str, str]]:
    """What is known of the article, as text by key."""
    for key, value in document.article.items():
        if key in JSON_FIELDS:
            yield key, json.dumps(value, ensure_ascii=False, sort_keys=True)
        elif key != "lang" and value not in (None, ""):
            yield key, str(value)


def _layers(document: Document, types: CasTypes) -> list[str]:
    """The layers that could have been used in a document, by the names of their types."""
    used = {types.type_of(mark) for mark in document.marks}
    used |= {types.relations.get(name, full_name(name)) for name in document.declared if name != ANY}
    used |= {types.relations[link.type] for link in document.links if link.type in types.relations}
    # A document without any layer says so too, as other documents of the folder have types that it has not.
    return sorted(used) or [METADATA]


def _refuse_not_in_xml(document: Document) -> None:
    texts = [document.id, document.annotator, document.text, *(value for _, value in _fields(document))]
    texts += [answer for question, answers in document.labels.items() for answer in (question, *answers)]
    for features in (*(mark.features for mark in document.marks), *(link.features for link in document.links)):
        texts += [one for value in features.values() for one in ([value] if isinstance(value, str) else value)]
    texts += [link.type for link in document.links]
    for text in texts:
        if (place := not_in_xml(text)) >= 0:
            raise FormatError(
                f"article {document.id!r}: the character {text[place]!r} at {place} of {text[:20]!r} cannot stand in "
                "XML; write --to casjson, which holds every character"
            )


def _archive(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, one in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, _YEAR), one, zipfile.ZIP_DEFLATED)
    return content.getvalue()
