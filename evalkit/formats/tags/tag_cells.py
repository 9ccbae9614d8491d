"""What one tag cell says: its letter and its label, in whatever way a file writes them.

Files write `B-PER`, `b-per`, `B_PER`, `PER-B`, `B` or plain `PER`; outside is `O`, `o`, `0`, `_`, `-`, an empty cell, a
word such as `null`, or `B-O` and `I-O`, which some models answer. Which of these ways a column uses is found out from
all its cells, since `E-mail` is a label in one file and the end of a `mail` in another.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from evalkit.formats.tags.repeated import count_texts
from evalkit.registry import unknown_name

__all__ = [
    "BEGIN",
    "END",
    "INSIDE",
    "NO_LABEL",
    "OUTSIDE",
    "SCHEMES",
    "SINGLE",
    "Tag",
    "begins",
    "count_labels",
    "is_outside",
    "known_scheme",
    "label_in",
    "looks_like_tag",
    "oddity",
    "pairs_in",
    "parse_cells",
    "tag_keys",
    "value_of",
    "whole",
]

SCHEMES = ("IO", "IOB1", "IOB2", "IOBES", "BILOU", "IOE1", "IOE2")

NO_LABEL = "ENTITY"
"""The label of tags that carry none, such as a bare `B`."""

_ALIASES = {"BIO": "IOB2", "IOB": "IOB2", "BIOES": "IOBES", "BMES": "IOBES", "BMEWO": "IOBES", "BILUO": "BILOU"}
_ALIASES |= {"IOE": "IOE2", "BIO1": "IOB1", "BIO2": "IOB2"}
_LETTERS = {"IO": "I", "IOB1": "BI", "IOB2": "BI", "IOBES": "BIMESW", "BILOU": "BILU", "IOE1": "IE", "IOE2": "IE"}
_OUTSIDE_WORDS = frozenset({"", "o", "0", "_", "-", "–", "—", "null", "none", "nan"})
OUTSIDE, BEGIN, INSIDE, END, SINGLE = range(5)
_KINDS = {"B": BEGIN, "I": INSIDE, "M": INSIDE, "E": END, "L": END, "S": SINGLE, "U": SINGLE, "W": SINGLE, "O": OUTSIDE}
_PREFIXED = re.compile(r"([A-Za-z])[-_:](.+)", re.DOTALL)
_SUFFIXED = re.compile(r"(.+)[-_:]([BIESLUMWbieslumw])", re.DOTALL)
_BARE_LETTER = re.compile(r"([BIESLUMWbieslumw])[-_:]?")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_PAIR = re.compile(r"([^\W\d][\w.:-]*)=(.*)", re.DOTALL)
_TAG_KEYS = frozenset({"entity", "entities", "iob", "label", "ne", "ner", "nertag", "ner_tag", "tag"})
_BARE_LABEL = re.compile(r"[^\W\d_]\w*")
_CLOSED = {"E": "SE", "S": "SE", "W": "WE", "L": "UL", "U": "UL"}
"""What a letter that ends an entity makes of one that begins and of one that continues it."""


class Tag(NamedTuple):
    """One tag: its kind (`BEGIN`, …), its letter as written, its label, and what is odd about it, if anything."""

    kind: int
    letter: str
    label: str
    oddity: str


def looks_like_tag(cell: str) -> bool:
    """Whether a cell is `O` or a tag with a prefix; a bare label does not look like a tag."""
    if cell in ("O", "o"):
        return True
    found = _PREFIXED.fullmatch(cell)
    return found is not None and found[1].upper() in _KINDS


def label_in(cell: str) -> str:
    """The label of one cell by itself, without the prefix that it seems to have; empty for `O`."""
    found = _PREFIXED.fullmatch(cell)
    label = found[2] if found and found[1].upper() in _KINDS else cell
    return "" if is_outside(cell) else label


def is_outside(cell: str) -> bool:
    """Whether a cell says that its token is in no entity: `O`, one of its other spellings, or a tag such as `B-O`."""
    if cell == "O" or cell.strip().lower() in _OUTSIDE_WORDS:
        return True
    found = _PREFIXED.fullmatch(cell)
    return found is not None and (found[1] in "Oo" or (found[1].upper() in _KINDS and found[2] in ("O", "o")))


def begins(cell: str) -> bool:
    """Whether a cell says that an entity begins, such as `B-PER`."""
    found = _PREFIXED.fullmatch(cell)
    return found is not None and found[1].upper() in "BSUW"


def whole(first: str, last: str) -> str:
    """The tag of a word, from those of its first and its last piece: `B-PER` and `E-PER` make `S-PER`."""
    for pattern, letter in ((_PREFIXED, 1), (_SUFFIXED, 2)):
        begin, end = pattern.fullmatch(first), pattern.fullmatch(last)
        if begin and end and begin[3 - letter] == end[3 - letter] and end[letter].upper() in _CLOSED:
            closed = _CLOSED[end[letter].upper()]
            made = closed[0] if begin[letter].upper() in "BSUW" else closed[1]
            made = made if begin[letter].isupper() else made.lower()
            return first[: begin.start(letter)] + made + first[begin.end(letter) :]
    return first


def pairs_in(cells: Iterable[str]) -> dict[str, set[str]]:
    """The values of each key, if most cells that say something are like `NER=B-PER|SpaceAfter=No`; else nothing."""
    values: dict[str, set[str]] = {}
    pairs = others = 0
    for cell in cells:
        if is_outside(cell):
            continue
        found = [_PAIR.fullmatch(part) for part in cell.split("|")]
        if looks_like_tag(cell) or not found[0]:
            others += 1
            continue
        pairs += 1
        for pair in found:
            if pair:
                values.setdefault(pair[1], set()).add(pair[2])
    return values if pairs > others else {}


def tag_keys(cells: Iterable[str]) -> list[str]:
    """The keys of such cells whose values are tags with prefixes, else those called like tags that hold bare labels."""
    pairs = pairs_in(cells)
    labels = {key: [value for value in values if not is_outside(value)] for key, values in pairs.items()}
    tagged = sorted(key for key, values in labels.items() if values and all(map(looks_like_tag, values)))
    bare = (key for key in labels if key.casefold() in _TAG_KEYS and all(map(_BARE_LABEL.fullmatch, labels[key])))
    return tagged or sorted(bare)


def value_of(cell: str, key: str) -> str:
    """What a cell such as `NER=B-PER|SpaceAfter=No` says under a key; `O` if it says nothing."""
    return next((part[len(key) + 1 :] for part in cell.split("|") if part.startswith(f"{key}=")), "O")


def known_scheme(scheme: str) -> str:
    """The canonical name of a scheme, or "auto".

    Raises:
        UnknownNameError: with the known names and a near match.
    """
    name = scheme.upper()
    if name == "AUTO":
        return "auto"
    if _ALIASES.get(name, name) not in SCHEMES:
        raise unknown_name("tag scheme", scheme, ["auto", *SCHEMES, *_ALIASES])
    return _ALIASES.get(name, name)


def count_labels(tags: Sequence[str]) -> Counter[str]:
    """How many tags carry each label, spelled as it stands there."""
    cells = count_texts(tags)
    labels: Counter[str] = Counter()
    for (_, count), parts in zip(cells.items(), parse_cells(cells), strict=True):
        for tag in parts:
            labels[tag.label] += count
    del labels[""]
    return labels


def parse_cells(cells: Collection[str]) -> list[list[Tag]]:
    """The tags of each distinct cell of one column, in their order; more than one if a cell holds several."""
    style = _style(cells)
    parts: list[list[Tag]] = []
    for cell in cells:
        pieces = [piece.strip() for piece in re.split(r"[|,;]", cell)] if re.search(r"[|,;]", cell) else [cell]
        if len(pieces) > 1 and not (style == "prefix" and all(looks_like_tag(piece) for piece in pieces)):
            pieces = [cell]
        parts.append([_parse(piece, style) for piece in pieces])
    return parts


def _style(cells: Collection[str]) -> str:
    prefixed = suffixed = 0
    for cell in cells:
        found = _PREFIXED.fullmatch(cell)
        letter = found[1] if found else cell
        if letter.upper() in {"B", "I"}:
            return "prefix"
        prefixed += bool(found and letter.upper() in _KINDS)
        suffixed += _SUFFIXED.fullmatch(cell) is not None
    labelled = sum(cell.lower() not in _OUTSIDE_WORDS for cell in cells)
    if suffixed and suffixed >= labelled / 2:
        return "suffix"
    # Without any B or I, prefixes are believed only if every label has one: "E-mail" beside "PER" is a label.
    return "prefix" if prefixed and prefixed == labelled else "bare"


def _parse(cell: str, style: str) -> Tag:
    cell = cell.strip()
    if cell.lower() in _OUTSIDE_WORDS:
        return Tag(OUTSIDE, "O", "", "" if cell in ("O", "o") else "outside-variant")
    if style == "bare":
        return Tag(INSIDE, "I", cell, "number" if _NUMBER.fullmatch(cell) else "")
    if found := _BARE_LETTER.fullmatch(cell):
        letter = found[1].upper()
        return Tag(_KINDS[letter], letter, NO_LABEL, "no-label")
    found = (_PREFIXED if style == "prefix" else _SUFFIXED).fullmatch(cell)
    if not found:
        return Tag(INSIDE, "I", cell, "no-prefix")
    letter, label = (found[1], found[2]) if style == "prefix" else (found[2], found[1])
    if letter.upper() == "O":
        return Tag(OUTSIDE, "O", "", "outside-variant")
    if letter.upper() not in _KINDS:
        return Tag(INSIDE, "I", label, "unknown-prefix")
    if label in ("O", "o"):
        return Tag(OUTSIDE, "O", "", "prefixed-outside")
    return Tag(_KINDS[letter.upper()], letter.upper(), label, "")


def oddity(tag: Tag, scheme: str) -> str:
    """What is odd about a tag under a scheme, or ""."""
    if tag.oddity or tag.kind == OUTSIDE:
        return tag.oddity
    return "" if tag.letter in _LETTERS[scheme] else "prefix-outside-scheme"
