"""What a CAS says of its document: which article it is, whose annotations they are, and what else is known of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from evalkit.formats.uima.type_names import METADATA, METADATA_FIELD

if TYPE_CHECKING:
    from cassis.typesystem import FeatureStructure

__all__ = ["CURATOR", "JSON_FIELDS", "Origin", "document_name", "metadata_of", "origin_of"]

CURATOR = "CURATION_USER"
"""Whose annotations are the gold in a project of INCEpTION."""

JSON_FIELDS = ("zones", "scope")
"""What is kept of an article as JSON."""

_UNSAID = ("", "x-unspecified", "x-undefined")
_ENDINGS = (".txt", ".xmi", ".json", ".zip", ".tsv", ".html", ".pdf", ".xml", ".conll", ".conllu")


class Origin(NamedTuple):
    """Which document a CAS is of, and who annotated it; empty where it does not say."""

    document: str
    annotator: str


def document_name(file_name: str) -> str:
    """What a document is called whose source was a file of such a name."""
    ending = PurePosixPath(file_name).suffix.lower()
    return file_name[: -len(ending)] if ending in _ENDINGS and len(file_name) > len(ending) else file_name


def origin_of(members: Iterable[FeatureStructure]) -> Origin:
    """What `DocumentMetaData` says.

    INCEpTION writes the name of the document as its title, and who annotated as its id; others write the id as the id.
    """
    meta = next((one for one in members if one.type.name == METADATA), None)
    if meta is None:
        return Origin("", "")
    title, known, place, collection = (
        str(meta[name] or "") for name in ("documentTitle", "documentId", "documentUri", "collectionId")
    )
    if not title or not known:
        return Origin(document_name(title or known), "")
    same = document_name(title) in (document_name(known), document_name(PurePosixPath(known).name))
    if not same and (place or collection):
        return Origin(document_name(title), known)
    return Origin(document_name(title) if same else known, "")


def metadata_of(members: Iterable[FeatureStructure]) -> Mapping[str, Any]:
    """What is known of the article: its language, its title if that is not its name, and fields by key."""
    said: dict[str, Any] = {}
    for one in members:
        if one.type.get_feature("language") is not None and (language := one["language"]) not in (None, *_UNSAID):
            said["lang"] = str(language)
        if one.type.name == METADATA and not one["documentUri"] and not one["collectionId"]:
            title, known = str(one["documentTitle"] or ""), str(one["documentId"] or "")
            if title and known and document_name(title) != document_name(known):
                said["title"] = title
        if one.type.name == METADATA_FIELD and one["key"]:
            said[str(one["key"])] = str(one["value"] or "")
    for name in JSON_FIELDS:
        if name in said:
            value = _json(said[name])
            if value is None:
                # Somebody else's field of that name.
                said[f"{name} (as text)"] = said.pop(name)
            else:
                said[name] = value
    return said


def _json(text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, (list, dict)) else None
