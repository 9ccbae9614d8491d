"""The baseline of a gate: what an earlier run predicted, as a file in the repository, or that run's own folder.

The file is JSON with one line for each predicted item, so that a change of the baseline can be read in a diff: articles
by id, items in text order with the words that they stand for, and no numbers that move when an item is put in before.
Counts are not kept: a gate scores both sides again, on the gold of today. The same run gives the same bytes.

Of more than a thousand articles nobody reads a diff line by line: then a line is an article, without the words
(`evalkit.gate.compact`), in a fraction of the bytes. A file called `….gz` holds the same compressed.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from evalkit.dataset.fingerprint import fingerprint_of
from evalkit.dataset.gold import GoldDataset
from evalkit.errors import FormatError
from evalkit.files import parse_json, read_bytes, write_file
from evalkit.formats.native.rows import prediction_from_row, sha256_text
from evalkit.gate import compact
from evalkit.gate.compact import ANEW, FACTS, GIVEN, Compacting, expanded
from evalkit.harmless import json_text
from evalkit.layers.base import Layer
from evalkit.layers.table import all_layers
from evalkit.predictions.run import Run
from evalkit.records import Annotations, Prediction
from evalkit.results import RUN_FACTS
from evalkit.shapes import Shape, anything, checked, fields, list_of, ruled, text
from evalkit.showing import number_of
from evalkit.version import __version__

__all__ = [
    "ArticleMark",
    "Baseline",
    "NoBaselineError",
    "article_marks",
    "baseline_bytes",
    "in_file",
    "prediction_text",
    "read_baseline",
    "write_baseline",
]

FORMAT, VERSION, COMPACT = "evalkit.baseline", 2, 3
"""Version 3 is that of large baselines."""
OLDER = 1
"""A version that is still read; it holds tables, which are not looked at, and does not say what articles were like."""
FOR_PEOPLE = 1000
"""Of so many articles at most somebody may read what changed."""

HEAD = ("extractor", "fingerprint", "gold", "gold_fingerprint", "split", "articles", "layers", "scoring")
DIGITS = 16

BEGINNING = re.compile(rb'(\xef\xbb\xbf)?\s*\{\s*"format"\s*:\s*"' + re.escape(FORMAT.encode()) + rb'"')
"""What every version begins with: by this a damaged file is known for a baseline."""
ELSEWHERE = "make one in another file with evalkit gate RUN --baseline FILE --update, or give a run folder"


LARGEST = 1 << 32
"""So many bytes a compressed baseline has at most: four million articles with all layers."""


class NoBaselineError(FormatError):
    """A file that is not recognisably a baseline, which nobody means to replace."""


@dataclass(frozen=True, slots=True)
class ArticleMark:
    """What an article was like: 16 hexadecimal digits each of its text and of its gold (which covers the text)."""

    text: str
    gold: str


def article_marks(gold: GoldDataset) -> dict[str, ArticleMark]:
    """What each article of some gold is like, by id."""
    return {
        example.article.id: ArticleMark(sha256_text(example.article.text)[:DIGITS], fingerprint_of([example]))
        for example in gold
    }


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """What a gate compares with.

    Attributes:
        run: what an earlier run predicted; predictions by article id.
        marks: what each of its articles was like; empty if that is not known.
        of_today: whether it is a run over the gold of today, so that all of its articles are as they were.
        unseen: why its fingerprint does not cover all that it ran; empty if it does.
        evalkit: the version that wrote it; empty for a run folder.
        note: what is to be said about how it was read, or "".
    """

    run: Run
    marks: Mapping[str, ArticleMark]
    of_today: bool = False
    unseen: str = ""
    evalkit: str = __version__
    note: str = ""

    @property
    def head(self) -> dict[str, Any]:
        """The facts that the file begins with."""
        more = {"layers": list(self.run.layers or ()), "scoring": self.run.stated_scoring}
        known = self.run.facts | more
        unseen = {"unseen": self.unseen} if self.unseen else {}
        return {name: known[name] for name in HEAD} | unseen | {"evalkit": self.evalkit}


def baseline_bytes(baseline: Baseline, texts: Mapping[str, str]) -> bytes:
    """The file's content.

    Args:
        baseline: what is written.
        texts: article id → text, for the words beside each item.
    """
    ordered = sorted(baseline.run.predictions, key=lambda prediction: prediction.article_id)
    if len(ordered) > FOR_PEOPLE:
        return _compact_bytes(baseline, ordered)
    articles = [prediction_text(one, baseline.marks.get(one.article_id), texts.get(one.article_id)) for one in ordered]
    return _in_lines({"format": FORMAT, "version": VERSION} | baseline.head, articles)


def _compact_bytes(baseline: Baseline, ordered: Iterable[Prediction]) -> bytes:
    compacting = Compacting()
    articles = [
        _json(compacting.article(_facts(one, baseline.marks.get(one.article_id)), _layers(one, None)))
        for one in ordered
    ]
    return _in_lines({"format": FORMAT, "version": COMPACT} | baseline.head | compacting.head, articles)


def _in_lines(head: Mapping[str, Any], articles: Iterable[str]) -> bytes:
    lines = [f"{_json(name)}: {_json(value)}," for name, value in head.items()]
    return "\n".join(["{", *lines, '"predictions": [', ",\n".join(articles), "]", "}", ""]).encode()


def in_file(path: Path, content: bytes) -> bytes:
    """The content as it stands in the file: compressed where its name says so, and with no time in it."""
    return gzip.compress(content, mtime=0) if path.suffix == ".gz" else content


def _out_of_file(path: Path, content: bytes) -> bytes:
    """The content of a file, whether it is compressed or not.

    Raises:
        NoBaselineError: it is compressed and damaged, or far larger than a baseline.
    """
    if not content.startswith(b"\x1f\x8b"):
        return content
    unpacked = zlib.decompressobj(wbits=31)
    try:
        plain = unpacked.decompress(content, LARGEST)
    except zlib.error as error:
        raise NoBaselineError(f"{path}: is no baseline (damaged: {error}); {ELSEWHERE}") from error
    if not unpacked.eof:
        raise NoBaselineError(f"{path}: is no baseline (cut off, or larger than any); {ELSEWHERE}")
    return plain


def _json(value: object) -> str:
    return json_text(orjson.dumps(value).decode())


def prediction_text(prediction: Prediction, mark: ArticleMark | None = None, text: str | None = None) -> str:
    """One article as the file has it: a line about it, then a line an item.

    The same text for the same prediction, whatever ids its items have; what the answer cost is left out, which differs
    every time.
    """
    head = ", ".join(f"{_json(name)}: {_json(value)}" for name, value in _facts(prediction, mark).items())
    layers = [f"{_json(key)}: {_listed(items)}" for key, items in _layers(prediction, text)]
    return "{" + ",\n".join([head, *layers]) + "}"


def _listed(items: list[dict[str, Any]]) -> str:
    return "[\n" + ",\n".join(map(_json, items)) + "\n]" if items else "[]"


def _facts(prediction: Prediction, mark: ArticleMark | None) -> dict[str, Any]:
    """What is said of an article besides its items."""
    facts = {"id": prediction.article_id}
    if mark is not None:
        facts |= {"text_sha256": mark.text, "gold_fingerprint": mark.gold}
    return facts if prediction.error is None else facts | {"error": prediction.error}


def _layers(prediction: Prediction, text: str | None) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The items of each layer that is there, and of those that were given, under the key of the layer."""
    yield from _items("", prediction.annotations, text)
    if prediction.given is not None:
        yield from _items(GIVEN, prediction.given, text)


def _items(before: str, annotations: Annotations, text: str | None) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    names: dict[str, dict[str, str]] = {}
    referred = {layer for own in all_layers() for layer in own.refers.values()}
    for layer in all_layers():
        items = layer.of(annotations)
        if items is None:
            continue
        ordered = sorted((layer.renamed(item, names) for item in items), key=layer.order)
        if layer.name in referred:
            names[layer.name] = _names(layer, ordered)
        yield before + layer.name, [_row(layer, item, names.get(layer.name, {}), text) for item in ordered]


def _names(layer: Layer[Any], items: list[Any]) -> dict[str, str]:
    """Ids for items that others refer to: by place, so that another item put in before changes none of them."""
    names: dict[str, str] = {}
    taken: dict[str, int] = {}
    for item in items:
        spans = layer.spans(item)
        place = f"{layer.prefix}{spans[0][0]}" if spans else layer.prefix
        taken[place] = taken.get(place, 0) + 1
        names[item.id] = place if taken[place] == 1 else f"{place}.{taken[place]}"
    return names


def _row(layer: Layer[Any], item: Any, names: Mapping[str, str], text: str | None) -> dict[str, Any]:
    """An item without what says nothing, and without an id that nobody refers to."""
    row = layer.to_json(item, text)
    name = names.get(row.pop("id"))
    stated = {key: value for key, value in row.items() if value is not None and value != []}
    return stated if name is None else {"id": name} | stated


def write_baseline(path: Path, content: bytes) -> None:
    """Writes the file whole or not at all.

    Raises:
        OutputError: it cannot be written there.
    """
    write_file(path, content)


def read_baseline(path: Path) -> Baseline:
    """The baseline in a file.

    Raises:
        InputError: there is none.
        NoBaselineError: the file holds something else.
        FormatError: the baseline is damaged, or of a later version.
    """
    content = read_bytes(path, remedy=f"make a baseline with evalkit gate RUN --baseline {path} --update")
    content = _out_of_file(path, content)
    if not BEGINNING.match(content) and not _is_json(content):
        raise NoBaselineError(f"{path}: is no baseline (not valid JSON); {ELSEWHERE}")
    data = parse_json(content, f"{path}: damaged baseline", damaged=ANEW)
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise NoBaselineError(f"{path}: is no baseline; {ELSEWHERE}")
    if data.get("version") not in _SHAPES:
        raise FormatError(
            f"{path}: baseline version {data.get('version')!r}, this evalkit reads {OLDER} to {COMPACT}; {ANEW}"
        )
    rows = checked(data, _SHAPES[data["version"]], path, ANEW)["predictions"]
    head = data if data["version"] == COMPACT else None
    marks, predictions = {}, []
    for number, row in enumerate(rows):
        where = f"{path}: predictions[{number}]"
        said = row if head is None else checked(expanded(row, head, where), _MARKED, where, ANEW)
        predictions.append(prediction_from_row(said, where))
        if data["version"] != OLDER:
            marks[said["id"]] = ArticleMark(said["text_sha256"], said["gold_fingerprint"])
    run = Run.from_facts({**data, "complete": True}, predictions, where=str(path))
    older = data["version"] == OLDER
    return Baseline(
        run=replace(run.scored_as(data["scoring"]), path=path),
        marks=marks,
        unseen=str(data.get("unseen", "an earlier evalkit did not say" if older else "")),
        evalkit=str(data["evalkit"]),
        note=f"{path} is in the form of an earlier evalkit, which does not say what its articles were" if older else "",
    )


def _is_json(content: bytes) -> bool:
    try:
        orjson.loads(content)
    except orjson.JSONDecodeError:
        return False
    return True


def _whole(data: Mapping[str, Any]) -> str:
    """All of its articles, each once."""
    names = {row["id"] if isinstance(row, Mapping) else row[0] for row in data["predictions"]}
    number = data["articles"]
    return "" if len(names) == len(data["predictions"]) == number else f"{number_of(number, 'article')}, each once"


def _shape(article: Shape, more: Mapping[str, Shape] | None = None) -> Shape:
    head = {name: RUN_FACTS[name] for name in (*HEAD, "evalkit")}
    return ruled(fields({**head, **(more or {}), "predictions": list_of(article)}, {"unseen": text}), _whole)


def _named(row: Any) -> None:
    """A row that begins with the id of its article."""
    list_of(anything)(row)
    text(row[0] if row else None)


_MARKED = fields(dict.fromkeys(FACTS, text))
_SHAPES = {OLDER: _shape(fields({"id": text})), VERSION: _shape(_MARKED), COMPACT: _shape(_named, compact.HEAD)}
