"""How fast tasks are scored on what people have, in one process, beside other tools where there are some.

    python experiments/benchmarks/inputs.py FOLDER --articles 1000
    python experiments/benchmarks/scoring_inputs.py [--real FOLDER] [--hard 1000 10000] [--long 3200] [--tags 1000]

* `--real`: articles a second of each task, from records in memory, with its usual conventions; from `inputs.py`.
* `--hard`: four conventions over hard columns (`inputs.py`), turn about with nervaluate.
* `--long`: one article with so many quotes: most of them right; each beside two others; a chain in which each overlaps
  the next; eight copies of each.
* `--tags`: seqeval and evalkit from the same file of tags, reading included. What `scoring.py` says of the two begins
  for seqeval with strings and for evalkit with integers.

Seconds are those of the processor, the least of some runs.
"""

from __future__ import annotations

import argparse
import operator
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from inputs import hard_columns, write_conll
from scoring import LABELS, SEMEVAL, Corpus, dictionaries, score_columns

from evalkit import score_predictions
from evalkit.options import ReadOptions, Scoring
from evalkit.records import Annotations, Article, Quote, Span
from evalkit.scoring.counts import CountTable
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.evaluable import articles_of, conventions_of
from evalkit.scoring.tasks.table import choose_conventions, score_task, task_names
from evalkit.workflows.inputs import gold_and_predictions
from evalkit.workflows.scoring.pairing import pair_run


def least(function: Callable[[], Any], repeats: int) -> float:
    """The fewest seconds of the processor that some runs take."""
    return min(_seconds(function) for _ in range(repeats))


def _seconds(function: Callable[[], Any]) -> float:
    begin = time.process_time()
    function()
    return time.process_time() - begin


def real(folder: Path, repeats: int) -> None:
    gold, run = gold_and_predictions(folder / "gold.jsonl", folder / "predicted.jsonl", ReadOptions())
    pairing = pair_run(gold, run, Scoring())
    for task in task_names():
        pairs = articles_of(task, pairing.of_task(task))
        conventions = conventions_of(task, pairing.plain, None) or choose_conventions(task, None)
        if pairs:
            seconds = least(lambda pairs=pairs, task=task, names=conventions: score_task(task, pairs, names), repeats)
            rate = f"{len(pairs) / seconds:,.0f} articles a second"
            print(f"  {task:12} {rate:28} {len(conventions)} conventions, {seconds:.3f} s")


def hard(articles: int, repeats: int, slow_repeats: int) -> None:
    from nervaluate.evaluator import Evaluator

    corpus = Corpus(tuple(f"a{at:07d}" for at in range(articles)), *hard_columns(articles))
    inputs = dictionaries(corpus, corpus.gold), dictionaries(corpus, corpus.predicted)

    def ours() -> dict[str, CountTable]:
        return score_columns(corpus, tuple(SEMEVAL))

    def theirs() -> dict[str, Any]:
        return Evaluator(*inputs, tags=list(LABELS), loader="dict").evaluate()

    # Turn about, several quick runs for each slow one.
    turns = [(least(ours, repeats), _seconds(theirs)) for _ in range(slow_repeats)]
    quick, slow = (statistics.median(side) for side in zip(*turns, strict=True))
    counts, other = ours()["exact"].counts(), theirs()["overall"]["strict"]
    # Of nested items nervaluate takes the first that overlaps: its figures are others. What is equal can be counted.
    sides = (
        Counter(zip(*(column.tolist() for column in side), strict=True)) for side in (corpus.gold, corpus.predicted)
    )
    right = sum(operator.and_(*sides).values())
    assert counts.gold_credit == right
    print(f"  {articles} articles: four conventions {quick:.4f} s, nervaluate 1.2.1 {slow:.2f} s")
    print(f"  = {slow / quick:.0f} times (strict F1 {counts.f1:.4f}, of nervaluate {other.f1:.4f})")


def long_articles(quotes: int) -> Iterator[tuple[str, Pair]]:
    """An article with so many quotes of 40 characters each, and what is predicted."""
    rng = random.Random(0)
    text = ("harbour council said that ferries run on to the port. " * (2 * quotes))[: quotes * 60 + 400]
    gold = [(place * 60, place * 60 + 40) for place in range(quotes)]
    predicted = {
        "most of them right": [(start, end if rng.random() < 0.7 else end + 3) for start, end in gold],
        "each over two": [(start + rng.randint(20, 45), end + rng.randint(20, 45)) for start, end in gold],
    }
    for name, spans in predicted.items():
        yield name, _pair(text, gold, spans)
    chain = [(place * 30, place * 30 + 45) for place in range(quotes)]
    moved = [(start + rng.randint(3, 25), end + rng.randint(3, 25)) for start, end in chain]
    yield "a chain without gaps", _pair(text, chain, moved)
    copies = [span for span in gold[: quotes // 8] for _ in range(8)]
    yield "eight copies of each", _pair(text, copies, copies)


def _pair(text: str, *sides: list[tuple[int, int]]) -> Pair:
    gold, predicted = (
        Annotations(
            quotes=[
                Quote(
                    id=f"q{number}",
                    kind="direct",
                    content=(Span(start, end),),
                    cue=(Span(end, end + 4),),
                    speaker=Span(end + 5, end + 9),
                    speaker_id=f"e{number % 50}",
                )
                for number, (start, end) in enumerate(side)
            ]
        )
        for side in sides
    )
    return Pair(Article(id="long", text=text), gold, predicted)


def long(quotes: int, repeats: int) -> None:
    conventions = choose_conventions("quotes", None)
    for name, pair in long_articles(quotes):
        seconds = least(lambda pair=pair: score_task("quotes", [pair], conventions), repeats)
        print(f"  {quotes} quotes, {name:22} {seconds:.3f} s")


def tags(articles: int, repeats: int) -> None:
    from seqeval.metrics import classification_report

    def theirs(path: Path) -> float:
        sides: tuple[list[list[str]], list[list[str]]] = ([[]], [[]])
        for line in path.read_text().splitlines():
            fields = line.split()
            for side, at in zip(sides, (-2, -1), strict=True):
                if not fields or fields[0] == "-DOCSTART-":
                    side.append([])
                else:
                    side[-1].append(fields[at])
        return float(classification_report(*sides, output_dict=True)["micro avg"]["f1-score"])

    def ours(path: Path) -> float:
        read = ReadOptions(format="conll", values={"tag_column": 1, "predicted_tag_column": 2})
        done = score_predictions(path, None, read=read, conventions=["exact"], resamples=0, baseline=False)
        return done.tasks["entities"]["exact"].micro.f1

    with tempfile.TemporaryDirectory() as folder:
        write_conll(Path(folder), articles)
        path = Path(folder) / "tags.conll"
        assert np.isclose(ours(path), theirs(path), rtol=0, atol=1e-12)
        quick, slow = (least(lambda side=side: side(path), repeats) for side in (ours, theirs))
    print(f"  {articles} articles: evalkit {quick:.2f} s, seqeval {slow:.2f} s, from one file")
    print(f"  = {slow / quick:.1f} times")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", type=Path, help="a folder that inputs.py wrote")
    parser.add_argument("--hard", type=int, nargs="*", default=[1_000])
    parser.add_argument("--long", type=int, default=3_200)
    parser.add_argument("--tags", type=int, default=1_000)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--slow-repeats", type=int, default=3)
    options = parser.parse_args()
    if options.real:
        real(options.real, options.repeats)
    for articles in options.hard:
        hard(articles, options.repeats, options.slow_repeats)
    if options.long:
        long(options.long, options.repeats)
    if options.tags:
        tags(options.tags, min(options.repeats, 3))


if __name__ == "__main__":
    main()
