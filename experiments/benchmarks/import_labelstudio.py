"""Import of an export of Label Studio beside `orjson.loads` of the same file: CPU and memory, in turns.

    python experiments/benchmarks/import_labelstudio.py [--articles 10000] [--repeat 5] [--astral 0.1]

Each measurement is a process of its own, so that its peak of memory is its own; CPU is that of the call alone, without
imports. What is measured:

* `parse`: the file read and parsed with `orjson.loads`, which everything else is a multiple of;
* `documents`: the tool's reader, with every offset checked against its text;
* `import`: documents made articles with layers, as the profile says;
* `load`: the same through the door, with the checks of the dataset (`load_dataset`);
* `checks`: those checks alone.

The aim is load ≤ 3 parse + checks, and time that grows with the size: a file of a tenth of the articles is measured,
too. Articles have about 3,000 characters and 25 regions, which are entities; in some an emoji makes UTF-16 differ.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FIRST = ("Ola", "Kari", "Zoë", "Ida", "Anselm", "Fergus", "Leena", "Beşir", "Tove", "Hamish", "Odo", "Signe")
LAST = ("Brun", "Strand", "Kirkbride", "Auchter", "Ruud", "Lind", "Øye", "Marchetti", "Sæther", "Okonjo")
OTHERS = ("Ruun", "Inverlorne Marine", "the Coastal Court", "Ardmurran", "Isles First", "Norvik Bank")
LABELS = ("PER", "ORG", "GPE", "LOC", "NORP")
STORY = (
    "said that the ferry order had been signed before anybody asked who would pay for it and when the yard could "
    "begin to build what was promised in spring while workers waited for news from the capital where ministers "
    "met again without a result"
)


def article(rng: random.Random, number: int, astral: bool) -> dict[str, Any]:
    """A task as Label Studio exports it."""
    pieces, regions, size = [], [], 0
    words = STORY.split()
    # Somebody's emoji, after which UTF-16 counts one more.
    lead = "🚢 " if astral else ""
    pieces.append(lead)
    size += len(lead)
    while size < 3000:
        if rng.random() < 0.056:
            name = f"{rng.choice(FIRST)} {rng.choice(LAST)}" if rng.random() < 0.6 else rng.choice(OTHERS)
            regions.append((size, size + len(name), name, rng.choice(LABELS)))
            piece = name
        else:
            piece = rng.choice(words)
        end = rng.choices((" ", ", ", ".\n\n", "” “", ". "), (80, 6, 2, 1, 6))[0]
        pieces.append(piece + end)
        size += len(piece) + len(end)
    results: list[dict[str, Any]] = []
    for place, (start, stop, said, label) in enumerate(regions):
        value = {"start": start, "end": stop, "text": said, "labels": [label]}
        name = f"{number:x}_{place:x}_{rng.getrandbits(32):08x}"[:10] + f"{place:x}"
        results.append(
            {"value": value, "id": name, "from_name": "label", "to_name": "text", "type": "labels", "origin": "manual"}
        )
    made = {"id": number, "completed_by": 1, "result": results, "was_cancelled": False, "ground_truth": False}
    made |= {
        "created_at": "2025-01-30T02:40:43.893565Z",
        "updated_at": "2025-01-30T02:40:43.893578Z",
        "lead_time": 8.65,
    }
    return {
        "id": number,
        "annotations": [made],
        "drafts": [],
        "predictions": [],
        "data": {"text": "".join(pieces)},
        "meta": {},
        "created_at": "2025-01-30T02:40:33.867975Z",
        "updated_at": "2025-01-30T02:40:43.923985Z",
        "inner_id": number,
        "total_annotations": 1,
        "cancelled_annotations": 0,
        "project": 29,
    }


def write_export(path: Path, articles: int, astral: float) -> int:
    """Writes an export; gives the number of its regions."""
    rng = random.Random(articles)
    tasks = [article(rng, number, rng.random() < astral) for number in range(1, articles + 1)]
    path.write_text(json.dumps(tasks, ensure_ascii=False), "utf-8")
    return sum(len(task["annotations"][0]["result"]) for task in tasks)


def parse(path: Path) -> Callable[[], object]:
    """What everything is a multiple of."""
    import orjson

    return lambda: orjson.loads(path.read_bytes())


def documents(path: Path) -> Callable[[], object]:
    """The reader of the tool."""
    from evalkit.formats.base import Source
    from evalkit.formats.labelstudio.documents import read_documents
    from evalkit.options import ReadOptions

    return lambda: read_documents(Source(path=path), ReadOptions())


def read(path: Path) -> Callable[[], object]:
    """Articles with layers."""
    from evalkit.formats.base import Source
    from evalkit.formats.table import load_format
    from evalkit.options import ReadOptions

    form = load_format("labelstudio")
    load_profiles(path)
    return lambda: form.read(Source(path=path), ReadOptions()) if form.read else None


def load(path: Path) -> Callable[[], object]:
    """Through the door, with its checks."""
    from evalkit.dataset.loading.load import load_dataset

    load_profiles(path)
    return lambda: load_dataset(path)


def checks(path: Path) -> Callable[[], object]:
    """The checks of the dataset alone."""
    from evalkit.dataset.checking.checks import check_example, check_ids
    from evalkit.dataset.loading.load import load_dataset

    gold = load_dataset(path)

    def check() -> None:
        check_ids([(example.article.id, "") for example in gold])
        for example in gold:
            check_example(example, gold.inventory)

    return check


def load_profiles(path: Path) -> None:
    """What a process loads once is no part of what a file costs."""
    from evalkit.dataset.loading.load import load_dataset

    small = path.with_name("small.json")
    load_dataset(small)


CALLS = {"parse": parse, "documents": documents, "import": read, "load": load, "checks": checks}


def measured(name: str, path: Path) -> tuple[float, float]:
    """CPU seconds and MiB at most of one call in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--call", name, str(path)], check=True, capture_output=True, text=True
    )
    cpu, memory = done.stdout.split()
    return float(cpu), float(memory)


def call(name: str, path: Path) -> None:
    """Makes one call and says what it took."""
    function = CALLS[name](path)
    before = time.process_time()
    kept = function()
    cpu = time.process_time() - before
    del kept
    print(cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--astral", type=float, default=0.1)
    parser.add_argument("--call", nargs=2)
    parser.add_argument("--write")
    options = parser.parse_args()
    if options.write:
        print(write_export(Path(options.write), options.articles, options.astral))
        return
    if options.call:
        call(options.call[0], Path(options.call[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        write_export(Path(folder) / "small.json", 3, 1.0)
        for articles in (options.articles // 10, options.articles):
            path = Path(folder) / f"export-{articles}.json"
            # A process inherits the peak of the one that starts it, so that this one must stay small.
            more = ["--articles", str(articles), "--astral", str(options.astral)]
            command = [sys.executable, __file__, "--write", str(path), *more]
            regions = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            print(f"\n{articles} articles, {regions} regions, {path.stat().st_size / 2**20:.0f} MiB")
            runs: dict[str, list[tuple[float, float]]] = {name: [] for name in CALLS}
            for _ in range(options.repeat):
                for name, own in runs.items():
                    own.append(measured(name, path))
            cpu = {name: statistics.median(one for one, _ in own) for name, own in runs.items()}
            memory = {name: statistics.median(one for _, one in own) for name, own in runs.items()}
            for name in CALLS:
                print(
                    f"{name:10} {cpu[name]:7.2f} s = {cpu[name] / cpu['parse']:5.2f} parse "
                    f"{1e3 * cpu[name] / articles:6.3f} ms an article "
                    f"{memory[name]:6.0f} MiB = {memory[name] / memory['parse']:4.2f} parse"
                )
            print(f"load - checks = {(cpu['load'] - cpu['checks']) / cpu['parse']:.2f} parse (aim: 3)")


if __name__ == "__main__":
    main()
