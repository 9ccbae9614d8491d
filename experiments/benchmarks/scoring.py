"""How fast entities are scored, side by side with other tools in one process, equal results asserted.

    python experiments/benchmarks/scoring.py [--articles 1000 10000 100000] [--repeats 5]

Corpora are synthetic: 400 tokens and 25 entities of eight labels an article; 80 % of the gold items are predicted as
they are, the others with another end or label, over two neighbours, or not at all; some predictions are spurious.
Times are medians with their range, of runs that take turns. nervaluate and seqeval run where they finish
(`--slow-limit` articles); nothing is extrapolated.
"""

from __future__ import annotations

import argparse
import itertools
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from evalkit.layers.entities import ENTITIES
from evalkit.records import Entity, Span
from evalkit.scoring.counts import CountTable, macro, merge_tables, micro
from evalkit.scoring.from_arrays import columns_from_arrays
from evalkit.scoring.from_records import columns_of_items
from evalkit.scoring.tasks.table import load_convention

LABELS = ("EVENT", "FAC", "GPE", "LOC", "NORP", "ORG", "PER", "WORK")
"""The inventory of the bundled gold."""
SEMEVAL = {"exact": "strict", "boundary": "exact", "partial": "partial", "type": "ent_type"}
WIDTH = 16


class Corpus(NamedTuple):
    """Gold and predicted (article, start, end, label), in tokens; sorted by article and start."""

    articles: tuple[str, ...]
    gold: tuple[np.ndarray, ...]
    predicted: tuple[np.ndarray, ...]


class Times(NamedTuple):
    """Seconds of each repetition."""

    seconds: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def __str__(self) -> str:
        return f"{self.median:.4f} s ({min(self.seconds):.4f} to {max(self.seconds):.4f}, {len(self.seconds)} runs)"


def synthetic(articles: int, entities: int = 25, *, seed: int = 0) -> Corpus:
    """Every entity has a slot of 16 tokens to itself and its errors, except where it runs into the next one."""
    rng = np.random.default_rng(seed)
    size = articles * entities
    article = np.repeat(np.arange(articles, dtype=np.int32), entities)
    slot = np.tile(np.arange(entities, dtype=np.int32) * WIDTH, articles)
    start = slot + rng.integers(0, 4, size, dtype=np.int32)
    end = start + rng.integers(1, 4, size, dtype=np.int32)
    label = rng.integers(0, len(LABELS), size, dtype=np.int32)
    fate = rng.random(size)
    other_end = np.where((fate > 0.80) & (fate <= 0.88), end + 1, end)
    merged = (fate > 0.95) & (fate <= 0.96) & (slot < (entities - 1) * WIDTH)
    other_end = np.where(merged, slot + WIDTH + 4, other_end)
    wrong = (fate > 0.88) & (fate <= 0.93)
    other_label = np.where(wrong, (label + 1) % len(LABELS), label)
    gone = (fate > 0.97) | np.concatenate([[False], merged[:-1]])
    predicted = [column[~gone] for column in (article, start, other_end, other_label)]
    extra = (rng.random(size) < 0.04) & ~merged
    spurious = article[extra], slot[extra] + 10, slot[extra] + 12, label[extra]
    # An item that runs into the next slot would meet what is spurious in between.
    clear = ~np.isin(
        slot[extra] + article[extra].astype(np.int64) * 10**6, (slot + article.astype(np.int64) * 10**6)[merged]
    )
    both = [np.concatenate([a, b[clear]]).astype(np.int32) for a, b in zip(predicted, spurious, strict=True)]
    order = np.lexsort((both[1], both[0]))
    names = tuple(f"a{at:07d}" for at in range(articles))
    return Corpus(names, (article, start, end, label), tuple(column[order] for column in both))


def timed(
    functions: Sequence[Callable[[], Any]], repeats: int, *, last: int | None = None
) -> tuple[list[Any], list[Times]]:
    """What functions give and how long they take; they take turns, so that a busy machine slows all of them.

    Args:
        functions: what is compared.
        repeats: runs of each, after one that is not counted.
        last: runs of the last one, if it is slow.
    """
    results = [function() for function in functions]
    seconds: list[list[float]] = [[] for _ in functions]
    for turn in range(repeats):
        for at, function in enumerate(functions):
            if last is not None and at == len(functions) - 1 and turn >= last:
                continue
            begin = time.perf_counter()
            results[at] = function()
            seconds[at].append(time.perf_counter() - begin)
    return results, [Times(own) for own in seconds]


def score_columns(corpus: Corpus, conventions: tuple[str, ...]) -> dict[str, CountTable]:
    """Tables by label and article, micro, macro and per-label scores included."""
    columns = columns_from_arrays(corpus.articles, LABELS, corpus.gold, corpus.predicted)
    tables = {name: load_convention("entities", name)(columns).table() for name in conventions}
    for table in tables.values():
        micro(table), macro(table), [table.counts(label) for label in table.labels]
    return tables


def records(corpus: Corpus, side: tuple[np.ndarray, ...]) -> list[list[Entity]]:
    found: list[list[Entity]] = [[] for _ in corpus.articles]
    for article, start, end, label in zip(*(column.tolist() for column in side), strict=True):
        found[article].append(Entity(id="", spans=(Span(start, end),), label=LABELS[label]))
    return found


def score_records(corpus: Corpus, gold: list[list[Entity]], predicted: list[list[Entity]]) -> dict[str, CountTable]:
    columns = columns_of_items(corpus.articles, gold, predicted, layer=ENTITIES)
    tables = {name: load_convention("entities", name)(columns).table() for name in SEMEVAL}
    for table in tables.values():
        micro(table), macro(table), [table.counts(label) for label in table.labels]
    return tables


def dictionaries(corpus: Corpus, side: tuple[np.ndarray, ...]) -> list[list[dict[str, Any]]]:
    """For nervaluate, whose ends are inclusive."""
    return [
        [{"label": e.label, "start": e.spans[0].start, "end": e.spans[0].end - 1} for e in article]
        for article in records(corpus, side)
    ]


def tags(corpus: Corpus, side: tuple[np.ndarray, ...], length: int) -> list[list[str]]:
    found = [["O"] * length for _ in corpus.articles]
    for article, start, end, label in zip(*(column.tolist() for column in side), strict=True):
        found[article][start:end] = [f"B-{LABELS[label]}", *[f"I-{LABELS[label]}"] * (end - start - 1)]
    return found


def against_nervaluate(corpus: Corpus, repeats: int, slow_repeats: int) -> None:
    from nervaluate.evaluator import Evaluator

    sides = records(corpus, corpus.gold), records(corpus, corpus.predicted)
    inputs = dictionaries(corpus, corpus.gold), dictionaries(corpus, corpus.predicted)
    runs = [
        lambda: score_columns(corpus, tuple(SEMEVAL)),
        lambda: score_records(corpus, *sides),
        lambda: Evaluator(*inputs, tags=list(LABELS), loader="dict").evaluate(),
    ]
    (ours, same, theirs), (quick, from_records, slow) = timed(runs, repeats, last=slow_repeats)
    for name, scenario in SEMEVAL.items():
        counts, other = ours[name].counts(), theirs["overall"][scenario]
        figures = counts.precision, counts.recall, counts.f1
        assert np.allclose(figures, (other.precision, other.recall, other.f1), rtol=0, atol=1e-12), (
            name,
            figures,
            other,
        )
        assert ours[name].dense().tobytes() == same[name].dense().tobytes()
    for label in LABELS:
        counts, other = ours["exact"].counts(label), theirs["entities"][label]["strict"]
        assert np.isclose(counts.f1, other.f1, rtol=0, atol=1e-12)
    print(f"  four conventions from columns  {quick}")
    print(f"  four conventions from records  {from_records}")
    print(f"  nervaluate 1.2.1               {slow}")
    print(
        f"  = {slow.median / quick.median:.0f} times from columns, {slow.median / from_records.median:.0f} from records"
    )


def against_seqeval(corpus: Corpus, repeats: int, slow_repeats: int) -> None:
    """Evalkit begins with integers and seqeval with strings; `scoring_inputs.py` has both begin with one file."""
    from seqeval.metrics import classification_report

    length = int(max(corpus.gold[2].max(), corpus.predicted[2].max()))
    columns = tags(corpus, corpus.gold, length), tags(corpus, corpus.predicted, length)
    runs = [
        lambda: score_columns(corpus, ("exact",))["exact"],
        lambda: classification_report(*columns, output_dict=True),
    ]
    (ours, theirs), (quick, slow) = timed(runs, repeats, last=slow_repeats)
    for label in LABELS:
        assert np.isclose(ours.counts(label).f1, theirs[label]["f1-score"], rtol=0, atol=1e-12)
    assert np.isclose(ours.counts().f1, theirs["micro avg"]["f1-score"], rtol=0, atol=1e-12)
    print(f"  exact from columns             {quick}")
    print(f"  seqeval classification_report  {slow}")
    print(f"  = {slow.median / quick.median:.0f} times")


def sorted_merge(corpus: Corpus) -> np.ndarray:
    """The limit: the same four counts by article and label from keys, a merge and nothing else."""
    cells = len(corpus.articles) * len(LABELS)
    keys, where = [], []
    for article, start, end, label in (corpus.gold, corpus.predicted):
        key = article.astype(np.int64)
        for column, bits in ((start, 16), (end - start, 16), (label, 4)):
            key = (key << bits) | column
        order = np.argsort(key, kind="stable")
        keys.append(key[order])
        where.append((article.astype(np.int64) * len(LABELS) + label)[order])
    merged = np.concatenate(keys)
    order = np.argsort(merged, kind="stable")
    same = np.flatnonzero(merged[order][1:] == merged[order][:-1])
    right = np.bincount(where[0][order[same]], minlength=cells)
    counts = [np.bincount(own, minlength=cells) for own in where]
    return np.stack([*counts, right, right], axis=-1).reshape(len(corpus.articles), len(LABELS), 4)


def against_merge(corpus: Corpus, repeats: int) -> None:
    runs = [lambda: score_columns(corpus, ("exact",))["exact"], lambda: sorted_merge(corpus)]
    (ours, limit), (quick, floor) = timed(runs, repeats)
    assert np.array_equal(ours.dense(), limit)
    print(f"  exact from columns             {quick}")
    print(f"  numpy sorted-merge             {floor}")
    print(f"  = {quick.median / floor.median:.2f} times the limit")


def conventions_one_by_one(corpus: Corpus, repeats: int) -> None:
    for name in (*SEMEVAL, "fuzzy", "overlap", "iou:0.5"):
        _, (times,) = timed([lambda name=name: score_columns(corpus, (name,))], repeats)
        print(f"  {name:30} {times}")


def growth(repeats: int) -> None:
    """The same 400,000 entities in ever longer articles."""
    print("400,000 entities, four conventions from columns")
    for entities in (25, 100, 400, 1600):
        corpus = synthetic(400_000 // entities, entities)
        _, (times,) = timed([lambda corpus=corpus: score_columns(corpus, tuple(SEMEVAL))], repeats)
        print(f"  {entities:5} an article               {times}")


def shards(corpus: Corpus) -> None:
    whole = score_columns(corpus, tuple(SEMEVAL))
    bounds = np.linspace(0, len(corpus.articles), 8).astype(int)
    parts: list[dict[str, CountTable]] = []
    for low, high in itertools.pairwise(bounds):
        sides = []
        for side in (corpus.gold, corpus.predicted):
            inside = (side[0] >= low) & (side[0] < high)
            sides.append((side[0][inside] - low, *(column[inside] for column in side[1:])))
        parts.append(score_columns(Corpus(corpus.articles[low:high], *sides), tuple(SEMEVAL)))
    for name, table in whole.items():
        merged = merge_tables([part[name] for part in reversed(parts)])
        assert (merged.articles, merged.labels) == (table.articles, table.labels)
        assert merged.dense().tobytes() == table.dense().tobytes()
    print("  7 shards, merged: the same bytes")


def memory(articles: int) -> None:
    """Peak memory of a process of its own that makes the corpus and scores it."""
    command = [sys.executable, __file__, "--peak", str(articles)]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    print(f"  every convention but token: {found}")


def peak(articles: int) -> None:
    corpus = synthetic(articles)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    score_columns(corpus, (*SEMEVAL, "fuzzy", "overlap", "iou:0.5"))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"peak {after / 1024:.0f} MiB, of which {before / 1024:.0f} MiB before scoring (interpreter and corpus)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--slow-limit", type=int, default=10_000, help="largest corpus for nervaluate and seqeval")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--slow-repeats", type=int, default=3)
    parser.add_argument("--peak", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        peak(options.peak)
        return
    for articles in options.articles:
        corpus = synthetic(articles)
        print(f"{articles} articles, {len(corpus.gold[0])} gold and {len(corpus.predicted[0])} predicted entities")
        if articles <= options.slow_limit:
            slow = options.slow_repeats if articles <= 1_000 else 1
            against_nervaluate(corpus, options.repeats, slow)
            against_seqeval(corpus, options.repeats, slow)
        against_merge(corpus, options.repeats)
        conventions_one_by_one(corpus, options.repeats)
        shards(corpus)
        memory(articles)
    growth(options.repeats)


if __name__ == "__main__":
    main()
