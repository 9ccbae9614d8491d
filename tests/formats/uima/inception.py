"""A small document as INCEpTION exports it in XMI and in JSON: invented text, invented people, the tool's own shape.

The text has an emoji, so every offset after it is one more in UTF-16 than in code points.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

TEXT = "😀 Ida Moen left Ruun. “Never,” said Moen."
# UTF-16:  0 2 3        12   16       24     32

DKPRO = "de.tudarmstadt.ukp.dkpro.core.api"


def _type(kind: str, parent: str, features: dict[str, str]) -> str:
    described = "".join(
        f"<featureDescription><name>{key}</name><description/><rangeTypeName>{value.split('|')[0]}</rangeTypeName>"
        + (f"<elementType>{value.split('|')[1]}</elementType>" if "|" in value else "")
        + "</featureDescription>"
        for key, value in features.items()
    )
    return (
        f"<typeDescription><name>{kind}</name><description/><supertypeName>{parent}</supertypeName>"
        f"<features>{described}</features></typeDescription>"
    )


STRING, ANNOTATION = "uima.cas.String", "uima.tcas.Annotation"

TYPES: dict[str, tuple[str, dict[str, str]]] = {
    f"{DKPRO}.metadata.type.DocumentMetaData": (
        "uima.tcas.DocumentAnnotation",
        {
            **dict.fromkeys(("documentTitle", "documentId", "documentUri", "collectionId", "documentBaseUri"), STRING),
            "isLastSegment": "uima.cas.Boolean",
        },
    ),
    f"{DKPRO}.segmentation.type.Token": (ANNOTATION, {"id": STRING, "order": "uima.cas.Integer"}),
    f"{DKPRO}.segmentation.type.Sentence": (ANNOTATION, {"id": STRING}),
    f"{DKPRO}.ner.type.NamedEntity": (ANNOTATION, {"value": STRING, "identifier": STRING}),
    f"{DKPRO}.coref.type.CoreferenceLink": (
        ANNOTATION,
        {"next": f"{DKPRO}.coref.type.CoreferenceLink", "referenceType": STRING, "referenceRelation": STRING},
    ),
    f"{DKPRO}.coref.type.CoreferenceChain": (
        "uima.cas.AnnotationBase",
        {"first": f"{DKPRO}.coref.type.CoreferenceLink"},
    ),
    "webanno.custom.QuoteSpeakerLink": ("uima.cas.TOP", {"role": STRING, "target": f"{DKPRO}.ner.type.NamedEntity"}),
    "webanno.custom.Quote": (
        ANNOTATION,
        {"kind": STRING, "tags": "uima.cas.StringArray", "speaker": "uima.cas.FSArray|webanno.custom.QuoteSpeakerLink"},
    ),
    "webanno.custom.Relation": (
        ANNOTATION,
        {"Dependent": ANNOTATION, "Governor": ANNOTATION, "label": STRING},
    ),
    "webanno.custom.Topic": ("uima.cas.AnnotationBase", {"value": STRING}),
    "webanno.custom.Doubt": (
        ANNOTATION,
        {"about": ANNOTATION, "degree": "uima.cas.Double", "sure": "uima.cas.Boolean"},
    ),
    "de.tudarmstadt.ukp.clarin.webanno.api.type.LayerDefinition": ("uima.cas.TOP", {"name": STRING, "uiName": STRING}),
}

TYPE_SYSTEM = (
    '<?xml version="1.0" encoding="UTF-8"?><typeSystemDescription xmlns="http://uima.apache.org/resourceSpecifier">'
    f"<types>{''.join(_type(name, parent, features) for name, (parent, features) in TYPES.items())}</types>"
    "</typeSystemDescription>"
)

MEMBERS = (8, 10, 11, 12, 20, 21, 22, 30, 31, 40, 41, 42, 43, 50, 51, 52, 60, 61)

STRUCTURES: tuple[tuple[int, str, dict[str, Any]], ...] = (
    (10, f"{DKPRO}.segmentation.type.Sentence", {"begin": 0, "end": 22}),
    (11, f"{DKPRO}.segmentation.type.Token", {"begin": 3, "end": 6, "order": 0}),
    (12, f"{DKPRO}.segmentation.type.Token", {"begin": 7, "end": 11, "order": 0}),
    (20, f"{DKPRO}.ner.type.NamedEntity", {"begin": 3, "end": 11, "value": "PER", "identifier": "http://kb/Q1"}),
    (21, f"{DKPRO}.ner.type.NamedEntity", {"begin": 17, "end": 21, "value": "LOC"}),
    (22, f"{DKPRO}.ner.type.NamedEntity", {"begin": 37, "end": 41, "value": "PER"}),
    (30, "webanno.custom.Quote", {"begin": 24, "end": 30, "kind": "direct", "tags": ["a b", "c"], "speaker": [70, 71]}),
    (31, "webanno.custom.Relation", {"begin": 17, "end": 21, "Governor": 20, "Dependent": 21, "label": "left"}),
    (40, f"{DKPRO}.coref.type.CoreferenceChain", {"first": 41}),
    (41, f"{DKPRO}.coref.type.CoreferenceLink", {"begin": 3, "end": 11, "next": 42, "referenceRelation": "same"}),
    (42, f"{DKPRO}.coref.type.CoreferenceLink", {"begin": 37, "end": 41, "referenceType": "short"}),
    (43, "webanno.custom.Doubt", {"begin": 24, "end": 30, "about": 20, "degree": 0.5, "sure": True}),
    (50, "webanno.custom.Topic", {"value": "departures"}),
    (51, "webanno.custom.Doubt", {"begin": 12, "end": 12}),
    (52, "webanno.custom.Doubt", {"begin": 12, "end": 16, "about": 12}),
    (60, "de.tudarmstadt.ukp.clarin.webanno.api.type.LayerDefinition", {"name": "webanno.custom.Quote", "uiName": "Q"}),
    (61, "de.tudarmstadt.ukp.clarin.webanno.api.type.LayerDefinition", {"name": f"{DKPRO}.ner.type.NamedEntity"}),
    (70, "webanno.custom.QuoteSpeakerLink", {"role": "main", "target": 22}),
    (71, "webanno.custom.QuoteSpeakerLink", {"target": 20}),
)

REFERENCES = ("speaker", "Governor", "Dependent", "first", "next", "about", "target")


def _metadata(owner: str) -> dict[str, Any]:
    return {
        "begin": 0,
        "end": 42,
        "language": "en",
        "documentTitle": "ruun.txt",
        "documentId": owner,
        "documentUri": "project/ruun.txt",
        "collectionId": "project",
        "documentBaseUri": "project",
        "isLastSegment": False,
    }


def structures(owner: str = "anna") -> list[tuple[int, str, dict[str, Any]]]:
    return [(8, f"{DKPRO}.metadata.type.DocumentMetaData", _metadata(owner)), *STRUCTURES]


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").replace("\r", "&#13;")


def xmi(owner: str = "anna", *, text: str = TEXT) -> str:
    """The document in XMI."""
    prefixes: dict[str, str] = {}
    elements = []
    for known, name, features in structures(owner):
        package, _, short = name.rpartition(".")
        prefix = prefixes.setdefault(package, f"type{len(prefixes)}")
        place = "" if name.endswith(("Definition", "SpeakerLink")) else ' sofa="1"'
        attributes, inner = "", ""
        for key, value in features.items():
            if key == "tags":
                inner = "".join(f"<tags>{_escaped(one)}</tags>" for one in value)
            else:
                shown = " ".join(map(str, value)) if isinstance(value, list) else str(value)
                shown = shown.lower() if isinstance(value, bool) else shown
                attributes += f' {key}="{_escaped(shown)}"'
        elements.append(f'<{prefix}:{short} xmi:id="{known}"{place}{attributes}>{inner}</{prefix}:{short}>')
    spaces = " ".join(
        f'xmlns:{prefix}="http:///{package.replace(".", "/")}.ecore"' for package, prefix in prefixes.items()
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><xmi:XMI xmlns:xmi="http://www.omg.org/XMI" '
        f'xmlns:cas="http:///uima/cas.ecore" {spaces} xmi:version="2.0"><cas:NULL xmi:id="0"/>{"".join(elements)}'
        f'<cas:Sofa xmi:id="1" sofaNum="1" sofaID="_InitialView" mimeType="text" sofaString="{_escaped(text)}"/>'
        f'<cas:View sofa="1" members="{" ".join(map(str, MEMBERS))}"/></xmi:XMI>'
    )


def json_cas(owner: str = "anna", *, text: str = TEXT) -> dict[str, Any]:
    """The document in JSON CAS 0.4."""
    types: dict[str, Any] = {}
    for name, (parent, features) in TYPES.items():
        types[name] = {"%NAME": name, "%SUPER_TYPE": parent}
        for key, kind in features.items():
            value = kind.split("|")[1] + "[]" if "|" in kind else kind
            types[name][key] = {"%NAME": key, "%RANGE": value.replace("uima.cas.StringArray", "uima.cas.String[]")}
    sofa = {"sofaNum": 1, "sofaID": "_InitialView", "mimeType": "text", "sofaString": text}
    listed: list[dict[str, Any]] = [{"%ID": 1, "%TYPE": "uima.cas.Sofa", **sofa}]
    arrays = 100
    for known, name, features in structures(owner):
        one: dict[str, Any] = {"%ID": known, "%TYPE": name}
        if not name.endswith(("Definition", "SpeakerLink")):
            one["@sofa"] = 1
        for key, value in features.items():
            if isinstance(value, list):
                arrays += 1
                kind = "uima.cas.StringArray" if key == "tags" else "webanno.custom.QuoteSpeakerLink[]"
                listed.append({"%ID": arrays, "%TYPE": kind, "%ELEMENTS": list(value)})
                one[f"@{key}"] = arrays
            else:
                one[f"@{key}" if key in REFERENCES else key] = value
        listed.append(one)
    views = {"_InitialView": {"%SOFA": 1, "%MEMBERS": list(MEMBERS)}}
    return {"%TYPES": types, "%FEATURE_STRUCTURES": listed, "%VIEWS": views}


def write_xmi(folder: Path, name: str = "ruun.xmi", owner: str = "anna") -> Path:
    """The document in a folder, its type system beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "TypeSystem.xml").write_text(TYPE_SYSTEM, encoding="utf-8")
    (folder / name).write_text(xmi(owner), encoding="utf-8")
    return folder / name


def write_zip(path: Path, owner: str = "anna") -> Path:
    """The document as it is downloaded."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("TypeSystem.xml", TYPE_SYSTEM)
        archive.writestr(f"{owner}.xmi", xmi(owner))
    return path


def write_json(path: Path, owner: str = "anna") -> Path:
    """The document in JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(json_cas(owner), ensure_ascii=False, indent=1), encoding="utf-8")
    return path
