"""The items of the layers in one document, as a profile says; what it says nothing of is counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from types import MemberDescriptorType
from typing import Any

from evalkit.formats.standoff.document import Document, Mark
from evalkit.formats.standoff.origins import Origin
from evalkit.formats.standoff.page import Anchor, Page
from evalkit.formats.standoff.profile import ANY, Profile, Table
from evalkit.layers.fields import NAMES, NUMBER, REQUIRED, SPAN, SPANS, Field
from evalkit.records import Span

__all__ = ["THING", "ItemReader"]

THING = "entity_id"
"""The field by which an item says which thing it names; items of other layers refer to things by it."""

_SPLIT = "|"
"""Between several values of a feature that a tool holds as one text."""

Items = dict[str, list[Any]]


@dataclass(frozen=True, eq=False)
class _Plan:
    """How marks of one type become items of one table.

    Attributes:
        table: the table.
        number: its place among the tables.
        make: makes the item of a mark that has a place and nothing else, where that is all that it takes.
        linked: whether links say something about these items.
        shared: whether marks of the type may be items of other tables, too.
    """

    table: Table
    number: int
    make: Callable[..., Any] | None
    linked: bool
    shared: bool


class ItemReader:
    """Reads the items of one document after the other.

    Attributes:
        annotated: the layers of which something was seen that could be an item.
        left_out: what nothing was read from, by kind and name.
    """

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.annotated: set[str] = set()
        self.left_out: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._plans: dict[str, tuple[_Plan, ...]] = {}
        self._makers: dict[str, tuple[str, Callable[..., Any] | None]] = {}
        self._declared: dict[frozenset[str], frozenset[str]] = {}
        origins = [origin for table in profile.tables for origin in table.origins()]
        self._read_features = {origin.name for origin in origins if origin.value == "feature"} | profile.drop
        self._read_links = {step.name for origin in origins for step in origin.steps if step.way in ("->", "<-")}
        self._read_links |= {origin.name for origin in origins if origin.value == "joined"}
        self._read_features |= {str(origin.parts[0]) for origin in origins if origin.value == "joined" and origin.parts}
        # What others refer to by the id of an item, and layers whose items several tables make, are not plain.
        self._referred = {name for table in profile.tables for name in table.layer.refers.values()}
        several = Counter(table.layer.name for table in profile.tables)
        self._several = {name for name, number in several.items() if number > 1}
        self._things = next((table for table in profile.tables if THING in table.fields), None)

    def read(self, document: Document) -> dict[str, tuple[Any, ...]]:
        """The items of each layer of which there is any."""
        if self.profile.ignore_case:
            document = _folded(document, self.profile.fold)
        if document.declared:
            self.annotated |= self._layers_of(document.declared)
        if (plain := self._plain_items(document)) is not None:
            self.annotated.update(plain)
            return plain
        page = Page(document, self._things.fields[THING] if self._things else ())
        by_table, parts = self._sorted(document)
        items: Items = {}
        rejected: list[tuple[Mark, str]] = []
        for number, table in enumerate(self.profile.tables):
            made = self._items_of(table, by_table.get(number, ()), page, rejected)
            if made:
                items.setdefault(table.layer.name, []).extend(made)
        if page.named:
            _name_things(items, self.profile.tables, page)
        self._count(page, parts, rejected)
        self.annotated.update(items)
        return {name: _numbered(made, self.profile, name) for name, made in items.items()}

    def _plain_items(self, document: Document) -> dict[str, tuple[Any, ...]] | None:
        """The items of a document whose marks say no more than their type and their place, as those of most do.

        None if there is more in it. This is where the time of reading large files goes.
        """
        if document.links or document.labels:
            return None
        makers, items = self._makers, dict[str, list[Any]]()
        for name, type_, spans, features, score in document.marks:
            if features or not spans or score is not None:
                return None
            found = makers.get(type_)
            if found is None:
                found = makers[type_] = self._plain_maker(type_)
            layer, make = found
            if make is None:
                return None
            try:
                items[layer].append(make(name, spans))
            except KeyError:
                items[layer] = [make(name, spans)]
        return {layer: _numbered(made, self.profile, layer) for layer, made in items.items()}

    def _plain_maker(self, type_: str) -> tuple[str, Callable[..., Any] | None]:
        """The layer of marks of a type, and what makes its items of their place alone; None if more is to be seen."""
        plans = self._plans_of(type_)
        if len(plans) != 1 or plans[0].make is None:
            return "", None
        return plans[0].table.layer.name, plans[0].make

    def _sorted(self, document: Document) -> tuple[dict[int, list[tuple[Mark, _Plan]]], list[Mark]]:
        """The marks that could be items, by the number of the table, and those that are no items themselves."""
        by_table: dict[int, list[tuple[Mark, _Plan]]] = {}
        parts = []
        plans = self._plans
        for mark in document.marks:
            found = plans.get(mark.type)
            if found is None:
                found = plans[mark.type] = self._plans_of(mark.type)
            if not found:
                parts.append(mark)
            for plan in found:
                try:
                    by_table[plan.number].append((mark, plan))
                except KeyError:
                    by_table[plan.number] = [(mark, plan)]
        return by_table, parts

    def _plans_of(self, type_: str) -> tuple[_Plan, ...]:
        tables, taking = self.profile.tables, self.profile.tables_of(type_)
        return tuple(
            _Plan(
                table,
                tables.index(table),
                _maker(table, type_, self.profile.fold),
                any(origin.steps or origin.value == "joined" for origin in table.origins()),
                len(taking) > 1,
            )
            for table in taking
        )

    def _items_of(
        self,
        table: Table,
        marks: Sequence[tuple[Mark, _Plan]],
        page: Page,
        rejected: list[tuple[Mark, str]],
    ) -> list[Any]:
        if table.links:
            return self._of_links(table, page)
        if table.answers:
            return self._of_answers(table, page)
        if table.group is not None:
            return self._of_groups(table, [mark for mark, _ in marks], page, rejected)
        made = []
        linked = bool(page.document.links)
        # What others refer to has to be known by its mark.
        named, items_by_mark = THING in table.fields, page.items[table.layer.name]
        plain_ids = table.layer.name not in self._referred | self._several
        for mark, plan in marks:
            if (
                plan.make is not None
                and plain_ids
                and mark.spans
                and not mark.features
                and mark.score is None
                and not (linked and plan.linked)
            ):
                made.append(plan.make(mark.id, mark.spans))
                if named:
                    page.things[mark.id] = None
                if plan.shared:
                    page.taken.add(mark.id)
                continue
            item = self._item(table, Anchor(mark.id, (mark,)), page, mark, rejected)
            if item is not None:
                made.append(item)
                page.taken.add(mark.id)
                items_by_mark[mark.id] = item.id
                if named:
                    page.things[mark.id] = getattr(item, THING)
        return made

    def _of_links(self, table: Table, page: Page) -> list[Any]:
        made = []
        for number, link in enumerate(page.document.links, 1):
            if table not in self.profile.tables_of(link.type, "links"):
                continue
            self.annotated.add(table.layer.name)
            item = self._item(table, Anchor(link.id or f"{table.layer.prefix}-link-{number}", link=link), page)
            if item is not None:
                made.append(item)
                page.taken |= {link.source, link.target}
                page.items[table.layer.name][link.id] = item.id
            else:
                self.left_out[_INCOMPLETE][link.type] += 1
        return made

    def _of_answers(self, table: Table, page: Page) -> list[Any]:
        made: list[Any] = []
        for question, answers in page.document.labels.items():
            if table not in self.profile.tables_of(question, "answers"):
                continue
            self.annotated.add(table.layer.name)
            for answer in answers:
                name = f"{table.layer.prefix}{len(made) + 1}"
                item = self._item(table, Anchor(name, answer=(question, answer)), page)
                if item is not None:
                    made.append(item)
                else:
                    self.left_out[_DROPPED][f"{question}: {answer}"] += 1
        return made

    def _of_groups(
        self, table: Table, marks: Sequence[Mark], page: Page, rejected: list[tuple[Mark, str]]
    ) -> list[Any]:
        feature = table.group.name if table.group is not None else ""
        # A mark that has no such feature is an item of its own.
        groups: dict[tuple[str, bool], list[Mark]] = {}
        for mark in marks:
            value = mark.features.get(feature) or ()
            for one in (value,) if isinstance(value, str) else value:
                groups.setdefault((one, True), []).append(mark)
            if not value:
                groups[mark.id, False] = [mark]
        made = []
        for (name, shared), members in groups.items():
            anchor = Anchor(name, tuple(members), group=(feature, name) if shared else None)
            item = self._item(table, anchor, page, members[0], rejected)
            if item is not None:
                made.append(item)
                page.taken.update(mark.id for mark in members)
                page.items[table.layer.name].update((mark.id, item.id) for mark in members)
        return made

    def _item(
        self,
        table: Table,
        anchor: Anchor,
        page: Page,
        mark: Mark | None = None,
        rejected: list[tuple[Mark, str]] | None = None,
    ) -> Any:
        """The item of an anchor; None if the profile drops it, or something that it must have is not there."""
        for origin, wanted in table.where:
            found = page.texts(origin, anchor)
            if found is None or not {*map(self.profile.fold, found)} & {*map(self.profile.fold, wanted)}:
                if rejected is not None and mark is not None:
                    rejected.append((mark, f"{mark.type} without {origin.written} = {' or '.join(wanted)}"))
                return None
        values: dict[str, Any] = {"id": self._unique(anchor.id, table.layer.name, page)}
        # What names a thing comes last: a thing gets an id for it, and must not for an item that is none.
        for one in sorted(table.layer.fields, key=lambda one: one.name in table.layer.names):
            value = self._value(table, one, anchor, page)
            missing = value is REQUIRED or (
                one.name == table.layer.spans_field and table.layer.needs_spans and not value
            )
            if missing or value is _DROP:
                if mark is not None and value is _DROP:
                    self.left_out[_DROPPED][mark.type] += 1
                    page.taken.add(mark.id)
                elif mark is not None and rejected is not None:
                    rejected.append((mark, f"{mark.type} without {one.name}"))
                return None
            values[one.name] = value
        return table.layer.record(**values)

    def _unique(self, name: str, layer: str, page: Page) -> str:
        if layer not in self._several:
            return name
        ids, number, unique = page.ids[layer], 1, name
        while unique in ids:
            number += 1
            unique = f"{name}-{number}"
        ids.add(unique)
        return unique

    def _value(self, table: Table, one: Field, anchor: Anchor, page: Page) -> Any:
        origins = table.fields[one.name]
        for number, origin in enumerate(origins):
            if origin.value == "mark":
                value = self._of_marks(table, one, page.marks_at(origin.steps, anchor), page)
            else:
                texts = page.texts(origin, anchor, origins[:number])
                value = None if texts is None else self._as_field(table, one, texts, page)
            if value is not None:
                return value if value != "" else one.absent
        return one.absent

    def _as_field(self, table: Table, one: Field, texts: Sequence[str], page: Page) -> Any:
        """Texts as a value of a field; None if they are none."""
        if one.type is NAMES:
            several = texts[0].split(_SPLIT) if len(texts) == 1 else texts
            return tuple(part.strip() for part in several if part.strip())
        if not texts:
            return None
        if one.type is NUMBER:
            try:
                return float(texts[0])
            except ValueError:
                self.left_out["values that are no numbers"][f"{one.name} {texts[0][:20]!r}"] += 1
                return None
        if len(texts) > 1:
            self.left_out["values after the first, where an item has one"][f"{table.layer.name}.{one.name}"] += (
                len(texts) - 1
            )
        value = table.value_of(one.name, texts[0], self.profile.fold)
        if value is None:
            return _DROP
        if one.name in table.layer.refers and value and value not in page.items[table.layer.refers[one.name]].values():
            self.left_out["references to what is no item"][f"{one.name} of {table.layer.name}"] += 1
            return None
        # Something that must be there is not there if it is empty.
        return None if value == "" and one.absent is REQUIRED else value

    def _of_marks(self, table: Table, one: Field, marks: Sequence[Mark], page: Page) -> Any:
        """The place of marks, or what they name; None if there is none."""
        if not marks:
            return None
        if one.type in (SPAN, SPANS):
            spans = list(dict.fromkeys(chain.from_iterable(mark.spans for mark in marks)))
            if len(marks) > 1:
                spans.sort()
            if one.type is SPANS:
                return tuple(spans) or None
            if len(spans) > 1:
                self.left_out["places after the first, where an item has one"][f"{table.layer.name}.{one.name}"] += (
                    len(spans) - 1
                )
            return spans[0] if spans else None
        layer = table.layer
        if one.name in layer.refers:
            return next((name for mark in marks if (name := page.items[layer.refers[one.name]].get(mark.id))), None)
        if one.name in layer.names:
            texts = [page.thing(marks[0], required=one.absent is REQUIRED)]
        elif one.name == layer.label_field:
            texts = [marks[0].type]
        elif one.name == THING:
            texts = [marks[0].id]
        else:
            texts = [" ".join(page.text[span.start : span.end] for span in marks[0].spans) or marks[0].id]
        return None if texts[0] is None else self._as_field(table, one, [texts[0]], page)

    def _layers_of(self, declared: frozenset[str]) -> frozenset[str]:
        """The layers that could have items of some of these types of marks and links."""
        if declared not in self._declared:
            # What is the name of a link, or of a question, is no type that `*` stands for.
            others = self._read_links | {name for table in self.profile.tables for name in table.links + table.answers}
            tables = {
                table
                for name in declared
                for made_of in ("marks", "links", "answers")
                for table in self.profile.tables_of(name, made_of)
                if self.profile.fold(name) not in others or ANY not in getattr(table, made_of)
            }
            self._declared[declared] = frozenset(table.layer.name for table in tables)
        return self._declared[declared]

    def _count(self, page: Page, parts: Iterable[Mark], rejected: Iterable[tuple[Mark, str]]) -> None:
        """Counts what nothing was read from."""
        profile, fold, taken = self.profile, self.profile.fold, page.taken
        for mark in parts:
            if mark.id not in taken:
                name = fold(mark.type)
                kind = _DROPPED if name in profile.drop else _UNUSED if name in profile.parts else _UNMAPPED
                self.left_out[kind][mark.type] += 1
        for mark, what in rejected:
            if mark.id not in taken:
                self.left_out[_INCOMPLETE][what] += 1
                taken.add(mark.id)
        for mark in page.document.marks:
            if mark.features:
                for name in mark.features.keys() - self._read_features:
                    self.left_out[_FEATURES][name] += 1
        for link in page.document.links:
            if link.type not in self._read_links and not profile.tables_of(link.type, "links"):
                self.left_out[_DROPPED_LINKS if fold(link.type) in profile.drop else _LINKS][link.type] += 1
        said = set(profile.article.values())
        for question in page.document.labels:
            if fold(question) not in said and not profile.tables_of(question, "answers"):
                self.left_out[_DROPPED if fold(question) in profile.drop else _QUESTIONS][question] += 1


class _Drop:
    """In place of a value that the profile drops, with its item."""


_DROP = _Drop()

_UNMAPPED = "marks of types that the profile maps to no layer (evalkit dataset profile drafts one)"
_UNUSED = "marks that are part of no item"
_INCOMPLETE = "marks and links that lack what their items must have"
_DROPPED = "marks and labels that the profile drops"
_DROPPED_LINKS = "links that the profile drops"
_FEATURES = "features that the profile reads nothing from"
_LINKS = "links that the profile reads nothing from"
_QUESTIONS = "questions about the whole text that the profile reads nothing from"


def _maker(table: Table, type_: str, fold: Callable[[str], str]) -> Callable[..., Any] | None:
    """What makes an item of a mark of a type that has a place and no more; None if more is to be looked at."""
    layer = table.layer
    values: dict[str, Any] = {}
    for one in layer.fields:
        origins = table.fields[one.name]
        first = origins[0] if origins else Origin("")
        if one.name == layer.spans_field:
            if first.written != "self":
                return None
        elif first.value == "type" and not first.steps:
            value = table.value_of(one.name, type_, fold)
            if not value:
                return None
            values[one.name] = value
        elif one.absent is REQUIRED or any(not _is_silent(origin) for origin in origins):
            return None
        elif one.absent is not REQUIRED:
            values[one.name] = one.absent
    if layer.spans_field is None or table.where or table.group:
        return None
    return _by_place(layer.record, values, layer.spans_field)


def _is_silent(origin: Origin) -> bool:
    """Whether an origin gives nothing for a mark without features, links and score."""
    if any(step.way == "here:" for step in origin.steps):
        return False
    return origin.value in ("feature", "score", "joined") or bool(origin.steps and origin.value != "constant")


def _by_place(record: Any, values: Mapping[str, Any], place: str) -> Callable[[str, tuple[Span, ...]], Any]:
    """Makes records of one kind with these values, each with its id and its place.

    Slots are filled directly: a frozen dataclass takes twice as long, which shows where there are millions.
    """
    slots: list[Any] = [getattr(record, name, None) for name in ("id", place, *values)]
    if hasattr(record, "__post_init__") or not all(isinstance(one, MemberDescriptorType) for one in slots):
        return lambda name, spans: record(id=name, **{place: spans}, **values)
    new = object.__new__
    set_id, set_place, *others = (slot.__set__ for slot in slots)
    rest = tuple(zip(others, values.values(), strict=True))

    def made(name: str, spans: tuple[Span, ...]) -> Any:
        item = new(record)
        set_id(item, name)
        set_place(item, spans)
        for fill, value in rest:
            fill(item, value)
        return item

    return made


def _name_things(items: Items, tables: Sequence[Table], page: Page) -> None:
    """Gives an id to the things that others refer to and that have none."""
    for name in {table.layer.name for table in tables if THING in table.fields}:
        items[name] = [
            replace(item, **{THING: page.named[item.id]})
            if getattr(item, THING) is None and item.id in page.named
            else item
            for item in items.get(name, ())
        ]


def _numbered(items: Sequence[Any], profile: Profile, name: str) -> tuple[Any, ...]:
    """The items, numbered where their ids do not tell them apart."""
    ids = {item.id for item in items}
    if len(ids) == len(items) and "" not in ids:
        return tuple(items)
    prefix = next(table.layer.prefix for table in profile.tables if table.layer.name == name)
    return tuple(replace(item, id=f"{prefix}{number}") for number, item in enumerate(items, 1))


def _folded(document: Document, fold: Callable[[str], str]) -> Document:
    """The document with the names of features and links as they are compared."""
    return replace(
        document,
        marks=tuple(mark._replace(features=_folded_keys(mark.features, fold)) for mark in document.marks),
        links=tuple(
            link._replace(type=fold(link.type), features=_folded_keys(link.features, fold)) for link in document.links
        ),
    )


def _folded_keys(features: Mapping[str, Any], fold: Callable[[str], str]) -> Mapping[str, Any]:
    return {fold(name): value for name, value in features.items()} if features else features
