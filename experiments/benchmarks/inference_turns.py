"""Systems that read the same articles in turns, and how fast and how well each of them did."""

from __future__ import annotations

import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from inference_overhead import own_place

from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.extractors.base import Extractor
from evalkit.records import Annotations, Entity, Example, Prediction, Span
from evalkit.workflows.running.run import run_extractor
from evalkit.workflows.scoring.score import score_predictions

if TYPE_CHECKING:
    from transformers import TokenClassificationPipeline

__all__ = [
    *("Busy", "Range", "Seen", "System", "busy", "entity_f1", "in_turns"),
    *("of_evalkit", "of_pipeline", "others", "range_of", "tell"),
]

SLICE = 12
"""Articles that one side reads before it is the other's turn."""

Read = Callable[[GoldDataset], Sequence[Prediction]]


class System(NamedTuple):
    """Something that reads articles, and the threads that torch may use meanwhile."""

    read: Read
    threads: int


@dataclass
class Seen:
    """Seconds of each round, by the clock and of CPU, and what was predicted."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    predictions: list[Prediction] = field(default_factory=list)


class Range(NamedTuple):
    """A figure of several rounds."""

    median: float
    least: float
    most: float


def range_of(values: Sequence[float]) -> Range:
    """The median of some figures, the smallest and the largest."""
    return Range(statistics.median(values), min(values), max(values))


def of_evalkit(extractor: Extractor) -> Read:
    """A run of evalkit, stored and cached, with nothing in the cache before."""

    def read(gold: GoldDataset) -> Sequence[Prediction]:
        with own_place() as place:
            return run_extractor(extractor, gold, out=place / "run").predictions

    return read


def of_pipeline(tagger: TokenClassificationPipeline) -> Read:
    """One call of a pipeline with a list of texts."""

    def read(gold: GoldDataset) -> Sequence[Prediction]:
        found = tagger([example.article.text for example in gold])
        return [_prediction(example, own) for example, own in zip(gold, found, strict=True)]

    return read


def _prediction(example: Example, found: Sequence[Mapping[str, Any]]) -> Prediction:
    entities = tuple(
        Entity(id=f"e{number}", spans=(Span(item["start"], item["end"]),), label=item["entity_group"])
        for number, item in enumerate(found, 1)
    )
    return Prediction(article_id=example.article.id, annotations=Annotations(entities=entities))


def in_turns(systems: Mapping[str, System], gold: GoldDataset, rounds: int) -> dict[str, Seen]:
    """What each system took for all articles in each round; the order changes from slice to slice."""
    import torch

    own = torch.get_num_threads()
    parts = [_part(gold, gold.examples[at : at + SLICE]) for at in range(0, len(gold), SLICE)]
    seen = {name: Seen(wall=[0.0] * rounds, cpu=[0.0] * rounds) for name in systems}
    order = list(systems)
    for name in order:  # weights are loaded and kernels chosen
        systems[name].read(_part(gold, gold.examples[:1]))
    for turn in range(rounds):
        for number, part in enumerate(parts):
            random.Random(number).shuffle(order)
            for name in order:
                torch.set_num_threads(systems[name].threads)
                wall, cpu = time.perf_counter(), time.process_time()
                made = systems[name].read(part)
                seen[name].wall[turn] += time.perf_counter() - wall
                seen[name].cpu[turn] += time.process_time() - cpu
                seen[name].predictions += made if turn == 0 else []
            tell(f"round {turn + 1} of {rounds}: {min(len(gold), (number + 1) * SLICE)} of {len(gold)} articles")
    torch.set_num_threads(own)
    return seen


def entity_f1(gold: GoldDataset, predictions: Sequence[Prediction], *, without: str = "") -> float:
    """Exact micro F1 in points, without the articles whose id begins with `without`.

    What is predicted in boilerplate is set aside, as in any run.
    """
    kept = _part(gold, [example for example in gold if not (without and example.article.id.startswith(without))])
    options = {"tasks": ["entities"], "conventions": ["exact"], "resamples": 0, "baseline": False}
    result = score_predictions(kept, predictions, **options)  # type: ignore[arg-type]
    return 100 * result.tasks["entities"]["exact"].micro.f1


class Busy(NamedTuple):
    """Seconds since some time in the past: by the clock, of CPU in all processes, and in this one and its children."""

    clock: float
    everyone: float
    own: float


def busy() -> Busy | None:
    """What the cores of this machine have done so far, or None where the system does not say."""
    try:
        counts = [int(count) for count in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    except (OSError, ValueError):
        return None
    idle = counts[3] + counts[4]
    own = os.times()
    return Busy(time.perf_counter(), (sum(counts[:8]) - idle) / os.sysconf("SC_CLK_TCK"), sum(own[:4]))


def others(before: Busy, after: Busy) -> float:
    """How many cores other processes kept busy between two moments, on average."""
    everyone, own = after.everyone - before.everyone, after.own - before.own
    return max(0.0, everyone - own) / (after.clock - before.clock)


def tell(text: str) -> None:
    """How far it is, on a terminal."""
    if sys.stderr.isatty():
        print(f"\r{text:70}", end="" if text else "\r", file=sys.stderr, flush=True)


def _part(gold: GoldDataset, examples: Sequence[Example]) -> GoldDataset:
    return gold_dataset(examples, name=gold.name, split=gold.split, inventory=gold.inventory)
