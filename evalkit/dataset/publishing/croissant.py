"""`croissant.json`: a dataset in the vocabulary of MLCommons Croissant 1.0, for catalogues and loaders of others.

It is made of the features that the card declares, so its record sets are the rows that `datasets` loads: one a split,
and one of the readings where several annotators read articles of it. The fields of the responsible-AI extension
(`rai:`) repeat what the owner declared and what was counted.

https://docs.mlcommons.org/croissant/docs/croissant-spec.html
https://docs.mlcommons.org/croissant/docs/croissant-rai-spec.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from evalkit.dataset.declaration import Declaration
from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.publishing.measured import Measurement
from evalkit.dataset.readings import counted_readings
from evalkit.files import file_name_of
from evalkit.formats.native.rows import READINGS
from evalkit.harmless import clean_output, json_text
from evalkit.showing import number_of

__all__ = ["CROISSANT_FILE", "croissant_json"]

CROISSANT_FILE = "croissant.json"

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "arrayShape": "cr:arrayShape",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}

_TYPES = {
    "string": "sc:Text",
    "date32": "sc:Date",
    "int32": "sc:Integer",
    "int64": "sc:Integer",
    "float32": "sc:Float",
    "float64": "sc:Float",
    "bool": "sc:Boolean",
}
"""What a declared feature is called there."""

_LICENCES = "https://choosealicense.com/licenses/"


def croissant_json(
    splits: Sequence[GoldDataset],
    features: Sequence[Mapping[str, Any]],
    declared: Declaration,
    measured: Mapping[str, Measurement],
) -> str:
    """The content of `croissant.json`.

    Args:
        splits: what is in the dataset.
        features: the declared features of a row, as the card has them.
        declared: what its owner says of it.
        measured: what was measured of it.
    """
    title = declared.title or splits[0].name
    of_readings = [one for one in features if one["name"] == READINGS]
    of_rows = [one for one in features if one["name"] != READINGS]
    files, records = [], []
    for gold in splits:
        files.append(_file_set(gold.split, [f"{gold.split}/*.json"]))
        records.append(_record_set(gold.split, gold.split, f"The articles of the split {gold.split}.", of_rows))
        read = [example.article.id for example in gold if example.readings]
        if read:
            # Its own set of files: where a key is left out, Croissant has no record.
            name = f"{gold.split}-{READINGS}"
            about = f"What each annotator said of {number_of(len(read), 'article')} of the split {gold.split}."
            ids = [one for one in features if one["name"] == "id"]
            files.append(_file_set(name, [f"{gold.split}/{file_name_of(own, '.json')}" for own in read]))
            records.append(_record_set(name, name, about, [*ids, *of_readings]))
    table = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": title,
        "description": declared.about or title,
        **_licence(declared.licence),
        "inLanguage": sorted({example.article.lang for gold in splits for example in gold} - {""}),
        **_responsible(splits, declared, measured),
        "distribution": files,
        "recordSet": records,
    }
    shown = {key: value for key, value in table.items() if value or value == 0}
    return clean_output(json_text(json.dumps(shown, ensure_ascii=False, indent=2)) + "\n")


def _licence(declared: str) -> dict[str, str]:
    """An identifier of the hub as an address that says what it is, anything else as it is."""
    if not declared:
        return {}
    known = all(letter.isalnum() or letter in ".+-" for letter in declared) and declared == declared.lower()
    return {"license": f"{_LICENCES}{declared}/" if known else declared}


def _responsible(
    splits: Sequence[GoldDataset], declared: Declaration, measured: Mapping[str, Measurement]
) -> dict[str, Any]:
    """The fields of the responsible-AI extension: what was declared and counted."""
    examples = [example for gold in splits for example in gold]
    readers = counted_readings(examples)
    several = [example for example in examples if example.readings]
    figures = [
        f"{name}: {own.about or figure}: {own.value:.4g}"
        for name, one in measured.items()
        if not one.changed(splits)
        for figure, own in one.figures.items()
        if own.value is not None
    ]
    told = [f"{name}: {declared.readers[name]}" for name in readers if name in declared.readers]
    counted = [f"{name} read {number_of(number, 'article')}" for name, number in readers.items()]
    per_item = f"{number_of(len(several), 'article')} of {len(examples)} have readings of several annotators"
    return {
        "rai:dataCollection": declared.source,
        "rai:dataAnnotationProtocol": [text for text in (declared.annotators, declared.guidelines) if text],
        "rai:dataAnnotationAnalysis": figures,
        "rai:annotationsPerItem": f"{per_item}: {', '.join(counted)}" if several else "",
        "rai:annotatorDemographics": told,
        "rai:dataLimitations": list(declared.limits),
    }


def _file_set(name: str, includes: Sequence[str]) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": f"files-of-{name}",
        "name": f"files-of-{name}",
        "encodingFormat": "application/json",
        "includes": list(includes),
    }


def _record_set(name: str, files: str, about: str, features: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": about,
        "key": {"@id": f"{name}/id"},
        "field": [
            _field(_inside(name, own["name"]), own, _Source(f"files-of-{files}", own["name"])) for own in features
        ],
    }


class _Source:
    """Where the value of a field is: a key of the row, and from there the keys of objects inside it."""

    def __init__(self, files: str, key: str, inside: Sequence[str] = ()) -> None:
        self.files, self.key, self.inside = files, key, tuple(inside)

    def to(self, name: str) -> _Source:
        """Where the value under a key of an object is."""
        return _Source(self.files, self.key, (*self.inside, name))

    def to_json(self) -> dict[str, Any]:
        """As Croissant says it: what is extracted of a file, and what is taken of that."""
        own: dict[str, Any] = {"fileSet": {"@id": self.files}, "extract": {"jsonPath": f"$[*].{_step(self.key)}"}}
        if self.inside:
            own["transform"] = [{"jsonPath": _step(name)} for name in self.inside]
        return own


def _inside(place: str, name: str) -> str:
    """The id of a field, which must not hold white space: a name that has odd characters gives way to its hash."""
    plain = re.sub(r"[^A-Za-z0-9_.-]", "_", name)
    return f"{place}/{plain}" if plain == name else f"{place}/{plain}-{sha256(name.encode()).hexdigest()[:8]}"


def _step(name: str) -> str:
    """A key in a path; one that is no plain word is quoted."""
    return name if name.isidentifier() else json.dumps(name)


def _field(place: str, feature: Mapping[str, Any], source: _Source) -> dict[str, Any]:
    # What holds other fields has a source, too: mlcroissant 1.1 reads nothing for the fields inside otherwise.
    own: dict[str, Any] = {"@type": "cr:Field", "@id": place, "name": place, "source": source.to_json()}
    kind, depth = _kind(feature)
    if isinstance(kind, str):
        own["dataType"] = _TYPES[kind]
    else:
        own["subField"] = [_field(_inside(place, part["name"]), part, source.to(part["name"])) for part in kind]
    if depth:
        own |= {"isArray": True, "arrayShape": ",".join(["-1"] * depth)}
    return own


def _kind(feature: Mapping[str, Any]) -> tuple[Any, int]:
    """The type of a feature, or the features inside it, and how many lists it lies in."""
    depth = 0
    kind: Any = feature
    while isinstance(kind, Mapping):
        if "list" in kind:
            kind, depth = kind["list"], depth + 1
        else:
            kind = kind.get("dtype", kind.get("struct"))
    return kind, depth
