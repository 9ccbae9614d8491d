"""A CAS out of XMI or JSON, read by dkpro-cassis, with the offsets as they stand in the file.

cassis takes an offset that is no place of the text as it is, looks through the whole text for each of them, and
converts only what is indexed. So the places are kept here, for whoever makes marks of them to convert and to prove,
and cassis is given none.
"""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalkit.errors import FormatError, MissingExtraError, guarded
from evalkit.files import parse_json
from evalkit.formats.safe_xml import parse_xml
from evalkit.origin import install_command

if TYPE_CHECKING:
    from cassis import Cas, TypeSystem

__all__ = [
    "FEATURE_STRUCTURES",
    "INITIAL_VIEW",
    "TYPES",
    "LoadedCas",
    "load_json",
    "load_types",
    "load_xmi",
    "needs_cassis",
]

FEATURE_STRUCTURES, TYPES, VIEWS = "%FEATURE_STRUCTURES", "%TYPES", "%VIEWS"

INITIAL_VIEW = "_InitialView"
"""The view that INCEpTION, and nearly everybody, annotates."""

_XMI = "{http://www.omg.org/XMI}"
_AGAIN = "export it again"


@dataclass(frozen=True, kw_only=True)
class LoadedCas:
    """A CAS and what its file says.

    Attributes:
        cas: the CAS.
        places: begin and end of each annotation by its id, in UTF-16 code units and in the order of the file.
        where: the file, for messages.
    """

    cas: Cas
    places: Mapping[int, tuple[int, int]]
    where: str


@contextmanager
def needs_cassis() -> Iterator[None]:
    """Stands round the import of cassis.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        yield
    except ImportError as error:
        raise MissingExtraError(f"UIMA needs dkpro-cassis; install it: {install_command('formats')}") from error


@contextmanager
def _cassis_at_work(where: str) -> Iterator[None]:
    """What cassis stumbles over is in the file; what it warns of is checked here."""
    with warnings.catch_warnings(), guarded(f"{where}: no CAS that can be read", kind=FormatError, remedy=_AGAIN):
        warnings.simplefilter("ignore")
        yield


def load_types(content: bytes, where: str) -> TypeSystem:
    """A type system (`TypeSystem.xml`).

    Raises:
        FormatError: it is none.
    """
    with needs_cassis():
        from cassis import load_typesystem

    root = parse_xml(content, where, remedy=_AGAIN)
    if not str(root.tag).endswith("}typeSystemDescription"):
        raise FormatError(f"{where}: is no type system of UIMA but {_local(root.tag)!r}; export it beside the XMI file")
    with _cassis_at_work(where):
        return load_typesystem(io.BytesIO(content))


def load_xmi(content: bytes, types: TypeSystem, where: str) -> LoadedCas:
    """A CAS in XMI, whose types stand elsewhere.

    Raises:
        FormatError: it is damaged, or of other types.
    """
    from cassis import load_cas_from_xmi

    root = parse_xml(
        content, where, remedy="export it again, as XMI for XML 1.0 or, with control characters in it, as UIMA CAS JSON"
    )
    if root.tag != f"{_XMI}XMI":
        raise FormatError(f"{where}: is no XMI but XML with the root {_local(root.tag)!r}; {_AGAIN}")
    places: dict[int, tuple[int, int]] = {}
    ids: set[int] = set()
    for element in root:
        given = element.get(f"{_XMI}id")
        if given is None:
            continue
        known = _number(given, f"{where}: xmi:id of {_local(element.tag)}")
        _once(known, ids, where)
        begin, end = element.get("begin"), element.get("end")
        if begin is not None and end is not None:
            place = f"{where}: {_local(element.tag)} {known}"
            places[known] = (_number(begin, f"{place}: begin"), _number(end, f"{place}: end"))
            element.set("begin", "0")
            element.set("end", "0")
    with _cassis_at_work(where):
        from lxml import etree

        cas = load_cas_from_xmi(io.BytesIO(etree.tostring(root)), typesystem=types)
        return LoadedCas(cas=cas, places=places, where=where)


def load_json(content: bytes, where: str) -> LoadedCas:
    """A CAS in JSON, with its types inside.

    Raises:
        FormatError: it is damaged.
    """
    with needs_cassis():
        from cassis import load_cas_from_json

    value = parse_json(content.removeprefix(b"\xef\xbb\xbf"), where, damaged=_AGAIN)
    listed = value.get(FEATURE_STRUCTURES) if isinstance(value, dict) else None
    if isinstance(listed, dict):
        entries = [(_number(key, f"{where}: key"), one) for key, one in listed.items()]
    elif isinstance(listed, list):
        entries = [(_own_id(one), one) for one in listed]
    else:
        raise FormatError(f"{where}: has no list under {FEATURE_STRUCTURES!r}; {_AGAIN}")
    if not isinstance(value.get(TYPES), dict) or not isinstance(value.get(VIEWS), dict):
        raise FormatError(f"{where}: has no {TYPES} or no {VIEWS}; export it with its type system")
    places: dict[int, tuple[int, int]] = {}
    ids: set[int] = set()
    for known, one in entries:
        if not isinstance(one, dict) or known < 0 or not isinstance(one.get("%TYPE"), str):
            raise FormatError(f"{where}: a feature structure without %ID and %TYPE, {str(one)[:60]!r}; {_AGAIN}")
        _once(known, ids, where)
        begin, end = one.get("begin"), one.get("end")
        if type(begin) is int and type(end) is int:
            places[known] = (begin, end)
            one["begin"] = one["end"] = 0
    for known, one in entries:
        if (lost := next((ref for ref in _references(one) if ref not in ids), None)) is not None:
            raise FormatError(f"{where}: {one['%TYPE']} {known} refers to {lost!r}, which is not there; {_AGAIN}")
    with _cassis_at_work(where):
        cas = load_cas_from_json(json.dumps(_of_one_view(value, [one for _, one in entries])))
        return LoadedCas(cas=cas, places=places, where=where)


def _of_one_view(value: dict[str, Any], entries: list[dict[str, Any]]) -> dict[str, Any]:
    """A CAS with one view that has members, which is the initial one: cassis makes every other one twice and fails."""
    texts = [one for one in entries if one["%TYPE"] == "uima.cas.Sofa" and isinstance(one.get("sofaString"), str)]
    named = {one.get("sofaID"): one for one in texts}
    if texts and INITIAL_VIEW not in named:
        first = min(texts, key=lambda one: str(one.get("sofaID")))
        value[VIEWS][INITIAL_VIEW] = value[VIEWS].pop(first.get("sofaID"), {"%MEMBERS": []})
        first["sofaID"] = INITIAL_VIEW
    return {**value, VIEWS: {INITIAL_VIEW: value[VIEWS].get(INITIAL_VIEW, {"%MEMBERS": []})}}


def _own_id(one: Any) -> int:
    known = one.get("%ID") if isinstance(one, dict) else None
    return known if type(known) is int else -1


def _references(one: Mapping[str, Any]) -> Iterator[Any]:
    """The ids of other feature structures that one names."""
    for key, value in one.items():
        if key.startswith("@") and value is not None:
            yield value
    elements = one.get("%ELEMENTS")
    if isinstance(elements, list) and (one["%TYPE"] == "uima.cas.FSArray" or _is_array_of_structures(one["%TYPE"])):
        yield from (element for element in elements if element is not None)


def _is_array_of_structures(name: str) -> bool:
    return name.endswith("[]") and name.removesuffix("[]").rpartition(".")[2] not in (
        *("Boolean", "Byte", "Short", "Integer", "Long", "Float", "Double", "String"),
    )


def _once(known: int, ids: set[int], where: str) -> None:
    if known in ids:
        raise FormatError(f"{where}: the id {known} is given twice; {_AGAIN}")
    ids.add(known)


def _number(text: str, what: str) -> int:
    if len(text) > 18 or not text.removeprefix("-").isdecimal() or not text.isascii():
        raise FormatError(f"{what} must be a whole number, found {text[:40]!r}; {_AGAIN}")
    return int(text)


def _local(tag: Any) -> str:
    return str(tag).rpartition("}")[2]
