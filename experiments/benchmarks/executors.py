"""How fast the executors are: one and two workers, threads, processes and Ray, in one session, one after the other.

    python experiments/benchmarks/executors.py --articles 600 --rounds 3

Each way is a new Python, which starts its workers, works through the first articles, and is timed from then on:
starting is counted apart. Two figures are given, since a machine is seldom idle. `wall` is by the clock. `split` is
made of seconds of CPU, those of the process that hands out and those of its workers, and is what the clock would show
on idle cores: the larger of what the process that hands out takes and of a core's even share.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any, NamedTuple

from evalkit.extractors.base import Extractor
from evalkit.options import ReadOptions, Running
from evalkit.predictions.executors.choice import executor_of
from evalkit.predictions.jobs import DEFAULT_BATCH, Job
from evalkit.records import Article
from evalkit.workflows.inputs import gold_from
from evalkit.workflows.running.systems import resolved

_CAPITAL = re.compile(r"\b[A-Z]\w+(?: [A-Z]\w+)*")
_TICKS = os.sysconf("SC_CLK_TCK")
_WARM = 0.2
"""The part of the articles that is not timed."""


def names(article: Article) -> list[tuple[int, int, str]]:
    """An extractor of pure Python that takes some milliseconds: capitals, each looked up in a text that grows."""
    found, seen = [], ""
    for _ in range(12):
        for match in _CAPITAL.finditer(article.text):
            seen = match.group() + seen[:2000]
            if seen.count(match.group()) and len(found) < 40:
                found.append((match.start(), match.end(), "PER"))
        for place in range(4000):
            seen = seen if place % 7 else seen[1:]
    return found


names.layers = ("entities",)  # type: ignore[attr-defined]


class Way(NamedTuple):
    """An extractor, and where it works."""

    extractor: str
    executor: str
    workers: int

    @property
    def words(self) -> str:
        return f"{self.extractor} {self.executor} {self.workers}"


WAYS = [
    Way(extractor, executor, workers)
    for extractor in ("rules", "executors:names", "ner-base")
    for executor, workers in (("local", 1), ("local", 2), ("ray", 1), ("ray", 2))
]


def articles(number: int) -> list[Article]:
    """The bundled articles, again and again under new ids."""
    gold = gold_from(None, ReadOptions(split="all"))
    texts = cycle([example.article for example in gold])
    return [replace(article, id=f"{place:06}-{article.id}") for place, article in enumerate(islice(texts, number))]


def seconds_of_cpu() -> tuple[float, float]:
    """Of this process, and of all that it has started and that still runs."""
    parents: dict[int, list[int]] = defaultdict(list)
    spent: dict[int, float] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(fields[1])].append(int(folder.name))
        spent[int(folder.name)] = (int(fields[11]) + int(fields[12])) / _TICKS

    def below(process: int) -> Iterator[int]:
        for child in parents[process]:
            yield child
            yield from below(child)

    return spent[os.getpid()], sum(spent[child] for child in below(os.getpid()))


def timed(way: Way, number: int) -> dict[str, Any]:
    """How fast one way is in this process."""
    running = Running(workers=way.workers, executor=way.executor, isolated=True)
    jobs = [Job(article) for article in articles(number)]
    begun = time.perf_counter()
    with resolved(way.extractor, None, running) as system:
        system.fingerprint()
        batch = 1 if getattr(system, "by_article", False) else min(DEFAULT_BATCH, max(1, number // 40))
        batches = [jobs[start : start + batch] for start in range(0, number, batch)]
        return _of_pass(way, system, running, batches, begun)


def _of_pass(way: Way, system: Extractor, running: Running, batches: list[list[Job]], begun: float) -> dict[str, Any]:
    warm = int(_WARM * len(batches))
    last = len(batches) - 2 * way.workers
    for done, _ in enumerate(executor_of(running).map(system, batches), 1):
        if done == warm:
            started, cpu = time.perf_counter(), seconds_of_cpu()
        if done == last:
            # Before the first worker has nothing to do any more.
            wall, after = time.perf_counter() - started, seconds_of_cpu()
            asked = sum(map(len, batches[warm:last]))
    here, there = (late - early for late, early in zip(after, cpu, strict=True))
    cores = min(2, max(way.workers, 1))
    return {
        "start": started - begun,
        "wall": asked / wall,
        "here_ms": here / asked * 1000,
        "there_ms": there / asked * 1000,
        "split": asked / max(here, (here + there) / cores),
    }


def main() -> None:
    """Prints articles in a second, medians of the rounds, and how many times as fast as one local worker."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="ways whose words match this pattern")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one is not None:
        print(json.dumps(timed(WAYS[given.one], given.articles)))
        return
    seen: dict[Way, list[dict[str, float]]] = defaultdict(list)
    chosen = [place for place, way in enumerate(WAYS) if re.search(given.only, way.words)]
    for _ in range(given.rounds):
        for place in chosen:
            command = [sys.executable, __file__, "--one", str(place), "--articles", str(given.articles)]
            done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=Path(__file__).parent)
            seen[WAYS[place]].append(json.loads(done.stdout))
            print(WAYS[place].words, seen[WAYS[place]][-1], file=sys.stderr, flush=True)
    columns = ("wall", "split", "here_ms", "there_ms", "start")
    medians = {
        way: {name: statistics.median(one[name] for one in rounds) for name in columns} for way, rounds in seen.items()
    }
    print(f"{'':28}" + "".join(f"{name:>10}" for name in columns) + "   times one local worker (wall, split)")
    for way, figures in medians.items():
        base = medians.get(Way(way.extractor, "local", 1), figures)
        times = "  ".join(f"{figures[name] / base[name]:.2f}" for name in ("wall", "split"))
        print(f"{way.words:28}" + "".join(f"{figures[name]:10.2f}" for name in columns) + f"   {times}")


if __name__ == "__main__":
    main()
