"""What of a split is known from training data: articles, passages, names, quotes, speakers, outlets, dates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from evalkit.dataset.gold import GoldDataset, stated_layers
from evalkit.dataset.leakage.found import Known
from evalkit.dataset.leakage.words import SHINGLE, Numbers, folded_words, shingles_of, text_batches, words_of
from evalkit.layers.base import Layer, surface
from evalkit.records import Article, Example, Span

__all__ = ["known_from"]

_DAY = 10
"""Characters of an ISO date."""


def known_from(
    examined: GoldDataset,
    train: Sequence[Example],
    corpora: Sequence[Article],
    passages: Mapping[str, Sequence[Span]],
) -> list[Known]:
    """What of a split is known from training data.

    The text of an item is known if an item of the training split has it, or if it stands in a training corpus; one of
    five words or more also if it stands in a training article, annotated there or not. Case and punctuation do not
    count. A speaker, or who else is named by a part of an item, is known by the longest name that the article gives.

    Args:
        examined: the split.
        train: the articles of the training split.
        corpora: the articles of training corpora, of which the texts are asked only.
        passages: article of the split → the passages that training data has, for those that share any.
    """
    split, articles = examined.split, [example.article for example in examined]
    words = [len(words_of(article.text)) for article in articles]
    known = [
        Known(split=split, what="articles", items=len(articles), known=len(passages)),
        Known(split=split, what="words", items=sum(words), known=sum(_covered(articles, passages))),
    ]
    items = dict(_items(examined))
    trained = dict(_items(train))
    standing = _Standing(text for texts in items.values() for text in texts)
    standing.look(article.text for article in corpora)
    standing.look((example.article.text for example in train), shortest=SHINGLE)
    anywhere = {text for texts in trained.values() for text in texts}
    for what, texts in items.items():
        # Who speaks in one article may be a name of another.
        there = anywhere if "." in what else set(trained.get(what, ()))
        found = sum(text in there or standing.holds(text) for text in texts)
        known.append(Known(split=split, what=what, items=len(texts), known=found))
    training = [*(example.article for example in train), *corpora]
    # Where training data names no outlet or no day, nothing can be said of those.
    sources = {article.source for article in training if article.source.strip()}
    outlets = [article.source for article in articles if article.source.strip() and sources]
    known.append(Known(split=split, what="outlets", items=len(outlets), known=sum(one in sources for one in outlets)))
    last = max((article.published[:_DAY] for article in training), default="")
    dates = [article.published[:_DAY] for article in articles if article.published and last]
    known.append(Known(split=split, what="dates", items=len(dates), known=sum(date <= last for date in dates)))
    return known


def _covered(articles: Iterable[Article], passages: Mapping[str, Sequence[Span]]) -> Iterator[int]:
    """How many words of each article stand in passages."""
    for article in articles:
        if article.id in passages:
            words = words_of(article.text)
            inside = np.zeros(len(words), dtype=bool)
            for span in passages[article.id]:
                inside |= (words.start >= span.start) & (words.end <= span.end)
            yield int(inside.sum())


def _items(examples: GoldDataset | Sequence[Example]) -> Iterator[tuple[str, list[str]]]:
    """The texts of items, folded, by layer and by those parts that name a thing."""
    whole = list(examples)
    annotated = {name for example in whole for name in example.gold.layers}
    gold = [examples] if isinstance(examples, GoldDataset) else []
    layers: Sequence[Layer[Any]] = stated_layers(gold) if gold else _layers(annotated)
    for layer in layers:
        if layer.spans_field is None or layer.name not in annotated:
            continue
        both = [(example.article.text, item) for example in whole for item in layer.of(example.gold) or ()]
        yield layer.name, _folded(surface(text, layer.spans(item)) for text, item in both)
        for part, thing in layer.span_ids.items():
            yield f"{layer.name}.{part}", _folded(_named(whole, layer, part, thing))


def _named(examples: Sequence[Example], layer: Layer[Any], part: str, thing: str) -> Iterator[str]:
    """Who is named by a part of the items: by the longest mention in the article where there is one."""
    for example in examples:
        names = _names(example)
        for item in layer.of(example.gold) or ():
            if (span := getattr(item, part)) is not None:
                yield names.get(getattr(item, thing) or "") or surface(example.article.text, [span])


def _names(example: Example) -> dict[str, str]:
    """The longest mention of each thing in an article."""
    names: dict[str, str] = {}
    for layer in _layers(example.gold.layers):
        for item in layer.of(example.gold) or ():
            for mention in layer.mentions(item):
                name = surface(example.article.text, mention.spans)
                known = names.get(mention.entity_id, "")
                names[mention.entity_id] = max(name, known, key=lambda one: (len(one), one))
    return names


def _layers(names: Iterable[str]) -> list[Layer[Any]]:
    from evalkit.layers.table import load_layer

    return [load_layer(name) for name in sorted(names)]


def _folded(texts: Iterable[str]) -> list[str]:
    return [folded for text in texts if (folded := " ".join(folded_words(text)))]


class _Standing:
    """Which of some texts stand in others, word for word: all sequences of five words of a longer one do."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._needed: dict[str, tuple[int, Numbers]] = {}
        for text in set(texts):
            numbers = words_of(text).numbers
            length = min(len(numbers), SHINGLE)
            self._needed[text] = length, np.unique(shingles_of(numbers, length))
        self._wanted = {
            length: np.unique(np.concatenate([own for number, own in self._needed.values() if number == length]))
            for length in {length for length, _ in self._needed.values()}
        }
        self._found = {length: np.zeros(len(wanted), dtype=bool) for length, wanted in self._wanted.items()}

    def look(self, texts: Iterable[str], shortest: int = 1) -> None:
        """Looks for the sequences of so many words and more."""
        for _, numbers, counts in text_batches(list(texts)):
            own = np.repeat(np.arange(len(counts)), counts)
            for length, wanted in self._wanted.items():
                if shortest <= length <= len(numbers):
                    sequences = shingles_of(numbers, length)
                    sequences = sequences[own[: len(sequences)] == own[length - 1 :]]
                    place = np.minimum(np.searchsorted(wanted, sequences), len(wanted) - 1)
                    self._found[length][place[wanted[place] == sequences]] = True

    def holds(self, text: str) -> bool:
        """Whether a text was found."""
        length, sequences = self._needed[text]
        return bool(self._found[length][np.searchsorted(self._wanted[length], sequences)].all())
