"""What a layer is: everything that is particular to one kind of annotation, in one record.

Nobody else asks which layer it is: readers, checks, scores and tables ask the layer. Most of it follows from the fields
of the layer's record (see `evalkit.layers.fields`), so a layer is a dataclass and a few lines::

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Claim:
        id: str
        spans: tuple[Span, ...]
        label: str
        score: float | None = None

    CLAIMS = Layer(name="claims", one="claim", record=Claim, prefix="c", labels=("check-worthy", "other"))
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from operator import attrgetter
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

from evalkit.errors import FormatError
from evalkit.layers.fields import NAME, NAMES, NUMBER, REQUIRED, SPAN, SPANS, TEXT, Field, FieldType, fields_of
from evalkit.records import Annotations, Example, Span
from evalkit.registry import near_match

__all__ = ["Fault", "Layer", "Mention", "surface", "unknown_reference"]

Row = dict[str, Any]

PLAIN_LIMIT = 2**31
"""An item with offsets from here on is not plain: they do not fit into 32 bits."""


class AnyItem(Protocol):
    """A frozen dataclass with an id."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def id(self) -> str:
        """Unique among the items of its layer in one article."""


Item = TypeVar("Item", bound=AnyItem)


class Fault(NamedTuple):
    """Something wrong with an item: its position in the layer, a stable code, and one line on what it is."""

    position: int
    code: str
    message: str


class Mention(NamedTuple):
    """Spans that name a thing, and the `entity_id` of it."""

    entity_id: str
    spans: tuple[Span, ...]


class _Written(NamedTuple):
    """A field in a file: how its values are written if not as they are, and which one may be left out."""

    name: str
    write: Callable[[Any], Any] | None
    absent: Any
    may_lack: bool


def surface(text: str, spans: Iterable[Span]) -> str:
    """What stands at the spans; parts of a discontinuous item are joined by ` … `."""
    return " … ".join([text[start:end] for start, end in spans])


def values_of(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """What gives the values of some fields of an item."""
    # An attrgetter of one name gives no tuple, and there is none of no name.
    return attrgetter(*names) if len(names) > 1 else lambda item: tuple(getattr(item, name) for name in names)


def unknown_reference(position: int, name: str, value: str, what: str, present: Iterable[str]) -> Fault:
    """The fault of a field that refers to what no annotation of the article is."""
    near = near_match(value, sorted(present))
    hint = f"; did you mean {near!r}?" if near else ""
    return Fault(position, "reference-unknown", f"{name} {value!r} is no {what} of this article{hint}")


def _one_id(given: str | None, name: str, part: Mapping[str, Any], key: str) -> str | None:
    """The id beside a span, or the `entity_id` inside the object that stands for the span; both must be the same."""
    inside = part.get("entity_id")
    if inside is None or inside == given:
        return given
    read: str = TEXT.read(inside, f"{key}.entity_id")
    if given is not None:
        raise FormatError(f"{name!r} is {given!r}, but the entity_id inside {key!r} is {read!r}; keep one")
    return read


def _nothing(*_: object) -> Any:
    return ()


def _no(*_: object) -> bool:
    return False


def _none_by_name(*_: object) -> Any:
    return {}


@dataclass(frozen=True, eq=False, kw_only=True)
class Layer(Generic[Item]):
    """One kind of annotation.

    Attributes:
        name: how it is called in files, options and tables: the plural, such as `entities`.
        one: the word for one item in messages, such as `entity`.
        record: the class of its items.
        prefix: what the ids of numbered items begin with, such as `e`.
        label_field: what an item is counted under.
        labels: the labels there are; None where the inventory of the dataset (`labels.toml`) says. Label maps and
            `Scope.labels` are for layers whose labels the inventory says.
        label_code: the problem of a label that there is not.
        spans_field: where an item stands in the text; None if it is about the whole article.
        needs_spans: whether an item without spans is a problem.
        may_cross: whether two items may overlap without one being inside the other.
        same: the fields that are equal in two items that say the same; by default the spans and the label.
        hashed: the fields that a fingerprint is made of, in this order; by default all but the id.
        left_out: the fields that files, cards and fingerprints leave out where they are not given, so that one which
            few items have changes nothing about the others.
        names: the fields that hold the `entity_id` of a thing, and the word for that thing.
        nobody: what a field of `names` may hold besides: a function of the value.
        also_called: the item with one name more for what is nobody, where such names are free: a function of the item
            and the name; None if no item can have several.
        label_judged: whether an item of another label is a wrong one under every convention that asks for labels;
            False where labels only say of which kind an item is, and nothing is wrong for being of another.
        always_stated: whether files and counts name it where nobody annotated it; others only where somebody did.
        shows_text: whether files give the text at the spans beside them.
        defaults: what texts hold that files may leave out, by field.
        refers: the fields that hold the id of another item, and its layer, which must come before this one.
        joined: the parts that several fields hold: name → fields. Any other field that may be left out is a part that
            is called like it.
        compared: the parts by which items are told to be right: where the gold does not annotate one, predicted items
            are taken without it.
        problems: what else can be wrong with the items of an article.
        counts: what else a description counts in some examples: group → row → count; those of all are the sum.
        mention: the field with the `entity_id` of the thing that an item names, and the field with the spans that name
            it; nothing if items name none.
        roles: who does what in an item, in words, given the text: such as the cue and the speaker of a quote.
        says: an item in words, given the text; by default what stands at its spans, or its label.
        told: an item as a line of a list beside the article, given the text and what it calls the things in it:
            pieces of words with their tone (`evalkit.report.document`). Without, items are marked in the text.
        from_metadata: the item that a value of an article's metadata stands for, where a layer can be read from that.
    """

    name: str
    one: str
    record: type[Item]
    prefix: str
    label_field: str = "label"
    labels: tuple[str, ...] | None = None
    label_code: str = "label-unknown"
    spans_field: str | None = "spans"
    needs_spans: bool = True
    may_cross: bool = True
    same: tuple[str, ...] = ()
    hashed: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    names: Mapping[str, str] = dataclasses.field(default_factory=dict)
    nobody: Callable[[str], bool] = _no
    also_called: Callable[[Item, str], Item] | None = None
    label_judged: bool = True
    always_stated: bool = False
    shows_text: bool = True
    defaults: Mapping[str, str] = dataclasses.field(default_factory=dict)
    refers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    joined: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    compared: tuple[str, ...] = ()
    problems: Callable[[Sequence[Item], Annotations], Iterable[Fault]] = _nothing
    counts: Callable[[Sequence[Example]], Mapping[str, Mapping[str, int]]] = _none_by_name
    mention: tuple[str, str] | tuple[()] = ()
    roles: Callable[[Item, str], Mapping[str, str]] = _none_by_name
    says: Callable[[Item, str], str] | None = None
    told: Callable[[Item, str, Mapping[str, str]], Iterable[tuple[str, str]]] | None = None
    from_metadata: Callable[[str], Item] | None = None

    def __post_init__(self) -> None:
        """Fills in the default that depends on other attributes."""
        place = () if self.spans_field is None else (self.spans_field,)
        object.__setattr__(self, "same", self.same or (*place, self.label_field))

    def of(self, annotations: Annotations) -> tuple[Item, ...] | None:
        """The items of this layer; None if it was not annotated."""
        items: tuple[Any, ...] | None = annotations[self.name]
        return items

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """What an item holds beside its id."""
        return fields_of(self.record, self.defaults)

    @cached_property
    def label(self) -> Callable[[Item], str]:
        """The label that an item is counted under."""
        return attrgetter(self.label_field)

    @cached_property
    def spans(self) -> Callable[[Item], tuple[Span, ...]]:
        """Where an item stands in the text; may be empty."""
        return _nothing if self.spans_field is None else attrgetter(self.spans_field)

    def mentions(self, item: Item) -> Iterator[Mention]:
        """The things that an item names, by `entity_id`."""
        [name], [spans] = self.named_spans([item])
        if name is not None and spans:
            yield Mention(name, spans)

    def named_spans(self, items: Sequence[Item]) -> tuple[list[str | None], list[tuple[Span, ...]]]:
        """For each item the `entity_id` of what it names, and the spans that do so; nothing of items that name none."""
        return self.naming_ids(items), self.naming_spans(items)

    def naming_ids(self, items: Sequence[Item]) -> list[str | None]:
        """For each item the `entity_id` of what it names, or None."""
        return list(map(self._mention[0][0], items)) if self.mention else [None] * len(items)

    def naming_spans(self, items: Sequence[Item]) -> list[tuple[Span, ...]]:
        """For each item the spans that name what it names; may be empty."""
        if not self.mention:
            return [()] * len(items)
        spans = list(map(self._mention[0][1], items))
        return [() if span is None else (span,) for span in spans] if self._mention[1] else spans

    def mentioned(self, items: Sequence[Item]) -> set[str]:
        """The things that some items name, by `entity_id`."""
        return {name for name, spans in zip(*self.named_spans(items), strict=True) if name is not None and spans}

    @cached_property
    def _mention(self) -> tuple[tuple[Callable[[Item], Any], ...], bool]:
        """What gives the fields of `mention`, and whether the second holds one span."""
        types = {field.name: field.type for field in self.fields}
        return tuple(map(attrgetter, self.mention)), SPAN in {types[name] for name in self.mention}

    @cached_property
    def span_names(self) -> Mapping[str, str]:
        """The fields that hold spans, and the word for one of them."""
        named = [field.name for field in self.fields if field.type in (SPAN, SPANS)]
        return {name: "span" if name == "spans" else name for name in named}

    @cached_property
    def span_ids(self) -> Mapping[str, str]:
        """The fields of one span whose thing another field of the same part names: span field → field of the id."""
        types = {field.name: field.type for field in self.fields}
        pairs = [(one, other) for names in self.joined.values() for one in names for other in names]
        return {one: other for one, other in pairs if types[one] is SPAN and types[other] is NAME}

    @cached_property
    def thing_fields(self) -> tuple[str, ...]:
        """The fields that hold the `entity_id` of a thing: of the one that an item mentions, and those of `names`."""
        return tuple(field.name for field in self.fields if field.name in self.names or field.name == "entity_id")

    def every_span(self, items: Sequence[Item]) -> list[Span]:
        """All spans of some items, field by field."""
        spans: list[Span] = []
        for values_of_field, several in self._span_values:
            values: Iterable[Any] = map(values_of_field, items)
            spans += chain.from_iterable(values) if several else filter(None, values)
        return spans

    @cached_property
    def _span_values(self) -> list[tuple[Callable[[Any], Any], bool]]:
        """What gives the value of each field that holds spans, and whether that is several."""
        return [(attrgetter(field.name), field.type is SPANS) for field in self.fields if field.type in (SPAN, SPANS)]

    def parts(self, item: Item) -> Iterator[tuple[str, Span]]:
        """Every span of an item, each after the word for it."""
        for name, word in self.span_names.items():
            value = getattr(item, name)
            if value is not None:
                yield from ((word, span) for span in ([value] if isinstance(value, Span) else value))

    def identities(self, items: Iterable[Item]) -> set[tuple[Any, ...]]:
        """What the items say, that of those which say the same once."""
        return set(map(self._identity, items))

    def identity(self, item: Item) -> tuple[Any, ...]:
        """What two items have in common that say the same."""
        return self._identity(item)

    @cached_property
    def _identity(self) -> Callable[[Item], tuple[Any, ...]]:
        return values_of(self.same)

    def show(self, item: Item, text: str) -> str:
        """An item in words: by default what stands at its spans, or its label if it has none."""
        if self.says is not None:
            return self.says(item, text)
        return surface(text, self.spans(item)) or self.label(item)

    @cached_property
    def part_fields(self) -> Mapping[str, tuple[str, ...]]:
        """The parts that an item may have or lack, such as its cue, and the fields that hold each."""
        inside = {name for names in self.joined.values() for name in names}
        fixed = {self.label_field, self.spans_field if self.needs_spans else ""}
        optional = [f.name for f in self.fields if f.absent is not REQUIRED and f.type is not NUMBER]
        return {**self.joined, **{name: (name,) for name in optional if name not in inside | fixed}}

    def part_of(self, field: str) -> str:
        """The part that a field belongs to."""
        return next((part for part, names in self.part_fields.items() if field in names), field)

    @cached_property
    def decisive(self) -> tuple[str, ...]:
        """The fields in which two readers must agree to say the same: what is scored. The others go with these."""
        judged = {*self.same, self.label_field, *self.thing_fields}
        judged |= {name for part in self.compared for name in self.part_fields[part]}
        return tuple(field.name for field in self.fields if field.name in judged)

    def without(self, item: Item, fields: Iterable[str]) -> Item:
        """The same item without some of its fields; the item itself if it has none of them."""
        absent = {field.name: field.absent for field in self.fields}
        given = {name: absent[name] for name in fields if getattr(item, name)}
        return replace(item, **given) if given else item

    def in_scope(self, item: Item, labels: Sequence[str] | None) -> bool:
        """Whether an item is of one of the labels of a scope; see `evalkit.records.Scope`."""
        if labels is None or self.labels is not None:
            return True
        label = self.label(item)
        return label in labels or f"{self.name}/{label}" in labels

    @cached_property
    def _readers(self) -> list[tuple[str, type | None, Callable[[Any, str], Any], Any]]:
        plain: dict[FieldType, type] = {TEXT: str, NAME: str}
        # Spans may be given in another way, so it takes a closer look to say that there are none.
        return [
            (
                field.name,
                plain.get(field.type),
                field.type.read,
                REQUIRED if field.name == self.spans_field else field.absent,
            )
            for field in self.fields
        ]

    def from_json(self, value: Mapping[str, Any], number: int) -> Item:
        """The item that a JSON object says; without an id it is numbered. `start` and `end` are read as its one span.

        Raises:
            FormatError: a field is missing or of the wrong type.
        """
        get = value.get
        name = get("id")
        if type(name) is not str:
            name = (
                f"{self.prefix}{number}" if name is None else str(name) if type(name) is int else TEXT.read(name, "id")
            )
        values: dict[str, Any] = {"id": name}
        for key, plain, read, absent in self._readers:
            given = get(key)
            # What is as it should be is not read any further: this is where the time of reading goes.
            if type(given) is plain:
                values[key] = given
            elif given is not None:
                values[key] = read(given, key)
            else:
                values[key] = absent if absent is not REQUIRED else self._not_given(key, value)
        for key, other in self.span_ids.items():
            if values[key] is not None and isinstance(get(key), Mapping):
                values[other] = _one_id(values[other], other, value[key], key)
        return self.record(**values)

    def _not_given(self, key: str, value: Mapping[str, Any]) -> tuple[Span, ...]:
        if key != self.spans_field:
            raise FormatError(f"{key!r} must be a string, found None")
        return (SPAN.read(value, key),) if "start" in value or "end" in value else ()

    def to_json(self, item: Item, text: str | None = None) -> Row:
        """An item as a JSON object; with `text`, what stands at its spans is beside them so that a diff can be read."""
        row: Row = {"id": item.id}
        values, fields = self._written
        for (name, write, absent, may_lack), value in zip(fields, values(item), strict=True):
            if may_lack and value == absent:
                continue
            row[name] = value if write is None else write(value)
            if text is not None and name == self.spans_field and self.shows_text:
                row["text"] = surface(text, value)
        return row

    @cached_property
    def _written(self) -> tuple[Callable[[Item], tuple[Any, ...]], list[_Written]]:
        """What gives the values that are written, and what becomes of each."""
        as_is = TEXT.write
        fields = [
            _Written(
                field.name,
                None if field.type.write is as_is else field.type.write,
                field.absent,
                field.type is NUMBER or field.name in self.left_out,
            )
            for field in self.fields
        ]
        return values_of([field.name for field in self.fields]), fields

    def ordered(self, item: Item) -> Item:
        """The same item with its spans, and what else is a list, in ascending order."""
        moved: dict[str, Any] = {
            field.name: tuple(sorted(values))
            for field in self.fields
            if field.type in (SPANS, NAMES) and len(values := getattr(item, field.name)) > 1
        }
        return replace(item, **moved) if moved else item

    def has_lists(self, items: Sequence[Item]) -> bool:
        """Whether one of some items has several spans, or several values, in one field."""
        return any(len(value) > 1 for values_of_field in self._lists for value in map(values_of_field, items))

    @cached_property
    def _lists(self) -> list[Callable[[Any], Any]]:
        return [attrgetter(field.name) for field in self.fields if field.type in (SPANS, NAMES)]

    def moved(self, item: Item, move: Callable[[Span], Span]) -> Item:
        """The same item with every span in it moved."""
        changed: dict[str, Any] = {}
        for name in self.span_names:
            value = getattr(item, name)
            if value:
                changed[name] = move(value) if isinstance(value, Span) else tuple([move(span) for span in value])
        return replace(item, **changed) if changed else item

    @cached_property
    def _order(self) -> list[Field]:
        return sorted(self.fields, key=lambda field: field.name != self.spans_field)

    def places(self, items: Iterable[Item]) -> list[Any]:
        """What comes first in the `order` of each item: its place in the text."""
        first = self._order[0]
        return list(map(first.type.order, map(attrgetter(first.name), items)))

    def order(self, item: Item) -> tuple[Any, ...]:
        """What items are sorted by: their place in the text, the longer first, then what they say, then their id."""
        return (*[field.type.order(getattr(item, field.name)) for field in self._order], item.id)

    def renamed(self, item: Item, names: Mapping[str, Mapping[str, str]]) -> Item:
        """The same item with the ids that it refers to replaced: layer → old id → new id."""
        changed: dict[str, Any] = {
            key: names[layer][value]
            for key, layer in self.refers.items()
            if (value := getattr(item, key)) in names.get(layer, ())
        }
        return replace(item, **changed) if changed else item

    def content(self, item: Item, names: Mapping[str, Mapping[str, Any]]) -> list[Any]:
        """What a fingerprint hashes of an item; ids that it refers to are replaced as in `renamed`."""
        return self.contents([item], names)[0]

    def contents(self, items: Sequence[Item], names: Mapping[str, Mapping[str, Any]]) -> list[list[Any]]:
        """The content of each of some items."""
        values, changed = self._hashed
        contents = list(map(list, map(values, items)))
        for number, field in changed:
            if field.name in self.refers:
                ids = names.get(self.refers[field.name], {})
                for content in contents:
                    content[number] = ids.get(content[number] or "", content[number])
            else:
                hashed = field.type.hashed
                for content in contents:
                    content[number] = hashed(content[number])
        for field in self._rarely:
            # By name, so that two such fields are never taken for each other.
            for content, value in zip(contents, map(attrgetter(field.name), items), strict=True):
                if value != field.absent:
                    content.append([field.name, field.type.hashed(value)])
        return contents

    def contents_as_they_are(self, items: Sequence[Item]) -> list[tuple[Any, ...]] | None:
        """The content of each of some items as their values, which JSON writes as `contents`, without a copy of any.

        None where something is hashed in another form, such as spans that are records, or several.
        """
        values, changed = self._hashed
        for _, field in changed:
            if field.type is not SPANS or not all(
                len(spans) == 1 and type(spans[0]) is tuple for spans in map(attrgetter(field.name), items)
            ):
                return None
        for field in self._rarely:
            if list(map(attrgetter(field.name), items)).count(field.absent) < len(items):
                return None
        return list(map(values, items))

    @cached_property
    def _rarely(self) -> list[Field]:
        return [field for field in self.fields if field.name in self.left_out]

    @cached_property
    def _hashed(self) -> tuple[Callable[[Item], tuple[Any, ...]], list[tuple[int, Field]]]:
        """What gives the values that are hashed, and those of them that are not hashed as they are, by position."""
        by_name = {field.name: field for field in self.fields}
        hashed = [by_name[name] for name in self.hashed or by_name if name not in self.left_out]
        changed = [pair for pair in enumerate(hashed) if pair[1].name in self.refers or pair[1].type in (SPAN, SPANS)]
        return values_of([field.name for field in hashed]), changed

    def is_plain(self, item: Item) -> bool:
        """Whether an item is one span with a label and nothing else, such as most items of large gold are."""
        rest, nothing = self._rest
        spans = self.spans(item)
        return len(spans) == 1 and rest(item) == nothing and 0 <= spans[0][0] < PLAIN_LIMIT > spans[0][1] >= 0

    def plain_and_others(self, items: Sequence[Item]) -> tuple[list[Item], Sequence[Item]]:
        """The plain items, and the others, each in their order."""
        rest, nothing = self._rest
        # Where each has more than a span and a label, as in rich gold, no further look is needed.
        if nothing not in map(rest, items):
            return [], items
        return [item for item in items if self.is_plain(item)], [item for item in items if not self.is_plain(item)]

    @cached_property
    def _rest(self) -> tuple[Callable[[Item], tuple[Any, ...]], tuple[Any, ...]]:
        rest = [field for field in self.fields if field.name not in (self.spans_field, self.label_field)]
        return values_of([field.name for field in rest]), tuple(field.absent for field in rest)
