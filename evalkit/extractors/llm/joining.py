"""The annotations of an article from those of its windows.

What stands in a part that two windows share counts from the window in which it has more text around it, so nothing is
there twice; what the other one found there is counted as repeated. Of two quotes from different windows that overlap,
the longer one stays.

Entities of different windows are one thing if they have a mention at the same place, or one with the same words and
label, or the same id that is made of words of their mentions; two ids of one window never are. Ids that are equal by
accident are told apart by the number of the window.

A stance stands once for a holder and a target, with the label that most windows gave, the first of equals.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from evalkit.extractors.llm.annotations import quote_behind
from evalkit.extractors.llm.grounding import plain
from evalkit.extractors.llm.windows import Window
from evalkit.records import Annotations, Article, Entity, Quote, Span, Stance

__all__ = ["join_windows"]

Part = tuple[Window, Annotations]
Node = tuple[int, str]
Names = Mapping[Node, str]
"""The id in the article for an id in a window, by the number of the window."""

_LETTERS = re.compile(r"[^\W\d_]{2,}")


def join_windows(
    article: Article, parts: Sequence[Part], layers: Sequence[str]
) -> tuple[Annotations, dict[str, float]]:
    """The annotations of an article, and how many of the windows' were repeated or at odds.

    Args:
        article: the article.
        parts: its windows in order, each with its annotations, with offsets in its page.
        layers: the layers that they have.
    """
    moved = [(window, _moved(found, window.start)) for window, found in parts]
    counts: Counter[str] = Counter()
    names = _names([found["entities"] or () for _, found in moved], article.text)
    quotes = _quotes(moved, names, counts)
    found: dict[str, Any] = {
        "entities": _entities(moved, names, counts),
        "quotes": quotes,
        "stances": _stances([found["stances"] or () for _, found in moved], names, quotes, counts),
    }
    joined = Annotations(**{layer: found[layer] for layer in layers})
    return joined, {name: number for name, number in sorted(counts.items()) if number}


def _moved(found: Annotations, by: int) -> Annotations:
    def spans(given: Iterable[Span]) -> tuple[Span, ...]:
        return tuple(Span(start + by, end + by) for start, end in given)

    return Annotations(
        entities=tuple(replace(one, spans=spans(one.spans)) for one in found["entities"] or ()),
        quotes=tuple(
            replace(
                one,
                content=spans(one.content),
                cue=spans(one.cue),
                speaker=None if one.speaker is None else spans([one.speaker])[0],
            )
            for one in found["quotes"] or ()
        ),
        stances=tuple(replace(one, evidence=spans(one.evidence)) for one in found["stances"] or ()),
    )


def _owns(window: Window, place: Span) -> bool:
    return window.own.start <= place.start < window.own.end


def _entities(parts: Sequence[Part], names: Names, counts: Counter[str]) -> tuple[Entity, ...]:
    kept: list[Entity] = []
    for at, (window, found) in enumerate(parts):
        for entity in found["entities"] or ():
            if _owns(window, entity.spans[0]):
                own = entity.entity_id
                kept.append(replace(entity, entity_id=None if own is None else names[at, own]))
            else:
                counts["repeated_entities"] += 1
    kept.sort(key=lambda entity: (entity.spans[0].start, -entity.spans[0].end))
    return tuple(replace(entity, id=f"e{number}") for number, entity in enumerate(kept, 1))


def _quotes(parts: Sequence[Part], names: Names, counts: Counter[str]) -> tuple[Quote, ...]:
    kept: list[tuple[int, Quote]] = []
    for at, (window, found) in enumerate(parts):
        for quote in found["quotes"] or ():
            rivals = [one for one in kept if one[0] != at and _overlap(one[1].content, quote.content)]
            if not _owns(window, quote.content[0]) or any(
                _size(one.content) >= _size(quote.content) for _, one in rivals
            ):
                counts["repeated_quotes"] += 1
                continue
            counts["repeated_quotes"] += len(rivals)
            kept = [one for one in kept if one not in rivals]
            kept.append((at, replace(quote, speaker_id=_renamed(names, at, quote.speaker_id))))
    kept.sort(key=lambda entry: (entry[1].content[0], entry[0]))
    return tuple(replace(quote, id=f"q{number}") for number, (_, quote) in enumerate(kept, 1))


def _overlap(one: Iterable[Span], other: Sequence[Span]) -> bool:
    return any(a.start < b.end and b.start < a.end for a in one for b in other)


def _size(spans: Iterable[Span]) -> int:
    return sum(end - start for start, end in spans)


def _renamed(names: Names, at: int, name: str | None) -> str | None:
    return name if name is None else names.get((at, name), name)


def _stances(
    parts: Sequence[Sequence[Stance]], names: Names, quotes: Sequence[Quote], counts: Counter[str]
) -> tuple[Stance, ...]:
    given: dict[tuple[str, str], list[Stance]] = {}
    for at, stances in enumerate(parts):
        for stance in stances:
            holder, target = (
                names.get((at, stance.holder), stance.holder),
                names.get((at, stance.target), stance.target),
            )
            given.setdefault((holder, target), []).append(replace(stance, holder=holder, target=target))
    kept: list[Stance] = []
    for (holder, _), stances in given.items():
        # The first of equals, because a counter keeps the order in which it met them.
        label = Counter(stance.label for stance in stances).most_common(1)[0][0]
        agreed = [stance for stance in stances if stance.label == label]
        counts["repeated_stances"] += len(agreed) - 1
        counts["conflicting_stances"] += len(stances) - len(agreed)
        evidence = _apart(span for stance in agreed for span in stance.evidence)
        behind = quote_behind(agreed[0].evidence, holder, quotes)
        kept.append(replace(agreed[0], id=f"s{len(kept) + 1}", evidence=evidence, quote_id=behind))
    return tuple(kept)


def _apart(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans in order, those that overlap as one."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start < joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)


def _names(parts: Sequence[Sequence[Entity]], text: str) -> Names:
    """The id in the article for each id in each window."""
    things: dict[Node, set[Node]] = {}
    for at, entities in enumerate(parts):
        for entity in entities:
            if entity.entity_id is not None:
                things.setdefault((at, entity.entity_id), {(at, entity.entity_id)})
    for one, other in _links(parts, text):
        _link(things, one, other)
    names: dict[Node, str] = {}
    for node, thing in things.items():
        if node in names:
            continue
        at, name = node
        while name in names.values():
            name = f"{name}-{at + 1}"
        names.update(dict.fromkeys(thing, name))
    return names


def _link(things: dict[Node, set[Node]], one: Node, other: Node) -> None:
    """Make two things one, unless a window tells them apart."""
    first, second = things[one], things[other]
    if first is second or {at for at, _ in first} & {at for at, _ in second}:
        return
    first |= second
    things.update(dict.fromkeys(second, first))


def _links(parts: Sequence[Sequence[Entity]], text: str) -> Iterator[tuple[Node, Node]]:
    """Ids of different windows that may be one thing, what is surest first."""
    places: dict[tuple[Span, ...], list[Node]] = {}
    forms: dict[tuple[str, str], list[Node]] = {}
    equal: dict[str, list[Node]] = {}
    for at, entities in enumerate(parts):
        for entity in entities:
            if entity.entity_id is None:
                continue
            node = at, entity.entity_id
            form = plain(" ".join(text[start:end] for start, end in entity.spans), case=True)
            places.setdefault(entity.spans, []).append(node)
            forms.setdefault((form, entity.label), []).append(node)
            words = _LETTERS.findall(plain(entity.entity_id, case=True))
            if any(word in form for word in words):
                equal.setdefault(entity.entity_id, []).append(node)
    for nodes in places.values():
        yield from _pairs(nodes)
    for _, nodes in sorted(forms.items(), key=lambda item: (-len(item[0][0]), item[0])):
        # Two people of one name in a window: the name alone says nothing.
        if len(set(nodes)) == len({at for at, _ in nodes}):
            yield from _pairs(nodes)
    for nodes in equal.values():
        yield from _pairs(nodes)


def _pairs(nodes: Sequence[Node]) -> Iterator[tuple[Node, Node]]:
    yield from ((nodes[0], node) for node in nodes[1:] if node != nodes[0])
