"""A draft of a profile for files that nobody has described: what is in them, and a guess which layer each type is.

The guess goes by names (`evalkit.layers.guesses`), by what links join, and by the values of features. What no guess
takes is named in `drop`, so that reading with the draft works at once; people move it to where it belongs.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evalkit.formats.standoff.document import Document, Mark
from evalkit.harmless import clean
from evalkit.layers.base import Layer, surface
from evalkit.layers.fields import NUMBER, REQUIRED, SPAN, SPANS
from evalkit.layers.guesses import (
    THING_LINKS,
    folded_name,
    guessed_field,
    guessed_label,
    is_called_like,
    is_syntax,
)
from evalkit.layers.table import all_layers
from evalkit.showing import number_of

__all__ = ["Findings", "TypeFound", "draft_text", "look_at"]

LISTED = 8
"""So many values, or types that a link joins, are listed."""
LONG = 60
"""Marks that are longer than this on average are no names of things."""
_NODES = ("coref", "chainlink", "node")
"""What marks are called that stand for mentions in a chain, beside those of the mentions themselves."""
_NUMBERED = re.compile(r".+-[0-9]+", re.DOTALL)
_QUOTING = frozenset('"“”„«»‟‚‘‹›「『')
MANY_THINGS = 10
MOST_TYPES = 60
"""So many types are shown, and named as left out; more are counted."""
FEW_ANSWERS = 50
"""A question with more answers than this, or a feature with more values, is no label."""


@dataclass
class TypeFound:
    """What marks of one type are like.

    Attributes:
        marks: how many there are.
        length: their characters together.
        quoted: how many begin with a quotation mark, or right behind one.
        example: what one of them stands at.
        features: feature → value → how often.
    """

    marks: int = 0
    length: int = 0
    quoted: int = 0
    example: str = ""
    features: dict[str, Counter[str]] = field(default_factory=dict)


@dataclass
class Findings:
    """What documents hold, by name.

    Attributes:
        documents: how many there are.
        types: type of marks → what they are like, the most frequent first.
        links: type of links → the types of marks that they join → how often.
        questions: question about the whole text → answer → how often.
        declared: types that the file declares and of which there is nothing.
    """

    documents: int = 0
    types: dict[str, TypeFound] = field(default_factory=dict)
    links: dict[str, Counter[tuple[str, str]]] = field(default_factory=dict)
    questions: dict[str, Counter[str]] = field(default_factory=dict)
    declared: list[str] = field(default_factory=list)


def look_at(documents: Iterable[Document]) -> Findings:
    """What some documents hold."""
    found = Findings()
    ids: set[str] = set()
    declared: set[str] = set()
    for document in documents:
        # Several readings are of one text.
        ids.add(document.id)
        declared |= document.declared
        type_of: dict[str, str] = {}
        for mark in document.marks:
            type_of[mark.id] = mark.type
            _look_at_mark(mark, document.text, found.types.setdefault(mark.type, TypeFound()))
        for link in document.links:
            ends = type_of.get(link.source, "?"), type_of.get(link.target, "?")
            found.links.setdefault(link.type, Counter())[ends] += 1
        for question, answers in document.labels.items():
            found.questions.setdefault(question, Counter()).update(answers)
    found.documents = len(ids)
    found.types = dict(sorted(found.types.items(), key=lambda pair: (-pair[1].marks, pair[0])))
    found.links = dict(sorted(found.links.items()))
    found.declared = sorted(declared - found.types.keys() - found.links.keys() - found.questions.keys() - {"*"})
    return found


def _look_at_mark(mark: Mark, text: str, found: TypeFound) -> None:
    found.marks += 1
    found.length += sum(span.end - span.start for span in mark.spans)
    if mark.spans:
        start = mark.spans[0].start
        found.quoted += not _QUOTING.isdisjoint(text[max(start - 1, 0) : start + 1])
    if not found.example and mark.spans:
        found.example = surface(text, mark.spans)
    for name, value in mark.features.items():
        counts = found.features.setdefault(name, Counter())
        counts.update((value,) if isinstance(value, str) else value)


@dataclass
class _Table:
    """A table of the draft, key by key, each with what is said beside it."""

    layer: Layer[Any]
    keys: dict[str, tuple[str, str]] = field(default_factory=dict)

    def set(self, key: str, value: Any, note: str = "") -> None:
        self.keys[key] = (_toml(value), note)


class _Guess:
    """Which layer each type is, table by table."""

    def __init__(self, found: Findings) -> None:
        self.found = found
        self.tables: list[_Table] = []
        self.left = set(found.types)
        self.parts: set[str] = set()
        self.links: set[str] = set()
        self.features: set[str] = set()
        # Layers with labels of their own are told by them; what is left over is of the first whose labels are open.
        fixed = [layer for layer in all_layers() if layer.spans_field is not None and layer.labels is not None]
        for layer in fixed:
            self._group(layer)
            self._marks_of(layer)
            self._links_of(layer)
        for layer in fixed:
            self._by_structure(layer)
        self._things()
        for layer in fixed:
            self._labels_of_things(layer)
        for layer in all_layers():
            if layer.spans_field is None:
                self._answers(layer)
        order = [layer.name for layer in all_layers()]
        self.tables.sort(key=lambda table: order.index(table.layer.name))

    def _group(self, layer: Layer[Any]) -> None:
        """Marks of several roles that share the value of a feature, and that nothing links."""
        places = {one.name for one in layer.fields if one.type in (SPAN, SPANS)}
        roles: dict[str, str] = {}
        for type_ in sorted(self.left):
            role = guessed_field(type_, tuple(sorted(places)))
            if role is not None:
                roles.setdefault(role, type_)
        if layer.spans_field not in roles or len(roles) < 2 or self.found.links:
            return
        shared = [set(self.found.types[type_].features) for type_ in roles.values()]
        common = [
            name
            for name in sorted(set.intersection(*shared))
            if _can_be_said(name) and self._joins(name, list(roles.values()))
        ]
        if not common:
            return
        table = _Table(layer)
        table.set("marks", [roles[layer.spans_field]])
        table.set("group", f"@{common[0]}", "marks with the same value are one item")
        for role, type_ in sorted(roles.items()):
            self.left.discard(type_)
            if role != layer.spans_field:
                table.set(role, f"mark:{_quoted(type_)}")
        self._label_by_feature(table, [roles[layer.spans_field]])
        self.features.add(common[0])
        self.tables.append(table)

    def _joins(self, feature: str, types: Sequence[str]) -> bool:
        """Whether marks of these types have the same values of a feature, many of them."""
        values = [set(self.found.types[type_].features[feature]) for type_ in types]
        return len(values[0]) > 1 and all(len(one & values[0]) * 2 > min(len(one), len(values[0])) for one in values)

    def _marks_of(self, layer: Layer[Any]) -> None:
        by_label = {type_: label for type_ in sorted(self.left) if (label := guessed_label(layer, type_)) is not None}
        named = [type_ for type_ in sorted(self.left) if is_called_like(layer, type_) and type_ not in by_label]
        if by_label and not any(type_ in by_label for type_ in self._targets()):
            self._add(layer, list(by_label), labels=by_label)
        # Events before what stands in their roles, which is part of them and no item of its own.
        for type_ in sorted(named, key=lambda name: -self._outgoing(name)):
            if type_ not in self.parts:
                self._add(layer, [type_])

    def _outgoing(self, type_: str) -> int:
        return sum(
            number for ends in self.found.links.values() for (source, _), number in ends.items() if source == type_
        )

    def _targets(self) -> set[str]:
        return {target for ends in self.found.links.values() for _, target in ends}

    def _add(self, layer: Layer[Any], types: list[str], labels: Mapping[str, str] | None = None) -> None:
        table = _Table(layer)
        table.set("marks", types)
        if labels is not None:
            table.set(layer.label_field, "type")
            if any(theirs != ours for theirs, ours in labels.items()):
                table.set("labels", dict(labels))
        elif not self._label_by_feature(table, types) and _must_be_labelled(layer):
            # Nothing says what each is, so that it would have to be invented.
            return
        self._roles(table, types)
        for one in layer.fields:
            if one.absent is REQUIRED and one.name in layer.names and one.name not in table.keys:
                feature = self._feature(types, one.name)
                if feature:
                    table.set(one.name, f"@{feature}")
                else:
                    nobody = "='author'" if layer.nobody("author") and one.name == next(iter(layer.names)) else "self"
                    table.set(one.name, nobody, "a guess: mend this")
        self.left -= set(types)
        self.tables.append(table)

    def _label_by_feature(self, table: _Table, types: Sequence[str]) -> bool:
        """Takes the label from a feature whose values mean labels of the layer."""
        layer = table.layer
        for name, values in self._values(types).items():
            labels = {value: guessed_label(layer, value) for value in values}
            if labels and all(labels.values()):
                table.set(layer.label_field, f"@{name}", _counts(values))
                if any(theirs != ours for theirs, ours in labels.items()):
                    table.set("labels", labels)
                self.features.add(name)
                return True
        return False

    def _values(self, types: Sequence[str]) -> dict[str, Counter[str]]:
        together: dict[str, Counter[str]] = {}
        for type_ in types:
            for name, values in self.found.types[type_].features.items():
                if _can_be_said(name):
                    together.setdefault(name, Counter()).update(values)
        return dict(sorted(together.items()))

    def _feature(self, types: Sequence[str], field_name: str) -> str | None:
        features = self._values(types)
        return next((name for name in features if guessed_field(name, (field_name,)) is not None), None)

    def _roles(self, table: _Table, types: Sequence[str]) -> None:
        """Takes places and names from links whose names mean them."""
        layer = table.layer
        places = [one.name for one in layer.fields if one.type in (SPAN, SPANS)]
        wanted = (*places, *layer.names)
        for link, ends in self.found.links.items():
            outgoing = Counter({target: number for (source, target), number in ends.items() if source in types})
            incoming = Counter({source: number for (source, target), number in ends.items() if target in types})
            other, arrow = (outgoing, "->") if sum(outgoing.values()) >= sum(incoming.values()) else (incoming, "<-")
            name = guessed_field(link, wanted) or (
                guessed_field(next(iter(other)), wanted) if len(other) == 1 else None
            )
            referred = next(
                (one for one in layer.refers if other and set(other) <= self._items_of(layer.refers[one])), None
            )
            if referred is not None:
                table.set(referred, f"{arrow}{_quoted(link)}", _counts(other))
                self.links.add(link)
                continue
            if not other or name is None or name in table.keys or (arrow == "<-" and name == layer.spans_field):
                continue
            table.set(name, f"{arrow}{_quoted(link)}", _counts(other))
            self.links.add(link)
            for thing in (one for place, one in layer.span_ids.items() if place == name):
                table.set(thing, [f"@{thing}", f"{arrow}{_quoted(link)}"])
            self.parts |= {type_ for type_ in other if self._is_part(type_, wanted)}

    def _by_structure(self, layer: Layer[Any]) -> None:
        """Marks that carry quotation marks, or have a label of the layer, and link to others: whatever they are called.

        What is linked to is a part of the item: a thing, or a word that begins in lower case.
        """
        parts = [one for one in layer.fields if one.type in (SPAN, SPANS) and one.name != layer.spans_field]
        if not parts or any(table.layer is layer for table in self.tables):
            return
        thing = next((one.name for one in parts if one.name in layer.span_ids), parts[0].name)
        word = next((one.name for one in parts if one.name != thing), None)
        for type_ in sorted(self.left - self.parts):
            what, table = self.found.types[type_], _Table(layer)
            linked = {
                link: targets
                for link, ends in self.found.links.items()
                if link not in self.links
                and folded_name(link) not in THING_LINKS
                and (targets := Counter({to: n for (of, to), n in ends.items() if of == type_ != to}))
            }
            table.set("marks", [type_], "a guess, by what they look like and link to: mend this")
            if not linked or not (self._label_by_feature(table, [type_]) or what.quoted * 2 > what.marks):
                continue
            for link, targets in sorted(linked.items(), key=lambda pair: (-sum(pair[1].values()), pair[0])):
                other = targets.most_common(1)[0][0]
                is_word = other in self.found.types and self.found.types[other].example[:1].islower()
                name = word if is_word else thing
                if name is None or name in table.keys:
                    continue
                table.set(name, f"->{_quoted(link)}", _counts(targets))
                self.links.add(link)
                if is_word:
                    self.parts.add(other)
                elif name in layer.span_ids:
                    table.set(layer.span_ids[name], f"->{_quoted(link)}")
            self.left.discard(type_)
            self.tables.append(table)

    def _items_of(self, layer: str) -> set[str]:
        """The types of marks that are items of a layer, as far as it was guessed."""
        marks = [table.keys["marks"][0] for table in self.tables if table.layer.name == layer and "marks" in table.keys]
        return {type_ for several in marks for type_ in json.loads(several)}

    def _is_part(self, type_: str, fields: Sequence[str]) -> bool:
        """Whether marks of a type are parts of items, by their name; a mark of an entity can be one, too."""
        return guessed_field(type_, tuple(fields)) is not None or folded_name(type_) in ("verb", "part")

    def _links_of(self, layer: Layer[Any]) -> None:
        """Links that are items: those whose names mean a label."""
        labels = {
            link: label
            for link in self.found.links
            if link not in self.links and (label := guessed_label(layer, link)) is not None
        }
        if not labels or len(layer.names) < 2:
            return
        table = _Table(layer)
        table.set("links", sorted(labels))
        if any(theirs != ours for theirs, ours in labels.items()):
            table.set("labels", labels)
        first, second, *_ = layer.names
        table.set(first, "source")
        table.set(second, "target")
        self.links |= labels.keys()
        self.tables.append(table)

    def _things(self) -> None:
        """What is left is things that have names, unless it is syntax or too long."""
        layer = next(one for one in all_layers() if one.labels is None and one.spans_field is not None)
        chains = [link for link in self.found.links if folded_name(link) in THING_LINKS]
        chained = {type_ for link in chains for ends in self.found.links[link] for type_ in ends}
        nodes = {type_ for type_ in chained if folded_name(type_).startswith(_NODES)}
        # Where each thing has a type of its own, with a number, beside that of its mention, the types name the things.
        numbered = {type_ for type_ in self.left if _NUMBERED.fullmatch(type_)}
        numbered = numbered if len(numbered) > MANY_THINGS else set()
        self.parts |= numbered
        types = [
            type_
            for type_, what in self.found.types.items()
            if type_ in self.left - self.parts - nodes
            and not is_syntax(type_)
            and what.length <= LONG * what.marks
            and (what.length or what.example)
        ]
        self.links |= set(chains)
        self.parts |= nodes & self.left
        self.left -= {*types, *self.parts}
        by_feature: dict[str | None, list[str]] = {}
        for type_ in types:
            label = self._feature([type_], layer.label_field) if is_called_like(layer, type_) else None
            if label is not None and len(self.found.types[type_].features[label]) > FEW_ANSWERS:
                label = None
            by_feature.setdefault(label, []).append(type_)
        for label, several in by_feature.items():
            table = _Table(layer)
            table.set("marks", several)
            values = self._values(several)
            table.set(layer.label_field, "type" if label is None else f"@{label}", _counts(values.get(label or "", {})))
            for one in layer.fields:
                if one.name in (layer.label_field, layer.spans_field) or one.type is NUMBER:
                    continue
                feature = next((name for name in values if name != label and guessed_field(name, (one.name,))), None)
                origins = [f"@{feature}"] if feature else []
                if one.name == "entity_id":
                    origins += [f"chain:{_quoted(link)}" for link in chains]
                    origins += ["here:*-[0-9]*.type"] if numbered else []
                if origins:
                    table.set(one.name, origins if len(origins) > 1 else origins[0])
            self.tables.append(table)

    def _labels_of_things(self, layer: Layer[Any]) -> None:
        """Things whose marks have a feature that is a label of another layer: what the author thinks of them."""
        if len(layer.names) < 2 or any(table.layer is layer for table in self.tables):
            return
        things = [table for table in self.tables if table.layer.labels is None]
        types = [type_ for table in things for type_ in json.loads(table.keys["marks"][0])]
        fitting = _Table(layer)
        fitting.set("marks", types)
        holder, target, *_ = layer.names
        if types and layer.nobody("author") and self._label_by_feature(fitting, types):
            feature = json.loads(fitting.keys[layer.label_field][0]).removeprefix("@")
            fitting.set("marks", [type_ for type_ in types if feature in self.found.types[type_].features])
            fitting.set(holder, "='author'")
            fitting.set(target, "self")
            self.tables.append(fitting)

    def _answers(self, layer: Layer[Any]) -> None:
        questions = [name for name, answers in self.found.questions.items() if len(answers) <= FEW_ANSWERS]
        if questions:
            table = _Table(layer)
            table.set("answers", sorted(questions))
            table.set(layer.label_field, "answer")
            self.tables.append(table)


def _must_be_labelled(layer: Layer[Any]) -> bool:
    return any(one.absent is REQUIRED for one in layer.fields if one.name == layer.label_field)


def draft_text(found: Findings, *, where: str, format_name: str) -> str:
    """The draft as TOML, with what was found beside it.

    Args:
        found: what the documents hold.
        where: the place that was looked at.
        format_name: the format of its files.
    """
    guess = _Guess(found)
    used = guess.links
    dropped = [
        *[type_ for type_ in found.types if type_ in guess.left - guess.parts],
        *[link for link in found.links if link not in used and link not in found.types],
    ]
    lines = [_found_text(found, where, format_name)]
    if not guess.tables:
        lines += ["# nothing could be guessed; say which marks are items of which layer, such as"]
        lines += [f"# [{all_layers()[0].name}]", '# marks = ["TYPE"]', ""]
    parts = [type_ for type_ in guess.parts if len(guess.parts) <= MOST_TYPES or not _NUMBERED.fullmatch(type_)]
    if parts:
        lines += ["# no items themselves, but parts of some", f"parts = {_toml(sorted(parts))}", ""]
    if len(dropped) > MOST_TYPES:
        lines += [
            f"# left out and counted, as no table names them: {number_of(len(dropped), 'type')} of marks and links",
            "",
        ]
    elif dropped:
        lines.append("# left out, and counted; take a type out of here and put it where it belongs")
        lines += ["drop = [", *[f"    {_toml(name)}," for name in dropped], "]", ""]
    lines += _perhaps(guess, [link for link in dropped if link in found.links])
    several = Counter(table.layer.name for table in guess.tables)
    for table in guess.tables:
        lines.append(f"[[{table.layer.name}]]" if several[table.layer.name] > 1 else f"[{table.layer.name}]")
        for key, (value, note) in table.keys.items():
            lines.append(f"{key} = {value}" + (f"    # {note}" if note else ""))
        lines.append("")
    return "\n".join(lines)


def _perhaps(guess: _Guess, links: Sequence[str]) -> list[str]:
    """Tables that nobody can guess, as comments to be mended: links that may be items."""
    there = {table.layer.name for table in guess.tables}
    layer = next((one for one in all_layers() if one.labels and len(one.names) > 1 and one.name not in there), None)
    if layer is None or not links:
        return []
    first, second, *_ = layer.names
    return [
        f"# if links are {layer.name}, take them out of drop, name them here, and take away the # of these lines",
        f"# [{layer.name}]",
        f"# links = {_toml(list(links)[:LISTED])}",
        f'# {layer.label_field} = "=\'{next(iter(layer.labels or ()))}\'"    # or a feature of the link, "@NAME"',
        f'# {first} = "source"',
        f'# {second} = "target"',
        "",
    ]


def _found_text(found: Findings, where: str, format_name: str) -> str:
    """What was found, as comments, and the format."""
    lines = [
        f"# A draft of what the marks in {_shown(where, 120)} mean, by the look of {found.documents} of its texts.",
        "# Mend it, then read with --profile and this file. docs/profiles.md has the language.",
        f"format = {_toml(format_name)}",
        "",
        "# marks, and what one of them stands at" if found.types else "# no marks",
    ]
    width = max([len(_shown(name)) for name in found.types], default=0)
    for name, what in list(found.types.items())[:MOST_TYPES]:
        lines.append(f"#   {_shown(name):{width}} {what.marks:6} {_shown(what.example, 50)!r}")
        for feature, values in sorted(what.features.items()):
            lines.append(f"#   {'':{width}}        @{_shown(feature)}: {_counts(values)}")
    if len(found.types) > MOST_TYPES:
        lines.append(f"#   and {number_of(len(found.types) - MOST_TYPES, 'more type')}")
    if found.links:
        lines.append("# links, and the marks that they join")
        for name, ends in found.links.items():
            joined = Counter({f"{_shown(one)} -> {_shown(other)}": number for (one, other), number in ends.items()})
            lines.append(f"#   {_shown(name)} {sum(ends.values())}: {_counts(joined)}")
    if found.questions:
        lines.append("# questions about the whole text, and answers")
        lines += [f"#   {_shown(name)}: {_counts(answers)}" for name, answers in sorted(found.questions.items())]
    if found.declared:
        lines.append(f"# declared, but not there: {', '.join(map(_shown, found.declared[: LISTED * 4]))}")
    return "\n".join([*lines, ""])


def _counts(values: Mapping[str, int]) -> str:
    most = sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))
    more = f", {len(most) - LISTED} more" if len(most) > LISTED else ""
    return ", ".join(f"{_shown(name)} {number}" for name, number in most[:LISTED]) + more


def _shown(text: str, longest: int = 40) -> str:
    """Text of others in a comment: one line, no longer than fits."""
    one_line = clean(" ".join(text.split()))
    return one_line if len(one_line) <= longest else f"{one_line[:longest]}…"


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_toml(key)} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _can_be_said(name: str) -> bool:
    """Whether a feature can stand in an origin as it is called."""
    return name == name.strip() and not set(name) & set('"{}@') and bool(name)


def _quoted(name: str) -> str:
    """A name in an origin, in quotes if it has characters that mean something there."""
    return name if folded_name(name) and name.replace("_", "").replace("-", "").isalnum() else f'"{name}"'
