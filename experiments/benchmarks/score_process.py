"""`evalkit score` as a whole process against a ten-line script that reads the same files and calls nervaluate.

    python experiments/benchmarks/score_process.py [--articles 10000] [--repeats 7] [--files FOLDER]

Both begin with a new interpreter and end with a figure on standard output; evalkit also makes intervals of 1,000
resamples for every figure of four conventions, the script none. The files are those of `scoring.py`, as JSON lines, or
`gold.jsonl` and `predicted.jsonl` of a folder, such as `inputs.py` makes. Evalkit is measured where it never saw the
gold, and where what it found in it lies in the cache.
Runs take turns, so that a busy machine slows both; shown are medians of wall-clock and of CPU time, and peak memory.
Equal F1 is asserted in the same runs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scoring import LABELS, Corpus, synthetic

SCRIPT = """
import json, sys
from nervaluate.evaluator import Evaluator
def entities(path):
    with open(path) as lines:
        rows = [json.loads(line)["entities"] for line in lines]
    places = [[e["spans"] if "spans" in e else [[e["start"], e["end"]]] for e in row] for row in rows]
    return [
        [{"label": e["label"], "start": spans[0][0], "end": spans[-1][1] - 1} for e, spans in zip(row, own)]
        for row, own in zip(rows, places)
    ]
gold, predicted = map(entities, sys.argv[1:])
tags = sorted({e["label"] for row in gold + predicted for e in row})
result = Evaluator(gold, predicted, tags=tags, loader="dict").evaluate()["overall"]
print(json.dumps({name: result[name].f1 for name in ("strict", "exact", "partial", "ent_type")}))
"""
NEW, SEEN, SCRIPTED = "evalkit, gold never seen", "evalkit, gold in the cache", "nervaluate"
SEMEVAL = {"exact": "strict", "boundary": "exact", "partial": "partial", "type": "ent_type"}


class Cost(NamedTuple):
    """What one process took: seconds by the clock, seconds of CPU, MiB at its peak."""

    wall: float
    cpu: float
    memory: float


def write(path: Path, corpus: Corpus, side: tuple[np.ndarray, ...]) -> None:
    rows: list[list[dict[str, object]]] = [[] for _ in corpus.articles]
    for article, start, end, label in zip(*(column.tolist() for column in side), strict=True):
        rows[article].append({"start": start, "end": end, "label": LABELS[label]})
    with path.open("w") as file:
        for name, entities in zip(corpus.articles, rows, strict=True):
            file.write(json.dumps({"id": name, "entities": entities}) + "\n")


def measured(command: list[str], cache: str) -> tuple[bytes, Cost]:
    # Compiled modules are kept, as they are wherever a package is installed.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["EVALKIT_CACHE"] = cache
    begin = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        out = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return out, Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--files", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(options.files or folder, f"{name}.jsonl") for name in ("gold", "predicted")]
        if options.files is None:
            corpus = synthetic(options.articles)
            for path, side in zip(paths, (corpus.gold, corpus.predicted), strict=True):
                write(path, corpus, side)
        asked = ["score", "--task", "entities", "--gold", str(paths[0]), "--predicted", str(paths[1]), "--json"]
        evalkit = [sys.executable, "-m", "evalkit", *asked]
        commands = {SEEN: evalkit, NEW: evalkit, SCRIPTED: [sys.executable, "-c", SCRIPT, *map(str, paths)]}
        costs: dict[str, list[Cost]] = {name: [] for name in commands}
        for turn in range(options.repeats + 1):
            found = {}
            for name, command in commands.items():
                out, cost = measured(command, f"{folder}/{turn if name == NEW else SEEN}")
                found[name] = json.loads(out)
                # The first turn warms the caches of the file system and is not counted.
                costs[name] += [cost] if turn else []
            assert found[SEEN] == found[NEW]
            figures = found[SEEN]["tasks"]["entities"]
            for ours, theirs in SEMEVAL.items():
                # Of real files a scope may set some aside, of which the script knows nothing.
                there = found[SCRIPTED][theirs]
                assert options.files or abs(figures[ours]["micro"]["f1"] - there) < 1e-12, (ours, theirs)
    equal = "" if options.files else ", equal F1 under four conventions"
    print(f"{found[NEW]['articles']} articles, {options.repeats} runs of each{equal}")
    for name, own in costs.items():
        wall, cpu, memory = (statistics.median(column) for column in zip(*own, strict=True))
        spread = f"{min(cost.wall for cost in own):.2f} to {max(cost.wall for cost in own):.2f}"
        print(f"  {name:26} {wall:6.2f} s ({spread}), {cpu:5.2f} s of CPU, peak {memory:4.0f} MiB")
    for name in (NEW, SEEN):
        for at, what in ((0, "by the clock"), (1, "of CPU")):
            slow, quick = (statistics.median(cost[at] for cost in costs[own]) for own in (SCRIPTED, name))
            print(f"  {name}: {slow / quick:.1f} times {what}")


if __name__ == "__main__":
    main()
