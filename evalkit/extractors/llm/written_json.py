"""The JSON objects in what a language model wrote, as a reader sees them.

What a model thinks aloud is left out: between tags such as `<think>` and `</think>` (wherever they stand, also where
only the closing one was sent), and in the channels that some write. Of the rest every complete object counts, whatever
stands around it: sentences, code fences, brackets.

JSON may also be written as a string of JSON, as programs do that encode what is encoded already.

What is no JSON, and is meant as such without a doubt, is mended and counted: a comma behind the last item, comments,
single or curly quotation marks around strings, the words of Python, quotation marks inside a string that were not
escaped. What ends before its last bracket is no answer: nobody knows what would have followed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from evalkit.errors import FormatError

__all__ = ["WrittenJson", "read_written", "replaced_in", "shown", "small_named"]

_LONGEST = 2_000_000
_MOST_OBJECTS = 10_000

_THOUGHT = "think|thinking|thoughts?|reason|reasoning|analysis|reflection|scratchpad|seed:think"
_TAGS = re.compile(
    rf"(?P<open>(?:<\|?|\[|◁)(?:{_THOUGHT})\b[^<>\[\]]*(?:\|?>|\]|▷)|<\|START_THINKING\|>|<\|channel>thought)"
    rf"|(?P<close>(?:<\|?|\[|◁)/(?:{_THOUGHT})\s*(?:\|?>|\]|▷)|<\|END_THINKING\|>|<channel\|>)",
    re.IGNORECASE,
)
_CHANNEL = re.compile(r"<\|channel\|>\s*(\w*)[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>")
_CHANNEL_END = re.compile(r"<\|(?:end|return|call|start)\|>")
_BARE_CHANNELS = re.compile(r"^\s*analysis.*assistantfinal", re.DOTALL)
_LIKE_JSON = re.compile(r"\{\s*(?:[\"'“„}]|//|/\*|$)")
_BLANK = re.compile(r"(?:\s|//[^\n]{0,500}|/\*.{0,500}?\*/)*", re.DOTALL)
"""What stands between; a comment that never ends would be read again at every mark."""
_WORD = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[A-Za-z_]\w*")
_WORDS = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None, "NaN": None}
_QUOTES = {'"': '"', "'": "'", "“": "”", "„": "“”"}
_AFTER_COMMA = re.compile(r",\s*(?:[\"'“„{\[\]}]|-?\d|true|false|null|True|False|None|//|/\*|$)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


@dataclass(frozen=True, slots=True)
class WrittenJson:
    """What was found.

    Attributes:
        objects: the objects, in their order.
        mended: whether one had to be mended.
        items: a list of objects that is all there is, if that is what was written.
    """

    objects: tuple[Mapping[str, Any], ...]
    mended: bool = False
    items: tuple[Mapping[str, Any], ...] | None = None


class _Object(dict[str, Any]):
    """An object of which the last value of each name stands.

    Attributes:
        replaced: the names whose earlier values differ.
    """

    replaced: tuple[str, ...] = ()

    @classmethod
    def of(cls, pairs: list[tuple[str, Any]]) -> _Object:
        """The object with these names and values."""
        made = cls(pairs)
        if len(made) < len(pairs):
            made.replaced = tuple(dict.fromkeys(name for name, value in pairs if made[name] != value))
        return made


def small_named(written: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object with its names in small letters, as they were asked for."""
    if all(name == name.lower() for name in written):
        return written
    made = _Object.of([(name.lower(), value) for name, value in written.items()])
    made.replaced = tuple(dict.fromkeys((*made.replaced, *map(str.lower, replaced_in(written)))))
    return made


def replaced_in(written: Mapping[str, Any]) -> tuple[str, ...]:
    """The names that an object gives more than once, and not with the same value."""
    return written.replaced if isinstance(written, _Object) else ()


def shown(content: str) -> str:
    """The beginning of what was written, for messages."""
    return repr(" ".join(content.split())[:60])


def read_written(content: str) -> WrittenJson:
    """The objects in what a model wrote.

    Raises:
        FormatError: there is none, or the last one is not complete or cannot be read; says what was seen.
    """
    if len(content) > _LONGEST:
        raise FormatError(f"it wrote more than {_LONGEST:,} characters; it begins with {shown(content[:200])}")
    whole = _loaded(content)
    if isinstance(whole, str) and "{" in whole:
        # Encoded twice; a third time would be a jest.
        return replace(_read(whole), mended=True)
    return _read(content)


def _read(content: str) -> WrittenJson:
    whole = _loaded(content)
    if whole is None:
        content = _without_thoughts(content)
        whole = _loaded(re.sub(r"^\s*```\w*\n(.*?)\n?```\s*$", r"\1", content, flags=re.DOTALL))
    if isinstance(whole, Mapping):
        return WrittenJson((whole,))
    if isinstance(whole, list) and all(isinstance(one, Mapping) for one in whole):
        return WrittenJson(tuple(whole), items=tuple(whole))
    return _scanned(content)


def _loaded(text: str) -> Any:
    try:
        return json.loads(text, strict=False, object_pairs_hook=_Object.of)
    except (ValueError, RecursionError):
        return None


def _without_thoughts(content: str) -> str:
    """What is left of a text without what was thought aloud.

    Raises:
        FormatError: nothing is, since it never ends.
    """
    bare = _BARE_CHANNELS.match(content)
    text = _of_channels(content[bare.end() :] if bare else content)
    kept: list[str] = []
    depth, at = 0, 0
    for tag in _TAGS.finditer(text):
        if depth == 0:
            kept.append(text[at : tag.start()])
        at = tag.end()
        if tag["open"]:
            depth += 1
        elif depth:
            depth -= 1
        else:
            # Only the closing tag was sent: what stands before it was thought.
            kept = []
    if depth == 0:
        kept.append(text[at:])
    left = "\n".join(kept)
    if not left.strip() and content.strip():
        open_end = "reasoning that is not closed" if depth else "reasoning"
        raise FormatError(f"it wrote nothing but {open_end}: {shown(content)}")
    return left


def _of_channels(text: str) -> str:
    """What stands in other channels than that of the analysis; the text where there are none."""
    marks = list(_CHANNEL.finditer(text))
    if not marks:
        return text
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    parts = [
        (mark[1].lower(), _CHANNEL_END.split(text[mark.end() : end])[0]) for mark, end in zip(marks, ends, strict=True)
    ]
    thought = [part for name, part in parts if name == "analysis"]
    said = [part for name, part in parts if name != "analysis"]
    return "\n".join(said) or f"<think>{' '.join(thought)}</think>"


def _scanned(text: str) -> WrittenJson:
    decoder = json.JSONDecoder(strict=False, object_pairs_hook=_Object.of)
    objects: list[Mapping[str, Any]] = []
    mended, trouble, at, tried = False, "", 0, 0
    while found := _LIKE_JSON.search(text, at):
        start, tried = found.start(), tried + 1
        if tried > _MOST_OBJECTS:
            raise FormatError(f"it wrote more than {_MOST_OBJECTS:,} objects; it begins with {shown(text[:200])}")
        try:
            value, at = decoder.raw_decode(text, start)
        except (ValueError, RecursionError) as error:
            try:
                value, at = _Reader(text, start).read()
                mended = True
            except _CutError:
                trouble = f"its JSON is not complete ({error})"
                break
            except (_WrongError, RecursionError):
                trouble, at = f"no JSON: {error}", _behind(text, start)
                continue
        objects.append(value)
        trouble = ""
    if trouble or not objects:
        what = trouble[:120] or "no JSON object"
        raise FormatError(f"{what}; it wrote {shown(text)}" if text.strip() else "it wrote nothing")
    return WrittenJson(tuple(objects), mended)


def _behind(text: str, start: int) -> int:
    """Where an object that cannot be read ends, by its brackets."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == "{") - (text[at] == "}")
        if depth == 0:
            return at + 1
    return len(text)


class _CutError(Exception):
    """The text ends first."""


class _WrongError(Exception):
    """It is no JSON, mended or not."""


class _Reader:
    """Reads one value that is nearly JSON."""

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self._at = at

    def read(self) -> tuple[Mapping[str, Any], int]:
        """The object and where it ends."""
        return self._object(), self._at

    def _value(self) -> Any:
        mark = self._next()
        if mark == "{":
            return self._object()
        if mark == "[":
            return self._array()
        return self._string() if mark in _QUOTES else self._word()

    def _next(self) -> str:
        """The next character that is neither blank nor of a comment."""
        blank = _BLANK.match(self._text, self._at)
        self._at = blank.end() if blank else self._at
        if self._at >= len(self._text):
            raise _CutError
        return self._text[self._at]

    def _object(self) -> dict[str, Any]:
        pairs: list[tuple[str, Any]] = []
        self._at += 1
        while (mark := self._next()) != "}":
            key = self._string(key=True) if mark in _QUOTES else str(self._word(bare=True))
            if self._next() != ":":
                raise _WrongError
            self._at += 1
            pairs.append((key, self._value()))
            self._over_comma("}")
        self._at += 1
        return _Object.of(pairs)

    def _array(self) -> list[Any]:
        found: list[Any] = []
        self._at += 1
        while self._next() != "]":
            found.append(self._value())
            self._over_comma("]")
        self._at += 1
        return found

    def _over_comma(self, closing: str) -> None:
        mark = self._next()
        if mark == ",":
            self._at += 1
        elif mark != closing:
            raise _WrongError

    def _string(self, *, key: bool = False) -> str:
        closing = _QUOTES[self._text[self._at]]
        parts: list[str] = []
        at = self._at + 1
        while at < len(self._text):
            character = self._text[at]
            if character == "\\" and at + 1 < len(self._text):
                part, at = self._escaped(at + 1)
                parts.append(part)
                continue
            if character in closing and self._ends(at + 1, key=key):
                self._at = at + 1
                return "".join(parts)
            parts.append(character)
            at += 1
        raise _CutError

    def _escaped(self, at: int) -> tuple[str, int]:
        letter, digits = self._text[at], self._text[at + 1 : at + 5]
        if letter != "u" or not re.fullmatch("[0-9a-fA-F]{4}", digits):
            return _ESCAPES.get(letter, letter), at + 1
        code = int(digits, 16)
        low = re.match(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})", self._text[at + 5 : at + 11])
        if 0xD800 <= code < 0xDC00 and low:
            return chr(0x10000 + (code - 0xD800) * 0x400 + int(low[1], 16) - 0xDC00), at + 11
        return chr(code), at + 5

    def _ends(self, at: int, *, key: bool) -> bool:
        """Whether a mark before `at` ends the string, and is not one inside it that was not escaped."""
        blank = _BLANK.match(self._text, at)
        at = blank.end() if blank else at
        following = self._text[at : at + 1]
        if key or not following:
            return following in (":", "")
        return following in "]}" or _AFTER_COMMA.match(self._text, at) is not None

    def _word(self, *, bare: bool = False) -> Any:
        word = _WORD.match(self._text, self._at)
        if word is None:
            raise _WrongError
        self._at = word.end()
        if bare:
            return word[0]
        if word[0] in _WORDS:
            return _WORDS[word[0]]
        try:
            return float(word[0]) if set(word[0]) & set(".eE") else int(word[0])
        except ValueError:
            raise _WrongError from None
