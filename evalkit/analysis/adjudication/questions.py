"""What several readers said of articles, laid side by side: one question for each thing that somebody marked.

The items of a reader are matched to those of the readers before as the scorer matches (`differences.matching`), so a
question holds at most one item of each. Things have one name in all readings (`differences.naming`), and so have the
topics that matched items are about; the names that others gave a topic become other names of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from evalkit.analysis.differences.matching import Version, matched_items
from evalkit.analysis.differences.naming import common_names, free_names_alike, renamed_things
from evalkit.layers.base import Layer
from evalkit.layers.fields import NAMES, NUMBER, REQUIRED, SPANS
from evalkit.layers.table import all_layers
from evalkit.records import Annotations, Article, Example, Span
from evalkit.scoring.from_records import join_spans

__all__ = ["Proposal", "Question", "Reading", "common_item", "questions_of", "read_fields", "said_alike"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What some readers said alike.

    Attributes:
        item: the item; what only some of them gave, such as evidence, is of all who gave it.
        by: who said so.
    """

    item: Any
    by: tuple[str, ...]


@dataclass(slots=True)
class Question:
    """One thing that somebody marked.

    Attributes:
        article_id: the article.
        layer: the layer.
        name: the id that its item has in the gold.
        voters: who read the article for this layer.
        said: reader → what that reader marked, in common names.
    """

    article_id: str
    layer: str
    name: str
    voters: tuple[str, ...]
    said: dict[str, Any] = field(default_factory=dict)

    @property
    def silent(self) -> tuple[str, ...]:
        """Who marked nothing there."""
        return tuple(name for name in self.voters if name not in self.said)


@dataclass(slots=True)
class Reading:
    """The questions of one article, and what was said so far.

    Attributes:
        article: the article.
        layers: layer → its questions.
        said: all items so far in common names; what the next reader's names are compared with.
        dangling: references of readers to items that they do not have.
    """

    article: Article
    layers: dict[str, list[Question]] = field(default_factory=dict)
    said: Annotations = field(default_factory=Annotations)
    dangling: int = 0


Unread = Mapping[str, frozenset[str]]
"""Layer → fields that a reader never gave: no reader is asked for what his tool cannot hold."""


def read_fields(readings: Mapping[str, Sequence[Annotations]]) -> dict[str, Unread]:
    """For each reader the fields that none of his items has."""
    unread: dict[str, Unread] = {}
    for name, own in readings.items():
        by_layer = {}
        for layer in all_layers():
            items = [item for one in own for item in layer.of(one) or ()]
            optional = [one for one in layer.fields if one.absent is not REQUIRED and one.name != layer.spans_field]
            never = (one.name for one in optional if all(getattr(item, one.name) == one.absent for item in items))
            by_layer[layer.name] = frozenset(never if items else ())
        unread[name] = by_layer
    return unread


def questions_of(examples: Sequence[Example], readers: Sequence[str]) -> list[Reading]:
    """The questions of some articles, sorted by article id; the names of the first of the readers are kept.

    Args:
        examples: articles with readings.
        readers: all who read any of them, in the order in which they are laid side by side.
    """
    ordered = sorted(examples, key=lambda example: example.article.id)
    made = [Reading(example.article) for example in ordered]
    for reader in readers:
        here = [number for number, example in enumerate(ordered) if reader in example.readings]
        named = {}
        for number in here:
            own = ordered[number].readings[reader]
            named[number] = renamed_things(own, common_names(made[number].said, own))
        for layer in all_layers():
            those = [number for number in here if layer.of(named[number]) is not None]
            placed = add_items(layer, [made[number] for number in those], [named[number] for number in those], reader)
            for number, own in zip(those, placed, strict=True):
                named[number] = own
        for number in here:
            made[number].said = _together(made[number].said, named[number])
    for reading, example in zip(made, ordered, strict=True):
        _fill_lone_names(reading)
        _finish(reading, example, readers)
    return made


def add_items(
    layer: Layer[Any], readings: Sequence[Reading], annotations: Sequence[Annotations], reader: str
) -> list[Annotations]:
    """Adds what a reader marked in a layer of some articles to their questions; gives it back in common names."""
    taken: list[dict[int, Question]] = []
    versions = []
    for reading, own in zip(readings, annotations, strict=True):
        items, questions = layer.of(own) or (), reading.layers.setdefault(layer.name, [])
        same = _same_places(layer, questions, items)
        taken.append(same)
        left = [item for number, item in enumerate(items) if number not in same]
        used = set(map(id, same.values()))
        open_ones = [next(iter(one.said.values())) for one in questions if id(one) not in used]
        versions.append(
            Version(
                reading.article,
                reading.said.with_layers(**{layer.name: open_ones}),
                own.with_layers(**{layer.name: left}),
            )
        )
    result = []
    for reading, own, same, matches in zip(
        readings, annotations, taken, matched_items(layer.name, versions), strict=True
    ):
        items, questions = layer.of(own) or (), reading.layers[layer.name]
        used = set(map(id, same.values()))
        open_questions = [one for one in questions if id(one) not in used]
        left_numbers = [number for number in range(len(items)) if number not in same]
        found = same | {left_numbers[new]: open_questions[old] for old, new in matches}
        alike = _topics_alike(layer, items, found, questions)
        for number, item in enumerate(alike):
            question = found.get(number)
            if question is None:
                question = Question(reading.article.id, layer.name, "", ())
                questions.append(question)
            question.said[reader] = item
        result.append(own.with_layers(**{layer.name: alike}))
    return result


def _same_places(layer: Layer[Any], questions: Sequence[Question], items: Sequence[Any]) -> dict[int, Question]:
    """The items that are already said, all that is scored in them, and where: also by the second of two readers."""
    said: dict[Any, list[Question]] = {}
    for question in questions:
        for key in dict.fromkeys(_key(layer, item) for item in question.said.values()):
            said.setdefault(key, []).append(question)
    found: dict[int, Question] = {}
    used: set[int] = set()
    for number, item in enumerate(items):
        for question in said.get(_key(layer, item), ()):
            if id(question) not in used:
                used.add(id(question))
                found[number] = question
                break
    return found


def _key(layer: Layer[Any], item: Any) -> Any:
    ordered = layer.ordered(item)
    return tuple(getattr(ordered, name) for name in layer.decisive)


def _topics_alike(
    layer: Layer[Any], items: Sequence[Any], found: Mapping[int, Question], questions: Sequence[Question]
) -> list[Any]:
    """The items with free names, such as topics, called as in the questions; their own names become other names."""
    if layer.also_called is None:
        return list(items)
    said = [item for question in questions for item in question.said.values()]
    matched = [(next(iter(question.said.values())), items[number]) for number, question in found.items()]
    meant = free_names_alike(layer, said, items, matched)
    renamed = []
    for item in items:
        names = [value for name in layer.names if (value := getattr(item, name)) in meant]
        new = replace(item, **{name: meant[v] for name in layer.names if (v := getattr(item, name)) in meant})
        for name in names:
            new = layer.also_called(new, name)
        renamed.append(new)
    return renamed


def _together(one: Annotations, other: Annotations) -> Annotations:
    layers = {name: (*(one[name] or ()), *(other[name] or ())) for name in {**one.layers, **other.layers}}
    return Annotations(layers)


def _finish(reading: Reading, example: Example, readers: Sequence[str]) -> None:
    """Gives the questions of an article their voters and names, and items that refer to others the names of these."""
    names: dict[str, dict[str, dict[str, str]]] = {}
    for layer in all_layers():
        voters = tuple(n for n in readers if n in example.readings and layer.of(example.readings[n]) is not None)
        if not voters:
            continue
        questions = reading.layers.setdefault(layer.name, [])
        for question in questions:
            for reader, item in question.said.items():
                own = names.get(reader, {})
                lost = [
                    f
                    for f, other in layer.refers.items()
                    if getattr(item, f) and getattr(item, f) not in own.get(other, ())
                ]
                reading.dangling += len(lost)
                question.said[reader] = layer.renamed(layer.without(item, lost), own)
        questions.sort(key=lambda one: layer.order(replace(next(iter(one.said.values())), id="")))
        for number, question in enumerate(questions, 1):
            question.name, question.voters = f"{layer.prefix}{number}", voters
            for reader, item in question.said.items():
                names.setdefault(reader, {}).setdefault(layer.name, {})[item.id] = question.name


def _fill_lone_names(reading: Reading) -> None:
    """Gives items without the name of a thing the one that another reader gave, where that tells nothing more.

    A name that a reader gave to one place alone says nothing that no name does not say; some tools give one to each
    speaker, say.
    """
    places: dict[tuple[str, str], set[Any]] = {}
    for layer in all_layers():
        for question in reading.layers.get(layer.name, ()):
            for reader, item in question.said.items():
                for mention in layer.mentions(item):
                    places.setdefault((reader, mention.entity_id), set()).add(mention.spans)
    for layer in all_layers():
        for field_name in (one for one in layer.thing_fields if one not in layer.names):
            for question in reading.layers.get(layer.name, ()):
                given = {reader: getattr(item, field_name) for reader, item in question.said.items()}
                names = {name for name in given.values() if name is not None}
                lone = all(name is None or len(places.get((reader, name), ())) <= 1 for reader, name in given.items())
                if len(names) == 1 and len(given) > 1 and lone:
                    (name,) = names
                    for reader, item in question.said.items():
                        question.said[reader] = replace(item, **{field_name: name})


def said_alike(question: Question, layer: Layer[Any], unread: Mapping[str, Unread]) -> list[Proposal]:
    """The proposals of a question: what readers said alike is one, that of the most readers first."""
    nothing: Unread = {}
    ranked = sorted(question.said, key=lambda name: len(unread.get(name, nothing).get(layer.name, ())))
    groups: list[tuple[Any, list[str], frozenset[str]]] = []
    for reader in ranked:
        item, never = question.said[reader], unread.get(reader, nothing).get(layer.name, frozenset())
        for number, (other, by, absent) in enumerate(groups):
            merged = common_item(layer, other, item, absent, never)
            if merged is not None:
                groups[number] = merged, [*by, reader], absent & never
                break
        else:
            groups.append((layer.ordered(item), [reader], never))
    order = {name: number for number, name in enumerate(question.voters)}
    proposals = [
        Proposal(replace(item, id=question.name), tuple(sorted(by, key=order.__getitem__))) for item, by, _ in groups
    ]
    return sorted(proposals, key=lambda one: (-len(one.by), order[one.by[0]]))


def common_item(
    layer: Layer[Any],
    one: Any,
    other: Any,
    absent: frozenset[str] = frozenset(),
    other_absent: frozenset[str] = frozenset(),
) -> Any | None:
    """The item that two readers mean; None if they do not say the same.

    What is scored must be equal, but for fields that one of them never gives. Of the rest a value that only one gives
    is taken, and of lists, such as evidence and other names, all.
    """
    one, other = layer.ordered(one), layer.ordered(other)
    values: dict[str, Any] = {}
    for own in layer.fields:
        ours, theirs = getattr(one, own.name), getattr(other, own.name)
        if ours == theirs:
            continue
        if own.type is NUMBER:
            values[own.name] = own.absent
        elif own.name in layer.decisive and own.name not in absent | other_absent:
            return None
        elif ours == own.absent or theirs == own.absent or own.name in absent or own.name in other_absent:
            values[own.name] = theirs if ours == own.absent or own.name in absent else ours
        elif own.type is SPANS:
            values[own.name] = tuple(Span(*piece) for piece in join_spans((*ours, *theirs)))
        elif own.type is NAMES:
            values[own.name] = tuple(sorted({*ours, *theirs}))
        else:
            return None
    return replace(one, **values) if values else one
