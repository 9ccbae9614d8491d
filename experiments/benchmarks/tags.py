"""`evalkit score` on a file of tag columns, as a whole process, against a perl script and seqeval, from the same file.

    python experiments/benchmarks/tags.py [--articles 10000] [--repeats 3] [--seqeval-limit 2000]

The file is that of `inputs.py --kind conll`: 400 tokens an article with their gold and their predicted tags. `tags.pl`
counts what scorers of the shared tasks count, in one pass; seqeval is given the tags as lists, which a few lines of
Python read. evalkit scores four conventions, with intervals of 1,000 resamples for every figure. Runs take turns; shown
are medians of CPU time, and peak memory. Equal figures are asserted in the same runs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

from inputs import write_conll
from score_process import Cost, measured

SEQEVAL = """
import json, sys
from seqeval.metrics import classification_report
sides = [], []
for line in open(sys.argv[1]):
    cells = line.split()
    if not cells or cells[0] == "-DOCSTART-":
        for side in sides:
            side.append([])
    else:
        for side, tag in zip(sides, cells[-2:]):
            side[-1].append(tag)
done = classification_report(*sides, output_dict=True)["micro avg"]
print(json.dumps({name: float(done[name]) for name in ("precision", "recall", "f1-score")}))
"""
Figures = dict[str, tuple[float, ...]]


def of_evalkit(out: bytes) -> Figures:
    """Label → gold, predicted and right, `*` for all of them."""
    exact = json.loads(out)["tasks"]["entities"]["exact"]
    rows = {**exact["labels"], "*": exact["micro"]}
    return {name: (one["gold"], one["predicted"], one["gold_credit"]) for name, one in rows.items()}


def of_perl(out: bytes) -> Figures:
    rows = (line.split("\t") for line in out.decode().splitlines())
    return {name: tuple(map(float, numbers)) for name, *numbers in rows}


def median(costs: list[Cost]) -> str:
    return (
        f"{statistics.median(cost.cpu for cost in costs):7.1f} s CPU  "
        f"{statistics.median(cost.memory for cost in costs):7.0f} MiB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seqeval-limit", type=int, default=10_000, help="seqeval reads no larger file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_conll(Path(folder), options.articles)
        path = str(Path(folder, "tags.conll"))
        print(f"{options.articles} articles, {Path(path).stat().st_size / 1e6:.1f} MB")
        score = [sys.executable, "-m", "evalkit", "score", "--format", "conll", "--gold", path, "--json"]
        commands = {
            "evalkit, one file": [*score, "--gold-tag-column", "1", "--predicted-tag-column", "2"],
            "perl": ["sh", "-c", f'exec perl "{Path(__file__).with_name("tags.pl")}" < "{path}"'],
        }
        commands["evalkit, two files"] = [*commands["evalkit, one file"], "--predicted", path]
        if options.articles <= options.seqeval_limit:
            commands["seqeval"] = [sys.executable, "-c", SEQEVAL, path]
        costs: dict[str, list[Cost]] = {name: [] for name in commands}
        for _ in range(options.repeats):
            found = {}
            for name, command in commands.items():
                found[name], cost = measured(command)
                costs[name].append(cost)
            figures = of_evalkit(found["evalkit, one file"])
            assert figures == of_evalkit(found["evalkit, two files"]) == of_perl(found["perl"])
            if "seqeval" in found:
                gold, predicted, right = figures["*"]
                wanted = right / predicted, right / gold, 2 * right / (gold + predicted)
                told = json.loads(found["seqeval"]).values()
                assert all(abs(one - other) < 1e-9 for one, other in zip(wanted, told, strict=True))
        for name, own in costs.items():
            print(f"  {name:20} {median(own)}")


if __name__ == "__main__":
    main()
