"""Stances: what a holder thinks of a target."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from evalkit.layers.base import Fault, Layer, surface, unknown_reference
from evalkit.layers.entities import entity_ids
from evalkit.records import AUTHOR, STANCE_LABELS, TOPIC_PREFIX, Annotations, Example, Stance

__all__ = ["STANCES", "folded_topic", "topic_names"]

_TONES = {"favor": "good", "against": "bad", "neutral": "unsure"}
_TOPIC = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def _problems(stances: Sequence[Stance], annotations: Annotations) -> Iterator[Fault]:
    """Holders and targets that nothing is, as far as entities were annotated; no evidence, unless none was marked."""
    things = entity_ids(annotations)
    parts = annotations.scope.of_layer("stances").parts
    for index, stance in enumerate(stances):
        if stance.holder != AUTHOR and things is not None and stance.holder not in things:
            yield unknown_reference(index, "holder", stance.holder, "entity_id", things)
        if stance.target.startswith(TOPIC_PREFIX):
            if not _TOPIC.fullmatch(stance.target.removeprefix(TOPIC_PREFIX)):
                message = f"target {stance.target!r} is not {TOPIC_PREFIX}words-with-hyphens in lower case; rename it"
                yield Fault(index, "topic-form", message)
        elif things is not None and stance.target not in things:
            yield unknown_reference(index, "target", stance.target, "entity_id", things)
        if not stance.evidence and (parts is None or "evidence" in parts):
            message = "the stance has no evidence; name what shows it, or leave evidence out of the scope's parts"
            yield Fault(index, "evidence-missing", message)
    yield from _alias_problems(stances)


def _alias_problems(stances: Sequence[Stance]) -> Iterator[Fault]:
    """Other names that cannot be told from another topic of the holder, or are no names of a topic."""
    topics = {stance.target for stance in stances if stance.target.startswith(TOPIC_PREFIX)}
    if len(set(map(folded_topic, topics))) == len(topics) and not any(stance.aliases for stance in stances):
        return
    by_name: dict[str, set[str]] = defaultdict(set)
    for target in topics:
        by_name[folded_topic(target)].add(target)
    for index, stance in enumerate(stances):
        if stance.aliases and not stance.target.startswith(TOPIC_PREFIX):
            message = f"target {stance.target!r} is an entity and has aliases; only a topic has, leave them out"
            yield Fault(index, "alias-of-entity", message)
        for alias in stance.aliases:
            if not _TOPIC.fullmatch(alias):
                message = f"alias {alias!r} is not words-with-hyphens in lower case, without {TOPIC_PREFIX}; rename it"
                yield Fault(index, "topic-form", message)
        others = {target for name in topic_names(stance) for target in by_name.get(name, ())}
        for other in sorted(others - {stance.target}):
            message = f"{stance.target!r} may be called {other!r}, which is another topic of this article"
            yield Fault(index, "alias-of-another", f"{message}; give each its own names")


def _is_nobody(name: str) -> bool:
    """Whether a holder or target is the author, or a topic, so that no entity need be there for it."""
    return name == AUTHOR or name.startswith(TOPIC_PREFIX)


def _also_called(stance: Stance, name: str) -> Stance:
    """The stance with an alias more, if the name is one of a topic and says something that the others do not."""
    alias = name.removeprefix(TOPIC_PREFIX)
    known = topic_names(stance)
    if not known or not _TOPIC.fullmatch(alias) or folded_topic(name) in known:
        return stance
    return replace(stance, aliases=tuple(sorted((*stance.aliases, alias))))


def topic_names(stance: Stance) -> frozenset[str]:
    """All that the topic of a stance may be called, folded; empty if its target is an entity."""
    if not stance.target.startswith(TOPIC_PREFIX):
        return frozenset()
    return frozenset(map(folded_topic, (stance.target, *stance.aliases)))


@lru_cache(maxsize=4096)
def folded_topic(name: str) -> str:
    """A name of a topic without what two people may write differently: case, number, hyphens and `topic:` apart.

    A word is taken for a plural if it ends in `s` and not in `ss`, `us` or `is`; both sides are folded alike, so a
    word that is none does no harm.
    """
    words = re.split(r"[\W_]+", name.removeprefix(TOPIC_PREFIX).casefold())
    return "-".join(_singular(word) for word in words if word)


def _singular(word: str) -> str:
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    hissing = word.endswith(("shes", "ches", "xes", "sses")) or (word.endswith("oes") and len(word) > 5)
    return word[:-2] if hissing else word[:-1]


def _counts(examples: Sequence[Example]) -> Mapping[str, Mapping[str, int]]:
    stances = [stance for example in examples for stance in STANCES.of(example.gold) or ()]
    return {
        "size": {"articles without stance": sum(STANCES.of(example.gold) == () for example in examples)},
        "structure": {"stances with a quote": sum(stance.quote_id is not None for stance in stances)},
    }


def _says(stance: Stance, text: str) -> str:
    holder = "the author" if stance.holder == AUTHOR else stance.holder
    evidence = surface(text, stance.evidence)
    return f"{holder} → {stance.target}" + (f" ({evidence})" if evidence else "")


def _told(stance: Stance, text: str, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield _name(stance.holder, names), "name"
    yield " → ", ""
    yield _name(stance.target, names), "strong"
    yield f" {stance.label}", _TONES.get(stance.label, "strong")
    yield f"  {surface(text, stance.evidence)}", "faint"


def _name(thing: str, names: Mapping[str, str]) -> str:
    if thing == AUTHOR:
        return "the author"
    if thing.startswith(TOPIC_PREFIX):
        return thing.removeprefix(TOPIC_PREFIX).replace("-", " ")
    return names.get(thing, thing)


STANCES: Layer[Stance] = Layer(
    name="stances",
    one="stance",
    record=Stance,
    prefix="s",
    labels=STANCE_LABELS,
    label_code="stance-label-unknown",
    spans_field="evidence",
    needs_spans=False,
    same=("holder", "target"),
    always_stated=True,
    shows_text=False,
    refers={"quote_id": "quotes"},
    left_out=("aliases",),
    names={"holder": "holder", "target": "target"},
    nobody=_is_nobody,
    also_called=_also_called,
    problems=_problems,
    counts=_counts,
    says=_says,
    told=_told,
)
