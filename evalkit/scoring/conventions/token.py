r"""token: items are tokens, credit 1 for a token that the other side gives the same label.

A token is a match of the regular expression `\w+|[^\w\s]`, and it carries a label if an item of that label touches
it. A token in two items of different labels is two items; in two of one label, one.

    text      Ida Moen of Oslo
    gold      PER Ida Moen      two tokens
    predicted PER Ida           one token, right: precision 1/1, recall 1/2
"""

from __future__ import annotations

import re

import numpy as np

from evalkit.errors import InputError
from evalkit.scoring.columns import EntityColumns, Ints, SpanColumns
from evalkit.scoring.credits import Credits, Items
from evalkit.scoring.edges import fragments

__all__ = ["token", "tokenize"]

_TOKEN = re.compile(r"\w+|[^\w\s]")


def tokenize(text: str) -> Ints:
    """Starts and ends of the tokens, shape (tokens, 2), in code points."""
    return np.array([match.span() for match in _TOKEN.finditer(text)], dtype=np.int64).reshape(-1, 2)


def token(columns: EntityColumns) -> Credits:
    """Credits under the convention.

    Raises:
        InputError: the texts are not known.
    """
    if columns.texts is None:
        raise InputError("convention 'token' needs the text of the articles; give the gold with its text")
    per_article = [tokenize(text) for text in columns.texts]
    article = np.repeat(np.arange(len(per_article)), [len(tokens) for tokens in per_article])
    tokens = np.concatenate(per_article) if per_article else np.zeros((0, 2), dtype=np.int64)
    start, end = (tokens[:, at] + article * columns.stride_of_texts for at in (0, 1))
    gold, predicted = (_labelled(columns, side, start, end) for side in (columns.gold, columns.predicted))
    gold_items, predicted_items = (
        Items(article[keys // len(columns.labels)], keys % len(columns.labels)) for keys in (gold, predicted)
    )
    return Credits(
        np.isin(gold, predicted).astype(np.float64),
        np.isin(predicted, gold).astype(np.float64),
        None,
        gold_items,
        predicted_items,
    )


def _labelled(columns: EntityColumns, side: SpanColumns, start: Ints, end: Ints) -> Ints:
    """Sorted keys (token, label) of the tokens that the items of one side touch."""
    item, low, high = fragments(columns, side, np.arange(len(side)), stride=columns.stride_of_texts, by_label=False)
    first = np.searchsorted(end, low, "right")
    number = np.maximum(np.searchsorted(start, high, "left") - first, 0)
    which = np.arange(int(number.sum())) - np.repeat(np.cumsum(number) - number - first, number)
    labels = np.repeat(side.label[item], number)
    return np.unique(which * max(len(columns.labels), 1) + labels)
