"""How long agreement takes, of 10,000 items that several readers marked.

    python experiments/benchmarks/agreement.py [--items 10000] [--readers 2] [--repeats 5]

The articles are made by a script: twenty sentences, a mention in each, a quote in every third and a stance in every
fifth. Each reader leaves out 8 % of the mentions, gives 6 % another label and 6 % another boundary, so that there is
something to disagree about; ids are everybody's own. Items are those of all readers together. Times are seconds of
processor (set OPENBLAS_NUM_THREADS=1), medians with their range, in this process, intervals from 1,000 resamples
included; F1 is asserted to be the scorer's.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from evalkit.analysis.agreement.coefficient import coefficient_of
from evalkit.analysis.agreement.unitised import alpha_sums
from evalkit.analysis.agreement.units import layer_lengths
from evalkit.analysis.intervals import Bootstrap
from evalkit.layers.table import load_layer
from evalkit.records import Annotations, Article, Entity, Example, Prediction, Quote, Span, Stance
from evalkit.workflows.curating.agreement import measure_agreement
from evalkit.workflows.scoring.score import score_predictions

NAMES = {"Ida Moen": "PER", "Åse Ek": "PER", "Oslo": "GPE", "Bergen": "GPE", "Nordsjø AS": "ORG", "Havn": "ORG"}
SENTENCES = 20
LAYERS = ("entities", "quotes", "stances")
PER_READING = 30
"""Items of a reading, about: mentions, quotes and stances."""


def made(number: int, readers: Sequence[str]) -> Example:
    """One article with a reading of each reader."""
    rng = random.Random(number)
    text, mentions = "", []
    for day in range(SENTENCES):
        name = rng.choice(list(NAMES))
        start = len(text) + len("The ")
        text += f"The {name} said so on day {day}. "
        mentions.append((start, start + len(name), NAMES[name], name))
    return Example(
        article=Article(id=f"a{number:06}", text=text),
        gold=Annotations(),
        readings={reader: _reading(mentions, random.Random(f"{reader} {number}"), reader) for reader in readers},
    )


def _reading(mentions: Sequence[tuple[int, int, str, str]], rng: random.Random, reader: str) -> Annotations:
    entities, quotes, stances = [], [], []
    for at, (start, end, label, name) in enumerate(mentions):
        chance, thing = rng.random(), f"{name} {reader}"
        if chance < 0.08:
            continue
        if chance < 0.14:
            label = rng.choice(["PER", "GPE", "ORG"])
        span = Span(start - 4 if chance > 0.94 else start, end)
        entities.append(Entity(id=f"e{at}", spans=(span,), label=label, entity_id=thing))
        if at % 3 == 0 and rng.random() < 0.9:
            content = (Span(end + 6, end + (8 if rng.random() < 0.9 else 11)),)
            cue = (Span(end + 1, end + 5),)
            quotes.append(Quote(id=f"q{at}", kind="indirect", content=content, cue=cue, speaker=span, speaker_id=thing))
        if at % 5 == 0 and rng.random() < 0.9:
            judged = rng.choice(["favor", "favor", "against"])
            evidence = (Span(end + 1, end + 8),)
            stances.append(Stance(id=f"s{at}", holder=thing, target="topic:port", label=judged, evidence=evidence))
    return Annotations(entities=entities, quotes=quotes, stances=stances)


def timed(what: str, run: Callable[[], Any], repeats: int) -> None:
    """Prints the median and the range of some runs, after one that is not counted."""
    run()
    seconds = []
    for _ in range(repeats):
        begun = time.process_time()
        run()
        seconds.append(time.process_time() - begun)
    print(f"{what:44} {statistics.median(seconds):7.3f} s ({min(seconds):.3f} to {max(seconds):.3f}, {repeats} runs)")


def checked(examples: Sequence[Example]) -> None:
    """Asserts that F1 of the first two readers is the scorer's."""
    one, other = sorted(examples[0].readings)[:2]
    pairs = [replace(own, readings={name: own.readings[name] for name in (one, other)}) for own in examples]
    agreement = measure_agreement(pairs, tasks=["entities"], conventions=["exact"], resamples=0)
    gold = [replace(own, gold=own.readings[one], readings={}) for own in examples]
    predicted = [Prediction(article_id=own.article.id, annotations=own.readings[other]) for own in examples]
    result = score_predictions(gold, predicted, baseline=False, tasks=["entities"], conventions=["exact"], resamples=0)
    scores = agreement.layers["entities"]["exact"].scores
    assert scores is not None
    assert abs(scores.micro.f1 - result.tasks["entities"]["exact"].micro.f1) < 1e-12


def main() -> None:
    """Prints the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--readers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    readers = [f"reader{number}" for number in range(asked.readers)]
    examples = [made(number, readers) for number in range(asked.items // (PER_READING * asked.readers))]
    items = sum(len(own[layer] or ()) for one in examples for own in one.readings.values() for layer in LAYERS)
    print(f"{items} items of {asked.readers} readers in {len(examples)} articles")
    checked(examples)

    def alphas() -> None:
        for layer in LAYERS:
            for part, lengths, _ in layer_lengths(load_layer(layer), examples):
                coefficient_of(alpha_sums(lengths, shared=part.shared), Bootstrap())

    timed("everything: F1, kappa, alpha, disagreements", lambda: measure_agreement(examples), asked.repeats)
    timed("the same without intervals", lambda: measure_agreement(examples, resamples=0), asked.repeats)
    timed("entities alone", lambda: measure_agreement(examples, tasks=["entities"]), asked.repeats)
    timed("alpha of eleven parts, with intervals", alphas, asked.repeats)


if __name__ == "__main__":
    main()
