"""`croissant.json`: a dataset in the vocabulary of MLCommons Croissant 1.0, for catalogues and loaders of others.

It is made of the features that the card declares, so its record sets are the rows that `datasets` loads: one a split,
and one for each annotator's readings of a split. The fields of the responsible-AI extension (`rai:`) repeat what the
owner declared and what was counted.

Croissant has no word for a list that is not there: mlcroissant 1.1 reads a layer that is null as one item without
fields. So where articles of a split differ in what was annotated, there is a record set for each set of layers, with
its own files and without the layers that are null there; likewise for readings. Within a record set every layer is a
list. A key `*` (of metadata, or an annotator of that name) cannot be said in the paths that mlcroissant reads, where it
stands for every key; it is left out, and the description says so.

https://docs.mlcommons.org/croissant/docs/croissant-spec.html
https://docs.mlcommons.org/croissant/docs/croissant-rai-spec.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from evalkit.dataset.gold import GoldDataset, as_stored, settled_splits
from evalkit.dataset.loading.readings import counted_readings
from evalkit.dataset.making.declaration import Declaration
from evalkit.dataset.publishing.measured import Measurement
from evalkit.files import file_name_of
from evalkit.formats.native.rows import READINGS
from evalkit.harmless import clean_output, json_text
from evalkit.layers.table import layer_names
from evalkit.records import Example
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

_EVERY_KEY = "*"
"""What stands for every key in a path, in quotes, too."""

_NOTHING = "unannotated"
"""What articles are called in which no layer was annotated."""

_LEFT_OUT = "\n\nLeft out of the record sets, as no path can name it: {}."

_LICENCES = "https://choosealicense.com/licenses/"


def croissant_json(
    splits: Sequence[GoldDataset],
    features: Sequence[Mapping[str, Any]],
    declared: Declaration,
    measured: Mapping[str, Measurement],
) -> str:
    """The content of `croissant.json`.

    Args:
        splits: what is in the dataset, as its files say it: an only reading is no gold there.
        features: the declared features of a row, as the card has them.
        declared: what its owner says of it.
        measured: what was measured of it.
    """
    title = declared.title or splits[0].name
    sets = [own for gold in map(as_stored, splits) for own in _record_sets(gold, features)]
    counted = settled_splits(splits)
    unsaid = sorted({place for own in features for place in _unsaid(own)})
    about = f"{declared.about or title}{_LEFT_OUT.format(', '.join(unsaid)) if unsaid else ''}"
    table = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": title,
        "description": about,
        **_licence(declared.licence),
        "inLanguage": sorted({example.article.lang for gold in splits for example in gold} - {""}),
        **_responsible(counted, declared, measured),
        "distribution": [_file_set(own) for own in sets],
        "recordSet": [_record_set(own) for own in sets],
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


@dataclass(frozen=True)
class _Records:
    """Rows in which the same is stated.

    Attributes:
        name: of the record set.
        about: what is in it, in a sentence.
        includes: the patterns of its files.
        features: what its rows hold.
        inside: the keys of objects in which these features lie, but for the id.
    """

    name: str
    about: str
    includes: Sequence[str]
    features: Sequence[Mapping[str, Any]]
    inside: Sequence[str] = ()

    @property
    def files(self) -> str:
        """The name of its set of files."""
        return f"files-of-{self.name}"


def _record_sets(gold: GoldDataset, features: Sequence[Mapping[str, Any]]) -> Iterator[_Records]:
    """The articles of a split by what was annotated, and after them the readings of each annotator likewise."""
    layers, split = set(layer_names()), gold.split
    of_rows = [_sayable(one) for one in features if one["name"] != READINGS]
    stated = {example.article.id: frozenset(example.gold.layers) for example in gold}
    for said, ids in _alike(stated):
        parts = [one for one in of_rows if one["name"] not in layers or one["name"] in said]
        whole = len(ids) == len(stated)
        yield _Records(
            name=_plain_id(split if whole else "-".join([split, *_named(parts, layers)])),
            about=f"The articles of the split {split}{'' if whole else _with(_named(parts, layers))}.",
            includes=[f"{split}/*.json"] if whole else [_file(split, one) for one in ids],
            features=parts,
        )
    (own_id,) = (one for one in features if one["name"] == "id")
    for reader in next((one["struct"] for one in features if one["name"] == READINGS), ()):
        name = reader["name"]
        stated = {one.article.id: _stated(one, name) for one in gold if name in one.readings and name != _EVERY_KEY}
        for said, ids in _alike(stated):
            parts = [one for one in reader["struct"] if one["name"] in said]
            whole = len(ids) == len(stated)
            read = f"What {name} said of {number_of(len(ids), 'article')} of the split {split}"
            yield _Records(
                name=_plain_id("-".join([split, READINGS, name, *([] if whole else _named(parts, said))])),
                about=f"{read}{'' if whole else _with(_named(parts, layers))}.",
                includes=[_file(split, one) for one in ids],
                features=[own_id, *parts],
                inside=(READINGS, name),
            )


def _stated(example: Example, annotator: str) -> frozenset[str]:
    """The keys of a reading in a file that are not null."""
    own = example.readings[annotator]
    return frozenset({*own.layers, *(["scope"] if own.scope != example.gold.scope else [])})


def _alike(stated: Mapping[str, frozenset[str]]) -> list[tuple[frozenset[str], list[str]]]:
    """The articles in which the same is stated, by what that is."""
    groups: dict[frozenset[str], list[str]] = {}
    for article_id, said in sorted(stated.items()):
        groups.setdefault(said, []).append(article_id)
    return sorted(groups.items(), key=lambda group: sorted(group[0]))


def _named(parts: Sequence[Mapping[str, Any]], names: Collection[str]) -> list[str]:
    """Those features that have one of some names, in order; a word for none."""
    return [one["name"] for one in parts if one["name"] in names] or [_NOTHING]


def _with(names: Sequence[str]) -> str:
    return f", those with {', '.join(names)}" if names != [_NOTHING] else ", those that nobody annotated"


def _file(split: str, article_id: str) -> str:
    return f"{split}/{file_name_of(article_id, '.json')}"


def _unsaid(feature: Mapping[str, Any]) -> Iterator[str]:
    """The places of keys in a feature that no path can name."""
    for part in feature.get("struct", ()):
        if part["name"] == _EVERY_KEY:
            yield f"{_EVERY_KEY!r} of {feature['name']}"


def _sayable(feature: Mapping[str, Any]) -> Mapping[str, Any]:
    """The feature without the keys that no path can name."""
    if not any(_unsaid(feature)):
        return feature
    return {**feature, "struct": [part for part in feature["struct"] if part["name"] != _EVERY_KEY]}


def _file_set(own: _Records) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": own.files,
        "name": own.files,
        "encodingFormat": "application/json",
        "includes": list(own.includes),
    }


def _record_set(own: _Records) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": own.name,
        "name": own.name,
        "description": own.about,
        "key": {"@id": f"{own.name}/id"},
        "field": [_field(_inside(own.name, one["name"]), one, _source(own, one["name"])) for one in own.features],
    }


def _source(own: _Records, key: str) -> _Source:
    """Where the value of a feature is in a row."""
    if not own.inside or key == "id":
        return _Source(own.files, key)
    first, *others = [*own.inside, key]
    return _Source(own.files, first, others)


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
    return f"{place}/{_plain_id(name)}"


def _plain_id(name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_.-]", "_", name)
    return plain if plain == name else f"{plain}-{sha256(name.encode('utf-8', 'replace')).hexdigest()[:8]}"


def _step(name: str) -> str:
    """A key in a path. One that is no plain word is quoted; mlcroissant's paths know no escapes but of the quote."""
    if re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) and name not in ("parent", "where"):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


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
