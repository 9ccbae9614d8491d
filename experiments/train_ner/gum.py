"""Names in GUM: the entity mentions whose head is a proper noun, cut down to the name.

GUM annotates whole noun phrases (`the Sydney-based company Acme, which ...`), named or not. The name is the longest
run of proper nouns around the head, with `of`, `the`, `for` and the like only between capitalised words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lists import words

_LINKS = frozenset(words("titles", "links"))
_TITLES = frozenset(words("titles", "gum"))


@dataclass
class _Token:
    form: str
    tag: str
    head: int
    start: int
    end: int


def read_conllu(path: Path) -> Iterator[tuple[str, bool, list[tuple[int, int, str]]]]:
    """For each sentence its text, whether it begins a paragraph, and its names `(start, end, GUM type)`."""
    text, paragraph = "", True
    tokens: list[_Token] = []
    opened: list[tuple[str, str, int, str]] = []
    mentions: list[tuple[int, int, str, str]] = []
    for line in [*path.read_text(encoding="utf-8").split("\n"), ""]:
        if line.startswith("# newpar"):
            paragraph = True
        elif line.startswith("# text = "):
            text = line[9:]
        elif line and line[0].isdigit():
            columns = line.split("\t")
            if not columns[0].isdigit():
                continue
            start = text.index(columns[1], tokens[-1].end if tokens else 0)
            tokens.append(_Token(columns[1], columns[3], int(columns[6]) - 1, start, start + len(columns[1])))
            found = re.search(r"(?:^|\|)Entity=([^|]*)", columns[9])
            if found:
                _follow(found.group(1), len(tokens) - 1, opened, mentions)
        elif not line and tokens:
            yield text, paragraph, sorted(_names(tokens, mentions))
            tokens, mentions, opened, paragraph = [], [], [], False


def _follow(
    marks: str, index: int, opened: list[tuple[str, str, int, str]], mentions: list[tuple[int, int, str, str]]
) -> None:
    """Open and close the mentions that one token's Entity annotation names."""
    for match in re.finditer(r"\(([^()]+)(\))?|([^()]+)\)", marks):
        if match.group(1):
            fields = match.group(1).split("-")
            opened.append((fields[0], fields[1], index, "-".join(fields[5:6])))
            if not match.group(2):
                continue
            name = fields[0]
        else:
            name = match.group(3)
        for place in range(len(opened) - 1, -1, -1):
            if opened[place][0] == name:
                _, kind, first, heads = opened.pop(place)
                mentions.append((first, index + 1, kind, heads))
                break


def _names(tokens: list[_Token], mentions: list[tuple[int, int, str, str]]) -> set[tuple[int, int, str]]:
    found: list[tuple[int, int, str]] = []
    for first, last, kind, heads in mentions:
        place = re.match(r"\d+", heads)
        head = first + int(place.group()) - 1 if place else first
        if head >= last or tokens[head].tag != "PROPN":
            continue
        low, high = _widen(tokens, first, last, head)
        if kind == "person":
            while low < high and tokens[low].form.lower() in _TITLES:
                low += 1
        if low < high:
            found.append((low, high, kind))
    # Of two names that overlap, the outer one is kept: nested names are not taught.
    found.sort(key=lambda item: (item[0] - item[1], item))
    taken: set[int] = set()
    kept: set[tuple[int, int, str]] = set()
    for low, high, kind in found:
        if not taken.intersection(range(low, high)):
            taken.update(range(low, high))
            kept.add((tokens[low].start, tokens[high - 1].end, kind))
    return kept


def _widen(tokens: list[_Token], first: int, last: int, head: int) -> tuple[int, int]:
    def named(index: int) -> bool:
        token = tokens[index]
        return token.tag == "PROPN" or (token.form[:1].isupper() and token.tag in ("ADJ", "NOUN", "VERB", "X"))

    low = head
    while low > first:
        step = low - 1
        while step > first and tokens[step].form.lower() in _LINKS and not named(step):
            step -= 1
        if not named(step):
            break
        low = step
    high = head + 1
    while high < last:
        step = high
        while step < last - 1 and tokens[step].form.lower() in _LINKS and not named(step):
            step += 1
        if not (named(step) or (tokens[step].tag == "NUM" and step == high)):
            break
        high = step + 1
    return low, high
