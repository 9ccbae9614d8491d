"""What evalkit costs around a model: in a run of `ner-base`, with an extractor that does no work, in a whole process.

    python experiments/benchmarks/inference_overhead.py [--rounds 9]      the second alone, over the bundled articles

The first is measured inside one run: the seconds within `extract` are the bare model loop, all others are evalkit's,
from reading the articles out of a file to the written result with its intervals and the floor beside it. That is
steadier than the difference of two runs. The first round also pays for what is imported at first use. An extractor that
does no work either finds nothing, or answers with what people annotated, so that answers of real size are checked,
cached and stored: 28 entities, 8 quotes and 5 stances an article.
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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.loading.load import load_dataset
from evalkit.extractors.base import ArticleFailure, Extracted, Extractor
from evalkit.formats.native.rows import annotations_from_row, dump_line, example_to_row
from evalkit.predictions.store import RunFolder
from evalkit.records import Annotations, Article
from evalkit.workflows.running.run import run_extractor
from evalkit.workflows.scoring.score import score_predictions

__all__ = ["Cost", "Given", "Nothing", "Shares", "one_article", "own_place", "shares", "without_model"]

PIPELINE = """
import json, sys
from transformers import pipeline
tagger = pipeline("token-classification", model=sys.argv[1], aggregation_strategy="first", stride=32)
found = tagger(open(sys.argv[2], encoding="utf-8").read())
print(json.dumps([[entity["start"], entity["end"], entity["entity_group"]] for entity in found]))
"""


class Shares(NamedTuple):
    """Seconds of one run: reading the gold, around the model, in the model, scoring and writing the result."""

    reading: float
    around: float
    model: float
    scoring: float

    @property
    def added(self) -> float:
        """The share of the whole that is not the model."""
        return 1 - self.model / sum(self)


class Cost(NamedTuple):
    """What a process took: seconds by the clock and of CPU."""

    wall: float
    cpu: float


class Watched:
    """An extractor with a clock in `extract`."""

    def __init__(self, extractor: Extractor) -> None:
        self.name, self.layers, self.fingerprint = extractor.name, extractor.layers, extractor.fingerprint
        self._extractor = extractor
        self.seconds = 0.0

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations | ArticleFailure | Extracted]:
        begun = time.perf_counter()
        found = self._extractor.extract(articles)
        self.seconds += time.perf_counter() - begun
        return found


class Nothing:
    """Finds nothing, at once."""

    name = "nothing"
    layers = ("entities",)

    def fingerprint(self) -> str:
        return "nothing"

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations]:
        return [Annotations(entities=()) for _ in articles]


class Given:
    """Answers what people annotated.

    It keeps lines of JSON, since a fingerprint is over all that an extractor holds and would take longer than the run.
    """

    name = "given"
    layers = ("entities", "quotes", "stances")

    def __init__(self, gold: GoldDataset) -> None:
        self._lines = {example.article.id: dump_line(example_to_row(example)) for example in gold}

    def fingerprint(self) -> str:
        return "given"

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations]:
        found = [annotations_from_row(json.loads(self._lines[article.id]), "gold") for article in articles]
        return [Annotations({layer: answer[layer] or () for layer in self.layers}) for answer in found]


@contextmanager
def own_place() -> Iterator[Path]:
    """An empty folder for runs, and an empty cache beside it."""
    with tempfile.TemporaryDirectory() as place:
        before = os.environ.get("EVALKIT_CACHE")
        os.environ["EVALKIT_CACHE"] = str(Path(place, "cache"))
        try:
            yield Path(place)
        finally:
            os.environ.pop("EVALKIT_CACHE") if before is None else os.environ.update(EVALKIT_CACHE=before)


def shares(extractor: Extractor, gold: GoldDataset, rounds: int) -> list[Shares]:
    """Where the time of a run from file to result goes, once a round; stored, and cached for the first time."""
    found = []
    for _ in range(rounds):
        watched = Watched(extractor)
        with own_place() as place:
            file = place / "gold.jsonl"
            file.write_text("".join(dump_line(example_to_row(example)) for example in gold), encoding="utf-8")
            begun = time.perf_counter()
            loaded = load_dataset(file)
            read = time.perf_counter()
            run = run_extractor(watched, loaded, out=place / "run")
            ran = time.perf_counter()
            RunFolder(place / "run").write_result(score_predictions(None, run))
            done = time.perf_counter()
        found.append(Shares(read - begun, ran - read - watched.seconds, watched.seconds, done - ran))
    return found


def without_model(extractor: Extractor, gold: GoldDataset, rounds: int) -> list[float]:
    """Seconds an article of a run, without those within the extractor, stored and cached, once a round."""
    found = []
    for _ in range(rounds):
        with own_place() as place:
            begun = time.perf_counter()
            watched = Watched(extractor)
            run_extractor(watched, gold, out=place / "run")
            found.append((time.perf_counter() - begun - watched.seconds) / len(gold))
            assert (place / "run" / "predictions.jsonl").stat().st_size
            assert any((place / "cache").rglob("*.jsonl"))
    return found


def one_article(article: Article, checkpoint: Path, rounds: int) -> dict[str, list[Cost]]:
    """Processes that extract from one article, in turns: `evalkit extract` and a script that builds a pipeline."""
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, "article.txt")
        file.write_text(article.text, encoding="utf-8")
        commands = {
            "evalkit": ["-m", "evalkit", "extract", str(file), "--model", "ner-base", "--json"],
            "pipeline": ["-c", PIPELINE, str(checkpoint), str(file)],
        }
        costs: dict[str, list[Cost]] = {name: [] for name in commands}
        for turn in range(rounds + 1):
            for name, command in commands.items():
                cost = _process([sys.executable, *command])
                # The first turn warms the caches of the file system and is not counted.
                costs[name] += [cost] if turn else []
    return costs


def _process(command: list[str]) -> Cost:
    """The cost of a process that must say something in JSON."""
    # Compiled modules are kept, as they are wherever a package is installed; nothing is looked for in the network.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=said, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        said.seek(0)
        if process.returncode:
            raise SystemExit(
                f"{' '.join(command[:3])}: exit {process.returncode}: {said.read().decode()[-300:].strip()}"
            )
        json.loads(out.read())
    return Cost(seconds, usage.ru_utime + usage.ru_stime)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    gold = load_dataset(split="all")
    items = {layer: sum(len(example.gold[layer] or ()) for example in gold) / len(gold) for layer in Given.layers}
    print(f"{len(gold)} articles; " + ", ".join(f"{number:.1f} {layer}" for layer, number in items.items()))
    for extractor in (Nothing(), Given(gold)):
        found = [1000 * seconds for seconds in without_model(extractor, gold, rounds)]
        print(f"{extractor.name}: {statistics.median(found):.2f} ms an article ({min(found):.2f} to {max(found):.2f})")


if __name__ == "__main__":
    main()
