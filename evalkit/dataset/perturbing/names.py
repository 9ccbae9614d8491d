"""Names swapped for those of other articles: of the same label, the same throughout an article, in whole and in part.

What a name is, gold says: mentions that share an `entity_id`, or a spelling where they have none. A thing is called
like one of the same label in another article of its split, one whose name has as many words if there is one. A
mention that is a part of the name becomes the same part of the other (`Moen` of `Ida Moen` becomes `Vik` of
`Siri Vik`), initials become initials, an `'s` stays, and a word that two names share is swapped for one word in both,
so that a family stays one. Names that hold other names (`Bank of Norway`) are not swapped themselves, but the names in
them are; what is no name in capitals, such as a sum or a date, is not swapped, nor are things mentioned in separate
pieces.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.dataset.perturbing.edits import Edit
from evalkit.dataset.perturbing.spelling import Draw
from evalkit.layers.base import Layer
from evalkit.layers.table import all_layers
from evalkit.records import Example, Span

__all__ = ["Names", "names_in", "swapped_names"]

_WORD = re.compile(r"\S+")
_SUFFIX = re.compile(r"['’]s?$")
_LINK = {
    "of",
    "the",
    "and",
    "&",
    "for",
    "de",
    "la",
    "le",
    "du",
    "des",
    "van",
    "von",
    "der",
    "den",
    "di",
    "da",
    "del",
    "y",
}
_LONGEST = 4
"""Words of a name that is given to others."""
_ARTICLE = re.compile(r"\b([Aa])(n?) (?:\W?)$")
_NO_VOWEL = ("eu", "un", "us", "uk", "uni", "one", "ut")

_LEFT = "not swapped, as no other name is free"
_APART = "swapped for a name of another length, so that words shared with other names are not the same in both"

Names = Mapping[str, Sequence[tuple[str, ...]]]
"""Label → the names of things, word by word, in ascending order."""


@dataclass(frozen=True)
class _Thing:
    """What is mentioned under one name in an article: its label, and its mentions in order."""

    key: tuple[str, str, str]
    mentions: tuple[Span, ...]

    def name(self, text: str) -> tuple[str, ...]:
        """The words of the longest mention, of several the first one."""
        return max((_words(text, span) for span in self.mentions), key=len)


def _naming_layers() -> list[Layer[Any]]:
    """The layers whose items are mentions: labels are a dataset's own, and an item is a stretch of the text."""
    return [layer for layer in all_layers() if layer.labels is None and layer.spans_field is not None]


def _words(text: str, span: Span) -> tuple[str, ...]:
    return tuple(_SUFFIX.sub("", text[span.start : span.end]).split())


def _things(example: Example) -> list[_Thing]:
    """The things of an article that can be swapped, in the order of their first mentions."""
    text = example.article.text
    mentions: dict[tuple[str, str, str], list[Span]] = defaultdict(list)
    pieces: set[tuple[str, str, str]] = set()
    for layer in _naming_layers():
        for item in layer.of(example.settled) or ():
            spans = layer.spans(item)
            named = next((mention.entity_id for mention in layer.mentions(item)), None)
            key = (layer.name, layer.label(item), named or " ".join(text[s.start : s.end] for s in spans))
            mentions[key] += spans
            pieces |= {key} if len(spans) != 1 else set()
    every = sorted({span for spans in mentions.values() for span in spans}, key=lambda span: (span.start, -span.end))
    around = {one for one, other in _nested(every)}
    things = [
        _Thing(key, tuple(sorted(set(spans))))
        for key, spans in mentions.items()
        if key not in pieces and not around & set(spans) and _is_name(spans, text)
    ]
    return sorted(things, key=lambda thing: (thing.mentions[0], thing.key))


def _nested(spans: Sequence[Span]) -> Iterator[tuple[Span, Span]]:
    """Spans that overlap, the first and longer one first."""
    open_spans: list[Span] = []
    for span in spans:
        open_spans = [one for one in open_spans if one.end > span.start]
        yield from ((one, span) for one in open_spans)
        open_spans.append(span)


def _is_name(spans: Iterable[Span], text: str) -> bool:
    words = max((_words(text, span) for span in spans), key=len, default=())
    capitals = [word for word in words if word.lower() not in _LINK]
    return bool(capitals) and all(word[0].isupper() for word in capitals)


def names_in(examples: Iterable[Example]) -> Names:
    """The names of things that others may be called by: those of up to four words."""
    names: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for example in examples:
        for thing in _things(example):
            name = thing.name(example.article.text)
            if len(name) <= _LONGEST and not all(word.isupper() and len(word) > 1 for word in name):
                names[_label(thing)].add(name)
    return {label: sorted(own) for label, own in sorted(names.items())}


def _label(thing: _Thing) -> str:
    return f"{thing.key[0]}/{thing.key[1]}"


def swapped_names(example: Example, draw: Draw, names: Names, left: Counter[str]) -> Iterator[Edit]:
    """Every thing under another name, where there is one that the article does not have; counts what is left."""
    text = example.article.text
    present = {_folded(word) for word in [*re.findall(r"[\w'’-]+", _folded(text)), *text.split()]}
    things = _things(example)
    own = {tuple(map(_folded, thing.name(text))) for thing in things}
    sharing = Counter(
        word for name in {(_label(thing), thing.name(text)) for thing in things} for word in _parts(*name)
    )
    plurals = [thing for thing in things if _singular(thing, text, sharing) is not None]
    things = [*(thing for thing in things if thing not in plurals), *plurals]
    words: dict[tuple[str, str], str] = {}
    edits: list[Edit] = []
    taken: set[tuple[str, ...]] = set()
    whole: dict[tuple[str, ...], tuple[str, ...]] = {}
    for thing in things:
        name, label = thing.name(text), _label(thing)
        if (singular := _singular(thing, text, sharing)) is not None:
            new = words.get((label, singular))
            other: tuple[str, ...] | None = None if new is None else (_plural(new),)
        else:
            free = [one for one in names.get(label, ()) if tuple(map(_folded, one)) not in own]
            other = _other(name, free, present, taken, draw(f"name {thing.key}"))
        if other is None:
            left[_LEFT] += 1
            continue
        if len(other) != len(name) and any(sharing[part] > 1 for part in _parts(label, name)):
            left[_APART] += 1
        taken.add(other)
        if len(other) == len(name) and singular is None:
            other = tuple(
                new if old.lower() in _LINK else words.setdefault((label, old.casefold()), new)
                for old, new in zip(name, other, strict=True)
            )
        whole[name] = other
        for span in thing.mentions:
            edits += _renamed(text, span, name, other)
    mentioned = sorted({span for thing in _all_spans(example) for span in thing})
    for name, other in sorted(whole.items()):
        edits += _elsewhere(text, name, other, mentioned)
    yield from edits
    yield from _articles(text, edits)


def _folded(word: str) -> str:
    return unicodedata.normalize("NFC", word).casefold()


def _parts(label: str, name: Iterable[str]) -> set[tuple[str, str]]:
    """The words of a name that are more than a link, with the label of the thing."""
    return {(label, word.casefold()) for word in name if word.lower() not in _LINK}


def _singular(thing: _Thing, text: str, sharing: Counter[tuple[str, str]]) -> str | None:
    """The name in a family of several, as `moen` of `Moens`, where another thing of the article has it."""
    name = thing.name(text)
    word = name[0].casefold().removesuffix("s") if len(name) == 1 and name[0].endswith("s") else ""
    return word if sharing[_label(thing), word] else None


def _plural(word: str) -> str:
    return word if word.endswith(("s", "sh", "ch", "x", "z")) else f"{word}s"


def _other(
    name: tuple[str, ...],
    names: Sequence[tuple[str, ...]],
    present: set[str],
    taken: set[tuple[str, ...]],
    drawn: float,
) -> tuple[str, ...] | None:
    """A name that has no word of the article, with as many words if there is one."""
    free = [one for one in names if one not in taken and not any(_folded(word) in present for word in one)]
    free = [one for one in free if len(one) == len(name)] or free
    return free[int(drawn * len(free))] if free else None


def _renamed(text: str, span: Span, name: tuple[str, ...], other: tuple[str, ...]) -> list[Edit]:
    """The edits of one mention: word by word where it has as many afterwards, so that parts of it keep their places."""
    found = [Span(span.start + m.start(), span.start + m.end()) for m in _WORD.finditer(text[span.start : span.end])]
    surface = _words(text, span)
    new = _new_words(surface, name, other)
    if text[span.start : span.end].isupper() and not " ".join(name).isupper():
        new = tuple(word.upper() for word in new)
    suffix = _SUFFIX.search(text[span.start : span.end])
    end = span.end - len(suffix[0]) if suffix else span.end
    if len(new) == len(found):
        ends = [*(one.end for one in found[:-1]), end]
        return [Edit(one.start, stop, word) for one, stop, word in zip(found, ends, new, strict=True)]
    return [Edit(span.start, end, " ".join(new))]


def _new_words(surface: tuple[str, ...], name: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """A mention of a thing called `name` once it is called `other`."""
    folded = [word.casefold() for word in name]
    if [word.casefold() for word in surface] == folded:
        return other
    if len(surface) == 1 and len(name) > 1 and _initials(name) == surface[0].replace(".", ""):
        return (_initials(other),)
    if all(word.casefold() in folded for word in surface):
        if len(name) == len(other):
            return tuple(other[folded.index(word.casefold())] for word in surface)
        return other[-1:] if len(surface) == 1 and folded.index(surface[0].casefold()) else other[:1]
    if len(surface) == 1 and surface[0].endswith("s") and surface[0][:-1].casefold() in folded:
        return (_plural(other[-1]),)
    # A name of another kind, such as a nickname: of one word it becomes the last one.
    return other[-1:] if len(surface) == 1 else other


def _initials(name: Iterable[str]) -> str:
    return "".join(word[0] for word in name if word[:1].isupper())


def _all_spans(example: Example) -> Iterator[tuple[Span, ...]]:
    for layer in _naming_layers():
        for item in layer.of(example.settled) or ():
            yield layer.spans(item)


def _elsewhere(text: str, name: tuple[str, ...], other: tuple[str, ...], mentioned: Sequence[Span]) -> Iterator[Edit]:
    """A name of several words where nobody annotated it, such as in boilerplate; of one word it may be none there."""
    if len(name) < 2:
        return
    for match in re.finditer(r"(?<!\w)" + r"\s+".join(map(re.escape, name)) + r"(?!\w)", text):
        span = Span(*match.span())
        if not any(one.start < span.end and span.start < one.end for one in mentioned):
            yield from _renamed(text, span, name, other)


def _articles(text: str, edits: Sequence[Edit]) -> Iterator[Edit]:
    """`a` and `an` before a name that begins otherwise now."""
    for edit in edits:
        before = _ARTICLE.search(text, max(edit.start - 4, 0), edit.start)
        if before is None or not edit.new or _vowel(edit.new) == bool(before[2]):
            continue
        if _vowel(text[edit.start : edit.end]) == bool(before[2]):
            yield Edit(before.start(1), before.end(2), before[1] if before[2] else f"{before[1]}n")


def _vowel(word: str) -> bool:
    return word[:1].lower() in "aeiou" and not word.lower().startswith(_NO_VOWEL)
