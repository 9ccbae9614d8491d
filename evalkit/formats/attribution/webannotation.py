"""Web annotations as the W3C describes them, in JSON or JSON-LD, over texts that lie beside.

::

    {"type": "Annotation", "body": [{"type": "TextualBody", "purpose": "tagging", "value": "PER"}],
     "target": {"source": "ruun.txt", "selector": [
         {"type": "TextPositionSelector", "start": 0, "end": 8},
         {"type": "TextQuoteSelector", "exact": "Ida Moen", "prefix": "", "suffix": " left"}]}}

The text is that of the source, or a file of the same name that ends in `.txt`. A position is proved by the quote; a
quote without a position has to stand at one place, told by what stands before and after it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from evalkit.errors import FormatError, InputError
from evalkit.files import parse_json, read_bytes, read_text
from evalkit.formats.base import Source
from evalkit.formats.standoff.document import Document, Documents, Link, Mark
from evalkit.formats.standoff.proof import Claim, Prover
from evalkit.options import ReadOptions
from evalkit.records import Span
from evalkit.showing import number_of
from evalkit.text.counting import CODE_POINTS, parse_counting

__all__ = ["webannotation_certainty", "webannotation_documents"]

_CONTEXT = b"www.w3.org/ns/anno"
_SELECTORS = (b'"TextPositionSelector"', b'"TextQuoteSelector"')
_LISTS = ("items", "resources", "annotations", "@graph", "first")
_TYPED = ("classifying", "tagging")
"""Purposes of bodies that say what is marked; the first one there is the type."""
_FEATURES = {"identifying": "link", "commenting": "note", "describing": "note"}
_UNTYPED = "Annotation"

Json = Mapping[str, Any]


class _Found(NamedTuple):
    """One annotation of a text."""

    where: str
    json: Json
    position: Span | None
    exact: str | None
    prefix: str
    suffix: str


def webannotation_certainty(path: Path, head: bytes) -> float:
    """How sure it is that a file holds web annotations."""
    if path.is_dir() or head.lstrip()[:1] not in (b"{", b"["):
        return 0.0
    return 0.97 if _CONTEXT in head or any(name in head for name in _SELECTORS) else 0.0


def webannotation_documents(source: Source, options: ReadOptions) -> Documents:
    """The texts that annotations of a file are about, with them.

    Raises:
        InputError: the file cannot be read.
    """
    path = source.path
    problems: list[FormatError] = []
    notes: Counter[str] = Counter()
    by_text: dict[str, list[_Found]] = {}
    linking: list[Json] = []
    for where, one in _annotations(path, problems):
        targets = one.get("target")
        several = targets if isinstance(targets, list) else [targets]
        if one.get("motivation") == "linking" and len(several) == 2:
            linking.append(one)
            continue
        for target in several:
            found = _located(where, one, target)
            if found is None:
                notes["annotations of no stretch of a text, left out"] += 1
            else:
                by_text.setdefault(_source_of(target), []).append(found)
    stated = parse_counting(options.offsets) if options.offsets else None
    prover = Prover(usual=stated or CODE_POINTS, stated=stated is not None)
    documents, linked, known = [], set[int](), set[str]()
    for name, own in sorted(by_text.items()):
        try:
            file, text = _text_of(path, name, alone=len(by_text) == 1)
        except InputError as error:
            problems.append(FormatError(f"{error} ({number_of(len(own), 'annotation')})"))
            continue
        marks = _marks(text, own, prover, problems, notes)
        ids = {mark.id for mark in marks}
        known |= ids
        own_links = {number: link for number, one in enumerate(linking) if (link := _link(one, ids)) is not None}
        linked |= own_links.keys()
        documents.append(
            Document(
                id=file.stem,
                text=text,
                marks=tuple(marks),
                links=tuple(own_links.values()),
                where=str(path),
            )
        )
    for number, one in enumerate(linking):
        if number not in linked:
            there = _link(one, known) is not None
            told = "of two texts" if there else "that are not there"
            notes[f"links between annotations {told}, left out"] += 1
    return Documents(documents=tuple(documents), problems=tuple(problems), notes=dict(notes))


def _annotations(path: Path, problems: list[FormatError]) -> Iterator[tuple[str, Json]]:
    """The annotations of a file: a list of them, a collection or page, or one a line."""
    content = read_bytes(path).removeprefix(b"\xef\xbb\xbf")
    try:
        value = parse_json(content, path)
    except FormatError as error:
        lines = [line for line in content.split(b"\n") if line.strip()]
        if len(lines) < 2:
            problems.append(error)
            return
        value = []
        for number, line in enumerate(lines, 1):
            try:
                value.append(parse_json(line, f"{path}:{number}"))
            except FormatError as broken:
                problems.append(broken)
    yield from _inside(value, str(path))


def _inside(value: Any, where: str, depth: int = 0) -> Iterator[tuple[str, Json]]:
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from _inside(one, f"{where}[{index}]", depth)
    elif isinstance(value, Mapping):
        if "target" in value:
            yield where, value
        elif depth < 5:
            for key in _LISTS:
                if key in value:
                    yield from _inside(value[key], f"{where} {key}", depth + 1)


def _located(where: str, one: Json, target: Any) -> _Found | None:
    """The place that an annotation is about; None if it is about no stretch of a text."""
    if not isinstance(target, Mapping):
        return None
    position, exact, prefix, suffix = None, None, "", ""
    for selector in _selectors(target.get("selector")):
        kind = selector.get("type") or selector.get("@type")
        if kind == "TextPositionSelector":
            start, end = selector.get("start"), selector.get("end")
            if type(start) is int and type(end) is int:
                position = Span(start, end)
        elif kind == "TextQuoteSelector" and isinstance(selector.get("exact"), str):
            exact = selector["exact"]
            prefix, suffix = str(selector.get("prefix") or ""), str(selector.get("suffix") or "")
    return None if position is None and not exact else _Found(where, one, position, exact, prefix, suffix)


def _selectors(value: Any, depth: int = 0) -> Iterator[Json]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, Mapping) and depth < 5:
            yield one
            yield from _selectors(one.get("refinedBy"), depth + 1)


def _source_of(target: Any) -> str:
    source = target.get("source") if isinstance(target, Mapping) else None
    if isinstance(source, Mapping):
        source = source.get("id") or source.get("@id")
    return source if isinstance(source, str) else ""


def _text_of(path: Path, source: str, *, alone: bool) -> tuple[Path, str]:
    """The file of a text, and what is in it: in the folder of the annotations, never outside."""
    name = PurePosixPath(unquote(urlsplit(source).path)).name
    tried = [
        path.with_name(one) for one in (name, PurePosixPath(name).stem + ".txt") if one not in ("", ".", "..", ".txt")
    ]
    tried += [path.with_suffix(".txt")] if alone or not source else []
    for file in tried:
        if file.suffix != ".json" and file.is_file():
            return file, read_text(file)
    raise FormatError(
        f"{path}: no text for {source[:80]!r}; put it beside, as {tried[-1].name if tried else 'NAME.txt'}"
    )


def _marks(
    text: str, found: list[_Found], prover: Prover, problems: list[FormatError], notes: Counter[str]
) -> list[Mark]:
    claims = [Claim((one.position,), one.exact) for one in found if one.position is not None]
    proofs = iter(prover.prove(text, claims))
    marks: list[Mark] = []
    for one in found:
        if one.position is not None:
            proof = next(proofs)
            spans, refusal = proof.spans, proof.refusal
            if proof.cause:
                notes[f"annotations {proof.cause}"] += 1
            if proof.note:
                notes[f"annotations {proof.note}"] += 1
        else:
            spans, refusal = _searched(text, one)
        if refusal:
            problems.append(FormatError(f"{one.where}: {refusal}"))
            continue
        type_, features = _said(one.json)
        marks.append(Mark(_id(one.json.get("id")) or f"a{len(marks) + 1}", type_, spans, features))
    return marks


def _searched(text: str, one: _Found) -> tuple[tuple[Span, ...], str]:
    """Where a quote without a position stands, if that is one place."""
    exact = one.exact or ""
    whole = one.prefix + exact + one.suffix
    first = text.find(whole)
    if first < 0:
        return (), f"{exact[:40]!r} does not stand in the text, with what is said to be before and after it; mend it"
    if text.find(whole, first + 1) >= 0:
        return (), f"{exact[:40]!r} stands at several places; give its position, or more of what is before and after it"
    start = first + len(one.prefix)
    return (Span(start, start + len(exact)),), ""


def _said(one: Json) -> tuple[str, dict[str, str | tuple[str, ...]]]:
    """The type and the features that the bodies of an annotation give."""
    types: list[str] = []
    features: dict[str, list[str]] = {}
    bodies = one.get("body", one.get("bodies"))
    for body in bodies if isinstance(bodies, list) else [bodies]:
        if isinstance(body, str):
            features.setdefault("link" if "://" in body else "note", []).append(body)
        if not isinstance(body, Mapping):
            continue
        purpose = body.get("purpose") or body.get("role") or one.get("motivation") or "describing"
        value = body.get("value") if isinstance(body.get("value"), str) else _label(body)
        if not isinstance(value, str) or not isinstance(purpose, str):
            continue
        if purpose in _TYPED:
            types.insert(0 if purpose == _TYPED[0] else len(types), value)
        else:
            features.setdefault(_FEATURES.get(purpose, purpose), []).append(value)
    if len(types) > 1:
        features["tags"] = types
    creator = one.get("creator")
    name = creator.get("name") or creator.get("id") if isinstance(creator, Mapping) else creator
    if isinstance(name, str):
        features.setdefault("creator", [name])
    said = {key: tuple(values) if len(values) > 1 else values[0] for key, values in features.items()}
    return (types[0] if types else _UNTYPED), said


def _label(body: Json) -> Any:
    """What a body is called that is no text: its label, or the address of what it is about."""
    source = body.get("source")
    if isinstance(source, Mapping):
        return source.get("label") or source.get("id")
    return source or body.get("id") or body.get("@id")


def _link(one: Json, ids: set[str]) -> Link | None:
    ends = [_id(target.get("id") if isinstance(target, Mapping) else target) for target in one["target"]]
    if not all(end in ids for end in ends):
        return None
    type_, features = _said(one)
    return Link("link" if type_ == _UNTYPED else type_, str(ends[0]), str(ends[1]), features)


def _id(value: Any) -> str | None:
    return value.removeprefix("#") if isinstance(value, str) and value else None
