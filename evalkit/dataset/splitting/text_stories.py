"""Which articles tell one story, by their texts: the names that they share, the rare words, and when they came out.

Two articles are as alike as the cosine of their names and the cosine of their other words, added up: 0 to 2. Names are
capitalised words that do not only begin sentences; a name or word weighs tf-idf, with tf = 1 + ln(count). Names get the
idf that they would have among a hundred more articles that lack them, so that the few articles of one story are alike,
too. Articles published further apart than `WINDOW` are never of one story; one without a day may be of any.

Pairs that are alike enough are brought together from the most alike on, and two groups become one as long as their
articles are alike enough on average (average linkage), so that a chain of articles makes no story.

No model is asked and nothing is learnt; the threshold was chosen on the bundled gold and is no more than that.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.dataset.leakage.passages import without_furniture
from evalkit.dataset.splitting.rule import day_of
from evalkit.records import Article
from evalkit.text.word_lists import entries

__all__ = ["story_clusters"]

WINDOW = 30
"""Days between two articles of one story."""
ALIKE = 0.2
"""From here on two articles may tell one story."""
UNSEEN = 100
"""Articles without any of the names, which are thought beside those that there are."""
COMMON = 0.02
"""Words and names of more than this share of many articles say little, and are left out of products."""
FEW = 50
"""So many articles may always share a word that is looked at."""
BLOCK = 500
"""Articles that are compared with others at once."""

_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*|\d[\d.,]*\d")
_OWNER = re.compile(r"['’]s$")
_ENDING = re.compile(r"(?:s|ed|ing)$")
_SHORTEST = 4
"""Letters of a word that counts."""


def story_clusters(articles: Sequence[Article]) -> dict[str, str]:
    """The story of each article that shares one with another: article id → the first id of its story.

    The order of the articles changes nothing.
    """
    ordered = sorted(articles, key=lambda article: article.id)
    # Nobody tells a story by the foot of the page.
    bare = without_furniture(ordered)
    pairs = _alike([replace(article, text=text) for article, text in zip(ordered, bare, strict=True)])
    clusters: dict[str, str] = {}
    for group in _stories(len(ordered), pairs):
        clusters |= {ordered[number].id: ordered[group[0]].id for number in group}
    return dict(sorted(clusters.items()))


def _terms(article: Article) -> tuple[Counter[str], Counter[str]]:
    """The names and the other words of an article with how often it has them."""
    text = f"{article.title}\n{article.text}"
    found = list(_WORD.finditer(text))
    small = {word for match in found if (word := match[0])[0].islower()}
    no_names = entries("words", "month", "day", "not-name")
    names: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for match in found:
        word = match[0]
        if word[0].isupper():
            word = _OWNER.sub("", word)
            lowered = word.lower()
            # What only begins sentences and is a word elsewhere is no name.
            if word not in no_names and (lowered not in small or not _begins(text, match.start())):
                names[lowered] += 1
                continue
            word = lowered
        others[word] += 1
    # Endings are taken off once for each different word, which is where the time would go.
    words: Counter[str] = Counter()
    for word, number in others.items():
        bare = _OWNER.sub("", word)
        if bare[0].isdigit() or len(bare) >= _SHORTEST:
            words[_ENDING.sub("", bare)] += number
    return names, words


def _begins(text: str, place: int) -> bool:
    """Whether a sentence, a line or a quotation may begin here."""
    before = text[max(place - 3, 0) : place]
    bare = before.rstrip(" “\"‘'(«„")
    return not bare or bare[-1] in ".!?:\n”…" or "\n" in before


def _weights(counts: Sequence[Counter[str]], unseen: int) -> Any:
    """A sparse matrix of articles and terms whose rows have length 1, without the terms that are common."""
    from scipy.sparse import csr_array

    often = Counter(term for own in counts for term in own)
    most = max(FEW, COMMON * len(counts))
    kept = {term: number for number, term in enumerate(sorted(term for term, n in often.items() if 1 < n <= most))}
    rows, columns, values = [], [], []
    for row, own in enumerate(counts):
        weights = {
            term: (1 + math.log(number)) * math.log((len(counts) + 1 + unseen) / often[term])
            for term, number in sorted(own.items())
        }
        length = math.sqrt(sum(weight**2 for weight in weights.values()))
        shared = [term for term in weights if term in kept]
        rows += [row] * len(shared)
        columns += [kept[term] for term in shared]
        values += [weights[term] / length for term in shared]
    return csr_array((values, (np.array(rows, int), np.array(columns, int))), shape=(len(counts), max(len(kept), 1)))


Alike = dict[tuple[int, int], float]


def _alike(articles: Sequence[Article]) -> Alike:
    """The pairs that are alike enough and were published close together, the first number being the lower one."""
    if len(articles) < 2:
        return {}
    terms = [_terms(article) for article in articles]
    names, words = _weights([one for one, _ in terms], UNSEEN), _weights([other for _, other in terms], 0)
    # By day, so that those within the window of each other lie together; those without a day come last.
    days = np.array([_number(article) for article in articles])
    order = np.argsort(days, kind="stable")
    days, names, words = days[order], names[order], words[order]
    dated = len(days) - int(np.isnan(days).sum())
    pairs: Alike = {}
    for begin in range(0, len(articles), BLOCK):
        block = np.arange(begin, min(begin + BLOCK, len(articles)))
        # What comes before a block has been compared with it.
        latest = days[min(block[-1], dated - 1)] + WINDOW if begin < dated else -math.inf
        near_end = int(np.searchsorted(days[:dated], latest, "right"))
        others = np.concatenate([np.arange(begin, max(near_end, begin)), np.arange(max(dated, begin), len(articles))])
        scores = (names[block] @ names[others].T + words[block] @ words[others].T).tocoo()
        left, right = block[scores.row], others[scores.col]
        apart = np.abs(days[left] - days[right])
        # What has no day is not a number, and not further apart.
        near = (scores.data >= ALIKE) & (left < right) & ~(apart > WINDOW)
        ends = np.sort(np.stack([order[left[near]], order[right[near]]]), axis=0).tolist()
        pairs |= dict(zip(zip(*ends, strict=True), scores.data[near].tolist(), strict=True))
    return dict(sorted(pairs.items()))


def _number(article: Article) -> float:
    day = day_of(article.published)
    return math.nan if day is None else float(day.toordinal())


def _stories(articles: int, pairs: Alike) -> Iterable[list[int]]:
    """Groups of two or more, each in ascending order."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    for part, own in _connected(articles, pairs):
        if len(part) == 2:
            yield part
            continue
        place = {number: at for at, number in enumerate(part)}
        apart = _distances(len(part), {(place[one], place[other]): score for (one, other), score in own.items()})
        tree = linkage(squareform(apart, checks=False), method="average")
        groups: dict[int, list[int]] = {}
        for number, group in zip(part, fcluster(tree, 2 - ALIKE, criterion="distance").tolist(), strict=True):
            groups.setdefault(group, []).append(number)
        yield from (group for group in groups.values() if len(group) > 1)


def _distances(size: int, pairs: Alike) -> NDArray[np.float64]:
    """2 less how alike two articles are; pairs that are not alike enough count as not alike at all."""
    apart = np.full((size, size), 2.0)
    np.fill_diagonal(apart, 0.0)
    for (one, other), score in pairs.items():
        apart[one, other] = apart[other, one] = 2.0 - score
    return apart


def _connected(articles: int, pairs: Alike) -> list[tuple[list[int], Alike]]:
    """The articles that a chain of pairs brings together, in ascending order, with their pairs."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not pairs:
        return []
    rows, columns = np.array(list(pairs), dtype=int).T
    graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(articles, articles))
    part_of = connected_components(graph, directed=False)[1].tolist()
    parts: dict[int, tuple[list[int], Alike]] = {}
    for number, part in enumerate(part_of):
        parts.setdefault(part, ([], {}))[0].append(number)
    for pair, score in pairs.items():
        parts[part_of[pair[0]]][1][pair] = score
    return [(part, own) for part, own in parts.values() if len(part) > 1]
