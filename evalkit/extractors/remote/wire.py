"""The protocol of `cmd:` and `http://`: articles out and annotations back as JSON lines, version 1.

What is sent, one JSON object a line, UTF-8 (all of it ASCII, other characters are escaped)::

    {"evalkit": 1, "kind": "articles"}
    {"id": "a1", "text": "Ida Moen left Oslo.", "title": "", "source": "", "published": "", "lang": "en",
     "zones": [{"kind": "body", "start": 0, "end": 19}], "metadata": {}}

What comes back, one object an article, in any order, blank lines allowed::

    {"evalkit": 1, "name": "my-tagger", "layers": ["entities"], "fingerprint": "2024-05-01"}
    {"id": "a1", "entities": [{"start": 0, "end": 8, "label": "PER"}]}
    {"id": "a2", "error": "the text is too long"}

The first of these, the header, may be left out. Layers are those of `evalkit.formats.native.rows`; offsets are code
points, ends exclusive. Where an item gives its `text` too, it is compared with the article, so that offsets in other
units are found. An `error` fails that article and nothing else.

An article `evalkit-probe` comes alone and first: its answer shows which layers are filled, where no header says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from evalkit.dataset.check_spans import check_surfaces
from evalkit.errors import ExtractorError, FormatError
from evalkit.extractors.answers import PROBE_TEXT, claimed_layers
from evalkit.extractors.base import ArticleFailure
from evalkit.extractors.options import parse_layers
from evalkit.formats.native.rows import annotations_from_row, article_to_row, claimed_surfaces
from evalkit.layers.table import layer_names
from evalkit.records import Annotations, Article

__all__ = ["PROBE", "VERSION", "Header", "Inbox", "article_lines", "header_line"]

VERSION = 1
"""The version of the protocol; it changes when a line that was right becomes wrong."""

PROBE = Article(id="evalkit-probe", text=PROBE_TEXT, lang="en")
"""The made-up article that is asked about before the first real one."""

_MOST_USELESS = 1000


def article_lines(articles: Iterable[Article]) -> bytes:
    """The lines that ask about the articles, without the header line."""
    rows = (article_to_row(article) for article in articles)
    return b"".join(_line({key: value for key, value in row.items() if key != "text_sha256"}) for row in rows)


def header_line() -> bytes:
    """The line that comes before the articles."""
    return _line({"evalkit": VERSION, "kind": "articles"})


def _line(row: Mapping[str, object]) -> bytes:
    # ASCII only: a reader whose standard input is not UTF-8 gets the same text.
    return json.dumps(row).encode("ascii") + b"\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the other side says of itself; empty where it does not."""

    name: str = ""
    layers: tuple[str, ...] | None = None
    fingerprint: str = ""


class Inbox:
    """The answers to a number of articles, read line by line.

    Attributes:
        answers: what came for each article, by id.
        header: the header, if one came.
        useless: how many lines were no answers, by why: not JSON, unknown article, second answer.
        first_useless: the first of them, shortened, or empty.
    """

    def __init__(self, articles: Sequence[Article], where: str) -> None:
        """An inbox for the answers to `articles`; `where` names the sender in messages."""
        self.answers: dict[str, Annotations | ArticleFailure] = {}
        self.header: Header | None = None
        self.useless: dict[str, int] = {}
        self.first_useless = ""
        self._articles = {article.id: article for article in articles}
        self._where = where

    @property
    def complete(self) -> bool:
        """Whether every article has an answer."""
        return len(self.answers) == len(self._articles)

    @property
    def flooded(self) -> bool:
        """Whether there is so much that is no answer that waiting for more makes no sense."""
        return sum(self.useless.values()) >= _MOST_USELESS

    def layers(self) -> tuple[str, ...]:
        """The layers that the answers fill, in pipeline order."""
        filled = {layer for found in self.answers.values() for layer in _filled(found)}
        return tuple(layer for layer in layer_names() if layer in filled)

    def take(self, line: bytes) -> None:
        """Read one line.

        Raises:
            ExtractorError: a header in another version of the protocol, or with layers that do not exist.
        """
        if not line.strip():
            return
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            row = None
        if not isinstance(row, dict):
            self._put_aside("not an answer", line)
        elif "evalkit" in row:
            self.header = self._header(row)
        else:
            self._answer(row, line)

    def _header(self, row: Mapping[str, Any]) -> Header:
        if row["evalkit"] != VERSION:
            raise ExtractorError(
                f"{self._where}: answers in version {row['evalkit']!r} of the protocol; this evalkit speaks {VERSION}"
            )
        layers = row.get("layers")
        if layers is not None and not (isinstance(layers, list) and all(isinstance(name, str) for name in layers)):
            raise ExtractorError(
                f"{self._where}: the header has layers {layers!r}; write a list, of {', '.join(layer_names())}"
            )
        return Header(
            name=str(row.get("name") or ""),
            layers=None if layers is None else parse_layers(",".join(layers), self._where, layer_names()),
            fingerprint=str(row.get("fingerprint") or ""),
        )

    def _answer(self, row: dict[str, Any], line: bytes) -> None:
        article = self._articles.get(str(row.get("id")))
        if article is None:
            self._put_aside("an answer for an unknown article", line)
        elif article.id in self.answers:
            # The first one stands: the second may come when the first has already been used.
            self._put_aside("a second answer", line)
        else:
            self.answers[article.id] = _read(row, article)

    def _put_aside(self, kind: str, line: bytes) -> None:
        self.useless[kind] = self.useless.get(kind, 0) + 1
        if not self.first_useless:
            self.first_useless = f"{kind}: {line[:80].decode('utf-8', 'replace').strip()!r}"


def _filled(found: Annotations | ArticleFailure) -> tuple[str, ...]:
    return () if isinstance(found, ArticleFailure) else claimed_layers(found)


def _read(row: dict[str, Any], article: Article) -> Annotations | ArticleFailure:
    if row.get("error"):
        return ArticleFailure(" ".join(str(row["error"]).split())[:300])
    if not any(layer in row for layer in layer_names()):
        return ArticleFailure(
            f"the answer has {', '.join(sorted(row))} and none of the layers {', '.join(layer_names())}"
        )
    try:
        found = annotations_from_row(row, "the answer")
    except FormatError as error:
        return ArticleFailure(str(error))
    problem = next(check_surfaces(article, found, claimed_surfaces(row)), None)
    return found if problem is None else ArticleFailure(f"{problem.place}: {problem.message}")
