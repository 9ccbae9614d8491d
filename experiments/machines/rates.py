"""What the steps of a run on many machines take on this machine, in seconds of CPU for one article.

    python experiments/machines/rates.py --gold gold.jsonl [--sizes 300 900] [--models rules ner-base]

GOLD is a file in the native form, of which the first articles are taken (`experiments/benchmarks/inputs.py` makes one
of any size). Each step is a process of its own, run over two sizes: what it takes whatever the size, and what one more
article takes. Of extracting, the time of a shard without an article is taken off, in which the gold is read and nothing
else happens.

* `shard`: `run --shard I/N` of a shard without an article: starting, reading the gold, its fingerprint.
* a model: one more article of a shard.
* `merge`: `merge` of 8 shards that are not scored: checks, hashes, lines in order.
* `merge and score`: the same of shards that are (entities, four conventions, floor, 1,000 resamples).

Prints Markdown.
"""

from __future__ import annotations

import argparse
import itertools
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from evalkit.predictions.shards.assignment import shard_number

FINDER = """
import re

NAMES = re.compile(r"\\b[A-Z][a-z]+ [A-Z][a-z]+\\b")


def find(article):
    return [(*found.span(), "PER") for found in NAMES.finditer(article.text)]
"""
SHARDS = 8
OPTIONS = ("--split", "all", "--task", "entities", "--no-cache")
UNSCORED = """
import sys
import finder
from evalkit import run_extractor
for number in range(1, {shards} + 1):
    run_extractor(finder.find, sys.argv[1], split="all", shard=(number, {shards}), out=f"{{sys.argv[2]}}/{{number}}")
"""


def cpu_of(*words: str) -> tuple[float, float]:
    """Seconds of CPU of a process and all that it started, and its peak memory in MiB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: {done.stderr[-1500:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, after.ru_maxrss / 1024


def evalkit(*words: str) -> tuple[float, float]:
    """The same of a command."""
    return cpu_of("-m", "evalkit", *words)


def line(small: tuple[int, float], large: tuple[int, float]) -> tuple[float, float]:
    """What is taken whatever the size, and for one more article."""
    slope = (large[1] - small[1]) / (large[0] - small[0])
    return max(0.0, small[1] - slope * small[0]), slope


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gold", type=Path, required=True)
    parser.add_argument("--sizes", type=int, nargs=2, default=(300, 900))
    parser.add_argument("--models", nargs="+", default=["rules", "ner-base"])
    parser.add_argument("--extracted", type=int, default=60, help="articles that models are measured over, at most")
    asked = parser.parse_args(arguments)
    rows = list(itertools.islice(asked.gold.open("rb"), max(asked.sizes)))
    with tempfile.TemporaryDirectory(prefix="evalkit-rates-") as place:
        folder = Path(place)
        (folder / "finder.py").write_text(FINDER, encoding="utf-8")
        os.environ |= {
            "PYTHONPATH": os.pathsep.join([place, os.environ.get("PYTHONPATH", "")]),
            "EVALKIT_CACHE": str(folder / "cache"),
        }
        golds = {}
        for size in asked.sizes:
            golds[size] = folder / f"gold{size}.jsonl"
            golds[size].write_bytes(b"".join(rows[:size]))
        measured = {name: [] for name in ("shard", "merge", "merge and score")}
        for size, gold in golds.items():
            measured["shard"].append((size, evalkit(*shard_of(gold, folder / f"empty{size}", 2, 10**6))[0]))
            for name, made in (("merge", unscored), ("merge and score", scored)):
                made(gold, folder / f"{name}{size}")
                done = evalkit("merge", str(folder / f"{name}{size}"), "--out", str(folder / f"{name}{size}-merged"))
                measured[name].append((size, done[0]))
        print("| step | at the start, s | one more article, ms |")
        print("|---|---:|---:|")
        for name, sizes in measured.items():
            start, slope = line(*sizes)
            print(f"| {name} | {start:.2f} | {1000 * slope:.3f} |", flush=True)
        gold, size = golds[min(asked.sizes)], min(asked.sizes)
        of = max(1, size // asked.extracted)
        articles = sum(shard_number(own, of) == 1 for own in ids(rows[:size]))
        for model in asked.models:
            whole = evalkit(*shard_of(gold, folder / model, 1, of, model))[0]
            nothing = evalkit(*shard_of(gold, folder / f"{model}-nothing", 2, 10**6, model))[0]
            print(f"| {model} | {nothing:.2f} | {1000 * (whole - nothing) / articles:.1f} |", flush=True)
        predictions = folder / f"merge{size}-merged" / "predictions.jsonl"
        print(f"\nAn article of this gold has {len(b''.join(rows)) / len(rows):,.0f} bytes, a prediction of the finder")
        print(f"{predictions.stat().st_size / size:,.0f}.")


def ids(rows: Sequence[bytes]) -> list[str]:
    """The ids of articles."""
    import json

    return [json.loads(row)["id"] for row in rows]


def shard_of(gold: Path, out: Path, number: int, of: int, model: str = "finder:find") -> tuple[str, ...]:
    """The words that run a shard."""
    return ("run", "--model", model, "--dataset", str(gold), *OPTIONS, "--shard", f"{number}/{of}", "--out", str(out))


def unscored(gold: Path, out: Path) -> None:
    """Makes shards that are not scored when they are merged."""
    cpu_of("-c", UNSCORED.format(shards=SHARDS), str(gold), str(out))


def scored(gold: Path, out: Path) -> None:
    """Makes shards that are."""
    for number in range(1, SHARDS + 1):
        evalkit(*shard_of(gold, out / str(number), number, SHARDS))


if __name__ == "__main__":
    main()
