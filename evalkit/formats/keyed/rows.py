"""JSON rows with spans, under whatever keys, as documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from evalkit.errors import FormatError
from evalkit.formats.base import Source
from evalkit.formats.keyed.keys import NOTHING, Keys, Names, value_at
from evalkit.formats.standoff.document import Document, Documents, Link, Mark
from evalkit.formats.standoff.ids import own_ids
from evalkit.formats.standoff.proof import Claim, Proof, Prover
from evalkit.formats.standoff.values import whole
from evalkit.formats.tags.schemes import decode_tags
from evalkit.records import Span
from evalkit.showing import number_of
from evalkit.text.counting import CODE_POINTS, parse_counting

__all__ = ["documents_of_rows"]

Row = Mapping[str, Any]

_ARTICLE = {"title": "title", "publisher": "source", "published": "published", "lang": "lang"}
"""What a key says of the article, and what that is called there."""


def documents_of_rows(source: Source, keys: Keys) -> Documents:
    """The rows of a file, as their keys say; what is damaged in a row is a problem, and its rest is read.

    Raises:
        InputError: the file cannot be read, or how offsets count is none of the ways that there are.
    """
    from evalkit.formats.native.json_rows import read_rows

    problems: list[FormatError] = []
    notes: Counter[str] = Counter()
    rows: list[_Row] = []
    number = 0
    for where, outer in read_rows(source.path, on_error=problems.append):
        for place, row in _rows(outer, keys, where, problems):
            number += 1
            try:
                rows.append(_Row(row, keys, place, f"{source.unnamed}{number}", problems, notes))
            except FormatError as error:
                problems.append(error)
    # One row may decide for another how offsets were counted.
    usual = parse_counting(",".join(keys.counting)) if keys.counting else CODE_POINTS
    prover = Prover(usual=usual, stated=bool(keys.counting))
    proofs = prover.prove_all((row.text, [region.claim for region in row.regions]) for row in rows)
    documents = [row.document(own) for row, own in zip(rows, proofs, strict=True)]
    return Documents(documents=tuple(documents), problems=tuple(problems), notes=dict(notes))


def _rows(outer: Row, keys: Keys, where: str, problems: list[FormatError]) -> Iterator[tuple[str, Row]]:
    """The rows inside an object, if the keys say where; else it is the row."""
    if not keys.rows or (inner := value_at(outer, keys.rows)) is NOTHING:
        yield where, outer
        return
    if not isinstance(inner, list):
        problems.append(FormatError(f"{where}: {keys.rows[0]!r} must be a list of rows, found {_shown(inner)}"))
        return
    for index, row in enumerate(inner):
        place = f"{where} {keys.rows[0]}[{index}]"
        if isinstance(row, Mapping):
            yield place, row
        else:
            problems.append(FormatError(f"{place}: must be an object, found {_shown(row)}; mend it"))


class _Region(NamedTuple):
    """What a row says of one span."""

    claim: Claim
    type: str
    given: str
    wished: str
    features: dict[str, str | tuple[str, ...]]
    place: str


class _Row:
    """One row while it becomes a document: its spans are regions until it is proved where they stand."""

    def __init__(
        self, row: Row, keys: Keys, where: str, number: str, problems: list[FormatError], notes: Counter[str]
    ) -> None:
        self.row, self.keys, self.where, self.problems, self.notes = row, keys, where, problems, notes
        text = value_at(row, keys.text)
        if not isinstance(text, str):
            raise FormatError(
                f"{where}: no text under {_listed(keys.text)}: there are {_listed(tuple(row)[:8])}; name the key in "
                'the profile, as [keys] text = "…"'
            )
        self.text = text
        self.id = self._said(keys.id) or number
        self.regions: list[_Region] = []
        for name in keys.spans:
            spans = value_at(row, (name,))
            if isinstance(spans, list):
                self._read_spans(name, spans)
        try:
            self._read_tags()
        except FormatError as error:
            problems.append(error)

    def document(self, proofs: Sequence[Proof]) -> Document:
        """The document, with the proofs of its regions."""
        marks = []
        ids, twice = own_ids([region.given for region in self.regions], [region.wished for region in self.regions])
        for number in twice:
            region = self.regions[number]
            self.problems.append(FormatError(f"{region.place}: another span has the id {region.given!r:.80}; mend it"))
        for name, region, proof in zip(ids, self.regions, proofs, strict=True):
            if proof.refusal:
                self.problems.append(FormatError(f"{region.place}: {proof.refusal}"))
                continue
            if proof.cause:
                self.notes[f"spans {proof.cause}"] += 1
            if proof.note:
                self.notes[f"spans {proof.note}"] += 1
            marks.append(Mark(name, region.type, proof.spans, region.features))
        article = {
            name: said for key, name in _ARTICLE.items() if (said := self._said(getattr(self.keys, key))) is not None
        }
        return Document(
            id=self.id,
            text=self.text,
            marks=tuple(marks),
            links=self._links({mark.id for mark in marks}),
            labels=self._labels(),
            annotator=self._said(self.keys.annotator) or "",
            article=article,
            split=self._said(self.keys.split) or None,
            where=self.where,
        )

    def _said(self, names: Names) -> str | None:
        return _text_of(value_at(self.row, names))

    def _read_spans(self, name: str, spans: list[Any]) -> None:
        for index, value in enumerate(spans):
            place = f"{self.where} {name}[{index}]"
            if not isinstance(value, (Mapping, list)):
                self.notes[f"values in {name!r} that are no spans, left out"] += 1
                continue
            try:
                self.regions.append(self._region(name, value, place))
            except FormatError as error:
                self.problems.append(error)

    def _region(self, name: str, value: Mapping[str, Any] | list[Any], place: str) -> _Region:
        keys = self.keys
        surface = value_at(value, keys.surface)
        claim = Claim(self._spans(value, place), surface if isinstance(surface, str) else None)
        label = _text_of(value_at(value, keys.label)) or name
        given = _text_of(value_at(value, keys.span_id))
        features = self._rest(value, keys.start, keys.end, keys.bounds, keys.surface, keys.label, keys.span_id)
        return _Region(claim, label, given or "", f"{name}-{len(self.regions) + 1}", features, place)

    def _rest(self, value: Any, *read: Names) -> dict[str, str | tuple[str, ...]]:
        """What an object says besides what was read from it under the first of each of these names that is there."""
        done = {next((name for name in names if value_at(value, (name,)) is not NOTHING), "") for names in read}
        if not isinstance(value, Mapping):
            return {}
        return {name: said for name, said in _features(value) if name not in done and name.split(".")[0] not in done}

    def _spans(self, value: Any, place: str) -> tuple[Span, ...]:
        start, end = value_at(value, self.keys.start), value_at(value, self.keys.end)
        bounds = value_at(value, self.keys.bounds)
        if start is NOTHING and isinstance(bounds, list) and bounds:
            pairs = bounds if isinstance(bounds[0], list) else [bounds]
            return tuple(
                self._span(pair[0], pair[1], place) for pair in pairs if isinstance(pair, list) and len(pair) >= 2
            )
        return (self._span(start, end, place),)

    def _span(self, start: Any, end: Any, place: str) -> Span:
        found = []
        for what, value in (("start", start), ("end", end)):
            if (number := whole(value)) is None:
                names = self.keys.start if what == "start" else self.keys.end
                shown = "nothing" if value is NOTHING else _shown(value)
                raise FormatError(f"{place}: {what} under {_listed(names)} must be a whole number, found {shown}")
            found.append(number)
        return Span(*found)

    def _links(self, known: set[str]) -> tuple[Link, ...]:
        listed = value_at(self.row, self.keys.links)
        links = []
        for index, value in enumerate(listed if isinstance(listed, list) else ()):
            place = f"{self.where} {self.keys.links[0]}[{index}]"
            ends = [_text_of(value_at(value, names)) for names in (self.keys.source, self.keys.target)]
            if any(one not in known for one in ends):
                self.problems.append(
                    FormatError(
                        f"{place}: goes from {ends[0]!r} to {ends[1]!r}, which are not both spans here; mend it"
                    )
                )
                continue
            said = _text_of(value_at(value, self.keys.relation)) or self.keys.links[0]
            features = self._rest(value, self.keys.source, self.keys.target, self.keys.relation)
            links.append(Link(said, str(ends[0]), str(ends[1]), features))
        return tuple(links)

    def _labels(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for name in self.keys.labels:
            value = value_at(self.row, (name,))
            for question, answers in (value if isinstance(value, Mapping) else {name: value}).items():
                several = answers if isinstance(answers, list) else [answers]
                said = tuple(text for one in several if (text := _text_of(one)) is not None)
                if said:
                    found[question] = said
        return found

    def _read_tags(self) -> None:
        tags, tokens = value_at(self.row, self.keys.tags), value_at(self.row, self.keys.tokens)
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            return
        places = self._token_places(tags, tokens)
        decoded = decode_tags(tags)
        if odd := sum(number for kind, number in decoded.repaired.items() if kind != "outside-variant"):
            self.notes[f"tags that are odd in {decoded.scheme}, read as conlleval reads them"] += odd
        for first, end, label in decoded.spans:
            span = Span(places[first].start, places[end - 1].end)
            place = f"{self.where} token {first}"
            self.regions.append(_Region(Claim((span,)), label, "", f"token-{first}", {}, place))

    def _token_places(self, tags: list[str], tokens: Any) -> list[Span]:
        offsets = value_at(self.row, self.keys.offsets)
        if isinstance(offsets, list) and len(offsets) == len(tags):
            pairs = [pair if isinstance(pair, list) and len(pair) == 2 else [None, None] for pair in offsets]
            return [self._span(start, end, f"{self.where} token {at}") for at, (start, end) in enumerate(pairs)]
        if not isinstance(tokens, list) or len(tokens) != len(tags):
            raise FormatError(
                f"{self.where}: {number_of(len(tags), 'tag')} under {_listed(self.keys.tags)}, and neither "
                "so many tokens nor so many offsets; mend it"
            )
        places, position = [], 0
        for token in tokens:
            start = self.text.find(str(token), position)
            if start < 0:
                raise FormatError(
                    f"{self.where}: token {_shown(token)} is not in the text after those before it; "
                    "give offsets of tokens"
                )
            position = start + len(str(token))
            places.append(Span(start, position))
        return places


def _features(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str | tuple[str, ...]]]:
    """What an object says in text and numbers, inner objects by paths."""
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            if prefix.count(".") < 3:
                yield from _features(inner, f"{prefix}{key}.")
        elif isinstance(inner, list):
            said = [_text_of(one) for one in inner]
            if said and all(one is not None for one in said):
                yield f"{prefix}{key}", tuple(str(one) for one in said)
        elif (text := _text_of(inner)) is not None:
            yield f"{prefix}{key}", text


def _text_of(value: Any) -> str | None:
    """Text as it is, and numbers and truth as JSON writes them; None for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (int, float)) else None


def _listed(names: Names) -> str:
    return " or ".join(map(repr, names))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
