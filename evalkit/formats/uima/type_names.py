"""The types of a CAS by their full names: which are structure of the text, and which somebody annotated.

A CAS holds tokens, sentences, syntax and metadata beside annotations. Every annotation type is a mark but for those
whose names begin with one of `STRUCTURE`; one of these is a mark only where an annotation refers to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

__all__ = [
    "ANNOTATION",
    "ANNOTATION_BASE",
    "CHAIN",
    "CHAIN_LINK",
    "DOCUMENT",
    "FEATURE_DEFINITION",
    "LABEL",
    "LAYER_DEFINITION",
    "METADATA",
    "METADATA_FIELD",
    "METADATA_TYPES",
    "NAMED_ENTITY",
    "SCORE",
    "full_name",
    "is_own",
    "is_structure",
    "short_names",
]

_DKPRO = "de.tudarmstadt.ukp.dkpro.core.api."

ANNOTATION_BASE = "uima.cas.AnnotationBase"
ANNOTATION = "uima.tcas.Annotation"
DOCUMENT = "uima.tcas.DocumentAnnotation"
METADATA = f"{_DKPRO}metadata.type.DocumentMetaData"
METADATA_FIELD = f"{_DKPRO}metadata.type.MetaDataStringField"
METADATA_TYPES = ("uima.", f"{_DKPRO}metadata.type.")
"""How the names of types begin that say something of the document."""

NAMED_ENTITY = f"{_DKPRO}ner.type.NamedEntity"
CHAIN = f"{_DKPRO}coref.type.CoreferenceChain"
CHAIN_LINK = f"{_DKPRO}coref.type.CoreferenceLink"
LAYER_DEFINITION = "de.tudarmstadt.ukp.clarin.webanno.api.type.LayerDefinition"
FEATURE_DEFINITION = "de.tudarmstadt.ukp.clarin.webanno.api.type.FeatureDefinition"

_OWN = "webanno.custom."
"""Where INCEpTION keeps the layers of a project."""

_WHOLE = f"{_OWN}document."
"""Where evalkit keeps marks without a place whose type has marks with one, too."""

LABEL = f"{_OWN}DocumentLabel"
"""What is said of the whole text, with `question` and `answer`: written by evalkit only."""

SCORE = "score"
"""The feature of a mark that says how sure a system is."""

STRUCTURE = (
    "uima.",
    *(
        _DKPRO + part
        for part in (
            "segmentation.",
            "lexmorph.",
            "syntax.",
            "metadata.",
            "transform.",
            "structure.",
            "anomaly.",
            "phonetics.",
            "featurepath.",
            "frequency.",
        )
    ),
    "de.tudarmstadt.ukp.clarin.",
    "de.tudarmstadt.ukp.inception.",
    "org.dkpro.core.api.xml.",
    "org.dkpro.core.api.pdf.",
    "org.dkpro.core.api.segmentation.",
)
"""How the names of types begin that say how a text is built, or what a tool keeps for itself."""

_BUILT_IN = ("uima.", "de.tudarmstadt.ukp.", "org.dkpro.", "org.apache.uima.")

_KNOWN = {name.rpartition(".")[2]: name for name in (NAMED_ENTITY, CHAIN_LINK)}
"""The built-in layers that evalkit writes, by their short names."""


def is_structure(name: str) -> bool:
    """Whether a type is no layer that somebody annotates for its own sake."""
    return name.startswith(STRUCTURE)


def is_own(name: str) -> bool:
    """Whether a type is a layer of the project, not one that INCEpTION or DKPro Core bring."""
    return not name.startswith(_BUILT_IN)


def full_name(short: str, *, placeless: bool = False) -> str:
    """The type that a mark is written as."""
    if "." in short:
        return short
    return _WHOLE + short if placeless else _KNOWN.get(short, _OWN + short)


def short_names(names: Iterable[str]) -> dict[str, str]:
    """What each type is called as the type of a mark: the last part of its name, or all of it if two end alike."""
    unique = sorted(set(names))
    last = Counter(name.rpartition(".")[2] for name in unique if not name.startswith(_WHOLE))
    return {name: name if last[short := name.rpartition(".")[2]] > 1 else short for name in unique}
