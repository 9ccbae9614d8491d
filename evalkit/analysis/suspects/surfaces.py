"""The same words elsewhere: how gold and systems mark them at other places, and where they stand unmarked.

What a thing is said to be at one place says something of what it is at another. No place speaks for itself: what
stands at it is left out of what is counted elsewhere.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.suspects.candidates import GOLD, Candidates, Voter
from evalkit.layers.base import Layer, surface
from evalkit.layers.table import load_layer
from evalkit.records import Annotations, Article, Span

__all__ = ["ELSEWHERE", "echo_of_gold", "marked_elsewhere"]

ELSEWHERE = ("same label in gold", "marked in gold", "same label by systems", "marked by systems", "seen elsewhere")
"""What `marked_elsewhere` gives of each candidate: log odds of the first four, and whether there is an elsewhere."""

_TOKEN = re.compile(r"\w+|[^\w\s]")
FEWEST = 2
"""So often must words be marked elsewhere before they say anything of a place where they are not."""


def _key(layer: Layer[Any], item: Any, article: Article) -> Any:
    """What is the same elsewhere: the words, or for items that are no words (holder and target of a stance) those."""
    if layer.spans_field in layer.same:
        return surface(article.text, layer.spans(item))
    return tuple(getattr(item, name) for name in layer.same if name != layer.label_field)


def _places(articles: Sequence[Article], surfaces: set[str]) -> Iterator[tuple[int, str, Span]]:
    """Where some words stand, as whole words; several that begin at one place all do."""
    by_first: defaultdict[str, list[str]] = defaultdict(list)
    for words in sorted(surfaces, key=lambda words: (-len(words), words)):
        if first := _TOKEN.match(words):
            by_first[first[0]].append(words)
    for number, article in enumerate(articles):
        text = article.text
        for token in _TOKEN.finditer(text):
            start = token.start()
            for words in by_first.get(token[0], ()):
                end = start + len(words)
                cut = words[-1].isalnum() and text[end : end + 1].isalnum()
                if not cut and text.startswith(words, start):
                    yield number, words, Span(start, end)


def marked_elsewhere(candidates: Candidates, articles: Sequence[Article]) -> NDArray[np.float64]:
    """How the words of each candidate are marked at other places, of shape (candidates, `ELSEWHERE`).

    All zeros where there is no other place. Odds are of counts with a half added to each.
    """
    layer, rows = load_layer(candidates.layer), candidates.rows
    keys = [_key(layer, row.item, row.article) for row in rows]
    labels = [layer.label(row.item) for row in rows]
    homes = [(row.article.id, layer.spans(row.item)) for row in rows]
    in_gold = np.array([float(GOLD in row.voters) for row in rows])
    share = candidates.share
    standing: Counter[Any] = Counter()
    if layer.spans_field in layer.same:
        standing.update(words for _, words, _ in _places(articles, {key for key in keys if key}))
    # Each sum over all places, and over the own place, which is taken from it again.
    sums: tuple[Counter[Any], Counter[Any]] = Counter(), Counter()
    for marks, count in zip((in_gold, share), sums, strict=True):
        for key, label, home, mark in zip(keys, labels, homes, marks.tolist(), strict=True):
            for name in ((key,), (key, label), (key, home), (key, label, home)):
                count[name] += mark
    places = {(key, home) for key, home in zip(keys, homes, strict=True)}
    known = Counter(key for key, _ in places)
    found = np.zeros((len(rows), len(ELSEWHERE)))
    for number, (key, label, home) in enumerate(zip(keys, labels, homes, strict=True)):
        others = max(standing[key], known[key]) - 1
        if others < 1 or not key:
            continue
        row = []
        for count in sums:
            marked = count[(key,)] - count[key, home]
            same = count[key, label] - count[key, label, home]
            row.append(np.log((same + 0.5) / (marked - same + 0.5)) if marked else 0.0)
            row.append(np.log((marked + 0.5) / (max(others - marked, 0.0) + 0.5)))
        found[number] = [*row, 1.0]
    return found


def echo_of_gold(layer_name: str, articles: Sequence[Article], gold: Mapping[str, Annotations]) -> Voter | None:
    """A voter that marks the words which gold marks elsewhere, where it marks them more often than not.

    None for layers whose items are more than words with a label.
    """
    layer = load_layer(layer_name)
    if not layer.needs_spans or not layer.label_judged or layer.spans_field not in layer.same:
        return None
    marked: defaultdict[str, dict[tuple[int, tuple[Span, ...]], Any]] = defaultdict(dict)
    for number, article in enumerate(articles):
        for item in layer.of(gold.get(article.id, Annotations())) or ():
            if len(layer.spans(item)) == 1:
                marked[surface(article.text, layer.spans(item))][number, layer.spans(item)] = item
    often = {words for words, places in marked.items() if words and len(places) >= FEWEST}
    standing = list(_places(articles, often))
    totals = Counter(words for _, words, _ in standing)
    labels = {words: Counter(map(layer.label, places.values())) for words, places in marked.items()}
    others = [field.name for field in layer.fields if field.name not in (layer.spans_field, layer.label_field)]
    answers: dict[str, list[Any]] = {article.id: [] for article in articles if article.id in gold}
    reach: dict[int, int] = {}
    for number, words, span in standing:
        article, places = articles[number], marked[words]
        if article.id not in answers or span.start < reach.get(number, 0):
            continue
        here = places.get((number, (span,)))
        elsewhere = labels[words].copy()
        if here is not None:
            elsewhere[layer.label(here)] -= 1
        count = elsewhere.total()
        if count < FEWEST or 2 * count <= totals[words] - 1:
            continue
        label = min(elsewhere, key=lambda label: (-elsewhere[label], label))
        like = min((item for item in places.values() if layer.label(item) == label), key=layer.order)
        bare = layer.without(like, others)
        answers[article.id].append(_placed(layer, bare, span, f"echo{len(answers[article.id]) + 1}"))
        reach[number] = span.end
    return Voter(name="", answers={name: Annotations({layer.name: items}) for name, items in answers.items()})


def _placed(layer: Layer[Any], item: Any, span: Span, name: str) -> Any:
    return replace(item, id=name, **{str(layer.spans_field): (span,)})
