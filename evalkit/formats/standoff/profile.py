"""How a project's own types, links and features map to layers: the language of profiles, in TOML.

::

    [entities]                        # a table for each layer, or [[entities]] for several
    marks = ["Person", "Place"]       # the types of marks that are its items; "*" is all that no other table takes
    labels = { Person = "PER", Place = "LOC" }
    entity_id = ["@entity_id", "chain:Coreference"]

    [quotes]
    marks = ["Quote"]
    kind = "@kind"                    # where a field of an item comes from, see `evalkit.formats.standoff.origins`
    cue = "->Cue"
    speaker = "->Speaker"

    [stances]
    links = ["supports", "attacks"]   # or its items are links
    labels = { supports = "favor", attacks = "against" }
    holder = "source"
    target = "target"

In place of a value of the tool (as in `labels`) a pattern with `*` may stand, or a range of numbers such as `> 0`; the
first that fits counts.

What a table leaves out has a default that follows from the type of the field. `docs/profiles.md` has all of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from evalkit.errors import FormatError, InputError
from evalkit.formats.standoff.origins import Origin, parse_origin
from evalkit.formats.standoff.profile_files import PROFILES, profile_names
from evalkit.layers.base import Layer
from evalkit.layers.fields import NUMBER, REQUIRED, SPAN, SPANS, Field
from evalkit.layers.table import all_layers, layer_names, load_layer
from evalkit.registry import near_match, unknown_name
from evalkit.toml import read_toml

__all__ = ["ANY", "Profile", "Table", "load_profile", "profile_table"]

ANY = "*"
"""In place of types: every one that no other table names; in place of a label: every other one."""

DEFAULT = "default"

_MADE_OF = ("marks", "links", "answers")
_KEYS = (*_MADE_OF, "group", "where", "labels", "values")
_TOP = ("about", "format", "drop", "parts", "ignore_case", "others", "article", "keys")
_RANGE = re.compile(r"\s*(<=|>=|<|>)\s*([-+]?[0-9]*\.?[0-9]+)\s*$")
_IN_RANGE: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda value, bound: value < bound,
    ">": lambda value, bound: value > bound,
    "<=": lambda value, bound: value <= bound,
    ">=": lambda value, bound: value >= bound,
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Table:
    """Which items of one layer are in a file, and where their fields come from.

    Attributes:
        layer: whose items they are.
        marks: the types of the marks that are items; may hold `*`, alone or as part of a type.
        links: the types of the links that are items.
        answers: the questions about the whole text whose answers are items.
        group: the feature by which several marks are one item; each mark is one if None.
        where: what must be so, or a mark is no item of this table: origin → values.
        fields: for each field of the record the origins that are tried in turn.
        values: for each field the values of the tool and ours; None drops the item.
        stated: whether the profile says so itself; False for a table that `others` makes.
    """

    layer: Layer[Any]
    marks: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    group: Origin | None = None
    where: tuple[tuple[Origin, tuple[str, ...]], ...] = ()
    fields: Mapping[str, tuple[Origin, ...]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    stated: bool = True

    def origins(self) -> Iterable[Origin]:
        """Every origin of the table, also those inside others."""
        given = [origin for several in self.fields.values() for origin in several]
        given += [origin for origin, _ in self.where] + ([self.group] if self.group else [])
        for origin in given:
            yield origin
            yield from (part for part in origin.parts if isinstance(part, Origin))

    def value_of(self, name: str, value: str, fold: Callable[[str], str]) -> str | None:
        """What a value of the tool is as a value of a field; None if the item is dropped."""
        values = self.values.get(name)
        if not values:
            return value
        key = fold(value)
        if key in values:
            return values[key]
        for pattern, ours in values.items():
            if ANY in pattern and pattern != ANY and fnmatchcase(key, pattern):
                return ours
            found = _RANGE.match(pattern)
            if found and _is_number(value) and _IN_RANGE[found[1]](float(value), float(found[2])):
                return ours
        return values.get(ANY, value)


@dataclass(frozen=True, eq=False, kw_only=True)
class Profile:
    """What the types, links and features of a tool's files mean.

    Attributes:
        name: how it is called in messages.
        tables: in the order of layers, so that what others refer to comes first.
        format: the format of the files that it is for; empty if the profile does not say.
        drop: types, links, features and questions that are left out on purpose.
        parts: types of marks that are parts of items, and no items themselves.
        ignore_case: whether names are compared without their case.
        article: field or metadata of the article → what it is called in the file.
        keys: what the reader of a tool finds there, for formats that have to be told.
    """

    name: str
    tables: tuple[Table, ...]
    format: str = ""
    drop: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()
    ignore_case: bool = False
    article: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, Any] = field(default_factory=dict)
    _taking: dict[tuple[str, str], tuple[Table, ...]] = field(default_factory=dict, repr=False)

    def fold(self, name: str) -> str:
        """A name as it is compared."""
        return name.casefold() if self.ignore_case else name

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers that something is mapped to."""
        return tuple(dict.fromkeys(table.layer.name for table in self.tables))

    def tables_of(self, name: str, made_of: str = "marks") -> tuple[Table, ...]:
        """The tables that take marks of a type, links of a type or answers to a question.

        `*` alone takes what no table names.
        """
        taking = self._taking.get((name, made_of))
        if taking is None:
            taking = self._taking[name, made_of] = self._tables_of(self.fold(name), made_of)
        return taking

    def _tables_of(self, name: str, made_of: str) -> tuple[Table, ...]:
        if name in self.drop:
            return ()
        named = [table for table in self.tables if name in getattr(table, made_of)]
        named += [
            table
            for table in self.tables
            if table not in named
            and any(ANY in one and one != ANY and fnmatchcase(name, one) for one in getattr(table, made_of))
        ]
        if not named and not (made_of == "marks" and self._is_part(name)):
            named = [table for table in self.tables if ANY in getattr(table, made_of)]
        return tuple(named)

    def _is_part(self, name: str) -> bool:
        """Whether marks of a type are parts of items: said so, or reached from items by their type."""
        steps = (step for table in self.tables for origin in table.origins() for step in origin.steps)
        reached = (step.name for step in steps if step.way in ("mark:", "here:"))
        return name in self.parts or any(fnmatchcase(name, one) for one in reached)


def _is_number(value: str) -> bool:
    try:
        return float(value) == float(value)
    except ValueError:
        return False


def load_profile(given: str | Path, *, fallback: bool = False) -> Profile:
    """The profile of a name, or of a TOML file.

    Args:
        given: the name of one that evalkit brings, or a path.
        fallback: whether `default` is taken where there is no profile of the name, as for a format without its own.

    Raises:
        UnknownNameError: there is neither such a profile nor such a file.
        FormatError: it says something that no profile can say; names the near match.
    """
    path = _path_of(given, fallback=fallback)
    stamp = path.stat().st_mtime_ns if path.exists() else 0
    return _loaded(path, path.stem if path.parent == PROFILES else str(given), stamp)


def profile_table(given: str | Path, key: str = "keys") -> Mapping[str, Any]:
    """The table of a profile that is for the reader of a tool, such as where things stand in its rows."""
    return load_profile(given).keys if key == "keys" else {}


def _path_of(given: str | Path, *, fallback: bool) -> Path:
    named = PROFILES / f"{given}.toml"
    if isinstance(given, str) and re.fullmatch(r"[\w.-]+", given) and named.is_file():
        return named
    path = Path(given)
    if path.suffix == ".toml" or path.is_file():
        return path
    if path.is_dir():
        raise InputError(f"profile {str(given)!r} is a folder; name the TOML file")
    if fallback:
        return PROFILES / f"{DEFAULT}.toml"
    raise unknown_name("profile", str(given), profile_names())


@cache
def _loaded(path: Path, name: str, _: int) -> Profile:
    return _Parser(name, str(path)).profile(read_toml(path, remedy="name a profile or its TOML file"))


class _Parser:
    """The tables of one profile, checked key by key."""

    def __init__(self, name: str, where: str) -> None:
        self.name, self.where = name, where
        self.fold: Callable[[str], str] = str

    def profile(self, tables: Mapping[str, Any]) -> Profile:
        known = (*layer_names(), *_TOP)
        for key in tables:
            if key not in known:
                raise self._unknown(key, known, "", f"its tables are {', '.join(layer_names())}")
        ignore_case = self._flag(tables, "ignore_case")
        if ignore_case:
            self.fold = str.casefold
        made = [
            self._table(load_layer(name), table, f"{name}{f' ({number})' if number else ''}")
            for name in layer_names()
            if name in tables
            for number, table in self._several(tables[name], name)
        ]
        if self._flag(tables, "others"):
            made += [_called_like_its_item(layer) for layer in all_layers() if layer.name not in tables]
        order = {name: number for number, name in enumerate(layer_names())}
        return Profile(
            name=self.name,
            tables=tuple(sorted(made, key=lambda table: order[table.layer.name])),
            format=self._text(tables, "format"),
            drop=frozenset(map(self.fold, self._names(tables, "drop", ""))),
            parts=frozenset(map(self.fold, self._names(tables, "parts", ""))),
            ignore_case=ignore_case,
            article={
                key: self.fold(self._text(self._dict(tables, "article"), key)) for key in self._dict(tables, "article")
            },
            keys=self._dict(tables, "keys"),
        )

    def _several(self, value: Any, name: str) -> list[tuple[int, Mapping[str, Any]]]:
        several = value if isinstance(value, list) else [value]
        if not several or not all(isinstance(one, Mapping) for one in several):
            raise FormatError(f"{self.where}: {name} must be a table, found {value!r}; write [{name}]")
        return [(number if len(several) > 1 else 0, one) for number, one in enumerate(several, 1)]

    def _table(self, layer: Layer[Any], table: Mapping[str, Any], place: str) -> Table:
        fields = {one.name: one for one in layer.fields}
        for key in table:
            if key not in _KEYS and key not in fields:
                raise self._unknown(key, (*fields, *_KEYS), f" of [{place}]", f"its fields are {', '.join(fields)}")
        made_of = {key: tuple(map(self.fold, self._names(table, key, place))) for key in _MADE_OF}
        if not any(made_of.values()):
            raise FormatError(
                f"{self.where}: [{place}] names no marks, links or answers; say what its items are, "
                'such as marks = ["TYPE"]'
            )
        if sum(map(bool, made_of.values())) > 1:
            raise FormatError(f"{self.where}: [{place}] names marks and links or answers; write [[{layer.name}]] twice")
        values = self._values(layer, table, fields, place)
        origins = {
            name: self._origins(table[name], f"{place}.{name}")
            if name in table
            else _default_origins(one, layer, made_of, values.get(name, {}), self.fold)
            for name, one in fields.items()
        }
        for name, several in origins.items():
            for origin in several:
                if fields[name].type in (SPAN, SPANS) and origin.value != "mark":
                    raise FormatError(
                        f"{self.where}: {place}.{name} is a place in the text, which {origin.written!r} is not; name "
                        "marks, such as 'self' or '->LINK'"
                    )
        group = self._origins(table["group"], f"{place}.group") if "group" in table else ()
        if group and (len(group) > 1 or group[0].value != "feature" or group[0].steps or not made_of["marks"]):
            raise FormatError(f"{self.where}: {place}.group must be one feature of its marks, such as '@relation'")
        where = tuple(
            (self._origins(key, f"{place}.where")[0], tuple(self._listed(value, f"{place}.where.{key}")))
            for key, value in self._dict(table, "where", place).items()
        )
        return Table(
            layer=layer,
            marks=made_of["marks"],
            links=made_of["links"],
            answers=made_of["answers"],
            group=group[0] if group else None,
            where=where,
            fields=origins,
            values=values,
        )

    def _values(
        self, layer: Layer[Any], table: Mapping[str, Any], fields: Mapping[str, Field], place: str
    ) -> dict[str, dict[str, str | None]]:
        given = dict(self._dict(table, "values", place))
        for name in given:
            if name not in fields:
                raise self._unknown(name, fields, f" of [{place}.values]", f"its fields are {', '.join(fields)}")
        if "labels" in table:
            if layer.label_field in given:
                raise FormatError(f"{self.where}: [{place}] has labels and values.{layer.label_field}; keep one")
            given[layer.label_field] = table["labels"]
        values: dict[str, dict[str, str | None]] = {}
        for name, names in given.items():
            what = f"{place}.labels" if name == layer.label_field else f"{place}.values.{name}"
            if not isinstance(names, Mapping):
                raise FormatError(f"{self.where}: {what} must be a table, found {names!r}; write {{ TOOLS = 'OURS' }}")
            for theirs, ours in names.items():
                if ours is not False and not isinstance(ours, str):
                    raise FormatError(f"{self.where}: {what}.{theirs} must be a text, or false, found {ours!r}")
            values[name] = {self.fold(theirs): None if ours is False else ours for theirs, ours in names.items()}
        return values

    def _origins(self, value: Any, place: str) -> tuple[Origin, ...]:
        return tuple(parse_origin(one, f"{self.where}: {place}", self.fold) for one in self._listed(value, place))

    def _listed(self, value: Any, place: str) -> list[str]:
        several = value if isinstance(value, list) else [value]
        if not all(isinstance(one, str) for one in several):
            raise FormatError(f"{self.where}: {place} must be a text or a list of texts, found {value!r}")
        return several

    def _names(self, table: Mapping[str, Any], key: str, place: str) -> list[str]:
        return self._listed(table[key], f"{place}.{key}".strip(".")) if key in table else []

    def _text(self, table: Mapping[str, Any], key: str) -> str:
        value = table.get(key, "")
        if not isinstance(value, str):
            raise FormatError(f"{self.where}: {key} must be a text, found {value!r}")
        return value

    def _flag(self, table: Mapping[str, Any], key: str) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            raise FormatError(f"{self.where}: {key} must be true or false, found {value!r}")
        return value

    def _dict(self, table: Mapping[str, Any], key: str, place: str = "") -> Mapping[str, Any]:
        value = table.get(key, {})
        if not isinstance(value, Mapping):
            raise FormatError(f"{self.where}: {f'{place}.{key}'.strip('.')} must be a table, found {value!r}")
        return value

    def _unknown(self, key: str, known: Iterable[str], place: str, otherwise: str) -> FormatError:
        near = near_match(key, known)
        return FormatError(
            f"{self.where}: unknown key {key!r}{place}; {f'did you mean {near!r}?' if near else otherwise}"
        )


def _default_origins(
    one: Field,
    layer: Layer[Any],
    made_of: Mapping[str, Sequence[str]],
    values: Mapping[str, str | None],
    fold: Callable[[str], str],
) -> tuple[Origin, ...]:
    """Where a field comes from that the table says nothing of."""
    name, of_links = one.name, bool(made_of["links"])
    if one.type is NUMBER:
        written = [name] if name == "score" else [f"@{name}"]
    elif name == layer.label_field:
        types = [*made_of["marks"], *made_of["links"]]
        fixed = layer.labels is not None and not {values.get(one, one) for one in types} & {*layer.labels}
        written = ["answer"] if made_of["answers"] else [f"@{name}"] if fixed else ["type"]
    elif name == layer.spans_field:
        written = [] if of_links else ["self"]
    elif one.type in (SPAN, SPANS):
        written = [f"->{name.capitalize()}"]
    elif of_links and one.absent is REQUIRED and name in layer.names:
        written = ["source" if name == next(iter(layer.names)) else "target"]
    elif name in layer.refers:
        written = [f"->{load_layer(layer.refers[name]).one.capitalize()}", f"@{name}"]
    elif place := next((place for place, other in layer.span_ids.items() if other == name), None):
        written = [f"@{name}", f"->{place.capitalize()}"]
    else:
        written = [f"@{name}"]
    return tuple(parse_origin(text, name, fold) for text in written)


def _called_like_its_item(layer: Layer[Any]) -> Table:
    """The table of a layer that nobody said anything about: marks that are called like one of its items."""
    made_of = {"marks": (layer.one.capitalize(),), "links": (), "answers": ()}
    fields = {
        one.name: (parse_origin(f"@{one.name}", one.name),)
        if one.name == layer.label_field
        else _default_origins(one, layer, made_of, {}, str)
        for one in layer.fields
    }
    return Table(layer=layer, marks=made_of["marks"], fields=fields, stated=False)
