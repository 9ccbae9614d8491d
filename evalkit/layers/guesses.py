"""What annotation projects call the items of our layers, their parts and their labels: for guesses that people mend.

Names are folded: in lower case, without blanks, `_`, `-`, `.` and a plural s. No reader relies on them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from evalkit.layers.base import Layer

__all__ = ["THING_LINKS", "folded_name", "guessed_field", "guessed_label", "is_called_like", "is_syntax"]

_ITEMS: Mapping[str, tuple[str, ...]] = {
    "entity": ("referent", "markable", "namedentity", "entitymention", "mention", "ner", "ne"),
    "quote": (
        "utterance",
        "quotation",
        "attribution",
        "statement",
        "speech",
        "quotespan",
        "directquote",
        "reportedspeech",
        "content",
    ),
    "stance": ("opinion", "sentiment", "attitude", "directsubjective", "expressivesubjectivity", "argument"),
}
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "content": ("quote", "quotation", "statement", "contentspan", "said", "quotespan"),
    "cue": ("verb", "cuespan", "reportingverb", "reporting", "trigger", "signal", "cueword", "introducer"),
    "speaker": (
        "source",
        "speakerspan",
        "holder",
        "author",
        "saidby",
        "spokenby",
        "by",
        "attributedto",
        "sourcespan",
        "say",
    ),
    "evidence": ("expression", "opinionexpression", "span", "text", "reason"),
    "holder": ("source", "opinionholder", "agent", "subject", "attitudeholder", "stanceholder", "opinionsource"),
    "target": ("aspect", "topic", "object", "opiniontarget", "stancetarget", "about", "toward", "issue"),
    "link": ("identifier", "identity", "kbid", "qid", "wikidata", "wikidataid", "uri", "wikiid", "kb"),
    "kind": ("quotetype", "type", "quotekind", "directness", "quotationtype"),
    "label": (
        "value",
        "entity",
        "entitytype",
        "type",
        "tag",
        "class",
        "nertag",
        "stance",
        "polarity",
        "sentiment",
        "attitude",
    ),
    "entity_id": ("eid", "cluster", "clusterid", "chain", "chainid", "corefid", "coref", "referent"),
    "score": ("confidence", "probability", "prob"),
}
_LABELS: Mapping[str, tuple[str, ...]] = {
    "direct": ("directquote", "directspeech", "dir"),
    "indirect": ("indirectquote", "indirectspeech", "reported", "ind"),
    "mixed": ("mixedquote", "mix", "partial", "quasi"),
    "favor": ("favour", "positive", "pos", "pro", "support", "for", "agree", "infavor", "infavour"),
    "against": ("negative", "neg", "con", "oppose", "attack", "disagree", "contra", "criticize", "criticise"),
    "neutral": ("neu", "none", "objective", "neither"),
}
THING_LINKS = ("coreference", "coref", "corefchain", "identity", "sameas", "same", "equiv")
"""What links are called that join mentions of one thing."""
_SYNTAX = re.compile(
    r"(token|word|sentence|paragraph|lemma|pos|xpos|upos|dependency|deprel|root|chunk|stem|morph\w*|documentmetadata|"
    r"tagdescription|document|section|title|heading|feat\w*|spaceafter|div|tagsetdescription)"
)


def folded_name(name: str) -> str:
    """A name as guesses compare it."""
    return re.sub(r"[\s_.:-]+", "", name).casefold().removesuffix("s")


def is_called_like(layer: Layer[Any], name: str) -> bool:
    """Whether a type of marks has a name that projects give the items of a layer."""
    folded = folded_name(name)
    return folded == layer.one or folded in _ITEMS.get(layer.one, ())


def guessed_field(name: str, fields: Mapping[str, Any] | tuple[str, ...]) -> str | None:
    """The field that a link, a role or a feature of this name is likely to hold; None if there is none."""
    folded = folded_name(name)
    exact = [one for one in fields if folded == folded_name(one)]
    return next(iter(exact + [one for one in fields if folded in _FIELDS.get(one, ())]), None)


def guessed_label(layer: Layer[Any], label: str) -> str | None:
    """The label of a layer with fixed labels that a label of others is likely to mean; None if there is none."""
    folded = folded_name(label)
    exact = [one for one in layer.labels or () if folded == one]
    return next(iter(exact + [one for one in layer.labels or () if folded in _LABELS.get(one, ())]), None)


def is_syntax(name: str) -> bool:
    """Whether a type of marks has a name of the analysis of language, which is of no layer of ours."""
    return _SYNTAX.fullmatch(folded_name(name)) is not None
