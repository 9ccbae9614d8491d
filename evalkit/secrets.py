"""Secrets kept out of what is shown and stored: messages, commands, settings and facts, never texts or labels.

A secret is the value of an environment variable or setting whose name says so: a word of it is or ends with KEY, TOKEN,
SECRET or PASSWORD (`api_key`, `GITHUB_TOKEN`, `PGPASSWORD`; not `MONKEY`, `TOKENIZERS_PARALLELISM` or `MAX_TOKENS`);
what a command or setting gives to such a name, as `NAME=VALUE`, `NAME:VALUE` or behind an option; or the name and
password of an address. Where one stands, as it is or written as JSON, in an address or in base64, whole or
a part of at least 8 characters of it, `[NAME]` is shown in its place.

Not looked for, because they would make messages unreadable and hide nothing: values of less than 8 characters, numbers,
a few words such as `disabled`, and the paths of files and addresses that a variable names.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

__all__ = [
    "ENDPOINT_KEY",
    "is_secret",
    "redacted",
    "redacted_command",
    "redacted_facts",
    "remember",
    "remember_from",
    "without_endpoint_key",
    "without_secrets",
]

ENDPOINT_KEY = "EVALKIT_LLM_API_KEY"
"""The variable from which evalkit reads the key of an endpoint; programs that it starts do not get it."""

LEAST = 8
"""Parts of a secret shorter than this give nothing away, and stand in other words."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+")
_SECRET = re.compile(r"(?!(mon|don|tur|hoc|joc|whis|hot|lac)keys?$)\w*(keys?|tokens?)$|\w*(secrets?$|passw|passphrase)")
_HARMLESS_NAME = re.compile(
    r"(max|min|n|num|total|new|prompt|completion|input|output)[_.-]?(\w*[_.-])?tokens"
    r"|.*[_.-](columns?|fields?|types?|limit|length|size|count|file|path|dir|folder)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[\d\s.,:+-]*")
_HARMLESS = frozenset({"changeme", "disabled", "optional", "password", "required", "undefined", "unlimited"})
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_USER = re.compile(r"([a-z][a-z0-9+.-]*://)([^/?#@\s\"']+)@", re.IGNORECASE)
_QUERY = re.compile(r"([?&;]([\w.-]+)=)([^&;#\s\"']+)")
_OPTION = re.compile(r"((?<![\w-])--?(\w[\w.-]*)(?:=|\s+))([^\s\"']+|\"[^\"]*\"|'[^']*')")
_ASSIGNED = re.compile(r"(?<![\w.-])([\w.-]++)(=|:\s?)")
_VALUE = re.compile(r"\"[^\"]*\"|'[^']*'|[^\s\"'&;|<>()]+")
_SPEAKING = re.compile(r"key|token|secret|passw|passphrase", re.IGNORECASE)
"""Without one of these in it, a text names no secret."""
_HEADER = re.compile(
    r"(authorization\W{1,4}(?:bearer\s+|basic\s+)?|\b(?:bearer|basic)\s+(?=\S*[\d=+]))[\w+/.~=-]{8,}", re.IGNORECASE
)
_SURE = r"[\w.-]*(?:(?:api|access|auth|private|secret|session|refresh|client)[_.-]?(?:key|token)|secret|passw)[\w.-]*"
_MEMBER = re.compile(rf"([\"']({_SURE})[\"']\s*:\s*[\"'])([^\"']+)", re.IGNORECASE)
"""A member of an object; what is only called `key` or `token` is often something else there."""
_SURE_NAME = re.compile(rf"([A-Z][A-Z\d_]*|(?i:{_SURE}))=|\w*-[\w-]+[=:]")
"""Likewise in messages, which may hold `sorted(rows, key=None)`: a variable, a plain name of a secret, a header."""

_given: dict[str, str] = {}
_lock = threading.Lock()
_seen: tuple[tuple[tuple[str, str], ...], dict[str, str]] = ((), {})


def is_secret(name: str) -> bool:
    """Whether a variable or setting of this name holds a secret."""
    return not _HARMLESS_NAME.fullmatch(name.lstrip("-")) and any(
        _SECRET.match(word.lower()) for word in _WORDS.findall(name)
    )


def remember(name: str, value: str) -> None:
    """Have a value looked for from now on that stands in no variable, such as a setting that is a key."""
    with _lock:
        _given[value] = name


def remember_from(spelling: str, settings: Mapping[str, str]) -> None:
    """Have the secrets looked for that an extractor was given: in its settings, its address or its command."""
    for name, value in settings.items():
        if is_secret(name):
            remember(name, value)
    for text in (spelling, *settings.values()):
        for match in _USER.finditer(text):
            remember("password", match[2].partition(":")[2] or match[2])
        for match in (*_QUERY.finditer(text), *_OPTION.finditer(text), *_MEMBER.finditer(text)):
            if is_secret(match[2]):
                remember(match[2], match[3].strip("\"'"))
        for name, given in _assigned(text):
            remember(name, given[0].strip("\"'"))


def without_endpoint_key(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables for a program that is started."""
    return {name: value for name, value in environment.items() if name != ENDPOINT_KEY}


def redacted(text: str) -> str:
    """The text with `[NAME]` in place of every secret that is known or told by its form, and of long parts of one."""
    if "://" in text:
        text = _USER.sub(r"\1[password]@", text)
        text = _QUERY.sub(_hidden, text)
    if "-" in text:
        text = _OPTION.sub(_hidden, text)
    text = _HEADER.sub(r"\1[key]", text)
    if ":" in text:
        text = _MEMBER.sub(_hidden, text)
    if _SPEAKING.search(text):
        text = _without_assigned(text, sure=True)
    parts = _parts()
    return _without(text, parts) if parts and len(text) >= LEAST else text


def redacted_facts(value: Any) -> Any:
    """The same for all texts in JSON values."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping):
        return {redacted(key) if isinstance(key, str) else key: redacted_facts(one) for key, one in value.items()}
    return [redacted_facts(one) for one in value] if isinstance(value, list | tuple) else value


def redacted_command(words: Iterable[str]) -> list[str]:
    """The words of a command line; the word behind an option whose name says so is a secret, however short it is."""
    kept: list[str] = []
    option = ""
    for word in words:
        hides = is_secret(option) and not word.startswith("-")
        kept.append(f"[{option.lstrip('-')}]" if hides else _word(word))
        option = word if word.startswith("-") and "=" not in word else ""
    return kept


def without_secrets(settings: Mapping[str, str]) -> dict[str, str]:
    """Settings by name, in order of their names, without those that are secret and the secrets in others."""
    return {name: f"[{name}]" if is_secret(name) else _word(value) for name, value in sorted(settings.items())}


def _word(word: str) -> str:
    """A word of a command line, which may be NAME=VALUE, or a command with such words in it."""
    name, equals, _ = word.partition("=")
    if equals and re.fullmatch(r"[\w.-]+", name) and is_secret(name):
        # All of it is the value, blanks too.
        return f"{name}=[{name.lstrip('-')}]"
    return redacted(_without_assigned(word))


def _without_assigned(text: str, *, sure: bool = False) -> str:
    """The text with `[NAME]` for what is given to the name of a secret; `sure` if the name can be nothing else."""
    shown, end = list[str](), 0
    for name, value in _assigned(text, sure=sure):
        shown += [text[end : value.start()], f"[{name}]"]
        end = value.end()
    return "".join([*shown, text[end:]])


def _assigned(text: str, *, sure: bool = False) -> Iterator[tuple[str, re.Match[str]]]:
    """The names of secrets that are given a value, `NAME=VALUE` or `NAME: VALUE`, and where it stands."""
    end = 0
    for match in _ASSIGNED.finditer(text):
        name, sign = match[1], match[2][:1]
        # What begins with `secret:` or goes on behind `secret.py:` is a Python name or a place in a file.
        is_place = sign == ":" and ("." in name or (match.start() == 0 and "-" not in name))
        if match.start() < end or is_place or not is_secret(name) or (sure and not _SURE_NAME.fullmatch(name + sign)):
            continue
        # Only now, and not behind every name: it may be long, and begin with another name, as in `note=token=VALUE`.
        value = _VALUE.match(text, match.end())
        if value and not re.fullmatch(r"\[[\w.-]+\]", value[0]):
            end = value.end()
            yield name.lstrip("-"), value


def _hidden(match: re.Match[str]) -> str:
    before, name = match[1], match[2]
    return f"{before}[{name}]" if is_secret(name) else match[0]


def _parts() -> dict[str, str]:
    """Each part of `LEAST` characters of the secrets that there are now → the name of the secret."""
    global _seen
    with _lock:
        told = [(name, value) for value, name in _given.items()]
    named = [(name, value) for name, value in os.environ.items() if is_secret(name)]
    found = tuple((name, value) for name, value in (*named, *told) if len(value) >= LEAST)
    known, parts = _seen
    if known != found:
        parts = {}
        for name, value in found:
            for form in () if _is_harmless(value) else _forms(value):
                for start in range(len(form) - LEAST + 1):
                    part = form[start : start + LEAST]
                    if part != "https://" and any(map(str.isalnum, part)):
                        parts.setdefault(part, name)
        _seen = found, parts
    return parts


def _is_harmless(value: str) -> bool:
    """Whether a value is too plain to be a secret: a number, a word that switches something, where something lies."""
    if _NUMBER.fullmatch(value) or value.lower() in _HARMLESS or _ADDRESS.match(value):
        return True
    if value.startswith(("~/", "./", "../")) or (sys.platform == "win32" and re.match(r"[A-Za-z]:[\\/]", value)):
        return True
    # A key in base64 may begin with a slash too.
    return value.startswith("/") and os.path.exists("/" + value[1:].partition("/")[0])


def _forms(value: str) -> Iterator[str]:
    """The ways in which a secret may be written."""
    import base64
    import json
    from urllib.parse import quote, quote_plus

    data = value.encode("utf-8", "replace")
    yield value
    yield " ".join(value.split())
    yield json.dumps(value)[1:-1]
    yield from (quote(data, safe=""), quote_plus(data, safe=""))
    for before in range(3):
        # Where it stands in a longer text decides the letters; those at its ends depend on what stands beside it.
        text = base64.b64encode(bytes(before) + data).decode("ascii").rstrip("=")
        text = text[-(-before * 8 // 6) :][: len(data) * 8 // 6 - 1]
        yield from (text, text.replace("+", "-").replace("/", "_"))


def _without(text: str, parts: Mapping[str, str]) -> str:
    """The text with the name of a secret in place of each stretch that is made of parts of it."""
    shown: list[str] = []
    end = 0
    for start in range(len(text) - LEAST + 1):
        name = parts.get(text[start : start + LEAST])
        if name is None:
            continue
        if start > end or not shown:
            shown += [text[end:start], f"[{name}]"]
        end = start + LEAST
    return "".join([*shown, text[end:]])
