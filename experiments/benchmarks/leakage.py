"""Shared text: is every copy found and nothing else, and what does it cost, beside `str.split()` and MinHash (rensa)?

    python experiments/benchmarks/leakage.py [--articles 10000] [--large 100000] [--repeats 3]

Articles are made: sentences of 14 to 36 words from a vocabulary with Zipf's frequencies and a stock of phrases, 200 to
900 words each, under the head and foot of one of eight outlets. A tenth are copies of another one, in one of the ways
of `KINDS`; as many quote 30 words at most of another one, which makes no copy. Recall and precision are those of
the pairs; MinHash compares sets of five-word shingles (128 permutations, LSH with a threshold of .5, as corpora are
deduplicated). Seconds are CPU seconds of the process, the least of some repeats; memory is the peak of a process of
its own.
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from evalkit.dataset.leakage.passages import shared_passages
from evalkit.records import Article

OUTLETS = 8
LIFTED = 3
QUOTED = 30


class Made(NamedTuple):
    """Articles, and the pairs of them (positions, the lower first) of which one has text of the other."""

    articles: list[Article]
    pairs: frozenset[tuple[int, int]]


Sentences = list[str]
Copy = Callable[[random.Random, Sentences, Sentences], Sentences]


class Newsroom:
    """Writes articles of invented words."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        syllables = [a + b for a in "bdfghklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "is", "ol")]
        size = 20_000
        self.words = ["".join(self.random.choices(syllables, k=self.random.randint(1, 4))) for _ in range(size)]
        self.weights = list(accumulate(1 / (rank + 3) for rank in range(size)))
        self.phrases = [self._words(self.random.randint(4, 7)) for _ in range(400)]
        self.heads = [self._boilerplate() for _ in range(OUTLETS)]
        self.feet = [self._boilerplate() for _ in range(OUTLETS)]

    def _words(self, number: int) -> list[str]:
        return self.random.choices(self.words, cum_weights=self.weights, k=number)

    def _boilerplate(self) -> str:
        return " ".join(self._words(self.random.randint(20, 60))).capitalize() + "."

    def sentence(self) -> str:
        words = self._words(self.random.randint(14, 36))
        if self.random.random() < 0.3:
            at = self.random.randrange(len(words) - 7)
            words[at : at + 7] = self.random.choice(self.phrases)
        return " ".join(words).capitalize() + "."

    def sentences(self, words: int) -> Sentences:
        made: Sentences = []
        while sum(len(sentence.split()) for sentence in made) < words:
            made.append(self.sentence())
        return made

    def page(self, number: int, sentences: Sentences) -> str:
        outlet = number % OUTLETS
        body = "\n".join(" ".join(sentences[at : at + 3]) for at in range(0, len(sentences), 3))
        return f"{self.heads[outlet]}\n\n{body}\n\n{self.feet[outlet]}\n"


def _cut(rng: random.Random, original: Sentences, own: Sentences) -> Sentences:
    return original[: max(len(original) * rng.randint(50, 80) // 100, 10)]


def _embedded_brief(rng: random.Random, original: Sentences, own: Sentences) -> Sentences:
    at = rng.randint(0, len(own))
    return own[:at] + original[:10] + own[at:]


def _lifted(rng: random.Random, original: Sentences, own: Sentences) -> Sentences:
    whole = list(own)
    for sentence in rng.sample(original, LIFTED):
        whole.insert(rng.randint(0, len(whole)), sentence)
    return whole


def _changed(share: float) -> Copy:
    def change(rng: random.Random, original: Sentences, own: Sentences) -> Sentences:
        words = " ".join(original).split()
        for at in rng.sample(range(len(words)), round(share * len(words))):
            words[at] = f"{rng.choice(words).rstrip('.')}q"
        return [f"{sentence}." for sentence in " ".join(words).split(". ")]

    return change


def _reordered(rng: random.Random, original: Sentences, own: Sentences) -> Sentences:
    paragraphs = [original[at : at + 3] for at in range(0, len(original), 3)]
    rng.shuffle(paragraphs)
    return [sentence for paragraph in paragraphs for sentence in paragraph]


def _nothing(rng: random.Random, original: Sentences, own: Sentences) -> Sentences:
    return own


KINDS: dict[str, Copy] = {
    "cut": _cut,
    "embedded brief": _embedded_brief,
    "three lifted sentences": _lifted,
    "15 % of words changed": _changed(0.15),
    "25 % of words changed": _changed(0.25),
    "reordered paragraphs": _reordered,
    "boilerplate": _nothing,
}
"""How an article is made from an original and sentences of its own; with `boilerplate` all copies are plain ones."""


def make_articles(number: int, kinds: Sequence[str], *, seed: int = 0) -> Made:
    """So many articles, a tenth of which copy another one in one of the ways."""
    room = Newsroom(seed)
    rng = random.Random(seed + 1)
    bodies = [room.sentences(rng.randint(200, 900)) for _ in range(number)]
    pairs = set()
    copies = number // 10
    for copy in range(copies):
        original, kind = copies + copy, kinds[copy % len(kinds)]
        whole = list(bodies[original]) if kind == "boilerplate" else None
        bodies[copy] = whole or KINDS[kind](rng, bodies[original], bodies[copy])
        pairs.add((copy, original))
        # Of two further articles the one quotes a sentence of the other.
        bodies[2 * copies + copy].append(" ".join(bodies[3 * copies + copy][0].split()[:QUOTED]))
    articles = [Article(id=f"a{at:06}", text=room.page(at, body)) for at, body in enumerate(bodies)]
    return Made(articles, frozenset(pairs))


def recall_and_precision(made: Made, sampled: int) -> tuple[float, float]:
    found = {(pair.left, pair.right) for pair in shared_passages(made.articles, sampled=sampled).pairs}
    right = len(found & made.pairs)
    return right / len(made.pairs), right / max(len(found), 1)


def minhash_pairs(articles: Sequence[Article]) -> set[tuple[int, int]]:
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=0.5, num_perm=128, num_bands=32)
    hashes = []
    for number, article in enumerate(articles):
        words = re.findall(r"\w+", article.text.casefold())
        one = RMinHash(num_perm=128, seed=1)
        one.update([" ".join(words[at : at + 5]) for at in range(max(len(words) - 4, 1))])
        index.insert(number, one)
        hashes.append(one)
    near = ((number, other) for number, one in enumerate(hashes) for other in index.query(one) if other > number)
    return {(one, other) for one, other in near if hashes[one].jaccard(hashes[other]) >= 0.5}


def seconds(work: Callable[[], object], repeats: int) -> float:
    def once() -> float:
        begin = time.process_time()
        work()
        return time.process_time() - begin

    return min(once() for _ in range(repeats))


def quality(number: int) -> Iterator[str]:
    yield f"{'copies':24} {'exact: recall, precision':>26} {'sampled':>14} {'MinHash':>14}"
    for kind in KINDS:
        made = make_articles(number, [kind])
        cells = [recall_and_precision(made, sampled) for sampled in (1, 4)]
        near = minhash_pairs(made.articles)
        cells.append((len(near & made.pairs) / len(made.pairs), len(near & made.pairs) / max(len(near), 1)))
        yield f"{kind:24} {' ' * 11}{'  '.join(f'{recall:.3f}, {precision:.3f}' for recall, precision in cells)}"


def cost(number: int, repeats: int, *, with_minhash: bool) -> Iterator[str]:
    articles = make_articles(number, list(KINDS)).articles
    texts = [article.text for article in articles]
    base = seconds(lambda: sum(len(text.split()) for text in texts), repeats)
    yield f"{number} articles, {sum(map(len, texts)) / 1e6:.0f} million characters: str.split() {base:.3f} s"
    works: dict[str, Callable[[], object]] = {
        "sampled": lambda: shared_passages(articles, sampled=4),
        "exact": lambda: shared_passages(articles, sampled=1),
    }
    if with_minhash:
        works["MinHash (rensa)"] = lambda: minhash_pairs(articles)
    for name, work in works.items():
        own = seconds(work, repeats)
        yield f"  {name:16} {own:7.3f} s = {own / base:5.1f} × split"


def drawn_articles(number: int) -> list[Article]:
    """So many articles of words drawn one by one, of which every tenth begins with 300 words of the next: made fast."""
    room, rng = Newsroom(0), np.random.default_rng(0)
    words = np.array(room.words, dtype=object)
    bounds = np.array(room.weights) / room.weights[-1]
    texts: list[str] = []
    for at in range(number):
        drawn = words[np.searchsorted(bounds, rng.random(int(rng.integers(200, 900))))].tolist()
        texts.append(" ".join([*texts[-1].split()[:300], *drawn] if at % 10 == 1 else drawn))
    return [Article(id=f"a{at:06}", text=text) for at, text in enumerate(texts)]


def _peak(number: int) -> None:
    """Memory of a search over so many articles, in a process of its own."""
    articles = drawn_articles(number)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    pairs = shared_passages(articles).pairs
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{number} articles: peak {after / 2**20:.2f} GiB (articles alone {before / 2**20:.2f}), {len(pairs)} pairs")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quality", type=int, default=2000, help="articles for recall and precision")
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=100_000, help="articles for memory; 0 for none")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--peak", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peak:
        _peak(given.peak)
        return
    for line in quality(given.quality):
        print(line, flush=True)
    for line in cost(given.articles, given.repeats, with_minhash=True):
        print(line, flush=True)
    if given.large:
        subprocess.run([sys.executable, __file__, "--peak", str(given.large)], check=True)


if __name__ == "__main__":
    main()
