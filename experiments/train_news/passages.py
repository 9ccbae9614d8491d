"""What the stance network of `news-base` is trained on: passages as hidden states, with labels and second opinions.

A passage is read among others of its kind, as it would be in an article, once or several times. The second opinion is
what `stance-base` says about it; for names that nobody labelled it is the only one.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from readers import Item, read_all, split

from evalkit.extractors.shipped.ner import NerExtractor
from evalkit.extractors.shipped.shared_encoder import Reading
from evalkit.extractors.shipped.stances import encoding
from evalkit.extractors.shipped.stances.encoding import LABELS, Passage
from evalkit.extractors.shipped.stances.stance_base import StanceExtractor
from evalkit.records import Article, Span
from evalkit.text.windows import find_words

UNLABELLED = "unlabelled"
_NAMED = frozenset({"PER", "ORG", "NORP", "GPE"})
_TEXT_SIZE = 900


@dataclass(frozen=True)
class Task:
    """One passage with its target: features [pieces, 2], and its label or none, and the chances by `stance-base`."""

    source: str
    text: str
    features: np.ndarray
    label: int | None
    opinion: np.ndarray


def tasks(data: Path, ner: NerExtractor, judge: StanceExtractor, *, held_out: float) -> tuple[list[Task], list[Task]]:
    """What is trained on, and the items of a share of newsmtsc's articles to measure on.

    Args:
        data: the folder with `stance/`.
        ner: finds names that nobody labelled.
        judge: gives the second opinions.
        held_out: the share.
    """
    kept, held = split(read_all(data), held_out)
    known = {(item.passage.text, span) for item in [*kept, *held] for span in item.passage.mentions}
    sentences = sorted({item.passage.text for item in kept if item.source == "newsmtsc"})
    more = [
        Item(UNLABELLED, "", Passage(text, (span,), text[span.start : span.end]), "")
        for text in sentences
        for span in _names(text, ner)
        if (text, span) not in known
    ]
    return [_task(item, judge) for item in [*kept, *more]], [_task(item, judge) for item in held]


def _names(text: str, ner: NerExtractor) -> Iterator[Span]:
    (found,) = ner.extract([Article(id="training", text=text)])
    for entity in found["entities"] or ():
        if entity.label in _NAMED:
            yield entity.spans[0]


def _task(item: Item, judge: StanceExtractor) -> Task:
    passage = item.passage
    words = find_words(passage.text)
    table = encoding.word_features(words, passage.mentions, judge.valence())
    label = LABELS.index(item.label) if item.label else None
    return Task(item.source, passage.text, table.astype(np.int8), label, judge.probabilities([passage])[0])


def read_states(
    texts: Iterable[str], ner: NerExtractor, rng: random.Random
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Hidden states [pieces, width] and the word of each piece, of texts that are read several together."""
    found: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    batch: list[str] = []
    order = sorted(set(texts))
    rng.shuffle(order)
    for text in [*order, None]:
        if batch and (text is None or sum(map(len, batch)) + len(text) > _TEXT_SIZE):
            _read_together(batch, ner, rng, found)
            batch = []
        if text is not None:
            batch.append(text)
    return found


def _read_together(
    batch: Sequence[str], ner: NerExtractor, rng: random.Random, found: dict[str, tuple[np.ndarray, np.ndarray]]
) -> None:
    whole, places = "", []
    for text in batch:
        whole += rng.choice([" ", " ", "\n\n"]) if whole else ""
        places.append(len(whole))
        whole += text
    _, reading = ner.read(Article(id="training", text=whole))
    if reading is None:
        return
    states = reading.states.astype(np.float16)
    for text, start in zip(batch, places, strict=True):
        found[text] = _part(reading, states, start, start + len(text))


def _part(reading: Reading, states: np.ndarray, start: int, end: int) -> tuple[np.ndarray, np.ndarray]:
    words = reading.words
    first, last = int(words.starts.searchsorted(start)), int(words.starts.searchsorted(end))
    pieces = slice(int(reading.starts[first]), int(reading.starts[last]))
    return states[pieces], reading.owner[pieces] - first
