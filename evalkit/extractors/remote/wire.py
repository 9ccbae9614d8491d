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
units are found. An `error` fails that article and nothing else. A line may
also hold a list of answers.

Lines that are no JSON, such as those of a log, are passed over and counted. What begins like an answer and cannot be
read is not waited for: the article fails with what is wrong with its answer, or, where that does not say which article
it is about, the conversation ends. docs/programs.md has the protocol with examples.

An article `evalkit-probe` comes alone and first: its answer shows which layers are filled, where no header says so.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from evalkit.errors import ExtractorError, FormatError
from evalkit.extractors.answers import PROBE_TEXT, claimed_layers, read_answer
from evalkit.extractors.base import ArticleFailure, Extracted
from evalkit.extractors.options import parse_layers
from evalkit.extractors.underway import finished_here
from evalkit.formats.native.rows import article_to_row
from evalkit.layers.table import layer_names
from evalkit.records import Annotations, Article

__all__ = ["DIFFERS", "PROBE", "VERSION", "Header", "Inbox", "article_lines", "header_line"]

VERSION = 1
"""The version of the protocol; it changes when a line that was right becomes wrong."""

PROBE = Article(id="evalkit-probe", text=PROBE_TEXT, lang="en")
"""The made-up article that is asked about before the first real one."""

_MOST_USELESS = 1000
_MOST_BLANK = 100_000
_MOST_NESTS = 2_000_000
_MARK = b"\xef\xbb\xbf"
"""The byte order mark that some programs begin with."""
_GZIP = b"\x1f\x8b"
DIFFERS = "a second answer that differs"
"""How answers are counted that contradict one which came before."""
_TOO_DEEP = "wrote JSON that is nested too deeply"
_LONGEST_NAME = 200
_UNKNOWN = "an answer for an unknown article"
_LIKE_JSON = re.compile(rb"\s*(\{\s*([\"'}]|$)|\[\s*([\[{]|$))")
"""How an answer begins; a line of a log may begin with `[` as well."""
_ITEM = frozenset({"start", "end", "spans", "label"})
"""Fields by which an item is told from an answer."""
_LIKE_PYTHON = re.compile(r"\{\s*'|: (None|True|False)\b")


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
        useless: how many answers and lines were left aside, by why: not an answer, an unknown article, a second
            answer that is equal to the first or differs from it.
        first: the first of each kind, shortened.
        broken: what came in place of an answer, and nobody can say of which article; empty if nothing did.
        lines: how many lines the sender has written so far; a channel that goes on listening to one sets it.
    """

    def __init__(self, articles: Sequence[Article], where: str, before: dict[str, bytes] | None = None) -> None:
        """An inbox for the answers to some articles.

        Args:
            articles: what is asked about.
            where: names the sender in messages.
            before: a digest of each answer that came so far, also of those to other inboxes, by article; new ones are
                added. A second answer may come when others are asked about already.
        """
        self.answers: dict[str, Annotations | Extracted | ArticleFailure] = {}
        self.header: Header | None = None
        self.useless: dict[str, int] = {}
        self.first: dict[str, str] = {}
        self.broken = ""
        self.lines = 0
        self._blank = 0
        self._twice: dict[str, str] = {}
        self._articles = {article.id: article for article in articles}
        self._where = where
        self._before = {} if before is None else before

    @property
    def complete(self) -> bool:
        """Whether every article has an answer."""
        return len(self.answers) == len(self._articles)

    @property
    def heard(self) -> int:
        """How much has come that is wanted: answers, and a header."""
        return len(self.answers) + (self.header is not None)

    @property
    def flooded(self) -> bool:
        """Whether there is so much that is no answer that waiting for more makes no sense."""
        return sum(self.useless.values()) >= _MOST_USELESS or self._blank >= _MOST_BLANK

    def layers(self) -> tuple[str, ...]:
        """The layers that the answers fill, in pipeline order."""
        filled = {layer for found in self.answers.values() for layer in _filled(found)}
        return tuple(layer for layer in layer_names() if layer in filled)

    def take_all(self, content: bytes) -> None:
        """Read all that came: lines, or one JSON value over several lines.

        Raises:
            ExtractorError: as for `take`.
        """
        if self._is_too_much(content):
            return
        try:
            whole = orjson.loads(content.removeprefix(_MARK))
        except orjson.JSONDecodeError:
            # One by one: of a content that is nothing but line ends each would be an object.
            for line in io.BytesIO(content):
                self.take(line)
                if self.flooded:
                    return
        else:
            self._read(whole, content)

    def take(self, line: bytes) -> None:
        """Read one line.

        Raises:
            ExtractorError: a header in another version of the protocol, or with layers that do not exist.
        """
        line = line.removeprefix(_MARK)
        self.lines += 1
        if not line.strip():
            self._blank += 1
            return
        if line.startswith(_GZIP):
            self.broken = self.broken or "wrote data that is compressed with gzip; write plain lines of JSON"
            return
        if b"\0" in line[:4]:
            self.broken = self.broken or "wrote UTF-16 or UTF-32; write UTF-8, or ASCII with escapes"
            return
        if self._is_too_much(line):
            return
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            self._unreadable(line, str(error))
        else:
            self._read(value, line)

    def _is_too_much(self, content: bytes) -> bool:
        """Whether reading it would take all the memory: small lists take thirty times what is written of them."""
        if content.count(b"[") + content.count(b"{") <= _MOST_NESTS:
            return False
        self.broken = self.broken or f"wrote more than {_MOST_NESTS:,} lists and objects at once"
        return True

    def _read(self, value: Any, line: bytes) -> None:
        """Take what was read of some JSON."""
        try:
            self._twice = _repeats(value, line)
            self._value(value, line)
        except RecursionError:
            self.broken = self.broken or _TOO_DEEP

    def _value(self, value: Any, line: bytes) -> None:
        if isinstance(value, list) and any(isinstance(row, dict) and _names_an_article(row) for row in value):
            for row in value:
                self._value(row, line)
                if self.flooded:
                    return
        elif isinstance(value, list) and all(isinstance(row, dict) and _ITEM & row.keys() for row in value):
            # The items of an article, or none, and nothing that says of which.
            self._answer({layer_names()[0]: value}, line)
        elif not isinstance(value, dict):
            self._put_aside("not an answer", line)
        elif "evalkit" in value:
            self.header = self._header(value)
        else:
            twice = self._twice.get(_name_of(value))
            self._answer(value, line, fault=f"its answer has {twice!r} twice; write each layer once" if twice else "")

    def _unreadable(self, line: bytes, said: str) -> None:
        """Takes a line that is no JSON: an answer of which that is the fault, or something else."""
        if not _LIKE_JSON.match(line):
            self._put_aside("not an answer", line)
            return
        reason, row = _damage(line, said)
        if isinstance(row, dict) and not isinstance(_id_of(row), list | dict) and self._article_of(row) is not None:
            self._answer(row, line, fault=f"its answer {reason}")
        else:
            self.broken = self.broken or f"wrote {_shown(line)}, which {reason}"

    def _article_of(self, row: Mapping[str, Any]) -> Article | None:
        name = _id_of(row)
        if name is None and len(self.answers) == len(self._articles) - 1:
            # There is one left that it can be about.
            return next(article for article in self._articles.values() if article.id not in self.answers)
        return self._articles.get(str(name))

    def _header(self, row: Mapping[str, Any]) -> Header:
        if row["evalkit"] != VERSION:
            raise ExtractorError(
                f"{self._where}: answers in version {row['evalkit']!r:.40} of the protocol; this evalkit speaks "
                f"{VERSION}"
            )
        layers = row.get("layers")
        if layers is not None and not (isinstance(layers, list) and all(isinstance(name, str) for name in layers)):
            raise ExtractorError(
                f"{self._where}: the header has layers {layers!r:.80}; write a list, of {', '.join(layer_names())}"
            )
        return Header(
            name=str(row.get("name") or "")[:_LONGEST_NAME],
            layers=None if layers is None else parse_layers(",".join(layers), self._where, layer_names()),
            fingerprint=str(row.get("fingerprint") or "")[:_LONGEST_NAME],
        )

    def _answer(self, row: dict[str, Any], line: bytes, *, fault: str = "") -> None:
        nameless = _id_of(row) is None
        if nameless and not fault and not any(layer in row for layer in layer_names()):
            # A line of a log may be an object too.
            self._put_aside("not an answer", line)
            return
        article = self._article_of(row)
        if nameless and not fault:
            fault = "its answer has no id; write that of the article beside the layers"
        if article is None and nameless:
            self.broken = self.broken or f"wrote {_shown(line)}, an answer without an id"
        elif article is None or article.id in self.answers:
            # The first one stands: the second may come when the first has already been used.
            self._second(_name_of(row) if article is None else article.id, row, line)
        else:
            self.answers[article.id] = ArticleFailure(fault) if fault else _found(row, article)
            self._before[article.id] = _digest(row)
            finished_here(len(self.answers))

    def _second(self, name: str, row: dict[str, Any], line: bytes) -> None:
        """Leaves an answer aside whose article has one, or is none that was asked about."""
        if name not in self._before:
            self._put_aside(_UNKNOWN, line)
        elif name == PROBE.id:
            # Nobody knows this article; what writes all twice is found out by those that follow.
            return
        elif self._before[name] == _digest(row):
            self._put_aside("a second answer", line)
        else:
            what = f"for article {name} (line {self.lines} of its output); the first answer stands"
            self._put_aside(DIFFERS, line, f"a second answer {what}")

    def _put_aside(self, kind: str, line: bytes, said: str = "") -> None:
        self.useless[kind] = self.useless.get(kind, 0) + 1
        where = f" (line {self.lines} of its output)" if self.lines > 1 else ""
        self.first.setdefault(kind, said or f"{kind}{where}: {_shown(line)}")


def _id_of(row: Mapping[str, Any]) -> Any:
    return row.get("id", row.get("article_id"))


def _name_of(row: Mapping[str, Any]) -> str:
    return str(_id_of(row))


def _digest(row: Mapping[str, Any]) -> bytes:
    """What tells an answer from another, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).digest()


def _names_an_article(row: Mapping[str, Any]) -> bool:
    return (
        ("id" in row and not _ITEM & row.keys()) or "article_id" in row or any(layer in row for layer in layer_names())
    )


def _filled(found: Annotations | Extracted | ArticleFailure) -> tuple[str, ...]:
    if isinstance(found, ArticleFailure):
        return ()
    return claimed_layers(found.annotations if isinstance(found, Extracted) else found)


def _found(row: dict[str, Any], article: Article) -> Annotations | Extracted | ArticleFailure:
    if row.get("error"):
        return ArticleFailure(" ".join(str(row["error"]).split())[:300])
    try:
        return read_answer(row, "the answer", article).extracted()
    except FormatError as error:
        return ArticleFailure(str(error))


def _damage(line: bytes, said: str) -> tuple[str, Any]:
    """What is wrong with a line that should be JSON, and what it says all the same, as far as that can be told."""
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        reason = (
            f"is not UTF-8 (byte 0x{line[error.start]:02x} at {error.start + 1}); write UTF-8, or ASCII with escapes"
        )
        text = line.decode("latin-1")
        with contextlib.suppress(ValueError, RecursionError):
            return reason, json.loads(text)
        return reason, None
    try:
        numbers: list[str] = []
        row = json.loads(text, parse_constant=numbers.append)
    except (ValueError, RecursionError):
        if text.lstrip()[:1] + text.rstrip()[-1:] in ("{}", "[]"):
            hint = "; it looks like Python, write it with json.dumps" if _LIKE_PYTHON.search(text) else ""
            return f"is no JSON ({said}){hint}", None
        return "is a part of JSON; write each answer whole, on a line of its own", None
    if numbers:
        return f"holds {numbers[0]}, which is no number in JSON; leave it out or write null", row
    return f"is no JSON ({said})", row


def _repeats(value: Any, line: bytes) -> dict[str, str]:
    """The articles whose answer has a layer twice, of which a reader of JSON sees the last, and that layer."""
    rows = [row for row in (value if isinstance(value, list) else [value]) if isinstance(row, dict)]
    # The names are counted first: to read it once more takes its time.
    if all(line.count(b'"%s"' % layer.encode()) <= sum(layer in row for row in rows) for layer in layer_names()):
        return {}
    repeats: dict[str, str] = {}

    def check(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        row = dict(pairs)
        if len(row) < len(pairs):
            counted = Counter(key for key, _ in pairs)
            repeats.update({_name_of(row): layer for layer in layer_names() if counted[layer] > 1})
        return row

    with contextlib.suppress(ValueError, RecursionError):
        json.loads(line.removeprefix(_MARK), object_pairs_hook=check)
    return repeats


def _shown(line: bytes) -> str:
    return repr(line[:80].decode("utf-8", "replace").strip())
